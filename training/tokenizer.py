"""Byte-level BPE with the LFM2 splitter: split, encode, decode, load, save.

The rules are those of the C++ tokenizer: text is cut into pieces by one regular expression; a piece that is a vocabulary
entry as a whole is emitted directly (ignore_merges); any other piece starts as single bytes and takes the lowest-ranked
merge, leftmost first, until none applies.

Two properties make copying easy for a tiny model:
  * no merge joins a digit or one of / ~ * . \\ " ` ' _ - to anything, so a path falls into the same tokens everywhere;
  * a leading space belongs to a token only in whole words of a closed list ("<space>the"). Those entries have no merge:
    they are reached through ignore_merges alone, so no other word ever starts with one of them.
"""

import json
import re
import sys
import unicodedata

SPECIALS = [
    "<|pad|>", "<|startoftext|>", "<|endoftext|>", "<|fim_pre|>", "<|fim_mid|>", "<|fim_suf|>", "<|im_start|>", "<|im_end|>",
    "<|tool_list_start|>", "<|tool_list_end|>", "<|tool_call_start|>", "<|tool_call_end|>", "<|tool_response_start|>",
    "<|tool_response_end|>", "<think>", "</think>",
]
PAD, BOS, IM_START, IM_END, CALL_START, CALL_END = 0, 1, 6, 7, 10, 11


def _byte_table():
    """GPT-2's printable stand-in for every byte."""
    plain = list(range(0x21, 0x7F)) + list(range(0xA1, 0xAD)) + list(range(0xAE, 0x100))
    table, extra = {}, 0
    for b in range(256):
        if b in plain:
            table[b] = chr(b)
        else:
            table[b] = chr(0x100 + extra)
            extra += 1
    return table


BYTE_TO_CHAR = _byte_table()
CHAR_TO_BYTE = {c: b for b, c in BYTE_TO_CHAR.items()}


def _category_class(initial):
    """The inside of a character class that holds every code point whose category starts with `initial`."""
    out, start = [], None
    for cp in range(sys.maxunicode + 2):
        inside = cp <= sys.maxunicode and unicodedata.category(chr(cp))[0] == initial
        if inside and start is None:
            start = cp
        elif not inside and start is not None:
            out.append("\\U%08x-\\U%08x" % (start, cp - 1))
            start = None
    return "".join(out)


_L, _N = _category_class("L"), _category_class("N")
_S = "\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
_SPLIT = re.compile(
    "'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])"
    f"|[^\\r\\n{_L}{_N}]?[{_L}]+"
    f"|[{_N}]{{1,3}}"
    f"| ?[^{_S}{_L}{_N}]+[\\r\\n]*"
    f"|[{_S}]*[\\r\\n]+"
    f"|[{_S}]+(?![^{_S}])"
    f"|[{_S}]+")


def split(text):
    """The pieces of `text`; their concatenation is `text`."""
    return _SPLIT.findall(text)


def to_chars(text):
    return "".join(BYTE_TO_CHAR[b] for b in text.encode("utf-8"))


class Tokenizer:
    """`tokens`: list of V strings in stand-in characters; `merges`: list of (left, right), best rank first."""

    def __init__(self, tokens, merges):
        self.tokens = tokens
        self.merges = [tuple(m) for m in merges]
        self.ids = {t: i for i, t in enumerate(tokens)}
        self.rank = {m: r for r, m in enumerate(self.merges)}
        self._cache = {}

    def encode_piece(self, piece):
        """Ids of one piece of split()."""
        got = self._cache.get(piece)
        if got is not None:
            return got
        chars = to_chars(piece)
        if chars in self.ids and self.ids[chars] >= len(SPECIALS):
            ids = [self.ids[chars]]
        else:
            parts = list(chars)
            while len(parts) > 1:
                best, at = None, -1
                for i in range(len(parts) - 1):
                    r = self.rank.get((parts[i], parts[i + 1]))
                    if r is not None and (best is None or r < best):
                        best, at = r, i
                if best is None:
                    break
                parts[at:at + 2] = [parts[at] + parts[at + 1]]
            ids = [self.ids[p] for p in parts]
        if len(self._cache) > 200000:
            self._cache.clear()
        self._cache[piece] = ids
        return ids

    def encode(self, text):
        """Ids of plain text; text that looks like a special token is encoded as ordinary characters."""
        out = []
        for piece in split(text):
            out += self.encode_piece(piece)
        return out

    def decode(self, ids):
        """Text of ids; specials by their names, broken UTF-8 replaced."""
        out = bytearray()
        for i in ids:
            token = self.tokens[i]
            if i < len(SPECIALS):
                out += token.encode()
            else:
                out += bytes(CHAR_TO_BYTE[c] for c in token)
        return out.decode("utf-8", errors="replace")

    def save(self, path):
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"tokens": self.tokens, "merges": [" ".join(m) for m in self.merges]}, f, ensure_ascii=False, indent=0)

    @staticmethod
    def load(path):
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
        return Tokenizer(data["tokens"], [tuple(m.split(" ")) for m in data["merges"]])
