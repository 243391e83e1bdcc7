"""Seeded product workbooks: `mixed` (loans and insurance, two countries) and `loans` (every money rule has work).

About 3 % of the rows carry one or two faults of twenty kinds. The same seed gives the same rows everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

DATA = Path(__file__).resolve().parent / "data"
SEED = 20261122
AS_OF = "2026-08-15"
"""The day every check of a benchmark is made for: caps of that month are among the shipped tables."""
FAULTY_SHARE = 0.03

Value = str | int | float | None
Row = dict[str, Value]

MIXED = (
    "Código", "Nombre", "Descripción corta", "Descripción larga", "Categoría", "País", "Moneda", "Monto mínimo",
    "Monto máximo", "Tasa", "Base de la tasa", "Plazo mínimo", "Plazo máximo", "Unidad de plazo", "Edad mínima",
    "Edad máxima", "URL", "Requisitos", "Estado", "Vigencia desde", "Comisión de apertura (%)", "Aseguradora", "Prima",
    "Periodicidad de la prima",
)  # fmt: skip
LOANS = (
    "Código", "Nombre", "Descripción corta", "Descripción larga", "Categoría", "País", "Moneda", "Monto mínimo",
    "Monto máximo", "Tasa E.A.", "Modalidad de crédito", "Plazo mínimo", "Plazo máximo", "Unidad de plazo",
    "Frecuencia de pago", "Edad mínima", "Edad máxima", "Vigencia desde", "Comisión de apertura (%)", "Fianza (%)",
    "Seguro asociado", "Unidad del seguro", "Monto del ejemplo", "Plazo del ejemplo (meses)", "Cuota mensual",
    "Total a pagar",
)  # fmt: skip
FIGURES = frozenset(
    (
        "Monto mínimo", "Monto máximo", "Tasa", "Tasa E.A.", "Plazo mínimo", "Plazo máximo", "Edad mínima",
        "Edad máxima", "Comisión de apertura (%)", "Prima", "Fianza (%)", "Seguro asociado", "Monto del ejemplo",
        "Plazo del ejemplo (meses)", "Cuota mensual", "Total a pagar",
    )
)  # fmt: skip
WORDS = (
    "crédito préstamo libranza tasa fija cuota mensual plazo flexible desembolso rápido sin codeudor cliente nómina "
    "pensión solicitud aprobación en línea documentos ingresos mínimos seguro de vida asesoría respaldo garantía "
    "condiciones sujetas a estudio personal empresa capital trabajo inversión hogar educación vehículo salud ahorro "
    "beneficio exclusivo pago anticipado descuento comisión costo total anual según perfil México Colombia"
).split()


def sentence(random: Random, words: int) -> str:
    """So many words, a capital letter, a full stop."""
    text = " ".join(random.choice(WORDS) for _ in range(words))
    return text[0].upper() + text[1:] + "."


def simple_html(random: Random, low: int, high: int) -> str:
    """Paragraphs, lists, line breaks and an entity now and then: about `low` to `high` characters."""
    target, pieces, size = random.randint(low, high), list[str](), 0
    while size < target:
        piece = _block(random)
        if size + len(piece) > high:
            break
        pieces.append(piece)
        size += len(piece)
    return "".join(pieces) or f"<p>{sentence(random, 20)}</p>"


def _block(random: Random) -> str:
    kind = random.random()
    if kind < 0.55:
        first, bold = sentence(random, random.randint(8, 22)), random.choice(WORDS)
        return f"<p>{first} <strong>{bold}</strong> &amp; {sentence(random, 6)}</p>"
    if kind < 0.8:
        items = (f"<li>{sentence(random, random.randint(3, 7))}</li>" for _ in range(random.randint(2, 4)))
        return f"<ul>{''.join(items)}</ul>"
    return f"<p><em>{sentence(random, 8)}</em><br>{sentence(random, 8)}</p>"


def _common(random: Random, i: int) -> Row:
    colombian = random.random() < 0.6
    low = random.choice([100_000, 500_000, 1_000_000]) if colombian else random.choice([1_000, 2_000, 5_000])
    shortest = random.choice([1, 3, 6, 12])
    country = "CO" if colombian else "MX"
    return {
        "Código": f"{country}-{i:06d}",
        "Nombre": f"{random.choice(WORDS).capitalize()} {random.choice(WORDS)} {i}",
        "Descripción corta": sentence(random, random.randint(6, 25)),
        "Descripción larga": simple_html(random, 300, 1500),
        "País": country,
        "Moneda": "COP" if colombian else "MXN",
        "Monto mínimo": low,
        "Monto máximo": low * random.choice([2, 5, 10, 50]),
        "Plazo mínimo": shortest,
        "Plazo máximo": shortest * random.choice([2, 4, 6]),
        "Unidad de plazo": "meses",
        "Edad mínima": random.choice([18, 20, 21]),
        "Edad máxima": random.choice([65, 70, 75]),
        "Vigencia desde": f"20{random.randint(24, 26)}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}",
        "Comisión de apertura (%)": round(random.uniform(1.05, 5), 2),
    }


_RATES = {
    "CO": (("E.A.", 12, 27), ("M.V.", 1.05, 2), ("N.A.M.V.", 12, 24)),
    "MX": (("anual simple", 20, 90), ("E.A.", 20, 90)),
}


def mixed_row(random: Random, i: int) -> Row:
    """A loan (two in three) or an insurance product, Colombian (six in ten) or Mexican."""
    row = _common(random, i)
    country = str(row["País"])
    basis, lowest, highest = random.choice(_RATES[country])
    items = (sentence(random, random.randint(3, 8)) for _ in range(random.randint(2, 6)))
    row |= {
        "Categoría": random.choice(["INDIVIDUAL", "BUSINESS", "INSURANCE"]),
        "Tasa": round(random.uniform(lowest, highest), 2),
        "Base de la tasa": basis,
        "URL": f"https://www.prestamista.example/{country.lower()}/producto-{i:06d}",
        "Requisitos": "; ".join(items),
        "Estado": random.choice(["activo", "activo", "activo", "en pausa"]),
    }
    if row["Categoría"] == "INSURANCE":
        row |= dict.fromkeys(("Tasa", "Base de la tasa", "Plazo mínimo", "Plazo máximo", "Unidad de plazo"))
        row |= {"Aseguradora": "Seguros Ejemplo S.A.", "Prima": int(str(row["Monto mínimo"])) // 20}
        row["Periodicidad de la prima"] = random.choice(["mensual", "anual"])
    return row


def loan_row(random: Random, i: int) -> Row:
    """A Colombian loan with fees, insurance and a representative example that adds up."""
    row = _common(random, i)
    low, fee = random.choice([100_000, 500_000, 1_000_000]), round(random.uniform(1.05, 2), 2)
    rate, term = round(random.uniform(12, 22), 2), int(str(row["Plazo máximo"]))
    amount, surety = low * random.choice([1, 2]), round(random.uniform(1.1, 2), 1)
    insured = random.choice([900, 1200, 1500])
    payment = round(_payment(amount, rate, term) + amount * insured / 1_000_000)
    return row | {
        "Código": f"CO-{i:06d}",
        "Categoría": random.choice(["INDIVIDUAL", "BUSINESS"]),
        "País": "CO",
        "Moneda": "COP",
        "Vigencia desde": f"2025-{random.randint(1, 12):02d}-01",
        "Monto mínimo": low,
        "Monto máximo": low * random.choice([2, 5, 10, 50]),
        "Tasa E.A.": rate,
        "Modalidad de crédito": "consumo y ordinario",
        "Frecuencia de pago": "mensual",
        "Comisión de apertura (%)": fee,
        "Fianza (%)": surety,
        "Seguro asociado": insured,
        "Unidad del seguro": "por millón",
        "Monto del ejemplo": amount,
        "Plazo del ejemplo (meses)": term,
        "Cuota mensual": payment,
        "Total a pagar": round(payment * term + amount * (fee + surety) / 100),
    }


def _payment(amount: int, annual: float, months: int) -> float:
    monthly = (1 + annual / 100) ** (1 / 12) - 1
    return float(amount * monthly / (1 - (1 + monthly) ** -months))


_ODD_AMOUNTS: tuple[Value, ...] = ("$ 100.000", "n/d", -5)
_ODD_RATES: tuple[Value, ...] = ("12,5%", 950, None)
_FAULTS: tuple[Callable[[Random, Row], Mapping[str, Value]], ...] = (
    lambda r, row: {"Código": "CO-000000"},
    lambda r, row: {"Código": f"{row['Código']} ñ"},
    lambda r, row: {"Nombre": f"{row['Nombre']}{' x' * 60}"},
    lambda r, row: {"Nombre": None},
    lambda r, row: {"Descripción corta": sentence(r, 120)[:700]},
    lambda r, row: {"Descripción larga": simple_html(r, 3100, 4200)},
    lambda r, row: {"Descripción larga": f"{row['Descripción larga']}<script>alert(1)</script>"},
    lambda r, row: {"Categoría": r.choice(["individual", "OTRA", None])},
    lambda r, row: {"Moneda": "USD"},
    lambda r, row: {"Moneda": "MXN" if row["País"] == "CO" else "COP"},
    lambda r, row: {"Monto mínimo": r.choice(_ODD_AMOUNTS)},
    lambda r, row: {"Monto máximo": 1},
    lambda r, row: {_rate(row): r.choice(_ODD_RATES)},
    lambda r, row: {_rate(row): "según perfil"},
    lambda r, row: {"Plazo mínimo": row["Plazo máximo"], "Plazo máximo": row["Plazo mínimo"]},
    lambda r, row: {"Plazo máximo": 9999},
    lambda r, row: dict([("URL", "http://insegura.example/x") if "URL" in row else ("Cuota mensual", 1)]),
    lambda r, row: {"Edad mínima": 16},
    lambda r, row: {"Vigencia desde": "31/31/2025"},
    lambda r, row: {"Nombre": "CrÃ©dito personal"},
)


def _rate(row: Row) -> str:
    return "Tasa E.A." if "Tasa E.A." in row else "Tasa"


def rows(make: Callable[[Random, int], Row], count: int) -> Iterator[Row]:
    """`count` rows, some of them spoiled."""
    random = Random(SEED)
    for i in range(count):
        row = make(random, i)
        if random.random() < FAULTY_SHARE:
            for _ in range(random.choice([1, 1, 1, 2])):
                row |= random.choice(_FAULTS)(random, row)
        yield row


_KINDS: Mapping[str, tuple[Sequence[str], Callable[[Random, int], Row]]] = {
    "mixed": (MIXED, mixed_row),
    "loans": (LOANS, loan_row),
}


def workbook(kind: str, count: int) -> Path:
    """The .xlsx file of a kind with `count` products, made on first use (shared strings, as Excel writes them)."""
    path = DATA / f"{kind}_{count}.xlsx"
    if not path.exists():
        DATA.mkdir(exist_ok=True)
        headers, make = _KINDS[kind]
        _write(path, headers, rows(make, count))
    return path


def with_one_changed(kind: str, count: int) -> Path:
    """The same workbook with another name for the product of its first row that is not spoiled."""
    path = DATA / f"{kind}_{count}_one.xlsx"
    if not path.exists():
        headers, make = _KINDS[kind]
        clean = make(Random(SEED), 0)
        lines = list(rows(make, count))
        at = next(i for i, row in enumerate(lines) if row.keys() == clean.keys() and row["Nombre"] and i > count // 2)
        lines[at] = {**lines[at], "Nombre": f"{lines[at]['Nombre']} Nuevo"}
        _write(path, headers, iter(lines))
    return path


def _write(path: Path, headers: Sequence[str], lines: Iterator[Row]) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Productos")
    sheet.write_row(0, 0, headers)
    for at, row in enumerate(lines, 1):
        for column, name in enumerate(headers):
            value = row.get(name)
            if isinstance(value, str):
                sheet.write_string(at, column, value)
            elif value is not None:
                sheet.write_number(at, column, value)
    book.close()
