#include "mcp/json_rpc.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::mcp {
namespace {

// The message as it is written again, or its error.
std::string Again(std::string_view text) {
  const Result<Message> message = ParseMessage(text);
  return message ? ToLine(*message) : "error: " + message.error().message;
}

std::string WhyNot(std::string_view text) {
  const Result<Message> message = ParseMessage(text);
  return message ? "" : message.error().message;
}

TEST(JsonRpc, EveryKindOfMessageComesBackAsItWas) {
  for (const char* text : {
           R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})",
           R"({"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"x"}})",
           R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
           R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":0.5}})",
           R"({"jsonrpc":"2.0","id":-3,"result":{"tools":[]}})",
           R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no","data":[1]}})",
           R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"bad"}})",
       }) {
    EXPECT_EQ(Again(text), text);
  }
}

TEST(JsonRpc, ANumberAndATextAreTwoIds) {
  const Result<Message> number = ParseMessage(R"({"jsonrpc":"2.0","id":1,"result":{}})");
  const Result<Message> text = ParseMessage(R"({"jsonrpc":"2.0","id":"1","result":{}})");
  ASSERT_TRUE(number && text);
  EXPECT_NE(std::get<Response>(*number).id, std::get<Response>(*text).id);
}

TEST(JsonRpc, WhatIsNoMessageIsRefusedWithTheReason) {
  EXPECT_NE(WhyNot("[]"), "");
  EXPECT_NE(WhyNot(R"([{"jsonrpc":"2.0","method":"x"}])"), "");
  EXPECT_NE(WhyNot("{}"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"1.0","id":1,"method":"x"})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":2.0,"id":1,"method":"x"})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1})"), "");
  EXPECT_EQ(WhyNot(R"({"jsonrpc":"2.0","id":null,"method":"x"})"),
            "JSON-RPC message: expected \"id\" to be a text or a whole number, found null");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1.5,"method":"x"})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":{},"result":{}})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":9007199254740994,"method":"x"})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":18446744073709551615,"method":"x"})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1,"method":""})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1,"method":7})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1,"method":"x","params":[]})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","method":"x","params":null})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1,"method":"x","result":{}})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1,"result":[]})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","result":{}})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1,"error":"no"})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1,"error":{"code":99999999999,"message":""}})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})"), "");
  EXPECT_NE(WhyNot(R"({"jsonrpc":"2.0","id":1,"id":2,"method":"x"})"), "");
}

TEST(JsonRpc, SizeAndDepthAreBounded) {
  const std::string deep = R"({"jsonrpc":"2.0","method":"x","params":{"a":)" +
                           std::string(100, '[') + std::string(100, ']') + "}}";
  const Result<Message> nested = ParseMessage(deep);
  ASSERT_FALSE(nested);
  EXPECT_EQ(nested.error().code, ErrorCode::kResourceExhausted);
  const Result<Message> large =
      ParseMessage(R"({"jsonrpc":"2.0","method":"xxxxxxxxxxxxxxxx"})", {.max_bytes = 20});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::kResourceExhausted);
}

TEST(JsonRpc, ManySmallValuesAreRefusedBeforeTheyTakeMemory) {
  std::string many = R"({"jsonrpc":"2.0","method":"x","params":{"a":[0)";
  for (int i = 0; i < 300'000; ++i) many += ",0";
  many += "]}}";
  const Result<Message> message = ParseMessage(many);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code, ErrorCode::kResourceExhausted);
  const std::string text(300'000, ',');
  EXPECT_TRUE(ParseMessage(R"({"jsonrpc":"2.0","method":"x","params":{"a":"\",)" + text + "\"}}"));
}

TEST(JsonRpc, ALineHasNoLineEnds) {
  const Message message =
      Notification{.method = "x", .params = {{"text", "a\nb\r\xE2\x80\xA8\xC2\x85"}}};
  const std::string line = ToLine(message);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\r'), std::string::npos);
}

TEST(RequestIds, LongTextsAreNone) {
  EXPECT_TRUE(RequestIdFromJson(std::string(256, 'a')));
  EXPECT_FALSE(RequestIdFromJson(std::string(257, 'a')));
  EXPECT_FALSE(RequestIdFromJson(true));
  EXPECT_EQ(ToString(RequestId("a\"b")), R"("a\"b")");
  EXPECT_EQ(ToString(RequestId(int64_t{7})), "7");
}

}  // namespace
}  // namespace weir::mcp
