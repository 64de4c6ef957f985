// Published folders, made of golden models, become the files they were made of again.

#include "convert/checkpoint_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>

#include "convert/testing/export.h"
#include "convert/testing/temp_folder.h"
#include "convert/write_model.h"
#include "model/lfm2_model.h"
#include "platform/files.h"
#include "tokenizer/testing/random_text.h"
#include "tokenizer/tokenizer.h"

namespace weir::convert {
namespace {

using json::Json;
using model::Mix;
using quant::Type;
using testing::EditJson;
using testing::Export;
using testing::ExportOptions;
using ::testing::HasSubstr;
using testing::TempFolder;
using ::testing::UnorderedElementsAre;

constexpr const char* kTiny = "/golden/tiny-f16.gguf";
constexpr const char* kDense = "/golden/dense-f16.gguf";

std::string DataPath(const std::string& name) { return std::string(WEIR_TESTDATA) + name; }
std::string NanoPath() { return std::string(WEIR_SOURCE_DIR) + "/models/weir-nano.gguf"; }

class CheckpointSource : public ::testing::Test {
 protected:
  void MakeFolder(const std::string& gguf, const ExportOptions& options = {}) {
    std::filesystem::create_directory(Folder());
    const Status done = Export(gguf, Folder(), options);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::string Folder() const { return box_.Path("model"); }
  std::string Out() const { return box_.Path("out.gguf"); }

  Status Convert(Mix mix) const {
    ASSIGN_OR_RETURN(const Source source, OpenSource(Folder(), ""));
    ASSIGN_OR_RETURN(const Summary summary,
                     WriteModel(Out(), source, {.mix = mix, .n_threads = 2}, nullptr, {}));
    return {};
  }
  std::string OpenError() const {
    const auto source = OpenSource(Folder(), "");
    return source ? "no error" : source.error().message;
  }
  // The error after one file of the folder was changed.
  std::string ErrorAfter(const char* file, const std::function<void(Json&)>& edit) const {
    const std::string path = Folder() + "/" + file;
    const std::string before = *platform::ReadFile(path, 64u << 20);
    const Status edited = EditJson(path, edit);
    EXPECT_TRUE(edited) << edited.error().message;
    const std::string error = OpenError();
    box_.Write(std::string("model/") + file, before);
    return error;
  }
  // The error after `from` became `to`, of the same length, in the header of the weights.
  std::string ErrorWithHeader(const std::string& from, const std::string& to) const {
    const std::string path = Folder() + "/model.safetensors";
    const std::string before = *platform::ReadFile(path, 64u << 20);
    std::string bytes = before;
    const size_t at = bytes.find(from);
    EXPECT_NE(at, std::string::npos);
    EXPECT_EQ(from.size(), to.size());
    box_.Write("model/model.safetensors", bytes.replace(at, to.size(), to));
    const std::string error = OpenError();
    box_.Write("model/model.safetensors", before);
    return error;
  }

  TempFolder box_;
};

// Every tensor and every key of `golden` is in `made`, bit by bit; values of tensors as `matrices`
// and `vectors` keep them.
void ExpectSame(const std::string& golden, const std::string& made, const ExportOptions& options) {
  const auto theirs = gguf::GgufFile::Open(golden);
  const auto ours = gguf::GgufFile::Open(made);
  ASSERT_TRUE(theirs && ours);
  EXPECT_EQ(ours->tensors().size(), theirs->tensors().size());
  for (const gguf::TensorInfo& tensor : theirs->tensors()) {
    const gguf::TensorInfo* found = ours->FindTensor(tensor.name);
    ASSERT_NE(found, nullptr) << tensor.name;
    EXPECT_EQ(found->shape, tensor.shape) << tensor.name;
    const bool is_vector = tensor.type_id == static_cast<uint32_t>(Type::kF32);
    const Type kept = is_vector ? options.vectors : options.matrices;
    std::vector<float> wanted(tensor.data.size() / (is_vector ? 4 : 2));
    const auto n = static_cast<int64_t>(wanted.size());
    quant::DequantizeRow(static_cast<Type>(tensor.type_id), tensor.data.data(), n, wanted.data());
    if (kept == Type::kBF16) {
      for (float& value : wanted) value = quant::Bf16ToFloat(quant::FloatToBf16(value));
    }
    std::vector<float> got(wanted.size());
    quant::DequantizeRow(static_cast<Type>(found->type_id), found->data.data(), n, got.data());
    EXPECT_EQ(got, wanted) << tensor.name;
  }
  for (const auto& [key, value] : theirs->metadata().entries()) {
    if (key == "general.name" || key == "general.file_type" || key == "general.license" ||
        key == "general.alignment" || key == "weir.trained_on")
      continue;  // the folder has no such thing
    const gguf::Value* found = ours->metadata().Find(key);
    ASSERT_NE(found, nullptr) << key;
    EXPECT_EQ(found->kind, value.kind) << key;
    EXPECT_TRUE(std::ranges::equal(found->bytes, value.bytes)) << key;
  }
}

TEST_F(CheckpointSource, GivesBackADenseModelInF16BitByBit) {
  MakeFolder(DataPath(kDense));
  const Status done = Convert(Mix::kF16);
  ASSERT_TRUE(done) << done.error().message;
  ExpectSame(DataPath(kDense), Out(), {});
  const auto file = gguf::GgufFile::Open(Out());
  EXPECT_EQ(file->metadata().GetString("general.name").value(), "model");
  EXPECT_THAT(OpenSource(Folder(), "")->files,
              UnorderedElementsAre(Folder() + "/model.safetensors", Folder() + "/config.json",
                                   Folder() + "/tokenizer.json"));
  EXPECT_EQ(file->metadata().GetUint("general.file_type").value(), 1U);
}

TEST_F(CheckpointSource, GivesBackAMixtureOfExpertsFromSeveralFilesInBF16) {
  const ExportOptions options = {.matrices = Type::kBF16, .vectors = Type::kBF16, .n_files = 3};
  MakeFolder(DataPath(kTiny), options);
  const Status done = Convert(Mix::kBF16);
  ASSERT_TRUE(done) << done.error().message;
  ExpectSame(DataPath(kTiny), Out(), options);
  const auto model = model::Model::Load(Out(), {});
  ASSERT_TRUE(model) << model.error().message;
}

TEST_F(CheckpointSource, TakesExpertsThatAreFused) {
  const ExportOptions options = {.fused_experts = true};
  MakeFolder(DataPath(kTiny), options);
  const Status done = Convert(Mix::kF16);
  ASSERT_TRUE(done) << done.error().message;
  ExpectSame(DataPath(kTiny), Out(), options);
}

TEST_F(CheckpointSource, TokenisesAsTheModelItWasMadeOf) {
  MakeFolder(NanoPath(), {.matrices = Type::kF32});
  const Status done = Convert(Mix::kQ8_0);
  ASSERT_TRUE(done) << done.error().message;
  ExpectSame(NanoPath(), Out(), {.matrices = Type::kF32});
  const auto theirs = gguf::GgufFile::Open(NanoPath());
  const auto ours = gguf::GgufFile::Open(Out());
  const auto wanted = tokenizer::Tokenizer::FromGguf(theirs->metadata());
  const auto got = tokenizer::Tokenizer::FromGguf(ours->metadata());
  ASSERT_TRUE(wanted && got);
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    const std::string text = tokenizer::RandomUnicode(random, 30) + "<|im_end|> the total of it";
    EXPECT_EQ(got->EncodeText(text), wanted->EncodeText(text));
    EXPECT_EQ(got->EncodeWithSpecials(text), wanted->EncodeWithSpecials(text));
  }
}

TEST_F(CheckpointSource, NamesTensorsThatAreMissingUnknownOrMisshapen) {
  MakeFolder(DataPath(kTiny));
  EXPECT_THAT(
      ErrorWithHeader("layers.2.feed_forward.experts.5.w3", "layers.2.feed_forward.experts.9.w3"),
      HasSubstr("tensor 'model.layers.2.feed_forward.experts.5.w3.weight' is missing, "
                "[256, 256] expected"));
  EXPECT_THAT(ErrorWithHeader("model.embed_tokens.weight", "lm_head_embedding.weight."),
              HasSubstr("tensor 'model.embed_tokens.weight' is missing, [1024, 256]"));
  EXPECT_THAT(
      ErrorWithHeader("[768,256]", "[256,768]"),
      HasSubstr("tensor 'model.layers.0.conv.in_proj.weight' has shape [256, 768]; expected "
                "[768, 256] from config.json"));
  EXPECT_THAT(ErrorWithHeader("\"F16\"", "\"I16\""), HasSubstr("dtype I16, expected F32, F16"));
  EXPECT_THAT(ErrorAfter("config.json", [](Json& c) { c["num_experts"] = 5; }),
              HasSubstr("tensor 'model.layers.1.feed_forward.gate.weight' has shape [6, 256]"));
  EXPECT_THAT(ErrorAfter("config.json", [](Json& c) { c["num_dense_layers"] = 2; }),
              HasSubstr("'model.layers.1.feed_forward.w1.weight' is missing"));
  EXPECT_THAT(ErrorAfter("config.json", [](Json& c) { c["tie_embedding"] = false; }),
              HasSubstr("'lm_head.weight' is missing"));
}

TEST_F(CheckpointSource, RefusesTensorsThatItWouldLeaveOut) {
  MakeFolder(DataPath(kDense));
  EXPECT_THAT(ErrorAfter("config.json",
                         [](Json& c) {
                           c["num_hidden_layers"] = 3;
                           c["layer_types"].erase(3);
                         }),
              HasSubstr("tensor 'model.layers.3.conv.conv.weight' is not part of an LFM2 model"));
}

TEST_F(CheckpointSource, RefusesNumbersThatDoNotFitTogether) {
  MakeFolder(DataPath(kDense));
  EXPECT_THAT(ErrorAfter("config.json", [](Json& c) { c["num_key_value_heads"] = 3; }),
              HasSubstr("config.json: metadata 'lfm2.attention.head_count_kv' has the entry 3"));
  EXPECT_THAT(ErrorAfter("config.json", [](Json& c) { c["vocab_size"] = 1000; }),
              HasSubstr("tensor 'model.embed_tokens.weight' has shape [1024, 256]"));
}

TEST_F(CheckpointSource, NamesTheFileThatIsMissing) {
  std::filesystem::create_directory(Folder());
  EXPECT_THAT(OpenError(), HasSubstr("config.json"));
  MakeFolder(DataPath(kDense));
  std::filesystem::remove(Folder() + "/tokenizer.json");
  EXPECT_THAT(OpenError(), HasSubstr("tokenizer.json"));
  std::filesystem::remove(Folder() + "/model.safetensors");
  EXPECT_THAT(OpenError(), HasSubstr("neither model.safetensors nor"));
}

TEST_F(CheckpointSource, ReadsTheLicenceFromTheModelCard) {
  MakeFolder(DataPath(kDense));
  box_.Write("model/README.md",
             "---\nlanguage:\n- en\nlicense: other\nlicense_name: \"lfm1.0\"\nlicense: twice\n"
             "license_link: LICENSE\n---\nlicense_name: not this\n");
  const auto source = OpenSource(Folder(), "");
  ASSERT_TRUE(source) << source.error().message;
  gguf::MetadataBuilder metadata = source->metadata;
  const auto header = metadata.Read();
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->metadata().GetString("general.license").value(), "other");
  EXPECT_EQ(header->metadata().GetString("general.license.name").value(), "lfm1.0");
  EXPECT_EQ(header->metadata().GetString("general.license.link").value(), "LICENSE");
}

}  // namespace
}  // namespace weir::convert
