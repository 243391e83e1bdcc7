"""What the template says beside its cells, in Spanish and English: prompts, group names, the guide. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schemas import wording
from schemas.requirements import Field, Requirements
from schemas.wording.facts import FROM_FIELD

MOST_TITLE = 32
MOST_MESSAGE = 255
"""Characters Excel shows of an input message and of its title."""

SHEET = {"es": "Productos", "en": "Products"}
BRAND = {"es": "Marca", "en": "Brand"}
CAMPAIGNS = {"es": "Campañas", "en": "Campaigns"}
EXAMPLE_BESIDE = {"es": "Ejemplo (no se lee):", "en": "Example (not read):"}
BRAND_HEADERS = {"es": ("Dato", "Valor"), "en": ("Field", "Value")}
BRAND_NAME = {"es": "Nombre comercial", "en": "Brand name"}
GROUPS: Mapping[str, Mapping[str, str]] = {
    "documented": {"es": "Los pide el mercado", "en": "Asked for by the marketplace"},
    "all": {"es": "Todos los productos", "en": "All products"},
    "loan": {"es": "Créditos", "en": "Loans"},
    "insurance": {"es": "Seguros", "en": "Insurance"},
    "optional": {"es": "Opcionales", "en": "Optional"},
    "campaign": {"es": "Hoja «Campañas»", "en": "“Campaigns” sheet"},
}
GUIDE_TITLE = {"es": "Guía para llenar la hoja «Productos»", "en": "Guide to filling in the “Products” sheet"}
GUIDE_LINES = {
    "es": (
        "Una fila por producto, desde la fila 2 de «Productos». El ejemplo no se publica: escriba sobre él.",
        "Documentado: lo dice la documentación del mercado. Supuesto: no llega hasta ahí y lo decidimos nosotros.",
        "Lo que no aplique a un producto queda en blanco. Esta hoja no se lee como productos.",
        "«Campañas»: cuándo se ofrece un producto y cuántos leads recibe, una fila por campaña. Vacía: sin campañas.",
        "Cuando termine: vitrina check ARCHIVO.xlsx dice qué falta, celda por celda.",
    ),
    "en": (
        "One row a product, from row 2 of “Products”. The example is not published: write over it.",
        "Documented: the marketplace’s documentation says so. Assumed: it stops before this, and we chose.",
        "Columns that do not apply to a product stay blank. This sheet is not read as products.",
        "“Campaigns”: when a product is offered and how many leads it takes, one campaign a row. Empty: no campaigns.",
        "When done: vitrina check FILE.xlsx says what is missing, cell by cell.",
    ),
}
GUIDE_HEADERS = {
    "es": (
        "Columna",
        "Grupo",
        "Obligatorio para",
        "Cómo se escribe",
        "Límites",
        "Ejemplo",
        "Origen",
        "Valores",
        "Nota",
    ),
    "en": ("Column", "Group", "Required for", "How to write it", "Limits", "Example", "Source", "Values", "Note"),
}
SOURCE = {"documented": {"es": "Documentado", "en": "Documented"}, "assumed": {"es": "Supuesto", "en": "Assumed"}}
YES_NO = {"es": ("Sí", "No"), "en": ("Yes", "No")}
_REQUIRED = {"es": "Obligatorio para {}.", "en": "Required for {}."}
_ALL = {"es": "todos", "en": "all"}
_IN_EACH_ROW = {"es": "Obligatorio en cada fila.", "en": "Required in each row."}
_OPTIONAL = {"es": "Opcional.", "en": "Optional."}
_EXAMPLE = {"es": "Ej.: {}", "en": "E.g. {}"}
_LENGTH = {"es": "hasta {} caracteres", "en": "at most {} characters"}
_HOW: Mapping[str, Mapping[str, str]] = {
    "text": {"es": "Texto.", "en": "Text."},
    "html": {"es": "Texto o HTML sencillo.", "en": "Plain text or simple HTML."},
    "code": {"es": "Su propio código; conserva los ceros.", "en": "Your own code; it keeps its zeros."},
    "choice": {"es": "Elija de la lista.", "en": "Choose from the list."},
    "choices": {"es": "Elija de la lista; varios se separan con «;».", "en": "Choose from the list; several with “;”."},
    "money": {"es": "Solo la cifra, en {unit}.", "en": "The figure alone, in {unit}."},
    "rate": {"es": "Porcentaje: escriba 24,9 y queda 24,9 %.", "en": "Percent: type 24.9 and it is 24.9%."},
    "percent": {"es": "Porcentaje: escriba 3 y queda 3 %.", "en": "Percent: type 3 and it is 3%."},
    "total_cost": {"es": "Porcentaje: escriba 42,6 y queda 42,6 %.", "en": "Percent: type 42.6 and it is 42.6%."},
    "spread": {"es": "Puntos porcentuales.", "en": "Percentage points."},
    "index": {"es": "Solo si la tasa es variable.", "en": "Only for a variable rate."},
    "term": {"es": "Un número; su unidad va en «{term_unit}».", "en": "A number; its unit goes in “{term_unit}”."},
    "age": {"es": "Años cumplidos.", "en": "Age in years."},
    "count": {"es": "Número en {unit}.", "en": "A number of {unit}."},
    "day": {"es": "Fecha: día/mes/año.", "en": "Date: day/month/year."},
    "yes_no": {"es": "Sí o No.", "en": "Yes or No."},
    "list": {"es": "Varios se separan con «;».", "en": "Separate several by “;”."},
    "url": {"es": "Dirección completa, con https.", "en": "The full address, with https."},
    "file": {"es": "Nombre del archivo, junto a este libro.", "en": "The file’s name, beside this workbook."},
    "insurance": {
        "es": "La cifra; su unidad va en «{insurance_unit}».",
        "en": "A figure; its unit goes in “{insurance_unit}”.",
    },
}  # fmt: skip
WRONG: Mapping[str, Mapping[str, str]] = {
    "choice": {"es": "Elija uno de los valores de la lista.", "en": "Choose one of the values of the list."},
    "length": {"es": "El texto es más largo de lo que se admite: {}.", "en": "The text is longer than allowed: {}."},
    "figure": {
        "es": "No parece una cifra de esta columna. {} ¿Dejarlo así?",
        "en": "This does not look like a figure of this column. {} Keep it?",
    },
}


def required_for(field: Field, lang: str) -> str:
    """`INDIVIDUAL, BUSINESS`; with the countries where it is only asked for in some."""
    if not field.required:
        return ""
    text = _ALL[lang] if len(field.required) == 3 else ", ".join(field.required)
    return f"{text} ({', '.join(field.countries)})" if field.countries else text


def how(field: Field, requirements: Requirements, lang: str) -> str:
    """How a value is written, by the kind of the field."""
    labels = {name: requirements.fields[name].label[lang] for name in ("term_unit", "insurance_unit")}
    unit = field.unit[lang] if field.unit else ""
    return _HOW[field.kind][lang].format(unit=unit, **labels).replace(", en .", ".")


def limits(field: Field, lang: str, market: str) -> str:
    """The hard limits in words; empty where there are none."""
    length = _LENGTH[lang].format(wording.number(field.max_length, lang, market)) if field.max_length else ""
    return "; ".join(part for part in (wording.range_words(field, lang, market), length) if part)


def example(field: Field, lang: str, market: str) -> str:
    """The example value, with the market's figures."""
    return FROM_FIELD["example"](field, lang, market)


def prompt(field: Field, requirements: Requirements, lang: str, market: str) -> str:
    """The input message of a column: how, limits, example, required or not, whose rule; as much as fits."""
    bounds = limits(field, lang, market)
    wanted = (
        how(field, requirements, lang),
        f"{bounds[:1].upper()}{bounds[1:]}." if bounds else "",
        _EXAMPLE[lang].format(example(field, lang, market)),
        _need(field, lang),
        f"{SOURCE[field.source][lang]}.",
        field.note[lang] if field.note else "",
    )
    return "\n".join(_fitting(wanted))


def _need(field: Field, lang: str) -> str:
    if field.name == "campaign.product":
        return _IN_EACH_ROW[lang]
    return _REQUIRED[lang].format(required_for(field, lang)) if field.required else _OPTIONAL[lang]


def _fitting(parts: tuple[str, ...]) -> Iterator[str]:
    room = MOST_MESSAGE
    for part in parts:
        if part and len(part) + 1 <= room:
            room -= len(part) + 1
            yield part
