"""One source's turn in a scheduled run: look, and work through what is new, once.

A content is new by its digest. The same content is checked anew when something else that bears on the result changed:
the day, the tables, the settings, what people waived or answered. It is then never published over something a person
published or rolled back since: that waits for a review, whatever the run was told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from catalog import publish as publisher
from catalog.entry import canonical, digest_of
from catalog.ledger import identify, waived_among
from catalog.store import SourceMemory, Upload
from pipeline.brand.places import beside
from pipeline.mapping import Overrides
from pipeline.run.checking import Checked, requirements_of
from pipeline.run.patience import patiently
from pipeline.run.planning import plan_of
from pipeline.run.precedence import needs_review
from pipeline.run.publishing import Published, publish
from pipeline.run.submitting import Submitted, submit
from pipeline.run.workshop import Workshop
from pipeline.sources import Found, Left, Marks, Means, Source, look
from pipeline.validate.products import CheckedProduct
from schemas.errors import BadSource, CannotRun, StalePlan, StoreUnavailable, VitrinaError

State = Literal["changed", "rechecked", "unchanged", "waiting", "refused", "unreachable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a scheduled run is to do. review: nothing goes live unapproved; partial: no source speaks for the whole."""

    sources: tuple[Source, ...]
    by: str
    partial: bool = False
    review: bool = True
    strict: bool = False
    overrides: Overrides | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one file of a source, or of a source that gave none.

    key: the place of the file in words; submitted: where it was checked in this run; fault: what stood in the way.
    """

    source: Source
    key: str
    state: State
    sha256: str | None = None
    checked: Checked | None = None
    submitted: Submitted | None = None
    upload: int | None = None
    published: Published | None = None
    fault: VitrinaError | None = None
    left: tuple[Left, ...] = ()

    @property
    def code(self) -> int:
        """The exit code this file alone would give."""
        codes = [self.fault.exit_code if self.fault else 0, 1 if self.checked and self.checked.has_errors else 0]
        if self.published and any(d.fault for d in self.published.outcome.deliveries):
            codes.append(3)
        return max(codes)


def take(shop: Workshop, source: Source, job: Job, means: Means) -> Iterator[Taken]:
    """Each file of a source, looked at and worked through; a fault of the source is a value, not an exception.

    StoreUnavailable: nothing can go on without the store.
    """
    try:
        seen = look(source, lambda key: _marks(shop.store.sync.source(key)), means)
    except (BadSource, CannotRun) as fault:
        yield _missed(source, fault)
        return
    if not seen.files:
        yield Taken(source=source, key=source.key, state="waiting", left=seen.left)
    for at, found in enumerate(seen.files):
        taken = _take_safely(shop, source, found, job, means)
        yield replace(taken, left=seen.left) if at == 0 else taken


def _missed(source: Source, fault: VitrinaError) -> Taken:
    state: State = "refused" if isinstance(fault, BadSource) else "unreachable"
    return Taken(source=source, key=source.key, state=state, fault=fault)


def _take_safely(shop: Workshop, source: Source, found: Found, job: Job, means: Means) -> Taken:
    try:
        return _take(shop, source, found, job, means)
    except StoreUnavailable:
        raise
    except CannotRun as fault:
        return replace(_missed(source, fault), key=found.key, sha256=found.marks.sha256)


def _marks(memory: SourceMemory | None) -> Marks:
    return Marks(memory.etag, memory.modified, memory.sha256) if memory else Marks()


def _take(shop: Workshop, source: Source, found: Found, job: Job, means: Means) -> Taken:
    memory = shop.store.sync.source(found.key)
    same = memory is not None and memory.sha256 == found.marks.sha256
    if memory and same and memory.basis == _basis(shop, source, found, job):
        return _unchanged(shop, source, memory, job, means)
    return _worked(shop, source, found, job, means, memory if same else None)


def _worked(shop: Workshop, source: Source, found: Found, job: Job, means: Means, memory: SourceMemory | None) -> Taken:
    """Checked, staged and published as far as no review is needed; then remembered. memory: of the same content."""
    done = submit(
        shop, found.path, by=job.by, source=found.key, partial=_partial(source, job), strict=job.strict,
        overrides=job.overrides, shown=False,
    )  # fmt: skip
    if not done.checked.rejected and done.checked.rows == 0 and shop.store.releases.current():
        return replace(_missed(source, _empty(found)), key=found.key, sha256=done.checked.sha256)
    published = None
    if done.upload is not None:
        reviewed = needs_review(shop, source, job, memory, done.plan)
        published = _publish(shop, done.upload.id, by=job.by, reviewed=reviewed, means=means)
        # A file that could not be staged is looked into anew each time, and what was known still holds.
        shop.store.sync.remember(_memory_of(shop, source, found, done, job, memory))
    return Taken(
        source=source,
        key=found.key,
        state="rechecked" if memory else "changed",
        sha256=done.checked.sha256,
        checked=done.checked,
        submitted=done,
        upload=done.upload.id if done.upload else None,
        published=published,
    )


def _partial(source: Source, job: Job) -> bool:
    """No file of several speaks for the whole catalogue."""
    return job.partial or source.pick == "all"


def _empty(found: Found) -> BadSource:
    """No row at all would take everything off the shelf: whoever means that withdraws, or approves the upload."""
    return BadSource(
        f"{found.key} holds no product any more. What is published stays.",
        es=f"{found.key} ya no tiene ningún producto. Lo publicado sigue igual.",
    )


def _memory_of(
    shop: Workshop, source: Source, found: Found, done: Submitted, job: Job, before: SourceMemory | None
) -> SourceMemory:
    """The basis is that of after the check, which may have learned what a header means."""
    assert done.upload is not None
    checked = done.checked
    return SourceMemory(
        key=found.key,
        etag=found.marks.etag,
        modified=found.marks.modified,
        sha256=checked.sha256,
        basis=_basis(shop, source, found, job),
        upload=done.upload.id,
        sheet=checked.sheet,
        rows=checked.rows,
        since=before.since if before else shop.store.database.now(),
    )


def _publish(shop: Workshop, upload: int, *, by: str, reviewed: bool, means: Means) -> Published:
    """What was approved in another form than it would be published in now waits for a person."""
    try:
        return patiently(lambda: publish(shop, upload, by=by, reviewed=reviewed), means.pause)
    except StalePlan:
        return Published(upload, None, publisher.deliver(shop.place), waiting=True, overtaken=True)


def _unchanged(shop: Workshop, source: Source, memory: SourceMemory, job: Job, means: Means) -> Taken:
    """What was found then still holds; what was approved since goes live."""
    staged = shop.store.uploads.get(memory.upload)
    plan = plan_of(shop, staged)
    if plan.needs_decision:
        reviewed = needs_review(shop, source, job, memory, plan)
        published = _publish(shop, memory.upload, by=job.by, reviewed=reviewed, means=means)
    else:  # the common case, which draws no pages
        published = Published(memory.upload, plan, patiently(lambda: publisher.deliver(shop.place), means.pause))
    return Taken(
        source=source,
        key=memory.key,
        state="unchanged",
        sha256=memory.sha256,
        checked=_as_checked(shop, staged, memory),
        upload=memory.upload,
        published=published,
    )


def _as_checked(shop: Workshop, staged: Upload, memory: SourceMemory) -> Checked:
    """A staged upload as the check gave it."""
    known, waivers = identify(staged.findings), shop.store.waivers.list()
    return Checked(
        file=staged.info.file,
        sha256=staged.info.sha256,
        requirements=staged.info.requirements,
        sheet=memory.sheet,
        rows=memory.rows,
        products=tuple(CheckedProduct(entry.product, 0, at) for at, entry in enumerate(staged.entries)),
        findings=staged.findings,
        held=staged.held,
        market=shop.settings.lender.market,
        waived=waived_among(known, waivers, shop.today) if waivers else {},
    )


def _basis(shop: Workshop, source: Source, found: Found, job: Job) -> str:
    """A digest of everything but the content that bears on what becomes of a file."""
    said = [
        *circumstances(shop),
        sorted((waiver.finding, waiver.until.isoformat()) for waiver in shop.store.waivers.list().values()),
        [[answer.file, answer.header, *answer.fields] for answer in shop.store.mappings.list()],
        sorted(shop.store.decisions.withdrawn()),
        [
            _partial(source, job),
            job.strict,
            sorted((header, *fields) for header, fields in (job.overrides or {}).items()),
        ],
        [_form(path) for path in (shop.settings.lender.logo, beside(found.path.parent)) if path],
    ]
    return digest_of([canonical(said)])


def circumstances(shop: Workshop) -> list[object]:
    """What bears on every check: the program, its rules and tables, the settings, the day."""
    return [
        version("vitrina"),
        requirements_of(shop.settings).version,
        shop.settings.model_dump_json(include={"lender", "rules", "reference"}),
        shop.today.isoformat(),
        _tables_of(shop.home),
    ]


def _tables_of(home: Path) -> str:
    imported = home / "reference" / "imported.csv"
    if not imported.is_file():
        return ""
    with imported.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _form(path: Path) -> list[str | int]:
    if not path.is_file():
        return [str(path)]
    found = path.stat()
    return [str(path), found.st_size, found.st_mtime_ns]
