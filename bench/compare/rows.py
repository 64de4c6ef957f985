"""What is compared, and the bars that Weir is held to."""

import dataclasses

PREFILL, DECODE, FIRST_TOKEN, MEMORY = "prefill", "decode", "first token", "memory"
# Which KV types of llama.cpp a row takes: the first of them, all, or the one it was fastest with in a row of all before.
FIRST_KV, EVERY_KV, FASTEST_KV = "first", "every", "fastest"


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    kind: str
    tokens: int  # computed in a round
    depth: int  # tokens in context before them
    context: int  # room for tokens that both engines are asked for
    # Weir's speed over llama.cpp's, at least; by the quant mix of the file, "" for any.
    least_ratio: dict = dataclasses.field(default_factory=dict)
    least_share_of_roof: dict = dataclasses.field(default_factory=dict)  # by the mix, too
    most_seconds: float | None = None
    most_bytes: float | None = None
    kv: str = FIRST_KV  # of several the one that llama.cpp is faster with counts


ROWS = [
    Row("prefill-512", PREFILL, 512, 0, 8192, {"Q4_0": 3.0, "Q4_K_M": 2.5}),
    Row("prefill-2048", PREFILL, 2048, 0, 8192, {"Q4_0": 3.0, "Q4_K_M": 2.5}),
    Row("decode-64", DECODE, 64, 0, 8192, {"": 1.0}, least_share_of_roof={"Q4_0": 0.95}),
    Row("append-16", PREFILL, 16, 4096, 8192, {"": 2.0}),
    Row("append-64", PREFILL, 64, 4096, 8192, {"": 2.0}),
    Row("decode-64-at-8k", DECODE, 64, 8192, 33024, kv=EVERY_KV),
    Row("decode-64-at-16k", DECODE, 64, 16384, 33024, {"": 1.2}, kv=FASTEST_KV),
    Row("decode-64-at-32k", DECODE, 64, 32768, 33024, {"": 1.2}, kv=FASTEST_KV),
    Row("first-token", FIRST_TOKEN, 16, 0, 8192, most_seconds=1.0),
    Row("memory", MEMORY, 16, 8192 - 16, 8192, most_bytes=600e6),
]


def choose(names):
    """The rows of a comma-separated list in the table's order; all of them for "all"."""
    if names == "all":
        return list(ROWS)
    wanted = [name.strip() for name in names.split(",")]
    known = {row.name for row in ROWS}
    for name in wanted:
        if name not in known:
            raise ValueError(f"no row '{name}'; there are {', '.join(row.name for row in ROWS)}")
    return [row for row in ROWS if row.name in wanted]


def mix_of(tensors):
    """The quant mix of a file from its tensor types as `weir model info` counts them."""
    if "Q4_K" in tensors:
        return "Q4_K_M"
    if "Q4_0" in tensors:
        return "Q4_0"
    return "another mix"


def bars(row, mix):
    """The bars of a row for a file of this mix: {"what": bar}, empty where there is none."""
    found = {
        "least_ratio": row.least_ratio.get(mix, row.least_ratio.get("")),
        "least_share_of_roof": row.least_share_of_roof.get(mix),
        "most_seconds": row.most_seconds,
        "most_bytes": row.most_bytes,
    }
    return {what: bar for what, bar in found.items() if bar is not None}
