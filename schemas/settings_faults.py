"""What is wrong with a setting, in Spanish and English: where it stands, what it must be, how it is written.

A value is never shown: it may be a secret put in the wrong place.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import SettingsError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True)
class Written:
    """Where settings were written: a file with its text, or none; variables: key (`lender.name`) -> variable."""

    path: Path | None = None
    text: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    def place(self, key: str, lang: str) -> str:
        """`vitrina.toml, línea 4: `, before the key; empty for what a variable says."""
        if self.path is None or key in self.variables:
            return ""
        line = line_of(self.text, key)
        at = f", {_LINE[lang]} {line}" if line else ""
        return f"{self.path}{at}: "

    def name(self, key: str) -> str:
        """The key by what says it: a variable by its name."""
        return self.variables.get(key, key)


_LINE = {"es": "línea", "en": "line"}
_HEAD = re.compile(r"\s*\[+([^\]#]+)\]")
_KEY = re.compile(r"\s*([\w\"'. -]+?)\s*=")


def line_of(text: str, key: str) -> int | None:
    """The line of a TOML text on which a key (`lender.name`) stands, else that of its table; None for neither."""
    table, lines = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if head := _HEAD.match(line):
            table = _bare(head[1])
            lines.setdefault(table, number)
        elif said := _KEY.match(line):
            lines.setdefault(f"{table}.{_bare(said[1])}".lstrip("."), number)
    return lines.get(key) or lines.get(key.rpartition(".")[0])


def _bare(name: str) -> str:
    return re.sub(r"[\"' ]", "", name)


def near(name: str, known: Iterable[str]) -> str:
    """The one of the known names that is most like a name; empty for none."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), "")


def unknown_key(written: Written, key: str, known: Iterable[str]) -> SettingsError:
    """A key that is none; known: those of its table."""
    table, _, name = key.rpartition(".")
    meant, listed = near(name, known), ", ".join(sorted(known))
    inside = f"[{table}]" if table else ""
    return SettingsError(
        f"{written.place(key, 'en')}the setting {key} is not one that Vitrina knows."
        + (f" Did you mean {meant}?" if meant else f" {inside or 'There'} may have: {listed}."),
        es=f"{written.place(key, 'es')}el ajuste {key} no existe en Vitrina."
        + (f" ¿Quiso decir {meant}?" if meant else f" {f'En {inside}' if inside else 'Allí'} se admiten: {listed}."),
    )


def wrong_value(written: Written, error: ErrorDetails, default: object) -> SettingsError:
    """A value that cannot be used. default: what the key is without it, which shows how it is written."""
    key = ".".join(str(part) for part in error["loc"])
    name = written.name(key)
    how = _example(key, error, default, variable=name != key)
    return SettingsError(
        f"{written.place(key, 'en')}{name} cannot be used: {error['msg']}.",
        es=f"{written.place(key, 'es')}{name} {_why(error)}{how}.",
    )


def _example(key: str, error: ErrorDetails, default: object, *, variable: bool) -> str:
    """`; por ejemplo, keep = 30`, where the reason does not say it all."""
    if variable or error["type"] in ("literal_error", "extra_forbidden"):
        return ""
    shown = _BY_TYPE.get(error["type"]) or _toml(default)
    return f"; por ejemplo, {key.rpartition('.')[2]} = {shown}" if shown else ""


_BY_TYPE = {
    "string_type": '"texto"',
    "string_too_short": '"texto"',
    "string_too_long": '"texto"',
    "path_type": '"carpeta/archivo"',
    "missing": '"…"',
}


def _toml(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else None


def _why(error: ErrorDetails) -> str:
    """pydantic's reason in Spanish."""
    known: Mapping[str, Any] = error.get("ctx", {})
    if error["type"] == "literal_error":
        return f"debe ser {known['expected'].replace(' or ', ' o ')}"
    for name, words in _LIMITS.items():
        if name in known:
            return f"{words} {known[name]:g}".replace(".", ",")
    return next((words for start, words in _KINDS.items() if error["type"].startswith(start)), "no sirve")


_LIMITS = {
    "ge": "debe ser como mínimo",
    "le": "debe ser como máximo",
    "min_length": "es demasiado corto; sus caracteres deben ser como mínimo",
    "max_length": "es demasiado largo; sus caracteres deben ser como máximo",
}
_KINDS = {
    "int": "debe ser un número entero",
    "float": "debe ser un número, con punto para los decimales",
    "bool": "debe ser true o false, sin comillas",
    "string": "debe ser un texto entre comillas",
    "path": "debe ser una ruta entre comillas",
    "model": "debe ser una tabla",
    "dict": "debe ser una tabla",
    "missing": "falta",
}


def not_toml(path: Path, text: str, fault: tomllib.TOMLDecodeError) -> SettingsError:
    """A file that is no TOML: the line, its key, what is wrong and how it is written."""
    said = str(fault)
    at = re.search(r"\(at line (\d+), column \d+\)$", said)
    line = int(at[1]) if at else len(text.splitlines())  # otherwise «at end of document»
    key = _key_on(text, line)
    what, how = next((words for start, words in _TOML.items() if said.startswith(start)), _NO_TOML)
    about = f" ({key})" if key else ""
    return SettingsError(
        f"{path}, line {line}{about} cannot be read: {said.partition(' (at ')[0]}.",
        es=f"{path}, línea {line}{about}: {what}. Se escribe así: {how}",
    )


def _key_on(text: str, line: int) -> str:
    """The key on a line of the text, under its table; empty where the line has none."""
    lines = text.splitlines()[:line]
    said = _KEY.match(lines[-1]) if lines else None
    tables = [_bare(head[1]) for one in lines if (head := _HEAD.match(one))]
    return ".".join((*tables[-1:], _bare(said[1]))) if said else ""


_TEXT = 'name = "Banco Ejemplo".'
_NO_TOML = ("esta línea no se entiende", _TEXT)
_TOML = {
    "Expected ']'": ("al nombre de la tabla le falta el corchete de cierre", "[lender]."),
    "Invalid value": ("el valor no se entiende; los textos van entre comillas", _TEXT),
    "Cannot overwrite": ("esta clave ya está escrita más arriba; deje una sola", _TEXT),
    "Cannot declare": ("esta tabla ya está escrita más arriba; deje una sola", "[lender], una vez."),
    "Duplicate": ("esta clave está repetida; deje una sola", _TEXT),
    "Illegal character '\\n'": ("al texto le faltan las comillas de cierre", _TEXT),
    "Unterminated": ("a un texto le faltan las comillas de cierre", _TEXT),
    "Expected newline": ("sobra algo después del valor", "una clave y un valor por línea, como " + _TEXT),
    "Expected '='": ("falta el signo = entre la clave y su valor", _TEXT),
    "Unescaped '\\'": ("la barra \\ va doble en un texto, o el texto entre comillas simples", "logo = 'C:\\logo.png'."),
    "Invalid initial character": ("la clave debe empezar por una letra", _TEXT),
    "Unclosed array": ("a la lista le falta el corchete de cierre", '["uno", "dos"].'),
}


def not_utf8(path: Path) -> SettingsError:
    """A file in other letters."""
    return SettingsError(
        f"The settings file {path} is no UTF-8 text; save it as UTF-8.",
        es=f"El archivo de ajustes {path} no está en UTF-8; ábralo en un editor de texto y guárdelo como UTF-8.",
    )
