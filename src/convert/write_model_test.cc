// The golden models quantised here, beside the ones that llama.cpp's quantiser made of the same
// weights: the same type a tensor, and as close to the float model.

#include "convert/write_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "convert/source.h"
#include "convert/testing/temp_folder.h"
#include "gguf/testing/gguf_writer.h"
#include "gguf/writer.h"
#include "kernels/kernels.h"
#include "model/lfm2_model.h"
#include "model/testing/golden.h"
#include "platform/files.h"

namespace weir::convert {
namespace {

using model::Divergence;
using model::Golden;
using model::Mix;
using ::testing::HasSubstr;
using testing::TempFolder;

std::string GoldenPath(const std::string& name) {
  return std::string(WEIR_TESTDATA) + "/golden/" + name + ".gguf";
}

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

Result<Summary> Quantize(const std::string& in, const std::string& out, Mix mix,
                         int n_threads = 2) {
  ASSIGN_OR_RETURN(const Source source, OpenSource(in, ""));
  return WriteModel(out, source, {.mix = mix, .n_threads = n_threads}, nullptr, {});
}

std::vector<float> LogitsOf(const std::string& path, const Golden& golden,
                            const kernels::KernelTable& kernels) {
  const auto model = model::Model::Load(path, {.n_threads = 2, .kernels = &kernels});
  if (!model) {
    ADD_FAILURE() << model.error().message;
    return std::vector<float>(golden.logits.size());
  }
  auto sequence = (*model)->NewSequence(static_cast<int>(golden.tokens.size()));
  std::vector<float> logits(golden.logits.size());
  const Status done =
      model::Forward(**model, golden.tokens, *sequence, logits, model::LogitsWanted::kAll);
  EXPECT_TRUE(done) << done.error().message;
  return logits;
}

const model::GoldenFile& FindGolden(const std::string& name) {
  for (const model::GoldenFile& file : model::GoldenFiles()) {
    if (file.name == name) return file;
  }
  std::abort();
}

struct Case {
  const char* from;     // golden float model
  const char* shipped;  // the same, quantised elsewhere
  Mix mix;
};

constexpr Case kCases[] = {
    {"tiny-f16", "tiny-q4_0", Mix::kQ4_0},       {"tiny-f16", "tiny-q4_k_m", Mix::kQ4_K_M},
    {"tiny-f16", "tiny-q5_k_m", Mix::kQ5_K_M},   {"tiny-f16", "tiny-q6_k", Mix::kQ6_K},
    {"tiny-f16", "tiny-q8_0", Mix::kQ8_0},       {"tiny-f16", "tiny-f16", Mix::kF16},
    {"dense-f16", "dense-q4_k_m", Mix::kQ4_K_M}, {"dense-f16", "dense-f16", Mix::kF16},
};

class GoldenQuantised : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    out_ = folder_.Path("out.gguf");
    const auto summary = Quantize(GoldenPath(GetParam().from), out_, GetParam().mix);
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_EQ(summary->file_bytes, std::filesystem::file_size(out_));
    EXPECT_EQ(summary->n_quantised_twice, 0);
  }

  TempFolder folder_;
  std::string out_;
};

TEST_P(GoldenQuantised, HasTheTypesAndTheKeysOfTheFileThatWasQuantisedElsewhere) {
  const auto ours = gguf::GgufFile::Open(out_);
  ASSERT_TRUE(ours) << ours.error().message;
  const auto theirs = gguf::GgufFile::Open(GoldenPath(GetParam().shipped));
  ASSERT_TRUE(theirs) << theirs.error().message;
  ASSERT_EQ(ours->tensors().size(), theirs->tensors().size());
  for (const gguf::TensorInfo& tensor : theirs->tensors()) {
    const gguf::TensorInfo* our_tensor = ours->FindTensor(tensor.name);
    ASSERT_NE(our_tensor, nullptr) << tensor.name;
    EXPECT_EQ(our_tensor->type_id, tensor.type_id) << tensor.name;
    EXPECT_EQ(our_tensor->shape, tensor.shape) << tensor.name;
    EXPECT_EQ(our_tensor->n_dims, tensor.n_dims) << tensor.name;
    if (tensor.type_id == 0) {
      EXPECT_TRUE(std::ranges::equal(our_tensor->data, tensor.data)) << tensor.name;
    }
  }
  for (const auto& [key, value] : theirs->metadata().entries()) {
    const gguf::Value* ours_value = ours->metadata().Find(key);
    ASSERT_NE(ours_value, nullptr) << key;
    EXPECT_EQ(ours_value->kind, value.kind) << key;
    EXPECT_TRUE(std::ranges::equal(ours_value->bytes, value.bytes)) << key;
  }
}

// Distances are to the float model: with the exact kernels our file may be no further from it than
// the other quantiser's, and the fast kernels must compute our file as they do that one.
TEST_P(GoldenQuantised, IsAsCloseToTheFloatModelAsTheFileThatWasQuantisedElsewhere) {
  // For experts that tip either way; the kernels' gate was measured on the other file, where others
  // are on the edge.
  constexpr double kSlack = 1.2;
  constexpr double kKernelSlack = 1.5;
  constexpr double kFloor = 3e-6;
  const auto exact = model::LoadGolden(FindGolden(GetParam().from));
  const auto shipped = model::LoadGolden(FindGolden(GetParam().shipped));
  ASSERT_TRUE(exact && shipped);
  const Divergence theirs = model::Compare(exact->logits, shipped->logits, exact->n_vocab);
  const std::vector<float> reference = LogitsOf(out_, *exact, kernels::ReferenceKernels());
  const Divergence ours = model::Compare(exact->logits, reference, exact->n_vocab);
  EXPECT_LE(ours.mean_kl, std::max(kSlack * theirs.mean_kl, kFloor));
  const kernels::KernelTable& fast = **kernels::KernelsFor("");
  const Divergence computed =
      model::Compare(reference, LogitsOf(out_, *exact, fast), exact->n_vocab);
  const double gate = FindGolden(GetParam().shipped).llama_cpp_kl;
  EXPECT_LE(computed.mean_kl, std::max(kKernelSlack * gate, kFloor));
  std::printf("  %-13s to the float model: mean KL %.2e (llama.cpp's file %.2e); kernels %s %.2e\n",
              GetParam().shipped, ours.mean_kl, theirs.mean_kl, std::string(fast.name).c_str(),
              computed.mean_kl);
}

INSTANTIATE_TEST_SUITE_P(AllMixes, GoldenQuantised, ::testing::ValuesIn(kCases),
                         [](const ::testing::TestParamInfo<Case>& info) {
                           std::string name = info.param.shipped;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(WriteModel, GivesTheSameBytesOnAnyNumberOfThreads) {
  const TempFolder folder;
  ASSERT_TRUE(Quantize(GoldenPath("dense-f16"), folder.Path("1"), Mix::kQ4_K_M, 1));
  ASSERT_TRUE(Quantize(GoldenPath("dense-f16"), folder.Path("3"), Mix::kQ4_K_M, 3));
  EXPECT_TRUE(ReadAll(folder.Path("1")) == ReadAll(folder.Path("3")));
}

TEST(WriteModel, CopiesTensorsThatHaveTheirTypeAlready) {
  const TempFolder folder;
  ASSERT_TRUE(Quantize(GoldenPath("tiny-f16"), folder.Path("16"), Mix::kF16));
  ASSERT_TRUE(Quantize(GoldenPath("tiny-q8_0"), folder.Path("8"), Mix::kQ8_0));
  for (const auto& [made, golden] : {std::pair("16", "tiny-f16"), std::pair("8", "tiny-q8_0")}) {
    const auto ours = gguf::GgufFile::Open(folder.Path(made));
    const auto theirs = gguf::GgufFile::Open(GoldenPath(golden));
    ASSERT_TRUE(ours && theirs);
    for (const gguf::TensorInfo& tensor : theirs->tensors())
      EXPECT_TRUE(std::ranges::equal(ours->FindTensor(tensor.name)->data, tensor.data));
  }
}

TEST(WriteModel, CountsWhatIsQuantisedTwice) {
  const TempFolder folder;
  const auto summary = Quantize(GoldenPath("tiny-q8_0"), folder.Path("out"), Mix::kQ4_0);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->n_quantised_twice, summary->n_of_type.at("Q4_0") + 1);  // and the embedding
}

TEST(WriteModel, RefusesWhatIsQuantisedBelowEightBits) {
  const auto source = OpenSource(GoldenPath("tiny-q4_k_m"), "");
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message,
              HasSubstr("tiny-q4_k_m.gguf: tensor 'token_embd.weight' is Q6_K already, expected"));
}

TEST(WriteModel, RefusesFilesOfOtherModels) {
  const TempFolder folder;
  EXPECT_EQ(OpenSource(folder.Path("none"), "").error().code, ErrorCode::kNotFound);
  folder.Write("text", "no model at all, only some text");
  EXPECT_THAT(OpenSource(folder.Path("text"), "").error().message, HasSubstr("text"));
  folder.Write("llama", gguf::testing::SampleFile().Bytes());
  EXPECT_THAT(OpenSource(folder.Path("llama"), "").error().message,
              HasSubstr("architecture 'sample' is not supported"));
}

// A copy of dense-f16 with one value of one tensor replaced, as BF16.
std::string WithValue(const TempFolder& folder, std::string_view name, size_t index,
                      uint16_t bits) {
  const std::string path = folder.Path("spoilt.gguf");
  EXPECT_TRUE(Quantize(GoldenPath("dense-f16"), path, Mix::kBF16));
  std::string bytes = ReadAll(path);
  const auto file = gguf::GgufFile::Parse(gguf::testing::AsBytes(bytes));
  const auto offset = static_cast<size_t>(file->FindTensor(name)->data.data() -
                                          reinterpret_cast<const std::byte*>(bytes.data()));
  std::memcpy(bytes.data() + offset + 2 * index, &bits, sizeof bits);
  folder.Write("spoilt.gguf", bytes);
  return path;
}

TEST(WriteModel, RefusesValuesThatAreNotFinite) {
  const TempFolder folder;
  const std::string in = WithValue(folder, "blk.1.ffn_up.weight", 70001, 0x7FC0);
  for (const Mix mix : {Mix::kBF16, Mix::kQ4_0}) {
    const auto summary = Quantize(in, folder.Path("out.gguf"), mix);
    ASSERT_FALSE(summary);
    EXPECT_EQ(summary.error().code, ErrorCode::kCorruptData);
    EXPECT_THAT(summary.error().message,
                HasSubstr("tensor 'blk.1.ffn_up.weight': value 70001 is nan"));
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(WriteModel, RefusesValuesBeyondHalfPrecisionInF16Alone) {
  const TempFolder folder;
  const std::string in = WithValue(folder, "blk.1.ffn_up.weight", 3, 0x4780);  // 65536
  const auto summary = Quantize(in, folder.Path("out.gguf"), Mix::kF16);
  ASSERT_FALSE(summary);
  EXPECT_THAT(summary.error().message, HasSubstr("value 3 is 65536, beyond the largest of F16"));
  EXPECT_TRUE(Quantize(in, folder.Path("out.gguf"), Mix::kQ8_0));
  EXPECT_TRUE(Quantize(in, folder.Path("out.gguf"), Mix::kBF16));
}

TEST(WriteModel, LeavesTheOldFileWhenItIsStopped) {
  const TempFolder folder;
  folder.Write("out.gguf", "precious");
  const auto source = OpenSource(GoldenPath("dense-f16"), "");
  ASSERT_TRUE(source);
  std::stop_source stop;
  int calls = 0;
  const auto progress = [&](uint64_t done, uint64_t total) {
    EXPECT_LE(done, total);
    if (++calls == 3) stop.request_stop();
  };
  const auto summary = WriteModel(folder.Path("out.gguf"), *source, {}, progress, stop.get_token());
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(ReadAll(folder.Path("out.gguf")), "precious");
  EXPECT_FALSE(std::filesystem::exists(folder.Path("out.gguf.partial")));
}

TEST(WriteModel, LeavesNothingBehindWhereTheFileDoesNotFit) {
  const TempFolder folder;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {100000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto summary = Quantize(GoldenPath("dense-f16"), folder.Path("out.gguf"), Mix::kQ8_0);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  ASSERT_FALSE(summary);
  EXPECT_THAT(summary.error().message, HasSubstr("out.gguf"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(WriteModel, RenamesTheModelWhenAsked) {
  const TempFolder folder;
  const auto source = OpenSource(GoldenPath("dense-f16"), "mine");
  ASSERT_TRUE(source);
  ASSERT_TRUE(WriteModel(folder.Path("out"), *source, {.mix = Mix::kQ8_0}, nullptr, {}));
  const auto file = gguf::GgufFile::Open(folder.Path("out"));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->metadata().GetString("general.name").value(), "mine");
}

// Files may have an output matrix of their own, and the final norm under another name.
TEST(WriteModel, KeepsAnOutputMatrixAndGivesTheFinalNormItsUsualName) {
  const TempFolder folder;
  const auto golden = gguf::GgufFile::Open(GoldenPath("dense-f16"));
  ASSERT_TRUE(golden);
  gguf::MetadataBuilder metadata;
  for (const auto& [key, value] : golden->metadata().entries()) metadata.AddValue(key, value);
  std::vector<gguf::TensorPlan> plans;
  const auto plan = [&](const gguf::TensorInfo& tensor, std::string name) {
    plans.push_back({std::move(name),
                     {tensor.shape.begin(), tensor.shape.begin() + tensor.n_dims},
                     tensor.type_id});
  };
  for (const gguf::TensorInfo& tensor : golden->tensors()) {
    const bool is_norm = tensor.name == "token_embd_norm.weight";
    plan(tensor, is_norm ? "output_norm.weight" : std::string(tensor.name));
  }
  const gguf::TensorInfo& embedding = *golden->FindTensor("token_embd.weight");
  plan(embedding, "output.weight");
  auto writer = gguf::Writer::Create(folder.Path("in"), metadata, plans);
  ASSERT_TRUE(writer) << writer.error().message;
  for (const gguf::TensorInfo& tensor : golden->tensors()) ASSERT_TRUE(writer->Append(tensor.data));
  ASSERT_TRUE(writer->Append(embedding.data));
  ASSERT_TRUE(writer->Finish());

  const auto summary = Quantize(folder.Path("in"), folder.Path("out"), Mix::kQ4_K_M);
  ASSERT_TRUE(summary) << summary.error().message;
  const auto file = gguf::GgufFile::Open(folder.Path("out"));
  ASSERT_TRUE(file);
  EXPECT_NE(file->FindTensor("token_embd_norm.weight"), nullptr);
  EXPECT_EQ(file->FindTensor("output.weight")->type_id, 14U);
  EXPECT_TRUE(model::Model::Load(folder.Path("out"), {}));
}

}  // namespace
}  // namespace weir::convert
