#pragma once
// Merkle trees over records, hashed as in RFC 6962, section 2.1: leaves and inner nodes have
// different prefixes, and a tree of n leaves splits at the largest power of two below n.
//
// A leaf is the hash of a record, which stands for all bytes of its line. Pure; any thread.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/crypto.h"

namespace weir::audit {

// SHA-256(0x00 || record_hash)
Sha256Digest LeafHash(const Sha256Digest& record_hash);
// SHA-256(0x01 || left || right)
Sha256Digest NodeHash(const Sha256Digest& left, const Sha256Digest& right);

// The root over records that come one after the other. Holds one hash a level.
class MerkleTree {
 public:
  void Add(const Sha256Digest& record_hash);
  size_t n_leaves() const { return n_leaves_; }
  // Of no leaves: SHA-256 of nothing.
  Sha256Digest Root() const;

 private:
  struct Subtree {
    Sha256Digest root;
    size_t n_leaves;  // a power of two
  };
  std::vector<Subtree> subtrees_;  // left to right, sizes falling
  size_t n_leaves_ = 0;
};

// The hashes beside the way from leaf `index` up to the root, lowest first. `index` is below the
// number of records.
std::vector<Sha256Digest> InclusionPath(std::span<const Sha256Digest> record_hashes, size_t index);

// The root that a path leads to from the record at `index` of `n_leaves`; nothing when a path to
// that place has another length.
std::optional<Sha256Digest> RootOfPath(const Sha256Digest& record_hash, size_t index,
                                       size_t n_leaves, std::span<const Sha256Digest> path);

}  // namespace weir::audit
