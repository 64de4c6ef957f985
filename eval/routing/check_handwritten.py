#!/usr/bin/env python3
"""Checks handwritten.jsonl and distractors.json against their own rules (see README.md)."""

import collections
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
BUILTIN = HERE.parent.parent / "src" / "tools" / "builtin_tools.json"


def check_call(request, tool, arguments):
    """Problems of one acceptable call, as sentences."""
    schema = tool["parameters"]
    for name in schema["required"]:
        if name not in arguments:
            yield f"{tool['name']} lacks {name}"
    for name, value in arguments.items():
        declared = schema["properties"].get(name)
        if declared is None:
            yield f"{tool['name']} has no parameter {name}"
        elif "enum" in declared:
            if value not in declared["enum"]:
                yield f"{name} is {value!r}, not one of {declared['enum']}"
        elif value not in request and value.upper() not in request:
            yield f"{name} is {value!r}, no span of the request"


def problems(line, tools):
    expect = line["expect"]
    if expect["kind"] == "ask":
        if line.get("needs") not in tools:
            yield "an ambiguous request says which tool it needs"
        return
    if expect["kind"] == "none":
        return
    for call in [expect, *expect.get("also", [])]:
        if call["tool"] not in tools:
            yield f"no tool {call['tool']}"
        else:
            yield from check_call(line["request"], tools[call["tool"]], call["arguments"])
    for name, value in expect["arguments"].items():
        literal = value in line["request"] or "enum" in tools[expect["tool"]]["parameters"]["properties"][name]
        if not literal:
            yield f"the first answer's {name} is not written as in the request"


def main():
    tools = {tool["name"]: tool for tool in json.loads(BUILTIN.read_text())}
    distractors = json.loads((HERE / "distractors.json").read_text())
    lines = [json.loads(text) for text in (HERE / "handwritten.jsonl").read_text().splitlines()]
    found = []
    for line in lines:
        found += [f"{line['id']}: {problem}" for problem in problems(line, tools)]
    if len({line["id"] for line in lines}) != len(lines):
        found.append("an id occurs twice")
    if len({line["request"] for line in lines}) != len(lines):
        found.append("a request occurs twice")
    if len(distractors) != 8 or {tool["name"] for tool in distractors} & set(tools):
        found.append("there are 8 distractors, none of them a built-in tool")
    kinds = collections.Counter(line["expect"]["kind"] for line in lines)
    per_tool = collections.Counter(line["expect"].get("tool", "") for line in lines)
    found += [f"no request for {name}" for name in tools if name != "ask_user" and not per_tool[name]]
    print(f"{len(lines)} requests: {dict(kinds)}")
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
