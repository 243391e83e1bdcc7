"""Rendering a catalogue: ours, ours again with nothing changed, and the bare loop over the same templates.

usage: python -m benchmarks.rendering ours|bare|bare_words COUNT FOLDER

The clock runs over the job alone (no imports, no making of products) and is printed as JSON: `ours` prints two figures,
the second of rendering again. The bare loop draws the same templates from plain dicts, the usual way: card, page and
shell a product and language, one file written each. `bare` has its dicts ready before the clock starts, schema.org
data included; `bare_words` makes them within it, as ours must.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.workbooks import SEED, Row, loan_row, mixed_row
from schemas.product import Brand, Product

if TYPE_CHECKING:
    from jinja2 import Environment

BRAND = Brand(name="Prestamista & Cía", legal_name="Prestamista Ejemplo S.A.S.", description="<p>Crédito en línea.</p>")


def products(count: int) -> list[Product]:
    """Loans with their example, and insurance: the rows of the benchmark workbooks."""
    random = Random(SEED)
    rows = [(mixed_row if i % 3 == 0 else loan_row)(random, i) for i in range(count)]
    return [_product(row, i) for i, row in enumerate(rows)]


def _product(row: Row, i: int) -> Product:
    def money(name: str) -> Decimal | None:
        value = row.get(name)
        return None if value is None else Decimal(str(value))

    insured = row["Categoría"] == "INSURANCE"
    insurance: dict[str, Any] = {"insurer": "Seguros S.A.", "premium": money("Prima"), "premium_period": "month"}
    loan: dict[str, Any] = {
        "amount_min": money("Monto mínimo"), "amount_max": money("Monto máximo"), "rate_basis": "EA",
        "rate_min": money("Tasa E.A.") or money("Tasa"), "rate_max": money("Tasa E.A.") or money("Tasa"),
        "term_min": row.get("Plazo mínimo"), "term_max": row.get("Plazo máximo"), "term_unit": "month",
        "payment_frequency": ("monthly",), "origination_fee_pct": money("Comisión de apertura (%)"),
        "example_amount": money("Monto del ejemplo"), "example_term": row.get("Plazo del ejemplo (meses)"),
        "example_payment": money("Cuota mensual"), "example_total": money("Total a pagar"),
    }  # fmt: skip
    return Product(
        code=f"{row['País']}-{i:06d}",
        name=str(row["Nombre"]),
        description_short=str(row["Descripción corta"]),
        description_long=str(row["Descripción larga"]),
        category=str(row["Categoría"]),
        country=str(row["País"]),
        currency=str(row["Moneda"]),
        requirements=tuple(str(row.get("Requisitos") or "Cédula").split("; ")),
        **(insurance if insured else loan),
    )


def ours(made: list[Product], folder: Path) -> list[float]:
    """Seconds of the first rendering into an empty folder, and of another with nothing changed."""
    from catalog.render import known_pages, render_site, write_site

    def render() -> None:
        write_site(render_site(made, BRAND, known=known_pages(folder)), folder)

    return [_timed(render), _timed(render)]


def bare(made: list[Product], folder: Path, *, ready: bool) -> list[float]:
    """Seconds of the loop a person would write."""
    from catalog.render import LANGS, look_of

    environment = _environment()
    look = _plain(look_of(BRAND))
    for lang in LANGS:
        (folder / lang).mkdir(parents=True)
    contexts: Any = list(_contexts(made)) if ready else None

    def render() -> None:
        cards: dict[str, list[str]] = {lang: [] for lang in LANGS}
        for lang, context in contexts or _contexts(made):
            card, page = _draw(environment, lang, context, look)
            cards[lang].append(card)
            (folder / lang / f"{context['slug']}.html").write_text(page, encoding="utf-8")
        for lang, drawn in cards.items():
            (folder / lang / "index.html").write_text("".join(drawn), encoding="utf-8")

    return [_timed(render)]


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("templates", "."), autoescape=True, auto_reload=False, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _draw(environment: Environment, lang: str, v: dict[str, Any], look: dict[str, Any]) -> tuple[str, str]:
    from markupsafe import Markup

    parts: Any = environment.get_template("card_parts.j2").module
    w, terms, lender = _page_words(lang), parts.terms(v, _page_words(lang), False), parts.lender(look, "../")
    card = environment.get_template("card.j2").render(v=v, w=w, lender=lender, terms=terms)
    main = environment.get_template("detail.j2").render(
        v=v, w=w, lender=lender, terms=terms, structured=v["structured"]
    )
    page = environment.get_template("shell.j2").render(
        w=w, look=look, root="../", preview=False, style="../assets/style.css", twin_folder="../en/",
        title=f"{v['name']} · {look['name']}", twin=f"{v['slug']}.html", main=Markup(main),
    )  # fmt: skip
    return card, page


def _page_words(lang: str) -> dict[str, Any]:
    from catalog.render.words import words

    return vars(words(lang).page)


def _contexts(made: list[Product]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(language, plain dict) of every product: what the templates show, with its schema.org data."""
    from catalog.render import LANGS, listing_words
    from catalog.render.structured import structured_data

    for product in made:
        structured = structured_data(product, BRAND)
        for lang in LANGS:
            yield lang, _plain(listing_words(product, BRAND, lang)) | {"structured": structured}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _timed(job: Callable[[], None]) -> float:
    gc.collect()
    gc.freeze()  # what was made before the clock is not looked through again and again within it
    start = time.process_time()
    job()
    return time.process_time() - start


def main() -> None:
    """One case in this process."""
    which, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    made = products(count)
    seconds = ours(made, folder) if which == "ours" else bare(made, folder, ready=which == "bare")
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
