"""The Lender's brand from the settings: name, description, accent and logo file."""

from __future__ import annotations

from pathlib import Path

from schemas.product import Brand
from schemas.settings import LenderSettings

MOST_BYTES = 500_000
"""500 KB, read as 500,000 bytes (assumed)."""
_MAGIC = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}


def brand_of(lender: LenderSettings) -> Brand:
    """The brand as listings show it; a logo that is not there, too heavy or no PNG or JPG is left out."""
    logo, kind = _logo(lender.logo)
    return Brand(
        name=lender.name,
        legal_name=lender.legal_name,
        description=lender.brand_description,
        market=lender.market,
        accent=lender.accent,
        logo=logo,
        logo_type=kind,
    )


def _logo(path: Path | None) -> tuple[bytes | None, str | None]:
    try:
        content = path.read_bytes() if path and path.stat().st_size <= MOST_BYTES else b""
    except OSError:
        return None, None
    kind = next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)
    return (content, kind) if kind else (None, None)
