#include "grammar/byte_state.h"

#include <deque>
#include <limits>
#include <memory>
#include <utility>

namespace weir::grammar {
namespace {

// Walks the branches of a trie that stacks can read, and collects the tokens on the way.
class Walk {
 public:
  Walk(const Program& program, const TokenTrie& trie) : program_(program), trie_(trie) {}

  void AddTo(TokenMask& mask, const std::vector<Stack>& stacks) {
    mask_ = &mask;
    Visit(trie_.root(), stacks, 0);
  }

  std::vector<TokenId> First(size_t limit, const std::vector<Stack>& stacks) {
    limit_ = limit;
    Visit(trie_.root(), stacks, 0);
    return std::move(found_);
  }

 private:
  bool enough() const { return mask_ == nullptr && found_.size() >= limit_; }

  void Visit(const TokenTrie::Node& node, const std::vector<Stack>& stacks, size_t depth) {
    if (levels_.size() == depth) levels_.emplace_back();
    std::vector<Stack>& next = levels_[depth];  // a deque: stays where it is
    for (const TokenTrie::Node& child : trie_.Children(node)) {
      next.clear();
      for (const Stack& stack : stacks) Step(program_, stack, child.byte, next);
      if (next.empty()) continue;
      Tidy(next);
      for (const TokenId id : trie_.Tokens(child)) {
        if (mask_ != nullptr) {
          mask_->Set(id);
        } else if (!enough()) {
          found_.push_back(id);
        }
      }
      if (enough()) return;
      if (child.n_children > 0) Visit(child, next, depth + 1);
      if (enough()) return;
    }
  }

  const Program& program_;
  const TokenTrie& trie_;
  TokenMask* mask_ = nullptr;
  size_t limit_ = 0;
  std::vector<TokenId> found_;
  std::deque<std::vector<Stack>> levels_;  // stacks after each byte of the branch being walked
};

}  // namespace

ByteState ByteState::Calls(const Program& program) {
  ByteState state;
  state.program_ = &program;
  const auto bottom = std::make_shared<const StackNode>(StackNode{DoneFrame{}, nullptr});
  state.stacks_.push_back({CallsFrame{CallsFrame::At::kOpen, 0, {}}, bottom});
  return state;
}

ByteState ByteState::Value(const Program& program) {
  ByteState state;
  state.program_ = &program;
  const auto bottom = std::make_shared<const StackNode>(StackNode{DoneFrame{}, nullptr});
  state.stacks_.push_back({ValueFrame{program.root, 0}, bottom});
  return state;
}

bool ByteState::Accept(std::string_view bytes) {
  std::vector<Stack> stacks = stacks_;
  std::vector<Stack> next;
  for (const char c : bytes) {
    next.clear();
    for (const Stack& stack : stacks) Step(*program_, stack, static_cast<uint8_t>(c), next);
    if (next.empty()) return false;
    Tidy(next);
    stacks.swap(next);
  }
  stacks_ = std::move(stacks);
  return true;
}

bool ByteState::IsComplete() const {
  for (const Stack& stack : stacks_) {
    if (CanEnd(*program_, stack)) return true;
  }
  return stacks_.empty();
}

// In the two states where nearly every token is permitted, an open string or key, the tokens that
// stay inside are known beforehand and only those that close it are walked.
void ByteState::AddOf(const Stack& stack, const VocabIndex& vocab, TokenMask& mask) const {
  const StringTable& strings = vocab.strings(program_->syntax);
  const TokenTrie* trie = &vocab.trie();
  if (const auto* string = std::get_if<StringFrame>(&stack.top)) {
    const StringPlan& plan = program_->strings[static_cast<size_t>(string->string)];
    const bool room = string->n_bytes + vocab.longest() <= plan.max_bytes;
    if (string->pos == StringPos::kChar && room) {
      strings.AddInside(plan.length.max - string->n_chars, mask);
      trie = &strings.closing;
    }
  } else if (const auto* key = std::get_if<KeyFrame>(&stack.top)) {
    if (key->pos == StringPos::kChar && key->text.size() + vocab.longest() <= kMaxKeyBytes) {
      strings.AddInside(std::numeric_limits<int64_t>::max(), mask);
      trie = &strings.closing;
    }
  }
  Walk(*program_, *trie).AddTo(mask, {stack});
}

void ByteState::AddPermitted(const VocabIndex& vocab, TokenMask& mask) const {
  for (const Stack& stack : stacks_) AddOf(stack, vocab, mask);
}

std::vector<TokenId> ByteState::FirstPermitted(const VocabIndex& vocab, size_t limit) const {
  if (stacks_.empty()) return {};
  return Walk(*program_, vocab.trie()).First(limit, stacks_);
}

}  // namespace weir::grammar
