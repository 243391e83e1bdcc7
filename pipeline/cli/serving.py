"""`vitrina serve`: the review desk in a browser."""

from __future__ import annotations

import contextlib
import gc
import socket
from datetime import UTC, datetime
from typing import Any

import click

from pipeline.cli import global_options
from pipeline.cli.checking import today
from pipeline.cli.session import Session, session
from pipeline.cli.stopping import Stopped
from schemas.errors import CannotRun

_BACKLOG = 128


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="The address to listen at.")
@click.option("--port", default=8350, show_default=True, type=click.IntRange(0, 65535), metavar="PORT")
@global_options
@click.pass_context
def serve(ctx: click.Context, host: str, port: int) -> None:
    """Open the review desk: uploads, findings, plans, previews, releases. Ends with Ctrl-C.

    For other machines, put it behind an https proxy and set [desk] url; docs/desk.md shows how.
    """
    from catalog.targets import keys_from
    from pipeline.desk.app import make_app
    from pipeline.desk.opening import Clocks, open_desk
    from pipeline.desk.origin import origin_of

    own = session(ctx)
    with _listening(host, port) as listener:
        origin = origin_of(own.settings.desk.url, host, listener.getsockname()[1])
        clocks = Clocks(lambda: datetime.now(UTC), today)
        with open_desk(own.settings, origin, clocks, keys_from(own.environ)) as desk:
            _say(own, origin.shown, bool(desk.shop.store.people.list()))
            app = make_app(desk)
            gc.collect()
            gc.freeze()  # what a desk begins with stays; passing over it each time stopped all pages for 0.1 s
            _run(app, listener, behind_a_proxy=own.settings.desk.url is not None)


def _listening(host: str, port: int) -> socket.socket:
    """The socket, open before anything else, so that an address in use is told at once."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as fault:
        from catalog.reasons import in_spanish

        why = fault.strerror or str(fault)
        raise CannotRun(
            f"Cannot listen at {host} port {port}: {why}.",
            es=f"No se puede escuchar en {host}, puerto {port}: {in_spanish(why)}.",
        ) from None


def _say(own: Session, address: str, somebody: bool) -> None:
    own.say(f"Mesa de revisión: {address}" if own.lang == "es" else f"Review desk: {address}")
    if not somebody:
        own.say(
            "Todavía no hay usuarios; el primero: vitrina user add NOMBRE --role admin"
            if own.lang == "es"
            else "There are no users yet; the first one: vitrina user add NAME --role admin"
        )
    own.document({"desk": address})


def _run(app: Any, listener: socket.socket, *, behind_a_proxy: bool) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,
        http="h11",  # bounds the head of a request (64 KiB) and refuses a second Host; the quicker one does neither
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=behind_a_proxy,  # else anybody on this machine would choose the address that is throttled
        forwarded_allow_ips="127.0.0.1,::1",
        timeout_graceful_shutdown=5,
        lifespan="off",
    )
    with contextlib.suppress(Stopped, KeyboardInterrupt):  # drained by then; uvicorn hands the signal on
        uvicorn.Server(config).run(sockets=[listener])
