"""Logos for tests, good and bad, made byte by byte or with Pillow."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw


def picture(mode: str = "RGBA", size: tuple[int, int] = (512, 512)) -> Image.Image:
    """A disc on a clear ground (on white where the mode has no alpha)."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((10, 10, size[0] - 10, size[1] - 10), fill=(10, 125, 84, 255))
    if mode == "RGBA":
        return image
    ground = Image.new("RGBA", size, "white")
    ground.alpha_composite(image)
    return ground.convert(mode)


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Its bytes as PNG, JPEG or what `kind` says."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def good() -> bytes:
    """512 x 512, transparent, light."""
    return saved(picture())


def photo(*, latitude: bool = False, orientation: int = 1) -> bytes:
    """A JPG as a camera writes it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    if latitude:
        exif.get_ifd(0x8825)[1] = "N"
        exif[0x8825] = {1: "N", 2: (4.0, 36.0, 35.0), 3: "W", 4: (74.0, 4.0, 54.0)}
    return saved(picture("RGB"), "JPEG", exif=exif)


def chunk(name: bytes, data: bytes) -> bytes:
    """One PNG chunk with its length and check sum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *, depth: int = 8, colour: int = 6, data: bytes = b"") -> bytes:
    """A PNG that says it has these measures, whatever its data hold."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def moving() -> bytes:
    """An APNG of two pictures."""
    other = picture().rotate(90)
    return saved(picture(), save_all=True, append_images=[other, picture("RGB").convert("RGBA")], duration=100)


def several() -> bytes:
    """An MPO: a JPG with a second one in it."""
    return saved(picture("RGB"), "MPO", save_all=True, append_images=[picture("RGB").rotate(90)])


def sixteen_bits() -> bytes:
    """A grey PNG of sixteen bits, half grey."""
    rows = b"".join(b"\x00" + b"\x80\x00" * 512 for _ in range(512))
    return png(512, 512, depth=16, colour=0, data=rows)
