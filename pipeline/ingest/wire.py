"""The pipe between the reading child and us: length-prefixed frames of plain values.

The child may have been taken over by the file it reads, so nothing but builtins and the four date types is ever built
from what it sends, and the shape of each frame is checked before use.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable
from typing import Any, BinaryIO

from pipeline.ingest.limits import MAX_SENT

HEADER = struct.Struct(">I")
BLOCK_ROWS = 1000
"""Rows a frame carries: some hundred kilobytes, so that neither side ever holds the sheet twice."""
DATE_TYPES = frozenset({"date", "datetime", "time", "timedelta"})

Frame = tuple[Any, ...]
Send = Callable[..., None]


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == "datetime" and name in DATE_TYPES:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"a frame may not name {module}.{name}")


def encode(frame: Frame) -> bytes:
    """One frame with its length in front."""
    body = io.BytesIO()
    _pickle(frame, body)
    return HEADER.pack(body.tell()) + body.getvalue()


def _pickle(frame: Frame, body: io.BytesIO) -> None:
    pickler = pickle.Pickler(body, protocol=5)
    pickler.fast = True  # values of a sheet never share or refer to each other: no memo, twice as fast on both sides
    pickler.dump(frame)


def decode(body: bytes) -> Frame:
    """A frame without its length. Raises pickle.UnpicklingError on anything that is not a tuple of plain values."""
    try:
        frame = _PlainUnpickler(io.BytesIO(body)).load()
    except Exception as error:  # a torn or forged frame can fail in any way; all of them mean the same
        raise pickle.UnpicklingError("a frame that is not plain values") from error
    if not (isinstance(frame, tuple) and frame and isinstance(frame[0], str)):
        raise pickle.UnpicklingError("a frame is a tuple that begins with its name")
    return frame


def sender(out: BinaryIO) -> Send:
    """A function that sends its arguments as one frame. All frames are made in the same place of the memory."""
    body = io.BytesIO()

    def send(*frame: object) -> None:
        body.seek(0)
        _pickle(frame, body)
        size = body.tell()
        out.write(HEADER.pack(size))
        with body.getbuffer() as held, held[:size] as told:
            out.write(told)
        out.flush()

    return send


def whole_frames(buffer: bytearray) -> list[bytes]:
    """Takes the complete frames off the front of `buffer`. Raises OverflowError on a length nobody honest sends."""
    frames = []
    start = 0
    while len(buffer) - start >= HEADER.size:
        (length,) = HEADER.unpack_from(buffer, start)
        if length > MAX_SENT:
            raise OverflowError(length)
        end = start + HEADER.size + length
        if len(buffer) < end:
            break
        frames.append(bytes(memoryview(buffer)[start + HEADER.size : end]))
        start = end
    del buffer[:start]
    return frames
