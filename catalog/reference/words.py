"""The sentences for what is wrong in a reference file, in Spanish and English."""

from __future__ import annotations

import re

from catalog.reference.lines import LineFault

_COLUMNS = {
    "es": {
        "kind": "el indicador",
        "modality": "la modalidad",
        "value": "el valor",
        "month": "el mes",
        "valid_from": "la fecha inicial",
        "valid_to": "la fecha final",
    },
    "en": {
        "kind": "the kind",
        "modality": "the modality",
        "value": "the value",
        "month": "the month",
        "valid_from": "the first day",
        "valid_to": "the last day",
    },
}
_SENTENCES = {
    "es": {
        "not_a_table": "El archivo no es un CSV legible. Guárdelo como «CSV UTF-8» e inténtelo de nuevo.",
        "too_large": "El archivo es demasiado grande; el límite es {allowed}.",
        "columns": "Faltan columnas: {allowed}.",
        "repeated": "Dos columnas dicen lo mismo: {value}. Deje una sola.",
        "missing": "Falta {column}. Se admite: {allowed}.",
        "unreadable": "No se pudo leer {column}: «{value}». Se admite: {allowed}.",
        "ambiguous": "Puede leerse de dos maneras {column}: «{value}». Escriba como aquí: {allowed}.",
        "out_of_range": "No es posible {column} «{value}». Se admite: {allowed}.",
        "unknown": "No se reconoce {column} «{value}». Se admite: {allowed}.",
        "reversed": "Las fechas están invertidas: «{value}». La inicial va antes que la final.",
        "too_long": "La vigencia «{value}» es demasiado larga. Se admiten hasta {allowed} días; divídala en líneas.",
        "contradicts": "«{value}» contradice un valor ya conocido para esos días: {allowed}. Corrija esta línea o, si"
        " el valor anterior estaba mal, quítelo primero de reference/imported.csv.",
    },
    "en": {
        "not_a_table": "The file is no readable CSV. Save it as “CSV UTF-8” and try again.",
        "too_large": "The file is too large; the limit is {allowed}.",
        "columns": "Columns are missing: {allowed}.",
        "repeated": "Two columns say the same: {value}. Keep one.",
        "missing": "{column} is missing. Allowed: {allowed}.",
        "unreadable": "Could not read {column}: “{value}”. Allowed: {allowed}.",
        "ambiguous": "There are two ways to read {column}: “{value}”. Write it like this: {allowed}.",
        "out_of_range": "It is not possible that {column} is “{value}”. Allowed: {allowed}.",
        "unknown": "We do not know {column} “{value}”. Allowed: {allowed}.",
        "reversed": "The dates are reversed: “{value}”. The first day comes before the last.",
        "too_long": "The validity “{value}” is too long. Up to {allowed} days are allowed; divide it into lines.",
        "contradicts": "“{value}” contradicts a value already known for those days: {allowed}. Correct this line or, if"
        " the earlier value was wrong, take it out of reference/imported.csv first.",
    },
}
_LINE = {"es": "Línea {line}: ", "en": "Line {line}: "}
_BROKEN = {"es": "las comillas o el tamaño de una celda", "en": "the quotes or the size of a cell"}


def sentence(fault: LineFault, language: str = "es") -> str:
    """What was found, what is allowed and how to mend it; `language` is es or en."""
    column = _COLUMNS[language].get(fault.column or "", fault.column or _BROKEN[language])
    allowed, bracket, source = (fault.allowed or "CSV").partition(" (")
    value = _short(fault.value or "…")
    if language == "es":
        allowed = _commas(allowed)
    if language == "es" and allowed in _HEADERS:
        allowed, bracket, source = _HEADERS[allowed], "", ""
    if language == "es" and fault.what == "contradicts":
        value, source = _commas(value), _ISO.sub(r"\3/\2/\1", source)
    words = _SENTENCES[language][fault.what].format(column=column, value=value, allowed=allowed + bracket + source)
    return (_LINE[language].format(line=fault.line) if fault.line else "") + words[0].upper() + words[1:]


_HEADERS = {
    "kind, value": "indicador y valor",
    "ibc": "valor",
    "modality": "modalidad",
    "month, valid_from + valid_to": "mes, o desde y hasta",
}
"""Missing columns by the Spanish headers that are read as well."""
EXAMPLE = {
    "es": (
        "indicador,modalidad,desde,hasta,valor,fuente",
        "IBC,consumo y ordinario,2027-01-01,2027-01-31,17.66,Superintendencia Financiera",
    ),
    "en": (
        "kind,modality,valid_from,valid_to,value,source",
        "IBC,consumo_ordinario,2027-01-01,2027-01-31,17.66,Superintendencia Financiera",
    ),
}
"""What a reference file looks like: its header and a line, whose figure is invented."""


def looks_like(language: str = "es") -> str:
    """The form of the file, for somebody who sent something else."""
    return "\n  ".join((_LOOKS[language], *EXAMPLE[language]))


_LOOKS = {
    "es": "El archivo debe verse así (la cifra es un ejemplo):",
    "en": "The file must look like this (the figure is an example):",
}


_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


def _commas(numbers: str) -> str:
    """Decimals as Spanish writes them."""
    return re.sub(r"(?<=\d)\.(?=\d)", ",", numbers)


def _short(value: str) -> str:
    return value if len(value) <= 60 else value[:59] + "…"
