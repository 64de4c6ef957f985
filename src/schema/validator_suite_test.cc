// The official JSON Schema test suite, as Debian packages it, judges the validator. Its required
// part must pass but for the exceptions listed here; its optional part is reported.
//
// Looked for in the folder that WEIR_JSON_SCHEMA_SUITE names (one that holds tests/ and remotes/),
// else in those of the packages libtest-json-schema-acceptance-perl (drafts 2020-12 and 7) and
// json-schema-test-suite (draft 7, older).

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "schema/validator.h"

namespace weir::schema {
namespace {

namespace fs = std::filesystem;

// Required tests that do not pass, and why. The list may only become shorter: one that passes is a
// failure of this test too.
struct SuiteException {
  std::string_view file;  // "draft2020-12/ref.json"
  std::string_view group;
  std::string_view test;
  std::string_view reason;
};
constexpr std::array<SuiteException, 0> kExceptions = {};

constexpr std::array<const char*, 2> kFolders = {
    "/usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance",
    "/usr/share/json-schema-test-suite"};
constexpr const char* kMissing =
    "is in no known folder; install the Debian package libtest-json-schema-acceptance-perl, or set "
    "WEIR_JSON_SCHEMA_SUITE to a folder with tests/ and remotes/";

// The folder with `draft`; empty if there is none.
fs::path SuiteWith(const std::string& draft) {
  std::vector<fs::path> folders(kFolders.begin(), kFolders.end());
  if (const char* chosen = std::getenv("WEIR_JSON_SCHEMA_SUITE")) folders = {chosen};
  for (const fs::path& folder : folders) {
    if (fs::is_directory(folder / "tests" / draft)) return folder;
  }
  return {};
}

json::Json ReadJson(const fs::path& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Result<json::Json> json = json::Parse(text);
  EXPECT_TRUE(json.has_value()) << path << (json ? "" : ": " + json.error().message);
  return json ? *json : json::Json::array();
}

// The JSON files directly in `folder`, or also below it, by name.
std::vector<fs::path> JsonFiles(const fs::path& folder, bool below) {
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const bool wanted = below || entry.path().parent_path() == folder;
    if (wanted && entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Draft 7 is not Weir's default, so its schemas have to say what they are.
json::Json WithDraft(json::Json schema, const std::string& draft) {
  if (draft == "draft7" && schema.is_object() && !schema.contains("$schema")) {
    schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  }
  return schema;
}

SchemaDocuments Remotes(const fs::path& suite, const std::string& draft) {
  SchemaDocuments documents;
  const fs::path folder = suite / "remotes";
  for (const fs::path& path : JsonFiles(folder, true)) {
    const std::string uri = "http://localhost:1234/" + fs::relative(path, folder).string();
    documents[uri] = WithDraft(ReadJson(path), draft);
  }
  return documents;
}

struct Tally {
  int n_tests = 0;
  int n_right = 0;
  int n_excepted = 0;
  std::vector<std::string> wrong;     // and in no exception
  std::vector<std::string> too_good;  // exceptions that pass
};

const SuiteException* FindException(const std::string& file, const json::Json& group,
                                    const json::Json& test) {
  const auto of_group = group.at("description").get<std::string>();
  const auto of_test = test.at("description").get<std::string>();
  const auto* const it =
      std::find_if(kExceptions.begin(), kExceptions.end(), [&](const SuiteException& e) {
        return e.file == file && e.group == of_group && e.test == of_test;
      });
  return it == kExceptions.end() ? nullptr : it;
}

void RunGroup(const std::string& file, const json::Json& group, const std::string& draft,
              const ValidatorOptions& options, Tally& tally) {
  const Result<Validator> validator =
      Validator::Compile(WithDraft(group.at("schema"), draft), options);
  for (const json::Json& test : group.at("tests")) {
    ++tally.n_tests;
    std::string found;
    bool right = false;
    if (!validator) {
      found = "does not compile: " + validator.error().message;
    } else {
      const Result<std::vector<Violation>> violations = validator->Validate(test.at("data"));
      right = violations && violations->empty() == test.at("valid").get<bool>();
      found = !violations           ? violations.error().message
              : violations->empty() ? "found valid"
                                    : (*violations)[0].schema + ": " + (*violations)[0].message;
    }
    const std::string name = file + ": " + group.at("description").get<std::string>() + ": " +
                             test.at("description").get<std::string>();
    if (right) ++tally.n_right;
    if (FindException(file, group, test) != nullptr) {
      ++tally.n_excepted;
      if (right) tally.too_good.push_back(name);
    } else if (!right) {
      tally.wrong.push_back(name + ": " + found);
    }
  }
}

Tally RunFiles(const std::vector<fs::path>& files, const fs::path& suite, const std::string& draft,
               bool assert_formats) {
  const SchemaDocuments remotes = Remotes(suite, draft);
  Tally tally;
  for (const fs::path& path : files) {
    const std::string file = fs::relative(path, suite / "tests").string();
    for (const json::Json& group : ReadJson(path)) {
      RunGroup(file, group, draft, {.documents = &remotes, .assert_formats = assert_formats},
               tally);
    }
  }
  return tally;
}

class ValidatorSuiteTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    suite_ = SuiteWith(GetParam());
    if (suite_.empty())
      GTEST_SKIP() << "the JSON Schema test suite for " << GetParam() << " " << kMissing;
    folder_ = suite_ / "tests" / GetParam();
  }

  fs::path suite_;
  fs::path folder_;
};

TEST_P(ValidatorSuiteTest, RequiredTestsPass) {
  const Tally tally = RunFiles(JsonFiles(folder_, false), suite_, GetParam(), false);
  std::printf("%s: %d of %d required tests, %d exceptions listed\n", GetParam().c_str(),
              tally.n_right, tally.n_tests, tally.n_excepted);
  EXPECT_GT(tally.n_tests, 400);
  for (const std::string& wrong : tally.wrong) ADD_FAILURE() << wrong;
  for (const std::string& name : tally.too_good) {
    ADD_FAILURE() << name << " passes; take it off the list of exceptions";
  }
}

// Optional tests bind nobody: some contradict each other, many are about formats.
TEST_P(ValidatorSuiteTest, OptionalTestsAreReported) {
  std::vector<fs::path> plain = JsonFiles(folder_ / "optional", false);
  const Tally optional = RunFiles(plain, suite_, GetParam(), false);
  const Tally formats =
      RunFiles(JsonFiles(folder_ / "optional" / "format", false), suite_, GetParam(), true);
  std::printf("%s: %d of %d optional tests, %d of %d format tests\n", GetParam().c_str(),
              optional.n_right, optional.n_tests, formats.n_right, formats.n_tests);
  for (const std::string& wrong : optional.wrong) std::printf("  %s\n", wrong.c_str());
  EXPECT_GT(optional.n_tests + formats.n_tests, 0);
}

INSTANTIATE_TEST_SUITE_P(Drafts, ValidatorSuiteTest, ::testing::Values("draft2020-12", "draft7"),
                         [](const auto& info) {
                           return std::string(info.param == "draft7" ? "Draft7" : "Draft2020");
                         });

}  // namespace
}  // namespace weir::schema
