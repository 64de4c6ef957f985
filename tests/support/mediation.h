#pragma once
// What a witness outside of Weir saw being run, and how that is held against the audit log.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "audit/record.h"
#include "json/json.h"

namespace weir::tests {

// How often what was seen, from "RUN TOOL ARGUMENTS".
using Tally = std::map<std::string, int>;

// The number of entries that one has and the other has not.
int Difference(const Tally& a, const Tally& b);
int Total(const Tally& tally);
std::string Entry(const std::string& run, const std::string& tool, const json::Json& arguments);

// Every record of the log in `folder`.
std::vector<audit::Record> Records(const std::string& folder);
// What the witness (tools/testing/fake_worker.cc) wrote down.
Tally SeenBy(const std::string& witness_file);

// The same numbers in every run.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  size_t Below(size_t n) {  // splitmix64
    uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return static_cast<size_t>((z ^ (z >> 31)) % n);
  }
  bool Percent(size_t percent) { return Below(100) < percent; }
  std::string Pick(std::initializer_list<std::string_view> list) {
    return std::string(*(list.begin() + Below(list.size())));
  }

 private:
  uint64_t state_;
};

}  // namespace weir::tests
