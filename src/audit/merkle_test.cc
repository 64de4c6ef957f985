#include "audit/merkle.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>

namespace weir::audit {
namespace {

std::vector<Sha256Digest> SomeHashes(size_t n) {
  std::vector<Sha256Digest> hashes;
  for (size_t i = 0; i < n; ++i) hashes.push_back(Sha256("record " + std::to_string(i)));
  return hashes;
}

// The definition of RFC 6962, word for word, on byte strings.
std::string Judge(const std::vector<std::string>& leaves) {
  const auto hash = [](const std::string& bytes) {
    const Sha256Digest digest = Sha256(bytes);
    return std::string(digest.begin(), digest.end());
  };
  if (leaves.empty()) return hash("");
  if (leaves.size() == 1) return hash(std::string(1, '\0') + leaves[0]);
  size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const auto split = leaves.begin() + static_cast<std::ptrdiff_t>(k);
  return hash("\x01" + Judge({leaves.begin(), split}) + Judge({split, leaves.end()}));
}

Sha256Digest JudgeRoot(const std::vector<Sha256Digest>& hashes) {
  std::vector<std::string> leaves;
  for (const Sha256Digest& hash : hashes) leaves.emplace_back(hash.begin(), hash.end());
  const std::string root = Judge(leaves);
  Sha256Digest digest;
  std::copy(root.begin(), root.end(), digest.begin());
  return digest;
}

TEST(Merkle, TheRootIsThatOfTheDefinitionForEverySize) {
  for (size_t n = 0; n <= 130; ++n) {
    const std::vector<Sha256Digest> hashes = SomeHashes(n);
    MerkleTree tree;
    for (const Sha256Digest& hash : hashes) tree.Add(hash);
    EXPECT_EQ(tree.n_leaves(), n);
    EXPECT_EQ(tree.Root(), JudgeRoot(hashes)) << n;
  }
}

TEST(Merkle, EveryRecordHasAPathToTheRootOfTheDefinition) {
  for (size_t n = 1; n <= 70; ++n) {
    const std::vector<Sha256Digest> hashes = SomeHashes(n);
    const Sha256Digest root = JudgeRoot(hashes);
    for (size_t i = 0; i < n; ++i) {
      const std::vector<Sha256Digest> path = InclusionPath(hashes, i);
      EXPECT_LE(path.size(), static_cast<size_t>(std::bit_width(n - 1)));
      EXPECT_EQ(RootOfPath(hashes[i], i, n, path), root) << i << " of " << n;
    }
  }
}

TEST(Merkle, APathFitsNoOtherRecordNoOtherPlaceAndNoOtherLength) {
  constexpr size_t kLeaves = 21;
  const std::vector<Sha256Digest> hashes = SomeHashes(kLeaves);
  const Sha256Digest root = JudgeRoot(hashes);
  for (size_t i = 0; i < kLeaves; ++i) {
    std::vector<Sha256Digest> path = InclusionPath(hashes, i);
    for (size_t other = 0; other < kLeaves; ++other) {
      if (other == i) continue;
      EXPECT_NE(RootOfPath(hashes[other], i, kLeaves, path), root);
      EXPECT_NE(RootOfPath(hashes[i], other, kLeaves, path), root);
    }
    EXPECT_FALSE(RootOfPath(hashes[i], kLeaves + i, kLeaves, path));
    for (Sha256Digest& hash : path) {
      hash[7] ^= 1;
      EXPECT_NE(RootOfPath(hashes[i], i, kLeaves, path), root);
      hash[7] ^= 1;
    }
    path.push_back(root);
    EXPECT_FALSE(RootOfPath(hashes[i], i, kLeaves, path));
    path.resize(path.size() - 2);
    EXPECT_FALSE(RootOfPath(hashes[i], i, kLeaves, path));
  }
}

TEST(Merkle, ALeafCanNotPassForANode) {
  const Sha256Digest a = Sha256("a");
  const Sha256Digest b = Sha256("b");
  MerkleTree two;
  two.Add(a);
  two.Add(b);
  EXPECT_NE(LeafHash(a), a);
  EXPECT_NE(LeafHash(two.Root()), two.Root());
  EXPECT_NE(NodeHash(a, b), NodeHash(b, a));
  EXPECT_EQ(two.Root(), NodeHash(LeafHash(a), LeafHash(b)));
}

}  // namespace
}  // namespace weir::audit
