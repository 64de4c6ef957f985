#include "agent/origins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/context.h"

namespace weir::agent {
namespace {

using policy::Origin;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// The origins of one argument.
std::vector<Origin> Of(const json::Json& value, const OriginTexts& texts) {
  return OriginsOf({{"a", value}}, texts).at("a");
}

const OriginTexts kTexts{.person = {"move notes.txt to archive, it cost 1250 euros. Don't ask"},
                         .tool_results = {"budget.csv: 3 lines, total 1250, owner Zoë"}};

TEST(Origins, WhatNobodyWroteIsTheModels) {
  EXPECT_THAT(Of("report.md", kTexts), ElementsAre(Origin::kModel));
  EXPECT_THAT(Of("", kTexts), ElementsAre(Origin::kModel));
  EXPECT_THAT(Of(nullptr, kTexts), ElementsAre(Origin::kModel));
  EXPECT_THAT(Of(json::Json::array(), kTexts), ElementsAre(Origin::kModel));
  EXPECT_THAT(OriginsOf(json::Json::object(), kTexts), IsEmpty());
  EXPECT_THAT(OriginsOf("no object", kTexts), IsEmpty());
}

TEST(Origins, PartsOfWordsAreNoMatch) {
  EXPECT_THAT(Of("otes.txt", kTexts), ElementsAre(Origin::kModel));
  EXPECT_THAT(Of("arch", kTexts), ElementsAre(Origin::kModel));
  EXPECT_THAT(Of("Don't a", kTexts), ElementsAre(Origin::kModel));
  EXPECT_THAT(Of(125, kTexts), ElementsAre(Origin::kModel));
  EXPECT_THAT(Of(250, kTexts), ElementsAre(Origin::kModel));
  // A letter beyond ASCII is a letter.
  EXPECT_THAT(Of("owner Zo", kTexts), ElementsAre(Origin::kModel));
  EXPECT_THAT(Of("owner Zoë", kTexts), ElementsAre(Origin::kToolResult));
}

TEST(Origins, ShortTextsAndNumbersProveNothing) {
  EXPECT_THAT(Of("ask", kTexts), ElementsAre(Origin::kModel));
  EXPECT_THAT(Of(3, kTexts), ElementsAre(Origin::kModel));
  EXPECT_THAT(Of("Zoë", kTexts), ElementsAre(Origin::kModel));
}

TEST(Origins, WhatThePersonWroteIsThePersons) {
  EXPECT_THAT(Of("notes.txt", kTexts), ElementsAre(Origin::kPerson));
  EXPECT_THAT(Of("  archive\n", kTexts), ElementsAre(Origin::kPerson));
  EXPECT_THAT(Of("Archive", kTexts), ElementsAre(Origin::kModel));
}

TEST(Origins, WhatBothWroteHasBothOrigins) {
  EXPECT_THAT(Of(1250, kTexts), ElementsAre(Origin::kPerson, Origin::kToolResult));
  EXPECT_THAT(Of("1250", kTexts), ElementsAre(Origin::kPerson, Origin::kToolResult));
}

TEST(Origins, TruthValuesGoByTheirWord) {
  EXPECT_THAT(Of(true, {.person = {"set it to true"}, .tool_results = {}}),
              ElementsAre(Origin::kPerson));
  EXPECT_THAT(Of(false, {.person = {"set it to true"}, .tool_results = {}}),
              ElementsAre(Origin::kModel));
}

TEST(Origins, AnArgumentHasTheOriginsOfAllItsParts) {
  const json::Json to = {{{"address", "notes.txt"}}, {{"address", "budget.csv"}}};
  EXPECT_THAT(Of(to, kTexts), UnorderedElementsAre(Origin::kPerson, Origin::kToolResult));
  EXPECT_THAT(Of({{"notes.txt", "notes.txt"}}, kTexts), ElementsAre(Origin::kPerson));
  // A name that a stranger chose is the stranger's.
  EXPECT_THAT(Of({{"budget.csv", "notes.txt"}}, kTexts),
              UnorderedElementsAre(Origin::kPerson, Origin::kToolResult));
}

TEST(Origins, NamesThatLookLikePointersArePlaces) {
  const auto origins = OriginsOf({{"/a~b/c", "notes.txt"}, {"path", "notes.txt"}}, kTexts);
  EXPECT_THAT(origins, UnorderedElementsAre(Pair("/~1a~0b~1c", ElementsAre(Origin::kPerson)),
                                            Pair("path", ElementsAre(Origin::kPerson))));
}

TEST(Origins, AnAnswerToAToolsQuestionIsThePersonsOwn) {
  chat::Conversation conversation;
  conversation.messages.push_back(TextMessage(chat::Role::kSystem, "the system"));
  conversation.messages.push_back(TextMessage(chat::Role::kUser, "the request"));
  conversation.messages.push_back(TextMessage(chat::Role::kAssistant, "the model"));
  conversation.messages.push_back(TextMessage(chat::Role::kTool, "a result"));
  conversation.messages.back().tool_name = "read_file";
  conversation.messages.push_back(TextMessage(chat::Role::kTool, "the answer"));
  conversation.messages.back().tool_name = "ask_user";
  const OriginTexts texts = TextsOf(conversation, "ask_user");
  EXPECT_THAT(texts.person, ElementsAre("the request", "the answer"));
  EXPECT_THAT(texts.tool_results, ElementsAre("a result"));
}

}  // namespace
}  // namespace weir::agent
