"""Generates conversations: a tool list and several independent turns about it, all from a seeded random source.

    Generator(seed, heldout=False, stage=2).conversation() -> Conversation

heldout=True draws only request grammars, verbs and objects that training never sees. Every string argument is a literal
span of what the person wrote, or one of the parameter's enum values.
"""

import json
import os
import random
import re
import zlib
from dataclasses import dataclass, field

import builtin_grammars as bg
import procedural as proc
import values as v

BUILTIN_JSON = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "tools", "builtin_tools.json")
NOTHING = "None of my tools can do that."

with open(BUILTIN_JSON, encoding="utf-8") as _f:
    BUILTINS = {t["name"]: t for t in json.load(_f)}


# ---- templates -------------------------------------------------------------------------------------------------------

def parse(line):
    """A template as nested lists: str, ("slot", name, kind or None, enum or None), ("or", [alternatives])."""
    pos = 0

    def sequence(stop):
        nonlocal pos
        out = []
        while pos < len(line) and line[pos] not in stop:
            c = line[pos]
            if c == "[":
                pos += 1
                alternatives = [sequence("|]")]
                while line[pos] == "|":
                    pos += 1
                    alternatives.append(sequence("|]"))
                pos += 1
                out.append(("or", alternatives))
            elif c == "{":
                end = line.index("}", pos)
                body = line[pos + 1:end]
                name, _, enum = body.partition("=")
                name, _, kind = name.partition(":")
                out.append(("slot", name, kind or None, enum or None))
                pos = end + 1
            else:
                end = pos
                while end < len(line) and line[end] not in "[{" + stop:
                    end += 1
                out.append(line[pos:end])
                pos = end
        return out

    return sequence("")


def is_heldout(line):
    return zlib.crc32(line.encode()) % 5 == 0


def _lines(block):
    return [x.strip() for x in block.strip().splitlines() if x.strip()]


def _compile(line):
    imperative = not line.startswith("? ")
    return parse(line if imperative else line[2:]), imperative


CALLS = {h: {t: [_compile(x) for x in _lines(b) if is_heldout(x) == h] for t, b in bg.CALLS.items()} for h in (False, True)}
MISSING = {h: {t: [(x.split("|")[0].strip(),) + _compile(x.partition("|")[2].strip()) for x in _lines(b) if is_heldout(x) == h]
               for t, b in bg.MISSING.items()} for h in (False, True)}


def expand(r, nodes, fill):
    """One sample of a template: a list of strings and (value, quoted)."""
    out = []
    for n in nodes:
        if isinstance(n, str):
            out.append(n)
        elif n[0] == "or":
            out += expand(r, r.choice(n[1]), fill)
        else:
            got = fill(n[1], n[2], n[3])
            if got is not None:
                out.append(got)
    return out


# ---- values of the shipped tools' slots ------------------------------------------------------------------------------

def value_of(r, kind, state):
    """(value, quoted) of a slot kind. `state` remembers the values of this request (for a rename to a similar name)."""
    q = lambda p: r.random() < p
    if kind == "file":
        if q(0.08):
            p, spaced = v.folder(r)
        else:
            p, spaced = v.file(r)
        return p, q(0.5) if spaced else q(0.14)
    if kind == "textfile":
        p, spaced = v.file(r, ext=r.choice(["txt", "txt", "txt", "md", "md", "log", "csv", "json", "html", "ini", "cfg", "py", "yaml", None]))
        return p, q(0.55) if spaced else q(0.14)
    if kind == "csv":
        p, spaced = v.file(r, ext="csv")
        return p, q(0.55) if spaced else q(0.12)
    if kind == "folder":
        p, spaced = v.folder(r)
        return p, q(0.55) if spaced else q(0.12)
    if kind == "plainfolder":
        return v.folder(r, allow_space=False)[0], q(0.1)
    if kind == "newfolder":
        p, spaced = v.folder(r)
        return p, q(0.5) if spaced else q(0.16)
    if kind == "samekind":
        p, spaced = v.file(r, ext=state.get("ext"))
        return p, q(0.55) if spaced else q(0.12)
    if kind == "extension":
        e = r.choice(v.EXTENSIONS)
        x = r.random()
        return (e if x < 0.6 else "." + e if x < 0.72 else e.upper()), q(0.04)
    if kind == "ext_upper":
        return r.choice(v.EXTENSIONS).upper(), False
    if kind == "pattern":
        return v.pattern(r), q(0.15)
    if kind == "glob":
        return r.choice(["*." + r.choice(v.EXTENSIONS), r.choice(v.STEMS) + "*", "*" + r.choice(v.STEMS) + "*", r.choice(v.STEMS) + "*." + r.choice(v.EXTENSIONS)]), q(0.2)
    if kind == "stem":
        return r.choice([v.stem(r), r.choice(v.STEMS), v.rare(r)]), q(0.35)
    if kind == "filename":
        p, spaced = v.file(r) if q(0.3) else (v.stem(r) + "." + r.choice(v.EXTENSIONS), False)
        return p.replace("\\", "/").split("/")[-1], q(0.5) if spaced else q(0.12)
    if kind == "search":
        t = v.phrase(r) if q(0.55) else v.word(r)
        return t, q(0.6) if " " in t else q(0.4)
    if kind == "text":
        return v.phrase(r), q(0.5)
    if kind == "word":
        t = v.word(r)
        return t, q(0.55) if " " in t else q(0.3)
    if kind == "column":
        return v.column(r), q(0.12)
    if kind == "group":
        return v.group(r), q(0.06)
    if kind == "expression":
        return v.expression(r), q(0.03)
    if kind == "question":
        return r.choice([f"what {r.choice(v.NOUNS)} I want", f"which {r.choice(v.NOUNS)} to {r.choice(v.VERBS3)}", f"whether to {v.phrase(r)}", f"how many {r.choice(v.NOUNS)}s I need",
                         f"where the {r.choice(v.NOUNS)} is", f"who {r.choice(v.GIVEN)} is", f"when to {r.choice(v.VERBS3)} the {r.choice(v.NOUNS)}"]), q(0.3)
    raise KeyError(kind)


QUOTES = [('"', '"')] * 6 + [("'", "'")] * 6 + [("`", "`")] * 2 + [("“", "”")] * 3 + [("«", "»"), ("„", "“")]


def surface(r, value, quoted):
    if not quoted:
        return value
    for _ in range(20):
        a, b = r.choice(QUOTES)
        if a not in value and b not in value:
            return a + value + b
    return value


# ---- wrappers and noise ----------------------------------------------------------------------------------------------

WRAPS = ["please {}", "can you {}", "could you {}", "can you please {}", "could you please {}", "would you {}", "I want you to {}", "I'd like you to {}", "I need you to {}",
         "{} please", "{}, please", "{} for me", "go ahead and {}", "now {}", "then {}", "just {}", "hey, {}", "hi, {}", "ok, {}", "okay {}", "so {}", "kindly {}", "I want to {}",
         "I need to {}", "I would like to {}", "let's {}", "let us {}", "help me {}", "try to {}", "you should {}", "you can {}", "would you mind and {}", "please, {}", "next, {}", "first {}",
         "I have to {}", "we need to {}", "will you {}", "may I ask you to {}", "is it possible to {}", "your task: {}", "task: {}", "also {}", "and {}", "quickly {}"]
LEADS = ["hey", "hi", "hello", "ok", "okay", "so", "well", "um", "quick question", "one more thing", "please", "thanks", "alright", "right", "now", "by the way", "sorry", "good morning", "question"]
BEFORE = ["I'm cleaning up my disk.", "I'm preparing for a meeting.", "I have a question.", "This is for my boss.", "I'm working on a project.", "I'm in a hurry.", "My colleague sent me this.",
          "It is late.", "I just got back.", "I think something is wrong.", "We are almost done.", "Thanks for that.", "Great.", "Perfect, thank you.", "One more thing.", "Next task.",
          "I forgot something.", "There is something else.", "I need your help."]
AFTER = ["It is urgent.", "I need it for a meeting.", "Thanks!", "Thank you.", "thanks", "I'm in a hurry.", "Take your time.", "That would be great.", "I will need it later.", "My boss asked for it.",
         "It's for work.", "Be careful.", "Let me know when it is done.", "I hope that works.", "Cheers", "asap", "right now", "when you have time", "if you can", "if possible", "today", "as soon as possible",
         "for the project", "for tomorrow", "it's important"]


RELATIVES = ["my boss", "my sister", "my brother", "my wife", "my husband", "the accountant", "a friend", "our client", "the teacher", "my neighbour", "the office", "mum", "dad", "HR", "the landlord"]


def aside(r):
    """A sentence around a request that asks for nothing, of any of many thousand wordings."""
    noun = lambda: r.choice([r.choice(v.NOUNS), v.rare(r)])
    n, adj, verb, who, when = noun(), r.choice(v.ADJECTIVES), r.choice(v.VERBS3), r.choice(RELATIVES), v.date(r)
    text = r.choice([
        f"I am going to {verb} the {n} {when}", f"{who} told me about the {n}", f"{who} is waiting for it", f"the {n} is {adj} and I have no idea why", f"we talked about the {n} the other day",
        f"I was {r.choice(['busy', 'away', 'ill', 'on holiday', 'at work'])} {r.choice(['all week', 'last week', 'for a month', 'yesterday', 'until ' + when])}", f"I have a {r.choice(['meeting', 'call', 'deadline', 'date', 'talk'])} {when}",
        f"there is too much {n} around here", f"I promised {who} to look after the {n}", f"{who} and I {r.choice(['are working on', 'finished', 'started', 'forgot about'])} the {n}",
        f"it has been a {r.choice(['long', 'strange', 'good', 'bad', 'hard'])} {r.choice(['day', 'week', 'month', 'year'])}", f"I think the {n} was {r.choice(['better', 'worse', 'cheaper', 'easier'])} before",
        f"this is about the {adj} {n}", f"{who} wants to know by {when}", f"I am trying to get my {n} in order", f"I don't remember how it was with the {n}", f"{who} said it would be quick",
        f"I am {r.choice(['new here', 'not good with computers', 'a bit lost', 'in the middle of something', 'tired of the ' + n])}", f"we {r.choice(['moved', 'changed jobs', 'had visitors', 'lost track'])} {r.choice(['in ' + r.choice(v.MONTHS), 'last year', 'a while ago'])}",
        f"my {n} {r.choice(['broke', 'is gone', 'came back', 'arrived', 'needs a rest'])} {when}", f"it will only take a {r.choice(['minute', 'second', 'moment'])}"])
    return text


CLAUSES = ["because {}", "since {}", "as {}", "so that {}", "now that {}", "even though {}", "before {}", "while {}"]

INFORMAL = [(r"\bplease\b", "pls"), (r"\byou\b", "u"), (r"\bI'm\b", "im"), (r"\bI'd\b", "id"), (r"n't\b", "nt"), (r"\b([Ww]hat|[Ww]here|[Tt]hat|[Ii]t|[Ww]ho)'s\b", r"\1s"), (r"\band\b", "&"),
            (r"\bare\b", "r"), (r"\bgive me\b", "gimme"), (r"\bwant to\b", "wanna"), (r"\bgoing to\b", "gonna"), (r"\bto\b", "2"), (r"\bfor\b", "4"), (r"\bthanks\b", "thx"), (r"'", "")]


def informal(r, text):
    """As typed in a chat: one or two short forms, perhaps all in lower case."""
    for pattern, short in r.sample(INFORMAL, 5):
        if r.random() < (0.15 if short in "24&" else 0.8):
            text = re.sub(pattern, short, text)
    return text.lower() if r.random() < 0.5 else text


def typo(r, text):
    """One small slip in a word of at least four letters."""
    words = [m for m in re.finditer(r"[a-z]{4,}", text)]
    if not words:
        return text
    m = r.choice(words)
    w = m.group()
    i = r.randint(1, len(w) - 2)
    x = r.random()
    if x < 0.35:
        w = w[:i] + w[i + 1] + w[i] + w[i + 2:]
    elif x < 0.65:
        w = w[:i] + w[i + 1:]
    elif x < 0.85:
        w = w[:i] + w[i] + w[i:]
    else:
        w = w[:i] + r.choice("abcdefghijklmnopqrstuvwxyz") + w[i + 1:]
    return text[:m.start()] + w + text[m.end():]


def compose(r, pieces, imperative, noisy=True):
    """Pieces to the text of a request. Values stay untouched."""
    texts = [(surface(r, *p), True) if isinstance(p, tuple) else (p, False) for p in pieces]
    if noisy and imperative and r.random() < 0.42:
        a, b = r.choice(WRAPS).split("{}")
        texts = [(a, False)] + texts + [(b, False)]
    if noisy and r.random() < 0.5:
        if r.random() < 0.18:
            texts = [(r.choice(LEADS) + r.choice([", ", " ", ": ", " - "]), False)] + texts
        if r.random() < 0.22:  # drop an article or two: telegraphic
            texts = [(t if value else re.sub(r"\b(the|a|an|my|please|me) ", "", t), value) for t, value in texts]
        if r.random() < 0.2:
            texts = [(t if value else informal(r, t), value) for t, value in texts]
        if r.random() < 0.16:
            i = r.randrange(len(texts))
            if not texts[i][1]:
                texts[i] = (typo(r, texts[i][0]), False)
    # Words and values in one string, single spaces between them.
    out = ""
    for t, value in texts:
        if value:
            out += t
        else:
            t = re.sub(r" {2,}", " ", t)
            if out.endswith(" ") or not out:
                t = t.lstrip(" ")
            out += t
    # Behind an unquoted value of several words a comma must tell where it ends.
    ends_clear = not (isinstance(pieces[-1], tuple) and " " in pieces[-1][0] and not pieces[-1][1])
    out = out.strip(" ")
    out = re.sub(r" +(?=[,.:;?!]( |$))", "", out) if not any(val and "  " in t for t, val in texts) else out
    first_is_value = next((val for t, val in texts if t.strip()), False)
    if not first_is_value and r.random() < 0.5:
        out = out[:1].upper() + out[1:]
    elif not first_is_value and r.random() < 0.03:
        pass
    x = r.random()
    if not imperative:
        out += "?" if x < 0.6 else "" if x < 0.94 else "??" if x < 0.96 else "."
    else:
        out += "" if x < 0.62 else "." if x < 0.92 else "!"
    if noisy and r.random() < 0.14:
        for _ in range(r.choice([1, 1, 1, 2])):
            before = r.choice(BEFORE)
            if r.random() < 0.6:
                before = aside(r)
                before = (before[0].upper() if r.random() < 0.8 else before[0]) + before[1:] + r.choice([".", ".", ".", "!", "...", ","])
            out = before + " " + out
    if noisy and r.random() < 0.14:
        tail = r.choice(AFTER)
        if r.random() < 0.55:
            tail = aside(r)
            if r.random() < 0.5 and out[-1:] not in ".?!":
                tail = r.choice(CLAUSES).format(tail)
                out += r.choice([",", ""] if ends_clear else [","])
                return out + " " + tail + r.choice(["", "."])
            tail = tail[0].upper() + tail[1:] + r.choice(["", ".", ".", "!"])
        if out[-1:] not in ".?!":
            out += r.choice([".", ",", " -", ""]) if tail[0].islower() else "."
        out += " " + tail
    return out


def span_ok(text, value):
    """True when `value` stands in `text` with the boundaries of the span rule."""
    at = text.find(value)
    while at >= 0:
        before, after = text[at - 1:at], text[at + len(value):at + len(value) + 1]
        if (not before or before.isspace() or before in "\"'(`[{<“„«‘「") and (not after or after.isspace() or after in ".,;:!?\"')]}>`”“»’」"):
            return True
        at = text.find(value, at + 1)
    return False


# ---- tools in a list -------------------------------------------------------------------------------------------------

class BuiltinTool:
    """A shipped tool, as it is or under other names."""

    def __init__(self, r, base, heldout, renamed):
        self.key = "builtin:" + base
        self.base, self.heldout = base, heldout
        tool = BUILTINS[base]
        props = tool["parameters"]["properties"]
        self.name, self.description = base, tool["description"]
        self.param = {p: p for p in props}          # ours -> shown
        self.enum = {}                              # our enum value -> shown
        if renamed:
            names, params, descriptions = bg.ALIASES[base]
            x = r.random()
            if x < 0.62:
                self.name = r.choice(names)
                if r.random() < 0.25:
                    self.name = proc.style_name(r, self.name.split("_"))
            elif x < 0.8:
                self.name = proc.style_name(r, [v.nonsense(r) for _ in range(r.randint(1, 2))])
            style = r.random()
            for p in props:
                if style < 0.55:
                    self.param[p] = r.choice(params[p])
                elif style < 0.72:
                    self.param[p] = v.nonsense(r)
            if len(set(self.param.values())) < len(self.param):
                self.param = {p: p for p in props}
            if r.random() < 0.7:
                self.description = r.choice(descriptions)
            if base == "query_csv" and r.random() < 0.5:
                self.enum = {"sum": r.choice(["sum", "total"]), "average": r.choice(["average", "mean", "avg"]), "minimum": r.choice(["minimum", "min", "lowest"]),
                             "maximum": r.choice(["maximum", "max", "highest"]), "count": r.choice(["count", "rows"])}
        self.required = tool["parameters"]["required"]

    def schema(self):
        tool = BUILTINS[self.base]
        props = {}
        for p, s in tool["parameters"]["properties"].items():
            s = {"type": s["type"], **({"enum": [self.enum.get(e, e) for e in s["enum"]]} if "enum" in s else {})}
            props[self.param[p]] = s
        return {"name": self.name, "description": self.description,
                "parameters": {"type": "object", "properties": props, "required": [self.param[p] for p in self.required]}}

    def _shown(self, args):
        order = list(BUILTINS[self.base]["parameters"]["properties"])
        return {self.param[p]: self.enum.get(args[p], args[p]) if p == "calculation" else args[p] for p in order if p in args}

    def _fill(self, r, args):
        state = {}
        kinds = bg.KINDS[self.base]

        def fill(name, kind, enum):
            if enum is not None:
                args[name] = enum
                return None
            if name in args:
                return (args[name], False)
            quoted = None
            if kind == "quoted":
                kind, quoted = kinds[name], r.random() < 0.82
            for _ in range(10):
                value, q = value_of(r, kind or kinds[name], state)
                if value not in args.values():
                    break
            m = re.search(r"\.([A-Za-z0-9]+)$", value)
            if m and "ext" not in state and len(m.group(1)) < 5:
                state["ext"] = m.group(1)
            args[name] = value
            return (value, q if quoted is None else quoted)

        return fill

    def request(self, r):
        nodes, imperative = r.choice(CALLS[self.heldout][self.base])
        args = {}
        pieces = expand(r, nodes, self._fill(r, args))
        return pieces, self._shown(args), imperative

    def missing(self, r):
        lines = MISSING[self.heldout].get(self.base)
        if not lines:
            return None
        param, nodes, imperative = r.choice(lines)
        args = {}
        pieces = expand(r, nodes, self._fill(r, args))
        return pieces, self._shown(args), self.param[param], bg.QUESTIONS[self.base, param], imperative

    def question(self, shown):
        return bg.QUESTIONS[self.base, next(p for p, s in self.param.items() if s == shown)]

    def value_for(self, r, shown):
        p = next(p for p, s in self.param.items() if s == shown)
        if p == "calculation":
            return None
        return value_of(r, bg.KINDS[self.base][p], {})[0]

    def result(self, r, args):
        return builtin_result(r, self.base, {p: args.get(s) for p, s in self.param.items()})


class ProceduralTool:
    def __init__(self, r, heldout, verb=None, obj=None):
        self.spec = proc.Spec(r, heldout, verb, obj)
        self.key = f"{self.spec.verb}:{self.spec.base}"
        self.name = self.spec.name
        self.schema = self.spec.schema
        self.request = self.spec.request
        self.question = self.spec.question
        self.value_for = self.spec.value_for

    def missing(self, r):
        return self.spec.missing(r)

    def result(self, r, args):
        o = self.spec.object
        return r.choice([f"ok: {o} {v.code(r)}", f"{o} {v.code(r)} is ready", "done", f"done: {o}", f"{r.randint(1, 99)} {o}s", f"error: no such {o}", f"the {o} is {r.choice(v.ADJECTIVES)}",
                         f"{self.spec.verb} {o}: {v.number(r)}"])


def builtin_result(r, base, a):
    """What a shipped tool might print."""
    g = lambda k: a.get(k) or "."
    if r.random() < 0.12:
        key = a.get("path") or a.get("source") or a.get("folder") or a.get("first") or v.file(r)[0]
        return r.choice([f"error: {key} does not exist", f"error: {key} is a folder", f"error: {key} is outside the workspace", f"error: no permission to open {key}"])
    files = lambda n: ", ".join(v.file(r, allow_space=r.random() < 0.2)[0].replace("\\", "/").split("/")[-1] for _ in range(n))
    n = r.choice([0, 1, 2, 2, 3, 4, 12, 31])
    if base == "list_files":
        ext = f" {a['extension']}" if a.get("extension") else ""
        if n == 0:
            return f"no{ext} files in {g('folder')}"
        return f"{n}{ext} file{'s' if n > 1 else ''} in {g('folder')}: {files(min(n, 4))}"
    if base == "find_files":
        return f"no file matches {g('name')}" if n == 0 else f"{n} file{'s' if n > 1 else ''} found: {files(min(n, 3))}"
    if base == "search_text":
        return f"{g('text')} was not found" if n == 0 else f"{n} line{'s' if n > 1 else ''} with {g('text')}\n" + "\n".join(f"{v.file(r)[0]}:{r.randint(1, 400)}: {v.phrase(r)}" for _ in range(min(n, 3)))
    if base == "read_file":
        return "\n".join(r.choice([v.phrase, v.phrase, v.word])(r) for _ in range(r.randint(1, 4)))
    if base == "file_info":
        return f"{g('path')}: {r.randint(1, 99999)} bytes, {r.choice(['text', 'image', 'CSV table', 'folder', 'PDF', 'archive'])}, changed {r.randint(2015, 2026)}-{r.randint(1, 12):02}-{r.randint(1, 28):02} {r.randint(0, 23):02}:{r.randint(0, 59):02}"
    if base == "write_file":
        return r.choice([f"wrote {r.randint(1, 999)} bytes to {g('path')}", f"created {g('path')}", f"{g('path')} written, {r.randint(1, 99)} characters"])
    if base == "append_file":
        return r.choice([f"added a line to {g('path')}", f"{g('path')} now has {r.randint(2, 300)} lines"])
    if base == "edit_file":
        return r.choice([f"replaced 1 text in {g('path')}", f"changed {g('path')}", f"error: {g('old_text')} does not occur in {g('path')}"])
    if base == "make_folder":
        return r.choice([f"made the folder {g('path')}", f"created {g('path')}"])
    if base == "move_file":
        return f"moved {g('source')} to {g('destination')}"
    if base == "copy_file":
        return f"copied {g('source')} to {g('destination')}"
    if base == "delete_file":
        return r.choice([f"deleted {g('path')}", f"deleted {g('path')}; undo restores it"])
    if base == "query_csv":
        c = a.get("column") or "rows"
        if a.get("group_by"):
            return f"{g('calculation')} of {c} by {a['group_by']}: " + ", ".join(f"{r.choice(v.CITIES + v.NOUNS)} {v.number(r)}" for _ in range(r.randint(1, 3)))
        return f"{g('calculation')} of {c} in {g('path')}: {v.number(r)}"
    if base == "compare_files":
        return r.choice([f"{g('first')} and {g('second')} are the same", f"{n + 1} lines differ\n- {v.phrase(r)}\n+ {v.phrase(r)}"])
    if base == "calculate":
        return f"{g('expression')} = {v.number(r)}"
    if base == "current_time":
        return f"{r.choice(['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])} {r.randint(2024, 2027)}-{r.randint(1, 12):02}-{r.randint(1, 28):02} {r.randint(0, 23):02}:{r.randint(0, 59):02}"
    return v.phrase(r)


# Pairs whose requests overlap: with the one in the list, a request of the other is no clean "nothing fits".
OVERLAP = {"list_files": {"find_files", "read_file"}, "find_files": {"list_files", "search_text"}, "search_text": {"find_files"}, "read_file": {"list_files"},
           "write_file": {"append_file"}, "append_file": {"write_file", "edit_file"}, "file_info": {"list_files", "find_files"}, "move_file": {"delete_file"},
           "delete_file": {"move_file"}, "edit_file": set(), "make_folder": {"write_file"}, "copy_file": set(), "query_csv": {"calculate"}, "compare_files": set(),
           "calculate": {"query_csv"}, "current_time": set(), "ask_user": set()}

OUTSIDE = """what is the capital of {city}|who won the match yesterday|tell me a joke|sing me a song|write me a poem about {noun}|what should I cook tonight|book a flight to {city}
order a pizza|call {person}|send an email to {person}|text {person} that I am late|play some music|play {noun} on the radio|turn on the lights|turn off the {noun}|what's the weather in {city}
will it rain tomorrow|translate {noun} into {language}|how do you say {noun} in {language}|remind me to {phrase} {date}|set an alarm for {clock}|set a timer for ten minutes|schedule a meeting with {person}
what's the news today|buy {noun} online|how tall is {person}|who is {person}|what does {noun} mean|explain {noun} to me|how far is it to {city}|find a restaurant in {city}|reserve a table at {clock}
open the browser|go to {url}|download {url}|take a picture|record a video|what's on my calendar|add {person} to my contacts|pay the {noun} bill|transfer money to {person}|check my email
shut down the computer|restart the machine|install {noun}|update the system|connect to the wifi|print my {noun}|scan the {noun}|turn up the volume|make it louder|lower the brightness|take a screenshot
what is the meaning of life|how are stocks doing|convert {number} dollars to euros|what is the exchange rate of the dollar|recommend a movie|who wrote {noun}|when was {person} born|is {city} bigger than {city}
order {number} of {noun}|track my package|where is my {noun}|how do I fix my {noun}|my {noun} is broken|draw a {noun}|paint me a {noun}|generate an image of a {noun}|summarize {url}|spell {noun}
what's the score of the game|how many people live in {city}|how many calories are in a {noun}|find me a job in {city}|read me the news|post {phrase} on twitter|like the last post|follow {person}
feed the cat|water the plants|lock the door|open the garage|start the car|charge my phone|find my phone|call a taxi to {city}|navigate to {city}|what's the traffic like in {city}|invite {person} to dinner
encrypt my {noun}|compress the {noun}|zip the {noun}|burn a CD|format the disk|run the tests|compile the project|deploy to production|push the branch|create a pull request|sign the {noun}|fill in my tax return
make me a sandwich|do my homework|give me some advice|write an essay about {noun}|prove that there are infinitely many primes|teach me {language}|tell me about {city}|what do you think about {noun}
book a table for {number}|reserve two seats for {date}|get me tickets for the {noun}|plan my trip to {city}|suggest a name for my {noun}|what is {number} in binary|how old is {person}|when does the {noun} start
is the {noun} open {date}|pick a colour for the {noun}|tell {person} I said hi|apologise to {person} for me|write a thank-you letter to {person}|design a logo for the {noun}|give me a recipe with {noun}|how long do I boil a {noun}
find someone to fix the {noun}|compare the prices of {noun}|which {noun} should I buy|join the call with {person}|mark {person}'s message as read|reply to {person}|forward the {noun} to {person}|check me in for my flight
rent a car in {city}|what time zone is {city} in|turn my phone to silent|pair my {noun} over bluetooth|clear my browser history|speed up my computer|why is the {noun} so slow|back up my phone|empty my inbox|sell my {noun}
what's a good present for {person}|how do I get to {city}|cancel the order of {number} {noun}|rate the {noun}|is it going to snow in {city}|how much does a {noun} cost|start the washing machine|feed the {noun}|pause the music
next song|skip this one|read my messages aloud|say something nice|flip a coin|guess what I am thinking|give me a random {noun}|make up a story about {person}|sign me up for {noun}|renew my passport|vote for {person}
cancel my subscription|change my password|log me out|hire {person}|send {number} euros to {person}|post a review|unsubscribe me|mute {person}|block {person}|ship the {noun} to {city}"""
OUTSIDE = [x.strip() for part in OUTSIDE.splitlines() for x in part.split("|")]
# Things one may well want done with a file, and no shipped tool does.
OUTSIDE_FILES = """encrypt {file}|decrypt {file} for me|zip {file}|unzip {file}|compress the folder {folder}|extract {file} into {folder}|print {file}|print {file} twice|email {file} to {person}
send {file} to {person}|mail {file} to my boss|translate {file} into {language}|translate {file}|convert {file} to pdf|convert {file} into a png|turn {file} into a pdf|summarize {file}|summarise {file} for me
give me a summary of {file}|open {file} in Word|open {file} with the browser|upload {file}|upload {file} to the cloud|upload {file} to the server|download {file} from the internet|sort {file}|sort the lines of {file}
count the words in {file}|resize {file}|rotate {file}|crop {file} to a square|make {file} smaller|play {file}|play the video {file}|share {file} with {person}|sign {file}|proofread {file}|check the spelling of {file}
run {file}|execute {file}|start {file}|compile {file}|install {file}|scan {file} for viruses|make {file} read-only|hide {file}|lock {file}|protect {file} with a password|set a password on {file}|change the owner of {file}
merge {file} and {file}|join {file} with {file}|split {file} into two parts|publish {file}|post {file} on my blog|burn {file} to a CD|back up everything to the cloud|commit {file}|push {file}|draw a chart of {file}
make a graph from {file}|plot {file}|explain {file} to me|fax {file}|read {file} with a female voice in the speaker|set {file} as my wallpaper|fix the bugs in {file}|refactor {file}|format {file}|stream {file} to the TV
sync {folder} with my phone|mount {folder}|share the folder {folder}|who owns {file}|who can read {file}|which program opens {file}|undelete {file}|tag {file} as important|attach {file} to an email|transcribe {file}
remove the background of {file}|record my screen into {file}|export {file} to excel|import {file} into the database|validate {file}|sell {file}|watch {file} for changes|remind me about {file} {date}|upscale {file}"""
OUTSIDE += [x.strip() for part in OUTSIDE_FILES.splitlines() for x in part.split("|")]
OUTSIDE_SPLIT = {h: [x for x in OUTSIDE if is_heldout(x) == h] for h in (False, True)}

TALK = [(["hi", "hello", "hey", "hey there", "good morning", "good evening", "good afternoon", "hi there", "hello there", "yo", "greetings", "hiya"], "Hello. What you need, just say it."),
        (["thanks", "thank you", "thank you very much", "thx", "many thanks", "great, thanks", "cheers", "thanks a lot", "perfect, thank you", "nice, thanks", "ty"], "You are welcome."),
        (["bye", "goodbye", "see you", "good night", "see you later", "that's all", "that is all for today", "see you tomorrow"], "Goodbye."),
        (["how are you", "how are you doing", "how's it going", "how do you do", "are you ok", "how do you feel today"], "I am well and ready to work."),
        (["who are you", "what are you", "what's your name", "what is your name", "are you a robot", "are you human", "introduce yourself"], "I am Weir, an assistant that works with your tools."),
        (["good job", "well done", "great", "nice", "perfect", "awesome", "cool", "excellent", "very good", "that's great", "good", "wonderful"], "Glad to hear that."),
        (["ok", "okay", "I see", "got it", "alright", "fine", "understood", "sure", "all right"], "All right."),
        (["never mind", "forget it", "nevermind", "nothing", "cancel that", "leave it", "no, forget it", "stop"], "All right, I will leave it.")]

SYSTEMS = ["You are Weir, a local assistant.", "You are a helpful assistant.", "You help a person with files.", "Use the tools to help the person.", "You are an agent on this computer. Answer briefly.",
           "Be careful and short.", "Today is a working day. Help with the tools below."]


@dataclass
class Conversation:
    system: str
    tools: list
    messages: list
    kinds: list = field(default_factory=list)  # one entry per assistant message: (kind, tool key or "")


class Generator:
    """`stage` 0, 1, 2: lists of 2-4, 2-6, 2-20 tools."""

    def __init__(self, seed, heldout=False, stage=2, builtin_share=0.62, size=None, style=None):
        self.r = random.Random(seed)
        self.heldout, self.stage, self.size, self.style = heldout, stage, size, style
        self.builtin_share = builtin_share

    def _size(self):
        r = self.r
        if self.size:
            return self.size
        if self.stage == 0:
            return r.randint(2, 4)
        if self.stage == 1:
            return r.choice([2, 3, 4, 5, 6])
        if r.random() < 0.86:
            return r.choice([2, 3, 4, 5, 5, 6, 6, 6, 7, 8])
        return r.randint(9, 20)

    def tool_list(self):
        r, n = self.r, self._size()
        style = self.style or r.choices(["shipped", "renamed", "procedural", "mixed"], [0.44, 0.18, 0.26, 0.12])[0]
        tools, keys, names = [], set(), set()
        bases = list(BUILTINS)
        r.shuffle(bases)
        if r.random() < 0.6 and "ask_user" in bases[:n] and n < len(bases):
            bases.remove("ask_user")
        while len(tools) < n:
            if style in ("shipped", "renamed") and bases or (style == "mixed" and bases and r.random() < 0.6):
                t = BuiltinTool(r, bases.pop(), self.heldout, style == "renamed" or (style == "mixed" and r.random() < 0.4))
            else:
                verb = obj = None
                mine = [t for t in tools if isinstance(t, ProceduralTool)]
                x = r.random()
                if mine and x < 0.2:
                    verb = r.choice(mine).spec.verb
                elif mine and x < 0.45:
                    obj = r.choice(mine).spec.base
                t = ProceduralTool(r, self.heldout, verb, obj)
            if t.key not in keys and t.name not in names:
                tools.append(t)
                keys.add(t.key)
                names.add(t.name)
        return tools, style

    # Each turn_* appends messages and kinds to `c`; returns False when it found nothing to say.

    def _say(self, c, pieces, imperative):
        text = compose(self.r, pieces, imperative)
        c.messages.append({"role": "user", "content": text})
        return text

    def _call(self, c, tool, args, kind="call"):
        c.messages.append({"role": "assistant", "content": "", "calls": [{"name": tool.name, "arguments": args}]})
        c.kinds.append((kind, tool.key))

    def _spans_ok(self, text, args, tool):
        props = tool.schema()["parameters"]["properties"]
        for k, val in args.items():
            if isinstance(val, str) and "enum" not in props[k] and not span_ok(text, val):
                return False
        return True

    def turn_call(self, c, tools, with_result=False):
        r = self.r
        # A tool with a choice of values has several things to teach.
        tool = r.choices(tools, [3 if t.key == "builtin:query_csv" else 1 for t in tools])[0]
        pieces, args, imperative = tool.request(r)
        text = compose(r, pieces, imperative)
        if not self._spans_ok(text, args, tool):
            return False
        c.messages.append({"role": "user", "content": text})
        self._call(c, tool, args)
        if with_result:
            result = tool.result(r, args)
            c.messages.append({"role": "tool", "content": result})
            c.messages.append({"role": "assistant", "content": result.split("\n")[0].strip() or "done"})
            c.kinds.append(("answer", tool.key))
        return True

    def turn_missing(self, c, tools):
        r = self.r
        tool = r.choice(tools)
        got = tool.missing(r)
        if got is None:
            return False
        pieces, args, param, question, imperative = got
        text = compose(r, pieces, imperative)
        if not self._spans_ok(text, args, tool):
            return False
        c.messages.append({"role": "user", "content": text})
        c.messages.append({"role": "assistant", "content": question})
        c.kinds.append(("question", tool.key))
        if r.random() < 0.4:
            self._follow_up(c, tool, args, param)
        return True

    def _follow_up(self, c, tool, args, param):
        """The person answers the question; the call then takes values from both turns."""
        r = self.r
        schema = tool.schema()["parameters"]
        while True:
            value = tool.value_for(r, param)
            if value is None or value in args.values():
                return
            text = r.choice(["{}", "{}", "{}", "{} please", "it's {}", "I mean {}", "use {}", "the one called {}", "{}, please", "take {}", "sorry, {}", "let's say {}", "{} of course", "oh, {}"])
            before, after = text.split("{}")
            quoted = isinstance(value, str) and r.random() < (0.4 if " " in value else 0.1) and "enum" not in schema["properties"][param]
            text = compose(r, [before, (str(value), quoted), after], True, noisy=False)
            if text.endswith("!"):
                text = text[:-1]
            if isinstance(value, str) and "enum" not in schema["properties"][param] and not span_ok(text, value):
                return
            c.messages.append({"role": "user", "content": text})
            args = dict(args)
            args[param] = value
            order = list(schema["properties"])
            args = {k: args[k] for k in order if k in args}
            open_ = [p for p in schema["required"] if p not in args]
            if not open_:
                self._call(c, tool, args, "filled")
                return
            param = open_[0]
            if "enum" in schema["properties"][param] or param not in order:
                c.messages.pop()
                return
            c.messages.append({"role": "assistant", "content": tool.question(param)})
            c.kinds.append(("question", tool.key))
            if r.random() < 0.3:
                return

    def turn_none(self, c, tools):
        r = self.r
        keys = {t.key for t in tools}
        if r.random() < 0.4:
            line = r.choice(OUTSIDE_SPLIT[self.heldout])
            # A tool of the list may do just that: leave such a line out.
            words = set(re.findall(r"[a-z]+", line))
            for t in tools:
                if isinstance(t, ProceduralTool):
                    s = t.spec
                    if words & set(" ".join([s.verb, s.base] + proc.VERBS[s.verb] + proc.OBJECTS[s.base]).split()):
                        return False
                elif "{f" not in line and line.startswith(("read", "open", "find", "where", "write", "zip", "compress", "add", "check", "convert", "what is the exchange", "how many", "is ", "print")):
                    return False
            line = line.replace("{city}", v.city(r), 1).replace("{city}", v.city(r))
            for slot, fn in (("file", v.file), ("folder", v.folder)):
                while "{" + slot + "}" in line:
                    value, spaced = fn(r)
                    line = line.replace("{" + slot + "}", surface(r, value, r.random() < (0.7 if spaced else 0.12)), 1)
            for slot, fn in (("noun", lambda q: q.choice(v.NOUNS)), ("person", v.person), ("language", v.language), ("phrase", v.phrase), ("date", v.date), ("clock", v.clock), ("url", v.url),
                             ("number", lambda q: str(q.randint(2, 500)))):
                line = line.replace("{" + slot + "}", fn(r))
            question = line.split()[0] in ("what", "what's", "who", "how", "when", "is", "will", "where")
            text = compose(r, [line], not question)
        else:
            if r.random() < 0.5:
                base = r.choice(list(BUILTINS))
                if "builtin:" + base in keys or any("builtin:" + o in keys for o in OVERLAP[base]):
                    return False
                tool = BuiltinTool(r, base, self.heldout, False)
            else:
                mine = [t.spec for t in tools if isinstance(t, ProceduralTool)]
                verb = obj = None
                if mine and r.random() < 0.7:
                    if r.random() < 0.5:
                        verb = r.choice(mine).verb
                    else:
                        obj = r.choice(mine).base
                tool = ProceduralTool(r, self.heldout, verb, obj)
                for s in mine:
                    same_verb = s.verb == tool.spec.verb or set(proc.VERBS[s.verb] + [s.verb]) & set(proc.VERBS[tool.spec.verb] + [tool.spec.verb])
                    same_obj = s.base == tool.spec.base or set(proc.OBJECTS[s.base] + [s.base]) & set(proc.OBJECTS[tool.spec.base] + [tool.spec.base])
                    if same_verb and same_obj:
                        return False
                    same_name_as = s.name == tool.spec.name
                    if same_name_as:
                        return False
            pieces, _, imperative = tool.request(r)
            text = compose(r, pieces, imperative)
        c.messages.append({"role": "user", "content": text})
        c.messages.append({"role": "assistant", "content": NOTHING})
        c.kinds.append(("none", ""))
        return True

    def turn_talk(self, c, tools):
        r = self.r
        asks, answer = r.choice(TALK)
        text = r.choice(asks)
        if r.random() < 0.5:
            text = text[0].upper() + text[1:]
        text += r.choice(["", "", ".", "!"]) if not text.lower().startswith(("how", "who", "what", "are")) else r.choice(["?", "?", ""])
        c.messages.append({"role": "user", "content": text})
        c.messages.append({"role": "assistant", "content": answer})
        c.kinds.append(("talk", ""))
        return True

    def turn(self, c, tools):
        x = self.r.random()
        if x < 0.55:
            return self.turn_call(c, tools)
        if x < 0.65:
            return self.turn_call(c, tools, with_result=True)
        if x < 0.78:
            return self.turn_missing(c, tools)
        if x < 0.95:
            return self.turn_none(c, tools)
        return self.turn_talk(c, tools)

    def conversation(self, turns=None):
        r = self.r
        tools, style = self.tool_list()
        system = r.choice(SYSTEMS) if r.random() < 0.12 else ""
        c = Conversation(system, [t.schema() for t in tools], [])
        # Many turns a list: the list is the larger cost of a prompt, and only answers teach.
        want = turns or r.choice([1, 2, 4, 6, 8, 10])
        done = tries = 0
        while done < want and tries < 60:
            tries += 1
            done += bool(self.turn(c, tools))
        return c


if __name__ == "__main__":
    import sys
    from prompt_form import segments, text_of
    g = Generator(int(sys.argv[1]) if len(sys.argv) > 1 else 1, heldout="heldout" in sys.argv)
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 5):
        c = g.conversation()
        print(text_of(segments(c.messages, c.tools, c.system, generate=False)))
        print("-" * 80)
