#pragma once
// A proof that one record is in a sealed log, without the other records: the record, the seal it is
// under, and the hashes between the two. docs/formats/audit_log.md has the form.
//
// Pure apart from MakeProof; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/record.h"
#include "audit/seal.h"
#include "base/result.h"

namespace weir::audit {

// Reads the log (`path`: the file or its folder) as far as the seal over record `seq`. The text is
// JSON. Errors: kNotFound when there is no such record, kInvalidArgument when it is under no seal
// yet, kCorruptData when the log is damaged; the messages say what to do.
Result<std::string> MakeProof(const std::string& path, uint64_t seq);

// A proof whose parts fit each other: the record is under the seal. Whether the seal is right is a
// question for FitsKey or FitsAnchors; without either the proof proves nothing.
struct Proof {
  Record record;
  Seal seal;
  Sha256Digest mac{};
  Head seal_head;  // the record of the seal
};
// Error kCorruptData, saying what does not fit.
Result<Proof> ReadProof(std::string_view text);

// Whether the seal was made with the key that follows from `key`. Error kCorruptData.
Status FitsKey(const Proof& proof, const VerificationKey& key);
// Whether the record of the seal is one of the heads. Error kCorruptData.
Status FitsAnchors(const Proof& proof, const std::vector<Head>& anchors);

}  // namespace weir::audit
