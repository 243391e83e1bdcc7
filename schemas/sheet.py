"""pandera schemas of a product sheet: a CELLS pass over single columns, then a ROWS pass over what is known.

A frame holds parsed values only, in object columns, indexed by spreadsheet row: None where the Lender said nothing,
UNKNOWN where a cell could not be read. UNKNOWN never reaches a check, so it neither passes nor multiplies. pandera
coerces nothing here, and severity is ours: a check names its finding code. pandera runs every check and judges whether
it passed; which rows failed it and why, a check keeps itself (pandera's own tables of failures, which nobody reads,
would cost more than the checks).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress, repeat
from operator import and_
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from schemas.errors import CannotRun

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa


class _Unknown:
    """A cell that holds something nobody could read."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __reduce__(self) -> str:
        return "UNKNOWN"  # there is only one, in any process


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True, slots=True)
class CellCheck:
    """`passes` gets one known value of the column at a time."""

    code: str
    passes: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class RowCheck:
    """`passes` gets the values of `needs`, in that order, of every row in which all of them are known.

    It answers None where all is well, and otherwise with what is wrong, told at the cell of field `at`.
    A field in `if_known` is handed over as None where it is absent or unknown, and does not keep the rule from running.
    """

    code: str
    at: str
    needs: tuple[str, ...]
    passes: Callable[..., Any]
    if_known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """The spreadsheet rows that failed one check, and what the check said of each."""

    code: str
    field: str
    rows: tuple[int, ...]
    answers: tuple[Any, ...]


class _Columns:
    """The columns of the frame under test as lists, with what is known in each: made once a pass, shared by its checks.

    pandera hands the same frame to every check of a pass; another frame (or a copy) starts afresh.
    """

    __slots__ = ("_frame", "_height", "_known", "_maybe", "_values")

    def __init__(self) -> None:
        self._frame: Callable[[], pd.DataFrame | None] = lambda: None
        self._values: dict[str, list[Any]] = {}
        self._known: dict[tuple[str, ...], list[bool]] = {}
        self._maybe: dict[str, list[Any]] = {}
        self._height = 0

    def of(self, frame: pd.DataFrame) -> _Columns:
        """These columns, of that frame."""
        if frame is not self._frame():
            self._frame = ref(frame)  # pandera ties frame and schema to each other: no stronger knot
            self._known, self._maybe = {}, {}
            self._values = {str(name): frame[name].tolist() for name in frame}
            self._height = len(frame)
        return self

    def values(self, name: str) -> list[Any]:
        """The column's values; all None where the frame lacks it."""
        return self._values.get(name) or [None] * self._height

    def known(self, names: tuple[str, ...]) -> list[bool]:
        """Of each row: is every one of these columns known?"""
        if names not in self._known:
            first, *others = names
            mask = self.known((first,)) if others else _known(self.values(first))
            for name in others:
                mask = list(map(and_, mask, self.known((name,))))
            self._known[names] = mask
        return self._known[names]

    def if_known(self, name: str) -> Iterable[Any] | None:
        """The column's values, None for what is unknown; None where the frame lacks the column."""
        if name not in self._values:
            return None
        if name not in self._maybe:
            values = self._values[name]
            unread = any(value is UNKNOWN for value in values)
            self._maybe[name] = [None if value is UNKNOWN else value for value in values] if unread else values
        return self._maybe[name]


def _known(values: Iterable[Any]) -> list[bool]:
    return [value is not None and value is not UNKNOWN for value in values]


Told = dict[str, Failure]
"""What failed in the pass that is running, by the name its check has in pandera."""


def _cell_test(check: CellCheck, field: str, name: str, told: Told) -> Callable[[pd.Series[Any]], bool]:
    def test(column: pd.Series[Any]) -> bool:
        values = column.tolist()
        known = _known(values)
        passed = list(map(check.passes, compress(values, known)))
        if all(passed):
            return True
        rows = compress(compress(column.index.tolist(), known), (not one for one in passed))
        failed = tuple(rows)
        told[name] = Failure(check.code, field, failed, (None,) * len(failed))
        return False

    return test


def _row_test(check: RowCheck, columns: _Columns, name: str, told: Told) -> Callable[[pd.DataFrame], bool]:
    def test(frame: pd.DataFrame) -> bool:
        own = columns.of(frame)
        known = own.known(check.needs)
        given = [compress(own.values(name), known) for name in check.needs]
        maybe = [repeat(None) if v is None else compress(v, known) for v in map(own.if_known, check.if_known)]
        answers = list(map(check.passes, *given, *maybe))
        failed = [answer is not None for answer in answers]
        if not any(failed):
            return True
        rows = compress(compress(frame.index.tolist(), known), failed)
        told[name] = Failure(check.code, check.at, tuple(rows), tuple(compress(answers, failed)))
        return False

    return test


class Pass:
    """Checks of one kind, made ready: pandera's schema, and what its checks find in a frame."""

    __slots__ = ("_schema", "_told")

    def __init__(self, schema: pa.DataFrameSchema, told: Told) -> None:
        self._schema = schema
        self._told = told

    def failures(self, frame: pd.DataFrame) -> list[Failure]:
        """Every failing check with its rows. Whatever pandera itself stumbles over is a bug and is raised."""
        import pandera.pandas as pa

        self._told.clear()
        try:
            self._schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as found:
            return [self._failure(error) for error in found.schema_errors]
        return []

    def _failure(self, error: Any) -> Failure:
        if error.check is None or error.check_output is None:
            raise error
        return self._told[error.check.name]


def cells_pass(checks: Mapping[str, Sequence[CellCheck]]) -> Pass:
    """The CELLS pass over the columns that are there: each check sees the known values of its own column."""
    import pandera.pandas as pa

    told: Told = {}

    def made(field: str, at: int, check: CellCheck) -> pa.Check:
        name = f"{field} {at}"
        return pa.Check(_cell_test(check, field, name, told), name=name, error=check.code, ignore_na=False)

    columns = {
        field: pa.Column(object, [made(field, *each) for each in enumerate(own)], nullable=True, coerce=False)
        for field, own in checks.items()
    }
    return Pass(pa.DataFrameSchema(columns, coerce=False), told)


def rows_pass(checks: Sequence[RowCheck]) -> Pass:
    """The ROWS pass: each check sees whole rows in which everything it needs is known."""
    import pandera.pandas as pa

    told: Told = {}
    columns = _Columns()
    tests = [
        pa.Check(_row_test(check, columns, name, told), name=name, error=check.code, ignore_na=False)
        for name, check in ((str(at), check) for at, check in enumerate(checks))
    ]
    return Pass(pa.DataFrameSchema({}, checks=tests, coerce=False), told)


def prove_validation_is_on() -> None:
    """Fails loudly where pandera's checks are switched off from outside (PANDERA_VALIDATION_ENABLED and its kin)."""
    with _without("hypothesis"):  # pandera would load it, where it is installed, for test data nobody asks for here
        from pandera.config import get_config_context

        proved = _is_on(repr(get_config_context()))
    if not proved:
        raise CannotRun(
            "Validation is switched off on this machine (look for a PANDERA_ variable); nothing was checked.",
            es="La validación está apagada en esta máquina (busque una variable PANDERA_); no se revisó nada.",
        )


@lru_cache(maxsize=8)
def _is_on(_configuration: str) -> bool:
    """Does what must fail fail? Asked once for each way pandera is configured in this process."""
    return _canary_fails()


@contextmanager
def _without(library: str) -> Iterator[None]:
    """A library that is not loaded yet counts as not installed meanwhile."""
    loaded = library in sys.modules
    if not loaded:
        sys.modules[library] = None  # type: ignore[assignment] # what Python documents for this
    try:
        yield
    finally:
        if not loaded:
            del sys.modules[library]


def _canary_fails() -> bool:
    import pandas as pd

    frame = pd.DataFrame({"canary": pd.Series([1], dtype=object, index=[2])})
    cells = cells_pass({"canary": [CellCheck("canary.cell", lambda value: value > 1)]})
    rows = rows_pass([RowCheck("canary.row", "canary", ("canary",), lambda value: value)])
    return [failure.rows for checks in (cells, rows) for failure in checks.failures(frame)] == [(2,), (2,)]
