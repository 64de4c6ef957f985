#pragma once
// The local engine as the agent's ModelClient: renders the conversation to token ids, compiles the
// grammar of the offered tools, generates, and parses the stream back into reasoning, answer and
// calls. One caller at a time.

#include <memory>
#include <string>

#include "agent/model_client.h"
#include "engine/engine.h"
#include "grammar/vocab_index.h"
#include "prompt/prompt.h"
#include "tokenizer/tokenizer.h"

namespace weir::app {

struct LocalModelOptions {
  std::string path{};
  model::ModelOptions engine{};
  int max_context = 8192;     // tokens; never more than the model's own
  int max_new_tokens = 2048;  // a reply
  uint64_t seed = 0;
};

class LocalModel : public agent::ModelClient {
 public:
  // Loads and checks the file. Errors name the file, what was expected and what was found.
  static Result<std::unique_ptr<LocalModel>> Load(const LocalModelOptions& options);

  const agent::ModelProfile& profile() const override { return profile_; }
  Result<agent::ModelReply> Complete(const agent::ModelRequest& request,
                                     const agent::StreamSink& sink, std::stop_token stop) override;

  const model::Model& model() const { return engine_->model(); }
  const tokenizer::Tokenizer& tokenizer() const { return *tokenizer_; }
  prompt::Family family() const { return family_; }
  // For evaluation: the same model with another profile.
  void set_profile(agent::ModelProfile profile) { profile_ = std::move(profile); }

 private:
  LocalModel() = default;
  Result<std::unique_ptr<MaskSource>> MakeMask(const agent::ModelRequest& request);
  Result<engine::GenerateRequest> MakeRequest(const agent::ModelRequest& request);

  LocalModelOptions options_;
  prompt::Family family_ = prompt::Family::kLfm2;
  agent::ModelProfile profile_;
  std::unique_ptr<tokenizer::Tokenizer> tokenizer_;
  std::shared_ptr<const grammar::VocabIndex>
      vocab_index_;  // shared with the grammars compiled from it
  std::unique_ptr<engine::Engine> engine_;
};

// How the family is best used: prompt, shortlist, grammar.
agent::ModelProfile ProfileOf(prompt::Family family);

// The family's recommended sampling settings.
sampler::SamplerConfig SamplingOf(prompt::Family family, uint64_t seed);

}  // namespace weir::app
