#pragma once
// The commands of `weir`. Each registers its flags below `app` and runs when chosen; the returned
// function gives the exit code. Only main.cc calls these.

#include <functional>
#include <string>

#include "app/interrupt.h"
#include "app/settings.h"
#include "catalog/catalog.h"

namespace CLI {
class App;
}

namespace weir::app {

// Filled by whichever command was chosen on the command line.
using Action = std::function<int(Interrupt&)>;

void AddRunCommands(CLI::App& app, Settings& settings, Action& action);  // run, chat
// model info|tokenize|logits|render|parse|bench|check|synth|quantize
void AddModelCommands(CLI::App& app, Settings& settings, Action& action);
// Below `weir model`; AddModelCommands calls them.
void AddBenchCommand(CLI::App& model, Settings& settings, Action& action);
void AddCheckCommand(CLI::App& model, Settings& settings, Action& action);
void AddSynthCommand(CLI::App& model, Settings& settings, Action& action);
void AddQuantizeCommand(CLI::App& model, Settings& settings, Action& action);
// policy check|explain|test|replay
void AddPolicyCommands(CLI::App& app, Settings& settings, Action& action);
// tools list|show|add|pin|remove. `list_server` starts a server to ask for its tools; without it
// `pin` says that it can not.
void AddToolCommands(CLI::App& app, Settings& settings, Action& action,
                     catalog::ListServer list_server = {});
// audit verify|show|key|anchor|prove
void AddAuditCommands(CLI::App& app, Settings& settings, Action& action);
void AddUndoCommand(CLI::App& app, Settings& settings, Action& action);
// approvals list|show|revoke
void AddApprovalCommands(CLI::App& app, Settings& settings, Action& action);
// audit expire|hold, below the `audit` that AddAuditCommands made: call it afterwards.
void AddRetentionCommands(CLI::App& app, Settings& settings, Action& action);
void AddEvalCommands(CLI::App& app, Settings& settings, Action& action);  // eval routing
void AddMcpCommands(CLI::App& app, Settings& settings, Action& action);   // mcp serve

// Prints "weir: MESSAGE" on stderr, or {"error": ...} on stdout with --json; returns kExitError.
int Complain(const Settings& settings, const Error& error);
// The same; returns kExitInterrupted when that is why.
int Complain(const Settings& settings, const Error& error, const Interrupt& interrupt);

}  // namespace weir::app
