#pragma once
// Where a text is in a Program, byte by byte, and which tokens may come next.
//
// The state is a set of stacks of small frames. It is a set because an anyOf may need to see more
// bytes before it is clear which alternative is being written; nearly always it holds one stack.
// Stacks share their lower parts, so a copy is cheap. Every stack can be finished whatever comes,
// so there are no dead ends. A value; one thread. Borrows the Program and the VocabIndex, which
// must outlive it.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/token_id.h"
#include "grammar/frames.h"
#include "grammar/program.h"
#include "grammar/vocab_index.h"
#include "tokenizer/token_mask.h"

namespace weir::grammar {

class ByteState {
 public:
  // A text that is complete and takes no byte.
  ByteState() = default;

  // The text between the call markers, at its start.
  static ByteState Calls(const Program& program);
  // A JSON text of program.root, at its start.
  static ByteState Value(const Program& program);

  // Advances by all of `bytes`; false (and no change) when they do not fit.
  bool Accept(std::string_view bytes);

  // Whether the text is complete. It may still take bytes (a number may get another digit).
  bool IsComplete() const;

  // Adds the text tokens permitted next.
  void AddPermitted(const VocabIndex& vocab, TokenMask& mask) const;

  // Up to `limit` (1 or 2) of the permitted text tokens; cheap, as it stops there.
  std::vector<TokenId> FirstPermitted(const VocabIndex& vocab, size_t limit) const;

 private:
  void AddOf(const Stack& stack, const VocabIndex& vocab, TokenMask& mask) const;

  const Program* program_ = nullptr;
  std::vector<Stack> stacks_;
};

}  // namespace weir::grammar
