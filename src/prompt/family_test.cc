#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>

#include "gguf/gguf_file.h"
#include "prompt/prompt.h"

namespace weir::prompt {
namespace {

gguf::Value StringValue(const std::string& text) {
  return {.kind = gguf::Kind::kString, .bytes = std::as_bytes(std::span(text))};
}

Result<Family> Detect(const std::string& architecture, const std::string& chat_template) {
  gguf::Metadata metadata;
  metadata.Add("general.architecture", StringValue(architecture));
  if (!chat_template.empty()) metadata.Add("tokenizer.chat_template", StringValue(chat_template));
  return DetectFamily(metadata);
}

TEST(Family, IsReadFromTheTemplate) {
  EXPECT_EQ(Detect("lfm2", "{# weir-nano-1 #}"), Family::kNano);
  EXPECT_EQ(Detect("lfm2moe", "List of tools: <|tool_list_start|>["), Family::kLfm2);
  EXPECT_EQ(Detect("lfm2moe", "{% if preserve_thinking %}List of tools: ["), Family::kLfm25_8B);
  EXPECT_EQ(Detect("lfm2", "{% if not keep_past_thinking %}"), Family::kLfm25Instruct);
  EXPECT_EQ(Detect("lfm2", "<|im_start|> List of tools: ["), Family::kLfm25Instruct);
}

TEST(Family, WithoutATemplateTheArchitectureDecides) {
  EXPECT_EQ(Detect("lfm2moe", ""), Family::kLfm25_8B);
  EXPECT_EQ(Detect("lfm2", ""), Family::kLfm25Instruct);
  EXPECT_EQ(Detect("llama", "").error().code, ErrorCode::kUnsupported);
}

TEST(Family, UnknownTemplatesAreRefused) {
  const auto open_think =
      Detect("lfm2", "{{ '<|im_start|>assistant\\n<think>' }} preserve_thinking");
  ASSERT_FALSE(open_think.has_value());
  EXPECT_THAT(open_think.error().message, testing::HasSubstr("opens reasoning"));
  EXPECT_EQ(Detect("lfm2", "[INST]").error().code, ErrorCode::kUnsupported);
}

TEST(Family, NamesComeBack) {
  for (const Family family :
       {Family::kLfm2, Family::kLfm25Instruct, Family::kLfm25_8B, Family::kNano}) {
    EXPECT_EQ(FamilyFromName(FamilyName(family)), family);
  }
  EXPECT_FALSE(FamilyFromName("gpt").has_value());
}

TEST(Family, OfAGoldenModelIsThatOfItsArchitecture) {
  const auto file = gguf::GgufFile::Open(WEIR_TESTDATA "/golden/tiny-q4_0.gguf");
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ(DetectFamily(file->metadata()), Family::kLfm25_8B);
}

}  // namespace
}  // namespace weir::prompt
