"""An e-mail draft with one file attached, as a mail program opens it to be looked at and sent: nothing is sent here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP


@dataclass(frozen=True, slots=True)
class Letter:
    """A covering letter. to: None while no contact is known; file: the attachment's name, in any alphabet."""

    to: str | None
    subject: str
    text: str
    file: str
    body: bytes


def draft_bytes(letter: Letter) -> bytes:
    """The `.eml`: `X-Unsent` makes it a draft, the boundary comes from the contents. Same letter, same bytes.

    It names no sender and no date: the mail program knows both when it is sent.
    """
    message = EmailMessage(policy=SMTP)
    message["X-Unsent"] = "1"
    if letter.to:
        message["To"] = _recipient(_one_line(letter.to))
    message["Subject"] = _one_line(letter.subject)
    message.set_content(letter.text, cte="quoted-printable")
    message.add_attachment(letter.body, maintype="application", subtype="zip", filename=letter.file)
    message.set_boundary(f"=_{hashlib.sha256(letter.text.encode() + letter.body).hexdigest()[:32]}")
    return message.as_bytes()


def _recipient(contact: str) -> Address:
    """`Name <address>` or an address alone; the name may hold any sign."""
    name, _, rest = contact.rpartition("<")
    return Address(name.strip(' "'), addr_spec=rest.removesuffix(">"))


def _one_line(text: str) -> str:
    """A header is one line, whatever the settings say."""
    return " ".join(text.split())
