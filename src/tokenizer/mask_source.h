#pragma once
// What the engine asks before it samples: which tokens may come next. A grammar is one; the engine
// knows no other thing about it. Not thread-safe; used by the engine thread only, one object a
// sequence.

#include <optional>

#include "base/token_id.h"
#include "tokenizer/token_mask.h"

namespace weir {

class MaskSource {
 public:
  virtual ~MaskSource() = default;

  // Overwrites `mask` with the tokens permitted next. At least one bit is set unless IsDone().
  virtual void FillMask(TokenMask& mask) const = 0;

  // The only permitted token, when there is exactly one: it costs no sampling.
  virtual std::optional<TokenId> ForcedToken() const = 0;

  // Advances by a token; false (and no change) when it is not permitted.
  virtual bool Accept(TokenId id) = 0;

  // True when the output may end here.
  virtual bool CanStop() const = 0;
};

}  // namespace weir
