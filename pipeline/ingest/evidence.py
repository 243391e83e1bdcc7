"""The light pass over a sheet's XML: everything about cells but their values, and where the last one lies.

It reads bytes in the one shape Excel, LibreOffice, openpyxl and xlsxwriter write, with a handful of regular
expressions. What it understood is counted against what is there; anything left over (a namespace prefix, single
quotes, comments, CDATA, cells without an address) makes it decline, and the reference reader takes the file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from operator import itemgetter

from pipeline.ingest.limits import MAX_SMALL_PART, BadFile, check_extent, too_large

TYPE_CHECKING = False
if TYPE_CHECKING:  # the child starts without `typing` and `dataclasses`: parts of it that nothing here needs
    from collections.abc import Iterable, Mapping

Position = tuple[int, int]

_MAIN = re.compile(
    rb'([\w:]+)="http://(?:schemas\.openxmlformats\.org/spreadsheetml/2006/main|purl\.oclc\.org/ooxml/spreadsheetml/main)"'
)
_SECTION = re.compile(rb"<sheetData(?: ?/>|>)")
_OTHER_CELL = re.compile(rb"<c[\s/>](?<! )")
"""A cell without attributes, or with something else than a blank before them."""
_ROW = re.compile(rb'<row r="([0-9]+)"([^>]*)>')
_OTHER_ROW = re.compile(rb'<row(?! r="[0-9]+")')
"""A row that does not say first which one it is."""
_UNSEEN_ROW = re.compile(rb' hidden="(?:1|true)"| ht="0"')
_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})("[^>]*>(?:<[/fvi])?)')
"""Column, row, and the rest of the tag with the first letter of what follows it."""
_NEAR_CELL = re.compile(rb'<c r="A?[A-Z][1-9][0-9]{0,4}("[^>]*>(?:<[/fvi])?)')
"""The rest of a cell's tag, of cells so near that a sheet of them alone is no larger than we read: AZ99999 at most."""
_NEAR_ROWS, _NEAR_COLUMNS = 99_999, 52
_REST = re.compile(rb'"((?: [A-Za-z]{1,9}="[^"]*")*)(?:( ?/)>(?:</)?|>(<[/fvi]))\Z')
_FORMULA = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})("[^>]*><f)(?:[^>]*/>|(?: [^>]*)?>[^<]*</f>)(<v[^>]*>[^<]|<v[ />]|</c)'
)
_ERROR = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^>]* t="e"[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?<v[^>]*>([^<]*)<'
)
_NEGATIVE = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})("[^>]*><v)>(-[0-9.eE+-]+)</v>')
_COLUMN = re.compile(rb"<col ([^>]*)>")
_MERGE = re.compile(rb'<mergeCell ref="([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?" ?/>')
_ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')


class Declined(Exception):
    """The XML is not of the shape this pass knows. Says nothing about the file's worth."""


class Unsure(Exception):
    """Cells that were only looked at quickly may make the sheet too large, or not: a pass without haste tells."""


class Evidence:
    """What a sheet's XML tells beside the values. Rows from 1, columns from 0, positions as (row, column).

    last_row, last_column: no cell with something in it lies beyond; no row where there is none.
    formats: format code -> column -> rows: few codes, long runs of rows, little to send.
    negatives: numbers below zero in formatted cells; a date format makes midnights of them in the fast reader.
    """

    __slots__ = (
        "faults", "formats", "formulas", "hidden_columns", "hidden_rows",
        "last_column", "last_row", "merged", "negatives",
    )  # fmt: skip

    def __init__(self) -> None:
        self.last_row = 0
        self.last_column = -1
        self.formats: dict[str, dict[int, list[int]]] = {}
        self.formulas: list[Position] = []
        self.faults: dict[Position, str] = {}
        self.hidden_rows: list[int] = []
        self.hidden_columns: list[int] = []
        self.merged: list[tuple[int, int, int, int]] = []
        self.negatives: dict[Position, float] = {}

    def format_at(self, row: int, column: int, code: str) -> None:
        """Notes the format of one number cell."""
        self.formats.setdefault(code, {}).setdefault(column, []).append(row)

    def sent(self) -> dict[str, object]:
        """The part of it that the parent keeps."""
        names = ("formats", "formulas", "faults", "hidden_rows", "hidden_columns", "merged")
        return {name: getattr(self, name) for name in names}


def column_index(letters: bytes) -> int:
    """`A` is 0."""
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def light_pass(pieces: Iterable[bytes], formats: Mapping[int, str], *, quick: bool = True) -> Evidence:
    """Evidence of the sheet whose XML comes in `pieces`; `formats` are the format codes that matter, by style number.

    quick: pieces in which nothing is to be noted are passed over, and how far their cells lie is not measured.
    Raises Declined when the XML has another shape, BadFile when its last cell is too far away, and Unsure when a quick
    pass cannot tell whether it is.
    """
    reader = _Pass({str(style).encode(): code for style, code in formats.items()}, quick=quick)
    for piece in pieces:
        reader.feed(piece)
    return reader.close()


class _Tag:
    """What the opening tag of a cell says about it."""

    __slots__ = ("filled", "format", "is_formula", "kind")

    def __init__(self, filled: bool, is_formula: bool, kind: bytes, code: str | None) -> None:
        self.filled = filled
        self.is_formula = is_formula
        self.kind = kind
        self.format = code

    @property
    def is_dull(self) -> bool:
        """A value, and nothing to note about it."""
        return self.filled and not self.is_formula and self.kind != b"e" and self.format is None


def _holds(xml: bytes, letter: bytes, mark: bytes) -> bool:
    """Is the mark somewhere? First its rarest letter is looked for: a sheet of numbers and shared texts has few."""
    return letter in xml and mark in xml


def _count(cells: list[tuple[bytes, bytes, bytes]], rests: set[bytes]) -> int:
    return sum(rest in rests for _, _, rest in cells) if rests else 0


class _Pass:
    def __init__(self, formats: Mapping[bytes, str], *, quick: bool) -> None:
        self._formats = formats
        self._evidence = Evidence()
        self._letters: dict[bytes, int] = {}
        self._tags: dict[bytes, _Tag] = {}
        self._buffer = b""
        self._section = "head"
        self._dull = quick
        self._passed_over = False

    def feed(self, piece: bytes) -> None:
        self._buffer += piece
        if self._section == "head":
            self._enter_rows()
        if self._section == "rows":
            self._take_rows()
        if len(self._buffer) > MAX_SMALL_PART:
            raise too_large("part", MAX_SMALL_PART, len(self._buffer))  # a row, or what comes before or after all rows

    def close(self) -> Evidence:
        if self._section != "tail":
            raise Declined
        self._merges(self._buffer)
        return self._evidence

    def _enter_rows(self) -> None:
        begin = _SECTION.search(self._buffer)
        if begin is None:
            return
        head = self._buffer[: begin.start()]
        if _MAIN.findall(head) != [b"xmlns"] or b"<!" in head:
            raise Declined
        self._hidden_columns(head)
        self._section = "tail" if begin[0].endswith(b"/>") else "rows"
        self._buffer = self._buffer[begin.end() :]

    def _take_rows(self) -> None:
        end = self._buffer.find(b"</sheetData>")
        if end >= 0:
            rows, self._buffer = self._buffer[:end], self._buffer[end:]
            self._section = "tail"
        else:
            cut = self._buffer.rfind(b"</row>") + 6
            if cut < 6:
                return
            rows, self._buffer = self._buffer[:cut], self._buffer[cut:]
        self._rows(rows)

    def _rows(self, xml: bytes) -> None:
        if _holds(xml, b"!", b"<!") or _holds(xml, b"?", b"<?") or _holds(xml, b"m", b'/main"'):
            raise Declined
        self._dull = self._dull and self._only_dull_cells(xml)
        if not self._dull:
            self._all_rows(xml)
            self._all_cells(xml)

    def _only_dull_cells(self, xml: bytes) -> bool:
        """Are all cells here near, with a value and nothing to note, and no row hidden? Of most files that is all."""
        rests = _NEAR_CELL.findall(xml)
        if len(rests) != xml.count(b"<c") or _OTHER_ROW.search(xml):
            return False
        if _holds(xml, b"h", b"hidden=") or _holds(xml, b"h", b" ht="):
            return False
        if not all(self._tag(rest).is_dull for rest in set(rests)):
            return False
        if rests:
            self._passed_over, evidence = True, self._evidence
            evidence.last_row = max(evidence.last_row, _NEAR_ROWS)
            evidence.last_column = max(evidence.last_column, _NEAR_COLUMNS - 1)
        return True

    def _all_rows(self, xml: bytes) -> None:
        rows = _ROW.findall(xml)
        if len(rows) != xml.count(b"<row"):
            raise Declined
        self._evidence.hidden_rows += [int(row) for row, rest in rows if _UNSEEN_ROW.search(rest)]

    def _all_cells(self, xml: bytes) -> None:
        if _OTHER_CELL.search(xml):
            raise Declined
        cells = _CELL.findall(xml)
        if len(cells) != xml.count(b"<c "):
            raise Declined
        self._cells(xml, cells)

    def _cells(self, xml: bytes, cells: list[tuple[bytes, bytes, bytes]]) -> None:
        """A sheet has few distinct tags: each is understood once, and its cells found by it."""
        tags = {rest: self._tag(rest) for rest in set(map(itemgetter(2), cells))}
        empty = {rest for rest, tag in tags.items() if not tag.filled}
        filled = [cell for cell in cells if cell[2] not in empty] if empty else cells
        self._extend(set(map(itemgetter(0), filled)), set(map(itemgetter(1), filled)))
        self._take_formats(filled, {rest: tag.format for rest, tag in tags.items() if tag.filled and tag.format})
        if formulas := _count(filled, {rest for rest, tag in tags.items() if tag.is_formula}):
            self._formulas(xml, formulas)
        if errors := _count(filled, {rest for rest, tag in tags.items() if tag.filled and tag.kind == b"e"}):
            self._errors(xml, errors)
        if self._formats and b"<v>-" in xml:
            for column, row, rest, value in _NEGATIVE.findall(xml):
                if self._tag(rest).format:
                    self._evidence.negatives[int(row), self._column(column)] = float(value)

    def _tag(self, rest: bytes) -> _Tag:
        if rest not in self._tags:
            match = _REST.match(rest)
            if match is None:
                raise Declined
            text, closed, content = match.groups()
            attributes = dict(_ATTRIBUTE.findall(text))
            kind = attributes.get(b"t", b"n")
            code = self._formats.get(attributes.get(b"s", b"0")) if kind == b"n" else None
            self._tags[rest] = _Tag(not closed and content != b"</", content == b"<f", kind, code)
        return self._tags[rest]

    def _take_formats(self, filled: list[tuple[bytes, bytes, bytes]], codes: Mapping[bytes, str]) -> None:
        runs: defaultdict[tuple[bytes, bytes], list[bytes]] = defaultdict(list)
        for column, row, rest in filled if codes else ():
            if rest in codes:
                runs[column, rest].append(row)
        for (letters, rest), rows in runs.items():
            columns = self._evidence.formats.setdefault(codes[rest], {})
            columns.setdefault(self._column(letters), []).extend(map(int, rows))

    def _extend(self, columns: set[bytes], rows: set[bytes]) -> None:
        if not columns:
            return
        evidence = self._evidence
        far_column = max(columns, key=self._column)
        far_row = max(rows, key=int)
        evidence.last_column = max(evidence.last_column, self._column(far_column))
        evidence.last_row = max(evidence.last_row, int(far_row))
        try:
            check_extent(evidence.last_row, evidence.last_column, (far_column + far_row).decode())
        except BadFile:
            if self._passed_over:
                raise Unsure from None
            raise

    def _formulas(self, xml: bytes, expected: int) -> None:
        found = _FORMULA.findall(xml)
        if len(found) != expected:
            raise Declined
        for column, row, rest, cached in found:
            at = (int(row), self._column(column))
            self._evidence.formulas.append(at)
            has_value = len(cached) > len(b"<v>")
            # a text formula may honestly come to nothing (`=""`); a number cannot
            if not has_value and (self._tag(rest).kind != b"str" or cached == b"</c"):
                self._evidence.faults[at] = "no_cached_value"

    def _errors(self, xml: bytes, expected: int) -> None:
        found = _ERROR.findall(xml)
        if len(found) != expected:
            raise Declined
        for column, row, text in found:
            self._evidence.faults[int(row), self._column(column)] = text.decode("utf-8", "replace")

    def _hidden_columns(self, head: bytes) -> None:
        for text in _COLUMN.findall(head):
            attributes = dict(_ATTRIBUTE.findall(text))
            if not attributes.get(b"min", b"").isdigit() or not attributes.get(b"max", b"").isdigit():
                raise Declined
            if attributes.get(b"hidden") in (b"1", b"true") or attributes.get(b"width") == b"0":
                last = min(int(attributes[b"max"]), 16_384)
                self._evidence.hidden_columns += range(int(attributes[b"min"]) - 1, last)

    def _merges(self, tail: bytes) -> None:
        found = _MERGE.findall(tail)
        if len(found) != tail.count(b"<mergeCell "):
            raise Declined
        for left, top, right, bottom in found:
            first, last = column_index(left), column_index(right or left)
            self._evidence.merged.append((int(top), first, int(bottom or top), last))

    def _column(self, letters: bytes) -> int:
        index = self._letters.get(letters)
        if index is None:
            index = self._letters[letters] = column_index(letters)
        return index
