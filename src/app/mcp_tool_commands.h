#pragma once
// The commands of `weir tools` about MCP servers. One thread.

#include <string>
#include <string_view>
#include <vector>

#include "app/commands.h"
#include "app/settings.h"
#include "catalog/catalog.h"

namespace CLI {
class App;
}

namespace weir::app {

// Prints an escaped text in lines of at most 80 columns, the second and later ones indented.
void PutWrapped(std::string_view escaped, size_t indent);

// add, pin and remove, below `weir tools`.
void AddMcpToolCommands(CLI::App& tools, Settings& settings, Action& action,
                        catalog::ListServer list_server);

// The pinned tools of the servers of weir.toml and what waits for a person; starts nothing.
int ListMcpTools(const Settings& settings);
// One of them by its display name.
int ShowMcpTool(const Settings& settings, const std::string& name);

struct AddRequest {
  std::string name;                  // empty: walk through what is found
  std::string url;                   // or a command
  std::vector<std::string> command;  // the program and its arguments
};
// Shows what would be added and adds it when a person at a terminal says yes.
int AddMcpServer(const Settings& settings, const AddRequest& request, Interrupt& interrupt);

struct PinRequest {
  std::string server;
  std::string tool;  // empty: all
  std::string seen;  // digest of what was shown before: a yes without a question
};
// Asks the server for its tools, shows what is new or changed, pins it when a person says yes.
int PinMcpTools(const Settings& settings, const PinRequest& request,
                const catalog::ListServer& list_server, Interrupt& interrupt);

}  // namespace weir::app
