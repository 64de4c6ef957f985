#include "platform/sqlite.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::platform {
namespace {

TEST(Sqlite, BindsAndReadsBack) {
  const auto database = Database::OpenInMemory(1 << 20);
  ASSERT_TRUE(database.has_value());
  ASSERT_TRUE(database->Execute("CREATE TABLE t(a INTEGER, b REAL, c TEXT, d TEXT)"));
  auto insert = database->Prepare("INSERT INTO t VALUES(?, ?, ?, ?)");
  ASSERT_TRUE(insert.has_value());
  ASSERT_TRUE(insert->BindInt(1, 1LL << 60));
  ASSERT_TRUE(insert->BindDouble(2, 0.5));
  ASSERT_TRUE(insert->BindText(3, std::string_view("x'\0y", 4)));
  ASSERT_TRUE(insert->BindNull(4));
  EXPECT_FALSE(*insert->Step());
  auto select = database->Prepare("SELECT * FROM t");
  ASSERT_TRUE(select.has_value());
  ASSERT_TRUE(*select->Step());
  EXPECT_EQ(select->Int(0), 1LL << 60);
  EXPECT_EQ(select->Double(1), 0.5);
  EXPECT_EQ(select->Text(2), std::string("x'\0y", 4));
  EXPECT_TRUE(select->IsNull(3));
  EXPECT_FALSE(*select->Step());
}

TEST(Sqlite, ResetForgetsBindings) {
  const auto database = Database::OpenInMemory(1 << 20);
  auto select = database->Prepare("SELECT ?");
  ASSERT_TRUE(select->BindInt(1, 3));
  ASSERT_TRUE(*select->Step());
  ASSERT_TRUE(select->Reset());
  ASSERT_TRUE(*select->Step());
  EXPECT_TRUE(select->IsNull(0));
}

TEST(Sqlite, ErrorsAreSentences) {
  const auto database = Database::OpenInMemory(1 << 20);
  EXPECT_NE(database->Prepare("SELEC 1").error().message.find("syntax error"), std::string::npos);
  EXPECT_FALSE(database->Prepare("SELECT 1; SELECT 2").has_value());
  EXPECT_FALSE(database->Prepare("").has_value());
  EXPECT_FALSE(database->Execute("SELECT 1").has_value());
  EXPECT_FALSE(database->Execute("ATTACH 'x.db' AS x").has_value());
}

TEST(Sqlite, GrowthIsBounded) {
  const auto database = Database::OpenInMemory(256 << 10);
  ASSERT_TRUE(database->Execute("CREATE TABLE t(a TEXT)"));
  auto insert = database->Prepare("INSERT INTO t VALUES(?)");
  const std::string big(100'000, 'x');
  Status status;
  for (int i = 0; i < 20 && status; ++i) {
    status = insert->BindText(1, big);
    if (const auto stepped = insert->Step(); !stepped) status = MakeError(stepped.error());
    (void)insert->Reset().has_value();
  }
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace weir::platform
