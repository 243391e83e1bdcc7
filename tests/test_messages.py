"""No message is missing in either language of our users. Help texts may be English alone; what is said may not."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from pipeline.cli import COMMANDS, vitrina
from pipeline.cli.session import run_command
from schemas import errors

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("schemas", "catalog", "pipeline")
SAID = {name for name, item in vars(errors).items() if isinstance(item, type) and issubclass(item, errors.VitrinaError)}


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple((str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))) for path in paths)


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            yield node, name


def test_every_error_is_said_in_both_languages() -> None:
    """Each WrongUse, CannotRun, Refused and their kin is made with its Spanish sentence beside the English one."""
    missing = [
        f"{path}:{call.lineno}"
        for path, tree in modules()
        for call, name in calls(tree)
        if name in SAID and "es" not in {keyword.arg for keyword in call.keywords}
    ]
    assert missing == []


def test_words_kept_by_language_are_kept_in_both() -> None:
    """A table with `es` has `en`, with the same names in it."""
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                found = {
                    key.value: value
                    for key, value in zip(node.keys, node.values, strict=True)
                    if isinstance(key, ast.Constant)
                }
                if "es" in found or "en" in found:
                    assert {"es", "en"} <= found.keys(), f"{path}:{node.lineno}"
                    assert names(found["es"]) == names(found["en"]), f"{path}:{node.lineno}"


def names(node: ast.expr) -> set[object] | None:
    """The keys of a table written out; None for anything else."""
    if not isinstance(node, ast.Dict):
        return None
    return {key.value for key in node.keys if isinstance(key, ast.Constant)}


def test_the_command_line_asks_for_no_sentence_of_clicks_own() -> None:
    """A value that cannot be used is WrongUse with both sentences, not click's English one."""
    found = [
        f"{path}:{c.lineno}"
        for path, tree in modules()
        for c, name in calls(tree)
        if path.startswith("pipeline/cli/") and name in ("fail", "BadParameter", "UsageError")
    ]
    assert found == []


def commands() -> Iterator[tuple[str, click.Command]]:
    context = vitrina.make_context("vitrina", [], resilient_parsing=True)
    for name in COMMANDS:
        command = vitrina.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", each) for sub, each in command.commands.items())


def test_every_command_speaks_the_language_asked_for() -> None:
    """--lang, before and after each of them, with its help."""
    for name, command in commands():
        options = {option for param in command.params for option in param.opts}
        assert {"--lang", "--format", "--home", "--config", "--quiet"} <= options, name
        assert command.help, name


@pytest.mark.parametrize(
    ("words", "spanish"),
    [
        (["chek"], "No existe el comando «chek». ¿Quiso decir «check»?"),
        (["check", "--shet", "x"], "No existe la opción --shet. ¿Quiso decir --sheet?"),
        (["waive", "abc"], "Falta --reason."),
        (["submit"], "Falta FILE."),
        (["approve", "x"], "UPLOAD: el valor no sirve; debe ser un número entero."),
        (["pack", "--out", __file__], "--out: el valor no sirve; debe ser una carpeta."),
        (["check", "x", "--lang", "fr"], "--lang: el valor no sirve; use uno de: es, en."),
        (["check", "x", "--sheet"], "A la opción --sheet le falta su valor, o le sobra."),
        (["plan", "1", "2", "3"], "Sobra 2 3."),
        (["check", "x", "--as-of", "ayer"], "«ayer» no es una fecha; escríbala como 2026-11-22."),
    ],
)
def test_a_call_that_cannot_be_followed_is_said_in_spanish(
    words: list[str], spanish: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 2; with --format json, as the one document."""
    assert run_command(vitrina, words, {}) == 2
    assert capsys.readouterr().err.endswith(f"{spanish}\n")
    assert run_command(vitrina, ["--format", "json", *words], {}) == 2
    assert json.loads(capsys.readouterr().out) == {"error": spanish}
