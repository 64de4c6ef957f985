#include "safetensors/safetensors_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "safetensors/testing/safetensors_writer.h"

namespace weir::safetensors {
namespace {

using testing::FileOf;
using ::testing::HasSubstr;
using testing::SafetensorsWriter;
using testing::SampleFile;

Result<SafetensorsFile> ParseText(const std::string& bytes) {
  return SafetensorsFile::Parse(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

// The message of the error that `bytes` give.
std::string ErrorOf(const std::string& bytes) {
  const auto file = ParseText(bytes);
  return file ? "no error" : file.error().message;
}

// The sample with one field of its tensor 'half.weight' ([2, 1, 3] F16, bytes 8 to 20) replaced.
std::string ErrorWith(const char* field, const json::Json& value) {
  SafetensorsWriter writer = SampleFile();
  writer.header["half.weight"][field] = value;
  return ErrorOf(writer.Bytes());
}

std::string TextOf(const Tensor& tensor) {
  return std::string(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
}

TEST(SafetensorsFile, RefusesALengthThatTheFileDoesNotHave) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("0 bytes, expected a header length of 8"));
  EXPECT_THAT(ErrorOf(std::string(7, '\0')), HasSubstr("7 bytes, expected"));
  EXPECT_THAT(ErrorOf(std::string("\x03\0\0\0\0\0\0\0{}", 10)), HasSubstr("a header of 3 bytes"));
  EXPECT_THAT(ErrorOf(std::string(8, '\xFF') + "{}"), HasSubstr("18446744073709551615"));
}

TEST(SafetensorsFile, RefusesAHeaderThatIsNoObject) {
  EXPECT_THAT(ErrorOf(FileOf("", "")), HasSubstr("header: text is not JSON"));
  EXPECT_THAT(ErrorOf(FileOf("{", "")), HasSubstr("header: text is not JSON"));
  EXPECT_THAT(ErrorOf(FileOf("[]", "")), HasSubstr("no JSON object"));
  EXPECT_THAT(ErrorOf(FileOf("GGUF", "")), HasSubstr("not JSON"));
  EXPECT_THAT(ErrorOf(FileOf(R"({"a":[[[[[[1]]]]]]})", "")), HasSubstr("nested deeper than 4"));
  EXPECT_THAT(ErrorOf(FileOf(std::string((16u << 20) + 1, ' '), "")), HasSubstr("at most"));
  EXPECT_THAT(ErrorOf(FileOf(R"({"a":1,"a":2})", "")), HasSubstr("twice"));
}

TEST(SafetensorsFile, RefusesTypesThatItDoesNotKnow) {
  EXPECT_THAT(ErrorWith("dtype", "U32"),
              HasSubstr("tensor 'half.weight': dtype U32, expected F32, F16 or BF16; start from"));
  EXPECT_THAT(ErrorWith("dtype", "f16"), HasSubstr("dtype f16"));
  EXPECT_THAT(ErrorWith("dtype", "\x1b[2J"), HasSubstr("dtype ?[2J"));
  EXPECT_THAT(ErrorWith("dtype", 16), HasSubstr("'dtype' is no string"));
}

TEST(SafetensorsFile, RefusesShapesThatTheBytesContradict) {
  EXPECT_THAT(ErrorWith("shape", {2, 3, 2}),
              HasSubstr("12 bytes of data, expected 24 for [2, 3, 2] F16; the file is damaged"));
  EXPECT_THAT(ErrorWith("shape", {2, 2}), HasSubstr("expected 8 for [2, 2] F16"));
  EXPECT_THAT(ErrorWith("shape", {6, 0}), HasSubstr("a dimension is 0"));
  EXPECT_THAT(ErrorWith("shape", {-2, -3}), HasSubstr("a dimension is -2"));
  EXPECT_THAT(ErrorWith("shape", {2.0, 3.0}), HasSubstr("a dimension is 2.0"));
  EXPECT_THAT(ErrorWith("shape", 6), HasSubstr("'shape' is no list"));
  EXPECT_THAT(ErrorWith("shape", std::vector<int>(9, 1)), HasSubstr("at most 8 dimensions"));
  const uint64_t huge = uint64_t{1} << 63;
  EXPECT_THAT(ErrorWith("shape", {huge, huge}), HasSubstr("more than 2^64 bytes"));
  EXPECT_THAT(ErrorWith("shape", {huge, 2}), HasSubstr("more than 2^64 bytes"));
  EXPECT_EQ(ErrorWith("shape", {6}), "no error");
}

TEST(SafetensorsFile, RefusesOffsetsThatAreNoRange) {
  EXPECT_THAT(ErrorWith("data_offsets", {20, 8}), HasSubstr("expected [begin, end]"));
  EXPECT_THAT(ErrorWith("data_offsets", {-8, 4}), HasSubstr("expected [begin, end]"));
  EXPECT_THAT(ErrorWith("data_offsets", {8, 20.5}), HasSubstr("expected [begin, end]"));
  EXPECT_THAT(ErrorWith("data_offsets", {8, 20, 8}), HasSubstr("no pair"));
  EXPECT_THAT(ErrorWith("data_offsets", "8-20"), HasSubstr("no pair"));
}

TEST(SafetensorsFile, RefusesOverlapsGapsAndDataBeyondTheFile) {
  EXPECT_THAT(ErrorWith("data_offsets", {4, 16}),
              HasSubstr("starts at byte 4, expected 8: tensors may neither overlap"));
  EXPECT_THAT(ErrorWith("data_offsets", {0, 12}), HasSubstr("overlap"));
  EXPECT_THAT(ErrorWith("data_offsets", {9, 21}), HasSubstr("overlap"));
  const uint64_t top = UINT64_MAX;
  EXPECT_THAT(ErrorWith("data_offsets", {top - 12, top}), HasSubstr("nor leave gaps"));
  const SafetensorsWriter writer = SampleFile();
  EXPECT_THAT(ErrorOf(writer.Bytes() + "x"), HasSubstr("25 bytes of data, the tensors have 24"));
  std::string cut = writer.Bytes();
  cut.pop_back();
  EXPECT_THAT(ErrorOf(cut), HasSubstr("ends at byte 24 of the data, of which there are 23"));
}

TEST(SafetensorsFile, RefusesFieldsThatItDoesNotKnow) {
  EXPECT_THAT(ErrorWith("strides", {1}), HasSubstr("other fields than dtype, shape"));
  SafetensorsWriter writer = SampleFile();
  writer.header["half.weight"].erase("shape");
  EXPECT_THAT(ErrorOf(writer.Bytes()), HasSubstr("other fields than"));
  writer.header["half.weight"] = 7;
  EXPECT_THAT(ErrorOf(writer.Bytes()), HasSubstr("other fields than"));
}

TEST(SafetensorsFile, ShowsHostileNamesHarmlessly) {
  SafetensorsWriter writer;
  writer.Add("\x1b]0;x\x07\n", "F64", {1}, "12345678");
  EXPECT_THAT(ErrorOf(writer.Bytes()), HasSubstr("tensor '?]0;x\?\?': dtype F64"));
  SafetensorsWriter unnamed;
  unnamed.Add("", "F32", {1}, "1234");
  EXPECT_THAT(ErrorOf(unnamed.Bytes()), HasSubstr("name has 0 bytes, expected 1 to 1024"));
  SafetensorsWriter long_name;
  long_name.Add(std::string(1025, 'n'), "F32", {1}, "1234");
  EXPECT_THAT(ErrorOf(long_name.Bytes()), HasSubstr("name has 1025 bytes"));
}

TEST(SafetensorsFile, AnswersEveryCutAndFlipWithAnErrorOrAFile) {
  const std::string bytes = SampleFile().Bytes();
  for (size_t n = 0; n < bytes.size(); ++n)
    EXPECT_NE(ErrorOf(bytes.substr(0, n)), "no error") << "cut to " << n;
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {0, 3, 7}) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const auto file = ParseText(flipped);
      if (!file) {
        EXPECT_FALSE(file.error().message.empty());
        continue;
      }
      for (const Tensor& tensor : file->tensors()) EXPECT_EQ(file->Find(tensor.name), &tensor);
    }
  }
}

TEST(SafetensorsFile, HasTensorsInTheOrderOfTheirData) {
  SafetensorsWriter writer = SampleFile();
  const std::string bytes = writer.Bytes();
  const auto file = ParseText(bytes);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_EQ(file->tensors().size(), 3U);
  const Tensor& half = file->tensors()[1];
  EXPECT_EQ(half.name, "half.weight");
  EXPECT_EQ(DtypeName(half.dtype), "F16");
  EXPECT_EQ(ShapeText(half.shape), "[2, 1, 3]");
  EXPECT_EQ(TextOf(half), "ABCDEFGHIJKL");
  EXPECT_EQ(TextOf(*file->Find("brain.weight")), "0123");
  EXPECT_EQ(file->Find("__metadata__"), nullptr);
  EXPECT_EQ(file->Find("brain"), nullptr);
}

TEST(SafetensorsFile, TakesAScalarAndAFileOfNothing) {
  EXPECT_EQ(ErrorOf(FileOf("{}", "")), "no error");
  SafetensorsWriter writer;
  writer.Add("one", "F32", {}, "1234");
  const std::string bytes = writer.Bytes();
  const auto file = ParseText(bytes);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(ShapeText(file->Find("one")->shape), "[]");
}

TEST(SafetensorsFile, NamesTheFileInErrorsAndSurvivesAMove) {
  std::string folder = ::testing::TempDir() + "weir_safetensors_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/a.safetensors";
  EXPECT_EQ(SafetensorsFile::Open(path).error().code, ErrorCode::kNotFound);
  std::ofstream(path, std::ios::binary) << "short";
  EXPECT_THAT(SafetensorsFile::Open(path).error().message, HasSubstr(path + ": 5 bytes"));
  std::ofstream(path, std::ios::binary) << SampleFile().Bytes();
  auto opened = SafetensorsFile::Open(path);
  ASSERT_TRUE(opened) << opened.error().message;
  const SafetensorsFile file = std::move(*opened);
  EXPECT_EQ(file.path(), path);
  const Tensor* half = file.Find("half.weight");
  ASSERT_NE(half, nullptr);
  file.Release(half->data);
  EXPECT_EQ(TextOf(*half), "ABCDEFGHIJKL");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weir::safetensors
