#pragma once
// Parts of tests that need a process of their own: other rights, a file system of their own, or a
// kill at a chosen system call. Call them while the test has one thread only.

#include <functional>
#include <string>

namespace weir::changes::testing {

// Runs `body` in a forked child and returns what it returned; "died: ..." when it did not return.
std::string InChild(const std::function<std::string()>& body);

// The same as another user and group, without privileges. Only root can.
std::string AsUser(int id, const std::function<std::string()>& body);

// The same in a user and mount namespace where `folder` is an empty file system in memory of that
// size. "skip: ..." with the reason when the kernel does not allow it.
std::string WithSmallDisk(const std::string& folder, size_t bytes,
                          const std::function<std::string()>& body);

// Runs `body` in a child that gets SIGKILL at the entry of its n-th system call, n from 0. True
// when it was killed so, false when it ended before; *reason says why it can not be done here, if
// so.
bool KillAtSystemCall(int n, const std::function<void()>& body, std::string* reason);

}  // namespace weir::changes::testing
