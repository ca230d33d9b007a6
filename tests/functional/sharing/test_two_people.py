"""Two people in one shared draft: nothing is lost, the second learns of the first, and a share may end in between."""

from collections.abc import Callable
from itertools import pairwise
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select

from portal.configurator import operations as configurator
from portal.configurator.models import Configuration, ConfigurationStep
from portal.configurator.queries import configuration
from portal.db import ScopedSession
from portal.errors import NotFound
from portal.policy import SYSTEM
from portal.sharing.models import Share
from portal.sharing.operations import revoke
from tests.factories.world import World
from tests.functional.sharing.conftest import Stage

ROUNDS = 6


def together(*acts: Callable[[], None]) -> None:
    """Do things at the same moment, and wait for all."""
    start = Barrier(len(acts))

    def after_the_start(act: Callable[[], None]) -> None:
        start.wait(10)
        act()

    threads = [Thread(target=after_the_start, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def standing(world: World, stage: Stage) -> Configuration:
    """Return the configuration as it stands."""
    with world.database.reading(SYSTEM) as session:
        return session.scalars(select(Configuration).where(Configuration.public_id == stage.public_id)).one()


def test_of_two_clicks_on_the_same_page_one_counts_and_the_other_is_told(
    stage: Stage, world: World, app: Flask
) -> None:
    stage.share(organisation="hospital", access="edit")
    north, hospital = world.client(app, "north.sales"), world.client(app, "hospital.customer")
    path = f"/configurations/{stage.public_id}/choices"
    for round_ in range(ROUNDS):
        before = standing(world, stage)
        made_from = {"version": str(before.version), "step": str(before.step)}
        answers: dict[str, object] = {}

        def click(client: object, who: str, days: int, given: dict[str, str], into: dict[str, object]) -> None:
            fields = {"key": "days", "value": str(days), **given}
            into[who] = client.post(path, data=fields, headers={"HX-Request": "true"})  # type: ignore[attr-defined]

        one, two = 40 + 2 * round_, 41 + 2 * round_
        together(
            lambda days=one, given=made_from, into=answers: click(north, "north", days, given, into),  # type: ignore[misc]
            lambda days=two, given=made_from, into=answers: click(hospital, "hospital", days, given, into),  # type: ignore[misc]
        )
        found = {who: answer.status_code for who, answer in answers.items()}  # type: ignore[attr-defined]
        assert sorted(found.values()) == [200, 409], found
        after = standing(world, stage)
        assert (after.version, after.step) == (before.version + 1, before.step + 1)
        winner, loser = sorted(found, key=found.get)  # type: ignore[arg-type]
        assert after.choices["days"] == {"north": one, "hospital": two}[winner]
        told = answers[loser].text  # type: ignore[attr-defined]
        assert 'id="stale"' in told
        assert str(after.choices["days"]) in told  # what stands now
        assert str({"north": one, "hospital": two}[loser]) in told  # what was not saved


def test_no_step_is_lost_when_both_try_until_they_succeed(stage: Stage, world: World) -> None:
    stage.share(organisation="hospital", access="edit")

    def insist(who: str, key: str, values: range) -> None:
        actor = world.actor(who)
        for value in values:

            def choose(session: ScopedSession, value: int = value) -> None:
                row = configuration(session, stage.public_id, for_update=True)
                configurator.choose(session, actor, row, key, value, version=row.version, now=world.now)

            world.database.write(actor, choose)

    before = standing(world, stage).step
    together(
        lambda: insist("north.sales", "days", range(20, 28)),
        lambda: insist("hospital.customer", "cameras", range(9, 15)),
    )
    after = standing(world, stage)
    assert after.step == before + 14
    assert (after.choices["days"], after.choices["cameras"]) == (27, 14)
    with world.database.reading(SYSTEM) as session:
        query = select(ConfigurationStep).where(ConfigurationStep.configuration_id == after.id)
        steps = session.scalars(query.order_by(ConfigurationStep.number)).all()
    assert [step.number for step in steps] == list(range(after.step + 1))
    for one, other in pairwise(steps):  # each step changes one question: none overwrote another
        changed = {key for key in {*one.choices, *other.choices} if one.choices.get(key) != other.choices.get(key)}
        assert len(changed) == 1


def test_a_click_and_its_revocation_at_the_same_moment_are_one_after_the_other(stage: Stage, world: World) -> None:
    owner, guest = world.actor("north.sales"), world.actor("hospital.customer")
    for round_ in range(ROUNDS):
        made = stage.share(organisation="hospital", access="edit")
        before, outcome = standing(world, stage), list[str]()

        def take_back(session: ScopedSession, made: str = made) -> None:
            row = session.scalars(select(Share).where(Share.public_id == made)).one()
            revoke(session, owner, row, now=world.now)

        def choose(session: ScopedSession, value: int = 30 + round_) -> None:
            row = configuration(session, stage.public_id, for_update=True)
            configurator.choose(session, guest, row, "days", value, version=row.version, now=world.now)

        def click(choose: Callable[[ScopedSession], None] = choose, outcome: list[str] = outcome) -> None:
            try:
                world.database.write(guest, choose)
                outcome.append("chosen")
            except NotFound:
                outcome.append("gone")

        together(lambda act=take_back: world.database.write(owner, act), click)  # type: ignore[misc]
        after = standing(world, stage)
        assert (after.step - before.step) == (outcome == ["chosen"])
        with pytest.raises(NotFound):
            world.database.write(guest, choose)
        assert standing(world, stage).version == after.version


def test_a_share_revoked_between_reading_and_writing_stops_the_write(stage: Stage, world: World) -> None:
    """The row is read while the share lives; when the write begins the share is gone, and so is the row."""
    made, guest = stage.share(organisation="hospital", access="edit"), world.actor("hospital.customer")
    if world.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time: nobody revokes in the middle")
    with pytest.raises(NotFound), world.database.writing(guest) as session:
        row = configuration(session, stage.public_id, for_update=True)
        stage.revoke(made)
        configurator.choose(session, guest, row, "days", 44, version=row.version, now=world.now)
    assert "days" not in standing(world, stage).choices or standing(world, stage).choices["days"] != 44
