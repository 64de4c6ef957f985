#include "chat/xml_calls.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "chat/json_calls.h"
#include "chat/python_chars.h"

namespace weir::chat {
namespace {

constexpr int kMaxWrappers = 4;

constexpr std::array<std::string_view, 4> kWrappers = {"tool_call", "tool_calls", "function_call",
                                                       "function_calls"};

struct Tag {
  std::string_view element;
  std::string_view name;  // behind "=" or in name="..."
};

class XmlReader {
 public:
  XmlReader(std::string_view text, std::vector<RawCall>* calls) : text_(text), calls_(calls) {}

  bool ReadAll() {
    while (Skip(), pos_ < text_.size()) {
      if (!ReadElement(0)) return false;
    }
    return true;
  }

  const Problem& problem() const { return problem_; }

 private:
  bool Fail(std::string message) {
    problem_ = Problem{Problem::Kind::kSyntax, pos_, std::move(message)};
    return false;
  }

  void Skip() {
    while (pos_ < text_.size() && IsSpace(text_[pos_])) ++pos_;
  }

  // "<element>", "<element=name>" or "<element name="name">".
  bool ReadTag(Tag* tag) {
    const size_t close = text_.find('>', pos_);
    if (pos_ >= text_.size() || text_[pos_] != '<' || close == std::string_view::npos) {
      return Fail("expected a tag");
    }
    std::string_view inside = text_.substr(pos_ + 1, close - pos_ - 1);
    const size_t end = std::min(inside.find_first_of("= \t\n"), inside.size());
    tag->element = inside.substr(0, end);
    inside.remove_prefix(end);
    if (inside.starts_with('=')) {
      tag->name = Unquoted(inside.substr(1));
    } else if (const size_t name = inside.find("name="); name != std::string_view::npos) {
      tag->name = Unquoted(inside.substr(name + 5));
    } else if (!inside.empty()) {
      return Fail("found a tag with unknown attributes");
    }
    pos_ = close + 1;
    return true;
  }

  static std::string_view Unquoted(std::string_view text) {
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
        text.back() == text.front()) {
      return text.substr(1, text.size() - 2);
    }
    return text;
  }

  bool AtEnd(std::string_view element) {
    Skip();
    const std::string end = "</" + std::string(element) + ">";
    if (!text_.substr(pos_).starts_with(end)) return false;
    pos_ += end.size();
    return true;
  }

  bool ReadElement(int depth) {
    Tag tag;
    if (!ReadTag(&tag)) return false;
    if (!tag.name.empty()) return ReadCall(tag);
    const bool wrapper =
        std::find(kWrappers.begin(), kWrappers.end(), tag.element) != kWrappers.end();
    if (!wrapper) return Fail("'<" + std::string(tag.element) + ">' is no call");
    if (depth >= kMaxWrappers) return Fail("tags are nested too deep");
    Skip();
    if (pos_ < text_.size() && text_[pos_] != '<') return ReadJson(tag.element);
    while (!AtEnd(tag.element)) {
      if (pos_ >= text_.size()) return Fail("'<" + std::string(tag.element) + ">' never closes");
      if (!ReadElement(depth + 1)) return false;
    }
    return true;
  }

  // JSON up to the end tag of `element`.
  bool ReadJson(std::string_view element) {
    const size_t end = text_.find("</" + std::string(element) + ">", pos_);
    const std::string_view source = text_.substr(pos_, std::min(end, text_.size()) - pos_);
    const Result<json::Json> value = json::Parse(source);
    if (!value) return Fail(value.error().message);
    std::vector<RawCall> calls;
    if (!CallsFromJson(*value, &calls, &problem_)) return false;
    for (RawCall& call : calls) calls_->push_back(std::move(call));
    pos_ += source.size();
    return AtEnd(element) || Fail("'<" + std::string(element) + ">' never closes");
  }

  bool ReadCall(const Tag& tag) {
    if (calls_->size() >= kMaxCalls) return Fail("too many calls");
    RawCall call;
    call.name = tag.name;
    while (!AtEnd(tag.element)) {
      if (call.arguments.size() >= kMaxArguments) return Fail("the call has too many arguments");
      Tag parameter;
      if (!ReadTag(&parameter)) return false;
      if (parameter.element != "parameter" || parameter.name.empty()) {
        return Fail("expected a named parameter");
      }
      const size_t end = text_.find("</parameter>", pos_);
      if (end == std::string_view::npos) return Fail("'<parameter>' never closes");
      std::string_view value = text_.substr(pos_, end - pos_);
      if (value.starts_with('\n')) value.remove_prefix(1);
      if (value.ends_with('\n')) value.remove_suffix(1);
      call.arguments.push_back(
          RawArgument{std::string(parameter.name), std::string(value), std::string(value)});
      pos_ = end + std::string_view("</parameter>").size();
    }
    calls_->push_back(std::move(call));
    return true;
  }

  const std::string_view text_;
  std::vector<RawCall>* const calls_;
  size_t pos_ = 0;
  Problem problem_;
};

}  // namespace

bool ReadXmlCalls(std::string_view body, std::vector<RawCall>* calls, Problem* problem) {
  XmlReader reader(body, calls);
  if (reader.ReadAll()) return true;
  *problem = reader.problem();
  return false;
}

}  // namespace weir::chat
