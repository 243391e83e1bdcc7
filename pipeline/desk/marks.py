"""Two drawings of one thing compared: the texts of the one that the other does not have are marked. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_TAG = re.compile(r"(<[^>]*>)")


def marked(drawn: str, other: str) -> str:
    """HTML of ours (every `>` in an attribute escaped) with each text the other one does not say in a `<mark>`."""
    pieces, said = _TAG.split(drawn), _said(_TAG.split(other))
    own = [at for at in range(0, len(pieces), 2) if pieces[at].strip()]
    compared = SequenceMatcher(None, said, [pieces[at].strip() for at in own], autojunk=False)
    for what, _, _, first, last in compared.get_opcodes():
        if what in ("insert", "replace"):
            for at in own[first:last]:
                pieces[at] = f"<mark>{pieces[at]}</mark>"
    return "".join(pieces)


def _said(pieces: list[str]) -> list[str]:
    """The texts: they stand at even places, tags at odd ones."""
    return [text.strip() for text in pieces[::2] if text.strip()]
