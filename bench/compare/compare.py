#!/usr/bin/env python3
"""Runs Weir and llama.cpp side by side on one GGUF file and prints how they compare.

    bench/compare/compare.py MODEL.gguf [--rows prefill-512,decode-64] [--pairs 5] [--threads 2]

README.md beside this file says how the figures come about and what is needed first. Exit codes: 0 every
row was measured (whether or not it meets its bar), 1 an engine failed, 2 wrong command line, 130 interrupted.
"""

import argparse
import array
import datetime
import json
import os
import pathlib
import random
import shlex
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

import engines
import machine
import measure
import report
import rows


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model", help="a GGUF file; `weir model synth` makes one of full size")
    parser.add_argument("--rows", default="all", help=f"all, or some of: {', '.join(r.name for r in rows.ROWS)}")
    parser.add_argument("--pairs", type=int, default=5, help="rounds of each engine after one to warm up (default: 5)")
    parser.add_argument("--threads", type=int, default=2, help="of each engine (default: 2)")
    parser.add_argument("--cpus", help="processors that both are kept on, such as 0,1 (default: all)")
    parser.add_argument("--llama-kv", default="f16,q8_0", help="KV types of llama.cpp for deep rows (default: f16,q8_0)")
    parser.add_argument("--llama-batch", type=int, default=512, help="tokens a batch of llama.cpp (default: 512, its own)")
    parser.add_argument("--weir", default=str(ROOT / "build/release/bin/weir"), help="the program, flags allowed")
    parser.add_argument("--llama", default=f"node {shlex.quote(str(HERE / 'llama_side.mjs'))}", help="the other side")
    parser.add_argument("--name", help="of the result (default: the file's name and the date)")
    parser.add_argument("--out", default=str(HERE.parent / "results"), help="folder for NAME.json (default: bench/results)")
    flags = parser.parse_args(argv)
    if flags.pairs < 1 or flags.threads < 1 or flags.llama_batch < 1:
        parser.error("--pairs, --threads and --llama-batch take numbers from 1")
    try:
        flags.chosen = rows.choose(flags.rows)
        if flags.cpus:
            os.sched_setaffinity(0, {int(cpu) for cpu in flags.cpus.split(",")})
    except (ValueError, OSError) as error:
        parser.error(str(error))
    return flags


def model_facts(flags):
    """What `weir model info` says of the file."""
    text = machine.output_of([*shlex.split(flags.weir), "model", "info", "--json", flags.model])
    if text is None:
        raise engines.EngineError(f"weir: `{flags.weir} model info {flags.model}` fails; is it built, is the file there?")
    facts = json.loads(text)
    return {
        "file": os.path.basename(flags.model),
        "bytes": os.path.getsize(flags.model),
        "name": facts.get("name"),
        "tensors": facts["tensors"],
        "vocabulary": facts["vocabulary"],
        "mix": rows.mix_of(facts["tensors"]),
        "kernels": facts.get("kernels"),
    }


def versions(flags):
    folder = HERE / "node_modules" / "node-llama-cpp"
    package = json.loads(machine.read(folder / "package.json", "{}"))
    build = json.loads(machine.read(folder / "llama/llama.cpp.info.json", "{}"))
    return {
        "weir": machine.output_of([*shlex.split(flags.weir), "--version"]),
        "node": machine.output_of(["node", "--version"]),
        "node-llama-cpp": package.get("version"),
        "llama.cpp": build.get("tag"),
    }


def write_tokens(path, n_vocab):
    """The ids that both engines compute, by position; the same in every run."""
    longest = max(row.context for row in rows.ROWS)
    source = random.Random(1)
    ids = array.array("i", (source.randrange(n_vocab) for _ in range(longest)))
    if sys.byteorder == "big":
        ids.byteswap()
    with open(path, "wb") as file:
        ids.tofile(file)


def tell(text):
    """Progress on standard error: one line that replaces itself, or nothing where no terminal is."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def measure_all(flags, token_file, result):
    """Fills result["rows"] and ["roofs"] and writes the result after every row: a run is long."""
    weir = [*shlex.split(flags.weir), "model", "bench", flags.model, "--from-stdin",
            "--tokens", token_file, "--threads", str(flags.threads)]
    llama = [*shlex.split(flags.llama), flags.model, "--tokens", token_file,
             "--threads", str(flags.threads), "--batch", str(flags.llama_batch)]
    print(report.HEADER, flush=True)
    result["rows"] = []
    with measure.Comparison(weir, llama, flags.llama_kv.split(","), flags.pairs, tell) as comparison:
        for row in flags.chosen:
            measured = measure.measure_row(comparison, row, rows.bars(row, result["model"]["mix"]))
            result["rows"].append(measured)
            result["roofs"] = comparison.roofs
            path = write_result(flags, result)
            tell("")
            print("\n".join(report.row_lines(measured)), flush=True)
    return path


def write_result(flags, result):
    folder = pathlib.Path(flags.out)
    folder.mkdir(parents=True, exist_ok=True)
    default = f"compare-{pathlib.Path(flags.model).stem}-{datetime.date.today().isoformat()}"
    path = folder / f"{flags.name or default}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return path


def run(argv):
    flags = parse(argv)
    result = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        # Where the file lies is nobody's business.
        "command": shlex.join(["bench/compare/compare.py",
                               *(pathlib.Path(a).name if a == flags.model else a for a in argv)]),
        **machine.commit(ROOT),
        "machine": machine.describe(),
        "settings": {"threads": flags.threads, "pairs": flags.pairs, "llama_batch": flags.llama_batch,
                     "llama_flash_attention": True, "llama_kv": flags.llama_kv.split(",")},
    }
    try:
        result["model"] = model_facts(flags)
    except engines.EngineError as error:
        print(f"compare: {error}", file=sys.stderr)
        return 1
    result["versions"] = versions(flags)
    print(f"{result['model']['file']} ({result['model']['mix']}), threads: {flags.threads}, "
          f"pairs: {flags.pairs}, {result['machine']['cpu']}")
    with tempfile.TemporaryDirectory() as folder:
        token_file = os.path.join(folder, "tokens.i32")
        write_tokens(token_file, result["model"]["vocabulary"])
        path = measure_all(flags, token_file, result)
    if result["roofs"]:
        print(report.roofs_line(result["roofs"]))
    print(report.summary(result["rows"]))
    print(f"written: {path}")
    return 1 if any("error" in row for row in result["rows"]) else 0


def main():
    try:
        return run(sys.argv[1:])
    except KeyboardInterrupt:
        tell("")
        print("compare: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
