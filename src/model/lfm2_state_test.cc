// Sequence state: room, snapshots, and that a pass allocates nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stop_token>
#include <vector>

#include "model/lfm2_model.h"
#include "model/testing/counting_allocator.h"
#include "model/testing/golden.h"
#include "model/testing/tiny_model.h"

namespace weir::model {
namespace {

class State : public testing::Test {
 protected:
  void SetUp() override {
    auto model = TinyModel::Load(bytes_, {.n_threads = 1});
    ASSERT_TRUE(model) << model.error().message;
    model_ = *model;
  }

  std::vector<float> Append(SequenceState& sequence, const std::vector<TokenId>& tokens) {
    std::vector<float> logits(static_cast<size_t>(model_->dims().n_vocab));
    const Status done = Forward(*model_, tokens, sequence, logits, LogitsWanted::kLast);
    EXPECT_TRUE(done) << done.error().message;
    return logits;
  }
  SequenceState NewSequence(int max_tokens = 64) {
    return std::move(*model_->NewSequence(max_tokens));
  }

  const std::string bytes_ = TinyModel().Bytes();
  std::shared_ptr<const Model> model_;
};

TEST_F(State, RefusesTokensBeyondItsRoomAndStaysAsItWas) {
  SequenceState sequence = NewSequence(3);
  Append(sequence, {1, 2});
  std::vector<float> logits(40);
  EXPECT_FALSE(Forward(*model_, std::vector<TokenId>{3, 4}, sequence, logits, LogitsWanted::kLast));
  EXPECT_EQ(sequence.pos(), 2);
  Append(sequence, {3});
}

TEST_F(State, RefusesTokensOutsideTheVocabularyAndTooLittleRoomForLogits) {
  SequenceState sequence = NewSequence();
  std::vector<float> logits(40);
  EXPECT_FALSE(Forward(*model_, std::vector<TokenId>{40}, sequence, logits, LogitsWanted::kLast));
  EXPECT_FALSE(Forward(*model_, std::vector<TokenId>{-1}, sequence, logits, LogitsWanted::kLast));
  EXPECT_FALSE(Forward(*model_, std::vector<TokenId>{}, sequence, logits, LogitsWanted::kLast));
  EXPECT_FALSE(Forward(*model_, std::vector<TokenId>{1, 2}, sequence, logits, LogitsWanted::kAll));
  EXPECT_TRUE(Forward(*model_, std::vector<TokenId>{1, 2}, sequence, {}, LogitsWanted::kNone));
  EXPECT_EQ(sequence.pos(), 2);
}

TEST_F(State, RefusesASequenceLongerThanTheContext) {
  EXPECT_FALSE(model_->NewSequence(0));
  EXPECT_FALSE(model_->NewSequence(1025));
  EXPECT_TRUE(model_->NewSequence(1024));
}

TEST_F(State, ThatDoesNotFitIsRefusedWithWhatIsNeededFreeAndPossible) {
  const auto error_with = [&](uint64_t available, int max_tokens) -> std::string {
    const auto model = TinyModel::Load(bytes_, {.n_threads = 1, .available_bytes = available});
    const Result<SequenceState> sequence = (*model)->NewSequence(max_tokens);
    if (sequence) return "";
    EXPECT_EQ(sequence.error().code, ErrorCode::kResourceExhausted);
    return sequence.error().message;
  };
  const uint64_t of_300 = model_->SequenceBytes(300);
  EXPECT_LT(of_300, model_->SequenceBytes(512));
  EXPECT_EQ(error_with(of_300, 300), "");
  EXPECT_EQ(error_with(model_->SequenceBytes(512), 512), "");
  EXPECT_EQ(
      error_with(of_300 - 1, 512),
      fmt::format("a sequence of 512 tokens needs {:.1f} MB of memory, {:.1f} MB are free; ask "
                  "for at most 299 tokens, or free memory",
                  static_cast<double>(model_->SequenceBytes(512)) / 1e6,
                  static_cast<double>(of_300 - 1) / 1e6));
  EXPECT_THAT(error_with(model_->SequenceBytes(1), 2), testing::HasSubstr("at most 1 tokens"));
  EXPECT_THAT(error_with(1000, 2), testing::HasSubstr("not one token fits: free memory"));
}

TEST_F(State, ThatNoMachineHoldsIsRefusedByWhatTheSystemSays) {
  TinyModel tiny;
  tiny.integers["context_length"] = 1 << 24;
  tiny.integers["attention.head_count"] = 256;
  tiny.integers["attention.key_length"] = 256;
  tiny.kv_heads = {0, 256, 0};  // 512 KB a token, 8 TB in all
  tiny.Resize("blk.1.attn_q.weight", {32, 65536});
  tiny.Resize("blk.1.attn_k.weight", {32, 65536});
  tiny.Resize("blk.1.attn_v.weight", {32, 65536});
  tiny.Resize("blk.1.attn_output.weight", {65536, 32});
  tiny.Resize("blk.1.attn_q_norm.weight", {256});
  tiny.Resize("blk.1.attn_k_norm.weight", {256});
  const std::string bytes = tiny.Bytes();
  const auto model = TinyModel::Load(bytes, {.n_threads = 1, .reference = true});
  ASSERT_TRUE(model) << model.error().message;
  const long before = AllocatedBytes();
  const Result<SequenceState> sequence = (*model)->NewSequence(1 << 24);
  ASSERT_FALSE(sequence);
  EXPECT_THAT(sequence.error().message, testing::HasSubstr("a sequence of 16777216 tokens needs"));
  EXPECT_LT(AllocatedBytes() - before, 1 << 20);
}

TEST_F(State, GivesTheSameLogitsForTheLastTokenWhicheverLogitsAreWanted) {
  SequenceState all = NewSequence();
  std::vector<float> logits(40 * 3);
  ASSERT_TRUE(Forward(*model_, std::vector<TokenId>{5, 6, 7}, all, logits, LogitsWanted::kAll));
  SequenceState skipped = NewSequence();
  ASSERT_TRUE(Forward(*model_, std::vector<TokenId>{5, 6}, skipped, {}, LogitsWanted::kNone));
  EXPECT_EQ(Append(skipped, {7}), std::vector<float>(logits.end() - 40, logits.end()));
}

TEST_F(State, SplitsCallsLongerThanABatchWithoutAChange) {
  std::vector<TokenId> tokens(2 * kMaxBatch - 100);
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<TokenId>(i * 7 % 40);
  SequenceState long_call = NewSequence(1024);
  SequenceState short_calls = NewSequence(1024);
  const std::vector<float> expected = Append(long_call, tokens);
  std::vector<float> logits;
  for (const TokenId token : tokens) logits = Append(short_calls, {token});
  EXPECT_EQ(logits, expected);
}

TEST_F(State, DoesNotMixTwoSequences) {
  SequenceState alone = NewSequence();
  Append(alone, {1, 2, 3});
  const std::vector<float> expected = Append(alone, {4});
  SequenceState one = NewSequence();
  SequenceState other = NewSequence();
  Append(one, {1, 2, 3});
  Append(other, {9, 8, 7, 6});
  EXPECT_EQ(Append(one, {4}), expected);
}

TEST_F(State, RestoresASnapshotAfterTheSequenceWentOn) {
  SequenceState sequence = NewSequence();
  Append(sequence, {1, 2, 3});
  const StateSnapshot snapshot = sequence.Snapshot();
  const std::vector<float> expected = Append(sequence, {4});
  Append(sequence, {5, 6});
  ASSERT_TRUE(sequence.Restore(snapshot));
  EXPECT_EQ(sequence.pos(), 3);
  EXPECT_EQ(Append(sequence, {4}), expected);
}

TEST_F(State, RefusesASnapshotWhoseTokensWereOverwritten) {
  SequenceState sequence = NewSequence();
  Append(sequence, {1, 2});
  const StateSnapshot early = sequence.Snapshot();
  Append(sequence, {3, 4});
  const StateSnapshot late = sequence.Snapshot();
  ASSERT_TRUE(sequence.Restore(early));
  EXPECT_TRUE(sequence.Restore(late)) << "nothing was computed over it yet";
  ASSERT_TRUE(sequence.Restore(early));
  Append(sequence, {9, 9, 9});
  EXPECT_FALSE(sequence.Restore(late));
  EXPECT_EQ(sequence.pos(), 5);
  EXPECT_TRUE(sequence.Restore(early));
}

// Kernels that request a stop when a certain number of norms were computed.
std::stop_source stop_source;
int norms_until_stop = 0;
void NormAndStop(const float* x, const float* w, int n, float eps, float* y) noexcept {
  if (--norms_until_stop == 0) stop_source.request_stop();
  kernels::ReferenceKernels().rms_norm(x, w, n, eps, y);
}

TEST_F(State, StopsInAnyLayerAndIsAsItWas) {
  kernels::KernelTable kernels = kernels::ReferenceKernels();
  kernels.rms_norm = NormAndStop;
  const auto model = TinyModel::Load(bytes_, {.n_threads = 1, .kernels = &kernels});
  ASSERT_TRUE(model) << model.error().message;
  std::vector<float> expected(40);
  SequenceState straight = std::move(*(*model)->NewSequence(64));
  ASSERT_TRUE(
      Forward(**model, std::vector<TokenId>{1, 2, 3, 4}, straight, expected, LogitsWanted::kLast));
  for (const int norms : {1, 3, 5, 6}) {
    SequenceState sequence = std::move(*(*model)->NewSequence(64));
    ASSERT_TRUE(Forward(**model, std::vector<TokenId>{1, 2}, sequence, {}, LogitsWanted::kNone));
    const StateSnapshot snapshot = sequence.Snapshot();
    stop_source = std::stop_source();
    norms_until_stop = norms;
    std::vector<float> logits(40);
    const Status stopped = Forward(**model, std::vector<TokenId>{9, 8}, sequence, logits,
                                   LogitsWanted::kLast, stop_source.get_token());
    ASSERT_FALSE(stopped) << norms;
    EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
    EXPECT_EQ(sequence.pos(), 2);
    EXPECT_TRUE(sequence.Restore(snapshot));
    ASSERT_TRUE(
        Forward(**model, std::vector<TokenId>{3, 4}, sequence, logits, LogitsWanted::kLast));
    EXPECT_EQ(logits, expected) << norms;
  }
}

TEST_F(State, BeginsAnewAfterReset) {
  SequenceState sequence = NewSequence();
  const std::vector<float> expected = Append(sequence, {1, 2});
  sequence.Reset();
  EXPECT_EQ(sequence.pos(), 0);
  EXPECT_EQ(Append(sequence, {1, 2}), expected);
}

TEST(DecodeAndPrefill, AllocateNothing) {
  for (const GoldenFile& file : {GoldenFiles()[4], GoldenFiles()[7]}) {
    const auto golden = LoadGolden(file);
    ASSERT_TRUE(golden) << golden.error().message;
    const auto model = Model::Load(golden->model_path, {.n_threads = 2});
    ASSERT_TRUE(model) << model.error().message;
    SequenceState sequence = std::move(*(*model)->NewSequence(128));
    std::vector<float> logits(static_cast<size_t>(golden->n_vocab));
    const std::span<const TokenId> tokens = golden->tokens;
    bool ok = true;
    const long before = AllocationCount();
    ok =
        ok && Forward(**model, tokens.first(80), sequence, logits, LogitsWanted::kLast).has_value();
    for (size_t i = 80; i < tokens.size(); ++i) {
      ok =
          ok &&
          Forward(**model, tokens.subspan(i, 1), sequence, logits, LogitsWanted::kLast).has_value();
    }
    EXPECT_EQ(AllocationCount() - before, 0);
    EXPECT_TRUE(ok);
  }
}

}  // namespace
}  // namespace weir::model
