#include "app/server_questions.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>
#include <utility>
#include <vector>

namespace weir::app {
namespace {

using tools::QuestionField;
using tools::ServerAnswer;

// How often a field is asked again before the whole is cancelled.
constexpr int kMaxTries = 3;

std::string LabelOf(const QuestionField& field) {
  return field.label.empty() ? field.name : field.label;
}

std::string FieldText(const QuestionField& field) {
  std::string text = "- " + LabelOf(field);
  if (field.required) text += " (required)";
  if (!field.description.empty()) text += ": " + field.description;
  for (size_t i = 0; i < field.options.size(); ++i) {
    text += fmt::format("\n    {} = {}", i + 1, field.options[i].second);
  }
  if (!field.default_value.is_null()) {
    text += "\n    empty: " + json::Dump(field.default_value);
  }
  return text;
}

template <class T>
std::optional<T> Number(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<json::Json> OptionOf(const QuestionField& field, const std::string& text) {
  const std::optional<size_t> number = Number<size_t>(text);
  if (!number || *number < 1 || *number > field.options.size()) return std::nullopt;
  return json::Json(field.options[*number - 1].first);
}

// Numbers of options, with blanks or commas between them.
std::optional<json::Json> OptionsOf(const QuestionField& field, std::string text) {
  for (char& c : text) c = c == ',' ? ' ' : c;
  std::istringstream words(text);
  json::Json chosen = json::Json::array();
  for (std::string word; words >> word;) {
    std::optional<json::Json> one = OptionOf(field, word);
    if (!one) return std::nullopt;
    chosen.push_back(std::move(*one));
  }
  return chosen;
}

// Empty for what is no value of the field.
std::optional<json::Json> ValueOf(const QuestionField& field, const std::string& text) {
  switch (field.kind) {
    case QuestionField::Kind::kText:
      return json::Json(text);
    case QuestionField::Kind::kNumber:
      if (const auto number = Number<double>(text)) return json::Json(*number);
      return std::nullopt;
    case QuestionField::Kind::kInteger:
      if (const auto number = Number<int64_t>(text)) return json::Json(*number);
      return std::nullopt;
    case QuestionField::Kind::kBoolean:
      if (text == "y" || text == "yes") return json::Json(true);
      if (text == "n" || text == "no") return json::Json(false);
      return std::nullopt;
    case QuestionField::Kind::kChoice:
      return OptionOf(field, text);
    case QuestionField::Kind::kChoices:
      return OptionsOf(field, text);
  }
  return std::nullopt;
}

std::string_view PromptOf(QuestionField::Kind kind) {
  switch (kind) {
    case QuestionField::Kind::kText:
      return "text";
    case QuestionField::Kind::kNumber:
    case QuestionField::Kind::kInteger:
      return "number";
    case QuestionField::Kind::kBoolean:
      return "y/n";
    case QuestionField::Kind::kChoice:
      return "1..n";
    case QuestionField::Kind::kChoices:
      return "1,2..";
  }
  return "";
}

// False when there is no answer.
bool AskField(const QuestionField& field,
              const std::function<std::optional<std::string>(std::string_view)>& ask,
              const std::function<void(std::string_view)>& tell, json::Json* content) {
  tell(FieldText(field));
  for (int i = 0; i < kMaxTries; ++i) {
    const std::optional<std::string> line = ask(PromptOf(field.kind));
    if (!line) return false;
    if (line->empty() && !field.default_value.is_null()) {
      (*content)[field.name] = field.default_value;
      return true;
    }
    if (line->empty() && !field.required) return true;
    if (std::optional<json::Json> value = ValueOf(field, *line); value && !line->empty()) {
      (*content)[field.name] = std::move(*value);
      return true;
    }
    tell("that does not fit; once more");
  }
  return false;
}

}  // namespace

std::string ServerQuestionText(const tools::ServerQuestion& question) {
  std::string text = question.message;
  if (!question.url.empty()) {
    text += fmt::format(
        "\nIt wants you to open this page in your browser:\n  {}\nThe page is of the host:\n  {}",
        question.url, question.host);
    if (question.host.find("xn--") != std::string::npos) {
      text += "\nThat name has letters of other alphabets and may look like another one.";
    }
    return text + "\nWeir opens nothing by itself.";
  }
  for (const QuestionField& field : question.fields) text += "\n" + FieldText(field);
  return text + "\nNever enter a password, key or card number here.";
}

ServerAnswer AskServerQuestion(
    const tools::ServerQuestion& question,
    const std::function<std::optional<std::string>(std::string_view prompt)>& ask,
    const std::function<void(std::string_view text)>& tell) {
  tell(question.url.empty() ? "answer it? y = yes, n = no, c = cancel"
                            : "do you consent? y = yes, n = no, c = cancel");
  const std::optional<std::string> consent = ask("y/n/c");
  if (!consent) return {.action = ServerAnswer::Action::kCancel};
  if (*consent == "c") return {.action = ServerAnswer::Action::kCancel};
  if (*consent != "y" && *consent != "yes") return {};
  if (!question.url.empty()) return {.action = ServerAnswer::Action::kAccept};
  json::Json content = json::Json::object();
  for (const QuestionField& field : question.fields) {
    if (!AskField(field, ask, tell, &content)) return {.action = ServerAnswer::Action::kCancel};
  }
  return {.action = ServerAnswer::Action::kAccept, .content = std::move(content)};
}

json::Json ServerQuestionJson(const tools::ServerQuestion& question) {
  json::Json event = {
      {"event", "server_question"}, {"server", question.server}, {"message", question.message}};
  if (!question.url.empty()) {
    event["url"] = question.url;
    event["host"] = question.host;
    return event;
  }
  event["fields"] = json::Json::array();
  for (const QuestionField& field : question.fields) {
    json::Json options = json::Json::array();
    for (const auto& [value, label] : field.options) {
      options.push_back({{"value", value}, {"label", label}});
    }
    event["fields"].push_back({{"name", field.name},
                               {"label", LabelOf(field)},
                               {"description", field.description},
                               {"kind", std::string(PromptOf(field.kind))},
                               {"required", field.required},
                               {"default", field.default_value},
                               {"options", std::move(options)}});
  }
  return event;
}

ServerAnswer ServerAnswerFromJson(const json::Json& answer) {
  if (!answer.is_object() || !answer.contains("action")) return {};
  if (answer["action"] == "cancel") return {.action = ServerAnswer::Action::kCancel};
  if (answer["action"] != "accept") return {};
  ServerAnswer accepted{.action = ServerAnswer::Action::kAccept};
  if (answer.contains("content") && answer["content"].is_object()) {
    accepted.content = answer["content"];
  }
  return accepted;
}

}  // namespace weir::app
