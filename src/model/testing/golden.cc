#include "model/testing/golden.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

namespace weir::model {
namespace {

constexpr GoldenFile kFiles[] = {
    {"tiny-f16", "tiny.tokens.i32", 1.23e-06},    {"tiny-q8_0", "tiny.tokens.i32", 1.49e-03},
    {"tiny-q6_k", "tiny.tokens.i32", 3.44e-03},   {"tiny-q5_k_m", "tiny.tokens.i32", 2.71e-03},
    {"tiny-q4_k_m", "tiny.tokens.i32", 4.84e-03}, {"tiny-q4_0", "tiny.tokens.i32", 2.18e-03},
    {"dense-f16", "dense.tokens.i32", 2.19e-06},  {"dense-q4_k_m", "dense.tokens.i32", 5.03e-03},
};

Result<std::string> Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return MakeError(ErrorCode::kNotFound, "test data '{}' is not there", path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

template <class T>
std::vector<T> Copy(std::string_view bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

double LogSumExp(const float* logits, int n) {
  const double max = *std::max_element(logits, logits + n);
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += std::exp(logits[i] - max);
  return max + std::log(sum);
}

}  // namespace

std::span<const GoldenFile> GoldenFiles() { return kFiles; }

Result<std::vector<float>> ReadNpy(const std::string& path) {
  // Magic, version, 16-bit header length, header, values.
  ASSIGN_OR_RETURN(const std::string bytes, Read(path));
  const size_t header = bytes.size() < 10 ? 0
                                          : static_cast<unsigned char>(bytes[8]) +
                                                256u * static_cast<unsigned char>(bytes[9]);
  if (header == 0 || bytes.substr(10, header).find("'<f4'") == std::string::npos) {
    return MakeError(ErrorCode::kCorruptData, "'{}' is not a float32 array of NumPy", path);
  }
  return Copy<float>(std::string_view(bytes).substr(10 + header));
}

Result<Golden> LoadGolden(const GoldenFile& file) {
  const std::string folder = std::string(WEIR_TESTDATA) + "/golden/";
  Golden golden;
  golden.model_path = folder + file.name + ".gguf";
  ASSIGN_OR_RETURN(const std::string tokens, Read(folder + file.tokens));
  golden.tokens = Copy<TokenId>(tokens);
  ASSIGN_OR_RETURN(golden.logits, ReadNpy(folder + file.name + ".logits.f32.npy"));
  golden.n_vocab = static_cast<int>(golden.logits.size() / golden.tokens.size());
  return golden;
}

Divergence Compare(std::span<const float> exact, std::span<const float> ours, int n_vocab) {
  Divergence d;
  double difference = 0;
  double norm = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    difference += std::pow(double{ours[i]} - double{exact[i]}, 2);
    norm += std::pow(double{exact[i]}, 2);
  }
  d.relative_l2 = std::sqrt(difference / norm);
  const auto n_tokens = static_cast<int>(exact.size()) / n_vocab;
  for (int t = 0; t < n_tokens; ++t) {
    const float* p = exact.data() + t * n_vocab;
    const float* q = ours.data() + t * n_vocab;
    const double p_total = LogSumExp(p, n_vocab);
    const double q_total = LogSumExp(q, n_vocab);
    double kl = 0;
    for (int i = 0; i < n_vocab; ++i)
      kl += std::exp(p[i] - p_total) * ((p[i] - p_total) - (q[i] - q_total));
    d.mean_kl += kl / n_tokens;
    d.max_kl = std::max(d.max_kl, kl);
  }
  return d;
}

}  // namespace weir::model
