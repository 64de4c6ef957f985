#include "gguf/testing/gguf_writer.h"

namespace weir::gguf::testing {
namespace {

void PadTo(std::string& bytes, uint64_t step) {
  bytes.resize((bytes.size() + step - 1) / step * step);
}

std::string Pattern(size_t n_bytes) {
  std::string bytes;
  for (size_t i = 0; i < n_bytes; ++i) bytes += static_cast<char>((37 * i + 11) % 256);
  return bytes;
}

}  // namespace

std::string LeString(std::string_view text) {
  return Le(uint64_t{text.size()}) + std::string(text);
}

void GgufWriter::SetAlignment(uint32_t alignment) {
  alignment_ = alignment;
  Add("general.alignment", Kind::kU32, alignment);
}

void GgufWriter::AddRaw(std::string_view key, Kind kind, std::string_view bytes) {
  entries_ += LeString(key) + Le(kind) + std::string(bytes);
  ++n_entries_;
}

void GgufWriter::AddStrings(std::string_view key, const std::vector<std::string>& values) {
  std::string bytes = Le(Kind::kString) + Le(uint64_t{values.size()});
  for (const std::string& value : values) bytes += LeString(value);
  AddRaw(key, Kind::kArray, bytes);
}

void GgufWriter::AddNested(std::string_view key, int depth) {
  std::string bytes;
  for (int i = 1; i < depth; ++i) bytes += Le(Kind::kArray) + Le(uint64_t{1});
  AddRaw(key, Kind::kArray, bytes + Le(Kind::kU8) + Le(uint64_t{0}));
}

void GgufWriter::AddTensor(std::string_view name, const std::vector<uint64_t>& shape,
                           uint32_t type_id, std::string_view data) {
  PadTo(data_, alignment_);
  AddTensorAt(name, shape, type_id, data_.size());
  data_ += data;
}

void GgufWriter::AddTensorAt(std::string_view name, const std::vector<uint64_t>& shape,
                             uint32_t type_id, uint64_t offset) {
  directory_ += LeString(name) + Le(static_cast<uint32_t>(shape.size()));
  for (const uint64_t n : shape) directory_ += Le(n);
  directory_ += Le(type_id) + Le(offset);
  ++n_tensors_;
}

std::string GgufWriter::Bytes() const {
  std::string file = "GGUF" + Le(version) + Le(n_tensors_ + extra_tensors) +
                     Le(n_entries_ + extra_entries) + entries_ + directory_;
  if (n_tensors_ > 0) PadTo(file, alignment_);
  return file + data_;
}

GgufWriter SampleFile() {
  GgufWriter writer;
  writer.AddString("general.architecture", "sample");
  writer.Add("a.u8", Kind::kU8, uint8_t{200});
  writer.Add("a.i8", Kind::kI8, int8_t{-3});
  writer.Add("a.u16", Kind::kU16, uint16_t{60000});
  writer.Add("a.i16", Kind::kI16, int16_t{-300});
  writer.Add("a.u32", Kind::kU32, uint32_t{4000000000U});
  writer.Add("a.i32", Kind::kI32, int32_t{-5});
  writer.Add("a.f32", Kind::kF32, 0.5F);
  writer.Add("a.bool", Kind::kBool, uint8_t{1});
  writer.Add("a.u64", Kind::kU64, uint64_t{1} << 63U);
  writer.Add("a.i64", Kind::kI64, int64_t{-9});
  writer.Add("a.f64", Kind::kF64, 0.25);
  writer.AddStrings("a.strings", {"one", "", "\xC4\xA0three"});
  writer.AddArray<int32_t>("a.ints", Kind::kI32, {0, -1, 8});
  writer.AddArray<float>("a.floats", Kind::kF32, {1.5F, -2});
  writer.AddArray<uint8_t>("a.bools", Kind::kBool, {0, 1});
  writer.AddStrings("a.empty", {});
  writer.AddNested("a.nested", 3);
  writer.AddTensor("norm.weight", {8}, 0, Pattern(32));
  writer.AddTensor("half.weight", {3, 2}, 1, Pattern(12));
  writer.AddTensor("blk.0.ffn_up.weight", {64, 2, 1, 2}, 2, Pattern(144));
  writer.AddTensor("blk.0.ffn_down.weight", {256, 1}, 14, Pattern(210));
  return writer;
}

}  // namespace weir::gguf::testing
