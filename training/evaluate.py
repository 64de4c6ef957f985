"""Accuracy of a checkpoint on generated requests whose wordings training never saw.

    python3 evaluate.py --tokenizer tokenizer.json --checkpoint DIR/checkpoint.pt [--n 300]

Answers are judged by greedy choice with the right tokens so far given, which is right exactly when greedy decoding writes the
whole answer right. No grammar is applied: the product's grammar can only help.
"""

import argparse
import collections

import torch

import shortlist
from batches import encode_conversation, pad
from generator import Generator
from tokenizer import Tokenizer


def conversations(seed, n, heldout=True, size=6, style=None, turns=3):
    g = Generator(seed, heldout=heldout, size=size, style=style)
    return [g.conversation(turns=turns) for _ in range(n)]


def held_out_set(tokenizer, seed, n, **options):
    return [encode_conversation(c, tokenizer) for c in conversations(seed, n, **options)]


def scorers(weights, items):
    """Share of the calls (first turns of `items`) whose tool the learnt scorer and plain word overlap put first, and how often
    the product's scorer has it among six."""
    n = first = overlap = six = 0
    for c in items:
        if c.kinds[0][0] != "call":
            continue
        want = c.messages[1]["calls"][0]["name"]
        order = [c.tools[i]["name"] for i, _ in shortlist.rank(weights, c.messages[0]["content"], c.tools)]
        plain = shortlist.rank(weights, c.messages[0]["content"], c.tools, learnt=False)
        n, first, six = n + 1, first + (order[0] == want), six + (want in order[:6])
        overlap += c.tools[plain[0][0]]["name"] == want
    return f"scorers on the calls: learnt {first / n:.3f} (among six {six / n:.3f}), word overlap {overlap / n:.3f}"


@torch.no_grad()
def judge(model, items, batch_tokens=6000):
    """Counts by kind: {kind: [answers, right tool or kind, all tokens right]}, and the same by tool for calls."""
    kinds, tools = collections.defaultdict(lambda: [0, 0, 0]), collections.defaultdict(lambda: [0, 0, 0])
    items = sorted(items, key=lambda x: len(x[0]))
    while items:
        batch = [items.pop(0)]
        while items and (len(batch) + 1) * len(items[0][0]) <= batch_tokens:
            batch.append(items.pop(0))
        x, _, w = pad([(ids, ws) for ids, ws, _ in batch])
        at = torch.tensor(w).view(-1).nonzero().view(-1)
        guess = torch.zeros(len(x) * len(x[0]), dtype=torch.long)
        guess[at] = model(torch.tensor(x), at).argmax(-1)
        guess = guess.view(len(x), -1).tolist()
        for row, (ids, _, answers) in zip(guess, batch):
            for first, end, name_end, kind, key in answers:
                ok = [row[i - 1] == ids[i] for i in range(first, end)]
                for table, name in ((kinds, kind), (tools, key)):
                    if table is tools and kind != "call":
                        continue
                    table[name][0] += 1
                    table[name][1] += all(ok[:name_end - first])
                    table[name][2] += all(ok)
    return kinds, tools


def score(model, items):
    """One line for the log."""
    kinds, _ = judge(model, items)
    return "  ".join(f"{k} {a / n:.2f}/{b / n:.2f} ({n})" for k, (n, a, b) in sorted(kinds.items()))


def load(path):
    from model import Config, Model
    saved = torch.load(path, map_location="cpu")
    model = Model(Config(**saved["config"]))
    model.load_state_dict(saved["model"])
    return model.eval(), saved


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--tokenizer", required=True)
    ap.add_argument("--checkpoint", required=True)
    ap.add_argument("--n", type=int, default=300)
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    tokenizer = Tokenizer.load(a.tokenizer)
    model, saved = load(a.checkpoint)
    weights = shortlist.Weights()
    print(f"step {saved['step']}, {saved['tokens'] / 1e6:.2f} M tokens; columns: answers, right tool or kind, everything right")
    for title, options in [
            ("wordings seen in training, shipped tools, 6 a list", dict(heldout=False, style="shipped")),
            ("new wordings, shipped tools, 6 a list", dict(style="shipped")),
            ("new wordings, shipped tools, 12 a list", dict(style="shipped", size=12)),
            ("new wordings, shipped tools, 17 a list", dict(style="shipped", size=17)),
            ("new wordings, renamed tools, 6 a list", dict(style="renamed")),
            ("tools of verbs and objects never seen, 6 a list", dict(style="procedural"))]:
        items = conversations(77, a.n, turns=1, **options)
        kinds, tools = judge(model, [encode_conversation(c, tokenizer) for c in items])
        print(f"\n{title}\n  {scorers(weights, items)}", flush=True)
        for k, (n, right, exact) in sorted(kinds.items()):
            print(f"  {k:10s} {n:5d}  {right / n:.3f}  {exact / n:.3f}")
        if options.get("style") == "shipped" and options.get("size") is None and options.get("heldout") is None:
            for k, (n, right, exact) in sorted(tools.items()):
                print(f"    {k:24s} {n:4d}  {right / n:.2f}  {exact / n:.2f}")


if __name__ == "__main__":
    main()
