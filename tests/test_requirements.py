"""The requirements: strict to load, exact about headers, honest about what is documented and what is assumed."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from schemas import requirements
from schemas.errors import SettingsError
from schemas.findings import Finding
from schemas.product import FIELD_NAMES
from schemas.requirements import HeaderText, Requirements, RequirementsError, load, normalise_header, parse
from schemas.requirements.documents import requirements_json, requirements_markdown, requirements_text
from schemas.requirements.ready import ready
from tests.timing import takes_under

TOML = resources.files("schemas").joinpath("product_data.toml").read_text(encoding="utf-8")
DOCS = Path(__file__).parents[1] / "docs" / "requirements.md"
DOCUMENTED_PER_PRODUCT = {
    "name", "description_short", "category", "amount_min", "amount_max", "rate_min", "term_min", "term_max",
}  # fmt: skip
RATES = ("rate_min", "rate_max")


def said(text: str) -> tuple[tuple[str, ...], str | None]:
    """The fields a header fills and its basis or unit."""
    word = load().header(text)
    return (word.fills, word.basis or word.unit) if word else ((), None)


def test_every_product_attribute_has_its_requirement() -> None:
    """Each attribute of Product is a field of the requirements, under the same name."""
    assert set(FIELD_NAMES) <= set(load().fields)


def test_the_version_is_the_one_reports_carry() -> None:
    """The version is the date of the documentation and our own count after it."""
    assert load().version == "2026-07-01+1"


def test_loading_is_quick() -> None:
    """Loading costs well under a quarter of a second of processor time even on a busy machine."""
    assert takes_under(0.25, lambda: parse(TOML))


@pytest.mark.parametrize(
    ("before", "after", "said_wrong"),
    [
        ("kind = 'money'", "kynd = 'money'", "kynd"),
        ("severity = 'error'", "severity = 'fatal'", "severity"),
        ("code = 'rate.above_usury'", "code = 'default_rate.above_usury'", "stands twice"),
        ("name = 'amount_max'", "name = 'amount_min'", "stands twice"),
        ("'monto hasta', ", "'monto desde', ", "monto desde"),
        ("message = {es = 'El producto venció el {end}.', ", "message = {", "message"),
        ("venció el {end}", "venció el {ende}", "ende"),
        ("fix = {es = 'Corrija la moneda o el país.', en = 'Correct the currency or the country.'}\n", "", "no fix"),
        ("version = ", "version == ", "product_data.toml"),
        ("fills = ['amount_min', 'amount_max']", "fills = ['amount_mini']", "amount_mini"),
        ("facts = {start = 'day'", "facts = {start = 'dai'", "facts"),
    ],
)
def test_a_slip_in_the_file_fails_at_load(before: str, after: str, said_wrong: str) -> None:
    """A typo, a double, a missing language, message or fix, an unknown blank: each is refused and named."""
    assert before in TOML
    with pytest.raises(RequirementsError, match=said_wrong):
        parse(TOML.replace(before, after, 1))


def test_documented_fields_that_lack_hold_a_listing() -> None:
    """An absent documented per-product field is an error; an absent assumed one at most a warning."""
    known = load()
    for field in known.fields.values():
        rule = known.rules.get(f"{field.prefix}.missing")
        if rule and field.required and field.source == "assumed" and field.prefix not in ("amount", "rate", "term"):
            assert rule.severity != "error", field.name
    for name in DOCUMENTED_PER_PRODUCT:
        assert known.rule(f"{known.fields[name].prefix}.missing").severity == "error"
        assert known.rule(f"{known.fields[name].prefix}.missing").source == "documented"


def test_format_rules_of_amount_rate_and_term_are_assumed() -> None:
    """The documentation names amount, rate and term and says no more: how they are written is our assumption."""
    for code in ("amount.unreadable", "rate.unreadable", "term.unreadable", "rate.above_usury", "amount.unknown"):
        assert requirements.rule(code).source == "assumed"


def test_effects_follow_from_severity() -> None:
    """Errors hold their listing, file errors reject the file; the rest, and what is about the brand, does nothing."""
    brand = {"brand", "logo", "brand_description", "legal_name", "supervisor"}
    for rule in load().rules.values():
        if rule.severity != "error" or rule.code.partition(".")[0] in brand:
            assert rule.effect == "none", rule.code
        elif rule.code.startswith("file."):
            assert rule.effect == "rejects_file", rule.code
        else:
            assert rule.effect != "none", rule.code


def test_every_cross_field_rule_is_there() -> None:
    """X01 to X26 each have at least one code, and X05's is the ambiguous rate."""
    references = {rule.reference for rule in load().rules.values()}
    assert {f"X{n:02}" for n in range(1, 27)} <= references


@pytest.mark.parametrize(
    ("text", "base", "unit"),
    [
        ("Plazo máximo (meses)", "plazo maximo", "meses"),
        ("  TASA   E.A. ", "tasa ea", ""),
        ("Tasa N.A.M.V.", "tasa namv", ""),
        ("Monto [COP]", "monto", "cop"),
        ("amount_min", "amount min", ""),
        ("Línea de\ncrédito:", "linea de credito", ""),
    ],
)
def test_headers_are_normalised(text: str, base: str, unit: str) -> None:
    """Case, accents, spaces and punctuation do not matter; what stands in brackets is kept apart."""
    assert normalise_header(text) == HeaderText(base, unit)


@pytest.mark.parametrize(
    ("text", "fields", "carries"),
    [
        ("Nombre", ("name",), None),
        ("Nombre del producto", ("name",), None),
        ("Product name", ("name",), None),
        ("DESCRIPCIÓN CORTA", ("description_short",), None),
        ("Categoría", ("category",), None),
        ("tipo", ("category",), None),
        ("Monto", ("amount_min", "amount_max"), None),
        ("Monto mínimo (SMMLV)", ("amount_min",), "SMMLV"),
        ("Cupo", ("amount_max",), None),
        ("Tasa", RATES, None),
        ("Tasa E.A.", RATES, "EA"),
        ("Tasa efectiva anual", RATES, "EA"),
        ("Tasa de interés (% E.A.)", RATES, "EA"),
        ("Tasa mínima E.A.", ("rate_min",), "EA"),
        ("Tasa E.A. hasta", ("rate_max",), "EA"),
        ("Tasa M.V.", RATES, "MV"),
        ("Tasa N.A.M.V.", RATES, "NAMV"),
        ("rate_ea_max", ("rate_max",), "EA"),
        ("(calculado) Tasa E.A. mínima", ("rate_min",), "EA"),
        ("Tasa de mora E.A.", ("default_rate",), "EA"),
        ("Plazo", ("term_min", "term_max"), None),
        ("Plazo (meses)", ("term_min", "term_max"), "month"),
        ("Plazo mínimo (meses)", ("term_min",), "month"),
        ("Plazo máximo en años", ("term_max",), "year"),
        ("Meses", ("term_min", "term_max"), "month"),
        ("Term (months)", ("term_min", "term_max"), "month"),
        ("APR", ("total_cost_pct",), None),
        ("CAT sin IVA", ("total_cost_pct",), None),
        ("Desembolso (horas)", ("disbursement_hours",), "hour"),
        ("Seguro ($ por millón)", ("insurance_cost",), "per_million_month"),
        ("Cobertura", ("coverage_area",), None),
        ("Coberturas", ("coverages",), None),
        ("Garantía", ("collateral",), None),
        ("Base de la tasa", ("rate_basis",), None),
        ("id", ("code",), None),
        ("product_id", ("product_id",), None),
        ("Nombre (comercial)", ("name",), None),
    ],
)
def test_headers_fill_their_fields(text: str, fields: tuple[str, ...], carries: str | None) -> None:
    """A header is known by exact synonym, once its basis or unit is set apart."""
    assert said(text) == (fields, carries)


@pytest.mark.parametrize("text", ["Desde", "hasta", "Tope", "Vigencia", "Aval", "Modalidad", "Denominación", "Seguro"])
def test_bare_ambiguous_headers_belong_to_nobody(text: str) -> None:
    """A word several fields share fills none of them, and every full name is suggested."""
    word = load().header(text)
    assert word is not None
    assert word.fills == ()
    assert len(requirements.suggestions(text)) == len(word.between) >= 2


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Desde ($)", "amount_min"),
        ("Hasta (%)", "rate_max"),
        ("Aval (%)", "guarantee_fee_pct"),
        ("Vigencia (meses)", "policy_term_months"),
        ("Tope ($)", "amount_max"),
    ],
)
def test_a_unit_decides_an_ambiguous_header(text: str, field: str) -> None:
    """The unit beside a shared word leaves one field it can mean."""
    assert said(text)[0] == (field,)


@pytest.mark.parametrize(
    ("header", "values", "owner"),
    [
        ("Tipo de tasa", ["E.A.", "M.V."], "rate_basis"),
        ("Tipo de tasa", ["Fija", "variable", ""], "rate_type"),
        ("Modalidad", ["Consumo y ordinario"], "usury_modality"),
        ("Modalidad", ["algo"], None),
        ("Modalidad", [], None),
    ],
)
def test_values_decide_between_closed_lists(header: str, values: list[str], owner: str | None) -> None:
    """Where only one candidate's list knows every value, the column is that field's."""
    word = load().header(header)
    assert word is not None
    assert load().owner(word, values) == owner


@pytest.mark.parametrize("text", ["Tasaa", "Monto (UF)", "Foo", "", "x" * 5000, "Plazo (trimestres)"])
def test_near_misses_are_never_used(text: str) -> None:
    """What is no exact synonym fills nothing."""
    assert said(text)[0] == ()


def test_near_misses_are_suggested() -> None:
    """A slip of the pen gets the name it comes close to."""
    assert "Monto mínimo" in requirements.suggestions("Monto mínimmo")
    assert requirements.suggestions("zzzz qqqq") == ()


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("category", "Persona natural", "INDIVIDUAL"),
        ("category", "PYME", "BUSINESS"),
        ("category", "Seguros", "INSURANCE"),
        ("category", "PFAE", "BUSINESS"),
        ("payment_frequency", "Quincenal", "fortnightly"),
        ("rate_basis", "n.a.m.v.", "NAMV"),
        ("payment_frequency", "catorcenal", "biweekly14"),
        ("product_subtype", "Libranza", "payroll"),
        ("usury_modality", "consumo_y_ordinario", "consumo_ordinario"),
        ("usury_modality", "Consumo y ordinario", "consumo_ordinario"),
        ("status", "Sí", "active"),
        ("country", "México", "MX"),
        ("rate_basis", "N.M.V.", None),
        ("category", "persone", None),
    ],
)
def test_choices_know_their_synonyms(field: str, text: str, value: str | None) -> None:
    """Words people use stand for one canonical value; the rest stand for none, N.M.V. among them."""
    assert load().choice(field, text) == value


def test_a_finding_carries_its_rule() -> None:
    """Severity, effect and source come from the rule; place, value and facts from the caller."""
    made = requirements.finding(
        "name.too_long",
        sheet="Productos",
        row=14,
        column="B",
        field="name",
        product="LIB-1",
        value="x",
        facts={"n": 118},
    )
    assert made == Finding(
        "name.too_long",
        "error",
        "holds_listing",
        "documented",
        "Productos",
        14,
        "B",
        "name",
        "LIB-1",
        "x",
        (("n", 118),),
    )


def test_a_finding_without_its_facts_is_a_bug() -> None:
    """A message that could not be filled is refused where the finding is made."""
    with pytest.raises(KeyError, match="readings"):
        requirements.finding("rate.ambiguous", value="0.249")
    with pytest.raises(KeyError):
        requirements.finding("name.nonsense")


def test_a_fault_nobody_expected_still_has_words() -> None:
    """Any fault of any field's cells resolves, so that an odd cell cannot stop a check."""
    made = requirements.finding("insurer.two_values", field="insurer", value="a b")
    assert (made.severity, made.effect, made.source) == ("error", "holds_listing", "assumed")
    assert "insurer.two_values" not in requirements.codes()


def test_settings_change_assumed_rules_only() -> None:
    """An assumed rule takes another severity, with its effect; a documented or unknown one is refused in words."""
    changed = load().with_overrides({"legal_text.missing": "error", "amount.unreadable": "warning"})
    assert changed.rule("legal_text.missing").effect == "holds_listing"
    assert changed.finding("amount.unreadable", value="x").effect == "none"
    assert load().rule("amount.unreadable").severity == "error"
    with pytest.raises(SettingsError, match="documents"):
        load().with_overrides({"name.too_long": "warning"})
    with pytest.raises(SettingsError, match=r"rate\.above_usury"):
        load().with_overrides({"rate.above_usry": "warning"})
    with pytest.raises(SettingsError, match="severity"):
        load().with_overrides({"legal_text.missing": "fatal"})


def test_the_page_of_requirements_is_true() -> None:
    """docs/requirements.md is what the requirements print today."""
    assert DOCS.read_text(encoding="utf-8") == requirements_markdown("es")


@pytest.mark.parametrize("lang", ["es", "en"])
def test_every_code_has_its_anchor(lang: str) -> None:
    """Each finding code stands once on the page, under an anchor of its own name."""
    page = requirements_markdown(lang)
    assert all(page.count(f'<a id="{code}"></a>') == 1 for code in requirements.codes())
    listed = requirements_text(lang)
    assert all(code in listed for code in requirements.codes())


def test_the_json_document_names_everything() -> None:
    """The machine-readable form has every field and code with its source."""
    document = requirements_json()
    assert {rule["code"] for rule in document["rules"]} == set(requirements.codes())
    assert {field["source"] for field in document["fields"]} == {"documented", "assumed"}
    assert [f["limits"] for f in document["fields"] if f["name"] == "age_min"] == [{"low": "18", "high": "75"}]


def test_what_is_kept_ready_is_what_the_file_says(tmp_path: Path) -> None:
    """Made once and kept; another text is never served what was kept of the first."""
    made: list[str] = []

    def make(text: str) -> str:
        made.append(text)
        return text.upper()

    assert [ready(text, make, tmp_path / "kept") for text in ("uno", "uno", "dos", "dos")] == [
        "UNO",
        "UNO",
        "DOS",
        "DOS",
    ]
    assert made == ["uno", "dos"]
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_what_cannot_be_kept_or_is_torn_is_made_anew(tmp_path: Path) -> None:
    """A damaged file beside the compiled code, or no place for one, changes no answer."""
    assert ready("uno", str.upper, tmp_path) == "UNO"
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-3])
    assert ready("uno", str.upper, tmp_path) == "UNO"
    (tmp_path / "file").write_text("")
    assert ready("dos", str.upper, tmp_path / "file") == "DOS"


def test_the_requirements_come_back_whole(tmp_path: Path) -> None:
    """As kept, they answer as the parsed file does."""
    parsed = ready(TOML, parse, tmp_path)

    def never(_text: str) -> Requirements:
        raise AssertionError("they were kept")

    kept = ready(TOML, never, tmp_path)
    assert kept is not parsed
    for name in ("version", "fields", "subjects", "rules", "unexpected", "headers", "units", "choices", "campaign"):
        assert getattr(kept, name) == getattr(parsed, name), name
