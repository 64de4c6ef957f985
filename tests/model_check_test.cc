// `weir model check` from the outside: the page, JSON, exit codes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "json/json.h"
#include "tests/support/program.h"

namespace weir::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kNanoFile = std::string(WEIR_SOURCE_DIR) + "/models/weir-nano.gguf";

class ModelCheckTest : public ::testing::Test {
 protected:
  Finished Check(std::vector<std::string> args) {
    args.insert(args.begin(), {"model", "check"});
    return RunWeir(args, "", box_.root);
  }
  std::string Write(const std::string& name, const std::string& bytes) {
    const fs::path path = box_.root / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }

  Sandbox box_;
};

TEST_F(ModelCheckTest, OfAFileThatIsNoModelSaysSoWithExitCodeOne) {
  const Finished run = Check({Write("notes.txt", "no model\x1b[2J at all")});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.out, HasSubstr("wrong    file"));
  EXPECT_THAT(run.out, HasSubstr("do: fetch the file again"));
  EXPECT_EQ(run.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(Check({(box_.root / "none.gguf").string()}).code, 1);
  EXPECT_EQ(Check({"--target", "abacus"}).code, 1);
  EXPECT_EQ(Check({"--wrong-flag"}).code, 2);
}

TEST_F(ModelCheckTest, OfATruncatedModelShowsWhatCanBeReadAlsoAsJson) {
  std::ifstream in(kNanoFile, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const std::string path = Write("cut.gguf", bytes.substr(0, 1000000));
  const Finished run = Check({path, "--json"});
  EXPECT_EQ(run.code, 1);
  const Result<json::Json> report = json::Parse(run.out);
  ASSERT_TRUE(report) << run.out << run.err;
  EXPECT_EQ((*report)["result"].get<std::string>(), "wrong");
  EXPECT_EQ((*report)["counts"]["wrong"].get<int>(), 1);
  std::string found;
  for (const json::Json& check : (*report)["checks"]) {
    if (check["check"] == "tensors") found = check["found"].get<std::string>();
  }
  EXPECT_THAT(found, HasSubstr("the file is cut short"));
  EXPECT_THAT(Check({path}).out, HasSubstr("ok       licence       apache-2.0"));
}

TEST_F(ModelCheckTest, OfTheShippedModelIsOnePageOfEightyColumnsWithNothingWrong) {
  const Finished run = Check({kNanoFile});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(run.err, "");
  std::istringstream lines(run.out);
  int n_lines = 0;
  for (std::string line; std::getline(lines, line); ++n_lines) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_LE(n_lines, 50);
  EXPECT_THAT(run.out, HasSubstr("ok       continuation  21 of the 21 tokens"));
  EXPECT_THAT(run.out, ::testing::EndsWith("\n13 ok\n"));
}

TEST_F(ModelCheckTest, WarningsAndUnknownsAreNoFailure) {
  const std::string path = std::string(WEIR_TESTDATA) + "/golden/dense-f16.gguf";
  const Finished run = Check({path, "--quick"});
  EXPECT_EQ(run.code, 0) << run.out;
  EXPECT_THAT(run.out, HasSubstr("warning  types"));
  EXPECT_THAT(run.out, HasSubstr("left out by --quick"));
}

TEST_F(ModelCheckTest, HelpHasExamplesAndTheExitCodes) {
  const Finished help = Check({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* text : {"Examples:", "--quick", "Exit codes: 0 nothing is wrong"})
    EXPECT_THAT(help.out, HasSubstr(text));
}

}  // namespace
}  // namespace weir::tests
