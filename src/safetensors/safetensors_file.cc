#include "safetensors/safetensors_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/printable.h"
#include "json/json.h"

namespace weir::safetensors {
namespace {

using json::Json;

// Far beyond real files: some 8 000 tensors of an expert model need 1.3 MB.
constexpr json::ParseLimits kHeaderLimits = {.max_bytes = 16u << 20, .max_depth = 4};
constexpr size_t kMaxTensors = 65536;
constexpr size_t kMaxNameBytes = 1024;
constexpr size_t kMaxDims = 8;
constexpr size_t kLengthBytes = 8;
constexpr std::string_view kMetadataKey = "__metadata__";

struct DtypeInfo {
  Dtype dtype;
  std::string_view name;
  uint64_t bytes;
};
constexpr std::array<DtypeInfo, 3> kDtypes = {
    {{Dtype::kF32, "F32", 4}, {Dtype::kF16, "F16", 2}, {Dtype::kBF16, "BF16", 2}}};

const DtypeInfo& DtypeInfoOf(Dtype dtype) {
  return *std::find_if(kDtypes.begin(), kDtypes.end(),
                       [&](const DtypeInfo& info) { return info.dtype == dtype; });
}

// A tensor as the header has it; offsets count from the end of the header.
struct Entry {
  Tensor tensor;
  uint64_t begin = 0;
  uint64_t end = 0;
};

tl::unexpected<Error> Damaged(std::string_view tensor, const std::string& what) {
  return MakeError(ErrorCode::kCorruptData, "tensor '{}': {}; the file is damaged, fetch it again",
                   Printable(tensor), what);
}

// A whole number, not negative.
std::optional<uint64_t> UintOf(const Json& value) {
  if (value.is_number_unsigned()) return value.get<uint64_t>();
  if (value.is_number_integer() && value.get<int64_t>() >= 0)
    return static_cast<uint64_t>(value.get<int64_t>());
  return std::nullopt;
}

Status ReadDtype(const Json& value, Tensor& tensor) {
  if (!value.is_string()) return Damaged(tensor.name, "'dtype' is no string");
  const auto& name = value.get_ref<const std::string&>();
  for (const DtypeInfo& info : kDtypes) {
    if (info.name != name) continue;
    tensor.dtype = info.dtype;
    return {};
  }
  return MakeError(ErrorCode::kUnsupported,
                   "tensor '{}': dtype {}, expected F32, F16 or BF16; start from the original "
                   "weights, not from a quantised copy",
                   Printable(tensor.name), Printable(name));
}

Status ReadShape(const Json& value, Tensor& tensor) {
  if (!value.is_array() || value.size() > kMaxDims)
    return Damaged(tensor.name,
                   fmt::format("'shape' is no list of at most {} dimensions", kMaxDims));
  for (const Json& dimension : value) {
    const std::optional<uint64_t> n = UintOf(dimension);
    if (!n || *n == 0) {
      return Damaged(tensor.name, fmt::format("a dimension is {}, expected a number above 0",
                                              Printable(json::Dump(dimension))));
    }
    tensor.shape.push_back(*n);
  }
  return {};
}

Status ReadOffsets(const Json& value, Entry& entry) {
  if (!value.is_array() || value.size() != 2)
    return Damaged(entry.tensor.name, "'data_offsets' is no pair of numbers");
  const std::optional<uint64_t> begin = UintOf(value[0]);
  const std::optional<uint64_t> end = UintOf(value[1]);
  if (!begin || !end || *begin > *end) {
    return Damaged(entry.tensor.name, fmt::format("'data_offsets' is {}, expected [begin, end]",
                                                  Printable(json::Dump(value))));
  }
  entry.begin = *begin;
  entry.end = *end;
  return {};
}

Status CheckSize(const Entry& entry) {
  uint64_t n_bytes = DtypeBytes(entry.tensor.dtype);
  bool fits = true;
  for (const uint64_t n : entry.tensor.shape)
    fits = fits && !__builtin_mul_overflow(n_bytes, n, &n_bytes);
  const std::string shape =
      fmt::format("{} {}", ShapeText(entry.tensor.shape), DtypeName(entry.tensor.dtype));
  if (!fits) return Damaged(entry.tensor.name, shape + " has more than 2^64 bytes");
  if (n_bytes == entry.end - entry.begin) return {};
  return Damaged(entry.tensor.name, fmt::format("{} bytes of data, expected {} for {}",
                                                entry.end - entry.begin, n_bytes, shape));
}

Result<Entry> ReadEntry(const std::string& name, const Json& fields) {
  if (name.empty() || name.size() > kMaxNameBytes) {
    return MakeError(ErrorCode::kCorruptData, "a tensor's name has {} bytes, expected 1 to {}",
                     name.size(), kMaxNameBytes);
  }
  if (!fields.is_object() || fields.size() != 3 || !fields.contains("dtype") ||
      !fields.contains("shape") || !fields.contains("data_offsets"))
    return Damaged(name, "the header has other fields than dtype, shape and data_offsets");
  Entry entry;
  entry.tensor.name = name;
  RETURN_IF_ERROR(ReadDtype(fields["dtype"], entry.tensor));
  RETURN_IF_ERROR(ReadShape(fields["shape"], entry.tensor));
  RETURN_IF_ERROR(ReadOffsets(fields["data_offsets"], entry));
  RETURN_IF_ERROR(CheckSize(entry));
  return entry;
}

// Every byte of the data belongs to exactly one tensor.
Status CheckCover(std::vector<Entry>& entries, uint64_t n_data_bytes) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.begin < b.begin; });
  uint64_t expected = 0;
  for (const Entry& entry : entries) {
    if (entry.end > n_data_bytes) {
      return MakeError(ErrorCode::kCorruptData,
                       "tensor '{}' ends at byte {} of the data, of which there are {}; the file "
                       "is cut short, fetch it again",
                       Printable(entry.tensor.name), entry.end, n_data_bytes);
    }
    if (entry.begin != expected) {
      return Damaged(entry.tensor.name,
                     fmt::format("data starts at byte {}, expected {}: tensors may neither overlap "
                                 "nor leave gaps",
                                 entry.begin, expected));
    }
    expected = entry.end;
  }
  if (expected == n_data_bytes) return {};
  return MakeError(ErrorCode::kCorruptData,
                   "{} bytes of data, the tensors have {}; the file is damaged, fetch it again",
                   n_data_bytes, expected);
}

Result<std::string_view> HeaderOf(std::span<const std::byte> bytes) {
  uint64_t length = 0;
  if (bytes.size() < kLengthBytes) {
    return MakeError(ErrorCode::kCorruptData, "{} bytes, expected a header length of {}",
                     bytes.size(), kLengthBytes);
  }
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > bytes.size() - kLengthBytes) {
    return MakeError(ErrorCode::kCorruptData,
                     "a header of {} bytes, the file has {} more; it is no safetensors file or cut "
                     "short",
                     length, bytes.size() - kLengthBytes);
  }
  return std::string_view(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, length);
}

Result<std::vector<Entry>> ReadEntries(std::string_view text) {
  auto header = json::Parse(text, kHeaderLimits);
  if (!header) return MakeError(header.error().WithContext("header"));
  if (!header->is_object()) {
    return MakeError(ErrorCode::kCorruptData,
                     "header is no JSON object; it is no safetensors file");
  }
  if (header->size() > kMaxTensors) {
    return MakeError(ErrorCode::kResourceExhausted, "{} tensors, at most {} are taken",
                     header->size(), kMaxTensors);
  }
  std::vector<Entry> entries;
  for (const auto& [name, fields] : header->items()) {
    if (name == kMetadataKey) continue;  // notes of whoever wrote the file
    ASSIGN_OR_RETURN(Entry entry, ReadEntry(name, fields));
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

std::string_view DtypeName(Dtype dtype) { return DtypeInfoOf(dtype).name; }

uint64_t DtypeBytes(Dtype dtype) { return DtypeInfoOf(dtype).bytes; }

std::string ShapeText(std::span<const uint64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

Result<SafetensorsFile> SafetensorsFile::Parse(std::span<const std::byte> bytes) {
  ASSIGN_OR_RETURN(const std::string_view header, HeaderOf(bytes));
  ASSIGN_OR_RETURN(std::vector<Entry> entries, ReadEntries(header));
  const std::span<const std::byte> data = bytes.subspan(kLengthBytes + header.size());
  RETURN_IF_ERROR(CheckCover(entries, data.size()));
  SafetensorsFile file;
  file.tensors_.reserve(entries.size());
  for (Entry& entry : entries) {
    entry.tensor.data = data.subspan(entry.begin, entry.end - entry.begin);
    file.tensors_.push_back(std::move(entry.tensor));
  }
  for (size_t i = 0; i < file.tensors_.size(); ++i) file.index_.emplace(file.tensors_[i].name, i);
  return file;
}

Result<SafetensorsFile> SafetensorsFile::Open(const std::string& path) {
  ASSIGN_OR_RETURN(platform::MappedFile opened, platform::MappedFile::Open(path));
  auto mapping = std::make_unique<platform::MappedFile>(std::move(opened));
  Result<SafetensorsFile> file = Parse(mapping->bytes());
  if (!file) return MakeError(file.error().WithContext(path));
  file->path_ = path;
  file->mapping_ = std::move(mapping);
  return file;
}

const Tensor* SafetensorsFile::Find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

}  // namespace weir::safetensors
