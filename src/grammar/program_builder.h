#pragma once
// Prepares schemas for the byte machine. One builder a program, one thread.

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "grammar/program.h"
#include "schema/schema.h"

namespace weir::grammar {

struct ProgramOptions {
  Syntax syntax = Syntax::kPython;
  bool schema_order = false;
  int max_depth = 16;
  int max_calls = 1;
  size_t max_string_bytes = 10'000;
  std::string span_source = {};  // as ToolGrammarOptions
};

class ProgramBuilder {
 public:
  explicit ProgramBuilder(ProgramOptions options);

  // A tool that may be called, with the schema of its arguments. Errors name the tool and the
  // place: a name that the call form can not spell (kUnsupported), a schema that no value satisfies
  // (kInvalidArgument).
  Status AddTool(const std::string& name, const schema::Schema& schema);

  // The schema of a JSON output; instead of tools.
  Status SetRoot(const schema::Schema& schema);

  // The builder is used up.
  Result<Program> Finish();

 private:
  // The value of a schema node; its index is known before its parts are made.
  Result<int> MakeValue(const schema::Schema& schema, int node);
  Status Fill(const schema::Schema& schema, const schema::Node& node, ValuePlan& plan);
  void FillLiterals(const schema::Node& node, ValuePlan& plan) const;
  void FillScalars(const schema::Node& node, ValuePlan& plan);
  Result<int> MakeArray(const schema::Schema& schema, const schema::Node& node);
  Result<int> MakeObject(const schema::Schema& schema, const schema::Node& node);
  Status SetKeys(ObjectPlan& object, const std::vector<std::string>& spelled) const;
  int SpansFor(const schema::CountRange& length);

  Status AddArguments(const std::string& tool, int value, ToolPlan& plan);

  // Least nesting of everything made so far, then the values' first bytes.
  void Measure();
  int MeasureValue(const ValuePlan& value) const;
  int MeasureArray(const ArrayPlan& array) const;
  int MeasureObject(const ObjectPlan& object) const;
  Status CheckSatisfiable(size_t first_value) const;
  void SetFirstBytes(ValuePlan& value);

  Status AddSchema(const schema::Schema& schema, int* value);

  ProgramOptions options_;
  Program program_;
  std::map<int, int> value_of_node_;  // of the schema being added
  std::map<std::pair<int64_t, int64_t>, int>
      spans_of_;  // by length limits; kNone where none is legal
};

}  // namespace weir::grammar
