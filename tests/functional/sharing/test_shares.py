"""Shares as operations: who may receive, what he then sees and writes, and that revoking ends it at once."""

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from portal.accounts import operations as accounts
from portal.accounts.models import Person
from portal.configurator import operations as configurator
from portal.configurator.models import Configuration, ConfigurationStep
from portal.configurator.queries import configuration
from portal.db import as_actor
from portal.errors import Invalid, NotAllowed, NotFound
from portal.history import HistoryEntry
from portal.notify.models import Notice
from portal.policy import SYSTEM, Permission, Role
from portal.sharing.comments import say
from portal.sharing.models import Comment, CommentThread, Share
from portal.sharing.operations import share
from portal.sharing.queries import access_of
from tests.factories.deals import Deals
from tests.factories.world import World
from tests.functional.sharing.conftest import Stage


def test_nobody_else_sees_what_is_not_shared(stage: Stage) -> None:
    assert stage.sees("north.engineer")
    assert stage.sees("supplier.channel_manager")
    for who in ("south.owner", "hospital.owner", "hospital.customer", "supplier.data_steward"):
        assert not stage.sees(who), who


def test_a_share_with_a_person_is_his_alone(stage: Stage) -> None:
    stage.share(person="hospital.customer")
    assert stage.sees("hospital.customer")
    assert not stage.sees("hospital.owner")
    assert not stage.sees("south.sales")


def test_a_share_with_an_organisation_is_for_all_of_it(stage: Stage) -> None:
    made = stage.share(organisation="hospital")
    assert stage.sees("hospital.customer")
    assert stage.sees("hospital.owner")
    assert not stage.sees("south.owner")
    stage.revoke(made)
    assert not stage.sees("hospital.owner")
    assert not stage.sees("hospital.customer")


@pytest.mark.parametrize("receiver", [{"person": "hospital.customer"}, {"organisation": "hospital"}])
def test_whoever_moves_to_another_organisation_leaves_shares_behind(
    stage: Stage, world: World, receiver: dict[str, str]
) -> None:
    stage.share(**receiver)
    with world.database.writing(SYSTEM) as session:
        moved = session.get_one(Person, world.people["hospital.customer"])
        moved.organisation_id = world.organisations["south"]
        accounts.set_roles(session, moved, [Role.SALES])
    assert world.actor("hospital.customer").can(Permission.CONFIGURATION_VIEW)
    assert not stage.sees("hospital.customer")


@pytest.mark.parametrize(
    "receiver",
    [
        {"person": "south.sales"},
        {"organisation": "south"},
        {"organisation": "supplier"},
        {"organisation": "north"},
        {"person": "north.sales"},  # oneself
        {"person": "supplier.finance"},  # may not see configurations
    ],
)
def test_strangers_and_people_without_the_right_cannot_receive(stage: Stage, receiver: dict[str, str]) -> None:
    with pytest.raises(NotFound):
        stage.share(**receiver)


def test_a_customer_shares_with_the_distributor_that_knows_him_only(stage: Stage, world: World) -> None:
    own = Stage(world, Deals(world).configure("hospital.customer", customer=False))
    own.share(organisation="north", access="edit", by="hospital.customer")
    assert own.sees("north.engineer")
    own.choose("north.engineer")
    with pytest.raises(NotFound):
        own.share(organisation="south", by="hospital.customer")


def test_only_the_owner_shares_and_revokes(stage: Stage, world: World) -> None:
    made = stage.share(organisation="hospital", access="edit")
    for who in ("hospital.owner", "supplier.channel_manager"):
        with pytest.raises(NotAllowed):
            stage.share(person="supplier.approver", by=who)
        with pytest.raises(NotAllowed):
            stage.revoke(made, by=who)
    stage.revoke(made, by="north.engineer")  # any colleague who edits
    with pytest.raises(NotFound):
        stage.share(person="hospital.owner", by="south.owner")


def test_the_same_share_twice_is_one_and_another_access_replaces_it(stage: Stage, world: World) -> None:
    first = stage.share(organisation="hospital")
    assert stage.share(organisation="hospital") == first
    second = stage.share(organisation="hospital", access="edit")
    assert second != first
    with world.database.reading(SYSTEM) as session:
        live = session.scalars(select(Share.public_id).where(Share.revoked_at.is_(None))).all()
        assert list(live) == [second]
    stage.revoke(second)
    stage.revoke(second)
    assert stage.share(organisation="hospital") not in (first, second)


def test_nonsense_is_refused(stage: Stage, world: World) -> None:
    actor = world.actor("north.sales")
    with world.database.writing(actor) as session:
        row = configuration(session, stage.public_id)
        for given in (
            {"access": "own", "with_organisation_id": world.organisations["hospital"]},
            {"access": "view"},
            {"access": "view", "with_organisation_id": 1, "with_person_id": 1},
            {"access": "view", "with_organisation_id": world.organisations["hospital"], "message": "x" * 501},
        ):
            with pytest.raises(Invalid):
                share(session, actor, row, now=world.now, **given)  # type: ignore[arg-type]


def test_to_look_is_not_to_edit(stage: Stage, world: World) -> None:
    for person in ("supplier.channel_manager", "hospital.customer"):
        made = stage.share(person=person)
        with pytest.raises(NotAllowed):
            stage.choose(person)
        stage.revoke(made)
        stage.share(person=person, access="edit")
        stage.choose(person, value=25 if person.startswith("hospital") else 24)
    with world.database.reading(SYSTEM) as session:
        row = session.scalars(select(Configuration).where(Configuration.public_id == stage.public_id)).one()
        assert (row.choices["days"], row.step) == (25, 2)
        steps = session.scalars(
            select(ConfigurationStep)
            .where(ConfigurationStep.configuration_id == row.id)
            .order_by(ConfigurationStep.number)
        ).all()
        assert [step.person_id for step in steps] == [
            world.people[who] for who in ("north.sales", "supplier.channel_manager", "hospital.customer")
        ]
        assert {step.organisation_id for step in steps} == {world.organisations["north"]}


def test_a_borrower_undoes_and_forgets_steps_like_the_owner(stage: Stage, world: World) -> None:
    stage.share(organisation="hospital", access="edit")
    stage.choose("hospital.customer", value=24)
    actor = world.actor("hospital.customer")
    with world.database.writing(actor) as session:
        row = configuration(session, stage.public_id, for_update=True)
        configurator.move(session, actor, row, -1, version=row.version, now=world.now)
    stage.choose("hospital.customer", value=26)  # forgets the step that was undone
    with world.database.reading(SYSTEM) as session:
        row = session.scalars(select(Configuration).where(Configuration.public_id == stage.public_id)).one()
        assert (row.choices["days"], row.step, row.last_step) == (26, 1, 1)


Borrowing = Callable[[World, Configuration], None]
BEYOND: dict[str, Borrowing] = {
    "take it": lambda world, row: setattr(row, "organisation_id", world.organisations["hospital"]),
    "put it away": lambda world, row: setattr(row, "archived_at", world.now),
    "rename it": lambda _world, row: setattr(row, "name", "Mine"),
    "give it a customer": lambda world, row: setattr(row, "customer_id", world.customers["hospital"]),
}


@pytest.mark.parametrize("act", BEYOND)
def test_the_second_wall_lends_the_choices_and_nothing_else(stage: Stage, world: World, act: str) -> None:
    stage.share(organisation="hospital", access="edit")
    actor = world.actor("hospital.customer")
    with pytest.raises(NotAllowed), world.database.writing(actor) as session:
        row = configuration(session, stage.public_id)
        configurator.choose(session, actor, row, "days", 21, version=row.version, now=world.now)
        BEYOND[act](world, row)


def test_what_is_lent_is_one_configuration(stage: Stage, world: World) -> None:
    other = Deals(world).configure("north.sales")
    stage.share(organisation="hospital", access="edit")
    actor = world.actor("hospital.customer")
    with pytest.raises(NotAllowed), world.database.writing(actor) as session:
        row = configuration(session, stage.public_id)
        configurator.choose(session, actor, row, "days", 21, version=row.version, now=world.now)
        with as_actor(session, SYSTEM):
            foreign = session.scalars(select(Configuration).where(Configuration.public_id == other)).one()
        foreign.choices = {}


def test_without_the_operation_a_share_lends_nothing(stage: Stage, world: World) -> None:
    stage.share(organisation="hospital", access="edit")
    with pytest.raises(NotAllowed), world.database.writing(world.actor("hospital.customer")) as session:
        configuration(session, stage.public_id).choices = {}


@pytest.mark.parametrize("act", ["archive", "restore", "rename"])
def test_what_stays_with_the_owner(stage: Stage, world: World, act: str) -> None:
    stage.share(organisation="hospital", access="edit")
    for who, error in (("hospital.owner", NotAllowed), ("supplier.channel_manager", NotAllowed)):
        actor = world.actor(who)
        with world.database.writing(actor) as session:
            row = configuration(session, stage.public_id)
            with pytest.raises(error):
                if act == "rename":
                    configurator.rename(
                        session, actor, row, name="x", customer_id=None, version=row.version, now=world.now
                    )
                else:
                    configurator.set_archived(session, actor, row, act == "archive", now=world.now)


def test_statements_reach_lent_steps_only_and_no_configuration(stage: Stage, world: World) -> None:
    def count(who: str, statement: object) -> int:
        with world.database.writing(world.actor(who)) as session:
            return session.execute(statement, execution_options={"synchronize_session": False}).rowcount  # type: ignore

    stage.share(organisation="hospital")
    forget = delete(ConfigurationStep)
    rename = update(Configuration).values(name="taken")
    assert count("hospital.customer", forget) == 0  # who looks changes nothing
    assert count("hospital.customer", rename) == 0
    assert count("supplier.channel_manager", rename) == 0
    stage.share(organisation="hospital", access="edit")
    assert count("hospital.customer", rename) == 0
    assert count("hospital.customer", forget) == 1


def test_nobody_reads_with_whom_else_it_is_shared(stage: Stage, world: World) -> None:
    one, two = stage.share(organisation="hospital"), stage.share(person="hospital.owner", access="edit")
    three = stage.share(person="supplier.channel_manager")

    def seen_by(who: str) -> set[str]:
        with world.database.reading(world.actor(who)) as session:
            return set(session.scalars(select(Share.public_id)))

    assert seen_by("north.engineer") == {one, two, three}
    assert seen_by("hospital.customer") == {one}
    assert seen_by("hospital.owner") == {one, two}
    assert seen_by("south.owner") == set()
    stage.revoke(one)
    assert seen_by("hospital.customer") == set()
    assert seen_by("north.sales") == {one, two, three}


def test_access_says_how_far(stage: Stage, world: World) -> None:
    def access(who: str) -> str | None:
        actor = world.actor(who)
        with world.database.reading(SYSTEM) as session:
            row = configuration(session, stage.public_id)
            session.expunge(row)
        with world.database.reading(actor) as session:
            return access_of(session, actor, row)

    stage.share(person="hospital.customer")
    stage.share(person="supplier.channel_manager", access="edit")
    assert access("north.engineer") == "edit"
    assert access("hospital.customer") == "view"
    assert access("supplier.channel_manager") == "edit"
    assert access("supplier.approver") == "view"
    assert access("supplier.finance") is None
    assert access("hospital.owner") is None
    assert access("south.owner") is None
    stage.share(organisation="hospital", access="edit")
    assert access("hospital.customer") == "edit"  # the wider of the two


def test_receivers_are_told_with_a_link(stage: Stage, world: World) -> None:
    stage.share(organisation="hospital", access="edit")
    stage.share(person="supplier.channel_manager")
    with world.database.reading(SYSTEM) as session:
        told = {(row.person_id, row.kind, row.path) for row in session.scalars(select(Notice))}
    path = f"/configurations/{stage.public_id}"
    assert told == {
        (world.people["hospital.owner"], "shared_edit", path),
        (world.people["hospital.customer"], "shared_edit", path),
        (world.people["supplier.channel_manager"], "shared_view", path),
    }


def test_history_names_who_shared_and_who_revoked(stage: Stage, world: World) -> None:
    stage.revoke(stage.share(organisation="hospital"), by="north.owner")
    with world.database.reading(SYSTEM) as session:
        acts = session.execute(
            select(HistoryEntry.action, HistoryEntry.person_id, HistoryEntry.organisation_id)
            .where(HistoryEntry.thing_kind == "share")
            .order_by(HistoryEntry.id)
        ).all()
    north = world.organisations["north"]
    assert [tuple(act) for act in acts] == [
        ("share", world.people["north.sales"], north),
        ("revoke share", world.people["north.owner"], north),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE share SET access = 'edit'",
        "UPDATE share SET with_person_id = with_person_id + 1",
        "DELETE FROM share",
    ],
)
def test_a_share_is_only_ever_revoked(stage: Stage, world: World, statement: str) -> None:
    made = stage.share(person="hospital.owner")
    with pytest.raises(DBAPIError, match="only ever revoked"), world.database.writing(SYSTEM) as session:
        session.execute(text(statement))
    stage.revoke(made)
    with pytest.raises(DBAPIError, match="only ever revoked"), world.database.writing(SYSTEM) as session:
        session.execute(text("UPDATE share SET revoked_at = NULL"))


def test_what_is_said_is_seen_with_what_it_is_about(stage: Stage, world: World) -> None:
    actor = world.actor("north.sales")
    with world.database.writing(actor) as session:
        say(session, actor, configuration(session, stage.public_id), line_key="", body="Look", now=world.now)

    def sees(who: str) -> bool:
        with world.database.reading(world.actor(who)) as session:
            found = (session.scalars(select(Comment)).all(), session.scalars(select(CommentThread)).all())
        assert bool(found[0]) == bool(found[1])
        return bool(found[0])

    made = stage.share(organisation="hospital")
    assert [sees(who) for who in ("north.owner", "supplier.approver", "hospital.owner", "south.owner")] == [
        True, True, True, False,
    ]  # fmt: skip
    stage.revoke(made)
    assert not sees("hospital.owner")


@pytest.mark.parametrize("act", ["another's words", "another's thread"])
def test_nobody_writes_another_persons_words(stage: Stage, world: World, act: str) -> None:
    stage.share(organisation="hospital", access="edit")
    author = world.actor("north.sales")
    with world.database.writing(author) as session:
        say(session, author, configuration(session, stage.public_id), line_key="", body="Look", now=world.now)
    for who in ("north.owner", "hospital.customer") if act == "another's words" else ("hospital.customer",):
        with pytest.raises(NotAllowed), world.database.writing(world.actor(who)) as session:
            if act == "another's words":
                said = session.scalars(select(Comment)).one()
                said.body, said.withdrawn_at = "", world.now
            else:
                session.scalars(select(CommentThread)).one().line_key = "taken"
