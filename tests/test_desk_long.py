"""Long lists on the desk: a part at a time, filters kept, and forms that say truly what they act on. Odd codes too."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from catalog.store import NewArrival, tables
from pipeline.desk.addresses import path_of
from pipeline.desk.paging import Part, cut, part_of
from pipeline.run import publishing
from tests.desk_acts import decide, plan_shown
from tests.desks import Served, desk_at
from tests.publishing import entry
from tests.shops import stage
from tests.test_desk_uploads import text_of

MANY = 450
ODD = [
    "..",
    ".",
    "a/b",
    "a//b",
    "/x",
    "%2F",
    "../../salir",
    "-",
    " x",
    "\u00a0",
    "retirar",
    "x?y#z",
    "a&b=c",
    '"><b>',
    "ñ€",
]
"""Codes that a browser, a router or a query would take for something else."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a desk where 450 loans are live and upload 2 would change every one of them and add two."""
    folder = tmp_path_factory.mktemp("long")
    with desk_at(folder) as desk:
        shop = desk.desk.shop
        first = stage(shop, [entry(f"P-{n:04}") for n in range(MANY)], by="ulises")
        publishing.publish(shop, first.info.id, by="pablo", reviewed=False)
        dearer = [entry(f"P-{n:04}", rate_min=Decimal("27.9")) for n in range(MANY)]
        stage(shop, [*dearer, entry("N-1"), entry("N-2")], by="ulises")
    return folder / "home"


@pytest.fixture
def desk(tmp_path: Path, prepared: Path) -> Iterator[Served]:
    shutil.copytree(prepared, tmp_path / "home")
    with desk_at(tmp_path) as served:
        yield served


def ways(page: httpx.Response) -> dict[str, str]:
    """The other parts a page leads to, by what their links are called."""
    block = page.text.partition('<nav class="acts pages"')[2].partition("</nav>")[0]
    return {html.unescape(said): html.unescape(href) for href, said in re.findall(r'href="([^"]*)">(.*?)</a>', block)}


def ticks(page: httpx.Response) -> list[str]:
    return re.findall(r'name="producto" value="([^"]*)"', page.text)


@pytest.mark.parametrize(
    ("total", "asked", "shown", "led"),
    [
        (0, "", [], []),
        (3, "", [0, 1, 2], []),
        (4, "", [0, 1, 2], ["next", "last"]),
        (7, "3", [3, 4, 5], ["first", "previous", "next", "last"]),
        (7, "6", [6], ["first", "previous"]),
        (7, "5", [3, 4, 5], ["first", "previous", "next", "last"]),
        (7, "999", [6], ["first", "previous"]),
        (6, "6", [3, 4, 5], ["first", "previous"]),
        (7, "-3", [0, 1, 2], ["next", "last"]),
        (7, "٣", [0, 1, 2], ["next", "last"]),
        (7, "9" * 40, [0, 1, 2], ["next", "last"]),
    ],
)
def test_a_part_is_always_one_that_there_is(total: int, asked: str, shown: list[int], led: list[str]) -> None:
    """Past the end it is the last, between two the one it stands in; what is no number is the first."""
    part = part_of(total, 3, asked, "/x?q=a")
    assert list(cut(range(total), part)) == shown
    assert [name for name, _ in part.ways] == led


def test_the_first_part_is_the_page_itself() -> None:
    """Addresses keep what else was asked, and name no place where there is none to name."""
    assert dict(Part(3, 3, 9, "/x?q=a%26b").ways) == {
        "first": "/x?q=a%26b", "previous": "/x?q=a%26b", "next": "/x?q=a%26b&desde=6", "last": "/x?q=a%26b&desde=6",
    }  # fmt: skip


def test_a_group_of_a_plan_is_read_part_by_part(desk: Served) -> None:
    """The plan shows the first forty and leads to the group alone; its parts show every product once."""
    rosa = desk.client("rosa")
    plan = rosa.get("/cargas/2")
    assert len(ticks(plan)) == 42
    assert "Se ven 1 a 40 de 450." in text_of(plan)
    (link,) = re.findall(r'href="(/cargas/2\?grupo=dangerous)#', plan.text)
    seen, page = list[str](), rosa.get(link)
    while True:
        seen += ticks(page)
        if "Siguiente" not in ways(page):
            break
        page = rosa.get(ways(page)["Siguiente"])
    assert seen == [f"P-{n:04}" for n in range(MANY)]
    assert "Se ven 401 a 450 de 450." in text_of(page)
    assert rosa.get(ways(page)["Primera parte"]).text.count('name="producto"') == 200


def test_a_decision_on_a_part_is_about_what_it_says(desk: Served) -> None:
    """The form counts the whole plan and the part; approving the part names its products and no other."""
    page = desk.client("rosa").get("/cargas/2?grupo=dangerous&desde=400")
    read = text_of(page)
    assert "Todo el plan: 452 cambios, también los que no se ven en esta página." in read
    assert "Los 50 de esta página, por su nombre" in read
    sent = re.findall(r'name="en_pagina" value="([^"]*)"', page.text)
    form = {"plan": plan_shown(desk, "rosa", 2), "accion": "aprobar", "alcance": "pagina", "en_pagina": sent}
    answer = desk.client("rosa").post("/cargas/2/decision", data={**form, "grupo": "dangerous", "desde": "400"})
    assert answer.headers["location"] == "/cargas/2?grupo=dangerous&desde=400&hecho=approved"
    (said,) = desk.store.decisions.list(upload=2)
    assert list(said.products) == sent == [f"P-{n:04}" for n in range(400, MANY)]


def test_a_decision_that_is_refused_leaves_one_on_the_part(desk: Served) -> None:
    """Ticking nothing is told there, and the whole plan is still offered by its count."""
    form = {"plan": plan_shown(desk, "rosa", 2), "accion": "aprobar", "alcance": "marcados"}
    answer = desk.client("rosa").post("/cargas/2/decision", data={**form, "grupo": "dangerous", "desde": "200"})
    assert answer.status_code == 409
    assert ticks(answer)[0] == "P-0200"
    assert "Se ven 201 a 400 de 450." in text_of(answer)


@pytest.mark.parametrize("scope", [{}, {"alcance": ""}, {"alcance": "paginas"}, {"alcance": "TODO"}])
def test_the_whole_plan_is_decided_on_only_where_the_form_says_so(desk: Served, scope: dict[str, str]) -> None:
    """A form that names fifty products, and not that it is about them, is about nothing."""
    form = {"plan": plan_shown(desk, "rosa", 2), "accion": "aprobar", "en_pagina": "P-0001", "producto": "P-0001"}
    answer = desk.client("rosa").post("/cargas/2/decision", data={**form, **scope})
    assert (answer.status_code, desk.store.decisions.list(upload=2)) == (400, ())


def test_the_whole_plan_is_approved_from_any_part(desk: Served) -> None:
    """`Todo el plan` is all of it, as it says, also from a page that shows fifty."""
    assert decide(desk, "rosa", 2, grupo="dangerous", desde="400").status_code == 303
    (said,) = desk.store.decisions.list(upload=2)
    assert said.products == ()


def test_rows_that_are_held_are_told_once_a_cause(desk: Served) -> None:
    """Three hundred rows with one fault are one sentence and their codes; nothing offers to approve them."""
    held = {f"H-{n:03}": ("rate.unreadable",) for n in range(300)} | {"H-X": ("name.missing", "rate.unreadable")}
    number = stage(desk.desk.shop, [], by="ulises", partial=True, held=held).info.id
    page = desk.client("rosa").get(f"/cargas/{number}")
    read = text_of(page)
    assert page.text.count('<article class="item holds">') == 2
    assert "(300) H-000, H-001," in read
    assert "H-059 y 240 más" in read
    assert "Nada de este plan se puede aprobar todavía" in read
    assert 'name="accion"' not in page.text
    assert "H-299" in text_of(desk.client("rosa").get(f"/cargas/{number}?grupo=held&desde=200"))


def test_releases_are_compared_part_by_part(desk: Served) -> None:
    """A release, two compared, and the way back lead to every product; what was asked stays in the address."""
    shop = desk.desk.shop
    publishing.publish(shop, 2, by="pablo", reviewed=False)
    pablo = desk.client("pablo")
    for path in ("/versiones/2", "/versiones/comparar?de=1&a=2", "/versiones/1/volver"):
        page = pablo.get(path)
        assert "Se ven 1 a 100 de 450." in text_of(page), path
        (link,) = {html.unescape(one) for one in re.findall(r'href="([^"]*grupo=\w+)#', page.text)}
        part = pablo.get(ways(pablo.get(link))["Última parte"])
        assert "Se ven 401 a 450 de 450." in text_of(part), path
        assert "P-0449" in text_of(part)
        assert pablo.get(path).text.count('<article class="item change') == 102


def test_products_are_found_part_by_part(desk: Served) -> None:
    """What was searched stays in the address of every part."""
    page = desk.client("rosa").get("/productos", params={"q": "libre inversión p-"})
    assert "Se ven 1 a 100 de 450." in text_of(page)
    last = desk.client("rosa").get(ways(page)["Última parte"])
    assert "Se ven 401 a 450 de 450." in text_of(last)
    assert 'value="libre inversión p-"' in last.text


def test_files_headers_and_users_are_read_part_by_part(desk: Served) -> None:
    """Whoever has sent for years still reaches the first; nothing is listed as come another way that a file brought."""
    for number in range(120):
        new = NewArrival(
            folder=f"f{number}", file=f"libro {number}.xlsx", size=1, sha256="ab" * 32, by="u", partial=False
        )
        desk.store.arrivals.finish(desk.store.arrivals.add(new), upload=None)
    moment = datetime.now(UTC)
    person = {"roles": '["uploader"]', "password": "x", "made_by": "alba", "made_at": moment, "disabled_at": None}
    header = {"file": "libro.xlsx", "fields": '["name"]', "said_by": "ulises", "said_at": moment}
    with desk.store.database.write() as connection:
        connection.execute(tables.users.insert(), [{"key": f"z{n}", "name": f"z{n}", **person} for n in range(120)])
        connection.execute(
            tables.mappings.insert(), [{"header": f"h{n}", "shown": f"H {n}", **header} for n in range(120)]
        )
    client = desk.client("nadia")
    page = client.get("/cargas")
    assert "libro 119.xlsx" in text_of(page)
    assert "libro 69.xlsx" not in text_of(page)
    older = client.get("/cargas?desde=100")
    assert "libro 0.xlsx" in text_of(older)
    assert "Volver a los más recientes" in text_of(older)
    assert "Se ven 1 a 100 de 125." in text_of(client.get("/ajustes/usuarios"))
    assert "z99" in text_of(client.get("/ajustes/usuarios?desde=100"))
    assert "Se ven 101 a 120 de 120." in text_of(client.get("/ajustes/encabezados?desde=100"))


def test_a_link_to_a_product_leads_to_it_whatever_its_code(tmp_path: Path) -> None:
    """On every page that names products: the plan, a group of it, releases, the comparison, the way back, the list."""
    with desk_at(tmp_path) as desk:
        shop = desk.desk.shop
        for rate in ("24.9", "25.9"):
            rows = [entry(code, rate_min=Decimal(rate)) for code in ODD]
            publishing.publish(shop, stage(shop, rows, by="ulises").info.id, by="pablo", reviewed=False)
        stage(shop, [entry(code, rate_min=Decimal("26.9")) for code in ODD], by="ulises")
        client = desk.client("nadia")
        wanted = {path_of(code) for code in ODD}
        pages = [
            "/cargas/3",
            "/cargas/3?grupo=dangerous",
            "/versiones/1",
            "/versiones/2",
            "/versiones/comparar?de=1&a=2",
        ]
        for path in (*pages, "/versiones/1/volver", "/productos"):
            linked = re.findall(r'href="(/productos/[^"]*)"', client.get(path).text)
            assert {html.unescape(one) for one in linked} == wanted, path
        for code in ODD:
            answer = client.get(path_of(code))
            assert (answer.status_code, answer.url.path.startswith("/productos/")) == (200, True), code
            assert f'value="{html.escape(code)}"' in answer.text or f"Retirar {code}" in html.unescape(answer.text), (
                code
            )
            for onward in re.findall(r'href="(/productos/[^"]*version=\d+)#', answer.text):
                assert client.get(html.unescape(onward)).status_code == 200
        assert (
            client.post("/productos/retirar", data={"codigo": ".."}).headers["location"]
            == f"{path_of('..')}&hecho=withdrawn"
        )
