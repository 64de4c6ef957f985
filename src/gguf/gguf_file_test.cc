#include "gguf/gguf_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gguf/testing/gguf_writer.h"

namespace weir::gguf {
namespace {

using testing::AsBytes;
using testing::GgufWriter;
using ::testing::HasSubstr;
using testing::SampleFile;

std::string ErrorOf(const std::string& bytes) {
  const Result<GgufFile> file = GgufFile::Parse(AsBytes(bytes));
  return file ? "" : file.error().message;
}

TEST(GgufFile, PointsTensorsAtTheirBytes) {
  const std::string bytes = SampleFile().Bytes();
  const Result<GgufFile> file = GgufFile::Parse(AsBytes(bytes));
  ASSERT_TRUE(file.has_value()) << file.error().message;
  ASSERT_EQ(file->tensors().size(), 4U);
  EXPECT_EQ(file->tensors()[0].name, "norm.weight");
  const TensorInfo* up = file->FindTensor("blk.0.ffn_up.weight");
  ASSERT_NE(up, nullptr);
  EXPECT_EQ(up->type_id, 2U);
  EXPECT_EQ(up->n_dims, 4);
  EXPECT_EQ(up->shape, (std::array<uint64_t, 4>{64, 2, 1, 2}));
  EXPECT_EQ(up->data.size(), 144U);
  EXPECT_EQ(up->data[1], std::byte{48});  // the writer's pattern: (37 i + 11) mod 256
  EXPECT_EQ(file->FindTensor("half.weight")->shape, (std::array<uint64_t, 4>{3, 2, 1, 1}));
  EXPECT_EQ(file->FindTensor("third"), nullptr);
}

TEST(GgufFile, ReadsVersion2AndOtherAlignments) {
  GgufWriter old = SampleFile();
  old.version = 2;
  EXPECT_EQ(ErrorOf(old.Bytes()), "");
  for (const uint32_t alignment : {8U, 64U, 4096U}) {
    GgufWriter writer;
    writer.SetAlignment(alignment);
    writer.AddTensor("one", {1}, 0, "1234");
    writer.AddTensor("two", {2}, 1, "abcd");
    const std::string bytes = writer.Bytes();
    const Result<GgufFile> file = GgufFile::Parse(AsBytes(bytes));
    ASSERT_TRUE(file.has_value()) << file.error().message;
    const std::byte* data = file->FindTensor("two")->data.data();
    EXPECT_EQ((data - AsBytes(bytes).data()) % alignment, 0);
    EXPECT_EQ(*data, std::byte{'a'});
  }
}

TEST(GgufFile, ReadsAFileWithoutTensors) {
  GgufWriter writer;
  EXPECT_EQ(ErrorOf(writer.Bytes()), "");
  writer.AddString("general.architecture", "clip");
  EXPECT_EQ(ErrorOf(writer.Bytes()), "");
}

TEST(GgufFile, SaysWhatATextFileIs) {
  EXPECT_EQ(ErrorOf("Hello, world"),
            "not a GGUF file: starts with 'Hell', expected 'GGUF'; name a model file in the GGUF "
            "format");
  EXPECT_THAT(ErrorOf(""), HasSubstr("not a GGUF file: starts with ''"));
  EXPECT_THAT(ErrorOf("GG\n"), HasSubstr("starts with 'GG?'"));
}

TEST(GgufFile, NamesTheTensorThatACutFileLost) {
  const std::string bytes = SampleFile().Bytes();
  const std::string cut = bytes.substr(0, bytes.size() - 1);
  EXPECT_EQ(ErrorOf(cut),
            fmt::format("tensor 'blk.0.ffn_down.weight': data ends at byte {} but the file has {} "
                        "bytes; the file is cut short, fetch it again",
                        bytes.size(), bytes.size() - 1));
}

TEST(GgufFile, RefusesOtherVersionsAndByteOrder) {
  GgufWriter writer = SampleFile();
  for (const uint32_t version : {0U, 1U, 4U}) {
    writer.version = version;
    EXPECT_EQ(ErrorOf(writer.Bytes()),
              fmt::format("GGUF version {}, expected 3 (or 2); convert the model again", version));
  }
  writer.version = 0x03000000;
  EXPECT_THAT(ErrorOf(writer.Bytes()), HasSubstr("big-endian"));
}

struct BadFile {
  std::string expected;  // part of the error
  std::function<void(GgufWriter&)> change;
};

constexpr uint64_t kHuge = uint64_t{1} << 61U;

// Changes a good file into each bad one; the error must name the thing, expected and found.
void ExpectErrors(const std::vector<BadFile>& cases) {
  for (const auto& [expected, change] : cases) {
    GgufWriter writer = SampleFile();
    change(writer);
    EXPECT_THAT(ErrorOf(writer.Bytes()), HasSubstr(expected));
  }
}

TEST(GgufFile, RefusesAbsurdCounts) {
  ExpectErrors({
      {"4 tensors and 18 metadata keys, more than",
       [](GgufWriter& w) {
         w = SampleFile();
         GgufWriter empty;
         empty.extra_tensors = 4;
         empty.extra_entries = 18;
         w = empty;
       }},
      {"claims 1000000004 tensors", [](GgufWriter& w) { w.extra_tensors = 1000000000; }},
      {"expected at most 65536 of each",
       [](GgufWriter& w) { w.extra_entries = ~uint64_t{0} - 100; }},
      {"metadata key 'big': 4611686018427387903 values of kind i32 do not fit into the",
       [](GgufWriter& w) { w.AddArray<int32_t>("big", Kind::kI32, {1}, ~uint64_t{0} / 4); }},
      {"metadata key 'big': 2305843009213693952 values of kind string do not fit into the",
       [](GgufWriter& w) { w.AddArray<uint64_t>("big", Kind::kString, {}, kHuge); }},
      {"metadata key 'big': 2305843009213693952 values of kind array do not fit into the",
       [](GgufWriter& w) { w.AddArray<uint64_t>("big", Kind::kArray, {}, kHuge); }},
      {"metadata key 'long': needs 18446744073709551615 bytes at byte",
       [](GgufWriter& w) { w.AddRaw("long", Kind::kString, testing::Le(~uint64_t{0})); }},
  });
}

TEST(GgufFile, RefusesBrokenMetadata) {
  ExpectErrors({
      {"metadata key 'deep': arrays are nested deeper than 4",
       [](GgufWriter& w) { w.AddNested("deep", 5); }},
      {"arrays are nested deeper than 4", [](GgufWriter& w) { w.AddNested("deep", 100000); }},
      {"metadata key 'odd': value kind 13 is unknown, expected 0 to 12",
       [](GgufWriter& w) { w.Add("odd", static_cast<Kind>(13), 0); }},
      {"metadata key 'odd': value kind 99 is unknown",
       [](GgufWriter& w) { w.AddArray<int32_t>("odd", static_cast<Kind>(99), {}); }},
      {"metadata key 'b': a bool is neither 0 nor 1",
       [](GgufWriter& w) { w.Add("b", Kind::kBool, uint8_t{2}); }},
      {"metadata key 19 of 19: its name has 0 bytes",
       [](GgufWriter& w) { w.Add("", Kind::kU8, uint8_t{2}); }},
      {"its name has 65536 bytes, expected 1 to 65535",
       [](GgufWriter& w) { w.Add(std::string(65536, 'k'), Kind::kU8, uint8_t{2}); }},
      {"metadata key 'a.u8' is there twice, expected once",
       [](GgufWriter& w) { w.Add("a.u8", Kind::kU8, uint8_t{1}); }},
      {"metadata key 'a?[31mb' is there twice",  // no terminal control from a file's names
       [](GgufWriter& w) {
         for (int i = 0; i < 2; ++i) w.Add("a\x1B[31mb", Kind::kU8, uint8_t{1});
       }},
      {"metadata key 'general.alignment': 48, expected a power of two from 8 to 1048576",
       [](GgufWriter& w) { w.Add("general.alignment", Kind::kU32, 48U); }},
      {"expected a power of two",
       [](GgufWriter& w) { w.Add("general.alignment", Kind::kU32, 0U); }},
      {"expected a power of two",
       [](GgufWriter& w) { w.Add("general.alignment", Kind::kU64, kHuge); }},
      {"metadata key 'general.alignment': expected an integer, found string",
       [](GgufWriter& w) { w.AddString("general.alignment", "32"); }},
  });
}

TEST(GgufFile, RefusesBrokenTensors) {
  constexpr uint64_t kBig = uint64_t{1} << 40U;
  ExpectErrors({
      {"tensor 'norm.weight' is there twice, expected once",
       [](GgufWriter& w) { w.AddTensor("norm.weight", {1}, 0, "1234"); }},
      {"tensors 'norm.weight' and 'over' overlap: data offsets 0 to 32 and from 0",
       [](GgufWriter& w) { w.AddTensorAt("over", {1}, 0, 0); }},
      {"tensor 'odd': data offset 100, expected a multiple of 32",
       [](GgufWriter& w) { w.AddTensorAt("odd", {1}, 0, 100); }},
      {"tensor 'far': data ends at byte",
       [](GgufWriter& w) { w.AddTensorAt("far", {1}, 0, kBig); }},
      {"tensor 'far': 4 bytes at data offset 18446744073709551584 are beyond any file",
       [](GgufWriter& w) { w.AddTensorAt("far", {1}, 0, ~uint64_t{31}); }},
      {"tensor 'wide': data ends at byte",
       [](GgufWriter& w) { w.AddTensorAt("wide", {kBig}, 0, 128); }},
      {"tensor 'huge': shape [1099511627776, 1099511627776, 1, 1] has more than 2^64 values",
       [](GgufWriter& w) { w.AddTensorAt("huge", {kBig, kBig}, 0, 128); }},
      {"tensor 'huge': shape",  // its values fit into 64 bits, its bytes do not
       [](GgufWriter& w) { w.AddTensorAt("huge", {kHuge, 4}, 0, 128); }},
      {"tensor 'none': shape [0, 1, 1, 1] has no values",
       [](GgufWriter& w) { w.AddTensorAt("none", {0}, 0, 128); }},
      {"tensor 'none': shape [9223372036854775808, 2, 0, 1] has",
       [](GgufWriter& w) { w.AddTensorAt("none", {kHuge * 4, 2, 0}, 0, 128); }},
      {"tensor 'ragged': rows of 33 values, expected a multiple of 32 for type Q4_0",
       [](GgufWriter& w) { w.AddTensorAt("ragged", {33}, 2, 128); }},
      {"tensor 'odd': type id 99 is unknown",
       [](GgufWriter& w) { w.AddTensorAt("odd", {32}, 99, 128); }},
      {"tensor 'deep': 5 dimensions, expected 1 to 4",
       [](GgufWriter& w) { w.AddTensorAt("deep", {1, 1, 1, 1, 1}, 0, 128); }},
      {"tensor 'flat': 0 dimensions, expected 1 to 4",
       [](GgufWriter& w) { w.AddTensorAt("flat", {}, 0, 128); }},
      {"a tensor's name has 0 bytes, expected 1 to 1024",
       [](GgufWriter& w) { w.AddTensorAt("", {1}, 0, 128); }},
      {"a tensor's name has 1025 bytes, expected 1 to 1024",
       [](GgufWriter& w) { w.AddTensorAt(std::string(1025, 'x'), {1}, 0, 128); }},
  });
}

TEST(GgufFile, NamesThePathOfAFileThatIsNotThere) {
  const Result<GgufFile> file = GgufFile::Open("/nonexistent/model.gguf");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(file.error().message, HasSubstr("/nonexistent/model.gguf"));
}

TEST(GgufFile, OpensARealModelAndKeepsItsBytesWhenMoved) {
  const std::string path = std::string(WEIR_TESTDATA) + "/golden/tiny-q4_0.gguf";
  Result<GgufFile> opened = GgufFile::Open(path);
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  const GgufFile file = std::move(*opened);
  EXPECT_EQ(file.path(), path);
  EXPECT_EQ(*file.metadata().GetString("general.architecture"), "lfm2moe");
  EXPECT_EQ(file.metadata().GetStrings("tokenizer.ggml.tokens")->size(), 1024U);
  const TensorInfo* embedding = file.FindTensor("token_embd.weight");
  ASSERT_NE(embedding, nullptr);
  EXPECT_EQ(FindTensorType(embedding->type_id)->name, "Q6_K");
  EXPECT_EQ(embedding->shape, (std::array<uint64_t, 4>{256, 1024, 1, 1}));
  EXPECT_EQ(embedding->data.size(), 1024U * 210);
}

TEST(GgufFile, OfAFileCutShortTheMetadataCanBeRead) {
  const std::string path = ::testing::TempDir() + "weir_cut_short.gguf";
  const std::string whole = SampleFile().Bytes();
  std::ofstream(path, std::ios::binary) << whole.substr(0, whole.size() - 300);
  EXPECT_FALSE(GgufFile::Open(path));
  const Result<GgufFile> file = GgufFile::OpenMetadata(path);
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ(*file->metadata().GetString("general.architecture"), "sample");
  EXPECT_TRUE(file->tensors().empty());
  std::ofstream(path, std::ios::binary) << whole.substr(0, 100);
  EXPECT_THAT(GgufFile::OpenMetadata(path).error().message, HasSubstr(path));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace weir::gguf
