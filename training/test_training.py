"""Tests of this folder: python3 -m unittest discover training (from the repository) or python3 test_training.py (from here).

Only the last class needs PyTorch; it is skipped where there is none.
"""

import json
import os
import random
import re
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import numpy as np

import export
import generator as gen
import gguf
import shortlist
from batches import Stream, encode_conversation
from prompt_form import literal, segments, text_of, tokens_of
from tokenizer import BYTE_TO_CHAR, SPECIALS, Tokenizer, split, to_chars

MODEL = os.path.join(HERE, "..", "models", "weir-nano.gguf")
TEXTS = ["Hello, world! It's 12345 o'clock", "a  b   \n c", "x\t\ty  ", "\n\n\nfoo", "日本語 テスト 123", "I'LL go", "", "naïve Übergröße", "C:\\new\\it's.txt", "🙂 e\u0301"]


def tiny_tokenizer():
    """All bytes, three merges, and "<space>the" without a merge."""
    space = BYTE_TO_CHAR[0x20]
    merges = [("t", "h"), ("th", "e"), ("r", "e")]
    return Tokenizer(SPECIALS + [BYTE_TO_CHAR[b] for b in range(256)] + ["th", "the", "re", space + "the"], merges)


class TokenizerTest(unittest.TestCase):
    def test_splits_like_the_reference(self):
        want = {"Hello, world! It's 12345 o'clock": ["Hello", ",", " world", "!", " It", "'s", " ", "123", "45", " o", "'clock"],
                "def f(x):\n    return x\n\n\n": ["def", " f", "(x", "):\n", "   ", " return", " x", "\n\n\n"],
                "a  b   \n c": ["a", " ", " b", "   \n", " c"], "[get_weather(city='Paris', n=10)]": ["[get", "_weather", "(city", "='", "Paris", "',", " n", "=", "10", ")]"],
                "I'LL go": ["I", "'LL", " go"], "日本語 テスト 123": ["日本語", " テスト", " ", "123"], "x\t\ty  ": ["x", "\t", "\ty", "  "], "\n\n\nfoo": ["\n\n\n", "foo"]}
        for text, pieces in want.items():
            self.assertEqual(split(text), pieces)

    def test_round_trip_of_any_text(self):
        t = tiny_tokenizer()
        r = random.Random(1)
        for text in TEXTS + ["".join(chr(r.choice([r.randint(1, 127), r.randint(128, 0x2FFF), r.randint(0x10000, 0x1FFFF)])) for _ in range(30)) for _ in range(50)]:
            self.assertEqual("".join(split(text)), text)
            self.assertEqual(t.decode(t.encode(text)), text)

    def test_a_word_with_a_leading_space_is_reached_only_as_a_whole(self):
        t = tiny_tokenizer()
        pieces = lambda text: [t.tokens[i] for i in t.encode(text)]
        self.assertEqual(pieces(" the"), [to_chars(" the")])
        self.assertEqual(pieces(" there"), [to_chars(" "), "the", "re"])
        self.assertEqual(pieces('"there'), ['"', "the", "re"])

    def test_plain_text_never_becomes_a_special_token(self):
        t = tiny_tokenizer()
        self.assertTrue(all(i >= len(SPECIALS) for i in t.encode("<|im_end|><|pad|>")))


class PromptTest(unittest.TestCase):
    def test_vectors_are_current(self):
        with open(os.path.join(HERE, "testdata", "nano_prompts.json"), encoding="utf-8") as f:
            for c in json.load(f)["cases"]:
                self.assertEqual(text_of(segments(c["messages"], c["tools"], c["system"], c["generate"])), c["text"], c["name"])

    def test_literals(self):
        self.assertEqual(literal("it's\n\\"), "'it\\'s\\n\\\\'")
        self.assertEqual(literal([1, True, None, {"a": 2.5}]), "[1, True, None, {'a': 2.5}]")

    def test_the_jinja_template_renders_the_same(self):
        try:
            import jinja2
        except ImportError:
            self.skipTest("no jinja2")
        env = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
        with open(os.path.join(HERE, "nano_template.jinja"), encoding="utf-8") as f:
            text = f.read()
        self.assertTrue(text.startswith("{#- weir-nano-1 -#}\n"))
        template = env.from_string(text)
        with open(os.path.join(HERE, "testdata", "nano_prompts.json"), encoding="utf-8") as f:
            cases = json.load(f)["cases"]
        for c in cases:
            messages = [{"role": "system", "content": c["system"]}] if c["system"] else []
            for m in c["messages"]:
                messages.append({"role": m["role"], "content": m["content"], "tool_calls": [{"type": "function", "function": x} for x in m.get("calls", [])]})
            tools = [{"type": "function", "function": t} for t in c["tools"]]
            got = template.render(messages=messages, tools=tools, bos_token="<|startoftext|>", add_generation_prompt=c["generate"])
            self.assertEqual(got, c["text"], c["name"])


class GeneratorTest(unittest.TestCase):
    def conversations(self, n=150, **options):
        g = gen.Generator(7, **options)
        return [g.conversation() for _ in range(n)]

    def test_same_seed_same_data(self):
        self.assertEqual(self.conversations(40), self.conversations(40))

    def test_every_argument_is_a_span_or_an_enum_value(self):
        for heldout in (False, True):
            for c in self.conversations(heldout=heldout):
                tools = {t["name"]: t["parameters"] for t in c.tools}
                said = []
                for m in c.messages:
                    if m["role"] == "user":
                        said.append(m["content"])
                    for call in m.get("calls", []):
                        schema = tools[call["name"]]
                        self.assertLessEqual(set(schema["required"]), set(call["arguments"]))
                        self.assertEqual(list(call["arguments"]), [p for p in schema["properties"] if p in call["arguments"]])
                        for name, value in call["arguments"].items():
                            prop = schema["properties"][name]
                            if "enum" in prop:
                                self.assertIn(value, prop["enum"])
                            elif isinstance(value, str):
                                self.assertTrue(any(gen.span_ok(s, value) for s in said), (value, said))
                            else:
                                self.assertEqual(prop["type"], "number")

    def test_questions_end_in_a_question_mark_and_other_texts_do_not(self):
        for c in self.conversations():
            answers = [m for m in c.messages if m["role"] == "assistant"]
            for m, (kind, _) in zip(answers, c.kinds):
                if kind == "question":
                    self.assertTrue(m["content"].endswith("?"))
                elif kind == "none":
                    self.assertEqual(m["content"], gen.NOTHING)
                elif kind == "talk":
                    self.assertFalse(m["content"].endswith("?"))

    def test_a_fifth_of_the_wordings_is_held_out_of_every_tool(self):
        for tool in gen.BUILTINS:
            self.assertGreater(len(gen.CALLS[False][tool]), 2)
            self.assertGreater(len(gen.CALLS[True][tool]), 0, tool)

    def test_span_rule(self):
        self.assertTrue(gen.span_ok("delete 'a b.txt', please", "a b.txt"))
        self.assertTrue(gen.span_ok("open x.txt?", "x.txt"))
        self.assertFalse(gen.span_ok("open ax.txt", "x.txt"))
        self.assertFalse(gen.span_ok("open x.txts", "x.txt"))


class BatchTest(unittest.TestCase):
    def test_answers_mark_whole_assistant_turns(self):
        t = tiny_tokenizer()
        g = gen.Generator(3)
        for _ in range(40):
            c = g.conversation()
            ids, weights, answers = encode_conversation(c, t)
            self.assertEqual(ids, tokens_of(segments(c.messages, c.tools, c.system, generate=False), t))
            marked = set(i for i, w in enumerate(weights) if w > 0)
            self.assertEqual(marked, set(i for first, end, *_ in answers for i in range(first, end)))
            for first, end, name_end, kind, _ in answers:
                text = t.decode(ids[first:end])
                if kind in ("call", "filled"):
                    self.assertRegex(text, r"^<\|tool_call_start\|>\[.*\]<\|tool_call_end\|><\|im_end\|>$")
                    self.assertRegex(t.decode(ids[first:name_end]), r"^<\|tool_call_start\|>\[[^(]+$")

    def test_varied_segmentation_keeps_the_text(self):
        t = tiny_tokenizer()
        a, b = Stream(t, 5, 3000, pool=20), Stream(t, 5, 3000, pool=20)
        for _ in range(5):
            x, y = a.next(1), b.next(1)
            self.assertEqual(x, y)
            for ids, _ in x:
                self.assertTrue(t.decode(ids).startswith("<|startoftext|>"))


class GgufTest(unittest.TestCase):
    def test_round_trip(self):
        r = np.random.RandomState(0)
        m, n = r.randn(4, 64).astype(np.float32), r.randn(64).astype(np.float32)
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "x.gguf")
            gguf.write(path, [("a", gguf.STRING, "é"), ("b", (gguf.ARRAY, gguf.I32), [1, 0]), ("c", gguf.FLOAT, 0.5), ("d", gguf.BOOL, True)], [("m", m, gguf.Q8_0), ("n", n, gguf.F32)])
            meta, tensors = gguf.read(path)
        self.assertEqual(meta, {"a": "é", "b": [1, 0], "c": 0.5, "d": True})
        np.testing.assert_array_equal(tensors["n"][0], n)
        self.assertLess(np.abs(tensors["m"][0] - m).max(), np.abs(m).max() / 127)

    def test_q8_0_matches_the_published_layout(self):
        block = bytes([0x00, 0x30]) + bytes((37 * i + 11) % 256 for i in range(32))  # scale 0.125
        x = gguf.dequantise_q8_0(block, (32,))
        self.assertEqual([x[0], x[1], x[15], x[16], x[31], x.sum()], [1.375, 6, 6.75, 11.375, -15.25, 2.0])

    def test_export_names_every_tensor_once(self):
        c = {"layers": 2, "attention": (1,), "d": 64, "vocab": 32, "ffn": 64, "heads": 1, "kv_heads": 1, "context": 64, "eps": 1e-5, "theta": 1e5}
        shapes = {"embed": (32, 64), "mixer.in_proj.weight": (192, 64), "mixer.conv": (64, 3)}
        weights = {}
        for _, ours, kind in export.names(c):
            short = re.sub(r"^blocks\.\d+\.", "", ours)
            weights[ours] = np.ones(shapes.get(short, (64, 64) if kind == gguf.Q8_0 else (64,)), np.float32)
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "x.gguf")
            export.export(c, weights, tiny_tokenizer(), "nothing", path)
            meta, tensors = gguf.read(path)
        self.assertEqual(len(tensors), 2 + 11 + 8)
        self.assertEqual(meta["lfm2.attention.head_count_kv"], [0, 1])
        self.assertEqual(tensors["blk.0.shortconv.in_proj.weight"][0].shape, (192, 64))


class ShortlistTest(unittest.TestCase):
    def test_vectors_are_current(self):
        with open(os.path.join(HERE, "testdata", "shortlist.json"), encoding="utf-8") as f:
            data = json.load(f)
        weights = shortlist.Weights()
        for word, stem in data["stems"].items():
            self.assertEqual(shortlist.stem(word), stem)
        for c in data["cases"]:
            tools = data["lists"][c["tools"]]
            self.assertEqual(shortlist.request_words(c["request"]), c["words"])
            for (i, score), (name, want) in zip(shortlist.rank(weights, c["request"], tools), c["ranked"]):
                self.assertEqual(tools[i]["name"], name)
                self.assertAlmostEqual(score, want, delta=data["tolerance"])


@unittest.skipUnless(os.path.exists(MODEL), "no model")
class ShippedModelTest(unittest.TestCase):
    def test_the_file_is_what_the_format_says(self):
        meta, tensors = gguf.read(MODEL)
        self.assertEqual(meta["general.architecture"], "lfm2")
        self.assertEqual(meta["tokenizer.ggml.tokens"][:16], SPECIALS)
        self.assertIn("weir-nano-1", meta["tokenizer.chat_template"])
        self.assertEqual(len(meta["tokenizer.ggml.tokens"]), tensors["token_embd.weight"][0].shape[0])

    def test_reference_logits_are_those_of_the_file(self):
        try:
            import torch
        except ImportError:
            self.skipTest("no PyTorch")
        path = os.path.join(HERE, "testdata", "nano_logits")
        if not os.path.exists(path + ".json"):
            self.skipTest("no reference yet")
        with open(path + ".json", encoding="utf-8") as f:
            cases = json.load(f)["cases"]
        rows = np.load(path + ".npy")
        model, _ = export.load(MODEL)
        for c, row in zip(cases, rows):
            with torch.no_grad():
                logits = model(torch.tensor([c["tokens"]]))[-1].numpy()
            np.testing.assert_allclose(logits, row, atol=2e-3)

    def test_fused_steps_are_the_plain_ones_in_bfloat16(self):
        try:
            import torch
        except ImportError:
            self.skipTest("no PyTorch")
        import fused
        if not fused.available():
            self.skipTest("no compiler, or a processor without AVX-512 BF16")
        from model import Config, Model
        torch.manual_seed(3)
        c = Config(vocab=300, d=128, layers=4, attention=(1, 3), heads=2, kv_heads=1, ffn=192)
        model = Model(c)
        for b in model.blocks:  # what begins at zero has no gradient to compare
            torch.nn.init.normal_(b.w2.weight, std=0.05)
            torch.nn.init.normal_(b.mixer.out_proj.weight, std=0.05)
        ids, targets = torch.randint(0, 300, (3, 37)), torch.randint(0, 300, (3 * 37,))
        weights = (torch.rand(3 * 37) < 0.4).float() * 2 * torch.rand(3 * 37)
        at = weights.nonzero().view(-1)
        plain = (torch.nn.functional.cross_entropy(model(ids, at), targets[at], reduction="none") * weights[at]).sum() / weights.sum()
        plain.backward()
        want = {n: p.grad.clone() for n, p in model.named_parameters()}
        model.zero_grad()
        loss = fused.loss(model, ids, targets, weights)
        loss.backward()
        self.assertAlmostEqual(loss.item(), plain.item(), delta=2e-3 * plain.item())
        for name, p in model.named_parameters():
            # A sum of a thousand numbers of eight bits each: some percent off, and in the same direction.
            self.assertLess((p.grad - want[name]).norm() / want[name].norm(), 0.05, name)


if __name__ == "__main__":
    unittest.main()
