// `weir model bench` from the outside: a table, JSON, a picture, rounds on request, and what goes
// wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "json/json.h"
#include "tests/support/program.h"

namespace weir::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ModelBenchTest : public ::testing::Test {
 protected:
  Finished Bench(std::vector<std::string> more, const std::string& input = "") {
    more.insert(more.begin(),
                {"model", "bench", WEIR_TESTDATA "/golden/tiny-q4_0.gguf", "--threads", "1"});
    return RunWeir(more, input, box_.root);
  }
  static std::string Contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  Sandbox box_;
};

TEST_F(ModelBenchTest, SaysWhatItCannotReadOrWrite) {
  const Finished missing = Bench({"--tokens", (box_.root / "none").string()});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("none"));

  const Finished both = Bench({"--from-stdin", "--plot", "x.svg"});
  EXPECT_EQ(both.code, 1);
  EXPECT_THAT(both.err, HasSubstr("leave --plot and --out away"));

  EXPECT_EQ(Bench({"--pp", "0"}).code, 2);

  const Finished deep = Bench({"--depth", "1000000"});
  EXPECT_EQ(deep.code, 1);
  EXPECT_THAT(deep.err, HasSubstr("this model takes 1 to"));
}

TEST_F(ModelBenchTest, PrintsATableAndWritesFigureAndPicture) {
  const fs::path out = box_.root / "speed.json";
  const fs::path plot = box_.root / "speed.svg";
  const Finished run = Bench({"--pp", "8", "--tg", "4", "--depth", "0,16", "--repeat", "1", "--out",
                              out.string(), "--plot", plot.string()});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.err, "");  // no bar where no terminal is
  EXPECT_THAT(run.out, HasSubstr("of the mapped file"));
  EXPECT_THAT(run.out, HasSubstr("prefill        8      16"));
  const auto report = json::Parse(Contents(out));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ((*report)["rows"].size(), 4U);
  EXPECT_THAT(Contents(plot), StartsWith("<svg "));
}

TEST_F(ModelBenchTest, AnswersRequestsLineByLine) {
  const Finished run = Bench({"--from-stdin"},
                             "{\"op\":\"open\",\"context\":32}\n"
                             "nonsense\n"
                             "{\"op\":\"extend\",\"tokens\":8}\n"
                             "{\"op\":\"decode\",\"tokens\":4}\n");
  ASSERT_EQ(run.code, 0) << run.err;
  std::vector<json::Json> lines;
  for (size_t at = 0; at < run.out.size();) {
    const size_t end = run.out.find('\n', at);
    const auto line = json::Parse(run.out.substr(at, end - at));
    ASSERT_TRUE(line) << line.error().message;
    lines.push_back(*line);
    at = end + 1;
  }
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0]["ready"], true);
  EXPECT_EQ(lines[1]["context"], 32);
  EXPECT_TRUE(lines[2].contains("error"));
  EXPECT_EQ(lines[3]["depth"], 8);
  EXPECT_GT(lines[4]["seconds"].get<double>(), 0);
}

}  // namespace
}  // namespace weir::tests
