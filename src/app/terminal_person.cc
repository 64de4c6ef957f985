#include "app/terminal_person.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "app/escape.h"
#include "app/interrupt.h"
#include "json/json.h"

namespace weir::app {
namespace {

constexpr const char* kBold = "\x1b[1m";
constexpr const char* kDim = "\x1b[2m";
constexpr const char* kRed = "\x1b[31m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kReset = "\x1b[0m";
constexpr int kMaxBlockLines = 40;

void Print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string Trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string::npos
             ? ""
             : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

const char* MarkOf(agent::NoticeKind kind) {
  switch (kind) {
    case agent::NoticeKind::kCall:
      return "call";
    case agent::NoticeKind::kDecision:
      return "rule";
    case agent::NoticeKind::kDenied:
      return "denied";
    case agent::NoticeKind::kResult:
      return "result";
    case agent::NoticeKind::kToolError:
      return "error";
    case agent::NoticeKind::kModelError:
      return "model";
    case agent::NoticeKind::kDryRun:
      return "dry run";
  }
  return "";
}

}  // namespace

void TerminalPerson::Line(std::string_view mark, std::string_view text, const char* color) {
  if (options_.color) {
    Print(fmt::format("{}{:>8}{}  {}\n", color, mark, kReset, text));
  } else {
    Print(fmt::format("{:>8}  {}\n", mark, text));
  }
}

// Text of any origin, escaped, indented, at most kMaxBlockLines lines.
void TerminalPerson::Block(std::string_view text) {
  std::istringstream lines(EscapeForTerminal(text, {.keep_newlines = true}));
  std::string line;
  int n_lines = 0;
  while (std::getline(lines, line)) {
    if (++n_lines > kMaxBlockLines) continue;
    const char* color = nullptr;
    if (options_.color && line.starts_with('+')) color = kGreen;
    if (options_.color && line.starts_with('-')) color = kRed;
    Print(color != nullptr ? fmt::format("          {}{}{}\n", color, line, kReset)
                           : fmt::format("          {}\n", line));
  }
  if (n_lines > kMaxBlockLines)
    Print(fmt::format("          ... {} more lines\n", n_lines - kMaxBlockLines));
}

policy::Answer TerminalPerson::Decide(const agent::RequestApproval& request, std::stop_token stop) {
  Line("ask", EscapeForTerminal(request.preview.action), kYellow);
  Print(fmt::format("          tool      {} ({})\n", EscapeForTerminal(request.call.tool),
                    request.call.effect));
  for (const auto& [name, value] : request.call.arguments.items()) {
    const std::string text =
        value.is_string() ? "'" + value.get<std::string>() + "'" : json::Dump(value);
    Print(fmt::format("          {:<9} {}\n", EscapeForTerminal(name), EscapeForTerminal(text)));
  }
  if (!request.preview.body.empty()) {
    Print("          what would change:\n");
    Block(request.preview.body);
  }
  Print(fmt::format("          why asked {}\n", EscapeForTerminal(request.decision.reason)));
  const Result<std::string> digest = policy::RequestDigest(request.call, request.decision);
  if (!digest || !options_.interactive) {
    Print(fmt::format("          {}, so the answer is no\n",
                      digest ? "nobody is here to answer" : digest.error().message));
    return policy::Answer{
        .yes = false, .approver = "nobody", .request_digest = digest.value_or("")};
  }
  Print("          y = do exactly this, once    n or Enter = do not do it\n");
  Print(options_.color ? fmt::format("  {}Do it? [y/N]{} ", kBold, kReset) : "  Do it? [y/N] ");
  const std::optional<std::string> line = ReadLine(options_.in_fd, stop);
  if (!line) Print("\n");
  const std::string answer = line ? Lower(Trimmed(*line)) : "";
  return policy::Answer{
      .yes = answer == "y" || answer == "yes", .approver = "terminal", .request_digest = *digest};
}

agent::PersonAnswered TerminalPerson::Answer(const agent::AskPerson& question,
                                             std::stop_token stop) {
  if (!options_.interactive && question.choices.empty())
    return {};  // the run ends with the question
  Line("weir", EscapeForTerminal(question.question), kBold);
  for (size_t i = 0; i < question.choices.size(); ++i) {
    Print(fmt::format("          {} = {}\n", i + 1, EscapeForTerminal(question.choices[i])));
  }
  if (!options_.interactive) return {};
  Print(question.choices.empty() ? "    you > " : "  number > ");
  const std::optional<std::string> line = ReadLine(options_.in_fd, stop);
  if (!line) Print("\n");
  const std::string text = line ? Trimmed(*line) : "";
  if (text.empty()) return {};
  agent::PersonAnswered answered{text, -1};
  if (!question.choices.empty()) {
    const auto n = static_cast<int>(question.choices.size());
    if (text.size() == 1 && text[0] >= '1' && text[0] < '1' + n) answered.choice = text[0] - '1';
  }
  return answered;
}

void TerminalPerson::Show(const agent::Show& notice) {
  const bool bad = notice.kind == agent::NoticeKind::kDenied ||
                   notice.kind == agent::NoticeKind::kToolError ||
                   notice.kind == agent::NoticeKind::kModelError;
  Line(MarkOf(notice.kind), EscapeForTerminal(notice.text), bad ? kRed : kDim);
  if (!notice.detail.empty()) Block(notice.detail);
}

void TerminalPerson::Stream(agent::StreamClass kind, std::string_view text) {
  if (kind != agent::StreamClass::kReasoning || !options_.show_reasoning) return;
  const std::string escaped = EscapeForTerminal(text, {.keep_newlines = true});
  Print(options_.color ? fmt::format("{}{}{}", kDim, escaped, kReset) : escaped);
}

}  // namespace weir::app
