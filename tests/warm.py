"""A process with everything loaded that forks one for each call of a command line.

The call is a process like any other: its own folder, settings, output, exit code, memory and end. Only the second that
importing takes is spared; what a command loads by itself is held by tests/test_startup.py.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import queue
import runpy
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 300
"""Seconds after which a call that hangs is ended."""
_OURS = ("schemas", "catalog", "commands", "pipeline", "leads")
_LATE = (
    "pandas",
    "pandera.pandas",
    "openpyxl",
    "xlsxwriter",
    "jinja2",
    "alembic.command",
    "PIL.Image",
    "nh3",
    "psycopg",
)
_idle: queue.SimpleQueue[subprocess.Popen[str]] = queue.SimpleQueue()


@dataclass(frozen=True)
class Ended:
    """One finished call: its exit code (a signal: negative) and what it wrote.

    `seconds` of the processor, its children's too, which a busy machine does not lengthen; `peak` memory in the
    system's own unit.
    """

    code: int
    out: str
    err: str
    seconds: float
    peak: int


def call(module: str, *words: str, folder: Path, environ: Mapping[str, str]) -> Ended:
    """`python -m module words…` in `folder`, with these variables beside those of the tests, VITRINA_* left out."""
    asked = {"module": module, "words": words, "folder": str(folder), "environ": {**_clean(), **environ}}
    out, err = folder / ".stdout", folder / ".stderr"
    with _server() as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        answer = server.stdout.readline()
    assert answer, "the process that waits for calls has ended; its last words are above"
    code, seconds, peak = json.loads(answer)
    ended = Ended(code, out.read_text("utf-8", "replace"), err.read_text("utf-8", "replace"), seconds, peak)
    out.unlink()
    err.unlink()
    return ended


@contextlib.contextmanager
def _server() -> Iterator[subprocess.Popen[str]]:
    """One that nobody uses now: calls of several threads run beside each other."""
    try:
        server = _idle.get_nowait()
    except queue.Empty:
        server = _started()
    yield server
    _idle.put(server)


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("VITRINA_")}


def _started() -> subprocess.Popen[str]:
    command, pipe = [sys.executable, "-m", "tests.warm"], subprocess.PIPE
    server = subprocess.Popen(command, cwd=ROOT, env=_clean(), stdin=pipe, stdout=pipe, text=True)
    atexit.register(server.communicate)
    return server


def _load() -> None:
    for name in _LATE:
        importlib.import_module(name)
    for package in map(importlib.import_module, _OURS):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name and not found.name.endswith("__main__"):
                importlib.import_module(found.name)


def _serve() -> None:
    _load()
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        number = os.fork()
        if number == 0:
            _become(asked["folder"], asked["environ"])
            _run(asked["module"], asked["words"])
        _, status, usage = os.wait4(number, 0)
        seconds = usage.ru_utime + usage.ru_stime
        print(json.dumps([os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss]), flush=True)


def _run(module: str, words: list[str]) -> NoReturn:
    """To its end. Taking all that is loaded apart, as an interpreter does last, would cost more than the call."""
    code: object = 1
    try:
        sys.argv[1:] = words
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def _become(folder: str, environ: Mapping[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.path[0] = folder
    sys.path[1:1] = [place for place in environ.get("PYTHONPATH", "").split(os.pathsep) if place]
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, io.TextIOWrapper)
        stream.reconfigure(encoding=environ.get("PYTHONIOENCODING", "utf-8"))
    for place, at, how in (("/dev/null", 0, os.O_RDONLY), (".stdout", 1, os.O_WRONLY), (".stderr", 2, os.O_WRONLY)):
        opened = os.open(place, how | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(opened, at)
        os.close(opened)
    signal.alarm(LONGEST)


if __name__ == "__main__":
    _serve()
