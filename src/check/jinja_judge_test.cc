// The template is a stranger's program: what it may not do, and what it gives when it behaves.

#include "check/jinja_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace weir::check {
namespace {

using ::testing::HasSubstr;

class JinjaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("/usr/bin/python3 -I -c 'import jinja2' 2>/dev/null") != 0)
      GTEST_SKIP() << "python3-jinja2 is not there";
  }
  static Result<std::vector<Result<std::string>>> Render(const std::string& text,
                                                         const JinjaOptions& options = {}) {
    const TemplateInput input = {
        text,
        "<s>",
        "</s>",
        {{{"messages", {{{"role", "user"}, {"content", "caf\u00e9 <b>"}}}}},
         {{"messages", json::Json::array()}, {"tools", {"t"}}}}};
    return RenderWithJinja(input, options, {});
  }
  // The first conversation's text or the message against it.
  static std::string First(const std::string& text) {
    const auto rendered = Render(text);
    if (!rendered) return rendered.error().message;
    return (*rendered)[0] ? *(*rendered)[0] : (*rendered)[0].error().message;
  }
};

TEST_F(JinjaTest, HostileTemplatesAreRefusedOrEnd) {
  EXPECT_THAT(First("{{ ''.__class__.__mro__[1].__subclasses__() }}"), HasSubstr("SecurityError"));
  EXPECT_THAT(First("{{ messages.append(1) }}"), HasSubstr("SecurityError"));
  EXPECT_THAT(First("{% for i in range(10000000) %}x{% endfor %}"), HasSubstr("OverflowError"));
  EXPECT_THAT(First("{% include '/etc/passwd' %}"), HasSubstr("no loader"));
  EXPECT_THAT(First("{{ 'x' * 4000000000 }}"), HasSubstr("MemoryError"));
  EXPECT_THAT(First("{{ raise_exception('not so') }}"), HasSubstr("TemplateError: not so"));
  EXPECT_THAT(First("{% for %}"), HasSubstr("it is no Jinja template: TemplateSyntaxError"));
}

TEST_F(JinjaTest, ATemplateWithoutEndIsEndedInTime) {
  const std::string loop = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}";
  const auto rendered = Render(loop + "{% endfor %}", {.limit_us = 700'000});
  ASSERT_FALSE(rendered);
  EXPECT_EQ(rendered.error().code, ErrorCode::kDeadlineExceeded);
}

TEST_F(JinjaTest, AnOutputWithoutBoundsIsRefused) { EXPECT_FALSE(Render("{{ 'x' * 20000000 }}")); }

TEST_F(JinjaTest, GivesTheTextAsTheMakersSoftwareDoes) {
  EXPECT_EQ(First("{{- bos_token -}}{{ messages[0] | tojson }}{{ eos_token }}"),
            "<s>{\"role\": \"user\", \"content\": \"caf\u00e9 <b>\"}</s>");
  EXPECT_EQ(First("a\n  {%- generation -%} b {%- endgeneration -%}\n c"), "abc");
  EXPECT_EQ(First("{% if add_generation_prompt %}\nyes\n{% endif %}"), "yes\n");
}

TEST_F(JinjaTest, OneConversationsErrorIsItsOwn) {
  const auto rendered = Render("{{ messages[0].content }}{{ tools[0] }}");
  ASSERT_TRUE(rendered) << rendered.error().message;
  EXPECT_FALSE((*rendered)[1]);
  EXPECT_THAT((*rendered)[1].error().message, HasSubstr("UndefinedError"));
}

TEST(Jinja, WithoutPythonThePackagesAreNamed) {
  const auto rendered = RenderWithJinja({}, {.python = "/nonexistent/python3"}, {});
  ASSERT_FALSE(rendered);
  EXPECT_EQ(rendered.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(rendered.error().message, HasSubstr("install the packages python3 and"));
}

}  // namespace
}  // namespace weir::check
