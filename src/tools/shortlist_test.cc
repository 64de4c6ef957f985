#include "tools/shortlist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <tuple>

#include "tools/registry.h"

namespace weir::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

json::Json Vectors() {
  std::ifstream in(WEIR_SOURCE_DIR "/training/testdata/shortlist.json");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const auto vectors = json::Parse(text);
  EXPECT_TRUE(vectors.has_value());
  return vectors ? *vectors : json::Json::object();
}

std::vector<chat::ToolDefinition> ToolsOf(const json::Json& list) {
  std::vector<chat::ToolDefinition> tools;
  for (const json::Json& item : list) {
    chat::ToolDefinition tool;
    tool.name = item.at("name");
    tool.description = item.at("description");
    tool.parameters = item.at("parameters");
    tools.push_back(std::move(tool));
  }
  return tools;
}

TEST(Shortlist, GivesTheAnswersOfTheReference) {
  const auto shortlist = Shortlist::Builtin();
  ASSERT_TRUE(shortlist.has_value()) << shortlist.error().message;
  const json::Json vectors = Vectors();
  const double tolerance = vectors.at("tolerance");
  ASSERT_GE(vectors.at("cases").size(), 20u);
  for (const json::Json& item : vectors.at("cases")) {
    const std::string request = item.at("request");
    EXPECT_EQ(RequestWords(request), item.at("words").get<std::vector<std::string>>()) << request;
    const auto tools = ToolsOf(vectors.at("lists").at(item.at("tools").get<std::string>()));
    const auto ranked = shortlist->Rank(request, tools);
    ASSERT_EQ(ranked.size(), item.at("ranked").size());
    for (size_t i = 0; i < ranked.size(); ++i) {
      const json::Json& expected = item.at("ranked")[i];
      EXPECT_EQ(tools[static_cast<size_t>(ranked[i].index)].name, expected[0].get<std::string>())
          << request << i;
      EXPECT_NEAR(ranked[i].score, expected[1].get<double>(), tolerance) << request << i;
    }
  }
}

TEST(Shortlist, StemsAsTheReference) {
  const json::Json vectors = Vectors();  // a temporary would not outlive the head of the loop
  for (const auto& [word, stem] : vectors.at("stems").items()) {
    EXPECT_EQ(Stem(word), stem.get<std::string>()) << word;
  }
}

TEST(Shortlist, PutsTheRightBuiltInToolFirstForPlainRequests) {
  const auto shortlist = Shortlist::Builtin();
  const auto registry = Registry::Builtin();
  std::vector<chat::ToolDefinition> tools;
  for (const ToolEntry& entry : registry->tools()) tools.push_back(entry.definition);
  for (const auto& [request, name] : std::vector<std::pair<std::string, std::string>>{
           {"list the PDF files in reports", "list_files"},
           {"move notes.txt to archive", "move_file"},
           {"delete old.log", "delete_file"},
           {"what is the total of amount in sales.csv", "query_csv"},
           {"what time is it", "current_time"},
           {"what is 12 * (3+4)?", "calculate"}}) {
    const auto ranked = shortlist->Rank(request, tools);
    EXPECT_EQ(tools[static_cast<size_t>(ranked[0].index)].name, name) << request;
  }
}

TEST(Shortlist, ToolsOfOtherProgramsAreFoundByWhatTheyAreLike) {
  const auto shortlist = Shortlist::Builtin();
  const std::vector<std::pair<std::string, std::string>> described = {
      {"fs_stat", "Get the metadata of a file."},
      {"fs_list", "Returns the entries of a directory."},
      {"fs_unlink", "Erase a file from the disk."},
      {"fs_cat", "Return the contents of a file."}};
  std::vector<chat::ToolDefinition> tools(described.size());
  for (size_t i = 0; i < tools.size(); ++i)
    std::tie(tools[i].name, tools[i].description) = described[i];
  for (const auto& [request, name] : std::vector<std::pair<std::string, std::string>>{
           {"what's in my downloads folder", "fs_list"},
           {"get rid of old.log", "fs_unlink"},
           {"how big is photo.jpg", "fs_stat"},
           {"open notes.txt", "fs_cat"}}) {
    const auto ranked = shortlist->Rank(request, tools);
    EXPECT_EQ(tools[static_cast<size_t>(ranked[0].index)].name, name) << request;
    EXPECT_FALSE(ranked[0].learnt);
  }
}

TEST(Shortlist, WordsOfOddRequests) {
  EXPECT_THAT(RequestWords(""), ElementsAre());
  EXPECT_THAT(RequestWords(" \t\n"), ElementsAre());
  EXPECT_THAT(RequestWords("'"), ElementsAre());
  EXPECT_THAT(RequestWords("''"), ElementsAre());
  EXPECT_THAT(RequestWords("it's 'a b' ok"), ElementsAre("it", "<quoted>", "ok"));
  EXPECT_THAT(RequestWords("say 'open"), ElementsAre("say", "open"));
  EXPECT_THAT(RequestWords("3+4= 12% 7 x.1 v1.2"),
              ElementsAre("<op>", "<op>", "<num>", "<num>", "v1", "<num>"));
  EXPECT_THAT(RequestWords("\xFF\xFE bad\x80 bytes"), ElementsAre("\xFF\xFE", "bad\x80", "byte"));
}

TEST(Shortlist, EmptyListsAndToolsWithoutParametersAreFine) {
  const auto shortlist = Shortlist::Builtin();
  EXPECT_TRUE(shortlist->Rank("anything", {}).empty());
  std::vector<chat::ToolDefinition> tools(2);
  tools[0].name = "a";
  tools[1].name = "none";
  tools[1].parameters = json::Json::array();
  const auto ranked = shortlist->Rank("delete it", tools);
  EXPECT_EQ(ranked[0].index, 0);
  EXPECT_EQ(ranked[0].score, ranked[1].score);
  EXPECT_LT(ranked[0].score, 0.5);
}

TEST(Shortlist, DamagedWeightsNameTheLine) {
  for (const auto& [tsv, part] : std::vector<std::pair<std::string, std::string>>{
           {"", "no line of priors"},
           {"word\ta\n<prior>\t0\n", "line 1"},
           {"word\ta\ta\tnone\n<prior>\t0\t0\t0\n", "line 1"},
           {"word\ta\tnone\n<prior>\t0\n", "line 2: 1 numbers for 2 columns"},
           {"word\ta\tnone\n<prior>\t0\t0\nx\t1\tz\n", "line 3: 'z' is not a number"},
           {"word\ta\tnone\n<prior>\t0\t0\nx\t1\tnan\n", "line 3: 'nan' is not a number"}}) {
    const auto loaded = Shortlist::Load(tsv);
    ASSERT_FALSE(loaded.has_value()) << tsv;
    EXPECT_THAT(loaded.error().message, HasSubstr(part)) << tsv;
  }
}

}  // namespace
}  // namespace weir::tools
