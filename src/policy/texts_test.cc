// The tests of single texts: hosts, recipients, regular expressions and pointers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "policy/host.h"
#include "policy/pointer.h"
#include "policy/recipient.h"
#include "policy/regex.h"

namespace weir::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string HostIn(std::string_view url) { return HostOfUrl(url).value_or("doubtful"); }

TEST(Host, WhatTwoProgramsCouldReadDifferentlyHasNone) {
  for (const char* url : {"",
                          "example.org",
                          "//example.org/",
                          "http:/example.org",
                          "http:example.org",
                          "http://",
                          "http:///path",
                          "javascript://example.org",
                          "file://example.org/x",
                          "https://example.org@evil.org/",
                          "https://user:pw@example.org/",
                          "https://@example.org",
                          "https://example.org:/",
                          "https://example.org:99999/",
                          "https://example.org:80:80/",
                          "https://example.org:8a/",
                          "https://example.org:-1/",
                          "https://ex%61mple.org/",
                          "https://example.org\\@evil.org/",
                          "https:\\\\example.org",
                          "https://exa mple.org/",
                          " https://example.org",
                          "https://example.org/\n",
                          "https://example.org\t/",
                          "https://ex\xc3\xa4mple.org/",
                          "https://example..org/",
                          "https://.example.org/",
                          "https://-example.org/",
                          "https://example-.org/",
                          "https://example.org../",
                          "https://./",
                          "https://1.2.3/",
                          "https://256.1.1.1/",
                          "https://01.2.3.4/",
                          "https://2130706433/",
                          "https://0x7f.1/",
                          "https://0x7f000001/",
                          "https://127.0.0.1./",
                          "https://[::1",
                          "https://[]/",
                          "https://[::g]/",
                          "https://[fe80::1%25eth0]/",
                          "https://[1.2.3.4]/",
                          "https://[::1]x/",
                          "https://ex[a]mple.org/",
                          "https://example.org,evil.org/",
                          "https://exa$mple.org/"}) {
    EXPECT_EQ(HostIn(url), "doubtful") << url;
  }
  EXPECT_EQ(HostIn(std::string("https://a\0b.org/", 16)), "doubtful");
  EXPECT_EQ(HostIn("https://" + std::string(64, 'a') + ".org/"), "doubtful");
  std::string deep = "https://";
  for (int i = 0; i < 130; ++i) deep += "a.";
  EXPECT_EQ(HostIn(deep + "org/"), "doubtful");
}

TEST(Host, CaseAPortAndATrailingDotDoNotMatter) {
  for (const char* url :
       {"https://example.org", "HTTPS://Example.ORG/", "http://example.org:8080/x@y",
        "https://example.org./", "https://example.org.:443?q=a@b", "wss://example.org#x/y",
        "ftp://example.org:0", "https://example.org:00443/", "https://example.org/a:b@c//d"}) {
    EXPECT_EQ(HostIn(url), "example.org") << url;
  }
  EXPECT_EQ(HostIn("https://xn--exmple-cua.org/"), "xn--exmple-cua.org");
  EXPECT_EQ(HostIn("https://a_b.example.org/"), "a_b.example.org");
  EXPECT_EQ(HostIn("http://127.0.0.1:1/"), "127.0.0.1");
  EXPECT_EQ(HostIn("http://[0:0:0:0:0:0:0:1]:1/"), "[::1]");
  EXPECT_EQ(HostIn("http://localhost/"), "localhost");
}

TEST(Host, APatternIsAHostOrAllBeneathIt) {
  for (const char* bad : {"", "https://example.org", "example.org:80", "example.org/x", "a b", "*",
                          "*.*.org", "ex*mple.org", "*.127.0.0.1", "*.[::1]", "::1", "*."}) {
    EXPECT_FALSE(HostPattern::Parse(bad).has_value()) << bad;
  }
  const HostPattern exact = HostPattern::Parse("Example.org.").value();
  EXPECT_TRUE(exact.Matches("example.org"));
  EXPECT_FALSE(exact.Matches("a.example.org"));
  EXPECT_FALSE(exact.Matches("example.org.evil.net"));
  const HostPattern beneath = HostPattern::Parse("*.example.org").value();
  EXPECT_TRUE(beneath.Matches("a.example.org"));
  EXPECT_TRUE(beneath.Matches("a.b.example.org"));
  EXPECT_FALSE(beneath.Matches("example.org"));
  EXPECT_FALSE(beneath.Matches("aexample.org"));
  EXPECT_EQ(beneath.Text(), "*.example.org");
  EXPECT_TRUE(HostPattern::Parse("[0::1]").value().Matches("[::1]"));
}

TEST(Recipient, OnlyOnePlainAddressIsCertain) {
  const RecipientPattern domain = RecipientPattern::Parse("@example.org").value();
  for (const char* doubtful : {"",
                               "bob",
                               "@example.org",
                               "bob@",
                               "bob@@example.org",
                               "bob@example.org@example.org",
                               "Bob <bob@example.org>",
                               "bob@example.org, eve@evil.org",
                               "bob@example.org;eve@evil.org",
                               "bob@example.org ",
                               "\"bob\"@example.org",
                               "bob@example.org\n",
                               ".bob@example.org",
                               "b..ob@example.org",
                               "bob.@example.org",
                               "b\xc3\xb6"
                               "b@example.org",
                               "bob@example.org.",
                               "bob@[127.0.0.1]",
                               "bob@1.2.3",
                               "(x)bob@example.org"}) {
    EXPECT_EQ(domain.Match(doubtful), RecipientMatch::kDoubtful) << doubtful;
  }
  EXPECT_EQ(domain.Match("bob@example.org"), RecipientMatch::kYes);
  EXPECT_EQ(domain.Match("b.o+b@EXAMPLE.org"), RecipientMatch::kYes);
  EXPECT_EQ(domain.Match("bob@sub.example.org"), RecipientMatch::kNo);
  EXPECT_EQ(domain.Match("bob@example.org.evil.net"), RecipientMatch::kNo);
}

TEST(Recipient, AnAddressThatDiffersInCaseAloneIsInDoubt) {
  const RecipientPattern bob = RecipientPattern::Parse("bob@Example.org").value();
  EXPECT_EQ(bob.Match("bob@example.ORG"), RecipientMatch::kYes);
  EXPECT_EQ(bob.Match("Bob@example.org"), RecipientMatch::kDoubtful);
  EXPECT_EQ(bob.Match("amy@example.org"), RecipientMatch::kNo);
  EXPECT_EQ(bob.Match("bob+x@example.org"), RecipientMatch::kNo);
  for (const char* bad : {"", "bob", "bob@", "b ob@example.org", "bob@example.org/", "@"}) {
    EXPECT_FALSE(RecipientPattern::Parse(bad).has_value()) << bad;
  }
}

TEST(Regex, CoversTheWholeTextAndRefusesWhatItCanNotBound) {
  for (const char* bad :
       {"", "(", "a**", "(?=a)b", "(a)\\1", "[z-a]", "a{1001}", "(((a{100}){100}){100})"}) {
    EXPECT_FALSE(Regex::Compile(bad).has_value()) << bad;
  }
  EXPECT_FALSE(Regex::Compile(std::string(1025, 'a')).has_value());
  const Regex regex = Regex::Compile("[a-z]+-\\d{2,}").value();
  EXPECT_TRUE(regex.Matches("abc-12"));
  EXPECT_FALSE(regex.Matches("abc-1"));
  EXPECT_FALSE(regex.Matches("x abc-12"));
  EXPECT_FALSE(regex.Matches("abc-12\n"));
  EXPECT_TRUE(Regex::Compile("a|ab").value().Matches("ab"));
  EXPECT_TRUE(Regex::Compile(".*secret.*").value().Matches("a\nsecret\nb"));
  EXPECT_FALSE(Regex::Compile(".*").value().Matches("\xff"));
  EXPECT_THAT(Regex::Compile("(").error().message, HasSubstr("missing )"));
}

TEST(Regex, TheWorstExpressionTakesTimeLinearInTheText) {
  const Regex regex = Regex::Compile("(a*)*(a|aa)+b").value();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(regex.Matches(std::string(200'000, 'a')));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(Pointer, IsANameOrAPointerWithStars) {
  for (const char* bad : {"/", "//", "/a/", "/a//b", "/~", "/~2", "/a~"}) {
    EXPECT_FALSE(ArgumentPointer::Parse(bad).has_value()) << bad;
  }
  EXPECT_THAT(ArgumentPointer::Parse("/to/*/a~1b~0c").value().parts(),
              ElementsAre("to", "*", "a/b~c"));
  EXPECT_THAT(ArgumentPointer::Parse("a/b").value().parts(), ElementsAre("a/b"));
  EXPECT_EQ(ArgumentPointer::Parse("/path").value(), ArgumentPointer::Parse("path").value());
  EXPECT_EQ(ArgumentPointer::Parse("/path").value().Text(), "path");
  EXPECT_EQ(ArgumentPointer::Parse("/to/0/a~1b").value().Text(), "/to/0/a~1b");
  EXPECT_EQ(ListIndex("0"), 0);
  EXPECT_EQ(ListIndex("17"), 17);
  for (const char* none : {"", "00", "-1", "1a", "*", "99999999999999999999"}) {
    EXPECT_EQ(ListIndex(none), -1) << none;
  }
}

}  // namespace
}  // namespace weir::policy
