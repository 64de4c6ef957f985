#include "app/server_questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace weir::app {
namespace {

using Action = tools::ServerAnswer::Action;
using ::testing::HasSubstr;

tools::ServerQuestion Form() {
  tools::ServerQuestion question;
  question.server = "notes";
  question.message = "who and how many?";
  tools::QuestionField name;
  name.name = "name";
  name.required = true;
  tools::QuestionField count;
  count.name = "count";
  count.kind = tools::QuestionField::Kind::kInteger;
  count.default_value = 3;
  tools::QuestionField color;
  color.name = "color";
  color.kind = tools::QuestionField::Kind::kChoices;
  color.options = {{"r", "red"}, {"g", "green"}};
  question.fields = {name, count, color};
  return question;
}

tools::ServerAnswer AnswerWith(const tools::ServerQuestion& question,
                               std::deque<std::string> lines) {
  return AskServerQuestion(
      question,
      [&](std::string_view) -> std::optional<std::string> {
        if (lines.empty()) return std::nullopt;
        std::string line = lines.front();
        lines.pop_front();
        return line;
      },
      [](std::string_view) {});
}

TEST(ServerQuestions, AnythingButAClearYesDeclinesOrCancels) {
  for (const char* line : {"", "n", "maybe", "Y?"}) {
    EXPECT_EQ(AnswerWith(Form(), {line}).action, Action::kDecline) << line;
  }
  EXPECT_EQ(AnswerWith(Form(), {"c"}).action, Action::kCancel);
  EXPECT_EQ(AnswerWith(Form(), {}).action, Action::kCancel) << "end of input";
  EXPECT_EQ(AnswerWith(Form(), {"y", "Ada"}).action, Action::kCancel) << "end in the middle";
  EXPECT_EQ(AnswerWith(Form(), {"y", "", "", ""}).action, Action::kCancel) << "a required field";
}

TEST(ServerQuestions, FieldsAreReadByTheirKindWithDefaults) {
  const auto answer = AnswerWith(Form(), {"y", "Ada", "many", "", "1, 2"});
  EXPECT_EQ(answer.action, Action::kAccept);
  EXPECT_EQ(json::Dump(answer.content), R"({"name":"Ada","count":3,"color":["r","g"]})");
  EXPECT_EQ(AnswerWith(Form(), {"y", "Ada", "5", ""}).content["count"], 5);
}

TEST(ServerQuestions, APageIsShownWithItsHostApart) {
  tools::ServerQuestion page;
  page.server = "notes";
  page.url = "https://xn--exmple-cua.org/start?a=1";
  page.host = "xn--exmple-cua.org";
  const std::string text = ServerQuestionText(page);
  EXPECT_THAT(text, HasSubstr("  https://xn--exmple-cua.org/start?a=1\n"));
  EXPECT_THAT(text, HasSubstr("host:\n  xn--exmple-cua.org"));
  EXPECT_THAT(text, HasSubstr("letters of other alphabets"));
  EXPECT_EQ(AnswerWith(page, {"y"}).action, Action::kAccept);
}

TEST(ServerQuestions, AProgramsAnswerIsAnAcceptanceOrNone) {
  EXPECT_EQ(ServerAnswerFromJson({{"action", "accept"}, {"content", {{"a", 1}}}}).content["a"], 1);
  EXPECT_EQ(ServerAnswerFromJson({{"action", "cancel"}}).action, Action::kCancel);
  for (const json::Json& odd : {json::Json(), json::Json::object(), json::Json({{"action", 1}}),
                                json::Json({{"answer", "accept"}})}) {
    EXPECT_EQ(ServerAnswerFromJson(odd).action, Action::kDecline) << odd;
  }
}

}  // namespace
}  // namespace weir::app
