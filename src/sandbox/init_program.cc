// The first process of a tool's process id namespace: it waits, and nothing else.
//
// The kernel gives it every orphan of the tool and kills the whole namespace when it ends, so it
// ends when the tool does, and who kills it kills everything that the tool started. A program of
// its own, linked statically and carried inside Weir (init_image.cc), because a fork of Weir that
// stays would keep a copy of all memory that Weir changes from then on.
//
// It says on its stdout that it is there; only then the tool goes on to its own program.
// Exit code: the tool's, or 128+N when signal N ended it.

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

int main() {
  constexpr pid_t kTool = 2;  // the first number after ours
  if (::write(STDOUT_FILENO, "x", 1) != 1) ::_exit(127);
  ::close(STDOUT_FILENO);
  for (;;) {
    int status = 0;
    const pid_t ended = ::wait(&status);
    if (ended == kTool) ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    if (ended < 0 && errno != EINTR) ::_exit(127);
  }
}
