"""The page drawn: values into the template, style and script inlined under a policy that allows exactly them."""

from __future__ import annotations

import tomllib
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from catalog.render.accent import accent_of
from catalog.render.press import style_sheet
from catalog.render.prose import line, prose
from catalog.render.words import Lang
from pipeline.report.page.cards import as_far_as_read, card, card_press, data_address
from pipeline.report.page.view import MOST_PRODUCTS, Block, Told, causes_of, groups_of, rows_with_findings, told
from pipeline.report.text import ready_sentence
from schemas import wording
from schemas.product import Brand
from schemas.requirements import load

if TYPE_CHECKING:
    from jinja2 import Template

    from pipeline.brand import Offer
    from pipeline.run.checking import Checked


def report_page(checked: Checked, lang: Lang) -> bytes:
    """The whole page in one language, as UTF-8. The same check gives the same bytes."""
    words, brand = _words(lang), checked.brand.brand if checked.brand else Brand(name="·", market=checked.market)
    all_told = told(checked, lang)
    rows = rows_with_findings(all_told, checked)
    blocks = _blocks(checked, rows, brand, lang)
    causes = causes_of(all_told, frozenset(block.row for block in blocks), checked.sheet)
    style, script = _style(brand), _text("findings.js")
    figure = partial(wording.number, lang=lang, country=checked.market)
    page = _template().render(
        w=SimpleNamespace(**words),
        lang=lang,
        title=words["title"].format(file=line(checked.file)),
        sentence=ready_sentence(checked, lang),
        tallies=_tallies(checked, all_told, words, lang),
        groups=tuple(groups_of(causes)),
        causes=causes,
        counts={cause.anchor: cause.count for cause in causes},
        blocks=blocks,
        quiet=_quiet(checked, rows, words, lang),
        cut=words["cut"].format(n=MOST_PRODUCTS, total=figure(len(rows))) if len(rows) > len(blocks) else None,
        brand=_brand_view(checked, words, lang),
        made=_made(checked, words),
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704 - our own style sheet in a checked colour
        script=Markup(script),  # noqa: S704 - our own script
        total=len(all_told),
        figure=figure,
    )
    return page.encode("utf-8", "replace")


def _blocks(checked: Checked, rows: Mapping[int, list[Told]], brand: Brand, lang: Lang) -> tuple[Block, ...]:
    if checked.validated is None:
        return ()
    table, press = checked.validated.table, card_press(brand, lang)
    ready = {one.row: one.product for one in checked.products}
    made = []
    for row, found in sorted(rows.items())[:MOST_PRODUCTS]:
        i = table.positions[row]
        product = ready.get(row) or as_far_as_read(table, i)
        drawn = card(press, product, brand, row) if product else None
        code, name = str(table.given("code", i) or ""), table.given("name", i)
        made.append(Block(row, line(code), line(name) if name else None, row not in ready, tuple(found), drawn))
    return tuple(made)


def _tallies(
    checked: Checked, all_told: Sequence[Told], words: Mapping[str, str], lang: str
) -> tuple[tuple[str, str, str], ...]:
    """(what, how many, severity it is coloured by). What is waived is no longer an error, warning or reading."""
    counts = Counter("waived" if one.group == "waived" else one.finding.severity for one in all_told)
    ready = len(checked.products)
    pairs = [
        ("ready", ready, "ok"),
        ("held", checked.rows - ready, "holds"),
        ("errors", counts["error"], "holds"),
        ("warnings", counts["warning"], "warning"),
        ("infos", counts["info"], "info"),
    ]
    pairs += [("waived", counts["waived"], "waived")] if counts["waived"] else []
    return tuple(
        (words[what], wording.number(n, lang, checked.market), kind if n else "zero") for what, n, kind in pairs
    )


def _quiet(checked: Checked, rows: Mapping[int, list[Told]], words: Mapping[str, str], lang: str) -> str | None:
    n = checked.rows - len(rows)
    if checked.rejected or n <= 0:
        return None
    return words["quiet_one"] if n == 1 else words["quiet_many"].format(n=wording.number(n, lang, checked.market))


def _made(checked: Checked, words: Mapping[str, str]) -> str:
    template = words["made"] if checked.sheet else words["made_bare"]
    return template.format(version=checked.requirements, sheet=line(checked.sheet or ""), digest=checked.sha256[:12])


def _brand_view(checked: Checked, words: Mapping[str, str], lang: str) -> dict[str, Any] | None:
    """What the page says of the brand; None where the file was not read that far."""
    if checked.brand is None:
        return None
    found, brand = checked.brand, checked.brand.brand
    supervisor = next((c.label[lang] for c in _supervisors() if c.value == brand.supervisor), None)
    missing = words["brand_missing"]
    pairs = (
        (words["brand_name"], line(brand.name)),
        (words["brand_legal"], line(brand.legal_name) if brand.legal_name else missing),
        (words["brand_supervisor"], supervisor or missing),
        *_accent(brand, words),
    )
    offered = _offered(checked)
    size = wording.number(len(offered.content), lang, checked.market) if offered else ""
    return {
        "pairs": pairs,
        "about": prose(brand.description) if brand.description else None,
        "logo": data_address(brand.logo, brand.logo_type) if brand.logo else None,
        "alt": words["logo_alt"].format(name=line(brand.name)),
        "offer": data_address(offered.content, "png") if offered else None,
        "offer_how": words["logo_offer_how"].format(size=size, file=line(checked.file)),
        "faulty": bool(found.logo and found.logo.faults),
    }


def _accent(brand: Brand, words: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The lender's colour, and the one that is drawn where text in it could not be read."""
    if brand.accent is None:
        return ()
    drawn, own = accent_of(brand.accent).light, f"#{brand.accent.strip().removeprefix('#').lower()}"
    moved = drawn not in (own, "#" + "".join(digit * 2 for digit in own[1:]))
    return ((words["brand_accent"], words["accent_moved"].format(own=own, drawn=drawn) if moved else own),)


def _offered(checked: Checked) -> Offer | None:
    """A corrected copy, where there is a logo and the copy has fewer faults."""
    from pipeline.brand import offer

    logo = checked.brand.logo if checked.brand else None
    if logo is None or not logo.faults:
        return None
    made = offer(logo)
    return made if made and len(made.faults) < len(logo.faults) else None


def _supervisors() -> Any:
    return load().fields["lender.supervisor"].choices


def _style(brand: Brand) -> str:
    return style_sheet(accent_of(brand.accent)).decode() + _text("findings.css")


def _policy(style: str, script: str) -> str:
    """Nothing from anywhere, but this style, this script, and pictures that are in the page itself."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def _words(lang: str) -> dict[str, str]:
    table: dict[str, dict[str, str]] = tomllib.loads(_text("findings.toml"))
    return table[lang]


def _text(name: str) -> str:
    return files("templates").joinpath(name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("findings.j2")
