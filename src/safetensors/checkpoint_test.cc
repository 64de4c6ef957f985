#include "safetensors/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "safetensors/testing/safetensors_writer.h"

namespace weir::safetensors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SafetensorsWriter;

class CheckpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "weir_checkpoint_XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
  }
  void WriteFileWith(const std::string& name, const std::vector<std::string>& tensors) const {
    SafetensorsWriter writer;
    for (const std::string& tensor : tensors) writer.Add(tensor, "F32", {1}, "1234");
    Write(name, writer.Bytes());
  }
  void WriteIndex(const json::Json& weight_map) const {
    Write("model.safetensors.index.json", json::Dump({{"weight_map", weight_map}}));
  }
  std::string OpenError() const {
    const auto checkpoint = Checkpoint::Open(folder_);
    return checkpoint ? "no error" : checkpoint.error().message;
  }

  std::string folder_;
};

TEST_F(CheckpointTest, RefusesAFolderWithoutWeights) {
  EXPECT_THAT(OpenError(), HasSubstr("neither model.safetensors nor model.safetensors.index.json"));
  EXPECT_EQ(Checkpoint::Open(folder_ + "/none").error().code, ErrorCode::kNotFound);
}

TEST_F(CheckpointTest, RefusesAnIndexThatIsNone) {
  Write("model.safetensors.index.json", "{");
  EXPECT_THAT(OpenError(), HasSubstr("index.json: text is not JSON"));
  Write("model.safetensors.index.json", R"({"weight_map": ["a"]})");
  EXPECT_THAT(OpenError(), HasSubstr("expected an object 'weight_map'"));
}

TEST_F(CheckpointTest, RefusesAnIndexThatLeadsOutOfTheFolder) {
  for (const char* name : {"../a", "/etc/passwd", "b/../../a", "..", ".", ""}) {
    WriteIndex({{"w", name}});
    EXPECT_THAT(OpenError(), HasSubstr("expected the name of a file in the same folder")) << name;
  }
  WriteIndex({{"w", std::string("a\0b", 3)}});
  EXPECT_THAT(OpenError(), HasSubstr("expected the name of a file"));
  WriteIndex({{"w", 7}});
  EXPECT_THAT(OpenError(), HasSubstr("tensor 'w' is in 7"));
}

TEST_F(CheckpointTest, RefusesAnIndexThatTheFilesContradict) {
  WriteFileWith("a.safetensors", {"w", "v"});
  WriteIndex({{"w", "a.safetensors"}, {"x", "b.safetensors"}});
  EXPECT_THAT(OpenError(), HasSubstr("b.safetensors"));
  WriteFileWith("b.safetensors", {"y"});
  EXPECT_THAT(OpenError(), HasSubstr("tensor 'x' is not in 'b.safetensors'"));
  WriteFileWith("b.safetensors", {"x"});
  EXPECT_THAT(OpenError(), HasSubstr("tensor 'v' of " + folder_ + "/a.safetensors is missing"));
  WriteIndex({{"w", "a.safetensors"}, {"x", "b.safetensors"}, {"v", "b.safetensors"}});
  EXPECT_THAT(OpenError(), HasSubstr("tensor 'v' is not in 'b.safetensors'"));
  WriteFileWith("b.safetensors", {"x", "v"});
  EXPECT_THAT(OpenError(), HasSubstr("tensor 'v' is in both"));
}

TEST_F(CheckpointTest, FindsTensorsInOneFile) {
  WriteFileWith("model.safetensors", {"w", "v"});
  const auto checkpoint = Checkpoint::Open(folder_);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_THAT(checkpoint->Names(), ElementsAre("v", "w"));
  EXPECT_EQ(checkpoint->Find("w")->name, "w");
  EXPECT_EQ(checkpoint->Find("x"), nullptr);
}

TEST_F(CheckpointTest, FindsTensorsInSeveralFiles) {
  WriteFileWith("model.safetensors", {"old"});
  WriteFileWith("a.safetensors", {"w", "v"});
  WriteFileWith("b.safetensors", {"x"});
  WriteIndex({{"w", "a.safetensors"}, {"v", "a.safetensors"}, {"x", "b.safetensors"}});
  const auto checkpoint = Checkpoint::Open(folder_);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_THAT(checkpoint->Names(), ElementsAre("v", "w", "x"));
  ASSERT_EQ(checkpoint->files().size(), 2U);
  for (const std::string_view name : checkpoint->Names()) {
    const Tensor* tensor = checkpoint->Find(name);
    checkpoint->Release(tensor->data);
    EXPECT_EQ(tensor->data[3], std::byte{'4'});
  }
}

}  // namespace
}  // namespace weir::safetensors
