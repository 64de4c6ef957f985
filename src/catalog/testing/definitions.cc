#include "catalog/testing/definitions.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::catalog::testing {
namespace {

using json::Json;

constexpr const char* kTools = R"json([
 {"name":"read_text_file","title":"Read text","description":"Returns a file as text.\nOnly inside the allowed folders.",
  "inputSchema":{"type":"object","properties":{"path":{"type":"string","description":"where"},
   "head":{"type":"number","description":"first lines"},"tail":{"type":"number"}},"required":["path"]},
  "outputSchema":{"type":"object","properties":{"content":{"type":"string"}},"required":["content"]},
  "annotations":{"readOnlyHint":true,"openWorldHint":false}},
 {"name":"write_file","title":"Write","description":"Creates or overwrites a file.",
  "inputSchema":{"type":"object","properties":{"path":{"type":"string"},"content":{"type":"string","maxLength":100000}},
   "required":["path","content"],"additionalProperties":false},
  "annotations":{"readOnlyHint":false,"destructiveHint":true,"idempotentHint":true}},
 {"name":"get-sum","description":"Adds two numbers","inputSchema":{"type":"object","properties":{
   "a":{"type":"number","minimum":-1e6},"b":{"type":"number","maximum":1000000}},"required":["a","b"]}},
 {"name":"search.issues","title":"Search issues","description":"Finds issues of a repository",
  "inputSchema":{"type":"object","properties":{"query":{"type":"string"},"state":{"enum":["open","closed","all"],"default":"open"},
   "labels":{"type":"array","items":{"type":"string"},"maxItems":10},"page":{"type":"integer","minimum":1}},"required":["query"]},
  "outputSchema":{"type":"object","properties":{"total":{"type":"integer"},"items":{"type":"array","items":{
   "type":"object","properties":{"id":{"type":"integer"},"title":{"type":"string"}}}}}},
  "annotations":{"title":"Search","readOnlyHint":true,"openWorldHint":true}},
 {"name":"create_entities","description":"Adds nodes to a graph","inputSchema":{"type":"object","properties":{"entities":{
   "type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"kind":{"type":"string"},
   "notes":{"type":"array","items":{"type":"string"}}},"required":["name","kind"]}}},"required":["entities"]}},
 {"name":"send/mail","title":"Send a mail","description":"Sends at once, can not be taken back",
  "inputSchema":{"type":"object","properties":{"to":{"type":"array","items":{"type":"string","format":"email"},"minItems":1},
   "subject":{"type":"string"},"body":{"type":"string"},"urgent":{"type":"boolean","default":false}},"required":["to","body"]},
  "annotations":{"destructiveHint":true,"openWorldHint":true}},
 {"name":"sql","description":"Runs one query","inputSchema":{"type":"object","properties":{"text":{"type":"string","pattern":"^(?i)select "},
   "limit":{"anyOf":[{"type":"integer","minimum":1},{"type":"null"}]}},"required":["text"]},
  "outputSchema":{"type":"object","properties":{"rows":{"type":"array"}}}},
 {"name":"resize","title":"Bild verkleinern","description":"Gr\u00f6\u00dfe eines Bildes \u00e4ndern \u2192 Datei",
  "inputSchema":{"type":"object","properties":{"width":{"type":"integer","exclusiveMinimum":0},"height":{"type":"integer"},
   "ratio":{"type":"number","multipleOf":0.25}},"minProperties":1},"annotations":{"readOnlyHint":false}},
 {"name":"think","description":"Keeps a note about a step.\n\nUse it when a task is long.\n","inputSchema":{"type":"object",
  "properties":{"step":{"type":"string"},"number":{"type":"integer"},"is_last":{"type":"boolean"}},"required":["step","number","is_last"]}},
 {"name":"now","description":"","inputSchema":{"type":"object"}},
 {"name":"tree","title":"Tree","inputSchema":{"type":"object","properties":{"root":{"$ref":"#/$defs/folder"}},
  "$defs":{"folder":{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/folder"}}}}}},
  "annotations":{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}},
 {"name":"convert","description":"Converts a sum of money","inputSchema":{"type":"object","properties":{
  "amount":{"type":"number"},"from":{"const":"EUR"},"to":{"enum":["USD","GBP","CHF"]}},"required":["amount","to"]}}
])json";

constexpr auto kMembers = std::to_array<const char*>(
    {"name", "title", "description", "inputSchema", "outputSchema", "annotations"});

size_t Below(std::mt19937& random, size_t n) { return random() % n; }

// Every value below `value`, itself included.
void Collect(Json& value, std::vector<Json*>* all) {
  all->push_back(&value);
  if (value.is_structured()) {
    for (Json& item : value) Collect(item, all);
  }
}

void MutateText(std::string* text, std::mt19937& random) {
  constexpr auto kSlipped = std::to_array<const char*>(
      {"x", " ", "\n", ".", "\xE2\x80\x8B", "\xE2\x80\xAE", "\xD0\xB0", "0"});
  if (!text->empty() && Below(random, 2) == 0) {
    // The case or the value of one plain character, or the last one away.
    char& c = (*text)[Below(random, text->size())];
    if (static_cast<unsigned char>(c) < 0x80) {
      c = c == 'q' ? 'z' : 'q';
      return;
    }
  }
  size_t at = Below(random, text->size() + 1);
  while (at > 0 && at < text->size() && ((*text)[at] & 0xC0) == 0x80) --at;
  text->insert(at, kSlipped[Below(random, kSlipped.size())]);
}

void MutateValue(Json* value, std::mt19937& random) {
  if (value->is_string()) return MutateText(&value->get_ref<std::string&>(), random);
  if (value->is_boolean()) {
    *value = !value->get<bool>();
  } else if (value->is_number()) {
    *value = value->get<double>() + 1 + static_cast<double>(Below(random, 5));
  } else if (value->is_array()) {
    if (value->size() > 1 && value->front() != value->back() && Below(random, 2) == 0) {
      std::swap(value->front(), value->back());
    } else {
      value->push_back("more");
    }
  } else if (value->is_object()) {
    if (!value->empty() && Below(random, 2) == 0) {
      value->erase(value->begin().key());
    } else {
      (*value)["x-added"] = Below(random, 100);
    }
  } else {
    *value = "no longer null";
  }
}

}  // namespace

std::vector<Json> SampleTools() {
  const auto list = json::Parse(kTools);
  return list ? list->get<std::vector<Json>>() : std::vector<Json>();
}

Json Reordered(const Json& value, std::mt19937& random) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) list.push_back(Reordered(item, random));
    return list;
  }
  if (!value.is_object()) return value;
  std::vector<std::string> keys;
  for (const auto& [key, item] : value.items()) keys.push_back(key);
  std::shuffle(keys.begin(), keys.end(), random);
  Json object = Json::object();
  for (const std::string& key : keys) object[key] = Reordered(value[key], random);
  return object;
}

std::string WithWhiteSpace(const Json& value, std::mt19937& random) {
  const auto blank = [&] {
    constexpr auto kBlanks = std::to_array<const char*>({"", " ", "\n", "\t", "\r\n", "  "});
    return std::string(kBlanks[Below(random, kBlanks.size())]);
  };
  std::string out = blank();
  if (value.is_array() || value.is_object()) {
    out += value.is_array() ? '[' : '{';
    bool is_first = true;
    for (const auto& [key, item] : value.items()) {
      if (!std::exchange(is_first, false)) out += ",";
      if (value.is_object()) out += blank() + json::Dump(key) + blank() + ":";
      out += WithWhiteSpace(item, random);
    }
    out += blank() + (value.is_array() ? "]" : "}");
  } else {
    out += json::Dump(value);
  }
  return out + blank();
}

Json Mutated(const Json& tool, std::mt19937& random, std::string* what) {
  while (true) {
    Json changed = tool;
    const char* member = kMembers[Below(random, kMembers.size())];
    *what = member;
    const bool is_there = changed.contains(member);
    if (!is_there) {
      const bool is_text = *what == "title" || *what == "description";
      changed[member] = is_text ? Json("new") : Json{{"type", "object"}};
    } else if (*what == "name") {
      // A name stays a name: another tool.
      changed[member] = changed[member].get<std::string>() + "2";
    } else if (*what != "inputSchema" && Below(random, 8) == 0) {
      changed.erase(member);
    } else {
      std::vector<Json*> all;
      Collect(changed[member], &all);
      MutateValue(all[Below(random, all.size())], random);
    }
    if (*json::Canonical(changed) != *json::Canonical(tool)) return changed;
  }
}

}  // namespace weir::catalog::testing
