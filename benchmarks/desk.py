"""The review desk with 1,000 products: what each page costs, and what its neighbours wait while 20 MiB are checked.

`python -m benchmarks.desk [rounds]`. The desk runs as people run it, `vitrina serve`, in a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.workbooks import DATA, workbook

HOME = DATA / "desk"
PRODUCTS = 1_000
HEAVY = 57_500
"""Rows of a workbook of 20 MiB."""
NAME, PASSWORD = "bench", "una frase larga y facil"
PAGES = (
    "/", "/cargas", "/cargas/2", "/cargas/2?grupo=added", "/cargas/2?grupo=to_name&desde=800", "/cargas/2/vista",
    "/versiones", "/versiones/1", "/versiones/1?grupo=added&desde=800",
    "/versiones/1/vista", "/versiones/1/vista/sistema/index.html", "/productos", "/productos?q=credito",
    "/productos/{code}", "/ajustes", "/ajustes/referencia",
)  # fmt: skip
"""Upload 2 proposes another thousand products in place of those that are live: the largest plan there is."""


LOOKED_AT = ("/", "/cargas/2", "/versiones", "/productos")
WRITES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("a token", "/ajustes/claves", {"para": "medida"}),
    ("an approval", "/cargas/2/decision", {"accion": "aprobar", "alcance": "todo"}),
    ("a publication", "/cargas/2/publicar", {}),
    ("a rejection", "/cargas/2/decision", {"accion": "rechazar", "alcance": "todo"}),
)


@dataclass(frozen=True, slots=True)
class Timed:
    """One page: milliseconds over a kept connection, and of the server's processor, a request."""

    path: str
    first: float
    least: float
    median: float
    cpu: float
    size: int


def pages(rounds: int) -> list[Timed]:
    """Every page, asked `rounds` times ten after a first time."""
    with serving() as (client, process):
        code = _code(client)
        return [_timed(client, process, path.format(code=code), 10 * rounds) for path in PAGES]


def _timed(client: httpx.Client, process: int, path: str, times: int) -> Timed:
    first, answer = _ask(client, path)
    before, taken = _processor(process), []
    for _ in range(times):
        taken.append(_ask(client, str(answer.url.copy_with(scheme=None, netloc=b"")))[0])
    cpu = (_processor(process) - before) / times * 1000
    return Timed(path, first, min(taken), statistics.median(taken), cpu, len(answer.content))


def _ask(client: httpx.Client, path: str) -> tuple[float, httpx.Response]:
    start = time.perf_counter()
    answer = client.get(path)
    taken = (time.perf_counter() - start) * 1000
    assert answer.status_code == 200, (path, answer.status_code)
    return taken, answer


def _processor(process: int) -> float:
    """Seconds of processor a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _code(client: httpx.Client) -> str:
    """Any product that is live."""
    return client.get("/productos").text.partition('<th scope="row"><a href="/productos/')[2].partition('"')[0]


def after_writes() -> list[tuple[str, float]]:
    """(what was looked at after what, milliseconds of that first look): a second after each kind of write."""
    found = []
    with serving() as (client, _):
        for what, path, form in WRITES:
            page = client.get("/cargas/2").text
            plan = page.partition('name="plan" value="')[2].partition('"')[0]
            client.post(path, data={**form, "plan": plan}).raise_for_status()
            time.sleep(1)
            found += [(f"`{page}` after {what}", _ask(client, page)[0]) for page in LOOKED_AT]
    return found


def beside_a_large_upload() -> tuple[list[float], float]:
    """(milliseconds of other pages while a workbook of 20 MiB arrives and is checked, seconds that took)."""
    path, over, taken = workbook("mixed", HEAVY), threading.Event(), list[float]()
    with serving() as (client, _):
        others = [one.format(code=_code(client)) for one in ("/", "/versiones", "/productos/{code}", "/cargas/2")]
        with _twin(client) as reader:
            thread = threading.Thread(target=_read, args=(reader, others, over, taken))
            thread.start()
            start = time.perf_counter()
            try:
                _upload(client, path)
            finally:
                over.set()
                thread.join()
    return taken, time.perf_counter() - start


def _twin(client: httpx.Client) -> httpx.Client:
    """Another browser of the same person."""
    return httpx.Client(
        base_url=client.base_url, cookies=client.cookies, follow_redirects=True, timeout=60, trust_env=False
    )


def _read(client: httpx.Client, paths: list[str], over: threading.Event, taken: list[float]) -> None:
    """A person who looks at pages, five a second."""
    while not over.wait(0.2):
        taken.append(_ask(client, paths[len(taken) % len(paths)])[0])


def _upload(client: httpx.Client, path: Path) -> None:
    with path.open("rb") as file:
        answer = client.post("/cargas", files={"archivo": (path.name, file)}, headers={"accept": "application/json"})
    assert answer.status_code == 201, answer.text
    place = answer.json()[0]["href"]
    while client.get(f"{place}/estado").json()["under_way"]:
        time.sleep(0.5)


@contextlib.contextmanager
def serving() -> Iterator[tuple[httpx.Client, int]]:
    """`vitrina serve` over a fresh home with a thousand products, and somebody who is signed in."""
    _home()
    command = [sys.executable, "-m", "pipeline.cli", "--home", str(HOME / "var"), "--format", "json", "serve"]
    with subprocess.Popen([*command, "--port", "0"], env=_environment(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            address = json.loads(process.stdout.readline())["desk"].rstrip("/")
            headers = {"origin": address}
            with httpx.Client(
                base_url=address, headers=headers, follow_redirects=True, timeout=600, trust_env=False
            ) as client:
                client.post("/entrar", data={"nombre": NAME, "clave": PASSWORD})
                yield client, process.pid
        finally:
            process.kill()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("VITRINA_")}


def _home() -> None:
    """One release, and an upload that waits for review."""
    kept = HOME / "kept"
    if not kept.exists():
        shutil.rmtree(HOME, ignore_errors=True)
        HOME.mkdir(parents=True)
        (HOME / "password").write_text(PASSWORD)
        roles = [part for role in ("uploader", "reviewer", "publisher", "admin") for part in ("--role", role)]
        _vitrina("user", "add", NAME, *roles, "--password-file", str(HOME / "password"))
        _vitrina("sync", str(workbook("mixed", PRODUCTS)), "--no-review", "--by", "otra")
        _vitrina("submit", str(workbook("loans", PRODUCTS)), "--by", "otra")
        (HOME / "var").rename(kept)
    shutil.rmtree(HOME / "var", ignore_errors=True)
    shutil.copytree(kept, HOME / "var")


def _vitrina(*arguments: str) -> None:
    command = [sys.executable, "-m", "pipeline.cli", "--home", str(HOME / "var"), *arguments]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{arguments}: exit {done.returncode}\n{done.stdout}{done.stderr}")


Promise = tuple[str, str, float, float]


def report(*, rounds: int) -> tuple[str, list[Promise]]:
    """The table, and what must hold."""
    shutil.rmtree(HOME, ignore_errors=True)
    timed = pages(rounds)
    lines = [
        f"### The desk, {PRODUCTS:,} products",
        "",
        "| page | first ms | least ms | median ms | server's cpu ms | KB |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{one.path}` | {one.first:.0f} | {one.least:.1f} | {one.median:.1f} | {one.cpu:.1f} | {one.size // 1000} |"
        for one in timed
    ]
    waits, seconds = beside_a_large_upload()
    late = statistics.quantiles(waits, n=20)[-1]
    size = workbook("mixed", HEAVY).stat().st_size / 2**20
    beside = (
        f"While a workbook of {size:.1f} MiB was sent and checked ({seconds:.0f} s), {len(waits)} other pages took "
        f"{statistics.median(waits):.0f} ms in the median, {late:.0f} ms at the 95th percentile, {max(waits):.0f} ms "
        "at most."
    )
    lines += ["", beside]
    slow = max(timed, key=lambda one: one.least)
    written = after_writes()
    lines += ["", f"First looks after a write, ms: {', '.join(f'{what} {ms:.0f}' for what, ms in written)}."]
    late_look = max(written, key=lambda one: one[1])
    promises = [
        (f"the slowest page with {PRODUCTS:,} products, ms ({slow.path})", "least wall", slow.least, 50.0),
        (f"the slowest first look after a write, ms ({late_look[0]})", "wall", late_look[1], 100.0),
        ("other pages while 20 MiB are checked, ms", "p95 wall", late, 300.0),
    ]
    return "\n".join(lines) + "\n", promises


def main() -> None:
    """Print the figures."""
    text, promises = report(rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 2)
    print(text)
    for what, how, figure, limit in promises:
        print(f"{what} ({how}): {figure:.1f}, limit {limit:g}")


if __name__ == "__main__":
    main()
