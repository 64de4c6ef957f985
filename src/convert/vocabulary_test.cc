#include "convert/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "convert/testing/export.h"
#include "convert/testing/temp_folder.h"
#include "tokenizer/testing/judge.h"

namespace weir::convert {
namespace {

using json::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TempFolder;

constexpr int kVocab = 1024;

// The tokenizer files of the golden dense model: 1024 tokens, BOS 1, EOS 7, padding 0.
class VocabularyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string gguf = std::string(WEIR_TESTDATA) + "/golden/dense-f16.gguf";
    const Status done = testing::Export(gguf, folder_.path(), {});
    ASSERT_TRUE(done) << done.error().message;
  }

  void Edit(const char* file, const std::function<void(Json&)>& edit) const {
    const Status done = testing::EditJson(folder_.Path(file), edit);
    ASSERT_TRUE(done) << done.error().message;
  }
  // The keys as a reader sees them, in `read_`.
  Status Add(int n_vocab = kVocab) {
    metadata_ = {};
    warnings_ = {};
    metadata_.AddString("general.architecture", "lfm2");
    RETURN_IF_ERROR(AddVocabulary(folder_.path(), n_vocab, metadata_, warnings_));
    ASSIGN_OR_RETURN(const gguf::GgufFile header, metadata_.Read());
    read_ = header.metadata();
    return {};
  }
  std::string Error(int n_vocab = kVocab) {
    const Status done = Add(n_vocab);
    return done ? "no error" : done.error().message;
  }
  std::string ErrorAfter(const std::function<void(Json&)>& edit_tokenizer) {
    Edit("tokenizer.json", edit_tokenizer);
    return Error();
  }

  TempFolder folder_;
  gguf::MetadataBuilder metadata_;
  gguf::Metadata read_;
  std::vector<std::string> warnings_;
};

TEST_F(VocabularyTest, RefusesTokenizersThatWouldGiveOtherIds) {
  EXPECT_THAT(ErrorAfter([](Json& t) { t["normalizer"] = {{"type", "NFC"}}; }),
              HasSubstr(R"(tokenizer.json: 'normalizer' is {"type":"NFC"}; expected null)"));
  EXPECT_THAT(ErrorAfter([](Json& t) {
                t["normalizer"] = nullptr;
                t["model"]["type"] = "Unigram";
              }),
              HasSubstr("'type' is \"Unigram\"; expected 'BPE'"));
  EXPECT_THAT(ErrorAfter([](Json& t) {
                t["model"]["type"] = "BPE";
                t["model"]["byte_fallback"] = true;
              }),
              HasSubstr("'byte_fallback' is true; expected none"));
}

TEST_F(VocabularyTest, RefusesSplitPatternsThatItDoesNotKnow) {
  const auto set_pattern = [](const std::string& pattern) {
    return [pattern](Json& t) {
      t["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = pattern;
    };
  };
  EXPECT_THAT(ErrorAfter(set_pattern("\\w+|\\s+")), HasSubstr("'pre_tokenizer' is {\"type\""));
  for (const std::string_view known : {tokenizer::kSplitPattern, tokenizer::kSplitPattern128K}) {
    EXPECT_EQ(ErrorAfter(set_pattern(std::string(known))), "no error") << known;
  }
  EXPECT_THAT(
      ErrorAfter([](Json& t) { t["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Removed"; }),
      HasSubstr("the split pattern of the LFM2 family"));
  EXPECT_THAT(ErrorAfter([](Json& t) {
                t["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Isolated";
                t["pre_tokenizer"]["pretokenizers"][1]["add_prefix_space"] = true;
              }),
              HasSubstr("the split pattern of the LFM2 family"));
  EXPECT_THAT(ErrorAfter([](Json& t) { t["pre_tokenizer"] = {{"type", "ByteLevel"}}; }),
              HasSubstr("the split pattern of the LFM2 family"));
  EXPECT_THAT(ErrorAfter([](Json& t) { t["pre_tokenizer"] = nullptr; }), HasSubstr("is missing"));
}

TEST_F(VocabularyTest, RefusesIdsThatCannotBe) {
  EXPECT_THAT(Error(1000), HasSubstr("expected 0 to 999, as vocab_size in config.json says"));
  EXPECT_THAT(ErrorAfter([](Json& t) { t["model"]["vocab"]["new"] = 500; }),
              HasSubstr("have one id, 500"));
  EXPECT_THAT(ErrorAfter([](Json& t) { t["model"]["vocab"]["new"] = -1; }),
              HasSubstr("token 'new' has id -1"));
  EXPECT_THAT(ErrorAfter([](Json& t) { t["model"]["vocab"]["new"] = "5"; }),
              HasSubstr("token 'new' has id \"5\""));
  EXPECT_THAT(ErrorAfter([](Json& t) {
                t["model"]["vocab"].erase("new");
                t["added_tokens"].push_back({{"id", 3}, {"content", "<|pad|>"}});
              }),
              HasSubstr("have one id, 3"));
  EXPECT_THAT(ErrorAfter([](Json& t) { t["added_tokens"] = Json::array({Json{{"id", 3}}}); }),
              HasSubstr("expected an object with id and content"));
}

TEST_F(VocabularyTest, RefusesMergesThatMakeNoTokens) {
  EXPECT_THAT(ErrorAfter([](Json& t) { t["model"]["merges"].push_back({"a"}); }),
              HasSubstr("'merges' has [\"a\"]; expected pairs of tokens"));
  EXPECT_THAT(ErrorAfter([](Json& t) { t["model"]["merges"] = {"no such"}; }),
              HasSubstr("tokenizer.json: "));
  EXPECT_THAT(ErrorAfter([](Json& t) { t["model"]["merges"] = nullptr; }),
              HasSubstr("'merges' is missing"));
}

TEST_F(VocabularyTest, FillsRowsWithoutATokenWithPadding) {
  Edit("config.json", [](Json& c) { c["vocab_size"] = kVocab + 2; });
  ASSERT_EQ(Error(kVocab + 2), "no error");
  const auto tokens = read_.GetStrings("tokenizer.ggml.tokens");
  EXPECT_EQ(tokens->at(kVocab + 1), "[PAD1025]");
  EXPECT_EQ(read_.GetInts("tokenizer.ggml.token_type")->back(), 5);
}

TEST_F(VocabularyTest, TellsControlTokensFromUserDefinedOnes) {
  Edit("tokenizer.json", [](Json& t) {
    t["added_tokens"].push_back({{"id", kVocab}, {"content", "<think>"}, {"special", false}});
    t["added_tokens"].push_back({{"id", kVocab + 1}, {"content", "<|x|>"}, {"special", false}});
    t["added_tokens"].push_back(
        {{"id", kVocab + 2}, {"content", "a special word"}, {"special", true}});
  });
  ASSERT_EQ(Error(kVocab + 3), "no error");
  const auto kinds = read_.GetInts("tokenizer.ggml.token_type");
  EXPECT_THAT(std::vector<int64_t>(kinds->end() - 3, kinds->end()), ElementsAre(4, 3, 3));
}

TEST_F(VocabularyTest, FindsSpecialIdsByTextAndThenByNumber) {
  ASSERT_EQ(Error(), "no error");
  EXPECT_EQ(read_.GetUint("tokenizer.ggml.bos_token_id").value(), 1U);
  EXPECT_EQ(read_.GetUint("tokenizer.ggml.eos_token_id").value(), 7U);
  EXPECT_EQ(read_.GetUint("tokenizer.ggml.padding_token_id").value(), 0U);

  Edit("tokenizer_config.json", [](Json& c) {
    c.erase("eos_token");
    c["bos_token"] = "no such token";
  });
  EXPECT_THAT(Error(), HasSubstr("neither 'bos_token' in tokenizer_config.json nor "
                                 "'bos_token_id' in generation_config.json or config.json"));
  folder_.Write("generation_config.json", R"({"bos_token_id": 2, "eos_token_id": [6, 7]})");
  Edit("config.json", [](Json& c) { c["eos_token_id"] = 3; });
  ASSERT_EQ(Error(), "no error");
  EXPECT_EQ(read_.GetUint("tokenizer.ggml.bos_token_id").value(), 2U);
  EXPECT_EQ(read_.GetUint("tokenizer.ggml.eos_token_id").value(), 6U);
  folder_.Write("generation_config.json", R"({"bos_token_id": 2, "eos_token_id": 5000})");
  ASSERT_EQ(Error(), "no error");
  EXPECT_EQ(read_.GetUint("tokenizer.ggml.eos_token_id").value(), 3U);
}

TEST_F(VocabularyTest, SaysWhetherBosIsAddedOnlyWhereAFileDoes) {
  ASSERT_EQ(Error(), "no error");
  EXPECT_TRUE(read_.GetBool("tokenizer.ggml.add_bos_token").value());
  Edit("tokenizer_config.json", [](Json& c) { c.erase("add_bos_token"); });
  ASSERT_EQ(Error(), "no error");
  EXPECT_FALSE(read_.Has("tokenizer.ggml.add_bos_token"));
  Edit("tokenizer.json", [](Json& t) {
    const Json bos = {{"SpecialToken", {{"id", "<|startoftext|>"}, {"type_id", 0}}}};
    const Json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
    const Json steps =
        Json::array({Json{{"type", "ByteLevel"}},
                     Json{{"type", "TemplateProcessing"}, {"single", Json::array({bos, text})}}});
    t["post_processor"] = {{"type", "Sequence"}, {"processors", steps}};
  });
  ASSERT_EQ(Error(), "no error");
  EXPECT_TRUE(read_.GetBool("tokenizer.ggml.add_bos_token").value());
  Edit("tokenizer_config.json", [](Json& c) { c["add_bos_token"] = false; });
  ASSERT_EQ(Error(), "no error");
  EXPECT_FALSE(read_.GetBool("tokenizer.ggml.add_bos_token").value());
  Edit("tokenizer_config.json", [](Json& c) { c["add_bos_token"] = "yes"; });
  EXPECT_THAT(Error(), HasSubstr("'add_bos_token' is \"yes\"; expected true or false"));
}

TEST_F(VocabularyTest, TakesTheChatTemplateFromWhereItIs) {
  ASSERT_EQ(Error(), "no error");
  EXPECT_FALSE(read_.Has("tokenizer.chat_template"));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("has no chat template")));
  Edit("tokenizer_config.json", [](Json& c) { c["chat_template"] = "in the configuration"; });
  ASSERT_EQ(Error(), "no error");
  EXPECT_EQ(read_.GetString("tokenizer.chat_template").value(), "in the configuration");
  EXPECT_THAT(warnings_, IsEmpty());
  Edit("tokenizer_config.json", [](Json& c) {
    c["chat_template"] = Json::array({Json{{"name", "default"}, {"template", "one"}},
                                      Json{{"name", "tool_use"}, {"template", "two"}}});
  });
  ASSERT_EQ(Error(), "no error");
  EXPECT_EQ(read_.GetString("tokenizer.chat_template").value(), "one");
  EXPECT_EQ(read_.GetString("tokenizer.chat_template.tool_use").value(), "two");
  Edit("tokenizer_config.json", [](Json& c) { c["chat_template"][1].erase("name"); });
  EXPECT_THAT(Error(), HasSubstr("'chat_template' is"));
  folder_.Write("chat_template.jinja", "in a file");
  ASSERT_EQ(Error(), "no error");
  EXPECT_EQ(read_.GetString("tokenizer.chat_template").value(), "in a file");
}

}  // namespace
}  // namespace weir::convert
