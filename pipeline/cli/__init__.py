"""`vitrina`: the command line. It reads settings, calls one function of `pipeline.run`, and translates the result.

Nothing is imported here but what starts a command: `check` has its file read while everything else loads, click
included, and `--help` answers at once. Exit codes: 0 done · 1 the data has errors · 2 wrong use · 3 could not run.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pipeline.cli.group import global_options, vitrina
    from pipeline.ingest.process import Child

__all__ = ["COMMANDS", "global_options", "main", "vitrina"]

COMMANDS = {
    "template": "pipeline.cli.mending",
    "check": "pipeline.cli.checking",
    "fix": "pipeline.cli.mending",
    "requirements": "pipeline.cli.checking",
    "preview": "pipeline.cli.checking",
    "cost": "pipeline.cli.figures",
    "reference": "pipeline.cli.figures",
    "submit": "pipeline.cli.publishing",
    "plan": "pipeline.cli.publishing",
    "approve": "pipeline.cli.publishing",
    "reject": "pipeline.cli.publishing",
    "publish": "pipeline.cli.publishing",
    "sync": "pipeline.cli.syncing",
    "releases": "pipeline.cli.history",
    "rollback": "pipeline.cli.history",
    "waive": "pipeline.cli.ledger",
    "mappings": "pipeline.cli.ledger",
    "withdraw": "pipeline.cli.history",
    "reinstate": "pipeline.cli.history",
    "lineage": "pipeline.cli.history",
    "pack": "pipeline.cli.delivering",
    "receipt": "pipeline.cli.delivering",
    "ids": "pipeline.cli.ids",
    "user": "pipeline.cli.people",
    "serve": "pipeline.cli.serving",
    "onboarding": "pipeline.cli.onboarding",
    "doctor": "pipeline.cli.doctor",
}


def __getattr__(name: str) -> Any:
    """What the commands share, loaded when the first of them asks for it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pipeline.cli import group

    return getattr(group, name)


def main() -> None:
    """Entry point: every error a user or a file can cause ends in one sentence and an exit code, never a traceback."""
    words, ending = sys.argv[1:], Ending()
    if _is_the_program() and next((word for word in words if word in COMMANDS), None) in _BRIEF:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # else numpy starts threads for algebra nobody does here
        gc.disable()  # millions of values and no cycles worth the name, and the process ends with them
        atexit.register(ending.at_once)  # the first to be registered is the last to be run
        ending.brief, ending.reading = True, _reading_ahead(words)
    try:
        from pipeline.cli.group import vitrina
        from pipeline.cli.session import run_command
    except KeyboardInterrupt:  # told to stop before there is anything to stop
        sys.exit(130)
    ending.code = run_command(vitrina, words, os.environ, ending)
    sys.exit(ending.code)


_BRIEF = frozenset(("check",))
"""Commands that keep no state: their process may end at once, without taking a large file's values apart."""


def _reading_ahead(words: Sequence[str]) -> Child | None:
    """A child that reads the FILE of `check FILE`, while we load; None where the words are not plainly that."""
    after = words.index("check") + 1
    file = words[after] if after < len(words) else "-"
    if file.startswith("-") or any(word.startswith("--sheet") for word in words):
        return None
    if not os.path.exists(file):  # noqa: PTH110 - no pathlib yet
        return None
    from pipeline.ingest.process import spawn

    try:
        return spawn(file)
    except (OSError, ValueError):  # said by whoever needs the file
        return None


def _is_the_program() -> bool:
    """Are we what was started? Another program that calls `main` goes on after it."""
    return os.path.basename(sys.argv[0]).partition(".")[0] in ("vitrina", "__main__")  # noqa: PTH119 - no pathlib yet


class Ending:
    """How the process ends, once the command has said its exit code; a bug that crashes ends as any other.

    brief: at once. reading: the child that began to read the FILE before anything was loaded. kept: what is not taken
    apart, object by object, before an end at once.
    """

    code: int | None = None
    brief = False
    reading: Child | None = None
    kept: object = None

    def at_once(self) -> None:
        """Ends the process, all that was printed being out. A stream that cannot be emptied is the interpreter's."""
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (AttributeError, OSError, ValueError):  # no stream, a closed one, or one nobody reads any more
            return
        if self.code is not None:
            os._exit(self.code)
