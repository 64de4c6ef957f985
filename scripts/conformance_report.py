#!/usr/bin/env python3
"""What the conformance suite found, against what a revision requires.

  scripts/conformance_report.py WORK PEERS SIDE REVISION...

Reads the checks.json of every scenario below WORK/SIDE/REVISION and the lists of required scenarios that come with the suite.
A scenario has passed when it has checks and none of them is a failure or a warning. Writes WORK/results.json; exits 1 unless
every required scenario passed.
"""

import glob
import json
import os
import re
import sys


def required(peers, revision, side):
    """The names under `SIDE:` in the suite's list."""
    path = f"{peers}/node_modules/@modelcontextprotocol/conformance/requirements/{revision}.yaml"
    names, inside = [], False
    for line in open(path):
        if re.match(r"\w", line):
            inside = line.startswith(side + ":")
        elif inside and (match := re.match(r"  - ([\w/.-]+)\s*$", line)):
            names.append(match.group(1))
    return names


def scenarios(folder):
    """{scenario: [checks that do not hold]} of every scenario that ran."""
    found = {}
    for path in glob.glob(f"{folder}/**/checks.json", recursive=True):
        name = os.path.relpath(os.path.dirname(path), folder)
        name = re.sub(r"-\d{4}-\d{2}-\d{2}T[\w-]+$", "", name)
        name = re.sub(r"^server-", "", name, count=1) if "/server/" in folder + "/" else name
        checks = json.load(open(path))
        bad = [c for c in checks if c["status"] in ("FAILURE", "WARNING")]
        found[name] = [f'{c["status"].lower()} {c["id"]}: {c.get("errorMessage", "")}' for c in bad]
        if not checks:
            found[name] = ["no check was made"]
    return found


def main():
    work, peers, side, *revisions = sys.argv[1:]
    results, n_passed, n_required = [], 0, 0
    for one in ("server", "client") if side == "all" else (side,):
        for revision in revisions:
            ran = scenarios(f"{work}/{one}/{revision}")
            wanted = required(peers, revision, one)
            failed = {name: ran.get(name, ["did not run"]) for name in wanted if ran.get(name, [""])}
            others = {name: bad for name, bad in ran.items() if name not in wanted}
            passed = len(wanted) - len(failed)
            n_passed, n_required = n_passed + passed, n_required + len(wanted)
            print(f"{one} {revision}: {passed} of {len(wanted)} required runs passed")
            for name, bad in sorted(failed.items()):
                print(f"  failed: {name}")
                for line in bad:
                    print(f"    {line}")
            for name, bad in sorted(others.items()):
                print(f"  not required: {name}: {'passed' if not bad else bad[0]}")
            results.append({"side": one, "revision": revision, "required": len(wanted), "passed": passed,
                            "failed": sorted(failed), "not_required": {n: not b for n, b in sorted(others.items())}})
    print(f"conformance: {n_passed} of {n_required} required runs passed")
    with open(f"{work}/results.json", "w") as out:
        json.dump({"passed": n_passed, "required": n_required, "runs": results}, out, indent=2)
    sys.exit(0 if n_passed == n_required else 1)


main()
