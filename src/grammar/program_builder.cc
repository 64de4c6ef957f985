#include "grammar/program_builder.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "schema/pointer.h"

namespace weir::grammar {
namespace {

using schema::CountRange;
using schema::Node;
using schema::Place;
using schema::Schema;

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Names that the call parser reads back. Python's own rules are narrower; declared names such as
// resolve-library-id or ns.tool are written as they are.
bool IsToolName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '.' || c == '-' || c == '/' || c == ':';
  });
}
bool IsArgumentName(std::string_view name) {
  return !name.empty() && IsLetter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return IsLetter(c) || IsDigit(c) || c == '.' || c == '-'; });
}

// Sorts `texts` into a set; returns for each text of the set its index before.
std::vector<int> Sort(const std::vector<std::string>& texts, const std::vector<int>& wanted,
                      LiteralSet& set) {
  std::vector<int> order = wanted;
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return texts[static_cast<size_t>(a)] < texts[static_cast<size_t>(b)];
  });
  set.texts.clear();
  for (const int i : order) set.texts.push_back(texts[static_cast<size_t>(i)]);
  return order;
}

int Deeper(int height) { return height == kEndless ? kEndless : height + 1; }

}  // namespace

ProgramBuilder::ProgramBuilder(ProgramOptions options) : options_(std::move(options)) {
  program_.syntax = options_.syntax;
  program_.schema_order = options_.schema_order;
  program_.max_depth = options_.max_depth;
  program_.max_calls = options_.max_calls;
}

// ---- values ----

Result<int> ProgramBuilder::MakeValue(const Schema& schema, int node) {
  if (const auto it = value_of_node_.find(node); it != value_of_node_.end()) return it->second;
  const int index = static_cast<int>(program_.values.size());
  program_.values.emplace_back();
  value_of_node_[node] = index;
  // Filled aside: making a part may move the values.
  ValuePlan plan;
  plan.pointer = schema.node(node).pointer;
  RETURN_IF_ERROR(Fill(schema, schema.node(node), plan));
  program_.values[static_cast<size_t>(index)] = std::move(plan);
  return index;
}

Status ProgramBuilder::Fill(const Schema& schema, const Node& node, ValuePlan& plan) {
  for (const int alternative : node.any_of) {
    ASSIGN_OR_RETURN(const int value, MakeValue(schema, alternative));
    plan.any_of.push_back(value);
  }
  if (!node.any_of.empty()) return {};
  plan.is_false = node.kinds == 0;
  FillLiterals(node, plan);
  if (node.values) return {};
  FillScalars(node, plan);
  if (node.kinds & schema::kArray) {
    if (node.n_items.min > node.n_items.max) {
      plan.why =
          fmt::format("minItems {} is above maxItems {}", node.n_items.min, node.n_items.max);
    }
    ASSIGN_OR_RETURN(plan.array, MakeArray(schema, node));
  }
  if (node.kinds & schema::kObject) {
    ASSIGN_OR_RETURN(plan.object, MakeObject(schema, node));
  }
  return {};
}

// The values of an enum, or the words for null and booleans.
void ProgramBuilder::FillLiterals(const Node& node, ValuePlan& plan) const {
  std::vector<json::Json> values;
  if (node.values) {
    values = *node.values;
    plan.why = "its enum or const holds no value that the other keywords allow";
  } else {
    if (node.kinds & schema::kNull) values.emplace_back(nullptr);
    if (node.kinds & schema::kBoolean)
      values.insert(values.end(), {json::Json(true), json::Json(false)});
  }
  for (const json::Json& value : values) {
    std::optional<std::string> text = WriteValue(options_.syntax, value);
    if (text) plan.literals.texts.push_back(std::move(*text));
  }
  std::vector<std::string>& texts = plan.literals.texts;
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

void ProgramBuilder::FillScalars(const Node& node, ValuePlan& plan) {
  if (node.kinds & schema::kString) {
    if (node.length.min > node.length.max) {
      plan.why =
          fmt::format("minLength {} is above maxLength {}", node.length.min, node.length.max);
    } else if (node.length.min > static_cast<int64_t>(options_.max_string_bytes)) {
      plan.why = fmt::format("minLength {} is above the limit of {} bytes for a string",
                             node.length.min, options_.max_string_bytes);
    } else {
      plan.string = static_cast<int>(program_.strings.size());
      program_.strings.push_back({node.length, options_.max_string_bytes, SpansFor(node.length)});
    }
  }
  if (node.kinds & (schema::kInteger | schema::kFraction)) {
    const NumberRule rule(node);
    if (rule.satisfiable()) {
      plan.number = static_cast<int>(program_.numbers.size());
      program_.numbers.push_back(rule);
    } else {
      plan.why = fmt::format("no number of at most {} digits is within its bounds",
                             NumberRule::kFractionDigits);
    }
  }
}

int ProgramBuilder::SpansFor(const CountRange& length) {
  if (options_.span_source.empty()) return kNone;
  const auto [it, is_new] = spans_of_.try_emplace({length.min, length.max}, kNone);
  if (is_new) {
    SpanIndex spans(options_.span_source, length, options_.max_string_bytes);
    if (!spans.empty()) {
      it->second = static_cast<int>(program_.spans.size());
      program_.spans.push_back(std::move(spans));
    }
  }
  return it->second;
}

Result<int> ProgramBuilder::MakeArray(const Schema& schema, const Node& node) {
  ArrayPlan array;
  array.n_items = node.n_items;
  for (const int item : node.prefix_items) {
    ASSIGN_OR_RETURN(const int value, MakeValue(schema, item));
    array.prefix.push_back(value);
  }
  if (schema.node(node.items).kinds != 0) {
    ASSIGN_OR_RETURN(array.rest, MakeValue(schema, node.items));
  }
  program_.arrays.push_back(std::move(array));
  program_.array_heights.push_back(kEndless);
  return static_cast<int>(program_.arrays.size()) - 1;
}

Result<int> ProgramBuilder::MakeObject(const Schema& schema, const Node& node) {
  if (node.properties.size() > kMaxProperties) {
    return MakeError(ErrorCode::kUnsupported, "the object at {} has {} properties; at most {} fit",
                     Place(node.pointer), node.properties.size(), kMaxProperties);
  }
  ObjectPlan object;
  std::vector<std::string> spelled;  // empty where the name can not be written
  const char quote = QuoteOf(options_.syntax);
  for (const schema::Property& property : node.properties) {
    ASSIGN_OR_RETURN(const int value, MakeValue(schema, property.node));
    object.properties.push_back({value, property.required, false});
    object.names.push_back(property.name);
    const std::optional<std::string> escaped = Escape(options_.syntax, property.name);
    spelled.push_back(escaped ? quote + *escaped + quote + ": " : "");
  }
  RETURN_IF_ERROR(SetKeys(object, spelled));
  // Undeclared keys only where the schema asks for them: by additionalProperties, or by declaring
  // none.
  const bool open = node.additional_declared || node.properties.empty();
  if (open && schema.node(node.additional).kinds != 0) {
    ASSIGN_OR_RETURN(object.additional, MakeValue(schema, node.additional));
  }
  program_.objects.push_back(std::move(object));
  program_.object_heights.push_back(kEndless);
  return static_cast<int>(program_.objects.size()) - 1;
}

Status ProgramBuilder::SetKeys(ObjectPlan& object, const std::vector<std::string>& spelled) const {
  std::vector<int> wanted;
  for (size_t i = 0; i < spelled.size(); ++i) {
    PropertyPlan& property = object.properties[i];
    const bool is_false = program_.values[static_cast<size_t>(property.value)].is_false;
    property.spelled = !spelled[i].empty() && !is_false;
    if (property.spelled) wanted.push_back(static_cast<int>(i));
  }
  object.property_of_key = Sort(spelled, wanted, object.keys);
  return {};
}

// ---- tools ----

Status ProgramBuilder::AddSchema(const Schema& schema, int* value) {
  const size_t first = program_.values.size();
  value_of_node_.clear();
  ASSIGN_OR_RETURN(*value, MakeValue(schema, schema.root()));
  Measure();
  return CheckSatisfiable(first);
}

Status ProgramBuilder::AddTool(const std::string& name, const Schema& schema) {
  if (!IsToolName(name)) {
    return MakeError(
        ErrorCode::kUnsupported,
        "tool name '{}' can not stand in a call; use letters, digits and _ - . / :", name);
  }
  const bool repeated = std::any_of(program_.tools.begin(), program_.tools.end(),
                                    [&](const ToolPlan& t) { return t.name == name; });
  if (repeated) {
    return MakeError(ErrorCode::kInvalidArgument, "two tools are named '{}'; names must differ",
                     name);
  }
  const std::string context = "tool '" + name + "'";
  int value = kNone;
  if (const Status status = AddSchema(schema, &value); !status) {
    return MakeError(status.error().WithContext(context));
  }
  ToolPlan plan;
  plan.name = name;
  if (const Status status = AddArguments(name, value, plan); !status) {
    return MakeError(status.error().WithContext(context));
  }
  if (plan.arguments.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "{}: its schema must describe an object",
                     context);
  }
  program_.tools.push_back(std::move(plan));
  return {};
}

// Collects the objects that the arguments may be, with their keys spelled `name=`.
Status ProgramBuilder::AddArguments(const std::string& tool, int value, ToolPlan& plan) {
  const ValuePlan root = program_.values[static_cast<size_t>(value)];
  for (const int alternative : root.any_of) RETURN_IF_ERROR(AddArguments(tool, alternative, plan));
  if (root.object == kNone) return {};
  ObjectPlan object = program_.objects[static_cast<size_t>(root.object)];
  object.close = ')';
  object.additional = kNone;
  std::vector<std::string> spelled;
  for (size_t i = 0; i < object.names.size(); ++i) {
    const bool writable = IsArgumentName(object.names[i]);
    if (!writable && object.properties[i].required) {
      return MakeError(
          ErrorCode::kUnsupported,
          "the required argument '{}' can not stand in a call; use letters, digits and "
          "_ - .",
          object.names[i]);
    }
    spelled.push_back(writable ? object.names[i] + "=" : "");
  }
  RETURN_IF_ERROR(SetKeys(object, spelled));
  const int height = program_.object_heights[static_cast<size_t>(root.object)];
  if (height > options_.max_depth) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "its arguments nest at least {} levels deep, {} are allowed", height,
                     options_.max_depth);
  }
  plan.arguments.push_back(static_cast<int>(program_.objects.size()));
  program_.objects.push_back(std::move(object));
  program_.object_heights.push_back(height);
  return {};
}

Status ProgramBuilder::SetRoot(const Schema& schema) {
  RETURN_IF_ERROR(AddSchema(schema, &program_.root));
  if (!program_.Fits(program_.root, 0)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "no value of the schema's root nests at most {} levels deep",
                     options_.max_depth);
  }
  return {};
}

Result<Program> ProgramBuilder::Finish() {
  std::vector<std::string> texts;
  texts.reserve(program_.tools.size());
  for (const ToolPlan& tool : program_.tools) texts.push_back(tool.name + "(");
  std::vector<int> all(texts.size());
  std::iota(all.begin(), all.end(), 0);
  program_.tool_of_name = Sort(texts, all, program_.tool_names);
  return std::move(program_);
}

// ---- heights ----

int ProgramBuilder::MeasureArray(const ArrayPlan& array) const {
  int height = 0;
  const auto n_prefix = static_cast<int64_t>(array.prefix.size());
  for (int64_t i = 0; i < std::min(array.n_items.min, n_prefix + 1); ++i) {
    const int value = array.ValueAt(i);
    if (value == kNone) return kEndless;
    height = std::max(height, program_.values[static_cast<size_t>(value)].height);
  }
  return array.n_items.min > array.n_items.max ? kEndless : Deeper(height);
}

int ProgramBuilder::MeasureObject(const ObjectPlan& object) const {
  int height = 0;
  for (const PropertyPlan& property : object.properties) {
    if (!property.required) continue;
    if (!property.spelled) return kEndless;
    height = std::max(height, program_.values[static_cast<size_t>(property.value)].height);
  }
  return Deeper(height);
}

int ProgramBuilder::MeasureValue(const ValuePlan& value) const {
  if (value.is_false) return kEndless;
  if (!value.literals.texts.empty() || value.string != kNone || value.number != kNone) return 0;
  int height = kEndless;
  for (const int alternative : value.any_of) {
    height = std::min(height, program_.values[static_cast<size_t>(alternative)].height);
  }
  if (value.array != kNone) {
    height = std::min(height, program_.array_heights[static_cast<size_t>(value.array)]);
  }
  if (value.object != kNone) {
    height = std::min(height, program_.object_heights[static_cast<size_t>(value.object)]);
  }
  return height;
}

// Heights only fall from "endless", so this ends; parts may refer to each other in circles.
void ProgramBuilder::Measure() {
  bool changed = true;
  const auto update = [&](int& height, int measured) {
    changed = changed || height != measured;
    height = measured;
  };
  while (changed) {
    changed = false;
    for (ValuePlan& value : program_.values) update(value.height, MeasureValue(value));
    for (size_t i = 0; i < program_.arrays.size(); ++i) {
      update(program_.array_heights[i], MeasureArray(program_.arrays[i]));
    }
    for (size_t i = 0; i < program_.objects.size(); ++i) {
      update(program_.object_heights[i], MeasureObject(program_.objects[i]));
    }
  }
  for (ValuePlan& value : program_.values) SetFirstBytes(value);
}

void ProgramBuilder::SetFirstBytes(ValuePlan& value) {
  if (value.first.any()) return;
  for (const std::string& text : value.literals.texts)
    value.first.set(static_cast<uint8_t>(text[0]));
  if (value.string != kNone) value.first.set(static_cast<uint8_t>(QuoteOf(options_.syntax)));
  if (value.number != kNone) {
    for (int byte = 0; byte < 256; ++byte) {
      NumberState state;
      const NumberRule& rule = program_.numbers[static_cast<size_t>(value.number)];
      if (rule.Step(state, static_cast<uint8_t>(byte))) value.first.set(static_cast<size_t>(byte));
    }
  }
  if (value.array != kNone) value.first.set('[');
  if (value.object != kNone) value.first.set('{');
  for (const int alternative : value.any_of) {
    ValuePlan& other = program_.values[static_cast<size_t>(alternative)];
    SetFirstBytes(other);
    value.first |= other.first;
  }
}

Status ProgramBuilder::CheckSatisfiable(size_t first_value) const {
  const ValuePlan* worst = nullptr;
  for (size_t i = first_value; i < program_.values.size(); ++i) {
    const ValuePlan& value = program_.values[i];
    if (value.is_false || value.height != kEndless) continue;
    if (worst == nullptr || (worst->why.empty() && !value.why.empty())) worst = &value;
  }
  if (worst == nullptr) return {};
  std::string why = worst->why;
  for (size_t i = 0; why.empty() && worst->object != kNone; ++i) {
    const ObjectPlan& object = program_.objects[static_cast<size_t>(worst->object)];
    if (i == object.properties.size()) break;
    const bool blocked = object.properties[i].required && !object.properties[i].spelled;
    if (blocked) why = "its required property '" + object.names[i] + "' allows no value";
  }
  if (why.empty()) why = "it needs an impossible item or property, or nests without end";
  return MakeError(ErrorCode::kInvalidArgument, "no value satisfies the schema at {}: {}",
                   Place(worst->pointer), why);
}

}  // namespace weir::grammar
