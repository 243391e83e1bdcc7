"""Documentation that fails the build: what the README shows is run, and every command, setting and code is listed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import COMMANDS, vitrina
from pipeline.cli.group import SUMMARIES
from schemas.requirements import codes
from schemas.settings import CatalogSettings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks() -> Iterator[tuple[str, list[str]]]:
    """(command, the lines shown under it) of every console block, in order."""
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        command, shown = "", []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, shown
                command, shown = line[2:], []
            else:
                shown.append(line)
        yield command, shown


def run(command: str, folder: Path) -> str:
    words = shlex.split(command)
    assert words[0] == "vitrina"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VITRINA_")}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *words[1:]],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.stdout


def matches(shown: list[str], real: str) -> bool:
    """`…` alone on a line stands for any lines; everything else is the real output."""
    pattern = "\n".join(r"(?:.*\n)*?.*" if line == "…" else re.escape(line) for line in shown)
    return re.fullmatch(pattern, real.rstrip("\n")) is not None


def test_the_readme_shows_what_the_commands_say(tmp_path: Path) -> None:
    """Every console block, run in order in an empty folder beside the examples."""
    shutil.copytree(ROOT / "data" / "examples", tmp_path / "data" / "examples")
    for command, shown in blocks():
        real = run(command, tmp_path)
        assert matches(shown, real), f"$ {command}\n{real}"


def test_every_command_is_in_the_readme() -> None:
    """A command nobody can find is no command."""
    for name in COMMANDS:
        assert f"`vitrina {name}" in README, name
    assert SUMMARIES.keys() == COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_words(name: str) -> None:
    """Each command says what it does; its help names every option."""
    command = vitrina.get_command(vitrina.make_context("vitrina", [], resilient_parsing=True), name)
    assert command is not None
    assert command.help


def test_every_setting_is_in_the_readme() -> None:
    """Tables and keys of vitrina.toml."""
    for table, field in CatalogSettings.model_fields.items():
        if table == "home":
            continue
        assert f"[{table}" in README, table
        for key in getattr(field.annotation, "model_fields", {}):
            assert f"`{key}`" in README, f"{table}.{key}"


def test_every_finding_code_has_an_anchor() -> None:
    """docs/requirements.md explains each code under an anchor of its own."""
    page = (ROOT / "docs" / "requirements.md").read_text("utf-8")
    for code in codes():
        assert f'id="{code}"' in page, code
