"""An engine for test_compare.py: answers like both sides, with figures that are known beforehand.

    fake_engine.py [--pace SECONDS_A_TOKEN] [--refuse OP] [--die-on OP] [anything else is ignored]

A token takes `pace` seconds, half of that with "kv": "q8_0". The requests and answers are those of
src/benchmark/requests.h.
"""

import argparse
import json
import sys

VOCABULARY = 1000
ROOFS = {"mapped_bytes_per_second": 3e10, "huge_page_bytes_per_second": 3.4e10, "int8_per_second": 9e11}


class FakeEngine:
    def __init__(self, pace):
        self.pace = pace
        self.depths = {}  # by kv

    def answer(self, request):
        kv, op, n = request.get("kv"), request["op"], request.get("tokens", 0)
        if op == "roofs":
            return ROOFS
        if op == "open":
            self.depths[kv] = 0
            return {"context": request["context"]}
        if kv not in self.depths:
            return {"error": f"'{op}' before \"open\""}
        seconds = n * self.pace * (0.5 if kv == "q8_0" else 1)
        if op == "extend":
            self.depths[kv] += n
            return {"depth": self.depths[kv], "seconds": seconds}
        return {"seconds": seconds, "next_token": self.depths[kv] % VOCABULARY, "roof": 1000,
                "synchronisations": n}


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--pace", type=float, default=0.001)
    parser.add_argument("--refuse")
    parser.add_argument("--die-on")
    parser.add_argument("--version", action="store_true")
    flags, rest = parser.parse_known_args()
    if flags.version:
        print("fake 1")
        return 0
    if rest[:2] == ["model", "info"]:
        print(json.dumps({"name": "fake", "tensors": "9 Q4_0, 2 F32", "vocabulary": VOCABULARY, "kernels": "none"}))
        return 0
    engine = FakeEngine(flags.pace)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == flags.die_on:
            print("the last words", file=sys.stderr)
            return 7
        answer = {"error": "refused"} if request["op"] == flags.refuse else engine.answer(request)
        print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
