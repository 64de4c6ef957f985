#pragma once
// A folder of a test's own, removed at its end.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace weir::convert::testing {

class TempFolder {
 public:
  TempFolder() : path_(std::filesystem::temp_directory_path().string() + "/weir_convert_XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) ::abort();
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string Path(const std::string& name) const { return path_ + "/" + name; }
  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(Path(name), std::ios::binary) << bytes;
  }

 private:
  std::string path_;
};

}  // namespace weir::convert::testing
