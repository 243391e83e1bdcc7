"""Where releases go. A target takes a release whole, contents first, pointer last, and resumes after a crash."""

from pathlib import Path

from catalog.targets.bucket import Address, Keys, address_of, keys_from
from catalog.targets.directory import DirectoryTarget, put_bodies
from catalog.targets.objects import BucketTarget
from catalog.targets.target import History, Problem, Shipment, Target

__all__ = [
    "Address",
    "BucketTarget",
    "DirectoryTarget",
    "History",
    "Keys",
    "Problem",
    "Shipment",
    "Target",
    "address_of",
    "keys_from",
    "open_target",
    "put_bodies",
]


def open_target(name: str, place: Path | Address, keys: Keys) -> Target:
    """A directory or a bucket as target; nothing is asked of it yet."""
    return DirectoryTarget(name, place) if isinstance(place, Path) else BucketTarget(name, place, keys)
