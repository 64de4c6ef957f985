// Bounded parsing: nlohmann's SAX parser (iterative, so depth costs no stack) feeds a builder that
// checks depth and duplicate keys while the tree grows.

#include "json/json.h"

#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weir::json {
namespace {

// Reads bytes and reports how far it is, because SAX events carry no position.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** seen) : at_(at), seen_(seen) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *seen_ = ++at_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** seen_;
};

// nlohmann's sentence without its "[json.exception...] parse error at line 1, column 2: " head, in
// printable ASCII.
std::string ShortReason(std::string_view what) {
  const size_t head = what.find(": ");
  if (head != std::string_view::npos) what.remove_prefix(head + 2);
  std::string reason(what.substr(0, 200));
  for (char& c : reason) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return reason;
}

class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(const ParseLimits& limits, const char* begin, const char* const* seen)
      : limits_(limits), begin_(begin), seen_(seen) {}

  bool null() override { return Add(Json(nullptr)); }
  bool boolean(bool value) override { return Add(Json(value)); }
  bool number_integer(int64_t value) override { return Add(Json(value)); }
  bool number_unsigned(uint64_t value) override { return Add(Json(value)); }
  bool number_float(double value, const std::string&) override { return Add(Json(value)); }
  bool string(std::string& value) override { return Add(Json(std::move(value))); }
  bool binary(Json::binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(Json::object()); }
  bool start_array(size_t) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(std::string& key) override {
    Level& level = open_.back();
    if (!level.keys.insert(key).second) {
      error_ = Error{ErrorCode::kCorruptData,
                     fmt::format("object has key '{}' twice, second time at byte {}",
                                 key.substr(0, 100), *seen_ - begin_)};
      return false;
    }
    level.key = std::move(key);
    return true;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& exception) override {
    error_ = Error{ErrorCode::kCorruptData, fmt::format("text is not JSON at byte {}: {}", position,
                                                        ShortReason(exception.what()))};
    return false;
  }

  Json TakeRoot() { return std::move(root_); }
  const Error& error() const { return error_; }

 private:
  struct Level {
    Json value;
    std::string key;             // of the member whose value comes next
    std::set<std::string> keys;  // seen so far; a set, so that hostile keys cost n log n at most
  };

  bool Open(Json empty) {
    if (open_.size() >= static_cast<size_t>(limits_.max_depth)) {
      error_ = Error{ErrorCode::kResourceExhausted,
                     fmt::format("JSON is nested deeper than {} levels at byte {}",
                                 limits_.max_depth, *seen_ - begin_)};
      return false;
    }
    open_.push_back(Level{std::move(empty), {}, {}});
    return true;
  }

  bool Close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return Add(std::move(value));
  }

  bool Add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Level& level = open_.back(); level.value.is_array()) {
      level.value.get_ref<Json::array_t&>().push_back(std::move(value));
    } else {
      // Past the linear search of ordered_map::emplace: key() has checked for duplicates.
      Json::object_t::Container& members = level.value.get_ref<Json::object_t&>();
      members.emplace_back(std::move(level.key), std::move(value));
    }
    return true;
  }

  const ParseLimits limits_;
  const char* const begin_;
  const char* const* const seen_;
  std::vector<Level> open_;
  Json root_;
  Error error_;
};

}  // namespace

Result<Json> Parse(std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return MakeError(ErrorCode::kResourceExhausted, "JSON has {} bytes, at most {} are taken",
                     text.size(), limits.max_bytes);
  }
  const char* const begin = text.data();
  const char* seen = begin;
  TreeBuilder builder(limits, begin, &seen);
  if (!Json::sax_parse(CountingIterator(begin, &seen), CountingIterator(begin + text.size(), &seen),
                       &builder)) {
    return MakeError(builder.error());
  }
  return builder.TakeRoot();
}

}  // namespace weir::json
