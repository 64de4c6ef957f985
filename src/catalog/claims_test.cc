#include "catalog/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Definition Tool(const char* annotations, const char* schema = R"({"type":"object"})") {
  const auto json = json::Parse(std::string(R"({"name":"t","inputSchema":)") + schema +
                                R"(,"annotations":)" + annotations + "}");
  auto definition = ReadDefinition(*json);
  EXPECT_TRUE(definition.has_value());
  return *definition;
}

std::string_view Claimed(const char* annotations) {
  return ClaimedEffect(ReadClaims(Tool(annotations).annotations));
}

TEST(Claims, HaveThePessimisticDefaults) {
  EXPECT_EQ(Claimed("{}"), "network");
  EXPECT_EQ(Claimed(R"({"readOnlyHint":true})"), "network");
  EXPECT_EQ(Claimed(R"({"openWorldHint":false})"), "delete");
  EXPECT_EQ(Claimed(R"({"openWorldHint":false,"destructiveHint":false})"), "write");
  EXPECT_EQ(Claimed(R"({"openWorldHint":false,"readOnlyHint":true})"), "read");
  // Of a wrong type is as good as not there.
  EXPECT_EQ(Claimed(R"({"openWorldHint":"false","readOnlyHint":1})"), "network");
}

TEST(Effects, NeverFollowAHintThatLoosens) {
  const ServerConfig config;
  for (const char* hints :
       {"{}", R"({"readOnlyHint":true})", R"({"openWorldHint":false,"readOnlyHint":true})",
        R"({"openWorldHint":false,"destructiveHint":false,"idempotentHint":true})"}) {
    EXPECT_EQ(EffectOf(Tool(hints), config), "network") << hints;
  }
}

TEST(Effects, AreLoosenedByAPersonForOneToolWhateverItSays) {
  ServerConfig config;
  config.effects = {{"t", "read"}};
  EXPECT_EQ(EffectOf(Tool(R"({"destructiveHint":true,"openWorldHint":true})"), config), "read");
}

TEST(Effects, OfAWholeServerAreTightenedByHints) {
  ServerConfig config;
  config.effects = {{"*", "read"}};
  EXPECT_EQ(EffectOf(Tool("{}"), config), "read");
  EXPECT_EQ(EffectOf(Tool(R"({"readOnlyHint":false})"), config), "write");
  EXPECT_EQ(EffectOf(Tool(R"({"readOnlyHint":false,"destructiveHint":true})"), config), "delete");
  EXPECT_EQ(EffectOf(Tool(R"({"openWorldHint":true})"), config), "network");
  config.effects = {{"*", "delete"}};
  EXPECT_EQ(EffectOf(Tool(R"({"readOnlyHint":true,"openWorldHint":false})"), config), "delete");
}

TEST(Paths, AreFoundByNameAndOnlyWhereATextIsAllowed) {
  const Definition tool = Tool("{}", R"({"type":"object","properties":{
      "path":{"type":"string"}, "outputPath":{"type":"string"}, "source":{"type":"string"},
      "destination":{}, "path_a":{"type":"string"}, "file":{"type":["string","null"]},
      "paths":{"type":"array"}, "file_types":{"type":"string"}, "query":{"type":"string"},
      "source_language":{"type":"string"}, "dir":{"type":"integer"}}})");
  EXPECT_THAT(PathArguments(tool, {}),
              ElementsAre("path", "outputPath", "source", "destination", "path_a", "file"));
  EXPECT_EQ(ArgumentNames(tool.input_schema).size(), 11u);
}

TEST(Paths, OfAPersonAreFinal) {
  const Definition tool = Tool("{}", R"({"properties":{"path":{"type":"string"},"q":{}}})");
  ServerConfig config;
  config.paths = {{"t", {"q"}}};
  EXPECT_THAT(PathArguments(tool, config), ElementsAre("q"));
  config.paths = {{"t", {}}};
  EXPECT_THAT(PathArguments(tool, config), IsEmpty());
  config.paths = {{"other", {}}};
  EXPECT_THAT(PathArguments(tool, config), ElementsAre("path"));
}

}  // namespace
}  // namespace weir::catalog
