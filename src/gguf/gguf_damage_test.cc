// Damaged files: cut anywhere, bits flipped, bytes overwritten at random. The reader must answer
// with a file whose every view lies inside the bytes, or with an error; under the address sanitizer
// this is also the proof that it reads nothing beyond them.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "gguf/gguf_file.h"
#include "gguf/testing/gguf_writer.h"

namespace weir::gguf {
namespace {

using testing::AsBytes;
using testing::SampleFile;

std::string Read(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::string Golden(const std::string& name) {
  return Read(std::string(WEIR_TESTDATA) + "/golden/" + name);
}

// Reads `bytes` and touches all that is handed out. True when the file was accepted.
bool ReadAll(std::span<const std::byte> bytes) {
  const Result<GgufFile> file = GgufFile::Parse(bytes);
  if (!file) {
    EXPECT_FALSE(file.error().message.empty());
    EXPECT_LT(file.error().message.size(), 600U);
    return false;
  }
  const std::byte* end = bytes.data() + bytes.size();
  const Metadata& metadata = file->metadata();
  for (const Metadata::Entry& entry : metadata.entries()) {
    EXPECT_LE(entry.value.bytes.data() + entry.value.bytes.size(), end);
    EXPECT_EQ(metadata.Find(entry.key), &entry.value);
    if (const auto strings = metadata.GetStrings(entry.key); strings && !strings->empty()) {
      EXPECT_LE(strings->back().data() + strings->back().size(), static_cast<const void*>(end));
    }
    (void)metadata.GetInts(entry.key).has_value();
    (void)metadata.GetFloats(entry.key).has_value();
    (void)metadata.GetFloat(entry.key).has_value();
  }
  for (const TensorInfo& tensor : file->tensors()) {
    EXPECT_GE(tensor.data.data(), bytes.data());
    EXPECT_LE(tensor.data.data() + tensor.data.size(), end);
  }
  return true;
}

TEST(DamagedGguf, EveryCutOfASmallFileIsACleanError) {
  const std::string good = SampleFile().Bytes();
  ASSERT_TRUE(ReadAll(AsBytes(good)));
  for (size_t n = 0; n < good.size(); ++n) {
    const std::string cut = good.substr(0, n);  // a copy of its own: a read beyond it is caught
    EXPECT_FALSE(ReadAll(AsBytes(cut))) << n;
  }
}

TEST(DamagedGguf, EveryCutOfARealModelAt4KiBIsACleanError) {
  const std::string good = Golden("tiny-q4_0.gguf");
  ASSERT_GT(good.size(), 100000U);
  ASSERT_TRUE(ReadAll(AsBytes(good)));
  for (size_t n = 0; n < good.size(); n += 4096) {
    EXPECT_FALSE(ReadAll(AsBytes(good).first(n))) << n;
  }
}

TEST(DamagedGguf, EveryFlippedBitIsReadOrRefusedCleanly) {
  const std::string good = SampleFile().Bytes();
  std::string bytes = good;
  int n_refused = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[at] = static_cast<char>(good[at] ^ (1 << bit));
      n_refused += ReadAll(AsBytes(bytes)) ? 0 : 1;
    }
    bytes[at] = good[at];
  }
  EXPECT_GT(n_refused, 2000);
}

TEST(DamagedGguf, FlippedBytesOfARealHeaderAreReadOrRefusedCleanly) {
  std::string bytes = Golden("tiny-q4_0.gguf");
  const Result<GgufFile> file = GgufFile::Parse(AsBytes(bytes));
  ASSERT_TRUE(file.has_value());
  const auto header =
      static_cast<size_t>(file->tensors().front().data.data() - AsBytes(bytes).data());
  for (size_t at = 0; at < header; at += 37) {  // a step that meets every field of some entry
    const char kept = bytes[at];
    for (const char value : {'\0', '\x7F', '\xFF', static_cast<char>(kept ^ 1)}) {
      bytes[at] = value;
      ReadAll(AsBytes(bytes));
    }
    bytes[at] = kept;
  }
  EXPECT_TRUE(ReadAll(AsBytes(bytes)));
}

TEST(DamagedGguf, TheSeedsOfTheFuzzerAreGoodFiles) {
  int n_seeds = 0;
  for (const auto& seed : std::filesystem::directory_iterator(WEIR_TESTDATA "/fuzz/gguf")) {
    const std::string bytes = Read(seed.path());
    EXPECT_TRUE(ReadAll(AsBytes(bytes))) << seed.path();
    ++n_seeds;
  }
  EXPECT_GE(n_seeds, 5);
}

// A small fuzzer with a fixed seed; fuzz/gguf_fuzz.cc is the real one.
TEST(DamagedGguf, RandomDamageNeverCrashes) {
  const std::string good = SampleFile().Bytes();
  std::mt19937 random(7);
  int n_refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    for (uint32_t n = 1 + random() % 8; n > 0; --n) {
      bytes[random() % bytes.size()] = static_cast<char>(random() % 3 == 0 ? 0xFF : random());
    }
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    n_refused += ReadAll(AsBytes(bytes)) ? 0 : 1;
  }
  EXPECT_GT(n_refused, 1000);
}

}  // namespace
}  // namespace weir::gguf
