// `weir model quantize` from the outside: files that the other commands take, and what goes wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "json/json.h"
#include "tests/support/program.h"

namespace weir::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ModelQuantizeTest : public ::testing::Test {
 protected:
  ModelQuantizeTest() : folder_(box_.root / "models"), out_((folder_ / "out.gguf").string()) {
    fs::create_directory(folder_);
  }
  Finished Weir(const std::vector<std::string>& args) { return RunWeir(args, "", box_.root); }
  Finished Quantize(const std::string& in, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"model", "quantize", in, out_});
    return Weir(more);
  }
  // Exit code 1, the message, and nothing written.
  void ExpectRefused(const std::string& in, const std::vector<std::string>& flags,
                     const char* message) {
    const Finished run = Quantize(in, flags);
    EXPECT_EQ(run.code, 1);
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_TRUE(fs::is_empty(folder_));
  }

  Sandbox box_;
  fs::path folder_;
  std::string out_;
  const std::string golden_ = std::string(WEIR_TESTDATA) + "/golden/";
};

TEST_F(ModelQuantizeTest, WritesAFileThatInfoTakes) {
  const Finished run = Quantize(golden_ + "tiny-f16.gguf");
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("out.gguf: 3.2 MB, 5.1 million parameters"));
  EXPECT_THAT(run.out, HasSubstr("tensors: 21 F32, 21 Q4_K, 4 Q6_K"));
  EXPECT_EQ(run.err, "");  // no bar where no terminal is
  const Finished info = Weir({"model", "info", out_});
  EXPECT_EQ(info.code, 0) << info.err;
  EXPECT_THAT(info.out, HasSubstr("synthetic-tiny"));
}

TEST_F(ModelQuantizeTest, SaysAsJsonWhatItWarnsOf) {
  const Finished run = Quantize(golden_ + "tiny-q8_0.gguf", {"--json", "--quant", "Q4_0"});
  ASSERT_EQ(run.code, 0) << run.out;
  const Result<json::Json> summary = json::Parse(run.out);
  ASSERT_TRUE(summary) << run.out;
  EXPECT_EQ((*summary)["bytes"].get<uint64_t>(), fs::file_size(out_));
  ASSERT_EQ((*summary)["warnings"].size(), 1U);
  EXPECT_THAT((*summary)["warnings"][0].get<std::string>(), HasSubstr("quantised before (Q8_0)"));
}

TEST_F(ModelQuantizeTest, RefusesWhatItCannotRead) {
  ExpectRefused(golden_ + "tiny-f16.gguf", {"--quant", "Q1"}, "choose one of F16, BF16, Q4_0");
  ExpectRefused(golden_ + "none.gguf", {}, "none.gguf");
  ExpectRefused(golden_ + "README.md", {}, "README.md");
  ExpectRefused(golden_, {}, "config.json");
  ExpectRefused(golden_ + "tiny-q4_0.gguf", {}, "start from the original weights");
  EXPECT_EQ(Weir({"model", "quantize", out_}).code, 2);
}

TEST_F(ModelQuantizeTest, NeverWritesTheFileThatItReads) {
  fs::copy_file(golden_ + "dense-f16.gguf", out_);
  fs::create_symlink(out_, folder_ / "link.gguf");
  const auto size = fs::file_size(out_);
  for (const std::string& in : {out_, (folder_ / "link.gguf").string()}) {
    const Finished run = Quantize(in, {"--force"});
    EXPECT_EQ(run.code, 1);
    EXPECT_THAT(run.err, HasSubstr("is the file that is read"));
    EXPECT_EQ(fs::file_size(out_), size);
  }
}

TEST_F(ModelQuantizeTest, ReplacesAFileOnlyWhenForced) {
  std::ofstream(out_) << "precious";
  const Finished refused = Quantize(golden_ + "dense-f16.gguf");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("is there already"));
  EXPECT_EQ(fs::file_size(out_), 8U);
  EXPECT_EQ(Quantize(golden_ + "dense-f16.gguf", {"--force"}).code, 0);
  EXPECT_GT(fs::file_size(out_), 1000U);
}

TEST_F(ModelQuantizeTest, AnInterruptLeavesNothingBehind) {
  const fs::path big = box_.root / "big.gguf";
  ASSERT_EQ(Weir({"model", "synth", big.string(), "--preset", "lfm2-350m", "--quant", "Q8_0"}).code,
            0);
  Terminal terminal({"model", "quantize", big.string(), out_}, box_.root);
  ASSERT_TRUE(terminal.Expect(" of 2")) << terminal.screen();
  ASSERT_EQ(::kill(terminal.pid(), SIGINT), 0);
  EXPECT_EQ(terminal.Wait(), 130) << terminal.screen();
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ModelQuantizeTest, HelpHasExamples) {
  const Finished help = Weir({"model", "quantize", "--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* text : {"Examples:", "Q4_K_M", "config.json", "--force"})
    EXPECT_THAT(help.out, HasSubstr(text));
}

}  // namespace
}  // namespace weir::tests
