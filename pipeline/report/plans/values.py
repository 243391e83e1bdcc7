"""A product's values and their changes as a person reads them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from catalog.plan import FieldView
from schemas import wording
from schemas.product import Campaign, Product
from schemas.requirements import Field, load

MOST_TEXT = 80
_DIGEST = 10
_BRAND_LABELS = {
    "name": ("Nombre comercial", "Trade name"),
    "legal_name": ("Razón social", "Legal name"),
    "supervisor": ("Vigilado por", "Supervised by"),
    "description": ("Descripción de marca", "Brand description"),
    "accent": ("Color", "Accent colour"),
    "market": ("Mercado", "Market"),
    "logo": ("Logo", "Logo"),
}


def label_of(name: str, lang: str) -> str:
    """A field's name, or that of a pair (`rate`), or of a datum of the brand (`brand.logo`), in the reader's words."""
    stem, _, datum = name.partition(".")
    if stem == "brand":
        return _BRAND_LABELS[datum][lang == "en"]
    known = load()
    if name == "campaigns":
        return "Campañas" if lang == "es" else "Campaigns"
    if name == "rate_ea":
        return "Tasa E.A." if lang == "es" else "Rate E.A."
    found = known.fields.get(name) or known.subjects.get(name)
    return found.label[lang] if found else name


def before_and_after(view: FieldView, product: Product | None, lang: str) -> tuple[str, str]:
    """Both values of a change; texts that differ only past the cut are cut around the first difference.

    HTML is told as it is read, unless its tags are all that changed.
    """
    if product is None:
        texts = [_brand_text(view.field, value, lang) for value in (view.before, view.after)]
    else:
        texts = [full_words(view.field, value, product, lang) for value in (view.before, view.after)]
        read = [_read(view.field, text) for text in texts]
        texts = read if read[0] != read[1] else texts
    return _apart(*texts)


def value_words(name: str, value: object, product: Product, lang: str) -> str:
    """A product's value as a person reads it; what the Lender did not say is said so."""
    return _shortened(_read(name, full_words(name, value, product, lang)))


def _read(name: str, text: str) -> str:
    """What a person reads of a text: simple HTML without its tags."""
    field = load().fields.get(name)
    if field is None or field.kind != "html":
        return text
    from catalog.render.prose import visible

    return visible(text)


def full_words(name: str, value: object, product: Product, lang: str) -> str:
    """The same, however long."""
    if value is None or value == ():
        return "no informado" if lang == "es" else "not stated"
    if isinstance(value, bool):
        return ("sí", "no")[not value] if lang == "es" else ("yes", "no")[not value]
    if isinstance(value, tuple) and isinstance(value[0], Campaign):
        return "; ".join(campaign_words(one, product, lang) for one in value)
    field = load().fields.get(f"{name}_min") or load().fields.get(name)
    if isinstance(value, date):
        return wording.day(value, lang)
    if isinstance(value, Decimal):
        return _figure(field.kind if field else "", value, product, lang)
    if isinstance(value, int):
        return _counted(field, value, product, lang)
    items = tuple(str(item) for item in value) if isinstance(value, tuple) else (str(value),)
    labels = {choice.value: choice.label[lang] for choice in field.choices} if field else {}
    return ", ".join(labels.get(item, item) for item in items)


def campaign_words(campaign: Campaign, product: Product, lang: str) -> str:
    """`01/12/2026 – 31/12/2026: 50 leads por día, 1.000 en total`; short, for several stand beside each other."""
    since, until, always, daily, total, uncapped = _CAMPAIGN[lang]
    start, end = (day and day.strftime(_DAY[lang]) for day in (campaign.start, campaign.end))
    window = f"{start} – {end}" if start and end else since.format(start) if start else until.format(end)
    caps = ((daily, campaign.daily_cap), (total, campaign.total_cap))
    said = [word.format(wording.number(cap, lang, product.country)) for word, cap in caps if cap is not None]
    return f"{window if start or end else always}: {', '.join(said) or uncapped}"


_DAY = {"es": "%d/%m/%Y", "en": "%Y-%m-%d"}
_CAMPAIGN = {
    "es": ("desde {}", "hasta {}", "siempre", "{} leads por día", "{} en total", "sin tope"),
    "en": ("from {}", "until {}", "always", "{} leads a day", "{} in all", "no cap"),
}


def _figure(kind: str, value: Decimal, product: Product, lang: str) -> str:
    if kind == "money":
        return wording.money(value, product.currency, lang, product.country)
    if kind in ("rate", "percent", "total_cost"):
        return wording.percent(value, lang, product.country)
    return wording.number(value, lang, product.country)


def _counted(field: Field | None, value: int, product: Product, lang: str) -> str:
    """A count with its unit: `36 meses`, `18 años`."""
    text = wording.number(value, lang, product.country)
    if field is None:
        return text
    if field.kind == "term":
        choices = {choice.value: choice.label[lang] for choice in load().fields["term_unit"].choices}
        unit = choices.get(product.term_unit or "", "")
    else:
        unit = field.unit[lang] if field.unit else ""
    return f"{text} {unit}".rstrip()


def _brand_text(name: str, value: object, lang: str) -> str:
    if value is None:
        return "no informado" if lang == "es" else "not stated"
    return f"{value}"[:_DIGEST] + "…" if name == "brand.logo" else f"{value}"


def _apart(before: str, after: str) -> tuple[str, str]:
    """Two texts short enough to read side by side; where their beginnings are alike, from where they differ."""
    if max(len(before), len(after)) <= MOST_TEXT:
        return before, after
    alike = next((at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(min(before, after)))
    start = max(0, alike - MOST_TEXT // 2)
    head = "…" if start else ""
    return _shortened(head + before[start:]), _shortened(head + after[start:])


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"
