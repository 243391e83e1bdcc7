"""The parts of a ZIP, inflated within bounds that are counted and never believed.

The central directory says where a part lies; how long it is we find out by inflating it, a piece at a time.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from pipeline.ingest.limits import MAX_INFLATED, MAX_PARTS, MAX_SMALL_PART, BadFile, too_large, unreadable

_LOCAL = struct.Struct("<4s22xHH")
_PIECE = 1 << 20
_MOUTHFUL = 1 << 15
"""Compressed bytes given to zlib at a time: what it leaves over is copied, so little may be left over."""
_ENCRYPTED = 0x1


class Archive:
    """A ZIP whose names are plain, single and relative. Raises BadFile for any other.

    inflated: bytes so far; whoever reads a part anew may take them back.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._entries = {entry.filename: entry for entry in _entries(data)}
        self.inflated = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parts, as the directory lists them."""
        return tuple(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def pieces(self, name: str) -> Iterator[bytes]:
        """The part in pieces of at most 1 MiB. Raises BadFile when it is damaged or the file inflates without end."""
        for piece in _inflate(self._compressed(name), self._entries[name].compress_type):
            self.inflated += len(piece)
            if self.inflated > MAX_INFLATED:
                raise too_large("inflated", MAX_INFLATED, self.inflated)
            yield piece

    def xml_pieces(self, name: str) -> Iterator[bytes]:
        """The same for an XML part, which must be UTF-8 and declare no document type and no entities."""
        tail = b""
        first = True
        for piece in self.pieces(name):
            if first and (piece[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in piece[:4]):
                raise unreadable("encoding")
            if _declares(piece) or _declares(tail + piece[:16]):
                raise unreadable("entities")
            tail, first = piece[-16:], False
            yield piece

    def small_xml(self, name: str) -> bytes:
        """A whole XML part that has no reason to be large."""
        held = bytearray()
        for piece in self.xml_pieces(name):
            held += piece
            if len(held) > MAX_SMALL_PART:
                raise too_large("part", MAX_SMALL_PART, name)
        return bytes(held)

    def check(self, name: str) -> None:
        """Inflates a part nobody reads here, because the reader behind us will."""
        pieces = self.xml_pieces(name) if name.lower().endswith((".xml", ".rels", ".vml")) else self.pieces(name)
        for _ in pieces:
            pass

    def _compressed(self, name: str) -> memoryview:
        entry = self._entries[name]
        start = entry.header_offset
        if start + 30 > len(self._data):
            raise unreadable("truncated")
        magic, name_length, extra_length = _LOCAL.unpack_from(self._data, start)
        if magic != b"PK\x03\x04":
            raise unreadable("damaged")
        begin = start + 30 + name_length + extra_length
        if begin + entry.compress_size > len(self._data):
            raise unreadable("truncated")
        return memoryview(self._data)[begin : begin + entry.compress_size]


def _declares(xml: bytes) -> bool:
    """A document type or an entity; most XML has no exclamation mark at all, and one letter is soon looked for."""
    return b"!" in xml and (b"<!DOCTYPE" in xml or b"<!ENTITY" in xml)


def _entries(data: bytes) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OSError):
        raise unreadable("truncated") from None
    if len(entries) > MAX_PARTS:
        raise too_large("parts", MAX_PARTS, len(entries))
    _check_names([entry.orig_filename for entry in entries])
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise BadFile("file.encrypted")
    return [entry for entry in entries if not entry.filename.endswith("/")]


def _check_names(names: list[str]) -> None:
    """Two parts of one name are two files in one: each reader would show another. Excel takes names without case."""
    if len({name.lower() for name in names}) != len(names):
        raise unreadable("names")
    for name in names:
        steps = name.replace("\\", "/").split("/")
        if ".." in steps or name.startswith(("/", "\\")) or ":" in steps[0] or "\0" in name:
            raise unreadable("names")


def _inflate(compressed: memoryview, method: int) -> Iterator[bytes]:
    if method == zipfile.ZIP_STORED:
        yield from (bytes(compressed[at : at + _PIECE]) for at in range(0, len(compressed), _PIECE))
        return
    if method != zipfile.ZIP_DEFLATED:
        raise unreadable("damaged")
    inflater = zlib.decompressobj(-15)
    try:
        for at in range(0, len(compressed), _MOUTHFUL):
            pending: bytes | memoryview = compressed[at : at + _MOUTHFUL]
            while pending and not inflater.eof:
                if piece := inflater.decompress(pending, _PIECE):
                    yield piece
                pending = inflater.unconsumed_tail
        if tail := inflater.flush():
            yield tail
    except zlib.error:
        raise unreadable("damaged") from None
    if not inflater.eof:
        raise unreadable("truncated")
