"""What a command loads is a promise: seconds a person waits before anything happens."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "data" / "examples" / "productos.xlsx"
HEAVY = ("pandas", "pandera", "openpyxl", "pydantic", "sqlalchemy", "jinja2", "httpx")
LOADED = """
import json, sys
from pipeline.cli import main
try:
    main()
except SystemExit:
    pass
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def loaded(folder: Path, *words: str) -> set[str]:
    """The top-level modules one call of the command line, in a folder without settings, has loaded when it ends."""
    command = [sys.executable, "-c", LOADED, "--home", str(folder / "home"), *words]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=True, timeout=60)
    return set(json.loads(ended.stderr.splitlines()[-1]))


@pytest.fixture
def workbook(tmp_path: Path) -> str:
    """The example workbook in a folder of its own, without a logo beside it (looking at one takes Pillow)."""
    return shutil.copy(EXAMPLE, tmp_path / "productos.xlsx").name


@pytest.mark.parametrize("words", [("--help",), ("check", "--help"), ("publish", "--help")])
def test_help_loads_nothing_heavy(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Help comes at once: none of the heavy libraries is loaded for it."""
    assert loaded(tmp_path, *words).isdisjoint(HEAVY)


def test_requirements_load_no_frames_and_no_store(tmp_path: Path) -> None:
    """The printed requirements need the table they come from and nothing that reads, stores or draws."""
    found = loaded(tmp_path, "requirements")
    assert found.isdisjoint({"pandas", "pandera", "openpyxl", "sqlalchemy", "jinja2", "httpx"})


def test_check_loads_what_validates_and_nothing_that_stores_or_draws(tmp_path: Path, workbook: str) -> None:
    """`check` validates with pandera; it neither stores, draws, sends, nor reads the slow way."""
    found = loaded(tmp_path, "check", workbook, "--format", "json")
    assert "pandera" in found
    assert found.isdisjoint({"sqlalchemy", "alembic", "jinja2", "openpyxl", "xlsxwriter", "httpx", "PIL"})


def test_the_file_is_read_in_another_process(tmp_path: Path, workbook: str) -> None:
    """A file that crashes its reader cannot take the check with it: the parent never loads one."""
    assert "python_calamine" not in loaded(tmp_path, "check", workbook, "--format", "json")


def test_a_file_that_cannot_be_read_costs_no_frames(tmp_path: Path) -> None:
    """A wrong path is answered before anything heavy is loaded."""
    found = loaded(tmp_path, "check", "none.xlsx")
    assert found.isdisjoint({"pandas", "pandera", "sqlalchemy", "jinja2"})


def test_the_file_is_being_read_before_anything_is_loaded(tmp_path: Path, workbook: str) -> None:
    """`check FILE` starts its reading child first; where the words may mean another file, it waits to be told."""
    code = """
import sys
from pipeline import cli
words = sys.argv[1:]
child = cli._reading_ahead(words)
loaded = {"click", "pathlib", "subprocess", "dataclasses"} & sys.modules.keys()
print(child and (child.path, child.only_sheet), sorted(loaded))
if child:
    child.kill()
    assert child.wait() == -9
"""

    def answer(*words: str) -> str:
        command = [sys.executable, "-c", code, *words]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True, timeout=60).stdout

    assert answer("check", workbook, "--format", "json") == f"('{workbook}', None) []\n"
    for words in (("check",), ("check", "--html", workbook), ("check", workbook, "--sheet=A"), ("check", "none.xlsx")):
        assert answer(*words) == "None []\n"


def test_nothing_passes_where_validation_is_switched_off(tmp_path: Path, workbook: str) -> None:
    """pandera can be silenced from outside; then no check is made, and the command says so."""
    command = [sys.executable, "-m", "pipeline.cli", "--home", str(tmp_path / "home"), "check", workbook]
    environ = {**os.environ, "PANDERA_VALIDATION_ENABLED": "False"}
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environ, check=False, timeout=60)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == (
        "La validación está apagada en esta máquina (busque una variable PANDERA_); no se revisó nada.\n"
    )


@pytest.mark.parametrize("form", ["json", "text"])
def test_nobody_to_tell_is_no_fault(tmp_path: Path, workbook: str, form: str) -> None:
    """With its output closed from the start the command does its work and ends with its code."""
    words = f"{sys.executable} -m pipeline.cli --home home check {workbook} --format {form} >&-"
    ended = subprocess.run(["sh", "-c", words], capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
