"""Tickets through their life: opened, answered, solved, reopened, closed, followed up, merged, split, linked, rated."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select, update

from portal.accounts.models import Person
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.files.models import Upload
from portal.files.operations import keep, remove, tidy
from portal.files.storing import LocalStore
from portal.notify.models import Notice
from portal.outbox import Job, OutboxJob
from portal.policy import SYSTEM
from portal.support.tickets import desk as keeping
from portal.support.tickets import joining, rating, reminding, sweeps, working
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.models import Message, Note, Ticket, TicketEvent, TicketLink, TicketRating
from portal.support.tickets.replying import Said, note, reply
from tests.factories.support import Desk
from tests.unit.files.samples import PDF, picture

CUSTOMER, AGENT, OTHER, LEAD = (
    "hospital.customer", "supplier.support_agent", "supplier.support_agent2", "supplier.support_lead",
)  # fmt: skip


def notices(desk: Desk, who: str) -> list[str]:
    return [row.kind for row in desk.all(Notice, Notice.person_id == desk.world.people[who])]


def public_id(desk: Desk, who: str) -> str:
    return desk.all(Person, Person.id == desk.world.people[who])[0].public_id


def test_opening_fills_in_what_the_equipment_says(desk: Desk) -> None:
    row = desk.now_is()
    assert row.number == f"T-{desk.now.year}-000001"
    assert (row.organisation_id, row.customer_id) == (desk.world.organisations["hospital"],) * 2
    assert row.partner_organisation_id == desk.world.organisations["north"]
    assert (row.serial, row.product_line, row.priority, row.state) == ("SN-HOSPITAL-1", "cameras", "medium", "new")
    assert row.subject.startswith("Camera 4 MP")
    assert set(desk.clocks()) == {"first_response", "solution"}
    assert "ticket_opened" in notices(desk, AGENT)
    assert "ticket_opened" in notices(desk, LEAD)


def test_a_double_click_is_one_ticket(desk: Desk) -> None:
    one, two = desk.open(CUSTOMER, "twice"), desk.open(CUSTOMER, "twice")
    assert one.id == two.id
    assert len(desk.all(Message, Message.ticket_id == one.id)) == 1


def test_a_life(desk: Desk) -> None:
    desk.do(AGENT, reply, Said("Which switch?", "a1", then="ask"))
    row = desk.now_is()
    assert (row.state, row.assignee_id) == ("waiting_customer", desk.world.people[AGENT])
    assert all(clock.running_since is None for clock in desk.clocks().values())
    assert "ticket_asked" in notices(desk, CUSTOMER)
    desk.later(days=1)
    desk.do(CUSTOMER, reply, Said("The small one", "c1"))
    assert desk.now_is().state == "open"
    assert desk.clocks()["solution"].running_since is not None
    desk.do(AGENT, reply, Said("Its PoE budget is exceeded: switch off heating.", "a2", then="solve"))
    row = desk.now_is()
    assert (row.state, row.solution[:3]) == ("solved", "Its")
    assert row.closes_at == desk.now + timedelta(days=4)
    assert "ticket_solved" in notices(desk, CUSTOMER)
    desk.later(days=2)
    desk.do(CUSTOMER, reply, Said("Again tonight", "c2"))
    row = desk.now_is()
    assert (row.state, row.reopened, row.closes_at) == ("open", 1, None)
    desk.do(AGENT, working.solve, "A larger switch")
    desk.later(days=4)
    assert desk.sweep(sweeps.close_solved) == 1
    assert desk.now_is().state == "closed"
    assert all(clock.stopped_at is not None for clock in desk.clocks().values())
    assert desk.sweep(sweeps.close_solved) == 0


def test_a_word_in_a_closed_ticket_begins_a_follow_up(desk: Desk) -> None:
    with desk.world.database.writing(SYSTEM) as session:  # what was agreed when it was opened
        session.execute(update(TicketClock).values(calendar="agreed"))
    desk.do(CUSTOMER, working.close)
    said = desk.do(CUSTOMER, reply, Said("It is back", "c1"))
    again = desk.do(CUSTOMER, reply, Said("It is back", "c1"))
    assert said.id == again.id
    old, new = desk.all(Ticket)
    assert said.ticket_id == new.id
    assert (new.state, new.serial, new.requester_id) == ("new", old.serial, old.requester_id)
    assert new.partner_organisation_id == old.partner_organisation_id == desk.world.organisations["north"]
    assert {each.calendar for each in desk.clocks(new.public_id).values()} == {"agreed"}
    link = desk.all(TicketLink)[0]
    assert (link.ticket_id, link.other_id, link.kind) == (new.id, old.id, "follow_up")
    with pytest.raises(Conflict):
        desk.do(AGENT, reply, Said("Too late", "a1"))


def test_more_words_in_a_closed_ticket_go_to_the_follow_up_that_goes_on(desk: Desk) -> None:
    desk.do(CUSTOMER, working.close)
    first = desk.do(CUSTOMER, reply, Said("It is back", "c1"))
    second = desk.do(CUSTOMER, reply, Said("And here is the picture", "c2"))
    assert second.ticket_id == first.ticket_id
    assert desk.do(CUSTOMER, reply, Said("And here is the picture", "c2")).id == second.id
    assert len(desk.all(Ticket)) == 2
    begun = desk.all(Ticket, Ticket.id == first.ticket_id)[0]
    desk.do(CUSTOMER, working.close, ticket=begun.public_id)
    third = desk.do(CUSTOMER, reply, Said("Once more", "c3"))
    assert third.ticket_id not in {first.ticket_id, desk.now_is().id}
    assert {(each.ticket_id, each.other_id) for each in desk.all(TicketLink)} == {
        (first.ticket_id, desk.now_is().id), (third.ticket_id, first.ticket_id)
    }  # fmt: skip


def test_only_the_customer_is_asked_how_it_was(desk: Desk) -> None:
    desk.do(AGENT, working.solve, "A larger switch")
    with pytest.raises(NotAllowed):
        desk.do("north.sales", rating.rate, 1, "")
    assert desk.do(CUSTOMER, rating.rate, 5, "").points == 5


def test_what_becomes_a_complaint_is_kept_from_the_partner_who_serves(desk: Desk) -> None:
    desk.do(AGENT, working.change, {"kind": "complaint"}, version=desk.now_is().version)
    assert desk.now_is().partner_organisation_id is None


def test_a_repeated_sending_is_one_message_and_other_words_are_refused(desk: Desk) -> None:
    one = desk.do(CUSTOMER, reply, Said("Hello?", "k"))
    assert desk.do(CUSTOMER, reply, Said("Hello?", "k")).id == one.id
    with pytest.raises(Conflict):
        desk.do(CUSTOMER, reply, Said("Something else", "k"))
    with pytest.raises(Invalid):
        desk.do(CUSTOMER, reply, Said("   ", "k2"))
    with pytest.raises(Invalid):
        desk.do(CUSTOMER, reply, Said("x" * 100_000, "k3"))


def test_priority_follows_a_changed_impact_and_the_clocks_with_it(desk: Desk) -> None:
    before = desk.clocks()["solution"]
    version = desk.now_is().version
    desk.do(AGENT, working.change, {"impact": "all"}, version=version)
    assert desk.now_is().priority == "urgent"
    assert desk.clocks()["solution"].target_seconds == 3600 < before.target_seconds
    with pytest.raises(Conflict):
        desk.do(AGENT, working.change, {"impact": "part"}, version=version)
    with pytest.raises(Invalid):
        desk.do(AGENT, working.change, {"assignee_id": "7"}, version=desk.now_is().version)
    with pytest.raises(NotAllowed):
        desk.do(CUSTOMER, working.change, {"impact": "all"}, version=desk.now_is().version)


def test_of_two_who_take_it_the_second_hears_of_it(desk: Desk) -> None:
    desk.do(AGENT, working.assign, public_id(desk, AGENT), seen=None)
    with pytest.raises(Conflict):
        desk.do(OTHER, working.assign, public_id(desk, OTHER), seen=None)
    assert desk.now_is().assignee_id == desk.world.people[AGENT]
    with pytest.raises(NotFound):
        desk.do(AGENT, working.assign, public_id(desk, CUSTOMER), seen=desk.world.people[AGENT])


def test_queues_route_and_hand_over(desk: Desk) -> None:
    words = keeping.QueueWords(
        "Complaints", "投诉", kinds=["complaint"], members=[public_id(desk, OTHER)], assigns=True
    )
    lead = desk.actors[LEAD]
    queue = desk.world.database.write(
        lead, lambda session: keeping.keep_queue(session, lead, None, words, version=0, now=desk.now)
    )
    made = desk.open(CUSTOMER, "complaint", kind="complaint", impact="question", item=desk.items["hospital"])
    assert (made.queue_id, made.assignee_id) == (queue.id, desk.world.people[OTHER])
    assert made.partner_organisation_id is None  # not for the eyes of who serves him
    desk.do(AGENT, working.hand_over, queue.public_id, "it is one")
    row = desk.now_is()
    assert (row.queue_id, row.assignee_id) == (queue.id, None)
    assert "ticket_handed" in notices(desk, OTHER)
    agent = desk.actors[AGENT]
    with pytest.raises(NotAllowed):
        desk.world.database.write(
            agent, lambda session: keeping.keep_queue(session, agent, queue, words, version=1, now=desk.now)
        )


def test_merge_is_final_and_points_to_the_survivor(desk: Desk) -> None:
    second = desk.open("hospital.owner", "second", item=desk.items["hospital"])
    desk.do(AGENT, _merge, second.public_id)
    row = desk.now_is()
    assert (row.state, row.merged_into_id) == ("merged", second.id)
    assert "ticket_merged" in notices(desk, CUSTOMER)
    said = desk.do(CUSTOMER, reply, Said("More of it", "c9"))
    assert said.ticket_id == second.id
    desk.do(AGENT, reply, Said("Working on it", "a9"), ticket=second.public_id)
    assert "ticket_answered" in notices(desk, CUSTOMER)  # whoever opened the merged one follows
    with pytest.raises(Conflict):
        desk.do(AGENT, working.reopen)
    with pytest.raises(Conflict):
        desk.do(AGENT, _merge, desk.ticket, ticket=second.public_id)


def _merge(session, actor, row, other, *, now):
    return joining.merge(session, actor, row, joining.find(session, other), now=now)


def test_tickets_of_different_organisations_are_not_merged(desk: Desk) -> None:
    foreign = desk.open("south.sales", "theirs", customer=desk.customers["south"])
    with pytest.raises(Conflict):
        desk.do(AGENT, _merge, foreign.public_id)
    with pytest.raises(NotFound):
        desk.do(CUSTOMER, _link, foreign.public_id)
    desk.do(AGENT, _link, foreign.public_id)
    assert len(desk.all(TicketLink)) == 1
    assert desk.all(TicketLink, as_=desk.actors[CUSTOMER]) == []
    assert desk.all(TicketLink, as_=desk.actors["south.sales"]) == []
    told = desk.all(TicketEvent, TicketEvent.action == "link", as_=desk.actors[CUSTOMER])
    assert told == []


def test_the_year_of_a_number_is_the_houses(desk: Desk) -> None:
    desk.now = datetime(2027, 12, 31, 16, 30, tzinfo=UTC)  # half past midnight on New Year's Day in Shanghai
    desk.do(CUSTOMER, working.close)
    said = desk.do(CUSTOMER, reply, Said("Again", "c1"))
    follow_up = desk.all(Ticket, Ticket.id == said.ticket_id)[0]
    assert follow_up.number == "T-2028-000001"
    at = {"form_key": "s1", "store": LocalStore(desk.world.settings.files_folder), "ticket": follow_up.public_id}
    assert desk.do(AGENT, joining.split, [said.public_id], "Two", **at).number == "T-2028-000002"


def _link(session, actor, row, other, *, now):
    return joining.link(session, actor, row, joining.find(session, other), "related", now=now)


def test_split_copies_what_was_chosen_with_its_files_and_no_notes(desk: Desk, tmp_path: Path) -> None:
    store, sound = LocalStore(tmp_path / "files"), picture()
    said = desk.do(CUSTOMER, reply, Said("And the recorder is loud", "c1"))
    inside = desk.do(AGENT, note, "They always complain", "n1")
    for row, who in ((said, CUSTOMER), (inside, AGENT)):
        desk.do(who, _attach, row, sound if row is said else PDF, store=store)
    chosen = {"messages": [said.public_id, inside.public_id], "store": store}
    made = desk.do(AGENT, joining.split, subject="Loud recorder", form_key="s1", **chosen)
    again = desk.do(AGENT, joining.split, subject="Loud recorder", form_key="s1", **chosen)
    assert made.id == again.id
    one, other = desk.all(Upload, Upload.thing_kind == "ticket_message", as_=desk.actors[CUSTOMER])
    assert (one.sha256, one.name, one.width) == (other.sha256, other.name, other.width)
    assert desk.all(Message, Message.id == other.thing_id)[0].ticket_id == made.id
    desk.do(AGENT, _remove, one)
    with desk.world.database.writing(SYSTEM) as session:
        tidy(session, store, now=desk.later(days=9))
    for name in (other.stored_name, other.thumbnail_name):
        with store.open(name) as content:
            assert content.read()
    assert len(desk.all(Upload, Upload.thing_kind == "ticket_note")) == 1
    assert desk.all(Note, Note.ticket_id == made.id) == []
    copies = desk.all(Message, Message.ticket_id == made.id)
    assert [(each.body, each.author_id) for each in copies] == [(said.body, said.author_id)]
    with pytest.raises(Invalid):
        desk.do(AGENT, joining.split, ["nothing"], "", form_key="s2", store=store)


def _attach(session, actor, _ticket, row, content, *, store, now):
    return keep(session, actor, session.merge(row), BytesIO(content), "a", store=store, now=now)


def _remove(session, actor, _ticket, row, *, now):
    remove(session, actor, session.merge(row), now=now)


def test_nudge_at_once_then_every_four_business_hours(desk: Desk) -> None:
    desk.do(CUSTOMER, reminding.nudge)
    assert "ticket_nudged" in notices(desk, AGENT)
    with pytest.raises(Conflict):
        desk.do(CUSTOMER, reminding.nudge)
    with pytest.raises(NotAllowed):
        desk.do(AGENT, reminding.nudge)
    desk.later(days=4)
    desk.do(CUSTOMER, reminding.nudge)


def test_rating_in_the_portal_once(desk: Desk) -> None:
    with pytest.raises(Conflict):
        desk.do(CUSTOMER, rating.rate, 5, "")
    desk.do(AGENT, working.solve, "done")
    with pytest.raises(NotAllowed):
        desk.do(AGENT, rating.rate, 5, "")
    with pytest.raises(Invalid):
        desk.do(CUSTOMER, rating.rate, 6, "")
    desk.do(CUSTOMER, rating.rate, 4, "quick")
    assert desk.now_is().rating == 4
    with pytest.raises(Conflict):
        desk.do("hospital.owner", rating.rate, 1, "")
    assert [each.points for each in desk.all(TicketRating)] == [4]


def test_notes_are_for_those_who_work_on_tickets(desk: Desk) -> None:
    desk.do(AGENT, note, "He is difficult", "n1")
    assert desk.do(AGENT, note, "He is difficult", "n1").id == desk.all(Note)[0].id
    with pytest.raises(NotAllowed):
        desk.do(CUSTOMER, note, "x", "n2")
    with pytest.raises(NotAllowed):
        desk.do("supplier.product_manager", note, "x", "n3")
    for who in (CUSTOMER, "north.sales", "south.sales", "supplier.product_manager"):
        assert desk.all(Note, as_=desk.actors[who]) == []
    assert "ticket_noted" not in notices(desk, CUSTOMER)


def test_a_partner_files_for_his_customer(desk: Desk) -> None:
    made = desk.open("north.sales", "p1", customer=desk.customers["hospital"])
    assert made.organisation_id == desk.world.organisations["hospital"]
    assert made.partner_organisation_id == desk.world.organisations["north"]
    desk.do("hospital.owner", reply, Said("Thank you", "h1"), ticket=made.public_id)
    assert "ticket_written" in notices(desk, AGENT)
    own = desk.open("north.sales", "p2", customer=desk.customers["north"])
    assert own.organisation_id == desk.world.organisations["north"]
    assert own.customer_id == desk.world.customers["north"]
    with pytest.raises(NotFound):
        desk.open("north.sales", "p3", customer=desk.customers["south"])
    with pytest.raises(NotFound):
        desk.open("north.sales", "p4", customer=desk.customers["north"], item=desk.items["hospital"])


def test_foreign_things_look_like_missing_ones(desk: Desk) -> None:
    theirs = desk.open("south.sales", "theirs", customer=desk.customers["south"])
    for wrong in ({"link_to": theirs.public_id}, {"link_to": "0" * 16}, {"item": desk.items["foreign"]}):
        with pytest.raises(NotFound):
            desk.open(CUSTOMER, "wrong", item=wrong.get("item", ""), link_to=wrong.get("link_to", ""))
    assert desk.all(TicketLink) == []
    said = desk.open(CUSTOMER, "serial", serial="SN-SOUTH-1")
    assert (said.installed_item_id, said.product_id, said.serial) == (None, None, "SN-SOUTH-1")


def test_warning_then_breach_then_the_head_of_support(desk: Desk) -> None:
    clock = desk.clocks()["first_response"]
    desk.now = clock.warn_at - timedelta(seconds=1)
    assert (desk.sweep(sweeps.warn), desk.sweep(sweeps.breach)) == (0, 0)
    desk.now = clock.warn_at
    assert desk.sweep(sweeps.warn) == 1
    assert desk.sweep(sweeps.warn) == 0
    assert "ticket_warning" in notices(desk, AGENT)
    desk.now = clock.due_at
    assert desk.sweep(sweeps.breach) == 1
    assert desk.sweep(sweeps.breach) == 0
    assert "ticket_breached" in notices(desk, LEAD)
    assert desk.now_is().escalated_at == desk.now
    assert desk.clocks()["first_response"].breached_at == clock.due_at
    assert desk.all(TicketEvent, TicketEvent.action == "breach", as_=desk.actors[CUSTOMER]) == []


def test_whoever_follows_hears_of_it_while_he_may(desk: Desk) -> None:
    desk.do("hospital.owner", working.follow)
    desk.do("hospital.owner", working.follow)
    desk.do(AGENT, reply, Said("Soon", "a1"))
    assert notices(desk, "hospital.owner").count("ticket_answered") == 1
    with pytest.raises(NotFound):
        desk.do("south.sales", working.follow)
    with pytest.raises(NotAllowed):
        desk.do("supplier.product_manager", working.follow)


def test_only_the_house_sees_who_is_asked(desk: Desk) -> None:
    desk.do(AGENT, working.escalate, "he shouts")
    events = desk.all(TicketEvent, as_=desk.actors[CUSTOMER])
    assert [each.action for each in events] == ["open"]
    assert "ticket_escalated" in notices(desk, LEAD)


def job_of(row: OutboxJob) -> Job:
    return Job(row.id, row.public_id, row.kind, row.payload, 1, row.created_at)


def test_the_mail_asks_once_and_its_link_is_good_once(desk: Desk) -> None:
    desk.do(AGENT, working.solve, "done")
    jobs = desk.all(OutboxJob, OutboxJob.kind == rating.KIND)
    assert [set(job.payload) for job in jobs] == [{"rating"}]  # no link lies in the outbox
    handler = rating.handler(replace(desk.world.settings, support_mail="support@lanqiao.example"))
    with desk.world.database.writing(SYSTEM) as session:
        handler.finish(session, job_of(jobs[0]), None, desk.now)
    mail = desk.all(OutboxJob, OutboxJob.kind == "mail")[-1]
    token = mail.payload["params"]["rate"].rpartition("/")[2]
    assert mail.payload["reply_to"].startswith(f"reply+{desk.ticket}.")  # whoever answers it is heard
    with desk.world.database.writing(SYSTEM) as session:
        rating.rate_by_token(session, token, 5, "thanks", now=desk.now)
    for again in (token, "nonsense", ""):
        with desk.world.database.writing(SYSTEM) as session, pytest.raises(NotFound):
            rating.rate_by_token(session, again, 1, "", now=desk.now)
    assert desk.now_is().rating == 5


def test_who_is_asked_again_is_asked_about_the_last_solution_alone(desk: Desk) -> None:
    """The mail about the first one, found later, rates nothing; nor is it sent any more."""
    desk.do(AGENT, working.solve, "done")
    desk.do(CUSTOMER, reply, Said("Again tonight", "c1"))
    desk.do(AGENT, working.solve, "now really")
    handler = rating.handler(desk.world.settings)
    jobs = desk.all(OutboxJob, OutboxJob.kind == rating.KIND)
    with desk.world.database.writing(SYSTEM) as session:
        for job in jobs:
            handler.finish(session, job_of(job), None, desk.now)
    (mail,) = (row for row in desk.all(OutboxJob, OutboxJob.kind == "mail") if "rate" in row.payload["params"])
    assert mail.payload["params"]["solution"] == "now really"
    token = mail.payload["params"]["rate"].rpartition("/")[2]
    desk.do(CUSTOMER, reply, Said("And again", "c2"))
    desk.do(AGENT, working.solve, "third time")
    with desk.world.database.reading(SYSTEM) as session, pytest.raises(NotFound):
        rating.by_token(session, token, now=desk.now)


def test_the_link_of_the_mail_ends_after_thirty_days(desk: Desk) -> None:
    desk.do(AGENT, working.solve, "done")
    with desk.world.database.writing(SYSTEM) as session:
        handler = rating.handler(desk.world.settings)
        handler.finish(session, job_of(desk.all(OutboxJob, OutboxJob.kind == rating.KIND)[0]), None, desk.now)
        mail = session.scalars(select(OutboxJob).where(OutboxJob.kind == "mail")).all()[-1]
        token = mail.payload["params"]["rate"].rpartition("/")[2]
        rating.by_token(session, token, now=desk.now + timedelta(days=29, hours=23))
        with pytest.raises(NotFound):
            rating.by_token(session, token, now=desk.now + timedelta(days=30))
