#include "approvals/render.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <string_view>
#include <vector>

namespace weir::approvals {
namespace {

constexpr size_t kIndent = 10;
constexpr size_t kMaxShownLines = 40;  // of one value or preview, unless full

// Bytes of the first character of an escaped text (which is UTF-8).
size_t CharacterBytes(std::string_view text) {
  size_t n = 1;
  while (n < text.size() && (text[n] & 0xC0) == 0x80) ++n;
  return n;
}

class Writer {
 public:
  explicit Writer(const RenderOptions& options) : options_(options) {}

  // "          why asked writing is asked"; what does not fit goes on below the value.
  void Labelled(std::string_view label, std::string_view raw) {
    const std::string head = fmt::format("{:<9} ", label);
    Wrapped(head + options_.escape(raw), head.size() > 14 ? 2 : head.size());
  }
  // A line of Weir's own words.
  void Own(std::string_view text) { Wrapped(std::string(text), 0); }

  // A text of several lines, each escaped on its own.
  void Block(std::string_view raw) {
    std::vector<std::string> lines;
    while (!raw.empty()) {
      const size_t end = raw.find('\n');
      std::string line(raw.substr(0, end));
      for (size_t tab = line.find('\t'); tab != std::string::npos; tab = line.find('\t')) {
        line.replace(tab, 1, "    ");
      }
      for (std::string& part : Split(options_.escape(line), 0)) lines.push_back(std::move(part));
      raw.remove_prefix(end == std::string_view::npos ? raw.size() : end + 1);
    }
    Emit(lines);
  }

  Rendered Take() && { return std::move(out_); }

 private:
  void Wrapped(std::string_view escaped, size_t hang) { Emit(Split(escaped, hang)); }

  // Pieces that fit the columns; all but the first indented by `hang` more.
  std::vector<std::string> Split(std::string_view escaped, size_t hang) const {
    const int room = std::max(options_.columns - static_cast<int>(kIndent), 20);
    std::vector<std::string> lines(1);
    int used = 0;
    while (!escaped.empty()) {
      const std::string_view character = escaped.substr(0, CharacterBytes(escaped));
      const int width = options_.width(character);
      if (used + width > room) {
        // At a blank of the line's second half, if there is one; it stays at the line's end.
        std::string& line = lines.back();
        const size_t blank = line.rfind(' ');
        std::string rest;
        if (blank != std::string::npos && blank >= hang + (static_cast<size_t>(room) - hang) / 2) {
          rest = line.substr(blank + 1);
          line.resize(blank + 1);
        }
        used = static_cast<int>(hang) + options_.width(rest);
        lines.push_back(std::string(hang, ' ') + rest);
      }
      lines.back() += character;
      used += width;
      escaped.remove_prefix(character.size());
    }
    return lines;
  }

  void Emit(const std::vector<std::string>& lines) {
    const size_t n = options_.full ? lines.size() : std::min(lines.size(), kMaxShownLines);
    for (size_t i = 0; i < n; ++i) out_.text += std::string(kIndent, ' ') + lines[i] + "\n";
    if (n == lines.size()) return;
    out_.n_hidden += lines.size() - n;
    out_.text += fmt::format("{}... {} more lines\n", std::string(kIndent, ' '), lines.size() - n);
  }

  const RenderOptions& options_;
  Rendered out_;
};

std::string ToolText(const ApprovalView& view) {
  std::string text = fmt::format("{} ({})", view.tool, view.effect);
  if (view.server != policy::kBuiltinServer) text += " of MCP server " + view.server;
  if (!view.server_identity.empty()) text += ": " + view.server_identity;
  return text;
}

void WriteArguments(const ApprovalView& view, Writer& out) {
  for (const auto& [name, value] : view.arguments.items()) {
    std::string text = value.is_string() ? "'" + value.get<std::string>() + "'" : json::Dump(value);
    for (const ArgumentOrigin& one : view.origins) {
      if (one.argument == name) text += "  (from " + one.origin + ")";
    }
    out.Labelled(name, text);
  }
}

// What nobody needs for an everyday answer, and everybody may look at.
void WriteRest(const ApprovalView& view, Writer& out) {
  for (const policy::Precondition& one : view.preconditions) {
    out.Labelled("target", fmt::format("{}: {}", one.target, one.digest));
  }
  out.Labelled("exactly", view.canonical_arguments);
  out.Labelled("server", view.server);
  out.Labelled("decided", fmt::format("{} by {}", view.verdict, view.rule_id));
  out.Labelled("definition", "sha256 " + view.definition_hash);
  out.Labelled("policy", "sha256 " + view.policy_hash);
  out.Labelled("sandbox", view.sandbox_profile.empty() ? "not part of this approval"
                                                       : "sha256 " + view.sandbox_profile);
  out.Labelled("request", "sha256 " + view.request_digest);
  if (!view.run_id.empty()) out.Labelled("run", view.run_id + " " + view.call_id);
}

}  // namespace

Rendered RenderText(const ApprovalView& view, const RenderOptions& options) {
  Writer out(options);
  out.Labelled("tool", ToolText(view));
  WriteArguments(view, out);
  const bool acts = view.effect != "none" && view.effect != "read";
  if (!view.preview.empty()) {
    out.Own("what would change:");
    out.Block(view.preview);
  } else if (acts) {
    out.Labelled("changes", "can not be shown before it runs");
  }
  if (acts && !view.reversible) out.Labelled("undo", "this can not be taken back");
  if (!view.preconditions.empty()) {
    std::vector<std::string_view> targets;
    targets.reserve(view.preconditions.size());
    for (const policy::Precondition& one : view.preconditions) targets.push_back(one.target);
    out.Labelled("bound to", fmt::format("the present state of {}", fmt::join(targets, ", ")));
  }
  out.Labelled("why asked", view.reason);
  if (!view.asked_again.empty()) out.Labelled("again", view.asked_again);
  if (options.full) WriteRest(view, out);
  if (view.remaining_us >= 0) {
    out.Labelled("time", fmt::format("{} s, then it is denied{}", view.remaining_us / 1'000'000,
                                     view.paused ? " (paused)" : ""));
  }
  return std::move(out).Take();
}

std::string RenderRule(const StandingRule& rule, int64_t expires_us, const RenderOptions& options) {
  RenderOptions everything = options;
  everything.full = true;
  Writer out(everything);
  out.Own("the rule, as the policy file would have it:");
  out.Block(rule.text);
  out.Labelled("allows", json::Dump(rule.matches));
  out.Labelled("still asks", json::Dump(rule.matches_not));
  out.Labelled("until", TimeText(expires_us) + ", or: weir approvals revoke");
  return std::move(out).Take().text;
}

std::string TimeText(int64_t unix_us) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC",
                     fmt::gmtime(static_cast<std::time_t>(unix_us / 1'000'000)));
}

}  // namespace weir::approvals
