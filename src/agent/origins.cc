#include "agent/origins.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

namespace weir::agent {
namespace {

using policy::Origin;

constexpr size_t kMinCharacters = 4;
constexpr size_t kMinDigits = 3;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Letters beyond ASCII count, whatever they are: a match inside a word proves nothing.
bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80U || std::isalnum(byte) != 0 || c == '_';
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool OccursIn(std::string_view wanted, std::string_view text) {
  for (size_t at = text.find(wanted); at != std::string_view::npos;
       at = text.find(wanted, at + 1)) {
    const size_t end = at + wanted.size();
    const bool begins = at == 0 || !IsWordByte(wanted.front()) || !IsWordByte(text[at - 1]);
    const bool ends = end == text.size() || !IsWordByte(wanted.back()) || !IsWordByte(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

bool OccursInAny(std::string_view wanted, const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& text) { return OccursIn(wanted, text); });
}

bool IsLongEnough(std::string_view text, bool is_number) {
  if (is_number) {
    const auto n =
        std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return static_cast<size_t>(n) >= kMinDigits;
  }
  const auto n = std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); });
  return static_cast<size_t>(n) >= kMinCharacters;
}

// Collects the origins of one argument and all that is in it.
struct Tracer {
  const OriginTexts& texts;
  std::set<Origin> origins;

  void AddLeaf(std::string_view text, bool is_number) {
    const bool traceable = IsLongEnough(text, is_number);
    const bool by_person = traceable && OccursInAny(text, texts.person);
    const bool by_tool = traceable && OccursInAny(text, texts.tool_results);
    if (by_person) origins.insert(Origin::kPerson);
    if (by_tool) origins.insert(Origin::kToolResult);
    if (!by_person && !by_tool) origins.insert(Origin::kModel);
  }

  void Add(const json::Json& value) {
    if (value.is_string()) return AddLeaf(Trimmed(value.get_ref<const std::string&>()), false);
    if (!value.is_structured() || value.empty())
      return AddLeaf(json::Dump(value), value.is_number());
    if (value.is_array()) {
      for (const json::Json& element : value) Add(element);
      return;
    }
    for (const auto& [name, member] : value.items()) {
      const std::string_view text = Trimmed(name);
      if (IsLongEnough(text, false) && OccursInAny(text, texts.tool_results)) {
        origins.insert(Origin::kToolResult);
      }
      Add(member);
    }
  }
};

// The name as ProposedCall::origins takes it: a pointer where it could be read as one.
std::string PlaceOf(const std::string& name) {
  if (!name.starts_with('/') && name != "*") return name;
  std::string place = "/";
  for (const char c : name) {
    if (c == '~') {
      place += "~0";
    } else if (c == '/') {
      place += "~1";
    } else {
      place += c;
    }
  }
  return place;
}

std::string TextOfContent(const json::Json& content) {
  if (content.is_string()) return content.get<std::string>();
  return content.is_null() ? "" : json::Dump(content);
}

}  // namespace

OriginTexts TextsOf(const chat::Conversation& conversation, std::string_view asking_tool) {
  OriginTexts texts;
  for (const chat::Message& message : conversation.messages) {
    if (message.role == chat::Role::kUser) {
      texts.person.push_back(TextOfContent(message.content));
    } else if (message.role == chat::Role::kTool) {
      const bool is_answer = message.tool_name == asking_tool;
      (is_answer ? texts.person : texts.tool_results).push_back(TextOfContent(message.content));
    }
  }
  return texts;
}

std::map<std::string, std::vector<Origin>> OriginsOf(const json::Json& arguments,
                                                     const OriginTexts& texts) {
  std::map<std::string, std::vector<Origin>> origins;
  if (!arguments.is_object()) return origins;
  for (const auto& [name, value] : arguments.items()) {
    Tracer tracer{texts, {}};
    tracer.Add(value);
    origins[PlaceOf(name)] = {tracer.origins.begin(), tracer.origins.end()};
  }
  return origins;
}

}  // namespace weir::agent
