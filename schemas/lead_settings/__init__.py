"""LeadSettings: what `vitrina-leads` is told by VITRINA_* variables, checked before anything starts.

A wrong setting is one sentence that says what to do. A secret is never part of a sentence, a repr or a log line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.errors import SettingsError
from schemas.lead_settings.environments import refuse_mixed
from schemas.lead_settings.places import addresses, is_loopback, plain_address, portal, proxy, url
from schemas.lead_settings.secrets import Secret, absent, long_enough, secret, secrets, wrong
from schemas.settings import LEAD_VARIABLES, SECRET_VARIABLES, variable_names

__all__ = [
    "DEFAULT_DELAYS",
    "LeadSettings",
    "Secret",
    "absent",
    "is_loopback",
    "load_lead_settings",
    "need_delivery",
    "need_serving",
    "plain_address",
]

DEFAULT_DELAYS: tuple[float, ...] = (0.0, 5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 86400)
DEFAULT_LEASE = 60.0
DEFAULT_APPLY_RATE = 20.0


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
    trusted_proxy: str | None = None
    published: Path | None = None
    engine: str | None = None
    apply_rate: float = DEFAULT_APPLY_RATE

    @property
    def own_delays(self) -> bool:
        """Whether VITRINA_RETRY_DELAYS replaces the documented ladder (rehearsals and tests)."""
        return self.retry_delays != DEFAULT_DELAYS

    @property
    def place(self) -> Path | str:
        """The lead store: a database URL, else the SQLite file under the home."""
        return self.database_url or self.home / "leads.db"

    @property
    def shelf(self) -> Path:
        """The directory releases are published to, which holds `current.json`."""
        return self.published or self.home / "published"


def load_lead_settings(*, environ: Mapping[str, str], home: Path | None = None) -> LeadSettings:
    """The settings of one start. SettingsError: one sentence that names the variable and says what to do."""
    _refuse_unknown(environ)
    market = _choice(environ, "VITRINA_MARKET", ("CO", "MX"), environ.get("VITRINA_LENDER_MARKET") or "CO")
    environment = _choice(environ, "VITRINA_ENVIRONMENT", ("sandbox", "staging", "production"), "sandbox")
    strict = environment == "production"
    chosen = home or Path(environ.get("VITRINA_HOME") or "var")
    base_url = url(environ, "VITRINA_BASE_URL")
    api_key = secret(environ, "VITRINA_API_KEY")
    refuse_mixed(environment, base_url, api_key)
    long_enough(api_key, "VITRINA_API_KEY", strict=strict)
    return LeadSettings(
        home=chosen,
        market=market,
        environment=environment,
        base_url=base_url,
        api_key=api_key,
        inbound_keys=secrets(environ, "VITRINA_INBOUND_KEYS", strict=strict),
        core_keys=secrets(environ, "VITRINA_CORE_KEYS", strict=strict),
        egress_ips=addresses(environ),
        portal_url=portal(environ),
        database_url=environ.get("VITRINA_LEADS_DATABASE_URL") or None,
        master_key=secret(environ, "VITRINA_MASTER_KEY"),
        retry_delays=_delays(environ),
        lease_seconds=_lease(environ),
        already_have=environ.get("VITRINA_ALREADY_HAVE") or None,
        trusted_proxy=proxy(environ),
        published=Path(environ["VITRINA_PUBLISHED"]) if environ.get("VITRINA_PUBLISHED") else None,
        engine=environ.get("VITRINA_ENGINE") or None,
        apply_rate=_apply_rate(environ),
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


def need_serving(settings: LeadSettings) -> str:
    """The portal's URL, once everything the endpoints need is there. SettingsError: what is missing or mixed up."""
    if not settings.inbound_keys:
        raise absent(
            "VITRINA_INBOUND_KEYS",
            "set it, or VITRINA_INBOUND_KEYS_FILE, to the key you gave the marketplace (two while you rotate it)",
            "asígnela, o use VITRINA_INBOUND_KEYS_FILE, con la clave que le dio al mercado (dos mientras la rota)",
        )
    if set(settings.inbound_keys) & set(settings.core_keys):
        raise wrong(
            "VITRINA_CORE_KEYS",
            "and VITRINA_INBOUND_KEYS share a key; your own systems need one of their own",
            "y VITRINA_INBOUND_KEYS comparten una clave; sus propios sistemas necesitan una distinta",
        )
    if settings.portal_url is None:
        raise absent(
            "VITRINA_PORTAL_URL",
            "set it to the page where people sign, such as https://portal.example.com/firma",
            "asígnela con la página donde se firma, por ejemplo https://portal.example.com/firma",
        )
    return settings.portal_url


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {*LEAD_VARIABLES, *SECRET_VARIABLES, *variable_names(), "VITRINA_HOME"}
    for name in sorted(environ):
        if not name.startswith("VITRINA_") or name in known:
            continue
        import difflib

        near = difflib.get_close_matches(name, sorted(known), n=1)
        raise SettingsError(
            f"The variable {name} is not one that Vitrina knows." + (f" Did you mean {near[0]}?" if near else ""),
            es=f"La variable {name} no existe en Vitrina." + (f" ¿Quiso decir {near[0]}?" if near else ""),
        )


def _choice(environ: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    text = environ.get(name) or default
    if text not in allowed:
        choices = ", ".join(allowed)
        raise wrong(name, f"must be one of {choices}", f"debe ser uno de: {choices}")
    return text


def _delays(environ: Mapping[str, str]) -> tuple[float, ...]:
    text = environ.get("VITRINA_RETRY_DELAYS")
    if not text:
        return DEFAULT_DELAYS
    try:
        delays = tuple(float(part) for part in text.split(","))
    except ValueError:
        delays = ()
    if not delays or not all(0 <= delay <= 604_800 for delay in delays):
        raise wrong("VITRINA_RETRY_DELAYS", "holds seconds, such as 0,5,30", "lleva segundos, por ejemplo 0,5,30")
    return delays


def _lease(environ: Mapping[str, str]) -> float:
    text = environ.get("VITRINA_LEASE_SECONDS")
    try:
        seconds = float(text) if text else DEFAULT_LEASE
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 3600:
        raise wrong(
            "VITRINA_LEASE_SECONDS",
            "is a number of seconds from 0.1 to 3600",
            "es un número de segundos, de 0.1 a 3600",
        )
    return seconds


def _apply_rate(environ: Mapping[str, str]) -> float:
    text = environ.get("VITRINA_APPLY_RATE")
    try:
        rate = float(text) if text else DEFAULT_APPLY_RATE
    except ValueError:
        rate = 0.0
    if not 0.1 <= rate <= 100_000:
        raise wrong(
            "VITRINA_APPLY_RATE",
            "is how many hand-offs a second one address may make, from 0.1 to 100000",
            "es cuántas llegadas por segundo se admiten de una dirección, de 0.1 a 100000",
        )
    return rate
