#pragma once
// A small model file whose parts a test can break before it is written: two layers with random
// weights (weir-nano's prompt form, so that its template can be compared). For tests.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gguf/metadata.h"

namespace weir::check {

struct ModelFile {
  struct Tensor {
    std::string name;
    std::vector<uint64_t> shape;  // fastest first
    uint32_t type = 0;
    std::string data;
  };

  // A good one: dense, Q4_K and Q6_K and F32, 320 tokens. The licence is "apache-2.0".
  static ModelFile Good();
  // training/nano_template.jinja, which the good file has.
  static std::string NanoTemplate();

  void SetString(const std::string& key, const std::string& value);
  void SetUint(const std::string& key, uint32_t value);
  Tensor& Find(const std::string& name);
  void Erase(const std::string& tensor);
  // The token with this text gets another.
  void Rename(const std::string& token, const std::string& text);
  int IndexOf(const std::string& token) const;

  std::string Bytes() const;

  // Keys but those of tokens, with what follows the kind in the file.
  std::vector<std::pair<std::string, std::pair<gguf::Kind, std::string>>> metadata;
  std::vector<std::string> tokens;
  std::vector<int32_t> kinds;
  std::vector<std::string> merges;
  std::vector<Tensor> tensors;
};

}  // namespace weir::check
