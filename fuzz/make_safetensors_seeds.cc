// Writes the seed corpus of safetensors_fuzz into a folder that exists: make_safetensors_seeds
// FOLDER

#include <cstdio>
#include <fstream>
#include <string>

#include "safetensors/testing/safetensors_writer.h"

namespace {

using weir::safetensors::testing::FileOf;
using weir::safetensors::testing::SafetensorsWriter;

bool Write(const std::string& folder, const std::string& name, const std::string& bytes) {
  std::ofstream stream(folder + "/" + name, std::ios::binary);
  stream << bytes;
  return stream.good();
}

// The names of an LFM2 model, a few values each.
std::string TinyModel() {
  SafetensorsWriter writer;
  writer.Add("model.embed_tokens.weight", "BF16", {4, 2}, std::string(16, '\x11'));
  writer.Add("model.layers.0.conv.conv.weight", "BF16", {2, 1, 3}, std::string(12, '\x22'));
  writer.Add("model.layers.1.feed_forward.expert_bias", "F32", {2}, std::string(8, '\x33'));
  writer.Add("model.layers.1.feed_forward.experts.0.w1.weight", "F16", {1, 2}, "abcd");
  return writer.Bytes();
}

std::string Overlapping() {
  SafetensorsWriter writer = weir::safetensors::testing::SampleFile();
  writer.header["half.weight"]["data_offsets"] = {4, 16};
  return writer.Bytes();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_safetensors_seeds FOLDER\n");
    return 2;
  }
  const std::string folder = argv[1];
  const bool written = Write(folder, "empty", FileOf("{}", "")) &&
                       Write(folder, "sample", weir::safetensors::testing::SampleFile().Bytes()) &&
                       Write(folder, "tiny_model", TinyModel()) &&
                       Write(folder, "overlapping", Overlapping()) &&
                       Write(folder, "nested", FileOf(R"({"a":{"shape":[[[[1]]]]}})", ""));
  if (!written) std::fprintf(stderr, "%s: not writable\n", argv[1]);
  return written ? 0 : 1;
}
