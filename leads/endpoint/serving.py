"""Run the endpoints, and the sender beside them, until told to stop; then drain both."""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import uvicorn

from leads.decide import Engine
from leads.endpoint.app import Application
from leads.endpoint.door import Buckets, door_of
from leads.endpoint.engines import EngineRoom
from leads.endpoint.service import Service
from leads.endpoint.wire import BoundedProtocol
from leads.log import Log
from leads.postback import SenderRules, run_sender
from leads.shelf import ShelfReader
from leads.store import LeadStore
from leads.store.operations import look_alive, newest_key
from leads.vault import Vault
from schemas.errors import CannotRun, TargetUnavailable
from schemas.lead_settings import LeadSettings, need_serving

_ANSWER_LEASE = 10.0
_DRAIN = 15
_IDLE = 30
_NEW = 20_000
"""The collector looks after so many new objects: those of the questions under way go without it, and are many."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running endpoint is made of. `sender`: None leaves sending to others."""

    settings: LeadSettings
    store: LeadStore
    vault: Vault
    engine: Engine
    sender: SenderRules | None
    log: Log


def serve(parts: Parts, *, host: str, port: int) -> None:
    """Answer until SIGTERM or SIGINT, then finish what is under way. CannotRun: the address, or the store.

    SettingsError: the master key is not the one of the store.
    """
    _warm_up(parts)
    sender = _Sender(parts)
    listener = _listen(host, port)
    buckets = Buckets(parts.settings.apply_rate, time.monotonic)
    app = Application(_service(parts, sender.wake), door_of(parts.settings), buckets)
    config = uvicorn.Config(
        app, loop="uvloop", http=BoundedProtocol, ws="none", lifespan="off", log_config=None, access_log=False,
        proxy_headers=False, server_header=False, timeout_keep_alive=_IDLE, timeout_graceful_shutdown=_DRAIN,
    )  # fmt: skip
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False  # its words may carry a caller's
    server = _Server(config, lambda: _tell(parts, listener))
    gc.collect()
    gc.freeze()  # what is loaded stays: the collector need not look at it again and again while people wait
    gc.set_threshold(_NEW)
    with _signals_end_quietly(), sender.running(server):
        server.run(sockets=[listener])


def _warm_up(parts: Parts) -> None:
    """What is loaded late is loaded now, so that the first Consumer does not wait for it. SettingsError: master key."""
    parts.vault.new_key(b"")
    parts.store.write(look_alive)
    kept = parts.store.read(newest_key)
    if kept is not None:
        parts.vault.prove(*kept)


def _service(parts: Parts, wake: Callable[[], None]) -> Service:
    settings = parts.settings
    shelves = ShelfReader(settings.shelf, settings.market)
    with contextlib.suppress(TargetUnavailable):  # the first request, or /readyz, says it
        shelves.read()
    return Service(
        store=parts.store,
        vault=parts.vault,
        shelves=shelves,
        room=EngineRoom(parts.engine, parts.log),
        market=settings.market,
        portal=need_serving(settings),
        lease=min(_ANSWER_LEASE, settings.lease_seconds),
        log=parts.log,
        wake=wake,
    )


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()


def _tell(parts: Parts, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    facts = {"url": f"http://{shown}:{port}", "market": parts.settings.market, "sender": parts.sender is not None}
    parts.log("serving", facts)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as fault:
        raise CannotRun(
            f"{host}:{port} cannot be listened on: {fault.strerror}.",
            es=f"No se puede atender en {host}:{port}: ¿hay otro proceso en ese puerto, o la dirección no es de aquí?",
        ) from None


@contextlib.contextmanager
def _signals_end_quietly() -> Iterator[None]:
    """uvicorn raises again, when it is done, the signal that stopped it; a drained process ends with 0."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Sender:
    """The sender in a thread of its own."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._calls: tuple[Callable[[], None], Callable[[], None]] | None = None
        self._ready = threading.Event()
        self._fault: BaseException | None = None

    def wake(self) -> None:
        """Something new is owed."""
        if self._calls is not None:
            self._calls[1]()

    @contextlib.contextmanager
    def running(self, server: uvicorn.Server) -> Iterator[None]:
        """For the length of the server's life. A sender that ends by a fault ends the server; the fault is raised."""
        if self._parts.sender is None:
            yield
            return
        thread = threading.Thread(target=self._run, args=(server, self._parts.sender), name="sender")
        thread.start()
        try:
            yield
        finally:
            self._ready.wait()
            if self._calls is not None:
                self._calls[0]()
            thread.join()
        if self._fault is not None:
            raise self._fault

    def _run(self, server: uvicorn.Server, rules: SenderRules) -> None:
        try:
            run_sender(self._parts.store, rules, self._parts.log, started=self._started)
        except BaseException as fault:
            self._fault = fault
            self._parts.log("sender_ended", {"kind": type(fault).__name__})
            server.should_exit = True
        finally:
            self._ready.set()

    def _started(self, stop: Callable[[], None], wake: Callable[[], None]) -> None:
        self._calls = (stop, wake)
        self._ready.set()
