// Writes the seed corpus of gguf_fuzz into a folder that exists: make_gguf_seeds FOLDER

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

#include "gguf/testing/gguf_writer.h"

namespace {

using weir::gguf::Kind;
using weir::gguf::testing::GgufWriter;

bool Write(const std::string& folder, const std::string& name, const GgufWriter& writer) {
  std::ofstream stream(folder + "/" + name, std::ios::binary);
  stream << writer.Bytes();
  return stream.good();
}

// What an LFM2 model says about itself, with a vocabulary of four and one tiny tensor a type.
GgufWriter TinyModel() {
  GgufWriter writer;
  writer.AddString("general.architecture", "lfm2");
  writer.Add("lfm2.block_count", Kind::kU32, uint32_t{2});
  writer.Add("lfm2.rope.freq_base", Kind::kF32, 1e6F);
  writer.AddArray<int32_t>("lfm2.attention.head_count_kv", Kind::kI32, {0, 8});
  writer.AddStrings("tokenizer.ggml.tokens", {"<|pad|>", "a", "b", "ab"});
  writer.AddArray<int32_t>("tokenizer.ggml.token_type", Kind::kI32, {3, 1, 1, 1});
  writer.AddStrings("tokenizer.ggml.merges", {"a b"});
  writer.AddTensor("token_embd_norm.weight", {4}, 0, std::string(16, '\0'));
  writer.AddTensor("token_embd.weight", {256}, 14, std::string(210, '\x11'));
  writer.AddTensor("blk.0.ffn_up.weight", {32, 2}, 8, std::string(68, '\x22'));
  writer.AddTensor("blk.0.ffn_down.weight", {256}, 12, std::string(144, '\x33'));
  writer.AddTensor("blk.1.attn_q.weight", {2, 2, 2, 2}, 30, std::string(32, '\x44'));
  return writer;
}

GgufWriter Aligned() {
  GgufWriter writer;
  writer.SetAlignment(8);
  writer.AddTensor("a", {1}, 0, "1234");
  writer.AddTensor("b", {2, 3}, 1, "abcdefghijkl");
  return writer;
}

GgufWriter Nested() {
  GgufWriter writer;
  writer.version = 2;
  for (int depth = 1; depth <= 4; ++depth) {
    writer.AddNested("nested." + std::to_string(depth), depth);
  }
  return writer;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_gguf_seeds FOLDER\n");
    return 2;
  }
  const std::string folder = argv[1];
  const bool written = Write(folder, "empty", GgufWriter()) &&
                       Write(folder, "sample", weir::gguf::testing::SampleFile()) &&
                       Write(folder, "tiny_model", TinyModel()) &&
                       Write(folder, "aligned", Aligned()) && Write(folder, "nested", Nested());
  if (!written) std::fprintf(stderr, "%s: not writable\n", argv[1]);
  return written ? 0 : 1;
}
