// Files broken on purpose, one way each: the line that must say so, and the lines that must not be
// hidden by it.

#include "check/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "check/testing/model_file.h"
#include "json/json.h"
#include "kernels/kernels.h"
#include "synth/synth.h"

namespace weir::check {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kNano = std::string(WEIR_SOURCE_DIR) + "/models/weir-nano.gguf";

const CheckOptions kWithoutPython = {.n_threads = 1, .python = "/nonexistent/python3"};
const CheckOptions kWithPython = {.n_threads = 1};

bool HasJinja() { return std::system("/usr/bin/python3 -I -c 'import jinja2' 2>/dev/null") == 0; }

// Made once: most tests change a copy.
const ModelFile& Good() {
  static const ModelFile good = ModelFile::Good();
  return good;
}

class CheckTest : public ::testing::Test {
 protected:
  CheckTest() {
    std::string name = ::testing::TempDir() + "weir_check_XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/m.gguf";
  }
  ~CheckTest() override { fs::remove_all(folder_); }

  Report CheckBytes(const std::string& bytes, const CheckOptions& options = kWithoutPython) {
    std::ofstream(path_, std::ios::binary) << bytes;
    const Result<Report> report = CheckModel(path_, options, {}, {});
    EXPECT_TRUE(report) << report.error().message;
    for (const std::string& line : ReportToLines(*report)) EXPECT_LE(line.size(), 80U) << line;
    return *report;
  }
  Report CheckBroken(const std::function<void(ModelFile&)>& damage,
                     const CheckOptions& options = kWithoutPython) {
    ModelFile model = Good();
    damage(model);
    return CheckBytes(model.Bytes(), options);
  }
  // The finding of this name must be of this level; returns "found | expected | do".
  static std::string Text(const Report& report, const std::string& subject, Level level) {
    for (const Finding& finding : report.findings) {
      if (finding.subject != subject) continue;
      EXPECT_EQ(LevelName(finding.level), LevelName(level)) << subject << ": " << finding.found;
      return finding.found + " | " + finding.expected + " | " + finding.advice;
    }
    ADD_FAILURE() << "no line for " << subject;
    return "";
  }

  std::string folder_;
  std::string path_;
};

// ---- what is broken ----

TEST_F(CheckTest, ATextFileIsNoModel) {
  const Report report = CheckBytes("# Weir\n\nA local agent runtime.\n");
  EXPECT_THAT(Text(report, "file", Level::kWrong),
              AllOf(HasSubstr("not a GGUF file"), HasSubstr("fetch the file again")));
  EXPECT_EQ(report.findings.size(), 1U);
  EXPECT_TRUE(report.HasWrong());
}

TEST_F(CheckTest, AFileThatIsNotThereIsNoModel) {
  const Result<Report> report = CheckModel(folder_ + "/none.gguf", {}, {}, {});
  ASSERT_TRUE(report);
  EXPECT_THAT(Text(*report, "file", Level::kWrong), HasSubstr("none.gguf"));
}

TEST_F(CheckTest, ATruncatedFileStillSaysWhatItIs) {
  const std::string bytes = Good().Bytes();
  const Report report = CheckBytes(bytes.substr(0, bytes.size() / 2));
  EXPECT_THAT(Text(report, "tensors", Level::kWrong), HasSubstr("the file is cut short"));
  EXPECT_THAT(Text(report, "file", Level::kOk), HasSubstr("small"));
  Text(report, "shape", Level::kOk);
  Text(report, "licence", Level::kOk);
  Text(report, "specials", Level::kOk);
  Text(report, "vocabulary", Level::kUnknown);
  Text(report, "scales", Level::kUnknown);
  EXPECT_THAT(Text(report, "tool call", Level::kUnknown), HasSubstr("what is wrong above"));
}

TEST_F(CheckTest, AnotherArchitectureIsNamedAndTheRestShown) {
  const Report report =
      CheckBroken([](ModelFile& m) { m.SetString("general.architecture", "llama"); });
  EXPECT_THAT(Text(report, "shape", Level::kWrong),
              AllOf(HasSubstr("architecture 'llama'"), HasSubstr("use an lfm2 or lfm2moe file")));
  Text(report, "tensors", Level::kUnknown);
  EXPECT_THAT(Text(report, "types", Level::kOk), HasSubstr("Q4_K"));
  Text(report, "scales", Level::kOk);
  Text(report, "specials", Level::kOk);
}

TEST_F(CheckTest, ZeroLayersAreNoShape) {
  const Report report = CheckBroken([](ModelFile& m) { m.SetUint("lfm2.block_count", 0); });
  EXPECT_THAT(Text(report, "shape", Level::kWrong), HasSubstr("'lfm2.block_count' is 0"));
}

TEST_F(CheckTest, AMissingTensorIsNamed) {
  const Report report = CheckBroken([](ModelFile& m) { m.Erase("blk.1.attn_k.weight"); });
  EXPECT_THAT(Text(report, "tensors", Level::kWrong),
              HasSubstr("tensor 'blk.1.attn_k.weight' is missing"));
  Text(report, "shape", Level::kOk);
}

TEST_F(CheckTest, AMisshapenTensorIsNamedWithBothShapes) {
  const Report report =
      CheckBroken([](ModelFile& m) { m.SetUint("lfm2.feed_forward_length", 512); });
  EXPECT_THAT(Text(report, "tensors", Level::kWrong),
              AllOf(HasSubstr("'blk.0.ffn_gate.weight' has shape {256, 256, 1, 1}"),
                    HasSubstr("expected {256, 512, 1, 1}")));
}

TEST_F(CheckTest, AnUnsupportedTypeIsNamed) {
  const Report report = CheckBroken([](ModelFile& m) {
    ModelFile::Tensor& tensor = m.Find("blk.0.ffn_up.weight");
    tensor.type = 10;  // Q2_K
    tensor.data.resize(256 * 84);
  });
  EXPECT_THAT(Text(report, "types", Level::kWrong),
              AllOf(HasSubstr("1 Q2_K (21.5 KB, not supported)"), HasSubstr("Q4_0")));
  EXPECT_THAT(Text(report, "tensors", Level::kWrong), HasSubstr("has type Q2_K"));
}

TEST_F(CheckTest, BrokenScalesAreCountedAndTheFirstTensorNamed) {
  const Report report = CheckBroken([](ModelFile& m) {
    m.Find("blk.0.ffn_up.weight").data.replace(144 * 3, 2, "\xFF\x7F");  // D of a Q4_K block
    m.Find("blk.0.ffn_up.weight").data.replace(144 * 5 + 2, 2, std::string("\0\xFC", 2));  // Dmin
    m.Find("blk.1.ffn_down.weight").data.replace(208, 2, "\xFF\x7F");  // D of a Q6_K block
  });
  EXPECT_THAT(Text(report, "scales", Level::kWrong),
              HasSubstr("3 blocks in 2 tensors have a NaN or infinite scale or value, first in "
                        "'blk.0.ffn_up.weight'"));
  Text(report, "tensors", Level::kOk);
  Text(report, "continuation", Level::kUnknown);
}

TEST_F(CheckTest, NanInANormIsFoundAtLoadAndByTheScan) {
  const Report report = CheckBroken([](ModelFile& m) {
    m.Find("blk.0.attn_norm.weight").data.replace(4, 4, "\xFF\xFF\xFF\x7F");
  });
  EXPECT_THAT(Text(report, "tensors", Level::kWrong),
              HasSubstr("'blk.0.attn_norm.weight' has nan at value 1"));
  EXPECT_THAT(Text(report, "scales", Level::kWrong), HasSubstr("1 blocks in 1 tensors"));
}

TEST_F(CheckTest, WeightsThatOverflowShowWhenTheyAreComputedWith) {
  const Report report = CheckBroken([](ModelFile& m) {
    std::string& norm = m.Find("blk.1.ffn_norm.weight").data;
    for (size_t at = 0; at < norm.size(); at += 4) norm.replace(at, 4, "\xFF\xFF\x7F\x7F");  // 3e38
  });
  Text(report, "scales", Level::kOk);
  EXPECT_THAT(Text(report, "tool call", Level::kWrong),
              AllOf(HasSubstr("the logit of token"), HasSubstr("finite logits")));
}

TEST_F(CheckTest, AContextTooShortToComputeWithIsNoFault) {
  const Report report = CheckBroken([](ModelFile& m) { m.SetUint("lfm2.context_length", 16); });
  EXPECT_THAT(Text(report, "tool call", Level::kUnknown), HasSubstr("the context holds 16"));
}

TEST_F(CheckTest, AMissingSpecialTokenIsNamed) {
  const Report report =
      CheckBroken([](ModelFile& m) { m.Rename("<|tool_call_end|>", "<|other|>"); });
  EXPECT_THAT(Text(report, "specials", Level::kWrong), HasSubstr("<|tool_call_end|> is missing"));
}

TEST_F(CheckTest, ASpecialTokenOfAWrongKindCanBeForged) {
  const Report wrong = CheckBroken(
      [](ModelFile& m) { m.kinds[static_cast<size_t>(m.IndexOf("<|im_start|>"))] = 1; });
  EXPECT_THAT(Text(wrong, "specials", Level::kWrong),
              HasSubstr("<|im_start|> (id 6) is normal, so text can forge it"));
  EXPECT_THAT(Text(wrong, "bos", Level::kWrong), HasSubstr("no special token '<|im_start|>'"));
  const Report warned =
      CheckBroken([](ModelFile& m) { m.kinds[static_cast<size_t>(m.IndexOf("<|im_end|>"))] = 4; });
  EXPECT_THAT(Text(warned, "specials", Level::kWarning),
              HasSubstr("<|im_end|> (id 7) is user-defined"));
  EXPECT_FALSE(warned.HasWrong());
}

TEST_F(CheckTest, OtherBosAndEosTokensAreNamed) {
  const Report report = CheckBroken([](ModelFile& m) {
    m.SetUint("tokenizer.ggml.bos_token_id", 6);
    m.SetUint("tokenizer.ggml.eos_token_id", 2);
  });
  EXPECT_THAT(Text(report, "specials", Level::kWarning),
              AllOf(HasSubstr("the BOS token is 6 ('<|im_start|>')"),
                    HasSubstr("the EOS token is 2 ('<|endoftext|>')")));
  EXPECT_THAT(Text(report, "bos", Level::kWrong), HasSubstr("3 in a prompt (token 6)"));
}

TEST_F(CheckTest, AVocabularyLargerThanTheEmbeddingIsRefused) {
  const Report report = CheckBroken([](ModelFile& m) {
    m.tokens.emplace_back("<|more|>");
    m.kinds.push_back(3);
  });
  EXPECT_THAT(Text(report, "vocabulary", Level::kWrong),
              HasSubstr("321 tokens, but the embedding has 320 rows"));
}

TEST_F(CheckTest, AVocabularySmallerThanTheEmbeddingIsAWarning) {
  const Report report = CheckBroken([](ModelFile& m) {
    std::erase_if(m.metadata, [](const auto& e) { return e.first == "lfm2.vocab_size"; });
    m.merges.pop_back();
    m.tokens.pop_back();
    m.kinds.pop_back();
  });
  EXPECT_THAT(Text(report, "vocabulary", Level::kWarning), HasSubstr("embedding has rows, 320"));
}

TEST_F(CheckTest, AnotherTemplateIsRefused) {
  const Report report = CheckBroken([](ModelFile& m) {
    m.SetString("tokenizer.chat_template", "[INST] {{ messages[0].content }} [/INST]");
  });
  EXPECT_THAT(Text(report, "template", Level::kWrong), HasSubstr("is none of the known forms"));
  Text(report, "bos", Level::kUnknown);
}

TEST_F(CheckTest, ATemplateThatSaysSomethingElseIsWrongWithTheFirstDifference) {
  if (!HasJinja()) GTEST_SKIP() << "python3-jinja2 is not there";
  const Report report = CheckBroken(
      [](ModelFile& m) {
        m.SetString(
            "tokenizer.chat_template",
            "{# weir-nano-1 #}{{- bos_token -}}{%- for m in messages -%}"
            "{{- '<|im_start|>' + m.role + ': ' + m.content + '<|im_end|>\\n' -}}{%- endfor -%}");
      },
      kWithPython);
  EXPECT_THAT(Text(report, "template", Level::kWrong),
              AllOf(HasSubstr("for 'one question' it gives ': What is 2 + 2?"),
                    HasSubstr("at byte 16"), HasSubstr("as Weir renders it")));
}

TEST_F(CheckTest, ATemplateThatIsNoJinjaIsSaidNotToBeCompared) {
  if (!HasJinja()) GTEST_SKIP() << "python3-jinja2 is not there";
  const Report report = CheckBroken(
      [](ModelFile& m) { m.SetString("tokenizer.chat_template", "{# weir-nano-1 #}{% for %}"); },
      kWithPython);
  EXPECT_THAT(Text(report, "template", Level::kUnknown), HasSubstr("it is no Jinja template"));
}

TEST_F(CheckTest, ATemplateWithTwoBosIsWrongForThatAlone) {
  if (!HasJinja()) GTEST_SKIP() << "python3-jinja2 is not there";
  const Report report = CheckBroken(
      [](ModelFile& m) {
        m.SetString("tokenizer.chat_template", "{{- bos_token -}}" + ModelFile::NanoTemplate());
      },
      kWithPython);
  EXPECT_THAT(Text(report, "bos", Level::kWrong), HasSubstr("2 at the beginning"));
  EXPECT_THAT(Text(report, "template", Level::kOk), HasSubstr("gives what Weir renders"));
}

TEST_F(CheckTest, WithoutPythonAnUnknownTemplateIsUnknownAndAKnownOneKnown) {
  const Report known = CheckBytes(Good().Bytes());
  EXPECT_THAT(Text(known, "template", Level::kOk), HasSubstr("a known one"));
  ModelFile other = Good();
  other.SetString("tokenizer.chat_template", "{# weir-nano-1 #}{{ bos_token }}");
  EXPECT_THAT(Text(CheckBytes(other.Bytes()), "template", Level::kUnknown),
              HasSubstr("no python3 to run it with"));
}

TEST_F(CheckTest, AVocabularyWithTheSpecialsOfAPublishedOneMustEncodeLikeIt) {
  synth::Request request;
  request.dims = synth::FindPreset("tiny")->dims;
  request.dims.n_vocab = 128000;
  request.dims.d_model = 64;
  request.dims.n_heads = 1;
  request.dims.n_kv_heads = 1;
  ASSERT_TRUE(synth::WriteModel(path_, request, {}, {}));
  const Result<Report> stand_in = CheckModel(path_, {.n_threads = 1, .quick = true}, {}, {});
  EXPECT_THAT(Text(*stand_in, "token ids", Level::kUnknown), HasSubstr("weir model synth"));
  EXPECT_THAT(Text(*stand_in, "template", Level::kUnknown), HasSubstr("weir model synth"));
  // The same file without saying that it is a stand-in.
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  std::string head(4096, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  const size_t at = head.find("weir.synth.seed");
  ASSERT_NE(at, std::string::npos);
  file.seekp(static_cast<std::streamoff>(at)).write("weir.other.seed", 15);
  file.close();
  const Result<Report> report = CheckModel(path_, {.n_threads = 1, .quick = true}, {}, {});
  EXPECT_THAT(Text(*report, "vocabulary", Level::kOk), HasSubstr("(LFM2.5-8B-A1B)"));
  EXPECT_THAT(Text(*report, "token ids", Level::kWrong), HasSubstr("published for LFM2.5-8B-A1B"));
}

// ---- what is not broken ----

TEST_F(CheckTest, AGoodFileHasNothingWrongAndCallsTheTool) {
  const Report report = CheckBytes(Good().Bytes());
  EXPECT_EQ(report.Count(Level::kWrong), 0);
  EXPECT_EQ(report.Count(Level::kWarning), 0);
  EXPECT_THAT(Text(report, "tool call", Level::kOk),
              AllOf(HasSubstr("get_forecast {"), HasSubstr("\"days\":")));
  EXPECT_THAT(Text(report, "continuation", Level::kUnknown), HasSubstr("none is known"));
  EXPECT_THAT(Text(report, "types", Level::kOk), HasSubstr("Q4_K ("));
  EXPECT_THAT(Text(report, "template", Level::kOk), HasSubstr("a known one"));
}

TEST_F(CheckTest, TheShippedModelIsRightInEveryLineOnEveryTarget) {
  if (!fs::exists(kNano)) GTEST_SKIP() << kNano << " is not there";
  for (const kernels::KernelTable* kernels : kernels::RunnableKernels()) {
    const Result<Report> report =
        CheckModel(kNano, {.target = std::string(kernels->name), .n_threads = 1}, {}, {});
    ASSERT_TRUE(report);
    for (const Finding& finding : report->findings) {
      const bool slow = finding.subject == "types" && !kernels->quantises_activations;
      EXPECT_EQ(LevelName(finding.level), slow ? "warning" : "ok")
          << kernels->name << " " << finding.subject << ": " << finding.found;
    }
    EXPECT_THAT(Text(*report, "continuation", Level::kOk), HasSubstr("21 of the 21 tokens"));
  }
}

TEST_F(CheckTest, QuickLeavesOutWhatComputesAndSaysSo) {
  const Report report =
      CheckBytes(Good().Bytes(), {.n_threads = 1, .quick = true, .python = kWithoutPython.python});
  EXPECT_THAT(Text(report, "continuation", Level::kUnknown), HasSubstr("left out by --quick"));
  EXPECT_THAT(Text(report, "tool call", Level::kUnknown), HasSubstr("left out by --quick"));
  Text(report, "scales", Level::kOk);
}

TEST_F(CheckTest, MatricesInFloatsAreAWarning) {
  const Result<Report> report =
      CheckModel(WEIR_TESTDATA "/golden/dense-f16.gguf", {.n_threads = 1, .quick = true}, {}, {});
  ASSERT_TRUE(report);
  EXPECT_THAT(Text(*report, "types", Level::kWarning),
              AllOf(HasSubstr("23 F16 (5.6 MB, slow)"), HasSubstr("Q4_K_M")));
  EXPECT_THAT(Text(*report, "template", Level::kUnknown), HasSubstr("the file has none"));
  EXPECT_FALSE(report->HasWrong());
}

TEST_F(CheckTest, ShowsTheRevenueConditionOfTheLfmLicence) {
  const Report lfm = CheckBroken(
      [](ModelFile& m) {
        m.SetString("general.license", "other");
        m.SetString("general.license.name", "lfm1.0");
      },
      kWithPython);
  EXPECT_THAT(Text(lfm, "licence", Level::kOk),
              AllOf(HasSubstr("other, lfm1.0: LFM Open License v1.0"),
                    HasSubstr("10 million USD of annual revenue")));
  const Report none = CheckBroken([](ModelFile& m) {
    std::erase_if(m.metadata, [](const auto& e) { return e.first == "general.license"; });
  });
  EXPECT_THAT(Text(none, "licence", Level::kUnknown), HasSubstr("the file names none"));
}

// ---- the command's side ----

TEST_F(CheckTest, ReportsProgressUpToTheEnd) {
  std::ofstream(path_, std::ios::binary) << Good().Bytes();
  uint64_t last = 0;
  uint64_t total = 0;
  const auto progress = [&](uint64_t done, uint64_t all) {
    EXPECT_GE(done, last);
    last = done;
    total = all;
  };
  ASSERT_TRUE(CheckModel(path_, {.n_threads = 1, .quick = true}, progress, {}));
  EXPECT_GT(total, 0U);
  EXPECT_EQ(last, total);
}

TEST_F(CheckTest, AStopAndUnknownKernelsAreErrors) {
  std::ofstream(path_, std::ios::binary) << Good().Bytes();
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(CheckModel(path_, {}, {}, source.get_token()).error().code, ErrorCode::kCancelled);
  EXPECT_THAT(CheckModel(path_, {.target = "abacus"}, {}, {}).error().message,
              HasSubstr("'abacus' is not known"));
}

TEST(Report, IsJsonWithCountsAndOnlyWhatThereIsToSay) {
  const Report report = {
      "m.gguf",
      {{Level::kOk, "file", "GGUF"}, {Level::kWrong, "bos", "2", "1", "use another file"}}};
  EXPECT_EQ(
      json::Dump(ReportToJson(report)),
      R"({"file":"m.gguf","result":"wrong","counts":{"ok":1,"warning":0,"wrong":1,"unknown":0},)"
      R"("checks":[{"check":"file","level":"ok","found":"GGUF"},)"
      R"({"check":"bos","level":"wrong","found":"2","expected":"1","do":"use another file"}]})");
}

TEST(Report, LinesBreakAtBlanksAndLongWordsAnywhere) {
  const Report report = {"m",
                         {{Level::kWarning, "types", "some words " + std::string(60, 'x') + " end",
                           "few", "nothing"}}};
  const std::vector<std::string> lines = ReportToLines(report);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[0], "warning  types         some words");
  EXPECT_EQ(lines[1], std::string(23, ' ') + std::string(57, 'x'));
  EXPECT_EQ(lines[2], std::string(23, ' ') + "xxx end");
  EXPECT_EQ(lines[3], std::string(23, ' ') + "expected: few");
  EXPECT_EQ(lines[4], std::string(23, ' ') + "do: nothing");
  EXPECT_EQ(lines[5], "1 warning");
}

}  // namespace
}  // namespace weir::check
