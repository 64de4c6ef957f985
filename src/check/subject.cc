#include "check/subject.h"

#include <utility>

namespace weir::check {

std::string Subject::Text(std::string_view key) const {
  const Result<std::string_view> value = file.metadata().GetString(key);
  return value ? std::string(*value) : std::string();
}

Result<Subject> ReadSubject(const std::string& path, const model::ModelOptions& options) {
  Status whole;
  Result<gguf::GgufFile> file = gguf::GgufFile::Open(path);
  if (!file) {
    whole = MakeError(file.error());
    file = gguf::GgufFile::OpenMetadata(path);
    if (!file) return MakeError(whole.error());  // says the same, and usually more
  }
  const gguf::Metadata& metadata = file->metadata();
  Result<model::Lfm2Dims> dims = model::ReadDims(*file);
  Result<tokenizer::Tokenizer> tokenizer = tokenizer::Tokenizer::FromGguf(metadata);
  Result<prompt::Family> family = prompt::DetectFamily(metadata);
  Result<std::shared_ptr<const model::Model>> model =
      MakeError(ErrorCode::kCorruptData, "not read");
  if (whole) model = model::Model::Load(path, options);
  return Subject{std::move(*file),     std::move(whole),  std::move(dims),
                 std::move(tokenizer), std::move(family), std::move(model)};
}

}  // namespace weir::check
