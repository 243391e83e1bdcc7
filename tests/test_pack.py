"""The delivery pack: what the Partnerships contact gets, the same bytes each time, and readable by ourselves."""

from __future__ import annotations

import email
import email.policy
import hashlib
import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from catalog.entry import Entry
from catalog.publish import publish
from pipeline.report.delivered import Delivered, delivered_workbook
from pipeline.run import delivering
from pipeline.run.checking import Checked, check
from pipeline.run.delivering import Packed
from pipeline.run.publishing import publish as publish_upload
from pipeline.run.submitting import Submitted, submit
from pipeline.run.workshop import Workshop, open_workshop
from schemas.errors import Refused, SettingsError, WrongUse
from schemas.product import FIELD_NAMES, Brand, Product
from schemas.requirements import load
from schemas.settings import load_settings
from tests.logos import good
from tests.publishing import entries, entry, order_of, product

EXAMPLES = Path(__file__).parents[1] / "data" / "examples"
TODAY = date(2026, 11, 22)
MADE = datetime(2026, 11, 22, 15)  # noqa: DTZ001 - xlsxwriter takes naive moments
LENDER = (
    '[lender]\nname = "Crédito Ñandú"\nlegal_name = "Crédito Ñandú S.A.S."\n'
    'brand_description = "<b>Somos</b> claros."\n'
)
DELIVERY = '[delivery]\ncontact = "Alianzas Ñ <alianzas@mercado.example>"\n'
TERMS: Mapping[str, Any] = {
    "amount_min": Decimal(1_000_000),
    "amount_max": Decimal(50_000_000),
    "term_min": 12,
    "term_max": 60,
    "term_unit": "month",
}
"""What a loan needs beside its name and rate."""


@contextmanager
def shop_in(folder: Path, text: str = LENDER + DELIVERY, today: date = TODAY) -> Iterator[Workshop]:
    (folder / "vitrina.toml").write_text(text, "utf-8")
    settings = load_settings(environ={}, home=folder / "var", folder=folder)
    with open_workshop(settings, now=lambda: datetime(2026, 11, 22, 15, tzinfo=UTC), today=today) as shop:
        yield shop


def publish_in(shop: Workshop, shown: Mapping[str, Entry]) -> None:
    publish(shop.place, order_of(shop.place, shown))


def synced(shop: Workshop, file: str) -> Submitted:
    """An example workbook, submitted and published without review."""
    done = submit(shop, EXAMPLES / file, by="ana", source=file)
    assert done.upload is not None
    publish_upload(shop, done.upload.id, by="ana", reviewed=False)
    return done


def inside(packed: Packed) -> dict[str, bytes]:
    with zipfile.ZipFile(packed.archive) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def letter(packed: Packed) -> EmailMessage:
    message = email.message_from_bytes(packed.letter.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(packed: Packed) -> str:
    body = letter(packed).get_body()
    assert body is not None
    return str(body.get_content())


def check_book(folder: Path, body: bytes, text: str = LENDER) -> Checked:
    (folder / "vitrina.toml").write_text(text, "utf-8")
    (folder / "productos.xlsx").write_bytes(body)
    settings = load_settings(environ={}, home=folder / "none", folder=folder)
    return check(folder / "productos.xlsx", settings, as_of=TODAY)


def test_the_packed_workbook_gives_back_the_published_products(tmp_path: Path) -> None:
    """`check` finds in it what it finds in the lender's own workbook, and reads the same products."""
    (tmp_path / "logo.png").write_bytes(good())
    with shop_in(tmp_path) as shop:
        done = synced(shop, "productos.xlsx")
        content = shop.store.releases.content()
        packed = delivering.pack(shop, None, by="ana")
    assert content is not None
    again = check_book(tmp_path, inside(packed)["productos.xlsx"])
    assert {p.product.code: p.product for p in again.products} == {c: e.product for c, e in content.entries.items()}
    before = {(f.code, f.product) for f in done.checked.findings}
    assert {(f.code, f.product) for f in again.findings} - before == {("supervisor.missing", None)}


def _random_product(number: int, chance: random.Random) -> Product:
    places = chance.choice([0, 1, 2, 4, 9])
    low = Decimal(chance.randrange(100, 3000)) / 100
    values: dict[str, Any] = {
        **TERMS,
        "rate_min": low,
        "rate_max": low + Decimal(chance.randrange(10**places)) / 10**places,
        "rate_ea_min": None,
        "default_rate": Decimal(chance.randrange(10**6, 4 * 10**6)) / 10**5,
        "example_amount": Decimal(chance.randrange(10**6, 5 * 10**7)),
        "insurance_cost": Decimal(chance.randrange(1, 2000)),
        "insurance_unit": chance.choice(["per_million_month", "amount"]),
        "tax_included": chance.choice([True, False, None]),
        "accepts_negative_report": chance.choice([True, False, None]),
        "applicant_type": tuple(chance.sample(["natural", "natural_with_business", "legal"], chance.randrange(4))),
        "payment_frequency": tuple(chance.sample(["weekly", "fortnightly", "monthly"], chance.randrange(3))),
        "requirements": tuple(chance.sample(["Cédula", "Extracto, tres meses", "=1+1", "RUT 2025"], 2)),
        "legal_text": chance.choice([None, "<p>Sujeto a\nestudio &amp; aprobación.</p>", "=SUMA(A1)"]),
        "disbursement_hours": chance.choice([None, 24, 72]),
        "valid_to": chance.choice([None, date(2030, 2, 28)]),
        "product_id": chance.choice([None, f"ln_{number}", f"00{number}"]),
        "income_min": chance.choice([None, Decimal("1423500"), Decimal("1300000.50")]),
    }
    return product(chance.choice(["{:05d}", "P-{}", "{}E5"]).format(number), **values)


def test_whatever_can_be_published_can_be_packed(tmp_path: Path) -> None:
    """A hundred products with odd codes, long decimals, lists, formulas that are texts: each comes back as it was."""
    chance = random.Random(2026)
    products = [_random_product(number, chance) for number in range(100, 200)]
    brand = Brand(name="=Ñandú", legal_name="Ñ S.A.S.", supervisor="SFC", description="=1")
    again = check_book(tmp_path, delivered_workbook(Delivered(products, brand, MADE), load()), text="")
    read = {one.product.code: one.product for one in again.products}
    calculated = {"rate_ea_min", "rate_ea_max"}
    for one in products:
        differing = {n for n in FIELD_NAMES if n not in calculated and getattr(one, n) != getattr(read[one.code], n)}
        assert not differing, (one.code, differing)
    assert again.brand is not None
    assert again.brand.brand.name == "=Ñandú"
    assert again.brand.brand.supervisor == "SFC"


def test_the_same_release_packs_to_the_same_bytes(tmp_path: Path) -> None:
    """Archive and letter, made twice, in two places, on two days."""
    bodies = []
    for name, today in (("one", TODAY), ("two", date(2027, 1, 1))):
        (tmp_path / name).mkdir()
        with shop_in(tmp_path / name, today=today) as shop:
            publish_in(shop, entries("A", "B"))
            for _ in range(2):
                packed = delivering.pack(shop, None, by="ana")
                bodies.append((packed.archive.read_bytes(), packed.letter.read_bytes()))
    assert len(set(bodies)) == 1


def test_the_manifest_has_every_file_with_its_digest(tmp_path: Path) -> None:
    """Pages as they are published, logo and brand beside the workbook; nothing of who approved what."""
    with shop_in(tmp_path) as shop:
        synced(shop, "productos.csv")
        files = inside(delivering.pack(shop, None, by="ana"))
        release = shop.store.releases.get(1)
        pages = shop.store.releases.files(1)
    said = json.loads(files.pop("manifest.json"))
    assert (said["release"], said["since"], said["content"]) == (1, None, release.content)
    found = {name: {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)} for name, body in files.items()}
    assert said["files"] == found
    assert files["logo.png"] == (EXAMPLES / "logo.png").read_bytes()
    assert files["descripcion-de-marca.html"] == b"<b>Somos</b> claros."
    assert found["vista-previa/index.html"]["sha256"] == pages["index.html"].sha256
    assert not any("manifest" in name or "catalog" in name for name in files)


def test_the_archive_opens_anywhere(tmp_path: Path) -> None:
    """Plain files below the folder, one date, no name twice."""
    with shop_in(tmp_path) as shop:
        publish_in(shop, entries("A"))
        packed = delivering.pack(shop, None, by="ana")
    with zipfile.ZipFile(io.BytesIO(packed.archive.read_bytes())) as archive:
        assert archive.testzip() is None
        infos = archive.infolist()
    assert len({info.filename for info in infos}) == len(infos)
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert all(not info.filename.startswith(("/", "..")) and info.external_attr >> 16 == 0o100644 for info in infos)


def _send(shop: Workshop, number: int) -> None:
    delivering.pack(shop, number, by="ana")
    delivering.enter_receipt(shop, number, "sent", by="ana")


def test_what_changed_is_told_since_the_release_sent_before(tmp_path: Path) -> None:
    """Not since the one published before: what was never sent is no news to be undone."""
    with shop_in(tmp_path) as shop:
        publish_in(shop, {"A": entry("A"), "B": entry("B"), "C": entry("C")})
        _send(shop, 1)
        publish_in(shop, {"A": entry("A", name="Nunca *enviado*"), "B": entry("B")})
        publish_in(shop, {"A": entry("A", rate_min=Decimal("23.5")), "B": entry("B"), "D": entry("D")})
        packed = delivering.pack(shop, None, by="ana")
    told = inside(packed)["CAMBIOS.md"].decode()
    assert (
        "Frente a la versión 1, enviada el 22 de noviembre de 2026: 1 nuevo, 1 con cambios, 1 que sale, 1 sin" in told
    )
    assert "- **C** · Libre Inversión C" in told.partition("## Salen del catálogo")[2].partition("##")[0]
    assert "24,9 % → 23,5 %" in told
    assert "- **D** · Libre Inversión D" in told.partition("## Nuevos")[2]
    assert "enviado" not in told.replace("enviada", "")
    assert packed.since == 1
    assert "C (Libre Inversión C)" in text_of(packed)


def test_texts_of_a_sheet_are_no_markup(tmp_path: Path) -> None:
    """A name with stars, brackets or line ends stays a name."""
    with shop_in(tmp_path) as shop:
        publish_in(shop, {"A": entry("A", name="*Súper* [oferta](x)\n# <b>hoy</b>")})
        told = inside(delivering.pack(shop, None, by="ana"))["CAMBIOS.md"].decode()
    assert r"\*Súper\* \[oferta\](x) \# \<b\>hoy\</b\>" in told


@pytest.mark.parametrize(
    ("lang", "says"),
    [("es", "Es nuestra primera entrega: 2 productos."), ("en", "This is our first delivery: 2 products.")],
)
def test_the_letter_is_a_draft_for_the_contact(tmp_path: Path, lang: str, says: str) -> None:
    """To the contact, unsent, in its language, the archive attached under a name with our letters."""
    with shop_in(tmp_path, f'{LENDER}{DELIVERY}language = "{lang}"\n') as shop:
        publish_in(shop, entries("A", "B"))
        packed = delivering.pack(shop, None, by="ana")
    message = letter(packed)
    assert message["X-Unsent"] == "1"
    assert message["To"] == "Alianzas Ñ <alianzas@mercado.example>"
    assert "Date" not in message
    assert says in text_of(packed)
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "Crédito Ejemplo, versión 1.zip"
    assert attached.get_content() == packed.archive.read_bytes()


def test_the_letter_asks_for_the_ids_that_are_missing(tmp_path: Path) -> None:
    """By code, at most twenty named; none missing, none asked for."""
    with shop_in(tmp_path) as shop:
        publish_in(shop, entries(*(f"P{n:02d}" for n in range(23))))
        assert "P19 y 3 más" in text_of(delivering.pack(shop, None, by="ana"))
        publish_in(shop, {"A": entry("A", product_id="ln_1")})
        assert "product_id" not in text_of(delivering.pack(shop, None, by="ana"))


def test_a_contact_cannot_add_headers(tmp_path: Path) -> None:
    """What is no address of a mail program is refused by the settings; the name before it may hold any sign."""
    for wrong in ("a@b.example\\nBcc: x@y.example", "a, b <", "josé@b.example", "a@b", "x <a@b.example> y", ""):
        with (
            pytest.raises(SettingsError, match=r"delivery\.contact"),
            shop_in(tmp_path, f'{LENDER}[delivery]\ncontact = "{wrong}"\n'),
        ):
            pass
    with shop_in(tmp_path, LENDER + '[delivery]\ncontact = "Ñandú S.A., Área: x <a@b.example>"\n') as shop:
        publish_in(shop, entries("A"))
        (to,) = letter(delivering.pack(shop, None, by="ana"))["To"].addresses
    assert (to.display_name, to.addr_spec) == ("Ñandú S.A., Área: x", "a@b.example")


def test_the_attachment_has_a_name_every_system_takes(tmp_path: Path) -> None:
    """Whatever the lender is called."""
    with shop_in(tmp_path, '[lender]\nname = "A|B: «C»/D?\\nE"\n' + DELIVERY) as shop:
        synced(shop, "productos.xlsx")
        (attached,) = letter(delivering.pack(shop, None, by="ana")).iter_attachments()
    assert attached.get_filename() == "A-B- «C»-D- E, versión 1.zip"


def test_what_cannot_be_packed_is_said(tmp_path: Path) -> None:
    """Nothing published, no such release, contents no longer kept."""
    with shop_in(tmp_path, LENDER + "[releases]\nkeep = 2\n") as shop:
        with pytest.raises(Refused, match="no release yet"):
            delivering.pack(shop, None, by="ana")
        publish_in(shop, entries("A"))
        with pytest.raises(WrongUse, match="no release 7"):
            delivering.pack(shop, 7, by="ana")
        (shop.place.files / next(iter(shop.store.releases.files(1).values())).sha256).unlink()
        with pytest.raises(Refused, match="no longer kept"):
            delivering.pack(shop, 1, by="ana")


def test_two_processes_in_other_surroundings_make_the_same_bytes(tmp_path: Path) -> None:
    """Another time zone, locale, hash seed and language: archive and letter are the same files."""
    with shop_in(tmp_path) as shop:
        synced(shop, "productos.xlsx")
    bodies = []
    for name, lang, environ in (
        ("one", "es", {"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}),
        ("two", "en", {"TZ": "America/Bogota", "LC_ALL": "C", "PYTHONHASHSEED": "2"}),
    ):
        out = tmp_path / name
        where = ["--home", str(tmp_path / "var"), "--config", str(tmp_path / "vitrina.toml"), "--lang", lang]
        subprocess.run(
            [sys.executable, "-m", "pipeline.cli", "pack", "--out", str(out), *where],
            check=True, capture_output=True, cwd=Path(__file__).parents[1], env=environ,
        )  # fmt: skip
        bodies.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert bodies[0] == bodies[1]
    assert sorted(bodies[0]) == ["vitrina-v1.eml", "vitrina-v1.zip"]
