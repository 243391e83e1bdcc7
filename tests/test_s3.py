"""A bucket as target, against a real server that fails as told: no reader ever meets a torn release."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.entry import Entry
from catalog.publish import Place, deliver
from catalog.targets import BucketTarget, Keys, Problem, address_of, keys_from
from catalog.targets.bucket import Patience
from catalog.upkeep import drift, mend, prune, verify
from schemas.errors import SettingsError, TargetUnavailable
from schemas.settings import load_settings
from tests.command import vitrina
from tests.object_store import FAULTS, Proxy, ask, object_server, proxy_to
from tests.publishing import entries, place_at, publish_these

KEYS = Keys(access="invented", secret="also invented")
STEADY = Patience(request=30, tries=1, total=30, first_pause=0.001)
"""Asks once, and waits for a machine that is busy: only what is made to fail fails."""
HASTY = replace(STEADY, request=0.3, total=1)
"""Gives up soon on a server that does not answer."""
PATIENT = replace(STEADY, tries=6)
SHOWN = [entries("A", "B"), entries("A", "B", "C"), entries("B", "C")]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """One server for the module; every test has a bucket of its own."""
    with object_server() as port:
        yield port


@pytest.fixture
def proxy(server: int) -> Iterator[Proxy]:
    with proxy_to(server) as one:
        yield one


@pytest.fixture
def bucket(server: int) -> str:
    name = f"vitrina-{next(_numbers)}"
    assert ask(server, "PUT", f"/{name}")[0] == 200
    return name


def place_with(folder: Path, bucket: str, proxy: Proxy, patience: Patience = STEADY) -> Place:
    """A store with two targets: a directory, and the folder `web` in a bucket behind the proxy."""
    place = place_at(folder)
    target = BucketTarget("s3", address_of(f"s3://{bucket}/web", proxy.endpoint), KEYS, patience)
    return replace(place, targets=(*place.targets, target))


def read_whole(proxy: Proxy, bucket: str) -> tuple[int, dict[str, bytes]]:
    """What a reader finds who resolves the pointer and then fetches every file: all there, all by their digests."""
    status, pointer = ask(proxy.upstream, "GET", f"/{bucket}/web/current.json")
    if status == 404:
        return 0, {}
    said = json.loads(pointer)
    manifest = ask(proxy.upstream, "GET", f"/{bucket}/web/releases/{said['release']}/manifest.json")[1]
    assert hashlib.sha256(manifest).hexdigest() == said["manifest"]
    files = {}
    for path, ref in json.loads(manifest)["files"].items():
        body = ask(proxy.upstream, "GET", f"/{bucket}/web/files/{ref['sha256']}")[1]
        assert hashlib.sha256(body).hexdigest() == ref["sha256"], path
        files[path] = body
    return said["release"], files


def publish_all(place: Place, shown: Mapping[str, Entry]) -> list[bool]:
    return [delivered.fault is None for delivered in publish_these(place, shown).deliveries]


def test_a_reader_finds_what_the_directory_shows(tmp_path: Path, bucket: str, proxy: Proxy) -> None:
    """Manifest and files are the same bytes in both targets; the pointer is put last."""
    place = place_with(tmp_path, bucket, proxy)
    publish_these(place, SHOWN[0])
    number, files = read_whole(proxy, bucket)
    tree = tmp_path / "published" / "releases" / "1"
    assert number == 1
    assert files == {path: (tree / path).read_bytes() for path in files}
    assert proxy.puts()[-2:] == ["web/releases/1/manifest.json", "web/current.json"]


def test_a_change_uploads_its_own_files_and_no_others(tmp_path: Path, bucket: str, proxy: Proxy) -> None:
    """One product more: its page and what lists it; what lies there already is never put again."""
    place = place_with(tmp_path, bucket, proxy)
    publish_these(place, SHOWN[0])
    before = set(proxy.puts())
    proxy.asked.clear()
    publish_these(place, SHOWN[1])
    files = place.store.releases.files(2)
    new = {f"web/files/{files[path].sha256}" for path in ("c.html", "index.html", "catalog.json", "catalog.csv")}
    new.add(f"web/files/{place.store.releases.get(2).manifest.sha256}")
    assert sorted(proxy.puts()) == sorted([*new, "web/releases/2/manifest.json", "web/current.json"])
    assert not new & before


def test_nothing_new_asks_once_and_puts_nothing(tmp_path: Path, bucket: str, proxy: Proxy) -> None:
    """An unchanged run reads the pointer and is done."""
    place = place_with(tmp_path, bucket, proxy)
    publish_these(place, SHOWN[0])
    proxy.asked.clear()
    publish_these(place, SHOWN[0])
    assert [(one.method, one.path) for one in proxy.asked] == [("GET", "web/current.json")]


def test_who_comes_while_we_put_is_not_overwritten(tmp_path: Path, bucket: str, proxy: Proxy) -> None:
    """A bucket has no lock: its pointer is looked at once more before anything names our contents."""
    place = place_with(tmp_path, bucket, proxy)
    theirs = b'{"release": 1, "manifest": "%s"}' % (b"ab" * 32)

    def come(number: int, method: str, path: str) -> None:
        if method == "PUT":
            ask(proxy.upstream, "PUT", f"/{bucket}/web/current.json", theirs)

    proxy.fault = come
    assert publish_all(place, SHOWN[0]) == [True, False]
    assert ask(proxy.upstream, "GET", f"/{bucket}/web/current.json")[1] == theirs
    assert ask(proxy.upstream, "GET", f"/{bucket}/web/releases/1/manifest.json")[0] == 404


def test_a_server_that_knows_no_conditions_takes_releases_all_the_same(
    tmp_path: Path, bucket: str, proxy: Proxy
) -> None:
    """Somebody who came before is still seen; only the last milliseconds are not covered there."""
    place = place_with(tmp_path, bucket, proxy)
    proxy.fault = lambda number, method, path: "unknown" if method == "PUT" else None
    for number, shown in enumerate(SHOWN, start=1):
        assert publish_all(place, shown) == [True, True]
        assert read_whole(proxy, bucket)[0] == number
    other = place_with(tmp_path / "other", bucket, proxy)
    assert publish_all(other, SHOWN[0]) == [True, False]


REQUESTS = 11
"""The second release: the pointer twice, the listing, five contents, the pointer again, manifest, pointer."""


def _hasty(place: Place) -> Place:
    directory, bucket = place.targets
    assert isinstance(bucket, BucketTarget)
    return replace(place, targets=(directory, replace(bucket, patience=HASTY)))


def _faulted(folder: Path, proxy: Proxy, fault: str, at: int) -> None:
    """The second release, one of its requests failed, and the run after."""
    bucket = f"vitrina-{next(_numbers)}"
    ask(proxy.upstream, "PUT", f"/{bucket}")
    place = place_with(folder / str(at), bucket, proxy)
    publish_these(place, SHOWN[0])
    proxy.asked.clear()
    proxy.fault = lambda number, method, path: fault if number == at else None
    faulted = _hasty(place) if fault == "silent" else place
    assert publish_all(faulted, SHOWN[1])[0], "the directory has nothing to do with it"
    assert read_whole(proxy, bucket)[0] in (1, 2)
    proxy.fault = lambda number, method, path: None
    put = set(proxy.puts())
    proxy.asked.clear()
    assert all(delivered.fault is None for delivered in deliver(place).deliveries)
    assert read_whole(proxy, bucket)[0] == 2
    assert not [path for path in put & set(proxy.puts()) if "/files/" in path], "what arrived is not put again"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", [2, 4, REQUESTS - 1])
def test_a_fault_tears_nothing_and_the_next_run_goes_on(tmp_path: Path, proxy: Proxy, fault: str, at: int) -> None:
    """The target shows the old release or the new one, whole; the directory is not kept waiting.

    At the listing, at a content, at the pointer.
    """
    _faulted(tmp_path, proxy, fault, at)


@pytest.mark.full
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_tears_nothing(tmp_path: Path, bucket: str, proxy: Proxy, fault: str) -> None:
    """The same at every request there is."""
    place = place_with(tmp_path, bucket, proxy)
    publish_these(place, SHOWN[0])
    proxy.asked.clear()
    publish_these(place, SHOWN[1])
    assert len(proxy.asked) == REQUESTS
    for at in range(REQUESTS):
        _faulted(tmp_path, proxy, fault, at)


def test_trouble_now_and_then_is_overcome_by_asking_again(tmp_path: Path, bucket: str, proxy: Proxy) -> None:
    """Every third request fails, each in another way; the release arrives, and is whole at every instant."""
    place = place_with(tmp_path, bucket, proxy, PATIENT)
    publish_these(place, SHOWN[0])
    kinds = itertools.cycle(("refused", "reset", "lost"))
    proxy.asked.clear()
    proxy.fault = lambda number, method, path: next(kinds) if number % 3 == 1 else None
    seen: list[int] = []
    proxy.before = lambda: seen.append(read_whole(proxy, bucket)[0])
    assert all(publish_all(place, SHOWN[1]))
    assert seen == sorted(seen)
    assert set(seen) <= {1, 2}, "whole at every instant, and never back"
    assert read_whole(proxy, bucket)[0] == 2


def test_an_unreachable_bucket_stops_no_other_target_and_is_made_good(
    tmp_path: Path, bucket: str, proxy: Proxy
) -> None:
    """Two releases behind, the next run brings it straight to the newest."""
    place = place_with(tmp_path, bucket, proxy)
    publish_these(place, SHOWN[0])
    proxy.fault = lambda number, method, path: "reset"
    assert publish_all(place, SHOWN[1]) == [True, False]
    assert publish_all(place, SHOWN[2]) == [True, False]
    assert read_whole(proxy, bucket)[0] == 1
    proxy.fault = lambda number, method, path: None
    assert all(delivered.fault is None for delivered in deliver(place).deliveries)
    assert read_whole(proxy, bucket)[0] == 3
    states = {(one.release, one.target): one.state for one in place.store.releases.deliveries()}
    assert states[2, "s3"] == "superseded"


def test_the_sentence_names_the_target_and_no_secret(tmp_path: Path, bucket: str, proxy: Proxy) -> None:
    """Neither keys nor the server's answer, in either language."""
    place = place_with(tmp_path, bucket, proxy)
    proxy.fault = lambda number, method, path: "refused"
    (fault,) = [one.fault for one in publish_these(place, SHOWN[0]).deliveries if one.fault]
    assert fault.say("es").startswith("El destino «s3» no responde como debe")
    for lang in ("es", "en"):
        assert "invented" not in fault.say(lang)
        assert "http" not in fault.say(lang)


def test_a_bucket_that_is_not_there_is_said(tmp_path: Path, proxy: Proxy) -> None:
    """A misspelt name is told apart from a server in trouble."""
    place = place_with(tmp_path, "no-such-bucket", proxy)
    (fault,) = [one.fault for one in publish_these(place, SHOWN[0]).deliveries if one.fault]
    assert "no existe" in fault.say("es")


def test_another_catalogues_bucket_is_never_overwritten(tmp_path: Path, bucket: str, proxy: Proxy) -> None:
    """Whoever shares an address by mistake is told, and loses nothing."""
    publish_these(place_with(tmp_path / "one", bucket, proxy), SHOWN[0])
    other = place_with(tmp_path / "two", bucket, proxy)
    (fault,) = [one.fault for one in publish_these(other, SHOWN[2]).deliveries if one.fault]
    assert "otro catálogo" in fault.say("es")
    assert read_whole(proxy, bucket)[1].keys() >= {"a.html"}


def _object(place: Place, bucket: str, path: str) -> str:
    return f"/{bucket}/web/files/{place.store.releases.files(1)[path].sha256}"


def test_drift_is_found_by_a_look_and_mended(tmp_path: Path, server: int, bucket: str, proxy: Proxy) -> None:
    """An object gone, one of another size, one altered in place, and the pointer: each is named, then put back."""
    place = place_with(tmp_path, bucket, proxy)
    publish_these(place, SHOWN[0])
    assert drift(place) == []
    gone, longer, altered = (_object(place, bucket, path) for path in ("a.html", "b.html", "assets/style.css"))
    ask(server, "DELETE", gone)
    ask(server, "PUT", longer, b"more than there was " * 20)
    ask(server, "PUT", altered, b"h2{}")
    ask(server, "PUT", f"/{bucket}/web/current.json", b"{}")
    expected = {
        Problem("s3", "missing", gone.partition("/web/")[2]),
        Problem("s3", "altered", longer.partition("/web/")[2]),
        Problem("s3", "altered", altered.partition("/web/")[2]),
        Problem("s3", "altered", "current.json"),
    }
    assert set(drift(place)) == expected
    assert set(verify(place, keep=30)) == expected
    assert all(one.fault is None for one in mend(place).deliveries)
    assert drift(place) == verify(place, keep=30) == []


def test_drift_of_a_directory_is_found_by_a_look(tmp_path: Path, bucket: str, proxy: Proxy) -> None:
    """Names, sizes and the pointer; a target that cannot be asked is said, and stops no other."""
    place = place_with(tmp_path, bucket, proxy)
    publish_these(place, SHOWN[0])
    (tmp_path / "published" / "releases" / "1" / "a.html").unlink()
    (tmp_path / "published" / "current.json").write_bytes(b"{")
    proxy.fault = lambda number, method, path: "reset"
    assert drift(place) == [
        Problem("published", "altered", "current.json"),
        Problem("published", "missing", "a.html", 1),
        Problem("s3", "unreachable", "current.json"),
    ]
    assert Problem("s3", "unreachable", "current.json") in verify(place, keep=30)
    assert [one.fault is None for one in mend(place).deliveries] == [True, False]


def test_a_bucket_keeps_as_many_releases_as_asked_for(tmp_path: Path, server: int, bucket: str, proxy: Proxy) -> None:
    """Older manifests go, and the contents only they needed; the live release and the one before stay whole."""
    place = place_with(tmp_path, bucket, proxy)
    for shown in (SHOWN[0], SHOWN[1], SHOWN[2], SHOWN[0]):
        publish_these(place, shown)
    assert prune(place, 2) == (1, 2)
    assert read_whole(proxy, bucket)[0] == 4
    listing = ask(server, "GET", f"/{bucket}?list-type=2&prefix=web/")[1].decode()
    needed = {ref.sha256 for number in (3, 4) for ref in place.store.releases.files(number).values()}
    needed.update(place.store.releases.get(number).manifest.sha256 for number in (3, 4))
    assert {part[:64] for part in listing.split("<Key>web/files/")[1:]} == needed
    assert verify(place, keep=2) == []


@pytest.mark.parametrize("url", ["s3:/x", "s3://", "s3:///web", "https://x", "s3://a b", "s3://key@host/web"])
def test_an_address_that_names_no_bucket_is_told(url: str) -> None:
    """A key in the address is refused with it: it would be shown."""
    with pytest.raises(SettingsError):
        address_of(url)


def test_keys_come_from_variables_or_files_and_are_never_shown(tmp_path: Path) -> None:
    """`*_FILE` wins; a file that cannot be read is an error that names the variable only."""
    (tmp_path / "secret").write_text("from the file\n", "utf-8")
    keys = keys_from({"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY_FILE": str(tmp_path / "secret")})
    assert (keys.access, keys.secret) == ("key", "from the file")
    assert "file" not in repr(keys)
    with pytest.raises(SettingsError, match="AWS_SESSION_TOKEN_FILE"):
        keys_from({"AWS_SESSION_TOKEN_FILE": str(tmp_path / "none")})


def _settings(folder: Path, bucket: str, endpoint: str) -> None:
    (folder / "vitrina.toml").write_text(
        f'[targets.web]\nurl = "s3://{bucket}/web"\nendpoint = "{endpoint}"\n[targets.local]\npath = "local"\n', "utf-8"
    )
    (folder / "key").write_text("invented", "utf-8")


ROWS = "Código;Nombre;Descripción;Categoría;Monto;Tasa;Plazo\nA;Uno;Texto;INDIVIDUAL;$1.000.000;24% E.A.;12 meses\n"


def test_the_command_line_delivers_and_reports_drift(tmp_path: Path, bucket: str, proxy: Proxy) -> None:
    """`sync` names both places; `releases --targets` looks at both, exits 3 while something is not as published."""
    _settings(tmp_path, bucket, proxy.endpoint)
    (tmp_path / "p.csv").write_text(ROWS, "utf-8")
    keys = {"AWS_ACCESS_KEY_ID": "invented", "AWS_SECRET_ACCESS_KEY_FILE": str(tmp_path / "key")}
    done = vitrina("sync", "p.csv", "--no-review", "--by", "ana", folder=tmp_path, **keys)
    assert done.code == 0, done.err
    assert f"s3://{bucket}/web" in done.out
    shown = vitrina("releases", "--targets", folder=tmp_path, **keys)
    assert shown.code == 0
    assert "  local: tiene la versión 1\n  web: tiene la versión 1\nTodo está como se publicó." in shown.out
    ask(proxy.upstream, "PUT", f"/{bucket}/web/current.json", b"{}")
    looked = vitrina("releases", "--targets", folder=tmp_path, **keys)
    assert looked.code == 3
    assert "web: current.json cambió después de publicarse." in looked.err


def test_without_the_extra_one_sentence_says_what_to_install(tmp_path: Path, bucket: str, proxy: Proxy) -> None:
    """The other target is served all the same."""
    _settings(tmp_path, bucket, proxy.endpoint)
    (tmp_path / "p.csv").write_text(ROWS, "utf-8")
    (tmp_path / "obstore.py").write_text("raise ImportError", "utf-8")
    done = vitrina("sync", "p.csv", "--no-review", "--by", "ana", folder=tmp_path, PYTHONPATH=str(tmp_path))
    assert done.code == 3
    assert "pip install 'vitrina[s3]'" in done.err
    assert (tmp_path / "local" / "current.json").exists()
    shown = vitrina("releases", "--targets", folder=tmp_path, PYTHONPATH=str(tmp_path))
    assert "web: todavía no tiene ninguna; la 1 está pendiente: no se pudo entregar" in shown.out
    assert "web: current.json no se pudo consultar." in shown.err


def test_a_failed_delivery_can_be_asked_what_it_shows(tmp_path: Path, bucket: str, proxy: Proxy) -> None:
    """A pointer nobody can read is an error of that target, not of the catalogue."""
    place = place_with(tmp_path, bucket, proxy)
    ask(proxy.upstream, "PUT", f"/{bucket}/web/current.json", b"<html>")
    with pytest.raises(TargetUnavailable):
        place.targets[1].current()
    publish_these(place, SHOWN[0])
    assert read_whole(proxy, bucket)[0] == 1


@pytest.mark.parametrize(
    "table",
    [
        "",
        'path = "a"\nurl = "s3://b"\n',
        'path = "a"\nendpoint = "https://s3.example"\n',
        'url = "s3://b"\nendpoint = "s3.example"\n',
    ],
)
def test_a_target_has_one_place(tmp_path: Path, table: str) -> None:
    """A directory or a bucket; an endpoint belongs to a bucket and says how it is reached. The target is named."""
    (tmp_path / "vitrina.toml").write_text(f"[targets.web]\n{table}", "utf-8")
    with pytest.raises(SettingsError) as refused:
        load_settings(environ={}, folder=tmp_path)
    assert "targets.web" in refused.value.say("es")
