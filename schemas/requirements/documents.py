"""The requirements printed: a Markdown page with an anchor a finding code, and one JSON document. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from schemas.requirements import Field, Requirements, Rule, load

_WORDS: Mapping[str, Mapping[str, str]] = {
    "es": {
        "title": "Requisitos de los datos de producto",
        "intro": "Versión {version}. *Documentado*: lo dice la documentación del mercado para prestamistas. "
        "*Supuesto*: la documentación no llega hasta ahí y lo decidimos nosotros; `[rules]` en `vitrina.toml` "
        "puede cambiar su severidad.",
        "made": "Esta página se genera de `schemas/product_data.toml`; no se edita a mano.",
        "fields": "Campos",
        "codes": "Hallazgos",
        "required": "Obligatorio para",
        "limits": "Límites",
        "headers": "Encabezados que se reconocen",
        "values": "Valores",
        "example": "Ejemplo",
        "note": "Nota",
        "head": "| Código | Severidad | Origen | Qué dice | Cómo se corrige |",
        "documented": "documentado",
        "assumed": "supuesto",
        "error": "error",
        "warning": "advertencia",
        "info": "información",
        "length": "hasta {} caracteres",
    },
    "en": {
        "title": "Product data requirements",
        "intro": "Version {version}. *Documented*: the marketplace’s lender documentation says so. *Assumed*: it stops "
        "before this, and we chose; `[rules]` in `vitrina.toml` may change the severity.",
        "made": "This page is generated from `schemas/product_data.toml`; it is not edited by hand.",
        "fields": "Fields",
        "codes": "Findings",
        "required": "Required for",
        "limits": "Limits",
        "headers": "Headers recognised",
        "values": "Values",
        "example": "Example",
        "note": "Note",
        "head": "| Code | Severity | Source | What it says | How to mend it |",
        "documented": "documented",
        "assumed": "assumed",
        "error": "error",
        "warning": "warning",
        "info": "info",
        "length": "at most {} characters",
    },
}


def requirements_markdown(lang: str = "es", requirements: Requirements | None = None) -> str:
    """Every field and every finding code as one Markdown page, each code under the anchor of its own name."""
    known = requirements or load()
    return _page((*_opening(known, lang), *_fields(known, lang), *_codes(known, lang)))


def requirements_json(requirements: Requirements | None = None) -> dict[str, Any]:
    """The same as one JSON-ready document, with both languages side by side."""
    known = requirements or load()
    return {
        "version": known.version,
        "fields": [_field_record(field) for field in known.described],
        "rules": [_rule_record(rule) for rule in known.rules.values()],
    }


def _opening(known: Requirements, lang: str) -> Iterator[str]:
    words = _WORDS[lang]
    yield from (f"# {words['title']}", "", words["intro"].format(version=known.version), "", words["made"], "")


def _fields(known: Requirements, lang: str) -> Iterator[str]:
    words = _WORDS[lang]
    yield from (f"## {words['fields']}", "")
    for field in known.described:
        yield from (f'### <a id="{field.name}"></a>{field.label[lang]} (`{field.name}`)', "")
        yield from (f"*{words[field.source]}*", "")
        yield from (f"- {words[key]}: {text}" for key, text in _facts(field, lang) if text)
        yield ""


def _facts(field: Field, lang: str) -> Iterator[tuple[str, str]]:
    yield "required", ", ".join((*field.required, *field.countries))
    yield "limits", _limits(field, lang)
    yield "values", ", ".join(f"{choice.label[lang]} (`{choice.value}`)" for choice in field.choices)
    yield "headers", ", ".join(dict.fromkeys((*field.headers.get("es", ()), *field.headers.get("en", ()))))
    yield "example", field.example[lang]
    yield "note", field.note[lang] if field.note else ""


def _limits(field: Field, lang: str) -> str:
    # wording imports this package, so it is reached for only when a page is printed
    from schemas.wording import number, range_words

    length = _WORDS[lang]["length"].format(number(field.max_length, lang)) if field.max_length else ""
    return "; ".join(part for part in (range_words(field, lang), length) if part)


def _codes(known: Requirements, lang: str) -> Iterator[str]:
    words = _WORDS[lang]
    yield from (f"## {words['codes']}", "", words["head"], "|---|---|---|---|---|")
    yield from (_row(rule, lang) for rule in known.rules.values())


def _row(rule: Rule, lang: str) -> str:
    from schemas.wording import outline

    words = _WORDS[lang]
    said, mend = (outline(rule.code, text[lang], lang).replace("|", "\\|") for text in (rule.message, rule.fix))
    anchor = f'<a id="{rule.code}"></a>`{rule.code}`'
    return f"| {anchor} | {words[rule.severity]} | {words[rule.source]} | {said} | {mend} |"


def _field_record(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "source": field.source,
        "kind": field.kind,
        "label": dict(field.label),
        "required_for": list(field.required),
        "countries": list(field.countries),
        "limits": {
            key: str(value)
            for key, value in (("low", field.low), ("above", field.above), ("high", field.high))
            if value is not None
        }
        | ({"max_length": field.max_length} if field.max_length else {}),
        "headers": {lang: list(texts) for lang, texts in field.headers.items()},
        "choices": [{"value": choice.value, "label": dict(choice.label)} for choice in field.choices],
        "example": {lang: field.example[lang] for lang in ("es", "en")},
        "note": dict(field.note) if field.note else None,
    }


def _rule_record(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "severity": rule.severity,
        "effect": rule.effect,
        "source": rule.source,
        "reference": rule.reference,
        "facts": dict(rule.facts),
        "message": dict(rule.message),
        "fix": dict(rule.fix),
    }


def requirements_text(lang: str = "es", requirements: Requirements | None = None) -> str:
    """The requirements for a terminal: one line a field, one line a code with its severity and source."""
    known = requirements or load()
    words = _WORDS[lang]
    fields = (f"  {f.name:26} {words[f.source]:12} {f.label[lang]}" for f in known.described)
    codes = (
        f"  {rule.code:36} {words[rule.severity]:12} {words[rule.source]:12} {_title(rule.code, lang)}"
        for rule in known.rules.values()
    )
    head = f"{words['title']} {known.version}"
    return _page((head, "", words["fields"], *fields, "", words["codes"], *codes))


def _page(texts: Iterable[str]) -> str:
    return "\n".join(texts) + "\n"


def _title(code: str, lang: str) -> str:
    from schemas.wording import title

    return title(code, lang)
