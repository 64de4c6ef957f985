#include "gguf/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gguf/gguf_file.h"
#include "gguf/testing/gguf_writer.h"

namespace weir::gguf {
namespace {

using testing::AsBytes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SampleMetadata : public ::testing::Test {
 protected:
  const std::string bytes_ = testing::SampleFile().Bytes();
  const GgufFile file_ = GgufFile::Parse(AsBytes(bytes_)).value();
  const Metadata& metadata_ = file_.metadata();
};

TEST_F(SampleMetadata, GivesUnsignedNumbersOfEveryIntegerKind) {
  EXPECT_EQ(*metadata_.GetUint("a.u8"), 200U);
  EXPECT_EQ(*metadata_.GetUint("a.u16"), 60000U);
  EXPECT_EQ(*metadata_.GetUint("a.u32"), 4000000000U);
  EXPECT_EQ(*metadata_.GetUint("a.u64"), uint64_t{1} << 63U);
}

TEST_F(SampleMetadata, RefusesNegativeNumbersWhereNoneMayBe) {
  EXPECT_EQ(metadata_.GetUint("a.i8").error().message,
            "metadata key 'a.i8': expected a number >= 0, found -3");
  for (const char* key : {"a.i16", "a.i32", "a.i64"}) EXPECT_FALSE(metadata_.GetUint(key)) << key;
}

TEST_F(SampleMetadata, GivesFloatsOfEveryNumberKind) {
  EXPECT_EQ(*metadata_.GetFloat("a.f32"), 0.5);
  EXPECT_EQ(*metadata_.GetFloat("a.f64"), 0.25);
  EXPECT_EQ(*metadata_.GetFloat("a.i8"), -3);
  EXPECT_EQ(*metadata_.GetFloat("a.i16"), -300);
  EXPECT_EQ(*metadata_.GetFloat("a.i32"), -5);
  EXPECT_EQ(*metadata_.GetFloat("a.i64"), -9);
  EXPECT_EQ(*metadata_.GetFloat("a.u64"), 9223372036854775808.0);
}

TEST_F(SampleMetadata, GivesStringsBoolsAndArrays) {
  EXPECT_TRUE(*metadata_.GetBool("a.bool"));
  EXPECT_EQ(*metadata_.GetString("general.architecture"), "sample");
  EXPECT_THAT(*metadata_.GetStrings("a.strings"), ElementsAre("one", "", "\xC4\xA0three"));
  EXPECT_THAT(*metadata_.GetStrings("a.empty"), IsEmpty());
  EXPECT_THAT(*metadata_.GetInts("a.ints"), ElementsAre(0, -1, 8));
  EXPECT_THAT(*metadata_.GetInts("a.bools"), ElementsAre(0, 1));
  EXPECT_THAT(*metadata_.GetFloats("a.floats"), ElementsAre(1.5F, -2.0F));
}

TEST_F(SampleMetadata, KeepsTheOrderOfTheFile) {
  EXPECT_EQ(metadata_.entries().front().key, "general.architecture");
  EXPECT_EQ(metadata_.entries().back().key, "a.nested");
  EXPECT_EQ(metadata_.entries().back().value.element, Kind::kArray);
  EXPECT_TRUE(metadata_.Has("a.nested"));
  EXPECT_FALSE(metadata_.Has("a.nothing"));
}

TEST_F(SampleMetadata, SaysWhatIsMissingAndWhatIsOfAnotherKind) {
  EXPECT_EQ(metadata_.GetUint("nothing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(metadata_.GetUint("nothing").error().message, "metadata key 'nothing' is missing");
  EXPECT_EQ(metadata_.GetUint("a.f32").error().message,
            "metadata key 'a.f32': expected an integer, found f32");
  EXPECT_EQ(metadata_.GetUint("a.bool").error().message,
            "metadata key 'a.bool': expected an integer, found bool");
  EXPECT_EQ(metadata_.GetFloat("a.strings").error().message,
            "metadata key 'a.strings': expected a number, found array of string");
  EXPECT_EQ(metadata_.GetString("a.u8").error().message,
            "metadata key 'a.u8': expected a string, found u8");
  EXPECT_FALSE(metadata_.GetBool("a.u8"));
  EXPECT_FALSE(metadata_.GetStrings("a.ints"));
  EXPECT_FALSE(metadata_.GetStrings("a.nested"));
  EXPECT_FALSE(metadata_.GetInts("a.floats"));
  EXPECT_FALSE(metadata_.GetInts("a.u8"));
  EXPECT_FALSE(metadata_.GetInts("a.nested"));
  EXPECT_FALSE(metadata_.GetFloats("a.ints"));
  EXPECT_FALSE(metadata_.GetFloats("a.f32"));
}

TEST(Metadata, RefusesArrayElementsThatNoSignedNumberHolds) {
  testing::GgufWriter writer;
  writer.AddArray<uint64_t>("big", Kind::kU64, {1, ~uint64_t{0}});
  const std::string bytes = writer.Bytes();
  const Result<GgufFile> file = GgufFile::Parse(AsBytes(bytes));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->metadata().GetInts("big").error().message,
            "metadata key 'big': element 1 is 18446744073709551615, expected less than 2^63");
}

}  // namespace
}  // namespace weir::gguf
