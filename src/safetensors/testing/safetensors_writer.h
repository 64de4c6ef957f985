#pragma once
// Writes small safetensors files into memory, good ones and, on request, broken ones. For tests and
// for the seeds of the fuzzer; one thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"

namespace weir::safetensors::testing {

class SafetensorsWriter {
 public:
  // The header that Bytes writes; a test may spoil it.
  json::Json header = json::Json::object();

  // Behind the tensor before it. `dtype` as in the file.
  void Add(const std::string& name, std::string_view dtype, const std::vector<uint64_t>& shape,
           std::string_view data);

  const std::string& data() const { return data_; }
  // The whole file, the header filled with blanks to a multiple of 8.
  std::string Bytes() const;

 private:
  std::string data_;
};

// Length, header and data as they are given.
std::string FileOf(std::string_view header, std::string_view data);

// Three tensors, one a type, and notes.
SafetensorsWriter SampleFile();

}  // namespace weir::safetensors::testing
