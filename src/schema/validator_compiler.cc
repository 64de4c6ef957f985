#include "schema/validator_compiler.h"

#include <algorithm>
#include <functional>
#include <set>

#include "schema/keyword_readers.h"
#include "schema/pointer.h"

namespace weir::schema {
namespace {

// What RE2 may allocate is a multiple of both.
constexpr size_t kMaxPatterns = 128;
constexpr int64_t kMaxPatternInstructions = 200'000;

// The nodes that are applied to the same value as `node`.
std::vector<int> SameValueNodes(const ValidatorNode& node) {
  std::vector<int> nodes = {node.ref,       node.dynamic_ref, node.negated,
                            node.condition, node.then_branch, node.else_branch};
  for (const std::vector<int>* list : {&node.all_of, &node.any_of, &node.one_of}) {
    nodes.insert(nodes.end(), list->begin(), list->end());
  }
  for (const auto& [name, dependent] : node.dependent_schemas) nodes.push_back(dependent);
  std::erase(nodes, kNoNode);
  return nodes;
}

}  // namespace

std::string PlaceOf(const ValidatorGraph& graph, const ValidatorNode& node,
                    std::string_view keyword) {
  std::vector<std::string_view> tokens;
  const ValidatorNode* top = &node;
  for (; top->above != kNoNode; top = &graph.node(top->above)) tokens.push_back(top->token);
  std::string place = graph.resource_uris[static_cast<size_t>(top->resource)] + "#" + top->token;
  for (size_t i = tokens.size(); i > 0; --i) place += tokens[i - 1];
  return keyword.empty() ? place : Append(place, keyword);
}

ValidatorCompiler::ValidatorCompiler(const ValidatorOptions& options)
    : options_(options),
      index_(options.documents, options.max_subschemas),
      graph_(std::make_shared<ValidatorGraph>()) {
  graph_->max_depth = options.max_depth;
  graph_->max_steps = options.max_steps;
}

Result<std::shared_ptr<const ValidatorGraph>> ValidatorCompiler::Run(const Json& document) {
  if (!document.is_object() && !document.is_boolean()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a schema must be an object or a boolean, found {}", document.type_name());
  }
  ASSIGN_OR_RETURN(const int resource, index_.AddDocument(document, ""));
  ASSIGN_OR_RETURN(graph_->root, NodeAt(document, resource, kNoNode, ""));
  RETURN_IF_ERROR(CompileQueue());
  RETURN_IF_ERROR(CompileDynamicAnchors());
  RETURN_IF_ERROR(CheckNoCircle());
  return std::shared_ptr<const ValidatorGraph>(std::move(graph_));
}

Result<int> ValidatorCompiler::NodeAt(const Json& json, int resource, int above,
                                      std::string token) {
  // Places are asked for while later resources are still unknown.
  while (static_cast<int>(graph_->resource_uris.size()) < index_.n_resources()) {
    graph_->resource_uris.push_back(
        index_.resource(static_cast<int>(graph_->resource_uris.size())).uri);
  }
  const auto [it, is_new] = node_of_.try_emplace(&json, static_cast<int>(graph_->nodes.size()));
  if (!is_new) return it->second;
  if (graph_->nodes.size() >= options_.max_subschemas) {
    return MakeError(ErrorCode::kResourceExhausted, "schema has more than {} subschemas",
                     options_.max_subschemas);
  }
  ValidatorNode& node = graph_->nodes.emplace_back();
  node.resource = resource;
  node.above = above;
  node.token = std::move(token);
  if (!json.is_object() && !json.is_boolean()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the subschema at {} must be an object or a boolean, found {}",
                     Place(PlaceOf(*graph_, node)), json.type_name());
  }
  queue_.emplace_back(it->second, &json);
  return it->second;
}

// A part of the subschema that is being compiled.
Result<int> ValidatorCompiler::NodeBelow(const Site& site, const Json& json, std::string token) {
  const int resource = index_.ResourceOf(json, site.node.resource);
  if (resource != site.node.resource) return NodeAt(json, resource, kNoNode, "");
  return NodeAt(json, resource, site.index, std::move(token));
}

Status ValidatorCompiler::CompileQueue() {
  for (size_t i = 0; i < queue_.size(); ++i) {
    const auto [index, json] = queue_[i];
    RETURN_IF_ERROR(CompileNode(index, *json));
  }
  queue_.clear();
  return {};
}

Status ValidatorCompiler::CompileNode(int index, const Json& json) {
  ValidatorNode& node = graph_->nodes[static_cast<size_t>(index)];
  if (json.is_boolean()) {
    node.never = !json.get<bool>();
    return {};
  }
  const Dialect dialect = index_.resource(node.resource).dialect;
  const bool only_ref = dialect.draft7 && json.contains("$ref");
  for (const auto& item : json.items()) {
    if (only_ref && item.key() != "$ref") continue;
    const Reader read = ReaderOf(item.key(), dialect);
    if (read == nullptr) continue;
    RETURN_IF_ERROR((this->*read)(Site{node, index, json, item.key(), item.value()}));
  }
  if (node.condition == kNoNode) node.then_branch = node.else_branch = kNoNode;
  return {};
}

// Every resource may stand in the dynamic scope, so each one's anchor of a wanted name is compiled.
Status ValidatorCompiler::CompileDynamicAnchors() {
  for (bool changed = true; changed;) {
    std::set<std::string> wanted;
    for (const ValidatorNode& node : graph_->nodes) {
      if (!node.dynamic_anchor.empty()) wanted.insert(node.dynamic_anchor);
    }
    changed = false;
    graph_->dynamic_anchors.resize(static_cast<size_t>(index_.n_resources()));
    for (int i = 0; i < static_cast<int>(graph_->dynamic_anchors.size()); ++i) {
      for (const auto& [name, json] : index_.resource(i).dynamic_anchors) {
        NodeMap& nodes = graph_->dynamic_anchors[static_cast<size_t>(i)];
        if (!wanted.contains(name) || nodes.contains(name)) continue;
        ASSIGN_OR_RETURN(nodes[name], NodeAt(*json, i, kNoNode, name));
        changed = true;
      }
    }
    RETURN_IF_ERROR(CompileQueue());
  }
  return {};
}

// A subschema that is applied to a value in order to apply it to the same value says nothing, and
// would not end.
Status ValidatorCompiler::CheckNoCircle() const {
  enum class Mark { kNew, kOpen, kDone };
  struct Visit {
    int node;
    std::vector<int> next;
  };
  std::vector<Mark> marks(graph_->nodes.size(), Mark::kNew);
  for (int start = 0; start < static_cast<int>(marks.size()); ++start) {
    if (marks[static_cast<size_t>(start)] != Mark::kNew) continue;
    std::vector<Visit> path;
    path.push_back({start, SameValueNodes(graph_->node(start))});
    marks[static_cast<size_t>(start)] = Mark::kOpen;
    while (!path.empty()) {
      Visit& visit = path.back();
      if (visit.next.empty()) {
        marks[static_cast<size_t>(visit.node)] = Mark::kDone;
        path.pop_back();
        continue;
      }
      const int next = visit.next.back();
      visit.next.pop_back();
      Mark& mark = marks[static_cast<size_t>(next)];
      if (mark == Mark::kOpen) {
        return MakeError(ErrorCode::kInvalidArgument,
                         "the subschema at {} refers to itself without end",
                         Place(PlaceOf(*graph_, graph_->node(next))));
      }
      if (mark == Mark::kDone) continue;
      mark = Mark::kOpen;
      path.push_back({next, SameValueNodes(graph_->node(next))});
    }
  }
  return {};
}

tl::unexpected<Error> ValidatorCompiler::Wrong(const Site& site, std::string_view expected) const {
  return Malformed(PlaceAt(site), site.key, expected, site.value);
}

Result<std::shared_ptr<const Pattern>> ValidatorCompiler::PatternOf(const Site& site,
                                                                    const std::string& source) {
  std::shared_ptr<const Pattern>& pattern = patterns_[source];
  if (pattern != nullptr) return pattern;
  Result<std::shared_ptr<const Pattern>> compiled = Pattern::Compile(source);
  if (!compiled) return MakeError(compiled.error().WithContext("at " + Place(PlaceAt(site))));
  pattern = *std::move(compiled);
  n_pattern_instructions_ += pattern->program_size();
  if (patterns_.size() > kMaxPatterns || n_pattern_instructions_ > kMaxPatternInstructions) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "schema has more than {} patterns, or they are too large", kMaxPatterns);
  }
  return pattern;
}

Result<std::vector<std::string>> ValidatorCompiler::NamesOf(const Site& site,
                                                            const Json& value) const {
  std::vector<std::string> names;
  const auto is_string = [](const Json& name) { return name.is_string(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_string)) {
    return Wrong(site, "made of lists of names");
  }
  for (const Json& name : value) names.push_back(name.get<std::string>());
  return names;
}

}  // namespace weir::schema
