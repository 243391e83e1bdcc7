"""`vitrina-leads` as a person or a job runs it: real processes, output, exit codes."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leads.cli import COMMANDS, SUMMARIES
from leads.intake import read_batch, read_happened
from leads.states import State
from leads.store import touch_lead
from leads.store.operations import STATES
from leads.words import LEAD_STATES, POSTBACK_STATES, why_words
from schemas.errors import WrongUse
from tests.receiver import Said, receiver
from tests.sending import KEY, leads_environ, leads_process, open_at, owe, owe_many
from tests.warm import call

ROOT = Path(__file__).resolve().parents[1]


def run(home: Path, *words: str, url: str = "http://127.0.0.1:9", **environ: str) -> tuple[int, str, str]:
    """One call: exit code, stdout, stderr."""
    ended = call("leads.cli", *words, folder=home, environ={**leads_environ(home, url), **environ})
    assert "Traceback" not in ended.err, ended.err
    return ended.code, ended.out, ended.err


def document(home: Path, *words: str, **more: str) -> Any:
    """The JSON document of a call that went well."""
    code, out, err = run(home, *words, "--format", "json", **more)
    assert code == 0, err + out
    return json.loads(out)


def owing(home: Path, *events: str) -> None:
    """The lead `uno` owes these."""
    store = open_at(home / "leads.db")
    store.write(lambda tx: owe(tx, "uno", *events))
    store.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with two leads that were handed off."""
    store = open_at(tmp_path / "leads.db")
    store.write(lambda tx: [touch_lead(tx, click_id, source="handoff") for click_id in ("uno", "=dos")])
    store.close()
    return tmp_path


def test_a_status_goes_all_the_way(home: Path) -> None:
    """status, send --once, show, list, export: what was said is what is seen."""
    said = document(home, "status", "uno", "application", "--amount", "5000000.50", "--at", "2026-11-22T10:00:00-05:00")
    assert said == {"state": "applied", "owed": [1], "recorded": True}
    with receiver() as heard:
        assert document(home, "send", "--once", url=heard.url)["attempts"] == {"delivered": 1}
    assert heard.arrived[0].said == {
        "click_id": "uno", "event": "application", "amount": "5000000.50", "currency": "COP",
        "occurred_at": "2026-11-22T15:00:00Z",
    }  # fmt: skip
    shown = document(home, "show", "uno")
    assert [one["kind"] for one in shown["owed"][0]["attempts"]] == ["delivered"]
    assert document(home, "list", "--state", "delivered")["counts"]["delivered"] == 1
    rows = list(csv.DictReader(io.StringIO(run(home, "export")[1])))
    assert [(row["click_id"], row["postback"]) for row in rows] == [("uno", "delivered"), ("'=dos", "")]


def test_a_refused_status_writes_nothing_and_says_why(home: Path) -> None:
    """Exit 2 and a sentence in the person's language."""
    code, _, err = run(home, "status", "uno", "disbursement")
    assert code == 2
    assert err.startswith("El estado es «sin solicitud»; disbursement se saltaría un paso.")
    err = run(home, "status", "uno", "approval", "--lang", "en")[2]
    assert err.startswith("The state is “no application yet”; approval would skip a step.")
    owing(home, "application", "rejected")
    err = run(home, "status", "uno", "approval", "--lang", "en")[2]
    assert err == "The state is “rejected”, which is final; approval was not recorded.\n"
    code, _, err = run(home, "status", "nadie", "application", "--lang", "en")
    assert (code, "byte for byte" in err) == (2, True)
    code, _, err = run(home, "status", "uno", "application", "--amount", "-5")
    assert (code, "mayor que cero" in err) == (2, True)


@pytest.mark.parametrize("amount", ["0", "-5", "1e30", "NaN", "Infinity", "1.234", "1,5", "9" * 16, 1.5, True])
def test_an_amount_that_is_no_exact_sum_is_refused(amount: object) -> None:
    """Zero, negative, huge, not a number, a float: a sentence, never a guess."""
    with pytest.raises(WrongUse, match="amount"):
        read_happened({"trackingId": "uno", "event": "application", "amount": amount})


def test_a_batch_is_told_line_by_line_and_may_run_again(home: Path) -> None:
    """CSV with good and bad lines: exit 1, each refusal with its line; again: nothing twice."""
    batch = home / "lote.csv"
    batch.write_text(
        'click_id,event,amount\nuno,application,1000\n"=dos",application,\nuno,approval\nnadie,approval,\nuno,nada,\n',
        "utf-8",
    )
    code, out, _ = run(home, "import", str(batch), "--format", "json")
    said = json.loads(out)
    assert (code, said["recorded"], said["refused"]) == (1, 2, 3)
    assert [(line["line"], line["code"]) for line in said["lines"]] == [
        (4, "unreadable"),
        (5, "unknown_lead"),
        (6, "unreadable"),
    ]
    again = json.loads(run(home, "import", str(batch), "--format", "json")[1])
    assert (again["recorded"], again["known"]) == (0, 2)


def lines_of(text: str) -> list[tuple[int, str]]:
    """(line, what is wrong with it in Spanish, or "") of a batch."""
    return [(line.number, line.fault.say("es") if line.fault else "") for line in read_batch(io.StringIO(text))]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_batch_as_a_spreadsheet_saves_it(separator: str) -> None:
    """Commas, semicolons or tabs, a mark at the start, Spanish titles in any case, empty cells."""
    rows = ("Click_ID", "Evento", "Monto", "Fecha"), ("a;b,c\td", "approval", "1000", "")
    text = "".join(separator.join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)
    (line,) = read_batch(io.StringIO("\ufeff" + text))
    assert line.happened is not None
    assert (line.happened.click_id, line.happened.facts.amount) == ("a;b,c\td", 1000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("click_id,event,ammount\nuno,approval,5\n", "La columna ammount no se conoce"),
        ("click_id,event,trackingId\nuno,approval,dos\n", "click_id está dos veces"),
        ("uno,approval\n", "no tiene encabezado"),
        ("", "no tiene encabezado"),
        ("click_id\x00event", "no tiene encabezado"),
    ],
)
def test_a_header_that_would_lose_something_is_refused(text: str, said: str) -> None:
    """A title nobody knows, the same thing twice, none at all: nothing is recorded before it is mended."""
    with pytest.raises(WrongUse) as refused:
        list(read_batch(io.StringIO(text)))
    assert said in refused.value.say("es")


def test_each_line_that_cannot_be_followed_is_told_in_spanish() -> None:
    """Which line, what is wrong; the lines around it are taken."""
    text = (
        '{"click_id":"uno","event":"approval"}\n{"click_id":"uno","trackingId":"dos","event":"approval"}\n'
        '{"event":"approval","event":"rejected","click_id":"x"}\n[1]\n{"click_id":"uno","event":"nada"}\n'
        '{"click_id":"uno","event":"approval","monto":1.5,"nada":1}\n{"click_id":5,"event":"approval"}\n{\n'
        '{"click_id":"\\ud800","event":"approval"}\n{"event":"approval"}\n'
    )
    told = dict(lines_of(text))
    assert told[1] == ""
    assert told[2] == "click_id está dos veces."
    assert told[3] == "event está dos veces."
    assert told[4] == told[8] == "La línea no es un objeto JSON."
    assert told[5] == "event: es uno de: application, approval, disbursement, rejected."
    assert told[6] == "nada: no existe."
    assert told[7].startswith("click_id: ")
    assert told[9].startswith("click_id: no se puede guardar byte por byte")
    assert told[10] == "click_id: falta."


def test_a_torn_csv_line_is_told_and_the_rest_goes_on() -> None:
    """Too few cells, too many, a stray quote."""
    text = 'click_id,event\nuno,approval\ndos\ntres,approval,x\n"cu"atro,approval\ncinco,approval\n'
    told = lines_of(text)
    assert [bool(said) for _, said in told] == [False, True, True, True, False]
    assert told[1] == (3, "La línea tiene 1 celdas y el encabezado 2.")


def test_json_lines_on_standard_input(home: Path) -> None:
    """`status --stdin` takes JSON lines; exact numbers, the same words as the endpoint."""
    lines = b'{"trackingId":"uno","event":"application","amount":1000.5}\n{"trackingId":"uno","event":"approval"}\n'
    done = subprocess.run(
        [sys.executable, "-m", "leads.cli", "status", "--stdin", "--home", str(home), "--lang", "en"],
        input=lines,
        capture_output=True,
        check=False,
        cwd=home,
        env={"PATH": "/usr/bin"},
    )
    assert done.returncode == 0, done.stderr
    assert b"Recorded: 2" in done.stdout


def test_dead_postbacks_are_listed_replayed_and_resolved(home: Path) -> None:
    """What needs a person is found, and each way out leaves an audit line."""
    owing(home, "application")
    with receiver(lambda _: Said(400)) as heard:
        document(home, "send", "--once", url=heard.url)
    code, out, _ = run(home, "list", "--state", "dead")
    assert (code, "detenido         1  respondieron 400  uno\n" in out) == (0, True), out
    assert document(home, "replay", "--dead", "--by", "ana") == {"replayed": 1}
    assert document(home, "resolve", "uno", "application", "--note", "por correo", "--by", "ana") == {"resolved": 1}
    assert run(home, "resolve", "uno", "application", "--note", "x")[0] == 2
    story = run(home, "show", "uno")[1]
    assert [line.split("  ")[-1] for line in story.splitlines()[-2:]] == ["ana reenvió: 1", "ana cerró: por correo"]
    assert document(home, "purge", "--older-than", "0d") == {"purged": 2}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"VITRINA_API_KEY": f"{KEY}\nx"}, "VITRINA_API_KEY"),
        ({"VITRINA_API_KEY": ""}, "VITRINA_API_KEY"),
        ({"VITRINA_BASE_URL": "http://api.example.com"}, "https://"),
        ({"VITRINA_ENVIRONMENT": "production", "VITRINA_API_KEY": "sk_staging_12345678"}, "ambiente"),
        ({"VITRINA_LEADS_DATABASE_URL": "mysql://x/y"}, "VITRINA_LEADS_DATABASE_URL"),
    ],
)
def test_wrong_settings_stop_the_start_in_one_line(home: Path, environ: dict[str, str], said: str) -> None:
    """Exit 2, one line, no secret."""
    process = leads_process("send", home=home, url="https://api.example.com", **environ)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert said in err.decode()
    assert err.count(b"\n") == 1
    assert KEY.encode() not in err


def test_a_real_sender_logs_nothing_personal_and_no_secret(home: Path) -> None:
    """Canary: the key, the click_id and the reason are in no log line, whatever the marketplace echoes."""
    document(home, "status", "uno", "application", "--reason", "motivo-canario", "--by", "ana")
    echo = Said(400, f'{{"error":"{KEY} motivo-canario"}}'.encode())
    with receiver(lambda _: echo) as heard:
        process = leads_process("send", home=home, url=heard.url)
        assert process.stderr is not None
        log = [process.stderr.readline() for _ in range(2)]
        process.terminate()
        log.append(process.communicate(timeout=120)[1])
    said = b"".join(log)
    assert b'"dead"' in said
    assert [word for word in (KEY, "canario", '"uno"') if word.encode() in said] == []
    assert "[key]" in json.dumps(document(home, "show", "uno"))


def test_a_pause_is_said_to_whoever_sends_and_looks(home: Path) -> None:
    """A refused key: `send --once` and `list` say in words that the market is paused and why."""
    owing(home, "application")
    with receiver(lambda _: Said(403)) as heard:
        code, sent, _ = run(home, "send", "--once", url=heard.url, VITRINA_RETRY_DELAYS="0,60")
    said = "El envío de CO está en pausa desde"
    assert code == 3, "a timetable must see that nothing goes out"
    assert said in sent
    assert said in run(home, "list")[1]
    assert sent.endswith(": respondieron 403.\n")


def test_a_row_held_by_a_pause_says_so(home: Path) -> None:
    """Also one that was never tried has the pause as its cause, in `list` and `show`; what is behind waits for it."""
    owing(home, "application")
    with receiver(lambda _: Said(401)) as heard:
        run(home, "send", "--once", url=heard.url)
    store = open_at(home / "leads.db")
    store.write(lambda tx: owe(tx, "=dos", "application", "approval"))
    store.close()
    listed = document(home, "list")["owed"]
    assert [(row["behind"], row["why"]) for row in listed] == [
        (True, None), (False, "paused:http_401"), (False, "paused:http_401"),
    ]  # fmt: skip
    assert "0  el envío está en pausa: respondieron 401  =dos\n" in run(home, "list")[1]
    assert "application: pending (sending is paused: they answered 401)" in run(home, "show", "=dos", "--lang", "en")[1]
    with receiver(lambda _: Said(503)) as heard:
        run(home, "send", "--once", url=heard.url, VITRINA_RETRY_DELAYS="0,60")
    assert {row["why"] for row in document(home, "list")["owed"]} == {None, "http_503"}


def test_a_paused_market_that_owes_nothing_is_no_failure(home: Path) -> None:
    """`send --once` ends with 3 only while a pause holds something back: not what was told another way or is dead."""
    owing(home, "application", "approval")
    with receiver(lambda one: Said(400 if one.lead == "uno" else 401)) as heard:
        assert run(home, "send", "--once", url=heard.url)[0] == 0
        assert run(home, "status", "=dos", "application")[0] == 0
        assert [run(home, "send", "--once", url=heard.url)[0] for _ in range(2)] == [3, 3]
        assert run(home, "resolve", "=dos", "application", "--note", "por correo")[0] == 0
        assert [one["market"] for one in document(home, "send", "--once", url=heard.url)["paused"]] == ["CO"]


def test_an_operator_sees_what_waits_for_what(home: Path) -> None:
    """Which try comes when, what broke, and that a later event waits for the earlier one; in both languages."""
    owing(home, "application", "approval")
    with receiver(lambda _: Said(then="reset", raw=b"")) as heard:
        document(home, "send", "--once", url=heard.url, VITRINA_RETRY_DELAYS="0,60,60")
    listed, story = run(home, "list")[1], run(home, "show", "uno")[1]
    assert "pendiente         0  espera al aviso anterior  uno\n" in listed
    assert "pendiente         1  cortaron la conexión      uno\n" in listed
    assert listed.endswith("pendiente (pending): 2\n")
    assert "próximo intento" in story
    assert "waits for the one before" in run(home, "show", "uno", "--lang", "en")[1]


def test_an_export_to_a_file_is_whole_or_not_there(home: Path) -> None:
    """The same lines as on the terminal; nothing else is left in the folder; a folder that is not there is said."""
    out = home / "dia"
    out.mkdir()
    assert run(home, "export", str(out / "a.csv"))[0] == 0
    assert [file.name for file in out.iterdir()] == ["a.csv"]
    assert (out / "a.csv").read_text("utf-8") == run(home, "export")[1]
    code, _, err = run(home, "export", str(home / "nada" / "a.csv"))
    assert (code, err.startswith("No existe la carpeta")) == (2, True)


def test_who_acts_is_never_blank(home: Path) -> None:
    """An empty --by is asked for again; the operating-system user stands in only when it is left out."""
    code, _, err = run(home, "purge", "--older-than", "1d", "--by", " ")
    assert (code, "--by está vacío" in err) == (2, True)


@pytest.mark.parametrize("note", ["", " \t"])
def test_what_was_told_another_way_says_how(home: Path, note: str) -> None:
    """An empty --note is asked for again, and nothing is closed."""
    owing(home, "application")
    code, _, err = run(home, "resolve", "uno", "application", "--note", note)
    assert (code, err) == (2, "--note está vacío; indique cómo se informó al mercado.\n")
    err = run(home, "resolve", "uno", "application", "--note", note, "--lang", "en")[2]
    assert err == "--note is empty; say how the marketplace was told.\n"
    assert document(home, "list")["counts"]["pending"] == 1


def test_a_terminal_without_our_letters_gets_escapes(home: Path) -> None:
    """No crash over an ñ."""
    code, _, err = run(home, "status", "nadie", "application", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (code, "ninguna" in err.lower()) == (2, True)


def test_a_command_that_is_none_names_the_nearest(home: Path) -> None:
    """As the other command line does."""
    assert run(home, "sattus") == (2, "", "No existe el comando «sattus». ¿Quiso decir «status»?\n")
    assert run(home, "frob", "--lang", "en")[2] == "There is no command “frob”. “vitrina-leads --help” lists them.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("list --state foo", "--state: el valor no sirve; use uno de: pending, leased"),
        ("sandbox --rate 0", "--rate: el valor no sirve; debe ser un número desde 0.01 hasta 1000"),
        ("sandbox --port 99999", "debe ser un número entero desde 0 hasta 65535"),
        ("purge", "Falta --older-than"),
        ("list --mots 3", "¿Quiso decir --most?"),
    ],
)
def test_a_call_that_cannot_be_followed_is_told_in_spanish(home: Path, words: str, said: str) -> None:
    """Exit 2 and how the command is written; as JSON, one document."""
    code, _, err = run(home, *words.split())
    assert (code, said in err, "Uso:" in err) == (2, True, True)
    code, out, _ = run(home, *words.split(), "--format", "json")
    assert (code, said in json.loads(out)["error"]) == (2, True)


def test_an_unreachable_store_is_exit_three(home: Path) -> None:
    """No traceback: one sentence."""
    code, _, err = run(home, "list", VITRINA_LEADS_DATABASE_URL="postgresql://nadie@127.0.0.1:1/x")
    assert (code, err.count("\n")) == (3, 1)


def test_the_sender_is_light_and_its_memory_flat(tmp_path: Path) -> None:
    """Under 130 MB while it works, whatever it has sent; no data frames, no spreadsheets."""
    store = open_at(tmp_path / "leads.db")
    owe_many(store, 1500)
    store.close()
    with receiver() as heard:
        process = leads_process("send", home=tmp_path, url=heard.url)
        try:
            assert heard.wait(lambda: len(heard.arrived) > 300)
            early = resident(process.pid)
            assert heard.wait(lambda: len(heard.arrived) == 1500, 30)
            assert resident(process.pid) < min(130.0, early + 12)
        finally:
            process.terminate()
            process.communicate(timeout=120)


def resident(pid: int) -> float:
    """MB that a process holds now."""
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@pytest.mark.parametrize("words", [("--help",), ("send", "--help"), ("status", "--help")])
def test_help_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    """Help comes at once, and nothing here ever loads what reads spreadsheets."""
    code = (
        "import sys\nfrom leads.cli import main\n"
        "try: main()\nexcept SystemExit: pass\nprint(*{n.partition('.')[0] for n in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=ROOT, check=True)
    loaded = set(done.stderr.split())
    assert loaded.isdisjoint({"pandas", "pandera", "openpyxl", "pydantic", "sqlalchemy", "httpx", "rich", "asyncio"})


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize(
    "code",
    ["http_503", "no_acknowledgement", "bad_ack", "conflict", "already_have", "lead_unknown", "resolved", "dns", "tls",
     "connect", "connect_timeout", "deadline", "protocol", "reset", "paused:http_403", "gave_up_reset"],
)  # fmt: skip
def test_every_reason_has_words(code: str, lang: str) -> None:
    """What a postback waits for or ended by is a sentence, never a code."""
    said = why_words(code, lang)
    assert said not in ("", code)
    assert "_" not in said


def test_every_state_has_words() -> None:
    """Of leads and of postbacks."""
    assert set(LEAD_STATES) == set(State)
    assert set(POSTBACK_STATES) == set(STATES)


def test_every_command_has_a_summary_and_a_line_in_the_readme() -> None:
    """A command nobody can find is no command."""
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in COMMANDS:
        assert f"`vitrina-leads {name}" in readme, name
    assert set(SUMMARIES) == set(COMMANDS)
