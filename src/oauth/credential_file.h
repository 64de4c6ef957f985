#pragma once
// Credentials that outlive the process: STATE/credentials.json, 0600 (docs/formats/credentials.md).

#include <functional>
#include <memory>
#include <string>

#include "oauth/credentials.h"

namespace weir::oauth {

struct CredentialDocument;

// Each call reads the file anew, each change replaces it as a whole, under a lock that other
// processes take as well. Errors: kPermissionDenied (others may read the file, or it is another
// user's), kCorruptData (not as the page says; nothing in it counts), kUnavailable (the lock is
// held), those of platform/files.h. Messages say what to do and hold no secret. Any thread.
class CredentialFile : public CredentialStore {
 public:
  // `state_folder` is there already.
  explicit CredentialFile(const std::string& state_folder);

  Result<std::optional<Client>> FindClient(const std::string& issuer) override;
  Status PutClient(const Client& client) override;
  Status ForgetClient(const std::string& issuer) override;
  Result<std::optional<Tokens>> FindTokens(const std::string& server_url) override;
  Status PutTokens(const std::string& server_url, const Tokens& tokens) override;
  Status ForgetTokens(const std::string& server_url) override;

 private:
  Result<CredentialDocument> Read() const;
  Status Change(const std::function<void(CredentialDocument*)>& change);

  const std::string path_;
};

}  // namespace weir::oauth
