"""Sources on the web: taken within limits, refused in one line, and never harmful. A server of our own misbehaves."""

from __future__ import annotations

import gzip
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.sources.reach import Reach
from pipeline.sources.source import Marks
from pipeline.sources.web import download
from schemas.errors import BadSource, SourceUnavailable, VitrinaError
from tests.certificates import self_signed
from tests.web_server import Say, answer, raw, redirect, web_server

BOOK = b"PK\x03\x04 a workbook"
NOTHING = Marks()


def reach(**more: Any) -> Reach:
    return Reach(**{"allow_private": True, "seconds": 5.0, **more})


def refused(say: Say, folder: Path, **more: Any) -> VitrinaError:
    """What a download from a server that answers so ends in; nothing may be left behind under the final name."""
    with web_server(say) as server, pytest.raises(VitrinaError) as caught:
        download(f"{server.url}/productos.xlsx", folder / "productos.xlsx", NOTHING, reach(**more))
    assert list(folder.glob("*productos.xlsx*")) == []
    for lang in ("es", "en"):
        sentence = caught.value.say(lang)
        assert "\n" not in sentence
        assert len(sentence) < 250
    return caught.value


def test_a_file_is_taken_once_and_known_by_its_marks(tmp_path: Path) -> None:
    """ETag and Last-Modified come back as they were given; 304 leaves the file and the marks as they are."""
    to = tmp_path / "productos.xlsx"
    with web_server(answer(BOOK, ETag='"uno"', Last_Modified="Sun, 22 Nov 2026 10:00:00 GMT")) as server:
        marks = download(f"{server.url}/p.xlsx", to, NOTHING, reach())
        assert to.read_bytes() == BOOK
        assert "if-none-match" not in server.asked[0].headers
    with web_server(answer(status=304)) as server:
        assert download(f"{server.url}/p.xlsx", to, marks, reach()) == marks
        (asked,) = server.asked
    assert asked.headers["if-none-match"] == '"uno"'
    assert asked.headers["if-modified-since"] == "Sun, 22 Nov 2026 10:00:00 GMT"
    assert asked.headers["accept-encoding"] == "identity"


def test_a_mark_that_no_header_takes_is_not_said_back(tmp_path: Path) -> None:
    """The file is taken again, whatever a server calls it."""
    known = Marks("«ñ»", "x" * 70_000, "0" * 64)
    with web_server(answer(BOOK)) as server:
        download(f"{server.url}/p", tmp_path / "p", known, reach())
    assert not server.asked[0].headers.keys() & {"if-none-match", "if-modified-since"}


def test_not_changed_without_having_asked_is_no_answer(tmp_path: Path) -> None:
    """A server that says 304 to somebody who knows nothing has given nothing."""
    assert "304" in str(refused(answer(status=304), tmp_path))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 503])
def test_an_error_status_is_out_of_reach(tmp_path: Path, status: int) -> None:
    """Whatever its body says."""
    fault = refused(answer(BOOK, status), tmp_path)
    assert isinstance(fault, SourceUnavailable)
    assert str(status) in str(fault)


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><title>Error</title>",
        b"\xef\xbb\xbf  <html><body>No encontrado</body></html>",
        b"<!-- hola --> <!-- otra --><HTML>",
        "<html>página</html>".encode("utf-16"),
    ],
)
def test_a_web_page_is_no_workbook_whatever_it_is_called(tmp_path: Path, body: bytes) -> None:
    """Status 200 and a spreadsheet's content type do not make it one; the file before it stays."""
    say = answer(body, Content_Type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    fault = refused(say, tmp_path)
    assert isinstance(fault, BadSource)
    assert "página web" in fault.say("es")


def test_a_sign_in_page_is_told_with_what_to_do(tmp_path: Path) -> None:
    """The commonest way for a shared sheet to stop being shared."""
    page = b'<html><form action="https://accounts.google.com/ServiceLogin"><input type="password"></form></html>'
    assert "comparta la hoja" in refused(answer(page), tmp_path).say("es")


def test_a_page_of_comments_without_end_is_looked_at_quickly(tmp_path: Path) -> None:
    """Sixty thousand bytes of comments that lead to nothing cost no more than reading them."""
    with web_server(answer(b"<!-- --> " * 7_000)) as server:
        download(f"{server.url}/p.csv", tmp_path / "p.csv", NOTHING, reach())


def test_a_content_length_of_ten_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    """Before a byte of the body."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n"
    assert "256 MiB" in str(refused(raw(head, endless=b"x" * 65_536), tmp_path))


def test_an_endless_body_is_cut(tmp_path: Path) -> None:
    """Without a length, chunked or until the connection closes, counting stops it."""
    for head in (b"", b"Transfer-Encoding: chunked\r\n"):
        piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n" if head else b"x" * 65_536
        said = raw(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n", endless=piece)
        assert isinstance(refused(said, tmp_path, most=1_000_000, seconds=20.0), BadSource)


def test_a_compressed_body_is_refused_unread(tmp_path: Path) -> None:
    """A gzip bomb is never inflated: nobody asked for gzip."""
    bomb = gzip.compress(b"0" * 5_000_000)
    assert "gzip" in str(refused(answer(bomb, Content_Encoding="gzip"), tmp_path))


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param((b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n", b"x"), id="body"),
        pytest.param((b"HTTP/1.1 200 OK\r\nX: ", b"x"), id="headers"),
    ],
)
def test_a_dripping_answer_ends_with_the_deadline(tmp_path: Path, piece: tuple[bytes, bytes]) -> None:
    """One byte now and then resets every time limit but the total one, in the headers as in the body."""
    head, drop = piece
    ticks = iter(range(1_000_000))

    def drip(connection: Any, asked: Any) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(drop)

    # A clock that each look moves by a second: the deadline comes after a few drops, however fast they fall.
    fault = refused(drip, tmp_path, clock=lambda: float(next(ticks)), seconds=20.0)
    assert "a tiempo" in fault.say("es")


def test_a_silent_server_ends_with_the_deadline(tmp_path: Path) -> None:
    """It takes the request and says nothing."""

    def silent(connection: Any, asked: Any) -> None:
        connection.recv(1)

    assert "a tiempo" in refused(silent, tmp_path, seconds=0.2).say("es")


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nPK",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nPK",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nPK",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 300_000,
        b"",
    ],
)
def test_a_wrong_length_and_other_garbage_are_no_answer(tmp_path: Path, said: bytes) -> None:
    """Cut short, contradictory, not HTTP at all: one line, nothing kept."""
    assert isinstance(refused(raw(said), tmp_path), SourceUnavailable)


def test_redirects_are_followed_a_few_times(tmp_path: Path) -> None:
    """To a relative place too; for ever they are not."""

    def say(connection: Any, asked: Any) -> None:
        hops = int(asked.target.rpartition("/")[2])
        (redirect(f"../a/{hops - 1}") if hops else answer(BOOK))(connection, asked)

    with web_server(say) as server:
        download(f"{server.url}/a/5", tmp_path / "p", NOTHING, reach())
        with pytest.raises(SourceUnavailable, match="without end"):
            download(f"{server.url}/a/6", tmp_path / "q", NOTHING, reach())


PUBLIC = "203.0.113.7"
HOST = "hoja.example"


def names(**known: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """A resolver that knows these hosts and counts nothing else."""

    def resolve(host: str, port: int) -> Sequence[str]:
        return known[host.replace(".", "_")]

    return resolve


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.8", "192.168.1.4", "172.16.0.1", "100.64.0.1", "0.0.0.0", "169.254.169.254", "224.0.0.1",
        "::1", "fe80::1", "fe80::1%2", "fc00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "2002:7f00:1::", "::", "::127.0.0.1", "::ffff:0:10.0.0.8", "64:ff9b:1::10.0.0.8", "fec0::1", "192.0.0.192",
    ],
)  # fmt: skip
def test_a_name_that_leads_into_our_own_network_is_refused(tmp_path: Path, address: str) -> None:
    """However the address is written, and although another of its addresses is public; nothing is sent there."""
    resolve = names(hoja_example=["1.1.1.1", address])
    with pytest.raises(SourceUnavailable, match=r"hoja\.example is a (private|link-local) address"):
        download(f"https://{HOST}/p.xlsx", tmp_path / "p", NOTHING, Reach(resolve=resolve))


@pytest.mark.parametrize("address", [
    "169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "::ffff:0:169.254.169.254", "fd00:ec2::254",
    "100.100.100.200", "0.0.0.0", "224.0.0.1",
])  # fmt: skip
def test_where_clouds_keep_credentials_no_setting_leads(tmp_path: Path, address: str) -> None:
    """`allow_private` opens our own network, not these."""
    with pytest.raises(SourceUnavailable):
        download(f"https://{HOST}/p", tmp_path / "p", NOTHING, reach(resolve=names(hoja_example=[address])))


def test_a_literal_private_address_is_refused(tmp_path: Path) -> None:
    """Written as it is, or in a way only a resolver understands."""
    for host in ("127.0.0.1", "[::1]", "[::ffff:10.0.0.1]"):
        with pytest.raises(SourceUnavailable, match="private"):
            download(f"https://{host}/p", tmp_path / "p", NOTHING, Reach())


def secured(folder: Path) -> tuple[Path, Callable[[], ssl.SSLContext]]:
    """A certificate for the host, and a context that trusts it."""
    pem = self_signed(folder, HOST)
    return pem, lambda: ssl.create_default_context(cafile=str(pem))


def test_the_checked_address_is_used_while_tls_verifies_the_name(tmp_path: Path) -> None:
    """The name is asked once: what it answers the second time (DNS rebinding) reaches nobody."""
    pem, tls = secured(tmp_path)
    answers = iter([["127.0.0.1"], ["10.9.9.9"]])
    with web_server(answer(BOOK), tls=pem) as server:
        rules = reach(tls=tls, resolve=lambda host, port: next(answers))
        download(f"https://{HOST}:{server.port}/p.xlsx", tmp_path / "p", NOTHING, rules)
        assert server.asked[0].headers["host"] == f"{HOST}:{server.port}"
    assert next(answers) == ["10.9.9.9"]


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    """And so is one that no authority signed."""
    pem, tls = secured(tmp_path)
    with web_server(answer(BOOK), tls=pem) as server:
        for host, trusted in (("otra.example", tls), (HOST, Reach().tls)):
            rules = reach(tls=trusted, resolve=lambda *_: ["127.0.0.1"])
            with pytest.raises(SourceUnavailable, match="certificate"):
                download(f"https://{host}:{server.port}/p", tmp_path / "p", NOTHING, rules)
        assert server.asked == []


@pytest.mark.parametrize(
    "to",
    ["https://interno.example/p", "https://10.0.0.8/p", "http://hoja.example/p", "file:///etc/passwd", "ftp://x/y",
     "https://ana:clave@hoja.example/p", "https://", "https://[", "//169.254.169.254/latest"],
)  # fmt: skip
def test_a_redirect_leads_nowhere_we_would_not_go_ourselves(tmp_path: Path, to: str) -> None:
    """To a private address, out of https, to another scheme, with a password: one line, nothing sent."""
    pem, tls = secured(tmp_path)
    with web_server(redirect(to), tls=pem) as server:
        first = iter([["127.0.0.1"]])

        def resolve(host: str, port: int) -> Sequence[str]:
            return next(first, ["169.254.169.254"])

        rules = reach(tls=tls, resolve=resolve)
        with pytest.raises(SourceUnavailable) as caught:
            download(f"https://{HOST}:{server.port}/p", tmp_path / "p", NOTHING, rules)
        assert len(server.asked) == 1
    assert "clave" not in str(caught.value)


def test_plain_http_is_for_rehearsals_on_this_machine_only(tmp_path: Path) -> None:
    """Without `allow_private` not even there; with it, not to any other machine."""
    for host, rules in (("127.0.0.1:1", Reach()), ("hoja.example", reach())):
        with pytest.raises(SourceUnavailable, match="https"):
            download(f"http://{host}/p", tmp_path / "p", NOTHING, rules)


def test_the_environment_decides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the environment sees where a lender keeps its sheet."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with web_server(answer(BOOK)) as server:
        download(f"{server.url}/p", tmp_path / "p", NOTHING, reach())
        assert len(server.asked) == 1


def test_a_broken_download_leaves_the_file_before_it(tmp_path: Path) -> None:
    """What was taken last time is still there, whole."""
    to = tmp_path / "p.xlsx"
    to.write_bytes(BOOK)
    with web_server(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nPK")) as server, pytest.raises(VitrinaError):
        download(f"{server.url}/p", to, NOTHING, reach())
    assert to.read_bytes() == BOOK


def test_what_an_address_may_hide_is_in_no_sentence(tmp_path: Path) -> None:
    """A signed link is a secret."""
    with web_server(answer(status=500)) as server, pytest.raises(SourceUnavailable) as caught:
        download(f"{server.url}/p?sig=canario-123", tmp_path / "p", NOTHING, reach())
    assert "canario" not in str(caught.value) + caught.value.say("es")
