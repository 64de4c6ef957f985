"""Training steps in bfloat16 with the element-wise work fused in C++ (fused.cc): the same function as model.py's, several times
faster. Weights and the residual stream stay in float32. model.py is the judge (test_training.py compares values and gradients).

    loss = fused.loss(model, ids, targets, weights)      # then loss.backward() as ever

Needs g++ and a processor with AVX-512 BF16 to be worth its while; `available()` says so.
"""

import ctypes
import os
import subprocess
import tempfile

import torch
from torch.autograd import Function

from model import HEAD_DIM, Attention

HERE = os.path.dirname(os.path.abspath(__file__))
_lib = None


def available():
    """True where the processor multiplies bfloat16 and a compiler is at hand."""
    with open("/proc/cpuinfo") as f:
        has = "avx512_bf16" in f.read()
    return has and subprocess.run(["g++", "--version"], capture_output=True).returncode == 0


def lib():
    """The compiled fused.cc; built anew for each process, in a second."""
    global _lib
    if _lib is None:
        with tempfile.TemporaryDirectory() as d:
            so = os.path.join(d, "fused.so")
            subprocess.check_call(["g++", "-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-fopenmp", "-std=c++20", "-shared", "-fPIC",
                                   os.path.join(HERE, "fused.cc"), "-o", so])
            _lib = ctypes.CDLL(so)
        _lib.fused_setup()
    return _lib


def call(name, *args):
    """Tensors go as pointers, ints as int64, floats as float32."""
    out = []
    for a in args:
        if a is None:
            out.append(ctypes.c_void_p(0))
        elif isinstance(a, torch.Tensor):
            assert a.is_contiguous(), name
            out.append(ctypes.c_void_p(a.data_ptr()))
        elif isinstance(a, float):
            out.append(ctypes.c_float(a))
        else:
            out.append(ctypes.c_int64(a))
    getattr(lib(), name)(*out)


def half(*shape):
    return torch.empty(shape, dtype=torch.bfloat16)


class AddNorm(Function):
    """(x + delta, norm(x + delta)): x float32 [n, d], delta bfloat16 or None, the norm's output bfloat16."""

    @staticmethod
    def forward(ctx, x, delta, w, eps):
        n, d = x.shape
        x_new, y = torch.empty_like(x), half(n, d)
        call("add_norm", x, delta, w, eps, x_new, y, n, d)
        ctx.save_for_backward(x_new, w)
        ctx.eps, ctx.has_delta = eps, delta is not None
        return x_new, y

    @staticmethod
    def backward(ctx, dx_new, dy):
        x_new, w = ctx.saved_tensors
        n, d = x_new.shape
        dx, dw = torch.empty_like(x_new), torch.zeros_like(w)
        ddelta = half(n, d) if ctx.has_delta else None
        call("add_norm_grad", x_new, w, ctx.eps, dx_new.contiguous(), dy.contiguous(), dx, ddelta, dw, n, d)
        return dx, ddelta, dw, None


class Linear(Function):
    """x [n, k] bfloat16 times w [m, k] float32, in bfloat16."""

    @staticmethod
    def forward(ctx, x, w):
        h = w.bfloat16()
        ctx.save_for_backward(x, h)
        return x @ h.t()

    @staticmethod
    def backward(ctx, dy):
        x, h = ctx.saved_tensors
        return dy @ h, (dy.t() @ x).float()


class ShortConv(Function):
    @staticmethod
    def forward(ctx, bcx, taps, batch):
        n, d = bcx.shape[0], bcx.shape[1] // 3
        k, y = taps.t().contiguous(), half(n, d)
        call("short_conv", bcx, k, y, batch, n // batch, d)
        ctx.save_for_backward(bcx, k)
        ctx.batch = batch
        return y

    @staticmethod
    def backward(ctx, dy):
        bcx, k = ctx.saved_tensors
        n, d = dy.shape
        dbcx, dk = torch.empty_like(bcx), torch.zeros_like(k)
        call("short_conv_grad", bcx, k, dy.contiguous(), dbcx, dk, ctx.batch, n // ctx.batch, d)
        return dbcx, dk.t(), None


class Mix(Function):
    """Causal attention of qkv [batch * t, (h + 2 g) * 64], with norms and rotation; [batch * t, h * 64]."""

    @staticmethod
    def forward(ctx, qkv, wq, wk, rope, eps, batch, h, g):
        t = qkv.shape[0] // batch
        q, k, v = half(batch, h, t, HEAD_DIM), half(batch, g, t, HEAD_DIM), half(batch, g, t, HEAD_DIM)
        call("split_heads", qkv, wq, wk, rope[0], rope[1], eps, q, k, v, batch, t, h, g)
        # Query heads of one key/value head are rows of one matrix product.
        q, k, v = q.view(batch * g, h // g * t, HEAD_DIM), k.view(batch * g, t, HEAD_DIM), v.view(batch * g, t, HEAD_DIM)
        p = torch.bmm(q, k.transpose(1, 2))
        call("causal_softmax", p, batch * h * t, t)
        o, y = torch.bmm(p, v), half(batch * t, h * HEAD_DIM)
        call("merge_heads", o, y, batch, t, h, 0)
        ctx.save_for_backward(qkv, wq, wk, q, k, v, p)
        ctx.rest = rope, eps, batch, h, g
        return y

    @staticmethod
    def backward(ctx, dy):
        qkv, wq, wk, q, k, v, p = ctx.saved_tensors
        rope, eps, batch, h, g = ctx.rest
        t = qkv.shape[0] // batch
        do = torch.empty_like(q)
        call("merge_heads", dy.contiguous(), do, batch, t, h, 1)
        dv = torch.bmm(p.transpose(1, 2), do)
        ds = torch.bmm(do, v.transpose(1, 2))
        call("causal_softmax_grad", p, ds, batch * h * t, t)
        dq, dk = torch.bmm(ds, k), torch.bmm(ds.transpose(1, 2), q)
        dqkv, dwq, dwk = torch.empty_like(qkv), torch.zeros_like(wq), torch.zeros_like(wk)
        call("split_heads_grad", qkv, wq, wk, rope[0], rope[1], eps, dq, dk, dv, dqkv, dwq, dwk, batch, t, h, g)
        return dqkv, dwq, dwk, None, None, None, None, None


class SwiGlu(Function):
    @staticmethod
    def forward(ctx, ab):
        n, f = ab.shape[0], ab.shape[1] // 2
        y = half(n, f)
        call("swiglu", ab, y, n, f)
        ctx.save_for_backward(ab)
        return y

    @staticmethod
    def backward(ctx, dy):
        (ab,) = ctx.saved_tensors
        dab = torch.empty_like(ab)
        call("swiglu_grad", ab, dy.contiguous(), dab, ab.shape[0], ab.shape[1] // 2)
        return dab


class CrossEntropy(Function):
    """Sum of weight * cross entropy over rows of logits [n, v]; the logits' memory becomes their gradient."""

    @staticmethod
    def forward(ctx, logits, targets, weights):
        losses = torch.empty(len(targets))
        call("cross_entropy", logits, targets, weights, losses, *logits.shape)
        ctx.grad = logits
        return losses.sum()

    @staticmethod
    def backward(ctx, d):
        return ctx.grad * d.bfloat16() if d.item() != 1.0 else ctx.grad, None, None


def hidden(model, ids, at):
    """Normed hidden states of the flat positions `at`, bfloat16 [len(at), d]. ids [B, T]."""
    c, batch = model.c, ids.shape[0]
    rope, _ = model._table(ids.shape[1])
    rope = tuple(x.contiguous() for x in rope)
    x, delta = torch.nn.functional.embedding(ids, model.embed).view(-1, c.d), None
    for i, b in enumerate(model.blocks):
        x, a = AddNorm.apply(x, delta, b.operator_norm.weight, c.eps)
        m = b.mixer
        if isinstance(m, Attention):
            qkv = Linear.apply(a, torch.cat([m.q_proj.weight, m.k_proj.weight, m.v_proj.weight]))
            y = Mix.apply(qkv, m.q_norm.weight, m.k_norm.weight, rope, c.eps, batch, c.heads, c.kv_heads)
        else:
            y = ShortConv.apply(Linear.apply(a, m.in_proj.weight), m.conv, batch)
        if i + 1 == len(model.blocks):  # nothing after the last mixer looks at another position
            x, y = x[at], y[at]
        x, a = AddNorm.apply(x, Linear.apply(y, m.out_proj.weight), b.ffn_norm.weight, c.eps)
        delta = Linear.apply(SwiGlu.apply(Linear.apply(a, torch.cat([b.w1.weight, b.w3.weight]))), b.w2.weight)
    return AddNorm.apply(x, delta, model.final_norm.weight, c.eps)[1]


def loss(model, ids, targets, weights):
    """Mean weighted cross entropy; targets int64 and weights float32 [B * T], positions of weight 0 are left out."""
    at = weights.nonzero().view(-1)
    w = weights[at]
    logits = Linear.apply(hidden(model, ids, at), model.embed)
    return CrossEntropy.apply(logits, targets[at], (w / w.sum()).contiguous())
