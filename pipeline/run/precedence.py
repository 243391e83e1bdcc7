"""Whose word stands when a content that was read before is read again: what was said since, by people and by others.

A content that is new is the newest word, and none of this concerns it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from catalog.plan import BRAND, Plan
from catalog.store import ReleaseInfo, SourceMemory
from pipeline.run.workshop import Workshop
from pipeline.sources import Source

if TYPE_CHECKING:
    from pipeline.run.taking import Job


def needs_review(shop: Workshop, source: Source, job: Job, memory: SourceMemory | None, plan: Plan | None) -> bool:
    """Must a person approve? memory: None for a content that is new."""
    if (job.review and shop.settings.review.required) or memory is None:
        return job.review and shop.settings.review.required
    return _overtaken(shop, memory) or (plan is not None and _among_several(source, job) and _other(shop, memory, plan))


def _among_several(source: Source, job: Job) -> bool:
    """A file that somebody names alone is meant to have the last word."""
    return len(job.sources) > 1 or source.pick == "all"


def _other(shop: Workshop, memory: SourceMemory, plan: Plan) -> bool:
    """Has another source, since this content was read, published one of these products, or the brand, otherwise?

    Without this, two sources that do not agree would take turns for ever, two releases a run.
    """
    origins = {upload.id: upload.source for upload in shop.store.uploads.list()}
    history = shop.store.releases.list()
    later = {
        release.number
        for release in history
        if release.at >= memory.since and release.upload in origins and origins[release.upload] != memory.key
    }
    begun = {**shop.store.releases.begun(), BRAND: _brand_begun(history)}
    return any(begun.get(code) in later for code in plan.codes)


def _brand_begun(history: Sequence[ReleaseInfo]) -> int | None:
    """The release that brought the brand as it is now; newest first."""
    same = [release.number for release in takewhile(lambda one: one.brand == history[0].brand, history)]
    return same[-1] if same else None


def _overtaken(shop: Workshop, memory: SourceMemory) -> bool:
    """Has a person, since this content was read, rolled back or published an upload that came from no source?"""
    keys = {source.key for source in shop.store.sync.sources()}
    origins = {upload.id: upload.source for upload in shop.store.uploads.list()}
    return any(
        release.kind == "rollback" or (release.upload in origins and origins[release.upload] not in keys)
        for release in shop.store.releases.list()
        if release.at > memory.since
    )
