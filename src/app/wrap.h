#pragma once
// Lines that fit the terminal they are printed on. Any thread; printing one at a time.

#include <cstdio>
#include <string>
#include <string_view>

namespace weir::app {

// `escaped` (EscapeForTerminal) in lines of at most `columns` columns, broken at spaces; lines that
// were broken go on after `indent` spaces. Line breaks of the text stay. A word that is too long,
// such as a hash or a path, is left whole on a line of its own, so that it can be copied.
std::string Wrapped(std::string_view escaped, int indent, int columns);

// Columns of the terminal behind `fd`, at least 40; 0 when there is none, as for files and pipes.
int TerminalColumns(int fd);

// Prints the text and a line break; broken to fit where `stream` is a terminal, else as it is.
void PrintWrapped(std::FILE* stream, std::string_view escaped, int indent = 0);

// "weir: MESSAGE" on stderr, in the same way.
void PrintMessage(std::string_view escaped);

}  // namespace weir::app
