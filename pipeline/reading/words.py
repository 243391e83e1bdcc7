"""The field's words, Spanish first: ends of ranges, money, counts, units of time. Folded: lower case, no accents.

`{kind: {meaning: "phrase|phrase"}}`; a phrase is its tokens with single spaces (signs are tokens, dots are dropped).
"""

from __future__ import annotations

ENDS = {
    "low": {
        "low": (
            "desde|minimo|minima|minimos|min|a partir de|mayor o igual a|mayor o igual que|mayor igual a|mayor a|"
            "mayor de|mayor que|mayores a|mayores de|mayores o iguales a|superior a|superiores a|"
            "superior o igual a|igual o superior a|igual o mayor a|iguales o superiores a|mas de|no menos de|"
            "no menor a|no inferior a|al menos|por lo menos|como minimo|en adelante|o mas|y mas|o superior|"
            "o superiores|o mayor|u mas|from|minimum|at least|starting at|more than|over|>|> =|> o =|piso|"
            "desde los|desde el|a partir del|a partir de los"
        ),
    },
    "high": {
        "high": (
            "hasta|maximo|maxima|maximos|max|menor o igual a|menor o igual que|menor igual a|menor a|menor de|"
            "menor que|menores a|menores de|menores o iguales a|inferior a|inferiores a|inferior o igual a|"
            "igual o inferior a|igual o menor a|no mayor a|no mayor de|no superior a|no mas de|menos de|"
            "como maximo|o menos|o menor|o inferior|up to|maximum|at most|less than|under|<|< =|< o =|tope|"
            "hasta por|hasta un|hasta una|hasta los|hasta el|until|limite"
        ),
    },
    "between": {
        "between": "entre|between|entre el|entre los|entre un",
    },
    "to": {
        "-": "-",
        "a": "a|al|to|a los|a las|a un|a una",
        "~": "~",
    },
    "and": {
        "y": "y|e|and|y el|y los|y un",
    },
    "sep": {
        "o": "o|u|or|ó",
        "/": "/",
        "|": "|",
        ";": ";",
        ",": ",",
        "=": "=",
    },
    "open": {
        "(": "(|[|{",
    },
    "close": {
        ")": ")|]|}",
    },
    "stray": {
        "*": "*|* *|* * *",
        "'": "'",
        '"': '"|«|»|“|”|„',
        "¹": "¹|²|³|⁴|†|‡",
        "•": "•|·|▪",
        "_": "_",
        "segun": (
            "segun perfil|segun perfil de riesgo|segun perfil del cliente|segun el perfil|segun estudio|"
            "segun capacidad de pago|segun politicas|segun politica|sujeto a estudio|sujeta a estudio|"
            "sujeto a estudio de credito|sujeto a aprobacion|sujeto a capacidad de pago|sujeto a politicas"
        ),
        "~": "aprox|aproximadamente|cerca de|alrededor de",
        "#": "#",
        "?": "¿",
    },
    "skip": {
        "": ("de|del|el|la|los|las|un|una|en|es|son|:|.|de los|de las|de un|de una|valor|rango|the|of|is|igual a"),
    },
}

TAX = {
    "tax": {
        "plus": (
            "+ iva|mas iva|s / iva|mas el iva|+ i v a|mas i v a|antes de iva|antes del iva|sin iva|sin incluir iva|"
            "no incluye iva|iva no incluido|iva aparte|sin i v a|plus vat|+ vat|excl vat"
        ),
        "included": (
            "iva incluido|incluido iva|incluye iva|incluye el iva|con iva|con iva incluido|iva incl|"
            "i v a incluido|incluido el iva|incl iva|vat included|incl vat|con i v a"
        ),
    },
}

MONEY = {
    "cur": {
        "$": "$",
        "pesos": (
            "pesos|peso|moneda legal|m l|m / l|moneda corriente|m cte|mcte|m / cte|m / c|pesos m cte|pesos mcte|"
            "pesos m / cte|de pesos|pesos moneda corriente|pesos m / l"
        ),
        "COP": "cop|cop $|col $|$ cop|pesos colombianos|peso colombiano|colombianos|pesos col|$ col|pesos cop",
        "MXN": (
            "mxn|mxn $|mx $|mxp|$ mxn|$ mx|mx|pesos mexicanos|peso mexicano|mexicanos|m n|m / n|mn|"
            "moneda nacional|pesos m n|pesos mn|pesos mxn|pesos m / n|pesos moneda nacional"
        ),
        "USD": "us $|usd|usd $|u s $|$ us|dolares|dolar|dolares americanos|us",
        "EUR": "€|eur|euro|euros",
    },
    "mult": {
        "1000": "mil|miles|k|miles de|thousand|mil pesos",
        "1000000": "millon|millones|mill|mills|mlls|mm|mdp|mio|mios|million|millions|millones de|millon de|mill de|m m",
        "1000000000": "mil millones|mil millones de|mil mm|mil m m|miles de millones",
        "1000000000000": "billon|billones|billones de",
    },
    "m": {
        "m": "m",
    },
    "half": {
        "half": "y medio|y media",
    },
    "unit": {
        "SMMLV": (
            "smmlv|smlmv|smlv|smmv|smlm|s m m l v|s m l m v|s m l v|salarios minimos|salario minimo|"
            "salarios minimos legales|salarios minimos legales vigentes|"
            "salarios minimos mensuales legales vigentes|salarios minimos legales mensuales vigentes|"
            "salario minimo legal mensual vigente|salarios minimos mensuales|"
            "salario minimo mensual legal vigente|salario minimo legal vigente|salarios minimos vigentes|smmlvs"
        ),
        "UVT": "uvt|uvts|u v t|unidades de valor tributario",
        "UDI": "udi|udis|u d i s|unidades de inversion",
        "UMA": "uma|umas|u m a|unidades de medida y actualizacion",
    },
    "per_million": {
        "per_million": (
            "por millon|por cada millon|x millon|por millon adeudado|por millon de pesos|por millon prestado|"
            "por cada millon prestado|por cada millon adeudado|por millon desembolsado|por cada millon de pesos|"
            "/ millon|per million|por millon de saldo|por millon asegurado|por millon de deuda|x cada millon"
        ),
    },
    "low": {
        "low": "+|+ de",
    },
    "period": {
        "single": (
            "unico pago|pago unico|en un solo pago|por unica vez|unica vez|una sola vez|por una sola vez|unica|unico|"
            "prima unica|single|one time"
        ),
        "week": "semanal|semanales|por semana|a la semana|cada semana|/ semana|/ sem|weekly|per week",
        "fortnight": (
            "quincenal|quincenales|por quincena|a la quincena|cada quincena|/ quincena|/ qna|quincenalmente|fortnightly"
        ),
        "month": (
            "mensual|mensuales|al mes|por mes|mes|mensualmente|cada mes|/ mes|/ mensual|por mensualidad|monthly|"
            "per month|a month|/ month"
        ),
        "quarter": (
            "trimestral|trimestrales|por trimestre|al trimestre|cada trimestre|/ trimestre|trimestralmente|quarterly|"
            "per quarter"
        ),
        "semester": "semestral|semestrales|por semestre|al semestre|cada semestre|/ semestre",
        "year": (
            "anual|anuales|al ano|por ano|cada ano|/ ano|/ anual|anualmente|por anualidad|yearly|annual|annually|"
            "per year|a year|/ year"
        ),
    },
    "free": {
        "0": "sin costo|gratis|gratuito|gratuita|sin cobro|no se cobra|no tiene costo|sin cargo|free|exento|cero",
    },
    "skip": {
        "": (
            "monto|montos|credito|creditos|prestamo|cupo|por credito|por prestamo|por operacion|por desembolso|"
            "por el plazo del credito|por el plazo|ingresos|ingreso|ventas|colombia|mexico|cuota|prima|desembolsos|"
            "de monto|costo|por solicitud"
        ),
    },
}

COUNTS = {
    "count": {
        "1": "uno",
        "2": "dos",
        "3": "tres",
        "4": "cuatro",
        "5": "cinco",
        "6": "seis",
        "7": "siete",
        "8": "ocho",
        "9": "nueve",
        "10": "diez",
        "11": "once",
        "12": "doce",
        "13": "trece",
        "14": "catorce",
        "15": "quince",
        "16": "dieciseis",
        "17": "diecisiete",
        "18": "dieciocho",
        "19": "diecinueve",
        "20": "veinte",
        "21": "veintiuno",
        "22": "veintidos",
        "23": "veintitres",
        "24": "veinticuatro",
        "25": "veinticinco",
        "26": "veintiseis",
        "27": "veintisiete",
        "28": "veintiocho",
        "29": "veintinueve",
        "30": "treinta",
        "40": "cuarenta",
        "50": "cincuenta",
        "60": "sesenta",
        "70": "setenta",
        "80": "ochenta",
        "90": "noventa",
        "100": "cien|ciento",
        "200": "doscientos|doscientas",
        "300": "trescientos|trescientas",
        "400": "cuatrocientos",
        "500": "quinientos|quinientas",
        "600": "seiscientos",
        "700": "setecientos",
        "800": "ochocientos",
        "900": "novecientos",
        "0.5": "medio",
    },
    "one": {
        "1": "un|una",
    },
}

TERMS = {
    "unit": {
        "month": (
            "mes|meses|m|mensualidad|mensualidades|months|month|mos|mens|ms|cuotas mensuales|pagos mensuales|mess|mese"
        ),
        "fortnight": "quincena|quincenas|quincenales|pagos quincenales|qnas|qna|fortnights|cuotas quincenales",
        "week": "semana|semanas|semanales|sem|sems|weeks|week|pagos semanales|cuotas semanales",
        "day": "dia|dias|days|day|d|dias calendario|dias corrientes|dias naturales|dias habiles",
        "year": "ano|anos|anio|anios|years|year|yr|yrs|aa|a#os|anos de edad",
        "catorcena": "catorcena|catorcenas|catorcenales|pagos catorcenales",
        "bimester": "bimestre|bimestres",
        "quarter": "trimestre|trimestres",
        "semester": "semestre|semestres",
        "hour": "hora|horas|h|hrs|hr|hs|hours|hour|horas habiles",
        "minute": "minutos|minutes",
        "payment": "cuota|cuotas|pago|pagos|plazos",
    },
    "low": {
        "low": "+|+ de",
    },
    "half": {
        "half": "y medio|y media",
    },
    "skip": {
        "": (
            "plazo|plazos de|plazo de|term|edad|edades|age|vigencia|carencia|antiguedad|espera|despues|habiles|"
            "calendario|de edad|cumplidos|de antiguedad|en promedio|de plazo|de carencia|de operacion|"
            "de constitucion|de experiencia|de vigencia|dentro de|titular|asegurado|ingreso|permanencia|"
            "constituido|constituida|operando|cliente|tiempo"
        ),
    },
}
