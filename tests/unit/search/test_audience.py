"""The words that documents carry and readers have say the same as the rows' own conditions."""

from dataclasses import dataclass

import pytest

from portal.policy import NOBODY, SYSTEM, Actor, OrganisationKind, Permission, Reach, Role, grants_of
from portal.search import audience


@dataclass(frozen=True)
class Of:
    kind: str
    tier: str = ""


def tokens(kind: OrganisationKind, *roles: Role, organisation: int = 5, tier: str = "") -> frozenset[str]:
    actor = Actor(person_id=9, organisation_id=organisation, grants=grants_of(kind, roles))
    return audience.tokens(actor, Of(kind.value, tier))


@pytest.mark.parametrize("permission", [Permission.QUOTE_VIEW, Permission.TICKET_VIEW, Permission.PARTY_VIEW])
@pytest.mark.parametrize(("kind", "role"), [(kind, role) for kind in OrganisationKind for role in Role])
def test_owned_rows_are_known_to_whom_the_database_shows_them(
    kind: OrganisationKind, role: Role, permission: Permission
) -> None:
    reach = grants_of(kind, [role]).get(permission, Reach.NONE)
    mine = tokens(kind, role)
    assert bool(mine & audience.owned(5, permission)) is (reach > Reach.NONE)
    assert bool(mine & audience.owned(6, permission)) is (reach is Reach.ALL)


@pytest.mark.parametrize(("tier", "levels"), [("", set()), ("silver", {"silver"}), ("gold", {"silver", "gold"})])
def test_partners_read_what_is_meant_for_their_level_and_those_below(tier: str, levels: set[str]) -> None:
    mine = tokens(OrganisationKind.PARTNER, Role.SALES, tier=tier)
    assert {each for each in ("silver", "gold") if audience.level(each) in mine} == levels
    assert audience.PARTNERS in mine
    assert not {audience.PARTNERS, audience.level("silver")} & tokens(OrganisationKind.CUSTOMER, Role.OWNER)


def test_the_house_and_nobody() -> None:
    assert audience.tokens(SYSTEM, None) == audience.EVERYTHING
    assert audience.tokens(NOBODY, None) == frozenset()


def test_a_share_with_a_person_counts_where_he_received_it() -> None:
    word = audience.person(9, 5, Permission.CONFIGURATION_VIEW)
    assert word in tokens(OrganisationKind.PARTNER, Role.SALES)
    assert word not in tokens(OrganisationKind.PARTNER, Role.SALES, organisation=6)
    assert word not in tokens(OrganisationKind.SUPPLIER, Role.FINANCE)
