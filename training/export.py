"""Checkpoint to GGUF, and reference logits of the exported file.

    python3 export.py --tokenizer tokenizer.json --checkpoint DIR/checkpoint.pt --out ../models/weir-nano.gguf
    python3 export.py --reference ../models/weir-nano.gguf      writes testdata/nano_logits.{json,npy}

Matrices and the embedding become Q8_0, norms and convolution taps stay F32. Names and metadata are llama.cpp's for `lfm2`.
The file is written beside its place and then renamed, so that no reader sees half of it.
"""

import argparse
import json
import os

import numpy as np

import gguf
from gguf import ARRAY, BOOL, F32, FLOAT, I32, Q8_0, STRING, U32
from tokenizer import SPECIALS, Tokenizer

HERE = os.path.dirname(os.path.abspath(__file__))


def token_types(tokens):
    return [3 if i < len(SPECIALS) else 5 if t.startswith("[PAD") else 1 for i, t in enumerate(tokens)]


def metadata(c, tokenizer, trained_on):
    """c: the configuration as a dict."""
    with open(os.path.join(HERE, "nano_template.jinja"), encoding="utf-8") as f:
        template = f.read()
    a = "lfm2."
    return [
        ("general.architecture", STRING, "lfm2"), ("general.name", STRING, "weir-nano"), ("general.license", STRING, "apache-2.0"),
        ("general.file_type", U32, 7), ("general.quantization_version", U32, 2), ("general.alignment", U32, gguf.ALIGNMENT),
        ("weir.trained_on", STRING, trained_on),
        (a + "block_count", U32, c["layers"]), (a + "context_length", U32, c["context"]), (a + "embedding_length", U32, c["d"]),
        (a + "feed_forward_length", U32, c["ffn"]), (a + "attention.head_count", U32, c["heads"]),
        (a + "attention.head_count_kv", (ARRAY, I32), [c["kv_heads"] if i in c["attention"] else 0 for i in range(c["layers"])]),
        (a + "attention.layer_norm_rms_epsilon", FLOAT, c["eps"]), (a + "rope.freq_base", FLOAT, c["theta"]),
        (a + "shortconv.l_cache", U32, 3), (a + "vocab_size", U32, c["vocab"]),
        ("tokenizer.ggml.model", STRING, "gpt2"), ("tokenizer.ggml.pre", STRING, "lfm2"),
        ("tokenizer.ggml.tokens", (ARRAY, STRING), tokenizer.tokens), ("tokenizer.ggml.token_type", (ARRAY, I32), token_types(tokenizer.tokens)),
        ("tokenizer.ggml.merges", (ARRAY, STRING), [" ".join(m) for m in tokenizer.merges]),
        ("tokenizer.ggml.bos_token_id", U32, 1), ("tokenizer.ggml.eos_token_id", U32, 7), ("tokenizer.ggml.padding_token_id", U32, 0),
        ("tokenizer.ggml.add_bos_token", BOOL, False), ("tokenizer.chat_template", STRING, template)]


# GGUF name of a block's tensor: (name in model.py, type). The mixer is one of the two lower groups.
COMMON = {"attn_norm": ("operator_norm.weight", F32), "ffn_norm": ("ffn_norm.weight", F32), "ffn_gate": ("w1.weight", Q8_0), "ffn_up": ("w3.weight", Q8_0),
          "ffn_down": ("w2.weight", Q8_0)}
ATTENTION = {"attn_q": ("mixer.q_proj.weight", Q8_0), "attn_k": ("mixer.k_proj.weight", Q8_0), "attn_v": ("mixer.v_proj.weight", Q8_0),
             "attn_output": ("mixer.out_proj.weight", Q8_0), "attn_q_norm": ("mixer.q_norm.weight", F32), "attn_k_norm": ("mixer.k_norm.weight", F32)}
CONV = {"shortconv.conv": ("mixer.conv", F32), "shortconv.in_proj": ("mixer.in_proj.weight", Q8_0), "shortconv.out_proj": ("mixer.out_proj.weight", Q8_0)}


def names(c):
    """[(GGUF name, name in model.py, type)] of every tensor."""
    out = [("token_embd.weight", "embed", Q8_0), ("token_embd_norm.weight", "final_norm.weight", F32)]
    for i in range(c["layers"]):
        for short, (ours, kind) in {**COMMON, **(ATTENTION if i in c["attention"] else CONV)}.items():
            out.append((f"blk.{i}.{short}.weight", f"blocks.{i}.{ours}", kind))
    return out


def export(config, weights, tokenizer, trained_on, path):
    """weights: {name in model.py: float32 array}."""
    tensors = [(name, np.asarray(weights[ours], dtype=np.float32), kind) for name, ours, kind in names(config)]
    gguf.write(path + ".new", metadata(config, tokenizer, trained_on), tensors)
    os.replace(path + ".new", path)


def load(path):
    """(model with the file's dequantised weights, tokenizer): what the C++ side computes with."""
    import torch
    from model import Config, Model
    meta, tensors = gguf.read(path)
    kv = meta["lfm2.attention.head_count_kv"]
    c = Config(vocab=meta["lfm2.vocab_size"], d=meta["lfm2.embedding_length"], layers=meta["lfm2.block_count"], attention=tuple(i for i, n in enumerate(kv) if n),
               heads=meta["lfm2.attention.head_count"], kv_heads=max(kv), ffn=meta["lfm2.feed_forward_length"], theta=meta["lfm2.rope.freq_base"],
               eps=meta["lfm2.attention.layer_norm_rms_epsilon"], context=meta["lfm2.context_length"])
    model = Model(c)
    model.load_state_dict({ours: torch.tensor(np.array(tensors[name][0])) for name, ours, _ in names(c.to_dict())})
    tokenizer = Tokenizer(meta["tokenizer.ggml.tokens"], [tuple(m.split(" ")) for m in meta["tokenizer.ggml.merges"]])
    return model.eval(), tokenizer


def reference(path, out):
    """Logits of the last position of some prompts, float32 throughout, weights as in the file. Row i of the .npy belongs to
    case i of the .json; "best" is what greedy decoding writes first."""
    import torch
    from prompt_form import segments, tokens_of
    model, tokenizer = load(path)
    cases, rows = [], []
    with open(os.path.join(HERE, "testdata", "nano_prompts.json"), encoding="utf-8") as f:
        prompts = [c for c in json.load(f)["cases"] if c["generate"]][:8]
    for p in prompts:
        ids = tokens_of(segments(p["messages"], p["tools"], p["system"]), tokenizer)
        with torch.no_grad():
            logits = model(torch.tensor([ids]))[-1]
        cases.append({"name": p["name"], "tokens": ids, "best": int(logits.argmax())})
        rows.append(logits.numpy())
    np.save(out + ".npy", np.stack(rows).astype("<f4"))
    with open(out + ".json", "w", encoding="utf-8") as f:
        json.dump({"model": os.path.basename(path), "cases": cases}, f, indent=0)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--tokenizer")
    ap.add_argument("--checkpoint")
    ap.add_argument("--out")
    ap.add_argument("--reference")
    a = ap.parse_args()
    if a.checkpoint:
        import torch
        saved = torch.load(a.checkpoint, map_location="cpu")
        trained_on = (f"Trained from scratch on {saved['tokens'] / 1e6:.1f} million tokens of generated tool conversations (Weir's training/ folder; "
                      "some words from Debian's wamerican); no other data, no other model.")
        export(saved["config"], {k: v.numpy() for k, v in saved["model"].items()}, Tokenizer.load(a.tokenizer), trained_on, a.out)
        print(f"{a.out}: {os.path.getsize(a.out)} bytes, step {saved['step']}, {saved['tokens'] / 1e6:.2f} M tokens")
    if a.reference:
        reference(a.reference, os.path.join(HERE, "testdata", "nano_logits"))


if __name__ == "__main__":
    main()
