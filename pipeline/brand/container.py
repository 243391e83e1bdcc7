"""What a PNG or JPG file is made of, read without decoding a pixel: size, depth, extra images, what follows its end.

Pure, and bounded by the length of the bytes. The structure is the formats' own (PNG third edition, JFIF, Exif, CIPA
DC-007 for several images in one JPG).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Literal

PNG, JPG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
Kind = Literal["png", "jpg"]
_DRAWN = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT"))
"""PNG chunks that decide how the image looks; the others are remarks and may be left out."""
_REMARKS = frozenset((0xE1, 0xED, 0xFE))
"""JPG segments that only tell about the image: Exif and XMP, IPTC, comments."""
_NO_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))


@dataclass(slots=True)
class Container:
    """One file. complete: its end was reached, and every check sum holds; extra: bytes after that end.

    kept: the bytes without remarks.
    """

    kind: Kind
    width: int = 0
    height: int = 0
    depth: int = 8
    channels: int = 0
    images: int = 1
    complete: bool = False
    extra: int = 0
    location: bool = False
    kept: bytearray = field(default_factory=bytearray)


def kind_of(content: bytes) -> Kind | None:
    """By the first bytes, whatever the name says."""
    if content.startswith(PNG):
        return "png"
    return "jpg" if content.startswith(JPG) else None


def sniff(content: bytes) -> str:
    """What else a file that is neither seems to be, as people call it; empty where it cannot be told."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WebP"
    if content[4:8] == b"ftyp":
        return "HEIC o AVIF" if content[8:12] in (b"heic", b"heix", b"mif1", b"avif", b"avis") else "video"
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<svg", b"<?xml")) and b"<svg" in head:
        return "SVG"
    return next((name for magic, name in _OTHERS if content.startswith(magic)), "")


_OTHERS = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"%PDF", "PDF"),
    (b"8BPS", "Photoshop"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x00\x00\x00\x0cJXL", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP", "JPEG 2000"),
)


def take_apart(content: bytes, kind: Kind) -> Container:
    """The structure of a file whose first bytes said what it is; what is cut off or senseless is not `complete`."""
    return _png(content) if kind == "png" else _jpg(content)


def _png(content: bytes) -> Container:
    found = Container("png", kept=bytearray(PNG))
    at, sound = len(PNG), True
    while at + 12 <= len(content):
        length, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(content):
            break
        _png_chunk(found, name, content[at + 8 : end - 4])
        if name in _DRAWN:
            found.kept += content[at:end]
        sound = sound and zlib.crc32(content[at + 4 : end - 4]) == int.from_bytes(content[end - 4 : end])
        at = end
        if name == b"IEND":
            found.complete = sound
            found.extra = len(content) - at
            break
    return found


def _png_chunk(found: Container, name: bytes, data: bytes) -> None:
    if name == b"IHDR" and len(data) >= 10:
        found.width, found.height = int.from_bytes(data[:4]), int.from_bytes(data[4:8])
        found.depth = data[8]
    elif name == b"acTL":
        found.images = max(2, int.from_bytes(data[:4]))
    elif name in (b"eXIf", b"tEXt", b"iTXt", b"zTXt"):
        found.location = found.location or _tells_where(data)


def _jpg(content: bytes) -> Container:
    found = Container("jpg", kept=bytearray(content[:2]))
    at = 2
    while at + 1 < len(content):
        if content[at] != 0xFF:
            break
        marker = content[at + 1]
        if marker in (0xFF, 0x00):
            at += 1
            continue
        at = _jpg_segment(found, content, at, marker)
        if found.complete:
            found.extra = 0 if found.images > 1 else len(content) - at
            break
    return found


def _jpg_segment(found: Container, content: bytes, at: int, marker: int) -> int:
    """Takes the segment at `at`; where the next one begins (the end of the file where this one is cut off)."""
    if marker == 0xD9:
        found.complete = True
        found.kept += content[at : at + 2]
        return at + 2
    if marker in _NO_LENGTH:
        found.kept += content[at : at + 2]
        return at + 2
    end = at + 2 + int.from_bytes(content[at + 2 : at + 4])
    if end > len(content) or end < at + 4:
        return len(content)
    data = content[at + 4 : end]
    if marker in _FRAMES and len(data) >= 6:
        found.depth, found.channels = data[0], data[5]
        found.height, found.width = int.from_bytes(data[1:3]), int.from_bytes(data[3:5])
    several = marker == 0xE2 and data.startswith(b"MPF\x00")
    if several:
        found.images = 2
    if marker in _REMARKS:
        found.location = found.location or _tells_where(data)
    if marker == 0xDA:
        end = _after_scan(content, end)
    if marker not in _REMARKS and not several:
        found.kept += content[at:end]
    return end


def _after_scan(content: bytes, at: int) -> int:
    """Past the coded pixels: up to the next marker that is neither an escaped byte nor a restart."""
    while (at := content.find(b"\xff", at)) >= 0:
        following = content[at + 1 : at + 2]
        if following and following[0] != 0x00 and not 0xD0 <= following[0] <= 0xD7 and following[0] != 0xFF:
            return at
        at += 1 if following == b"\xff" else 2
    return len(content)


def _tells_where(data: bytes) -> bool:
    """GPS data: the Exif pointer to them, or an XMP packet that names them."""
    body = data.removeprefix(b"Exif\x00\x00")
    if body[:4] == b"II*\x00":
        return b"\x25\x88\x04\x00" in body
    if body[:4] == b"MM\x00*":
        return b"\x88\x25\x00\x04" in body
    return b"GPSL" in data or b"GPSAltitude" in data
