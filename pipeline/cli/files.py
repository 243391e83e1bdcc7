"""Files named on the command line."""

from __future__ import annotations

from pathlib import Path

from schemas.errors import WrongUse


def existing(path: Path) -> Path:
    """The path itself; WrongUse where nothing is there. What lies there may still be unreadable: that is a finding."""
    scheme = str(path).partition(":/")[0]
    if scheme in ("http", "https", "s3"):
        raise WrongUse(
            "Only «vitrina sync» reads addresses; give a file here.",
            es="Solo «vitrina sync» lee direcciones; aquí indique un archivo.",
        )
    if not path.exists():
        raise WrongUse(f"There is no file {path}.", es=f"No existe el archivo {path}.")
    return path
