"""Building a release: entries and rendered pages in, files by digest and a manifest out. Pure and deterministic."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.entry import Entry, canonical, digest_of
from catalog.release.read import CATALOG, CURRENT, MANIFEST, FileRef
from schemas.product import FIELD_NAMES, Brand

CATALOG_CSV = "catalog.csv"
SCHEMA = "vitrina.catalog/1"
MANIFEST_SCHEMA = "vitrina.manifest/1"

Pages = Mapping[str, tuple[str, bytes | None]]
"""Path -> (key, bytes), as `catalog.render` gives them; None: the base release has that key at that path already."""

_OURS = frozenset((CATALOG, CATALOG_CSV, MANIFEST, CURRENT))
_UNSAFE = re.compile(r"[\x00-\x1f\\:]|^/|//|/$|(^|/)\.{1,2}(/|$)")
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")


@dataclass(frozen=True, slots=True)
class Approval:
    """Who let something through: action (approve, rollback, withdraw ...), when (ISO 8601, UTC), for which plan."""

    action: str
    by: str
    at: str
    plan: str | None = None
    comment: str | None = None

    def record(self) -> dict[str, str]:
        """As the manifest shows it."""
        pairs = {"action": self.action, "by": self.by, "at": self.at, "plan": self.plan, "comment": self.comment}
        return {name: value for name, value in pairs.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Draft:
    """A release before it has a number. `bodies` holds the bytes not in the base release, by digest."""

    entries: Mapping[str, Entry]
    files: Mapping[str, FileRef]
    keys: Mapping[str, str]
    bodies: Mapping[str, bytes]
    content: str


def build(
    entries: Mapping[str, Entry], pages: Pages, brand: Brand, *, base_files: Mapping[str, FileRef] | None = None
) -> Draft:
    """The files of a release: `catalog.json`, `catalog.csv` and the pages; same input, same bytes.

    base_files: path -> file of the base release, for the pages that come without bytes (KeyError if one is not there).
    ValueError: a page's path would leave the release, hide one of its files, or clash with another.
    """
    _check_paths(pages)
    base = base_files or {}
    files: dict[str, FileRef] = {}
    bodies: dict[str, bytes] = {}

    def put(path: str, body: bytes) -> None:
        ref = FileRef(hashlib.sha256(body).hexdigest(), len(body))
        files[path] = ref
        if base.get(path) != ref:
            bodies[ref.sha256] = body

    listed = [entries[code] for code in sorted(entries)]
    put(CATALOG, catalog_json(listed, brand))
    if base.get(CATALOG) == files[CATALOG] and CATALOG_CSV in base:
        # Both are made of the same records by the same version of this code, which SCHEMA names.
        files[CATALOG_CSV] = base[CATALOG_CSV]
    else:
        put(CATALOG_CSV, catalog_csv(listed))
    for path, (_, body) in pages.items():
        if body is None:
            files[path] = base[path]
        else:
            put(path, body)
    ordered = dict(sorted(files.items()))
    keys = {path: key for path, (key, _) in pages.items()}
    return Draft(entries, ordered, keys, bodies, content_digest(ordered))


def relist(draft: Draft, entries: Mapping[str, Entry], brand: Brand) -> Draft:
    """The same pages beside other records of the same products, where only what no page shows differs (ids)."""
    listed = [entries[code] for code in sorted(entries)]
    written = {CATALOG: catalog_json(listed, brand), CATALOG_CSV: catalog_csv(listed)}
    refs = {path: FileRef(hashlib.sha256(body).hexdigest(), len(body)) for path, body in written.items()}
    files = {**draft.files, **refs}
    bodies = {**draft.bodies, **{refs[path].sha256: body for path, body in written.items()}}
    return Draft(entries, files, draft.keys, bodies, content_digest(files))


def content_digest(files: Mapping[str, FileRef]) -> str:
    """The digest of what a release shows; knows no number, person or time."""
    return digest_of(f"{files[path].sha256} {path}" for path in sorted(files))


def _check_paths(pages: Pages) -> None:
    seen: set[str] = {name.casefold() for name in _OURS}
    for path in pages:
        if not path or _UNSAFE.search(path) or path.casefold() in seen:
            raise ValueError(f"a page cannot be published at {path!r}")
        seen.add(path.casefold())
    if any(parent in seen for path in seen for parent in _parents(path)):
        raise ValueError("a page is published where another page has its folder")


def _parents(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts)))


def catalog_json(entries: Sequence[Entry], brand: Brand) -> bytes:
    """`{"schema", "lender": {"name", "legal_name", "supervisor", "description"}, "market", "products": [record, ...]}`.

    Where there are campaigns, `"campaigns": [{"product", "from", "to", "daily_cap", "total_cap"}, ...]` comes before
    the products, by product and day.

    A record is a product's canonical form, one a line: money, rates and fees as decimal strings, dates ISO 8601, what
    the Lender did not say left out; `product_id` and `listing_id` once the marketplace has assigned them.
    """
    said = {
        "name": brand.name,
        "legal_name": brand.legal_name,
        "supervisor": brand.supervisor,
        "description": brand.description,
    }
    lender = canonical({name: value for name, value in said.items() if value is not None})
    parted = [_parted(entry.record) for entry in entries]
    campaigns = ",".join(f"\n{one}" for _, own in parted for one in own)
    head = f'{{"schema":{canonical(SCHEMA)},"lender":{lender},"market":{canonical(brand.market)},'
    head += f'"campaigns":[{campaigns}\n],"products":[' if campaigns else '"products":['
    return (head + ",".join("\n" + record for record, _ in parted) + "\n]}\n").encode()


def _parted(record: str) -> tuple[str, list[str]]:
    """A product's record without its campaigns, and those."""
    if '"campaigns":' not in record:  # within a text the quotes are escaped
        return record, []
    values = json.loads(record)
    campaigns = values.pop("campaigns")
    return canonical(values), [canonical(one) for one in campaigns]


def catalog_csv(entries: Sequence[Entry]) -> bytes:
    """One row a product, one column a field (UTF-8, comma, lists joined by `; `), safe to open in a spreadsheet.

    A text that a spreadsheet would take for a formula gets a leading apostrophe; plain numbers stay as they are.
    """
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(FIELD_NAMES)
    for entry in entries:
        record = json.loads(entry.record)
        rows.writerow([_cell(record[name]) if name in record else "" for name in FIELD_NAMES])
    return out.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "; ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if _FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def manifest_bytes(
    draft: Draft, *, number: int, base: int | None, kind: str, requirements: str, approvals: Sequence[Approval]
) -> bytes:
    """The manifest of a numbered release; same arguments, same bytes."""
    head = canonical(
        {
            "schema": MANIFEST_SCHEMA,
            "release": number,
            "base": base,
            "kind": kind,
            "requirements": requirements,
            "content": draft.content,
            "approvals": [approval.record() for approval in approvals],
        }
    )
    files = ",\n".join(
        f'{canonical(path)}:{{"sha256":"{ref.sha256}","size":{ref.size}}}' for path, ref in draft.files.items()
    )
    lineage = ",\n".join(f"{canonical(code)}:{entry.lineage}" for code, entry in sorted(draft.entries.items()))
    return f'{head[:-1]},\n"files":{{\n{files}\n}},\n"lineage":{{\n{lineage}\n}}}}\n'.encode()


def pointer_bytes(number: int, manifest: str) -> bytes:
    """`current.json`."""
    return (canonical({"schema": "vitrina.current/1", "release": number, "manifest": manifest}) + "\n").encode()
