"""Runs `vitrina` as a person would: a real process, its output, its exit code, its peak memory; or in this process."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.warm import call


@dataclass(frozen=True)
class Done:
    """One finished call; `seconds` of the processor, which a busy machine does not lengthen."""

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
    ended = call("pipeline.cli", *map(str, words), folder=folder, environ=environ)
    assert "Traceback" not in ended.err, ended.err
    mebi = 1024 if sys.platform == "linux" else 1024 * 1024
    return Done(ended.code, ended.out, ended.err, ended.seconds, ended.peak / mebi)


def vitrina_here(*words: str | Path, folder: Path, **environ: str) -> Done:
    """One call in this process, with the home and the settings of `folder`: a second less than a process of its own.

    Paths among the words are absolute: the working folder is the tests' own.
    """
    from pipeline.cli import vitrina as command
    from pipeline.cli.session import run_command

    config = folder / "vitrina.toml"
    chosen = ["--home", str(folder / "var"), *(["--config", str(config)] if config.exists() else [])]
    out, err, started = io.StringIO(), io.StringIO(), time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_command(command, [*chosen, *map(str, words)], environ)
    return Done(code, out.getvalue(), err.getvalue(), time.process_time() - started, 0.0)
