"""The words of rates: bases, indexes, fees, all-in cost. Same form as `words`."""

from __future__ import annotations

BASES = {
    "basis": {
        "EA": (
            "e a|ea|efectiva anual|efectivo anual|efec anual|efect anual|tea|t e a|efectiva al ano|"
            "efectivas anuales|effective annual|annual effective|anual efectiva|anual efectivo|"
            "tasa efectiva anual|interes efectivo anual"
        ),
        "MV": (
            "m v|mv|mes vencido|mes vencida|mensual vencido|mensual vencida|mensual|mensuales|efectiva mensual|"
            "efectivo mensual|mensual efectiva|mensual efectivo|e m|em|t e m|tem|al mes|por mes|vencido mensual|"
            "monthly|per month|a month|efectiva mes vencido|efectivo mes vencido|efectiva mensual vencida|"
            "cada mes|mensual fija"
        ),
        "MV/NAMV": "n m v|nmv|nominal mes vencido|nominal mensual vencido|nominal mensual vencida|nominal mensual|nm v",
        "NAMV": (
            "n a m v|namv|na mv|nominal anual mes vencido|nominal anual mensual vencido|nominal anual m v|"
            "nominal anual mv|nominal anual pagadero mes vencido|nominal anual pagadera mes vencido|"
            "nominales anuales pagaderos mes vencido|nominales anuales mes vencido|"
            "nominal anual pagadera mensualmente|nominal anual capitalizable mensualmente|"
            "n a mes vencido|na mes vencido|n a mv|tna mv|tna mes vencido|"
            "nominal anual pagadera mensual vencido|nominal anual vencida mensual|anual mes vencido|a m v|amv"
        ),
        "NATV": (
            "t v|tv|n a t v|natv|n t v|ntv|n v t|nvt|trimestre vencido|nominal anual trimestre vencido|a t v|atv|"
            "nominal trimestre vencido|trimestral vencido|nominal anual trimestral vencido|"
            "nominal vencida trimestral|nominal anual pagadero trimestre vencido|nominal anual t v"
        ),
        "TA": (
            "t a|ta|n a t a|nata|n t a|trimestre anticipado|nominal anual trimestre anticipado|"
            "nominal trimestre anticipado|trimestral anticipado|nominal anual t a"
        ),
        "SV": (
            "s v|sv|n a s v|nasv|n s v|semestre vencido|nominal anual semestre vencido|nominal semestre vencido|"
            "semestral vencido"
        ),
        "MA": "m a|ma|mes anticipado|mensual anticipado|mensual anticipada",
        "DAILY": "d v|dv|dia vencido|diaria|diario|n a d v|nadv|nominal anual dia vencido|n d v|por dia|al dia|daily",
        "NA_SIMPLE": (
            "anual simple|simple anual|interes simple anual|tasa anual simple|nominal anual simple|"
            "anual simple fija|simple fija anual|anual sobre saldos insolutos|annual simple"
        ),
    },
    "annual": {
        "fixed": (
            "anual fija|tasa anual fija|fija anual|tasa fija anual|tasa de interes anual fija|"
            "anual ordinaria fija|anual ordinaria|tasa ordinaria anual"
        ),
        "plain": ("anual|tasa anual|al ano|por ano|anuales|tasa de interes anual|annual|per year|a year|p a"),
        "nominal": "nominal anual|nominales anuales|n a|na|tna|t n a|tasa nominal anual",
    },
    "unsupported": {
        "quincenal": "quincenal|quincenales|por quincena|a la quincena|cada quincena|quincena vencida",
        "catorcenal": "catorcenal|catorcenales|por catorcena|cada catorcena",
        "semanal": "semanal|semanales|por semana|a la semana|cada semana|semana vencida|weekly|per week",
        "bimestral": "bimestral|bimestrales|por bimestre|cada bimestre|bimestre vencido",
        "trimestral": "por trimestre|al trimestre|cada trimestre|trimestrales|quarterly|per quarter",
        "semestral": "por semestre|al semestre|cada semestre|semestrales",
    },
    "skip": {
        "": "nominal|efectiva|efectivo|sobre saldos insolutos|sobre saldo insoluto|saldos insolutos",
    },
}

RATES = {
    "pct": {
        "%": "%|por ciento|porciento|pct|percent|x ciento",
    },
    "slip_pct": {
        "%": "% %|% % %",
    },
    "plus": {
        "+": "+|mas|plus",
    },
    "minus": {
        "-": "minus|menos",
    },
    "index": {
        "IBR": "ibr|i b r",
        "DTF": "dtf|d t f",
        "UVR": "uvr|u v r",
        "IPC": "ipc|i p c",
        "TIIE": "tiie|t i i e",
    },
    "tenor": {
        "1M": "m|un mes",
        "1D": "overnight|o n|de fondeo|fondeo",
        "3M": "trimestral",
        "6M": "semestral",
    },
    "pts": {
        "1": "puntos|puntos porcentuales|punto porcentual|pp|p p|pps|puntos %",
        "100": "pbs|pb|puntos basicos|punto basico|puntos base|bps|bp|p b|p b s|basis points",
    },
    "skip": {
        "": (
            "tasa|tasas|interes|intereses|de interes|remuneratoria|remuneratorio|corriente|fija|fijo|variable|"
            "promedio|ponderada|ponderado|tasa de interes|cobro|con|interest|rate|fixed|ordinaria|desde un|"
            "equivalente|equivalentes|equivale|equivale a|equivalente a|equivalente al|equivalentes a|"
            "equivalentes al|que equivale a|aplicable|vigente|hoy|credito"
        ),
    },
}

FEES = {
    "skip": {
        "": (
            "m v|mv|mes vencido|mensual vencido|mensuales|"
            "monto|del monto|sobre|valor|credito|prestamo|desembolso|desembolsado|capital|aprobado|solicitado|"
            "financiado|comision|por apertura|apertura|del valor|total|otorgado|mensual|anual|aval|fianza|"
            "garantia|linea|saldo|cobro|cargo|unica vez|por unica vez|vez|por|anticipado|sobre el|sobre el monto|"
            "estudio|cuota|mes|al|monthly|per month|a month|por mes|al mes|mensualmente|insoluto|insolutos|saldos|"
            "deuda|de la deuda|adeudado|adeudada|outstanding balance"
        ),
    },
    "free": {
        "0": "sin costo|gratis|sin cobro|no se cobra|no tiene costo|sin comision|sin cargo|free|exento|cero|no cobra",
    },
}

CAT = {
    "skip": {
        "": (
            "vigencia|vigentes|comparativo|informativo|"
            "cat|c a t|vtua|v t u a|vtu|costo|anual|costo anual total|total|promedio|ponderado|calculado|"
            "calculada|fecha|calculo|fecha de calculo|para|fines|informativos|comparacion|y|exclusivamente|"
            "fines informativos y de comparacion|informativos y|vigente|a|tasa|valor|unificado|unico|"
            "efectiva|efectivo|e a|ea|al|,|;|-|cliente|fija|credito|solo|unicamente|comparativos|efectos|con|"
            "corte"
        ),
    },
}
