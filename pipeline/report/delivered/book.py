"""The published products as the workbook the marketplace asks for: its own headers, one product a row.

What is published is written so that it reads back as the same products: `vitrina check` finds nothing in it that it
would not find in what is live. The same products give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from pipeline.report.template import words
from pipeline.report.template.layout import width
from schemas import wording
from schemas.product import Brand, Product
from schemas.requirements import Field, Requirements

SHEET = words.SHEET["es"]
CAMPAIGNS = "Campañas"
_CALCULATED = frozenset(("rate_ea_min", "rate_ea_max"))
_ALWAYS = frozenset(("code", "name", "description_short", "category"))
_AS_PERCENT = frozenset(("rate", "percent", "total_cost"))


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a workbook is filled with. made: a naive moment, its date of creation; logo: the name of the file beside."""

    products: Sequence[Product]
    brand: Brand
    made: datetime
    logo: str | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    """A cell: a figure or day with its number format, or a text."""

    value: str | float | date
    format: str = "@"


def delivered_workbook(delivered: Delivered, requirements: Requirements) -> bytes:
    """The workbook as .xlsx, in Spanish: products, brand and, where there are any, campaigns."""
    import xlsxwriter

    held = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(held, options) as book:
        book.set_properties({"title": f"{delivered.brand.name}: productos", "created": delivered.made})
        _products(book, delivered, requirements)
        _brand(book, delivered, requirements)
        _campaigns(book, delivered, requirements)
    return held.getvalue()


def _products(book: Any, delivered: Delivered, requirements: Requirements) -> None:
    page = book.add_worksheet(SHEET)
    styles = _styles(book)
    fields = _columns(delivered.products, requirements)
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "bottom": 1, "bg_color": "#DCE8F5"})
    for at, field in enumerate(fields):
        page.set_column(at, at, width(field))
        page.write_string(0, at, field.label["es"], head)
        for row, product in enumerate(delivered.products, start=1):
            value = getattr(product, field.name)
            if value is not None and value != ():
                _put(page, row, at, _written(field, value, product), styles)
    page.set_row(0, 36)
    page.freeze_panes(1, 2)
    page.set_landscape()
    page.repeat_rows(0)
    page.repeat_columns(0, 1)


def _columns(products: Sequence[Product], requirements: Requirements) -> list[Field]:
    """The fields that some product has, in the order of the requirements; what we calculate ourselves stays out."""
    fields = (f for name, f in requirements.fields.items() if name in Product.__dataclass_fields__)
    return [
        f
        for f in fields
        if f.name in _ALWAYS
        or (f.name not in _CALCULATED and any(getattr(p, f.name) not in (None, ()) for p in products))
    ]


def _styles(book: Any) -> Callable[[str], Any]:
    """One style a number format."""
    made: dict[str, Any] = {}

    def style(number_format: str) -> Any:
        if number_format not in made:
            made[number_format] = book.add_format({"num_format": number_format, "valign": "top", "text_wrap": True})
        return made[number_format]

    return style


def _put(page: Any, row: int, column: int, cell: _Written, style: Callable[[str], Any]) -> None:
    if isinstance(cell.value, str):
        page.write_string(row, column, cell.value, style(cell.format))
    elif isinstance(cell.value, date):
        page.write_datetime(row, column, datetime(*cell.value.timetuple()[:3]), style(cell.format))  # noqa: DTZ001 - a day
    else:
        page.write_number(row, column, cell.value, style(cell.format))


def _written(field: Field, value: Any, product: Product) -> _Written:
    if isinstance(value, bool):
        return _Written(words.YES_NO["es"][0 if value else 1])
    if isinstance(value, date):
        return _Written(value, "dd/mm/yyyy")
    if isinstance(value, int):
        return _Written(value, "0")
    if isinstance(value, Decimal):
        return _figure(field, value, product)
    labels = {choice.value: choice.label["es"] for choice in field.choices}
    items = value if isinstance(value, tuple) else (value,)
    return _Written("; ".join(labels.get(item) or item for item in items))


def _figure(field: Field, value: Decimal, product: Product) -> _Written:
    """A number cell where the figure survives the way there and back, which all usual ones do; else its text."""
    if field.kind in _AS_PERCENT:
        if _survives(value / 100, 100, value):
            return _Written(float(value / 100), "0.00%" if _places(value) <= 2 else f"0.{'0' * _places(value)}%")
        return _Written(wording.percent(value, "es", product.country))
    if not _survives(value, 1, value):
        return _Written(wording.number(value, "es", product.country))
    decimals = f".{'0' * max(2, _places(value))}" if _places(value) else ""
    return _Written(float(value), f"{'$' if field.kind == 'money' else ''}#,##0{decimals}".replace("$", '"$"'))


def _places(value: Decimal) -> int:
    return max(0, -int(value.normalize().as_tuple().exponent))


def _survives(written: Decimal, scale: int, value: Decimal) -> bool:
    return Decimal(repr(float(written))) * scale == value


def _campaigns(book: Any, delivered: Delivered, requirements: Requirements) -> None:
    """One campaign a row; no sheet where there are none."""
    campaigns = [one for product in delivered.products for one in product.campaigns or ()]
    if not campaigns:
        return
    page = book.add_worksheet(CAMPAIGNS)
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#DCE8F5"})
    style = _styles(book)
    page.write_row(0, 0, [field.label["es"] for field in requirements.campaign.values()], head)
    page.set_column(0, 4, 16)
    for row, one in enumerate(campaigns, start=1):
        cells = (one.product, one.start, one.end, one.daily_cap, one.total_cap)
        for column, value in enumerate(cells):
            if value is not None:
                written = _Written(value, {str: "@", date: "dd/mm/yyyy", int: "0"}[type(value)])
                _put(page, row, column, written, style)


def _brand(book: Any, delivered: Delivered, requirements: Requirements) -> None:
    """One datum a row, as the sheet of the template has them; what is not known is left out."""
    page = book.add_worksheet(words.BRAND["es"])
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#DCE8F5"})
    text = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
    page.write_row(0, 0, words.BRAND_HEADERS["es"], head)
    page.set_column(0, 0, 28)
    page.set_column(1, 1, 70)
    for row, (label, value) in enumerate(_brand_rows(delivered, requirements).items(), start=1):
        page.write_string(row, 0, label, text)
        page.write_string(row, 1, value, text)


def _brand_rows(delivered: Delivered, requirements: Requirements) -> Mapping[str, str]:
    brand = delivered.brand
    said = {
        "legal_name": brand.legal_name,
        "supervisor": _label(requirements.fields["lender.supervisor"], brand.supervisor),
        "brand_description": brand.description,
        "logo": delivered.logo,
    }
    rows = {requirements.fields[f"lender.{name}"].label["es"]: value for name, value in said.items() if value}
    return {words.BRAND_NAME["es"]: brand.name, **rows}


def _label(field: Field, value: str | None) -> str | None:
    return next((choice.label["es"] for choice in field.choices if choice.value == value), value)
