"""The shape of a cross-field rule: what it needs, where it points, and a pure judgement that explains itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from catalog.reference import Tables
from schemas.findings import Fact
from schemas.sheet import RowCheck

Facts = Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Rule:
    """`judge` gets the known values of `needs`, then those of `if_known` (None where absent or unknown).

    It gives None when all is well, else the facts of the finding, which stands at the cell of field `at`.
    """

    code: str
    at: str
    needs: tuple[str, ...]
    judge: Callable[..., Facts | None]
    if_known: tuple[str, ...] = ()

    def check(self) -> RowCheck:
        """The rule as a check of the ROWS pass."""
        return RowCheck(self.code, self.at, self.needs, self.judge, self.if_known)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What rules may know beside the row: the day, and the reference tables of that day."""

    as_of: date
    tables: Tables
