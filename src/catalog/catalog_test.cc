#include "catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "catalog/testing/definitions.h"
#include "catalog/untrusted.h"

namespace weir::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::string> kBuiltin = {"read_file"};
const std::string kHash(64, 'a');

json::Json Tool(const std::string& name, const std::string& description = "does it") {
  return {{"name", name},
          {"description", description},
          {"inputSchema", {{"type", "object"}, {"properties", {{"path", {{"type", "string"}}}}}}}};
}

struct Server {
  explicit Server(const std::string& name, std::vector<json::Json> tools = {}) {
    config.name = name;
    config.command = "x";
    listing = {name, kHash, std::move(tools), ""};
  }
  ListedServer listed() const { return {&config, &listing}; }

  ServerConfig config;
  ServerListing listing;
};

// Pins all that can be read.
void PinAll(const Server& server, int64_t now_us, Pins* pins) {
  for (const json::Json& tool : server.listing.tools) {
    const auto definition = ReadDefinition(tool);
    if (!definition) continue;
    pins->servers[server.config.name].tools[definition->name] = {
        *CanonicalDefinition(*definition), server.listing.program_hash, now_us};
  }
}

TEST(Catalogs, OfferNothingThatNobodyHasAccepted) {
  const Server server("s", {Tool("a"), Tool("b")});
  const auto reports = Catalog(kBuiltin).Add({server.listed()}, {});
  ASSERT_EQ(reports.size(), 2u);
  for (const ToolReport& report : reports) {
    EXPECT_EQ(report.standing, Standing::kQuarantined);
    EXPECT_FALSE(report.tool.has_value());
    EXPECT_THAT(report.why, HasSubstr("weir tools pin s"));
  }
  EXPECT_EQ(WaitingAt("s", reports).size(), 2u);
  EXPECT_THAT(WaitingAt("t", reports), IsEmpty());
}

TEST(Catalogs, OfferWhatIsPinnedCleanedAndWithThePessimisticEffect) {
  Server server("s", {Tool("a", "nice\xE2\x80\xAE tool"), Tool("read_file")});
  server.config.effects = {{"a", "read"}};
  Pins pins;
  PinAll(server, 1, &pins);
  const auto reports = Catalog(kBuiltin).Add({server.listed()}, pins);
  ASSERT_EQ(reports.size(), 2u);
  const CatalogTool& a = reports[0].tool.value();
  EXPECT_EQ(a.definition.name, "a");
  EXPECT_EQ(a.definition.description, "nice tool");
  EXPECT_EQ(a.effect, "read");
  EXPECT_EQ(a.claimed_effect, "network");
  EXPECT_THAT(a.path_arguments, ElementsAre("path"));
  EXPECT_EQ(a.pin_digest.size(), 64u);
  const CatalogTool& read = reports[1].tool.value();
  EXPECT_EQ(read.definition.name, "s__read_file");
  EXPECT_EQ(read.id, (ToolId{"s", "read_file"}));
  EXPECT_EQ(read.effect, "network");
  const policy::KnownTool known = KnownToolOf(read);
  EXPECT_EQ(known.server, "s");
  EXPECT_EQ(known.name, "read_file");
}

TEST(Catalogs, QuarantineOnlyWhatChanged) {
  Server server("s", {Tool("a"), Tool("b")});
  Pins pins;
  PinAll(server, 1, &pins);
  server.listing.tools[1] = Tool("b", "does something else");
  server.listing.tools.push_back(Tool("c"));
  auto reports = Catalog(kBuiltin).Add({server.listed()}, pins);
  EXPECT_EQ(reports[0].standing, Standing::kOffered);
  EXPECT_EQ(reports[1].pin, PinState::kChanged);
  EXPECT_EQ(reports[2].pin, PinState::kNewTool);
  server.listing.program_hash = std::string(64, 'b');
  reports = Catalog(kBuiltin).Add({server.listed()}, pins);
  for (const ToolReport& report : reports) EXPECT_NE(report.standing, Standing::kOffered);
}

TEST(Catalogs, RefuseWhatCanNotBeReadOrToldApart) {
  Server server("s", {Tool("a"), Tool("a", "another"), Tool("b c"), json::Json(1),
                      Tool("read-file"), Tool("good")});
  Pins pins;
  PinAll(server, 1, &pins);
  const auto reports = Catalog(kBuiltin).Add({server.listed()}, pins);
  EXPECT_THAT(reports[0].why, HasSubstr("lists this name 2 times"));
  EXPECT_THAT(reports[1].why, HasSubstr("lists this name 2 times"));
  EXPECT_THAT(reports[2].why, HasSubstr("not allowed"));
  EXPECT_THAT(reports[3].why, HasSubstr("an object is expected"));
  EXPECT_THAT(reports[4].why, HasSubstr("can be taken for the built-in 'read_file'"));
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(reports[i].standing, Standing::kRefused) << i;
  EXPECT_EQ(reports[5].standing, Standing::kOffered);
}

TEST(Catalogs, TakeNoneOfTooMany) {
  Server server("s");
  for (int i = 0; i < 257; ++i) server.listing.tools.push_back(Tool("t" + std::to_string(i) + "x"));
  Pins pins;
  PinAll(server, 1, &pins);
  const auto reports = Catalog(kBuiltin).Add({server.listed()}, pins);
  ASSERT_EQ(reports.size(), 257u);
  for (const ToolReport& report : reports) ASSERT_EQ(report.standing, Standing::kRefused);
  server.listing.tools.pop_back();
  // t1x and tlx would be alike; here all differ by digits that are not 0 or 1 alone.
  const auto fewer = Catalog(kBuiltin).Add({server.listed()}, pins);
  EXPECT_EQ(fewer.size(), 256u);
  EXPECT_EQ(fewer[200].standing, Standing::kOffered);
}

TEST(Catalogs, DoNotDependOnTheOrderOfTheServers) {
  const Server a("a", {Tool("search"), Tool("get-it")});
  const Server b("b", {Tool("search"), Tool("get_it")});
  Pins pins;
  PinAll(a, 20, &pins);
  PinAll(b, 10, &pins);
  const auto text = [](const std::vector<ToolReport>& reports) {
    std::vector<std::string> lines;
    for (const ToolReport& report : reports) {
      lines.push_back(report.id.server + " " +
                      (report.tool ? report.tool->definition.name : report.why));
    }
    return lines;
  };
  const auto one = text(Catalog(kBuiltin).Add({a.listed(), b.listed()}, pins));
  EXPECT_EQ(one, text(Catalog(kBuiltin).Add({b.listed(), a.listed()}, pins)));
  EXPECT_EQ(one[0], "a a__search");
  EXPECT_THAT(one[1], HasSubstr("can be taken for 'get_it' of MCP server 'b'"));
  EXPECT_EQ(one[3], "b get_it");
}

TEST(Catalogs, TakeTheSampleDefinitions) {
  const Server server("s", testing::SampleTools());
  Pins pins;
  PinAll(server, 1, &pins);
  for (const ToolReport& report : Catalog(kBuiltin).Add({server.listed()}, pins)) {
    EXPECT_EQ(report.standing, Standing::kOffered) << report.id.tool << ": " << report.why;
  }
}

}  // namespace
}  // namespace weir::catalog
