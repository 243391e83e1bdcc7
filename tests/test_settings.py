"""Settings: the file, then the variables; anything unknown is an error that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import SettingsError
from schemas.settings import LEAD_VARIABLES, load_settings, variable_names


def load(folder: Path, text: str = "", **environ: str) -> object:
    if text:
        (folder / "vitrina.toml").write_text(text, "utf-8")
    return load_settings(environ=environ, folder=folder)


def test_without_a_file_there_are_sensible_defaults(tmp_path: Path) -> None:
    """Review is required; the one target is the directory under the home."""
    settings = load_settings(environ={}, folder=tmp_path)
    assert settings.review.required
    assert settings.all_targets["published"].path == Path("var/published")


def test_variables_override_the_file(tmp_path: Path) -> None:
    """VITRINA_<TABLE>_<KEY>; VITRINA_MARKET is the lender's market."""
    (tmp_path / "vitrina.toml").write_text('[lender]\nname = "Uno"\n[review]\nguard_count = 5\n', "utf-8")
    settings = load_settings(environ={"VITRINA_LENDER_NAME": "Dos", "VITRINA_MARKET": "MX"}, folder=tmp_path)
    assert (settings.lender.name, settings.lender.market, settings.review.guard_count) == ("Dos", "MX", 5)


def test_paths_of_a_file_are_meant_from_where_it_lies(tmp_path: Path) -> None:
    """A scheduled job may start anywhere."""
    (tmp_path / "s.toml").write_text('[lender]\nlogo = "logo.png"\n[targets.web]\npath = "out"\n', "utf-8")
    settings = load_settings(environ={}, config=tmp_path / "s.toml")
    assert settings.lender.logo == tmp_path / "logo.png"
    assert settings.all_targets["web"].path == tmp_path / "out"


@pytest.mark.parametrize(
    ("text", "environ", "named"),
    [
        ("[lender]\nnmae = 'x'\n", {}, "lender.nmae"),
        ("[lendr]\nname = 'x'\n", {}, "lendr"),
        ("[lender]\nmarket = 'AR'\n", {}, "lender.market"),
        ("[lender]\naccent = 'verde'\n", {}, "lender.accent"),
        ("[lender\n", {}, "vitrina.toml"),
        ("", {"VITRINA_HOEM": "x"}, "VITRINA_HOEM"),
        ("", {"VITRINA_REVIEW_REQUIRED": "quizás"}, "review.required"),
    ],
)
def test_what_is_unknown_or_unreadable_is_named(tmp_path: Path, text: str, environ: dict[str, str], named: str) -> None:
    """In both languages, with one sentence."""
    with pytest.raises(SettingsError, match=named) as refused:
        load(tmp_path, text, **environ)
    assert named in refused.value.say("es")


def test_a_misspelt_name_gets_the_near_one(tmp_path: Path) -> None:
    """The person sees what they meant."""
    with pytest.raises(SettingsError, match="VITRINA_HOME"):
        load(tmp_path, VITRINA_HOEM="x")


def test_a_missing_named_file_is_an_error(tmp_path: Path) -> None:
    """--config with a typo must not mean the defaults."""
    with pytest.raises(SettingsError, match=r"nada\.toml"):
        load_settings(environ={}, config=tmp_path / "nada.toml")


def test_the_value_of_a_wrong_setting_is_never_shown(tmp_path: Path) -> None:
    """It may be a secret put in the wrong place."""
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, VITRINA_REVIEW_GUARD_COUNT="s3cr3t-canary")
    assert "s3cr3t-canary" not in str(refused.value)


def test_both_programs_share_one_environment(tmp_path: Path) -> None:
    """Names of the leads side are accepted here too."""
    load(tmp_path, **dict.fromkeys(LEAD_VARIABLES - {"VITRINA_MARKET"}, "x"))
    assert "VITRINA_REVIEW_REQUIRED" in variable_names()
