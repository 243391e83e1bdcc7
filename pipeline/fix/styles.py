"""styles.xml with the number formats that repaired cells need; every style that is there stays as it is."""

from __future__ import annotations

from pipeline.report.annotated.tags import CannotPatch, Edits, Element, escaped, parse, with_attributes

_BUILT_IN = {"0%": 9, "0.00%": 10, "#,##0": 3, "#,##0.00": 4}
_FIRST_OWN = 164
"""Numbers of formats a workbook defines itself begin here (ECMA-376 part 1, 18.8.30)."""


class Formats:
    """The cell styles of a workbook, and copies of them under other number formats."""

    def __init__(self, xml: bytes) -> None:
        self._xml = xml
        self._root = parse(xml)
        listed = self._root.child("cellXfs")
        if listed is None or not listed.children:
            raise CannotPatch("cellXfs")
        self._listed: Element = listed
        self._raws = [xml[child.start : child.end] for child in listed.children]
        self._old = len(self._raws)
        self._made: dict[tuple[int, str], int] = {}
        self._codes = self._known_codes()
        self._new_codes: dict[str, int] = {}

    def _known_codes(self) -> dict[str, int]:
        own = self._root.child("numFmts")
        found = {
            child.attributes.get("formatCode", ""): int(child.attributes.get("numFmtId", "0"))
            for child in (own.children if own else ())
            if child.attributes.get("numFmtId", "").isdigit()
        }
        return {**found, **_BUILT_IN}

    def style(self, number: int, code: str) -> int:
        """The style like `number`, under the number format `code`."""
        if (number, code) not in self._made:
            raw = self._raws[number if number < self._old else 0]
            end = parse(raw).inner
            values = {"numFmtId": str(self._code(code)), "applyNumberFormat": "1", "quotePrefix": None}
            self._made[number, code] = len(self._raws)
            self._raws.append(with_attributes(raw[:end], values) + raw[end:])
        return self._made[number, code]

    def _code(self, code: str) -> int:
        if code not in self._codes:
            number = max((_FIRST_OWN - 1, *self._codes.values())) + 1
            self._codes[code] = self._new_codes[code] = number
        return self._codes[code]

    def xml(self) -> bytes:
        """The part with every style and format that was asked for."""
        edits = Edits(self._xml)
        if len(self._raws) > self._old:
            if not self._listed.is_closed and "count" in self._listed.attributes:
                edits.set(self._listed, {"count": str(len(self._raws))})
            edits.append_in(self._listed, b"".join(self._raws[self._old :]))
        if self._new_codes:
            self._add_codes(edits)
        return edits.apply()

    def _add_codes(self, edits: Edits) -> None:
        p = self._root.prefix
        made = "".join(
            f'<{p}numFmt numFmtId="{n}" formatCode="{escaped(code)}"/>' for code, n in self._new_codes.items()
        ).encode()
        own = self._root.child("numFmts")
        if own is None:
            count = len(self._new_codes)
            edits.insert(self._root.inner, f'<{p}numFmts count="{count}">'.encode() + made + f"</{p}numFmts>".encode())
            return
        if not own.is_closed and "count" in own.attributes:
            edits.set(own, {"count": str(len(own.children) + len(self._new_codes))})
        edits.append_in(own, made)
