#!/bin/sh
# Runs the commands that the README shows in blocks marked ```console and compares what they print.
#   scripts/check_docs.sh WEIR_BINARY
# Lines that begin with "$ " are commands, the lines after them the expected output; "..." matches any text in a line, and a
# line of "..." alone any lines. They run in a fresh copy of the sample workspace with a state folder of their own.
set -eu
cd "$(dirname "$0")/.."
exec python3 scripts/check_docs.py "$1"
