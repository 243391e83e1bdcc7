"""The reading child as a process: started with next to nothing loaded, it can be the first thing a command does.

Raises OSError where the system has no process to give.
"""

from __future__ import annotations

import os
import sys
import time

# -I: neither the environment nor the working folder may decide which code the child runs
_BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); from pipeline.ingest.child import main; main()"
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120 - no pathlib yet
_PIPE = 1 << 20
"""Bytes that may wait in the pipe: while we load libraries, the child need not wait for our thread's turn."""
_FIRST_FREE = 3
_KILLED = 9
_GLANCES = 0.001
"""Seconds between two looks."""


class Child:
    """A process that reads the file `path` (of it, maybe, only one sheet) and writes to `pipe`."""

    def __init__(self, path: str, only_sheet: str | None, pid: int, pipe: int) -> None:
        self.path = path
        self.only_sheet = only_sheet
        self.pipe = pipe
        self._pid = pid
        self._code: int | None = None

    def kill(self) -> None:
        """Ends it, if it has not ended."""
        if self._code is None:
            try:
                os.kill(self._pid, _KILLED)
            except ProcessLookupError:
                return

    def wait(self, seconds: float | None = None) -> int | None:
        """Its exit code, negative for a signal; None when it is still there after so many seconds.

        Waiting with an end is looking again and again: the system's own has none.
        """
        until = None if seconds is None else time.monotonic() + seconds
        while self._code is None:
            pid, status = self._look(0 if until is None else os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
            elif until is not None and time.monotonic() > until:
                return None
            else:
                time.sleep(_GLANCES)
        return self._code

    def _look(self, how: int) -> tuple[int, int]:
        try:
            return os.waitpid(self._pid, how)
        except ChildProcessError:  # somebody else waited for it; what it sent tells how it ended
            return self._pid, 0


def spawn(path: str, only_sheet: str | None = None) -> Child:
    """Starts a child on `path`. Raises OSError or ValueError (a path with a NUL) when none can be started."""
    said = [path] if only_sheet is None else [path, only_sheet]
    pipe, answering = os.pipe()
    try:
        answering = _beyond_standard(answering)
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-X", "utf8", "-c", _BOOT, _ROOT, *said],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, answering, 1),
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
        )
    except (OSError, ValueError):
        os.close(pipe)
        raise
    finally:
        os.close(answering)
    widen(pipe)
    return Child(path, only_sheet, pid, pipe)


def _beyond_standard(descriptor: int) -> int:
    """The descriptor, or a copy of it where it took the place of a standard stream that was closed."""
    if descriptor >= _FIRST_FREE:
        return descriptor
    import fcntl

    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)
    os.close(descriptor)
    return copy


def widen(pipe: int) -> None:
    """More room in a pipe, where the system has it to give: it only ever saves time."""
    if sys.platform == "linux":
        import fcntl

        try:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
        except OSError:
            return
