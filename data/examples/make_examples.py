"""Makes the committed examples: `productos.xlsx`, `productos_con_errores.xlsx`, `productos.csv` and the logo.

Lenders, products and figures are invented; payments and CAT are computed with `catalog.cost`, so that they are true.
Run it with `make examples`; the same input gives the same bytes.
"""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from PIL import Image, ImageDraw

from catalog import cost

HERE = Path(__file__).resolve().parent
MADE = datetime(2026, 11, 20)  # noqa: DTZ001 - a workbook property, not a moment
FROM, AS_OF = date(2026, 11, 1), date(2026, 11, 20)

HEADERS = (
    "Código",
    "Nombre",
    "Descripción",
    "Descripción larga",
    "Categoría",
    "Subtipo",
    "País",
    "Moneda",
    "Monto",
    "Tasa",
    "Base de la tasa",
    "Modalidad de crédito",
    "Fija o variable",
    "Plazo",
    "Frecuencia de pago",
    "CAT sin IVA",
    "Fecha de cálculo del CAT",
    "Comisión por apertura",
    "Aval / fianza",
    "Ejemplo: monto",
    "Ejemplo: plazo",
    "Ejemplo: cuota",
    "Edad mínima",
    "Edad máxima",
    "Ingreso mínimo",
    "Acepta reportados",
    "Tipo de persona",
    "Requisitos",
    "Aseguradora",
    "Prima",
    "Periodicidad de la prima",
    "Valor asegurado mínimo",
    "Valor asegurado máximo",
    "Coberturas",
    "Exclusiones",
    "Vigencia de la póliza",
    "Estado",
    "Vigente desde",
    "Fecha de los datos",
    "Texto legal",
    "Términos y condiciones",
)
PERCENT = {"Comisión por apertura", "Aval / fianza", "CAT sin IVA"}
LEGAL_CO = (
    "Tasa sujeta al perfil de riesgo. La tasa no supera la usura certificada para el mes. "
    "Crédito Faro S.A.S. es una entidad de ejemplo."
)
LEGAL_MX = (
    "CAT promedio sin IVA, informativo y de comparación. "
    "Crédito Faro S.A. de C.V., SOFOM E.N.R., es una entidad de ejemplo."
)


LIBRE = {
    "Código": "LIB-001",
    "Nombre": "Crédito de Libre Inversión",
    "Descripción": "Crédito en 24 horas, sin codeudor y con cuota fija.",
    "Descripción larga": "<p>Para lo que usted necesite: estudio, viaje o unificar deudas.</p>"
    "<ul><li><strong>Cuota fija</strong> durante todo el plazo</li><li>Puede pagar antes, sin sanción</li></ul>",
    "Categoría": "INDIVIDUAL",
    "Subtipo": "Libre inversión",
    "País": "CO",
    "Moneda": "COP",
    "Monto": "$1.000.000 a $50.000.000",
    "Tasa": "Desde 16,08% hasta 24,34% E.A.",
    "Modalidad de crédito": "Consumo y ordinario",
    "Fija o variable": "Fija",
    "Plazo": "12 a 60 meses",
    "Frecuencia de pago": "Mensual",
    "Ejemplo: monto": 5000000,
    "Ejemplo: plazo": 36,
    "Edad mínima": 18,
    "Edad máxima": 70,
    "Ingreso mínimo": 1750905,
    "Acepta reportados": "No",
    "Tipo de persona": "Persona natural",
    "Requisitos": "Cédula de ciudadanía; extractos bancarios de los últimos 3 meses",
    "Estado": "Activo",
    "Texto legal": LEGAL_CO,
    "Términos y condiciones": "https://creditofaro.example/libre-inversion",
}

NOMINA = LIBRE | {
    "Código": "NOM-002",
    "Nombre": "Crédito de Nómina Faro",
    "Descripción": "La cuota se descuenta de su nómina: menos trámites y mejor tasa.",
    "Subtipo": "Libranza",
    "Monto": "$500.000 a $80.000.000",
    "Tasa": "1,29% M.V.",
    "Plazo": "6 a 84 meses",
    "Ejemplo: monto": 8000000,
    "Ejemplo: plazo": 48,
    "Requisitos": "Certificación laboral; dos últimos desprendibles de nómina",
    "Términos y condiciones": "https://creditofaro.example/nomina",
}
COMPRA = LIBRE | {
    "Código": "00123",
    "Nombre": "Compra de Cartera",
    "Descripción": "Reúna sus deudas en una sola cuota, con una tasa menor.",
    "Subtipo": "Compra de cartera",
    "Monto": "$2 millones a $120 millones",
    "Tasa": 0.2016,
    "Base de la tasa": "E.A.",
    "Plazo": "12 a 72 meses",
    "Ejemplo: monto": 20000000,
    "Ejemplo: plazo": 60,
    "Términos y condiciones": "https://creditofaro.example/compra-cartera",
}
VEHICULO = LIBRE | {
    "Código": "VEH-004",
    "Nombre": "Crédito de Vehículo",
    "Descripción": "Hasta el 90 % del valor de su carro, nuevo o usado.",
    "Descripción larga": None,
    "Subtipo": "Vehículo",
    "Monto": "$10.000.000 a $180.000.000",
    "Tasa": "17,50% E.A.",
    "Plazo": "1 a 6 años",
    "Ejemplo: monto": 40000000,
    "Ejemplo: plazo": None,
    "Ejemplo: cuota": None,
    "Términos y condiciones": "https://creditofaro.example/vehiculo",
}
EDUCATIVO = LIBRE | {
    "Código": "EDU-005",
    "Nombre": "Crédito Educativo IBR",
    "Descripción": "Financie su semestre y pague mientras estudia.",
    "Subtipo": "Educación",
    "Monto": "$800.000 a $25.000.000",
    "Tasa": "IBR + 8,50",
    "Fija o variable": "Variable",
    "Plazo": "6 a 12 meses",
    "Ejemplo: monto": None,
    "Ejemplo: plazo": None,
    "Términos y condiciones": "https://creditofaro.example/educativo",
}
ROTATIVO = LIBRE | {
    "Código": "1E5",
    "Nombre": "Cupo Rotativo Faro",
    "Descripción": "Un cupo siempre listo: pague solo lo que use.",
    "Subtipo": "Rotativo",
    "Monto": "100 mil a 5 millones",
    "Tasa": "24,20% E.A.",
    "Plazo": "1 a 24 meses",
    "Ejemplo: monto": 1000000,
    "Ejemplo: plazo": 12,
    "Acepta reportados": "Sí",
    "Términos y condiciones": "https://creditofaro.example/rotativo",
}
CAPITAL = LIBRE | {
    "Código": "PYM-010",
    "Nombre": "Capital de Trabajo Pyme",
    "Descripción": "Liquidez para inventario y nómina de su negocio.",
    "Categoría": "BUSINESS",
    "Subtipo": "Capital de trabajo",
    "Monto": "$5.000.000 a $300.000.000",
    "Tasa": "28,50% E.A.",
    "Modalidad de crédito": "Productivo de mayor monto",
    "Plazo": "3 a 36 meses",
    "Aval / fianza": 0.03,
    "Ejemplo: monto": 30000000,
    "Ejemplo: plazo": 24,
    "Edad mínima": None,
    "Edad máxima": None,
    "Tipo de persona": "Persona natural con negocio; persona jurídica",
    "Requisitos": "RUT; cámara de comercio menor a 60 días; estados financieros",
    "Términos y condiciones": "https://creditofaro.example/pyme",
}
MICRO = CAPITAL | {
    "Código": "MIC-011",
    "Nombre": "Microcrédito Rural",
    "Descripción": "Para el campo: cuotas que siguen su cosecha.",
    "Subtipo": "Microcrédito",
    "Monto": "$600.000 a $12.000.000",
    "Tasa": "2,05% M.V.",
    "Modalidad de crédito": "Productivo rural",
    "Plazo": "6 a 24 meses",
    "Aval / fianza": None,
    "Ejemplo: monto": 3000000,
    "Ejemplo: plazo": 18,
    "Tipo de persona": "Persona natural con negocio",
    "Requisitos": "Cédula de ciudadanía; certificado de tradición del predio",
    "Términos y condiciones": "https://creditofaro.example/micro-rural",
}
PERSONAL_MX = LIBRE | {
    "Código": "MX-101",
    "Nombre": "Préstamo Personal Faro",
    "Descripción": "De 3,000 a 150,000 pesos, con pagos mensuales.",
    "Descripción larga": "<p>Usted elige el plazo y conoce el costo desde el inicio.</p>"
    "<p><em>Puede pagar antes sin cargo.</em></p>",
    "País": "MX",
    "Moneda": "MXN",
    "Monto": "$3,000 – $150,000 MXN",
    "Tasa": "42% anual simple",
    "Modalidad de crédito": None,
    "Plazo": "6 a 36 meses",
    "Comisión por apertura": 0.02,
    "Ejemplo: monto": 30000,
    "Ejemplo: plazo": 24,
    "Ingreso mínimo": 8000,
    "Requisitos": "INE vigente; comprobante de domicilio",
    "Texto legal": LEGAL_MX,
    "Términos y condiciones": "https://creditofaro.example/mx/personal",
}
NOMINA_MX = PERSONAL_MX | {
    "Código": "MX-102",
    "Nombre": "Adelanto de Nómina",
    "Descripción": "Reciba parte de su nómina y páguela mes a mes.",
    "Subtipo": "Nómina",
    "Monto": "$1,000 – $40,000 MXN",
    "Tasa": 0.36,
    "Base de la tasa": "Anual simple",
    "Plazo": "3 a 12 meses",
    "Ejemplo: monto": 10000,
    "Ejemplo: plazo": 12,
    "Términos y condiciones": "https://creditofaro.example/mx/nomina",
}
PYME_MX = PERSONAL_MX | {
    "Código": "MX-110",
    "Nombre": "Crédito Pyme Mostrador",
    "Descripción": "Surta su negocio hoy y pague conforme vende.",
    "Categoría": "Pyme",
    "Subtipo": "Capital de trabajo",
    "Monto": "$20,000 – $2,000,000 MXN",
    "Tasa": "30% anual simple",
    "Plazo": "6 a 48 meses",
    "Ejemplo: monto": 200000,
    "Ejemplo: plazo": 36,
    "Edad mínima": None,
    "Edad máxima": None,
    "Tipo de persona": "PFAE; PM",
    "Requisitos": "Constancia de situación fiscal; estados de cuenta de 6 meses",
    "Términos y condiciones": "https://creditofaro.example/mx/pyme",
}
VIDA = {
    "Código": "SEG-201",
    "Nombre": "Seguro de Vida Deudor",
    "Descripción": "Si usted falta, su crédito queda pagado.",
    "Descripción larga": "<p>Cubre el saldo de su crédito.</p>"
    "<ol><li>Fallecimiento</li><li>Incapacidad total y permanente</li></ol>",
    "Categoría": "INSURANCE",
    "Subtipo": "Vida",
    "País": "CO",
    "Moneda": "COP",
    "Edad mínima": 18,
    "Edad máxima": 69,
    "Aseguradora": "Aseguradora Ejemplo S.A.",
    "Prima": 12900,
    "Periodicidad de la prima": "Mensual",
    "Valor asegurado mínimo": 5000000,
    "Valor asegurado máximo": 50000000,
    "Coberturas": "Fallecimiento; incapacidad total y permanente",
    "Exclusiones": "Preexistencias no declaradas",
    "Vigencia de la póliza": 12,
    "Estado": "Activo",
    "Texto legal": "Póliza de grupo. Consulte el clausulado en la página de la aseguradora de ejemplo.",
    "Términos y condiciones": "https://creditofaro.example/seguros/vida",
}
DESEMPLEO = VIDA | {
    "Código": "SEG-202",
    "Nombre": "Seguro de Desempleo",
    "Descripción": "Hasta seis cuotas de su crédito si pierde el empleo.",
    "Descripción larga": None,
    "Subtipo": "Desempleo",
    "Prima": 18500,
    "Valor asegurado mínimo": 600000,
    "Valor asegurado máximo": 9000000,
    "Coberturas": "Desempleo involuntario",
    "Exclusiones": "Renuncia voluntaria; contratos por obra",
    "Términos y condiciones": "https://creditofaro.example/seguros/desempleo",
}
PROTECCION_MX = VIDA | {
    "Código": "MX-210",
    "Nombre": "Protección de Ingresos",
    "Descripción": "Un respaldo mensual si un accidente le impide trabajar.",
    "Subtipo": "Accidentes",
    "País": "MX",
    "Moneda": "MXN",
    "Prima": Decimal("149.50"),
    "Valor asegurado mínimo": 20000,
    "Valor asegurado máximo": 200000,
    "Coberturas": "Accidente; invalidez temporal",
    "Exclusiones": "Deportes de alto riesgo",
    "Términos y condiciones": "https://creditofaro.example/mx/proteccion",
}
RATES = {
    "LIB-001": ("24.34", "EA"),
    "NOM-002": ("1.29", "MV"),
    "00123": ("20.16", "EA"),
    "1E5": ("24.20", "EA"),
    "PYM-010": ("28.50", "EA"),
    "MIC-011": ("2.05", "MV"),
    "MX-101": ("42", "NA_SIMPLE"),
    "MX-102": ("36", "NA_SIMPLE"),
    "MX-110": ("30", "NA_SIMPLE"),
}
"""The rate of each representative example, as the row quotes it."""


def _loan(row: dict[str, Any]) -> cost.Loan:
    rate, basis = RATES[row["Código"]]
    share = Decimal(100)
    return cost.Loan(
        amount=Decimal(row["Ejemplo: monto"]),
        rate=Decimal(rate),
        basis=basis,
        term=row["Ejemplo: plazo"],
        currency=row["Moneda"],
        origination_fee_pct=Decimal(repr(row.get("Comisión por apertura") or 0)) * share,
        guarantee_fee_pct=Decimal(repr(row.get("Aval / fianza") or 0)) * share,
    )


def _complete(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its payment and, in Mexico, its CAT, as they follow from its own terms."""
    made = {"Vigente desde": FROM, "Fecha de los datos": AS_OF, **row}
    if row.get("Ejemplo: plazo"):
        loan = _loan(row)
        made["Ejemplo: cuota"] = cost.rounded(cost.payment(loan), loan.currency)
        if row["País"] == "MX":
            made["CAT sin IVA"] = f"{round(cost.apr(cost.flows(loan)), 1)}%"
            made["Fecha de cálculo del CAT"] = date(2026, 10, 31)
    return made


PRODUCTS = tuple(
    _complete(row)
    for row in (
        LIBRE, NOMINA, COMPRA, VEHICULO, EDUCATIVO, ROTATIVO, CAPITAL, MICRO,
        PERSONAL_MX, NOMINA_MX, PYME_MX, VIDA, DESEMPLEO, PROTECCION_MX,
    )
)  # fmt: skip

WRONG: tuple[tuple[str, dict[str, Any]], ...] = (
    ("name missing", {"Nombre": None}),
    ("name too long", {"Nombre": "Crédito de libre inversión para todo lo que usted necesite " * 3}),
    ("no description", {"Descripción": None}),
    ("description too long", {"Descripción": "Crédito rápido y seguro. " * 30}),
    ("script in description", {"Descripción": "Rápido <script>alert(1)</script> y fácil"}),
    ("link in long description", {"Descripción larga": '<p>Vea <a href="https://x.example">más</a></p>'}),
    ("unknown category", {"Categoría": "Hipotecario"}),
    ("code again", {"Código": "LIB-001"}),
    ("amount in words", {"Monto": "Capacidad de pago"}),
    ("amount run together", {"Monto": "$1 500 SMMLV"}),
    ("minimum above maximum", {"Monto": "$50.000.000 a $1.000.000"}),
    ("bare fraction", {"Tasa": 0.249, "_plain": True}),
    ("no basis", {"Tasa": "24,5%"}),
    ("N.M.V. alone", {"Tasa": "1,29% N.M.V."}),
    ("rate in words", {"Tasa": "la mejor del mercado"}),
    (
        "rate above usury",
        {"Tasa": "41,49% E.A.", "Vigente desde": date(2026, 1, 2), "Vigente hasta": date(2026, 1, 31)},
    ),
    ("term a date", {"Plazo": date(2026, 12, 6)}),
    ("term reversed", {"Plazo": "60 a 12 meses"}),
    ("term without unit", {"Plazo": "36"}),
    ("wrong currency", {"Moneda": "MXN"}),
    ("unknown country", {"País": "Perú"}),
    ("under age", {"Edad mínima": 16}),
    ("ages reversed", {"Edad mínima": 70, "Edad máxima": 18}),
    ("payment ten times off", {"Ejemplo: cuota": 1909110}),
    ("payment that does not follow", {"Ejemplo: cuota": 181234}),
    ("example outside the range", {"Ejemplo: monto": 90000000, "Ejemplo: cuota": None}),
    ("unreadable age", {"Edad mínima": "mayor"}),
    ("insurance on a loan", {"Prima": 12900}),
    ("http link", {"Términos y condiciones": "http://creditofaro.example/libre"}),
    ("expired", {"Vigente desde": date(2025, 1, 1), "Vigente hasta": date(2025, 6, 30)}),
    ("filler amounts", {"Monto": "$1 a $50.000.000"}),
    ("damaged text", {"Nombre": "CrÃ©dito de Libre InversiÃ³n"}),
)
"""One row a fault, each a copy of a good product with one thing wrong."""


def _with_errors() -> list[dict[str, Any]]:
    rows = [PRODUCTS[0]]
    for number, (what, change) in enumerate(WRONG, 2):
        own = {"Código": f"ERR-{number:03d}", "Nombre": f"Libre Inversión {what}"}
        rows.append(PRODUCTS[0] | own | change)
    return rows


def _write(path: Path, rows: list[dict[str, Any]] | tuple[dict[str, Any], ...]) -> None:
    headers = [*HEADERS, *(["Vigente hasta"] if any("Vigente hasta" in row for row in rows) else [])]
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Productos", "author": "Crédito Faro (ejemplo)", "created": MADE})
    forms = {
        "head": book.add_format({"bold": True, "bg_color": "#E8EEF4", "text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "percent": book.add_format({"num_format": "0.00%"}),
        "day": book.add_format({"num_format": "dd/mm/yyyy"}),
        "money": book.add_format({"num_format": '"$"#,##0'}),
        "cents": book.add_format({"num_format": '"$"#,##0.00'}),
        "plain": None,
    }
    page = book.add_worksheet("Productos")
    page.write_string(0, 0, "Crédito Faro · productos para el marketplace", forms["title"])
    page.write_row(2, 0, headers, forms["head"])
    page.freeze_panes(3, 2)
    page.set_column(0, len(headers) - 1, 18)
    for line, row in enumerate(rows, 3):
        for column, header in enumerate(headers):
            _cell(page, line, column, row.get(header), forms, header, plain=bool(row.get("_plain")))
    book.close()


def _cell(page: Any, line: int, column: int, value: Any, forms: dict[str, Any], header: str, *, plain: bool) -> None:
    if value is None:
        return
    if isinstance(value, str):
        page.write_string(line, column, value)
    elif isinstance(value, date):
        page.write_datetime(line, column, value, forms["day"])
    else:
        form = "plain"
        if not plain and (header in PERCENT or (header == "Tasa" and isinstance(value, float))):
            form = "percent"
        elif isinstance(value, Decimal):
            form = "cents" if value != int(value) else "money"
        page.write_number(line, column, value, forms[form])


CSV_HEADERS = ("Código", "Nombre", "Descripción", "Categoría", "Monto mínimo", "Monto máximo", "Tasa E.A.", "Plazo")
CSV_ROWS = (
    ("00123", "Compra de Cartera", "Reúna sus deudas en una sola cuota.", "INDIVIDUAL", "2.000.000", "120.000.000", "20,16%", "12 a 72 meses"),
    ("LIB-001", "Crédito de Libre Inversión", "Crédito en 24 horas; sin codeudor.", "INDIVIDUAL", "1.000.000", "50.000.000", "24,34%", "12 a 60 meses"),
    ("PYM-010", "Capital de Trabajo Pyme", "Liquidez para inventario y nómina.", "Pyme", "5.000.000", "300.000.000", "28,5%", "3 a 36 meses"),
)  # fmt: skip


def _write_csv(path: Path) -> None:
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(CSV_HEADERS)
        writer.writerows(CSV_ROWS)


def _write_logo(path: Path) -> None:
    """A lighthouse on a transparent ground, 512 x 512."""
    image = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((16, 16, 496, 496), fill=(15, 76, 92, 255))
    pen.polygon([(216, 400), (296, 400), (280, 190), (232, 190)], fill=(255, 255, 255, 255))
    pen.rectangle((224, 150, 288, 190), fill=(233, 196, 106, 255))
    pen.polygon([(216, 150), (296, 150), (256, 112)], fill=(255, 255, 255, 255))
    pen.polygon([(300, 160), (440, 120), (440, 220)], fill=(233, 196, 106, 255))
    pen.polygon([(212, 160), (72, 120), (72, 220)], fill=(233, 196, 106, 255))
    image.save(path, optimize=True)


def main() -> None:
    """Write every example beside this script."""
    _write(HERE / "productos.xlsx", PRODUCTS)
    _write(HERE / "productos_con_errores.xlsx", _with_errors())
    _write_csv(HERE / "productos.csv")
    _write_logo(HERE / "logo.png")


if __name__ == "__main__":
    main()
