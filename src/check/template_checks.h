#pragma once
// Checks of the chat template in a model file: that the prompts Weir renders are those of the
// template, and that a prompt begins with exactly one BOS.

#include <stop_token>
#include <string>
#include <vector>

#include "check/jinja_judge.h"
#include "check/report.h"
#include "check/subject.h"

namespace weir::check {

// One sample conversation, rendered twice.
struct RenderedSample {
  std::string name;
  Result<std::string> ours;
  Result<std::string> theirs;  // of the file's template
};

// Both renderings of all sample conversations. Error: why the template was not run.
Result<std::vector<RenderedSample>> RenderSamples(const Subject& subject,
                                                  const JinjaOptions& options,
                                                  const std::stop_token& stop);

// Equal in all samples; where it was not run, known by its fingerprint or unknown. BOS is left to
// CheckBos.
Finding CheckTemplate(const Subject& subject, const Result<std::vector<RenderedSample>>& samples);

// One BOS in the ids of our prompts, and at most one in the text of the template.
Finding CheckBos(const Subject& subject, const Result<std::vector<RenderedSample>>& samples);

}  // namespace weir::check
