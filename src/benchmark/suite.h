#pragma once
// What `weir model bench` measures when nobody asks for single rounds: every prompt length and
// every number of decoded tokens at every depth, several rounds each.

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "benchmark/roofs.h"
#include "benchmark/rounds.h"
#include "model/lfm2_model.h"

namespace weir::benchmark {

struct SuiteOptions {
  std::vector<int> prefill = {128, 512};  // tokens computed together
  std::vector<int> decode = {64};         // tokens computed one by one
  std::vector<int> depths = {0};          // tokens before them
  int n_rounds = 3;                       // after one that warms up
  std::vector<TokenId> tokens = {};       // by position; empty: arbitrary ones
};

struct Row {
  bool is_prefill = false;
  int n_tokens = 0;
  int depth = 0;
  std::vector<double> tokens_per_second = {};  // of each round, in order
  double roof = 0;                             // tokens a second; 0: not known
  double runs_per_pass = 0;  // tasks of the worker pool; a decoded token is a pass of its own

  double Median() const;
  double Least() const;
  double Most() const;
};

struct Report {
  std::string file = {};
  std::string kernels = {};
  int n_threads = 0;
  Roofs roofs = {};
  std::vector<Row> rows = {};  // by depth, prefill before decode
};

// Called before every step and after every round: what is being done, and which part of the whole
// [0, 1] is done by estimate.
using Progress = std::function<void(const std::string& step, double part)>;

// Measures the rows; `roofs` is what they are held against. Errors: kInvalidArgument for a depth or
// number of tokens that the model or the given tokens do not reach, kCancelled, not enough memory
// for the longest context.
Result<Report> RunSuite(const model::Model& model, const Roofs& roofs, const SuiteOptions& options,
                        const Progress& progress, const std::stop_token& stop);

}  // namespace weir::benchmark
