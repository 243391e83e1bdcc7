"""Delivering 10,000 products to two targets: for the first time, unchanged, and with one product changed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Case, Run, once
from benchmarks.workbooks import DATA, with_one_changed, workbook

FOLDER = DATA / "delivery"
SETTINGS = '[targets.web]\npath = "web"\n[targets.mirror]\npath = "mirror"\n[review]\nrequired = false\n'
FULL, AGAIN, ONE = "everything, for the first time", "the same workbook again", "one product changed"


def cases(products: int, rounds: int) -> tuple[Case, Case, Case]:
    """The three runs of `vitrina sync`, each a process of its own, from an empty home in every round."""
    whole, changed = workbook("loans", products), with_one_changed("loans", products)
    runs: dict[str, list[Run]] = {FULL: [], AGAIN: [], ONE: []}
    for _ in range(rounds):
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        (FOLDER / "vitrina.toml").write_text(SETTINGS, encoding="utf-8")
        source = FOLDER / "productos.xlsx"
        for name, book in ((FULL, whole), (AGAIN, whole), (ONE, changed)):
            shutil.copyfile(book, source)
            runs[name].append(once(_sync(source)))
    full, again, one = (Case(name, tuple(found)) for name, found in runs.items())
    return full, again, one


def _sync(source: Path) -> Sequence[str]:
    program = str(Path(sys.executable).with_name("vitrina"))
    settings = ["--config", str(FOLDER / "vitrina.toml"), "--home", str(FOLDER / "var")]
    return [program, "sync", str(source), "--no-review", "--by", "bench", "--quiet", *settings]
