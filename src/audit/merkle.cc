#include "audit/merkle.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"

namespace weir::audit {
namespace {

template <size_t n>
Sha256Digest HashOf(const std::array<uint8_t, n>& bytes) {
  return Sha256({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

Sha256Digest LeafHash(const Sha256Digest& record_hash) {
  std::array<uint8_t, 33> bytes;
  bytes[0] = 0;
  std::copy(record_hash.begin(), record_hash.end(), bytes.begin() + 1);
  return HashOf(bytes);
}

Sha256Digest NodeHash(const Sha256Digest& left, const Sha256Digest& right) {
  std::array<uint8_t, 65> bytes;
  bytes[0] = 1;
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 33);
  return HashOf(bytes);
}

void MerkleTree::Add(const Sha256Digest& record_hash) {
  subtrees_.push_back({LeafHash(record_hash), 1});
  ++n_leaves_;
  while (subtrees_.size() >= 2) {
    const Subtree right = subtrees_.back();
    Subtree& left = subtrees_[subtrees_.size() - 2];
    if (left.n_leaves != right.n_leaves) return;
    left.root = NodeHash(left.root, right.root);
    left.n_leaves *= 2;
    subtrees_.pop_back();
  }
}

Sha256Digest MerkleTree::Root() const {
  if (subtrees_.empty()) return Sha256("");
  Sha256Digest root = subtrees_.back().root;
  for (size_t i = subtrees_.size() - 1; i-- > 0;) root = NodeHash(subtrees_[i].root, root);
  return root;
}

std::vector<Sha256Digest> InclusionPath(std::span<const Sha256Digest> record_hashes, size_t index) {
  CHECK(index < record_hashes.size());
  std::vector<Sha256Digest> path;
  while (record_hashes.size() > 1) {
    const size_t n_left = std::bit_floor(record_hashes.size() - 1);
    const bool is_left = index < n_left;
    const auto left = record_hashes.first(n_left);
    const auto right = record_hashes.subspan(n_left);
    MerkleTree sibling;
    for (const Sha256Digest& hash : is_left ? right : left) sibling.Add(hash);
    path.push_back(sibling.Root());
    record_hashes = is_left ? left : right;
    if (!is_left) index -= n_left;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

// RFC 9162, section 2.1.3.2. `node` and `last` are the places of our node and of the last node in
// the row that is being climbed.
std::optional<Sha256Digest> RootOfPath(const Sha256Digest& record_hash, size_t index,
                                       size_t n_leaves, std::span<const Sha256Digest> path) {
  if (index >= n_leaves) return std::nullopt;
  size_t node = index;
  size_t last = n_leaves - 1;
  Sha256Digest hash = LeafHash(record_hash);
  for (const Sha256Digest& sibling : path) {
    if (last == 0) return std::nullopt;
    if (node % 2 == 1 || node == last) {
      hash = NodeHash(sibling, hash);
      // A last node without a right sibling moves up unchanged until it has a left one.
      while (node % 2 == 0 && node != 0) {
        node /= 2;
        last /= 2;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    node /= 2;
    last /= 2;
  }
  if (last != 0) return std::nullopt;
  return hash;
}

}  // namespace weir::audit
