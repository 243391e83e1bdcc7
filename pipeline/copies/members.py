"""The parts of a workbook, some of them changed; the others travel as the compressed bytes they are."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pipeline.ingest.archive import Archive

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_SIZES_FOLLOW, _UTF8 = 0x8, 0x800
_DAY_ONE = (1980, 1, 1, 0, 0, 0)
"""New parts carry no moment: the same workbook gives the same copy."""
_ZIP64 = 1


class Parts:
    """A package by part name. What is put and differs is written anew; everything else stays as it was."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._archive = Archive(data)
        self._held: dict[str, bytes] = {}
        self._changed: dict[str, bytes] = {}
        self._names = {name.lower(): name for name in self._archive.names}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def get(self, name: str) -> bytes:
        """A part as it is now; KeyError where there is none. Raises BadFile when it is damaged."""
        name = self._names[name.lower()]
        if name in self._changed:
            return self._changed[name]
        if name not in self._held:
            self._held[name] = b"".join(self._archive.pieces(name))
        return self._held[name]

    def head(self, name: str) -> bytes:
        """The beginning of a part, at most 1 MiB."""
        name = self._names[name.lower()]
        return self._changed.get(name) or self._held.get(name) or next(self._archive.pieces(name), b"")

    def put(self, name: str, body: bytes) -> None:
        """A part's new content."""
        name = self._names.setdefault(name.lower(), name)
        self._changed[name] = body

    def free_name(self, pattern: str) -> str:
        """A part name nobody has: `xl/comments{}.xml`."""
        number = 1
        while pattern.format(number) in self:
            number += 1
        return pattern.format(number)

    def changed(self) -> dict[str, bytes]:
        """The parts that differ from the original."""
        known = set(self._archive.names)
        return {n: b for n, b in self._changed.items() if n not in known or b != self._original(n)}

    def _original(self, name: str) -> bytes:
        return self._held[name] if name in self._held else b"".join(self._archive.pieces(name))

    def fingerprint(self, *, but: str) -> str:
        """A digest of every part but one, by name, size and checksum: another after any program has saved the file."""
        with ZipFile(BytesIO(self._data)) as archive:
            found = {info.filename: (info.CRC, info.file_size) for info in archive.infolist()}
        found |= {name: (zlib.crc32(body), len(body)) for name, body in self._changed.items()}
        found.pop(self._names.get(but.lower(), but), None)
        return hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()

    def packed(self) -> bytes:
        """The workbook: old parts in their order, then the new ones."""
        changed = self.changed()
        with ZipFile(BytesIO(self._data)) as archive:
            infos, remark = archive.infolist(), archive.comment
        members = [_kept(self._data, info, changed.pop(info.filename, None)) for info in infos]
        members += [_packed(_new(name), name.encode(), body) for name, body in changed.items()]
        return _joined(members, remark)


def _new(name: str) -> ZipInfo:
    info = ZipInfo(name, _DAY_ONE)
    info.create_system = 0  # no file mode: the same bytes on every machine
    return info


@dataclass(frozen=True, slots=True)
class _Member:
    info: ZipInfo
    name: bytes
    crc: int
    size: int
    body: bytes | memoryview


def _kept(data: bytes, info: ZipInfo, new: bytes | None) -> _Member:
    fields = _LOCAL.unpack_from(data, info.header_offset)
    at = info.header_offset + _LOCAL.size
    name = data[at : at + fields[9]]
    if new is not None:
        return _packed(info, name, new)
    begin = at + fields[9] + fields[10]
    return _Member(info, name, info.CRC, info.file_size, memoryview(data)[begin : begin + info.compress_size])


def _packed(info: ZipInfo, name: bytes, body: bytes) -> _Member:
    packer = zlib.compressobj(5, zlib.DEFLATED, -15)
    packed = packer.compress(body) + packer.flush()
    info.compress_type = ZIP_DEFLATED
    return _Member(info, name, zlib.crc32(body), len(body), packed)


def _joined(members: list[_Member], remark: bytes) -> bytes:
    pieces: list[bytes | memoryview] = []
    directory: list[bytes] = []
    at = 0
    for member in members:
        head, entry = _headers(member, at)
        pieces += [head, member.body]
        directory.append(entry)
        at += len(head) + len(member.body)
    listed = b"".join(directory)
    count = len(members)
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(listed), at, len(remark))
    return b"".join((*pieces, listed, end, remark))


def _headers(member: _Member, at: int) -> tuple[bytes, bytes]:
    """Local header and directory entry. Sizes stand in both, so none follows the data."""
    info = member.info
    flags = (info.flag_bits & ~_SIZES_FOLLOW) | (0 if member.name.isascii() else info.flag_bits & _UTF8)
    year, month, day, hour, minute, second = info.date_time
    clock = (hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day)
    common = (flags, info.compress_type, *clock, member.crc, len(member.body), member.size, len(member.name))
    extra = _without_zip64(info.extra)
    local = _LOCAL.pack(b"PK\3\4", 20, *common, 0) + member.name
    made = info.create_system << 8 | info.create_version
    rest = (len(extra), len(info.comment), 0, info.internal_attr, info.external_attr, at)
    central = _CENTRAL.pack(b"PK\1\2", made, 20, *common, *rest) + member.name + extra + info.comment
    return local, central


def _without_zip64(extra: bytes) -> bytes:
    """Extra fields but those that hold sizes: no workbook we read is large enough to need them."""
    kept, at = b"", 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind != _ZIP64:
            kept += extra[at : at + 4 + length]
        at += 4 + length
    return kept
