"""One whole lead, from the Consumer's question to the last postback, on this machine: `make demo-leads`.

A home of its own in a temporary folder, a release published from the example workbook, keys made up for the occasion,
the endpoints and a stand-in marketplace as two processes. Nothing is left behind.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEADS = (sys.executable, "-m", "leads.cli")


def main() -> int:
    """Publish, serve, play one journey, look at what is on record."""
    with tempfile.TemporaryDirectory(prefix="vitrina-demo-") as folder:
        home = Path(folder)
        publish(home)
        environ = settings(home)
        with serving(environ) as url:
            port = environ["VITRINA_BASE_URL"].rpartition(":")[2]
            code = run(environ, "sandbox", "--port", port, "--play", "1", "--against", url, "--seed", "5")
        run(environ, "show", click_id_of(environ))
        run(environ, "list")
    return code


def publish(home: Path) -> None:
    """The example workbook as release 1."""
    words = ("--config", "data/examples/vitrina.toml", "sync", "data/examples/productos.xlsx", "--no-review", "--quiet")
    command = (sys.executable, "-m", "pipeline.cli", "--home", str(home), *words)
    subprocess.run(command, cwd=ROOT, env=clean(), check=True)


def clean() -> dict[str, str]:
    """This environment without anybody's settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VITRINA_")}


def settings(home: Path) -> dict[str, str]:
    """What a Lender sets; the keys are made up."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        market = free.getsockname()[1]
    return clean() | {
        "VITRINA_HOME": str(home),
        "VITRINA_BASE_URL": f"http://127.0.0.1:{market}",
        "VITRINA_API_KEY": secrets.token_urlsafe(24),
        "VITRINA_INBOUND_KEYS": secrets.token_urlsafe(24),
        "VITRINA_CORE_KEYS": secrets.token_urlsafe(24),
        "VITRINA_PORTAL_URL": "http://127.0.0.1:8300/firma",
    }


@contextmanager
def serving(environ: Mapping[str, str]) -> Iterator[str]:
    """The endpoints and the sender, for the length of the demonstration."""
    process = subprocess.Popen(
        [*LEADS, "serve", "--port", "0"], cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            said = json.loads(line) if line.startswith("{") else {"event": line.strip()}
            if said["event"] == "serving":
                yield said["url"]
                return
        raise SystemExit(said["event"])
    finally:
        process.terminate()
        process.communicate(timeout=30)


def run(environ: Mapping[str, str], *words: str) -> int:
    """One command, shown as a person would type it, with its output."""
    shown = " ".join(f"'{word}'" if " " in word else word for word in words)
    print(f"\n$ vitrina-leads {shown}", flush=True)
    return subprocess.run([*LEADS, *words], cwd=ROOT, env=environ, check=False).returncode


def click_id_of(environ: Mapping[str, str]) -> str:
    """The lead that was played."""
    said = subprocess.run([*LEADS, "list", "--format", "json"], cwd=ROOT, env=environ, capture_output=True, check=True)
    return str(json.loads(said.stdout)["owed"][0]["click_id"])


if __name__ == "__main__":
    raise SystemExit(main())
