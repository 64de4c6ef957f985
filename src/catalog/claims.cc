#include "catalog/claims.h"

#include <algorithm>
#include <array>

#include "catalog/words.h"

namespace weir::catalog {
namespace {

std::optional<bool> Hint(const json::Json& annotations, const char* key) {
  if (!annotations.is_object()) return std::nullopt;
  const auto found = annotations.find(key);
  if (found == annotations.end() || !found->is_boolean()) return std::nullopt;
  return found->get<bool>();
}

// From the mildest on.
constexpr auto kByStrictness =
    std::to_array<std::string_view>({"read", "write", "delete", "network"});

size_t StrictnessOf(std::string_view effect) {
  return static_cast<size_t>(std::find(kByStrictness.begin(), kByStrictness.end(), effect) -
                             kByStrictness.begin());
}

// What the hints that are there admit; the mildest effect where they admit nothing.
std::string_view Admitted(const Claims& claims) {
  if (claims.open_world.value_or(false)) return "network";
  if (claims.destructive.value_or(false) && !claims.read_only.value_or(false)) return "delete";
  return claims.read_only.value_or(true) ? "read" : "write";
}

// Whether the schema of an argument allows a text, or does not say.
bool MayBeText(const json::Json& schema) {
  if (!schema.is_object()) return true;
  const auto type = schema.find("type");
  if (type == schema.end()) return true;
  if (type->is_array()) return std::find(type->begin(), type->end(), "string") != type->end();
  return *type == "string";
}

const json::Json* PropertiesOf(const json::Json& schema) {
  if (!schema.is_object()) return nullptr;
  const auto properties = schema.find("properties");
  return properties == schema.end() || !properties->is_object() ? nullptr : &*properties;
}

}  // namespace

Claims ReadClaims(const json::Json& annotations) {
  return {Hint(annotations, "readOnlyHint"), Hint(annotations, "destructiveHint"),
          Hint(annotations, "openWorldHint")};
}

std::string_view ClaimedEffect(const Claims& claims) {
  if (claims.open_world.value_or(true)) return "network";
  if (claims.read_only.value_or(false)) return "read";
  return claims.destructive.value_or(true) ? "delete" : "write";
}

std::string EffectOf(const Definition& definition, const ServerConfig& config) {
  const auto said = config.effects.find(definition.name);
  if (said != config.effects.end()) return said->second;
  const auto of_server = config.effects.find("*");
  if (of_server == config.effects.end()) return "network";
  const std::string_view admitted = Admitted(ReadClaims(definition.annotations));
  const bool tightens = StrictnessOf(admitted) > StrictnessOf(of_server->second);
  return tightens ? std::string(admitted) : of_server->second;
}

std::vector<std::string> PathArguments(const Definition& definition, const ServerConfig& config) {
  const auto said = config.paths.find(definition.name);
  if (said != config.paths.end()) return said->second;
  std::vector<std::string> paths;
  const json::Json* properties = PropertiesOf(definition.input_schema);
  if (properties == nullptr) return paths;
  for (const auto& [name, schema] : properties->items()) {
    if (IsPathName(name) && MayBeText(schema)) paths.push_back(name);
  }
  return paths;
}

bool IsPathName(const std::string& argument) {
  constexpr auto kPathWords = std::to_array<std::string_view>(
      {"path", "paths", "file", "filename", "filepath", "dir", "directory", "folder", "source",
       "src", "destination", "dest", "dst", "target", "cwd", "root", "workdir"});
  const std::vector<std::string> words = SplitName(argument);
  if (words.empty()) return false;
  // "output_path", "file_path" and "path_a" are paths, "file_types" and "source_language" are not.
  const auto is_path_word = [&](const std::string& word) {
    return std::find(kPathWords.begin(), kPathWords.end(), word) != kPathWords.end();
  };
  return is_path_word(words.back()) || std::find(words.begin(), words.end(), "path") != words.end();
}

std::vector<std::string> ArgumentNames(const json::Json& input_schema) {
  std::vector<std::string> names;
  const json::Json* properties = PropertiesOf(input_schema);
  if (properties == nullptr) return names;
  for (const auto& [name, schema] : properties->items()) names.push_back(name);
  return names;
}

}  // namespace weir::catalog
