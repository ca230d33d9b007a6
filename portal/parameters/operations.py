"""Changing the numbers of the business rules; every change is in the history."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.parameters.definitions import DEFINITIONS
from portal.parameters.models import ParameterValue
from portal.policy import Actor, Permission
from portal.words import N_

CHANGED_MEANWHILE = N_("Somebody else changed this in the meantime. Look at the present value and decide again.")


def change(
    session: Session, actor: Actor, key: str, value: int | None, *, now: datetime, version: int | None = None
) -> ParameterValue:
    """Set a parameter, or put it back to its default with None; it holds for whatever happens from now on.

    With `version` only if nobody changed it since (0 for a parameter that never was changed).
    """
    if not actor.can(Permission.PARAMETER_MANAGE):
        raise NotAllowed
    if (definition := DEFINITIONS.get(key)) is None:
        raise NotFound
    if value is not None and not definition.minimum <= value <= definition.maximum:
        low, high = definition.minimum, definition.maximum
        raise Invalid(N_("Enter a whole number from %(low)d to %(high)d."), field="value", low=low, high=high)
    row = session.scalar(select(ParameterValue).where(ParameterValue.key == key).with_for_update())
    if version is not None and version != (row.version if row else 0):
        raise Conflict(CHANGED_MEANWHILE)
    before = row.value if row else None
    row = row or ParameterValue(key=key)
    if value == before:
        return row
    row.value, row.changed_at, row.changed_by_id = value, now, actor.person_id
    session.add(row)
    session.flush()
    was, becomes = (definition.default if number is None else number for number in (before, value))
    record(session, row, "set parameter", now=now, before={key: was}, after={key: becomes})
    return row
