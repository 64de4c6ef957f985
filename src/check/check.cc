#include "check/check.h"

#include <algorithm>
#include <utility>

#include "check/behaviour_checks.h"
#include "check/known_models.h"
#include "check/subject.h"
#include "check/template_checks.h"
#include "check/vocabulary_checks.h"

namespace weir::check {
namespace {

Finding FileFinding(const Subject& subject) {
  const std::string name = subject.Text("general.name");
  return {Level::kOk, "file", name.empty() ? "GGUF, without a name" : "GGUF, '" + name + "'"};
}

// The checks that compute; or why they were left out.
void AddBehaviour(const Subject& subject, const KnownModel* known, bool quick,
                  const std::stop_token& stop, Report* report) {
  const auto leave_out = [&](const std::string& why) {
    for (const char* name : {"continuation", "tool call"})
      report->findings.push_back({Level::kUnknown, name, why});
  };
  if (quick) return leave_out("left out by --quick");
  if (report->HasWrong() || !subject.model || !subject.tokenizer || !subject.family)
    return leave_out("not computed, for what is wrong above");
  const Result<std::unique_ptr<engine::Engine>> engine =
      engine::Engine::Create(*subject.model, {.max_tokens = kBehaviourTokens});
  if (!engine) return leave_out(engine.error().message);
  report->findings.push_back(CheckContinuation(subject, known, **engine, stop));
  report->findings.push_back(CheckToolCall(subject, **engine, stop));
}

}  // namespace

Result<Report> CheckModel(const std::string& path, const CheckOptions& options,
                          const Progress& progress, const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const kernels::KernelTable* kernels, kernels::KernelsFor(options.target));
  Report report{.file = path, .findings = {}};
  const Result<Subject> subject =
      ReadSubject(path, {.target = options.target, .n_threads = options.n_threads});
  if (!subject) {
    report.findings.push_back({Level::kWrong, "file", subject.error().message, "a GGUF model file",
                               "fetch the file again, or name another"});
    return report;
  }
  const KnownModel* known = nullptr;
  if (subject->tokenizer) {
    known = FindByVocabulary(KnownModels(), *subject->tokenizer,
                             TokenizerFingerprint(subject->file.metadata()));
  }
  const auto samples = RenderSamples(*subject, {.python = options.python}, stop);
  report.findings = {FileFinding(*subject),
                     CheckLicence(*subject),
                     CheckShape(*subject),
                     CheckTensors(*subject),
                     CheckTypes(*subject, *kernels),
                     CheckScales(*subject, progress, stop),
                     CheckVocabulary(*subject, known),
                     CheckTokenIds(*subject, known),
                     CheckSpecials(*subject),
                     CheckTemplate(*subject, samples),
                     CheckBos(*subject, samples)};
  AddBehaviour(*subject, known, options.quick, stop, &report);
  if (stop.stop_requested()) return MakeError(ErrorCode::kCancelled, "interrupted");
  return report;
}

}  // namespace weir::check
