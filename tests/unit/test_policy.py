"""The table of rights, written a second time by hand: whoever changes one has to change the other."""

from collections.abc import Iterator
from itertools import chain, combinations
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.policy import (
    GRANTS,
    NOBODY,
    ROLES_OF,
    SYSTEM,
    Actor,
    OrganisationKind,
    Permission,
    Reach,
    Role,
    allows,
    grants_of,
)

COLUMNS = [
    "party.view",
    "party.edit",
    "people.view",
    "people.manage",
    "configuration.view",
    "configuration.edit",
    "price.partner",
    "quote.view",
    "quote.edit",
    "rules.view",
    "outbox.manage",
    "history.view",
    "order.view",
    "order.place",
    "token.manage",
    "engineering.answer",
    "registration.view",
    "registration.edit",
    "registration.manage",
    "pool.claim",
    "customer.transfer",
    "policy.simulate",
    "party.steward",
    "approval.view",
    "approval.decide",
    "approval.manage",
    "calendar.manage",
    "parameter.manage",
    "article.view",
    "article.edit",
    "article.review",
    "fault.manage",
    "equipment.view",
    "ticket.view",
    "ticket.open",
    "ticket.work",
    "ticket.manage",
    "return.manage",
    "dispatch.manage",
    "visit.work",
    "phone.use",
    "lead.view",
    "lead.work",
    "support.numbers",
]
EVERYBODY = {
    "home.view": Reach.OWN,
    "inbox.view": Reach.OWN,
    "search.use": Reach.OWN,
    "profile.edit": Reach.OWN,
    "product.view": Reach.ALL,
}
LETTERS = {"-": Reach.NONE, "o": Reach.OWN, "a": Reach.ALL}
# One letter for each of COLUMNS: o(wn organisation), a(ll), - (nothing).
EXPECTED = {
    "partner owner": "oo oo oo o oo - - -  oo o -  oo- oo -- o-- --  o--- o oo-- --- ----",
    "partner sales": "oo o- oo o oo - - -  oo - -  oo- o- -- o-- --  o--- o oo-- --- ----",
    "partner engineer": "o- o- oo o o- - - -  o- - -  o-- -- -- o-- --  o--- o oo-- --- ----",
    "customer owner": "o- oo oo - -- - - -  -- - -  --- -- -- --- --  o--- o oo-- --- ----",
    "customer customer": "o- o- oo - -- - - -  -- - -  --- -- -- --- --  o--- o oo-- --- ----",
    "supplier channel_manager": "a- a- a- a a- - - -  a- - -  a-a aa a- aa- --  o--- a a--- --- -aa-",
    "supplier approver": "a- -- a- a a- - - -  a- - -  a-- -- -- aa- --  o--- - ---- --- ----",
    "supplier support_agent": "a- -- a- - -- - - -  -- - -  --- -- -- --- --  aa-- a aaa- aa- a---",
    "supplier support_lead": "a- -- a- - -- - - -  -- - -  --- -- -- --- a-  aaaa a aaaa aa- aaaa",
    "supplier field_engineer": "a- -- a- - -- - - -  -- - -  --- -- -- --- --  a--- a a-a- --a ----",
    "supplier finance": "a- -- -- a a- - - -  a- - -  --- -- -- --- --  o--- - ---- --- ----",
    "supplier product_manager": "a- -- a- - -- a - -  -- - a  --- -- -- --- --  aaaa a a--- --- ----",
    "supplier data_steward": "aa -- -- - -- - - -  -- - -  --- -- -a --- --  o--- - ---- --- ----",
    "supplier executive": "a- -- a- a a- - - a  a- - -  a-- -- a- a-- --  o--- a a--- --- -a-a",
    "supplier administrator": "a- aa -- - -- a a a  -- o -  a-a -- a- a-a aa  o--- - ---- --- ----",
}
PAIRS = [(kind, role) for kind in OrganisationKind for role in ROLES_OF[kind]]


def expected(kind: OrganisationKind, role: Role) -> dict[str, Reach]:
    letters = EXPECTED[f"{kind} {role}"].replace(" ", "")
    rights = {**EVERYBODY, **dict(zip(COLUMNS, map(LETTERS.__getitem__, letters), strict=True))}
    return {permission: reach for permission, reach in rights.items() if reach}


def some_of(roles: tuple[Role, ...]) -> Iterator[tuple[Role, ...]]:
    return chain.from_iterable(combinations(roles, count) for count in range(min(len(roles), 4) + 1))


def test_the_table_covers_every_role_and_every_permission() -> None:
    assert set(EXPECTED) == {f"{kind} {role}" for kind, role in PAIRS}
    assert {*COLUMNS, *EVERYBODY} == set(Permission)
    assert {kind: set(roles) for kind, roles in GRANTS.items()} == {
        kind: set(roles) for kind, roles in ROLES_OF.items()
    }
    assert {role for _, role in PAIRS} == set(Role)


@pytest.mark.parametrize(("kind", "role"), PAIRS)
def test_a_role_has_exactly_its_rights(kind: OrganisationKind, role: Role) -> None:
    assert {str(key): reach for key, reach in grants_of(kind, [role]).items() if reach} == expected(kind, role)


@pytest.mark.parametrize("kind", [OrganisationKind.PARTNER, OrganisationKind.CUSTOMER])
def test_outside_of_the_supplier_nothing_but_products_reaches_everybodys_rows(kind: OrganisationKind) -> None:
    for roles in some_of(tuple(Role)):
        far = {permission for permission, reach in grants_of(kind, roles).items() if reach is Reach.ALL}
        assert far <= {Permission.PRODUCT_VIEW}


def test_a_customer_never_learns_partner_prices_nor_quotes() -> None:
    kinds = ("price.partner", "quote.", "order.")
    secret = {permission for permission in Permission if permission.startswith(kinds)}
    for roles in some_of(tuple(Role)):
        assert not secret & grants_of(OrganisationKind.CUSTOMER, roles).keys()


def test_only_owners_and_the_administrator_manage_people() -> None:
    managers = {(kind, role) for kind, role in PAIRS if Permission.PEOPLE_MANAGE in grants_of(kind, [role])}
    assert managers == {
        (OrganisationKind.PARTNER, Role.OWNER),
        (OrganisationKind.CUSTOMER, Role.OWNER),
        (OrganisationKind.SUPPLIER, Role.ADMINISTRATOR),
    }


def test_the_machine_room_is_for_the_supplier_only() -> None:
    inner = {Permission.RULES_VIEW, Permission.OUTBOX_MANAGE, Permission.HISTORY_VIEW}
    for kind in (OrganisationKind.PARTNER, OrganisationKind.CUSTOMER):
        for roles in some_of(ROLES_OF[kind]):
            assert not inner & grants_of(kind, roles).keys()


@pytest.mark.parametrize("kind", list(OrganisationKind))
def test_a_role_of_another_kind_of_organisation_grants_nothing(kind: OrganisationKind) -> None:
    for role in set(Role) - set(ROLES_OF[kind]):
        assert grants_of(kind, [role]) == {}
    assert grants_of(kind, []) == {}


@given(st.sampled_from(list(OrganisationKind)), st.sets(st.sampled_from(list(Role))))
def test_several_roles_grant_what_the_best_of_them_grants(kind: OrganisationKind, roles: set[Role]) -> None:
    merged = grants_of(kind, roles)
    for permission in Permission:
        single = (grants_of(kind, [role]).get(permission, Reach.NONE) for role in roles)
        assert merged.get(permission, Reach.NONE) == max(single, default=Reach.NONE)


@given(st.sampled_from(PAIRS), st.sampled_from(list(Permission)), st.integers(1, 3), st.integers(1, 3))
def test_own_rows_are_those_of_the_own_organisation(
    pair: tuple[OrganisationKind, Role], permission: Permission, own: int, theirs: int
) -> None:
    actor = Actor(1, own, grants_of(pair[0], [pair[1]]))
    reach = expected(*pair).get(permission, Reach.NONE)
    wanted = reach is Reach.ALL or (reach is Reach.OWN and own == theirs)
    assert allows(actor, permission, SimpleNamespace(organisation_id=theirs)) is wanted
    assert actor.can(permission) is (reach > Reach.NONE)


@pytest.mark.parametrize("permission", list(Permission))
def test_the_house_may_all_and_nobody_nothing(permission: Permission) -> None:
    thing = SimpleNamespace(organisation_id=None)
    assert SYSTEM.reach(permission) is Reach.ALL
    assert allows(SYSTEM, permission, thing)
    assert not NOBODY.can(permission)
    assert not allows(NOBODY, permission, thing)  # also where neither has an organisation
