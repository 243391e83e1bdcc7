"""The brand as releases and uploads carry it: texts, and the logo by its digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from catalog.entry import canonical
from schemas.product import Brand

FIELDS = ("name", "legal_name", "supervisor", "description", "accent", "market", "logo")
"""In the order they are told; `logo` stands for its digest."""


@dataclass(frozen=True, slots=True)
class BrandRecord:
    """shown: field -> text as listings show it (what is not said is left out); said: what came with an upload.

    What an upload does not say comes from the settings, so that a change there reaches the listings too.
    """

    shown: Mapping[str, str]
    said: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """As the store keeps it."""
        return canonical({"shown": dict(self.shown), "said": dict(self.said)})


def record_from(text: str) -> BrandRecord:
    """The record a text of the store was made of."""
    return BrandRecord(**json.loads(text))


def record_of(brand: Brand, said: Mapping[str, str] | None = None) -> BrandRecord:
    """A brand by its texts and the digest of its logo."""
    return BrandRecord(texts_of(brand), said or {})


def texts_of(brand: Brand) -> dict[str, str]:
    """Field -> text, in the order of FIELDS; the logo by its digest."""
    values = {name: getattr(brand, name) for name in FIELDS if name != "logo"}
    values["logo"] = sha256(brand.logo).hexdigest() if brand.logo else None
    return {name: values[name] for name in FIELDS if values[name] is not None}


def with_said(brand: Brand, said: Mapping[str, str], logo: bytes | None) -> Brand:
    """A brand of the settings with what an upload said; `logo`: the bytes its digest names."""
    texts: dict[str, Any] = {name: text for name, text in said.items() if name != "logo"}
    pictured: dict[str, Any] = {"logo": logo, "logo_type": _type_of(logo)} if "logo" in said else {}
    return replace(brand, **texts, **pictured)


def brand_from(shown: Mapping[str, str], logo: bytes | None) -> Brand:
    """The brand a record shows; `logo`: the bytes its digest names."""
    texts: dict[str, Any] = {name: text for name, text in shown.items() if name != "logo"}
    return Brand(**texts, logo=logo, logo_type=_type_of(logo))


def _type_of(logo: bytes | None) -> str | None:
    if logo is None:
        return None
    return "png" if logo.startswith(b"\x89PNG") else "jpg"
