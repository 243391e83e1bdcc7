"""Where product files come from: this machine's files and folders, the web, buckets.

    source = source_of("https://example.com/productos.xlsx")
    found = look(source, known, Means(home / "sources"))   # files on this disk; SourceUnavailable, BadSource

Whatever a source does (vanishes, shrinks, answers with a page, never ends) ends in one sentence; what is live stays.
"""

from __future__ import annotations

from pipeline.sources.folder import Left
from pipeline.sources.look import Found, Look, Means, forget_downloads, look
from pipeline.sources.source import Marks, Source, named_sources, source_of

__all__ = [
    "Found",
    "Left",
    "Look",
    "Marks",
    "Means",
    "Source",
    "forget_downloads",
    "look",
    "named_sources",
    "source_of",
]
