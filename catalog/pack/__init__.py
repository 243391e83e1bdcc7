"""The delivery pack: one deterministic ZIP for the Partnerships contact, and the e-mail draft that carries it.

The marketplace takes product data by hand (documented); how a pack is laid out is assumed.
"""

from catalog.pack.archive import MANIFEST, Contents, archive_bytes
from catalog.pack.letter import Letter, draft_bytes

__all__ = ["MANIFEST", "Contents", "Letter", "archive_bytes", "draft_bytes"]
