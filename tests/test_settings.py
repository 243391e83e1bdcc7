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
        ("", {"VITRINA_REVIEW_REQUIRED": "quizás"}, "VITRINA_REVIEW_REQUIRED"),
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


LIKE = 'Se escribe así: name = "Banco Ejemplo".'
TEXT = 'debe ser un texto entre comillas; por ejemplo, name = "texto".'


@pytest.mark.parametrize(
    ("text", "spanish"),
    [
        ("[lender]\nmarket = 'PE'", "2: lender.market debe ser 'CO' o 'MX'."),
        ("\n[releases]\nkeep = 1", "3: releases.keep debe ser como mínimo 2; por ejemplo, keep = 30."),
        ("[releases]\nkeep = 'x'", "2: releases.keep debe ser un número entero; por ejemplo, keep = 30."),
        ("[review]\nguard_share = 7", "2: review.guard_share debe ser como máximo 1; por ejemplo, guard_share = 0.2."),
        ("[review]\nrequired = 'tal vez'",
         "2: review.required debe ser true o false, sin comillas; por ejemplo, required = true."),
        ("[lender]\nname = 7", f"2: lender.name {TEXT}"),
        ("lender = {name = 4}", f"1: lender.name {TEXT}"),
        ("[targets.\"a\"]\npath = 3",
         "2: targets.a.path debe ser una ruta entre comillas; por ejemplo, path = \"carpeta/archivo\"."),
        ("[sources.a]\n# la hoja\npick = 'all'", "1: sources.a.from falta; por ejemplo, from = \"…\"."),
        ("review = 1", "1: review debe ser una tabla."),
        ("[lender]\nnombre = 'x'", "2: el ajuste lender.nombre no existe en Vitrina. ¿Quiso decir name?"),
        ("[releases]\nzzz = 4", "2: el ajuste releases.zzz no existe en Vitrina. En [releases] se admiten: keep."),
        ("[lender\nname = 'x'",
         "1: al nombre de la tabla le falta el corchete de cierre. Se escribe así: [lender]."),
        ("[lender]\nname = Banco", f"2 (lender.name): el valor no se entiende; los textos van entre comillas. {LIKE}"),
        ("[lender]\nname = \"x\nk = 1", f"2 (lender.name): al texto le faltan las comillas de cierre. {LIKE}"),
        ("[lender]\nname = 'x'\nname = 'y'",
         f"3 (lender.name): esta clave ya está escrita más arriba; deje una sola. {LIKE}"),
        ("[lender]\n[lender]",
         "2: esta tabla ya está escrita más arriba; deje una sola. Se escribe así: [lender], una vez."),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_said_in_spanish_with_its_line(tmp_path: Path, text: str, spanish: str) -> None:
    """The parsers' own reasons are English: file, line, key and how it is written, instead."""
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, text)
    assert refused.value.say("es") == f"{tmp_path / 'vitrina.toml'}, línea {spanish}"
    assert f"line {spanish[0]}" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "spanish"),
    [
        ("VITRINA_REVIEW_GUARD_COUNT", "x", "VITRINA_REVIEW_GUARD_COUNT debe ser un número entero."),
        ("VITRINA_MARKET", "PE", "VITRINA_MARKET debe ser 'CO' o 'MX'."),
    ],
)
def test_what_a_variable_says_is_told_by_its_name(tmp_path: Path, name: str, value: str, spanish: str) -> None:
    """Also where a file has the same key: the variable is what counts."""
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, "[review]\nguard_count = 2\n[lender]\nmarket = 'CO'\n", **{name: value})
    assert refused.value.say("es") == spanish


def test_a_file_in_other_letters_says_how_to_save_it(tmp_path: Path) -> None:
    """No position of a byte."""
    (tmp_path / "vitrina.toml").write_bytes("[lender]\nname = 'Crédito'\n".encode("cp1252"))
    with pytest.raises(SettingsError) as refused:
        load(tmp_path)
    assert refused.value.say("es").endswith("ábralo en un editor de texto y guárdelo como UTF-8.")
