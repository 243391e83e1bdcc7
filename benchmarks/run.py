"""Runs every benchmark and writes benchmarks/results.md: `python -m benchmarks.run [--quick]`.

Ratios within one run are what counts: seconds differ from machine to machine, and from minute to minute on a busy one.
"""

from __future__ import annotations

import compileall
import json
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import ROOT, Case, held_together, side_by_side
from benchmarks.workbooks import AS_OF, DATA, workbook

RESULTS = ROOT / "benchmarks" / "results.md"
OURS, SLOW, QUICK = "vitrina check", "pandas + openpyxl + pandera", "pandas + python-calamine + pandera"
LIBRARIES = ("pandas", "pandera", "openpyxl", "python-calamine", "jinja2")
PROMISES: list[tuple[str, str, float, float]] = []
"""(what, how it is measured, figure, limit) in the order measured."""


def check_command(path: Path) -> list[str]:
    """The whole command, as a person gives it."""
    program = str(Path(sys.executable).with_name("vitrina"))
    home = str(DATA / "home")
    return [program, "check", str(path), "--as-of", AS_OF, "--format", "json", "--home", home]


def by_hand_command(engine: str, path: Path) -> list[str]:
    """The rival, reading with `engine`."""
    return [sys.executable, "-m", "benchmarks.by_hand", engine, str(path), str(DATA / "findings.jsonl")]


def checking(kind: str, rows: int, rounds: int) -> tuple[str, list[Case]]:
    """`check` beside both rivals on one workbook."""
    path = workbook(kind, rows)
    commands = {
        OURS: check_command(path),
        SLOW: by_hand_command("openpyxl", path),
        QUICK: by_hand_command("calamine", path),
    }
    cases = side_by_side(commands, rounds)
    return _table(f"`check`, {kind}, {rows:,} rows", cases, base=OURS), cases


def _promise(what: str, how: str, figure: float, limit: float) -> None:
    PROMISES.append((what, how, figure, limit))


def _promise_ratio(what: str, ours: Case, rival: Case, limit: float) -> None:
    _promise(what, "least wall", ours.wall / rival.wall, limit)
    _promise(what, "least cpu", ours.least_cpu / rival.least_cpu, limit)


def checks(rounds: int) -> Iterable[str]:
    """100 and 10,000 mixed rows, 10,000 loans with every money rule at work."""
    text, (ours, slow, _) = checking("mixed", 100, rounds + 2)
    yield text
    _promise_ratio("100 rows against openpyxl", ours, slow, 1)
    for kind in ("mixed", "loans"):
        text, (ours, slow, quick) = checking(kind, 10_000, rounds)
        yield text
        _promise_ratio(f"10,000 {kind} rows against openpyxl", ours, slow, 0.5)
        _promise_ratio(f"10,000 {kind} rows against calamine", ours, quick, 1)


def growth(_rounds: int) -> Iterable[str]:
    """Ten times the rows: time and memory."""
    commands = {f"{rows:,} rows": check_command(workbook("mixed", rows)) for rows in (10_000, 100_000)}
    small, large = side_by_side(commands, 1)
    yield _table("`check`, ten times the rows", [small, large], base=small.name)
    _promise("100,000 rows against 10,000", "cpu", large.cpu / small.cpu, 11)
    for process, which in (("command", "own"), ("reading child", "child")):
        _promise(f"100,000 rows, MiB of the {process}", "peak", large.peak(which), 1024)
    together = held_together(commands[large.name])
    _promise("100,000 rows, MiB of all its processes at one moment", "peak", together, 1024)


def rendering(rounds: int) -> Iterable[str]:
    """10,000 products in two languages."""
    folder = DATA / "site"
    found: dict[str, list[list[float]]] = {"ours": [], "bare_words": [], "bare": []}
    for _ in range(max(2, rounds - 1)):
        for which, seconds in found.items():
            shutil.rmtree(folder, ignore_errors=True)
            side_by_side({which: [sys.executable, "-m", "benchmarks.rendering", which, "10000", str(folder)]}, 1)
            seconds.append(json.loads((DATA / "stdout").read_text(encoding="utf-8")))
    shutil.rmtree(folder, ignore_errors=True)
    first, again = (min(run[i] for run in found["ours"]) for i in (0, 1))
    words, ready = (min(run[0] for run in found[name]) for name in ("bare_words", "bare"))
    lines = [
        "### Rendering 10,000 products in two languages",
        "",
        "| case | least cpu s | / bare loop |",
        "|---|---|---|",
    ]
    rows = (("ours, into an empty folder", first), ("ours again, nothing changed", again),
            ("bare Jinja2 loop over the same templates, making its dicts", words),
            ("bare Jinja2 loop, its dicts ready before the clock", ready))  # fmt: skip
    lines += [f"| {name} | {value:.2f} | {value / words:.2f} |" for name, value in rows]
    _promise("10,000 listings against the bare loop", "least cpu", first / words, 1)
    _promise("rendering again against the bare loop", "least cpu", again / words, 0.1)
    yield "\n".join(lines) + "\n"


def starting(rounds: int) -> Iterable[str]:
    """`vitrina --help` and a bare interpreter."""
    program = str(Path(sys.executable).with_name("vitrina"))
    commands = {"vitrina --help": [program, "--help"], "python -c pass": [sys.executable, "-c", "pass"]}
    ours, bare = side_by_side(commands, rounds * 4)
    yield _table("Starting", [ours, bare], base=bare.name)
    more = ours.wall_median - bare.wall_median
    _promise("`vitrina --help`, seconds more than a bare Python", "median wall", more, 0.3)


def annotating(rounds: int) -> Iterable[str]:
    """400 findings marked in 10,000 rows."""
    found: dict[str, list[float]] = {"ours": [], "openpyxl": []}
    path, out = workbook("mixed", 10_000), DATA / "annotated.xlsx"
    for _ in range(max(2, rounds - 2)):
        for way, seconds in found.items():
            side_by_side({way: [sys.executable, "-m", "benchmarks.annotate", way, str(path), str(out)]}, 1)
            seconds.append(float(json.loads((DATA / "stdout").read_text(encoding="utf-8"))))
    ours, rival = (min(seconds) for seconds in found.values())
    _promise("the marked copy against openpyxl load, annotate, save", "least cpu", ours / rival, 0.1)
    lines = ["### `check --annotated`, 10,000 rows with 400 findings: the copy alone", "", "| case | least cpu s |"]
    yield "\n".join([*lines, "|---|---|", f"| ours | {ours:.2f} |", f"| openpyxl | {rival:.2f} |"]) + "\n"


def sending(rounds: int) -> Iterable[str]:
    """Owed postbacks, durably, beside procrastinate, huey and bare httpx."""
    from benchmarks import send

    text, promises = send.report(rounds=max(2, rounds - 2))
    PROMISES.extend(promises)
    yield text


def deciding(rounds: int) -> Iterable[str]:
    """Decisions a second and their latency beside FastAPI and SQLAlchemy with a commit a request."""
    from benchmarks import deciding as decisions

    text, promises = decisions.report(rounds=rounds + 2)
    PROMISES.extend(promises)
    yield text


def delivering(rounds: int) -> Iterable[str]:
    """`sync` of 10,000 products to two targets: first, unchanged, one product changed."""
    from benchmarks import delivering as runs

    full, again, one = runs.cases(10_000, max(2, rounds - 3))
    _promise("an unchanged `sync` of 10,000 products to two targets against the first", "least wall",
             again.wall / full.wall, 0.15)  # fmt: skip
    yield _table("`sync`, 10,000 products to two targets", [full, again, one], base=full.name)


def desk(rounds: int) -> Iterable[str]:
    """The review desk's pages, and what they wait while a large workbook is checked."""
    from benchmarks import desk as review_desk

    text, promises = review_desk.report(rounds=max(2, rounds - 2))
    PROMISES.extend(promises)
    yield text


def _table(title: str, cases: Sequence[Case], *, base: str) -> str:
    against = next(case for case in cases if case.name == base)
    head = ["case", "wall s (least)", "wall s (median)", "cpu s (least)", "cpu s (median)", "MiB", "MiB, child",
            f"wall / {base}", f"cpu / {base}"]  # fmt: skip
    lines = [f"### {title}", "", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for case in cases:
        seconds = (case.wall, case.wall_median, case.least_cpu, case.cpu)
        cells = [case.name, *(f"{one:.2f}" for one in seconds), f"{case.peak('own'):.0f}", f"{case.peak('child'):.0f}"]
        cells += [f"{case.wall / against.wall:.2f}", f"{case.least_cpu / against.least_cpu:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _promises() -> str:
    lines = ["### What must hold", "", "| promise | measured by | figure | limit | |", "|---|---|---|---|---|"]
    lines += [f"| {what} | {how} | {figure:.2f} | {limit:g} | {'holds' if figure <= limit else '**does not hold**'} |"
              for what, how, figure, limit in PROMISES]  # fmt: skip
    return "\n".join(lines) + "\n"


PARTS: Mapping[str, Callable[[int], Iterable[str]]] = {
    "checks": checks, "growth": growth, "rendering": rendering, "annotating": annotating,
    "starting": starting, "sending": sending, "deciding": deciding, "delivery": delivering, "desk": desk,
}  # fmt: skip


def main() -> None:
    """All parts, or those named; `--quick` runs each case twice."""
    asked = [name for name in sys.argv[1:] if name in PARTS] or list(PARTS)
    rounds = 2 if "--quick" in sys.argv else 5
    DATA.mkdir(exist_ok=True)
    for package in ("schemas", "catalog", "commands", "pipeline", "leads", "templates", "data", "benchmarks"):
        compileall.compile_dir(ROOT / package, quiet=2)  # as installing does: nobody waits for the compiler
    texts = [text for name in asked for text in PARTS[name](rounds)]
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    moment = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    head = f"# Benchmarks\n\n{moment}, Python {platform.python_version()}, {libraries}. What each case is: README.md.\n"
    RESULTS.write_text("\n".join([head, _promises(), *texts]), encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
