#pragma once
// Writes small GGUF files into memory, good ones and, on request, broken ones. For tests and for
// the seeds of the fuzzer; one thread.

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gguf/metadata.h"

namespace weir::gguf::testing {

// The little-endian bytes of a number.
template <class T>
std::string Le(T value) {
  std::string bytes(sizeof value, '\0');
  __builtin_memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// A string as the format stores it: 64-bit length, then the bytes.
std::string LeString(std::string_view text);

// An array's value: element kind, count and the elements' bytes.
std::string LeArray(Kind element, uint64_t count, std::string_view elements);

struct WriterTensor {
  std::string name;
  std::vector<uint64_t> shape;  // fastest-varying dimension first
  uint32_t type_id = 0;
  std::string data;
  std::optional<uint64_t> offset = {};  // empty: behind the tensor before it, aligned
};

class GgufWriter {
 public:
  void set_version(uint32_t version) { version_ = version; }
  // Adds general.alignment too.
  void set_alignment(uint32_t alignment);

  // `value` is what follows the kind tag in the file.
  void Add(std::string_view key, Kind kind, std::string_view value);
  void AddUint(std::string_view key, uint32_t value) { Add(key, Kind::kU32, Le(value)); }
  void AddFloat(std::string_view key, float value) { Add(key, Kind::kF32, Le(value)); }
  void AddBool(std::string_view key, bool value) { Add(key, Kind::kBool, Le(value)); }
  void AddString(std::string_view key, std::string_view value) {
    Add(key, Kind::kString, LeString(value));
  }
  void AddStrings(std::string_view key, const std::vector<std::string>& values);
  void AddInts(std::string_view key, const std::vector<int32_t>& values);
  void AddFloats(std::string_view key, const std::vector<float>& values);
  void AddTensor(WriterTensor tensor) { tensors_.push_back(std::move(tensor)); }

  // The whole file.
  std::string Build() const;

 private:
  uint32_t version_ = 3;
  uint64_t alignment_ = 32;
  uint64_t n_keys_ = 0;
  std::string keys_;
  std::vector<WriterTensor> tensors_;
};

// A little of everything: every metadata kind, nested arrays, tensors of several types. 1-2 KB.
std::string SampleFile();

}  // namespace weir::gguf::testing
