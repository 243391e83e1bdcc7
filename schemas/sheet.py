"""pandera schemas of a product sheet: a CELLS pass over single columns, then a ROWS pass over what is known.

A frame holds parsed values only, in object columns, indexed by spreadsheet row: None where the Lender said nothing,
UNKNOWN where a cell could not be read. UNKNOWN never reaches a check, so it neither passes nor multiplies. pandera
coerces nothing here, and severity is ours: a check names its finding code, and only the failing rows come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from schemas.errors import CannotRun

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa


class _Unknown:
    """A cell that holds something nobody could read."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True, slots=True)
class CellCheck:
    """`passes` gets the known values of one column and answers for each."""

    code: str
    passes: Callable[[pd.Series[Any]], pd.Series[bool]]


@dataclass(frozen=True, slots=True)
class RowCheck:
    """`passes` gets the values of `needs`, in that order, of every row in which all of them are known.

    A field in `if_known` is handed over as None where it is absent or unknown, and does not keep the rule from running.
    """

    code: str
    needs: tuple[str, ...]
    passes: Callable[..., bool]
    if_known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """The spreadsheet rows that failed one check."""

    code: str
    field: str
    rows: tuple[int, ...]


def _known(column: pd.Series[Any]) -> pd.Series[bool]:
    return column.map(lambda value: value is not None and value is not UNKNOWN).astype(bool)


def _cell_test(check: CellCheck) -> Callable[[pd.Series[Any]], pd.Series[bool]]:
    def test(column: pd.Series[Any]) -> pd.Series[bool]:
        known = _known(column)
        outcome = known.copy()
        outcome[:] = True
        if known.any():
            outcome[known] = check.passes(column[known]).astype(bool)
        return outcome

    return test


def _row_test(check: RowCheck) -> Callable[[pd.DataFrame], pd.Series[bool]]:
    def test(frame: pd.DataFrame) -> pd.Series[bool]:
        import pandas as pd

        known = pd.Series(True, index=frame.index)
        for name in check.needs:
            known &= _known(frame[name])
        part = frame.loc[known, [*check.needs, *(name for name in check.if_known if name in frame)]]
        outcome = pd.Series(True, index=frame.index)
        if len(part):
            outcome[known] = [check.passes(*values) for values in _tuples(part, check)]
        return outcome

    return test


def _tuples(part: pd.DataFrame, check: RowCheck) -> Iterable[tuple[Any, ...]]:
    absent = [None] * len(part)
    columns = [part[name].tolist() for name in check.needs]
    for name in check.if_known:
        columns.append([None if v is UNKNOWN else v for v in part[name]] if name in part else absent)
    return zip(*columns, strict=True)


def cells_schema(checks: Mapping[str, Sequence[CellCheck]]) -> pa.DataFrameSchema:
    """The CELLS pass over the columns that are there: each check sees the known values of its own column."""
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            name: pa.Column(
                object,
                [pa.Check(_cell_test(c), error=c.code, ignore_na=False) for c in column_checks],
                nullable=True,
                coerce=False,
            )
            for name, column_checks in checks.items()
        },
        coerce=False,
    )


def rows_schema(checks: Sequence[RowCheck]) -> pa.DataFrameSchema:
    """The ROWS pass: each check sees whole rows in which everything it needs is known."""
    import pandera.pandas as pa

    return pa.DataFrameSchema({}, checks=[pa.Check(_row_test(c), error=c.code) for c in checks], coerce=False)


def failures(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> list[Failure]:
    """Every failing check of one pass with its rows. Whatever pandera itself stumbles over is a bug and is raised."""
    import pandera.pandas as pa

    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as found:
        return [_failure(error) for error in found.schema_errors]
    return []


def _failure(error: Any) -> Failure:
    if error.check is None or error.check_output is None:
        raise error
    outcome = error.check_output
    return Failure(str(error.check.error), str(error.column_name or ""), tuple(outcome.index[~outcome].tolist()))


def prove_validation_is_on() -> None:
    """Fails loudly where pandera's checks are switched off from outside (PANDERA_VALIDATION_ENABLED and its kin)."""
    import pandas as pd

    frame = pd.DataFrame({"canary": pd.Series([1], dtype=object, index=[2])})
    cells = cells_schema({"canary": [CellCheck("canary.cell", lambda column: column > 1)]})
    rows = rows_schema([RowCheck("canary.row", ("canary",), lambda value: value > 1)])
    if [f.rows for f in (*failures(cells, frame), *failures(rows, frame))] != [(2,), (2,)]:
        raise CannotRun(
            "Validation is switched off on this machine (look for a PANDERA_ variable); nothing was checked.",
            es="La validación está apagada en esta máquina (busque una variable PANDERA_); no se revisó nada.",
        )
