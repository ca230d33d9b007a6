"""What is prepared for everybody with the same rights says of each of them what was said of him alone."""

from typing import Any

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects import sqlite

import portal.schema
from portal.db import Base, Visible
from portal.policy import GRANTS, Actor, OrganisationKind, Role, grants_of
from portal.prepared import ORGANISATION, PERSON

assert portal.schema  # every mapped class
OURS = {PERSON.key: 71, ORGANISATION.key: 83}
ROLES = [(kind, role) for kind, roles in GRANTS.items() for role in roles]


def read(seen: Visible) -> tuple[Any, ...]:
    """Return a condition as text with its values in their order."""
    if not isinstance(seen, ColumnElement):
        return (seen,)
    compiled = select(1).where(seen).compile(dialect=sqlite.dialect())
    assert compiled.positiontup is not None
    values = {**compiled.params, **OURS}
    return (str(compiled), [values[name] for name in compiled.positiontup])


@pytest.mark.parametrize(("kind", "role"), ROLES, ids=lambda each: each.value)
def test_ids_as_parameters_narrow_every_class_alike(kind: OrganisationKind, role: Role) -> None:
    grants = grants_of(kind, [role])
    anybody = Actor(person_id=PERSON, organisation_id=ORGANISATION, grants=grants)  # type: ignore[arg-type]
    somebody = Actor(person_id=71, organisation_id=83, grants=grants)
    for mapper in Base.registry.mappers:
        mapped = mapper.class_
        assert read(mapped.visible_to(anybody)) == read(mapped.visible_to(somebody)), mapped
