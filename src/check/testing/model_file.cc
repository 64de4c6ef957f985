#include "check/testing/model_file.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <span>

#include "base/check.h"
#include "gguf/gguf_file.h"
#include "gguf/testing/gguf_writer.h"
#include "platform/files.h"
#include "synth/synth.h"

namespace weir::check {
namespace {

using gguf::Kind;
using gguf::testing::Le;
using gguf::testing::LeString;

std::string Copy(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Written by synth, read back.
gguf::GgufFile SynthFile(const std::string& path) {
  synth::Request request;
  request.dims = synth::FindPreset("tiny")->dims;
  request.dims.n_layers = 2;
  request.dims.is_attention = {false, true};
  request.dims.is_moe = false;
  request.dims.n_dense_layers = 2;
  request.dims.n_experts = 0;
  request.dims.d_ff = 256;
  request.dims.n_vocab = 320;
  request.mix = model::Mix::kQ4_K_M;
  request.name = "small";
  CHECK(synth::WriteModel(path, request, {}, {}).has_value());
  return std::move(*gguf::GgufFile::Open(path));
}

}  // namespace

ModelFile ModelFile::Good() {
  std::string path = std::filesystem::temp_directory_path() / "weir_check_XXXXXX";
  CHECK(::mkdtemp(path.data()) != nullptr);
  const std::string folder = path;
  const gguf::GgufFile file = SynthFile(folder + "/m.gguf");
  ModelFile model;
  for (const auto& [key, value] : file.metadata().entries()) {
    if (key.starts_with("weir.") || key == "tokenizer.ggml.tokens" ||
        key == "tokenizer.ggml.token_type" || key == "tokenizer.ggml.merges") {
      continue;
    }
    std::string bytes = Copy(value.bytes);
    if (value.kind == Kind::kString) bytes = LeString(bytes);
    if (value.kind == Kind::kArray) bytes = Le(value.element) + Le(value.count) + bytes;
    model.metadata.push_back({std::string(key), {value.kind, bytes}});
  }
  const auto tokens = file.metadata().GetStrings("tokenizer.ggml.tokens").value();
  const auto kinds = file.metadata().GetInts("tokenizer.ggml.token_type").value();
  const auto merges = file.metadata().GetStrings("tokenizer.ggml.merges").value();
  model.tokens.assign(tokens.begin(), tokens.end());
  model.kinds.assign(kinds.begin(), kinds.end());
  model.merges.assign(merges.begin(), merges.end());
  for (const gguf::TensorInfo& tensor : file.tensors()) {
    const auto n_dims = static_cast<std::ptrdiff_t>(tensor.n_dims);
    model.tensors.push_back({std::string(tensor.name),
                             {tensor.shape.begin(), tensor.shape.begin() + n_dims},
                             tensor.type_id,
                             Copy(tensor.data)});
  }
  model.SetString("general.license", "apache-2.0");
  model.SetString("tokenizer.chat_template", NanoTemplate());
  std::filesystem::remove_all(folder);
  return model;
}

std::string ModelFile::NanoTemplate() {
  return platform::ReadFile(WEIR_SOURCE_DIR "/training/nano_template.jinja", 1 << 20).value();
}

void ModelFile::SetString(const std::string& key, const std::string& value) {
  std::erase_if(metadata, [&](const auto& entry) { return entry.first == key; });
  metadata.push_back({key, {Kind::kString, LeString(value)}});
}

void ModelFile::SetUint(const std::string& key, uint32_t value) {
  std::erase_if(metadata, [&](const auto& entry) { return entry.first == key; });
  metadata.push_back({key, {Kind::kU32, Le(value)}});
}

ModelFile::Tensor& ModelFile::Find(const std::string& name) {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const Tensor& tensor) { return tensor.name == name; });
  CHECK(found != tensors.end());
  return *found;
}

void ModelFile::Erase(const std::string& tensor) {
  std::erase_if(tensors, [&](const Tensor& t) { return t.name == tensor; });
}

int ModelFile::IndexOf(const std::string& token) const {
  const auto found = std::find(tokens.begin(), tokens.end(), token);
  CHECK(found != tokens.end());
  return static_cast<int>(found - tokens.begin());
}

void ModelFile::Rename(const std::string& token, const std::string& text) {
  tokens[static_cast<size_t>(IndexOf(token))] = text;
}

std::string ModelFile::Bytes() const {
  gguf::testing::GgufWriter writer;
  for (const auto& [key, value] : metadata) writer.AddRaw(key, value.first, value.second);
  writer.AddStrings("tokenizer.ggml.tokens", tokens);
  writer.AddArray<int32_t>("tokenizer.ggml.token_type", Kind::kI32, kinds);
  writer.AddStrings("tokenizer.ggml.merges", merges);
  for (const Tensor& tensor : tensors)
    writer.AddTensor(tensor.name, tensor.shape, tensor.type, tensor.data);
  return writer.Bytes();
}

}  // namespace weir::check
