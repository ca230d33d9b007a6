"""Warranty and contract of a serial number: what covers it on a day, who sets it, and how it moves with a swap."""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.models import InstalledItem
from portal.db import as_actor
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.policy import SYSTEM, Actor, Permission
from portal.support.service.models import LONGEST_SERIAL, Warranty
from portal.support.tickets.triage import CONTRACTS
from portal.words import N_

DEAD_ON_ARRIVAL: Final = timedelta(days=30)
CHANGED: Final = N_("Somebody else changed this while your page was open. Look at it again.")
ENDS_EARLY: Final = N_("The warranty ends before it begins.")
NO_SERIAL: Final = N_("Equipment without a serial number has no warranty yet.")
TAKEN: Final = N_("This serial number belongs to another device already.")
GONE: Final = N_("This device was removed; another one stands in its place.")


def covers(starts_on: date, ends_on: date, day: date) -> bool:
    """Return whether a warranty covers a day; its first and last day count."""
    return starts_on <= day <= ends_on


def is_dead_on_arrival(starts_on: date, day: date) -> bool:
    """Return whether a device that fails on `day` counts as dead on arrival."""
    return timedelta(0) <= day - starts_on <= DEAD_ON_ARRIVAL


def warranty_of(session: Session, item_id: int | None) -> Warranty | None:
    """Return the warranty of a piece of equipment, as far as the actor sees it."""
    if item_id is None:
        return None
    return session.scalar(select(Warranty).where(Warranty.installed_item_id == item_id))


def of_serial(session: Session, product_id: int | None, serial: str) -> Warranty | None:
    """Return the warranty of a serial number, as far as the actor sees it."""
    if product_id is None or not serial:
        return None
    return session.scalar(select(Warranty).where(Warranty.product_id == product_id, Warranty.serial == serial))


def contract_of(session: Session, installed_item_id: int, today: date) -> str:
    """Return the contract that covers a piece of equipment on a day; empty when none does."""
    columns = (Warranty.contract, Warranty.starts_on, Warranty.ends_on)
    row = session.execute(select(*columns).where(Warranty.installed_item_id == installed_item_id)).first()
    return row[0] if row is not None and covers(row[1], row[2], today) else ""


def set_warranty(
    session: Session,
    actor: Actor,
    item_public_id: str,
    *,
    starts_on: date,
    ends_on: date,
    contract: str,
    version: int,
    now: datetime,
) -> Warranty:
    """Say what is agreed for a piece of equipment; `version` is 0 where nothing was before."""
    if not actor.can(Permission.RETURN_MANAGE):
        raise NotAllowed
    item = session.scalar(select(InstalledItem).where(InstalledItem.public_id == item_public_id))
    if item is None:
        raise NotFound
    if item.serial is None:
        raise Conflict(NO_SERIAL)
    if contract not in CONTRACTS:
        raise Invalid(N_("Choose one of these."), field="contract")
    if ends_on < starts_on:
        raise Invalid(ENDS_EARLY, field="ends_on")
    mine = select(Warranty).where(Warranty.product_id == item.product_id, Warranty.serial == item.serial)
    row = session.scalar(mine.with_for_update())
    if (row.version if row else 0) != version:
        raise Conflict(CHANGED)
    before = _said(row) if row else None
    if row is None:
        row = Warranty(product_id=item.product_id, serial=item.serial, version=0)
        session.add(row)
    row.installed_item_id, row.starts_on, row.ends_on, row.contract = item.id, starts_on, ends_on, contract
    row.changed_at, row.version = now, row.version + 1
    session.flush()
    record(session, row, "set warranty", now=now, before=before, after=_said(row))
    return row


def _said(row: Warranty) -> dict[str, str]:
    return {
        "serial": row.serial,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
        "contract": row.contract,
    }


def swap(session: Session, item_id: int, new_serial: str, *, now: datetime) -> InstalledItem:
    """Put a device with another serial number in the place of an installed one; its warranty moves with it.

    The caller has asked who may. The old device is removed, the new one installed at the same place.
    """
    serial = new_serial.strip()
    if not serial or len(serial) > LONGEST_SERIAL:
        raise Invalid(N_("At most %(max)d characters.") if serial else N_("Please fill this in."), field="new_serial",
                      max=LONGEST_SERIAL)  # fmt: skip
    with as_actor(session, SYSTEM):
        old = session.scalar(select(InstalledItem).where(InstalledItem.id == item_id).with_for_update())
        if old is None or old.state == "removed":
            raise Conflict(GONE)
        same = (InstalledItem.product_id == old.product_id, InstalledItem.serial == serial)
        known = (Warranty.product_id == old.product_id, Warranty.serial == serial)
        if (
            session.scalar(select(InstalledItem.id).where(*same)) is not None
            or session.scalar(select(Warranty.id).where(*known)) is not None
        ):
            raise Invalid(TAKEN, field="new_serial")
        new = InstalledItem(
            organisation_id=old.organisation_id,
            site_id=old.site_id,
            product_id=old.product_id,
            serial=serial,
            configuration_id=old.configuration_id,
            configuration_line=old.configuration_line,
            order_line_id=old.order_line_id,
            state="installed",
        )
        session.add(new)
        old.state = "removed"
        session.flush()
        row = session.scalar(select(Warranty).where(Warranty.installed_item_id == old.id).with_for_update())
        if row is not None:
            row.serial, row.installed_item_id, row.changed_at = serial, new.id, now
            row.version += 1
            session.flush()
            record(session, row, "move warranty", now=now, before={"serial": old.serial}, after={"serial": serial})
        record(session, old, "swap equipment", now=now, before={"serial": old.serial}, after={"serial": serial})
    return new
