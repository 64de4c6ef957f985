#include "catalog/tool_index.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "catalog/claims.h"
#include "catalog/words.h"

namespace weir::catalog {
namespace {

constexpr size_t kMaxRequestBytes = 64 << 10;
constexpr size_t kMaxParameterDescriptions = 64;

// How much an occurrence counts by where it stands.
constexpr double kNameWeight = 3.0;
constexpr double kServerWeight = 1.5;
constexpr double kDescriptionWeight = 1.5;
constexpr double kArgumentWeight = 0.5;
constexpr double kArgumentTextWeight = 0.25;
// Of BM25: how soon repetition stops to count, and how much long texts are held back.
constexpr double kSaturation = 0.8;
constexpr double kLengthShare = 0.4;
// Runs of letters, of words that no tool has as they are.
constexpr size_t kGram = 3;
constexpr double kGramWeight = 0.2;
// What a tool gets of the best score among its server's tools.
constexpr double kServerShare = 0.3;
// What it adds that the request names a file and the tool takes a path.
constexpr double kFileScore = 1.0;

void AddWords(std::string_view text, double weight,
              std::map<std::string, double, std::less<>>* out) {
  std::vector<std::string> stems;
  AppendPlainWords(text, &stems);
  for (const std::string& stem : stems) {
    if (!stem.starts_with('<') && !IsStopWord(stem)) (*out)[stem] += weight;
  }
}

// "#scr", "#cre", ... of "screen".
std::vector<std::string> GramsOf(std::string_view word) {
  std::vector<std::string> grams;
  for (size_t i = 0; i + kGram <= word.size(); ++i) {
    grams.push_back("#" + std::string(word.substr(i, kGram)));
  }
  return grams;
}

// Null when the schema names no arguments.
const json::Json* ArgumentsOf(const CandidateTool& tool) {
  const json::Json& schema = tool.definition.parameters;
  if (!schema.is_object()) return nullptr;
  const auto properties = schema.find("properties");
  return properties == schema.end() || !properties->is_object() ? nullptr : &*properties;
}

bool TakesPath(const CandidateTool& tool) {
  const json::Json* arguments = ArgumentsOf(tool);
  if (arguments == nullptr) return false;
  for (const auto& [name, schema] : arguments->items()) {
    if (IsPathName(name)) return true;
  }
  return false;
}

}  // namespace

ToolIndex::Terms ToolIndex::TermsOf(const CandidateTool& tool) {
  Terms terms;
  AddWords(tool.definition.name, kNameWeight, &terms);
  AddWords(tool.server, kServerWeight, &terms);
  AddWords(tool.definition.description, kDescriptionWeight, &terms);
  if (const json::Json* arguments = ArgumentsOf(tool)) {
    size_t n = 0;
    for (const auto& [name, argument] : arguments->items()) {
      AddWords(name, kArgumentWeight, &terms);
      if (++n > kMaxParameterDescriptions || !argument.is_object()) continue;
      const auto text = argument.find("description");
      if (text == argument.end() || !text->is_string()) continue;
      AddWords(text->get_ref<const std::string&>(), kArgumentTextWeight, &terms);
    }
  }
  Terms grams;
  for (const auto& [word, weight] : terms) {
    for (const std::string& gram : GramsOf(word)) grams[gram] = std::max(grams[gram], weight);
  }
  terms.merge(grams);
  return terms;
}

ToolIndex::ToolIndex(std::span<const CandidateTool> tools) {
  std::map<std::string_view, size_t> servers;
  std::vector<Terms> documents;
  std::vector<double> lengths;
  double total = 0;
  for (const CandidateTool& tool : tools) {
    const auto [server, is_new] = servers.try_emplace(tool.server, server_sizes_.size());
    if (is_new) server_sizes_.push_back(0);
    ++server_sizes_[server->second];
    server_of_.push_back(server->second);
    takes_path_.push_back(TakesPath(tool));
    documents.push_back(TermsOf(tool));
    double length = 0;
    for (const auto& [term, weight] : documents.back()) length += term[0] == '#' ? 0 : weight;
    lengths.push_back(length);
    total += length;
  }
  const double mean = std::max(total / std::max<double>(1, static_cast<double>(tools.size())), 1.0);
  for (size_t i = 0; i < documents.size(); ++i) AddDocument(i, documents[i], lengths[i] / mean);
}

void ToolIndex::AddDocument(size_t tool, const Terms& terms, double length_ratio) {
  const double held_back = kSaturation * (1 - kLengthShare + kLengthShare * length_ratio);
  for (const auto& [term, frequency] : terms) {
    postings_[term].push_back({tool, frequency / (frequency + held_back)});
  }
}

ToolIndex::Terms ToolIndex::Asked(const std::vector<std::string>& words) const {
  Terms asked;
  for (std::string word : words) {
    if (word.starts_with('<') || IsStopWord(word)) continue;
    if (word.starts_with('.')) word.erase(0, 1);  // "report.pdf" speaks of pdf
    if (postings_.contains(word)) {
      asked[word] = 1;
      continue;
    }
    for (const std::string& gram : GramsOf(word)) asked.try_emplace(gram, kGramWeight);
  }
  return asked;
}

std::vector<ScoredTool> ToolIndex::Rank(std::string_view request) const {
  const auto n = static_cast<double>(server_of_.size());
  const std::vector<std::string> words = RequestWords(request.substr(0, kMaxRequestBytes));
  const bool names_file = std::find(words.begin(), words.end(), "<file>") != words.end();
  std::vector<double> scores(server_of_.size(), 0);
  for (size_t i = 0; i < scores.size(); ++i) {
    if (names_file && takes_path_[i]) scores[i] = kFileScore;
  }
  for (const auto& [term, weight] : Asked(words)) {
    const auto postings = postings_.find(term);
    if (postings == postings_.end()) continue;
    const auto df = static_cast<double>(postings->second.size());
    const double rarity = std::log(1 + (n - df + 0.5) / (df + 0.5));
    for (const Posting& posting : postings->second) {
      scores[posting.tool] += weight * rarity * posting.weight;
    }
  }
  std::vector<double> best_of_server(server_sizes_.size(), 0);
  for (size_t i = 0; i < scores.size(); ++i) {
    double& best = best_of_server[server_of_[i]];
    best = std::max(best, scores[i]);
  }
  std::vector<ScoredTool> ranked;
  ranked.reserve(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    ranked.push_back({i, scores[i] + kServerShare * best_of_server[server_of_[i]]});
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const ScoredTool& a, const ScoredTool& b) { return a.score > b.score; });
  return ranked;
}

}  // namespace weir::catalog
