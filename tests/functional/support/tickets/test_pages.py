"""The pages of tickets: each side sees its part, and nothing of others."""

import io

from flask import Flask
from PIL import Image

from portal.support.tickets import working
from portal.support.tickets.models import Message, Ticket
from portal.support.tickets.replying import Said, note, reply
from tests.factories.support import Desk

CUSTOMER, AGENT, LEAD = "hospital.customer", "supplier.support_agent", "supplier.support_lead"
SECRET = "he-is-difficult"


def test_each_side_sees_its_part_of_the_same_page(app: Flask, desk: Desk) -> None:
    desk.do(AGENT, note, SECRET, "n1")
    desk.do(AGENT, working.escalate, SECRET)
    page = f"/tickets/{desk.ticket}"
    agent, customer = desk.client(app, AGENT), desk.client(app, CUSTOMER)
    ours, theirs = agent.get(page), customer.get(page)
    assert (ours.status_code, theirs.status_code) == (200, 200)
    assert SECRET in ours.text
    assert "Escalate" not in theirs.text
    assert SECRET not in theirs.text
    assert 'id="work"' in ours.text
    assert 'id="work"' not in theirs.text
    assert desk.client(app, "supplier.product_manager").get(page).text.count(SECRET) == 0
    assert desk.client(app, "south.sales").get(page).status_code == 404


def test_lists(app: Flask, desk: Desk) -> None:
    agent, customer = desk.client(app, AGENT), desk.client(app, CUSTOMER)
    assert "Camera 4 MP" not in agent.get("/tickets").text
    for view in ("unassigned", "open", "all"):
        assert "Camera 4 MP" in agent.get(f"/tickets?view={view}").text, view
    assert "Camera 4 MP" in agent.get("/tickets?view=mine&q=SN-HOSPITAL-1").text
    assert "Camera 4 MP" in customer.get("/tickets").text
    assert "Camera 4 MP" in desk.client(app, "north.sales").get("/tickets").text
    other = desk.client(app, "south.sales")
    for address in ("/tickets", "/tickets?view=all", f"/tickets?q={desk.now_is().number}", "/tickets?q=SN-HOSPITAL-1"):
        assert "Camera 4 MP" not in other.get(address).text, address
    for nonsense in ("?after=x", "?view=all&after=WzFd", "?queue=zz&priority=zz", "?q=%00'--", "?after=WyJ4IiwxXQ"):
        assert agent.get(f"/tickets{nonsense}").status_code == 200, nonsense


def test_pages_go_on_by_keyset(app: Flask, desk: Desk) -> None:
    for number in range(27):
        desk.open(CUSTOMER, f"many-{number}", subject=f"Matter {number:03d}")
    for who, view in ((AGENT, "unassigned"), (CUSTOMER, "all")):
        client, address, seen = desk.client(app, who), f"/tickets?view={view}", set()
        while address:
            text = client.get(address).text
            seen |= {f"Matter {number:03d}" for number in range(27) if f"Matter {number:03d}" in text}
            following = text.partition('rel="next"')[2].partition('href="')[2].partition('"')[0]
            address = following.replace("&amp;", "&")
        assert len(seen) == 27, who


def test_opening_in_three_taps_with_a_photo(app: Flask, desk: Desk) -> None:
    customer = desk.client(app, CUSTOMER)
    form = customer.get(f"/tickets/new?item={desk.items['hospital']}&kind=fault")
    assert "Camera 4 MP" in form.text
    assert "SN-HOSPITAL-1" in form.text
    key = form.text.partition('name="form_key"')[2].partition('value="')[2].partition('"')[0]
    photo = (io.BytesIO(_png()), "night.png")
    sent = {"form_key": key, "kind": "fault", "impact": "all", "item": desk.items["hospital"], "files": photo}
    answer = customer.post("/tickets/new", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    made = desk.all(Ticket)[-1]
    assert (made.priority, made.channel) == ("urgent", "web")
    assert answer.headers["Location"].endswith(made.public_id)
    page = customer.get(answer.headers["Location"]).text
    assert "night.png" in page or "/files/" in page


def _png() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(target, "PNG")
    return target.getvalue()


def test_wrong_input_keeps_what_was_typed(app: Flask, desk: Desk) -> None:
    customer = desk.client(app, CUSTOMER)
    sent = {"form_key": "k" * 16, "kind": "fault", "impact": "nonsense", "body": "my long story"}
    answer = customer.post("/tickets/new", data=sent)
    assert answer.status_code == 422
    assert "my long story" in answer.text
    for foreign in ({"item": desk.items["foreign"]}, {"link_to": "0" * 16}, {"product": "0" * 16}):
        answer = customer.post("/tickets/new", data={**sent, "impact": "part", **foreign})
        assert answer.status_code == 404, foreign
    assert customer.get(f"/tickets/new?item={desk.items['foreign']}&product=zz").status_code == 200
    assert len(desk.all(Ticket)) == 1


def test_a_question_is_called_by_its_first_words_and_nothing_at_all_is_refused(app: Flask, desk: Desk) -> None:
    customer, sent = desk.client(app, CUSTOMER), {"kind": "question", "impact": "question"}
    answer = customer.post("/tickets/new", data={**sent, "form_key": "e" * 16, "body": " \n"})
    assert answer.status_code == 422
    assert 'id="body-error"' in answer.text
    asked = {**sent, "form_key": "q" * 16, "body": f"\n How long does\tit last? {'x' * 90}\nMore"}
    assert customer.post("/tickets/new", data=asked).status_code == 303
    subject = desk.all(Ticket)[-1].subject
    assert subject.startswith("How long does it last? xxx")
    assert subject.endswith("x…")
    assert len(subject) == 81
    photo = {**sent, "form_key": "p" * 16, "files": (io.BytesIO(_png()), "night.png")}
    assert customer.post("/tickets/new", data=photo, content_type="multipart/form-data").status_code == 303
    assert desk.all(Ticket)[-1].subject == "Question"
    person = {"kind": "fault", "impact": "part", "form_key": "f" * 16}  # whoever wants to talk need not write
    assert customer.post("/tickets/new", data=person).status_code == 303
    assert desk.all(Ticket)[-1].subject == "Fault"


def test_steps_through_the_page(app: Flask, desk: Desk) -> None:
    agent, customer, base = desk.client(app, AGENT), desk.client(app, CUSTOMER), f"/tickets/{desk.ticket}"
    me = agent.get(base).text.partition('name="person" value="')[2].partition('"')[0]
    assert agent.post(f"{base}/assign", data={"person": me, "seen": ""}).status_code == 303
    assert agent.post(f"{base}/assign", data={"person": me, "seen": ""}).status_code == 409
    for step in ("assign", "hand-over", "change", "hold", "escalate", "merge", "split"):
        assert customer.post(f"{base}/{step}", data={"person": me}).status_code == 403, step
    assert customer.post(f"{base}/nudge").status_code == 303
    assert customer.post(f"{base}/nudge").status_code == 409
    assert (
        agent.post(
            f"{base}/change", data={"version": "1", "subject": "x", "kind": "fault", "impact": "all"}
        ).status_code
        == 409
    )
    typed = agent.post(f"{base}/merge", data={"merge-other": "T-1999-000001"})
    assert typed.status_code == 422
    assert 'id="merge-other-error"' in typed.text
    assert 'value="T-1999-000001"' in typed.text
    assert agent.post(f"{base}/link", data={"link-other": desk.now_is().number}).status_code == 422
    assert agent.get(f"{base}/split").status_code == 200
    assert agent.post(f"{base}/solve", data={"solution": "A bigger switch"}).status_code == 303
    shown = customer.get(base).text
    assert "A bigger switch" in shown
    assert 'id="rate"' in shown
    assert customer.post(f"{base}/rate", data={"points": "9"}).status_code == 422
    assert customer.post(f"{base}/rate", data={"points": "5", "comment": "fine"}).status_code == 303
    assert customer.post(f"{base}/reopen").status_code == 303
    assert desk.now_is().state == "open"
    assert customer.post(f"{base}/close").status_code == 303
    assert customer.post(f"{base}/close").status_code == 409


def test_a_solved_ticket_becomes_an_article_in_two_clicks(app: Flask, desk: Desk) -> None:
    agent = desk.client(app, AGENT)
    desk.do(AGENT, reply, Said("Call customer of hospital at 138 0013 8000, then reset", "a1", then="solve"))
    answer = agent.post(f"/tickets/{desk.ticket}/article")
    assert answer.status_code == 303
    page = agent.get(answer.headers["Location"]).text
    assert "then reset" in page
    assert "8000" not in page
    assert "customer of hospital" not in page


def test_macros_fill_the_field(app: Flask, desk: Desk) -> None:
    lead, agent = desk.client(app, LEAD), desk.client(app, AGENT)
    words = {
        "name_en": "Restart",
        "name_zh": "重启",
        "body_en": "Dear {name}, restart. {agent}",
        "body_zh": "请重启",
        "action": "ask",
    }
    assert lead.get("/desk/macros/new").status_code == 200
    assert lead.post("/desk/macros/new", data=words).status_code == 303
    assert agent.post("/desk/macros/new", data=words).status_code == 403
    page = agent.get(f"/tickets/{desk.ticket}").text
    key = page.partition('name="macro"')[2].partition('<option value="')[2].partition('"')[0]
    assert "Dear customer of hospital, restart." in agent.get(f"/tickets/{desk.ticket}?macro={key}").text
    assert lead.post(f"/desk/macros/{key}", data={**words, "version": "7"}).status_code == 409
    assert lead.post(f"/desk/macros/{key}/archive").status_code == 303
    assert lead.get(f"/desk/macros/{key}").status_code == 404


def test_the_desk_is_kept_on_screen(app: Flask, desk: Desk) -> None:
    lead = desk.client(app, LEAD)
    assert lead.get("/desk").status_code == 200
    assert (
        lead.post(
            "/desk/targets/premium/urgent",
            data={"first_response": "5", "next_update": "10", "solution": "30", "version": "0"},
        ).status_code
        == 303
    )
    assert (
        lead.post(
            "/desk/targets/premium/urgent",
            data={"first_response": "5", "next_update": "10", "solution": "30", "version": "0"},
        ).status_code
        == 409
    )
    assert (
        lead.post(
            "/desk/targets/premium/urgent", data={"first_response": "0", "next_update": "1", "solution": "1"}
        ).status_code
        == 422
    )
    assert lead.get("/desk/targets/premium/nonsense").status_code == 404
    hospital = desk.customers["hospital"]
    assert lead.get(f"/desk/terms/{hospital}").status_code == 200
    assert (
        lead.post(
            f"/desk/terms/{hospital}", data={"calendar": "nowhere", "contract": "premium", "version": "0"}
        ).status_code
        == 422
    )
    assert (
        lead.post(
            f"/desk/terms/{hospital}", data={"calendar": "supplier", "contract": "premium", "version": "0"}
        ).status_code
        == 303
    )
    assert desk.open(CUSTOMER, "premium", impact="all").contract == "premium"
    assert lead.get("/desk/queues/new").status_code == 200
    sent = {
        "name_en": "Cameras",
        "name_zh": "摄像机",
        "kinds": ["question"],
        "skills": "en",
        "position": "1",
        "assigns": "",
        "version": "0",
    }
    assert lead.post("/desk/queues/new", data=sent).status_code == 303
    assert lead.post("/desk/queues/new", data={**sent, "skills": "klingon"}).status_code == 422
    overview = lead.get("/desk").text
    assert "Cameras" in overview
    queue = overview.rpartition('href="/desk/queues/')[2][:16]
    page = lead.get(f"/desk/queues/{queue}").text
    box = page.partition('value="question"')
    assert box[0].rpartition("<")[2].split()[:2] == ["input", 'class="form-check-input"']  # a browser sends it
    assert box[2].partition(">")[0].strip() == "checked"
    assert "<option" not in page.partition('id="kinds"')[2].partition("</fieldset>")[0]


def test_equipment(app: Flask, desk: Desk) -> None:
    item = f"/equipment/{desk.items['hospital']}"
    for who in (CUSTOMER, "north.sales", AGENT):
        client = desk.client(app, who)
        assert "SN-HOSPITAL-1" in client.get("/equipment").text, who
        page = client.get(item)
        assert page.status_code == 200
        assert desk.now_is().number in page.text, who
    other = desk.client(app, "south.sales")
    assert other.get(item).status_code == 404
    assert desk.items["hospital"] not in other.get("/equipment?q=SN-HOSPITAL-1").text
    assert "SN-SOUTH-1" not in desk.client(app, CUSTOMER).get("/equipment").text


def test_an_agent_opens_for_somebody(app: Flask, desk: Desk) -> None:
    agent, hospital = desk.client(app, AGENT), desk.customers["hospital"]
    assert "Qingxi Hospital" in agent.get("/tickets/new?q=qingxi").text
    form = agent.get(f"/tickets/new?customer={hospital}").text
    key = form.partition('name="form_key"')[2].partition('value="')[2].partition('"')[0]
    requester = form.partition(">customer of hospital<")[0].rpartition('value="')[2].partition('"')[0]
    sent = {"form_key": key, "kind": "question", "impact": "question", "customer": hospital, "requester": requester,
            "body": "How long are pictures kept?", "channel": "phone"}  # fmt: skip
    assert agent.post("/tickets/new", data=sent).status_code == 303
    made = desk.all(Ticket)[-1]
    assert (made.requester_id, made.channel) == (desk.world.people[CUSTOMER], "phone")
    assert desk.all(Message)[-1].side == "house"


def test_the_link_of_a_mail_needs_no_account_and_shows_nothing_else(app: Flask, desk: Desk) -> None:
    nobody = desk.world.client(app, None)
    assert nobody.get("/rate/nonsense").status_code == 404
    assert nobody.post("/rate/nonsense", data={"points": "5"}).status_code == 404
