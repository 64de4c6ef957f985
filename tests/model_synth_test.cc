// `weir model synth` from the outside: files that the other commands take, and what goes wrong.

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

class ModelSynthTest : public ::testing::Test {
 protected:
  ModelSynthTest() : folder_(box_.root / "models"), path_(folder_ / "m.gguf") {
    fs::create_directory(folder_);
  }
  Finished Weir(const std::vector<std::string>& args) { return RunWeir(args, "", box_.root); }
  Finished Synth(std::vector<std::string> more) {
    more.insert(more.begin(), {"model", "synth", path_.string()});
    return Weir(more);
  }
  // Exit code 1, the message, and nothing written.
  void ExpectRefused(const std::vector<std::string>& flags, const char* message) {
    const Finished run = Synth(flags);
    EXPECT_EQ(run.code, 1);
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_TRUE(fs::is_empty(folder_));
  }

  Sandbox box_;
  fs::path folder_;
  fs::path path_;
};

TEST_F(ModelSynthTest, WritesAFileThatInfoAndLogitsTake) {
  const Finished run = Synth({"--quant", "Q4_K_M", "--seed", "5"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("m.gguf: "));
  EXPECT_THAT(run.out, HasSubstr("tensors, "));
  EXPECT_EQ(run.err, "");  // no bar where no terminal is

  const Finished info = Weir({"model", "info", path_.string()});
  EXPECT_EQ(info.code, 0) << info.err;
  EXPECT_THAT(info.out, HasSubstr("synthetic tiny Q4_K_M"));
  EXPECT_THAT(info.out, HasSubstr("random numbers"));

  std::ofstream(folder_ / "ids", std::ios::binary) << std::string("\x01\0\0\0\x2A\0\0\0", 8);
  const Finished logits =
      Weir({"model", "logits", path_.string(), "--tokens", (folder_ / "ids").string(), "--out",
            (folder_ / "logits.npy").string()});
  EXPECT_EQ(logits.code, 0) << logits.err;
  EXPECT_GT(fs::file_size(folder_ / "logits.npy"), 2 * 1024 * 4U);
}

TEST_F(ModelSynthTest, TakesItsShapeFromTheFlags) {
  const Finished run = Synth({"--json", "--layers",   "3",  "--attention-layers",
                              "0,2",    "--width",    "64", "--heads",
                              "2",      "--kv-heads", "1",  "--ff",
                              "96",     "--experts",  "0",  "--vocab",
                              "300",    "--context",  "77", "--quant",
                              "Q8_0"});
  ASSERT_EQ(run.code, 0) << run.err << run.out;
  const Result<json::Json> summary = json::Parse(run.out);
  ASSERT_TRUE(summary);
  EXPECT_EQ((*summary)["bytes"].get<uint64_t>(), fs::file_size(path_));
  const Finished info = Weir({"model", "info", path_.string(), "--json"});
  const Result<json::Json> shape = json::Parse(info.out);
  ASSERT_TRUE(shape) << info.out << info.err;
  EXPECT_EQ((*shape)["architecture"].get<std::string>(), "lfm2");
  EXPECT_EQ((*shape)["layers"].get<int>(), 3);
  EXPECT_EQ((*shape)["width"].get<int>(), 64);
  EXPECT_EQ((*shape)["vocabulary"].get<int>(), 300);
  EXPECT_EQ((*shape)["context"].get<int>(), 77);
  EXPECT_EQ((*shape)["parameters"], (*summary)["parameters"]);
}

TEST_F(ModelSynthTest, RefusesWhatCannotBeInWordsOfTheFlags) {
  ExpectRefused({"--preset", "lfm9"}, "choose one of lfm2.5-8b-a1b");
  ExpectRefused({"--quant", "Q1"}, "choose one of F16, BF16");
  ExpectRefused({"--layers", "0"}, "layers is 0, expected 1 to 1024");
  ExpectRefused({"--attention-layers", "1,4"}, "attention layer 4, expected 0 to 3");
  ExpectRefused({"--heads", "0"}, "heads is 0");
  ExpectRefused({"--heads", "5"}, "width 256 is no multiple of the 5 heads");
  ExpectRefused({"--kv-heads", "3"}, "kv-heads is 3, expected a divisor of heads, 4");
  ExpectRefused({"--vocab", "20"}, "vocab is 20, expected 272");
  ExpectRefused(
      {"--experts", "1024", "--expert-ff", "1048576", "--width", "65536", "--heads", "256"},
      "bytes, the disk has");
  EXPECT_EQ(Synth({"--layers", "many"}).code, 2);
  EXPECT_EQ(Weir({"model", "synth"}).code, 2);
}

TEST_F(ModelSynthTest, ReplacesAFileOnlyWhenForced) {
  std::ofstream(path_) << "precious";
  const Finished refused = Synth({});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("is there already"));
  EXPECT_EQ(fs::file_size(path_), 8U);
  EXPECT_EQ(Synth({"--force"}).code, 0);
  EXPECT_GT(fs::file_size(path_), 1000U);
}

TEST_F(ModelSynthTest, AnInterruptLeavesNothingBehind) {
  Terminal terminal({"model", "synth", path_.string(), "--preset", "lfm2-1.2b", "--quant", "Q8_0"},
                    box_.root);
  ASSERT_TRUE(terminal.Expect(" of 1.2")) << terminal.screen();
  ASSERT_EQ(::kill(terminal.pid(), SIGINT), 0);
  EXPECT_EQ(terminal.Wait(), 130) << terminal.screen();
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ModelSynthTest, HelpHasExamplesAndEveryPreset) {
  const Finished help = Weir({"model", "synth", "--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* text : {"Examples:", "lfm2.5-8b-a1b", "lfm2-24b-a2b", "--attention-layers"})
    EXPECT_THAT(help.out, HasSubstr(text));
}

}  // namespace
}  // namespace weir::tests
