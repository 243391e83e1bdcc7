"""LeadSettings: what `vitrina-leads` is told by VITRINA_* variables, checked before anything starts.

A wrong setting is one sentence that says what to do. A secret is never part of a sentence, a repr or a log line.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from schemas.errors import SettingsError
from schemas.settings import LEAD_VARIABLES, variable_names

DEFAULT_DELAYS: tuple[float, ...] = (0.0, 5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 86400)
DEFAULT_LEASE = 60.0
_FEWEST_LETTERS = 16
_LOOPBACK_NAMES = ("localhost",)
_OTHER_ENVIRONMENT = {
    "production": re.compile(r"(?<![a-z])(stag(ing|e)?|stg|sandbox|sbx|test)(?![a-z])", re.IGNORECASE),
    "staging": re.compile(r"(?<![a-z])(prod(uction)?|live)(?![a-z])", re.IGNORECASE),
}


class Secret:
    """A text that shows itself only when asked to."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for a header or a comparison."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True)
class LeadSettings:
    """All settings of `vitrina-leads`. Durations in seconds."""

    home: Path = Path("var")
    market: str = "CO"
    environment: str = "sandbox"
    base_url: str | None = None
    api_key: Secret | None = None
    inbound_keys: tuple[Secret, ...] = ()
    core_keys: tuple[Secret, ...] = ()
    egress_ips: tuple[str, ...] = ()
    portal_url: str | None = None
    database_url: str | None = field(default=None, repr=False)
    master_key: Secret | None = None
    retry_delays: tuple[float, ...] = DEFAULT_DELAYS
    lease_seconds: float = DEFAULT_LEASE
    already_have: str | None = None

    @property
    def own_delays(self) -> bool:
        """Whether VITRINA_RETRY_DELAYS replaces the documented ladder (rehearsals and tests)."""
        return self.retry_delays != DEFAULT_DELAYS

    @property
    def place(self) -> Path | str:
        """The lead store: a database URL, else the SQLite file under the home."""
        return self.database_url or self.home / "leads.db"


def load_lead_settings(*, environ: Mapping[str, str], home: Path | None = None) -> LeadSettings:
    """The settings of one start. SettingsError: one sentence that names the variable and says what to do."""
    _refuse_unknown(environ)
    market = _choice(environ, "VITRINA_MARKET", ("CO", "MX"), environ.get("VITRINA_LENDER_MARKET") or "CO")
    environment = _choice(environ, "VITRINA_ENVIRONMENT", ("sandbox", "staging", "production"), "sandbox")
    strict = environment == "production"
    chosen = home or Path(environ.get("VITRINA_HOME") or "var")
    base_url = _url(environ, "VITRINA_BASE_URL")
    api_key = _secret(environ, "VITRINA_API_KEY")
    _refuse_mixed(environment, base_url, api_key)
    _long_enough(api_key, "VITRINA_API_KEY", strict=strict)
    return LeadSettings(
        home=chosen,
        market=market,
        environment=environment,
        base_url=base_url,
        api_key=api_key,
        inbound_keys=_secrets(environ, "VITRINA_INBOUND_KEYS", strict=strict),
        core_keys=_secrets(environ, "VITRINA_CORE_KEYS", strict=strict),
        egress_ips=_addresses(environ),
        portal_url=_portal(environ),
        database_url=environ.get("VITRINA_LEADS_DATABASE_URL") or None,
        master_key=_secret(environ, "VITRINA_MASTER_KEY"),
        retry_delays=_delays(environ),
        lease_seconds=_lease(environ),
        already_have=environ.get("VITRINA_ALREADY_HAVE") or None,
    )


def need_delivery(settings: LeadSettings) -> tuple[str, Secret]:
    """Base URL and key, which sending needs. SettingsError: which one is missing and where it comes from."""
    if settings.base_url is None:
        raise absent(
            "VITRINA_BASE_URL",
            "set it to the base URL delivered at onboarding for this market and environment",
            "asígnela con la URL base que le entregaron al integrarse, de este mercado y ambiente",
        )
    if settings.api_key is None:
        raise absent(
            "VITRINA_API_KEY",
            "set it, or name a file with VITRINA_API_KEY_FILE; it was delivered out of band",
            "asígnela, o indique un archivo con VITRINA_API_KEY_FILE; se la entregaron por el canal seguro",
        )
    return settings.base_url, settings.api_key


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {*LEAD_VARIABLES, *variable_names(), "VITRINA_HOME"}
    for name in sorted(environ):
        if not name.startswith("VITRINA_") or name in known:
            continue
        import difflib

        near = difflib.get_close_matches(name, sorted(known), n=1)
        raise SettingsError(
            f"The variable {name} is not one that Vitrina knows." + (f" Did you mean {near[0]}?" if near else ""),
            es=f"La variable {name} no existe en Vitrina." + (f" ¿Quiso decir {near[0]}?" if near else ""),
        )


def _wrong(name: str, english: str, spanish: str) -> SettingsError:
    return SettingsError(f"{name} {english}.", es=f"{name} {spanish}.")


def absent(name: str, english: str, spanish: str) -> SettingsError:
    """The sentence for a variable that is needed and missing, with what to do."""
    return SettingsError(f"{name} is missing: {english}.", es=f"Falta {name}: {spanish}.")


def _choice(environ: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    text = environ.get(name) or default
    if text not in allowed:
        choices = ", ".join(allowed)
        raise _wrong(name, f"must be one of {choices}", f"debe ser uno de: {choices}")
    return text


def _secret(environ: Mapping[str, str], name: str) -> Secret | None:
    """A secret from NAME or from the file NAME_FILE names; one trailing newline is what editors leave."""
    text, source = environ.get(name), name
    path = environ.get(f"{name}_FILE")
    if text and path:
        raise _wrong(name, f"and {name}_FILE are both set; keep one", f"y {name}_FILE están las dos; deje una sola")
    if path:
        text, source = _file(path, f"{name}_FILE"), f"{name}_FILE"
    if not text:
        return None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text or any(letter.isspace() or not letter.isprintable() for letter in text) or not text.isascii():
        raise _wrong(
            source,
            "holds whitespace, a line break or a letter that no header can carry; paste the key again, in one piece",
            "lleva espacios, saltos de línea o letras que no caben en una cabecera; pegue la clave de nuevo, entera",
        )
    return Secret(text)


def _secrets(environ: Mapping[str, str], name: str, *, strict: bool) -> tuple[Secret, ...]:
    whole = _secret(environ, name)
    if whole is None:
        return ()
    parts = tuple(Secret(part) for part in whole.reveal().split(","))
    if len(parts) > 2 or not all(part.reveal() for part in parts):
        raise _wrong(name, "holds one key, or two with one comma between", "lleva una clave, o dos separadas por coma")
    for part in parts:
        _long_enough(part, name, strict=strict)
    return parts


def _long_enough(secret: Secret | None, name: str, *, strict: bool) -> None:
    if strict and secret is not None and len(secret.reveal()) < _FEWEST_LETTERS:
        raise _wrong(
            name,
            f"is shorter than {_FEWEST_LETTERS} letters, which production does not take",
            f"tiene menos de {_FEWEST_LETTERS} letras; en producción no se admite",
        )


def _file(path: str, name: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise _wrong(name, "names a file that cannot be read", "indica un archivo que no se puede leer") from None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in _LOOPBACK_NAMES


def _url(environ: Mapping[str, str], name: str) -> str | None:
    text = (environ.get(name) or "").removesuffix("\n")
    if not text:
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or not text.isascii() or any(c <= " " for c in text):
        raise _wrong(name, "is no URL such as https://api.example.com", "no es una URL como https://api.example.com")
    if parts.username is not None or parts.password is not None:
        raise _wrong(name, "may not carry a user or a password", "no puede llevar usuario ni contraseña")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise _wrong(name, "may not carry a query or a fragment", "no puede llevar consulta (?) ni fragmento (#)")
    if parts.scheme == "http" and not is_loopback(host):
        raise _wrong(
            name,
            "starts with http://, which would show the key to the network; use https://",
            "empieza con http://, que mostraría la clave en la red; use https://",
        )
    return text.rstrip("/")


def _refuse_mixed(environment: str, base_url: str | None, key: Secret | None) -> None:
    """A key or URL that names another environment. Only tags of whole words count, as in `sk_staging_…`."""
    tag = _OTHER_ENVIRONMENT.get(environment)
    if tag is None:
        _refuse_pair(base_url, key)
        return
    if key is not None and tag.search(key.reveal()):
        raise _wrong(
            "VITRINA_API_KEY",
            f"carries another environment's tag, but VITRINA_ENVIRONMENT is {environment}; use this environment's key",
            f"lleva la marca de otro ambiente y VITRINA_ENVIRONMENT es {environment}; use la clave de este ambiente",
        )
    if base_url is not None and tag.search(urlsplit(base_url).hostname or ""):
        raise _wrong(
            "VITRINA_BASE_URL",
            f"is another environment's, but VITRINA_ENVIRONMENT is {environment}; use this environment's URL",
            f"es de otro ambiente y VITRINA_ENVIRONMENT es {environment}; use la URL de este ambiente",
        )


def _refuse_pair(base_url: str | None, key: Secret | None) -> None:
    """Whatever the environment is called: a URL that says production never gets a key that says staging."""
    host = urlsplit(base_url).hostname or "" if base_url else ""
    said = key.reveal() if key else ""
    for own, other in (("staging", "production"), ("production", "staging")):
        if _OTHER_ENVIRONMENT[own].search(host) and _OTHER_ENVIRONMENT[other].search(said):
            raise _wrong(
                "VITRINA_API_KEY",
                f"is not a key of {other}, which VITRINA_BASE_URL names; use the key of the same environment",
                f"no es una clave de {other}, el ambiente de VITRINA_BASE_URL; use la del mismo ambiente",
            )


def _portal(environ: Mapping[str, str]) -> str | None:
    text = environ.get("VITRINA_PORTAL_URL") or None
    if text is None:
        return None
    parts = urlsplit(text)
    plain = text.isascii() and not any(c <= " " for c in text) and not parts.fragment
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise _wrong(
            "VITRINA_PORTAL_URL",
            "is no URL such as https://portal.example.com/firma",
            "no es una URL como https://portal.example.com/firma",
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise _wrong("VITRINA_PORTAL_URL", "starts with http://; use https://", "empieza con http://; use https://")
    return text


def _addresses(environ: Mapping[str, str]) -> tuple[str, ...]:
    found = []
    for text in filter(None, (part.strip() for part in environ.get("VITRINA_EGRESS_IPS", "").split(","))):
        try:
            found.append(str(ipaddress.ip_address(text)))
        except ValueError:
            raise _wrong(
                "VITRINA_EGRESS_IPS",
                "holds something that is no single IP address (ranges are not used)",
                "contiene algo que no es una dirección IP suelta (no se usan rangos)",
            ) from None
    return tuple(found)


def _delays(environ: Mapping[str, str]) -> tuple[float, ...]:
    text = environ.get("VITRINA_RETRY_DELAYS")
    if not text:
        return DEFAULT_DELAYS
    try:
        delays = tuple(float(part) for part in text.split(","))
    except ValueError:
        delays = ()
    if not delays or not all(0 <= delay <= 604_800 for delay in delays):
        raise _wrong("VITRINA_RETRY_DELAYS", "holds seconds, such as 0,5,30", "lleva segundos, por ejemplo 0,5,30")
    return delays


def _lease(environ: Mapping[str, str]) -> float:
    text = environ.get("VITRINA_LEASE_SECONDS")
    try:
        seconds = float(text) if text else DEFAULT_LEASE
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 3600:
        raise _wrong(
            "VITRINA_LEASE_SECONDS",
            "is a number of seconds from 0.1 to 3600",
            "es un número de segundos, de 0.1 a 3600",
        )
    return seconds
