#include "safetensors/testing/safetensors_writer.h"

#include <cstring>

namespace weir::safetensors::testing {

void SafetensorsWriter::Add(const std::string& name, std::string_view dtype,
                            const std::vector<uint64_t>& shape, std::string_view data) {
  const uint64_t begin = data_.size();
  data_ += data;
  header[name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, data_.size()}}};
}

std::string SafetensorsWriter::Bytes() const {
  std::string text = json::Dump(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return FileOf(text, data_);
}

std::string FileOf(std::string_view header, std::string_view data) {
  const uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file.append(header).append(data);
}

SafetensorsWriter SampleFile() {
  SafetensorsWriter writer;
  writer.header["__metadata__"] = {{"format", "pt"}};
  writer.Add("norm.weight", "F32", {2}, "abcdefgh");
  writer.Add("half.weight", "F16", {2, 1, 3}, "ABCDEFGHIJKL");
  writer.Add("brain.weight", "BF16", {1, 2}, "0123");
  return writer;
}

}  // namespace weir::safetensors::testing
