"""A command that is told to stop ends in one sentence and the exit code supervisors know."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable

import click
import pytest

from pipeline.cli.session import run_command

pytestmark = pytest.mark.alone


def command(do: Callable[[], object]) -> click.Command:
    options: list[click.Parameter] = [click.Option(["--format"]), click.Option(["--lang"])]
    return click.Command("vitrina", params=options, callback=lambda **_: do())


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_sigterm_ends_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """143, one sentence on stderr in the reader's language; the signal means afterwards what it meant before."""
    assert run_command(command(terminate), [], {}) == 143
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert told.err.startswith("Se detuvo antes de terminar; nada quedó a medias.")
    assert run_command(command(terminate), ["--lang", "en"], {}) == 143
    assert capsys.readouterr().err.startswith("Stopped before it was done")
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_json_stays_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads the output finds the reason in it."""
    assert run_command(command(terminate), ["--format", "json"], {}) == 143
    assert json.loads(capsys.readouterr().out)["error"].startswith("Se detuvo")


def test_ctrl_c_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """130, as shells expect."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    assert run_command(command(interrupt), [], {}) == 130
    assert capsys.readouterr().err.startswith("Se detuvo antes de terminar")


def test_whoever_answers_the_signal_already_goes_on_doing_so() -> None:
    """A server that drains on SIGTERM is not torn off."""
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        assert run_command(command(terminate), [], {}) == 0
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    assert heard == [signal.SIGTERM]


def test_a_stop_while_a_class_is_being_made_is_a_stop(capsys: pytest.CaptureFixture[str]) -> None:
    """Python makes another error of what a class's own parts raise; half of loading a command is making classes."""

    class Part:
        def __set_name__(self, _owner: type, _name: str) -> None:
            terminate()

    def load() -> object:
        return type("Loading", (), {"part": Part()})

    assert run_command(command(load), [], {}) == 143
    assert capsys.readouterr().err.startswith("Se detuvo antes de terminar")
