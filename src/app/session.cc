#include "app/session.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ctime>
#include <filesystem>
#include <random>
#include <utility>

#include "platform/files.h"

namespace weir::app {
namespace {

constexpr size_t kMaxPolicyBytes = 1u << 20;

}  // namespace

std::vector<policy::KnownTool> KnownTools(const tools::Registry& registry) {
  std::vector<policy::KnownTool> known;
  for (const tools::ToolEntry& entry : registry.tools()) {
    known.push_back({.server = entry.server,
                     .name = entry.tool,
                     .effect = entry.effect,
                     .arguments = entry.arguments,
                     .path_arguments = entry.path_arguments,
                     .parameters = entry.definition.parameters,
                     .is_effect_given = entry.server != policy::kBuiltinServer});
  }
  return known;
}

Result<policy::Policy> LoadPolicy(const Settings& settings, const tools::Registry& registry) {
  const std::vector<policy::KnownTool> known = KnownTools(registry);
  const std::string file = PolicyFile(settings);
  const std::optional<policy::Mode> mode = policy::ModeFromName(settings.mode);
  if (!mode && !settings.mode.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "--mode {} is none of {}", settings.mode,
                     fmt::join(policy::ModeNames(), ", "));
  }
  if (file.empty()) return policy::Policy::Default(known, mode);
  ASSIGN_OR_RETURN(const std::string text, platform::ReadFile(file, kMaxPolicyBytes));
  return policy::Policy::Parse(text, file, known, mode);
}

Result<std::string> CheckedWorkspace(const Settings& settings) {
  const std::string& folder = settings.workspace;
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::canonical(folder, error);
  if (error) {
    return MakeError(ErrorCode::kNotFound,
                     "workspace '{}': {}; name an existing folder with --workspace", folder,
                     error.message());
  }
  if (!std::filesystem::is_directory(absolute, error)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "workspace '{}' is not a folder; name one with --workspace", folder);
  }
  return absolute.string();
}

std::string NewRunId(const Clock& clock) {
  const auto seconds = static_cast<std::time_t>(clock.UnixMicros() / 1'000'000);
  std::random_device random;
  return fmt::format("{:%Y%m%dT%H%M%S}-{:06x}", fmt::gmtime(seconds), random() & 0xFFFFFFU);
}

Result<std::unique_ptr<Session>> Session::Open(const Settings& settings) {
  std::unique_ptr<Session> session(new Session());
  session->settings_ = settings;
  ASSIGN_OR_RETURN(session->workspace_, CheckedWorkspace(settings));
  ASSIGN_OR_RETURN(session->registry_, tools::Registry::Builtin());
  ASSIGN_OR_RETURN(const std::string state_folder, StateFolder(settings));
  ASSIGN_OR_RETURN(session->servers_, PinnedServers::Open(settings, session->workspace_,
                                                          state_folder, &*session->registry_));
  ASSIGN_OR_RETURN(session->policy_, LoadPolicy(settings, *session->registry_));
  ASSIGN_OR_RETURN(session->shortlist_, tools::Shortlist::Builtin());
  session->NarrowTools();
  ASSIGN_OR_RETURN(const std::string model_file, ModelFile(settings));
  ASSIGN_OR_RETURN(session->model_, LocalModel::Load({.path = model_file,
                                                      .engine = settings.engine,
                                                      .max_context = settings.max_context,
                                                      .seed = settings.seed}));
  ASSIGN_OR_RETURN(session->record_, RecordedState::Open(state_folder));
  ASSIGN_OR_RETURN(
      session->tools_,
      RedactedTools::Open(&*session->registry_, &session->record_->audit(), &*session->policy_,
                          {.worker_argv = {"/proc/self/exe", "tool-worker"},
                           .workspace = session->workspace_,
                           .state_folder = state_folder,
                           .run_id = NewRunId(SystemClock()),
                           .sandbox = settings.sandbox}));
  RETURN_IF_ERROR(session->servers_->AddTo(&session->tools_->host()));
  RETURN_IF_ERROR(session->tools_->StartWorker());
  return session;
}

agent::Finish Session::Run(agent::RunState& state, const std::string& request,
                           agent::Person& person, const std::stop_token& stop) {
  state.run_id = NewRunId(SystemClock());
  if (Status begun = tools_->host().BeginRun(state.run_id); !begun) {
    return {agent::Outcome::kFailed, begun.error().message};
  }
  const Result<std::map<std::string, std::string>> profiles = tools_->host().ProfileHashes();
  if (!profiles) return {agent::Outcome::kFailed, profiles.error().message};
  agent::RunContext context{.policy = *policy_,
                            .registry = *registry_,
                            .shortlist = *shortlist_,
                            .profile = model_->profile(),
                            .sandbox_profiles = *profiles,
                            .dry_run = settings_.dry_run};
  if (narrowing_) context.offered = narrowing_->ForRequest(request);
  servers_->SetPerson(&person);
  const agent::Finish finish =
      agent::Drive(state, tools_->redactor().Redact(request), context,
                   {*model_, *tools_, person, record_->audit(), SystemClock()}, stop);
  servers_->SetPerson(nullptr);
  servers_->KeepQuarantine();
  return finish;
}

void Session::NarrowTools() {
  std::vector<catalog::CandidateTool> candidates;
  bool has_strangers = false;
  for (const tools::ToolEntry& entry : registry_->tools()) {
    const bool is_ours = entry.server == policy::kBuiltinServer;
    has_strangers = has_strangers || !is_ours;
    candidates.push_back(
        {.server = entry.server, .definition = entry.definition, .is_core = is_ours});
  }
  if (!has_strangers) return;
  narrowing_.emplace(
      std::move(candidates),
      catalog::NarrowingOptions{.context_tokens = settings_.max_context, .count_tokens = {}});
}

}  // namespace weir::app
