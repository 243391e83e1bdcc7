"""Writes the template with xlsxwriter: products, guide, brand, campaigns. It tells neither the hour nor the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from pipeline import own_template
from pipeline.report.template import words
from pipeline.report.template.example import Shown, example_row
from pipeline.report.template.layout import Group, grouped, number_format, width
from schemas.requirements import Field, Requirements
from schemas.wording.facts import FROM_FIELD

LAST_ROW = 5_000
"""Rows that have lists and input messages; beyond them the formats still hold (assumed enough)."""
_MADE = datetime(2026, 7, 1)  # noqa: DTZ001 - the day the requirements were last verified, the same in every file
_TINTS = {
    "documented": "#DCE8F5", "all": "#E3EFE1", "loan": "#FBF0D9", "insurance": "#F3E4EF", "optional": "#ECECEC",
    "campaign": "#E0F0F0",
}  # fmt: skip
_ALLOWED = dict.fromkeys(
    ("format_cells", "format_columns", "format_rows", "insert_rows", "delete_rows", "sort", "autofilter"), True
)


@dataclass(frozen=True, slots=True)
class _Made:
    """What every part of the writing needs."""

    book: Any
    requirements: Requirements
    groups: tuple[Group, ...]
    lang: str
    market: str

    @property
    def columns(self) -> list[tuple[Field, str]]:
        """Each field with its group, in the order of the sheet."""
        return [(field, group.key) for group in self.groups for field in group.fields]


def template_workbook(requirements: Requirements, *, lang: str = "es", market: str = "CO") -> bytes:
    """The blank workbook as .xlsx: headers and messages in `lang`, figures and currency of `market` (CO, MX)."""
    import xlsxwriter

    held = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(held, options) as book:
        book.set_properties({"title": words.GUIDE_TITLE[lang], "author": "Vitrina", "created": _MADE})
        made = _Made(book, requirements, grouped(requirements, market), lang, market)
        products = book.add_worksheet(words.SHEET[lang])
        _guide(made, book.add_worksheet(own_template.GUIDE[lang]))
        _brand(made, book.add_worksheet(words.BRAND[lang]))
        _campaigns(made, book.add_worksheet(words.CAMPAIGNS[lang]))
        _products(made, products)
    return held.getvalue()


def _products(made: _Made, page: Any) -> None:
    shown = example_row(made.requirements, lang=made.lang, market=made.market)
    for at, (field, key) in enumerate(made.columns):
        style = {"num_format": number_format(field, made.market), "locked": False, "valign": "top", "text_wrap": True}
        page.set_column(at, at, width(field), made.book.add_format(style))
        page.write_string(0, at, field.label[made.lang], _head(made, key))
        if field.name in shown:
            example = made.book.add_format({**style, "italic": True, "font_color": "#595959"})
            _write(page, 1, at, shown[field.name], example)
        page.data_validation(1, at, LAST_ROW, at, _validation(made, field))
    page.set_column(len(made.columns), 16_383, None, made.book.add_format({"locked": False}))
    page.set_row(0, 36)
    page.freeze_panes(1, 1)
    page.set_landscape()
    page.repeat_rows(0)
    page.protect("", _ALLOWED)


def _head(made: _Made, key: str) -> Any:
    style = {"bold": True, "text_wrap": True, "valign": "vcenter", "bottom": 1, "bg_color": _TINTS[key], "locked": True}
    return made.book.add_format({**style, "num_format": "@"})


def _write(page: Any, row: int, column: int, value: Shown, style: Any) -> None:
    if isinstance(value, Decimal):
        page.write_number(row, column, float(value), style)
    elif isinstance(value, date):
        page.write_datetime(row, column, datetime(value.year, value.month, value.day), style)  # noqa: DTZ001 - a day
    else:
        page.write_string(row, column, value, style)


def _validation(made: _Made, field: Field) -> dict[str, Any]:
    rule = _rule(field, made.lang)
    wrong, severity = _complaint(made, field)
    return {
        "input_title": field.label[made.lang][: words.MOST_TITLE],
        "input_message": words.prompt(field, made.requirements, made.lang, made.market),
        "error_title": field.label[made.lang][: words.MOST_TITLE],
        "error_message": wrong[: words.MOST_MESSAGE],
        "error_type": severity,
        # several choices in one cell are right where the field is a list, and no dropdown can say so
        "show_error": field.kind != "choices" and rule["validate"] != "any",
        **rule,
    }


def _rule(field: Field, lang: str) -> dict[str, Any]:
    if labels := _labels(field, lang):
        return {"validate": "list", "source": labels}
    if field.kind in ("money", "spread"):
        return {"validate": "decimal", "criteria": ">=", "value": 0}
    if field.kind in ("rate", "percent", "total_cost"):
        return {
            "validate": "decimal",
            "criteria": "between",
            "minimum": 0,
            "maximum": float((field.high or 1000) / 100),
        }
    if field.name.startswith("campaign.") and field.kind == "count":
        return {"validate": "integer", "criteria": ">=", "value": int(field.low or 0)}
    if field.kind == "age":
        return {
            "validate": "integer",
            "criteria": "between",
            "minimum": int(field.low or 0),
            "maximum": int(field.high or 99),
        }
    if field.kind == "day":
        ends = {"minimum": date(2000, 1, 1), "maximum": date(2199, 12, 31)}
        return {"validate": "date", "criteria": "between", **ends}
    if field.max_length:
        return {"validate": "length", "criteria": "<=", "value": field.max_length}
    return {"validate": "any"}


def _complaint(made: _Made, field: Field) -> tuple[str, str]:
    """What Excel says of a value outside the rule. Only closed lists and lengths are refused: people write ranges."""
    if field.kind in ("choice", "choices", "yes_no"):
        return words.WRONG["choice"][made.lang], "stop"
    if field.max_length:
        return words.WRONG["length"][made.lang].format(words.limits(field, made.lang, made.market)), "stop"
    how = words.how(field, made.requirements, made.lang)
    return words.WRONG["figure"][made.lang].format(how), "warning"


def _brand(made: _Made, page: Any) -> None:
    """One datum a row: its name, and beside it the cell to fill in. What to write is said when the cell is entered."""
    lang, prefix = made.lang, "lender."
    fields = [field for name, field in made.requirements.fields.items() if name.startswith(prefix)]
    head, open_cell = (
        _head(made, "documented"),
        {"locked": False, "num_format": "@", "text_wrap": True, "valign": "top"},
    )
    page.write_row(0, 0, words.BRAND_HEADERS[lang], head)
    page.write_column(1, 0, [words.BRAND_NAME[lang], *(field.label[lang] for field in fields)], _head(made, "all"))
    page.set_column(0, 0, 28, made.book.add_format({"locked": True}))
    page.set_column(1, 1, 70, made.book.add_format(open_cell))
    for row, field in enumerate(fields, start=2):
        page.data_validation(row, 1, row, 1, _validation(made, field))
    page.freeze_panes(1, 0)
    page.fit_to_pages(1, 0)
    page.protect("", _ALLOWED)


def _campaigns(made: _Made, page: Any) -> None:
    """One campaign a row, and an example beside the table: in it, it would be a campaign of a product nobody has."""
    lang, fields = made.lang, list(made.requirements.campaign.values())
    for at, field in enumerate(fields):
        # a number typed into a text cell would be no whole number to the check beside it
        shape = "0" if field.kind == "count" else number_format(field, made.market)
        page.set_column(at, at, width(field), made.book.add_format({"num_format": shape, "locked": False}))
        page.write_string(0, at, field.label[lang], _head(made, "campaign"))
        page.data_validation(1, at, LAST_ROW, at, _validation(made, field))
    beside, said = len(fields) + 1, made.book.add_format({"italic": True, "font_color": "#595959", "num_format": "@"})
    page.set_column(beside, beside, 34)
    page.write_string(0, beside, words.EXAMPLE_BESIDE[lang], said)
    for row, field in enumerate(fields, start=1):
        page.write_string(row, beside, f"{field.label[lang]}: {words.example(field, lang, made.market)}", said)
    page.set_row(0, 24)
    page.fit_to_pages(1, 0)
    page.freeze_panes(1, 1)
    page.protect("", _ALLOWED)


def _labels(field: Field, lang: str) -> list[str]:
    """What its dropdown offers; inline in the sheet, so together at most 255 characters and none with a comma."""
    if field.kind == "yes_no":
        return list(words.YES_NO[lang])
    return [choice.label[lang] for choice in field.choices] if field.kind in ("choice", "choices") else []


def _guide(made: _Made, page: Any) -> None:
    lang = made.lang
    bold = made.book.add_format({"bold": True, "font_size": 14})
    head = made.book.add_format({"bold": True, "bottom": 1, "valign": "top", "text_wrap": True})
    text = made.book.add_format({"valign": "top", "text_wrap": True, "num_format": "@"})
    page.write_string(0, 0, words.GUIDE_TITLE[lang], bold)
    page.write_string(1, 0, own_template.VERSION_LINE[lang].format(made.requirements.version))
    page.write_column(3, 0, words.GUIDE_LINES[lang])
    top = 4 + len(words.GUIDE_LINES[lang])
    page.write_row(top, 0, words.GUIDE_HEADERS[lang], head)
    campaigns = [(field, "campaign") for field in made.requirements.campaign.values()]
    for row, (field, key) in enumerate([*made.columns, *campaigns], start=top + 1):
        tinted = made.book.add_format({"bold": True, "valign": "top", "text_wrap": True, "bg_color": _TINTS[key]})
        page.write_string(row, 0, field.label[lang], tinted)
        for column, value in enumerate(_guide_row(made, field, key), start=1):
            page.write_string(row, column, value, text)
    for column, wide in enumerate((26, 24, 22, 38, 26, 30, 13, 48, 60)):
        page.set_column(column, column, wide)
    page.hide_gridlines(2)
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _guide_row(made: _Made, field: Field, key: str) -> Sequence[str]:
    lang = made.lang
    return (
        words.GROUPS[key][lang],
        words.required_for(field, lang),
        words.how(field, made.requirements, lang),
        words.limits(field, lang, made.market),
        words.example(field, lang, made.market),
        words.SOURCE[field.source][lang],
        FROM_FIELD["allowed"](field, lang, made.market) if field.choices else "",
        field.note[lang] if field.note else "",
    )
