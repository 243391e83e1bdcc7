"""Workbooks that are ZIPs: .xlsx, .xlsm, .xlsb, .ods; anything else in a ZIP is not a spreadsheet."""

from __future__ import annotations

from pipeline.ingest.archive import Archive
from pipeline.ingest.evidence import Declined, Evidence, Unsure, light_pass
from pipeline.ingest.limits import BadFile
from pipeline.ingest.package import Package, SheetPart, open_package
from pipeline.ingest.values import open_workbook, send_rows, sheet_of
from pipeline.ingest.wire import Send


def read_zipped(data: bytes, only_sheet: str | None, send: Send) -> None:
    """Sends the workbook in `data`. Raises BadFile when it is not one, damaged, protected or too large."""
    archive = Archive(data)
    if "mimetype" in archive and "content.xml" in archive:
        from pipeline.ingest.opendocument import read_ods

        read_ods(archive, only_sheet, send)
        return
    package = open_package(archive)
    send("kind", package.kind, package.has_macros)
    if package.kind == "xlsb":
        from pipeline.ingest.xlsb import read_xlsb

        read_xlsb(data, archive, package, only_sheet, send)
        return
    if not package.sheets:
        raise BadFile("file.no_table")
    evidence = _evidence(archive, package)
    _check_rest(archive, {sheet.part for sheet in package.sheets})
    if evidence is None:
        from pipeline.ingest.reference import read_reference

        read_reference(data, package, only_sheet, send)
    else:
        _send_sheets(data, package, evidence, only_sheet, send)


def _evidence(archive: Archive, package: Package) -> dict[str, Evidence] | None:
    """Evidence of every sheet; None when any of them needs the reference reader."""
    found = {sheet.name: _of_sheet(archive, sheet.part, package.formats) for sheet in package.sheets}
    sure = {name: evidence for name, evidence in found.items() if evidence is not None}
    return sure if len(sure) == len(found) else None


def _of_sheet(archive: Archive, part: str, formats: dict[int, str], *, quick: bool = True) -> Evidence | None:
    before, pieces = archive.inflated, archive.xml_pieces(part)
    try:
        return light_pass(pieces, formats, quick=quick)
    except Unsure:
        archive.inflated = before
        return _of_sheet(archive, part, formats, quick=False)
    except Declined:
        for _ in pieces:  # the rest of the part is bounded all the same
            pass
        return None


def _check_rest(archive: Archive, read: set[str]) -> None:
    for name in archive.names:
        if name not in read:
            archive.check(name)


def _send_sheets(
    data: bytes, package: Package, evidence: dict[str, Evidence], only_sheet: str | None, send: Send
) -> None:
    workbook = open_workbook(data)
    for sheet in package.sheets:
        send("sheet", sheet.name, sheet.hidden, True)
        if only_sheet is None or sheet.name == only_sheet:
            _send_sheet(workbook, sheet, evidence[sheet.name], send)


def _send_sheet(workbook: object, sheet: SheetPart, evidence: Evidence, send: Send) -> None:
    send("evidence", evidence.sent())
    if evidence.last_row:
        send_rows(sheet_of(workbook, sheet.name), send, evidence.negatives)  # type: ignore[arg-type]
