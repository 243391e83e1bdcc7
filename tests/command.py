"""Runs `vitrina` as a person would: a real process, its output, its exit code, its peak memory; or in this process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Done:
    """One finished call."""

    code: int
    out: str
    err: str
    seconds: float
    peak_mib: float

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


def vitrina(*words: str | Path, folder: Path, **environ: str) -> Done:
    """One call in `folder`, without any VITRINA_* variable but those given. Fails on a traceback."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VITRINA_")}
    started = time.monotonic()
    out, err = folder / ".stdout", folder / ".stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        child = subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", *map(str, words)],
            cwd=folder,
            env=clean | environ,
            stdout=stdout,
            stderr=stderr,
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    done = Done(
        child.returncode,
        out.read_text("utf-8", "replace"),
        err.read_text("utf-8", "replace"),
        time.monotonic() - started,
        usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024),
    )
    out.unlink()
    err.unlink()
    assert "Traceback" not in done.err, done.err
    return done


def vitrina_here(*words: str | Path, folder: Path, **environ: str) -> Done:
    """One call in this process, with the home and the settings of `folder`: a second less than a process of its own.

    Paths among the words are absolute: the working folder is the tests' own.
    """
    from pipeline.cli import vitrina as command
    from pipeline.cli.session import run_command

    config = folder / "vitrina.toml"
    chosen = ["--home", str(folder / "var"), *(["--config", str(config)] if config.exists() else [])]
    out, err, started = io.StringIO(), io.StringIO(), time.monotonic()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_command(command, [*chosen, *map(str, words)], environ)
    return Done(code, out.getvalue(), err.getvalue(), time.monotonic() - started, 0.0)
