#include "approvals/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/crypto.h"

namespace weir::approvals {
namespace {

using testing::HasSubstr;

Document Sample() {
  Grant exact;
  exact.id = "g-0123456789ab";
  exact.server = "builtin";
  exact.tool = "write_file";
  exact.definition_hash = "d1";
  exact.approver = "terminal";
  exact.issued_us = 1;
  exact.expires_us = 2;
  exact.run_id = "run-1";
  exact.owner = "o";
  exact.policy_hash = "p";
  exact.call_digest = "c";
  exact.argument_digests = {{"path", "1"}, {"text", "2"}};
  Grant rule = exact;
  rule.id = "g-0123456789ac";
  rule.scope = policy::Scope::kRule;
  rule.ended = "revoked";
  rule.ended_us = 2;
  rule.rule = StandingRule{"[[rule]]\n", {{"path", "a"}}, {{"path", "b"}}};
  PendingRecord pending;
  pending.id = "r-0123456789ab";
  pending.action = "delete \"old.log\"";
  Document document;
  document.high_water_us = 3;
  document.grants = {exact, rule};
  document.pending = {pending};
  return document;
}

std::string Problem(const Result<Document>& document) {
  return document ? "read" : document.error().message;
}

// The file with a content that somebody made, and a digest that fits it.
std::string Forged(const json::Json& content, int version = 1) {
  const std::string canonical = json::Canonical(content).value();
  return json::Dump({{"version", version}, {"sha256", Sha256Hex(canonical)}, {"content", content}});
}

json::Json SampleContent() {
  return json::Parse(WriteDocument(Sample()).value()).value()["content"];
}

TEST(Document, ReadsWhatItWrote) {
  const std::string text = WriteDocument(Sample()).value();
  const Document read = ReadDocument(text, "f").value();
  EXPECT_EQ(WriteDocument(read).value(), text);
  ASSERT_EQ(read.grants.size(), 2u);
  EXPECT_EQ(read.grants[0].argument_digests.at("text"), "2");
  EXPECT_EQ(read.grants[1].rule->matches_not["path"], "b");
  EXPECT_EQ(read.pending[0].action, "delete \"old.log\"");
  EXPECT_EQ(read.high_water_us, 3);
}

TEST(Document, EveryTruncationIsRefused) {
  const std::string text = WriteDocument(Sample()).value();
  for (size_t n = 0; n + 1 < text.size(); ++n) {  // without the newline it is whole
    const Result<Document> read = ReadDocument(text.substr(0, n), "f");
    ASSERT_FALSE(read.has_value()) << n;
    EXPECT_EQ(read.error().code, ErrorCode::kCorruptData) << n;
  }
}

TEST(Document, EveryChangedByteIsRefused) {
  const std::string text = WriteDocument(Sample()).value();
  int n_refused = 0;
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    std::string changed = text;
    changed[i] ^= 1;
    n_refused += ReadDocument(changed, "f") ? 0 : 1;
  }
  EXPECT_EQ(n_refused, static_cast<int>(text.size()) - 1);
}

TEST(Document, AnotherVersionIsNamedWithTheWayOut) {
  const Result<Document> read = ReadDocument(Forged(SampleContent(), 2), "f");
  EXPECT_THAT(Problem(read), HasSubstr("'f': version 2 is not known"));
  EXPECT_THAT(Problem(read), HasSubstr("revoke --all"));
  EXPECT_EQ(read.error().code, ErrorCode::kUnsupported);
}

TEST(Document, WhatIsNoDocumentIsRefused) {
  for (const char* text : {"", "null", "[]", "{}", "{\"version\":1}", "{\"version\":\"1\"}"}) {
    EXPECT_FALSE(ReadDocument(text, "f")) << text;
  }
}

TEST(Document, MembersAreClosedTypedAndComplete) {
  const auto forged = [](const std::function<void(json::Json&)>& change) {
    json::Json content = SampleContent();
    change(content);
    return Problem(ReadDocument(Forged(content), "f"));
  };
  EXPECT_EQ(forged([](json::Json&) {}), "read");
  EXPECT_THAT(forged([](json::Json& c) { c["grants"][0]["scope"] = "always"; }),
              HasSubstr("scope 'always'"));
  EXPECT_THAT(forged([](json::Json& c) { c["grants"][0]["scope"] = "once"; }),
              HasSubstr("scope 'once'"));
  EXPECT_THAT(forged([](json::Json& c) { c["grants"][0].erase("owner"); }),
              HasSubstr("no member 'owner'"));
  EXPECT_THAT(forged([](json::Json& c) { c["grants"][0]["more"] = 1; }),
              HasSubstr("unknown member 'more'"));
  EXPECT_THAT(forged([](json::Json& c) { c["grants"][0]["issued_us"] = "1"; }),
              HasSubstr("'issued_us' is no whole number"));
  EXPECT_THAT(forged([](json::Json& c) { c["grants"][0]["expires_us"] = 0; }),
              HasSubstr("ends before it begins"));
  EXPECT_THAT(forged([](json::Json& c) { c["grants"][1]["id"] = "g-0123456789ab"; }),
              HasSubstr("twice"));
  EXPECT_THAT(forged([](json::Json& c) { c["grants"][0]["id"] = "../../x"; }),
              HasSubstr("which is none"));
  EXPECT_THAT(forged([](json::Json& c) { c["grants"][1]["rule"] = 1; }), HasSubstr("no object"));
  EXPECT_THAT(forged([](json::Json& c) { c["pending"] = 1; }), HasSubstr("no list"));
  EXPECT_THAT(forged([](json::Json& c) { c["pending"][0] = "r"; }), HasSubstr("no object"));
}

}  // namespace
}  // namespace weir::approvals
