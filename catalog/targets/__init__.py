"""Where releases go. A target takes a release whole, contents first, pointer last, and resumes after a crash."""

from catalog.targets.directory import DirectoryTarget, put_bodies
from catalog.targets.target import Problem, Shipment, Target

__all__ = ["DirectoryTarget", "Problem", "Shipment", "Target", "put_bodies"]
