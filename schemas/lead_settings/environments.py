"""Keys and URLs of one environment never meet those of another."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from schemas.lead_settings.secrets import Secret, wrong

_OTHER_ENVIRONMENT = {
    "production": re.compile(r"(?<![a-z])(stag(ing|e)?|stg|sandbox|sbx|test)(?![a-z])", re.IGNORECASE),
    "staging": re.compile(r"(?<![a-z])(prod(uction)?|live)(?![a-z])", re.IGNORECASE),
}


def refuse_mixed(environment: str, base_url: str | None, key: Secret | None) -> None:
    """A key or URL that names another environment. Only tags of whole words count, as in `sk_staging_…`."""
    tag = _OTHER_ENVIRONMENT.get(environment)
    if tag is None:
        _refuse_pair(base_url, key)
        return
    if key is not None and tag.search(key.reveal()):
        raise wrong(
            "VITRINA_API_KEY",
            f"carries another environment's tag, but VITRINA_ENVIRONMENT is {environment}; use this environment's key",
            f"lleva la marca de otro ambiente y VITRINA_ENVIRONMENT es {environment}; use la clave de este ambiente",
        )
    if base_url is not None and tag.search(urlsplit(base_url).hostname or ""):
        raise wrong(
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
            raise wrong(
                "VITRINA_API_KEY",
                f"is not a key of {other}, which VITRINA_BASE_URL names; use the key of the same environment",
                f"no es una clave de {other}, el ambiente de VITRINA_BASE_URL; use la del mismo ambiente",
            )
