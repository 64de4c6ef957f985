#pragma once
// Whether everything in a model file lines up: shape, tensors, quant types, scales, vocabulary,
// special tokens, BOS, chat template, a known continuation, a tool call, licence.
//
//   ASSIGN_OR_RETURN(const Report report, CheckModel("model.gguf", {}, progress, stop));
//   for (const std::string& line : ReportToLines(report)) Show(line);
//
// A broken part is a line of the report and does not hide the others.

#include <stop_token>
#include <string>

#include "base/result.h"
#include "check/file_checks.h"
#include "check/report.h"

namespace weir::check {

struct CheckOptions {
  std::string target = {};                  // of kernels; empty: the fastest
  int n_threads = 0;                        // 0: one per processor
  bool quick = false;                       // leave out what computes with the model
  std::string python = "/usr/bin/python3";  // runs the file's chat template, where it is there
};

// Takes the time of reading the file once, and unless `quick` of computing some hundred tokens.
// `progress` may be empty. Errors: kernels that are not known; a stop (kCancelled). What is wrong
// with the file is in the report.
Result<Report> CheckModel(const std::string& path, const CheckOptions& options,
                          const Progress& progress, const std::stop_token& stop);

}  // namespace weir::check
