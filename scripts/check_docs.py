#!/usr/bin/env python3
"""Runs the README's console blocks and compares their output; see check_docs.sh."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def blocks(text):
    return re.findall(r"```console\n(.*?)```", text, re.S)


def steps(block):
    """(command, expected lines) in order."""
    result = []
    for line in block.splitlines():
        if line.startswith("$ "):
            result.append((line[2:], []))
        elif result:
            result[-1][1].append(line)
    return result


def matches(expected, found):
    """True when the found lines fit the expected ones, where '...' is any text or any lines."""
    if not expected:
        return not found
    if expected[0].strip() == "...":
        return any(matches(expected[1:], found[i:]) for i in range(len(found) + 1))
    if not found:
        return False
    pattern = ".*".join(re.escape(part) for part in expected[0].rstrip().split("..."))
    return re.fullmatch(pattern, found[0].rstrip()) is not None and matches(expected[1:], found[1:])


def main():
    weir = pathlib.Path(sys.argv[1]).resolve()
    text = (ROOT / "README.md").read_text()
    n_commands = 0
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "examples/workspace", f"{folder}/workspace")
        bin_folder = f"{folder}/bin"
        os.mkdir(bin_folder)
        os.symlink(weir, f"{bin_folder}/weir")
        env = dict(os.environ, HOME=folder, XDG_STATE_HOME=f"{folder}/state", XDG_CONFIG_HOME=f"{folder}/config",
                   PATH=f"{bin_folder}:{os.environ['PATH']}", NO_COLOR="1", TZ="UTC",
                   WEIR_MODEL=str(ROOT / "models/weir-nano.gguf"))
        for block in blocks(text):
            for command, expected in steps(block):
                n_commands += 1
                done = subprocess.run(["sh", "-c", command], cwd=f"{folder}/workspace", env=env, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
                found = done.stdout.splitlines()
                if not matches(expected, found):
                    failed += 1
                    print(f"README: $ {command}\n--- expected\n" + "\n".join(expected) + "\n--- found\n" + "\n".join(found))
    print(f"README: {n_commands} commands, {failed} differ")
    return 1 if failed or n_commands == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
