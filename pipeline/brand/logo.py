"""A logo held against the requirements: what it is by content, its size and weight, and whether it can be seen.

512 x 512, PNG or JPG, at most 500 KB and the advice about transparency are documented; the rest is assumed.
Limits stand before the decoding: nothing over MOST_READ bytes or MOST_PIXELS pixels is ever decoded.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from typing import TYPE_CHECKING

from pipeline.brand.container import Container, Kind, kind_of, sniff, take_apart
from schemas.findings import Fact

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 512
MOST_BYTES = 500_000
"""500 KB, read as 500,000 bytes (assumed)."""
MOST_READ = 5_000_000
MOST_PIXELS = 25_000_000
BAD_IMAGE = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, struct.error, Warning)
"""How Pillow says that a file is damaged or out of bounds; its bomb error is an Exception of its own (`opened`)."""
UNUSABLE = frozenset(
    f"logo.{fault}" for fault in "unreadable wrong_type too_heavy all_transparent animated colour_mode".split()
)
"""With these a logo is not shown: a broken or blank picture is worse than initials."""
_ENDINGS = {"png": (".png",), "jpg": (".jpg", ".jpeg")}
_NAMES = {"png": "PNG", "jpg": "JPG"}

Fault = tuple[str, tuple[tuple[str, Fact], ...]]


class BadImage(Exception):
    """The bytes are no image that can be decoded within the limits."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo file as found: its name, its bytes (empty where it is too heavy to be read) and what is wrong with it."""

    name: str
    content: bytes
    faults: tuple[Fault, ...]

    @property
    def codes(self) -> frozenset[str]:
        """The finding codes of its faults."""
        return frozenset(code for code, _ in self.faults)


def examine(content: bytes, name: str, *, size: int | None = None) -> tuple[Fault, ...]:
    """Every fault of a logo's bytes as (finding code, facts). `size`: the file's, where not all of it was read."""
    size = len(content) if size is None else size
    if size > MOST_READ:
        return (_fault("too_heavy", size=size),)
    kind = kind_of(content)
    if kind is None:
        found = sniff(content)
        return (_fault("wrong_type", **({"found": found} if found else {})) if content else _fault("unreadable"),)
    parts = take_apart(content, kind)
    return (*_outside(parts, name, size), *_inside(content, parts))


def _fault(fault: str, **facts: Fact) -> Fault:
    return f"logo.{fault}", tuple(facts.items())


def _outside(parts: Container, name: str, size: int) -> Iterator[Fault]:
    """What the file tells without being decoded."""
    ending = PurePath(name).suffix.lower()
    if ending not in _ENDINGS[parts.kind]:
        yield _fault("wrong_extension", extension=ending or "—", found=_NAMES[parts.kind])
    if size > MOST_BYTES:
        yield _fault("too_heavy", size=size)
    if parts.extra:
        yield _fault("extra_bytes", n=parts.extra)
    if parts.images > 1:
        yield _fault("animated")
    if parts.location:
        yield _fault("location")


def _inside(content: bytes, parts: Container) -> Iterator[Fault]:
    if not parts.complete or not parts.width or not parts.height:
        yield _fault("unreadable")
        return
    if (parts.width, parts.height) != (SIDE, SIDE):
        yield _fault("wrong_size", width=parts.width, height=parts.height)
    if parts.depth > 8 or (parts.kind == "jpg" and parts.channels == 4):
        yield _fault("colour_mode", mode="16 bits" if parts.depth > 8 else "CMYK")
    try:
        yield from _seen(opened(content), parts.kind)
    except BadImage:
        yield _fault("unreadable")


def _seen(image: Image, kind: Kind) -> Iterator[Fault]:
    if image.getexif().get(_ORIENTATION, 1) not in (0, 1):
        yield _fault("rotated")
    alpha = alpha_range(image) if kind == "png" else (255, 255)
    if alpha[1] == 0:
        yield _fault("all_transparent")
    elif alpha[0] == 255:
        yield _fault("no_transparency")


_ORIENTATION = 0x0112


def opened(content: bytes) -> Image:
    """The decoded image; BadImage where it is none, is damaged, or has more pixels than MOST_PIXELS."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = Image.open(BytesIO(content), formats=("PNG", "JPEG"))
            if image.width * image.height > MOST_PIXELS:
                raise BadImage("too many pixels")
            image.load()
    except (*BAD_IMAGE, Image.DecompressionBombError) as fault:
        raise BadImage(str(fault)) from fault
    return image


def alpha_range(image: Image) -> tuple[int, int]:
    """The least and the most opaque pixel, from 0 (clear) to 255 (opaque)."""
    if not image.has_transparency_data:
        return 255, 255
    low, high = image.convert("RGBA").getchannel("A").getextrema()
    return int(low), int(high)  # type: ignore[arg-type] # one band has one pair of whole numbers


def usable(logo: Logo | None) -> tuple[bytes | None, str | None]:
    """The bytes a listing may show, with `png` or `jpg`; (None, None) where the logo had better not be shown.

    Remarks inside the file (place, camera, comments) and whatever follows its end are left out: what is published is
    the picture alone.
    """
    if logo is None or not logo.content or logo.codes & UNUSABLE:
        return None, None
    kind = kind_of(logo.content)
    assert kind is not None, "an unknown kind is wrong_type"
    if "logo.rotated" in logo.codes:  # its orientation mark is one of the remarks
        return (logo.content, kind) if not logo.codes & {"logo.location", "logo.extra_bytes"} else (None, None)
    return bytes(take_apart(logo.content, kind).kept), kind
