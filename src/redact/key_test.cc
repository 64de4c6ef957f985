// Names of secrets, and how they are read off a text backwards.

#include <gtest/gtest.h>

#include "redact/key_context.h"
#include "redact/key_name.h"
#include "redact/value.h"

namespace weir::redact {
namespace {

TEST(KeyName, NamesThatOnlyMentionSecretsAreNone) {
  for (const char* name : {"",
                           "-",
                           "password_hint",
                           "token_count",
                           "tokenType",
                           "public_key",
                           "publicToken",
                           "keyboard",
                           "secretary",
                           "monkey",
                           "passport",
                           "nextPageToken",
                           "primary_key",
                           "password_file",
                           "compass",
                           "key_id",
                           "token_url",
                           "bypass",
                           "author",
                           "oauth_redirect",
                           "cache-key",
                           "secret_name"}) {
    const KeyClass key_class = ClassifyKey(name);
    EXPECT_TRUE(key_class == KeyClass::kNone || key_class == KeyClass::kParameter) << name;
  }
  EXPECT_EQ(ClassifyKey(std::string(65, 'a') + "_password"), KeyClass::kNone);
}

TEST(KeyName, ReadsEverySpelling) {
  for (const char* name :
       {"password", "Password", "DB_PASSWORD", "dbPassword", "db-password", "pwd", "MYSQL_PWD",
        "user.pass", "PGPASSWORD", "keystorePassphrase", "password_2"})
    EXPECT_EQ(ClassifyKey(name), KeyClass::kPassword) << name;
  for (const char* name :
       {"token", "API_KEY", "apikey", "apiKey", "x-api-key", "client_secret", "SECRET_KEY_BASE",
        "accessToken", "GITHUB_TOKEN", "API_KEY_PROD", "_authToken"})
    EXPECT_EQ(ClassifyKey(name), KeyClass::kToken) << name;
  for (const char* name : {"session", "sessionid", "PHPSESSID", "connect.sid", "JSESSIONID", "sid"})
    EXPECT_EQ(ClassifyKey(name), KeyClass::kSession) << name;
  EXPECT_EQ(ClassifyKey("aws_secret_access_key"), KeyClass::kAwsSecret);
  EXPECT_EQ(ClassifyKey("AccountKey"), KeyClass::kAzureKey);
  EXPECT_EQ(ClassifyKey("sig"), KeyClass::kParameter);
}

TEST(KeyContext, FindsNoNameWhereNothingIsAssigned) {
  for (const char* before :
       {"", " ", "password", "password ", "the password is ", "password::", "foo, ", "password\n",
        "password: 1,\n\"", "\"", "b\"", "= ", "->token>", "password, ", "f(password, "}) {
    EXPECT_FALSE(KeyBefore(before).has_value()) << before;
  }
}

TEST(KeyContext, ReadsEveryWayOfAssigning) {
  const struct {
    const char* before;
    const char* name;
    char separator;
    bool opens_line;
  } cases[] = {
      {"PASSWORD=", "PASSWORD", '=', true},
      {"x\nexport TOKEN=", "TOKEN", '=', true},
      {"password: ", "password", ':', true},
      {"  - api_key: ", "api_key", ':', true},
      {"{\"api_key\": \"", "api_key", ':', false},
      {"{\"a\":\"{\\\"password\\\":\\\"", "password", ':', false},
      {"const apiKey: string = '", "apiKey", '=', false},
      {"password := \"", "password", '=', true},
      {":password => '", "password", '=', false},
      {"os.environ[\"TOKEN\"] = \"", "TOKEN", '=', false},
      {"setenv(\"PGPASSWORD\", \"", "PGPASSWORD", ',', false},
      {"set_password(\"", "set_password", '(', true},
      {"<password>", "password", '>', false},
      {"mysql --password ", "--password", ' ', false},
      {"machine a login me password ", "password", ' ', false},
      {"DEBUG=1\\nTOKEN=", "TOKEN", '=', true},
      {"https://a.test/?token=", "token", '=', false},
      {"Server=db;Password=", "Password", '=', false},
  };
  for (const auto& expected : cases) {
    const std::optional<KeyContext> key = KeyBefore(expected.before);
    ASSERT_TRUE(key.has_value()) << expected.before;
    EXPECT_EQ(key->name, expected.name) << expected.before;
    EXPECT_EQ(key->separator, expected.separator) << expected.before;
    EXPECT_EQ(key->opens_line, expected.opens_line) << expected.before;
  }
  EXPECT_TRUE(KeyBefore("{\\\"password\\\":\\\"")->escaped);
  EXPECT_EQ(KeyBefore("https://a.test/?token=")->before_name, '?');
}

TEST(Value, PlaceholdersAreNoSecrets) {
  for (const char* value :
       {"changeme", "<your key>", "${TOKEN}", "$TOKEN", "%TOKEN%", "{{ token }}", "xxxxxxxxxxxx",
        "************", "sk-...", "AKIAIOSFODNN7EXAMPLE", "YOUR_API_KEY", "password123",
        "1234567890", "abcdefghijklmnop", "[secret:token:1]", "a[secret:token:1]b", "000000000000",
        "@@token@@"}) {
    EXPECT_TRUE(IsPlaceholder(value)) << value;
    EXPECT_FALSE(LooksLikePassword(value, ValueForm::kString)) << value;
    EXPECT_FALSE(LooksLikeToken(value, ValueForm::kString)) << value;
  }
}

TEST(Value, WordsPathsAndCodeAreNoSecrets) {
  for (const char* value :
       {"", "a", "my-service-name", "prod/db/main-2024", "v1.2.3-rc.1", "server01.internal.test",
        "https://a.test/b1c2d3", "bob.smith42@mail.test", "2024-05-01T10:20:30Z",
        "sha256:ab12cd34ef56ab12", "arn:aws:iam::123456789012:role/x1"}) {
    EXPECT_FALSE(LooksLikeToken(value, ValueForm::kString)) << value;
  }
  for (const char* value : {"get_password(user1)", "config.db_password_2", "this->secret1",
                            "Foo::kBar1", "!Ref Param1", "params[:pass1]", "&anchor1"})
    EXPECT_FALSE(LooksLikePassword(value, ValueForm::kPlain)) << value;
}

TEST(Value, InCodeAWordWithANumberIsAName) {
  EXPECT_FALSE(LooksLikePassword("confirmPassword2", ValueForm::kCode));
  EXPECT_TRUE(LooksLikePassword("winterhunter22", ValueForm::kPlain));
}

TEST(Value, WhatPeopleAndMachinesChooseIsOne) {
  for (const char* value : {"hunter2x", "Summer2024!", "tr0ub4dor&3", "p@ss-w0rd-9", "K7#mQ2vLx9"})
    EXPECT_TRUE(LooksLikePassword(value, ValueForm::kString)) << value;
  for (const char* value :
       {"9f86d081884c7d659a2feaa0c55ad015", "Zk3xW9qLp2Rt7Vb1", "a9B-3_c7D.1x+e5"})
    EXPECT_TRUE(LooksLikeToken(value, ValueForm::kString)) << value;
}

}  // namespace
}  // namespace weir::redact
