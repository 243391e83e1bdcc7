"""LeadSettings: what is wrong is one sentence that says what to do, and never shows a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from leads.vault import open_vault
from schemas.errors import SettingsError
from schemas.lead_settings import DEFAULT_DELAYS, LeadSettings, load_lead_settings, need_delivery

KEY = "clave-canaria-7Qx"
GOOD = {"VITRINA_BASE_URL": "https://api.example.com/v2/", "VITRINA_API_KEY": KEY}


def load(**environ: str) -> LeadSettings:
    """Settings from these variables."""
    return load_lead_settings(environ=environ)


def test_defaults_and_a_whole_set() -> None:
    """Nothing set: a sandbox in Colombia with the documented ladder; a base URL keeps its path and no slash."""
    assert load().retry_delays == DEFAULT_DELAYS
    settings = load(**GOOD, VITRINA_MARKET="MX", VITRINA_INBOUND_KEYS="a,b", VITRINA_RETRY_DELAYS="0,1.5")
    assert (settings.market, settings.retry_delays) == ("MX", (0.0, 1.5))
    url, key = need_delivery(settings)
    assert (url, key.reveal()) == ("https://api.example.com/v2", KEY)
    assert [one.reveal() for one in settings.inbound_keys] == ["a", "b"]


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_one_trailing_newline_is_stripped(tmp_path: Path, ending: str) -> None:
    """What an editor leaves at the end of a key file is no part of the key."""
    (tmp_path / "key").write_bytes((KEY + ending).encode())
    settings = load(VITRINA_API_KEY_FILE=str(tmp_path / "key"))
    assert settings.api_key is not None
    assert settings.api_key.reveal() == KEY


WRONG = [
    ({"VITRINA_API_KEY": f"{KEY}\n{KEY}"}, "VITRINA_API_KEY holds whitespace"),
    ({"VITRINA_API_KEY": f" {KEY}"}, "VITRINA_API_KEY holds whitespace"),
    ({"VITRINA_API_KEY": f"{KEY}\n\n"}, "VITRINA_API_KEY holds whitespace"),
    ({"VITRINA_API_KEY": f"{KEY}ñ"}, "VITRINA_API_KEY holds whitespace"),
    ({"VITRINA_API_KEY": KEY, "VITRINA_API_KEY_FILE": "/x"}, "both set"),
    ({"VITRINA_API_KEY_FILE": "/no/existe"}, "cannot be read"),
    ({"VITRINA_INBOUND_KEYS": f"{KEY},,{KEY}"}, "one comma"),
    ({"VITRINA_BASE_URL": "http://api.example.com"}, "https://"),
    ({"VITRINA_BASE_URL": "api.example.com"}, "is no URL"),
    ({"VITRINA_BASE_URL": "https://u:p@api.example.com"}, "user or a password"),
    ({"VITRINA_BASE_URL": "https://api.example.com?a=1"}, "query"),
    ({"VITRINA_BASE_URL": "https://api.example.com:port"}, "is no URL"),
    ({"VITRINA_PORTAL_URL": "http://portal.example.com"}, "https://"),
    ({"VITRINA_PORTAL_URL": "https://[portal"}, "VITRINA_PORTAL_URL is no URL"),
    ({"VITRINA_PORTAL_URL": "https://portal.example.com:puerto"}, "VITRINA_PORTAL_URL is no URL"),
    ({"VITRINA_PORTAL_URL": "https://portal.example.com/firma#"}, "VITRINA_PORTAL_URL is no URL"),
    ({"VITRINA_PORTAL_URL": "https://portal.example.com/?canal=a&click_id="}, "already has click_id"),
    ({"VITRINA_EGRESS_IPS": "10.0.0.0/8"}, "no single IP"),
    ({"VITRINA_MARKET": "AR"}, "one of CO, MX"),
    ({"VITRINA_ENVIRONMENT": "prod"}, "one of sandbox"),
    ({"VITRINA_RETRY_DELAYS": "0,x"}, "holds seconds"),
    ({"VITRINA_RETRY_DELAYS": "-1"}, "holds seconds"),
    ({"VITRINA_RETRY_DELAYS": "nan"}, "holds seconds"),
    ({"VITRINA_LEASE_SECONDS": "0"}, "number of seconds"),
    ({"VITRINA_API_KEYS": "x"}, "Did you mean VITRINA_API_KEY"),
    ({"VITRINA_ENVIRONMENT": "production", "VITRINA_API_KEY": "sk_staging_0123456789"}, "another environment's tag"),
    ({"VITRINA_ENVIRONMENT": "staging", "VITRINA_API_KEY": "sk_prod_0123456789"}, "another environment's tag"),
    (
        {"VITRINA_ENVIRONMENT": "production", "VITRINA_BASE_URL": "https://staging.api.example.com"},
        "another environment's",
    ),
    ({"VITRINA_BASE_URL": "https://prod.example.com", "VITRINA_API_KEY": "stg_012345678901"}, "same environment"),
    ({"VITRINA_ENVIRONMENT": "production", "VITRINA_API_KEY": "corta"}, "shorter than 16"),
]


@pytest.mark.parametrize(("environ", "said"), WRONG)
def test_what_is_wrong_is_refused_in_one_line(environ: dict[str, str], said: str) -> None:
    """Each refusal names the variable, says what to do, and shows no secret, in both languages."""
    with pytest.raises(SettingsError, match=said) as refused:
        load(**environ)
    for lang in ("es", "en"):
        assert KEY not in refused.value.say(lang)
        assert "\n" not in refused.value.say(lang)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
def test_loopback_may_be_plain(url: str) -> None:
    """Rehearsals on this machine need no certificate."""
    assert load(VITRINA_BASE_URL=url).base_url == url


def test_missing_key_and_url_say_where_they_come_from() -> None:
    """Sending without them is refused, and the sentence says how to set them."""
    with pytest.raises(SettingsError, match="VITRINA_BASE_URL is missing"):
        need_delivery(load())
    with pytest.raises(SettingsError, match="VITRINA_API_KEY_FILE"):
        need_delivery(load(VITRINA_BASE_URL=GOOD["VITRINA_BASE_URL"]))


def test_a_secret_never_shows_itself() -> None:
    """repr, str and format of settings hide every secret, the database's password too."""
    settings = load(**GOOD, VITRINA_MASTER_KEY=KEY, VITRINA_LEADS_DATABASE_URL=f"postgresql://u:{KEY}@db/x")
    assert KEY not in f"{settings!r} {settings} {settings.api_key!r} {settings.master_key}"


def test_the_master_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    """Absent: made in the home with mode 0600 and kept; in production refused."""
    home = tmp_path / "var"
    vault = open_vault(LeadSettings(home=home))
    assert (home / "master.key").stat().st_mode & 0o777 == 0o600
    wrapped = vault.new_key(b"lead")
    sealed = vault.seal(wrapped, b"lead", "decision", b"dato")
    assert open_vault(LeadSettings(home=home)).unseal(wrapped, b"lead", "decision", sealed) == b"dato"
    with pytest.raises(SettingsError, match="VITRINA_MASTER_KEY is missing"):
        open_vault(LeadSettings(home=tmp_path / "otro", environment="production"))
