#include "gguf/gguf_file.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "gguf/cursor.h"
#include "gguf/metadata_reader.h"

namespace weir::gguf {
namespace {

static_assert(std::endian::native == std::endian::little, "files are read without swapping bytes");

constexpr std::string_view kMagic = "GGUF";
constexpr uint64_t kMinAlignment = 8;
constexpr uint64_t kMaxAlignment = uint64_t{1} << 20U;
constexpr uint64_t kMaxEntries = 65536;  // keys, and tensors; the largest known files have 2000
constexpr uint64_t kMinKeyBytes = 8 + 1 + 4 + 1;             // length, name, kind, value
constexpr uint64_t kMinTensorBytes = 8 + 1 + 4 + 8 + 4 + 8;  // ..., n_dims, dimension, type, offset

struct Header {
  uint64_t n_tensors = 0;
  uint64_t n_keys = 0;
};

// Magic, version and counts.
Result<Header> ReadHeader(Cursor& cursor, std::span<const std::byte> bytes) {
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min(bytes.size(), kMagic.size()));
  if (start != kMagic) {
    return MakeError(ErrorCode::kCorruptData,
                     "not a GGUF file: starts with '{}', expected 'GGUF'; name a model file in the "
                     "GGUF format",
                     Printable(start));
  }
  RETURN_IF_ERROR(cursor.Skip(kMagic.size(), {"magic"}));
  ASSIGN_OR_RETURN(const auto version, cursor.Read<uint32_t>({"version"}));
  if (version == 0x02000000 || version == 0x03000000) {
    return MakeError(ErrorCode::kUnsupported,
                     "the GGUF file is big-endian, expected little-endian; fetch or convert the "
                     "little-endian one");
  }
  if (version != 2 && version != 3) {
    return MakeError(ErrorCode::kUnsupported,
                     "GGUF version {}, expected 3 (or 2); convert the model again", version);
  }
  Header header;
  ASSIGN_OR_RETURN(header.n_tensors, cursor.Read<uint64_t>({"tensor count"}));
  ASSIGN_OR_RETURN(header.n_keys, cursor.Read<uint64_t>({"metadata key count"}));
  if (header.n_keys > kMaxEntries || header.n_tensors > kMaxEntries) {
    return MakeError(ErrorCode::kCorruptData,
                     "the header claims {} tensors and {} metadata keys, expected at most {} of "
                     "each; the file is damaged, fetch it again",
                     header.n_tensors, header.n_keys, kMaxEntries);
  }
  if (header.n_keys * kMinKeyBytes + header.n_tensors * kMinTensorBytes > cursor.left()) {
    return MakeError(ErrorCode::kCorruptData,
                     "the header claims {} tensors and {} metadata keys, more than {} bytes can "
                     "hold; the file is cut short or damaged, fetch it again",
                     header.n_tensors, header.n_keys, bytes.size());
  }
  return header;
}

Result<uint64_t> AlignmentOf(const Metadata& metadata) {
  if (!metadata.Has("general.alignment")) return kDefaultAlignment;
  ASSIGN_OR_RETURN(const uint64_t alignment, metadata.GetUint("general.alignment"));
  if (alignment < kMinAlignment || alignment > kMaxAlignment || !std::has_single_bit(alignment)) {
    return MakeError(ErrorCode::kCorruptData,
                     "metadata key 'general.alignment': {}, expected a power of two from {} to {}",
                     alignment, kMinAlignment, kMaxAlignment);
  }
  return alignment;
}

// A tensor's entry in the directory, its data not yet placed.
struct DirectoryEntry {
  TensorInfo info;
  uint64_t offset = 0;   // from the start of the data part
  uint64_t n_bytes = 0;  // of its data
};

// Bytes of a tensor's data, from its type and shape.
Result<uint64_t> DataBytes(const TensorInfo& info) {
  const std::string place = Describe({"tensor", info.name});
  const TensorType* type = FindTensorType(info.type_id);
  if (type == nullptr) {
    return MakeError(ErrorCode::kUnsupported,
                     "{}: type id {} is unknown, expected one of docs/formats/gguf.md; the file "
                     "is damaged or newer than this program",
                     place, info.type_id);
  }
  const auto& shape = info.shape;
  uint64_t n_values = 1;
  bool fits = true;
  for (const uint64_t n : shape) fits = fits && !__builtin_mul_overflow(n_values, n, &n_values);
  uint64_t n_bytes = 0;
  fits = fits && !__builtin_mul_overflow(n_values / type->block_values, uint64_t{type->block_bytes},
                                         &n_bytes);
  if (!fits || n_values == 0) {
    return MakeError(ErrorCode::kCorruptData,
                     "{}: shape [{}, {}, {}, {}] has {} values; the file is damaged", place,
                     shape[0], shape[1], shape[2], shape[3], fits ? "no" : "more than 2^64");
  }
  if (shape[0] % type->block_values != 0) {
    return MakeError(ErrorCode::kCorruptData,
                     "{}: rows of {} values, expected a multiple of {} for type {}; the file is "
                     "damaged",
                     place, shape[0], type->block_values, type->name);
  }
  return n_bytes;
}

Result<DirectoryEntry> ReadDirectoryEntry(Cursor& cursor) {
  DirectoryEntry entry;
  TensorInfo& info = entry.info;
  ASSIGN_OR_RETURN(info.name, cursor.ReadString({"a tensor's name"}));
  if (info.name.empty() || info.name.size() > kMaxNameBytes) {
    return MakeError(ErrorCode::kCorruptData,
                     "a tensor's name has {} bytes, expected 1 to {}; the file is damaged",
                     info.name.size(), kMaxNameBytes);
  }
  const Place place = {"tensor", info.name};
  ASSIGN_OR_RETURN(const auto n_dims, cursor.Read<uint32_t>(place));
  if (n_dims < 1 || n_dims > info.shape.size()) {
    return MakeError(ErrorCode::kCorruptData,
                     "{}: {} dimensions, expected 1 to {}; the file is damaged", Describe(place),
                     n_dims, info.shape.size());
  }
  info.n_dims = static_cast<int>(n_dims);
  for (uint32_t i = 0; i < n_dims; ++i) {
    ASSIGN_OR_RETURN(info.shape[i], cursor.Read<uint64_t>(place));
  }
  ASSIGN_OR_RETURN(info.type_id, cursor.Read<uint32_t>(place));
  ASSIGN_OR_RETURN(entry.offset, cursor.Read<uint64_t>(place));
  ASSIGN_OR_RETURN(entry.n_bytes, DataBytes(info));
  return entry;
}

// The part of the file that tensor offsets count from.
struct DataPart {
  uint64_t begin = 0;  // byte of the file
  uint64_t alignment = 0;
  std::span<const std::byte> file;
};

// Points the tensor at its bytes: aligned and inside the file.
Status PlaceTensor(DirectoryEntry& entry, const DataPart& part) {
  if (entry.offset % part.alignment != 0) {
    return MakeError(ErrorCode::kCorruptData,
                     "{}: data offset {}, expected a multiple of {}; the file is damaged",
                     Describe({"tensor", entry.info.name}), entry.offset, part.alignment);
  }
  uint64_t begin = 0;
  uint64_t end = 0;
  if (__builtin_add_overflow(part.begin, entry.offset, &begin) ||
      __builtin_add_overflow(begin, entry.n_bytes, &end)) {
    return MakeError(ErrorCode::kCorruptData,
                     "{}: {} bytes at data offset {} are beyond any file; the file is damaged",
                     Describe({"tensor", entry.info.name}), entry.n_bytes, entry.offset);
  }
  if (end > part.file.size()) {
    return MakeError(ErrorCode::kCorruptData,
                     "{}: data ends at byte {} but the file has {} bytes; the file is cut short, "
                     "fetch it again",
                     Describe({"tensor", entry.info.name}), end, part.file.size());
  }
  entry.info.data = part.file.subspan(begin, entry.n_bytes);
  return {};
}

Status CheckOverlaps(const std::vector<DirectoryEntry>& entries) {
  std::vector<const DirectoryEntry*> sorted;
  sorted.reserve(entries.size());
  for (const DirectoryEntry& entry : entries) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(),
            [](const DirectoryEntry* a, const DirectoryEntry* b) { return a->offset < b->offset; });
  for (size_t i = 1; i < sorted.size(); ++i) {
    const DirectoryEntry& before = *sorted[i - 1];
    const DirectoryEntry& after = *sorted[i];
    if (before.offset + before.n_bytes <= after.offset) continue;
    return MakeError(ErrorCode::kCorruptData,
                     "tensors '{}' and '{}' overlap: data offsets {} to {} and from {}; the file "
                     "is damaged",
                     Printable(before.info.name), Printable(after.info.name), before.offset,
                     before.offset + before.n_bytes, after.offset);
  }
  return {};
}

}  // namespace

Result<GgufFile> GgufFile::Open(const std::string& path) { return OpenWith(path, Parse); }

Result<GgufFile> GgufFile::OpenMetadata(const std::string& path) {
  return OpenWith(path, ParseMetadata);
}

Result<GgufFile> GgufFile::OpenWith(const std::string& path, Parser parse) {
  ASSIGN_OR_RETURN(platform::MappedFile mapping, platform::MappedFile::Open(path));
  auto owned = std::make_unique<platform::MappedFile>(std::move(mapping));
  Result<GgufFile> file = parse(owned->bytes());
  if (!file) return MakeError(file.error().WithContext(path));
  file->path_ = path;
  file->mapping_ = std::move(owned);
  return file;
}

Result<GgufFile> GgufFile::ParseMetadata(std::span<const std::byte> bytes) {
  GgufFile file;
  Cursor cursor(bytes);
  ASSIGN_OR_RETURN(const Header header, ReadHeader(cursor, bytes));
  ASSIGN_OR_RETURN(file.metadata_, ReadMetadata(cursor, header.n_keys));
  return file;
}

Result<GgufFile> GgufFile::Parse(std::span<const std::byte> bytes) {
  GgufFile file;
  Cursor cursor(bytes);
  ASSIGN_OR_RETURN(const Header header, ReadHeader(cursor, bytes));
  ASSIGN_OR_RETURN(file.metadata_, ReadMetadata(cursor, header.n_keys));
  ASSIGN_OR_RETURN(const uint64_t alignment, AlignmentOf(file.metadata_));

  std::vector<DirectoryEntry> entries;
  for (uint64_t i = 0; i < header.n_tensors; ++i) {
    ASSIGN_OR_RETURN(const DirectoryEntry entry, ReadDirectoryEntry(cursor));
    if (!file.index_.emplace(entry.info.name, i).second) {
      return MakeError(ErrorCode::kCorruptData,
                       "{} is there twice, expected once; the file is damaged",
                       Describe({"tensor", entry.info.name}));
    }
    entries.push_back(entry);
  }

  const DataPart part = {(cursor.at() + alignment - 1) / alignment * alignment, alignment, bytes};
  for (DirectoryEntry& entry : entries) {
    RETURN_IF_ERROR(PlaceTensor(entry, part));
    file.tensors_.push_back(entry.info);
  }
  RETURN_IF_ERROR(CheckOverlaps(entries));
  return file;
}

const TensorInfo* GgufFile::FindTensor(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

}  // namespace weir::gguf
