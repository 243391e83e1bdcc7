"""A release: approved products as files named by their digest, one manifest, one pointer.

Layout below a target (`current.json` names the release and the digest of its manifest):

    current.json                      {"schema", "release", "manifest": sha256 of the manifest}
    files/<sha256>                    every content once
    releases/<n>/manifest.json        {"schema", "release", "base", "kind", "requirements", "content", "approvals",
                                       "files": {path: {"sha256", "size"}}, "lineage": {code: {"file", "sha256",
                                       "values": {field: {"sheet", "cell", "raw"[, "reading"]}}}}}
    releases/<n>/catalog.json         {"schema", "lender": {...}, "market", "products": [record, ...]}
    releases/<n>/catalog.csv, index.html, pages, assets/

`content` is the digest over path and digest of every file but the manifest: it knows no number, time, or person, so
the same content is the same digest and needs no new release.
Reading a release needs the standard library only; `leads` does it.
"""

from catalog.release.build import Approval, Draft, Pages, build, catalog_csv, catalog_json, manifest_bytes
from catalog.release.read import FileRef, Pointer, PublishedRelease, read_current, read_pointer, read_release

__all__ = [
    "Approval",
    "Draft",
    "FileRef",
    "Pages",
    "Pointer",
    "PublishedRelease",
    "build",
    "catalog_csv",
    "catalog_json",
    "manifest_bytes",
    "read_current",
    "read_pointer",
    "read_release",
]
