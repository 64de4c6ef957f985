#include "tests/support/mediation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <utility>

#include "audit/verify.h"

namespace weir::tests {

int Difference(const Tally& a, const Tally& b) {
  int difference = 0;
  for (const auto& [entry, count] : a) {
    const auto other = b.find(entry);
    difference += std::max(0, count - (other == b.end() ? 0 : other->second));
  }
  for (const auto& [entry, count] : b) {
    const auto other = a.find(entry);
    difference += std::max(0, count - (other == a.end() ? 0 : other->second));
  }
  return difference;
}

int Total(const Tally& tally) {
  int total = 0;
  for (const auto& [entry, count] : tally) total += count;
  return total;
}

std::string Entry(const std::string& run, const std::string& tool, const json::Json& arguments) {
  return run + " " + tool + " " + json::Canonical(arguments).value();
}

std::vector<audit::Record> Records(const std::string& folder) {
  std::vector<audit::Record> records;
  Result<audit::RecordReader> reader = audit::RecordReader::Open(folder);
  EXPECT_TRUE(reader.has_value()) << reader.error().message;
  for (;;) {
    Result<std::optional<audit::Record>> record = reader->Next();
    EXPECT_TRUE(record.has_value()) << record.error().message;
    if (!record || !*record) return records;
    records.push_back(std::move(**record));
  }
}

Tally SeenBy(const std::string& witness_file) {
  Tally tally;
  std::ifstream file(witness_file);
  for (std::string line; std::getline(file, line);) {
    const json::Json seen = json::Parse(line, {.max_bytes = 32u << 20}).value();
    ++tally[Entry(seen.at("run").get<std::string>(), seen.at("tool").get<std::string>(),
                  seen.at("arguments"))];
  }
  return tally;
}

}  // namespace weir::tests
