#include "net/url.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::net {
namespace {

TEST(ParseUrl, RefusesWhatTwoProgramsCouldReadDifferently) {
  for (const char* text : {"",
                           "http",
                           "http:",
                           "http:/a",
                           "http://",
                           "http:///path",
                           "//host/",
                           "/path",
                           "ftp://host/",
                           "file:///etc/passwd",
                           "javascript:alert(1)",
                           "data:,x",
                           "http//host",
                           "http ://host",
                           "http://user@host/",
                           "http://good.example@evil.example/",
                           "http://host:/",
                           "http://host:0/",
                           "http://host:65536/",
                           "http://host:99999999999/",
                           "http://host:+80/",
                           "http://host:8a/",
                           "http://ho st/",
                           "http://host\\evil/",
                           "http://host\t/",
                           "http://host\n",
                           "http://h%41st/",
                           "http://.host/",
                           "http://host./",
                           "http://a..b/",
                           "http://-a/",
                           "http://a-/",
                           "http://127.1/",
                           "http://0x7f.0.0.1/",
                           "http://2130706433/",
                           "http://127.0.0.256/",
                           "http://0x7f000001/",
                           "http://1.2.3.4.5/",
                           "http://[::1/",
                           "http://[::1]x/",
                           "http://::1/",
                           "http://[fe80::1%25eth0]/",
                           "http://[127.0.0.1]/",
                           "http://host/a b",
                           "http://host/\xc3\xa4",
                           "http://h\xc3\xb6st/",
                           "http://host/a\\b",
                           "http://host/%",
                           "http://host/%4",
                           "http://host/%zz",
                           "http://host/?a=%",
                           "http://host/?<>",
                           "http://host/#fragment",
                           "http://host/?a#b",
                           "http://host/\"",
                           "http://host/{a}",
                           "http://host?a\x7f"}) {
    const Result<Url> url = ParseUrl(text);
    EXPECT_FALSE(url) << text;
    if (!url) {
      EXPECT_EQ(url.error().code, ErrorCode::kInvalidArgument);
    }
  }
  EXPECT_FALSE(ParseUrl(std::string("http://host/\0x", 14)));
  EXPECT_FALSE(ParseUrl("http://host/" + std::string(kMaxUrlBytes, 'a')));
  EXPECT_FALSE(ParseUrl("http://" + std::string(64, 'a') + ".org/"));
}

TEST(ParseUrl, ErrorsDoNotRepeatTheTextWhichMayHoldSecrets) {
  const Result<Url> url = ParseUrl("http://name:secret@host/?token=secret");
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().message.find("secret"), std::string::npos);
}

TEST(ParseUrl, TakesHostsPortsPathsAndQueriesAsTheyAre) {
  const Result<Url> url = ParseUrl("HTTPS://Example.ORG:8443/a/../%7Eb;c=1?x=%20&y=/?");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/a/../%7Eb;c=1");
  EXPECT_EQ(url->query, "x=%20&y=/?");
  EXPECT_EQ(url->Text(), "https://example.org:8443/a/../%7Eb;c=1?x=%20&y=/?");
}

TEST(ParseUrl, FillsInThePortAndThePath) {
  EXPECT_EQ(ParseUrl("http://a")->Text(), "http://a/");
  EXPECT_EQ(ParseUrl("http://a?q")->Text(), "http://a/?q");
  EXPECT_EQ(ParseUrl("http://a/?")->Text(), "http://a/?");
  EXPECT_EQ(ParseUrl("http://a:80/")->Origin(), "http://a");
  EXPECT_EQ(ParseUrl("https://a:443/")->Origin(), "https://a");
  EXPECT_EQ(ParseUrl("https://a:80/")->Origin(), "https://a:80");
  EXPECT_EQ(ParseUrl("http://[2001:DB8:0::1]:8080/")->Origin(), "http://[2001:db8::1]:8080");
}

TEST(Url, KnowsLoopbackFromNamesThatOnlyLookLikeIt) {
  for (const char* text : {"http://localhost:1/", "http://LOCALHOST/", "http://127.0.0.1/",
                           "http://127.9.8.7/", "http://[::1]:8/", "http://[0:0::1]/"})
    EXPECT_TRUE(ParseUrl(text)->IsLoopback()) << text;
  for (const char* text :
       {"http://localhost.example.org/", "http://127.0.0.1.example.org/", "http://128.0.0.1/",
        "http://10.0.0.1/", "http://[::2]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/"})
    EXPECT_FALSE(ParseUrl(text)->IsLoopback()) << text;
}

TEST(Url, KnowsPunycode) {
  EXPECT_TRUE(HasPunycode(*ParseUrl("https://xn--pple-43d.com/")));
  EXPECT_TRUE(HasPunycode(*ParseUrl("https://login.XN--pple-43d.com/")));
  EXPECT_FALSE(HasPunycode(*ParseUrl("https://axn--b.com/")));
}

TEST(JoinUrl, FollowsTheExamplesOfTheRfc) {
  const Url base = *ParseUrl("http://a/b/c/d;p?q");
  const struct {
    const char* reference;
    const char* joined;
  } cases[] = {{"g", "http://a/b/c/g"},
               {"./g", "http://a/b/c/g"},
               {"g/", "http://a/b/c/g/"},
               {"/g", "http://a/g"},
               {"//g", "http://g/"},
               {"?y", "http://a/b/c/d;p?y"},
               {"g?y", "http://a/b/c/g?y"},
               {"#s", "http://a/b/c/d;p?q"},
               {"g#s", "http://a/b/c/g"},
               {";x", "http://a/b/c/;x"},
               {"", "http://a/b/c/d;p?q"},
               {".", "http://a/b/c/"},
               {"./", "http://a/b/c/"},
               {"..", "http://a/b/"},
               {"../g", "http://a/b/g"},
               {"../..", "http://a/"},
               {"../../../g", "http://a/g"},
               {"/./g", "http://a/g"},
               {"g.", "http://a/b/c/g."},
               {"./../g", "http://a/b/g"},
               {"g/./h", "http://a/b/c/g/h"},
               {"g/../h", "http://a/b/c/h"},
               {"https://other/x", "https://other/x"}};
  for (const auto& [reference, joined] : cases) {
    const Result<Url> url = JoinUrl(base, reference);
    ASSERT_TRUE(url) << reference;
    EXPECT_EQ(url->Text(), joined) << reference;
  }
  EXPECT_FALSE(JoinUrl(base, "mailto:a@b"));
  EXPECT_FALSE(JoinUrl(base, "javascript:alert(1)"));
  EXPECT_FALSE(JoinUrl(base, "//user@evil/"));
}

TEST(Form, EncodesEveryByteAndReadsItBack) {
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  const FormFields fields = {{"a b", every}, {"", ""}, {"x", "1+1=2&3"}, {"x", "again"}};
  const std::string form = EncodeForm(fields);
  for (const char c : form) EXPECT_TRUE(c > ' ' && c < 127);
  const Result<FormFields> read = DecodeForm(form);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, fields);
}

TEST(Form, ReadsWhatOthersWriteAndRefusesHalfAByte) {
  EXPECT_EQ(*DecodeForm("a=1+2&&b&=c&d=="),
            (FormFields{{"a", "1 2"}, {"b", ""}, {"", "c"}, {"d", "="}}));
  EXPECT_EQ(*DecodeForm(""), FormFields{});
  for (const char* text : {"a=%", "a=%4", "a=%zz", "%"}) EXPECT_FALSE(DecodeForm(text)) << text;
}

}  // namespace
}  // namespace weir::net
