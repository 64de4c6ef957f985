"""What a result must say about where it comes from."""

import glob
import os
import pathlib
import platform
import subprocess


def read(path, default=""):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return default


def output_of(command, cwd=None):
    """Standard output of a command, None where it does not run or fails."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def field(text, name):
    """The first value of "name : value" lines."""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def caches(cpu):
    """From /sys; virtual machines often show no more than the one size of /proc/cpuinfo."""
    found = []
    for folder in sorted(glob.glob("/sys/devices/system/cpu/cpu0/cache/index*")):
        kind, level, size = (read(f"{folder}/{name}") for name in ("type", "level", "size"))
        found.append(f"L{level} {kind.lower()} {size}")
    size = field(cpu, "cache size")
    return found or ([size] if size else [])


def describe():
    cpu = read("/proc/cpuinfo")
    return {
        "cpu": field(cpu, "model name"),
        "cpu_family": field(cpu, "cpu family"),
        "cpu_model": field(cpu, "model"),
        "cpu_flags": (field(cpu, "flags") or "").split(),
        "cpus": os.cpu_count(),
        "cpus_used": sorted(os.sched_getaffinity(0)),
        "caches": caches(cpu),
        "memory": field(read("/proc/meminfo"), "MemTotal"),
        "huge_pages": read("/sys/kernel/mm/transparent_hugepage/enabled"),
        "kernel": platform.release(),
        "system": field(read("/etc/os-release").replace("=", ":").replace('"', ""), "PRETTY_NAME"),
        "load_before": list(os.getloadavg()),
    }


def commit(root):
    """{"commit", "changed": whether the working tree differs from it}."""
    head = output_of(["git", "rev-parse", "HEAD"], root)
    changes = output_of(["git", "status", "--porcelain", "--untracked-files=no"], root)
    return {"commit": head, "changed": bool(changes) if changes is not None else None}
