"""The shortlist scorer: which tools of a list is a request likely about? Learnt word weights and plain word overlap.

    python3 shortlist.py train ../models/shortlist.tsv      learns the weights from generated requests
    python3 shortlist.py vectors testdata/shortlist.json    writes test vectors for the C++ scorer
    python3 shortlist.py measure                            accuracy on wordings held out from learning

README.md restates the formula; this file and src/tools/shortlist.cc must agree.
"""

import collections
import json
import math
import os
import random
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TSV = os.path.join(HERE, "..", "models", "shortlist.tsv")

STOP_WORDS = frozenset("""an and are as at be by can could do does for from get give has have hey hi how if in into is it its just let me my need
now of ok on one or our please should show so some tell that the their them then there these this to up use want was we what when
where which who will with would you your""".split())

CLOSERS = {'"': '"', "`": "`", "'": "'", "“": "”", "„": "“", "«": "»", "‘": "’", "「": "」"}


# ---- words of a text -------------------------------------------------------------------------------------------------

def stem(word):
    """Strips the first of ing, ed, es, s, ly that leaves at least four bytes. `word` is lower-case."""
    size = len(word.encode())
    for ending in ("ing", "ed", "es", "s", "ly"):
        if word.endswith(ending) and size - len(ending) >= 4:
            return word[:-len(ending)]
    return word


def plain_words(text):
    """Lower-case stems of a text's words. A word is a run of ASCII letters, digits and non-ASCII characters; it also ends
    before an ASCII capital that follows an ASCII small letter or a digit. Only ASCII is lower-cased. A word of digits is
    <num>; a word of one byte is dropped."""
    out = []
    for run in re.findall(r"[A-Za-z0-9\u0080-\U0010ffff]+", text):
        for word in re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", run).split(" "):
            word = "".join(c.lower() if c < "\x80" else c for c in word)
            if re.fullmatch(r"[0-9]+", word):
                out.append("<num>")
            elif len(word.encode()) > 1:
                out.append(stem(word))
    return out


def file_words(token):
    """[<file>] and perhaps the extension (".csv"), if the token looks like a path or a file name; else None."""
    m = re.search(r".\.([A-Za-z0-9]{1,5})$", token, re.S)
    extension = m is not None and re.search(r"[A-Za-z]", m.group(1)) is not None
    if extension:
        return ["<file>", "." + m.group(1).lower()]
    if "/" in token or "\\" in token or token.startswith("~"):
        return ["<file>"]
    return None


def token_words(token):
    """Words of one blank-free stretch of a request."""
    token = token.lstrip("([{<").rstrip(".,;:!?)]}>")
    bare = token.rstrip("=")
    if re.fullmatch(r"[0-9.,+\-*/^%()=x]+", token) and re.search(r"[+\-*/^%]", bare):
        return ["<op>"]
    got = file_words(token)
    return got if got is not None else plain_words(token)


def request_words(text):
    """All words of a request, in order. A quoted stretch is <quoted>, or what file_words() says of it."""
    out, plain, i = [], "", 0

    def flush():
        nonlocal plain
        for token in re.split(r"[ \t\r\n]+", plain):
            if token:
                out.extend(token_words(token))
        plain = ""

    while i < len(text):
        close = CLOSERS.get(text[i])
        # A quotation starts at the start, after a blank or after an opening bracket ...
        if close and (i == 0 or text[i - 1] in " \t\r\n([{<"):
            end = text.find(close, i + 1)
            # ... and ends where a blank, the end or closing punctuation follows.
            while end >= 0 and end + 1 < len(text) and text[end + 1] not in " \t\r\n.,;:!?)]}>":
                end = text.find(close, end + 1)
            if end > i + 1:
                flush()
                got = file_words(text[i + 1:end])
                out.extend(got if got is not None else ["<quoted>"])
                i = end + 1
                continue
        plain += text[i]
        i += 1
    flush()
    return out


def distinct(words):
    return list(dict.fromkeys(words))


# ---- scores ----------------------------------------------------------------------------------------------------------

class Weights:
    """models/shortlist.tsv."""

    def __init__(self, path=TSV):
        with open(path, encoding="utf-8") as f:
            lines = [x.rstrip("\n") for x in f]
        self.tools = lines[0].split("\t")[1:]
        self.rows = {}
        for line in lines[1:]:
            if line.startswith("#") or not line:
                continue
            word, *cells = line.split("\t")
            self.rows[word] = [float(c) for c in cells]
        self.prior = self.rows.pop("<prior>")

    def sums(self, words):
        """Prior plus weights, for every column."""
        s = list(self.prior)
        for w in distinct(words):
            for i, x in enumerate(self.rows.get(w, ())):
                s[i] += x
        return s


    def shares(self, words):
        """The columns' shares of the probability; they add up to 1."""
        sums = self.sums(words)
        top = max(sums)
        e = [math.exp(x - top) for x in sums]
        return [x / sum(e) for x in e]


KIN = 6.0  # what a certain kinship with a learnt tool adds, where a rare shared word adds about 2.5


def alike(a, b):
    """Equal, or both of five bytes and more and the one begins the other."""
    return a == b or (min(len(a.encode()), len(b.encode())) >= 5 and (a.startswith(b) or b.startswith(a)))


def tool_words(tool):
    """{stem: value}: 1 for the name, 0.8 for the description, 0.6 for parameter names; the best of them."""
    out = {}
    for text, value in ([(p, 0.6) for p in tool.get("parameters", {}).get("properties", {})] + [(tool.get("description", ""), 0.8), (tool["name"], 1.0)]):
        for w in plain_words(text):
            if w not in STOP_WORDS and not w.startswith("<"):
                out[w] = max(value, out.get(w, 0.0))
    return out


def rank(weights, request, tools, learnt=True):
    """[(index, score)] of all tools, best first; equal scores keep the order of the list. learnt=False: word overlap only."""
    words = distinct(request_words(request))
    scores = [0.0] * len(tools)
    # Tools of the shipped set: their share among all columns, in the list or not.
    shares = weights.shares(words)
    column = {t: i for i, t in enumerate(weights.tools) if t != "none"}
    known = [i for i, t in enumerate(tools) if learnt and t["name"] in column]
    for i in known:
        scores[i] = shares[column[tools[i]["name"]]]
    # All others: word overlap, rare words of the list counting more.
    asked = [w for w in words if w not in STOP_WORDS and w[0] not in "<."]
    have = [tool_words(t) for t in tools]
    found = [[max([value for x, value in h.items() if alike(w, x)], default=0.0) for h in have] for w in asked]
    for i in range(len(tools)):
        if i in known:
            continue
        s = 0.0
        for row in found:
            df = sum(x > 0 for x in row)
            if row[i] > 0:
                s += row[i] * math.log(1 + len(tools) / df)
        if learnt:
            # A tool that is described like a shipped one is likely where that one would be.
            own = weights.shares(distinct(plain_words(tools[i]["name"]) + plain_words(tools[i].get("description", ""))))
            s += KIN * sum(own[c] * shares[c] for c in column.values())
        scores[i] = s / (s + 1)
    return sorted(enumerate(scores), key=lambda kv: (-kv[1], kv[0]))


# ---- learning --------------------------------------------------------------------------------------------------------

def none_requests(seed, n, heldout):
    """Requests that no shipped tool serves: everyday wishes, small talk, and requests for tools of other programs."""
    import generator as gen
    r = random.Random(seed)
    g = gen.Generator(seed, heldout=heldout)
    builtins = [gen.BuiltinTool(r, b, heldout, False) for b in gen.BUILTINS]
    for i in range(n):
        c = gen.Conversation("", [], [])
        if i % 5 == 0:
            g.turn_talk(c, [])
        elif i % 5 < 3:
            while not g.turn_none(c, builtins):
                pass
        else:
            pieces, _, imperative = gen.ProceduralTool(r, heldout).request(r)
            c.messages.append({"content": gen.compose(r, pieces, imperative)})
        yield c.messages[0]["content"]


def tool_requests(seed, n, heldout):
    """(request, tool) of shipped tools, equally many of each."""
    import generator as gen
    r = random.Random(seed)
    for i in range(n):
        base = list(gen.BUILTINS)[i % len(gen.BUILTINS)]
        tool = gen.BuiltinTool(r, base, heldout, False)
        got = tool.missing(r) if r.random() < 0.12 else None
        if got is None:
            pieces, _, imperative = tool.request(r)
        else:
            pieces, imperative = got[0], got[4]
        yield gen.compose(r, pieces, imperative), base


def train(path, n=90000, smoothing=0.6, max_words=1750):
    import generator as gen
    tools = list(gen.BUILTINS) + ["none"]
    counts = {t: collections.Counter() for t in tools}
    size = collections.Counter()
    data = list(tool_requests(11, n, False)) + [(x, "none") for x in none_requests(12, n // 8, False)]
    for text, tool in data:
        size[tool] += 1
        counts[tool].update(distinct(request_words(text)))
    words = collections.Counter()
    for c in counts.values():
        words.update(c)
    rows = []
    for w, c in words.items():
        if c < 12:
            continue
        # Share of the requests of each tool that hold the word, against the average over the tools.
        logs = [math.log((counts[t][w] + smoothing) / (size[t] + 2 * smoothing)) for t in tools]
        mean = sum(logs) / len(logs)
        logs = [x - mean for x in logs]
        rows.append((c * (max(logs) - min(logs)), w, logs))
    rows.sort(reverse=True)
    prior = [-2.0 if t == "ask_user" else -0.5 if t == "none" else 0.0 for t in tools]
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write("\t".join(["word"] + tools) + "\n")
        f.write("# Log weights of request words for the tools named above; made by training/shortlist.py, which states the formula.\n")
        f.write("\t".join(["<prior>"] + ["%g" % p for p in prior]) + "\n")
        for _, w, logs in sorted(rows[:max_words], key=lambda x: x[1]):
            f.write("\t".join([w] + ["%.2f" % x for x in logs]) + "\n")
    os.replace(path + ".new", path)
    print(f"{min(len(rows), max_words)} of {len(rows)} words, {os.path.getsize(path)} bytes")


def measure():
    import generator as gen
    weights = Weights()
    tools = list(gen.BUILTINS.values())
    r = random.Random(5)
    for heldout in (False, True):
        for size in (6, 12, 17):
            hit = [0, 0, 0]
            data = list(tool_requests(21, 3000, heldout))
            for text, base in data:
                sample = [gen.BUILTINS[base]] + r.sample([t for t in tools if t["name"] != base], size - 1)
                order = [sample[i]["name"] for i, _ in rank(weights, text, sample)]
                at = order.index(base)
                for k, limit in enumerate((1, 3, 6)):
                    hit[k] += at < limit
            print(f"shipped tools, {'new' if heldout else 'seen'} wordings, list of {size}: first {hit[0] / len(data):.3f}, among 3 {hit[1] / len(data):.3f}, among 6 {hit[2] / len(data):.3f}")
    hit, n = [0, 0, 0], 2000
    for _ in range(n):
        specs = [gen.ProceduralTool(r, True) for _ in range(12)]
        pieces, _, imperative = specs[0].request(r)
        text = gen.compose(r, pieces, imperative)
        order = [i for i, _ in rank(weights, text, [s.schema() for s in specs])]
        for k, limit in enumerate((1, 3, 6)):
            hit[k] += order.index(0) < limit
    print(f"unknown tools, list of 12: first {hit[0] / n:.3f}, among 3 {hit[1] / n:.3f}, among 6 {hit[2] / n:.3f}")


FOREIGN_TOOLS = [
    {"name": "sendEmail", "description": "Send an email to someone.", "parameters": {"properties": {"recipient": {}, "subject": {}, "body": {}}}},
    {"name": "create_ticket", "description": "Create a ticket in the issue tracker.", "parameters": {"properties": {"title": {}, "priority": {}}}},
    {"name": "weather.forecast", "description": "Weather forecast for a city. Up to ten days.", "parameters": {"properties": {"city": {}, "days": {}}}},
    {"name": "cancel_subscription", "description": "Cancel the subscription of a customer.", "parameters": {"properties": {"customer_id": {}}}},
    {"name": "zorpblen", "description": "Translate a text into another language.", "parameters": {"properties": {"text": {}, "target_language": {}}}},
    {"name": "list_branches", "description": "List the branches of a repository.", "parameters": {"properties": {"repository": {}}}}]

VECTOR_REQUESTS = [
    ("delete old.log", "shipped"), ("How big is photo.jpg?", "shipped"), ("what is the total of amount in sales.csv", "shipped"), ("list the PDF files in reports", "shipped"),
    ("move notes.txt to archive", "shipped"), ("what is 12 * (3+4)?", "shipped"), ("Please replace 'colour' with “color” in docs/readme.md", "shipped"), ("what time is it", "shipped"),
    ("jot down \"buy milk\" in todo.txt", "shipped"), ("where did I put Übersicht.docx?", "shipped"), ("what changed between C:\\a\\old.txt and C:\\a\\new.txt", "shipped"),
    ("write `hello world` into greeting.txt, please", "shipped"), ("Which files mention 'Jürgen Müller'?", "shipped"), ("tell me a joke", "shipped"),
    ("email Anna that I am late", "foreign"), ("what's the weather in Paris", "foreign"), ("translate 'good morning' into German", "foreign"), ("cancel customer 42's subscription", "foreign"),
    ("show me the branches", "mixed"), ("make a folder called Müller 2024", "mixed"), ("sendEmail: subject Invoice", "mixed"), ("create a new ticket: printer broken, high priority", "mixed")]


def vectors(path):
    import generator as gen
    weights = Weights()
    shipped = list(gen.BUILTINS.values())
    bare = [{"name": t["name"], "description": t["description"], "parameters": {"properties": {p: {} for p in t["parameters"]["properties"]}}} for t in shipped]
    lists = {"shipped": bare, "foreign": FOREIGN_TOOLS, "mixed": bare[:9] + FOREIGN_TOOLS}
    cases = []
    for request, kind in VECTOR_REQUESTS:
        cases.append({"request": request, "tools": kind, "words": request_words(request),
                      "ranked": [[lists[kind][i]["name"], round(s, 9)] for i, s in rank(weights, request, lists[kind])]})
    stems = ["files", "moved", "moves", "deleted", "renaming", "quickly", "is", "copies", "things", "größes", "pass"]
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"tolerance": 1e-6, "stems": {w: stem(w) for w in stems}, "lists": lists, "cases": cases}, f, ensure_ascii=False, indent=1)
    for c in cases:
        print(c["request"], "->", c["ranked"][0], c["words"])


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    {"train": train, "vectors": vectors, "measure": measure}[sys.argv[1]](*sys.argv[2:3])
