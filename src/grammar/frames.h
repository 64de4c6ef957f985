#pragma once
// The frames of the byte machine and its one operation, Step. Used by ByteState only.

#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "grammar/number_rule.h"
#include "grammar/program.h"
#include "grammar/span_index.h"
#include "grammar/syntax.h"

namespace weir::grammar {

// What a container awaits.
enum class Await : uint8_t {
  kFirst,  // an item or key, or the closing bracket
  kNext,   // ", " or the closing bracket, after an item
  kSpace,  // the blank after the comma
  kKey,    // a key must begin; in objects, also inside a declared key
  kColon,  // ":" after an undeclared key
  kColonSpace,
};

// A value that has not begun.
struct ValueFrame {
  int value;
  int depth;
  bool operator==(const ValueFrame&) const = default;
};

// Inside one of a value's literals.
struct LiteralFrame {
  int value;
  LiteralSet::Position position;
  bool operator==(const LiteralFrame&) const = default;
};

struct StringFrame {
  int string;
  StringPos pos;
  uint32_t n_chars;
  uint32_t n_bytes;
  bool operator==(const StringFrame&) const = default;
};

// A string that must be a span.
struct SpanFrame {
  int spans;
  bool escaped;  // after a backslash
  SpanIndex::Position position;
  bool operator==(const SpanFrame&) const = default;
};

struct NumberFrame {
  int number;
  NumberState state;
  bool operator==(const NumberFrame&) const = default;
};

struct ArrayFrame {
  int array;
  int depth;
  Await await;
  int64_t n_items;
  bool operator==(const ArrayFrame&) const = default;
};

// The undeclared keys that an object has so far.
struct FreeKey {
  std::string text;
  std::shared_ptr<const FreeKey> next;  // shared by copies of the stack
};

struct ObjectFrame {
  int object;
  int depth;
  Await await;
  int16_t last;  // index of the last declared property, -1 before any
  int16_t n_free;
  LiteralSet::Position position;  // in kKey: of the declared key; n_bytes 0 before it begins
  std::bitset<kMaxProperties> seen;
  std::shared_ptr<const FreeKey> free_keys;
  bool operator==(const ObjectFrame&) const = default;
};

// Inside an undeclared key; the object is the frame below.
struct KeyFrame {
  StringPos pos;
  std::string text;  // as it will be, escapes resolved
  bool operator==(const KeyFrame&) const = default;
};

// The list of calls.
struct CallsFrame {
  enum class At : uint8_t { kOpen, kName, kNext, kSpace };
  At at;
  int n_calls;
  LiteralSet::Position position;
  bool operator==(const CallsFrame&) const = default;
};

// The bottom of every stack: on top, the text is complete.
struct DoneFrame {
  bool operator==(const DoneFrame&) const = default;
};

using Frame = std::variant<DoneFrame, ValueFrame, LiteralFrame, StringFrame, SpanFrame, NumberFrame,
                           ArrayFrame, ObjectFrame, KeyFrame, CallsFrame>;

struct StackNode;
using StackRest = std::shared_ptr<const StackNode>;  // shared by stacks with the same lower part

// A stack: its top frame and the rest.
struct Stack {
  Frame top;
  StackRest rest;
  bool operator==(const Stack& other) const;
};

struct StackNode {
  Frame frame;
  StackRest rest;
};

inline constexpr size_t kMaxStacks = 64;
inline constexpr size_t kMaxKeyBytes = 256;

// Appends to `out` every stack that `stack` becomes by reading `byte`: none when it can not.
void Step(const Program& program, const Stack& stack, uint8_t byte, std::vector<Stack>& out);

// Removes repeats, and all beyond kMaxStacks (each stack can be finished on its own, so the mask
// gets narrower, never wrong).
void Tidy(std::vector<Stack>& stacks);

// Whether the text may end with this stack.
bool CanEnd(const Program& program, const Stack& stack);

}  // namespace weir::grammar
