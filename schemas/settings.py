"""Settings, read once by an entry point: `vitrina.toml`, overridden by VITRINA_* variables.

A missing named file, an unknown key and an unknown VITRINA_* name are errors: a misspelt setting must not pass.
Secrets are no settings of the catalogue; they come from the environment or from files named by `*_FILE` variables.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo

from schemas.errors import SettingsError
from schemas.settings_faults import Written, near, not_toml, not_utf8, unknown_key, wrong_value

LEAD_VARIABLES = frozenset(
    """VITRINA_MARKET VITRINA_ENVIRONMENT VITRINA_BASE_URL VITRINA_API_KEY VITRINA_API_KEY_FILE VITRINA_INBOUND_KEYS
    VITRINA_INBOUND_KEYS_FILE VITRINA_CORE_KEYS VITRINA_CORE_KEYS_FILE VITRINA_EGRESS_IPS VITRINA_PORTAL_URL
    VITRINA_LEADS_DATABASE_URL VITRINA_MASTER_KEY VITRINA_MASTER_KEY_FILE VITRINA_RETRY_DELAYS
    VITRINA_LEASE_SECONDS VITRINA_ALREADY_HAVE VITRINA_TRUSTED_PROXY VITRINA_PUBLISHED VITRINA_ENGINE
    VITRINA_APPLY_RATE""".split()
)
"""Names the leads side documents; accepted here too, so that both programs can share one environment."""

SECRET_VARIABLES = frozenset(("VITRINA_NOTIFY_WEBHOOK", "VITRINA_NOTIFY_WEBHOOK_FILE"))
"""Secrets of the catalogue's side: never in a settings file, read by the entry point that needs them."""

_COLOUR = re.compile(r"#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_MAIL = r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_CONTACT = re.compile(rf"(?a:{_MAIL})|[^<>@\x00-\x1f\x7f]*<(?a:{_MAIL})>")
"""One address, with a name or without; other letters than ASCII in the address itself reach few mail programs."""
CURRENCY_OF = {"CO": "COP", "MX": "MXN"}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LenderSettings(_Table):
    """Who publishes. `market` gives the country and currency of rows that name none."""

    name: Annotated[str, Field(min_length=1, max_length=150)] = "Prestamista sin nombre"
    legal_name: str | None = None
    market: Literal["CO", "MX"] = "CO"
    brand_description: str | None = None
    logo: Path | None = None
    accent: str | None = None

    @field_validator("accent")
    @classmethod
    def _a_colour(cls, value: str | None) -> str | None:
        if value is not None and not _COLOUR.fullmatch(value.strip()):
            raise SettingsError(
                "The setting lender.accent is no colour; write it as #0b5c6b.",
                es="El ajuste lender.accent no es un color; escríbalo como #0b5c6b.",
            )
        return value


class ReviewSettings(_Table):
    """`required`: nothing is published unapproved. Removals past guard_count and guard_share wait for a person."""

    required: bool = True
    guard_count: Annotated[int, Field(ge=0)] = 3
    guard_share: Annotated[float, Field(ge=0, le=1)] = 0.2


class TargetSettings(_Table):
    """Where releases go: `path`, a directory, or `url`, `s3://bucket/folder`, at `endpoint` if it is not Amazon's own.

    The keys to a bucket are no settings: AWS_ACCESS_KEY_ID and the like, or files named by AWS_…_FILE.
    """

    path: Path | None = None
    url: str | None = None
    endpoint: str | None = None


class DeliverySettings(_Table):
    """The Partnerships contact and the language of letters; days after which an answer is late (assumed)."""

    contact: str | None = None
    language: Literal["es", "en"] = "es"
    ack_days: Annotated[int, Field(ge=0)] = 3
    live_days: Annotated[int, Field(ge=0)] = 10

    @field_validator("contact")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is not None and not _CONTACT.fullmatch(value):
            raise SettingsError(
                "The setting delivery.contact is no e-mail address; write it as Name <name@example.com>.",
                es="El ajuste delivery.contact no es una dirección de correo; escríbalo como "
                "Nombre <nombre@ejemplo.com>.",
            )
        return value


class ReferenceSettings(_Table):
    """What a month without a certified usury cap does to a listing, and what becomes of a live one found unlawful."""

    missing_cap: Literal["warn", "hold"] = "warn"
    unlawful: Literal["keep", "withdraw"] = "keep"


class ReleaseSettings(_Table):
    """How many releases a target keeps; at least the current one and its predecessor."""

    keep: Annotated[int, Field(ge=2)] = 30


class SourceSettings(_Table):
    """Where a scheduled run reads: a file, a folder, `https://…` or `s3://bucket/key`.

    pick: of a folder its newest product file, or all of them. endpoint: of an S3-compatible store.
    """

    place: Annotated[str, Field(alias="from", min_length=1)]
    pick: Literal["newest", "all"] = "newest"
    endpoint: str | None = None


class SourcesSettings(BaseModel):
    """The sources that `vitrina sync` reads when none is named, each under a name of its own.

    allow_private: sources may lie at private and loopback addresses.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, SourceSettings] = Field(init=False)

    allow_private: bool = False

    @property
    def named(self) -> Mapping[str, SourceSettings]:
        """Each source by its name."""
        return self.__pydantic_extra__


class SyncSettings(_Table):
    """Files that a scheduled run writes for those who watch it: a heartbeat and Prometheus textfile metrics."""

    heartbeat: Path | None = None
    metrics: Path | None = None


class DeskSettings(_Table):
    """url: the https address at which people find the review desk, where it stands behind a proxy."""

    url: str | None = None


class CatalogSettings(_Table):
    """All settings of `vitrina`. Holds no secret."""

    home: Path = Path("var")
    lender: LenderSettings = LenderSettings()
    review: ReviewSettings = ReviewSettings()
    targets: dict[str, TargetSettings] = {}
    delivery: DeliverySettings = DeliverySettings()
    rules: dict[str, Literal["error", "warning", "info"]] = {}
    reference: ReferenceSettings = ReferenceSettings()
    releases: ReleaseSettings = ReleaseSettings()
    desk: DeskSettings = DeskSettings()
    sources: SourcesSettings = SourcesSettings()
    sync: SyncSettings = SyncSettings()

    @model_validator(mode="after")
    def _each_target_has_one_place(self) -> CatalogSettings:
        for name, target in self.targets.items():
            if (target.path is None) == (target.url is None):
                raise SettingsError(
                    f"The setting targets.{name} needs either path (a directory) or url (s3://bucket/folder).",
                    es=f"El ajuste targets.{name} necesita o path (una carpeta) o url (s3://deposito/carpeta).",
                )
            if target.endpoint and not (target.url and target.endpoint.startswith(("https://", "http://"))):
                raise SettingsError(
                    f"The setting targets.{name}.endpoint is the https address of an S3-compatible server, beside url.",
                    es=f"El ajuste targets.{name}.endpoint es la dirección https de un servidor compatible con S3, "
                    "junto a url.",
                )
        return self

    @property
    def all_targets(self) -> Mapping[str, TargetSettings]:
        """The configured targets, else the one default: the directory `published` under the home."""
        return self.targets or {"published": TargetSettings(path=self.home / "published")}


_TABLES = ("lender", "review", "delivery", "reference", "releases", "desk", "sources", "sync")
_SECTIONS: dict[str, type[BaseModel]] = {
    "lender": LenderSettings,
    "review": ReviewSettings,
    "delivery": DeliverySettings,
    "reference": ReferenceSettings,
    "releases": ReleaseSettings,
    "desk": DeskSettings,
    "sources": SourcesSettings,
    "sync": SyncSettings,
}


def variable_names() -> dict[str, tuple[str, str]]:
    """Every VITRINA_* name that sets a key of the catalogue's tables -> (table, key)."""
    return {
        f"VITRINA_{table}_{key}".upper(): (table, key) for table in _TABLES for key in _SECTIONS[table].model_fields
    }


def _unknown_variable(name: str, known: list[str]) -> SettingsError:
    meant = near(name, known)
    return SettingsError(
        f"The variable {name} is not one that Vitrina knows." + (f" Did you mean {meant}?" if meant else ""),
        es=f"La variable {name} no existe en Vitrina." + (f" ¿Quiso decir {meant}?" if meant else ""),
    )


def _from_file(path: Path) -> tuple[dict[str, Any], str]:
    """What a file says, and its text."""
    text = _text_of(path)
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as fault:
        raise not_toml(path, text, fault) from None


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise SettingsError(
            f"The settings file {path} does not exist.", es=f"El archivo de ajustes {path} no existe."
        ) from None
    except UnicodeDecodeError:
        raise not_utf8(path) from None
    except OSError as fault:
        raise SettingsError(
            f"The settings file {path} cannot be opened: {fault.strerror}.",
            es=f"El archivo de ajustes {path} no se puede abrir: {fault.strerror}.",
        ) from None


def _beside(values: dict[str, Any], folder: Path) -> None:
    """Paths written in a settings file are meant from where that file lies."""
    lender, targets = values.get("lender"), values.get("targets")
    if isinstance(lender, dict) and isinstance(lender.get("logo"), str):
        lender["logo"] = str(folder / lender["logo"])
    for target in targets.values() if isinstance(targets, dict) else ():
        if isinstance(target, dict) and isinstance(target.get("path"), str):
            target["path"] = str(folder / target["path"])
    _sync_beside(values, folder)


def _sync_beside(values: dict[str, Any], folder: Path) -> None:
    sources, sync = values.get("sources"), values.get("sync")
    for source in sources.values() if isinstance(sources, dict) else ():
        place = source.get("from") if isinstance(source, dict) else None
        if isinstance(place, str) and place and "://" not in place:
            # Absolute: a source is known again by its place, wherever the run starts.
            source["from"] = str((folder / place).absolute())
    if isinstance(sync, dict):
        sync.update({key: str(folder / said) for key, said in sync.items() if isinstance(said, str)})


def _overlay(values: dict[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Puts what variables say over what the file says; gives the variable that said each key."""
    known, said = variable_names(), dict[str, str]()
    for name, text in environ.items():
        if not name.startswith("VITRINA_") or name == "VITRINA_HOME":
            continue
        table, key = ("lender", "market") if name == "VITRINA_MARKET" else known.get(name, ("", ""))
        if table:
            within = values.setdefault(table, {})
            if isinstance(within, dict):  # what is no table is told by the model
                within[key] = text
                said[f"{table}.{key}"] = name
        elif name not in LEAD_VARIABLES | SECRET_VARIABLES:
            others = (*LEAD_VARIABLES, *SECRET_VARIABLES, "VITRINA_HOME")
            raise _unknown_variable(name, [*known, *others])
    return said


def _first_fault(fault: ValidationError, written: Written) -> SettingsError:
    """One sentence; the value itself is left out, for it may be a secret put in the wrong place."""
    error = fault.errors(include_url=False, include_input=False)[0]
    parts = [str(part) for part in error["loc"]]
    fields = _fields_at(parts[:-1])
    if error["type"] == "extra_forbidden":
        return unknown_key(written, ".".join(parts), [info.alias or name for name, info in fields.items()])
    info = next((info for name, info in fields.items() if parts[-1] in (name, info.alias)), None)
    default = None if info is None or info.is_required() else info.get_default()
    return wrong_value(written, error, default)


def _fields_at(table: list[str]) -> Mapping[str, FieldInfo]:
    """The keys of a table, by its path in the file."""
    if len(table) == 2:
        return _NAMED[table[0]].model_fields if table[0] in _NAMED else {}
    if table:
        return _SECTIONS[table[0]].model_fields if table[0] in _SECTIONS else {}
    return {name: info for name, info in CatalogSettings.model_fields.items() if name != "home"}


_NAMED: dict[str, type[BaseModel]] = {"targets": TargetSettings, "sources": SourceSettings}
"""Tables under a name that people give."""


def load_settings(
    *, environ: Mapping[str, str], config: Path | None = None, home: Path | None = None, folder: Path | None = None
) -> CatalogSettings:
    """Settings from `config` (or `vitrina.toml` in `folder`, if there), then VITRINA_* variables, then `home`.

    Raises SettingsError with a sentence that names the key or variable.
    """
    folder = folder or Path()
    path = config or (folder / "vitrina.toml" if (folder / "vitrina.toml").exists() else None)
    values, text = _from_file(path) if path else ({}, "")
    if path:
        _beside(values, path.parent)
    written = Written(path, text, _overlay(values, environ))
    chosen = home or (Path(environ["VITRINA_HOME"]) if environ.get("VITRINA_HOME") else None)
    if chosen:
        values["home"] = str(chosen)
    try:
        return CatalogSettings.model_validate(values)
    except ValidationError as fault:
        raise _first_fault(fault, written) from None
