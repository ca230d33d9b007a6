"""The first screen of a fault: choices without typing, cases, what is learned, what is counted, what stays hidden."""

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from portal.db import Database
from portal.parties.models import Organisation, Party
from portal.policy import SYSTEM
from portal.support.knowledge.models import Article
from portal.support.knowledge.views import Whose
from portal.support.knowledge.written import Written
from portal.support.matching.asked import read
from portal.support.matching.learning import learn, wordings_of
from portal.support.matching.matching import match
from portal.support.matching.models import MOST_WORDINGS, Deflection, Wording
from portal.support.matching.solving import settle
from portal.support.tickets.models import Ticket
from tests.factories.knowledge import GLARE, NIGHT, Knowledge
from tests.factories.registrations import today_of
from tests.factories.talks import converse
from tests.factories.world import World

NIGHTLY = "/faults?line=cameras&fault=camera_drops_at_night"


@pytest.fixture
def partner(app: Flask, world: World) -> FlaskClient:
    """Somebody with a fault."""
    return world.client(app, "north.sales")


def bare(page: str) -> str:
    """Return a page without what differs between any two."""
    return re.sub(r'(name="(csrf_token|form_key)" value|"X-CSRFToken":) ?=?"[^"]*"', "", page)


def say_solved(client: FlaskClient, page: str, **more: str) -> Any:
    """Tap "this solved it" under the first case of a page."""
    form = page.partition('action="/faults/solved"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', form))
    return client.post("/faults/solved", data=fields | more)


def test_two_choices_lead_to_the_case_and_the_third_tap_ends_it(
    partner: FlaskClient, known: dict[str, Any], database: Database
) -> None:
    start = partner.get("/faults").text
    assert 'href="/faults?line=cameras"' in start
    lines = partner.get("/faults?line=cameras").text
    assert 'href="/faults?line=cameras&amp;fault=camera_drops_at_night"' in lines
    found = partner.get(NIGHTLY).text
    assert "This probably solves it" in found
    assert found.index("PoE budget exceeded") < found.index("Move <strong>four cameras</strong>")
    done = say_solved(partner, found)
    assert done.status_code == 303
    assert "No ticket was sent." in partner.get(done.headers["Location"]).text
    assert say_solved(partner, found).headers["Location"] == done.headers["Location"]  # a double tap
    with database.reading(SYSTEM) as session:
        row = session.scalars(select(Deflection)).one()
        article = session.get_one(Article, row.case_id)
        assert (row.state, row.fault, row.serial) == ("waiting", "camera_drops_at_night", "")
        assert (article.public_id, article.solved) == (known["articles"][NIGHT.title_en], 1)
        assert session.scalars(select(Wording)).all() == []  # nothing was typed


def test_a_fragment_for_htmx_and_a_page_for_everybody_else(partner: FlaskClient) -> None:
    page, part = partner.get(NIGHTLY), partner.get(NIGHTLY, headers={"HX-Request": "true"})
    assert page.text.startswith("<!DOCTYPE html>")
    assert part.text.lstrip().startswith('<div id="fault"')
    assert "HX-Request" in part.headers["Vary"]


def test_nothing_close_says_so_and_leads_on(partner: FlaskClient) -> None:
    page = partner.get("/faults?line=recorders&fault=recorder_login&text=quux").text
    assert "Nothing close is known yet" in page
    assert 'href="/tickets/new?kind=fault&amp;line=recorders&amp;fault=recorder_login&amp;text=quux"' in page


def test_a_code_in_the_text_is_as_good_as_a_choice(partner: FlaskClient) -> None:
    page = partner.get("/faults?line=cameras&text=shows e-cam21 since monday").text
    assert re.search(r'value="E-CAM-21"\s+selected', page)
    assert "Drops at night" in page  # what the code tells of


def test_a_serial_number_says_what_stands_where(partner: FlaskClient, known: dict[str, Any]) -> None:
    page = partner.get("/faults?serial=SN-north-1").text
    assert "Thing CAM-1" in page
    assert "Site of north" in page
    assert f"product={known['equipment']['SW-1']}" in page  # another part there
    assert f"product={known['equipment']['UPS-1']}" not in page  # stands nowhere there
    part = partner.get(f"/faults?item={known['equipment']['SN-north-1']}&product={known['equipment']['SW-1']}").text
    assert "PoE budget exceeded" in part
    assert "serial=SN-north-1" in part


def test_a_foreign_serial_number_looks_exactly_like_an_unknown_one(
    app: Flask, world: World, known: dict[str, Any]
) -> None:
    foreign, item = "SN-south-1", known["equipment"]["SN-south-1"]
    for who in ("north.sales", "hospital.customer"):
        client = world.client(app, who)
        theirs = client.get("/faults", query_string={"serial": foreign})
        unknown = client.get("/faults", query_string={"serial": "SN-nowhr-1"})
        assert theirs.status_code == unknown.status_code == 200
        assert bare(theirs.text.replace(foreign, "SN")) == bare(unknown.text.replace("SN-nowhr-1", "SN"))
        by_id, no_id = client.get(f"/faults?item={item}").text, client.get(f"/faults?item={'0' * 16}").text
        assert bare(by_id.replace(item, "0" * 16)) == bare(no_id)
    assert "Thing CAM-1" in world.client(app, "south.sales").get(f"/faults?serial={foreign}").text


def test_a_photo_of_a_label(partner: FlaskClient) -> None:
    code = Image.fromarray(zxingcpp.create_barcode("SN-north-1", zxingcpp.BarcodeFormat.QRCode).to_image(scale=8))
    photo = BytesIO()
    code.save(photo, "PNG")
    photo.seek(0)
    answer = partner.post("/faults/scan", data={"photo": (photo, "label.png")})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/faults?serial=SN-north-1")
    for content in (b"", b"no picture", b"\x89PNG\r\n\x1a\n broken"):
        answer = partner.post("/faults/scan", data={"photo": (BytesIO(content), "x.png")})
        assert answer.status_code == 422
        assert "What is it about?" in answer.text
    assert partner.post("/faults/scan").status_code == 422


def test_hostile_addresses_are_just_words(partner: FlaskClient) -> None:
    for hostile in ("<script>alert(1)</script>", '"><img src=x>', "' OR 1=1 --", "%", "\x00", "{{7*7}}", "x" * 5_000):
        for name in ("line", "fault", "product", "item", "serial", "error_code", "firmware", "text"):
            answer = partner.get("/faults", query_string={"line": "cameras", name: hostile})
            assert answer.status_code == 200, (name, hostile)
            assert "<script>alert" not in answer.text
            assert "<img src=x>" not in answer.text


def test_only_what_one_may_read_can_solve_something(app: Flask, world: World, knowledge: Knowledge) -> None:
    secret = replace(NIGHT, title_en="Drops at night: for our own people", visibility="internal")
    public_id = knowledge.published(secret)
    knowledge.index()
    partner = world.client(app, "north.sales")
    assert "for our own people" not in partner.get(NIGHTLY).text
    said = {"kind": "article", "case": public_id, "line": "cameras", "fault": "camera_drops_at_night", "form_key": "k"}
    assert partner.post("/faults/solved", data=said).status_code == 404
    assert partner.post("/faults/solved", data=said | {"kind": "quote"}).status_code == 422
    assert "for our own people" in world.client(app, "supplier.support_agent").get(NIGHTLY).text


def test_without_an_index_articles_of_the_fault_type_are_shown(app: Flask, world: World, partner: FlaskClient) -> None:
    for path in sorted(world.settings.search_folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    page = partner.get(NIGHTLY).text
    assert "Search is being prepared" in page
    assert "Similar cases" in page
    assert "PoE budget exceeded" in page


def solve(client: FlaskClient, known: dict[str, Any], key: str, **more: str) -> Any:
    """Say that the article about the night solved a fault."""
    said = {"kind": "article", "case": known["articles"][NIGHT.title_en], "line": "cameras",
            "fault": "camera_drops_at_night", "form_key": key}  # fmt: skip
    return client.post("/faults/solved", data=said | more)


def test_wordings_are_learned_without_names_and_move_the_ranking(
    app: Flask, world: World, known: dict[str, Any], knowledge: Knowledge, database: Database
) -> None:
    text = "the parking deck goes dark after sunset, call Northern Partner +49 30 1234567, SN-north-1"
    asked = {"line": "switches", "text": "the parking deck goes dark after sunset"}
    before = world.client(app, "south.sales").get("/faults", query_string=asked).text
    assert solve(world.client(app, "north.sales"), known, "a", text=text).status_code == 303
    with database.reading(SYSTEM) as session:
        words = session.scalars(select(Wording.text)).one()
    assert "parking deck goes dark after sunset" in words
    assert not {"Northern", "1234567", "SN-north-1"} & set(re.findall(r"[\w-]+", words))
    knowledge.index()
    after = world.client(app, "south.sales").get("/faults", query_string=asked).text
    assert "Move <strong>four cameras" not in before
    assert "Move <strong>four cameras" in after


def test_one_wording_of_an_organisation_and_twenty_of_a_case(
    world: World, known: dict[str, Any], knowledge: Knowledge, database: Database
) -> None:
    with database.writing(SYSTEM) as session:
        case = knowledge.row(session, known["articles"][NIGHT.title_en])
        for number in range(MOST_WORDINGS):
            row = Wording(case_kind="article", case_id=case.id, organisation_id=world.organisations["hospital"],
                          text=f"wording {number}", at=world.now)  # fmt: skip
            row.organisation_id = world.organisations["hospital"] if number == 0 else _other(session, world, number)
            session.add(row)
    actor = world.actor("north.sales")
    with database.writing(actor) as session:
        assert learn(session, actor, "article", case.id, "one too many", now=world.now) is None
    hospital = world.actor("hospital.customer")
    with database.writing(hospital) as session:
        changed = learn(session, hospital, "article", case.id, "said otherwise", now=world.now)
        assert changed is not None
    with database.reading(SYSTEM) as session:
        found = wordings_of(session, "article", [case.id])[case.id]
    assert len(found) == MOST_WORDINGS
    assert "said otherwise" in found
    assert "wording 0" not in found


def _other(session: Any, world: World, number: int) -> int:
    party = Party(kind="organisation", name=f"Other {number}", name_key=f"other {number}", created_at=world.now)
    session.add(party)
    session.flush()
    session.add(Organisation(id=party.id, kind="customer", currency="CNY", tax_bps=0, locale="en", time_zone="UTC"))
    session.flush()
    return party.id


def test_a_contact_that_did_not_happen_is_counted_when_the_days_have_passed(
    app: Flask, world: World, known: dict[str, Any], database: Database
) -> None:
    solve(world.client(app, "north.sales"), known, "a")
    assert states(database) == ["waiting"]
    for days, state in ((7, "waiting"), (8, "counted"), (9, "counted")):
        with database.writing(SYSTEM) as session:
            settle(session, now=world.now + timedelta(days=days), today=today_of(world) + timedelta(days=days))
        assert states(database) == [state]


def states(database: Database) -> list[str]:
    """Return where all deflections stand."""
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(Deflection.state).order_by(Deflection.id)))


def test_another_case_for_the_same_fault_takes_the_first_back(
    app: Flask, world: World, known: dict[str, Any], database: Database
) -> None:
    client = world.client(app, "north.sales")
    solve(client, known, "a")
    solve(client, known, "b")  # the same again: still one
    assert states(database) == ["waiting"]
    solve(client, known, "c", case=known["articles"][GLARE.title_en])
    assert states(database) == ["contacted", "waiting"]
    solve(client, known, "d", serial="SN-north-1")  # another piece of equipment
    solve(world.client(app, "south.sales"), known, "e")  # another organisation
    solve(world.client(app, "supplier.support_agent"), known, "f")  # who answers a call was contacted
    assert states(database) == ["contacted", "waiting", "waiting", "waiting"]


def test_still_there_goes_on_to_a_person_with_all_that_was_said(
    app: Flask, world: World, known: dict[str, Any], database: Database
) -> None:
    client = world.client(app, "north.sales")
    done = solve(client, known, "a", serial="SN-north-1", error_code="E-CAM-21").headers["Location"]
    assert world.client(app, "south.sales").get(done).status_code == 404
    assert world.client(app, "south.sales").post(f"{done}/back").status_code == 404
    assert world.client(app, "north.owner").post(f"{done}/back").status_code == 403
    answer = client.post(f"{done}/back")
    assert answer.headers["Location"] == (
        "/tickets/new?kind=fault&line=cameras&fault=camera_drops_at_night&serial=SN-north-1&error_code=E-CAM-21"
    )
    assert states(database) == ["contacted"]


def test_without_a_fault_type_nothing_is_counted(app: Flask, world: World, known: dict[str, Any]) -> None:
    assert solve(world.client(app, "north.sales"), known, "a", fault="").status_code == 422


def test_what_the_index_says_is_asked_of_the_database_again(
    world: World, knowledge: Knowledge, known: dict[str, Any], database: Database
) -> None:
    """The index is old: an article was retired since, and nobody but the second wall knows."""
    with database.writing(SYSTEM) as session:
        knowledge.row(session, known["articles"][NIGHT.title_en]).state = "retired"
    actor = world.actor("north.sales")
    with database.reading(actor) as session:
        asked = read(session, {"line": "cameras", "fault": "camera_drops_at_night"})
        found = match(session, actor, Whose("partner", "gold"), asked, folder=world.settings.search_folder, locale="en")
    assert NIGHT.title_en not in {case.title for case in found.cases}


@pytest.mark.parametrize(("days", "state"), [(6, "contacted"), (8, "counted")])
def test_a_ticket_within_the_days_takes_the_count_away(
    app: Flask, world: World, known: dict[str, Any], database: Database, days: int, state: str
) -> None:
    solve(world.client(app, "north.sales"), known, "a", serial="SN-north-1")
    solve(world.client(app, "south.sales"), known, "b")  # nobody of theirs comes back
    converse(world, "north.sales", "back")
    with database.writing(SYSTEM) as session:
        ticket = session.scalars(select(Ticket)).one()
        ticket.created_at = session.scalars(select(Deflection.at).limit(1)).one() + timedelta(days=days)
        ticket.fault, ticket.serial = "camera_drops_at_night", "SN-north-1"
    with database.writing(SYSTEM) as session:
        later = {"now": world.now + timedelta(days=9), "today": today_of(world) + timedelta(days=9)}
        assert settle(session, **later) == 2
    assert states(database) == [state, "counted"]


def test_a_wording_that_names_somebody_after_all_can_be_taken_out(
    app: Flask, world: World, known: dict[str, Any], database: Database
) -> None:
    solve(world.client(app, "north.sales"), known, "a", text="old Henry says it is dark")
    page = f"/knowledge/{known['articles'][NIGHT.title_en]}"
    assert "old Henry" not in world.client(app, "south.sales").get(page).text
    lead = world.client(app, "supplier.support_lead")
    found = re.search(r"/faults/wordings/[0-9a-z]{16}/forget", lead.get(page).text)
    assert found is not None
    assert world.client(app, "north.sales").post(found[0]).status_code == 403
    assert lead.post(found[0]).status_code == 303
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(Wording)).all() == []


def test_a_solved_ticket_says_what_helped_and_another_language_is_named(
    app: Flask, world: World, known: dict[str, Any], knowledge: Knowledge, database: Database
) -> None:
    converse(world, "north.sales", "humming splitter")
    with database.writing(SYSTEM) as session:
        ticket = session.scalars(select(Ticket)).one()
        ticket.state, ticket.solved_at, ticket.closes_at = "solved", world.now, world.now + timedelta(days=4)
        ticket.solution = "Tightened the <b>gland</b> of the splitter."
    only = Written(title_zh="啸叫", body_zh="humming splitter 接地", visibility="public", faults=("camera_ptz",))
    knowledge.published(only)
    knowledge.index()
    asked, chosen = "/faults?text=humming+splitter", "/faults?line=cameras&fault=camera_ptz&text=humming"
    north = world.client(app, "north.sales")  # who reads English
    assert "Tightened the &lt;b&gt;gland&lt;/b&gt; of the splitter." in north.get(asked).text
    assert "gland" not in world.client(app, "south.sales").get(asked).text
    page = north.get(chosen).text
    assert "接地" in page
    assert page.count('<span class="chip">中文</span>') == 1
