"""The engine a Lender may plug in, and how it is found."""

from __future__ import annotations

import importlib
from importlib.metadata import entry_points
from typing import Protocol, cast

from leads.decide.published import PublishedTerms
from leads.decide.values import Decision, Question
from schemas.errors import SettingsError
from schemas.product import Product

GROUP = "vitrina.engines"
"""Entry points of this group are engines."""


class Engine(Protocol):
    """Decides one question about one published product.

    Called from several threads at once, each call with a deadline: whoever is late or raises is not waited for, the
    marketplace is told to ask again, and nothing is stored. What is offered must lie within what is published.
    """

    def decide(self, question: Question, product: Product, /) -> Decision:
        """The decision. `leads.decide.price` makes an offer with its payment and costs."""


def load_engine(name: str | None) -> Engine:
    """The engine called `module:attribute`, or so by an entry point of the group `vitrina.engines`; None: the default.

    A class is made without arguments. SettingsError: it cannot be found or does not decide.
    """
    if name is None:
        return PublishedTerms()
    try:
        found = _named(name)
        made = found() if isinstance(found, type) else found
    except ModuleNotFoundError as fault:
        raise _absent(name, fault.name) from None
    except (Exception, SystemExit) as fault:  # what a Lender's module raises while it loads is told by its kind alone
        kind = type(fault).__name__
        raise _wrong(f"cannot be loaded ({kind})", f"no se puede cargar ({kind})") from None
    if not callable(getattr(made, "decide", None)):
        raise _wrong("names something without a method decide", "nombra algo que no tiene un método decide")
    return cast(Engine, made)


def _named(name: str) -> object:
    module, separator, attribute = name.partition(":")
    if separator:
        return getattr(importlib.import_module(module), attribute)
    (point,) = entry_points(group=GROUP, name=name)
    return point.load()


def _absent(name: str, module: str | None) -> SettingsError:
    """The engine's own module is misspelt, or one that it imports is not installed."""
    if module is None or f"{name.partition(':')[0]}.".startswith(f"{module}."):
        return _wrong("names a module that is not there", "nombra un módulo que no existe")
    return SettingsError(
        f"VITRINA_ENGINE: the engine imports the module {module}, which is not installed; install it beside Vitrina.",
        es=f"VITRINA_ENGINE: el motor importa el módulo {module}, que no está instalado; instálelo junto a Vitrina.",
    )


def _wrong(english: str, spanish: str) -> SettingsError:
    return SettingsError(
        f"VITRINA_ENGINE {english}; write module:name or the name of an entry point of {GROUP}.",
        es=f"VITRINA_ENGINE {spanish}; escriba módulo:nombre o el nombre de un entry point de {GROUP}.",
    )
