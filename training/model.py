"""The LFM2 dense forward pass in PyTorch: the model that is trained, and the reference for the C++ forward pass.

Shapes: B sequences, T tokens, d hidden size, H query heads, G key/value heads of 64 values. Right padding needs no mask:
attention and convolution only look back, and padded positions carry no loss.
"""

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

HEAD_DIM = 64


@dataclass
class Config:
    vocab: int = 4096
    d: int = 256
    layers: int = 6
    attention: tuple = (1, 3, 5)   # the other layers are short convolutions
    heads: int = 4
    kv_heads: int = 2
    ffn: int = 512
    theta: float = 1e5
    eps: float = 1e-5
    context: int = 4096

    def to_dict(self):
        return asdict(self)


class RMSNorm(nn.Module):
    def __init__(self, n, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))
        self.eps = eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight


class ShortConv(nn.Module):
    """Gate, depthwise causal convolution of three taps, gate. Tap 0 weighs the oldest sample."""

    def __init__(self, c):
        super().__init__()
        self.in_proj = nn.Linear(c.d, 3 * c.d, bias=False)
        self.conv = nn.Parameter(torch.tensor([0.0, 0.0, 1.0]).repeat(c.d, 1) + 0.2 * torch.randn(c.d, 3))
        self.out_proj = nn.Linear(c.d, c.d, bias=False)

    def forward(self, a, rope, mask):
        b, c, x = self.in_proj(a).chunk(3, dim=-1)
        u = b * x
        u = F.pad(u, (0, 0, 2, 0))  # two samples of silence before the start
        y = u[:, :-2] * self.conv[:, 0] + u[:, 1:-1] * self.conv[:, 1] + u[:, 2:] * self.conv[:, 2]
        return self.out_proj(c * y)


def rotate(x, rope):
    """Half rotation over pairs (j, j + 32); rope = (cos, sin) of [T, 32]."""
    cos, sin = rope
    a, b = x[..., :HEAD_DIM // 2], x[..., HEAD_DIM // 2:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


class Attention(nn.Module):
    """Grouped-query attention; queries and keys are normed before they are rotated."""

    def __init__(self, c):
        super().__init__()
        self.heads, self.kv_heads = c.heads, c.kv_heads
        self.q_proj = nn.Linear(c.d, c.heads * HEAD_DIM, bias=False)
        self.k_proj = nn.Linear(c.d, c.kv_heads * HEAD_DIM, bias=False)
        self.v_proj = nn.Linear(c.d, c.kv_heads * HEAD_DIM, bias=False)
        self.out_proj = nn.Linear(c.heads * HEAD_DIM, c.d, bias=False)
        self.q_norm, self.k_norm = RMSNorm(HEAD_DIM, c.eps), RMSNorm(HEAD_DIM, c.eps)

    def forward(self, a, rope, mask):
        B, T, _ = a.shape
        q = rotate(self.q_norm(self.q_proj(a).view(B, T, self.heads, HEAD_DIM)).transpose(1, 2), rope)
        k = rotate(self.k_norm(self.k_proj(a).view(B, T, self.kv_heads, HEAD_DIM)).transpose(1, 2), rope)
        v = self.v_proj(a).view(B, T, self.kv_heads, HEAD_DIM).transpose(1, 2)
        # Query head h reads key/value head h div (H / G): fold the group into the rows of one matrix product.
        group = self.heads // self.kv_heads
        q = q.reshape(B * self.kv_heads, group * T, HEAD_DIM)
        k = k.reshape(B * self.kv_heads, T, HEAD_DIM)
        v = v.reshape(B * self.kv_heads, T, HEAD_DIM)
        s = torch.bmm(q, k.transpose(1, 2)).view(B * self.kv_heads, group, T, T).mul_(1 / math.sqrt(HEAD_DIM)).add_(mask[:T, :T])
        p = torch.softmax(s, dim=-1).view(B * self.kv_heads, group * T, T)
        o = torch.bmm(p, v).view(B, self.heads, T, HEAD_DIM).transpose(1, 2).reshape(B, T, self.heads * HEAD_DIM)
        return self.out_proj(o)


class Block(nn.Module):
    def __init__(self, c, i):
        super().__init__()
        self.operator_norm = RMSNorm(c.d, c.eps)
        self.mixer = Attention(c) if i in c.attention else ShortConv(c)
        self.ffn_norm = RMSNorm(c.d, c.eps)
        self.w1 = nn.Linear(c.d, c.ffn, bias=False)
        self.w3 = nn.Linear(c.d, c.ffn, bias=False)
        self.w2 = nn.Linear(c.ffn, c.d, bias=False)

    def feed_forward(self, x):
        b = self.ffn_norm(x)
        return x + self.w2(F.silu(self.w1(b)) * self.w3(b))


class Model(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embed = nn.Parameter(0.02 * torch.randn(c.vocab, c.d))
        self.blocks = nn.ModuleList([Block(c, i) for i in range(c.layers)])
        self.final_norm = RMSNorm(c.d, c.eps)
        for b in self.blocks:
            for name, p in b.named_parameters():
                if p.dim() == 2 and name.endswith("weight"):
                    nn.init.normal_(p, std=0.5 / math.sqrt(p.shape[1]))
            b.w2.weight.data.zero_()
            b.mixer.out_proj.weight.data.zero_()
        self._tables = None

    def _table(self, T):
        if self._tables is None or self._tables[0][0].shape[0] < T:
            n = max(T, 512)
            freq = self.c.theta ** (-2.0 * torch.arange(HEAD_DIM // 2, dtype=torch.float64) / HEAD_DIM)
            angle = torch.arange(n, dtype=torch.float64)[:, None] * freq
            mask = torch.full((n, n), float("-inf")).triu(1)
            self._tables = ((angle.cos().float(), angle.sin().float()), mask)
        (cos, sin), mask = self._tables
        return (cos[:T], sin[:T]), mask

    def forward(self, ids, at=None):
        """Logits of the positions `at` (flat indices into B*T), or of all. ids [B, T]."""
        rope, mask = self._table(ids.shape[1])
        x = F.embedding(ids, self.embed)
        for i, b in enumerate(self.blocks):
            x = x + b.mixer(b.operator_norm(x), rope, mask)
            if i + 1 == len(self.blocks):
                # Nothing after the last mixer looks at another position.
                x = x.reshape(-1, self.c.d)
                if at is not None:
                    x = x[at]
            x = b.feed_forward(x)
        return self.final_norm(x) @ self.embed.t()


def parameter_count(model):
    return sum(p.numel() for p in model.parameters())
