// The half of the corpus that must be found.

#include <fmt/format.h>

#include <array>

#include "redact/testing/corpus.h"

namespace weir::redact::testing {
namespace {

constexpr std::string_view kUrlSymbols = "!@%^*-_=+?.~";
constexpr std::string_view kSymbols = "!@#$%^&*-_=+?.~:/|()";

// CRC-32 bit by bit, in base 62 with digits first, six places: the end of a token of GitHub or npm.
std::string TokenChecksum(std::string_view body) {
  uint32_t crc = ~0U;
  for (const char c : body) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320U : crc >> 1;
  }
  crc = ~crc;
  std::string text(6, '0');
  for (size_t i = 6; i-- > 0; crc /= 62) {
    const uint32_t digit = crc % 62;
    text[i] = static_cast<char>(digit < 10   ? '0' + digit
                                : digit < 36 ? 'A' + digit - 10
                                             : 'a' + digit - 36);
  }
  return text;
}

std::string WithLuhnDigit(std::string digits) {
  for (char last = '0'; last <= '9'; ++last) {
    int sum = 0;
    const std::string candidate = digits + last;
    for (size_t i = 0; i < candidate.size(); ++i) {
      int digit = candidate[candidate.size() - 1 - i] - '0';
      if (i % 2 == 1) digit = digit < 5 ? digit * 2 : digit * 2 - 9;
      sum += digit;
    }
    if (sum % 10 == 0) return candidate;
  }
  return digits;
}

// A German or French number with its two check digits.
std::string Iban(Random& random) {
  const bool german = random.Below(2) == 0;
  const std::string country = german ? "DE" : "FR";
  const std::string account = random.Digits(german ? 18 : 23);
  int remainder = 0;
  for (const char c : account + (german ? "1314" : "1527") + "00")
    remainder = (remainder * 10 + (c - '0')) % 97;
  const std::string iban = fmt::format("{}{:02}{}", country, 98 - remainder, account);
  if (random.Below(2) == 0) return iban;
  std::string spaced;
  for (size_t i = 0; i < iban.size(); ++i) {
    if (i > 0 && i % 4 == 0) spaced.push_back(' ');
    spaced.push_back(iban[i]);
  }
  return spaced;
}

std::string Card(Random& random) {
  std::string number;
  switch (random.Below(4)) {
    case 0:
      return WithLuhnDigit("37" + random.Digits(12));
    case 1:
      number = WithLuhnDigit("5" + random.Text("12345", 1) + random.Digits(13));
      break;
    default:
      number = WithLuhnDigit("4" + random.Digits(14));
  }
  const std::string between = random.Pick({"", " ", "-"});
  return number.substr(0, 4) + between + number.substr(4, 4) + between + number.substr(8, 4) +
         between + number.substr(12);
}

std::string Password(Random& random, std::string_view symbols = kSymbols) {
  const std::string letters = random.Base62(6 + random.Below(8));
  return letters + random.Text(symbols, 1) + random.Digits(2) + random.Base62(3);
}

std::string PemBody(Random& random, size_t n_lines, std::string_view newline) {
  std::string body;
  for (size_t i = 0; i < n_lines; ++i) body += random.Base64(64) + std::string(newline);
  return body + random.Base64(30) + "==" + std::string(newline);
}

std::string PrivateKey(Random& random, const std::string& label, std::string_view newline) {
  const std::string dashes(5, '-');
  return dashes + "BEGIN " + label + "PRIVATE KEY" + dashes + std::string(newline) +
         PemBody(random, 5 + random.Below(30), newline) + dashes + "END " + label + "PRIVATE KEY" +
         dashes;
}

std::string Jwt(Random& random) {
  const std::string header =
      random.Pick({R"({"alg":"HS256","typ":"JWT"})", R"({"alg":"RS256","kid":"k1"})",
                   R"({"typ":"JWT","alg":"ES256"})"});
  const std::string payload =
      fmt::format(R"({{"sub":"{}","exp":{}}})", random.Digits(10), random.Digits(10));
  return EncodeBase64Url(header) + "." + EncodeBase64Url(payload) + "." + random.Base64Url(43);
}

// What is written around a secret that tells by itself what it is.
Sample Anywhere(Random& random, const std::string& kind, const std::string& secret,
                const std::string& name) {
  if (random.Below(2) == 0) return {kind, InFile(random, name, secret), secret};
  const std::string line =
      random.Pick({"the new one is ", "curl -u ", "use ", "", "client.login('"});
  return {kind, AmongLines(random, line + secret + (line.ends_with('\'') ? "')" : "")), secret};
}

Sample AwsKey(Random& random) {
  const std::string secret =
      random.Pick({"AK", "AS"}) + "IA" + random.Text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16);
  return Anywhere(random, "aws-key", secret, "aws_access_key_id");
}
Sample AwsSecret(Random& random) {
  const std::string secret = random.Base64(40);
  return {"aws-secret",
          InFile(random,
                 random.Pick({"aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "SecretAccessKey"}),
                 secret),
          secret};
}
Sample Github(Random& random) {
  std::string secret;
  if (random.Below(3) == 0) {
    secret = "github_" + std::string("pat_") + random.Base62(22) + "_" + random.Base62(59);
  } else {
    const std::string body = random.Base62(30);
    secret = "gh" + random.Pick({"p", "o", "s", "u"}) + "_" + body + TokenChecksum(body);
  }
  return Anywhere(random, "github-token", secret, "GITHUB_TOKEN");
}
Sample Gitlab(Random& random) {
  return Anywhere(random, "gitlab-token", "glpat" + std::string("-") + random.Base64Url(20),
                  "ci_token");
}
Sample Slack(Random& random) {
  if (random.Below(3) == 0) {
    const std::string secret = "https://hooks.slack." + std::string("com/services/T") +
                               random.Text("0123456789ABCDEFGHJK", 8) + "/B" +
                               random.Text("0123456789ABCDEFGHJK", 10) + "/" + random.Base62(24);
    return Anywhere(random, "slack-token", secret, "webhook");
  }
  const std::string secret = "xox" + random.Pick({"b", "p"}) + "-" + random.Digits(12) + "-" +
                             random.Digits(13) + "-" + random.Base62(24);
  return Anywhere(random, "slack-token", secret, "SLACK_BOT");
}
Sample Stripe(Random& random) {
  const std::string secret = random.Pick({"sk", "rk"}) + random.Pick({"_live_", "_test_"}) +
                             random.Base62(random.Below(2) == 0 ? 24 : 99);
  return Anywhere(random, "stripe-key", secret, "stripe");
}
Sample Google(Random& random) {
  const std::string secret = random.Below(3) == 0
                                 ? "GOC" + std::string("SPX-") + random.Base64Url(28)
                                 : "AI" + std::string("za") + random.Base64Url(35);
  return Anywhere(random, "google-key", secret, "maps");
}
Sample OpenAi(Random& random) {
  const std::string secret = random.Below(2) == 0
                                 ? "s" + std::string("k-") + random.Base62(48)
                                 : "s" + std::string("k-proj-") + random.Base64Url(74) + "T3Blbk" +
                                       std::string("FJ") + random.Base64Url(74);
  return Anywhere(random, "openai-key", secret, "OPENAI_API_KEY");
}
Sample Anthropic(Random& random) {
  const std::string secret = "s" + std::string("k-ant-") + "api03-" + random.Base64Url(93) + "AA";
  return Anywhere(random, "anthropic-key", secret, "ANTHROPIC_API_KEY");
}
Sample Npm(Random& random) {
  const std::string body = random.Base62(30);
  const std::string secret = "np" + std::string("m_") + body + TokenChecksum(body);
  if (random.Below(2) == 0)
    return {"npm-token", "//registry.npm.test/:_authToken=" + secret + "\n", secret};
  return Anywhere(random, "npm-token", secret, "NODE_AUTH_TOKEN");
}
Sample Pypi(Random& random) {
  return Anywhere(random, "pypi-token",
                  "py" + std::string("pi-AgEIcHlwaS5vcmc") + random.Base64Url(150), "TWINE");
}
Sample Sendgrid(Random& random) {
  return Anywhere(random, "sendgrid-key",
                  "S" + std::string("G.") + random.Base64Url(22) + "." + random.Base64Url(43),
                  "mail_key");
}
Sample Twilio(Random& random) {
  return Anywhere(random, "twilio-key", "S" + std::string("K") + random.Hex(32), "twilio_sid");
}
Sample Azure(Random& random) {
  const std::string secret = random.Base64(86) + "==";
  return {
      "azure-key",
      AmongLines(random, fmt::format("DefaultEndpointsProtocol=https;AccountName={};AccountKey={};"
                                     "EndpointSuffix=core.windows.net",
                                     random.Word(), secret)),
      secret};
}
Sample JwtSample(Random& random) { return Anywhere(random, "jwt", Jwt(random), "id"); }
Sample Pem(Random& random) {
  const std::string label = random.Pick({"RSA ", "EC ", "", "ENCRYPTED "});
  if (random.Below(2) == 0) {
    const std::string secret = PrivateKey(random, label, "\\n");
    return {"private-key", InFile(random, "key", secret), secret};
  }
  const std::string secret = PrivateKey(random, label, "\n");
  return {"private-key", "the key:\n" + secret + "\nand its end\n", secret};
}
Sample OpenSsh(Random& random) {
  const std::string secret = PrivateKey(random, "OPENSSH ", "\n");
  return {"openssh-key", secret + "\n", secret};
}
Sample Age(Random& random) {
  const std::string secret =
      "AGE-SECRET" + std::string("-KEY-1") + random.Text("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58);
  return Anywhere(random, "age-key", secret, "identity");
}
Sample Url(Random& random) {
  const std::string secret = Password(random, kUrlSymbols);
  const std::string scheme = random.Pick(
      {"postgres", "postgresql", "mysql", "mongodb", "mongodb+srv", "redis", "amqp", "https"});
  const std::string url =
      fmt::format("{}://{}:{}@{}.internal:{}/{}", scheme, scheme == "redis" ? "" : random.Word(),
                  secret, random.Word(), 1024 + random.Below(9000), random.Word());
  return {"connection-url", InFile(random, "DATABASE_URL", url), secret};
}
Sample AdoNet(Random& random) {
  const std::string secret = Password(random, kUrlSymbols);
  const std::string line =
      random.Below(2) == 0
          ? fmt::format("Server={}.internal;Database=main;User Id=app;Password={};Timeout=30",
                        random.Word(), secret)
          : fmt::format(
                "jdbc:sqlserver://{}:1433;databaseName=main;user=app;password={};encrypt=true",
                random.Word(), secret);
  return {"connection-string", InFile(random, "ConnectionString", line), secret};
}
Sample Jdbc(Random& random) {
  const std::string secret = Password(random, kUrlSymbols);
  return {"connection-string",
          AmongLines(random, fmt::format("jdbc:postgresql://{}/main?user=app&password={}",
                                         random.Word(), secret)),
          secret};
}
Sample Header(Random& random) {
  if (random.Below(2) == 0) {
    std::string secret = EncodeBase64Url(random.Word() + ":" + Password(random));
    for (char& c : secret) c = c == '-' ? '+' : c == '_' ? '/' : c;
    return {"authorization",
            "GET / HTTP/1.1\r\nAuthorization: Basic " + secret + "\r\nAccept: */*\r\n", secret};
  }
  const std::string secret = random.Base64Url(40);
  return {
      "authorization",
      AmongLines(random, "curl -H \"Authorization: Bearer " + secret + "\" https://api.test/v1"),
      secret};
}
Sample Cookie(Random& random) {
  const std::string secret = random.Below(2) == 0 ? random.Hex(32) : random.Base62(26);
  const std::string name =
      random.Pick({"session", "sessionid", "PHPSESSID", "connect.sid", "JSESSIONID"});
  return {"cookie",
          fmt::format("Host: a.test\r\nCookie: lang=en; {}={}; theme=dark\r\n", name, secret),
          secret};
}
Sample UrlParameter(Random& random) {
  const std::string secret = random.Base62(32);
  return {"url-parameter",
          AmongLines(random,
                     fmt::format("GET https://files.test/{}?page=2&{}={}&lang=en", random.Word(),
                                 random.Pick({"token", "key", "sig", "access_token"}), secret)),
          secret};
}
Sample CardSample(Random& random) {
  const std::string secret = Card(random);
  return {"card-number",
          AmongLines(random, random.Pick({"card ", "Visa: ", "paid with ", "PAN="}) + secret),
          secret};
}
Sample IbanSample(Random& random) {
  const std::string secret = Iban(random);
  return {"iban", AmongLines(random, random.Pick({"IBAN: ", "transfer to ", "account "}) + secret),
          secret};
}
Sample AssignedPassword(Random& random) {
  const std::string secret = Password(random);
  const std::string name = random.Pick({"password", "DB_PASSWORD", "smtp_passwd", "adminPassword",
                                        "PGPASSWORD", "MYSQL_PWD", "keystore_passphrase"});
  return {"password", InFile(random, name, secret), secret};
}
Sample AssignedToken(Random& random) {
  const std::string secret = random.Below(2) == 0 ? random.Hex(40) : random.Base62(32);
  const std::string name =
      random.Pick({"API_KEY", "api_key", "apiKey", "auth_token", "CLIENT_SECRET", "SECRET_KEY_BASE",
                   "encryptionKey", "X-Api-Key", "jwt_secret"});
  return {"token", InFile(random, name, secret), secret};
}
Sample Netrc(Random& random) {
  const std::string secret = Password(random);
  return {
      "netrc",
      fmt::format("machine {}.test login {} password {}\n", random.Word(), random.Word(), secret),
      secret};
}
Sample Escaped(Random& random) {
  const std::string secret = Password(random);
  return {"escaped-json",
          fmt::format(R"({{"level":"debug","body":"{{\"user\":\"{}\",\"password\":\"{}\"}}"}})",
                      random.Word(), secret),
          secret};
}

}  // namespace

std::vector<Sample> MakeSecrets(uint64_t seed, size_t n) {
  using Maker = Sample (*)(Random&);
  constexpr std::array<Maker, 31> kMakers = {AwsKey,
                                             AwsSecret,
                                             Github,
                                             Gitlab,
                                             Slack,
                                             Stripe,
                                             Google,
                                             OpenAi,
                                             Anthropic,
                                             Npm,
                                             Pypi,
                                             Sendgrid,
                                             Twilio,
                                             Azure,
                                             JwtSample,
                                             Pem,
                                             OpenSsh,
                                             Age,
                                             Url,
                                             AdoNet,
                                             Jdbc,
                                             Header,
                                             Cookie,
                                             UrlParameter,
                                             CardSample,
                                             IbanSample,
                                             AssignedPassword,
                                             AssignedToken,
                                             Netrc,
                                             Escaped,
                                             AssignedPassword};
  Random random(seed);
  std::vector<Sample> samples;
  for (size_t i = 0; i < n; ++i) samples.push_back(kMakers[i % kMakers.size()](random));
  return samples;
}

}  // namespace weir::redact::testing
