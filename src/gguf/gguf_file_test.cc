#include "gguf/gguf_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "gguf/testing/gguf_writer.h"

namespace weir::gguf {
namespace {

using testing::AsBytes;
using ::testing::ElementsAre;
using testing::GgufWriter;
using ::testing::HasSubstr;

GgufWriter GoodFile() {
  GgufWriter writer;
  writer.AddString("general.architecture", "lfm2");
  writer.Add("a.u8", Kind::kU8, uint8_t{200});
  writer.Add("a.i8", Kind::kI8, int8_t{-3});
  writer.Add("a.u16", Kind::kU16, uint16_t{60000});
  writer.Add("a.i16", Kind::kI16, int16_t{-300});
  writer.Add("a.u32", Kind::kU32, uint32_t{4000000000U});
  writer.Add("a.i32", Kind::kI32, int32_t{-5});
  writer.Add("a.f32", Kind::kF32, 0.5F);
  writer.Add("a.bool", Kind::kBool, uint8_t{1});
  writer.Add("a.u64", Kind::kU64, uint64_t{1} << 60U);
  writer.Add("a.i64", Kind::kI64, int64_t{-9});
  writer.Add("a.f64", Kind::kF64, 0.25);
  writer.AddStrings("a.strings", {"one", "", "three"});
  writer.AddArray<int32_t>("a.ints", Kind::kI32, {0, -1, 8});
  writer.AddArray<float>("a.floats", Kind::kF32, {1.5F, -2});
  writer.AddNested("a.nested", 3);
  writer.AddTensor("first", {32, 2}, 2, std::string(36, 'x'));
  writer.AddTensor("second", {5}, 0, std::string(20, 'y'));
  return writer;
}

std::string ErrorOf(const std::string& bytes) {
  const Result<GgufFile> file = GgufFile::Parse(AsBytes(bytes));
  return file ? "" : file.error().message;
}

TEST(GgufFile, ReadsAllMetadataKinds) {
  const std::string bytes = GoodFile().Bytes();
  const Result<GgufFile> file = GgufFile::Parse(AsBytes(bytes));
  ASSERT_TRUE(file.has_value()) << file.error().message;
  const Metadata& m = file->metadata();
  EXPECT_EQ(*m.GetString("general.architecture"), "lfm2");
  EXPECT_EQ(*m.GetUint("a.u8"), 200U);
  EXPECT_EQ(*m.GetUint("a.u16"), 60000U);
  EXPECT_EQ(*m.GetUint("a.u32"), 4000000000U);
  EXPECT_EQ(*m.GetUint("a.u64"), uint64_t{1} << 60U);
  EXPECT_FALSE(m.GetUint("a.i8").has_value());
  EXPECT_EQ(*m.GetFloat("a.i16"), -300);
  EXPECT_EQ(*m.GetFloat("a.f32"), 0.5);
  EXPECT_EQ(*m.GetFloat("a.f64"), 0.25);
  EXPECT_EQ(*m.GetFloat("a.i64"), -9);
  EXPECT_TRUE(*m.GetBool("a.bool"));
  EXPECT_THAT(*m.GetStrings("a.strings"), ElementsAre("one", "", "three"));
  EXPECT_THAT(*m.GetInts("a.ints"), ElementsAre(0, -1, 8));
  EXPECT_THAT(*m.GetFloats("a.floats"), ElementsAre(1.5F, -2.0F));
  EXPECT_TRUE(m.Has("a.nested"));
  EXPECT_EQ(m.entries().front().key, "general.architecture");
  EXPECT_EQ(m.GetUint("nothing").error().message, "metadata key 'nothing' is missing");
  EXPECT_EQ(m.GetUint("a.f32").error().message,
            "metadata key 'a.f32': expected an integer, found f32");
}

TEST(GgufFile, PointsTensorsAtTheirBytes) {
  const std::string bytes = GoodFile().Bytes();
  const Result<GgufFile> file = GgufFile::Parse(AsBytes(bytes));
  ASSERT_TRUE(file.has_value());
  ASSERT_EQ(file->tensors().size(), 2U);
  const TensorInfo* second = file->FindTensor("second");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->data.size(), 20U);
  EXPECT_EQ(static_cast<char>(second->data[0]), 'y');
  EXPECT_EQ(second->shape, (std::array<uint64_t, 4>{5, 1, 1, 1}));
  EXPECT_EQ(second->n_dims, 1);
  EXPECT_EQ(file->FindTensor("first")->data.size(), 36U);
  EXPECT_EQ(file->FindTensor("third"), nullptr);
}

TEST(GgufFile, SaysWhatATextFileIs) {
  EXPECT_EQ(ErrorOf("Hello, world"),
            "not a GGUF file: starts with 'Hell', expected 'GGUF'; name a model in GGUF format");
  EXPECT_THAT(ErrorOf(""), HasSubstr("not a GGUF file"));
  EXPECT_THAT(ErrorOf("GG"), HasSubstr("not a GGUF file"));
}

TEST(GgufFile, RefusesOtherVersionsAndByteOrder) {
  GgufWriter writer = GoodFile();
  writer.version = 4;
  EXPECT_THAT(ErrorOf(writer.Bytes()), HasSubstr("version 4 is not supported"));
  writer.version = 0x03000000;
  EXPECT_THAT(ErrorOf(writer.Bytes()), HasSubstr("big-endian"));
}

// Each changes a good file into a bad one; the error must say the right thing.
TEST(GgufFile, RefusesAbsurdHeaders) {
  const std::vector<std::pair<std::string, std::function<void(GgufWriter&)>>> cases = {
      {"more than", [](GgufWriter& w) { w.extra_tensors = uint64_t{1} << 60U; }},
      {"more than", [](GgufWriter& w) { w.extra_entries = ~uint64_t{0} - 100; }},
      {"does not fit",
       [](GgufWriter& w) { w.AddArray<int32_t>("big", Kind::kI32, {1}, ~uint64_t{0} / 4); }},
      {"do not fit",
       [](GgufWriter& w) { w.AddArray<uint64_t>("big", Kind::kString, {}, uint64_t{1} << 61U); }},
      {"nested deeper", [](GgufWriter& w) { w.AddNested("deep", 100); }},
      {"kind 13 is unknown", [](GgufWriter& w) { w.Add("odd", static_cast<Kind>(13), 0); }},
      {"is there twice", [](GgufWriter& w) { w.Add("a.u8", Kind::kU8, uint8_t{1}); }},
      {"is there twice", [](GgufWriter& w) { w.AddTensor("first", {1}, 0, "1234"); }},
      {"expected a power of two",
       [](GgufWriter& w) { w.Add("general.alignment", Kind::kU32, 48U); }},
      {"expected a power of two",
       [](GgufWriter& w) { w.Add("general.alignment", Kind::kU32, 0U); }},
      {"overlap", [](GgufWriter& w) { w.AddTensorAt("over", {1}, 0, 0); }},
      {"no multiple of 32", [](GgufWriter& w) { w.AddTensorAt("odd", {1}, 0, 100); }},
      {"cut short", [](GgufWriter& w) { w.AddTensorAt("far", {1}, 0, uint64_t{1} << 40U); }},
      {"cut short", [](GgufWriter& w) { w.AddTensorAt("wide", {uint64_t{1} << 40U}, 0, 128); }},
      {"no or too many",
       [](GgufWriter& w) {
         w.AddTensorAt("huge", {uint64_t{1} << 40U, uint64_t{1} << 40U}, 0, 128);
       }},
      {"no or too many", [](GgufWriter& w) { w.AddTensorAt("none", {0}, 0, 128); }},
      {"multiple of 32 for Q4_0", [](GgufWriter& w) { w.AddTensorAt("ragged", {33}, 2, 128); }},
      {"type 99 is unknown", [](GgufWriter& w) { w.AddTensorAt("odd", {32}, 99, 128); }},
      {"5 dimensions", [](GgufWriter& w) { w.AddTensorAt("deep", {1, 1, 1, 1, 1}, 0, 128); }},
      {"0 bytes", [](GgufWriter& w) { w.AddTensorAt("", {1}, 0, 128); }},
  };
  for (const auto& [expected, change] : cases) {
    GgufWriter writer = GoodFile();
    change(writer);
    EXPECT_THAT(ErrorOf(writer.Bytes()), HasSubstr(expected));
  }
}

TEST(GgufFile, EveryCutOfASmallFileIsACleanError) {
  const std::string bytes = GoodFile().Bytes();
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_NE(ErrorOf(bytes.substr(0, n)), "") << n;
}

TEST(GgufFile, EveryFlippedBitOfTheHeaderIsReadOrRefusedCleanly) {
  const std::string good = GoodFile().Bytes();
  int n_refused = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      const Result<GgufFile> file = GgufFile::Parse(AsBytes(bytes));
      if (!file) {
        ++n_refused;
        EXPECT_FALSE(file.error().message.empty());
        continue;
      }
      // What is handed out lies inside the file.
      for (const TensorInfo& tensor : file->tensors()) {
        EXPECT_LE(tensor.data.data() + tensor.data.size(), AsBytes(bytes).data() + bytes.size());
      }
    }
  }
  EXPECT_GT(n_refused, 1000);
}

TEST(GgufFile, RandomDamageNeverCrashes) {
  const std::string good = GoodFile().Bytes();
  std::mt19937 random(7);
  int n_refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    const int n_changes = 1 + static_cast<int>(random() % 8);
    for (int i = 0; i < n_changes; ++i)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    n_refused += ErrorOf(bytes).empty() ? 0 : 1;
  }
  EXPECT_GT(n_refused, 1000);
}

TEST(GgufFile, ARealModelOpensAndEveryCutAt4KiBIsRefused) {
  const std::string path = std::string(WEIR_TESTDATA) + "/golden/tiny-q4_0.gguf";
  const Result<GgufFile> file = GgufFile::Open(path);
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ(*file->metadata().GetString("general.architecture"), "lfm2moe");
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)),
                          std::istreambuf_iterator<char>());
  ASSERT_GT(bytes.size(), 100000U);
  for (size_t n = 0; n < bytes.size(); n += 4096) {
    const Result<GgufFile> cut = GgufFile::Parse(AsBytes(bytes).first(n));
    ASSERT_FALSE(cut.has_value()) << n;
    EXPECT_FALSE(cut.error().message.empty());
  }
}

TEST(GgufFile, NamesThePathOfAFileThatIsNotThere) {
  const Result<GgufFile> file = GgufFile::Open("/nonexistent/model.gguf");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(file.error().message, HasSubstr("/nonexistent/model.gguf"));
  EXPECT_FALSE(GgufFile::Open("/tmp").has_value());
}

}  // namespace
}  // namespace weir::gguf
