#include "gguf/writer.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "gguf/cursor.h"
#include "gguf/gguf_file.h"
#include "gguf/tensor_type.h"

namespace weir::gguf {
namespace {

// What readers accept; docs/formats/gguf.md.
constexpr size_t kMaxDims = 4;
constexpr size_t kMaxTensors = 65536;

void AppendLe(auto value, std::string& out) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

// Rounds up; false when that is beyond 2^64.
bool AlignUp(uint64_t& n, uint64_t alignment) {
  if (__builtin_add_overflow(n, alignment - 1, &n)) return false;
  n -= n % alignment;
  return true;
}

// Bytes of the tensor's data, its name and shape checked.
Result<uint64_t> CheckedBytes(const TensorPlan& tensor) {
  const std::string place = Describe({"tensor", tensor.name});
  if (tensor.name.empty() || tensor.name.size() > kMaxNameBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "a tensor's name has {} bytes, expected 1 to {}",
                     tensor.name.size(), kMaxNameBytes);
  }
  if (tensor.shape.empty() || tensor.shape.size() > kMaxDims) {
    return MakeError(ErrorCode::kInvalidArgument, "{}: {} dimensions, expected 1 to {}", place,
                     tensor.shape.size(), kMaxDims);
  }
  const TensorType* type = FindTensorType(tensor.type_id);
  if (type == nullptr) {
    return MakeError(ErrorCode::kInvalidArgument, "{}: type id {} is unknown", place,
                     tensor.type_id);
  }
  if (tensor.shape[0] % type->block_values != 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "{}: rows of {} values, expected a multiple of {} for type {}", place,
                     tensor.shape[0], type->block_values, type->name);
  }
  uint64_t n_values = 1;
  bool fits = true;
  for (const uint64_t n : tensor.shape)
    fits = fits && n != 0 && !__builtin_mul_overflow(n_values, n, &n_values);
  uint64_t n_bytes = 0;
  fits = fits && !__builtin_mul_overflow(n_values / type->block_values, uint64_t{type->block_bytes},
                                         &n_bytes);
  if (fits) return n_bytes;
  return MakeError(ErrorCode::kInvalidArgument,
                   "{}: a shape with a dimension of 0 or more than 2^64 values", place);
}

}  // namespace

struct Writer::Layout {
  std::string header;  // up to the first tensor's data
  uint64_t alignment = kDefaultAlignment;
  uint64_t file_bytes = 0;
  std::vector<Extent> tensors;
};

Result<Writer::Layout> Writer::Plan(MetadataBuilder& metadata,
                                    const std::vector<TensorPlan>& tensors) {
  Result<GgufFile> read = metadata.Read();
  if (!read) return MakeError(ErrorCode::kInvalidArgument, "{}", read.error().message);
  Layout layout;
  if (const auto alignment = read->metadata().GetUint("general.alignment"))
    layout.alignment = *alignment;
  if (tensors.size() > kMaxTensors) {
    return MakeError(ErrorCode::kInvalidArgument, "{} tensors, expected at most {}", tensors.size(),
                     kMaxTensors);
  }
  layout.header = FileHead(tensors.size(), metadata.n_entries()) + metadata.bytes();
  std::unordered_set<std::string_view> names;
  uint64_t offset = 0;
  bool fits = true;
  for (const TensorPlan& tensor : tensors) {
    ASSIGN_OR_RETURN(const uint64_t n_bytes, CheckedBytes(tensor));
    if (!names.insert(tensor.name).second) {
      return MakeError(ErrorCode::kInvalidArgument, "{} is there twice, expected once",
                       Describe({"tensor", tensor.name}));
    }
    fits = fits && AlignUp(offset, layout.alignment);
    AppendLe(uint64_t{tensor.name.size()}, layout.header);
    layout.header += tensor.name;
    AppendLe(static_cast<uint32_t>(tensor.shape.size()), layout.header);
    for (const uint64_t n : tensor.shape) AppendLe(n, layout.header);
    AppendLe(tensor.type_id, layout.header);
    AppendLe(offset, layout.header);
    fits = fits && !__builtin_add_overflow(offset, n_bytes, &offset);
    layout.tensors.push_back({tensor.name, n_bytes});
  }
  uint64_t begin = layout.header.size();
  fits = fits && AlignUp(begin, layout.alignment);
  if (!tensors.empty()) layout.header.resize(begin);
  // The last tensor is padded like the others: there are readers that expect it.
  fits = fits && AlignUp(offset, layout.alignment) &&
         !__builtin_add_overflow(layout.header.size(), offset, &layout.file_bytes);
  if (!fits) return MakeError(ErrorCode::kInvalidArgument, "the tensors have more than 2^64 bytes");
  return layout;
}

Result<Writer> Writer::Create(const std::string& path, MetadataBuilder& metadata,
                              const std::vector<TensorPlan>& tensors) {
  ASSIGN_OR_RETURN(Layout layout, Plan(metadata, tensors));
  ASSIGN_OR_RETURN(platform::PartialFile file,
                   platform::PartialFile::Create(path, layout.file_bytes));
  RETURN_IF_ERROR(
      file.Append(std::as_bytes(std::span(layout.header.data(), layout.header.size()))));
  return Writer(std::move(file), layout.alignment, layout.file_bytes, std::move(layout.tensors));
}

// Offsets count from the end of the header, which is aligned itself: so are places in the file.
Status Writer::Pad() {
  static constexpr std::array<std::byte, 4096> kZeros = {};
  uint64_t end = file_.size();
  if (!AlignUp(end, alignment_)) return {};
  while (file_.size() < end)
    RETURN_IF_ERROR(file_.Append(
        std::span(kZeros).first(std::min<uint64_t>(end - file_.size(), kZeros.size()))));
  return {};
}

Status Writer::Append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  const uint64_t left = next_ < tensors_.size() ? tensors_[next_].n_bytes - done_in_next_ : 0;
  if (bytes.size() > left) {
    return MakeError(ErrorCode::kInvalidArgument, "{} bytes of data for {}, which lacks {}",
                     bytes.size(),
                     next_ < tensors_.size() ? Describe({"tensor", tensors_[next_].name})
                                             : "no tensor, all are written",
                     left);
  }
  if (done_in_next_ == 0) RETURN_IF_ERROR(Pad());
  RETURN_IF_ERROR(file_.Append(bytes));
  done_in_next_ += bytes.size();
  if (done_in_next_ == tensors_[next_].n_bytes) {
    ++next_;
    done_in_next_ = 0;
  }
  return {};
}

Status Writer::Finish() {
  if (next_ < tensors_.size()) {
    return MakeError(ErrorCode::kInvalidArgument, "{}: {} bytes of data are missing",
                     Describe({"tensor", tensors_[next_].name}),
                     tensors_[next_].n_bytes - done_in_next_);
  }
  if (!tensors_.empty()) RETURN_IF_ERROR(Pad());
  return file_.Commit();
}

}  // namespace weir::gguf
