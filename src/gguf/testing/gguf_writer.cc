#include "gguf/testing/gguf_writer.h"

#include <utility>

namespace weir::gguf::testing {
namespace {

uint64_t RoundUp(uint64_t value, uint64_t step) { return (value + step - 1) / step * step; }

std::string Pattern(size_t n_bytes) {
  std::string bytes;
  for (size_t i = 0; i < n_bytes; ++i) bytes += static_cast<char>((37 * i + 11) % 256);
  return bytes;
}

}  // namespace

std::string LeString(std::string_view text) {
  return Le(uint64_t{text.size()}) + std::string(text);
}

std::string LeArray(Kind element, uint64_t count, std::string_view elements) {
  return Le(element) + Le(count) + std::string(elements);
}

void GgufWriter::set_alignment(uint32_t alignment) {
  alignment_ = alignment;
  AddUint("general.alignment", alignment);
}

void GgufWriter::Add(std::string_view key, Kind kind, std::string_view value) {
  keys_ += LeString(key) + Le(kind) + std::string(value);
  ++n_keys_;
}

void GgufWriter::AddStrings(std::string_view key, const std::vector<std::string>& values) {
  std::string elements;
  for (const std::string& value : values) elements += LeString(value);
  Add(key, Kind::kArray, LeArray(Kind::kString, values.size(), elements));
}

void GgufWriter::AddInts(std::string_view key, const std::vector<int32_t>& values) {
  std::string elements;
  for (const int32_t value : values) elements += Le(value);
  Add(key, Kind::kArray, LeArray(Kind::kI32, values.size(), elements));
}

void GgufWriter::AddFloats(std::string_view key, const std::vector<float>& values) {
  std::string elements;
  for (const float value : values) elements += Le(value);
  Add(key, Kind::kArray, LeArray(Kind::kF32, values.size(), elements));
}

std::string GgufWriter::Build() const {
  std::string file = "GGUF" + Le(version_) + Le(uint64_t{tensors_.size()}) + Le(n_keys_) + keys_;
  std::string data;
  for (const WriterTensor& tensor : tensors_) {
    data.resize(RoundUp(data.size(), alignment_));
    file += LeString(tensor.name) + Le(static_cast<uint32_t>(tensor.shape.size()));
    for (const uint64_t n : tensor.shape) file += Le(n);
    file += Le(tensor.type_id) + Le(tensor.offset.value_or(data.size()));
    data += tensor.data;
  }
  if (!tensors_.empty()) file.resize(RoundUp(file.size(), alignment_));
  return file + data;
}

std::string SampleFile() {
  GgufWriter writer;
  writer.AddString("general.architecture", "sample");
  writer.Add("a.u8", Kind::kU8, Le(uint8_t{200}));
  writer.Add("a.i8", Kind::kI8, Le(int8_t{-5}));
  writer.Add("a.u16", Kind::kU16, Le(uint16_t{65000}));
  writer.Add("a.i16", Kind::kI16, Le(int16_t{-30000}));
  writer.AddUint("a.u32", 4000000000U);
  writer.Add("a.i32", Kind::kI32, Le(int32_t{-7}));
  writer.AddFloat("a.f32", 1e-5F);
  writer.AddBool("a.bool", true);
  writer.Add("a.u64", Kind::kU64, Le(uint64_t{1} << 63U));
  writer.Add("a.i64", Kind::kI64, Le(int64_t{42}));
  writer.Add("a.f64", Kind::kF64, Le(0.1));
  writer.AddStrings("a.strings", {"", "left right", "\xC4\xA0the"});
  writer.AddInts("a.ints", {0, 0, 8, -1});
  writer.AddFloats("a.floats", {0.5F, -2.0F});
  writer.Add("a.bools", Kind::kArray, LeArray(Kind::kBool, 2, std::string("\x00\x01", 2)));
  writer.Add("a.empty", Kind::kArray, LeArray(Kind::kString, 0, ""));
  writer.Add("a.nested", Kind::kArray,
             LeArray(Kind::kArray, 2,
                     LeArray(Kind::kU8, 3, "abc") + LeArray(Kind::kString, 1, LeString("in"))));
  writer.AddTensor({"norm.weight", {8}, 0, Pattern(32)});
  writer.AddTensor({"half.weight", {3, 2}, 1, Pattern(12)});
  writer.AddTensor({"blk.0.ffn_up.weight", {64, 2, 1, 2}, 2, Pattern(144)});
  writer.AddTensor({"blk.0.ffn_down.weight", {256, 1}, 14, Pattern(210)});
  return writer.Build();
}

}  // namespace weir::gguf::testing
