"""Request heads that have been read before: who puts nothing of the moment into a head sends the same bytes again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOST = 256
_LONGEST = 4_096
_END = b"\r\n\r\n"
Seen = Mapping[str, Any]
"""An ASGI scope; who called, and where, is of the request it was read from."""


class Heads:
    """What was read from a head stays true of the same bytes, so these need not be read again."""

    def __init__(self) -> None:
        self._seen: dict[bytes, tuple[int, Seen]] = {}

    def find(self, data: bytes) -> tuple[Seen, bytes] | None:
        """What the head says, and the body, where `data` is exactly one request whose head is known; else None."""
        end = data.find(_END, 0, _LONGEST)
        known = self._seen.get(data[:end]) if end > 0 else None
        if known is None or len(data) - end - len(_END) != known[0]:
            return None
        return known[1], data[end + len(_END) :]

    def learn(self, data: bytes, scope: Mapping[str, Any]) -> None:
        """Remember the head of `data`, which was read as this scope and as nothing else.

        Only one that says everything plainly: a body of a stated length that fills the rest of `data`.
        """
        end = data.find(_END, 0, _LONGEST)
        length = len(data) - end - len(_END)
        if end <= 0 or not _plain(scope, length):
            return
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[data[:end]] = length, {**scope}


def _plain(scope: Mapping[str, Any], length: int) -> bool:
    """Nothing about how it is sent, but for the one length; and the connection goes on."""
    said = [(name, value.lower()) for name, value in scope["headers"] if name in _OF_SENDING]
    if _GOES_ON in said:
        said.remove(_GOES_ON)
    return scope["http_version"] == "1.1" and said == [(b"content-length", b"%d" % length)]


_OF_SENDING = frozenset((b"connection", b"content-length", b"expect", b"transfer-encoding", b"upgrade"))
_GOES_ON = (b"connection", b"keep-alive")
