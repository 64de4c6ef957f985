// The payload vault: what a Put and a Get take, and how long 100 000 records take to expire with
// the destruction of their keys on the disk.
//   bench_boundary_vault [FOLDER]     the folder decides which disk is measured; default: /tmp

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "boundary/figures.h"
#include "vault/holds.h"
#include "vault/vault.h"

namespace weir::vault {
namespace {

constexpr int64_t kDayUs = int64_t{86'400} * 1'000'000;
constexpr int64_t kStart = 19'675 * kDayUs;
constexpr size_t kRecords = 100'000;
constexpr size_t kBatch = 1000;
constexpr int kDays = 30;

double Microseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

void Require(bool good, const std::string& what) {
  if (good) return;
  fmt::print(stderr, "vault_bench: {}\n", what);
  std::exit(1);
}

template <class T>
T Must(Result<T> result) {
  Require(result.has_value(), result ? "" : result.error().message);
  return std::move(*result);
}

// Payloads as calls have them: most short, a few long.
std::vector<std::string> MakePayloads(size_t n) {
  std::mt19937 random(1);
  std::vector<std::string> payloads;
  for (size_t i = 0; i < n; ++i) {
    const size_t n_bytes = i % 50 == 0 ? 8192 : 40 + random() % 400;
    std::string payload(n_bytes, '\0');
    for (char& byte : payload) byte = static_cast<char>(' ' + random() % 90);
    payloads.push_back(std::move(payload));
  }
  return payloads;
}

// kRecords records of four classes over kDays days; every `held_share`-th is of a held run.
std::vector<Stored> Fill(Vault& vault, const std::vector<std::string>& payloads,
                         size_t held_share) {
  constexpr DataClass kClasses[] = {DataClass::kUserText, DataClass::kAnswer, DataClass::kResults,
                                    DataClass::kCaches};
  std::vector<Stored> all;
  for (size_t done = 0; done < kRecords; done += kBatch) {
    std::vector<NewPayload> batch;
    for (size_t i = 0; i < kBatch; ++i) {
      const bool held = held_share != 0 && i % held_share == 0;
      batch.push_back({.data_class = kClasses[i % 4],
                       .run_id = held ? "run-held" : "run-free",
                       .call_id = "call-1",
                       .bytes = payloads[(done + i) % payloads.size()]});
    }
    const int64_t day = static_cast<int64_t>(done * kDays / kRecords);
    const auto stored = Must(vault.PutAll(batch, kStart + day * kDayUs));
    all.insert(all.end(), stored.begin(), stored.end());
  }
  return all;
}

// Seconds that an expiry of everything that is not held takes.
double TimeExpiry(const std::string& state, size_t held_share, bench::Figures& figures) {
  const std::vector<std::string> payloads = MakePayloads(1000);
  Vault vault = Must(Vault::Open(state, RetentionTable()));
  if (held_share != 0) {
    Must(Must(Holds::Open(state)).Add("run-held", "measuring", kStart));
  }
  const auto filling = std::chrono::steady_clock::now();
  const std::vector<Stored> all = Fill(vault, payloads, held_share);
  const double fill_us = Microseconds(std::chrono::steady_clock::now() - filling);
  if (held_share == 0) {
    figures.Tell("vault: put, batches of 1000", kRecords / fill_us * 1e6, "records/s");
  }
  const auto begin = std::chrono::steady_clock::now();
  const ExpiryReport report = Must(vault.Expire(kStart + 400 * kDayUs));
  const double seconds = Microseconds(std::chrono::steady_clock::now() - begin) / 1e6;
  const size_t n_held = held_share == 0 ? 0 : kRecords / held_share;
  Require(report.n_destroyed() == kRecords - n_held, "not everything expired");
  Require(!vault.Get(all.back().reference).has_value(), "a record that expired can be read");
  return seconds;
}

// One Put at a time, each durable, and Gets of them in random order.
void TimeSingle(const std::string& state, bench::Figures& figures) {
  constexpr size_t kSingles = 2000;
  const std::vector<std::string> payloads = MakePayloads(kSingles);
  Vault vault = Must(Vault::Open(state, RetentionTable()));
  std::vector<Stored> all;
  std::vector<double> put_us;
  for (const std::string& payload : payloads) {
    const auto begin = std::chrono::steady_clock::now();
    all.push_back(Must(vault.Put({.data_class = DataClass::kResults,
                                  .run_id = "run-1",
                                  .call_id = "call-1",
                                  .bytes = payload},
                                 kStart)));
    put_us.push_back(Microseconds(std::chrono::steady_clock::now() - begin));
  }
  std::vector<size_t> order(kSingles);
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937(2));
  std::vector<double> get_us;
  for (const size_t i : order) {
    const auto begin = std::chrono::steady_clock::now();
    const Payload payload = Must(vault.Get(all[i].reference));
    get_us.push_back(Microseconds(std::chrono::steady_clock::now() - begin));
    Require(payload.bytes == payloads[i], "a payload is not what was put");
  }
  figures.Tell("vault: put, durable, p50", bench::Percentile(put_us, 0.50), "us");
  figures.Tell("vault: put, durable, p99", bench::Percentile(put_us, 0.99), "us");
  figures.Tell("vault: get, p50", bench::Percentile(get_us, 0.50), "us");
  figures.Tell("vault: get, p99", bench::Percentile(get_us, 0.99), "us");
}

int Main(const std::string& folder) {
  std::string root = folder + "/weir_vault_bench_XXXXXX";
  Require(::mkdtemp(root.data()) != nullptr, "no folder can be made in '" + folder + "'");
  bench::Figures figures;
  TimeSingle(root + "/single", figures);
  figures.AtMost("vault: 100 000 records expired, durable", TimeExpiry(root + "/whole", 0, figures),
                 5, "s");
  // Held records keep every bucket, so each key is overwritten in its place.
  figures.AtMost("vault: the same with every 10th held", TimeExpiry(root + "/held", 10, figures), 5,
                 "s");
  std::filesystem::remove_all(root);
  return figures.ExitCode();
}

}  // namespace
}  // namespace weir::vault

int main(int argc, char** argv) { return weir::vault::Main(argc > 1 ? argv[1] : "/tmp"); }
