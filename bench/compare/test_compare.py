"""Tests of the comparison's logic with a fake engine: neither Weir nor llama.cpp is needed.

    python3 -m unittest bench/compare/test_compare.py        (CTest runs it as `compare`)
"""

import contextlib
import io
import json
import os
import pathlib
import shlex
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import compare
import engines
import figures
import measure
import report
import rows

FAKE = f"{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'fake_engine.py'))}"


def row_named(name):
    return rows.choose(name)[0]


class FiguresTest(unittest.TestCase):
    def test_unequal_numbers_of_samples_are_no_pairs(self):
        with self.assertRaisesRegex(ValueError, "2 samples of Weir and 1 of llama.cpp"):
            figures.pairs([1, 2], [1])
        with self.assertRaises(ValueError):
            figures.pairs([], [])

    def test_the_ratio_is_the_median_of_pairs_and_not_of_medians(self):
        found = figures.pairs([1.0, 2.0, 4.0], [3.0, 4.0, 4.0])
        self.assertEqual(found["ratios"], [3.0, 2.0, 1.0])
        self.assertEqual(found["ratio"], 2.0)
        self.assertEqual(found["ratio_spread"], [1.0, 3.0])
        self.assertEqual((found["weir_median"], found["llama_median"]), (2.0, 4.0))

    def test_the_variant_in_which_llama_is_faster_counts(self):
        f16, q8_0 = {"kv": "f16", "llama_median": 4.0}, {"kv": "q8_0", "llama_median": 3.0}
        self.assertIs(figures.counting([f16, q8_0]), q8_0)
        self.assertIsNone(figures.counting([f16, {"kv": "q8_0", "error": "gone"}]))
        self.assertIsNone(figures.counting([]))

    def test_bars(self):
        row = row_named("decode-64")
        variant = {"ratio": 1.0, "weir_median": 2.0, "roof": 40.0}  # 32 of 40 tokens a second
        bars = {"least_ratio": 1.0, "least_share_of_roof": 0.95}
        self.assertEqual(figures.verdict(row, variant, bars), {"least_ratio": True, "least_share_of_roof": False})
        self.assertEqual(figures.verdict(row, {**variant, "roof": 33.0}, bars)["least_share_of_roof"], True)
        self.assertEqual(figures.verdict(row, {**variant, "roof": None}, bars)["least_share_of_roof"], False)
        self.assertEqual(figures.verdict(row, None, bars), {"least_ratio": False, "least_share_of_roof": False})
        bars = {"most_seconds": 1.0, "most_bytes": 2.0}
        self.assertEqual(figures.verdict(row, variant, bars), {"most_seconds": False, "most_bytes": True})


class RowsTest(unittest.TestCase):
    def test_an_unknown_row_is_named_with_those_there_are(self):
        with self.assertRaisesRegex(ValueError, "no row 'prefil'; there are prefill-512, prefill-2048"):
            rows.choose("decode-64,prefil")

    def test_rows_come_in_the_order_of_the_table(self):
        self.assertEqual([row.name for row in rows.choose("memory, prefill-512")], ["prefill-512", "memory"])
        self.assertEqual(rows.choose("all"), rows.ROWS)

    def test_every_row_fits_its_context(self):
        for row in rows.ROWS:
            self.assertLessEqual(row.depth + row.tokens, row.context, row.name)

    def test_bars_depend_on_the_mix(self):
        prefill = row_named("prefill-512")
        self.assertEqual(rows.bars(prefill, "Q4_0"), {"least_ratio": 3.0})
        self.assertEqual(rows.bars(prefill, "Q4_K_M"), {"least_ratio": 2.5})
        self.assertEqual(rows.bars(prefill, "another mix"), {})
        self.assertEqual(rows.bars(row_named("append-16"), "another mix"), {"least_ratio": 2.0})
        self.assertEqual(rows.mix_of("20 Q4_K, 3 Q6_K"), "Q4_K_M")
        self.assertEqual(rows.mix_of("20 Q8_0"), "another mix")


class EnginesTest(unittest.TestCase):
    def engine(self, flags=""):
        engine = engines.Engine("fake", shlex.split(f"{FAKE} {flags}"))
        self.addCleanup(engine.close)
        return engine

    def test_a_program_that_is_not_there(self):
        with self.assertRaisesRegex(engines.EngineError, "fake: /none does not start: No such file"):
            engines.Engine("fake", ["/none"])

    def test_a_refusal_is_named_and_the_next_request_answered(self):
        engine = self.engine("--refuse prefill")
        with self.assertRaisesRegex(engines.EngineError, "fake: refused"):
            engine.ask("prefill", tokens=1)
        self.assertEqual(engine.ask("open", context=5), {"context": 5})

    def test_death_is_told_with_the_code_and_the_last_words(self):
        engine = self.engine("--die-on open")
        with self.assertRaisesRegex(engines.EngineError, "fake: ended with code 7: the last words"):
            engine.ask("open", context=5)

    def test_an_answer_that_is_no_json(self):
        engine = engines.Engine("fake", [sys.executable, "-c", "print('hello')"])
        self.addCleanup(engine.close)
        with self.assertRaisesRegex(engines.EngineError, "said b'hello', expected JSON"):
            engine.answer()

    def test_a_sequence_keeps_what_it_holds_and_goes_on_from_there(self):
        sequence = engines.Sequence("fake", shlex.split(FAKE))
        self.addCleanup(sequence.close)
        asked = []
        ask = sequence.ask
        sequence.ask = lambda op, **members: asked.append((op, members)) or ask(op, **members)
        for depth in (0, 10, 30, 30, 20):
            sequence.bring_to(100, depth)
        self.assertEqual(asked, [("open", {"context": 100}), ("extend", {"tokens": 10}), ("extend", {"tokens": 20}),
                                 ("open", {"context": 100}), ("extend", {"tokens": 20})])

    def test_a_sequence_starts_anew_after_its_process_died(self):
        sequence = engines.Sequence("fake", shlex.split(f"{FAKE} --die-on decode"))
        self.addCleanup(sequence.close)
        sequence.bring_to(100, 10)
        with self.assertRaises(engines.EngineError):
            sequence.ask("decode", tokens=1)
        sequence.bring_to(100, 10)
        self.assertEqual(sequence.ask("prefill", tokens=2)["seconds"], 0.002)

    def test_memory_that_is_no_page_of_a_file(self):
        status = "VmRSS:\t 500 kB\nRssAnon:\t 100 kB\nRssFile:\t 390 kB\nRssShmem:\t 10 kB\nThreads:\t2\n"
        self.assertEqual(engines.bytes_beyond_files(status), 110 * 1024)
        self.assertEqual(engines.bytes_beyond_files("State:\tZ (zombie)\n"), 0)


class MeasureTest(unittest.TestCase):
    def measured(self, name, weir="", llama="", pairs=3):
        self.steps = []
        comparison = measure.Comparison(shlex.split(f"{FAKE} {weir}"), shlex.split(f"{FAKE} {llama}"),
                                        ["f16", "q8_0"], pairs, self.steps.append)
        row = row_named(name)
        with comparison:
            return measure.measure_row(comparison, row, rows.bars(row, "Q4_0"))

    def test_a_row_in_which_one_engine_refuses_says_so_and_meets_nothing(self):
        result = self.measured("prefill-512", llama="--refuse prefill")
        self.assertEqual(result["error"], "llama.cpp: refused")
        self.assertEqual(result["met"], {"least_ratio": False})
        self.assertIn("FAILED  llama.cpp: refused", report.row_lines(result)[0])
        self.assertIn("FAILED: prefill-512", report.summary([result]))

    def test_a_row_in_which_one_engine_dies_says_so(self):
        for flags, who in (({"weir": "--die-on roofs"}, "weir"), ({"llama": "--die-on open"}, "llama.cpp")):
            self.assertIn(f"{who}: ended with code 7", self.measured("prefill-512", **flags)["error"])
        self.assertIn("ended with code 7", self.measured("first-token", weir="--die-on open")["error"])
        self.assertIn("ended with code 7", self.measured("memory", llama="--die-on extend")["error"])

    def test_ratio_and_share_of_the_roof(self):
        result = self.measured("prefill-512", weir="--pace 0.002", llama="--pace 0.007")
        self.assertAlmostEqual(result["ratio"], 3.5)
        self.assertAlmostEqual(result["tokens_per_second"]["weir"], 500)
        self.assertAlmostEqual(result["share_of_roof"], 0.5)  # of 1000
        self.assertEqual(result["met"], {"least_ratio": True})
        self.assertEqual(len(result["variants"][0]["ratios"]), 3)
        self.assertTrue(result["variants"][0]["same_next_token"])
        self.assertIn("3.50 (3.50 .. 3.50)", report.row_lines(result)[0])

    def test_deep_rows_count_against_the_faster_kv_type(self):
        result = self.measured("decode-64-at-16k", weir="--pace 0.01", llama="--pace 0.016")
        self.assertEqual([variant["kv"] for variant in result["variants"]], ["f16", "q8_0"])
        self.assertEqual(result["counts"], "q8_0")
        self.assertAlmostEqual(result["ratio"], 0.8)
        self.assertEqual(result["met"], {"least_ratio": False})
        self.assertIn("ratio >= 1.2: MISSED (against q8_0)", report.row_lines(result)[1])

    def test_deeper_rows_keep_to_the_kv_type_that_was_faster(self):
        comparison = measure.Comparison(shlex.split(FAKE), shlex.split(FAKE), ["f16", "q8_0"], 1, lambda step: None)
        with comparison:
            types = [[v["kv"] for v in comparison.variants(row_named(f"decode-64-at-{depth}"))] for depth in ("8k", "16k")]
        self.assertEqual(types, [["f16", "q8_0"], ["q8_0"]])

    def test_the_roof_is_a_bar_of_one_mix_only(self):
        self.assertIn("least_share_of_roof", rows.bars(row_named("decode-64"), "Q4_0"))
        self.assertNotIn("least_share_of_roof", rows.bars(row_named("decode-64"), "Q4_K_M"))

    def test_shallow_rows_take_one_kv_type(self):
        self.assertEqual([v["kv"] for v in self.measured("append-16")["variants"]], ["f16"])

    def test_every_engine_warms_up_before_the_pairs(self):
        self.measured("append-16", pairs=2)
        self.assertEqual(self.steps, ["roofs", "append-16, KV f16: weir fills 4096 tokens and warms up",
                                      "append-16, KV f16: llama.cpp fills 4096 tokens and warms up",
                                      "append-16, KV f16: pair 1 of 2", "append-16, KV f16: pair 2 of 2"])

    def test_fresh_processes(self):
        result = self.measured("first-token", pairs=1)
        self.assertGreater(result["variants"][0]["weir_median"], 0)
        memory = self.measured("memory")
        self.assertGreater(memory["variants"][0]["llama_median"], 1e6)  # an interpreter's
        self.assertEqual(memory["met"], {"most_bytes": True})


class CompareTest(unittest.TestCase):
    def run_compare(self, *argv):
        """(exit code, standard output, result or None)."""
        with tempfile.TemporaryDirectory() as folder:
            model = os.path.join(folder, "m.gguf")
            pathlib.Path(model).write_bytes(b"GGUF")
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                code = compare.run([model, "--name", "r", "--out", folder, "--pairs", "2", *argv])
            path = pathlib.Path(folder) / "r.json"
            return code, out.getvalue(), json.loads(path.read_text()) if path.exists() else None

    def test_wrong_command_lines(self):
        for argv in (["--rows", "nonsense"], ["--pairs", "0"], ["--threads", "0"], ["--cpus", "a"]):
            with self.assertRaises(SystemExit) as caught:
                self.run_compare("--weir", FAKE, *argv)
            self.assertEqual(caught.exception.code, 2)

    def test_a_program_that_is_not_there(self):
        code, out, result = self.run_compare("--weir", "/none")
        self.assertEqual((code, result), (1, None))
        self.assertIn("`/none model info", out)

    def test_a_failed_row_is_loud_and_the_others_are_kept(self):
        code, out, result = self.run_compare("--weir", FAKE, "--llama", f"{FAKE} --die-on decode",
                                             "--rows", "prefill-512,decode-64,append-16")
        self.assertEqual(code, 1)
        self.assertIn("FAILED  llama.cpp: ended with code 7: the last words", out)
        self.assertIn("FAILED: decode-64", out)
        self.assertEqual(["error" in row for row in result["rows"]], [False, True, False])

    def test_a_result_says_where_it_comes_from(self):
        code, out, result = self.run_compare("--weir", FAKE, "--llama", f"{FAKE} --pace 0.004", "--rows", "prefill-512")
        self.assertEqual(code, 0, out)
        self.assertIn("ratio >= 3: met", out)
        self.assertIn("1 of 1 rows meet their bars", out)
        self.assertIn("roofs: 30.0 GB/s of the mapped file, 34.0 GB/s of huge pages, 900.0 int8 GOPS", out)
        self.assertIn("--rows prefill-512", result["command"])
        self.assertEqual(result["model"]["mix"], "Q4_0")
        self.assertEqual(result["versions"]["weir"], "fake 1")
        self.assertEqual(result["rows"][0]["variants"][0]["llama"], [2.048, 2.048])
        for key in ("cpu", "cpu_flags", "caches", "memory", "kernel", "cpus_used"):
            self.assertIn(key, result["machine"])
        self.assertIn("commit", result)


if __name__ == "__main__":
    unittest.main()
