// `weir model bench`: tokens a second of prefill and decode, beside what memory and processor
// allow.
//
// The roofs are measured in the same run: reading memory with all threads, and 8-bit dot products
// out of registers. A decoded token reads every weight it uses once, a prompt token multiplies with
// each of them; so
//   decode roof = read bandwidth / bytes of weights a token,  prefill roof = int8 rate / operations
//   a token

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <thread>

#include "app/commands.h"
#include "json/json.h"
#include "model/lfm2_model.h"

namespace weir::app {
namespace {

struct BenchFlags {
  std::string file;
  std::vector<int> prefill = {128, 512};
  std::vector<int> decode = {64};
  std::vector<int> depths = {0};
  int repeat = 3;
};

struct Roofs {
  double bytes_per_second = 0;
  double int8_per_second = 0;
};

struct Measured {
  bool is_prefill = false;
  int n_tokens = 0;
  int depth = 0;
  std::vector<double> tokens_per_second{};  // ascending
  double roof = 0;                          // tokens a second

  double Median() const { return tokens_per_second[tokens_per_second.size() / 2]; }
};

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// body(thread) on n threads at once; seconds.
template <class Body>
double OnThreads(int n, const Body& body) {
  const double start = Now();
  {
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<size_t>(n));
    for (int i = 0; i < n; ++i) threads.emplace_back([&body, i] { body(i); });
  }
  return Now() - start;
}

double ReadBandwidth(int n_threads) {
  constexpr size_t kWords = size_t{32} << 20;  // 256 MiB a thread, beyond every cache
  std::vector<std::vector<uint64_t>> memory(static_cast<size_t>(n_threads));
  OnThreads(n_threads, [&](int i) { memory[static_cast<size_t>(i)].assign(kWords, 1); });
  std::atomic<uint64_t> sink = 0;
  double best = 0;
  for (int round = 0; round < 4; ++round) {
    const double seconds = OnThreads(n_threads, [&](int i) {
      const uint64_t* p = memory[static_cast<size_t>(i)].data();
      uint64_t sums[8] = {};
      for (size_t at = 0; at < kWords; at += 8) {
        for (size_t j = 0; j < 8; ++j) sums[j] += p[at + j];
      }
      for (const uint64_t sum : sums) sink += sum;
    });
    best = std::max(best, n_threads * static_cast<double>(kWords) * 8 / seconds);
  }
  return best;
}

double Int8Rate(const kernels::KernelTable& kernels, int n_threads) {
  if (kernels.dot_loop == nullptr) return 0;
  double best = 0;
  for (int round = 0; round < 4; ++round) {
    std::atomic<int64_t> operations = 0;
    std::atomic<int32_t> sinks = 0;
    const double seconds = OnThreads(n_threads, [&](int) {
      int32_t sink = 0;
      operations += kernels.dot_loop(2'000'000, &sink);
      sinks += sink;
    });
    best = std::max(best, static_cast<double>(operations) / seconds);
  }
  return best;
}

// Bytes of weights that a decoded token reads, and values that a token multiplies with: all but the
// experts that are not chosen. The output matrix counts for decoded tokens only.
struct Work {
  double decode_bytes = 0;
  double prefill_values = 0;
};

Work WorkOf(const model::Model& model) {
  Work work;
  const model::Lfm2Dims& d = model.dims();
  const double used = d.n_experts > 0 ? static_cast<double>(d.n_experts_used) / d.n_experts : 1.0;
  for (const gguf::TensorInfo& tensor : model.file().tensors()) {
    const bool is_expert = tensor.name.find("_exps.") != std::string_view::npos;
    const bool is_output = tensor.name.starts_with("token_embd.") || tensor.name == "output.weight";
    const double share = is_expert ? used : 1.0;
    double n_values = 1;
    for (const uint64_t size : tensor.shape) n_values *= static_cast<double>(size);
    work.decode_bytes += share * static_cast<double>(tensor.data.size());
    if (!is_output) work.prefill_values += share * n_values;
  }
  return work;
}

class Bench {
 public:
  Bench(const model::Model& model, model::SequenceState& sequence, const BenchFlags& flags)
      : model_(model), sequence_(sequence), flags_(flags) {
    logits_.resize(static_cast<size_t>(model.dims().n_vocab));
    std::mt19937 random(1);
    for (int i = 0; i < sequence.max_tokens(); ++i) {
      tokens_.push_back(
          static_cast<TokenId>(random() % static_cast<unsigned>(model.dims().n_vocab)));
    }
  }

  Result<std::vector<Measured>> Run(const Roofs& roofs, const std::stop_token& stop) {
    const Work work = WorkOf(model_);
    std::vector<Measured> all;
    for (const int depth : flags_.depths) {
      sequence_.Reset();
      RETURN_IF_ERROR(Compute(0, depth, stop));
      const model::StateSnapshot start = sequence_.Snapshot();
      for (const bool is_prefill : {true, false}) {
        for (const int n : is_prefill ? flags_.prefill : flags_.decode) {
          Measured one{.is_prefill = is_prefill, .n_tokens = n, .depth = depth};
          const double kv_bytes = static_cast<double>(model_.KvBytesPerToken()) * depth;
          one.roof = is_prefill ? roofs.int8_per_second / (2 * work.prefill_values)
                                : roofs.bytes_per_second / (work.decode_bytes + kv_bytes);
          RETURN_IF_ERROR(Measure(start, stop, one));
          all.push_back(std::move(one));
        }
      }
    }
    return all;
  }

 private:
  Status Measure(const model::StateSnapshot& start, const std::stop_token& stop, Measured& one) {
    for (int round = 0; round <= flags_.repeat; ++round) {
      RETURN_IF_ERROR(sequence_.Restore(start));
      const double begin = Now();
      for (int done = 0; done < one.n_tokens;) {
        const int n = one.is_prefill ? one.n_tokens : 1;
        RETURN_IF_ERROR(Compute(one.depth + done, n, stop));
        done += n;
      }
      // The first round warms up.
      if (round > 0) one.tokens_per_second.push_back(one.n_tokens / (Now() - begin));
      std::fprintf(stderr, "\r%s %d tokens at depth %d: %d of %d  ",
                   one.is_prefill ? "prefill" : "decode", one.n_tokens, one.depth, round,
                   flags_.repeat);
    }
    std::fputs("\r\033[K", stderr);
    std::sort(one.tokens_per_second.begin(), one.tokens_per_second.end());
    return {};
  }

  Status Compute(int from, int n, const std::stop_token& stop) {
    constexpr int kBetweenStops = 512;
    for (int done = 0; done < n; done += kBetweenStops) {
      if (stop.stop_requested()) return MakeError(ErrorCode::kCancelled, "interrupted");
      const int part = std::min(kBetweenStops, n - done);
      const bool last = done + part == n;
      const std::span<const TokenId> tokens = std::span(tokens_).subspan(
          static_cast<size_t>(from) + static_cast<size_t>(done), static_cast<size_t>(part));
      RETURN_IF_ERROR(Forward(model_, tokens, sequence_, logits_,
                              last ? model::LogitsWanted::kLast : model::LogitsWanted::kNone));
    }
    return {};
  }

  const model::Model& model_;
  model::SequenceState& sequence_;
  const BenchFlags& flags_;
  std::vector<TokenId> tokens_;
  std::vector<float> logits_;
};

void Print(const Settings& settings, const model::Model& model, const Roofs& roofs,
           const std::vector<Measured>& all) {
  const int n_threads = model.pool().n_threads();
  if (settings.json) {
    json::Json rows = json::Json::array();
    for (const Measured& one : all) {
      rows.push_back({{"kind", one.is_prefill ? "prefill" : "decode"},
                      {"tokens", one.n_tokens},
                      {"depth", one.depth},
                      {"tokens_per_second", one.Median()},
                      {"least", one.tokens_per_second.front()},
                      {"most", one.tokens_per_second.back()},
                      {"share_of_roof", one.roof > 0 ? one.Median() / one.roof : 0}});
    }
    std::puts(json::Dump({{"kernels", std::string(model.kernels().name)},
                          {"threads", n_threads},
                          {"read_bytes_per_second", roofs.bytes_per_second},
                          {"int8_per_second", roofs.int8_per_second},
                          {"rows", rows}})
                  .c_str());
    return;
  }
  fmt::print("kernels {}, {} threads; reads {:.1f} GB/s, {:.0f} int8 GOPS\n", model.kernels().name,
             n_threads, roofs.bytes_per_second / 1e9, roofs.int8_per_second / 1e9);
  fmt::print("{:<8} {:>7} {:>7} {:>10} {:>21} {:>8}\n", "", "tokens", "depth", "tokens/s",
             "least .. most", "of roof");
  for (const Measured& one : all) {
    fmt::print("{:<8} {:>7} {:>7} {:>10.1f} {:>21} {:>7.0f}%\n",
               one.is_prefill ? "prefill" : "decode", one.n_tokens, one.depth, one.Median(),
               fmt::format("{:.1f} .. {:.1f}", one.tokens_per_second.front(),
                           one.tokens_per_second.back()),
               one.roof > 0 ? 100 * one.Median() / one.roof : 0);
  }
}

Status RunBench(const Settings& settings, const BenchFlags& flags, const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const std::string path,
                   flags.file.empty() ? ModelFile(settings) : Result<std::string>(flags.file));
  ASSIGN_OR_RETURN(const std::shared_ptr<const model::Model> model,
                   model::Model::Load(path, settings.engine));
  int longest = 1;
  for (const std::vector<int>* list : {&flags.prefill, &flags.decode}) {
    for (const int n : *list) longest = std::max(longest, n);
  }
  const int max_tokens = longest + *std::max_element(flags.depths.begin(), flags.depths.end());
  ASSIGN_OR_RETURN(model::SequenceState sequence, model->NewSequence(max_tokens));
  const int n_threads = model->pool().n_threads();
  const Roofs roofs = {ReadBandwidth(n_threads), Int8Rate(model->kernels(), n_threads)};
  Bench bench(*model, sequence, flags);
  ASSIGN_OR_RETURN(const std::vector<Measured> all, bench.Run(roofs, stop));
  Print(settings, *model, roofs, all);
  return {};
}

}  // namespace

void AddBenchCommand(CLI::App& model, Settings& settings, Action& action) {
  auto flags = std::make_shared<BenchFlags>();
  CLI::App* bench =
      model.add_subcommand("bench", "tokens a second, beside what memory and processor allow");
  const auto positive = CLI::Range(1, 1 << 20);
  bench->add_option("file", flags->file, "GGUF file (default: the model in use)");
  bench->add_option("--pp", flags->prefill, "prompt lengths to prefill (default: 128,512)")
      ->delimiter(',')
      ->check(positive);
  bench->add_option("--tg", flags->decode, "tokens to decode (default: 64)")
      ->delimiter(',')
      ->check(positive);
  bench->add_option("--depth", flags->depths, "tokens before them (default: 0)")
      ->delimiter(',')
      ->check(CLI::Range(0, 1 << 20));
  bench->add_option("--repeat", flags->repeat, "rounds; the median counts (default: 3)")
      ->check(CLI::Range(1, 1000));
  bench->callback([&settings, &action, flags] {
    action = [&settings, flags](Interrupt& interrupt) {
      const Status done = RunBench(settings, *flags, interrupt.token());
      return done ? static_cast<int>(kExitOk) : Complain(settings, done.error());
    };
  });
}

}  // namespace weir::app
