"""Measures rows: the two engines in turn, one of them computing at any time."""

import engines
import figures
from rows import DECODE, EVERY_KV, FASTEST_KV, FIRST_TOKEN, MEMORY, PREFILL


class Comparison:
    """Both engines on one model. Use as a context manager; leaving it ends their processes."""

    def __init__(self, weir_command, llama_command, kv_types, n_pairs, tell):
        """`tell(text)` is called before every step."""
        self._commands = {"weir": weir_command, "llama": llama_command}
        self._kv_types = kv_types
        self._n_pairs = n_pairs
        self._tell = tell
        self._weir = engines.Sequence("weir", weir_command)
        first = engines.Sequence("llama.cpp", llama_command, kv_types[0])
        self._llama = {kv_types[0]: first}
        for kv in kv_types[1:]:
            self._llama[kv] = engines.Sequence("llama.cpp", llama_command, kv, share=first)
        self._fastest_kv = None  # known after a row of every type
        self.roofs = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._close()

    def _close(self):
        for sequence in (self._weir, *self._llama.values()):
            sequence.close()

    def measure_roofs(self):
        """What memory and processor can do, measured by Weir; the best of all calls."""
        self._tell("roofs")
        self.roofs = self._weir.ask("roofs")

    def variants(self, row):
        """The row's figures, one dict for each type of llama.cpp's KV cache."""
        if row.kind in (FIRST_TOKEN, MEMORY):
            # Fresh processes: nothing else may hold memory or compute.
            self._close()
            measure = engines.first_token if row.kind == FIRST_TOKEN else engines.peak_memory
            return [self._variant(row, None, lambda: self._fresh(row, measure))]
        variants = [self._variant(row, kv, lambda kv=kv: self._rounds(row, kv)) for kv in self._kv_types_of(row)]
        if row.kv == EVERY_KV:
            counts = figures.counting(variants)
            self._fastest_kv = counts["kv"] if counts else None
        return variants

    def _kv_types_of(self, row):
        if row.kv == FASTEST_KV and self._fastest_kv:
            return [self._fastest_kv]
        return self._kv_types if row.kv in (EVERY_KV, FASTEST_KV) else self._kv_types[:1]

    def _variant(self, row, kv, measure):
        try:
            found = measure()
        except engines.EngineError as error:
            return {"kv": kv, "error": str(error)}
        return {"kv": kv, **found}

    def _rounds(self, row, kv):
        where = f"{row.name}, KV {kv}"
        weir, llama = self._weir, self._llama[kv]
        for sequence, name in ((weir, "weir"), (llama, "llama.cpp")):
            self._tell(f"{where}: {name} fills {row.depth} tokens and warms up")
            sequence.bring_to(row.context, row.depth)
            sequence.ask(row.kind, tokens=row.tokens)
        ours, theirs = [], []
        for i in range(self._n_pairs):
            self._tell(f"{where}: pair {i + 1} of {self._n_pairs}")
            ours.append(weir.ask(row.kind, tokens=row.tokens))
            theirs.append(llama.ask(row.kind, tokens=row.tokens))
        return {
            **figures.pairs([a["seconds"] for a in ours], [b["seconds"] for b in theirs]),
            "roof": ours[-1].get("roof"),
            "synchronisations": ours[-1].get("synchronisations"),
            "same_next_token": ours[-1]["next_token"] == theirs[-1]["next_token"],
        }

    def _fresh(self, row, measure):
        """Alternating fresh processes; the first of each warms the page cache. Memory takes one pair:
        it does not vary, and filling a context is long."""
        n_pairs = 1 if row.kind == MEMORY else self._n_pairs
        n_warm = 0 if row.kind == MEMORY else 1
        samples = {"weir": [], "llama": []}
        for i in range(n_warm + n_pairs):
            for name, shown in (("weir", "weir"), ("llama", "llama.cpp")):
                self._tell(f"{row.name}: {shown}, process {i + 1} of {n_warm + n_pairs}")
                samples[name].append(measure(shown, self._commands[name], row))
        return figures.pairs(samples["weir"][n_warm:], samples["llama"][n_warm:])


def measure_row(comparison, row, bars):
    """The row's part of the result; "error" says loudly what went wrong."""
    if row.kind in (PREFILL, DECODE):
        try:
            comparison.measure_roofs()
        except engines.EngineError as error:
            return result_of(row, [{"kv": None, "error": str(error)}], bars)
    return result_of(row, comparison.variants(row), bars)


def result_of(row, variants, bars):
    counts = figures.counting(variants)
    result = {
        "row": row.name,
        "kind": row.kind,
        "tokens": row.tokens,
        "depth": row.depth,
        "context": row.context,
        "variants": variants,
        "counts": counts["kv"] if counts else None,
        "bars": bars,
        "met": figures.verdict(row, counts, bars),
    }
    if counts is None:
        result["error"] = "; ".join(v["error"] for v in variants if "error" in v)
    else:
        result["ratio"] = counts["ratio"]
        result["ratio_spread"] = counts["ratio_spread"]
        result["share_of_roof"] = figures.share_of_roof(row, counts)
        if row.kind in (PREFILL, DECODE):
            result["tokens_per_second"] = {
                name: figures.speed(row, counts[f"{name}_median"]) for name in ("weir", "llama")
            }
    return result
