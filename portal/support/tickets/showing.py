"""The page of a ticket: one page, of which each side sees its part."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from portal.catalog.models import InstalledItem, Product, Site
from portal.db import new_public_id
from portal.policy import Permission
from portal.support.knowledge import faults
from portal.support.service.showing import card as service_card
from portal.support.tickets import conversation, desk, queries, sla
from portal.support.tickets.clocks import NEVER, clock_of
from portal.support.tickets.forms import ChangeForm, HandOverForm, JoinForm, RateForm, SolveForm
from portal.support.tickets.lifecycle import Action, State, can
from portal.support.tickets.models import Ticket, works
from portal.support.tickets.rating import may_rate
from portal.support.tickets.reminding import free_at
from portal.support.tickets.terms import hours_of
from portal.support.tickets.triage import CONTRACTS, IMPACTS, KINDS, PRIORITIES
from portal.web import db, locale, now, respond, viewer

TONES = {
    "new": "info", "open": "info", "waiting_customer": "warn", "waiting_us": "warn", "solved": "good",
    "closed": "quiet", "merged": "quiet",
}  # fmt: skip
PRIORITY_TONES = {"urgent": "bad", "high": "warn", "medium": "info", "low": "quiet"}


@dataclass(frozen=True, slots=True)
class ClockShown:
    """One clock as its page shows it."""

    label: str
    state: str  # runs, pauses, late, kept, missed
    due_at: datetime | None
    left: timedelta
    percent: int  # of the target that is used


def words() -> dict[str, dict[str, str]]:
    """Return what states, kinds, impacts, priorities and contracts are called, once a page."""
    actor = viewer().actor
    tables = {"kinds": KINDS, "impacts": IMPACTS, "priorities": PRIORITIES, "contracts": CONTRACTS}
    found = {name: {key: _(label) for key, label in table.items()} for name, table in tables.items()}
    found["states"] = {state.value: _(conversation.state_of(state.value, actor)) for state in State}
    return {**found, "tones": TONES, "priority_tones": PRIORITY_TONES}


def show(row: Ticket, *, status: int = 200, problem: str = "", **forms: Any) -> Response:
    """Answer with a ticket's page; `forms` are those that were filled in wrongly."""
    actor, unit = viewer().actor, db()
    desks = works(actor)
    typed = _macro(row) if desks else {}
    chat = conversation.page(unit, viewer(), row, **({"typed": typed} if typed else {}))
    context: dict[str, Any] = {
        "ticket": row,
        "chat": chat,
        "words": words(),
        "about": about(row),
        "service": service_card(row),
        "clocks": clocks_shown(row),
        "events": queries.events(unit, row.id),
        "links": queries.links(unit, row),
        "merged": queries.merged(unit, row),
        "survivor": unit.get(Ticket, row.merged_into_id) if row.merged_into_id else None,
        "desk": desks,
        "sides": conversation.may_write(actor, row),
        "may": {action.value.replace(" ", "_"): can(row.state, action) for action in Action}
        | {"rate": can(row.state, Action.RATE) and may_rate(actor, row)},
        "nudge_at": free_at(unit, row),
        "follows": queries.follows(unit, row.id),
        "rating": queries.last_rating(unit, row.id),
        "form_key": new_public_id(),
        "problem": problem,
        "now": now(),
        "never": NEVER,
        "solve_form": SolveForm(formdata=None),
        "rate_form": RateForm(formdata=None),
    }
    if desks:
        context |= desk_part(row)
    return respond("tickets/ticket.html", status=status, **{**context, **forms})


def desk_part(row: Ticket) -> dict[str, Any]:
    """Return what those who work on tickets see beside."""
    unit, zh = db(), locale() == "zh"
    queues = desk.queues(unit)
    form = HandOverForm(formdata=None)
    form.queue.choices = [(each.public_id, each.name_zh if zh else each.name_en) for each in queues]
    known = {each.id: each.name_zh if zh else each.name_en for each in queues}
    said = {name: getattr(row, name) for name in ("subject", "kind", "impact", "error_code", "firmware")}
    return {
        "queue_name": known.get(row.queue_id or 0, ""),
        "workers": desk.workers(unit),
        "macros": [(each.public_id, each.name_zh if zh else each.name_en) for each in desk.macros(unit)],
        "hand_form": form,
        "change_form": ChangeForm(data=said, formdata=None),
        "merge_form": JoinForm(formdata=None, prefix="merge"),
        "link_form": JoinForm(formdata=None, prefix="link"),
        "may_manage": viewer().actor.can(Permission.TICKET_MANAGE),
    }


def about(row: Ticket) -> dict[str, Any]:
    """Return what a ticket is about, in words; equipment that the viewer does not see stays unnamed."""
    unit = db()
    people = queries.names(unit, row.requester_id, row.assignee_id, row.solved_by_id)
    parties = queries.party_names(unit, row.customer_id, row.partner_organisation_id)
    item = unit.get(InstalledItem, row.installed_item_id) if row.installed_item_id else None
    tree = faults.types(unit) if row.fault or row.product_line else None
    return {
        "customer": parties.get(row.customer_id, ("", "")),
        "customer_id": party.public_id if (party := queries.party(unit, row.customer_id)) else "",
        "partner": parties.get(row.partner_organisation_id or 0),
        "requester": people.get(row.requester_id or 0, ("", ""))[0],
        "assignee": people.get(row.assignee_id or 0),
        "solved_by": people.get(row.solved_by_id or 0, ("", ""))[0],
        "item": item.public_id if item else "",
        "site": unit.get(Site, row.site_id) if row.site_id else None,
        "product": unit.get(Product, row.product_id) if row.product_id else None,
        "line": tree.named(row.product_line, locale()) if tree and row.product_line else "",
        "fault": tree.named(row.fault, locale()) if tree and row.fault else "",
    }


def clocks_shown(row: Ticket) -> list[ClockShown]:
    """Return the clocks that say something: until when what is promised."""
    labels = {sla.FIRST_RESPONSE: _("First answer"), sla.NEXT_UPDATE: _("Next news"), sla.SOLUTION: _("Solution")}
    found = queries.clock_rows(db(), row.id)
    hours = hours_of(db(), found[sla.SOLUTION].calendar) if found else sla.AroundTheClock()
    shown = []
    for kind, label in labels.items():
        if kind not in found or (kind == sla.NEXT_UPDATE and found[kind].stopped_at is not None):
            continue
        clock = clock_of(found[kind])
        used = clock.used_at(hours, now())
        late = clock.breached_at(now())
        if clock.stopped_at is not None:
            state = "missed" if late else "kept"
        else:
            state = "late" if late else "runs" if clock.runs else "pauses"
        share = min(int(used * 100 / clock.target), 100)
        shown.append(ClockShown(label, state, clock.due_at, max(clock.target - used, timedelta(0)), share))
    return shown


def _macro(row: Ticket) -> dict[str, str]:
    """Return what a macro of the address puts into the field, with its gaps filled."""
    found = desk.macro(db(), request.args.get("macro", ""))
    if found is None:
        return {}
    body = found.body_zh if row.locale == "zh" else found.body_en
    names = queries.names(db(), row.requester_id)
    gaps = {"number": row.number, "name": names.get(row.requester_id or 0, ("", ""))[0], "agent": viewer().name}
    for gap, value in gaps.items():
        body = body.replace("{" + gap + "}", value)
    return {"body": body, "target": "reply", "then": found.action, "form_key": new_public_id()}
