#include "changes/testing/random_ops.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace weir::changes::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::array kNames = {"a",       "b",          "A",         "notes.txt",
                               "Über.md", "with space", "new\nline", "\xff\xfe.bin",
                               "-rf",     ".hidden"};
constexpr std::array<mode_t, 7> kFileModes = {0644, 0600, 0755, 0640, 0444, 0400, 0664};
constexpr std::array<mode_t, 6> kFolderModes = {0755, 0700, 0750, 0555, 0500, 0775};
constexpr std::array kTargets = {"a", "../b", "no/where", "/etc/hostname", "with space"};

mode_t ModeOf(const std::string& path) {
  struct stat info;
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0777;
}

// Gives the owner the right to write to a file or folder while it lives.
class Lifted {
 public:
  // Nothing there is fine too.
  explicit Lifted(const std::string& path) : path_(path), mode_(ModeOf(path)) {
    if ((mode_ & 0200) == 0) ::chmod(path_.c_str(), mode_ | 0200);
  }
  ~Lifted() {
    if ((mode_ & 0200) == 0) ::chmod(path_.c_str(), mode_);
  }
  Lifted(const Lifted&) = delete;
  Lifted& operator=(const Lifted&) = delete;
  // The thing lies elsewhere now.
  void MovedTo(const std::string& path) { path_ = path; }

 private:
  std::string path_;
  mode_t mode_;
};

std::string FolderPath(const std::string& path) { return path.substr(0, path.rfind('/')); }

std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

bool WriteText(const std::string& path, const std::string& text, bool append) {
  std::ofstream out(path, std::ios::binary | (append ? std::ios::app : std::ios::trunc));
  out << text;
  out.flush();
  return out.good();
}

void CopyAttribute(const std::string& from, const std::string& to) {
  std::array<char, 64> value;
  const ssize_t n = ::getxattr(from.c_str(), "user.note", value.data(), value.size());
  if (n >= 0) ::setxattr(to.c_str(), "user.note", value.data(), static_cast<size_t>(n), 0);
}

}  // namespace

std::vector<RandomOps::Entry> RandomOps::Entries() const {
  std::vector<Entry> entries;
  for (auto it = fs::recursive_directory_iterator(root_); it != fs::recursive_directory_iterator();
       ++it) {
    const std::string path = it->path().string().substr(root_.size() + 1);
    const bool is_link = it->is_symlink();
    entries.push_back({path, is_link ? 'l' : it->is_directory() ? 'd' : 'f'});
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.path < b.path; });
  return entries;
}

std::string RandomOps::Pick(char type) {
  std::vector<Entry> entries = Entries();
  std::erase_if(entries, [&](const Entry& entry) { return type != 'a' && entry.type != type; });
  return entries.empty() ? "" : entries[Below(static_cast<unsigned>(entries.size()))].path;
}

std::string RandomOps::PickFolder() { return Below(3) == 0 ? "" : Pick('d'); }

std::string RandomOps::FreePath() {
  const std::string folder = PickFolder();
  const std::string prefix = folder.empty() ? "" : folder + "/";
  // Deep enough to be interesting, shallow enough to meet again.
  const bool too_deep = std::count(folder.begin(), folder.end(), '/') >= 3;
  for (unsigned i = Below(kNames.size()), tries = 0; tries < kNames.size(); ++tries, ++i) {
    const std::string path = (too_deep ? "" : prefix) + kNames[i % kNames.size()];
    struct stat info;
    if (::lstat(At(path).c_str(), &info) != 0) return path;
  }
  return "";
}

std::string RandomOps::Content() {
  std::string text;
  switch (Below(5)) {
    case 0:
      return "";
    case 1:  // binary
      for (unsigned n = Below(3000); n > 0; --n) text += static_cast<char>(random_());
      return text;
    case 2:  // mostly a hole
      return std::string(Below(70'000), '\0') + "end";
    default:
      for (unsigned n = Below(12); n > 0; --n) text += "line " + std::to_string(Below(9)) + "\n";
      return text;
  }
}

bool RandomOps::Fail(const std::string& what) {
  problem_ = what + ": " + std::strerror(errno);
  return false;
}

void RandomOps::MakeTree() {
  ::umask(022);
  for (unsigned n = 3 + Below(4); n > 0; --n) MakeFolder();
  for (unsigned n = 6 + Below(6); n > 0; --n) WriteFile(FreePath(), false);
  for (unsigned n = Below(4); n > 0; --n) MakeLink();
  for (unsigned n = Below(5); n > 0; --n) ChangeMode();
  SetAttribute();
}

bool RandomOps::Run(int n) {
  ::umask(022);
  for (int i = 0; i < n; ++i) {
    if (!Step()) return false;
  }
  return true;
}

bool RandomOps::Step() {
  switch (Below(15)) {
    case 0:
    case 1:
      return WriteFile(FreePath(), false);
    case 2:
      return WriteFile(Pick('f'), false);
    case 3:
      return WriteFile(Pick('f'), true);
    case 4:
      return SaveAtomically();
    case 5:
      return Truncate();
    case 6:
    case 7:
      return ChangeMode();
    case 8:
      return SetAttribute();
    case 9:
      return MoveFile();
    case 10:
      return MoveFolder();
    case 11:
      return RemoveOne();
    case 12:
      return Below(2) == 0 ? RemoveFolder() : MakeFolder();
    case 13:
      return MakeLink();
    default:
      return ExchangeType();
  }
}

bool RandomOps::WriteFile(const std::string& path, bool append) {
  if (path.empty()) return true;
  const Lifted folder(FolderPath(At(path)));
  const Lifted file(At(path));
  return WriteText(At(path), Content(), append) || Fail("writing " + path);
}

bool RandomOps::SaveAtomically() {
  const std::string path = Pick('f');
  if (path.empty()) return true;
  const Lifted folder(FolderPath(At(path)));
  const std::string temporary = FolderPath(At(path)) + "/.save~";
  if (!WriteText(temporary, Content(), false)) return Fail("writing " + temporary);
  ::chmod(temporary.c_str(), ModeOf(At(path)));
  return ::rename(temporary.c_str(), At(path).c_str()) == 0 || Fail("saving " + path);
}

bool RandomOps::Truncate() {
  const std::string path = Pick('f');
  if (path.empty()) return true;
  const Lifted file(At(path));
  return ::truncate(At(path).c_str(), Below(40'000)) == 0 || Fail("truncating " + path);
}

bool RandomOps::ChangeMode() {
  const bool is_file = Below(2) == 0;
  const std::string path = Pick(is_file ? 'f' : 'd');
  if (path.empty()) return true;
  const mode_t mode =
      is_file ? kFileModes[Below(kFileModes.size())] : kFolderModes[Below(kFolderModes.size())];
  return ::chmod(At(path).c_str(), mode) == 0 || Fail("chmod " + path);
}

bool RandomOps::SetAttribute() {
  const std::string path = Pick(Below(3) == 0 ? 'd' : 'f');
  if (path.empty()) return true;
  const Lifted lifted(At(path));
  const std::string value = std::to_string(Below(4));
  if (Below(4) == 0) {
    ::removexattr(At(path).c_str(), "user.note");  // there or not
    return true;
  }
  const int set = ::setxattr(At(path).c_str(), "user.note", value.data(), value.size(), 0);
  return set == 0 || errno == EOPNOTSUPP || Fail("attribute of " + path);
}

bool RandomOps::MoveFile() {
  const std::string from = Pick(Below(4) == 0 ? 'l' : 'f');
  const std::string to = Below(3) == 0 ? Pick('f') : FreePath();
  if (from.empty() || to.empty()) return true;
  const Lifted from_folder(FolderPath(At(from)));
  const Lifted to_folder(FolderPath(At(to)));
  return ::rename(At(from).c_str(), At(to).c_str()) == 0 || Fail("moving " + from + " to " + to);
}

bool RandomOps::MoveFolder() {
  const std::string from = Pick('d');
  const std::string to = FreePath();
  if (from.empty() || to.empty() || to.starts_with(from + "/")) return true;
  const Lifted from_folder(FolderPath(At(from)));
  const Lifted to_folder(FolderPath(At(to)));
  Lifted itself(At(from));
  if (::rename(At(from).c_str(), At(to).c_str()) == 0) {
    itself.MovedTo(At(to));
    return true;
  }
  if (errno != EXDEV) return Fail("moving " + from + " to " + to);
  // As an overlay answers for a folder of the layer below.
  if (!CopyFolder(from, to) || !RemoveAt(from)) return false;
  itself.MovedTo(At(to));
  return true;
}

bool RandomOps::CopyFolder(const std::string& from, const std::string& to) {
  if (::mkdir(At(to).c_str(), 0700) != 0) return Fail("making " + to);
  for (const auto& entry : fs::directory_iterator(At(from))) {
    const std::string name = "/" + entry.path().filename().string();
    if (entry.is_symlink()) {
      fs::create_symlink(fs::read_symlink(entry.path()), At(to + name));
    } else if (entry.is_directory()) {
      if (!CopyFolder(from + name, to + name)) return false;
    } else {
      if (!WriteText(At(to + name), ReadText(entry.path()), false)) return Fail("copying " + from);
      CopyAttribute(entry.path(), At(to + name));
      ::chmod(At(to + name).c_str(), ModeOf(entry.path()));
    }
  }
  CopyAttribute(At(from), At(to));
  ::chmod(At(to).c_str(), ModeOf(At(from)));
  return true;
}

bool RandomOps::RemoveAt(const std::string& path) {
  struct stat info;
  if (::lstat(At(path).c_str(), &info) != 0) return Fail("looking at " + path);
  if (!S_ISDIR(info.st_mode)) {
    return ::unlink(At(path).c_str()) == 0 || Fail("removing " + path);
  }
  ::chmod(At(path).c_str(), 0700);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(At(path))) {
    names.push_back(entry.path().filename().string());
  }
  for (const std::string& name : names) {
    if (!RemoveAt(path + "/" + name)) return false;
  }
  return ::rmdir(At(path).c_str()) == 0 || Fail("removing " + path);
}

bool RandomOps::RemoveOne() {
  const std::string path = Pick(Below(4) == 0 ? 'l' : 'f');
  if (path.empty()) return true;
  const Lifted folder(FolderPath(At(path)));
  return RemoveAt(path);
}

bool RandomOps::RemoveFolder() {
  const std::string path = Pick('d');
  if (path.empty()) return true;
  const Lifted folder(FolderPath(At(path)));
  if (!RemoveAt(path)) return false;
  // Often it comes back at once, which an overlay keeps in another way than a folder that stayed.
  return Below(2) == 0 || ::mkdir(At(path).c_str(), 0755) == 0 || Fail("making " + path);
}

bool RandomOps::MakeFolder() {
  const std::string path = FreePath();
  if (path.empty()) return true;
  const Lifted folder(FolderPath(At(path)));
  return ::mkdir(At(path).c_str(), 0755) == 0 || Fail("making " + path);
}

bool RandomOps::MakeLink() {
  const std::string path = FreePath();
  if (path.empty()) return true;
  const Lifted folder(FolderPath(At(path)));
  return ::symlink(kTargets[Below(kTargets.size())], At(path).c_str()) == 0 ||
         Fail("linking " + path);
}

// A file or link becomes a folder with something in it, or a folder or link a file.
bool RandomOps::ExchangeType() {
  const std::string path = Pick('a');
  if (path.empty()) return true;
  const Lifted folder(FolderPath(At(path)));
  struct stat info;
  if (::lstat(At(path).c_str(), &info) != 0) return Fail("looking at " + path);
  if (!RemoveAt(path)) return false;
  if (S_ISDIR(info.st_mode))
    return WriteText(At(path), Content(), false) || Fail("writing " + path);
  if (::mkdir(At(path).c_str(), 0755) != 0) return Fail("making " + path);
  return WriteText(At(path + "/inside"), Content(), false) || Fail("writing into " + path);
}

}  // namespace weir::changes::testing
