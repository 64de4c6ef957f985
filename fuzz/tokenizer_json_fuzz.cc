// Any bytes as the tokenizer.json and as the config.json of a published model: no crash, and what
// is taken has as many tokens as it should.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "convert/config.h"
#include "convert/tokenizer_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using weir::convert::Fields;
  constexpr int kVocab = 300;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto object = weir::json::Parse(text);
  if (!object || !object->is_object()) return 0;
  const Fields fields(*object, "input");
  if (const auto tokenizer = weir::convert::ReadTokenizerJson(fields, kVocab)) {
    CHECK(tokenizer->tokens.size() == kVocab && tokenizer->kinds.size() == kVocab);
    for (const int32_t kind : tokenizer->kinds) CHECK(kind != 0);
  } else {
    CHECK(!tokenizer.error().message.empty());
  }
  if (const auto config = weir::convert::ReadConfig(fields)) {
    CHECK(config->dims.is_attention.size() == static_cast<size_t>(config->dims.n_layers));
  } else {
    CHECK(!config.error().message.empty());
  }
  return 0;
}
