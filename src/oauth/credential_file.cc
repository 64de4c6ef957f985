#include "oauth/credential_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "oauth/credential_document.h"
#include "platform/files.h"
#include "platform/private_file.h"

namespace weir::oauth {
namespace {

constexpr int kLockWaitMs = 5000;

Status CheckPrivate(int fd, const std::string& path) {
  struct stat info;
  if (::fstat(fd, &info) != 0) return platform::FileError(path);
  if (!S_ISREG(info.st_mode))
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is no regular file; remove it", path);
  if (info.st_uid != ::geteuid())
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' belongs to user {}, not to you; remove it and sign in again", path,
                     info.st_uid);
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' holds secrets that others can read (mode {:04o}, expected 0600); take "
                     "back the rights with chmod 600, or remove it and sign in again",
                     path, info.st_mode & 07777);
  return {};
}

}  // namespace

CredentialFile::CredentialFile(const std::string& state_folder)
    : path_(state_folder + "/credentials.json") {}

Result<CredentialDocument> CredentialFile::Read() const {
  const UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid() && errno == ENOENT) return CredentialDocument();
  if (!fd.valid()) return platform::FileError(path_);
  RETURN_IF_ERROR(CheckPrivate(fd.get(), path_));
  // By descriptor, so that what was checked is what is read.
  ASSIGN_OR_RETURN(
      const std::string text,
      platform::ReadFile(fmt::format("/proc/self/fd/{}", fd.get()), kMaxCredentialBytes));
  Result<CredentialDocument> document = ParseCredentials(text);
  if (!document)
    return MakeError(document.error().code,
                     "'{}': {}; nothing in it is used, so remove it and sign in again", path_,
                     document.error().message);
  return document;
}

Status CredentialFile::Change(const std::function<void(CredentialDocument*)>& change) {
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(path_ + ".lock", kLockWaitMs));
  ASSIGN_OR_RETURN(CredentialDocument document, Read());
  const CredentialDocument before = document;
  change(&document);
  if (document == before) return {};
  const std::string text = CredentialText(document);
  if (text.size() > kMaxCredentialBytes)
    return MakeError(ErrorCode::kResourceExhausted,
                     "'{}' would have more than {} bytes; remove it and sign in again", path_,
                     kMaxCredentialBytes);
  return platform::WriteFileDurably(path_, text);
}

Result<std::optional<Client>> CredentialFile::FindClient(const std::string& issuer) {
  ASSIGN_OR_RETURN(const CredentialDocument document, Read());
  const auto found = document.clients.find(issuer);
  if (found == document.clients.end()) return std::optional<Client>();
  return std::optional<Client>(found->second);
}

Status CredentialFile::PutClient(const Client& client) {
  return Change([&](CredentialDocument* document) { document->clients[client.issuer] = client; });
}

Status CredentialFile::ForgetClient(const std::string& issuer) {
  return Change([&](CredentialDocument* document) { document->clients.erase(issuer); });
}

Result<std::optional<Tokens>> CredentialFile::FindTokens(const std::string& server_url) {
  ASSIGN_OR_RETURN(const CredentialDocument document, Read());
  const auto found = document.tokens.find(server_url);
  if (found == document.tokens.end()) return std::optional<Tokens>();
  return std::optional<Tokens>(found->second);
}

Status CredentialFile::PutTokens(const std::string& server_url, const Tokens& tokens) {
  return Change([&](CredentialDocument* document) { document->tokens[server_url] = tokens; });
}

Status CredentialFile::ForgetTokens(const std::string& server_url) {
  return Change([&](CredentialDocument* document) { document->tokens.erase(server_url); });
}

}  // namespace weir::oauth
