#pragma once
// A line on standard error that says how far a long job is. It draws itself over, and disappears at
// the end; where standard error is no terminal nothing is drawn. One thread.

#include <chrono>
#include <cstdint>
#include <string>

namespace weir::app {

// "[#####     ]  50 %  2.42 of 4.84 GB  410 MB/s  6 s left" after `seconds` of work.
std::string ProgressLine(uint64_t bytes_done, uint64_t bytes_total, double seconds);

// "[#####     ]  50 %  prefill 512 at depth 0  6 s left": work that is not counted in bytes, of
// which `part` [0, 1] is done. A name that does not fit 80 columns is cut.
std::string StepLine(const std::string& step, double part, double seconds);

// "4.84 GB", "3.1 MB", "17 bytes": units of 1000, as disks are sold.
std::string BytesText(uint64_t bytes);

// "6.3 million", "8.468 billion".
std::string CountText(uint64_t n);

class ProgressBar {
 public:
  explicit ProgressBar(bool enabled);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Cheap: draws ten times a second at most.
  void Update(uint64_t bytes_done, uint64_t bytes_total);
  // Draws every time, since a step may be long.
  void Step(const std::string& step, double part);
  double seconds() const;  // since it was made

 private:
  using Clock = std::chrono::steady_clock;

  void Draw(const std::string& line);

  bool enabled_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_drawn_ = start_;
};

}  // namespace weir::app
