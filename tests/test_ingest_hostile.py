"""Each bad file ends in one clear finding, quickly, in bounded memory, with nothing written."""

from __future__ import annotations

import os
import pickle
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.ingest import start, wire
from pipeline.ingest.assemble import Assembly
from pipeline.ingest.limits import MAX_ROWS
from pipeline.workbook import Workbook
from tests import bad_files
from tests.bad_files import sheet, text_row, xlsx
from tests.workbooks import build


def refused(path: Path) -> tuple[str, dict[str, object]]:
    """Code and facts of the one finding of a file that gives nothing else."""
    workbook = start(path).workbook()
    assert workbook.sheets == ()
    (finding,) = workbook.findings
    assert (finding.severity, finding.effect, finding.source) == ("error", "rejects_file", "assumed")
    facts = dict(finding.facts)
    assert facts.pop("file") == workbook.file == path.name
    return finding.code, facts


def accepted(path: Path) -> Workbook:
    workbook = start(path).workbook()
    assert [finding.code for finding in workbook.findings if finding.severity == "error"] == []
    return workbook


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def good(path: Path) -> Path:
    rows = [[f"Crédito {i}", i, i / 7] for i in range(200)]
    return build(path, {"Productos": rows}, formats={"B1": "0.0%"})


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"%PDF-1.7\n%...", "PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (b"<html><body><table><tr><td>a</td></tr></table></body></html>", "HTML"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html><p>a", "HTML"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:x"/>', "XML"),
        (b"\0\1\2\3" * 100, "binary"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, None),
    ],
)
@pytest.mark.parametrize("ending", [".xls", ".xlsx"])
def test_other_kinds_of_file(tmp_path: Path, content: bytes, found: str | None, ending: str) -> None:
    """What a file is, is told by its content, whatever its name ends in."""
    code, facts = refused(written(tmp_path / f"a{ending}", content))
    expected = ("file.unreadable", "damaged") if found is None else ("file.not_a_spreadsheet", found)
    assert (code, facts.get("found", facts.get("why"))) == expected


def test_empty_folder_missing_pipe(tmp_path: Path) -> None:
    """No bytes, a folder, nothing at all and a named pipe are each said to be so, without waiting."""
    os.mkfifo(tmp_path / "p.csv")
    assert refused(written(tmp_path / "a.xlsx", b""))[0] == "file.empty"
    assert refused(written(tmp_path / "b.csv", b" \r\n\n")) == ("file.empty", {})
    assert refused(tmp_path) == ("file.not_a_spreadsheet", {"found": "folder"})
    assert refused(tmp_path / "no.xlsx") == ("file.unreadable", {"why": "missing"})
    assert refused(tmp_path / "p.csv") == ("file.not_a_spreadsheet", {"found": "device"})


def test_a_csv_with_a_spreadsheets_name(tmp_path: Path) -> None:
    """A real CSV named .xls is simply read."""
    assert accepted(written(tmp_path / "a.xls", b"a;b\n1;2\n")).sheets[0].columns == (["a", "1"], ["b", "2"])


def test_locked_files(tmp_path: Path) -> None:
    """A password is said to be one, in the ways Excel and ZIP set it."""
    plain = good(tmp_path / "plain.xlsx")
    assert refused(bad_files.protected_xlsx(tmp_path / "a.xlsx", plain)) == ("file.encrypted", {})
    assert refused(bad_files.encrypted_zip(tmp_path / "b.xlsx")) == ("file.encrypted", {})


def test_a_locked_xls(tmp_path: Path) -> None:
    """An .xls whose records begin with a password is locked."""
    import xlwt

    book = xlwt.Workbook()
    book.add_sheet("Uno").write(0, 0, "a")
    book.save(str(tmp_path / "a.xls"))
    content = (tmp_path / "a.xls").read_bytes()
    first = content.index(b"\x09\x08\x10\x00") + 20  # after the first record, its first neighbour becomes FILEPASS
    torn = content[:first] + struct.pack("<H", 0x2F) + content[first + 2 :]
    assert refused(written(tmp_path / "b.xls", torn)) == ("file.encrypted", {})


@pytest.mark.parametrize("address", ["XFD1048576", "A1048576", "XFD1", "ALM8000"])
def test_a_cell_far_away(tmp_path: Path, address: str) -> None:
    """One cell at the other end is refused by its name before anyone lays out the area in between."""
    code, facts = refused(bad_files.far_cell(tmp_path / "a.xlsx", address))
    assert (code, facts["found"]) == ("file.too_large", address)


def test_a_far_row_without_content_is_nothing(tmp_path: Path) -> None:
    """LibreOffice ends sheets with an empty styled cell in the last row: it is not content."""
    xml = sheet(text_row(1, "a") + '<row r="1048576"><c r="A1048576" s="1"/><c r="XFD1048576" s="1"></c></row>')
    assert accepted(xlsx(tmp_path / "a.xlsx", xml)).sheets[0].columns == (["a"],)


@pytest.mark.parametrize(
    ("part", "what"),
    [("xl/worksheets/sheet1.xml", "part"), ("xl/styles.xml", "part"), ("xl/sharedStrings.xml", "inflated")],
)
def test_a_gibibyte_of_spaces(tmp_path: Path, part: str, what: str) -> None:
    """A bomb is stopped while it inflates, whatever size its headers claim."""
    path = bad_files.bomb(tmp_path / "a.xlsx", part)
    assert path.stat().st_size < 2_000_000
    code, facts = refused(path)
    assert (code, facts["what"]) == ("file.too_large", what)


def test_a_row_without_end(tmp_path: Path) -> None:
    """A cell of twenty megabytes of text is refused before anyone copies it."""
    code, facts = refused(xlsx(tmp_path / "a.xlsx", sheet(text_row(1, "x" * 20_000_000))))
    assert (code, facts["what"]) == ("file.too_large", "part")


@pytest.mark.parametrize("claim", [4_294_967_295, 18_446_744_073_709_551_615])
def test_a_count_that_lies(tmp_path: Path, claim: int) -> None:
    """A table that claims to be larger than memory kills at most the child."""
    contents: dict[str, str | bytes] = dict(bad_files.parts(sheet(text_row(1, "a"))))
    contents["xl/worksheets/sheet1.xml"] = sheet(text_row(1, "a"), after=f'<mergeCells count="{claim}"/>')
    contents["xl/styles.xml"] = bad_files.STYLES.replace("<cellXfs>", f'<cellXfs count="{claim}">')
    workbook = start(bad_files.package(tmp_path / "a.xlsx", contents)).workbook()
    assert bool(workbook.sheets) != bool(workbook.findings)


@pytest.mark.parametrize("keep", [4, 30, 500, 2000, -1, -30])
def test_truncated(tmp_path: Path, keep: int) -> None:
    """A download that stopped is damaged, wherever it stopped."""
    content = good(tmp_path / "a.xlsx").read_bytes()
    assert refused(written(tmp_path / "b.xlsx", content[:keep])) == ("file.unreadable", {"why": "truncated"})


@pytest.mark.parametrize(
    "names", [["xl/worksheets/sheet1.xml"], ["XL/Workbook.xml"], ["../../x.xml"], ["/x.xml"], ["a/../../x"], ["C:\\x"]]
)
def test_names_inside_the_zip(tmp_path: Path, names: list[str]) -> None:
    """Parts that share a name, or whose names lead out of the file, are refused."""
    assert refused(bad_files.with_extra_names(tmp_path / "a.xlsx", *names)) == ("file.unreadable", {"why": "names"})


def test_too_many_parts(tmp_path: Path) -> None:
    """A file of a hundred thousand parts is no workbook."""
    code, facts = refused(bad_files.with_extra_names(tmp_path / "a.xlsx", *(f"x/{i}" for i in range(5001))))
    assert (code, facts["what"]) == ("file.too_large", "parts")


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml", "_rels/.rels"]
)
def test_entities(tmp_path: Path, part: str) -> None:
    """A document type in any part is refused before anything expands."""
    assert refused(bad_files.with_doctype(tmp_path / "a.xlsx", part)) == ("file.unreadable", {"why": "entities"})


def test_utf_16_parts(tmp_path: Path) -> None:
    """No spreadsheet program writes its parts in UTF-16; a document type could hide in it."""
    contents: dict[str, str | bytes] = dict(bad_files.parts(""))
    contents["xl/worksheets/sheet1.xml"] = sheet(text_row(1, "a")).replace("UTF-8", "UTF-16").encode("utf-16")
    assert refused(bad_files.package(tmp_path / "a.xlsx", contents)) == ("file.unreadable", {"why": "encoding"})


def test_zips_that_are_something_else(tmp_path: Path) -> None:
    """A ZIP of photographs and a text document are no spreadsheets."""
    word = {"[Content_Types].xml": "<Types/>", "word/document.xml": "<a/>"}
    word["_rels/.rels"] = bad_files.parts("")["_rels/.rels"].replace("xl/workbook.xml", "word/document.xml")
    assert refused(bad_files.package(tmp_path / "a.xlsx", {"x.jpg": b"1"})) == (
        "file.not_a_spreadsheet",
        {"found": "ZIP"},
    )
    assert refused(bad_files.package(tmp_path / "b.xlsx", word)) == ("file.not_a_spreadsheet", {"found": "word"})


def test_too_many_rows(tmp_path: Path) -> None:
    """A row beyond the limit is refused, in text too."""
    code, facts = refused(written(tmp_path / "a.csv", b"a;b\n" * (MAX_ROWS + 1)))
    assert (code, facts["what"], facts["limit"]) == ("file.too_large", "rows", MAX_ROWS)


def test_a_reader_that_aborts_is_a_finding(tmp_path: Path) -> None:
    """Whatever kills the child, the parent lives and says that the file cannot be read."""
    pending = start(good(tmp_path / "a.xlsx"))
    pending._process.kill()  # as the system does with a process out of memory
    workbook = pending.workbook()
    assert [(f.code, dict(f.facts)["why"]) for f in workbook.findings] == [("file.unreadable", "crashed")]
    assert workbook.sheets == ()


@pytest.mark.parametrize("forged", [os.system, Path, ValueError("x"), ["no", "frame"], (1, 2)])
def test_a_child_taken_over_cannot_reach_the_parent(forged: object) -> None:
    """Frames build plain values and dates, never anything else the child may name."""
    with pytest.raises(pickle.UnpicklingError):
        wire.decode(wire.encode(("rows", forged) if not isinstance(forged, list | tuple) else forged)[4:])  # type: ignore[arg-type]


@pytest.mark.parametrize("block", [[["a"], ["b", "c"]], [[{}]], [["a"]] * 2000])
def test_rows_of_another_shape_are_not_taken(tmp_path: Path, block: list[list[object]]) -> None:
    """Rows that are ragged, hold no cell values or reach too far are refused by the parent."""
    assembly = Assembly(tmp_path / "a.xlsx")
    assembly.take(("sheet", "P", False, True))
    with pytest.raises((TypeError, ValueError)):
        assembly.take(("rows", 0, block))


def test_nothing_is_written(tmp_path: Path) -> None:
    """Reading leaves the folder and the file as they were."""
    path = good(tmp_path / "a.xlsx")
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    accepted(path)
    assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"]
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def _flip(content: bytes, chance: random.Random) -> bytes:
    spoiled = bytearray(content)
    for _ in range(chance.choice([1, 3, 20])):
        spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
    return bytes(spoiled)


def _spoil_parts(path: Path, target: Path, chance: random.Random) -> Path:
    """The same workbook with bytes changed inside its parts, the ZIP around them in order."""
    with zipfile.ZipFile(path) as archive:
        contents: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(contents))
    raw = contents[name]
    assert isinstance(raw, bytes)
    return bad_files.package(target, contents | {name: _flip(raw, chance)})


def _xls(path: Path) -> Path:
    import xlwt

    book = xlwt.Workbook()
    page = book.add_sheet("Uno")
    for i in range(60):
        page.write(i, 0, f"Crédito {i}")
        page.write(i, 1, i / 7)
    book.save(str(path))
    return path


def _xlsb(path: Path) -> Path:
    return bad_files.xlsb(path, [["a", 1.5, True], ["b", 2.5, "#N/A"], ["c", 0.1, None]])


@pytest.mark.parametrize("make", [good, _xls, _xlsb])
@pytest.mark.parametrize("rounds", [4, pytest.param(150, marks=pytest.mark.full)])
def test_spoiled_bytes(tmp_path: Path, make: Callable[[Path], Path], rounds: int) -> None:
    """A file with bytes changed anywhere is read or refused with one finding; nothing escapes."""
    chance = random.Random(rounds)
    source = make(tmp_path / "good")
    for number in range(rounds):
        target = tmp_path / f"bad{number}"
        if zipfile.is_zipfile(source) and chance.random() < 0.7:
            _spoil_parts(source, target, chance)
        else:
            written(target, _flip(source.read_bytes(), chance))
        workbook = start(target).workbook()
        assert bool(workbook.sheets) != any(finding.severity == "error" for finding in workbook.findings)
