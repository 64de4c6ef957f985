// The half of the corpus in which nothing is a secret.

#include <fmt/format.h>

#include <array>

#include "redact/testing/corpus.h"

namespace weir::redact::testing {
namespace {

std::string LuhnFailing(Random& random) {
  std::string digits = "4" + random.Digits(15);
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    int digit = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) digit = digit < 5 ? digit * 2 : digit * 2 - 9;
    sum += digit;
  }
  if (sum % 10 == 0)
    digits.back() = digits.back() == '9' ? '0' : static_cast<char>(digits.back() + 1);
  return digits;
}

std::string ArmouredBlock(Random& random, const std::string& label) {
  const std::string dashes(5, '-');
  std::string text = dashes + "BEGIN " + label + dashes + "\n";
  for (int i = 0; i < 12; ++i) text += random.Base64(64) + "\n";
  return text + random.Base64(20) + "==\n" + dashes + "END " + label + dashes + "\n";
}

std::string GitHash(Random& random) {
  return random.Pick({"commit ", "fixed in ", "index ", "revision = ", "\"sha\": \""}) +
         random.Hex(40);
}
std::string Uuid(Random& random) {
  return InFile(random, random.Pick({"id", "request_id", "trace", "deviceId", "key_id"}),
                random.Uuid());
}
std::string Checksum(Random& random) {
  switch (random.Below(4)) {
    case 0:
      return fmt::format("{}  {}.tar.gz\n{}  {}.zip\n", random.Hex(64), random.Word(),
                         random.Hex(64), random.Word());
    case 1:
      return fmt::format("sha256: {}\n", random.Hex(64));
    case 2:
      return fmt::format("FROM debian@sha256:{}\n", random.Hex(64));
    default:
      return fmt::format("{} v1.{}.0 h1:{}=\n", "example.test/" + random.Word(), random.Below(20),
                         random.Base64(43));
  }
}
std::string Image(Random& random) {
  return fmt::format("<img src=\"data:image/png;base64,iVBORw0KGgo{}==\" alt=\"{}\">\n",
                     random.Base64(600), random.Word());
}
std::string Version(Random& random) {
  return InFile(random, random.Pick({"version", "VERSION", "token_version", "passwordVersion"}),
                fmt::format("{}.{}.{}-rc.{}+build.{}", random.Below(20), random.Below(20),
                            random.Below(200), random.Below(9), random.Digits(8)));
}
std::string Phone(Random& random) {
  return AmongLines(random, random.Pick({"Tel: +49 ", "call +44 ", "fax 0"}) + random.Digits(3) +
                                " " + random.Digits(4) + " " + random.Digits(4));
}
std::string OrderNumber(Random& random) {
  return AmongLines(random,
                    random.Pick({"order ", "invoice no. ", "parcel "}) + LuhnFailing(random));
}
std::string Isbn(Random& random) {
  return AmongLines(random,
                    fmt::format("ISBN 978-3-{}-{}-{}, see also ISBN 978{}", random.Digits(4),
                                random.Digits(4), random.Digits(1), random.Digits(10)));
}
std::string FilePath(Random& random) {
  return InFile(random, random.Pick({"path", "secret_file", "password_file", "key_path", "cert"}),
                fmt::format("/var/lib/{}/{}-{}/{}.d/server01.pem", random.Word(), random.Word(),
                            random.Digits(4), random.Word()));
}
std::string Css(Random& random) {
  return fmt::format(
      ".btn-{} {{ color: #{}; background: #{}; border: 1px solid rgba(1,2,3,.4); }}\n",
      random.Word(), random.Hex(6), random.Hex(8));
}
std::string Minified(Random& random) {
  return fmt::format(
      "!function(e,t){{var n=e.token,r=t.password||\"\",o={{key:{},secret:n}};"
      "return r.length>{}&&(o.token=n.token2),e.apiKey=t.getApiKey1(),o}}(window,{});\n",
      random.Below(99), random.Below(20), random.Word());
}
std::string Certificate(Random& random) {
  return ArmouredBlock(random, random.Pick({"CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY",
                                            "CERTIFICATE REQUEST", "PGP PUBLIC KEY BLOCK"}));
}
std::string SshPublic(Random& random) {
  return fmt::format("{} {} {}@host-{}\n", random.Pick({"ssh-rsa", "ssh-ed25519"}),
                     "AAAAB3NzaC1yc2EAAAADAQABAAABgQ" + random.Base64(340), random.Word(),
                     random.Below(99));
}
std::string HexDump(Random& random) {
  std::string text;
  for (int i = 0; i < 6; ++i) {
    text += fmt::format("{:08x}: ", i * 16);
    for (int k = 0; k < 8; ++k) text += random.Hex(4) + " ";
    text += " ..f.s...k......\n";
  }
  return text;
}
std::string LongWords(Random& random) {
  return AmongLines(random,
                    "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamten" +
                        random.Word() + " and pneumonoultramicroscopicsilicovolcanoconiosis");
}
std::string PlainUrl(Random& random) {
  return AmongLines(
      random, fmt::format("https://{}.test:8443/v{}/{}/{}?page={}&sort=name&utm_source={}#top",
                          random.Word(), random.Below(9), random.Word(), random.Digits(8),
                          random.Below(99), random.Word()));
}
std::string DocumentedSecret(Random& random) {
  const std::string value = random.Pick(
      {"<your-api-key>", "changeme", "${API_KEY}", "xxxxxxxxxxxxxxxxxxxx", "YOUR_API_KEY_HERE",
       "{{ secrets.TOKEN_2 }}", "replace-with-your-key-1", "********", "example-token-1234",
       "$SECRET_TOKEN", "%API_TOKEN%", "sk-...", "AKIAIOSFODNN7EXAMPLE", "your_password_123"});
  return InFile(random, random.Pick({"API_KEY", "password", "client_secret", "auth_token"}), value);
}
std::string DocumentedUrl(Random& random) {
  return AmongLines(random,
                    random.Pick({"postgres://user:password@localhost:5432/db",
                                 "mysql://user:${DB_PASSWORD}@db/main", "redis://localhost:6379/0",
                                 "amqp://guest:guest@localhost/",
                                 "mongodb://<user>:<password>@cluster0.test/main",
                                 "jdbc:postgresql://localhost/main?user=app",
                                 "Server=db;Database=main;Integrated Security=true;"}));
}
std::string Integrity(Random& random) {
  return fmt::format(
      "<script src=\"/{}.js\" integrity=\"sha384-{}\" crossorigin=\"anonymous\"></script>\n"
      "\"integrity\": \"sha512-{}==\"\n",
      random.Word(), random.Base64(64), random.Base64(86));
}
std::string Prose(Random& random) {
  return AmongLines(
      random, random.Pick({"The password must be at least 12 characters long.",
                           "Password: required, 8-64 characters, one digit (0-9)",
                           "Reset your password: click the link in the mail we sent at 10:24.",
                           "The token is 32 bytes long and the key 16; see section 4.2.",
                           "Bearer authentication and basic authentication are described below.",
                           "secret: a value known to nobody else", "Passwords: see RFC4226-2005",
                           "password=None, token=None, api_key=None"}));
}
std::string Code(Random& random) {
  return random.Pick(
      {"password = get_password(user_id, length=32)\n", "token = request.headers[\"X-Token-1\"]\n",
       "const apiKey = process.env.API_KEY_2;\n", "secret_key = settings.SECRET_KEY_V2\n",
       "let token: CancellationToken = source.token();\n", "self.password = password1\n",
       "auth_token=user.auth_token_v2\n", "String password = form.getPasswordField2().getText();\n",
       "private_key: &'static PrivateKey2Handle,\n", "if (password == confirmPassword2) return;\n",
       "password: Sequelize.STRING(64),\n", "api_key: !Ref ApiKeyParameter1\n",
       "  secretKeyRef:\n    name: db-credentials-2\n    key: password\n",
       "max_tokens = 4096\ntoken_count: 1234567890123\n", "token := os.Getenv(\"TOKEN_2\")\n",
       "password: 'required|string|min:8|confirmed'\n", "\"password\": \"Passwort eingeben\",\n",
       "token_url = \"https://auth.test/oauth2/token\"\n",
       "public_key = \"pk_live_" + random.Base62(24) + "\"\n"});
}
std::string NextPage(Random& random) {
  return fmt::format("{{\"items\": [], \"nextPageToken\": \"{}\", \"etag\": \"W/{}\"}}\n",
                     random.Base62(40), random.Hex(20));
}
std::string Times(Random& random) {
  return fmt::format("ts=17{}{} session=2024-05-01T10:20:30Z dur=0.{} offset=4{}\n",
                     random.Digits(11), random.Digits(3), random.Digits(16), random.Digits(6));
}
std::string Diff(Random& random) {
  return fmt::format(
      "diff --git a/src/{0}.cc b/src/{0}.cc\nindex {1}..{2} 100644\n--- a/src/{0}.cc\n+++ "
      "b/src/{0}.cc\n"
      "@@ -12,7 +12,7 @@ Status Check{3}(const Token& token)\n",
      random.Word(), random.Hex(10), random.Hex(10), random.Below(100));
}
std::string ShortenedKey(Random& random) {
  const std::string dashes(5, '-');
  return AmongLines(random, dashes + "BEGIN PRIVATE KEY" + dashes + "\\nMIIE" + random.Base62(4) +
                                "...\\n" + dashes + "END PRIVATE KEY" + dashes);
}
std::string Markup(Random& random) {
  return fmt::format(
      "<input type=\"password\" name=\"password\" id=\"password-{0}\" "
      "autocomplete=\"new-password\">\n"
      "<label for=\"password-{0}\">Password:</label> <div data-key=\"row-{1}\" key=\"item-{1}\">\n",
      random.Below(99), random.Digits(6));
}
std::string AccountIds(Random& random) {
  return InFile(random, random.Pick({"account", "arn", "tenant", "sku"}),
                fmt::format("arn:aws:iam::{}:role/{}-{}", random.Digits(12), random.Word(),
                            random.Digits(3)));
}
std::string Table(Random& random) {
  std::string text = "date,amount,customer,reference\n";
  for (int i = 0; i < 5; ++i) {
    text += fmt::format("2024-0{}-1{},{}.{},{},R{}-{}\n", 1 + random.Below(9), random.Below(9),
                        random.Digits(5), random.Digits(2), random.Digits(7), random.Upper(3),
                        random.Digits(9));
  }
  return text;
}

}  // namespace

std::vector<Sample> MakeLookalikes(uint64_t seed, size_t n) {
  struct Maker {
    const char* kind;
    std::string (*make)(Random&);
  };
  constexpr std::array<Maker, 30> kMakers = {{{"git-hash", GitHash},
                                              {"uuid", Uuid},
                                              {"checksum", Checksum},
                                              {"image", Image},
                                              {"version", Version},
                                              {"phone", Phone},
                                              {"order-number", OrderNumber},
                                              {"isbn", Isbn},
                                              {"file-path", FilePath},
                                              {"css", Css},
                                              {"minified", Minified},
                                              {"certificate", Certificate},
                                              {"ssh-public-key", SshPublic},
                                              {"hex-dump", HexDump},
                                              {"long-words", LongWords},
                                              {"plain-url", PlainUrl},
                                              {"documented", DocumentedSecret},
                                              {"documented-url", DocumentedUrl},
                                              {"integrity", Integrity},
                                              {"prose", Prose},
                                              {"code", Code},
                                              {"next-page", NextPage},
                                              {"times", Times},
                                              {"diff", Diff},
                                              {"shortened-key", ShortenedKey},
                                              {"markup", Markup},
                                              {"account-ids", AccountIds},
                                              {"table", Table},
                                              {"code", Code},
                                              {"documented", DocumentedSecret}}};
  Random random(seed);
  std::vector<Sample> samples;
  for (size_t i = 0; i < n; ++i) {
    const Maker& maker = kMakers[i % kMakers.size()];
    samples.push_back({maker.kind, maker.make(random), ""});
  }
  return samples;
}

}  // namespace weir::redact::testing
