"""The two engines as processes that answer requests, one JSON object a line.

The requests are those of src/benchmark/requests.h: open, extend, prefill, decode, roofs.
"""

import json
import os
import select
import subprocess
import tempfile
import threading
import time

PATIENCE_SECONDS = 7200  # the longest request fills a deep context at the slowest speed
PAGE_KINDS = ("RssAnon", "RssShmem")  # memory of a process that is no page of a file


class EngineError(Exception):
    """An engine refused, died or fell silent. The message begins with its name."""


class Engine:
    """A running process. Use as a context manager; leaving it ends the process."""

    def __init__(self, name, command):
        self.name = name
        self.started = time.monotonic()
        self._errors = tempfile.TemporaryFile()
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
            )
        except OSError as error:
            self._errors.close()
            raise EngineError(f"{name}: {command[0]} does not start: {error.strerror}") from error
        self._pending = b""
        self.greeting = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def pid(self):
        return self._process.pid

    def alive(self):
        return self._process.poll() is None

    def ask(self, op, **members):
        """The answer to one request. Raises EngineError."""
        self.send(op, **members)
        return self.answer()

    def send(self, op, **members):
        line = json.dumps({"op": op, **members}) + "\n"
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except OSError:
            raise self._gone() from None

    def answer(self):
        if self.greeting is None:
            self.greeting = self._line()
        return self._line()

    def close(self):
        """Ends the process: politely, then not."""
        try:
            self._process.stdin.close()
        except OSError:
            pass  # it is gone already
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def _line(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while b"\n" not in self._pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], left)[0]:
                self._process.kill()
                raise EngineError(f"{self.name}: no answer in {PATIENCE_SECONDS} s")
            chunk = os.read(self._process.stdout.fileno(), 1 << 16)
            if not chunk:
                raise self._gone()
            self._pending += chunk
        line, self._pending = self._pending.split(b"\n", 1)
        try:
            answer = json.loads(line)
        except ValueError:
            raise EngineError(f"{self.name}: said {line[:200]!r}, expected JSON") from None
        if "error" in answer:
            raise EngineError(f"{self.name}: {answer['error']}")
        return answer

    def _gone(self):
        code = self._process.wait()
        self._errors.seek(0)
        last = self._errors.read().decode(errors="replace").strip().splitlines()[-3:]
        return EngineError(f"{self.name}: ended with code {code}: {' / '.join(last) or 'no message'}")


class Sequence:
    """A sequence in an engine that is brought to a depth when a row needs it there, and the process
    behind it. After a failure the next row starts a new process."""

    def __init__(self, name, command, kv=None, share=None):
        """`kv`: the type of KV cache to ask for; `share`: a Sequence whose process to use."""
        self._name, self._command = name, command
        self._request = {} if kv is None else {"kv": kv}
        self._owner = share or self
        self._engine = None
        self._opened_in = None  # the engine that holds our context
        self._context = self._depth = 0

    def ask(self, op, **members):
        return self._owner.engine().ask(op, **self._request, **members)

    def engine(self):
        if self._engine is None or not self._engine.alive():
            self.close()
            self._engine = Engine(self._name, self._command)
        return self._engine

    def bring_to(self, context, depth):
        """Opens a context and fills it as far as needed; what is there already is kept."""
        if self._owner.engine() is not self._opened_in or context != self._context or depth < self._depth:
            self._opened_in = None
            self.ask("open", context=context)
            self._opened_in, self._context, self._depth = self._owner.engine(), context, 0
        if depth > self._depth:
            self.ask("extend", tokens=depth - self._depth)
            self._depth = depth

    def close(self):
        if self._engine is not None:
            self._engine.close()
        self._engine = self._opened_in = None


def first_token(name, command, row):
    """Seconds from the start of a fresh process to the answer that carries the first token."""
    with Engine(name, command) as engine:
        engine.send("open", context=row.context)
        engine.send("prefill", tokens=row.tokens)
        engine.answer()
        engine.answer()
        return time.monotonic() - engine.started


def peak_memory(name, command, row):
    """The most bytes that a fresh process held beyond pages of files while it filled the context."""
    with Engine(name, command) as engine:
        with MemoryWatch(engine.pid) as watch:
            engine.ask("open", context=row.context)
            engine.ask("extend", tokens=row.depth)
            engine.ask("decode", tokens=row.tokens)
        return watch.peak_bytes


class MemoryWatch:
    """Looks at a process's memory every 20 ms."""

    def __init__(self, pid):
        self._path = f"/proc/{pid}/status"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.peak_bytes = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _watch(self):
        while not self._stop.is_set():
            self._look()
            self._stop.wait(0.02)
        self._look()

    def _look(self):
        try:
            with open(self._path, encoding="ascii") as file:
                self.peak_bytes = max(self.peak_bytes, bytes_beyond_files(file.read()))
        except OSError:
            pass  # the process ended; whoever asked it will hear


def bytes_beyond_files(status):
    """Of the text of /proc/PID/status."""
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return sum(int(fields[kind].split()[0]) * 1024 for kind in PAGE_KINDS if kind in fields)
