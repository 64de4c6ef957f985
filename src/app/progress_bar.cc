#include "app/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace weir::app {
namespace {

constexpr int kWidth = 30;  // of the bar itself; the whole line fits 80 columns
constexpr const char* kClearLine = "\r\033[K";

// "[#####     ]  50 %"
std::string BarText(double part) {
  part = std::clamp(part, 0.0, 1.0);
  const int filled = static_cast<int>(part * kWidth);
  return fmt::format("[{:<{}}] {:>3.0f} %", std::string(static_cast<size_t>(filled), '#'), kWidth,
                     part * 100);
}

}  // namespace

std::string BytesText(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  if (bytes < 1000000) return fmt::format("{:.1f} KB", static_cast<double>(bytes) / 1e3);
  if (bytes < 1000000000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  return fmt::format("{:.2f} GB", static_cast<double>(bytes) / 1e9);
}

std::string CountText(uint64_t n) {
  const auto count = static_cast<double>(n);
  return n < 1000000000 ? fmt::format("{:.1f} million", count / 1e6)
                        : fmt::format("{:.3f} billion", count / 1e9);
}

std::string ProgressLine(uint64_t bytes_done, uint64_t bytes_total, double seconds) {
  const auto done = static_cast<double>(bytes_done);
  const auto total = static_cast<double>(std::max(bytes_total, uint64_t{1}));
  const double speed = seconds > 0 ? done / seconds : 0;
  std::string line = fmt::format("{}  {} of {}", BarText(done / total), BytesText(bytes_done),
                                 BytesText(bytes_total));
  if (speed > 0)
    line += fmt::format("  {:.0f} MB/s  {:.0f} s left", speed / 1e6, (total - done) / speed);
  return line;
}

std::string StepLine(const std::string& step, double part, double seconds) {
  constexpr size_t kRoom = 24;
  std::string line = fmt::format("{}  {}", BarText(part), step.substr(0, kRoom));
  if (part > 0) line += fmt::format("  {:.0f} s left", seconds * std::max(1 - part, 0.0) / part);
  return line;
}

ProgressBar::ProgressBar(bool enabled) : enabled_(enabled && ::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputs(kClearLine, stderr);
}

double ProgressBar::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

void ProgressBar::Update(uint64_t bytes_done, uint64_t bytes_total) {
  const Clock::time_point now = Clock::now();
  if (now - last_drawn_ < std::chrono::milliseconds(100)) return;
  last_drawn_ = now;
  Draw(ProgressLine(bytes_done, bytes_total, seconds()));
}

void ProgressBar::Step(const std::string& step, double part) {
  Draw(StepLine(step, part, seconds()));
}

void ProgressBar::Draw(const std::string& line) {
  if (!enabled_) return;
  drawn_ = true;
  fmt::print(stderr, "{}{}", kClearLine, line);
  std::fflush(stderr);
}

}  // namespace weir::app
