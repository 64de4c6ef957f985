// Any bytes as a GGUF file. The reader must answer with an error or with a file whose every view
// lies inside the bytes; all of it is touched here, and the first row of every tensor decoded, so
// that the address sanitizer sees a view that does not.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "gguf/gguf_file.h"
#include "quant/quant.h"

namespace {

using weir::gguf::GgufFile;
using weir::gguf::Metadata;
using weir::gguf::TensorInfo;

constexpr uint64_t kMaxRow = 65536;  // values; longer rows only cost time

uint64_t Touch(std::span<const std::byte> bytes) {
  uint64_t sum = 0;
  for (const std::byte b : bytes) sum += std::to_integer<uint64_t>(b);
  return sum;
}

uint64_t TouchMetadata(const Metadata& metadata) {
  uint64_t sum = 0;
  for (const Metadata::Entry& entry : metadata.entries()) {
    if (metadata.Find(entry.key) != &entry.value) std::abort();
    sum += Touch(entry.value.bytes);
    if (const auto strings = metadata.GetStrings(entry.key)) {
      for (const std::string_view text : *strings) {
        sum += Touch(std::as_bytes(std::span(text.data(), text.size())));
      }
    }
    if (const auto values = metadata.GetInts(entry.key)) sum += values->size();
    if (const auto values = metadata.GetFloats(entry.key)) sum += values->size();
    if (const auto value = metadata.GetString(entry.key)) sum += value->size();
    if (const auto value = metadata.GetUint(entry.key)) sum += *value;
    sum += metadata.GetFloat(entry.key).has_value() ? 1 : 0;
    sum += metadata.GetBool(entry.key).has_value() ? 1 : 0;
  }
  return sum;
}

uint64_t TouchTensor(const TensorInfo& tensor) {
  const weir::quant::TypeInfo* type = weir::quant::FindType(tensor.type_id);
  if (type != nullptr && tensor.shape[0] <= kMaxRow) {
    std::vector<float> row(tensor.shape[0]);
    weir::quant::DequantizeRow(type->type, tensor.data.data(), static_cast<int64_t>(row.size()),
                               row.data());
  }
  return Touch(tensor.data);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = GgufFile::Parse(std::as_bytes(std::span(data, size)));
  if (!file) {
    if (file.error().message.empty()) std::abort();
    return 0;
  }
  volatile uint64_t sum = TouchMetadata(file->metadata());
  for (const TensorInfo& tensor : file->tensors()) {
    if (file->FindTensor(tensor.name) != &tensor) std::abort();
    sum = sum + TouchTensor(tensor);
  }
  return 0;
}
