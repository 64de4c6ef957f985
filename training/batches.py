"""Conversations to padded batches of token ids with a weight for every supervised position."""

import random

from generator import Generator
from prompt_form import segments
from tokenizer import CALL_START, split

NAME_WEIGHT = 3.0    # tokens of the tool's name
CHOICE_WEIGHT = 2.0  # the first token of an answer: call, question, refusal
RESEGMENT_CONVERSATIONS, RESEGMENT_WORDS = 0.45, 0.20


def encode_varied(tokenizer, text, cuts, r):
    """As encode(), but words drawn into `cuts` are cut in two at a fixed place: the model must copy any segmentation."""
    if cuts is None:
        return tokenizer.encode(text)
    out = []
    for piece in split(text):
        start = 0 if piece[0].isalpha() else 1
        core = piece[start:]
        if len(core) < 3 or not core.isalpha():
            out += tokenizer.encode_piece(piece)
            continue
        cut = cuts.get(core)
        if cut is None:
            cut = cuts[core] = r.randint(1, len(core) - 1) if r.random() < RESEGMENT_WORDS else 0
        if cut:
            if start:
                out += tokenizer.encode_piece(piece[0])
            out += tokenizer.encode_piece(core[:cut]) + tokenizer.encode_piece(core[cut:])
        else:
            out += tokenizer.encode_piece(piece)
    return out


def encode_conversation(c, tokenizer, r=None):
    """(ids, weights, answers): weights[i] belongs to predicting ids[i]; answers lists (first, end, name_end, kind, key) of
    every assistant turn, where name_end closes the tool's name in a call. `r` switches the varied segmentation on."""
    cuts = {} if r is not None and r.random() < RESEGMENT_CONVERSATIONS else None
    ids, weights, answers = [], [], []
    first, name_end = None, 0
    kinds = iter(c.kinds)
    names = iter([m["calls"][0]["name"] if m.get("calls") else None for m in c.messages if m["role"] == "assistant"])
    name = None
    for s, own in segments(c.messages, c.tools, c.system, generate=False):
        if own and first is None:
            first, name = len(ids), next(names)
        new = [s] if isinstance(s, int) else encode_varied(tokenizer, s, cuts, r)
        w = [1.0 if own else 0.0] * len(new)
        if own and not isinstance(s, int) and name is not None:
            done = 0  # bytes written; "[" comes before the name
            end = 1 + len(name.encode())
            for i, t in enumerate(new):
                if done < end:
                    w[i] = NAME_WEIGHT
                    name_end = len(ids) + i + 1
                done += len(tokenizer.tokens[t])
        ids += new
        weights += w
        if own and s == 7:  # <|im_end|> closes the turn
            weights[first] = CHOICE_WEIGHT
            kind, key = next(kinds)
            answers.append((first, len(ids), name_end if name is not None else first + 1, kind, key))
            first = None
    return ids, weights, answers


class Stream:
    """Endless batches of about `tokens` tokens. Conversations of like length share a batch."""

    def __init__(self, tokenizer, seed, tokens, max_len=640, pool=160):
        self.tokenizer, self.tokens, self.max_len, self.pool_size = tokenizer, tokens, max_len, pool
        self.g = Generator(seed)
        self.r = random.Random(seed + 1)
        self.ready = []

    def next(self, stage):
        self.g.stage = stage
        if not self.ready:
            pool = []
            while len(pool) < self.pool_size:
                ids, w, _ = encode_conversation(self.g.conversation(), self.tokenizer, self.r)
                if len(ids) <= self.max_len:
                    pool.append((ids, w))
            pool.sort(key=lambda x: len(x[0]))
            batch = []
            for item in pool:
                if batch and (len(batch) + 1) * len(item[0]) > self.tokens:
                    self.ready.append(batch)
                    batch = []
                batch.append(item)
            self.ready.append(batch)
            self.r.shuffle(self.ready)
        return self.ready.pop()


def pad(batch):
    """[(ids, weights)] to lists of rows: inputs, targets, target weights, all of one length."""
    n = max(len(ids) for ids, _ in batch) - 1
    x = [ids[:-1] + [0] * (n - len(ids) + 1) for ids, _ in batch]
    y = [ids[1:] + [0] * (n - len(ids) + 1) for ids, _ in batch]
    w = [ws[1:] + [0.0] * (n - len(ids) + 1) for ids, ws in batch]
    return x, y, w
