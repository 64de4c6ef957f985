#include "convert/testing/export.h"

#include <fmt/format.h>

#include <fstream>
#include <vector>

#include "gguf/gguf_file.h"
#include "model/lfm2_dims.h"
#include "model/lfm2_weights.h"
#include "platform/files.h"
#include "quant/quantize.h"
#include "safetensors/testing/safetensors_writer.h"

namespace weir::convert::testing {
namespace {

using json::Json;
using safetensors::testing::SafetensorsWriter;

constexpr size_t kMaxBytes = 64u << 20;

Status WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  out.close();
  if (!out) return MakeError(ErrorCode::kUnavailable, "{}: not written", path);
  return {};
}

Json ConfigOf(const model::Lfm2Dims& dims) {
  Json kinds = Json::array();
  for (const bool is_attention : dims.is_attention)
    kinds.push_back(is_attention ? "full_attention" : "conv");
  Json config = {{"architectures", {dims.is_moe ? "Lfm2MoeForCausalLM" : "Lfm2ForCausalLM"}},
                 {"num_hidden_layers", dims.n_layers},
                 {"layer_types", kinds},
                 {"vocab_size", dims.n_vocab},
                 {"max_position_embeddings", dims.n_context},
                 {"hidden_size", dims.d_model},
                 {"intermediate_size", dims.d_ff},
                 {"num_attention_heads", dims.n_heads},
                 {"num_key_value_heads", dims.n_kv_heads},
                 {"norm_eps", 1e-5},
                 {"rope_theta", dims.rope_theta},
                 {"conv_L_cache", dims.n_taps},
                 {"conv_bias", false},
                 {"tie_embedding", true}};
  if (!dims.is_moe) {
    config["block_auto_adjust_ff_dim"] = false;
    return config;
  }
  config["num_experts"] = dims.n_experts;
  config["num_experts_per_tok"] = dims.n_experts_used;
  config["moe_intermediate_size"] = dims.d_ff_expert;
  config["num_dense_layers"] = dims.n_dense_layers;
  config["routed_scaling_factor"] = dims.expert_weights_scale;
  config["norm_topk_prob"] = true;
  config["use_expert_bias"] = true;
  return config;
}

// Specials stand in the vocabulary and among the added tokens; merges in both spellings.
Result<Json> TokenizerOf(const gguf::Metadata& metadata) {
  ASSIGN_OR_RETURN(const auto tokens, metadata.GetStrings("tokenizer.ggml.tokens"));
  ASSIGN_OR_RETURN(const auto kinds, metadata.GetInts("tokenizer.ggml.token_type"));
  ASSIGN_OR_RETURN(const auto merges, metadata.GetStrings("tokenizer.ggml.merges"));
  Json vocab = Json::object();
  Json added = Json::array();
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (kinds[id] == 5) continue;
    vocab[std::string(tokens[id])] = id;
    if (kinds[id] != 1)
      added.push_back({{"id", id}, {"content", tokens[id]}, {"special", kinds[id] == 3}});
  }
  Json merge_list = Json::array();
  for (const std::string_view merge : merges) {
    const size_t blank = merge.find(' ');
    if (merge_list.size() % 2 == 0) {
      merge_list.push_back(merge);
    } else {
      merge_list.push_back({merge.substr(0, blank), merge.substr(blank + 1)});
    }
  }
  const std::string pattern =
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+)"
      R"([\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  const Json split = {{"type", "Split"},
                      {"pattern", {{"Regex", pattern}}},
                      {"behavior", "Isolated"},
                      {"invert", false}};
  const Json bytes = {{"type", "ByteLevel"},
                      {"add_prefix_space", false},
                      {"trim_offsets", true},
                      {"use_regex", false}};
  return Json{{"version", "1.0"},
              {"added_tokens", added},
              {"normalizer", nullptr},
              {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", {split, bytes}}}},
              {"post_processor", nullptr},
              {"model",
               {{"type", "BPE"},
                {"dropout", nullptr},
                {"byte_fallback", false},
                {"ignore_merges", true},
                {"vocab", vocab},
                {"merges", merge_list}}}};
}

// BOS as a text, EOS as an object, padding by its id in config.json alone.
Result<Json> TokenizerConfigOf(const gguf::Metadata& metadata) {
  ASSIGN_OR_RETURN(const auto tokens, metadata.GetStrings("tokenizer.ggml.tokens"));
  ASSIGN_OR_RETURN(const uint64_t bos, metadata.GetUint("tokenizer.ggml.bos_token_id"));
  ASSIGN_OR_RETURN(const uint64_t eos, metadata.GetUint("tokenizer.ggml.eos_token_id"));
  ASSIGN_OR_RETURN(const bool add_bos, metadata.GetBool("tokenizer.ggml.add_bos_token"));
  Json config = {{"bos_token", tokens[bos]},
                 {"eos_token", {{"content", tokens[eos]}, {"special", true}}},
                 {"add_bos_token", add_bos}};
  if (const auto text = metadata.GetString("tokenizer.chat_template"))
    config["chat_template"] = *text;
  return config;
}

// Values [begin, begin + n) of a tensor in another float type.
std::string ValuesOf(const gguf::TensorInfo& tensor, uint64_t begin, uint64_t n, quant::Type type) {
  const auto from = static_cast<quant::Type>(tensor.type_id);
  const auto count = static_cast<int64_t>(n);
  const std::byte* in = tensor.data.data() + quant::RowBytes(from, static_cast<int64_t>(begin));
  std::vector<float> values(n);
  quant::DequantizeRow(from, in, count, values.data());
  std::string out(static_cast<size_t>(quant::RowBytes(type, count)), '\0');
  quant::QuantizeRow(type, values.data(), count, reinterpret_cast<std::byte*>(out.data()));
  return out;
}

class WeightsExporter {
 public:
  WeightsExporter(const gguf::GgufFile& file, const ExportOptions& options)
      : file_(file), options_(options), files_(static_cast<size_t>(options.n_files)) {}

  void AddAll(const model::Lfm2Dims& dims) {
    for (const model::ModelTensor& tensor : model::TensorsOf(dims)) {
      const std::string name = fmt::format(fmt::runtime(tensor.spec->hf_name), tensor.layer);
      const gguf::TensorInfo& info = *file_.FindTensor(tensor.name);
      std::vector<uint64_t> shape(tensor.shape.rbegin(), tensor.shape.rend());
      const auto star = name.find('*');
      if (star == std::string::npos) {
        if (name.ends_with(".conv.conv.weight")) shape.insert(shape.begin() + 1, 1);
        Add(name, tensor, shape, ValuesOf(info, 0, tensor.n_values(), TypeOf(tensor)));
      } else if (options_.fused_experts) {
        AddFused(name.substr(0, star), name.substr(star + 1), tensor, info);
      } else {
        const uint64_t n = tensor.n_values() / shape[0];
        for (uint64_t e = 0; e < shape[0]; ++e) {
          Add(fmt::format("{}{}{}", name.substr(0, star), e, name.substr(star + 1)), tensor,
              {shape[1], shape[2]}, ValuesOf(info, e * n, n, TypeOf(tensor)));
        }
      }
    }
  }

  Status Write(const std::string& folder) const {
    if (files_.size() == 1) return WriteFile(folder + "/model.safetensors", files_[0].Bytes());
    Json map = Json::object();
    for (size_t i = 0; i < files_.size(); ++i) {
      const std::string name =
          fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, files_.size());
      for (const auto& [tensor, fields] : files_[i].header.items()) map[tensor] = name;
      RETURN_IF_ERROR(WriteFile(folder + "/" + name, files_[i].Bytes()));
    }
    return WriteFile(folder + "/model.safetensors.index.json", json::Dump({{"weight_map", map}}));
  }

 private:
  quant::Type TypeOf(const model::ModelTensor& tensor) const {
    return model::IsFloatTensor(*tensor.spec) ? options_.vectors : options_.matrices;
  }

  void Add(const std::string& name, const model::ModelTensor& tensor,
           const std::vector<uint64_t>& shape, const std::string& bytes) {
    const quant::TypeInfo& type = *quant::FindType(static_cast<uint32_t>(TypeOf(tensor)));
    files_[next_++ % files_.size()].Add(name, type.name, shape, bytes);
  }

  // Per expert the gate rows, then the up rows.
  void AddFused(const std::string& head, const std::string& tail, const model::ModelTensor& tensor,
                const gguf::TensorInfo& info) {
    const uint64_t n_experts = tensor.shape[2];
    const uint64_t n = tensor.n_values() / n_experts;
    if (tail == ".w2.weight") {
      Add(head + "down_proj", tensor, {n_experts, tensor.shape[1], tensor.shape[0]},
          ValuesOf(info, 0, tensor.n_values(), TypeOf(tensor)));
    }
    if (tail != ".w1.weight") return;
    std::string up_name = tensor.name;
    const gguf::TensorInfo& up =
        *file_.FindTensor(up_name.replace(up_name.find("gate_exps"), 9, "up_exps"));
    std::string bytes;
    for (uint64_t e = 0; e < n_experts; ++e) {
      bytes += ValuesOf(info, e * n, n, TypeOf(tensor));
      bytes += ValuesOf(up, e * n, n, TypeOf(tensor));
    }
    Add(head + "gate_up_proj", tensor, {n_experts, 2 * tensor.shape[1], tensor.shape[0]}, bytes);
  }

  const gguf::GgufFile& file_;
  const ExportOptions& options_;
  std::vector<SafetensorsWriter> files_;
  size_t next_ = 0;
};

}  // namespace

Status Export(const std::string& gguf_path, const std::string& folder,
              const ExportOptions& options) {
  ASSIGN_OR_RETURN(const gguf::GgufFile file, gguf::GgufFile::Open(gguf_path));
  ASSIGN_OR_RETURN(const model::Lfm2Dims dims, model::ReadDims(file));
  WeightsExporter exporter(file, options);
  exporter.AddAll(dims);
  RETURN_IF_ERROR(exporter.Write(folder));
  Json config = ConfigOf(dims);
  ASSIGN_OR_RETURN(config["pad_token_id"],
                   file.metadata().GetUint("tokenizer.ggml.padding_token_id"));
  RETURN_IF_ERROR(WriteFile(folder + "/config.json", json::Dump(config)));
  ASSIGN_OR_RETURN(const Json tokenizer, TokenizerOf(file.metadata()));
  RETURN_IF_ERROR(WriteFile(folder + "/tokenizer.json", json::Dump(tokenizer)));
  ASSIGN_OR_RETURN(const Json tokenizer_config, TokenizerConfigOf(file.metadata()));
  return WriteFile(folder + "/tokenizer_config.json", json::Dump(tokenizer_config));
}

Status EditJson(const std::string& path, const std::function<void(Json&)>& edit) {
  ASSIGN_OR_RETURN(const std::string text, platform::ReadFile(path, kMaxBytes));
  ASSIGN_OR_RETURN(Json object, json::Parse(text));
  edit(object);
  return WriteFile(path, json::Dump(object));
}

}  // namespace weir::convert::testing
