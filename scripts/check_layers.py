#!/usr/bin/env python3
"""Checks the include direction between the folders of src/ against scripts/layers.txt.

Prints one line a violation and exits with 1; test files and testing/ folders may use anything below their own stack.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+"([a-z_]+)/')


def read_layers():
    layers = {}
    for line in (ROOT / "scripts/layers.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            folder, allowed = line.split(":")
            layers[folder.strip()] = allowed.split()
    return layers


def main():
    layers = read_layers()
    bad = 0
    files = 0
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        files += 1
        folder = path.relative_to(ROOT / "src").parts[0]
        if folder not in layers:
            print(f"{path.relative_to(ROOT)}: folder '{folder}' is not in scripts/layers.txt")
            bad += 1
            continue
        is_test = path.name.endswith("_test.cc") or "testing" in path.parts
        allowed = layers[folder]
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = match.group(1)
            if target == folder or target not in layers or "*" in allowed or target in allowed or is_test:
                continue
            print(f"{path.relative_to(ROOT)}:{number}: {folder}/ may not include {target}/ (allowed: {' '.join(allowed)})")
            bad += 1
    if files == 0:
        print("no source files found under src/")
        return 1
    print(f"include direction: {files} files, {bad} violations")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
