#include "approvals/document.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/crypto.h"
#include "base/printable.h"

namespace weir::approvals {
namespace {

constexpr std::string_view kWayOut =
    "nothing in it counts; look at the file, then start anew with: weir approvals revoke --all";

// Takes the members of one object out; the first problem is kept, and what is left over is one.
class Members {
 public:
  Members(const json::Json& object, std::string where) : where_(std::move(where)) {
    if (object.is_object()) {
      object_ = &object;
    } else {
      Say("is no object");
    }
  }

  const json::Json& Any(const char* name) {
    static const json::Json kNothing;
    taken_.insert(name);
    if (object_ == nullptr) return kNothing;
    const auto found = object_->find(name);
    if (found != object_->end()) return *found;
    Say(fmt::format("has no member '{}'", name));
    return kNothing;
  }
  bool Has(const char* name) const { return object_ != nullptr && object_->contains(name); }

  std::string Text(const char* name) {
    const json::Json& value = Any(name);
    if (value.is_string()) return value.get<std::string>();
    Say(fmt::format("member '{}' is no text", name));
    return "";
  }
  int64_t Whole(const char* name) {
    const json::Json& value = Any(name);
    constexpr int64_t kMax = int64_t{1} << 53;
    if (value.is_number_integer() && value >= 0 && value <= kMax) return value.get<int64_t>();
    Say(fmt::format("member '{}' is no whole number from 0 to 2^53", name));
    return 0;
  }
  const json::Json& List(const char* name) {
    static const json::Json kEmpty = json::Json::array();
    const json::Json& value = Any(name);
    if (value.is_array()) return value;
    Say(fmt::format("member '{}' is no list", name));
    return kEmpty;
  }
  const json::Json& Object(const char* name) {
    static const json::Json kEmpty = json::Json::object();
    const json::Json& value = Any(name);
    if (value.is_object()) return value;
    Say(fmt::format("member '{}' is no object", name));
    return kEmpty;
  }

  void Say(std::string problem) {
    if (problem_.empty()) problem_ = where_ + " " + std::move(problem);
  }
  Status Done() {
    if (object_ != nullptr) {
      for (const auto& [name, value] : object_->items()) {
        if (!taken_.contains(name))
          Say(fmt::format("has the unknown member '{}'", Printable(name)));
      }
    }
    if (problem_.empty()) return {};
    return MakeError(ErrorCode::kCorruptData, "{}", problem_);
  }

 private:
  const json::Json* object_ = nullptr;  // borrowed
  std::string where_;
  std::string problem_;
  std::set<std::string, std::less<>> taken_;
};

void CheckId(Members& members, const std::string& id, std::string_view prefix) {
  const bool fits = id.size() == prefix.size() + 12 && id.starts_with(prefix) &&
                    id.find_first_not_of("0123456789abcdef", prefix.size()) == std::string::npos;
  if (!fits) members.Say(fmt::format("has the id '{}', which is none", Printable(id)));
}

void ReadExact(Members& members, Grant& grant) {
  grant.run_id = members.Text("run");
  grant.owner = members.Text("owner");
  grant.policy_hash = members.Text("policy");
  grant.call_digest = members.Text("call");
  for (const auto& [name, digest] : members.Object("arguments").items()) {
    if (!digest.is_string()) {
      members.Say("has an argument digest that is no text");
      continue;
    }
    grant.argument_digests[name] = digest.get<std::string>();
  }
}

Status ReadRule(Members& members, Grant& grant) {
  Members rule(members.Any("rule"), "the rule of a grant");
  StandingRule read;
  read.text = rule.Text("text");
  read.matches = rule.Object("match");
  read.matches_not = rule.Object("no-match");
  grant.rule = std::move(read);
  return rule.Done();
}

Result<Grant> ReadGrant(const json::Json& object) {
  Members members(object, "a grant");
  Grant grant;
  grant.id = members.Text("id");
  CheckId(members, grant.id, "g-");
  grant.server = members.Text("server");
  grant.tool = members.Text("tool");
  grant.definition_hash = members.Text("definition");
  grant.sandbox_profile = members.Text("profile");
  grant.approver = members.Text("approver");
  grant.issued_us = members.Whole("issued_us");
  grant.expires_us = members.Whole("expires_us");
  grant.ended = members.Text("ended");
  grant.ended_us = members.Whole("ended_us");
  const std::string scope = members.Text("scope");
  if (scope == policy::ScopeName(policy::Scope::kExact)) {
    grant.scope = policy::Scope::kExact;
    ReadExact(members, grant);
  } else if (scope == policy::ScopeName(policy::Scope::kRule)) {
    grant.scope = policy::Scope::kRule;
    RETURN_IF_ERROR(ReadRule(members, grant));
  } else {
    members.Say(fmt::format("has the scope '{}'; expected exact or rule", Printable(scope)));
  }
  if (grant.expires_us <= grant.issued_us) members.Say("ends before it begins");
  RETURN_IF_ERROR(members.Done());
  return grant;
}

Result<PendingRecord> ReadPending(const json::Json& object) {
  Members members(object, "a pending request");
  PendingRecord record;
  record.id = members.Text("id");
  CheckId(members, record.id, "r-");
  record.run_id = members.Text("run");
  record.call_id = members.Text("call_id");
  record.server = members.Text("server");
  record.tool = members.Text("tool");
  record.effect = members.Text("effect");
  record.call_digest = members.Text("call");
  record.action = members.Text("action");
  record.reason = members.Text("reason");
  record.submitted_us = members.Whole("submitted_us");
  RETURN_IF_ERROR(members.Done());
  return record;
}

json::Json ContentOf(const Document& document) {
  json::Json grants = json::Json::array();
  for (const Grant& grant : document.grants) grants.push_back(ToJson(grant));
  json::Json pending = json::Json::array();
  for (const PendingRecord& record : document.pending) pending.push_back(ToJson(record));
  return {{"high_water_us", document.high_water_us},
          {"grants", std::move(grants)},
          {"pending", std::move(pending)}};
}

Result<Document> ReadContent(const json::Json& content) {
  Members members(content, "the content");
  Document document;
  std::set<std::string> ids;
  const auto check_new = [&](const std::string& id) {
    if (!ids.insert(id).second) members.Say(fmt::format("has the id '{}' twice", Printable(id)));
  };
  document.high_water_us = members.Whole("high_water_us");
  for (const json::Json& object : members.List("grants")) {
    ASSIGN_OR_RETURN(Grant grant, ReadGrant(object));
    check_new(grant.id);
    document.grants.push_back(std::move(grant));
  }
  for (const json::Json& object : members.List("pending")) {
    ASSIGN_OR_RETURN(PendingRecord record, ReadPending(object));
    check_new(record.id);
    document.pending.push_back(std::move(record));
  }
  RETURN_IF_ERROR(members.Done());
  return document;
}

// The version is looked at before anything else, so that a newer file is called that.
Result<Document> ReadTop(std::string_view text) {
  ASSIGN_OR_RETURN(const json::Json top, json::Parse(text));
  Members members(top, "it");
  const int64_t version = members.Whole("version");
  if (top.is_object() && version != kDocumentVersion && members.Has("version")) {
    return MakeError(ErrorCode::kUnsupported, "version {} is not known, only {}", version,
                     kDocumentVersion);
  }
  const json::Json& content = members.Object("content");
  const std::string digest = members.Text("sha256");
  RETURN_IF_ERROR(members.Done());
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(content));
  if (Sha256Hex(canonical) != digest) {
    return MakeError(ErrorCode::kCorruptData,
                     "its content is not what was written: the digest does not fit");
  }
  return ReadContent(content);
}

}  // namespace

json::Json ToJson(const Grant& grant) {
  json::Json object = {{"id", grant.id},
                       {"scope", std::string(policy::ScopeName(grant.scope))},
                       {"server", grant.server},
                       {"tool", grant.tool},
                       {"definition", grant.definition_hash},
                       {"profile", grant.sandbox_profile},
                       {"approver", grant.approver},
                       {"issued_us", grant.issued_us},
                       {"expires_us", grant.expires_us},
                       {"ended", grant.ended},
                       {"ended_us", grant.ended_us}};
  if (grant.scope == policy::Scope::kExact) {
    object["run"] = grant.run_id;
    object["owner"] = grant.owner;
    object["policy"] = grant.policy_hash;
    object["call"] = grant.call_digest;
    object["arguments"] = json::Json::object();
    for (const auto& [name, digest] : grant.argument_digests) object["arguments"][name] = digest;
  }
  if (grant.rule) {
    object["rule"] = {{"text", grant.rule->text},
                      {"match", grant.rule->matches},
                      {"no-match", grant.rule->matches_not}};
  }
  return object;
}

json::Json ToJson(const PendingRecord& record) {
  return {{"id", record.id},
          {"run", record.run_id},
          {"call_id", record.call_id},
          {"server", record.server},
          {"tool", record.tool},
          {"effect", record.effect},
          {"call", record.call_digest},
          {"action", record.action},
          {"reason", record.reason},
          {"submitted_us", record.submitted_us}};
}

Result<std::string> WriteDocument(const Document& document) {
  const json::Json content = ContentOf(document);
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(content));
  const json::Json top = {
      {"version", kDocumentVersion}, {"sha256", Sha256Hex(canonical)}, {"content", content}};
  ASSIGN_OR_RETURN(const std::string text, json::Canonical(top));
  return text + "\n";
}

Result<Document> ReadDocument(std::string_view text, std::string_view name) {
  Result<Document> document = ReadTop(text);
  if (document) return document;
  const Error& error = document.error();
  const ErrorCode code =
      error.code == ErrorCode::kUnsupported ? ErrorCode::kUnsupported : ErrorCode::kCorruptData;
  return MakeError(code, "'{}': {}; {}", name, error.message, kWayOut);
}

}  // namespace weir::approvals
