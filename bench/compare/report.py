"""A result as a table for people."""

from rows import DECODE, FIRST_TOKEN, MEMORY, PREFILL

UNITS = {PREFILL: "t/s", DECODE: "t/s", FIRST_TOKEN: "s", MEMORY: "MB"}
HEADER = f"{'':<18} {'KV':<5} {'Weir':>12} {'llama.cpp':>12}   {'ratio':<22} {'of roof':>8}   bars"


def figure(row, value):
    """A median in the row's unit."""
    if row["kind"] in (PREFILL, DECODE):
        value = row["tokens"] / value
    elif row["kind"] == MEMORY:
        value /= 1e6
    return f"{value:.2f} {UNITS[row['kind']]}" if value < 10 else f"{value:.1f} {UNITS[row['kind']]}"


def bar_text(what, bar, met):
    text = {
        "least_ratio": lambda: f"ratio >= {bar:g}",
        "least_share_of_roof": lambda: f"roof >= {100 * bar:g} %",
        "most_seconds": lambda: f"<= {bar:g} s",
        "most_bytes": lambda: f"<= {bar / 1e6:g} MB",
    }[what]()
    return f"{text}: {'met' if met else 'MISSED'}"


def variant_line(row, variant):
    name = f"{row['row']:<18} {variant['kv'] or '':<5}"
    if "error" in variant:
        return f"{name} FAILED  {variant['error']}"
    low, high = variant["ratio_spread"]
    ratio = f"{variant['ratio']:.2f} ({low:.2f} .. {high:.2f})"
    roof = variant.get("roof")
    share = f"{100 * row['tokens'] / variant['weir_median'] / roof:.0f} %" if roof else ""
    return (
        f"{name} {figure(row, variant['weir_median']):>12} {figure(row, variant['llama_median']):>12}"
        f"   {ratio:<22} {share:>8}"
    )


def row_lines(row):
    """One line a variant; the last one carries the verdict."""
    lines = [variant_line(row, variant) for variant in row["variants"]]
    verdicts = ", ".join(bar_text(what, bar, row["met"][what]) for what, bar in row["bars"].items())
    if len(row["variants"]) > 1 and row["counts"]:
        verdicts += f" (against {row['counts']})"
    lines[-1] = f"{lines[-1]}   {verdicts}".rstrip()
    for variant in row["variants"]:
        if variant.get("same_next_token") is False:
            lines.append(f"{'':<24} note: the engines' likeliest next tokens differ here")
    return lines


def roofs_line(roofs):
    def rate(name, unit, text):
        value = roofs.get(name)
        return f"{value / unit:.1f} {text}" if value else f"no {text}"

    return (
        f"roofs: {rate('mapped_bytes_per_second', 1e9, 'GB/s of the mapped file')}, "
        f"{rate('huge_page_bytes_per_second', 1e9, 'GB/s of huge pages')}, "
        f"{rate('int8_per_second', 1e9, 'int8 GOPS')}"
    )


def summary(rows):
    failed = [row["row"] for row in rows if "error" in row]
    met = sum(all(row["met"].values()) for row in rows if row["bars"])
    text = f"{met} of {sum(bool(row['bars']) for row in rows)} rows meet their bars"
    return f"{text}; FAILED: {', '.join(failed)}" if failed else text
