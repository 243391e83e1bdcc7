"""`vitrina cost …` and `vitrina reference …`: the figures behind the checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import global_options
from pipeline.cli.files import existing
from pipeline.cli.session import Session, session
from schemas.errors import WrongUse

if TYPE_CHECKING:
    from catalog.reference import LineFault

BASES = click.Choice(["EA", "MV", "MA", "NAMV", "NATV", "TA", "SV", "DAILY", "NA_SIMPLE"], case_sensitive=False)
FREQUENCIES = click.Choice(["weekly", "biweekly14", "fortnightly", "monthly", "bullet"])
UNITS = click.Choice(["month", "fortnight", "week", "day", "year"])


class Figure(click.ParamType):  # type: ignore[type-arg] # generic only to the type checker
    """A number written with a point or a comma for its decimals; never read as thousands."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        text = str(value).strip().removesuffix("%").strip()
        try:
            number = Decimal(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise WrongUse(
                f"“{value}” is no number; write it as 24.9.", es=f"«{value}» no es un número; escríbalo como 24.9."
            )
        if abs(number.adjusted()) > _FARTHEST:
            raise WrongUse(
                f"“{value}” is no figure of a loan; check its zeros.",
                es=f"«{value}» no es una cifra de un crédito; revise sus ceros.",
            )
        return number


_FARTHEST = 30
"""Powers of ten: a few letters may name a number of a thousand million digits."""


FIGURE = Figure()


@contextmanager
def _answered() -> Iterator[None]:
    """A question without an answer is wrong use, and the reason is said."""
    from catalog import cost

    try:
        yield
    except cost.NoAnswer as fault:
        reasons = {
            "basis": "no se conoce esa base",
            "not_a_number": "no es una cifra",
            "too_low": "con esa tasa se perdería todo el préstamo",
            "too_high": "la cifra es más alta que cualquier costo posible",
            "periods": "con ese plazo no hay préstamo",
            "frequency": "esa frecuencia no tiene un intervalo fijo",
            "amount": "no se presta nada",
            "no_payments": "no hay pagos",
            "not_a_loan": "se paga antes de recibir el dinero",
            "zero_rate": "se paga exactamente lo recibido: no hay costo",
            "negative_rate": "se paga menos de lo recibido",
            "several_answers": "el dinero va y viene: hay más de una tasa posible",
        }
        es = reasons.get(fault.reason, "no hay una respuesta con sentido")
        raise WrongUse(f"There is no answer: {fault}.", es=f"No hay respuesta: {es}.") from None


def _give(own: Session, name: str, value: Decimal, unit: str) -> None:
    from schemas.product import as_text

    own.say(f"{as_text(value)}{unit}")
    own.document({name: as_text(value)})


@click.group()
@global_options
def cost() -> None:
    """The calculator behind the checks. Percent is percent (24.9); money is in its currency."""


@cost.command("rate")
@click.argument("rate", type=FIGURE)
@click.option("--from", "source", type=BASES, required=True, help="The basis the rate is quoted in.")
@click.option("--to", "target", type=BASES, required=True, help="The basis to say it in.")
@click.option(
    "--periods", type=click.Choice(["12", "24", "26", "52"]), help="Periods a year of NA_SIMPLE (default: 12)."
)
@global_options
@click.pass_context
def cost_rate(ctx: click.Context, rate: Decimal, source: str, target: str, periods: str | None) -> None:
    """Say RATE, quoted in one basis, in another: `vitrina cost rate 1.9 --from MV --to EA`."""
    from catalog import cost as credit

    own = session(ctx)
    with _answered():
        value = credit.convert(rate, source.upper(), target.upper(), periods=int(periods) if periods else None)
    _give(own, "rate", value, " %")


@cost.command("payment")
@click.option("--amount", type=FIGURE, required=True, help="What is lent.")
@click.option("--rate", type=FIGURE, required=True, help="Percent, in --basis.")
@click.option("--basis", type=BASES, required=True)
@click.option("--term", type=click.IntRange(min=1), required=True, help="How many units of --unit.")
@click.option("--unit", type=UNITS, default="month", show_default=True)
@click.option("--frequency", type=FREQUENCIES, help="How often it is paid (default: what the unit says).")
@global_options
@click.pass_context
def cost_payment(
    ctx: click.Context, amount: Decimal, rate: Decimal, basis: str, term: int, unit: str, frequency: str | None
) -> None:
    """The level payment of a loan, unrounded."""
    from catalog import cost as credit

    own = session(ctx)
    with _answered():
        loan = credit.Loan(
            amount=amount, rate=rate, basis=basis.upper(), term=term, term_unit=unit, frequency=frequency
        )
        value = credit.payment(loan)
    _give(own, "payment", value, "")


@cost.command("apr")
@click.option("--flows", type=click.Path(path_type=Path), required=True, help='JSON: {"t0", "regular", "extra"}.')
@global_options
@click.pass_context
def cost_apr(ctx: click.Context, flows: Path) -> None:
    """The all-in annual cost (CAT, VTUA) of the flows in a file."""
    from catalog import cost as credit

    own = session(ctx)
    try:
        text = existing(flows).read_text("utf-8")
    except UnicodeDecodeError:
        raise WrongUse(f"{flows} is no UTF-8 text.", es=f"{flows} no es un texto UTF-8.") from None
    with _answered():
        value = credit.apr(credit.parse_flows(text))
    _give(own, "apr", value, " %")


@cost.command("cap")
@click.option(
    "--modality", required=True, help="consumo_ordinario, productivo_rural … or as the certificate writes it."
)
@click.option("--month", required=True, metavar="YYYY-MM")
@global_options
@click.pass_context
def cost_cap(ctx: click.Context, modality: str, month: str) -> None:
    """The certified usury cap of a modality and month, percent E.A."""
    from catalog import reference as tables

    own = session(ctx)
    name = tables.modality_of(modality)
    if name is None:
        known = ", ".join(tables.MODALITIES)
        raise WrongUse(
            f"No modality is called «{modality}»; they are {known}.",
            es=f"No hay una modalidad «{modality}»; son {known}.",
        )
    value = tables.load(own.settings.home).cap_for(name, month)
    if value is None:
        raise _no_cap(name, tables.month_span(month)[0])
    _give(own, "cap", value, " % E.A.")


def _no_cap(modality: str, month: date) -> WrongUse:
    from schemas import wording
    from schemas.wording.facts import styled

    of_es, of_en = (styled(modality, "modality", lang, None) for lang in ("es", "en"))
    return WrongUse(
        f"No certified cap is loaded for {of_en} in {wording.month(month, 'en')}; load it with “vitrina reference "
        "import FILE”.",
        es=f"No hay un tope certificado de {of_es} para {wording.month(month)}; cárguelo con «vitrina reference import "
        "ARCHIVO».",
    )


@click.group()
@global_options
def reference() -> None:
    """Dated reference tables: usury caps, SMMLV, UVT, UDI, UMA, IBR, DTF, TIIE."""


@reference.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@global_options
@click.pass_context
def reference_import(ctx: click.Context, file: Path) -> int:
    """Add the values of a CSV, all or nothing; a known value is never overwritten.

    Kinds: IBC (certified interest, percent E.A., by modality: the usury cap is 1.5 times it), SMMLV, UVT, UVR, UDI,
    UMA, IBR, DTF, TIIE. Instead of both days, a column `month` may hold 2026-11. The open-data table of certified
    interest is read as it is downloaded. Headers in English, or in Spanish (figures are examples):

    \b
    kind,modality,valid_from,valid_to,value,source
    IBC,consumo_ordinario,2027-01-01,2027-01-31,17.66,Superintendencia Financiera
    \b
    indicador,modalidad,desde,hasta,valor,fuente
    SMMLV,,2027-01-01,2027-12-31,1900000,Decreto
    """
    from catalog import reference as tables

    own = session(ctx)
    report = tables.import_file(existing(file), own.settings.home)
    if report.ok:
        own.say(_taken(report.added, report.known, own.lang))
    for fault in report.faults:
        click.echo(tables.sentence(fault, own.lang), err=True)
    if any(fault.line == 0 for fault in report.faults):  # the file as a whole is of another form
        click.echo(tables.looks_like(own.lang), err=True)
    if not report.ok:
        click.echo(_refused(report.faults, report.fault_count, own.lang), err=True)
    own.document(
        {
            "added": report.added,
            "known": report.known,
            "unused": report.unused,
            "faults": [{"line": fault.line, "message": tables.sentence(fault, own.lang)} for fault in report.faults],
        }
    )
    return 0 if report.ok else 1


def _taken(added: int, known: int, lang: str) -> str:
    if lang == "es":
        new = "Se agregó 1 valor" if added == 1 else f"Se agregaron {added} valores"
        return f"{new}; {known} ya se {'conocía' if known == 1 else 'conocían'}."
    new = "1 value was added" if added == 1 else f"{added} values were added"
    return f"{new}; {known} {'was' if known == 1 else 'were'} known already."


def _refused(faults: Sequence[LineFault], count: int, lang: str) -> str:
    """What became of the file: nothing, and how many lines ask for a mend."""
    if any(fault.line == 0 for fault in faults):
        return _NOTHING_LOADED[lang]
    if lang == "es":
        return f"{_NOTHING_LOADED[lang]} Por corregir: {count} {'línea' if count == 1 else 'líneas'}."
    return f"{_NOTHING_LOADED[lang]} To mend: {count} {'line' if count == 1 else 'lines'}."


_NOTHING_LOADED = {
    "es": "No se cargó nada; los valores que ya estaban siguen igual.",
    "en": "Nothing was loaded; the values known before stay as they were.",
}
