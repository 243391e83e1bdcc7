"""A real desk for tests: uvicorn on a free port of this machine, a home of its own, users of every role.

with desk_at(tmp_path) as desk:
    answer = desk.client("ana").get("/cargas")
"""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
import uvicorn

from catalog.store import Store, open_store
from pipeline.desk.app import make_app
from pipeline.desk.opening import Clocks, open_desk
from pipeline.desk.origin import origin_of
from pipeline.desk.visit import Desk
from pipeline.run import people
from schemas.settings import load_settings

DAY = date(2026, 3, 15)
"""A day whose usury caps ship with the program."""
PASSWORD = "una frase larga y facil"
USERS = {
    "ulises": ("uploader",),
    "rosa": ("reviewer",),
    "pablo": ("publisher",),
    "alba": ("admin",),
    "nadia": ("uploader", "reviewer", "publisher", "admin"),
}
"""One user a role, and one with all of them."""
LATEST = 60


@dataclass
class Hands:
    """A clock that tests turn forward."""

    ahead: Any = None

    def now(self) -> datetime:
        """The real moment, and however much a test turned it forward."""
        return datetime.now(UTC) + self.ahead if self.ahead else datetime.now(UTC)


@dataclass
class Served:
    """A desk that runs."""

    desk: Desk
    address: str
    hands: Hands
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """What the desk keeps."""
        return self.desk.shop.store

    def browser(self, **options: Any) -> httpx.Client:
        """Somebody's browser, not signed in: keeps cookies, says where its requests come from."""
        headers = {"origin": self.address, "sec-fetch-site": "same-origin"}
        return httpx.Client(base_url=self.address, headers=headers, timeout=30, trust_env=False, **options)

    def client(self, name: str) -> httpx.Client:
        """The same browser of a user each time, signed in without the door: a password takes a tenth of a second."""
        if name not in self._clients:
            person = self.store.people.get(name)
            identity = people.begin_session(self.store, person, people.Caller("127.0.0.1", "tests"))
            client = self.browser()
            client.cookies.set(self.desk.cookie, identity, domain="127.0.0.1", path="/")
            self._clients[name] = client
        return self._clients[name]

    def cookies_for(self, name: str) -> list[dict[str, Any]]:
        """The session of a user as a real browser takes it."""
        return [{"name": one.name, "value": one.value, "url": self.address} for one in self.client(name).cookies.jar]

    def send(self, name: str, *paths: Path, partial: bool = False) -> int:
        """Send files as a user and wait for their check; the number of the first."""
        files = [("archivo", (path.name, path.read_bytes())) for path in paths]
        data = {"parcial": "1"} if partial else {}
        headers = {"accept": "application/json"}
        answer = self.client(name).post("/cargas", data=data, files=files, headers=headers)
        assert answer.status_code == 201, answer.text
        for one in answer.json():
            self.wait(lambda number=one["id"]: not self.store.arrivals.get(number).under_way)  # type: ignore[misc]
        return int(answer.json()[0]["id"])

    def wait(self, is_so: Callable[[], bool]) -> None:
        """Until something is so; fails where it never is."""
        until = time.monotonic() + LATEST
        while not is_so():
            assert time.monotonic() < until, "waited in vain"
            threading.Event().wait(0.05)


def _unhurried(raw: Any, _record: object) -> None:
    """Leaves the waiting for the disk out: only a power cut would tell the difference."""
    raw.execute("PRAGMA synchronous=OFF").close()


@contextmanager
def desk_at(folder: Path, *, users: bool = True, **environ: str) -> Iterator[Served]:
    """A desk over `folder/home`, its settings from VITRINA_* names, served until the block ends."""
    if users and not (folder / "home").exists():
        (folder / "home").mkdir(parents=True)
        (folder / "home" / "catalog.db").write_bytes(_with_users())
    settings = load_settings(environ=environ, home=folder / "home", folder=folder)
    hands = Hands()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        port = listener.getsockname()[1]
        origin = origin_of(settings.desk.url, "127.0.0.1", port)
        with open_desk(settings, origin, Clocks(hands.now, lambda: DAY)) as desk:
            sa.event.listen(desk.shop.store.database.engine, "connect", _unhurried)
            with _served(make_app(desk), listener):
                served = Served(desk, f"http://127.0.0.1:{port}", hands)
                try:
                    yield served
                finally:
                    for client in served._clients.values():
                        client.close()


@cache
def _with_users() -> bytes:
    """A store with the usual users. Made once: five hashes and the migrations take a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.db"
        store = open_store(path, now=lambda: datetime.now(UTC))
        for name, roles in USERS.items():
            people.add_user(store, name, roles, PASSWORD, by="system")
        with store.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        store.close()
        return path.read_bytes()


@contextmanager
def _served(app: Any, listener: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(
        app, http="h11", log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            threading.Event().wait(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join()
