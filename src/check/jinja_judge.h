#pragma once
// Runs a model file's chat template as its makers' software does: by Python's jinja2, where the
// machine has it. Nothing else in the project needs either.
//
// The template is a program by a stranger. It runs in jinja2's immutable sandbox, in a child
// process with no environment, no files to write, and limits of time and memory. Any thread.

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace weir::check {

struct TemplateInput {
  std::string text;       // the Jinja program
  std::string bos_token;  // what it calls by these names
  std::string eos_token;
  std::vector<json::Json> conversations;  // {"messages": [...], "tools": [...]}
};

struct JinjaOptions {
  std::string python = "/usr/bin/python3";
  int64_t limit_us = 20'000'000;  // for all conversations together
};

// The prompt of each conversation, generation prompt included, or what the template says against
// it. Errors: kNotFound, there is no python3 or no jinja2; kDeadlineExceeded; kCancelled; others
// when the child ends otherwise than it should.
Result<std::vector<Result<std::string>>> RenderWithJinja(const TemplateInput& input,
                                                         const JinjaOptions& options,
                                                         const std::stop_token& stop);

}  // namespace weir::check
