"""The codes of the store in people's words: states of leads and postbacks, why a postback waits, what people did."""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, tuple[str, str]]

LEAD_STATES: Words = {
    "none": ("sin solicitud", "no application yet"),
    "applied": ("solicitada", "applied"),
    "approved": ("aprobada", "approved"),
    "disbursed": ("desembolsada", "disbursed"),
    "rejected": ("rechazada", "rejected"),
}
POSTBACK_STATES: Words = {
    "pending": ("pendiente", "pending"),
    "leased": ("en envío", "being sent"),
    "delivered": ("entregado", "delivered"),
    "unconfirmed": ("sin confirmar", "unconfirmed"),
    "dead": ("detenido", "dead"),
    "resolved": ("cerrado a mano", "closed by hand"),
}
ACTIONS: Words = {
    "override": ("corrigió", "corrected"),
    "fill_implied": ("completó pasos", "filled in steps"),
    "replay": ("reenvió", "sent again"),
    "resolve": ("cerró", "closed"),
}
_WHY: Words = {
    "ok": ("con acuse", "acknowledged"),
    "no_acknowledgement": ("200 sin acuse en JSON", "200 without an acknowledgement in JSON"),
    "bad_ack": ("el acuse dice que falló, o nombra otra solicitud", "the acknowledgement says failure or another lead"),
    "conflict": ("409: dicen que hay un conflicto", "409: they say there is a conflict"),
    "already_have": ("ya lo tenían", "they had it already"),
    "lead_unknown": ("no reconocen esta solicitud (403 repetido)", "they do not know this lead (403 again and again)"),
    "resolved": ("se informó por otro medio", "told another way"),
    "dns": ("el nombre del servidor no se encuentra", "the server's name is not found"),
    "tls": ("el certificado del servidor no es de fiar", "the server's certificate is not trusted"),
    "connect": ("no se pudo conectar", "no connection"),
    "connect_timeout": ("no se conectó a tiempo", "no connection in time"),
    "deadline": ("no respondieron a tiempo", "no answer in time"),
    "protocol": ("la respuesta llegó rota o no es HTTP", "the answer was torn or is no HTTP"),
    "reset": ("cortaron la conexión", "the connection was cut"),
    "network": ("falló la red", "the network failed"),
}
_BEFORE: Words = {
    "gave_up_": ("se dejó de intentar: ", "given up: "),
    "paused:": ("el envío está en pausa: ", "sending is paused: "),
}


def word_of(words: Words, code: str, lang: str) -> str:
    """A code in words; itself where there are none."""
    spanish, english = words.get(code, (code, code))
    return spanish if lang == "es" else english


def why_words(code: str | None, lang: str) -> str:
    """Why a postback waits or ended."""
    if not code:
        return ""
    for start in _BEFORE:
        if code.startswith(start):
            return word_of(_BEFORE, start, lang) + why_words(code.removeprefix(start), lang)
    if code.startswith("http_"):
        number = code.removeprefix("http_")
        return f"respondieron {number}" if lang == "es" else f"they answered {number}"
    return word_of(_WHY, code, lang)
