"""Medians, ratios of pairs, and whether a bar is met. Nothing here measures."""

import statistics

from rows import DECODE, PREFILL


def pairs(weir, llama):
    """Figures of interleaved samples, lower being better (seconds or bytes): medians, and the ratio
    llama / weir of each pair, so above 1 where Weir is better."""
    if len(weir) != len(llama) or not weir:
        raise ValueError(f"{len(weir)} samples of Weir and {len(llama)} of llama.cpp are no pairs")
    ratios = [theirs / ours for ours, theirs in zip(weir, llama)]
    return {
        "weir": weir,
        "llama": llama,
        "ratios": ratios,
        "weir_median": statistics.median(weir),
        "llama_median": statistics.median(llama),
        "ratio": statistics.median(ratios),
        "ratio_spread": [min(ratios), max(ratios)],
    }


def counting(variants):
    """The variant that the row is judged by: the one in which llama.cpp does best. None where one
    failed: the other may not be its best."""
    if not variants or any("error" in variant for variant in variants):
        return None
    return min(variants, key=lambda variant: variant["llama_median"])


def speed(row, value):
    """Tokens a second for rounds of tokens, otherwise the value itself."""
    return row.tokens / value if row.kind in (PREFILL, DECODE) else value


def share_of_roof(row, variant):
    """Of the speed that memory and processor allow; None where no roof was measured."""
    roof = variant.get("roof")
    return row.tokens / variant["weir_median"] / roof if roof else None


def verdict(row, variant, bars):
    """{"what": met} for every bar; all False where the row failed."""
    if variant is None:
        return {what: False for what in bars}
    values = {
        "least_ratio": lambda bar: variant["ratio"] >= bar,
        "least_share_of_roof": lambda bar: (share_of_roof(row, variant) or 0) >= bar,
        "most_seconds": lambda bar: variant["weir_median"] <= bar,
        "most_bytes": lambda bar: variant["weir_median"] <= bar,
    }
    return {what: values[what](bar) for what, bar in bars.items()}
