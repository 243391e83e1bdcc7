"""Several people at the desk at once, and a desk that is killed: no decision lost, nothing stale approved, no release
torn."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from catalog.release.read import read_current
from pipeline.run import publishing
from schemas.errors import Refused
from tests.checking import LOAN
from tests.desk_acts import CARDS, decide, live, plan_shown, publish, send
from tests.desks import desk_at
from tests.test_desk import sentence


def at_once(*acts: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """All of them at the same moment, each by a person of their own; the answers in the order given."""
    start = threading.Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)

    def one(at: int) -> None:
        start.wait()
        answers[at] = acts[at]()

    threads = [threading.Thread(target=one, args=(at,)) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.parametrize("rounds", [2, pytest.param(25, marks=pytest.mark.full)])
def test_two_reviewers_and_two_uploads_at_once(tmp_path: Path, rounds: int) -> None:
    """Two uploads of the same release, approved and published at the same moment by two people each: every decision
    that was accepted is kept, one upload goes out, the other is stale and waits to be looked at again; then it goes
    out too. Releases follow one another, and each is whole."""
    with desk_at(tmp_path) as desk:
        number = live(desk, tmp_path, LOAN, CARDS)
        for name in ("rosa", "nadia", "pablo"):
            desk.client(name)  # nobody signs in in the middle of a race
        for turn in range(rounds):
            rate = f"{20 + turn / 10:.1f}".replace(".", ",") + "% E.A."
            uploads = [
                send(desk, tmp_path, {**LOAN, "Tasa": rate}, partial=True),
                send(desk, tmp_path, {**CARDS, "Tasa": rate}, partial=True),
            ]
            plans = [plan_shown(desk, "rosa", upload) for upload in uploads]
            assert plans == [plan_shown(desk, "nadia", upload) for upload in uploads]
            answers = at_once(
                *(
                    partial(decide, desk, who, upload, plan)
                    for who in ("rosa", "nadia")
                    for upload, plan in zip(uploads, plans, strict=True)
                )
            )
            accepted = sum(answer.status_code == 303 for answer in answers)
            kept = [one for upload in uploads for one in desk.store.decisions.list(upload=upload)]
            assert (accepted, len(kept)) == (4, 4)
            at_once(partial(publish, desk, uploads[0], "pablo"), partial(publish, desk, uploads[1], "nadia"))
            current = desk.store.releases.current()
            assert current is not None
            assert current.number == number + 1
            (late,) = (upload for upload in uploads if upload != current.upload)
            refused = decide(desk, "rosa", late, plans[uploads.index(late)])
            assert refused.status_code == 409
            assert "ya está publicada" in sentence(refused)
            assert decide(desk, "rosa", late).status_code == 303
            publish(desk, late)
            number += 2
            assert [one.number for one in desk.store.releases.list()] == list(range(number, 0, -1))
        content = desk.store.releases.content()
        assert content is not None
        assert {str(entry.product.rate_min) for entry in content.entries.values()} == {f"{20 + turn / 10:.1f}"}
        assert publishing.verify(desk.desk.shop) == []


def test_a_stale_plan_is_approved_by_no_route(tmp_path: Path) -> None:
    """The whole, a product, what is held by name, a rejection: with the hash of before, each is refused and leaves no
    trace; so is publishing what was approved of it."""
    with desk_at(tmp_path) as desk:
        live(desk, tmp_path, LOAN, CARDS)
        old = send(desk, tmp_path, {**LOAN, "Tasa": "249% E.A."}, CARDS, {**CARDS, "Código": "LIB-009"})
        seen = plan_shown(desk, "rosa", old)
        assert decide(desk, "rosa", old, seen).status_code == 303
        before = desk.store.decisions.list(upload=old)
        live(desk, tmp_path, {**LOAN, "Tasa": "23% E.A."}, CARDS)
        for products in ((), ("LIB-009",), ("LIB-001",), ("LIB-001", "LIB-009")):
            for action in ("aprobar", "rechazar"):
                answer = decide(desk, "rosa", old, seen, *products, accion=action)
                assert (answer.status_code, desk.store.decisions.list(upload=old)) == (409, before), products
        publish(desk, old)
        current = desk.store.releases.current()
        assert current is not None
        assert current.number == 2


# Killed


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`vitrina serve` over a home; its address and its process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VITRINA_")}
    command = [sys.executable, "-m", "pipeline.cli", "--home", str(home), "--format", "json", "serve", "--port", "0"]
    with subprocess.Popen(command, env=clean, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["desk"].rstrip("/"), process
        finally:
            process.kill()


def kill_during(home: Path, cookies: httpx.Cookies, path: str, form: dict[str, Any], delay: float) -> None:
    """Ask a desk of its own process for something and kill it so many seconds later, wherever it is by then."""
    with serving(home) as (address, process), httpx.Client(cookies=cookies, trust_env=False) as client:
        client.get(f"{address}/")
        killer = threading.Timer(delay, process.kill)
        killer.start()
        with suppress(httpx.TransportError):
            client.post(f"{address}{path}", data=form, headers={"origin": address})
        killer.join()
        process.kill()


@pytest.mark.parametrize(
    "delays", [(0.01, 0.08), pytest.param(tuple(n / 60 for n in range(12)), marks=pytest.mark.full)]
)
def test_a_desk_killed_while_somebody_decides_or_publishes(tmp_path: Path, delays: Sequence[float]) -> None:
    """SIGKILL at any moment of an approval and of a publication: afterwards the decision is there or not, never half;
    what is live is one whole release; asking again finishes what was asked."""
    chance = random.Random(5)
    home = tmp_path / "home"
    with desk_at(tmp_path) as desk:
        number = live(desk, tmp_path, LOAN, CARDS)
    for turn, delay in enumerate(delays):
        with desk_at(tmp_path) as desk:
            upload = send(desk, tmp_path, {**LOAN, "Tasa": f"2{turn % 5},{turn % 9 + 1}% E.A."}, CARDS)
            plan = plan_shown(desk, "rosa", upload)
            cookies = {name: httpx.Cookies(desk.client(name).cookies) for name in ("rosa", "pablo")}
        form = {"plan": plan, "accion": "aprobar", "alcance": "todo"}
        kill_during(home, cookies["rosa"], f"/cargas/{upload}/decision", form, delay * chance.random())
        with desk_at(tmp_path) as desk:
            assert len(desk.store.decisions.list(upload=upload)) in (0, 1)
            if not desk.store.decisions.list(upload=upload):
                assert decide(desk, "rosa", upload).status_code == 303
        kill_during(home, cookies["pablo"], f"/cargas/{upload}/publicar", {}, delay)
        with desk_at(tmp_path) as desk:
            current = desk.store.releases.current()
            assert current is not None
            assert current.number in (number, number + 1)
            shown = read_current(home / "published")
            assert shown.number in (number, number + 1)
            for path in shown.files:
                shown.read_file(path)
            publish(desk, upload)
            number += 1
            after = desk.store.releases.current()
            assert after is not None
            assert (after.number, after.upload) == (number, upload)
            assert read_current(home / "published").number == number
            assert publishing.verify(desk.desk.shop) == []


@pytest.mark.parametrize("trouble", [RuntimeError("a bug"), OSError(28, "No space left on device"), Refused("no")])
def test_what_is_made_ahead_keeps_no_file_from_its_check(tmp_path: Path, trouble: Exception) -> None:
    """Whatever goes wrong with it: the next file is checked all the same."""
    made = []

    def fails() -> None:
        made.append(trouble)
        raise trouble

    with desk_at(tmp_path) as desk:
        desk.desk.bench.afterwards = fails
        for name in ("uno.csv", "dos.csv"):
            (tmp_path / name).write_text("Nombre\nA\n", "utf-8")
        arrivals = [desk.send("ulises", tmp_path / name) for name in ("uno.csv", "dos.csv")]
        assert [desk.store.arrivals.get(number).state for number in arrivals] == ["done", "done"]
        desk.wait(lambda: len(made) == 2)


def test_a_plan_that_finds_no_room_for_its_pages_says_so(tmp_path: Path) -> None:
    """A full disk is a sentence with its status, not a bug."""
    with desk_at(tmp_path) as desk:
        upload = send(desk, tmp_path, LOAN)
        files = desk.desk.shop.place.files
        files.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(files)
        files.write_bytes(b"")
        answer = desk.client("rosa").get(f"/cargas/{upload}")
        assert (answer.status_code, "No se pudo usar la carpeta del catálogo" in answer.text) == (503, True)
