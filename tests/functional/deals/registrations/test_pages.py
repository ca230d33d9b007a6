"""Pages of registrations: one field, a card, two taps; what follows on the page of one; the pool; evidence."""

import gc
import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.app import create_app
from portal.approvals.subjects import Verdict
from portal.db import new_public_id
from portal.deals.registrations.expecting import expected_band
from portal.deals.registrations.models import PoolEntry, Registration
from portal.files.models import Upload
from portal.files.storing import LocalStore
from portal.parameters.models import ParameterValue
from portal.parties.identity import matching
from portal.parties.models import Party, Relation
from portal.parties.noted_models import PartyIdentifier
from portal.policy import SYSTEM
from tests.factories.registrations import Registrations, today_of
from tests.factories.world import World
from tests.unit.files.samples import HTML, PDF, SVG, office_bomb, png_bomb

FIELDS = re.compile(r"<(?:input|select|textarea)(?![^>]*type=\"(?:hidden|radio)\")[^>]*>")


@pytest.fixture(scope="module")
def app(shared_world: World) -> Flask:
    """The web application on the shared world."""
    made = create_app(shared_world.settings, shared_world.database)
    made.testing = True
    made.config["PROPAGATE_EXCEPTIONS"] = False
    return made


@pytest.fixture
def registrations(shared_world: World) -> Registrations:
    """Registrations that are made today."""
    return Registrations(shared_world, today_of(shared_world))


Browser = Callable[[str], FlaskClient]


@pytest.fixture(scope="module")
def browser(app: Flask, shared_world: World) -> Browser:
    """Return a function that opens a browser for somebody, one for each person."""
    open_ones: dict[str, FlaskClient] = {}

    def opened(who: str) -> FlaskClient:
        return open_ones.setdefault(who, shared_world.client(app, who))

    return opened


def known(registrations: Registrations, *organisations: str, name: str) -> tuple[int, str]:
    """Make a customer that these organisations know; return its key and public id."""
    key = registrations.customer(*organisations, name=name)

    def index(session: Any, _actor: Any) -> str:
        party = session.get_one(Party, key)
        matching.index(session, party)
        return party.public_id

    return key, registrations.do("house", index)


def main_of(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def filled(**more: str) -> dict[str, str]:
    return {"form_key": new_public_id(), "product_line": "video", "closing_month": "2099-01", **more}


def month(registrations: Registrations) -> str:
    return f"{registrations.day:%Y-%m}"


def newest(registrations: Registrations, customer_id: int) -> Registration:
    query = select(Registration).where(Registration.customer_id == customer_id).order_by(Registration.id.desc())
    return registrations.do("house", lambda session, _actor: session.scalars(query).first())


def path(registrations: Registrations, registration_id: int, step: str = "") -> str:
    row = registrations.get(registration_id)
    return f"/registrations/{row.public_id}" + (f"/{step}" if step else "")


def version(registrations: Registrations, registration_id: int) -> dict[str, str]:
    return {"version": str(registrations.get(registration_id).version)}


def test_the_first_screen_is_one_field_with_the_newest_own_customers(
    browser: Browser, registrations: Registrations
) -> None:
    known(registrations, "north", name="Larch Mill")
    known(registrations, "south", name="Cedar Mill")
    page = main_of(browser("north.sales").get("/registrations/new").text)
    assert len(FIELDS.findall(page)) == 1
    assert "Larch Mill" in page
    assert "Cedar Mill" not in page


@pytest.mark.parametrize("typed", ["Spruce", "spruce mlil", "0571 8812 3400", "+86 571-8812", "88123400"])
def test_suggestions_are_own_customers_by_name_or_phone(
    browser: Browser, registrations: Registrations, typed: str
) -> None:
    key, public_id = known(registrations, "north", "south", name="Spruce Mill")

    def note(session: Any, _actor: Any) -> None:
        own = (Relation.party_id == key, Relation.organisation_id == registrations.world.organisations["north"])
        session.scalars(select(Relation).where(*own)).one().phone = "+86 571 8812 3400"

    registrations.do("house", note)
    answers = {
        who: browser(who).get("/registrations/suggest", query_string={"q": typed}, headers={"HX-Request": "true"}).text
        for who in ("north.sales", "south.sales")
    }
    assert 'id="asked"' not in answers["north.sales"]  # a late one never takes the card away
    assert public_id in answers["north.sales"]
    assert (public_id in answers["south.sales"]) == typed.lower().startswith("spruce")


def test_a_project_is_registered_once_however_often_its_form_is_sent(
    browser: Browser, registrations: Registrations
) -> None:
    key, public_id = known(registrations, "north", name="Alder House")
    client = browser("north.sales")
    card = client.post("/registrations/look", data={"customer": public_id}, headers={"HX-Request": "true"}).text
    assert "It is free" in card
    assert 'name="product_line"' in card
    form = filled(customer=public_id, form_key=re.findall(r'name="form_key"[^>]*value="([^"]+)"', card)[0])
    form["closing_month"] = month(registrations)
    places = {client.post("/registrations", data=form).headers["Location"] for _ in range(2)}
    assert len(places) == 1
    row = newest(registrations, key)
    assert (row.state, row.site) == ("in_review", "1 Harbour Road")
    page = client.get(places.pop()).text
    assert "Nudge" in page
    assert "approver of supplier" in page


def test_what_is_missing_is_said_and_everything_typed_is_kept(browser: Browser, registrations: Registrations) -> None:
    key, public_id = known(registrations, "north", name="Birch House")
    form = filled(customer=public_id, site="Block C", competitors="Somebody", closing_month="1999-01")
    answer = browser("north.sales").post("/registrations", data=form)
    assert answer.status_code == 422
    assert "This month is over" in answer.text
    for kept in ("Block C", "Somebody", form["form_key"]):
        assert kept in answer.text
    assert newest(registrations, key) is None
    _foreign, theirs = known(registrations, "south", name="Willow House")
    for data in (filled(customer=theirs), filled(customer="0" * 16), filled(customer="' OR 1=1")):
        assert browser("north.sales").post("/registrations", data=data).status_code == 404
    bad_key = filled(customer=public_id, form_key="x")
    assert browser("north.sales").post("/registrations", data=bad_key).status_code == 422


def test_a_second_partner_waits_and_then_hears_claimed_without_a_name(
    browser: Browser, registrations: Registrations
) -> None:
    """A3: neither the card nor the page of his own draft says whose it is."""
    ours, _id = known(registrations, "north", name="Qzxv Tower")
    first = registrations.register("north.sales", ours, site="Block B")
    client = browser("south.sales")
    asked = {"q": "QZXV  tower", "product_line": "video"}
    card = main_of(client.post("/registrations/look", data=asked).text)
    assert "Being decided" in card
    assert "Result by" in card
    registrations.decide(first, Verdict.APPROVED)
    card = main_of(client.post("/registrations/look", data=asked).text)
    until = registrations.get(first).protected_until
    assert until is not None
    assert "Claimed" in card
    assert f"Protected until {until.day} {until:%b %Y}" in card
    for secret in ("north", "Northern", registrations.get(first).number or "", "Block B", "It is free"):
        assert secret not in card, secret
    form = filled(name="Qzxv Tower", site="Block B", closing_month=month(registrations))
    answer = client.post("/registrations", data=form)
    page = client.get(answer.headers["Location"]).text
    assert "It is kept as a draft" in page
    assert "Northern" not in page
    assert 'action="/registrations/look"' in client.post("/registrations/look", data={**asked, "site": "C"}).text


def test_questions_are_counted_whatever_the_answer(browser: Browser, registrations: Registrations) -> None:
    client = browser("south.owner")
    _set(registrations, "registration.probes_a_day", 2)
    try:
        codes = [client.post("/registrations/look", data={"q": f"Nobody {n}"}).status_code for n in (1, 1, 2, 3, 3)]
        assert codes == [200, 200, 200, 429, 429]
        assert "Ask again tomorrow" in client.post("/registrations/look", data={"q": "Nobody 4"}).text
    finally:
        _set(registrations, "registration.probes_a_day", None)


def _set(registrations: Registrations, key: str, value: int | None) -> None:
    def work(session: Any, _actor: Any) -> None:
        row = session.scalar(select(ParameterValue).where(ParameterValue.key == key))
        row = row or ParameterValue(key=key)
        row.value, row.changed_at = value, registrations.now
        session.add(row)

    registrations.do("house", work)


def test_a_credit_code_is_checked_and_kept_with_the_new_customer(
    browser: Browser, registrations: Registrations
) -> None:
    client = browser("north.owner")
    wrong = client.post("/registrations/look", data={"q": "91350100M000100Y44"})
    assert wrong.status_code == 422
    assert "last sign of this credit code" in wrong.text
    card = client.post("/registrations/look", data={"q": "91350100M000100Y43"}).text
    assert len(re.findall(r'name="name"', card)) == 1
    form = filled(mark="91350100M000100Y43", closing_month=month(registrations))
    assert "Say what the customer is called" in client.post("/registrations", data=form).text
    places = {client.post("/registrations", data={**form, "name": "Coded House"}).location for _ in range(2)}
    assert len(places) == 1
    query = select(PartyIdentifier.value_key).where(PartyIdentifier.kind == "credit_code")
    assert "91350100M000100Y43" in registrations.do("house", lambda session, _a: session.scalars(query).all())


def test_a_question_is_answered_on_the_page(browser: Browser, registrations: Registrations) -> None:
    key, _id = known(registrations, "north", name="Oak House")
    row = registrations.register("north.sales", key)
    registrations.decide(row, Verdict.RETURNED, note="Who pays <b>it</b>?")
    client = browser("north.sales")
    page = client.get(path(registrations, row)).text
    assert "Who pays &lt;b&gt;it&lt;/b&gt;?" in page
    nothing = client.post(path(registrations, row, "answer"), data={**version(registrations, row), "answer": " "})
    assert nothing.status_code == 422
    said = {**version(registrations, row), "answer": "The city."}
    assert client.post(path(registrations, row, "answer"), data=said).status_code == 303
    assert registrations.state(row) == "in_review"


def test_a_withdrawal_can_be_undone_and_a_stale_page_changes_nothing(
    browser: Browser, registrations: Registrations
) -> None:
    key, _id = known(registrations, "north", name="Elm House")
    row = registrations.register("north.sales", key)
    client = browser("north.sales")
    stale = client.post(path(registrations, row, "withdraw"), data={"version": "1"})
    assert stale.status_code == 409
    assert registrations.state(row) == "in_review"
    assert client.post(path(registrations, row, "withdraw"), data=version(registrations, row)).status_code == 303
    assert registrations.state(row) == "withdrawn"
    assert "Undo the withdrawal" in client.get(path(registrations, row)).text
    assert client.post(path(registrations, row, "undo")).status_code == 303
    assert registrations.state(row) == "in_review"


def test_editing_shows_both_versions_and_asks_before_a_new_decision(
    browser: Browser, registrations: Registrations
) -> None:
    key, _id = known(registrations, "north", name="Yew House")
    row = registrations.approved("north.sales", key)
    client, now = browser("north.sales"), version(registrations, row)
    form = {"product_line": "video", "closing_month": month(registrations), "value_band": "m", "site": "1 Harbour Road"}
    quiet = client.post(path(registrations, row, "edit"), data={**now, **form, "competitors": "Three"})
    assert quiet.status_code == 303
    stale = client.post(path(registrations, row, "edit"), data={**now, **form, "competitors": "Mine"})
    assert stale.status_code == 409
    assert "Three" in stale.text
    assert 'value="Mine"' in stale.text
    other = {**version(registrations, row), **form, "product_line": "network"}
    asked = client.post(path(registrations, row, "edit"), data=other)
    assert asked.status_code == 422
    assert "it is decided again" in asked.text
    assert registrations.state(row) == "approved"
    assert client.post(path(registrations, row, "edit"), data={**other, "sure": "1"}).status_code == 303
    assert registrations.state(row) == "in_review"


def test_a_visit_extends_and_says_what_is_missing(browser: Browser, registrations: Registrations) -> None:
    key, _id = known(registrations, "north", name="Ash House")
    row = registrations.approved("north.sales", key)
    until = registrations.get(row).protected_until
    assert until is not None
    client, said = browser("north.sales"), {"kind": "visit", "happened_on": registrations.day.isoformat()}
    for wrong in ({"kind": "lunch"}, {**said, "happened_on": "2026-13-01"}, {**said, "note": ""}, {"kind": "quote"}):
        answer = client.post(path(registrations, row, "extend"), data={**version(registrations, row), **wrong})
        assert answer.status_code == 422, wrong
    met = {**version(registrations, row), **said, "note": "Met the buyer"}
    assert client.post(path(registrations, row, "extend"), data=met).status_code == 303
    page = client.get(path(registrations, row)).text
    assert "Met the buyer" in page
    assert registrations.get(row).protected_until == until + timedelta(days=30)
    assert "Others asked" not in page


@pytest.mark.parametrize(("step", "form", "state"), [
    ("convert", {}, "converted"), ("won", {}, "won"), ("lost", {"reason": "price", "note": "Too dear"}, "lost"),
])  # fmt: skip
def test_what_came_of_it_is_said_on_the_page(
    browser: Browser, registrations: Registrations, step: str, form: dict[str, str], state: str
) -> None:
    key, _id = known(registrations, "north", name=f"Fir House {step}")
    row = registrations.approved("north.sales", key)
    if step == "won":
        browser("north.sales").post(path(registrations, row, "convert"), data=version(registrations, row))
    answer = browser("north.sales").post(path(registrations, row, step), data={**version(registrations, row), **form})
    assert answer.status_code == 303
    assert registrations.state(row) == state
    if step == "lost":
        nonsense = {**version(registrations, row), "reason": "overridden"}
        assert browser("north.sales").post(path(registrations, row, step), data=nonsense).status_code == 422


def test_the_house_sees_rivals_and_overrides_with_a_reason(browser: Browser, registrations: Registrations) -> None:
    key, _id = known(registrations, "north", "south", name="Lime House")
    first = registrations.approved("north.sales", key)
    later = registrations.begin("south.sales", key)
    assert registrations.submit("south.sales", later).kind == "claimed"
    second = registrations.register("south.sales", key, site="Elsewhere")
    client = browser("supplier.channel_manager")
    page = client.get(path(registrations, second)).text
    assert registrations.get(first).number in page
    assert "Northern Partner" in page
    empty = client.post(path(registrations, second, "override"), data=version(registrations, second))
    assert empty.status_code == 422
    said = {**version(registrations, second), "reason": "The customer asked for it"}
    assert client.post(path(registrations, second, "override"), data=said).status_code == 303
    assert registrations.state(second) == "approved"
    timeline = browser("south.sales").get(path(registrations, second)).text
    assert "The customer asked for it" not in timeline


def test_the_list_filters_sorts_and_pages(browser: Browser, registrations: Registrations) -> None:
    names = [f"Row House {number:02d}" for number in range(27)]
    key, _id = known(registrations, "north", name="Row House")
    for name in names[:2]:
        other, _public = known(registrations, "north", name=name)
        registrations.begin("north.owner", other, product_line="network")
    for number in range(25):
        registrations.begin("north.owner", key, site=f"Site {number}", product_line="cabling")
    client = browser("north.owner")
    page = client.get("/registrations?line=network&sort=customer&standing=draft").text
    assert names[0] in page
    assert "Site 3" not in page
    first = client.get("/registrations?line=cabling").text
    after = re.findall(r'rel="next"\s+href="([^"]+)"', first)
    assert after == [] or "after=" in after[0]
    assert client.get("/registrations?q=Row+House+01").text.count("Row House 01</bdi>") == 1
    assert "No registration fits" in client.get("/registrations?q=zzz").text
    for nonsense in ("standing=x", "after=%00", "sort=state", "ending=9999", "q=%25_", "line='--"):
        assert client.get(f"/registrations?{nonsense}").status_code == 200


def test_the_page_of_a_customer_shows_its_registrations_to_those_who_may(
    browser: Browser, registrations: Registrations
) -> None:
    key, public_id = known(registrations, "north", "south", name="Plane House")
    registrations.register("north.sales", key)
    number = newest(registrations, key).number
    assert number in browser("north.sales").get(f"/customers/{public_id}").text
    assert number not in browser("south.sales").get(f"/customers/{public_id}").text


def test_a_customer_of_the_pool_shows_its_name_once_opened_and_is_claimed_once(
    browser: Browser, registrations: Registrations
) -> None:
    key = registrations.customer(name="Poplar House")

    def fall(session: Any, _actor: Any) -> str:
        entry = PoolEntry(customer_id=key, reason="unworked", entered_on=registrations.day)
        session.add(entry)
        session.flush()
        return entry.public_id

    entry = registrations.do("house", fall)
    client = browser("south.sales")
    assert "Poplar House" not in client.get("/registrations/pool").text
    assert "Poplar House" in client.post(f"/registrations/pool/{entry}").text
    assert client.post(f"/registrations/pool/{entry}/claim").status_code == 303
    page = client.get("/registrations/pool").text
    assert "Poplar House" in page
    assert browser("north.sales").post(f"/registrations/pool/{entry}/claim").status_code == 404
    held = re.findall(r"/registrations/pool/holdings/([0-9a-z]{16})/activity", page)[0]
    assert client.post(f"/registrations/pool/holdings/{held}/activity", data={"note": ""}).status_code == 422
    assert client.post(f"/registrations/pool/holdings/{held}/activity", data={"note": "Called"}).status_code == 303
    assert browser("north.sales").post(f"/registrations/pool/holdings/{held}/release").status_code == 404
    assert client.post(f"/registrations/pool/holdings/{held}/release").status_code == 303
    _set(registrations, "pool.views_a_day", 1)
    again = re.findall(r"/registrations/pool/([0-9a-z]{16})\"", browser("south.owner").get("/registrations/pool").text)
    assert again
    assert browser("south.owner").post(f"/registrations/pool/{again[0]}").status_code == 200
    _set(registrations, "pool.views_a_day", None)


def attach(client: FlaskClient, place: str, content: bytes, name: str = "visit.pdf", *, missing: int = 0) -> Any:
    """Send a file as a browser does; with `missing` the connection ends so many bytes too early."""
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    whole = head.encode() + content + (b"" if missing else b"\r\n--b--\r\n")
    kind = "multipart/form-data; boundary=b"
    return client.post(
        place, input_stream=BytesIO(whole), content_length=len(whole) + missing, content_type=kind
    )  # fmt: skip


def test_evidence_is_attached_downloaded_and_removed(browser: Browser, registrations: Registrations) -> None:
    """A2, A15, J2, J3: only through its own registration, only for those who see it, only until it is removed."""
    key, _id = known(registrations, "north", name="Hazel House")
    row, other = registrations.register("north.sales", key), registrations.begin("north.sales", key, site="Other")
    client, hostile = browser("north.sales"), "'><svg onload=alert(1)>\u202e.html"
    assert attach(client, path(registrations, row, "files"), SVG, hostile).status_code == 303
    page = client.get(path(registrations, row)).text
    assert "<svg onload" not in page
    assert "&lt;svg onload=alert(1)&gt;.html.txt" in page
    file_id = re.findall(r"/files/([0-9a-z]{16})\"", page)[0]
    place = f"{path(registrations, row, 'files')}/{file_id}"
    got = client.get(place, buffered=True)
    assert got.data == SVG
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert got.headers["Content-Security-Policy"].startswith("sandbox")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Cache-Control"] == "no-store"
    assert got.mimetype == "text/plain"
    assert browser("supplier.approver").get(place, buffered=True).status_code == 200
    assert browser("south.sales").get(place).status_code == 404
    assert client.get(f"{path(registrations, other, 'files')}/{file_id}").status_code == 404
    assert browser("supplier.approver").post(f"{place}/remove").status_code == 403
    assert client.post(f"{place}/remove").status_code == 303
    assert client.get(place).status_code == 404


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the parser forgets what was cut
def test_what_is_no_evidence_is_refused_and_leaves_nothing(browser: Browser, registrations: Registrations) -> None:
    """F1, F2, F4: bombs, nothing, too much, an upload that was cut; no row and no file."""
    key, _id = known(registrations, "north", name="Rowan House")
    place = path(registrations, registrations.begin("north.sales", key), "files")
    client, store = browser("north.sales"), LocalStore(registrations.world.settings.files_folder)
    before = {name for name, _at, _part in store.lying()}
    for content, status in ((b"", 422), (png_bomb(), 422), (office_bomb(), 422), (b"%PDF-" + b"x" * 10_000_001, 413)):
        assert attach(client, place, content).status_code == status
    assert client.post(place, data={}).status_code == 422
    assert attach(client, place, b"x" * 20_000_100).status_code == 413
    cut = attach(client, place, PDF + HTML, missing=500)
    assert cut.status_code in (400, 422)
    gc.collect()
    assert {name for name, _at, _part in store.lying()} == before
    query = select(Upload.id).join(Registration, Registration.id == Upload.thing_id)
    query = query.where(Registration.customer_id == key)
    assert registrations.do("house", lambda session, _actor: session.scalars(query).all()) == []


def test_everybody_else_is_refused(browser: Browser, registrations: Registrations) -> None:
    key, _id = known(registrations, "north", name="Maple House")
    row = registrations.register("north.sales", key)
    for who, status in (("north.engineer", 403), ("supplier.channel_manager", 403), ("south.sales", 404)):
        answer = browser(who).post(path(registrations, row, "withdraw"), data=version(registrations, row))
        assert answer.status_code == status, who
    assert registrations.state(row) == "in_review"
    with registrations.world.database.reading(SYSTEM) as session:
        assert session.get_one(Registration, row).state == "in_review"


@pytest.mark.parametrize(("verdict", "act"), [
    (Verdict.APPROVED, "Approved"), (Verdict.REFUSED, "Refused"), (Verdict.RETURNED, "Returned with a question"),
])  # fmt: skip
def test_the_timeline_names_who_decided(
    browser: Browser, registrations: Registrations, verdict: Verdict, act: str
) -> None:
    key, _id = known(registrations, "north", name=f"Ash House {verdict}")
    row = registrations.register("north.sales", key)
    registrations.decide(row, verdict, reason="too_early" if verdict is Verdict.REFUSED else "", note="Who pays?")
    page = browser("north.sales").get(path(registrations, row)).text.partition('id="timeline"')[2].partition("</ol>")[0]
    line = next(line for line in page.split("<li>") if act in line)
    assert "<bdi>" in line


def chosen_band(page: str) -> list[str]:
    group = page.partition('id="value_band"')[2].partition("</fieldset>")[0]
    return [tag for tag in re.findall(r'<input[^>]*name="value_band"[^>]*>', group) if "checked" in tag]


def test_a_value_that_a_rule_needs_is_asked_for_openly_and_chosen_as_usual(
    browser: Browser, registrations: Registrations
) -> None:
    key, public_id = known(registrations, "south", name="Yew House")
    client, look = browser("south.sales"), {"data": {"customer": public_id}, "headers": {"HX-Request": "true"}}
    for _number in range(2):
        registrations.begin("south.owner", key, value_band="l", site=new_public_id())
    card = client.post("/registrations/look", **look).text
    asked, _, folded = card.partition("<details")
    assert "Large project" in asked
    assert "as in most of your registrations" in asked
    assert 'name="value_band"' not in folded
    (chosen,) = chosen_band(card)
    assert 'value="l"' in chosen


def test_without_anything_to_go_by_no_value_is_assumed(browser: Browser, registrations: Registrations) -> None:
    def expected(session: Any, actor: Any) -> Any:
        return expected_band(session, actor.organisation_id, "EUR", None)

    assert registrations.do("north.sales", expected).band == ""
