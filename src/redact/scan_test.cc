// Hard cases, each written by hand, of secrets. What would be a real-looking key in one piece is
// put together from parts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "redact/redactor.h"

namespace weir::redact {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "KIND=TEXT" of every finding.
std::vector<std::string> Found(const std::string& text) {
  std::vector<std::string> found;
  for (const Finding& finding : Redactor::Scan(text)) {
    found.push_back(std::string(KindName(finding.kind)) + "=" +
                    text.substr(finding.begin, finding.end - finding.begin));
  }
  return found;
}

const std::string kAws = std::string("AK") + "IAQ3Z7WLM2XKTB5NPD";
const std::string kSlack =
    std::string("xox") + "b-123456789012-1234567890123-aB3dE6gH9jK2mN5pQ8sT1vW4";
const std::string kDashes(5, '-');
const std::string kBody = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gt";

TEST(Scan, FindsNothingInNothing) {
  EXPECT_THAT(Found(""), IsEmpty());
  EXPECT_THAT(Found("\n"), IsEmpty());
  EXPECT_THAT(Found(std::string(3, '\0')), IsEmpty());
  EXPECT_THAT(Found("\xff\xfe password = \xff"), IsEmpty());
}

TEST(Scan, ATokenNeedsWordBoundaries) {
  EXPECT_THAT(Found(kAws), ElementsAre("aws-key=" + kAws));
  EXPECT_THAT(Found("(" + kAws + ")"), ElementsAre("aws-key=" + kAws));
  EXPECT_THAT(Found("see " + kAws + "."), ElementsAre("aws-key=" + kAws));
  EXPECT_THAT(Found("X" + kAws), IsEmpty());
  EXPECT_THAT(Found(kAws + "X"), IsEmpty());
  EXPECT_THAT(Found(kAws.substr(0, 19)), IsEmpty());
}

TEST(Scan, AnEscapedLineEndIsABoundary) {
  EXPECT_THAT(Found("one\\n" + kAws + "\\ntwo"), ElementsAre("aws-key=" + kAws));
  EXPECT_THAT(Found(R"("DEBUG=1\nDB_PASSWORD=Zq8-vRt2kLm\nX=1")"),
              ElementsAre("password=Zq8-vRt2kLm"));
}

TEST(Scan, SecretsAreFoundBesideBytesThatAreNoUtf8) {
  EXPECT_THAT(Found("\xff" + kAws + "\xc3"), ElementsAre("aws-key=" + kAws));
  EXPECT_THAT(Found(std::string("\0", 1) + kSlack), ElementsAre("slack-token=" + kSlack));
}

TEST(Scan, ASpecificKindWinsOverTheNameItIsAssignedTo) {
  EXPECT_THAT(Found("password=" + kAws), ElementsAre("aws-key=" + kAws));
  EXPECT_THAT(Found("token: " + kSlack), ElementsAre("slack-token=" + kSlack));
}

TEST(Scan, TheLongerFindingWins) {
  EXPECT_THAT(Found("PASSWORD=" + kAws + "!x9"), ElementsAre("password=" + kAws + "!x9"));
}

TEST(Scan, OnlyThePasswordOfAUrlIsASecret) {
  EXPECT_THAT(Found("postgres://app:s3cr3tPw@db:5432/main"),
              ElementsAre("connection-password=s3cr3tPw"));
  EXPECT_THAT(Found("redis://:q7Hn2x@cache:6379"), ElementsAre("connection-password=q7Hn2x"));
  EXPECT_THAT(Found("amqp://me:p@ss@mq/vhost"), ElementsAre("connection-password=p@ss"));
  EXPECT_THAT(Found("mysql://me:a/b#c9@db/x"), ElementsAre("connection-password=a/b#c9"));
  EXPECT_THAT(Found("mongodb+srv://u:x%40y9z@c.test/?w=1"),
              ElementsAre("connection-password=x%40y9z"));
  EXPECT_THAT(Found("jdbc:oracle:thin:scott/t1ger9@//db:1521/x"),
              ElementsAre("connection-password=t1ger9"));
  EXPECT_THAT(Found("http://host:8080/a@b"), IsEmpty());
  EXPECT_THAT(Found("http://host:8080"), IsEmpty());
  EXPECT_THAT(Found("https://user@host/path:x@y"), IsEmpty());
  EXPECT_THAT(Found("https://a.test/user/pa55@home"), IsEmpty());
}

TEST(Scan, ConnectionStringsOfKeysAndValues) {
  EXPECT_THAT(Found("Server=db;User Id=sa;Password=Tiger9;Encrypt=true"),
              ElementsAre("connection-password=Tiger9"));
  EXPECT_THAT(Found("\"Password=Tiger9;Server=db\""), ElementsAre("connection-password=Tiger9"));
  EXPECT_THAT(Found("jdbc:sqlserver://db;user=sa;password=Ti&g#er9;x=1"),
              ElementsAre("connection-password=Ti&g#er9"));
}

TEST(Scan, AWholePrivateKeyIsOneFinding) {
  const std::string key = kDashes + "BEGIN OPENSSH PRIVATE KEY" + kDashes + "\n" + kBody + "\n" +
                          kBody + "\n" + kDashes + "END OPENSSH PRIVATE KEY" + kDashes;
  EXPECT_THAT(Found("a\n" + key + "\nb"), ElementsAre("private-key=" + key));
  EXPECT_THAT(Found(key), ElementsAre("private-key=" + key));
  const std::string escaped = kDashes + "BEGIN RSA PRIVATE KEY" + kDashes + "\\n" + kBody + "\\n" +
                              kDashes + "END RSA PRIVATE KEY" + kDashes;
  EXPECT_THAT(Found("{\"key\":\"" + escaped + "\\n\"}"), ElementsAre("private-key=" + escaped));
}

TEST(Scan, AKeyThatBreaksOffIsASecretUpToThere) {
  const std::string cut = kDashes + "BEGIN EC PRIVATE KEY" + kDashes + "\n" + kBody + "\n" + kBody;
  EXPECT_THAT(Found(cut), ElementsAre("private-key=" + cut));
  EXPECT_THAT(Found(cut + "\n\n[truncated]"), ElementsAre("private-key=" + cut));
}

TEST(Scan, CertificatesPublicKeysAndExamplesOfKeysAreNone) {
  EXPECT_THAT(Found(kDashes + "BEGIN CERTIFICATE" + kDashes + "\n" + kBody + "\n" + kDashes +
                    "END CERTIFICATE" + kDashes),
              IsEmpty());
  EXPECT_THAT(Found(kDashes + "BEGIN PRIVATE KEY" + kDashes + "\n...\n" + kDashes +
                    "END PRIVATE KEY" + kDashes),
              IsEmpty());
  EXPECT_THAT(Found("grep -r '" + kDashes + "BEGIN RSA PRIVATE KEY" + kDashes + "' ."), IsEmpty());
}

TEST(Scan, CardsInPrintedGroups) {
  EXPECT_THAT(Found("4539 1488 0343 6467"), ElementsAre("card-number=4539 1488 0343 6467"));
  EXPECT_THAT(Found("4539-1488-0343-6467 exp 09/27"),
              ElementsAre("card-number=4539-1488-0343-6467"));
  EXPECT_THAT(Found("amex 3714 496353 98431"), ElementsAre("card-number=3714 496353 98431"));
  EXPECT_THAT(Found("4539148803436467 2024-01-02"), ElementsAre("card-number=4539148803436467"));
  EXPECT_THAT(Found("4539148803436468"), IsEmpty());         // check digit
  EXPECT_THAT(Found("9539148803436462"), IsEmpty());         // no issuer
  EXPECT_THAT(Found("1.4539148803436467"), IsEmpty());       // a fraction
  EXPECT_THAT(Found("45391488034364671234567"), IsEmpty());  // too long
  EXPECT_THAT(Found("4539 14880343 6467"), IsEmpty());       // no printed grouping
}

TEST(Scan, BankAccountsWithAndWithoutBlanks) {
  EXPECT_THAT(Found("IBAN DE89 3704 0044 0532 0130 00."),
              ElementsAre("iban=DE89 3704 0044 0532 0130 00"));
  EXPECT_THAT(Found("GB29NWBK60161331926819"), ElementsAre("iban=GB29NWBK60161331926819"));
  EXPECT_THAT(Found("DE89 3704 0044 0532 0130 01"), IsEmpty());
}

TEST(Scan, CredentialsOfHttp) {
  EXPECT_THAT(Found("Authorization: Bearer q8Zk3xW9qLp2"),
              ElementsAre("authorization=q8Zk3xW9qLp2"));
  EXPECT_THAT(Found("authorization: basic Ym9iOnE3SG4yeA=="),
              ElementsAre("authorization=Ym9iOnE3SG4yeA=="));
  EXPECT_THAT(Found(R"({"Authorization": "token q8Zk3xW9qLp2"})"),
              ElementsAre("authorization=q8Zk3xW9qLp2"));
  EXPECT_THAT(Found("Bearer 8f3kLq02mZx9Rt7VbA"), ElementsAre("authorization=8f3kLq02mZx9Rt7VbA"));
  EXPECT_THAT(Found("Authorization: Bearer <token>"), IsEmpty());
  EXPECT_THAT(Found("Authorization: Basic realm"), IsEmpty());
  EXPECT_THAT(Found("bearer tokens-of-appreciation"), IsEmpty());
}

TEST(Scan, ParametersOfUrlsEndAtTheNext) {
  EXPECT_THAT(Found("https://a.test/x?sig=Zk3xW9qLp2Rt7Vb1&y=2"),
              ElementsAre("url-parameter=Zk3xW9qLp2Rt7Vb1"));
  EXPECT_THAT(Found("/x?a=1&key=Zk3xW9qLp2Rt7Vb1#top"),
              ElementsAre("url-parameter=Zk3xW9qLp2Rt7Vb1"));
  EXPECT_THAT(Found("/x?key=summer-sale-2024"), IsEmpty());
  EXPECT_THAT(Found("key=Zk3xW9qLp2Rt7Vb1"), IsEmpty());
}

TEST(Scan, TheTextOfATagIsAValue) {
  EXPECT_THAT(Found("<password>Zq8-vRt2kLm</password>"), ElementsAre("password=Zq8-vRt2kLm"));
  EXPECT_THAT(Found("amqp://<user>:<password>@mq01.test/vhost"), IsEmpty());
}

TEST(Scan, AQuotedValueMayHoldEscapedQuotes) {
  EXPECT_THAT(Found(R"(password = "a\"b9c8d7e6")"), ElementsAre(R"(password=a\"b9c8d7e6)"));
  EXPECT_THAT(Found(R"({"b":"{\"password\":\"a9b8c7d6\",\"x\":1}"})"),
              ElementsAre("password=a9b8c7d6"));
}

TEST(Scan, AValueWithoutEndIsASecretToTheEndOfItsLine) {
  EXPECT_THAT(Found("password = \"a9b8c7d6e5\nnext"), ElementsAre("password=a9b8c7d6e5"));
  std::string huge;
  for (int i = 0; i < 200; ++i) huge += "Zk3xW9qLp2Rt7Vb1";
  EXPECT_THAT(Found("API_KEY=" + huge + " x"), ElementsAre("token=" + huge));
}

TEST(Scan, PlaceholdersAreLeftAlone) {
  EXPECT_THAT(Found("password=[secret:password:1]"), IsEmpty());
  EXPECT_THAT(Found("postgres://app:[secret:connection-password:2]@db/x"), IsEmpty());
  EXPECT_THAT(Found("[secret:token:1]" + kAws), IsEmpty());
  EXPECT_THAT(Found(kAws + "[secret:token:1]"), IsEmpty());
}

// One line a shape that could make a detector start again and again.
TEST(Scan, TimeIsLinearInHostileText) {
  std::string hostile;
  for (const char* piece : {"token=", "token=\"", "sk-", "eyJ", "a://b:", "4111 ", "DE89", "xoxb-",
                            "password: ", "\\\"", "[secret:", "Bearer ", "ya29."}) {
    std::string text;
    while (text.size() < 40'000) text += piece;
    hostile += text + "\n";
  }
  const std::string header = kDashes + "BEGIN PRIVATE KEY" + kDashes;
  for (int i = 0; i < 2000; ++i) hostile += header;
  // Finishes; anything that is not linear would take hours. What is found is no matter here.
  for (const Finding& finding : Redactor::Scan(hostile)) EXPECT_LE(finding.end, hostile.size());
}

}  // namespace
}  // namespace weir::redact
