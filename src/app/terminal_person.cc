#include "app/terminal_person.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <sstream>
#include <utility>

#include "app/approval_prompt.h"
#include "app/escape.h"
#include "app/interrupt.h"
#include "app/server_questions.h"
#include "app/standing_grants.h"
#include "app/wrap.h"

namespace weir::app {
namespace {

constexpr const char* kBold = "\x1b[1m";
constexpr const char* kDim = "\x1b[2m";
constexpr const char* kRed = "\x1b[31m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kReset = "\x1b[0m";
constexpr int kMaxBlockLines = 40;
constexpr std::string_view kIndent = "          ";
constexpr size_t kMarkColumns = 8;  // before the text of a line

void Print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
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
  std::string line = fmt::format("{:>8}  {}", mark, text);
  const int columns = TerminalColumns(STDOUT_FILENO);
  if (columns > 0) line = Wrapped(line, static_cast<int>(kIndent.size()), columns);
  if (options_.color) line = color + line.insert(kMarkColumns, kReset);
  Print(line + "\n");
}

// Lines that are escaped and indented already; those of a diff in its colours.
void TerminalPerson::PrintColored(std::string_view text) {
  std::istringstream lines{std::string(text)};
  std::string line;
  while (std::getline(lines, line)) {
    const char mark = line.size() > kIndent.size() ? line[kIndent.size()] : ' ';
    const char* color = mark == '+' ? kGreen : mark == '-' ? kRed : nullptr;
    Print(options_.color && color != nullptr ? fmt::format("{}{}{}\n", color, line, kReset)
                                             : line + "\n");
  }
}

// Text of any origin, escaped, indented, at most kMaxBlockLines lines.
void TerminalPerson::Block(std::string_view text) {
  std::istringstream lines(EscapeForTerminal(text, {.keep_newlines = true}));
  std::string line;
  int n_lines = 0;
  while (std::getline(lines, line)) {
    if (++n_lines <= kMaxBlockLines) PrintColored(fmt::format("{}{}", kIndent, line));
  }
  if (n_lines > kMaxBlockLines)
    Print(fmt::format("          ... {} more lines\n", n_lines - kMaxBlockLines));
}

policy::Answer TerminalPerson::Decide(const agent::RequestApproval& request, std::stop_token stop) {
  Line("ask", EscapeForTerminal(request.preview.action), kYellow);
  const Result<approvals::ApprovalView> view =
      approvals::MakeView(RequestFor(request, options_.store));
  if (!view) {
    Print(fmt::format("          {}, so the answer is no\n",
                      EscapeForTerminal(view.error().message)));
    return {.yes = false, .approver = "nobody", .request_digest = ""};
  }
  const approvals::Rendered shown =
      approvals::RenderText(*view, TerminalRendering(options_.columns));
  PrintColored(shown.text);
  if (!options_.interactive) {
    Print("          nobody is here to answer, so the answer is no\n");
    return {.yes = false, .approver = "nobody", .request_digest = view->request_digest};
  }
  ApprovalPrompt prompt(
      *view, shown.n_hidden,
      {.in_fd = options_.in_fd, .color = options_.color, .columns = options_.columns},
      std::move(stop));
  return prompt.Ask();
}

agent::PersonAnswered TerminalPerson::Answer(const agent::AskPerson& question,
                                             std::stop_token stop) {
  if (!options_.interactive && question.choices.empty())
    return {};  // the run ends with the question
  const size_t end = question.question.find('\n');
  Line("weir", EscapeForTerminal(question.question.substr(0, end)), kBold);
  if (end != std::string::npos) Block(std::string_view(question.question).substr(end + 1));
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

tools::ServerAnswer TerminalPerson::AnswerServer(const tools::ServerQuestion& question,
                                                 const std::stop_token& stop) {
  Line("server", fmt::format("MCP server {} asks you something:", question.server), kYellow);
  Block(ServerQuestionText(question));
  if (!options_.interactive) {
    Print("          nobody is here to answer, so it is declined\n");
    return {};
  }
  const auto ask = [&](std::string_view prompt) -> std::optional<std::string> {
    Print(fmt::format("{:>8}> ", prompt));
    const std::optional<std::string> line = ReadLine(options_.in_fd, stop);
    if (!line) Print("\n");
    return line;
  };
  return AskServerQuestion(question, ask, [&](std::string_view text) { Block(text); });
}

void TerminalPerson::Stream(agent::StreamClass kind, std::string_view text) {
  if (kind != agent::StreamClass::kReasoning || !options_.show_reasoning) return;
  const std::string escaped = EscapeForTerminal(text, {.keep_newlines = true});
  Print(options_.color ? fmt::format("{}{}{}", kDim, escaped, kReset) : escaped);
}

}  // namespace weir::app
