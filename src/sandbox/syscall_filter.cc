#include "sandbox/syscall_filter.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <initializer_list>
#include <memory>
#include <span>

#include "base/unique_fd.h"
#include "platform/files.h"

namespace weir::sandbox {
namespace {

// Numbers that libseccomp 2.5.4 has no name for; the same on every architecture.
constexpr int kFchmodat2 = 452;
// The first number after mseal. From here to the last that the kernel's common table can soon
// reach, every call is answered as by a kernel that does not have it, which programs expect.
constexpr int kFirstUnknownCall = 463;
constexpr int kLastUnknownCall = 511;

// Bits of a mode that give the file's rights to whoever runs it.
constexpr uint64_t kSetIdBits[] = {S_ISUID, S_ISGID};
// FS_IOC_SETFLAGS and FS_IOC_FSSETXATTR of linux/fs.h, which does not go together with sys/mount.h.
constexpr uint64_t kSetFileFlags = _IOW('f', 2, long);
constexpr uint64_t kSetFileAttributes = _IOW('X', 32, char[28]);
constexpr uint64_t kLow32 = 0xFFFFFFFF;  // the kernel looks at no more of an ioctl's number

// Other processes, and what only their owner should see.
constexpr auto kOtherProcesses =
    std::to_array<int>({SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
                        SCMP_SYS(kcmp), SCMP_SYS(pidfd_getfd), SCMP_SYS(process_madvise),
                        SCMP_SYS(process_mrelease), SCMP_SYS(move_pages), SCMP_SYS(migrate_pages)});
// Mounts, roots and namespaces: the tools for building another view of the machine.
constexpr auto kOtherViews = std::to_array<int>(
    {SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(setns),
     SCMP_SYS(unshare), SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen),
     SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr),
     SCMP_SYS(name_to_handle_at), SCMP_SYS(open_by_handle_at), SCMP_SYS(fanotify_init)});
// Interfaces that were often the way into the kernel and that a tool does not need; a memfd is a
// file that no path rule covers and that can be executed.
constexpr auto kKernelSurface = std::to_array<int>(
    {SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
     SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(keyctl), SCMP_SYS(add_key),
     SCMP_SYS(request_key), SCMP_SYS(personality), SCMP_SYS(memfd_create), SCMP_SYS(memfd_secret),
     SCMP_SYS(modify_ldt), SCMP_SYS(vmsplice)});
// The machine itself. No capability is left that would allow them; refused all the same.
constexpr auto kMachine =
    std::to_array<int>({SCMP_SYS(kexec_load),     SCMP_SYS(kexec_file_load), SCMP_SYS(init_module),
                        SCMP_SYS(finit_module),   SCMP_SYS(delete_module),   SCMP_SYS(reboot),
                        SCMP_SYS(swapon),         SCMP_SYS(swapoff),         SCMP_SYS(acct),
                        SCMP_SYS(quotactl),       SCMP_SYS(quotactl_fd),     SCMP_SYS(settimeofday),
                        SCMP_SYS(clock_settime),  SCMP_SYS(clock_adjtime),   SCMP_SYS(adjtimex),
                        SCMP_SYS(sethostname),    SCMP_SYS(setdomainname),   SCMP_SYS(iopl),
                        SCMP_SYS(ioperm),         SCMP_SYS(vhangup),         SCMP_SYS(syslog),
                        SCMP_SYS(lookup_dcookie), SCMP_SYS(uselib)});
// System V IPC and message queues reach every process of the machine.
constexpr auto kSharedIpc = std::to_array<int>(
    {SCMP_SYS(shmget), SCMP_SYS(shmat), SCMP_SYS(shmctl), SCMP_SYS(msgget), SCMP_SYS(msgsnd),
     SCMP_SYS(msgrcv), SCMP_SYS(msgctl), SCMP_SYS(semget), SCMP_SYS(semop), SCMP_SYS(semtimedop),
     SCMP_SYS(semctl), SCMP_SYS(mq_open), SCMP_SYS(mq_unlink)});
// Landlock does not know these: by path they would change files that can not even be read.
constexpr auto kAttributesByPath = std::to_array<int>(
    {SCMP_SYS(chmod), SCMP_SYS(fchmodat), kFchmodat2, SCMP_SYS(chown), SCMP_SYS(lchown),
     SCMP_SYS(fchown), SCMP_SYS(fchownat), SCMP_SYS(utime), SCMP_SYS(utimes), SCMP_SYS(futimesat),
     SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr), SCMP_SYS(removexattr),
     SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr)});

constexpr auto kWorkerCalls = std::to_array<int>(
    {// Its pipes and open files.
     SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
     SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(dup), SCMP_SYS(fcntl),
     SCMP_SYS(poll), SCMP_SYS(ppoll),
     // Files beneath its folders.
     SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
     SCMP_SYS(fstatfs), SCMP_SYS(getdents64), SCMP_SYS(readlinkat), SCMP_SYS(faccessat),
     SCMP_SYS(faccessat2), SCMP_SYS(mkdirat), SCMP_SYS(unlinkat), SCMP_SYS(renameat),
     SCMP_SYS(renameat2), SCMP_SYS(linkat), SCMP_SYS(symlinkat), SCMP_SYS(ftruncate),
     SCMP_SYS(fallocate), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(copy_file_range),
     SCMP_SYS(sendfile), SCMP_SYS(fadvise64), SCMP_SYS(flock),
     // Memory.
     SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
     SCMP_SYS(madvise),
     // Time, randomness, itself.
     SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
     SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getpid),
     SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
     SCMP_SYS(umask), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrusage),
     SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(futex), SCMP_SYS(rseq),
     SCMP_SYS(set_robust_list), SCMP_SYS(membarrier), SCMP_SYS(pause), SCMP_SYS(restart_syscall),
     SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
     SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack), SCMP_SYS(exit), SCMP_SYS(exit_group)});

scmp_arg_cmp IsEqual(unsigned argument, uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp IsOther(unsigned argument, uint64_t value) {
  return {argument, SCMP_CMP_NE, value, 0};
}
scmp_arg_cmp IsAbove(unsigned argument, uint64_t value) {
  return {argument, SCMP_CMP_GT, value, 0};
}
scmp_arg_cmp IsMasked(unsigned argument, uint64_t mask, uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

// Collects rules; the first that is refused is the error.
class FilterBuilder {
 public:
  explicit FilterBuilder(uint32_t default_action) : context_(::seccomp_init(default_action)) {
    if (context_ == nullptr) return;
    Keep(::seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    // A binary search over the calls instead of one comparison after the other.
    Keep(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
  }

  void Add(uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions = {}) {
    if (context_ == nullptr || error_ != 0) return;
    Keep(::seccomp_rule_add_array(context_.get(), action, call,
                                  static_cast<unsigned>(conditions.size()), conditions.begin()));
    if (error_ != 0) bad_call_ = call;
  }
  void Allow(int call, std::initializer_list<scmp_arg_cmp> conditions = {}) {
    Add(SCMP_ACT_ALLOW, call, conditions);
  }
  void Refuse(int call, std::initializer_list<scmp_arg_cmp> conditions = {}) {
    Add(SCMP_ACT_ERRNO(EPERM), call, conditions);
  }
  void RefuseAll(std::span<const int> calls) {
    for (const int call : calls) Refuse(call);
  }

  // libseccomp writes to descriptors only: here to a pipe, which holds the largest program.
  Result<FilterProgram> Build() {
    if (context_ == nullptr) return MakeError(ErrorCode::kResourceExhausted, "seccomp: no memory");
    if (error_ != 0) {
      return MakeError(ErrorCode::kInternal, "seccomp: rule for system call {}: libseccomp says {}",
                       bad_call_, error_);
    }
    std::array<int, 2> fds = {-1, -1};
    if (::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
      return MakeError(platform::SystemError(errno, "seccomp: a pipe"));
    }
    const UniqueFd read_end(fds[0]);
    const UniqueFd write_end(fds[1]);
    const int exported = ::seccomp_export_bpf(context_.get(), write_end.get());
    FilterProgram program(BPF_MAXINSNS);
    const ssize_t bytes =
        ::read(read_end.get(), program.data(), program.size() * sizeof(struct sock_filter));
    if (exported != 0 || bytes <= 0) {
      return MakeError(ErrorCode::kInternal, "seccomp: no program: libseccomp says {}", exported);
    }
    program.resize(static_cast<size_t>(bytes) / sizeof(struct sock_filter));
    return program;
  }

 private:
  struct Release {
    void operator()(void* context) const { ::seccomp_release(context); }
  };
  void Keep(int result) {
    if (error_ == 0) error_ = result;
  }

  std::unique_ptr<void, Release> context_;
  int error_ = 0;  // negative errno of libseccomp
  int bad_call_ = -1;
};

void RefuseSockets(Network network, FilterBuilder& filter) {
  const uint32_t refuse = SCMP_ACT_ERRNO(EACCES);
  switch (network) {
    case Network::kNone:
      filter.Add(refuse, SCMP_SYS(socket));
      break;
    case Network::kUnix:
      filter.Add(refuse, SCMP_SYS(socket), {IsOther(0, AF_UNIX)});
      break;
    case Network::kInherit:
      // The internet, unix and route netlink stay; raw packets, kernel crypto, Bluetooth, virtual
      // machines and the like do not.
      for (int family = 0; family < AF_NETLINK; ++family) {
        if (family == AF_UNIX || family == AF_INET || family == AF_INET6) continue;
        filter.Add(refuse, SCMP_SYS(socket), {IsEqual(0, static_cast<uint64_t>(family))});
      }
      filter.Add(refuse, SCMP_SYS(socket), {IsAbove(0, AF_NETLINK)});
      break;
  }
  filter.Add(refuse, SCMP_SYS(socketpair), {IsOther(0, AF_UNIX)});
}

void RefuseProcesses(bool may_fork, FilterBuilder& filter) {
  for (const uint64_t flag :
       {uint64_t{CLONE_NEWNS}, uint64_t{CLONE_NEWCGROUP}, uint64_t{CLONE_NEWUTS},
        uint64_t{CLONE_NEWIPC}, uint64_t{CLONE_NEWUSER}, uint64_t{CLONE_NEWPID},
        uint64_t{CLONE_NEWNET}}) {
    filter.Refuse(SCMP_SYS(clone), {IsMasked(0, flag, flag)});
  }
  // Its flags are in memory, where a filter can not look. glibc then takes clone.
  filter.Add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
  if (may_fork) return;
  filter.Refuse(SCMP_SYS(fork));
  filter.Refuse(SCMP_SYS(vfork));
  filter.Refuse(SCMP_SYS(clone), {IsMasked(0, CLONE_THREAD, 0)});
}

// No file becomes one that runs with its owner's rights, whoever runs it later.
void RefuseSetIdBits(bool private_mounts, FilterBuilder& filter) {
  for (const uint64_t bit : kSetIdBits) {
    filter.Refuse(SCMP_SYS(fchmod), {IsMasked(1, bit, bit)});
    if (!private_mounts) continue;  // else refused whatever the mode
    filter.Refuse(SCMP_SYS(chmod), {IsMasked(1, bit, bit)});
    filter.Refuse(SCMP_SYS(fchmodat), {IsMasked(2, bit, bit)});
    filter.Refuse(kFchmodat2, {IsMasked(2, bit, bit)});
  }
}

void RefuseIoctls(FilterBuilder& filter) {
  // Typing into a terminal; pasting into a console; attributes of files opened for reading.
  for (const uint64_t request :
       {uint64_t{TIOCSTI}, uint64_t{TIOCLINUX}, kSetFileFlags, kSetFileAttributes}) {
    filter.Refuse(SCMP_SYS(ioctl), {IsMasked(1, kLow32, request)});
  }
}

}  // namespace

Result<FilterProgram> ToolFilter(const ToolFilterOptions& options) {
  FilterBuilder filter(SCMP_ACT_ALLOW);
  filter.RefuseAll(kOtherProcesses);
  filter.RefuseAll(kOtherViews);
  filter.RefuseAll(kKernelSurface);
  filter.RefuseAll(kMachine);
  if (!options.private_ipc) filter.RefuseAll(kSharedIpc);
  if (!options.private_mounts) {
    filter.RefuseAll(kAttributesByPath);
    // futimens is utimensat without a path.
    filter.Refuse(SCMP_SYS(utimensat), {IsOther(1, 0)});
  }
  // Limits of other processes of the same user.
  filter.Refuse(SCMP_SYS(prlimit64), {IsOther(0, 0)});
  RefuseSetIdBits(options.private_mounts, filter);
  RefuseIoctls(filter);
  RefuseSockets(options.network, filter);
  RefuseProcesses(options.may_fork, filter);
  for (int call = kFirstUnknownCall; call <= kLastUnknownCall; ++call) {
    filter.Add(SCMP_ACT_ERRNO(ENOSYS), call);
  }
  return filter.Build();
}

Result<FilterProgram> WorkerFilter() {
  FilterBuilder filter(SCMP_ACT_ERRNO(EPERM));
  for (const int call : kWorkerCalls) filter.Allow(call);
  filter.Allow(SCMP_SYS(fchmod), {IsMasked(1, S_ISUID | S_ISGID, 0)});
  filter.Allow(SCMP_SYS(utimensat), {IsEqual(1, 0)});
  // So that abort() ends it with the signal people know.
  filter.Allow(SCMP_SYS(tgkill), {IsEqual(0, static_cast<uint64_t>(::getpid()))});
  return filter.Build();
}

bool LoadFilter(const FilterProgram& program) noexcept {
  struct sock_fprog description = {};
  description.len = static_cast<unsigned short>(program.size());
  // The kernel only reads it.
  description.filter = const_cast<struct sock_filter*>(program.data());
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &description) == 0;
}

}  // namespace weir::sandbox
