#pragma once
// Random trees and random changes to them, decided by a seed alone: the same seed on two equal
// trees gives two equal trees, whether one is a plain folder and the other is seen through an
// overlay. Like a careful program it lifts write protection for the time of a change and copies a
// folder that can not be renamed. One thread.

#include <random>
#include <string>
#include <vector>

namespace weir::changes::testing {

class RandomOps {
 public:
  // `root` is a folder path ("." too).
  RandomOps(std::string root, unsigned seed) : root_(std::move(root)), random_(seed) {}

  // Fills an empty root with some folders, files and links.
  void MakeTree();
  // Does `n` random things. False when the system refused one, with the reason in problem().
  bool Run(int n);
  const std::string& problem() const { return problem_; }

 private:
  struct Entry {
    std::string path;  // relative to the root
    char type;         // 'f', 'd', 'l'
  };

  unsigned Below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  std::string At(const std::string& path) const { return root_ + "/" + path; }
  std::vector<Entry> Entries() const;
  std::string Pick(char type);  // a path of that type, "" when there is none; 'a': any
  std::string PickFolder();     // also the root, as ""
  std::string FreePath();       // a path that is not there, in a folder that is
  std::string Content();
  bool Step();
  bool Fail(const std::string& what);

  bool WriteFile(const std::string& path, bool append);
  bool SaveAtomically();
  bool Truncate();
  bool ChangeMode();
  bool SetAttribute();
  bool MoveFile();
  bool MoveFolder();
  bool RemoveOne();
  bool RemoveFolder();
  bool MakeFolder();
  bool MakeLink();
  bool ExchangeType();

  bool RemoveAt(const std::string& path);
  bool CopyFolder(const std::string& from, const std::string& to);

  std::string root_;
  std::mt19937 random_;
  std::string problem_;
};

}  // namespace weir::changes::testing
