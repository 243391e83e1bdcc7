"""The reading child: bounds itself, looks at what the file is, and sends its cells to the parent.

Everything that can go wrong with a file happens in here. It imports nothing heavy and writes nothing but its pipe.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import stat
import sys
from collections.abc import Callable
from io import BufferedReader

from pipeline.ingest import wire
from pipeline.ingest.limits import MAX_FILE, MAX_MEMORY, BadFile, seconds_for, too_large, unreadable

Reader = Callable[[BufferedReader, str, str | None, wire.Send], None]


def main() -> None:
    """Entry point of the child: `sys.argv` holds the path and, maybe, the one sheet to read."""
    gc.disable()  # a short life without cycles
    path = sys.argv[1]
    only_sheet = sys.argv[2] if len(sys.argv) > 2 else None
    send = wire.sender(sys.stdout.buffer)
    try:
        _read(path, only_sheet, send)
    except BadFile as fault:
        send("fault", fault.code, fault.facts)
    except MemoryError:
        send("fault", "file.too_large", (("what", "memory"), ("limit", MAX_MEMORY), ("found", MAX_MEMORY)))
    except BrokenPipeError:
        os._exit(0)  # nobody listens any more
    except BaseException:  # calamine's PanicException is no Exception; the parent turns a bad end into a finding
        os._exit(1)
    send("end")
    os._exit(0)  # no time for tearing down a large heap


def _read(path: str, only_sheet: str | None, send: wire.Send) -> None:
    with _open(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_FILE:
            raise too_large("bytes", MAX_FILE, size)
        reader = _reader(file.read(4096))  # imported before the limits, so that its compiled code can be kept
        _bound_self(size)
        file.seek(0)
        send("digest", hashlib.file_digest(file, "sha256").hexdigest())
        if size == 0:
            raise BadFile("file.empty")
        file.seek(0)
        reader(file, os.path.basename(path), only_sheet, send)  # noqa: PTH119 - no pathlib in the child


def _open(path: str) -> BufferedReader:
    try:
        # not to wait for the other end of a named pipe
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise unreadable("missing") from None
    except (OSError, ValueError):
        raise unreadable("denied") from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise BadFile("file.not_a_spreadsheet", found="folder" if stat.S_ISDIR(mode) else "device")


def _bound_self(size: int) -> None:
    """Limits on memory and processor time. macOS does not keep the first; the parent's clock holds everywhere."""
    import resource

    seconds = int(seconds_for(size))
    for which, limit in ((resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_FSIZE, 0)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (limit, limit + 5 if which == resource.RLIMIT_CPU else limit))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _reader(head: bytes) -> Reader:
    """The reader for what the file begins with, whatever its name ends in."""
    if head.startswith(b"PK"):
        from pipeline.ingest.zipped import read_zipped

        return lambda file, _, only_sheet, send: read_zipped(file.read(), only_sheet, send)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        from pipeline.ingest.xls import read_xls

        return lambda file, _, only_sheet, send: read_xls(file.read(), only_sheet, send)
    from pipeline.ingest.delimited import read_delimited

    return lambda file, name, _, send: read_delimited(file, head, name, send)
