#!/usr/bin/env python3
"""Writes the generated suites of `weir eval routing` beside this file: wordings and tools that training held out.

    python3 eval/routing/make_suites.py [N]

seen_wording.jsonl     the shipped tools, asked for with request grammars that training used, with fresh values and lists
heldout_wording.jsonl  the shipped tools, asked for with the fifth of the request grammars that training never used
renamed_tools.jsonl    the same tools under names and parameters that were made up
unseen_tools.jsonl     tools made of verbs and objects that training never used
Each line carries its own list of 12 tools.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "training"))

from generator import Generator  # noqa: E402

SUITES = {"seen_wording": "shipped", "heldout_wording": "shipped", "renamed_tools": "renamed", "unseen_tools": "procedural"}
KINDS = {"call": "call", "question": "ask", "none": "none"}


def items(style, n, heldout):
    generator = Generator(20261, heldout=heldout, size=12, style=style)
    while n > 0:
        conversation = generator.conversation(turns=1)
        if not conversation.kinds or conversation.system or conversation.kinds[0][0] not in KINDS:
            continue
        kind = KINDS[conversation.kinds[0][0]]
        expect = {"kind": kind}
        if kind == "call":
            call = conversation.messages[1]["calls"][0]
            expect.update(tool=call["name"], arguments=call["arguments"])
        yield {"request": conversation.messages[0]["content"], "expect": expect, "tools": conversation.tools, "tags": [kind]}
        n -= 1


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for name, style in SUITES.items():
        with open(HERE / f"{name}.jsonl", "w", encoding="utf-8") as out:
            for item in items(style, n, name != "seen_wording"):
                out.write(json.dumps(item, ensure_ascii=False) + "\n")
        print(f"{name}.jsonl: {n} requests")


if __name__ == "__main__":
    main()
