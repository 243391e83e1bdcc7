"""product_data.toml -> Requirements, strictly: what is misspelt, doubled or wordless fails here."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from schemas.findings import Effect, Severity, Source
from schemas.requirements.headers import normalise
from schemas.requirements.values import (
    FIELD_WORDS,
    Band,
    Choice,
    Field,
    HeaderWord,
    Rule,
    UnitWord,
    blanks,
)

if TYPE_CHECKING:
    from schemas.requirements.shape import (
        ExampleWords,
        FaultShape,
        FieldShape,
        FileShape,
        HeaderShape,
        RuleShape,
        UnitShape,
        Words,
    )


class RequirementsError(ValueError):
    """The requirements file itself is wrong: a bug of ours, said with the place where it is."""


def read(text: str) -> FileShape:
    """The file's tables, every key known and every text in both languages; RequirementsError otherwise."""
    from pydantic import ValidationError

    from schemas.requirements.shape import FileShape

    try:
        return FileShape.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as fault:
        raise RequirementsError(f"product_data.toml: {fault}") from fault


def _pair(words: Words) -> dict[str, str]:
    return {"es": words.es, "en": words.en}


def _example(words: ExampleWords) -> dict[str, str]:
    return {**_pair(words), "mx": words.mx or words.es}


def _unique(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise RequirementsError(f"product_data.toml: {what} «{name}» stands twice")
        seen.add(name)


def _choices(shape: FieldShape) -> tuple[Choice, ...]:
    made = []
    for choice in shape.choices:
        own = (choice.value, choice.es, choice.en, *choice.words)
        words = tuple(dict.fromkeys(normalise(word) for word in own))
        made.append(Choice(choice.value, {"es": choice.es, "en": choice.en}, words))
    _unique((word for choice in made for word in choice.words), f"choice word of {shape.name}")
    return tuple(made)


def _field(shape: FieldShape) -> Field:
    return Field(
        name=shape.name,
        prefix=shape.prefix or shape.name.removeprefix("lender."),
        kind=shape.kind,
        label=_pair(shape.label),
        the=_pair(shape.the),
        plural=shape.plural,
        unit=_pair(shape.unit) if shape.unit else None,
        max_length=shape.max_length,
        low=shape.low,
        high=shape.high,
        above=shape.above,
        usual=tuple(Band(b.low, b.high, b.country, b.category) for b in shape.usual),
        required=shape.required,
        countries=shape.countries,
        source=shape.source,
        headers={"es": shape.headers.es, "en": shape.headers.en},
        choices=_choices(shape),
        example=_example(shape.example),
        note=_pair(shape.note) if shape.note else None,
    )


def fields_of(file: FileShape) -> dict[str, Field]:
    """Name -> Field, in the file's order; then the words for pairs (kind `prefix`) are in `subjects_of`."""
    _unique((shape.name for shape in file.field), "field")
    return {shape.name: _field(shape) for shape in file.field}


def campaign_fields_of(file: FileShape) -> dict[str, Field]:
    """Name -> Field of the sheet of campaigns. Their headers are no headers of products."""
    _unique((shape.name for shape in file.campaign), "campaign field")
    return {shape.name: _field(shape) for shape in file.campaign}


def subjects_of(file: FileShape) -> dict[str, Field]:
    """Prefix -> a Field that only lends its words to findings about a pair (`amount`: the amount)."""
    _unique((shape.name for shape in file.prefix), "prefix")
    return {
        p.name: Field(
            name=p.name, prefix=p.name, kind="text", label=_pair(p.label), the=_pair(p.the), plural=p.plural, unit=None,
            max_length=None, low=None, high=None, above=None, usual=(), required=(), countries=(), source="assumed",
            headers={}, choices=(), example=_example(p.example), note=None,
        )
        for p in file.prefix
    }  # fmt: skip


def _own_headers(field: Field) -> Iterator[str]:
    """A field answers to its label, its canonical name and its synonyms."""
    yield from dict.fromkeys(
        normalise(text)
        for text in (*field.headers["es"], *field.headers["en"], *field.label.values(), field.name.replace("_", " "))
    )


def _header(shape: HeaderShape, text: str) -> HeaderWord:
    return HeaderWord(
        text=text,
        fills=shape.fills,
        between=shape.between,
        basis=shape.basis,
        bases=shape.bases,
        basis_by_country=shape.basis_by_country,  # type: ignore[arg-type]
        unit=shape.unit,
    )


def headers_of(file: FileShape, fields: Mapping[str, Field]) -> dict[str, HeaderWord]:
    """Normalised header -> what it says. The same text under two owners is refused; `[[header]]` settles it by name."""
    words: dict[str, HeaderWord] = {}
    for shape in file.header:
        texts = list(dict.fromkeys(normalise(text) for text in shape.text))
        _known((*shape.fills, *shape.between), fields, f"header «{shape.text[0]}»")
        _unique((*words, *texts), "header")
        words.update((text, _header(shape, text)) for text in texts)
    settled = set(words)
    for field in fields.values():
        own = [text for text in _own_headers(field) if text not in settled]
        _unique((*words, *own), "header")
        words.update((text, HeaderWord(text=text, fills=(field.name,))) for text in own)
    return words


def _known(names: Iterable[str], fields: Mapping[str, Field], where: str) -> None:
    for name in names:
        if name not in fields:
            raise RequirementsError(f"product_data.toml: {where} names a field that is not there: {name}")


_CARRIED = ("basis", "bases", "basis_by_country", "unit", "scale", "currency", "percent", "tax")


def units_of(file: FileShape) -> dict[str, tuple[UnitWord, ...]]:
    """Normalised unit words -> what they say; the same words may say two things to two kinds of field."""
    units: dict[str, tuple[UnitWord, ...]] = {}
    for shape in file.unit:
        for text in dict.fromkeys(normalise(word) for word in shape.words):
            _disjoint(text, shape, units.get(text, ()))
            units[text] = (*units.get(text, ()), UnitWord(text=text, kinds=shape.kinds, carries=_carried(shape)))
    return units


def _carried(shape: UnitShape) -> dict[str, object]:
    return {key: getattr(shape, key) for key in _CARRIED if getattr(shape, key) is not None}


def _disjoint(text: str, shape: UnitShape, others: Iterable[UnitWord]) -> None:
    if any(not shape.kinds or not other.kinds or set(shape.kinds) & set(other.kinds) for other in others):
        raise RequirementsError(f"product_data.toml: unit word «{text}» says two things to one kind of field")


_OF_THE_BRAND = frozenset(("brand", "logo", "brand_description", "legal_name", "supervisor"))


def effect_of(code: str, severity: Severity, stated: Effect | None = None) -> Effect:
    """What a finding does: an error holds its listing, or rejects the file when it is about the file; else nothing.

    A fault of the brand is no fault of a product: it is told as the error it is, and holds nothing.
    """
    if severity != "error" or code.partition(".")[0] in _OF_THE_BRAND:
        return "none"
    return stated or ("rejects_file" if code.startswith("file.") else "holds_listing")


def _severity(fault: FaultShape, field: FieldShape) -> Severity:
    """Absent: an error only for a documented field that is required (the contract). Else as the fault or field says."""
    if fault.name in field.severities:
        return field.severities[fault.name]
    if fault.name == "missing":
        return "error" if field.source == "documented" and field.required else "warning"
    return fault.severity


def _source(fault: FaultShape, field: FieldShape) -> Source:
    return field.source if fault.source == "field" else "assumed"


def generic(fault: FaultShape, field: FieldShape, code: str) -> Rule:
    """The rule for one fault of one field's cells, in the fault's general words."""
    severity = _severity(fault, field)
    return Rule(
        code=code,
        severity=severity,
        effect=effect_of(code, severity),
        source=_source(fault, field),
        title=_pair(fault.title),
        message=_pair(fault.message),
        fix=_pair(fault.fix),
        facts=dict(fault.facts),
    )


def _specific(shape: RuleShape, base: Rule | None) -> Rule:
    """The rule as written; what it leaves out comes from the generic fault, and must not be left out without one."""
    stated: dict[str, Any] = {}
    for key in ("severity", "source", "title", "message", "fix"):
        value = getattr(shape, key)
        if value is None and base is None:
            raise RequirementsError(f"product_data.toml: rule {shape.code} has no {key}")
        stated[key] = getattr(base, key) if value is None else _pair(value) if hasattr(value, "es") else value
    facts = {**(base.facts if base and shape.message is None else {}), **(shape.facts or {})}
    effect = effect_of(shape.code, stated["severity"], shape.effect)
    return Rule(code=shape.code, effect=effect, facts=facts, reference=shape.reference, **stated)


def _check_blanks(rule: Rule) -> None:
    texts = (*rule.message.values(), *rule.fix.values(), *rule.title.values())
    for blank in (blank for text in texts for blank in blanks(text)):
        if blank not in FIELD_WORDS and blank not in rule.facts:
            raise RequirementsError(f"product_data.toml: {rule.code} has a blank nobody fills: {{{blank}}}")
    if rule.needs != {b for b in rule.needs if b in rule.facts}:
        raise RequirementsError(f"product_data.toml: {rule.code} needs a fact it does not name")


def rules_of(file: FileShape) -> tuple[dict[str, Rule], dict[str, Rule]]:
    """(the rule of every code we promise, fault name -> a rule for cells nobody expected to have that fault)."""
    _unique((f"{fault.name} of {kind}" for fault in file.fault for kind in fault.kinds), "fault")
    _unique((rule.code for rule in file.rule), "rule")
    unexpected = _unexpected(file)
    rules = _generic_rules(file)
    for shape in file.rule:
        base = rules.get(shape.code) or unexpected.get(shape.code.partition(".")[2])
        rules[shape.code] = _specific(shape, base)
        _check_blanks(rules[shape.code])
    return rules, unexpected


def _unexpected(file: FileShape) -> dict[str, Rule]:
    """One rule a fault name, its words checked on the way: no kind of cell may be told with a blank nobody fills."""
    rules: dict[str, Rule] = {}
    for fault in file.fault:
        rule = generic(fault, file.field[0], fault.name)
        _check_blanks(rule)
        rules.setdefault(fault.name, replace(rule, severity=fault.severity, source="assumed"))
    return rules


def _generic_rules(file: FileShape) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for field in (*file.field, *file.campaign):
        prefix = field.prefix or field.name.removeprefix("lender.")
        for fault in file.fault:
            code = f"{prefix}.{fault.name}"
            if code not in rules and field.kind in fault.kinds and _promised(fault, field):
                rules[code] = generic(fault, field, code)
    return rules


def _promised(fault: FaultShape, field: FieldShape) -> bool:
    """Only what somebody needs can be missing; only what has a limit can be too long."""
    if fault.name == "too_long":
        return field.max_length is not None
    return fault.name != "missing" or bool(field.required) or "missing" in field.severities
