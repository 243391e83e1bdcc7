"""A PostgreSQL database of a test's own: on the server of this machine, else on one started for the test run."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest

_USERS = ("postgres", "root")


def _reachable(port: int, user: str) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user=user, dbname="postgres", connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@functools.cache
def _server() -> tuple[int, str] | None:
    """(port, user) of a server that lets us make databases; None without one."""
    for user in _USERS:
        if _reachable(5432, user):
            return 5432, user
    return _started()


@dataclass(frozen=True)
class Server:
    """A server of our own in a folder of its own."""

    place: Path
    binaries: Path
    port: int

    @property
    def url(self) -> str:
        """Its first database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> bool:
        """Whether it runs now."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.place}"
        return self._do("pg_ctl", "-w", "-l", str(self.place / "log"), "-o", options, "start")

    def stop(self) -> None:
        """At once, as a crash would."""
        self._do("pg_ctl", "-m", "immediate", "stop")

    def make(self) -> bool:
        """Whether its files could be made."""
        return self._do("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")

    def remove(self) -> None:
        """Stop it and leave nothing."""
        self.stop()
        shutil.rmtree(self.place, ignore_errors=True)

    def _do(self, program: str, *words: str) -> bool:
        # PostgreSQL refuses to run as root.
        user = ["setpriv", "--reuid=nobody", "--clear-groups"] if os.geteuid() == 0 else []
        command = [*user, str(self.binaries / program), "-D", str(self.place / "data"), *words]
        return subprocess.run(command, capture_output=True, check=False, cwd=self.place).returncode == 0


def _own_server() -> Server | None:
    """A server that runs, to be removed by whoever asked; None where none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        return None
    for _ in range(3):  # another test run may take the free port before the server does
        place = Path(tempfile.mkdtemp(prefix="vitrina-pg-"))
        if os.geteuid() == 0:
            shutil.chown(place, "nobody")
        with socket.create_server(("127.0.0.1", 0)) as free:
            server = Server(place, found[-1].parent, int(free.getsockname()[1]))
        if server.make() and server.start():
            return server
        server.remove()
    return None


def _started() -> tuple[int, str] | None:
    server = _own_server()
    if server is None:
        return None
    atexit.register(server.remove)
    return server.port, "postgres"


def _without_server() -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail("CI has no PostgreSQL: install the package `postgresql`")
    pytest.skip("no PostgreSQL on 127.0.0.1:5432 and none installed to start")


@contextmanager
def postgres_server() -> Iterator[Server]:
    """A whole server of a test's own, to be stopped and started."""
    server = _own_server()
    if server is None:
        _without_server()
    try:
        yield server
    finally:
        server.remove()


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a fresh database, dropped afterwards. Without a server: skipped, which CI turns into a failure."""
    server = _server()
    if server is None:
        _without_server()
    port, user = server
    name = f"vitrina_{uuid.uuid4().hex[:12]}"
    admin = f"host=127.0.0.1 port={port} user={user} dbname=postgres"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield f"postgresql://{user}@127.0.0.1:{port}/{name}"
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
