"""Trains the tokenizer on generated conversations.

    python3 train_tokenizer.py OUT.json [--vocab 4096] [--conversations 12000]

Merges join letters only: never digits, punctuation or spaces. Common words of the request grammars also get an entry with a
leading space, without a merge (tokenizer.py says why). Words that serve as values get none, so that a value looks the same
after a space, a quote or a slash.
"""

import argparse
import collections
import re

import builtin_grammars as bg
import generator as gen
import procedural as proc
import values as v
from prompt_form import segments
from tokenizer import BYTE_TO_CHAR, SPECIALS, Tokenizer, split, to_chars

SPACE_WORDS = 620  # entries of the form "<space>word"


def grammar_words():
    """Lower-case words of the wordings themselves, without those that occur as values."""
    blocks = list(bg.CALLS.values()) + list(bg.MISSING.values()) + gen.WRAPS + gen.LEADS + gen.BEFORE + gen.AFTER + gen.SYSTEMS + proc.DESCRIPTIONS
    blocks += [re.sub(r"\{[^}]*\}", " ", x) for x in gen.OUTSIDE]
    blocks += [d for a in bg.ALIASES.values() for d in a[2]] + [t["description"] for t in gen.BUILTINS.values()] + list(bg.QUESTIONS.values())
    blocks += [p for role in proc.ROLES.values() for p in role[1]] + [w for t in gen.TALK for w in t[0] + [t[1]]] + [gen.NOTHING]
    words = set(re.findall(r"[A-Za-z]+", re.sub(r"\{[^}]*\}", " ", " ".join(blocks))))
    values = set(x.lower() for group in (v.STEMS, v.MODIFIERS, v.FOLDERS, v.NOUNS, v.ADJECTIVES, v.VERBS3, v.COLUMNS, v.GROUPS, v.GIVEN, v.FAMILY, v.CITIES) for x in group)
    keep = {"the", "a", "in", "to", "with", "all", "new", "of", "time", "day", "file", "files", "folder", "name", "text", "total", "average"}
    return {w for w in words if w.lower() not in values or w in keep}


def count_pieces(n):
    """Counts of the letter runs and of the words after a space in n conversations."""
    runs, spaced = collections.Counter(), collections.Counter()
    g = gen.Generator(20240, stage=2)
    for _ in range(n):
        c = g.conversation()
        for s, _own in segments(c.messages, c.tools, c.system, generate=False):
            if isinstance(s, int):
                continue
            for piece in split(s):
                core = piece if piece[0].isalpha() else piece[1:]
                if core and core[0].isalpha():
                    runs[core] += 1
                    if piece[0] == " ":
                        spaced[core] += 1
    return runs, spaced


def learn_merges(runs, n_merges):
    """Ordinary BPE over letter runs: the most frequent neighbouring pair first, ties by the pair itself."""
    words = [[list(to_chars(w)), c] for w, c in runs.items()]
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for i, (parts, c) in enumerate(words):
        for p in zip(parts, parts[1:]):
            pairs[p] += c
            where[p].add(i)
    merges = []
    while len(merges) < n_merges:
        best = max(pairs.items(), key=lambda kv: (kv[1], kv[0]))[0]
        if pairs[best] < 2:
            break
        merges.append(best)
        for i in list(where[best]):
            parts, c = words[i]
            for p in zip(parts, parts[1:]):
                pairs[p] -= c
                where[p].discard(i)
            j, out = 0, []
            while j < len(parts):
                if j + 1 < len(parts) and (parts[j], parts[j + 1]) == best:
                    out.append(parts[j] + parts[j + 1])
                    j += 2
                else:
                    out.append(parts[j])
                    j += 1
            words[i][0] = out
            for p in zip(out, out[1:]):
                pairs[p] += c
                where[p].add(i)
        del pairs[best]
    return merges


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("--vocab", type=int, default=4096)
    ap.add_argument("--conversations", type=int, default=12000)
    a = ap.parse_args()
    runs, spaced = count_pieces(a.conversations)
    allowed = grammar_words()
    space_words = [w for w, _ in spaced.most_common() if w in allowed][:SPACE_WORDS]
    base = SPECIALS + [BYTE_TO_CHAR[b] for b in range(256)]
    # The square root of the counts: rare words get merges too, instead of ever longer pieces of frequent ones.
    weights = {w: max(1, int(c ** 0.5)) for w, c in runs.items()}
    merges = learn_merges(weights, a.vocab - len(base) - len(space_words))
    tokens, seen = list(base), set(base)
    kept = []
    for left, right in merges:
        if left + right not in seen:
            tokens.append(left + right)
            seen.add(left + right)
        kept.append((left, right))
    space = BYTE_TO_CHAR[0x20]
    for w in space_words + [w for w, _ in spaced.most_common() if w in allowed and w not in space_words]:
        if len(tokens) < a.vocab:
            tokens.append(space + to_chars(w))
    while len(tokens) < a.vocab:
        tokens.append(f"[PAD{len(tokens)}]")
    Tokenizer(tokens, kept).save(a.out)
    print(f"{len(tokens)} tokens, {len(kept)} merges, {len(space_words)} words with a leading space")


if __name__ == "__main__":
    main()
