#include "app/wrap.h"

#include <sys/ioctl.h>

#include <algorithm>

#include "app/escape.h"

namespace weir::app {
namespace {

constexpr int kMinColumns = 40;

// One line of the text. The spaces at its start stay, and so do those between words on one line.
void WrapLine(std::string_view line, int indent, int columns, std::string& out) {
  int used = 0;
  while (!line.empty()) {
    const size_t word = std::min(line.find_first_not_of(' '), line.size());
    const size_t end = std::min(line.find(' ', word), line.size());
    const int width = DisplayWidth(line.substr(0, end));
    const bool is_first = used == 0;
    if (!is_first && used + width > columns && word < line.size()) {
      out += '\n';
      out.append(static_cast<size_t>(indent), ' ');
      line.remove_prefix(word);
      used = indent;
      // The first word of a line is never broken off it.
      const size_t length = end - word;
      out += line.substr(0, length);
      used += DisplayWidth(line.substr(0, length));
      line.remove_prefix(length);
      continue;
    }
    out += line.substr(0, end);
    used += width;
    line.remove_prefix(end);
  }
}

}  // namespace

std::string Wrapped(std::string_view escaped, int indent, int columns) {
  std::string out;
  for (;;) {
    const size_t end = std::min(escaped.find('\n'), escaped.size());
    WrapLine(escaped.substr(0, end), indent, columns, out);
    if (end == escaped.size()) return out;
    out += '\n';
    escaped.remove_prefix(end + 1);
  }
}

int TerminalColumns(int fd) {
  struct winsize size = {};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return 0;
  // Some terminals do not know.
  return size.ws_col == 0 ? 80 : std::max<int>(size.ws_col, kMinColumns);
}

void PrintWrapped(std::FILE* stream, std::string_view escaped, int indent) {
  const int columns = TerminalColumns(::fileno(stream));
  const std::string text = columns == 0 ? std::string(escaped) : Wrapped(escaped, indent, columns);
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fputc('\n', stream);
}

void PrintMessage(std::string_view escaped) {
  constexpr std::string_view kBegin = "weir: ";
  PrintWrapped(stderr, std::string(kBegin).append(escaped), static_cast<int>(kBegin.size()));
}

}  // namespace weir::app
