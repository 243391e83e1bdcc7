"""Comments on cells: ours appended after what people wrote, and taken off again without a trace.

What is ours stands between two lines nobody writes by chance. Text survives every program that saves a workbook;
authors, identifiers and hidden properties do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import unescape

from pipeline.copies.tags import CannotPatch, Edits, Element, cell_text, parse

AUTHOR = "Vitrina"
OPENING = "── Vitrina ──"
CLOSING = "──────────────"
_GAP = "\n\n"
_FACE = '<{p}sz val="9"/><{p}color indexed="81"/><{p}rFont val="Tahoma"/><{p}family val="2"/>'


def blank_comments(namespace: str) -> bytes:
    """A comments part without comments."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return f'{head}<comments xmlns="{namespace}"><authors/><commentList/></comments>'.encode()


def without_ours(xml: bytes) -> tuple[bytes, frozenset[str]]:
    """The comments as people wrote them, and the cells whose comment was all ours."""
    edits = Edits(xml)
    gone = set()
    for comment in _comments(parse(xml)):
        pieces = _pieces(comment, xml)
        text = "".join(written for _, written in pieces)
        begin = text.find(OPENING)
        if begin < 0:
            continue
        after = text.find(CLOSING, begin + len(OPENING))
        end = after + len(CLOSING) if after >= 0 else len(text)
        begin = len(text[:begin].removesuffix(_GAP)) if text[:begin].endswith(_GAP) else begin
        if (text[:begin] + text[end:]).strip():
            _cut(edits, pieces, begin, end)
        else:
            gone.add(comment.attributes.get("ref", ""))
            edits.replace(comment.start, comment.end, b"")
    return edits.apply(), frozenset(gone)


def _comments(root: Element) -> list[Element]:
    listed = root.child("commentList")
    if root.name != "comments" or listed is None:
        raise CannotPatch("comments")
    return listed.all("comment")


def _pieces(comment: Element, xml: bytes) -> list[tuple[Element, str]]:
    """The runs of a comment (or its one plain text) with what each says."""
    text = comment.child("text")
    found = []
    for run in text.children if text else ():
        body = run if run.name == "t" else run.child("t") if run.name == "r" else None
        if body is not None:
            found.append((run, _said(xml[body.inner : body.close])))
    return found


def _said(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("_x000a_", "\n").replace("_x000A_", "\n")
    return unescape(text, {"&quot;": '"', "&apos;": "'", "&#10;": "\n", "&#xA;": "\n", "&#xa;": "\n"})


def _cut(edits: Edits, pieces: list[tuple[Element, str]], begin: int, end: int) -> None:
    """Takes the characters from `begin` to `end` out of the runs they are in; runs left empty go."""
    at = 0
    for run, said in pieces:
        low, high = max(begin - at, 0), min(end - at, len(said))
        at += len(said)
        if low >= high:
            continue
        rest = said[:low] + said[high:]
        if rest or run.name == "t":
            body = run if run.name == "t" else run.child("t")
            assert body is not None
            tag = body.raw
            edits.replace(body.start, body.end, f'<{tag} xml:space="preserve">{cell_text(rest)}</{tag}>'.encode())
        else:
            edits.replace(run.start, run.end, b"")


def with_ours(xml: bytes, words: Mapping[str, tuple[str, str]]) -> tuple[bytes, set[str]]:
    """The comments with (head, body) told at each cell, and the cells that had none before.

    A comment that is there already keeps its text, ours follows it.
    """
    root = parse(xml)
    there = {comment.attributes.get("ref", ""): comment for comment in _comments(root)}
    edits = Edits(xml)
    author = _author(edits, root)
    made: set[str] = set()
    new: list[str] = []
    for ref, (head, body) in words.items():
        if ref in there:
            _append(edits, there[ref], xml, head, body)
        else:
            made.add(ref)
            p = root.prefix
            runs = _runs(p, head, body, "")
            new.append(f'<{p}comment ref="{ref}" authorId="{author}"><{p}text>{runs}</{p}text></{p}comment>')
    listed = root.child("commentList")
    if new and listed is not None:
        edits.append_in(listed, "".join(new).encode())
    return edits.apply(), made


def _author(edits: Edits, root: Element) -> int:
    listed = root.child("authors")
    if listed is None:
        raise CannotPatch("authors")
    for number, author in enumerate(listed.children):
        if edits.xml[author.inner : author.close] == AUTHOR.encode():
            return number
    edits.append_in(listed, f"<{root.prefix}author>{AUTHOR}</{root.prefix}author>".encode())
    return len(listed.children)


def _runs(p: str, head: str, body: str, gap: str) -> str:
    face = _FACE.format(p=p)

    def run(text: str, bold: str) -> str:
        shown = cell_text(text)
        return f'<{p}r><{p}rPr>{bold}{face}</{p}rPr><{p}t xml:space="preserve">{shown}</{p}t></{p}r>'

    return run(f"{gap}{OPENING}\n{head}\n", f"<{p}b/>") + run(f"{body}\n{CLOSING}", "")


def _append(edits: Edits, comment: Element, xml: bytes, head: str, body: str) -> None:
    text = comment.child("text")
    if text is None:
        raise CannotPatch("text")
    p = comment.prefix
    pieces = _pieces(comment, xml)
    gap = _GAP if any(said.strip() for _, said in pieces) else ""
    runs = _runs(p, head, body, gap).encode()
    plain = text.child("t")
    if plain is not None:  # a plain text becomes a run: programs differ about text and runs side by side
        edits.insert(plain.start, f"<{p}r>".encode())
        edits.insert(plain.end, f"</{p}r>".encode() + runs)
    elif pieces:
        edits.insert(pieces[-1][0].end, runs)
    else:
        edits.append_in(text, runs)
