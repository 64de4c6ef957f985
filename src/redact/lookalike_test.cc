// Hard cases, each written by hand, of what is no secret.

#include <gtest/gtest.h>

#include <string>

#include "redact/redactor.h"

namespace weir::redact {
namespace {

TEST(Lookalike, NothingIsTakenForASecret) {
  const char* const cases[] = {
      // identifiers and digests
      "commit 3f786850e387550fdab836ed7e6dc881de23001b",
      "id: 550e8400-e29b-41d4-a716-446655440000",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty.txt",
      "W/\"5d8c72a5edda8d6a\"",
      "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      // names of types and styles
      "std::unordered_map<std::string, TokenKind> token_kinds;",
      ".task-sk-folding-cube-2 { color: #a1b2c3d4; }",
      "sk-learn-contrib-project-2024",
      "class SkeletonKeyGeneratorFactoryBean2Test",
      "dapi_version = 2; npm_config_cache=/root/.npm; hf_model=bert-base-uncased-2",
      // prose
      "Enter the token: it is on the card you got on 2024-05-01.",
      "password: letters, digits and 8+ signs",
      "Basic understanding of bearer instruments, 3rd edition",
      "AGE-SECRET-KEY-1 is how a key begins",
      "Das Passwort: mindestens 8 Zeichen",
      // code
      "token = next(tokens2)",
      "api_key=os.environ.get('API_KEY_1')",
      "password=\"$DB_PASSWORD\"",
      "PASSWORD=\"${DB_PASSWORD:?missing}\"",
      "secret = base64.b64decode(data1)",
      "public static final String TOKEN_2 = \"token-two\";",
      "input(type='password', key='field-1')",
      "const pass2 = passes.filter(p => p.ok1)",
      "--password-stdin --token-file /run/secrets/token1",
      // numbers
      "+49 4111 1111 1111 1111",
      "1711111111111 4000-01-01 4111.1111 0x4111111111111111",
      "ISBN 978-3-16-148410-0",
      // connection strings without a secret
      "postgres://localhost:5432/main",
      "postgres://app@db/main",
      "git@github.test:team/project.git",
      "http://[::1]:8080/x@y",
      "jdbc:oracle:thin:@//db:1521/x",
  };
  for (const char* text : cases) {
    for (const Finding& finding : Redactor::Scan(text)) {
      ADD_FAILURE() << KindName(finding.kind) << " in: " << text << "\n  "
                    << std::string(text).substr(finding.begin, finding.end - finding.begin);
    }
  }
}

}  // namespace
}  // namespace weir::redact
