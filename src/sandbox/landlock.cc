#include "sandbox/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "platform/files.h"

namespace weir::sandbox {
namespace {

// linux/landlock.h of Debian 12 ends at ABI 2. The rest, as in the kernel's documentation
// (userspace-api/landlock.rst).
constexpr uint64_t kFsTruncate = 1ULL << 14;              // ABI 3
constexpr uint64_t kNetBindTcp = 1ULL << 0;               // ABI 4
constexpr uint64_t kNetConnectTcp = 1ULL << 1;            // ABI 4
constexpr uint64_t kFsIoctlDev = 1ULL << 15;              // ABI 5
constexpr uint64_t kScopeAbstractUnixSocket = 1ULL << 0;  // ABI 6
constexpr uint64_t kScopeSignal = 1ULL << 1;              // ABI 6

struct RulesetAttributes {
  uint64_t handled_access_fs = 0;
  uint64_t handled_access_net = 0;  // ABI 4
  uint64_t scoped = 0;              // ABI 6
};

// All rights of ABI 1 are the bits up to MAKE_SYM.
constexpr uint64_t kFsAbi1 = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
// What can be granted on a file that is no folder.
constexpr uint64_t kFsOfFile = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                               LANDLOCK_ACCESS_FS_READ_FILE | kFsTruncate | kFsIoctlDev;
constexpr uint64_t kFsRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
// Not devices, sockets and pipes: a tool that makes files makes files, folders and links.
constexpr uint64_t kFsWrite = kFsRead | LANDLOCK_ACCESS_FS_WRITE_FILE |
                              LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                              LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                              LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER | kFsTruncate;

uint64_t KnownFsRights(int abi) noexcept {
  uint64_t rights = kFsAbi1;
  if (abi >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) rights |= kFsTruncate;
  if (abi >= 5) rights |= kFsIoctlDev;
  return rights;
}

uint64_t RightsOf(PathAccess access) noexcept {
  switch (access) {
    case PathAccess::kRead:
      return kFsRead;
    case PathAccess::kReadExecute:
      return kFsRead | LANDLOCK_ACCESS_FS_EXECUTE;
    case PathAccess::kWrite:
      return kFsWrite;
  }
  return 0;
}

// System calls only. False: see errno.
bool AddOpenRule(int ruleset_fd, int abi, int fd, PathAccess access) noexcept {
  struct stat info;
  if (::fstat(fd, &info) != 0) return false;
  struct landlock_path_beneath_attr beneath = {};
  beneath.allowed_access = RightsOf(access) & KnownFsRights(abi);
  if (!S_ISDIR(info.st_mode)) beneath.allowed_access &= kFsOfFile;
  beneath.parent_fd = fd;
  return ::syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
}

Status AddRule(int ruleset_fd, int abi, const PathRule& rule) {
  UniqueFd opened;
  int fd = rule.fd;
  if (fd < 0) {
    opened = UniqueFd(::open(rule.path.c_str(), O_PATH | O_CLOEXEC));
    if (!opened.valid()) {
      return MakeError(platform::SystemError(errno, fmt::format("path '{}'", rule.path)));
    }
    fd = opened.get();
  }
  if (AddOpenRule(ruleset_fd, abi, fd, rule.access)) return {};
  return MakeError(
      platform::SystemError(errno, fmt::format("a Landlock rule for '{}'", rule.path)));
}

}  // namespace

Result<int> LandlockAbi() {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 0) {
    return MakeError(ErrorCode::kUnsupported, "Landlock: {}",
                     errno == EOPNOTSUPP
                         ? "switched off when the kernel was started (lsm= without landlock)"
                         : platform::SystemError(errno, "the kernel says").message);
  }
  if (abi < kMinLandlockAbi) {
    return MakeError(ErrorCode::kUnsupported,
                     "Landlock: this kernel has ABI {}, {} or newer (Linux 6.2) is needed, because "
                     "older ones do not stop the truncation of files",
                     abi, kMinLandlockAbi);
  }
  return static_cast<int>(abi);
}

Result<UniqueFd> MakeRuleset(int abi, const std::vector<PathRule>& rules, bool forbid_tcp) {
  RulesetAttributes attributes;
  attributes.handled_access_fs = KnownFsRights(abi);
  if (abi >= 4 && forbid_tcp) attributes.handled_access_net = kNetBindTcp | kNetConnectTcp;
  if (abi >= kLandlockAbiScopes) attributes.scoped = kScopeAbstractUnixSocket | kScopeSignal;
  // An older kernel accepts the longer struct, because what it does not know is zero.
  UniqueFd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0)));
  if (!ruleset.valid()) return MakeError(platform::SystemError(errno, "a Landlock ruleset"));
  for (const PathRule& rule : rules) RETURN_IF_ERROR(AddRule(ruleset.get(), abi, rule));
  return ruleset;
}

bool AddPathRule(int ruleset_fd, int abi, const char* path, PathAccess access) noexcept {
  struct open_how how = {};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  const auto fd = static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
  if (fd < 0) return false;
  const bool added = AddOpenRule(ruleset_fd, abi, fd, access);
  const int error_number = errno;
  ::close(fd);
  errno = error_number;
  return added;
}

bool EnterLandlock(int ruleset_fd) noexcept {
  return ::syscall(SYS_landlock_restrict_self, ruleset_fd, 0) == 0;
}

}  // namespace weir::sandbox
