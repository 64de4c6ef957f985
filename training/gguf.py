"""Writes and reads GGUF v3 files, as far as this folder needs them: typed metadata, F32 and Q8_0 tensors."""

import struct

import numpy as np

ALIGNMENT = 32
F32, Q8_0 = 0, 8
U32, I32, FLOAT, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9


def quantise_q8_0(x):
    """Rows of a multiple of 32 values to bytes: per 32 values an f16 scale and 32 signed bytes."""
    blocks = np.ascontiguousarray(x, dtype=np.float32).reshape(-1, 32)
    scale = np.abs(blocks).max(axis=1, keepdims=True) / 127.0
    inverse = np.where(scale > 0, 1.0 / np.where(scale > 0, scale, 1), 0).astype(np.float32)
    scaled = blocks * inverse
    q = (np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)).astype(np.int8)
    out = np.empty((len(blocks), 34), dtype=np.uint8)
    out[:, :2] = scale.astype(np.float16).view(np.uint8)
    out[:, 2:] = q.view(np.uint8)
    return out.tobytes()


def dequantise_q8_0(data, shape):
    raw = np.frombuffer(data, dtype=np.uint8).reshape(-1, 34)
    scale = np.ascontiguousarray(raw[:, :2]).view(np.float16).astype(np.float32)
    return (raw[:, 2:].view(np.int8).astype(np.float32) * scale).reshape(shape)


def _string(s):
    b = s.encode("utf-8")
    return struct.pack("<Q", len(b)) + b


def _value(kind, v):
    if kind == STRING:
        return _string(v)
    return struct.pack({U32: "<I", I32: "<i", FLOAT: "<f", BOOL: "<?"}[kind], v)


def write(path, metadata, tensors):
    """metadata: [(key, type or (ARRAY, type), value)]; tensors: [(name, array in row-major order, F32 or Q8_0)]."""
    head = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(metadata))]
    for key, kind, v in metadata:
        head.append(_string(key))
        if isinstance(kind, tuple):
            head.append(struct.pack("<IIQ", ARRAY, kind[1], len(v)))
            head += [_value(kind[1], x) for x in v]
        else:
            head += [struct.pack("<I", kind), _value(kind, v)]
    offset, blobs = 0, []
    for name, x, kind in tensors:
        blob = quantise_q8_0(x) if kind == Q8_0 else np.ascontiguousarray(x, dtype="<f4").tobytes()
        dims = list(reversed(x.shape))  # ggml counts the fastest-varying dimension first
        head.append(_string(name) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims) + struct.pack("<IQ", kind, offset))
        blob += b"\0" * (-len(blob) % ALIGNMENT)
        blobs.append(blob)
        offset += len(blob)
    head = b"".join(head)
    with open(path, "wb") as f:
        f.write(head + b"\0" * (-len(head) % ALIGNMENT))
        for blob in blobs:
            f.write(blob)


def read(path):
    """(metadata as a dict, {name: (array as float32, type)})."""
    with open(path, "rb") as f:
        data = f.read()
    at = 0

    def take(fmt):
        nonlocal at
        v = struct.unpack_from("<" + fmt, data, at)
        at += struct.calcsize("<" + fmt)
        return v if len(v) > 1 else v[0]

    def text():
        nonlocal at
        n = take("Q")
        at += n
        return data[at - n:at].decode("utf-8")

    def value(kind):
        if kind == STRING:
            return text()
        if kind == ARRAY:
            inner, n = take("I"), take("Q")
            return [value(inner) for _ in range(n)]
        return take({U32: "I", I32: "i", FLOAT: "f", BOOL: "?"}[kind])

    assert data[:4] == b"GGUF"
    at = 4
    version, n_tensors, n_keys = take("I"), take("Q"), take("Q")
    assert version == 3
    metadata = {}
    for _ in range(n_keys):
        key = text()
        metadata[key] = value(take("I"))
    infos = []
    for _ in range(n_tensors):
        name, n = text(), take("I")
        dims = [take("Q") for _ in range(n)]
        infos.append((name, dims[::-1], take("I"), take("Q")))
    start = at + (-at % ALIGNMENT)
    tensors = {}
    for name, shape, kind, offset in infos:
        count = int(np.prod(shape))
        size = count // 32 * 34 if kind == Q8_0 else count * 4
        blob = data[start + offset:start + offset + size]
        tensors[name] = (dequantise_q8_0(blob, shape) if kind == Q8_0 else np.frombuffer(blob, "<f4").reshape(shape), kind)
    return metadata, tensors
