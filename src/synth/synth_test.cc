#include "synth/synth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "gguf/gguf_file.h"
#include "model/lfm2_model.h"
#include "platform/files.h"
#include "prompt/prompt.h"
#include "tokenizer/tokenizer.h"

namespace weir::synth {
namespace {

namespace fs = std::filesystem;
using model::Mix;
using ::testing::HasSubstr;

constexpr Mix kMixes[] = {Mix::kF16,    Mix::kQ4_0, Mix::kQ4_K_M,
                          Mix::kQ5_K_M, Mix::kQ6_K, Mix::kQ8_0};
const std::vector<std::string> kPublished = {"lfm2.5-8b-a1b", "lfm2-8b-a1b", "lfm2-24b-a2b",
                                             "lfm2-350m",     "lfm2-700m",   "lfm2-1.2b",
                                             "lfm2-2.6b",     "lfm2.5-350m", "lfm2.5-1.2b"};

uint64_t Parameters(const model::Lfm2Dims& dims) {
  uint64_t n = 0;
  for (const model::ModelTensor& tensor : model::TensorsOf(dims)) n += tensor.n_values();
  return n;
}

// Bytes of all tensors, in units of 10^9.
double Gigabytes(const model::Lfm2Dims& dims, Mix mix) {
  double bytes = 0;
  for (const model::ModelTensor& tensor : model::TensorsOf(dims)) {
    const quant::Type type = model::TypeInMix(mix, tensor, dims);
    bytes += static_cast<double>(quant::RowBytes(type, static_cast<int64_t>(tensor.n_values())));
  }
  return bytes / 1e9;
}

class SynthTest : public ::testing::Test {
 protected:
  SynthTest() {
    std::string name = ::testing::TempDir() + "weir_synth_XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/model.gguf";
    request_.name = "tiny";
    request_.dims = FindPreset("tiny")->dims;
  }
  ~SynthTest() override { fs::remove_all(folder_); }

  Result<Summary> Write() { return WriteModel(path_, request_, {}, {}); }
  std::string FileBytes() { return platform::ReadFile(path_, 64 << 20).value(); }
  // The error of these dimensions; nothing may be left in the folder.
  std::string ErrorOf(const model::Lfm2Dims& dims) {
    request_.dims = dims;
    const Result<Summary> written = Write();
    EXPECT_TRUE(fs::is_empty(folder_));
    return written ? "" : written.error().message;
  }

  std::string folder_;
  std::string path_;
  Request request_;
};

// ---- shapes ----

TEST(Presets, HaveTheParametersOfThePublishedModels) {
  const std::pair<const char*, uint64_t> exact[] = {
      {"lfm2.5-8b-a1b", 8467856832}, {"lfm2-8b-a1b", 8339930560}, {"lfm2-24b-a2b", 23843661440},
      {"lfm2-350m", 354483968},      {"lfm2-700m", 742489344},    {"lfm2-1.2b", 1170340608},
      {"lfm2-2.6b", 2569272320},     {"lfm2.5-350m", 354483968},  {"lfm2.5-1.2b", 1170340608}};
  for (const auto& [name, n_parameters] : exact)
    EXPECT_EQ(Parameters(FindPreset(name)->dims), n_parameters) << name;
}

TEST(Presets, HaveTheTensorsOfThePublishedModels) {
  const std::pair<const char*, size_t> counts[] = {{"lfm2.5-8b-a1b", 256},
                                                   {"lfm2-8b-a1b", 256},
                                                   {"lfm2-24b-a2b", 428},
                                                   {"lfm2-350m", 148},
                                                   {"lfm2-2.6b", 266}};
  for (const auto& [name, n] : counts)
    EXPECT_EQ(model::TensorsOf(FindPreset(name)->dims).size(), n) << name;
}

// The published files, tensor data only.
TEST(Presets, HaveTheSizeOfThePublishedFilesInEveryMix) {
  const model::Lfm2Dims lfm25 = FindPreset("lfm2.5-8b-a1b")->dims;
  const model::Lfm2Dims lfm2 = FindPreset("lfm2-8b-a1b")->dims;
  struct Size {
    Mix mix;
    double lfm25_gb;
    double lfm2_gib;
  };
  for (const Size& size : {Size{Mix::kQ4_0, 4.836, 4.407}, Size{Mix::kQ4_K_M, 5.147, 4.696},
                           Size{Mix::kQ5_K_M, 6.022, 5.511}, Size{Mix::kQ6_K, 6.952, 6.376},
                           Size{Mix::kQ8_0, 9.002, 8.257}}) {
    EXPECT_NEAR(Gigabytes(lfm25, size.mix), size.lfm25_gb, 0.00051) << MixName(size.mix);
    EXPECT_NEAR(Gigabytes(lfm2, size.mix) / 1.073741824, size.lfm2_gib, 0.00051);
  }
}

TEST(Presets, AreAllValidAndNamed) {
  for (const std::string& name : kPublished) {
    const Status valid = CheckDims(FindPreset(name)->dims);
    EXPECT_TRUE(valid) << name << ": " << valid.error().message;
    EXPECT_THAT(PresetNames(), HasSubstr(name));
  }
  EXPECT_THAT(FindPreset("lfm3").error().message, HasSubstr("choose one of lfm2.5-8b-a1b,"));
}

// The keys of the file hold everything that the dimensions say.
TEST(Presets, ComeBackFromTheMetadataAsTheyWere) {
  for (const std::string& name : kPublished) {
    const model::Lfm2Dims wrote = FindPreset(name)->dims;
    gguf::MetadataBuilder metadata;
    model::AddDims(wrote, metadata);
    const Result<gguf::GgufFile> header = metadata.Read();
    ASSERT_TRUE(header);
    const Result<model::Lfm2Dims> read = model::ReadDims(*header);
    ASSERT_TRUE(read) << name << ": " << read.error().message;
    const auto numbers = [](const model::Lfm2Dims& d) {
      return std::vector<double>{double(d.is_moe),
                                 double(d.n_layers),
                                 double(d.n_vocab),
                                 double(d.n_context),
                                 double(d.d_model),
                                 double(d.d_ff),
                                 double(d.n_heads),
                                 double(d.n_kv_heads),
                                 double(d.head_dim),
                                 double(d.n_taps),
                                 double(d.norm_eps),
                                 d.rope_theta,
                                 double(d.n_experts),
                                 double(d.n_experts_used),
                                 double(d.n_dense_layers),
                                 double(d.d_ff_expert),
                                 double(d.expert_weights_scale)};
    };
    EXPECT_EQ(numbers(*read), numbers(wrote)) << name;
    EXPECT_EQ(read->is_attention, wrote.is_attention) << name;
  }
}

// ---- files ----

// Loads, and gives finite logits that neither vanish nor explode.
TEST_F(SynthTest, EveryMixLoadsAndRuns) {
  for (const Mix mix : kMixes) {
    request_.mix = mix;
    const Result<Summary> written = Write();
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(written->file_bytes, fs::file_size(path_));
    EXPECT_EQ(written->n_parameters, Parameters(request_.dims));
    const auto model = model::Model::Load(path_, {.n_threads = 1});
    ASSERT_TRUE(model) << MixName(mix) << ": " << model.error().message;
    auto sequence = (*model)->NewSequence(16);
    ASSERT_TRUE(sequence);
    std::vector<TokenId> tokens;
    for (TokenId id = 20; id < 36; ++id) tokens.push_back(17 * id);
    std::vector<float> logits(static_cast<size_t>(request_.dims.n_vocab));
    ASSERT_TRUE(model::Forward(**model, tokens, *sequence, logits, model::LogitsWanted::kLast));
    double squares = 0;
    for (const float logit : logits) {
      ASSERT_TRUE(std::isfinite(logit));
      squares += double{logit} * logit;
    }
    const double spread = std::sqrt(squares / static_cast<double>(logits.size()));
    EXPECT_GT(spread, 2) << MixName(mix);
    EXPECT_LT(spread, 4) << MixName(mix);
  }
}

TEST_F(SynthTest, ADenseModelOfOddWidthLoadsInEveryMix) {
  model::Lfm2Dims& d = request_.dims;
  d.is_moe = false;
  d.n_dense_layers = d.n_layers;
  d.d_model = 96;
  d.n_heads = 3;
  d.n_kv_heads = 1;
  d.head_dim = 32;
  d.d_ff = 80;  // no block divides it
  d.n_vocab = 300;
  for (const Mix mix : kMixes) {
    request_.mix = mix;
    ASSERT_TRUE(Write());
    const auto model = model::Model::Load(path_, {.n_threads = 1});
    ASSERT_TRUE(model) << MixName(mix) << ": " << model.error().message;
    EXPECT_FALSE((*model)->dims().is_moe);
  }
}

TEST_F(SynthTest, SaysInItsMetadataWhatItIs) {
  request_.mix = Mix::kQ4_K_M;
  request_.seed = 42;
  for (const auto& [form, family] : {std::pair(ChatForm::kLfm2, prompt::Family::kLfm2),
                                     {ChatForm::kLfm25Instruct, prompt::Family::kLfm25Instruct},
                                     {ChatForm::kLfm25_8B, prompt::Family::kLfm25_8B}}) {
    request_.chat_form = form;
    ASSERT_TRUE(Write());
    const auto file = gguf::GgufFile::Open(path_);
    ASSERT_TRUE(file);
    EXPECT_EQ(prompt::DetectFamily(file->metadata()).value(), family);
    EXPECT_EQ(file->metadata().GetString("general.architecture").value(), "lfm2moe");
    EXPECT_EQ(file->metadata().GetUint("general.file_type").value(), 15U);
    EXPECT_EQ(file->metadata().GetUint("weir.synth.seed").value(), 42U);
    EXPECT_THAT(std::string(*file->metadata().GetString("general.license")), HasSubstr("random"));
    EXPECT_TRUE(tokenizer::Tokenizer::FromGguf(file->metadata()));
  }
}

TEST_F(SynthTest, TheSameSeedGivesTheSameBytesAndAnotherOthers) {
  ASSERT_TRUE(Write());
  const std::string first = FileBytes();
  ASSERT_TRUE(Write());
  EXPECT_TRUE(FileBytes() == first);
  request_.seed = 1;
  ASSERT_TRUE(Write());
  EXPECT_FALSE(FileBytes() == first);
  EXPECT_EQ(FileBytes().size(), first.size());
}

TEST_F(SynthTest, ReportsProgressUpToTheEnd) {
  uint64_t last = 0;
  uint64_t total = 0;
  const auto progress = [&](uint64_t done, uint64_t all) {
    EXPECT_GE(done, last);
    last = done;
    total = all;
  };
  const Result<Summary> written = WriteModel(path_, request_, progress, {});
  ASSERT_TRUE(written);
  EXPECT_EQ(total, written->file_bytes);
  EXPECT_LT(total - last, 32U);  // the padding of the last tensor
}

// ---- what goes wrong ----

TEST_F(SynthTest, AStopLeavesNothingBehind) {
  std::stop_source source;
  const auto stop = [&](uint64_t, uint64_t) { source.request_stop(); };
  const Result<Summary> written = WriteModel(path_, request_, stop, source.get_token());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(SynthTest, BadDimensionsAreNamedWithWhatTheyMayBe) {
  const model::Lfm2Dims good = request_.dims;
  const auto with = [&](auto change) {
    model::Lfm2Dims dims = good;
    change(dims);
    return ErrorOf(dims);
  };
  using D = model::Lfm2Dims;
  EXPECT_THAT(with([](D& d) { d.n_layers = 0; }), HasSubstr("layers is 0, expected 1 to 1024"));
  EXPECT_THAT(with([](D& d) { d.d_model = -1; }), HasSubstr("width is -1, expected 16 to"));
  EXPECT_THAT(with([](D& d) { d.n_heads = 3; }), HasSubstr("256 is no multiple of the 3 heads"));
  EXPECT_THAT(with([](D& d) { d.head_dim = 512; }), HasSubstr("multiple of 16 up to 256"));
  EXPECT_THAT(with([](D& d) { d.n_kv_heads = 3; }), HasSubstr("kv-heads is 3, expected a divisor"));
  EXPECT_THAT(with([](D& d) { d.d_ff = 0; }), HasSubstr("ff is 0"));
  EXPECT_THAT(with([](D& d) { d.n_vocab = 100; }), HasSubstr("vocab is 100, expected 272 to"));
  EXPECT_THAT(with([](D& d) { d.n_context = 0; }), HasSubstr("context is 0"));
  EXPECT_THAT(with([](D& d) { d.rope_theta = 0; }), HasSubstr("rope-theta is 0"));
  EXPECT_THAT(with([](D& d) { d.n_experts = 5000; }), HasSubstr("experts is 5000"));
  EXPECT_THAT(with([](D& d) { d.n_experts_used = 9; }), HasSubstr("experts-used is 9, expected 1"));
  EXPECT_THAT(with([](D& d) { d.d_ff_expert = 0; }), HasSubstr("expert-ff is 0"));
  EXPECT_THAT(with([](D& d) { d.n_dense_layers = 5; }), HasSubstr("dense-layers is 5, expected 0"));
}

TEST_F(SynthTest, ADiskTooSmallIsSaidBeforeAnythingIsWritten) {
  model::Lfm2Dims& d = request_.dims;
  d.n_experts = 1024;  // together more than a petabyte
  d.d_ff_expert = 1 << 20;
  d.d_model = 1 << 16;
  d.n_heads = 256;
  d.head_dim = 256;
  request_.mix = Mix::kF16;
  const Result<Summary> written = Write();
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(written.error().message, HasSubstr("bytes, the disk has"));
  EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace weir::synth
