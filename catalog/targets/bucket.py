"""An S3-compatible bucket: its address, the keys to it, and how long we wait for it. Needs the extra `vitrina[s3]`."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from schemas.errors import SettingsError, TargetUnavailable

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

_SCHEME = "s3://"
_REGION = "us-east-1"
"""The region of stores that have none (assumed; S3-compatible stores ignore it)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one request may take, how often it is tried again, and when we give up (seconds)."""

    request: float = 30
    tries: int = 4
    total: float = 90
    first_pause: float = 0.2


@dataclass(frozen=True, slots=True)
class Keys:
    """Who we are to the bucket. Without an access key the library's own ways are tried (a machine's role)."""

    access: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    region: str | None = None
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """`s3://bucket/prefix` taken apart; endpoint: the server, None: Amazon's own."""

    bucket: str
    prefix: str
    endpoint: str | None = None

    def __str__(self) -> str:
        return f"{_SCHEME}{self.bucket}/{self.prefix}".rstrip("/")


def address_of(url: str, endpoint: str | None = None) -> Address:
    """The address a setting names; SettingsError where it names none."""
    bucket, _, prefix = url.removeprefix(_SCHEME).partition("/")
    if not url.startswith(_SCHEME) or not bucket or any(sign in url for sign in " ?#@"):
        said = _without_secrets(url)
        raise SettingsError(
            f"«{said}» is no address of a bucket; write s3://bucket/folder, without keys in it.",
            es=f"«{said}» no es la dirección de un depósito; escriba s3://deposito/carpeta, sin llaves en ella.",
        )
    return Address(bucket, prefix.strip("/"), endpoint)


def _without_secrets(url: str) -> str:
    """What may be shown of an address that may carry a key before an @ or a signature after a ?."""
    plain = re.split(r"[?#]", url, maxsplit=1)[0]
    return f"{_SCHEME}…{plain[plain.rindex('@') :]}" if "@" in plain else plain


def keys_from(environ: Mapping[str, str]) -> Keys:
    """The keys among the variables, by the names every S3 tool uses, or from the files that `*_FILE` names.

    SettingsError: such a file cannot be read.
    """
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    return Keys(
        access=_secret(environ, "AWS_ACCESS_KEY_ID"),
        secret=_secret(environ, "AWS_SECRET_ACCESS_KEY"),
        token=_secret(environ, "AWS_SESSION_TOKEN"),
        region=region,
        endpoint=environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL"),
    )


def _secret(environ: Mapping[str, str], name: str) -> str | None:
    path = environ.get(f"{name}_FILE")
    if not path:
        return environ.get(name) or None
    try:
        return Path(path).read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"The file that {name}_FILE names cannot be read.",
            es=f"El archivo que indica {name}_FILE no se puede leer.",
        ) from None


def open_bucket(address: Address, keys: Keys, patience: Patience | None = None) -> S3Store:
    """The bucket, ready to be asked; nothing is sent yet. TargetUnavailable: the extra is not installed."""
    try:
        from obstore.store import S3Store
    except ImportError:
        raise TargetUnavailable(
            f"{address} needs an extra: pip install 'vitrina[s3]'.",
            es=f"{address} necesita un complemento: pip install 'vitrina[s3]'.",
        ) from None
    wait = patience or Patience()
    endpoint = address.endpoint or keys.endpoint
    given = {"access_key_id": keys.access, "secret_access_key": keys.secret, "session_token": keys.token}
    pause = timedelta(seconds=wait.first_pause)
    config = {name: value for name, value in given.items() if value} | {"region": keys.region or _REGION}
    if endpoint:
        config |= {"endpoint": endpoint, "virtual_hosted_style_request": "false"}
    return S3Store(
        address.bucket,
        prefix=address.prefix or None,
        config=cast("S3Config", config),
        # Only an address that says http:// goes without TLS; nothing falls back to it.
        client_options={"allow_http": bool(endpoint and endpoint.startswith("http://")), "timeout": f"{wait.request}s"},
        retry_config={
            "max_retries": wait.tries - 1,
            "retry_timeout": timedelta(seconds=wait.total),
            "backoff": {"init_backoff": pause, "max_backoff": pause * 20, "base": 2},
        },
    )


@contextlib.contextmanager
def in_sentences(name: str) -> Iterator[None]:
    """A bucket's trouble as one sentence, without its address, keys or answer."""
    from obstore import exceptions

    try:
        yield
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError):
        raise TargetUnavailable(
            f"The target «{name}» does not let us in; check the access key and its permissions. "
            "What was live there still is.",
            es=f"El destino «{name}» no permite el acceso; revise la llave de acceso y sus permisos. "
            "Lo que estaba publicado sigue igual.",
        ) from None
    except (exceptions.BaseError, OSError, ValueError) as fault:
        # Only the text of the error tells which part of an address does not exist.
        raise (_no_bucket(name) if "NoSuchBucket" in str(fault) else _unreachable(name)) from None


def _no_bucket(name: str) -> TargetUnavailable:
    return TargetUnavailable(
        f"The bucket of the target «{name}» does not exist, or its address is misspelt.",
        es=f"El depósito del destino «{name}» no existe, o su dirección está mal escrita.",
    )


def _unreachable(name: str) -> TargetUnavailable:
    return TargetUnavailable(
        f"The target «{name}» does not answer as it should; the next run goes on where this one stopped. "
        "What was live there still is.",
        es=f"El destino «{name}» no responde como debe; la próxima corrida sigue donde quedó esta. "
        "Lo que estaba publicado sigue igual.",
    )
