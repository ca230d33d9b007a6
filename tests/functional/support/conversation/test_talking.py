"""A conversation: news for those who see the ticket and for nobody else, messages that come once, notes that stay."""

import re
from io import BytesIO
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.db import Database
from portal.files.models import Upload
from portal.parameters.models import ParameterValue
from portal.policy import SYSTEM
from portal.support.tickets.conversation_models import TicketDraft, TicketRead
from portal.support.tickets.models import Message, Note, Ticket
from tests.factories.talks import SECRET, Talk, converse
from tests.unit.files.samples import HTML, PDF, SVG, picture

HOSTILE = '<img src=x onerror=alert(1)><a hx-get="/x">[x](javascript:alert(1))</a>{{7*7}}'


def news(client: FlaskClient, talk: Talk, tag: str = "", since: int = 0) -> Any:
    headers = {"If-None-Match": f'"{tag}"'} if tag else {}
    return client.get(f"/tickets/{talk.own}/messages?since={since}", headers=headers)


def tag_of(response: Any) -> str:
    return str(response.headers["ETag"]).strip('"')


def send(client: FlaskClient, talk: Talk, body: str = "words", key: str = "key", **form: Any) -> Any:
    return client.post(f"/tickets/{talk.own}/messages", data={"body": body, "form_key": key, **form})


def messages(database: Database) -> list[Message]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def test_news_are_told_once_to_both_sides(app: Flask, talk: Talk, database: Database) -> None:
    agent, customer = (talk.client(app, who) for who in ("supplier.support_agent", "hospital.customer"))
    first = news(customer, talk)
    assert (first.status_code, SECRET in first.text) == (200, True)
    tag = tag_of(first)
    nothing = news(customer, talk, tag)
    assert (nothing.status_code, nothing.data, tag_of(nothing)) == (304, b"", tag)
    assert "Set-Cookie" not in nothing.headers
    answer = send(agent, talk, "Look at https://lanqiao.example/poe.")
    assert answer.status_code == 200, answer.text
    heard = news(customer, talk, tag)
    assert heard.status_code == 200
    assert '<a href="https://lanqiao.example/poe" rel="noopener noreferrer nofollow ugc"' in heard.text
    assert news(customer, talk, tag_of(heard)).status_code == 304


def test_no_news_take_one_query_beside_the_sign_in(app: Flask, talk: Talk, database: Database) -> None:
    client = talk.client(app, "hospital.customer")
    tag = tag_of(news(client, talk))
    seen: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    assert news(client, talk, tag).status_code == 304
    asked = [statement for statement in seen if statement.startswith("SELECT")]
    assert len(asked) == 2, asked


def test_the_same_form_again_is_one_message(app: Flask, talk: Talk, database: Database) -> None:
    client, before = talk.client(app, "hospital.customer"), len(messages(database))
    assert {send(client, talk).status_code for _ in range(3)} == {200}
    assert len(messages(database)) == before + 1
    assert send(client, talk, "other words").status_code == 409
    assert len(messages(database)) == before + 1


def test_a_form_that_comes_again_leaves_what_was_begun_since(app: Flask, talk: Talk, database: Database) -> None:
    client, base = talk.client(app, "hospital.customer"), f"/tickets/{talk.own}"
    assert send(client, talk, "first", files=[(BytesIO(PDF), "a.pdf")]).status_code == 200
    client.post(f"{base}/draft/files", data={"file": (BytesIO(picture()), "next.png")})
    client.post(f"{base}/draft", data={"body": "and then"})
    assert send(client, talk, "first", files=[(BytesIO(PDF), "a.pdf")]).status_code == 200
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(TicketDraft)).one().body == "and then"
        kinds = session.scalars(select(Upload.thing_kind).order_by(Upload.id)).all()
    assert kinds == ["ticket_message", "ticket_draft"]


def test_the_ticket_of_another_organisation_is_missing(app: Flask, talk: Talk) -> None:
    """A12: polling, sending, reading, drafts and files of somebody else's ticket, as for one that is not there."""
    stranger = talk.client(app, "north.sales")
    base = f"/tickets/{talk.own}"
    for path, form in (
        ("/messages", None), ("/messages", {"body": "x", "form_key": "k"}), ("/read", {"message": "x"}),
        ("/draft", {"body": "x"}), ("/person", {}), ("/files/0000000000000000", None),
        ("/draft/files", {"file": (BytesIO(PDF), "a.pdf")}),
    ):  # fmt: skip
        ask = (lambda at, data=form: stranger.post(at, data=data)) if form is not None else stranger.get
        answer = ask(base + path)
        assert answer.status_code == 404, path
        assert SECRET not in answer.text
        if not form or "file" not in form:
            missing = ask("/tickets/0000000000000000" + path)
            hidden = re.compile(r"[0-9a-z]{16}")
            assert hidden.sub("", answer.text) == hidden.sub("", missing.text)


def test_access_that_is_revoked_ends_with_the_next_look(app: Flask, talk: Talk) -> None:
    """A12: in the middle of a conversation."""
    talk.serve("north")
    partner, reader = talk.client(app, "north.sales"), talk.world.actor("north.sales")
    tag = tag_of(news(partner, talk))
    assert send(partner, talk, "We are on our way.").status_code == 200
    assert news(partner, talk, tag).status_code == 200
    partner.post(f"/tickets/{talk.own}/draft/files", data={"file": (BytesIO(PDF), "plan.pdf")})
    with talk.world.database.reading(reader) as session:
        assert (len(session.scalars(select(TicketDraft)).all()), len(session.scalars(select(Upload)).all())) == (1, 1)
    talk.serve(None)
    with talk.world.database.reading(reader) as session:  # what was begun is about words that are out of sight now
        assert (session.scalars(select(TicketDraft)).all(), session.scalars(select(Upload)).all()) == ([], [])
    for asked in (news(partner, talk, tag), news(partner, talk), send(partner, talk, "again", "k2")):
        assert asked.status_code == 404
        assert SECRET not in asked.text


def test_a_note_of_the_house_reaches_no_customer(app: Flask, talk: Talk, database: Database) -> None:
    """A11: neither its words nor its files, nor that there is one."""
    agent, customer, lead = (
        talk.client(app, who) for who in ("supplier.support_agent", "hospital.owner", "supplier.support_lead")
    )
    tag, before = tag_of(news(customer, talk)), tag_of(news(lead, talk))
    said = send(agent, talk, "internal-words", target="note", files=(BytesIO(picture()), "inside.png"))
    assert (said.status_code, "internal-words" in said.text) == (200, True)
    heard = news(lead, talk, before)
    assert (heard.status_code, "internal-words" in heard.text) == (200, True)
    with database.reading(SYSTEM) as session:
        note, file = session.scalars(select(Note)).one(), session.scalars(select(Upload)).one()
    assert (file.thing_kind, file.thing_id) == ("ticket_note", note.id)
    assert news(customer, talk, tag).status_code == 304
    assert "internal-words" not in news(customer, talk).text
    assert agent.post(f"/tickets/{talk.own}/follow").status_code in (204, 303)
    assert news(customer, talk, tag).status_code == 304  # nor of what the house does among itself
    for path in (f"/files/{file.public_id}", f"/files/{file.public_id}/small"):
        assert agent.get(f"/tickets/{talk.own}{path}").status_code == 200
        assert customer.get(f"/tickets/{talk.own}{path}").status_code == 404
    assert send(customer, talk, "mine", "k2", target="note").status_code == 403
    assert customer.post(f"/tickets/{talk.own}/read", data={"message": note.public_id}).status_code == 404


def test_files_come_with_a_message_and_only_whole(app: Flask, talk: Talk, database: Database) -> None:
    customer = talk.client(app, "hospital.customer")
    bad = send(customer, talk, "two", files=[(BytesIO(picture()), "a.png"), (BytesIO(b"MZ\0"), "b.png")])
    assert (bad.status_code, len(messages(database))) == (422, 1)
    good = send(customer, talk, "", files=[(BytesIO(picture()), "a.png"), (BytesIO(SVG), 'b"><svg>.svg')])
    assert good.status_code == 200, good.text
    with database.reading(SYSTEM) as session:
        one, other = session.scalars(select(Upload).order_by(Upload.id))
    assert (one.content_type, other.content_type) == ("image/png", "text/plain")
    page = customer.get(f"/tickets/{talk.own}/files/{other.public_id}")
    assert page.headers["Content-Disposition"].startswith("attachment")
    assert page.headers["Content-Security-Policy"].startswith("sandbox")
    small = customer.get(f"/tickets/{talk.own}/files/{one.public_id}/small")
    assert (small.status_code, small.mimetype) == (200, "image/jpeg")


def test_a_file_under_another_ticket_is_missing(app: Flask, talk: Talk, database: Database) -> None:
    """A2: the own parent with a file of another one."""
    customer = talk.client(app, "hospital.customer")
    send(customer, talk, "with a file", files=[(BytesIO(PDF), "a.pdf")])
    with database.writing(SYSTEM) as session:
        file = session.scalars(select(Upload)).one().public_id
        other = session.scalars(select(Ticket)).one()
        copy = {column.key: getattr(other, column.key) for column in Ticket.__table__.columns}
        session.add(Ticket(**{**copy, "id": None, "public_id": "other0ticket0000", "number": "T-x", "form_key": "x"}))
    assert customer.get(f"/tickets/{talk.own}/files/{file}").status_code == 200
    assert customer.get(f"/tickets/other0ticket0000/files/{file}").status_code == 404


def test_a_message_of_another_ticket_is_no_place_in_this_one(app: Flask, talk: Talk, database: Database) -> None:
    """A2: neither to read on from nor to have read up to, though the reader may see both."""
    customer = talk.client(app, "hospital.customer")
    other = converse(talk.world, "hospital.customer")
    base = f"/tickets/{talk.own}"
    assert (
        customer.post(f"/tickets/{other['public_id']}/read", data={"message": other["message_id"]}).status_code == 204
    )
    with database.reading(SYSTEM) as session:
        before = session.scalars(select(TicketRead.message_id)).all()
    assert customer.get(f"{base}?before={other['message_id']}").status_code == 404
    assert customer.post(f"{base}/read", data={"message": other["message_id"]}).status_code == 404
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(TicketRead.message_id)).all() == before


def test_a_draft_is_kept_for_its_writer_alone_and_goes_with_the_message(
    app: Flask, talk: Talk, database: Database
) -> None:
    customer, colleague, agent = (
        talk.client(app, who) for who in ("hospital.customer", "hospital.owner", "supplier.support_agent")
    )
    base = f"/tickets/{talk.own}"
    assert customer.post(f"{base}/draft", data={"body": "half a sen"}).status_code == 204
    chosen = customer.post(f"{base}/draft/files", data={"file": (BytesIO(picture("JPEG")), "night.jpg")})
    assert (chosen.status_code, "night.jpg" in chosen.text) == (201, True)
    with database.reading(SYSTEM) as session:
        file = session.scalars(select(Upload)).one().public_id
    assert customer.get(f"{base}/files/{file}").status_code == 200
    for other in (colleague, agent):
        assert other.get(f"{base}/files/{file}").status_code == 404
        assert other.post(f"{base}/draft/files/{file}/remove").status_code == 404
    assert send(customer, talk, "half a sentence").status_code == 200
    assert colleague.get(f"{base}/files/{file}").status_code == 200
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(TicketDraft.id)) is None
        assert session.scalars(select(Upload)).one().thing_kind == "ticket_message"


def test_what_colleagues_are_writing_takes_room_though_nobody_sees_it(
    app: Flask, talk: Talk, database: Database
) -> None:
    with database.writing(SYSTEM) as session:
        session.add(ParameterValue(key="files.most", value=1, changed_at=talk.world.now))
    writes, other = (talk.client(app, who) for who in ("hospital.customer", "hospital.owner"))
    path = f"/tickets/{talk.own}/draft/files"
    assert writes.post(path, data={"file": (BytesIO(PDF), "a.pdf")}).status_code == 201
    assert other.post(path, data={"file": (BytesIO(PDF), "b.pdf")}).status_code == 413
    with database.reading(SYSTEM) as session:
        assert len(session.scalars(select(Upload)).all()) == 1


def test_a_chosen_file_is_taken_out_by_its_writer(app: Flask, talk: Talk, database: Database) -> None:
    customer, base = talk.client(app, "hospital.customer"), f"/tickets/{talk.own}"
    customer.post(f"{base}/draft/files", data={"file": (BytesIO(PDF), "a.pdf")})
    with database.reading(SYSTEM) as session:
        file = session.scalars(select(Upload)).one().public_id
    assert customer.post(f"{base}/draft/files/{file}/remove", data={"body": "kept"}).status_code == 204
    assert customer.get(f"{base}/files/{file}").status_code == 404
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(TicketDraft)).one().body == "kept"


def test_the_others_see_who_has_read_everything(app: Flask, talk: Talk, database: Database) -> None:
    customer, agent, onlooker = (
        talk.client(app, who) for who in ("hospital.customer", "supplier.support_agent", "supplier.executive")
    )
    (first,) = messages(database)
    read = f"/tickets/{talk.own}/read"
    tag = tag_of(news(customer, talk))
    for reader in (agent, onlooker):
        assert reader.post(read, data={"message": first.public_id}).status_code == 204
    heard = news(customer, talk, tag)
    assert "Read by support_agent of supplier" in heard.text
    send(customer, talk, "one more")
    assert "Read by" not in news(customer, talk).text
    with database.reading(SYSTEM) as session:
        rows = {row.person_id: row.message_id for row in session.scalars(select(TicketRead))}
    people = talk.world.people
    assert rows == {
        people["supplier.support_agent"]: first.id,
        people["hospital.customer"]: messages(database)[-1].id,
    }


def test_what_people_write_is_text(app: Flask, talk: Talk) -> None:
    """J4 to J7: in news, of both sides, in names of files."""
    customer, agent = (talk.client(app, who) for who in ("hospital.customer", "supplier.support_agent"))
    send(customer, talk, HOSTILE, files=[(BytesIO(HTML), "<b hx-get=x>.html")])
    send(agent, talk, HOSTILE, "note", target="note")
    for client in (customer, agent):
        text = news(client, talk).text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text
        assert "{{7*7}}" in text
        assert not re.search(r"<(?:img src=x|b |a hx)|href=\"javascript", text)


def test_who_may_not_write_is_told(app: Flask, talk: Talk, database: Database) -> None:
    for who in ("supplier.channel_manager", "supplier.executive", "supplier.product_manager"):
        assert send(talk.client(app, who), talk).status_code == 403, who
    field = talk.client(app, "supplier.field_engineer")
    assert send(field, talk, "On site", files=[(BytesIO(picture()), "site.png")]).status_code == 200
    assert len(messages(database)) == 2


def test_bad_input_is_said_and_changes_nothing(app: Flask, talk: Talk, database: Database) -> None:
    """J14: lengths, emptiness, numbers that are none."""
    customer = talk.client(app, "hospital.customer")
    for body in ("", "   ", "x" * 100_000, "\x00"):
        assert send(customer, talk, body).status_code == 422, body[:5]
    assert customer.post(f"/tickets/{talk.own}/draft", data={"body": "x" * 100_000}).status_code == 422
    for since in ("x", "-1", "1e9", "9" * 14, "٣", "' OR 1=1"):
        assert customer.get(f"/tickets/{talk.own}/messages?since={since}").status_code == 200
    assert len(messages(database)) == 1


def test_a_person_is_called_once_in_a_while(app: Flask, talk: Talk, database: Database) -> None:
    customer = talk.world.client(app, "hospital.customer")
    page = customer.post(f"/tickets/{talk.own}/person")
    assert page.status_code == 303
    told = talk.world.client(app, "supplier.support_agent").get("/inbox").text
    assert "somebody wants to talk to a person" in told
    customer.post(f"/tickets/{talk.own}/person")
    assert talk.world.client(app, "supplier.support_agent").get("/inbox").text.count("talk to a person") == 1
    assert talk.world.client(app, "supplier.support_agent").post(f"/tickets/{talk.own}/person").status_code == 403
