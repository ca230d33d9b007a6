"""Notices of registrations call the customer in the reader's script, as his own organisation does and no other."""

import pytest
from sqlalchemy import select, update

from portal.approvals.subjects import Verdict
from portal.home.notices import sentence
from portal.notify.models import Notice
from portal.parties.models import Relation
from tests.factories.registrations import Registrations

NORTH = {"name": "港湾诊所", "name_en": "Harbour Clinic"}
SOUTH = {"name": "Bay House", "name_en": "海湾院"}  # the English one was noted first


def told(registrations: Registrations, who: str) -> list[Notice]:
    """Return what a person was told on this day."""
    mine = (Notice.person_id == registrations.world.people[who], Notice.created_at == registrations.now)
    return registrations.do("house", lambda session, _a: list(session.scalars(select(Notice).where(*mine))))


@pytest.mark.parametrize(
    ("who", "kind", "own", "foreign"),
    [
        ("south.sales", "registration_refused", SOUTH, NORTH),  # too late: another one came first
        ("north.sales", "approval_approved", NORTH, SOUTH),
        ("supplier.approver", "approval_asked", NORTH, SOUTH),
    ],
)
def test_one_notice_in_both_languages(
    registrations: Registrations, who: str, kind: str, own: dict[str, str], foreign: dict[str, str]
) -> None:
    customer = registrations.customer("north", "south")
    for key, names in (("north", NORTH), ("south", SOUTH)):
        of = (Relation.party_id == customer, Relation.organisation_id == registrations.world.organisations[key])
        registrations.do(
            "house", lambda session, _a, of=of, names=names: session.execute(update(Relation).where(*of).values(names))
        )
    first = registrations.register("north.sales", customer)
    registrations.register("south.sales", customer)
    registrations.decide(first, Verdict.APPROVED)
    (notice,) = [each for each in told(registrations, who) if each.kind == kind]
    said = {locale: sentence(notice.kind, notice.params, locale) for locale in ("en", "zh")}
    chinese, english = sorted(own.values(), reverse=True)
    assert english in said["en"]
    assert chinese not in said["en"]
    assert chinese in said["zh"]
    assert english not in said["zh"]
    assert not [name for name in foreign.values() if name in "".join(said.values())]
