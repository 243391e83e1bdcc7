"""Applicant data at rest: AES-GCM under a key of the lead's own, which is wrapped by the master key.

Erasing a person is destroying the lead's wrapped key; copies of the sealed bytes in backups then say nothing.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import CannotRun, SettingsError
from schemas.lead_settings import LeadSettings, absent

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE = 12
_FIRST = KEY_BYTES + 2 * _NONCE
"""Bytes of chance for a lead's first data: its key, and a nonce for each of the two seals."""


class Sealed(CannotRun):
    """Sealed data cannot be opened: it was erased, altered, or the master key is another one."""


class Vault:
    """Seals and opens with one master key of 32 bytes. Nothing here ever shows a key."""

    def __init__(self, master: bytes) -> None:
        self._master = master

    @cached_property
    def _wrapping(self) -> AESGCM:
        return _cipher(self._master)

    def __repr__(self) -> str:
        return "Vault(…)"

    def new_key(self, lead: bytes) -> bytes:
        """A fresh wrapped key, bound to the lead it is made for (its click_id's digest)."""
        return _seal(self._master, os.urandom(KEY_BYTES), b"key:" + lead)

    def seal_firsts(self, kind: str, said: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """For each (lead, plain) a fresh wrapped key and `plain` under it. All their chance is drawn at once."""
        drawn = os.urandom(_FIRST * len(said))
        return [
            self._first(lead, kind.encode() + b":" + lead, plain, drawn[at * _FIRST : (at + 1) * _FIRST])
            for at, (lead, plain) in enumerate(said)
        ]

    def _first(self, lead: bytes, bound_to: bytes, plain: bytes, drawn: bytes) -> tuple[bytes, bytes]:
        key, nonce, other = drawn[:KEY_BYTES], drawn[KEY_BYTES:-_NONCE], drawn[-_NONCE:]
        wrapped = nonce + self._wrapping.encrypt(nonce, key, b"key:" + lead)
        return wrapped, other + _cipher(key).encrypt(other, plain, bound_to)

    def seal(self, wrapped: bytes, lead: bytes, kind: str, plain: bytes) -> bytes:
        """`plain` under the lead's key, bound to the lead and to its kind."""
        return _seal(self._key(wrapped, lead), plain, kind.encode() + b":" + lead)

    def unseal(self, wrapped: bytes, lead: bytes, kind: str, sealed: bytes) -> bytes:
        """What was sealed. Sealed: it cannot be opened."""
        return _open(self._key(wrapped, lead), sealed, kind.encode() + b":" + lead)

    def prove(self, wrapped: bytes, lead: bytes) -> None:
        """SettingsError: a lead's key was not wrapped by this master key, so nothing of that lead can be used."""
        try:
            self._key(wrapped, lead)
        except Sealed:
            raise SettingsError(
                "The master key is not the one that earlier applicants' data are sealed with; put that one back"
                " (VITRINA_MASTER_KEY, or master.key in the home).",
                es="La clave maestra no es la que selló los datos de solicitantes anteriores; vuelva a poner aquella"
                " (VITRINA_MASTER_KEY, o master.key en la carpeta de trabajo).",
            ) from None

    def _key(self, wrapped: bytes, lead: bytes) -> bytes:
        return _open(self._master, wrapped, b"key:" + lead)


@cache
def _kind() -> type[AESGCM]:
    """A tenth of a second to load: only who seals or opens pays, once."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM


def _cipher(key: bytes) -> AESGCM:
    return _kind()(key)


def _seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + _cipher(key).encrypt(nonce, plain, bound_to)


def _open(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag

    try:
        return _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)
    except InvalidTag:
        raise Sealed(
            "Applicant data cannot be opened: was the master key changed?",
            es="No se pueden abrir los datos del solicitante: ¿cambió la clave maestra?",
        ) from None


def master_from_text(text: str) -> bytes:
    """The 32 bytes a master key is written as: 44 letters of base64, or 64 of hex. SettingsError: neither."""
    for read in (bytes.fromhex, _base64):
        try:
            key = read(text.strip())
        except (ValueError, binascii.Error):
            continue
        if len(key) == KEY_BYTES:
            return key
    raise SettingsError(
        "VITRINA_MASTER_KEY is not 32 bytes in base64 or hex; make one with: openssl rand -base64 32",
        es="VITRINA_MASTER_KEY no son 32 bytes en base64 o hexadecimal; genere una con: openssl rand -base64 32",
    )


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def open_vault(settings: LeadSettings) -> Vault:
    """The vault of these settings: VITRINA_MASTER_KEY, else the file `master.key` under the home.

    The file is made, mode 0600, when it is absent. SettingsError: absent in production, where a key made by accident
    would lock earlier applicants' data away; or not a key.
    """
    if settings.master_key is not None:
        return Vault(master_from_text(settings.master_key.reveal()))
    path = settings.home / "master.key"
    if not path.exists():
        if settings.environment == "production":
            raise absent(
                "VITRINA_MASTER_KEY",
                "make one with «openssl rand -base64 32», keep it safe, and set it or VITRINA_MASTER_KEY_FILE",
                "genere una con «openssl rand -base64 32», guárdela bien, y asígnela o use VITRINA_MASTER_KEY_FILE",
            )
        _make_file(path)
    try:
        return Vault(master_from_text(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"The master key file {path} cannot be read.", es=f"No se puede leer el archivo de clave maestra {path}."
        ) from None


def _make_file(path: Path) -> None:
    """The key is whole before it has its name: two processes that start together end with one key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".master.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh_master() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def fresh_master() -> str:
    """A new master key as text."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()
