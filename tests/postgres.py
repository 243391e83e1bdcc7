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
from pathlib import Path

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


def _started() -> tuple[int, str] | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        return None
    place = Path(tempfile.mkdtemp(prefix="vitrina-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(place, "nobody")
        as_user = ["setpriv", "--reuid=nobody", "--clear-groups"]
    binaries = found[-1].parent
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    make = [*as_user, binaries / "initdb", "-D", place / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={place}"
    start = [*as_user, binaries / "pg_ctl", "-D", place / "data", "-w", "-l", place / "log", "-o", options, "start"]
    for command in (make, start):
        if subprocess.run(command, capture_output=True, check=False, cwd=place).returncode:
            return None
    atexit.register(_end, [*as_user, binaries / "pg_ctl", "-D", place / "data", "-m", "immediate", "stop"], place)
    return port, "postgres"


def _end(command: list[object], place: Path) -> None:
    subprocess.run([str(word) for word in command], capture_output=True, check=False)
    shutil.rmtree(place, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a fresh database, dropped afterwards. Without a server: skipped, which CI turns into a failure."""
    server = _server()
    if server is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no PostgreSQL: install the package `postgresql`")
        pytest.skip("no PostgreSQL on 127.0.0.1:5432 and none installed to start")
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
