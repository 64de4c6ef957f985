#include "check/known_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "check/behaviour_checks.h"
#include "check/vocabulary_checks.h"
#include "platform/files.h"

namespace weir::check {
namespace {

using ::testing::HasSubstr;

const KnownModel& Known(const std::string& name) {
  const auto& all = KnownModels();
  return *std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.name == name; });
}

TEST(KnownModels, HoldTheFactsOfTheGoldenFile) {
  const Result<std::string> text =
      platform::ReadFile(WEIR_TESTDATA "/golden/real-model-facts.json", 1 << 20);
  ASSERT_TRUE(text) << text.error().message;
  const json::Json facts = *json::Parse(*text);
  const json::Json& real = facts["real_model"];
  const KnownModel& known = Known("LFM2.5-8B-A1B");
  EXPECT_EQ(known.prompt, real["prompt_ids"].get<std::vector<TokenId>>());
  EXPECT_EQ(known.continuation, real["greedy_ids"].get<std::vector<TokenId>>());
  EXPECT_EQ(known.probe, real["probe_tokens"].get<std::vector<TokenId>>());
  EXPECT_EQ(known.probe_top, real["probe_last_token_top5_set"].get<std::vector<TokenId>>());
  for (const auto& [special, id] : known.specials)
    EXPECT_EQ(real["inferred_special_ids"][special].get<TokenId>(), id) << special;
  EXPECT_EQ(TestText(), facts["tokenizer_fingerprint"]["chktxt"].get<std::string>());
  for (const auto& [name, digest] : facts["tokenizer_fingerprint"]["expected_sha256"].items()) {
    EXPECT_TRUE(std::any_of(KnownModels().begin(), KnownModels().end(), [&](const auto& m) {
      return m.test_sha256 == digest.template get<std::string>();
    })) << name;
  }
}

TEST(KnownModels, TheDigestIsOfTheListAsPythonPrintsIt) {
  // sha256 of "[1, 2, 3]"
  EXPECT_EQ(TestTextDigest({1, 2, 3}),
            "a36b1f2c3f84522dd1005145646617d7054c0851e97c72a039c0bdfac9fa07f3");
}

// With the shipped model in the place of a published one.
class NanoAsKnown : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<Subject> read = ReadSubject(WEIR_SOURCE_DIR "/models/weir-nano.gguf", {.n_threads = 1});
    ASSERT_TRUE(read) << read.error().message;
    subject_ = std::make_unique<Subject>(std::move(*read));
    engine_ =
        std::move(*engine::Engine::Create(*subject_->model, {.max_tokens = kBehaviourTokens}));
  }
  Finding Continue(const KnownModel& known) {
    return CheckContinuation(*subject_, &known, *engine_, {});
  }

  KnownModel known_ = Known("weir-nano");
  std::unique_ptr<Subject> subject_;
  std::unique_ptr<engine::Engine> engine_;
};

TEST_F(NanoAsKnown, IsRecognisedByItsFingerprintOnly) {
  const std::string fingerprint = TokenizerFingerprint(subject_->file.metadata());
  EXPECT_EQ(FindByVocabulary(KnownModels(), *subject_->tokenizer, fingerprint)->name, "weir-nano");
  EXPECT_EQ(FindByVocabulary(KnownModels(), *subject_->tokenizer, "0123"), nullptr);
}

TEST_F(NanoAsKnown, AContinuationThatPartsEarlyIsAWarning) {
  known_.continuation[3] += 1;
  const Finding finding = Continue(known_);
  EXPECT_EQ(finding.level, Level::kWarning);
  EXPECT_THAT(finding.found, HasSubstr("3 of the 21 tokens known of weir-nano; found 10 107 514"));
  EXPECT_THAT(finding.advice, HasSubstr("fine-tune"));
}

TEST_F(NanoAsKnown, AContinuationThatPartsLateIsWhatQuantisedWeightsDo) {
  known_.continuation[15] += 1;
  const Finding finding = Continue(known_);
  EXPECT_EQ(finding.level, Level::kOk);
  EXPECT_THAT(finding.found, HasSubstr("15 of the 21 tokens"));
}

TEST_F(NanoAsKnown, TheLikeliestTokensAfterAProbeCount) {
  known_.probe = known_.prompt;
  known_.probe_top = {10, 4001, 4002};
  EXPECT_EQ(Continue(known_).level, Level::kWarning);
  known_.probe_top = {10};
  EXPECT_THAT(Continue(known_).found, HasSubstr("1 of the 1 likeliest after a probe"));
}

TEST_F(NanoAsKnown, AnotherShapeIsAnotherModel) {
  known_.n_layers = 9;
  EXPECT_EQ(Continue(known_).level, Level::kUnknown);
}

TEST_F(NanoAsKnown, IdsMustBeThosePublished) {
  EXPECT_EQ(CheckTokenIds(*subject_, &known_).level, Level::kOk);
  const std::vector<TokenId> ids = subject_->tokenizer->EncodeText(TestText());
  known_.test_sha256 = TestTextDigest(ids);
  EXPECT_EQ(CheckTokenIds(*subject_, &known_).level, Level::kOk);
  std::vector<TokenId> with_bos = ids;
  with_bos.insert(with_bos.begin(), 1);
  known_.test_sha256 = TestTextDigest(with_bos);
  EXPECT_EQ(CheckTokenIds(*subject_, &known_).level, Level::kOk);
  known_.test_sha256 = std::string(64, '0');
  EXPECT_EQ(CheckTokenIds(*subject_, &known_).level, Level::kWarning);
  known_.pieces = {{"user", 5922}};
  const Finding wrong = CheckTokenIds(*subject_, &known_);
  EXPECT_EQ(wrong.level, Level::kWrong);
  EXPECT_THAT(wrong.found, HasSubstr("'user' is "));
  EXPECT_EQ(wrong.expected, "5922, as published for weir-nano");
  EXPECT_EQ(CheckTokenIds(*subject_, nullptr).level, Level::kUnknown);
}

}  // namespace
}  // namespace weir::check
