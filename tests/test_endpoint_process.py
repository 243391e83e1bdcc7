"""`vitrina-leads serve` as a process: how it starts, what it loads, how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from leads.vault import fresh_master
from schemas.errors import SettingsError
from schemas.lead_settings import load_lead_settings, need_serving
from tests.receiver import Said, receiver
from tests.sending import leads_process
from tests.serving import CORE, INBOUND, PORTAL, loan, publish_products, question, serving
from tests.warm import call

GOOD = {"VITRINA_INBOUND_KEYS": INBOUND, "VITRINA_CORE_KEYS": CORE, "VITRINA_PORTAL_URL": PORTAL}
PRODUCTION = {"VITRINA_ENVIRONMENT": "production", "VITRINA_API_KEY": "clave-de-prod-0123456789"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one published loan."""
    home = tmp_path / "home"
    home.mkdir()
    publish_products(home, loan())
    return home


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"VITRINA_INBOUND_KEYS": ""}, "Falta VITRINA_INBOUND_KEYS"),
        ({"VITRINA_INBOUND_KEYS": "una\ndos"}, "VITRINA_INBOUND_KEYS lleva espacios"),
        ({"VITRINA_API_KEY": ""}, "Falta VITRINA_API_KEY"),
        (PRODUCTION, "Falta VITRINA_MASTER_KEY"),
        ({"VITRINA_ENGINE": "no.existe:Motor"}, "VITRINA_ENGINE"),
    ],
)
def test_a_start_that_cannot_work_is_refused_in_one_line(home: Path, environ: dict[str, str], said: str) -> None:
    """Exit 2, what is wrong and what to do, no secret."""
    process = leads_process("serve", "--port", "0", home=home, url="https://api.example.com", **{**GOOD, **environ})
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, b"")
    assert said in err.decode()
    assert err.count(b"\n") == 1
    for secret in (INBOUND, CORE, PRODUCTION["VITRINA_API_KEY"]):
        assert secret.encode() not in err


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"VITRINA_INBOUND_KEYS": "una,dos,tres"}, "VITRINA_INBOUND_KEYS lleva una clave, o dos"),
        ({"VITRINA_INBOUND_KEYS": CORE}, "comparten una clave"),
        ({"VITRINA_PORTAL_URL": ""}, "Falta VITRINA_PORTAL_URL"),
        ({"VITRINA_PORTAL_URL": "http://portal.example.com"}, "https://"),
        ({"VITRINA_API_KEY": "con espacio"}, "VITRINA_API_KEY lleva espacios"),
        ({"VITRINA_BASE_URL": "http://api.example.com"}, "https://"),
        ({"VITRINA_BASE_URL": "https://prod.example.com", "VITRINA_API_KEY": "stg_0123456789"}, "mismo ambiente"),
        ({**PRODUCTION, "VITRINA_INBOUND_KEYS": "corta"}, "menos de 16"),
        ({"VITRINA_EGRESS_IPS": "10.0.0.0/8"}, "VITRINA_EGRESS_IPS"),
        ({"VITRINA_TRUSTED_PROXY": "proxy"}, "VITRINA_TRUSTED_PROXY"),
        ({"VITRINA_APPLY_RATE": "muchas"}, "VITRINA_APPLY_RATE"),
    ],
)
def test_settings_that_cannot_serve_say_so(environ: dict[str, str], said: str) -> None:
    """The same for every other setting, without a process for each."""
    with pytest.raises(SettingsError) as refused:
        need_serving(load_lead_settings(environ={**GOOD, **environ}))
    assert said in refused.value.say("es")
    assert "\n" not in refused.value.say("en")


def test_a_port_that_is_taken_is_exit_three(home: Path) -> None:
    """One line, no traceback."""
    with receiver() as other:
        port = other.url.rpartition(":")[2]
        process = leads_process("serve", "--no-sender", "--port", port, home=home, url="http://127.0.0.1:9", **GOOD)
        _, err = process.communicate(timeout=120)
    assert (process.returncode, err.count(b"\n")) == (3, 1)


def _doctor_on_master(home: Path) -> str:
    done = call("leads.cli", "--home", str(home), "--format", "json", "doctor", folder=home, environ={})
    health: dict[str, str] = {point["name"]: point["health"] for point in json.loads(done.out)["points"]}
    return health["master_key"]


def test_another_master_key_than_the_stores_is_refused(home: Path) -> None:
    """Found at the start, not by the first Consumer who comes back; the right one serves again."""
    with serving(home) as served:
        assert served.decide().status == 200
    kept = (home / "master.key").read_bytes()
    (home / "master.key").write_text(fresh_master())
    process = leads_process("serve", "--no-sender", "--port", "0", home=home, url="http://127.0.0.1:9", **GOOD)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.count(b"\n"), b"master.key" in err) == (2, 1, True)
    assert _doctor_on_master(home) == "wrong"
    (home / "master.key").write_text("no es una clave")
    assert _doctor_on_master(home) == "wrong"
    (home / "master.key").write_bytes(kept)
    assert _doctor_on_master(home) == "ok"
    with serving(home) as served:
        assert served.decide(amount="6000000").status == 200


def resident(pid: int) -> float:
    """MB that a process holds now."""
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def test_an_idle_process_is_light_and_says_little_of_itself(home: Path) -> None:
    """Endpoint and sender in under 130 MB; no server header, no word to anybody."""
    with serving(home, sender=True) as served:
        answer = served.decide()
        assert resident(served.process.pid) < 130
        assert "server" not in answer.headers
        mapped = Path(f"/proc/{served.process.pid}/maps").read_text()
    for heavy in ("pandas", "openpyxl", "numpy", "python_calamine", "PIL"):
        assert f"/{heavy}/" not in mapped


def test_what_serves_loads_no_spreadsheets() -> None:
    """Not even where nothing compiled would show in the memory map."""
    code = "import sys, leads.endpoint, leads.cli.serving; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint({"pandas", "pandera", "openpyxl", "numpy", "pipeline", "jinja2", "PIL"})


def test_sigterm_drains_requests_and_postbacks(home: Path) -> None:
    """What is being answered is answered, what is being sent is recorded: exit 0, and nothing is sent twice."""
    came, go = threading.Event(), threading.Event()

    def slowly(_: object) -> Said:
        came.set()
        assert go.wait(30)
        return Said()

    gated = {"VITRINA_ENGINE": "tests.engines:Gated"}
    with receiver(slowly) as market, ThreadPoolExecutor(1) as crowd:  # type: ignore[arg-type]
        with serving(home, url=market.url, sender=True, **gated) as served:
            served.ask("GET", "/apply?click_id=uno", key=None)
            served.ask("POST", "/v1/events", {"trackingId": "uno", "event": "application"}, key=CORE)
            assert came.wait(20)
            slow = crowd.submit(served.ask, "POST", "/v1/decisions", question("dos"))
            while not (home / "asked").exists():
                threading.Event().wait(0.01)
            served.process.send_signal(signal.SIGTERM)
            go.set()
            (home / "open").touch()
            assert slow.result().status == 200
            assert served.process.wait(30) == 0
        with serving(home, url=market.url, sender=True) as served:
            stands = served.ask("GET", "/v1/leads?trackingId=uno").said
            assert [one["postback"] for one in stands["events"]] == ["delivered"]
    assert len(market.arrived) == 1


@pytest.mark.full
def test_memory_is_flat_over_a_hundred_thousand_leads(home: Path) -> None:
    """What the first ten thousand leave behind is all there is."""
    with serving(home) as served:

        def many(first: int, last: int) -> None:
            with ThreadPoolExecutor(8) as crowd:
                list(
                    crowd.map(
                        lambda number: served.ask("GET", f"/apply?click_id=lead_{number}", key=None), range(first, last)
                    )
                )

        many(0, 10_000)
        early = resident(served.process.pid)
        many(10_000, 100_000)
        assert resident(served.process.pid) < early + 15
