"""A form with files, taken apart while it arrives: nothing of a file is ever held in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from pipeline.desk.incoming import MOST_BYTES, MOST_FILES, Receiving

_MOST_OF_A_FIELD = 4096
_MOST_FIELDS = 20
if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


class TooMuch(Exception):
    """More arrives than is taken. `what` is `bytes`, `files` or `fields`."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Broken(Exception):
    """The body is no form, or ends before its end."""


@dataclass(slots=True)
class Parts:
    """The fields and files of a form so far. begin: makes the place for a file of a name; most: files it may have."""

    begin: Callable[[str], Receiving]
    most: int = MOST_FILES
    fields: dict[str, str] = field(default_factory=dict)
    files: list[Receiving] = field(default_factory=list)
    _name: str = ""
    _into: Receiving | None = None
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _held: bytearray = field(default_factory=bytearray)
    _ended: bool = False
    _seen: int = 0

    def parser(self, content_type: str) -> Parser:
        """What takes the body apart. Broken: it is no form with files."""
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or b"boundary" not in options:
            raise Broken
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._part_begins,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._part_ends,
            "on_end": self._end,
        }
        try:
            return Parser(MultipartParser(options[b"boundary"], callbacks), self)
        except FormParserError:
            raise Broken from None

    @property
    def whole(self) -> bool:
        """Did the form end as forms do?"""
        return self._ended

    def _part_begins(self) -> None:
        self._name, self._into = "", None
        self._held.clear()
        self._forget_header()

    def _forget_header(self) -> None:
        self._header.clear()
        self._value.clear()

    def _header_ends(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
            sent = options.get(b"filename")
            if sent:  # an empty one: the field for files was left alone
                self._open(sent.decode("utf-8", "replace"))
        self._forget_header()

    def _open(self, name: str) -> None:
        if len(self.files) >= self.most:
            raise TooMuch("files")
        self._into = self.begin(name)
        self.files.append(self._into)

    def _headers_end(self) -> None:
        self._seen += self._into is None
        if self._seen > _MOST_FIELDS:
            raise TooMuch("fields")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._into is None:
            if len(self._held) + end - start > _MOST_OF_A_FIELD:
                raise TooMuch("fields")
            self._held += data[start:end]
            return
        if self._into.size + end - start > MOST_BYTES:
            raise TooMuch("bytes")
        self._into.take(data[start:end])

    def _part_ends(self) -> None:
        if self._into is None:
            self.fields[self._name] = self._held.decode("utf-8", "replace")
        self._into = None

    def _end(self) -> None:
        self._ended = True


@dataclass(frozen=True, slots=True)
class Parser:
    """Feeds the parts."""

    parser: MultipartParser
    parts: Parts

    def take(self, chunk: bytes) -> None:
        """Some more of the body. Broken: it is no form. TooMuch. OSError: the disk took no more."""
        try:
            self.parser.write(chunk)
        except FormParserError:
            raise Broken from None
