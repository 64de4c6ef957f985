"""Trains weir-nano on generated conversations.

    python3 train.py --tokenizer tokenizer.json --out DIR --minutes 100 [--resume] [--threads 2]

The schedule follows the clock, not the step count: warm-up, flat, then a linear decay over the last 40 % of the minutes, so
that a slow machine shortens training but never cuts off the decay. DIR/checkpoint.pt is replaced atomically every three
minutes; --resume goes on from it, counting the minutes already spent.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import argparse
import ctypes
import time

import torch
import torch.nn.functional as F

import fused
from batches import Stream, pad
from evaluate import held_out_set, score
from model import Config, Model, parameter_count
from tokenizer import Tokenizer

MUON_LR, ADAM_LR, MOMENTUM, DECAY_SHARE = 0.02, 4e-3, 0.95, 0.40
HALF = fused.available()  # bfloat16 in fused steps; float32 in model.py's where the processor has no bfloat16


def matmul_speed(seconds=1.0):
    """GFLOP/s of float32 matrix products."""
    a, b, n, start = torch.randn(1024, 256), torch.randn(256, 512), 0, time.time()
    while time.time() - start < seconds:
        a @ b
        n += 1
    return n * 2 * 1024 * 256 * 512 / (time.time() - start) / 1e9


def use_threads(n):
    """Sets the threads of PyTorch and of OpenBLAS, which keeps its own count."""
    torch.set_num_threads(n)
    try:
        ctypes.CDLL("libopenblas.so.0").openblas_set_num_threads(n)
    except (OSError, AttributeError):
        pass


def orthogonalise(g):
    """Newton-Schulz iteration towards the nearest (semi-)orthogonal matrix; g [n, rows, columns]."""
    flip = g.shape[1] > g.shape[2]
    x = g.transpose(1, 2) if flip else g
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    if HALF:
        x = x.bfloat16()
    for _ in range(5):
        a = torch.bmm(x, x.transpose(1, 2))
        b = torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315)
        x = torch.baddbmm(x, b, x, beta=3.4445)
    x = x.float()
    return x.transpose(1, 2) if flip else x


class Muon:
    """Momentum, then an orthogonalised update, for matrices. Matrices of one shape are updated together."""

    def __init__(self, params):
        self.groups = {}
        for p in params:
            self.groups.setdefault(tuple(p.shape), []).append(p)
        self.buffers = [[torch.zeros_like(p) for p in g] for g in self.groups.values()]

    @torch.no_grad()
    def step(self, lr):
        for (shape, params), buffers in zip(self.groups.items(), self.buffers):
            updates = []
            for p, m in zip(params, buffers):
                m.mul_(MOMENTUM).add_(p.grad, alpha=1 - MOMENTUM)
                updates.append(p.grad.lerp(m, MOMENTUM))
            u = orthogonalise(torch.stack(updates))
            scale = max(1.0, shape[0] / shape[1]) ** 0.5
            for p, x in zip(params, u):
                p.mul_(1 - lr * 0.01).add_(x, alpha=-lr * scale)


def loss_of(model, batch):
    """Weighted cross entropy of one batch."""
    x, y, w = pad(batch)
    w = torch.tensor(w).view(-1)
    if HALF:
        return fused.loss(model, torch.tensor(x), torch.tensor(y).view(-1), w), len(x) * len(x[0])
    at = w.nonzero().view(-1)
    logits = model(torch.tensor(x), at)
    return (F.cross_entropy(logits, torch.tensor(y).view(-1)[at], reduction="none") * w[at]).sum() / w[at].sum(), len(x) * len(x[0])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--tokenizer", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--minutes", type=float, required=True)
    ap.add_argument("--resume", action="store_true")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--tokens", type=int, default=6000, help="tokens of a batch")
    ap.add_argument("--d", type=int, default=256)
    ap.add_argument("--layers", type=int, default=8)
    ap.add_argument("--ffn", type=int, default=512)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    use_threads(a.threads)
    torch.manual_seed(a.seed)
    speed = matmul_speed()
    print(f"matrix products: {speed:.0f} GFLOP/s in float32" + ("  -- slow: install libopenblas0-pthread" if speed < 20 else "")
          + ("; bfloat16 in fused steps" if HALF else "; no AVX-512 BF16 here: everything in float32"), flush=True)

    tokenizer = Tokenizer.load(a.tokenizer)
    config = Config(vocab=len(tokenizer.tokens), d=a.d, heads=a.d // 64, kv_heads=a.d // 128, layers=a.layers, ffn=a.ffn, attention=tuple(range(1, a.layers, 2)))
    model = Model(config)
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and n.startswith("blocks.") and n.endswith("weight")]
    rest = [p for n, p in model.named_parameters() if not any(p is m for m in matrices)]
    muon = Muon(matrices)
    adam = torch.optim.Adam(rest, lr=ADAM_LR, betas=(0.9, 0.97), eps=1e-10)
    path = os.path.join(a.out, "checkpoint.pt")
    os.makedirs(a.out, exist_ok=True)
    step = seen = 0
    spent = 0.0
    if a.resume and os.path.exists(path):
        saved = torch.load(path)
        model.load_state_dict(saved["model"])
        adam.load_state_dict(saved["adam"])
        for mine, theirs in zip(muon.buffers, saved["muon"]):
            for m, t in zip(mine, theirs):
                m.copy_(t)
        step, seen, spent = saved["step"], saved["tokens"], saved["seconds"]
        print(f"resumed at step {step}, {seen / 1e6:.2f} M tokens, {spent / 60:.1f} minutes", flush=True)
    print(f"{parameter_count(model) / 1e6:.2f} M parameters {config}", flush=True)

    def save():
        torch.save({"model": model.state_dict(), "config": config.to_dict(), "adam": adam.state_dict(), "muon": muon.buffers,
                    "step": step, "tokens": seen, "seconds": spent}, path + ".new")
        os.replace(path + ".new", path)

    stream = Stream(tokenizer, a.seed * 1000003 + step, a.tokens)
    probe = held_out_set(tokenizer, seed=99, n=50)
    total = a.minutes * 60
    last_save = last_log = last_eval = time.time()
    log_tokens, log_loss, log_n = 0, 0.0, 0
    while spent < total:
        started = time.time()
        # On a crowded machine two threads mostly wait for each other: one gets the same share of the processor done with less waste.
        use_threads(1 if os.getloadavg()[0] > 3 * a.threads else a.threads)
        done = spent / total
        stage = 0 if seen < 0.6e6 else 1 if seen < 3e6 and done < 0.6 else 2
        batch = stream.next(stage)
        loss, n = loss_of(model, batch)
        model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(rest, 1.0)
        factor = min(1.0, (step + 1) / 60) * min(1.0, max(0.02, (1 - done) / DECAY_SHARE))
        muon.step(MUON_LR * factor)
        for group in adam.param_groups:
            group["lr"] = ADAM_LR * factor
        adam.step()
        step += 1
        seen += n
        now = time.time()
        spent += now - started
        log_tokens, log_loss, log_n = log_tokens + n, log_loss + loss.item(), log_n + 1
        if now - last_log > 20:
            print(f"{spent / 60:6.1f} min  step {step:5d}  {seen / 1e6:6.2f} M tokens  {log_tokens / (now - last_log):5.0f} tok/s  "
                  f"loss {log_loss / log_n:.4f}  lr x{factor:.2f}  stage {stage}", flush=True)
            last_log, log_tokens, log_loss, log_n = now, 0, 0.0, 0
        if now - last_eval > 900:
            print("   held-out wordings: " + score(model, probe), flush=True)
            spent += time.time() - now
            last_eval = time.time()
        if now - last_save > 170:
            save()
            last_save = time.time()
    save()
    print("   held-out wordings: " + score(model, held_out_set(tokenizer, seed=98, n=200)), flush=True)
    print("done", flush=True)


if __name__ == "__main__":
    main()
