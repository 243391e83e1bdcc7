"""Secrets, and what is said of a variable that is wrong: the variable and what to do, never a value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from schemas.errors import SettingsError

_FEWEST_LETTERS = 16


class Secret:
    """A text that shows itself only when asked to."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for a header or a comparison."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


def wrong(name: str, english: str, spanish: str) -> SettingsError:
    """The sentence for a variable that cannot be used, with what it should be."""
    return SettingsError(f"{name} {english}.", es=f"{name} {spanish}.")


def absent(name: str, english: str, spanish: str) -> SettingsError:
    """The sentence for a variable that is needed and missing, with what to do."""
    return SettingsError(f"{name} is missing: {english}.", es=f"Falta {name}: {spanish}.")


def secret(environ: Mapping[str, str], name: str) -> Secret | None:
    """A secret from NAME or from the file NAME_FILE names; one trailing newline is what editors leave."""
    text, source = environ.get(name), name
    path = environ.get(f"{name}_FILE")
    if text and path:
        raise wrong(name, f"and {name}_FILE are both set; keep one", f"y {name}_FILE están las dos; deje una sola")
    if path:
        text, source = _file(path, f"{name}_FILE"), f"{name}_FILE"
    if not text:
        return None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text or any(letter.isspace() or not letter.isprintable() for letter in text) or not text.isascii():
        raise wrong(
            source,
            "holds whitespace, a line break or a letter that no header can carry; paste the key again, in one piece",
            "lleva espacios, saltos de línea o letras que no caben en una cabecera; pegue la clave de nuevo, entera",
        )
    return Secret(text)


def secrets(environ: Mapping[str, str], name: str, *, strict: bool) -> tuple[Secret, ...]:
    """One key, or two with a comma between them while one is rotated. SettingsError."""
    whole = secret(environ, name)
    if whole is None:
        return ()
    parts = tuple(Secret(part) for part in whole.reveal().split(","))
    if len(parts) > 2 or not all(part.reveal() for part in parts):
        raise wrong(name, "holds one key, or two with one comma between", "lleva una clave, o dos separadas por coma")
    for part in parts:
        long_enough(part, name, strict=strict)
    return parts


def long_enough(secret: Secret | None, name: str, *, strict: bool) -> None:
    """SettingsError: a key too short for production (`strict`)."""
    if strict and secret is not None and len(secret.reveal()) < _FEWEST_LETTERS:
        raise wrong(
            name,
            f"is shorter than {_FEWEST_LETTERS} letters, which production does not take",
            f"tiene menos de {_FEWEST_LETTERS} letras; en producción no se admite",
        )


def _file(path: str, name: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise wrong(name, "names a file that cannot be read", "indica un archivo que no se puede leer") from None
