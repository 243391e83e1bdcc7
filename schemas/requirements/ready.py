"""The requirements kept ready-made beside the compiled code, as Python keeps modules: reading the TOML anew costs more
than all else a small check does with them.

What is kept names a digest of the TOML and of the code that reads it, so it can be absent, but never stale.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

Made = TypeVar("Made")

_CODE = Path(__file__).parent
_KEPT = _CODE / "__pycache__"
_NAME = "product_data"


def ready(text: str, make: Callable[[str], Made], folder: Path = _KEPT) -> Made:
    """What `make` gives for `text`: as kept in `folder`, else made now and kept for the next time, if that can be."""
    kept = folder / f"{_NAME}.{_digest(text)}.pickle"
    with suppress(Exception):  # absent, torn, of another hand: it is made anew
        made: Made = pickle.loads(kept.read_bytes())  # noqa: S301 - lies where the compiled code lies, and is as trusted
        return made
    made = make(text)
    with suppress(OSError):
        _keep(kept, _packed(made))
    return made


class _Packer(pickle.Pickler):
    """Keeps a dataclass as its class and its fields in order: made again from these it comes up five times quicker."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, type) or not is_dataclass(value):
            return NotImplemented
        return _rebuilt, (type(value), *(getattr(value, field.name) for field in fields(value)))


def _rebuilt(kind: type, *values: Any) -> Any:
    made: Any = object.__new__(kind)
    for name, value in zip(kind.__slots__, values, strict=True):  # type: ignore[attr-defined] # all of ours have slots
        object.__setattr__(made, name, value)
    return made


def _packed(made: object) -> bytes:
    packed = io.BytesIO()
    _Packer(packed, protocol=5).dump(made)
    return packed.getvalue()


def _digest(text: str) -> str:
    code = (path.read_bytes() for path in sorted((*_CODE.glob("*.py"), _CODE.parent / "findings.py")))
    whole = hashlib.sha256(b"\0".join((sys.version.encode(), text.encode(), *code)))
    return whole.hexdigest()[:16]


def _keep(path: Path, content: bytes) -> None:
    """Whole or not at all; what was kept of other versions goes."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
    for other in path.parent.glob(f"{_NAME}.*.pickle"):
        if other != path:
            other.unlink(missing_ok=True)
