"""The product data requirements: which fields a listing needs, how columns may be called, what each finding means.

They are data (`schemas/product_data.toml`), each marked documented (the marketplace says so) or assumed (we do, and
settings may change it). This package loads them, strictly and once, into frozen values.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

from schemas.errors import SettingsError
from schemas.findings import Fact, Finding, Severity
from schemas.requirements import loading
from schemas.requirements.headers import HeaderText, find_header, normalise, normalise_header
from schemas.requirements.loading import RequirementsError
from schemas.requirements.ready import ready
from schemas.requirements.values import Band, Choice, Field, HeaderWord, Rule, Texts, UnitWord, words_of

__all__ = [
    "Band", "Choice", "Field", "HeaderText", "HeaderWord", "Requirements", "RequirementsError", "Rule", "codes",
    "finding", "load", "normalise", "normalise_header", "parse", "rule", "suggestions",
]  # fmt: skip

Facts = Mapping[str, Fact] | Iterable[tuple[str, Fact]]


@dataclass(frozen=True, slots=True, eq=False)
class Requirements:
    """One version of the requirements.

    rules: every code we promise. unexpected: fault name -> the words for a cell nobody expected to have that fault.
    subjects: prefix -> words for a pair of fields (`amount`: the amount). leads: prefix -> its first field.
    choices: field -> normalised word -> value. campaign: the fields of the sheet of campaigns.
    """

    version: str
    fields: Mapping[str, Field]
    subjects: Mapping[str, Field]
    leads: Mapping[str, Field]
    rules: Mapping[str, Rule]
    unexpected: Mapping[str, Rule]
    headers: Mapping[str, HeaderWord]
    units: Mapping[str, tuple[UnitWord, ...]]
    choices: Mapping[str, Mapping[str, str]]
    campaign: Mapping[str, Field]

    @property
    def described(self) -> tuple[Field, ...]:
        """Every field: of the Lender, of a product, of a campaign."""
        return (*self.fields.values(), *self.campaign.values())

    def rule(self, code: str) -> Rule:
        """The rule of a finding code; KeyError (a bug of the caller) on a prefix or fault nobody defined."""
        known = self.rules.get(code)
        if known:
            return known
        fault = code.partition(".")[2]
        if code not in self.possible:
            raise KeyError(code)
        rule = self.unexpected[fault]
        return replace(rule, code=code, effect=loading.effect_of(code, rule.severity))

    @property
    def possible(self) -> frozenset[str]:
        """Every code that resolves: the promised ones, and any fault of any field's cells."""
        return _possible(tuple(self.rules), tuple(self.unexpected), frozenset(self.leads))

    def codes(self) -> tuple[str, ...]:
        """Every finding code, in the order of the requirements file."""
        return tuple(self.rules)

    def words_for(self, code: str, field: str | None) -> Field | None:
        """The field whose words a finding uses: its own, else those of the code's prefix; None for files and sheets."""
        prefix = code.partition(".")[0]
        own = self.fields.get(field or "")
        if own and own.prefix == prefix:
            return own
        return self.subjects.get(prefix) or self.leads.get(prefix) or own

    def spoken(self, field: Field) -> Texts:
        """A field's name at its cell: one end of a pair by the pair (`Monto`), since one column may hold both."""
        pair = self.subjects.get(field.prefix)
        return pair.label if pair and field.name in (f"{field.prefix}_min", f"{field.prefix}_max") else field.label

    def header(self, text: str) -> HeaderWord | None:
        """What a column header says, by exact synonym once unit words are set aside; None when we know none."""
        return _header(self, text)

    def owner(self, word: HeaderWord, values: Iterable[str]) -> str | None:
        """Which of a header's candidates the column's values decide for: the only one whose list knows them all."""
        seen = {normalise(value) for value in values if value.strip()}
        lists = [name for name in word.between if seen and seen <= self.choices.get(name, {}).keys()]
        return lists[0] if len(lists) == 1 else None

    def choice(self, field: str, text: str) -> str | None:
        """The canonical value a word stands for in a field's closed list, or None; only exact normalised synonyms."""
        return self.choices[field].get(normalise(text))

    def suggestions(self, text: str, lang: str = "es") -> tuple[str, ...]:
        """Column names close to a header nobody knows, best first. Only ever shown, never used."""
        word = self.header(text)
        if word and not word.fills:
            return tuple(self.fields[name].label[lang] for name in word.between)
        near = difflib.get_close_matches(normalise_header(text).base, self.headers, n=6, cutoff=0.75)
        names = [name for text in near for name in (self.headers[text].fills or self.headers[text].between)[:1]]
        return tuple(dict.fromkeys(self.fields[name].label[lang] for name in names))[:3]

    def finding(
        self,
        code: str,
        *,
        sheet: str | None = None,
        row: int | None = None,
        column: str | None = None,
        field: str | None = None,
        product: str | None = None,
        value: str | None = None,
        facts: Facts = (),
    ) -> Finding:
        """A finding with the severity, effect and source of its rule; KeyError when a fact its words need is absent."""
        rule = self.rule(code)
        pairs = tuple(facts.items()) if isinstance(facts, Mapping) else tuple(facts)
        lacking = rule.needs - {name for name, _ in pairs}
        if lacking:
            raise KeyError(f"{code} needs the facts {', '.join(sorted(lacking))}")
        return Finding(
            code, rule.severity, rule.effect, rule.source, sheet, row, column, field, product, value, pairs
        )  # fmt: skip

    def with_overrides(self, severities: Mapping[str, str]) -> Requirements:
        """These requirements with other severities for assumed rules (`[rules]` in the settings).

        SettingsError for a documented rule, a code nobody knows, or a word that is no severity.
        """
        changed = {code: self._overridden(code, word) for code, word in severities.items()}
        return replace(self, rules={**self.rules, **changed})

    def _overridden(self, code: str, word: str) -> Rule:
        rule = self.rules.get(code)
        if rule is None:
            near = ", ".join(difflib.get_close_matches(code, self.rules, n=3, cutoff=0.5))
            raise SettingsError(
                f"[rules] no finding is called «{code}»." + (f" Near: {near}." if near else ""),
                es=f"[rules] ningún hallazgo se llama «{code}»." + (f" Se parecen: {near}." if near else ""),
            )
        severity = _severity(code, word)
        if rule.source == "documented":
            raise SettingsError(
                f"[rules] «{code}» is a rule the marketplace documents; only rules we assume can be changed.",
                es=f"[rules] «{code}» es una regla que documenta el mercado; solo se cambian las que suponemos.",
            )
        stated = None if rule.effect == "none" else rule.effect
        return replace(rule, severity=severity, effect=loading.effect_of(code, severity, stated))


@lru_cache(maxsize=8192)
def _header(known: Requirements, text: str) -> HeaderWord | None:
    """Kept, because the search for a header row asks for every cell of a sheet's first rows, twice."""
    return find_header(text, known.headers, known.units, known.fields)


@lru_cache(maxsize=8)
def _possible(rules: tuple[str, ...], faults: tuple[str, ...], prefixes: frozenset[str]) -> frozenset[str]:
    return frozenset(rules) | {f"{prefix}.{fault}" for prefix in prefixes for fault in faults}


_SEVERITIES: Mapping[str, Severity] = {"error": "error", "warning": "warning", "info": "info"}


def _severity(code: str, word: str) -> Severity:
    if word not in _SEVERITIES:
        raise SettingsError(
            f"[rules] «{code}»: «{word}» is no severity. Write error, warning or info.",
            es=f"[rules] «{code}»: «{word}» no es una severidad. Escriba error, warning o info.",
        )
    return _SEVERITIES[word]


def parse(text: str) -> Requirements:
    """The requirements written in a TOML text; RequirementsError says what is wrong with it."""
    file = loading.read(text)
    fields = loading.fields_of(file)
    campaign = loading.campaign_fields_of(file)
    rules, unexpected = loading.rules_of(file)
    return Requirements(
        version=file.version,
        fields=fields,
        subjects=loading.subjects_of(file),
        leads={field.prefix: field for field in (*reversed(fields.values()), *campaign.values())},
        rules=rules,
        unexpected=unexpected,
        headers=loading.headers_of(file, fields),
        units=loading.units_of(file),
        choices={name: words_of(field.choices) for name, field in fields.items() if field.choices},
        campaign=campaign,
    )


@lru_cache(maxsize=1)
def load() -> Requirements:
    """The requirements that ship with the program, read once."""
    text = resources.files("schemas").joinpath("product_data.toml").read_text(encoding="utf-8")
    return ready(text, parse)


def rule(code: str) -> Rule:
    """The shipped rule of a finding code."""
    return load().rule(code)


def codes() -> tuple[str, ...]:
    """Every finding code of the shipped requirements."""
    return load().codes()


def suggestions(text: str, lang: str = "es") -> tuple[str, ...]:
    """Column names close to a header nobody knows; only shown, never used."""
    return load().suggestions(text, lang)


def finding(
    code: str,
    *,
    sheet: str | None = None,
    row: int | None = None,
    column: str | None = None,
    field: str | None = None,
    product: str | None = None,
    value: str | None = None,
    facts: Facts = (),
) -> Finding:
    """A finding by the shipped requirements; see `Requirements.finding`."""
    return load().finding(
        code, sheet=sheet, row=row, column=column, field=field, product=product, value=value, facts=facts
    )
