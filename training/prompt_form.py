"""The prompt form of weir-nano (docs/formats/nano_prompt.md): messages and tools to text segments, text or tokens.

A message is {"role": ..., "content": str, "calls": [{"name", "arguments"}]}. A tool is {"name", "description",
"parameters": JSON schema}. Content is always plain text: only this file puts special tokens into a prompt.
"""

import json
import re

from tokenizer import BOS, CALL_END, CALL_START, IM_END, IM_START, SPECIALS

_ENUM_VALUE = re.compile(r"[^\s|,()=?]+")


def literal(value):
    """A value as it stands in a call."""
    if isinstance(value, str):
        for raw, escaped in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
            value = value.replace(raw, escaped)
        return f"'{value}'"
    if value is True:
        return "True"
    if value is False:
        return "False"
    if value is None:
        return "None"
    if isinstance(value, list):
        return "[" + ", ".join(literal(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


def call_text(call):
    return call["name"] + "(" + ", ".join(f"{k}={literal(v)}" for k, v in call["arguments"].items()) + ")"


def _is_capital(c):
    return "A" <= c <= "Z"


def tool_line(tool):
    """`description: name(a, b?, c?=x|y)`."""
    text = re.split(r"\. |\n", tool.get("description") or "", maxsplit=1)[0].strip(" \t\r\n")
    if text.endswith("."):
        text = text[:-1].rstrip(" \t\r\n")
    if not text:
        text = re.sub(r"[_.\-]", " ", tool["name"])
    if _is_capital(text[0]) and not _is_capital(text[1:2] or " "):
        text = text[0].lower() + text[1:]
    schema = tool.get("parameters") or {}
    required = schema.get("required", [])
    shown = []
    for name, prop in schema.get("properties", {}).items():
        one = name if name in required else name + "?"
        values = prop.get("enum")
        if values and len(values) <= 8 and all(isinstance(v, str) and _ENUM_VALUE.fullmatch(v) for v in values):
            one += "=" + "|".join(values)
        shown.append(one)
    return f"{text}: {tool['name']}({', '.join(shown)})"


def segments(messages, tools, system="", generate=True):
    """The prompt as a list of (special id or text, supervised): supervised marks what the model itself writes."""
    out = [(BOS, False)]
    head = "\n".join(([system] if system else []) + [tool_line(t) for t in tools])
    if head:
        out += [(IM_START, False), ("system\n" + head, False), (IM_END, False), ("\n", False)]
    for m in messages:
        own = m["role"] == "assistant"
        out += [(IM_START, False), (m["role"] + "\n", False)]
        if m.get("content"):
            out.append((m["content"], own))
        if m.get("calls"):
            out += [(CALL_START, own), ("[" + ", ".join(call_text(c) for c in m["calls"]) + "]", own), (CALL_END, own)]
        out += [(IM_END, own), ("\n", False)]
    if generate:
        out += [(IM_START, False), ("assistant\n", False)]
    return out


def text_of(segs):
    return "".join(SPECIALS[s] if isinstance(s, int) else s for s, _ in segs)


def tokens_of(segs, tokenizer):
    """Ids of a prompt. Neighbouring texts are joined first, so that the split does not depend on how they were cut."""
    out, text = [], ""
    for s, _ in segs:
        if isinstance(s, int):
            if text:
                out += tokenizer.encode(text)
                text = ""
            out.append(s)
        else:
            text += s
    return out + (tokenizer.encode(text) if text else [])
