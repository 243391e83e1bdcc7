"""What doctor can say of the settings alone: rules that may be changed, and where targets lie."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.targets import address_of
from schemas import wording
from schemas.checklist import Point, in_trouble
from schemas.errors import SettingsError
from schemas.requirements import load
from schemas.settings import CatalogSettings


def rule_points(settings: CatalogSettings) -> Iterator[Point]:
    """Every rule of `[rules]`: a code nobody knows and a documented rule are wrong; the others are named."""
    wrong = [point for code, word in settings.rules.items() for point in _rule(code, word)]
    yield from wrong
    sound = [code for code in settings.rules if f"rule:{code}" not in {point.name for point in wrong}]
    if sound:
        listed = {lang: wording.listed([f"{code} = {settings.rules[code]}" for code in sound], lang) for lang in _LANGS}
        yield Point(
            name="rules",
            health="ok",
            spanish=f"Reglas cambiadas en los ajustes: {listed['es']}.",
            english=f"Rules changed by the settings: {listed['en']}.",
        )


_LANGS = ("es", "en")


def _rule(code: str, word: str) -> Iterator[Point]:
    try:
        load().with_overrides({code: word})
    except SettingsError as fault:
        yield in_trouble(f"rule:{code}", fault, "vitrina requirements; vitrina.toml: [rules]", "wrong")


def address_points(settings: CatalogSettings) -> Iterator[Point]:
    """The targets whose address is none."""
    for name, target in settings.targets.items():
        try:
            address_of(target.url or "s3://x", target.endpoint)
        except SettingsError as fault:
            mend = f'vitrina.toml: [targets.{name}] url = "s3://deposito/carpeta"'
            yield in_trouble(f"target:{name}", fault, mend, "wrong")


def with_sound_targets(settings: CatalogSettings) -> CatalogSettings:
    """The settings without the targets that have no address, so that the rest can be looked at."""
    wrong = {point.name.removeprefix("target:") for point in address_points(settings)}
    sound = {name: target for name, target in settings.targets.items() if name not in wrong}
    return settings.model_copy(update={"targets": sound})
