#include "grammar/frames.h"

#include <algorithm>
#include <utility>

namespace weir::grammar {
namespace {

template <class T>
const T& At(const std::vector<T>& list, int index) {
  return list[static_cast<size_t>(index)];
}

StackRest Push(Frame frame, const StackRest& rest) {
  return std::make_shared<const StackNode>(StackNode{std::move(frame), rest});
}

bool IsTaken(const ObjectPlan& plan, const ObjectFrame& object, const std::string& key) {
  if (std::find(plan.names.begin(), plan.names.end(), key) != plan.names.end()) return true;
  for (const FreeKey* free = object.free_keys.get(); free != nullptr; free = free->next.get()) {
    if (free->text == key) return true;
  }
  return false;
}

// Reads one byte into a stack. Each Read() appends what its frame becomes; a frame that ends before
// the byte hands it to the frame below.
class Reader {
 public:
  Reader(const Program& program, uint8_t byte, std::vector<Stack>& out)
      : program_(program), byte_(byte), c_(static_cast<char>(byte)), out_(out) {}

  void Read(const Stack& stack) {
    std::visit([&](const auto& frame) { Read(frame, stack.rest); }, stack.top);
  }

 private:
  void Emit(Frame top, StackRest rest) { out_.push_back({std::move(top), std::move(rest)}); }
  void Pop(const StackRest& rest) { out_.push_back({rest->frame, rest->rest}); }
  void ReadBelow(const StackRest& rest) { Read(Stack{rest->frame, rest->rest}); }

  void Read(const DoneFrame& frame, const StackRest& rest);
  void Read(const ValueFrame& frame, const StackRest& rest);
  void Read(const LiteralFrame& frame, const StackRest& rest);
  void Read(const StringFrame& frame, const StackRest& rest);
  void Read(const SpanFrame& frame, const StackRest& rest);
  void Read(const NumberFrame& frame, const StackRest& rest);
  void Read(const ArrayFrame& frame, const StackRest& rest);
  void Read(const ObjectFrame& frame, const StackRest& rest);
  void Read(const KeyFrame& frame, const StackRest& rest);
  void Read(const CallsFrame& frame, const StackRest& rest);

  void BeginValue(int index, int depth, const StackRest& rest);
  void BeginContainer(const ValuePlan& value, int depth, const StackRest& rest);
  bool CanAddItem(const ArrayFrame& frame) const;
  void BeginKey(const ObjectFrame& frame, const StackRest& rest);
  void ReadKey(const ObjectFrame& frame, const StackRest& rest);
  void ReadToolName(const CallsFrame& frame, const StackRest& rest);

  // Of objects: which keys may come now.
  bool IsComplete(const ObjectFrame& frame) const;
  bool IsOffered(const ObjectFrame& frame, int property) const;
  bool OffersFreeKeys(const ObjectFrame& frame) const;
  bool OffersAny(const ObjectFrame& frame) const;
  bool OffersOneOf(const ObjectFrame& frame, uint32_t first, uint32_t last) const;

  const Program& program_;
  const uint8_t byte_;
  const char c_;
  std::vector<Stack>& out_;
};

void Reader::Read(const DoneFrame&, const StackRest&) {}

void Reader::Read(const ValueFrame& frame, const StackRest& rest) {
  BeginValue(frame.value, frame.depth, rest);
}

void Reader::BeginValue(int index, int depth, const StackRest& rest) {
  const ValuePlan& value = At(program_.values, index);
  if (!value.first[byte_] || !program_.Fits(index, depth)) return;
  for (const int alternative : value.any_of) BeginValue(alternative, depth, rest);
  if (!value.literals.texts.empty()) {
    LiteralSet::Position position = value.literals.Begin();
    if (value.literals.Extend(position, c_)) Emit(LiteralFrame{index, position}, rest);
  }
  if (value.string != kNone && c_ == QuoteOf(program_.syntax)) {
    const int spans = At(program_.strings, value.string).spans;
    if (spans != kNone) {
      Emit(SpanFrame{spans, false, At(program_.spans, spans).Begin()}, rest);
    } else {
      Emit(StringFrame{value.string, StringPos::kChar, 0, 0}, rest);
    }
  }
  if (value.number != kNone) {
    NumberState state;
    if (At(program_.numbers, value.number).Step(state, byte_)) {
      Emit(NumberFrame{value.number, state}, rest);
    }
  }
  BeginContainer(value, depth, rest);
}

void Reader::BeginContainer(const ValuePlan& value, int depth, const StackRest& rest) {
  const int room = program_.max_depth - depth;
  if (value.array != kNone && c_ == '[' && At(program_.array_heights, value.array) <= room) {
    Emit(ArrayFrame{value.array, depth, Await::kFirst, 0}, rest);
  }
  if (value.object != kNone && c_ == '{' && At(program_.object_heights, value.object) <= room) {
    Emit(ObjectFrame{value.object, depth, Await::kFirst, -1, 0, {}, {}, nullptr}, rest);
  }
}

void Reader::Read(const LiteralFrame& frame, const StackRest& rest) {
  const LiteralSet& literals = At(program_.values, frame.value).literals;
  LiteralFrame next = frame;
  if (literals.Extend(next.position, c_)) Emit(next, rest);
  if (literals.IsComplete(frame.position)) ReadBelow(rest);
}

void Reader::Read(const StringFrame& frame, const StackRest& rest) {
  const StringPlan& plan = At(program_.strings, frame.string);
  StringFrame next = frame;
  next.pos = NextStringPos(program_.syntax, frame.pos, byte_);
  if (next.pos == StringPos::kInvalid) return;
  if (next.pos == StringPos::kClosed) {
    if (frame.n_chars >= plan.length.min) Pop(rest);
    return;
  }
  if (frame.pos == StringPos::kChar) {
    // A string too short in characters may pass the limit in bytes, or it could never close.
    const bool room = frame.n_bytes < plan.max_bytes || frame.n_chars < plan.length.min;
    if (!room || frame.n_chars >= plan.length.max) return;
    ++next.n_chars;
  }
  ++next.n_bytes;
  Emit(next, rest);
}

void Reader::Read(const SpanFrame& frame, const StackRest& rest) {
  const SpanIndex& spans = At(program_.spans, frame.spans);
  SpanFrame next = frame;
  next.escaped = false;
  if (frame.escaped) {
    const std::optional<char> raw = Unescape(program_.syntax, c_);
    if (raw && spans.Extend(next.position, *raw)) Emit(next, rest);
  } else if (c_ == QuoteOf(program_.syntax)) {
    if (spans.CanEnd(frame.position)) Pop(rest);
  } else if (c_ == '\\') {
    // Only where one of the characters that need it comes next.
    next.escaped = true;
    for (const char raw : {'\\', QuoteOf(program_.syntax), '\n', '\r', '\t'}) {
      SpanIndex::Position probe = frame.position;
      if (spans.Extend(probe, raw)) return Emit(next, rest);
    }
  } else if (byte_ >= 0x20 && spans.Extend(next.position, c_)) {
    Emit(next, rest);
  }
}

void Reader::Read(const NumberFrame& frame, const StackRest& rest) {
  const NumberRule& rule = At(program_.numbers, frame.number);
  NumberFrame next = frame;
  if (rule.Step(next.state, byte_)) return Emit(next, rest);
  if (rule.CanEnd(frame.state)) ReadBelow(rest);
}

// ---- lists ----

bool Reader::CanAddItem(const ArrayFrame& frame) const {
  const ArrayPlan& plan = At(program_.arrays, frame.array);
  return frame.n_items < plan.n_items.max &&
         program_.Fits(plan.ValueAt(frame.n_items), frame.depth + 1);
}

void Reader::Read(const ArrayFrame& frame, const StackRest& rest) {
  const ArrayPlan& plan = At(program_.arrays, frame.array);
  ArrayFrame next = frame;
  if (frame.await == Await::kSpace) {
    if (c_ != ' ') return;
    next.await = Await::kNext;
    ++next.n_items;
    return Emit(ValueFrame{plan.ValueAt(frame.n_items), frame.depth + 1}, Push(next, rest));
  }
  if (c_ == ']') {
    if (frame.n_items >= plan.n_items.min) Pop(rest);
    return;
  }
  if (!CanAddItem(frame)) return;
  if (frame.await == Await::kNext) {
    next.await = Await::kSpace;
    if (c_ == ',') Emit(next, rest);
    return;
  }
  const int value = plan.ValueAt(0);
  if (!At(program_.values, value).first[byte_]) return;  // before Push, which allocates
  next.await = Await::kNext;
  next.n_items = 1;
  BeginValue(value, frame.depth + 1, Push(next, rest));
}

// ---- dicts and arguments ----

bool Reader::IsComplete(const ObjectFrame& frame) const {
  const std::vector<PropertyPlan>& properties = At(program_.objects, frame.object).properties;
  for (size_t i = 0; i < properties.size(); ++i) {
    if (properties[i].required && !frame.seen[i]) return false;
  }
  return true;
}

bool Reader::IsOffered(const ObjectFrame& frame, int property) const {
  const std::vector<PropertyPlan>& properties = At(program_.objects, frame.object).properties;
  const PropertyPlan& plan = At(properties, property);
  if (!plan.spelled || frame.seen[static_cast<size_t>(property)]) return false;
  if (!program_.Fits(plan.value, frame.depth + 1)) return false;
  if (!program_.schema_order) return true;
  if (property < frame.last) return false;
  for (int skipped = frame.last + 1; skipped < property; ++skipped) {
    if (At(properties, skipped).required) return false;
  }
  return true;
}

bool Reader::OffersFreeKeys(const ObjectFrame& frame) const {
  return frame.n_free < kMaxFreeKeys &&
         program_.Fits(At(program_.objects, frame.object).additional, frame.depth + 1);
}

bool Reader::OffersOneOf(const ObjectFrame& frame, uint32_t first, uint32_t last) const {
  const std::vector<int>& property_of_key = At(program_.objects, frame.object).property_of_key;
  for (uint32_t i = first; i < last; ++i) {
    if (IsOffered(frame, property_of_key[i])) return true;
  }
  return false;
}

bool Reader::OffersAny(const ObjectFrame& frame) const {
  const ObjectPlan& plan = At(program_.objects, frame.object);
  return OffersFreeKeys(frame) ||
         OffersOneOf(frame, 0, static_cast<uint32_t>(plan.keys.texts.size()));
}

void Reader::Read(const ObjectFrame& frame, const StackRest& rest) {
  const ObjectPlan& plan = At(program_.objects, frame.object);
  ObjectFrame next = frame;
  switch (frame.await) {
    case Await::kFirst:
      if (c_ == plan.close && IsComplete(frame)) return Pop(rest);
      return BeginKey(frame, rest);
    case Await::kNext:
      if (c_ == plan.close && IsComplete(frame)) return Pop(rest);
      next.await = Await::kSpace;
      if (c_ == ',' && OffersAny(frame)) Emit(next, rest);
      return;
    case Await::kSpace:
      next.await = Await::kKey;
      next.position = {};
      if (c_ == ' ') Emit(next, rest);
      return;
    case Await::kKey:
      if (frame.position.n_bytes == 0) return BeginKey(frame, rest);
      return ReadKey(frame, rest);
    case Await::kColon:
      next.await = Await::kColonSpace;
      if (c_ == ':') Emit(next, rest);
      return;
    case Await::kColonSpace:
      next.await = Await::kNext;
      if (c_ == ' ') Emit(ValueFrame{plan.additional, frame.depth + 1}, Push(next, rest));
      return;
  }
}

void Reader::BeginKey(const ObjectFrame& frame, const StackRest& rest) {
  ObjectFrame begun = frame;
  begun.await = Await::kKey;
  begun.position = At(program_.objects, frame.object).keys.Begin();
  ReadKey(begun, rest);
  if (c_ == QuoteOf(program_.syntax) && OffersFreeKeys(frame)) {
    begun.position = {};
    Emit(KeyFrame{StringPos::kChar, ""}, Push(begun, rest));
  }
}

void Reader::ReadKey(const ObjectFrame& frame, const StackRest& rest) {
  const ObjectPlan& plan = At(program_.objects, frame.object);
  ObjectFrame next = frame;
  if (!plan.keys.Extend(next.position, c_)) return;
  uint32_t longer = next.position.first;  // keys that go on after this byte
  if (plan.keys.IsComplete(next.position)) {
    const int property = plan.property_of_key[longer++];
    if (IsOffered(frame, property)) {
      ObjectFrame filled = frame;
      filled.await = Await::kNext;
      filled.position = {};
      filled.last = static_cast<int16_t>(property);
      filled.seen.set(static_cast<size_t>(property));
      Emit(ValueFrame{At(plan.properties, property).value, frame.depth + 1}, Push(filled, rest));
    }
  }
  if (OffersOneOf(frame, longer, next.position.last)) Emit(next, rest);
}

void Reader::Read(const KeyFrame& frame, const StackRest& rest) {
  const auto& object = std::get<ObjectFrame>(rest->frame);
  const StringPos pos = NextStringPos(program_.syntax, frame.pos, byte_);
  if (pos == StringPos::kInvalid) return;
  const auto is_taken = [&] {
    return IsTaken(At(program_.objects, object.object), object, frame.text);
  };
  if (pos == StringPos::kClosed) {
    if (is_taken()) return;
    ObjectFrame keyed = object;
    keyed.await = Await::kColon;
    ++keyed.n_free;
    keyed.free_keys = std::make_shared<const FreeKey>(FreeKey{frame.text, object.free_keys});
    return Emit(std::move(keyed), rest->rest);
  }
  // A key that is taken may pass the limit, or it could never close.
  if (frame.pos == StringPos::kChar && frame.text.size() >= kMaxKeyBytes && !is_taken()) return;
  KeyFrame next{pos, frame.text};
  if (frame.pos == StringPos::kEscape) {
    next.text.push_back(*Unescape(program_.syntax, c_));
  } else if (pos != StringPos::kEscape) {
    next.text.push_back(c_);
  }
  Emit(std::move(next), rest);
}

// ---- calls ----

void Reader::Read(const CallsFrame& frame, const StackRest& rest) {
  CallsFrame next = frame;
  switch (frame.at) {
    case CallsFrame::At::kOpen:
      next.at = CallsFrame::At::kName;
      next.position = program_.tool_names.Begin();
      if (c_ == '[') Emit(next, rest);
      return;
    case CallsFrame::At::kName:
      return ReadToolName(frame, rest);
    case CallsFrame::At::kNext:
      if (c_ == ']') return Pop(rest);
      next.at = CallsFrame::At::kSpace;
      if (c_ == ',' && frame.n_calls < program_.max_calls) Emit(next, rest);
      return;
    case CallsFrame::At::kSpace:
      next.at = CallsFrame::At::kName;
      next.position = program_.tool_names.Begin();
      if (c_ == ' ') Emit(next, rest);
      return;
  }
}

void Reader::ReadToolName(const CallsFrame& frame, const StackRest& rest) {
  CallsFrame next = frame;
  if (!program_.tool_names.Extend(next.position, c_)) return;
  // No name ends in "(" but at its own end, so a complete one is alone.
  if (!program_.tool_names.IsComplete(next.position)) return Emit(next, rest);
  const ToolPlan& tool = At(program_.tools, program_.tool_of_name[next.position.first]);
  CallsFrame called{CallsFrame::At::kNext, frame.n_calls + 1, {}};
  const StackRest below = Push(called, rest);
  for (const int object : tool.arguments) {
    Emit(ObjectFrame{object, 0, Await::kFirst, -1, 0, {}, {}, nullptr}, below);
  }
}

}  // namespace

bool Stack::operator==(const Stack& other) const {
  if (!(top == other.top)) return false;
  const StackNode* a = rest.get();
  const StackNode* b = other.rest.get();
  while (a != b) {
    if (a == nullptr || b == nullptr || !(a->frame == b->frame)) return false;
    a = a->rest.get();
    b = b->rest.get();
  }
  return true;
}

void Step(const Program& program, const Stack& stack, uint8_t byte, std::vector<Stack>& out) {
  Reader(program, byte, out).Read(stack);
}

void Tidy(std::vector<Stack>& stacks) {
  if (stacks.size() < 2) return;
  size_t kept = 1;
  for (size_t i = 1; i < stacks.size() && kept < kMaxStacks; ++i) {
    const auto end = stacks.begin() + static_cast<ptrdiff_t>(kept);
    if (std::find(stacks.begin(), end, stacks[i]) != end) continue;
    if (kept != i) stacks[kept] = std::move(stacks[i]);
    ++kept;
  }
  stacks.erase(stacks.begin() + static_cast<ptrdiff_t>(kept), stacks.end());
}

bool CanEnd(const Program& program, const Stack& stack) {
  if (std::holds_alternative<DoneFrame>(stack.top)) return true;
  if (stack.rest == nullptr || !std::holds_alternative<DoneFrame>(stack.rest->frame)) return false;
  if (const auto* number = std::get_if<NumberFrame>(&stack.top)) {
    return At(program.numbers, number->number).CanEnd(number->state);
  }
  if (const auto* literal = std::get_if<LiteralFrame>(&stack.top)) {
    return At(program.values, literal->value).literals.IsComplete(literal->position);
  }
  return false;
}

}  // namespace weir::grammar
