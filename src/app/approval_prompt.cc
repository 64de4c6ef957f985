#include "app/approval_prompt.h"

#include <fmt/format.h>
#include <termios.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "app/escape.h"
#include "app/interrupt.h"
#include "approvals/store.h"
#include "base/clock.h"

namespace weir::app {
namespace {

constexpr int kMaxRounds = 50;  // of looking and editing before the answer is no
constexpr std::string_view kMargin = "          ";

void PrintText(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void PrintOwnLine(std::string_view text) { PrintText(fmt::format("{}{}\n", kMargin, text)); }

std::string WithoutBlanks(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// "Y " and "y" are one choice.
std::string ChoiceOf(const std::string& line) {
  std::string choice = WithoutBlanks(line);
  std::transform(choice.begin(), choice.end(), choice.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return choice;
}

std::string EscapeLine(std::string_view text) { return EscapeForTerminal(text); }

// What was typed for an argument: text stays text, everything else is JSON.
Result<json::Json> NewValue(const json::Json& old, const std::string& typed) {
  if (old.is_string()) return json::Json(typed);
  return json::Parse(typed);
}

}  // namespace

approvals::RenderOptions TerminalRendering(int columns) {
  return {.columns = columns, .escape = EscapeLine, .width = DisplayWidth};
}

ApprovalPrompt::ApprovalPrompt(const approvals::ApprovalView& view, size_t n_hidden,
                               PromptOptions options, std::stop_token stop)
    : view_(view), n_hidden_(n_hidden), options_(options), stop_(std::move(stop)) {}

policy::Answer ApprovalPrompt::Ask() {
  // What was typed before the question was there is no answer to it.
  ::tcflush(options_.in_fd, TCIFLUSH);
  for (int round = 0; round < kMaxRounds; ++round) {
    PrintChoices();
    const std::optional<std::string> line = Read("  Do it? [y/N] ");
    if (!line) return No();
    const std::string choice = ChoiceOf(*line);
    std::optional<policy::Answer> answer;
    if (choice == "y" || choice == "yes") {
      answer = Grant(policy::Scope::kOnce);
    } else if (choice == "a") {
      answer = Grant(policy::Scope::kExact);
    } else if (choice == "r") {
      answer = Grant(policy::Scope::kRule);
    } else if (choice == "e") {
      answer = Edit();
    } else if (choice == "?") {
      Explain();
    } else {
      return No();
    }
    if (answer) return *answer;
  }
  return No();
}

// Empty at the end of input or when the run is stopped.
std::optional<std::string> ApprovalPrompt::Read(std::string_view prompt) {
  PrintText(options_.color ? fmt::format("\x1b[1m{}\x1b[0m", prompt) : std::string(prompt));
  std::optional<std::string> line = ReadLine(options_.in_fd, stop_);
  if (!line) PrintText("\n");
  return line;
}

void ApprovalPrompt::PrintChoices() const {
  const bool exact = Offers(policy::Scope::kExact);
  const bool rule = Offers(policy::Scope::kRule);
  PrintOwnLine("y = do exactly this, once         n or Enter = do not do it");
  if (exact || rule) {
    PrintOwnLine(fmt::format("{:<33} {}", exact ? "a = this exact call, in this run" : "",
                             rule ? "r = a rule (is shown first)" : ""));
  }
  PrintOwnLine("e = edit the arguments            ? = everything about this call");
}

void ApprovalPrompt::Explain() {
  approvals::RenderOptions full = TerminalRendering(options_.columns);
  full.full = true;
  PrintText(approvals::RenderText(view_, full).text);
  n_hidden_ = 0;
}

bool ApprovalPrompt::Offers(policy::Scope scope) const {
  return std::find(view_.scopes.begin(), view_.scopes.end(), scope) != view_.scopes.end();
}

std::optional<policy::Answer> ApprovalPrompt::Grant(policy::Scope scope) {
  if (!Offers(scope)) {
    PrintOwnLine("that is not possible for this call");
    return std::nullopt;
  }
  if (n_hidden_ > 0) {
    PrintOwnLine(fmt::format("{} lines of it were not shown; ? shows all", n_hidden_));
    return std::nullopt;
  }
  if (scope == policy::Scope::kRule) {
    const int64_t until_us = SystemClock().UnixMicros() + approvals::kDefaultRuleLifetimeUs;
    PrintText(approvals::RenderRule(*view_.rule, until_us, TerminalRendering(options_.columns)));
    const std::optional<std::string> sure =
        Read("  Do it, and allow all that the rule says? [y/N] ");
    if (!sure || (ChoiceOf(*sure) != "y" && ChoiceOf(*sure) != "yes")) return std::nullopt;
  }
  policy::Answer yes{
      .yes = true, .approver = "terminal", .request_digest = view_.request_digest, .scope = scope};
  if (view_.typed_word.empty()) return yes;
  const std::optional<std::string> typed =
      Read(fmt::format("  Type {} to do it: ", EscapeForTerminal(view_.typed_word)));
  if (typed && WithoutBlanks(*typed) == view_.typed_word) {
    yes.typed = view_.typed_word;
    return yes;
  }
  PrintOwnLine("that is not the name, so the answer is no");
  return No();
}

std::optional<policy::Answer> ApprovalPrompt::Edit() {
  json::Json edited = view_.arguments;
  PrintOwnLine("Enter keeps a value; the changed call is checked and asked about anew");
  for (auto& [name, value] : edited.items()) {
    const std::string old = value.is_string() ? value.get<std::string>() : json::Dump(value);
    const std::optional<std::string> line = Read(fmt::format(
        "{}{} [{}] > ", kMargin, EscapeForTerminal(name), Ellipsize(EscapeForTerminal(old), 40)));
    if (!line) return No();
    const std::string typed = WithoutBlanks(*line);
    if (typed.empty()) continue;
    Result<json::Json> parsed = NewValue(value, typed);
    if (!parsed) {
      PrintOwnLine("no JSON value: " + EscapeForTerminal(parsed.error().message));
      return std::nullopt;
    }
    value = std::move(*parsed);
  }
  if (edited == view_.arguments) {
    PrintOwnLine("nothing was changed");
    return std::nullopt;
  }
  policy::Answer answer = No();
  answer.edited_arguments.emplace(std::move(edited));
  return answer;
}

policy::Answer ApprovalPrompt::No() const {
  return {.yes = false, .approver = "terminal", .request_digest = view_.request_digest};
}

}  // namespace weir::app
