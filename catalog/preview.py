"""What a plan looks like, drawn once: its pages are kept by digest, so that what is published is what was shown."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from catalog.disk import hold
from catalog.publish import Place, in_a_sentence, keep
from catalog.release.build import Draft
from catalog.store import NewUpload, Preview, Staged
from catalog.targets.drift import sizes_in
from schemas.errors import StalePlan

PREVIEWS = "previews"
FILES_LOCK = "files.lock"


def keep_preview(place: Place, upload: int, plan: str, draft: Draft, *, base: int | None) -> Preview:
    """Keep the pages of a plan under their digests, and lay them out as a site to open from the disk.

    What was kept before for the same plan stays as it was. CannotRun: the home's disk.
    """
    # the lock: nothing is swept away between the files and the note of them
    with in_a_sentence(), hold(place.home / FILES_LOCK, wait=True):
        keep(place, draft.bodies)
        place.store.previews.add(upload, plan, draft.files, draft.keys, base=base)
        kept = place.store.previews.get(upload, plan)
        assert kept is not None, "it was kept just now"
        _lay_out(place, kept)
    return kept


def stage(place: Place, new: NewUpload, logo: bytes | None) -> Staged:
    """Stage an upload and keep the logo it brings, the picture first: a crash leaves a spare file and nothing else."""
    with hold(place.home / FILES_LOCK, wait=True):
        if logo is not None:
            keep(place, {sha256(logo).hexdigest(): logo})
        return place.store.uploads.stage(new)


def is_whole(place: Place, preview: Preview) -> bool:
    """Do all files of a preview still lie in the home, in full size?"""
    present = sizes_in(place.files) if place.files.is_dir() else {}
    return all(present.get(ref.sha256) == ref.size for ref in preview.files.values())


def folder_of(place: Place, upload: int, plan: str) -> Path:
    """Where the preview of a plan is laid out; the name never stands for another content."""
    return place.home / PREVIEWS / f"{upload}-{plan[:12]}"


def _lay_out(place: Place, preview: Preview) -> None:
    final = folder_of(place, preview.upload, preview.plan)
    if final.exists():
        return
    aside = final.with_name(f".{final.name}")
    if aside.exists():
        place.disk.remove_tree(aside)
    for parent in sorted({path.rpartition("/")[0] for path in preview.files}):
        place.disk.make_folder(aside / parent)
    for path, ref in preview.files.items():
        place.disk.link(str(place.files / ref.sha256), f"{aside}/{path}")
    place.disk.rename(aside, final)


def refuse_otherwise(draft: Draft, preview: Preview, codes: Iterable[str]) -> None:
    """StalePlan: a product's pages would be published otherwise than they were shown."""
    from catalog.render.paths import folder, slug
    from catalog.render.words import LANGS

    for code in sorted(codes):
        paths = [f"{folder(lang)}{slug(code)}.html" for lang in LANGS]
        if any(draft.files.get(path) != preview.files.get(path) for path in paths):
            raise StalePlan(
                f"What would be published of {code} is no longer what was shown; look at the plan again.",
                es=f"Lo que se publicaría de {code} ya no es lo que se mostró; vuelva a revisar el plan.",
            )
