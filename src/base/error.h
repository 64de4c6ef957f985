#pragma once
// The one error type of the project: a kind for programs and a sentence for people.
//
// Messages are lower-case, name the thing, the expected and the found, and say the way out; no
// "failed to". Values; any thread.

#include <string>
#include <string_view>
#include <utility>

namespace weir {

enum class ErrorCode {
  kInvalidArgument,    // the caller's input is wrong in itself
  kNotFound,           // the named thing is not there
  kCorruptData,        // a file or stream breaks its own format
  kUnsupported,        // well-formed, but we do not do it
  kResourceExhausted,  // memory, disk, a configured limit
  kCancelled,          // somebody asked to stop
  kDeadlineExceeded,   // took too long
  kPermissionDenied,   // policy, a person or the system said no
  kUnavailable,        // a peer is gone; trying again may help
  kInternal,           // our bug, reported instead of aborting
};

// The spelling used in --json output and in the audit log, for example "corrupt_data".
std::string_view ErrorCodeName(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  // "context: message", same code. Outer callers say what they were doing.
  Error WithContext(std::string_view context) const {
    return Error{code, std::string(context) + ": " + message};
  }
};

}  // namespace weir
