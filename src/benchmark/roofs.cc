#include "benchmark/roofs.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <span>

#include "benchmark/stopwatch.h"

namespace weir::benchmark {
namespace {

constexpr int kRoofRounds = 5;
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kLine = 64;

// The sum of all words, so that the compiler cannot leave the reads out. Eight sums: the additions
// never wait for one another.
uint64_t SumOfLines(std::span<const std::byte> memory) {
  uint64_t sums[kLine / sizeof(uint64_t)] = {};
  for (size_t at = 0; at + kLine <= memory.size(); at += kLine) {
    uint64_t words[kLine / sizeof(uint64_t)];
    std::memcpy(words, memory.data() + at, kLine);
    for (size_t i = 0; i < std::size(sums); ++i) sums[i] += words[i];
  }
  uint64_t total = 0;
  for (const uint64_t sum : sums) total += sum;
  return total;
}

// Bytes a second of the best round; each thread reads its part from front to back.
double ReadRate(kernels::ThreadPool& pool, std::span<const std::byte> memory) {
  const size_t part = memory.size() / static_cast<size_t>(pool.n_threads()) / kLine * kLine;
  if (part == 0) return 0;
  std::atomic<uint64_t> sink = 0;
  double best = 0;
  for (int round = 0; round <= kRoofRounds; ++round) {
    const Stopwatch watch;
    pool.Run([&](int worker) {
      sink += SumOfLines(memory.subspan(static_cast<size_t>(worker) * part, part));
    });
    const double rate =
        static_cast<double>(part) * pool.n_threads() / std::max(watch.seconds(), 1e-9);
    if (round > 0) best = std::max(best, rate);  // the first brings the pages in
  }
  return best;
}

// The tensors' bytes, front to back with the little padding between them: at most n_bytes.
std::span<const std::byte> MappedPart(const gguf::GgufFile& file, size_t n_bytes) {
  const std::byte* begin = nullptr;
  const std::byte* end = nullptr;
  for (const gguf::TensorInfo& tensor : file.tensors()) {
    const std::byte* data = tensor.data.data();
    if (begin == nullptr || data < begin) begin = data;
    if (end == nullptr || data + tensor.data.size() > end) end = data + tensor.data.size();
  }
  return {begin, std::min(n_bytes, static_cast<size_t>(end - begin))};
}

// Memory of our own in huge pages, or nothing. A quarter of a small machine's memory at most.
class HugePages {
 public:
  explicit HugePages(size_t n_bytes) {
    const auto machine =
        static_cast<size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(::getpagesize());
    const size_t size = std::min(n_bytes, machine / 4) / kHugePage * kHugePage;
    void* memory = ::mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return;
    mapping_ = {static_cast<std::byte*>(memory), size + kHugePage};
    ::madvise(memory, mapping_.size(), MADV_HUGEPAGE);  // refused: the pages stay small
    const size_t misaligned = reinterpret_cast<uintptr_t>(memory) % kHugePage;
    bytes_ = mapping_.subspan(misaligned == 0 ? 0 : kHugePage - misaligned, size);
  }
  ~HugePages() {
    if (!mapping_.empty()) ::munmap(mapping_.data(), mapping_.size());
  }
  HugePages(const HugePages&) = delete;
  HugePages& operator=(const HugePages&) = delete;

  std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> mapping_;
  std::span<std::byte> bytes_;
};

double HugePageRate(kernels::ThreadPool& pool, size_t n_bytes) {
  const HugePages pages(n_bytes);
  // Pages come into being when they are written, on the memory of the thread that writes them.
  pool.Run([&](int worker) {
    const kernels::Share share = kernels::ShareOf(static_cast<int64_t>(pages.bytes().size()),
                                                  kHugePage, worker, pool.n_threads());
    std::fill(pages.bytes().begin() + share.begin, pages.bytes().begin() + share.end, std::byte{1});
  });
  return ReadRate(pool, pages.bytes());
}

double Int8Rate(const kernels::KernelTable& kernels, kernels::ThreadPool& pool) {
  constexpr int kSteps = 2'000'000;  // about 0.1 s
  if (kernels.dot_loop == nullptr) return 0;
  double best = 0;
  for (int round = 0; round < kRoofRounds; ++round) {
    std::atomic<int64_t> operations = 0;
    std::atomic<int32_t> sinks = 0;
    const Stopwatch watch;
    pool.Run([&](int) {
      int32_t sink = 0;
      operations += kernels.dot_loop(kSteps, &sink);
      sinks += sink;
    });
    best = std::max(best, static_cast<double>(operations) / watch.seconds());
  }
  return best;
}

}  // namespace

double Roofs::bytes_per_second() const {
  return std::max(mapped_bytes_per_second, anonymous_bytes_per_second);
}

void Roofs::RaiseTo(const Roofs& other) {
  mapped_bytes_per_second = std::max(mapped_bytes_per_second, other.mapped_bytes_per_second);
  anonymous_bytes_per_second =
      std::max(anonymous_bytes_per_second, other.anonymous_bytes_per_second);
  int8_per_second = std::max(int8_per_second, other.int8_per_second);
}

Roofs MeasureRoofs(const model::Model& model, size_t n_bytes) {
  return {.mapped_bytes_per_second = ReadRate(model.pool(), MappedPart(model.file(), n_bytes)),
          .anonymous_bytes_per_second = HugePageRate(model.pool(), n_bytes),
          .int8_per_second = Int8Rate(model.kernels(), model.pool())};
}

}  // namespace weir::benchmark
