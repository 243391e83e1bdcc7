"""A source in an S3-compatible bucket. Needs the extra `vitrina[s3]`, as targets there do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.targets.bucket import Address, Keys, address_of, open_bucket
from pipeline.sources.reach import Reach, unreachable
from pipeline.sources.source import Marks, Source
from pipeline.sources.web import too_large, write_bounded
from schemas.errors import SourceUnavailable, TargetUnavailable

if TYPE_CHECKING:
    from obstore.store import S3Store


def fetch(source: Source, to: Path, known: Marks, reach: Reach, keys: Keys) -> Marks:
    """Bring an object to a file, unless it is what we know. SourceUnavailable, BadSource: as for the web."""
    address = address_of(source.place, source.endpoint)
    try:
        bucket = open_bucket(Address(address.bucket, "", address.endpoint), keys)
    except TargetUnavailable as fault:  # its sentence says that the extra is missing
        raise SourceUnavailable(str(fault), es=fault.say("es")) from None
    return _get(bucket, address.prefix, source.key, to, known, reach)


def _get(bucket: S3Store, key: str, what: str, to: Path, known: Marks, reach: Reach) -> Marks:
    import obstore
    from obstore.exceptions import BaseError, NotModifiedError, PermissionDeniedError, UnauthenticatedError

    try:
        found = obstore.get(bucket, key, options={"if_none_match": known.etag} if known.etag else {})
        if found.meta["size"] > reach.most:
            raise too_large(what, reach.most)
        digest = write_bounded(_in_time(found.stream(), what, reach), what, to, reach)
        return Marks(found.meta["e_tag"], None, digest)
    except NotModifiedError:
        return known
    except FileNotFoundError:
        raise unreachable(what, "there is nothing at that address", "no hay nada en esa dirección") from None
    except (PermissionDeniedError, UnauthenticatedError):
        raise unreachable(what, "access is denied", "el acceso está denegado") from None
    except BaseError:
        raise unreachable(what, "it does not answer as it should", "no responde como debe") from None


def _in_time(pieces: Any, what: str, reach: Reach) -> Iterator[bytes]:
    end = reach.clock() + reach.seconds
    for piece in pieces:
        if reach.clock() > end:
            raise unreachable(what, "it did not answer in time", "no respondió a tiempo")
        yield bytes(piece)
