#pragma once
// The payload vault of one state folder: what a run's audit records refer to, encrypted with a key
// of its own a record, kept as long as its class says, and destroyed by destroying the key.
// docs/formats/vault.md has the layout and what erasing means.
//
// One writer at a time; readers (vault/vault_reader.h) need no permission. A payload that Put
// returned is on the disk. Killed at any point the vault opens again, has lost nothing that was
// not due, and finishes an expiry that had begun.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "platform/file_ops.h"
#include "vault/expirable_store.h"
#include "vault/retention.h"
#include "vault/vault_reader.h"

namespace weir::vault {

// Longest payload and longest call id, in bytes.
inline constexpr size_t kMaxPayloadBytes = 16u << 20;
inline constexpr size_t kMaxCallIdBytes = 256;

struct VaultOptions {
  int64_t lock_wait_ms = 0;          // how long to wait for another process to let go of the vault
  platform::FileOps* ops = nullptr;  // for tests; null: SystemFileOps(). Outlives the vault
};

// Borrowed until PutAll returns.
struct NewPayload {
  DataClass data_class = DataClass::kUserText;
  std::string_view run_id = {};   // [A-Za-z0-9_-]{1,64}, or empty: then no hold can keep it
  std::string_view call_id = {};  // any bytes; may be empty
  std::string_view bytes = {};
};

// What the audit log holds in the payload's place.
struct Stored {
  std::string reference;   // "results/17/3"
  std::string commitment;  // HMAC-SHA256 under a random salt; 64 hexadecimal digits
};

struct StoreExpiry {
  std::string name;  // "vault", or the store's own
  DataClass data_class = DataClass::kUserText;
  Retention retention;
  ExpiryCount count;
};

struct ExpiryReport {
  int64_t now_us = 0;
  std::vector<StoreExpiry> stores;  // the vault's classes first, then the other stores
  uint64_t n_destroyed() const;
  bool has_problems() const;
};

struct ExpireOptions {
  bool dry_run = false;                    // count, and change nothing
  int64_t lock_wait_ms = 0;                // for the list of holds
  std::span<ExpirableStore*> stores = {};  // expire as well; not null
};

class Vault {
 public:
  // Opens STATE_FOLDER/vault (made when missing, 0700) for writing, and finishes an expiry that had
  // begun. Errors: kInvalidArgument for a retention that RetentionTable::Check refuses;
  // kUnavailable when another process or object writes to it (the message names its process id
  // where known); kCorruptData; otherwise what the system said.
  static Result<Vault> Open(const std::string& state_folder, const RetentionTable& retention,
                            const VaultOptions& options = {});

  Vault(Vault&&) noexcept;
  Vault& operator=(Vault&&) noexcept;
  ~Vault();

  // Encrypts and keeps payloads; durable when it returns, with two syncs a class however many there
  // are. `now_us`: Unix time, microseconds, 0 or later; retention counts from it. In the order
  // given. Errors: kPermissionDenied for a class that is kept in memory only, kInvalidArgument,
  // kResourceExhausted for a payload that is too long (then nothing was put and the vault stays
  // usable); or any error of the system, after which every Put returns kUnavailable until the
  // vault is opened anew, and some of the payloads may be in it under references that nobody
  // knows. Any thread.
  Result<std::vector<Stored>> PutAll(std::span<const NewPayload> payloads, int64_t now_us);
  Result<Stored> Put(const NewPayload& payload, int64_t now_us);

  // As VaultReader's. Any thread.
  Result<Payload> Get(std::string_view reference) const;
  Status Check(std::string_view reference, std::string_view commitment) const;

  // Destroys what is due at `now_us` and not held, in the vault and then in options.stores, and
  // says how much. Durable when it returns. Problems with single buckets or stores are in the
  // report; the rest is done. Errors: kUnavailable or kCorruptData from the list of holds, or what
  // the system said; then the next Open or Expire goes on. Any thread.
  Result<ExpiryReport> Expire(int64_t now_us, const ExpireOptions& options = {});

  // What Open destroyed to finish an expiry that had begun; nothing when there was none.
  const std::optional<ExpiryReport>& finished() const;

 private:
  struct Impl;
  explicit Vault(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::vault
