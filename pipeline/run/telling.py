"""Notices to a webhook: each problem once, and once when it is over. What nobody takes is owed to the next run."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlsplit

from catalog.store.sync import SyncMemory
from catalog.watch import Notice
from pipeline.sources.reach import Reach
from schemas.errors import CannotRun

_SECONDS = 15.0
_WHAT = {"problem": "Vitrina: ", "recovered": "Vitrina, resuelto: "}


def is_webhook(address: str) -> bool:
    """Can notices go there? https, or plain http to this machine (rehearsals)."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    if any(letter <= " " for letter in address) or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1"))


def webhook(address: str) -> Callable[[Notice], None]:
    """Hands notices to an address; CannotRun where it does not take one. Private addresses are fine: it is our own."""
    reach = Reach(allow_private=True, seconds=_SECONDS)

    def send(notice: Notice) -> None:
        from pipeline.sources.web import post

        post(address, notice_bytes(notice), key=f"vitrina-notice-{notice.id}", reach=reach)

    return send


def notice_bytes(notice: Notice) -> bytes:
    """The JSON body. `text` is what chat tools show; `id` is the same at every attempt."""
    return json.dumps(
        {
            "id": notice.id,
            "event": notice.what,
            "problem": notice.key,
            "text": f"{_WHAT[notice.what]}{notice.spanish}",
            "text_en": notice.english,
            "at": notice.at.isoformat(timespec="seconds"),
            "since": notice.since.isoformat(timespec="seconds"),
        },
        ensure_ascii=False,
    ).encode()


def tell_owed(memory: SyncMemory, post: Callable[[Notice], None]) -> tuple[int, CannotRun | None]:
    """Hand on every notice owed, in order, up to the first nobody takes; how many were taken, and why one was not."""
    for count, notice in enumerate(owed := memory.owed()):
        memory.mark(notice.id, "tried")
        try:
            post(notice)
        except CannotRun as fault:
            memory.mark(notice.id, "owed")
            return count, fault
        memory.mark(notice.id, "sent")
    return len(owed), None
