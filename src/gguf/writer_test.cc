#include "gguf/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "gguf/testing/gguf_writer.h"
#include "platform/files.h"

namespace weir::gguf {
namespace {

namespace fs = std::filesystem;
using testing::AsBytes;
using ::testing::HasSubstr;
using testing::SampleFile;

constexpr uint32_t kF32 = 0;
constexpr uint32_t kQ4_0 = 2;

class WriterTest : public ::testing::Test {
 protected:
  WriterTest() {
    std::string name = ::testing::TempDir() + "weir_writer_XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/model.gguf";
  }
  ~WriterTest() override { fs::remove_all(folder_); }

  // The error of a file with these tensors and the metadata in metadata_.
  std::string ErrorOf(const std::vector<TensorPlan>& tensors) {
    const Result<Writer> writer = Writer::Create(path_, metadata_, tensors);
    EXPECT_FALSE(writer);
    EXPECT_TRUE(fs::is_empty(folder_));
    return writer ? "" : writer.error().message;
  }

  std::string folder_;
  std::string path_;
  MetadataBuilder metadata_;
};

TEST_F(WriterTest, WhatIsReadBackIsWhatWasWritten) {
  metadata_.AddString("general.architecture", "sample");
  metadata_.Add("a.u8", uint8_t{200});
  metadata_.Add("a.i8", int8_t{-3});
  metadata_.Add("a.u16", uint16_t{60000});
  metadata_.Add("a.i16", int16_t{-300});
  metadata_.Add("a.u32", uint32_t{4000000000U});
  metadata_.Add("a.i32", int32_t{-5});
  metadata_.Add("a.f32", 0.5F);
  metadata_.Add("a.bool", true);
  metadata_.Add("a.u64", uint64_t{1} << 63U);
  metadata_.Add("a.i64", int64_t{-9});
  metadata_.Add("a.f64", 0.25);
  const std::vector<std::string> strings = {"one", "", "\xC4\xA0three"};
  metadata_.AddStrings("a.strings", strings);
  const std::vector<int32_t> ints = {0, -1, 8};
  metadata_.AddArray<int32_t>("a.ints", ints);
  const std::vector<float> floats = {1.5F, -2};
  metadata_.AddArray<float>("a.floats", floats);
  metadata_.AddStrings("a.empty", {});

  auto writer =
      Writer::Create(path_, metadata_, {{"norm", {3}, kF32}, {"up", {32, 2, 1, 2}, kQ4_0}});
  ASSERT_TRUE(writer) << writer.error().message;
  const std::string norm = "twelve bytes";
  const std::string up(72, 'x');
  ASSERT_TRUE(writer->Append(AsBytes(norm)));
  ASSERT_TRUE(writer->Append(AsBytes(up).first(5)));  // pieces of any size
  ASSERT_TRUE(writer->Append({}));
  ASSERT_TRUE(writer->Append(AsBytes(up).subspan(5)));
  EXPECT_FALSE(fs::exists(path_));
  ASSERT_TRUE(writer->Finish());
  EXPECT_EQ(fs::file_size(path_), writer->file_bytes());
  EXPECT_EQ(writer->written_bytes(), writer->file_bytes());

  const Result<GgufFile> file = GgufFile::Open(path_);
  ASSERT_TRUE(file) << file.error().message;
  const Metadata& read = file->metadata();
  EXPECT_EQ(read.entries().size(), 16U);
  EXPECT_EQ(read.GetUint("a.u8").value(), 200U);
  EXPECT_EQ(read.Find("a.i8")->kind, Kind::kI8);
  EXPECT_EQ(read.GetUint("a.u16").value(), 60000U);
  EXPECT_EQ(read.GetFloat("a.i16").value(), -300);
  EXPECT_EQ(read.GetUint("a.u32").value(), 4000000000U);
  EXPECT_EQ(read.GetFloat("a.i32").value(), -5);
  EXPECT_EQ(read.GetFloat("a.f32").value(), 0.5);
  EXPECT_TRUE(read.GetBool("a.bool").value());
  EXPECT_EQ(read.GetUint("a.u64").value(), uint64_t{1} << 63U);
  EXPECT_EQ(read.GetFloat("a.i64").value(), -9);
  EXPECT_EQ(read.GetFloat("a.f64").value(), 0.25);
  EXPECT_THAT(read.GetStrings("a.strings").value(),
              ::testing::ElementsAre("one", "", "\xC4\xA0three"));
  EXPECT_THAT(read.GetInts("a.ints").value(), ::testing::ElementsAre(0, -1, 8));
  EXPECT_EQ(read.GetFloats("a.floats").value(), floats);
  EXPECT_TRUE(read.GetStrings("a.empty").value().empty());

  ASSERT_EQ(file->tensors().size(), 2U);
  const TensorInfo& read_up = *file->FindTensor("up");
  EXPECT_EQ(read_up.n_dims, 4);
  EXPECT_EQ(read_up.shape, (std::array<uint64_t, 4>{32, 2, 1, 2}));
  EXPECT_EQ(read_up.type_id, kQ4_0);
  const auto as_text = [](std::span<const std::byte> bytes) {
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  EXPECT_EQ(as_text(read_up.data), up);
  EXPECT_EQ(as_text(file->FindTensor("norm")->data), norm);
}

// Metadata and tensors of another file, arrays of arrays included, in other pieces.
TEST_F(WriterTest, CopiesAFileToTheSameContent) {
  const std::string bytes = SampleFile().Bytes();
  const Result<GgufFile> source = GgufFile::Parse(AsBytes(bytes));
  ASSERT_TRUE(source);
  for (const Metadata::Entry& entry : source->metadata().entries())
    metadata_.AddValue(entry.key, entry.value);
  std::vector<TensorPlan> plans;
  for (const TensorInfo& tensor : source->tensors()) {
    plans.push_back({std::string(tensor.name),
                     {tensor.shape.begin(), tensor.shape.begin() + tensor.n_dims},
                     tensor.type_id});
  }
  auto writer = Writer::Create(path_, metadata_, plans);
  ASSERT_TRUE(writer) << writer.error().message;
  for (const TensorInfo& tensor : source->tensors()) {
    for (const std::byte& byte : tensor.data) ASSERT_TRUE(writer->Append({&byte, 1}));
  }
  ASSERT_TRUE(writer->Finish());
  std::string copy = platform::ReadFile(path_, 1 << 20).value();
  EXPECT_EQ(copy.size() % 32, 0U);
  copy.resize(bytes.size());  // the last tensor is padded too
  EXPECT_EQ(copy, bytes);
}

TEST_F(WriterTest, AlignsTensorsAsTheMetadataSays) {
  metadata_.Add("general.alignment", uint32_t{16384});
  auto writer = Writer::Create(path_, metadata_, {{"one", {1}, kF32}, {"two", {1}, kF32}});
  ASSERT_TRUE(writer && writer->Append(AsBytes("1234")) && writer->Append(AsBytes("5678")) &&
              writer->Finish());
  EXPECT_EQ(writer->file_bytes(), 3 * 16384U);
  const Result<GgufFile> file = GgufFile::Open(path_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->FindTensor("two")->data[0], std::byte{'5'});
}

TEST_F(WriterTest, WritesAFileWithoutTensors) {
  metadata_.AddString("general.name", "nothing");
  auto writer = Writer::Create(path_, metadata_, {});
  ASSERT_TRUE(writer && writer->Finish());
  EXPECT_TRUE(GgufFile::Open(path_));
}

TEST_F(WriterTest, RefusesMetadataThatNoReaderTakes) {
  metadata_.Add("twice", uint32_t{1});
  metadata_.Add("twice", uint32_t{2});
  EXPECT_THAT(ErrorOf({}), HasSubstr("'twice'"));
  metadata_ = {};
  metadata_.Add("", uint32_t{1});
  EXPECT_THAT(ErrorOf({}), HasSubstr("1 to 65535"));
  metadata_ = {};
  metadata_.Add("general.alignment", uint32_t{24});
  EXPECT_THAT(ErrorOf({}), HasSubstr("power of two"));
}

TEST_F(WriterTest, RefusesTensorsThatNoReaderTakes) {
  EXPECT_THAT(ErrorOf({{"a", {1}, kF32}, {"a", {1}, kF32}}),
              HasSubstr("tensor 'a' is there twice"));
  EXPECT_THAT(ErrorOf({{"", {1}, kF32}}), HasSubstr("name has 0 bytes"));
  EXPECT_THAT(ErrorOf({{std::string(1025, 'n'), {1}, kF32}}), HasSubstr("name has 1025 bytes"));
  EXPECT_THAT(ErrorOf({{"a", {}, kF32}}), HasSubstr("0 dimensions, expected 1 to 4"));
  EXPECT_THAT(ErrorOf({{"a", {1, 1, 1, 1, 1}, kF32}}), HasSubstr("5 dimensions"));
  EXPECT_THAT(ErrorOf({{"a", {4, 0}, kF32}}), HasSubstr("dimension of 0"));
  EXPECT_THAT(ErrorOf({{"a", {1}, 4}}), HasSubstr("type id 4 is unknown"));
  EXPECT_THAT(ErrorOf({{"a", {33}, kQ4_0}}), HasSubstr("multiple of 32 for type Q4_0"));
  const uint64_t half = uint64_t{1} << 32U;
  EXPECT_THAT(ErrorOf({{"a", {half, half}, kF32}}), HasSubstr("2^64 values"));
  EXPECT_THAT(ErrorOf({{"a", {half / 4, half / 2}, kF32}, {"b", {half / 4, half / 2}, kF32}}),
              HasSubstr("2^64 bytes"));
}

TEST_F(WriterTest, SaysWhatADiskLacksBeforeItStarts) {
  const Result<Writer> writer =
      Writer::Create(path_, metadata_, {{"a", {uint64_t{1} << 53U}, kF32}});
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(writer.error().message, HasSubstr("bytes, the disk has"));
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(WriterTest, RefusesTooMuchAndTooLittleData) {
  {
    auto writer = Writer::Create(path_, metadata_, {{"a", {2}, kF32}, {"b", {1}, kF32}});
    ASSERT_TRUE(writer);
    EXPECT_THAT(writer->Append(AsBytes("123456789")).error().message,
                HasSubstr("9 bytes of data for tensor 'a', which lacks 8"));
    ASSERT_TRUE(writer->Append(AsBytes("12345")));
    EXPECT_THAT(writer->Finish().error().message, HasSubstr("tensor 'a': 3 bytes of data are"));
    ASSERT_TRUE(writer->Append(AsBytes("678")));
    ASSERT_TRUE(writer->Append(AsBytes("1234")));
    EXPECT_THAT(writer->Append(AsBytes("5")).error().message, HasSubstr("no tensor"));
    EXPECT_TRUE(fs::exists(path_ + ".partial"));
  }
  EXPECT_TRUE(fs::is_empty(folder_));  // not finished: nothing is left
}

}  // namespace
}  // namespace weir::gguf
