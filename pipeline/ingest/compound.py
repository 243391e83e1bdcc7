"""Streams of an OLE compound file (the box around .xls and around protected .xlsx), with every chain bounded."""

from __future__ import annotations

import struct

from pipeline.ingest.limits import unreadable

_HEADER = struct.Struct("<24x5H6x9I")
_LAST = 0xFFFFFFFA
"""Sector numbers from here on are marks: end of chain, free, table."""
_MINI_CUTOFF = 4096


class Compound:
    """The streams by name (the last step of their path). Raises BadFile when the tables are damaged."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        try:
            self._open()
        except (struct.error, IndexError, OverflowError):
            raise unreadable("damaged") from None

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._streams

    def stream(self, name: str) -> bytes:
        """The bytes of a stream. Raises BadFile when its chain is broken."""
        start, size = self._streams[name.lower()]
        try:
            if size >= _MINI_CUTOFF:
                return self._chain(start)[:size]
            return self._mini_chain(start, size)
        except (struct.error, IndexError, OverflowError):
            raise unreadable("damaged") from None

    def _open(self) -> None:
        (_, _, _, shift, mini_shift, _, _, first_directory, _, _, first_mini, _, difat, difat_count) = (
            _HEADER.unpack_from(self._data)
        )
        if shift not in (9, 12) or mini_shift != 6:
            raise unreadable("damaged")
        self._size = 1 << shift
        self._fat = self._allocation(difat, difat_count)
        self._streams: dict[str, tuple[int, int]] = {}
        self._root = (0, 0)
        self._read_directory(self._chain(first_directory))
        self._mini_fat = _numbers(self._chain(first_mini)) if first_mini < _LAST else ()
        self._mini = self._chain(self._root[0]) if self._root[0] < _LAST else b""

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        if start >= len(self._data):
            raise unreadable("truncated")
        return self._data[start : start + self._size]

    def _allocation(self, difat: int, count: int) -> tuple[int, ...]:
        listed = list(struct.unpack_from("<109I", self._data, 76))
        seen = 0
        while difat < _LAST and seen <= min(count, len(self._data) // self._size):
            *numbers, difat = _numbers(self._sector(difat))
            listed += numbers
            seen += 1
        return tuple(entry for number in listed if number < _LAST for entry in _numbers(self._sector(number)))

    def _chain(self, start: int) -> bytes:
        pieces: list[bytes] = []
        while start < _LAST:
            if len(pieces) > len(self._fat):
                raise unreadable("damaged")
            pieces.append(self._sector(start))
            start = self._fat[start]
        return b"".join(pieces)

    def _mini_chain(self, start: int, size: int) -> bytes:
        pieces: list[bytes] = []
        while start < _LAST and len(pieces) <= len(self._mini_fat):
            pieces.append(self._mini[start * 64 : start * 64 + 64])
            start = self._mini_fat[start]
        return b"".join(pieces)[:size]

    def _read_directory(self, directory: bytes) -> None:
        for at in range(0, len(directory) - 127, 128):
            length, kind = struct.unpack_from("<HB", directory, at + 64)
            start, size = struct.unpack_from("<II", directory, at + 116)
            name = directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").lower()
            if kind == 5:
                self._root = (start, size)
            elif kind in (1, 2):
                self._streams.setdefault(name, (start, size))


def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])
