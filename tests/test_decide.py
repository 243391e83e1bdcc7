"""The default engine, prices and campaigns: pure; and what an engine may not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product as every
from pathlib import Path
from typing import Any

import pytest

from leads.decide import Decision, Engine, Offered, PublishedTerms, Question, Taken, closed, defects, load_engine, price
from leads.shelf import read_shelf
from schemas.errors import SettingsError
from schemas.lead import Applicant
from schemas.product import Campaign, Product
from tests.command import vitrina_here
from tests.serving import ANA, ROOT, loan, shown_engine

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
TODAY = date(2026, 11, 22)
TOMORROW = NOW + timedelta(days=1)


def decide(product: Product | None = None, **changes: Any) -> Decision:
    """The default engine's decision; `amount` and `term` of the question, the rest of the applicant."""
    amount, term = Decimal(changes.pop("amount", "5000000")), changes.pop("term", 36)
    said = {name: value for name, value in {**ANA, **changes}.items() if value is not None}
    question = Question("claro_1", amount, term, Applicant.model_validate(said), NOW, TODAY)
    return PublishedTerms().decide(question, product or loan())


def test_what_lies_inside_is_approved_at_the_highest_published_rate() -> None:
    """$5.000.000 in 36 months at 24,34 % E.A.: 36 payments of $190.911; without fees the cost is the rate."""
    said = decide()
    (offer,) = said.offers
    assert (said.verdict, said.reasons) == ("approved", ())
    assert (offer.rate, offer.rate_basis, offer.rate_ea) == (Decimal("24.34"), "EA", Decimal("24.34"))
    assert (offer.payment, offer.total_payment, offer.total_cost_ea) == (
        Decimal(190_911), Decimal(6_872_777), Decimal("24.34"),
    )  # fmt: skip
    assert offer.valid_until == TOMORROW


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": "999999.99"}, "amount_too_low"),
        ({"amount": "50000000.01"}, "amount_too_high"),
        ({"term": 11}, "term_too_short"),
        ({"term": 61}, "term_too_long"),
        ({"birthDate": "2008-11-23"}, "age_too_low"),
        ({"birthDate": "1950-11-22"}, "age_too_high"),
        ({"monthlyIncome": "1299999.99"}, "income_too_low"),
        ({"monthlyIncome": 0}, "income_too_low"),
        ({"applicantType": "legal"}, "applicant_type"),
    ],
)
def test_what_lies_outside_is_declined_with_a_stable_code(changes: dict[str, Any], code: str) -> None:
    """Each limit by itself, without offers, in both languages."""
    said = decide(**changes)
    assert (said.verdict, said.offers, [reason.code for reason in said.reasons]) == ("rejected", (), [code])
    assert said.reasons[0].say("es") != said.reasons[0].say("en")


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "1000000"}, {"amount": "50000000"}, {"term": 12}, {"term": 60}, {"birthDate": "2008-11-22"},
        {"birthDate": "1950-11-23"}, {"monthlyIncome": "1300000"},
    ],
)  # fmt: skip
def test_the_limits_themselves_are_inside(changes: dict[str, Any]) -> None:
    """Amount, term, the birthday itself, the last day before the age is exceeded, income."""
    assert decide(**changes).verdict == "approved"


def test_every_reason_against_is_told_at_once() -> None:
    """Nobody has to ask again and again to learn the next one."""
    codes = [reason.code for reason in decide(amount="1", term=600, monthlyIncome="1").reasons]
    assert codes == ["amount_too_low", "term_too_long", "income_too_low"]


@pytest.mark.parametrize(
    ("member", "code"), [("birthDate", "birth_date_not_stated"), ("monthlyIncome", "income_not_stated")]
)
def test_what_is_not_said_makes_a_pre_approval(member: str, code: str) -> None:
    """A requirement that cannot be held against anything is named, not guessed."""
    said = decide(**{member: None})
    assert (said.verdict, [reason.code for reason in said.reasons], len(said.offers)) == ("pre_approved", [code], 1)


def test_a_product_without_a_rate_and_insurance_are_for_a_person() -> None:
    """Nothing is offered that cannot be priced."""
    indexed = loan(rate_min=None, rate_max=None, rate_basis=None, rate_index="IBR", rate_spread=Decimal(10))
    cover = loan(category="INSURANCE", sum_insured_min=Decimal(1), sum_insured_max=Decimal(10**9), amount_min=None)
    for product in (indexed, cover):
        assert (decide(product).verdict, decide(product).offers) == ("review", ())


def test_a_business_product_is_for_a_business() -> None:
    """Assumed where the product does not say."""
    shop = loan(category="BUSINESS", applicant_type=(), age_min=None, age_max=None)
    assert decide(shop).verdict == "rejected"
    assert decide(shop, applicantType="natural_with_business").verdict == "approved"


@pytest.mark.parametrize(
    ("unit", "least", "most", "inside", "outside"),
    [("week", 13, 26, (3, 6), (2, 7)), ("fortnight", 6, 12, (3, 6), (2, 7)), ("day", 30, 90, (1, 3), (4,)),
     ("year", 1, 5, (12, 60), (11, 61))],
)  # fmt: skip
def test_terms_in_other_units_are_compared_in_months(
    unit: str, least: int, most: int, inside: tuple[int, ...], outside: tuple[int, ...]
) -> None:
    """A month has 30 days, a year 52 weeks and 24 fortnights."""
    product = loan(term_unit=unit, term_min=least, term_max=most)
    assert {decide(product, term=term).verdict for term in inside} == {"approved"}
    assert {decide(product, term=term).verdict for term in outside} == {"rejected"}


def test_fees_and_insurance_make_the_cost_higher_than_the_rate() -> None:
    """As the published example is priced: fees out of the loan, insurance with every payment, pesos without cents."""
    dear = loan(origination_fee_pct=Decimal(3), insurance_cost=Decimal("0.1"), insurance_unit="pct_month")
    (offer,) = decide(dear).offers
    assert offer.total_cost_ea is not None
    assert offer.payment is not None
    assert offer.total_cost_ea > Decimal("28")
    assert offer.payment == Decimal(195_911)


def test_mexican_money_has_cents_and_weekly_payments_are_named() -> None:
    """MXN with two decimals; a payment that is no month's says whose it is."""
    product = loan(currency="MXN", country="MX", payment_frequency=("weekly",), term_unit="week", term_max=260)
    (offer,) = decide(product).offers
    assert offer.payment is not None
    assert offer.payment.as_tuple().exponent == -2
    assert offer.frequency == "weekly"


def test_an_offer_ends_with_its_product() -> None:
    """A day, or until the product's own last day is over."""
    (offer,) = decide(loan(valid_to=TODAY)).offers
    assert NOW < offer.valid_until < TOMORROW


CAMPAIGN = Campaign(product="LIB-001", start=TODAY, end=TODAY + timedelta(days=2), daily_cap=2, total_cap=5)


@pytest.mark.parametrize(
    ("day", "taken", "code"),
    [
        (0, Taken(0, 0), None),
        (2, Taken(1, 4), None),
        (-1, Taken(0, 0), "campaign_closed"),
        (3, Taken(0, 0), "campaign_closed"),
        (1, Taken(2, 2), "campaign_full_today"),
        (1, Taken(0, 5), "campaign_full"),
    ],
)
def test_campaigns_open_and_fill(day: int, taken: Taken, code: str | None) -> None:
    """Both ends included; the day's cap and the window's."""
    reason = closed([CAMPAIGN], TODAY + timedelta(days=day), taken)
    assert (None if reason is None else reason.code) == code


def test_a_product_without_campaigns_is_always_offered() -> None:
    """And an open window has no ends."""
    assert closed([], TODAY, Taken(9, 9)) is None
    assert closed([Campaign(product="LIB-001")], TODAY, Taken(9, 9)) is None


GOOD = Offered(amount=Decimal(5_000_000), term_months=36, rate=Decimal("20"), rate_basis="EA", valid_until=TOMORROW)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"amount": Decimal(50_000_001)}, "amount_outside"),
        ({"term_months": 61}, "term_outside"),
        ({"rate": Decimal("24.35")}, "rate_outside"),
        ({"rate": Decimal("16.07")}, "rate_outside"),
        ({"rate": Decimal("2"), "rate_basis": "MV"}, "rate_outside"),
        ({"rate": Decimal("20"), "rate_basis": "??"}, "rate_outside"),
        ({"valid_until": NOW}, "expired"),
        ({"valid_until": datetime(2027, 1, 1)}, "not_exact"),  # noqa: DTZ001 - the very fault
        ({"rate": 20.0}, "not_exact"),
        ({"payment": Decimal("190911.123")}, "not_exact"),
        ({"payment": Decimal("NaN")}, "not_exact"),
        ({"amount": Decimal("1e400")}, "not_exact"),
        ({"amount": None}, "not_exact"),
        ({"rate": None}, "not_exact"),
        ({"amount": Decimal(10) ** 15}, "not_exact"),
        ({"payment": Decimal(-1)}, "not_exact"),
        ({"total_payment": Decimal("-0")}, "not_exact"),
    ],
)
def test_an_offer_outside_what_is_published_is_a_defect(changes: dict[str, Any], word: str) -> None:
    """Amount, term, rate in its own basis or another, floats, naive moments: each is named, without its value."""
    assert defects(Decision("approved", (replace(GOOD, **changes),)), loan(), NOW) == (word,)


def test_decisions_that_contradict_themselves_are_defects() -> None:
    """Approved without an offer, rejected with one, another verdict, no decision at all."""
    assert defects(Decision("approved", (GOOD,)), loan(), NOW) == ()
    assert defects(Decision("approved", (replace(GOOD, rate=Decimal("1.8"), rate_basis="MV"),)), loan(), NOW) == ()
    for wrong in (Decision("approved"), Decision("rejected", (GOOD,)), Decision("maybe"), {"decision": "approved"}):  # type: ignore[arg-type]
        assert defects(wrong, loan(), NOW) != ()


def test_whatever_the_default_engine_offers_is_published() -> None:
    """It never has to be refused: at the ends of every range and in every basis."""
    for basis, rate in (("EA", "24.34"), ("MV", "1.9"), ("NAMV", "22.8"), ("TA", "20"), ("NA_SIMPLE", "42")):
        product = loan(rate_basis=basis, rate_min=Decimal(rate), rate_max=Decimal(rate))
        for amount in ("1000000", "50000000"):
            for term in (12, 60):
                assert defects(decide(product, amount=amount, term=term), product, NOW) == ()


def test_an_engine_prices_at_a_rate_of_its_own() -> None:
    """`price` takes any rate in the product's basis, zero too."""
    for rate in (Decimal("18.5"), Decimal(0)):
        offer = price(loan(), Decimal(1_200_000), 12, valid_until=TOMORROW, rate=rate)
        assert offer is not None
        assert offer.rate == rate
    assert offer.payment == Decimal(100_000)
    assert offer.total_cost_ea == 0


@pytest.mark.parametrize(
    "name", ["no.such:thing", "nada", "leads.decide:nothing", "decimal:Decimal", "tests.serving:ANA"]
)
def test_an_engine_that_cannot_be_had_is_said_in_one_line(name: str) -> None:
    """The setting, how it is written, and no traceback of the Lender's own."""
    with pytest.raises(SettingsError, match="VITRINA_ENGINE") as refused:
        load_engine(name)
    assert "\n" not in refused.value.say("es")


def test_a_module_the_engine_imports_is_told_apart_from_a_misspelt_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The missing module is named, in a sentence that does not ask for another VITRINA_ENGINE."""
    (tmp_path / "motor_que_importa.py").write_text("import modulo_ausente\n")
    (tmp_path / "motor_que_termina.py").write_text("raise SystemExit('canario')\n")
    monkeypatch.syspath_prepend(tmp_path)
    said = {}
    for name in ("motor_que_importa:Motor", "motor_que_importe:Motor", "motor_que_termina:Motor"):
        with pytest.raises(SettingsError) as refused:
            load_engine(name)
        said[name.partition(":")[0]] = refused.value.say("es")
    inside, misspelt, ended = said.values()
    assert ("módulo modulo_ausente, que no está instalado" in inside, "escriba" in inside) == (True, False)
    assert "nombra un módulo que no existe; escriba módulo:nombre" in misspelt
    assert ("SystemExit" in ended, "canario" in ended) == (True, False)


def test_an_engine_is_an_object_or_a_class() -> None:
    """A class is made without arguments; without a name there is the default one."""
    assert isinstance(load_engine("leads.decide:PublishedTerms"), PublishedTerms)
    assert isinstance(load_engine(None), PublishedTerms)


def readme_engine() -> Engine:
    """The engine that the README shows, made."""
    names: dict[str, Any] = {}
    exec(shown_engine(), names)
    engine: Engine = names["Salaried"]()
    return engine


def test_the_engine_in_the_readme_answers_whatever_is_asked_of_the_readmes_workbook(tmp_path: Path) -> None:
    """Every product of it, loans without a rate and insurance too, asked within and beyond its limits: no defect."""
    examples, home = ROOT / "data" / "examples", tmp_path / "var"
    words = ("--config", examples / "vitrina.toml", "sync", examples / "productos.xlsx", "--no-review")
    assert vitrina_here(*words, folder=tmp_path).code == 0
    shelf, engine, verdicts = read_shelf(home / "published"), readme_engine(), set()
    unpriced = loan(rate_min=None, rate_max=None, rate_basis=None, rate_ea_min=None, rate_ea_max=None)
    for product in (*shelf.products.values(), unpriced, loan(amount_min=None), loan(rate_min=None)):
        for amount, term, income in every((1, 10**6, 5 * 10**6, 10**8, 10**12), (1, 12, 36, 600), (None, "4500000")):
            applicant = Applicant.model_validate({**ANA, "monthlyIncome": income})
            question = Question("claro_1", Decimal(amount), term, applicant, NOW, TODAY)
            decision = engine.decide(question, product)
            assert defects(decision, product, NOW) == (), (product.code, amount, term)
            verdicts.add((product.category == "INSURANCE", decision.verdict))
    assert verdicts >= {(False, "pre_approved"), (False, "rejected"), (False, "review"), (True, "review")}


def test_the_engine_in_the_readme_runs() -> None:
    """What the README shows is a working engine: it declines, prices at two rates, and offers nothing unpublished."""
    engine = readme_engine()
    for amount, verdict, rate in (("2000000", "pre_approved", "24.34"), ("20000000", "pre_approved", "16.08"),
                                  ("54000000.01", "rejected", None)):  # fmt: skip
        product = loan(amount_max=None)
        question = Question("claro_1", Decimal(amount), 36, Applicant.model_validate(ANA), NOW, TODAY)
        decision = engine.decide(question, product)
        assert (decision.verdict, defects(decision, product, NOW)) == (verdict, ())
        assert [str(offer.rate) for offer in decision.offers] == ([rate] if rate else [])
