"""Registering a project: one field, is it free?, two taps."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from portal.configurator.models import Configuration
from portal.db import new_public_id
from portal.deals.registrations import asking, operations, probing
from portal.deals.registrations.drafts import Draft
from portal.deals.registrations.expecting import expected_band
from portal.deals.registrations.forms import OFFERED_MONTHS, RegisterForm, month_after, month_key, read_month
from portal.deals.registrations.labels import bands_shown, lines_shown, month_shown
from portal.deals.registrations.models import IS_OPEN, Registration
from portal.deals.registrations.suggesting import Suggestion, check_code, mark_kind, suggestions
from portal.errors import Invalid, TooMany
from portal.formats import message_of
from portal.forms import add_error
from portal.parties import operations as parties
from portal.parties import queries as customers
from portal.parties.models import Party, name_key
from portal.parties.noting import add_note
from portal.parties.similar import Duplicate
from portal.policy import Permission
from portal.web import db, fmt, go, guard, locale, now, respond, today, viewer
from portal.words import N_

blueprint = Blueprint("registering", __name__, url_prefix="/registrations")
EDIT = Permission.REGISTRATION_EDIT
LONGEST = 200
MOST_CONFIGURATIONS = 20


@dataclass(frozen=True, slots=True)
class Card:
    """Whose project it is, and whether it is free."""

    customer: str  # public id of an own customer; empty for one that is not noted yet
    name: str
    address: str
    kind: str  # of the answer; empty while nobody asked, as on a form that came back
    until: date | None
    mark: str = ""  # a code, domain or phone that was typed instead of a name
    own: str = ""  # public id of the own registration there is
    narrowed: bool = False

    @property
    def known(self) -> bool:
        """Whether the own organisation notes it as a customer."""
        return bool(self.customer)


def _asked(name: str = "q") -> str:
    typed = "".join(filter(str.isprintable, request.values.get(name, "")[: LONGEST * 10]))
    return " ".join(typed.split())[:LONGEST]


@blueprint.get("/new")
@guard(EDIT)
def new() -> ResponseReturnValue:
    """Ask whose project it is; a customer of the address is offered first."""
    found = suggestions(db(), _asked())
    if public_id := request.args.get("customer", ""):
        party = customers.customer(db(), public_id)
        found = [Suggestion(party.public_id, party.name, party.address, party.name_en)]
    return _ask(found=found)


@blueprint.get("/suggest")
@guard(EDIT)
def suggest() -> ResponseReturnValue:
    """Offer own customers while somebody types."""
    return _ask("registrations/_found.html", found=suggestions(db(), _asked()))


def _ask(part: str = "registrations/_asked.html", *, status: int = 200, keep: bool = False, **more: Any) -> Response:
    context = {"q": _asked(), "found": (), "card": None, "problem": "", "autofocus": request.method == "GET", **more}
    return respond("registrations/new.html", part, status=status, keep=keep, **context)


@blueprint.post("/look")
@guard(EDIT)
def look() -> ResponseReturnValue:
    """Say whether a customer is free; what is asked is counted, whatever the answer."""
    form, text = RegisterForm(data={"form_key": new_public_id()}), _asked()
    form.form_key.data = new_public_id()
    party = customers.customer(db(), form.customer.data) if form.customer.data else None
    if party is None:
        if not text:
            return _ask(found=suggestions(db(), ""))
        fitting = suggestions(db(), text)
        exact = [one for one in fitting if name_key(one.name) == name_key(text)]
        chosen = exact or fitting
        if len(chosen) == 1:
            party = customers.customer(db(), chosen[0].public_id)
        elif chosen:
            return _ask(found=fitting)
    try:
        if party is None:
            check_code(text)
        card = _card(party, text, form)
    except TooMany as error:
        return _ask(problem=message_of(error, locale()), status=429)  # what was not answered is not asked either
    except Invalid as error:
        return _ask(problem=message_of(error, locale()), status=422)
    return _show_card(card, form, _choose_band(form, party))


def _card(party: Party | None, text: str, form: RegisterForm) -> Card:
    """Look whether it is free, for the product line and site that were said, if any were."""
    line, site = form.product_line.data or "", form.site.data or None
    known: dict[str, Any] = {"customer_id": party.id} if party else {"text": text}
    answer = probing.look(db(), viewer().actor, **known, product_line=line, site=site, now=now(), today=today())
    own = _own(party) if party and answer.kind == "own" else ""
    mark = "" if party or not mark_kind(text) else text
    whose = (
        (party.public_id, fmt().name(party.name, party.name_en), party.address)
        if party
        else ("", "" if mark else text, "")
    )
    return Card(*whose, answer.kind, answer.until, mark, own, bool(line or site))


def _own(party: Party) -> str:
    """Return the newest open registration of the own organisation for a customer."""
    mine = (Registration.organisation_id == viewer().organisation_id, Registration.customer_id == party.id, IS_OPEN)
    return db().scalar(select(Registration.public_id).where(*mine).order_by(Registration.id.desc()).limit(1)) or ""


def _choose_band(form: RegisterForm, party: Party | None) -> str:
    """Choose the band that is to be expected where a rule needs one; return what says where it comes from."""
    organisation_id, currency = viewer().organisation_id, viewer().currency
    if not asking.rules_about_value(db(), currency):
        return ""
    expected = expected_band(db(), organisation_id, currency, party.id if party else None)
    form.value_band.data = expected.band
    return expected.because


def _show_card(card: Card, form: RegisterForm, because: str = "", *, status: int = 200, keep: bool = False) -> Response:
    form.offer(configurations_of(card.customer))
    form.name.flags.required = bool(card.mark)  # asked for only then, and needed then
    months = [month_after(today(), months) for months in OFFERED_MONTHS]
    return _ask(
        card=card,
        form=form,
        lines=lines_shown(),
        months=[(month_key(month), month_shown(fmt(), month)) for month in months],
        bands=[("", _("Not known yet")), *bands_shown(fmt(), viewer().currency)],
        asks_value=asking.value_hint(db(), viewer().currency, locale(), because),
        autofocus=False,
        status=status,
        keep=keep,
    )


def configurations_of(customer: str) -> list[tuple[str, str]]:
    """Return the newest own configurations for a customer, by public id and name."""
    if not customer:
        return []
    of = select(Configuration.public_id, Configuration.name).join(Party, Party.id == Configuration.customer_id)
    own = (Party.public_id == customer, Configuration.organisation_id == viewer().organisation_id)
    rows = db().execute(of.where(*own).order_by(Configuration.id.desc()).limit(MOST_CONFIGURATIONS))
    return [(row[0], row[1]) for row in rows]


@blueprint.post("")
@guard(EDIT)
def register() -> ResponseReturnValue:
    """Begin a registration and submit it; the same form sent twice is one."""
    form = RegisterForm()
    party = customers.customer(db(), form.customer.data) if form.customer.data else None
    name = form.name.data or ""
    if party is None and not name:
        form.validate()
        add_error(form, Invalid(N_("Say what the customer is called."), field="name"))
        return _again(form, party, name)
    if not form.validate():
        return _again(form, party, name)
    try:
        row = _there(form) or _begin(form, party or _noted(name, form))
        if request.form.get("then") == "keep" or row.state != "draft":
            return go("registrations.registration", public_id=row.public_id)
        place = operations.submit(db(), viewer().actor, row, version=row.version, now=now(), today=today())
    except Invalid as error:
        add_error(form, error)
        return _again(form, party, name)
    say(place)
    return go("registrations.registration", public_id=row.public_id)


def _again(form: RegisterForm, party: Party | None, name: str) -> Response:
    whose = (party.public_id, fmt().name(party.name, party.name_en), party.address) if party else ("", name, "")
    return _show_card(Card(*whose, "", None, form.mark.data or ""), form, status=422)


def _noted(name: str, form: RegisterForm) -> Party:
    """Note a customer that was not known yet, with the code, domain or phone it was asked for by."""
    mark = form.mark.data or ""
    kind, address = mark_kind(mark), form.site.data or ""
    more = {"credit_code": mark} if kind == "credit_code" else {"reach": mark} if kind == "phone" else {}
    try:
        party = parties.add_customer(db(), viewer().actor, name=name, address=address, now=now(), **more)
    except Duplicate as known:
        return db().get_one(Party, known.party_id)
    if kind == "domain":
        add_note(db(), viewer().actor, party, kind=kind, text=mark, now=now())
    return party


def _there(form: RegisterForm) -> Registration | None:
    """Return what the same form has begun already, also when it noted a new customer then."""
    same = (Registration.organisation_id == viewer().organisation_id, Registration.form_key == form.form_key.data)
    return db().scalar(select(Registration).where(*same))


def _begin(form: RegisterForm, party: Party) -> Registration:
    draft = draft_from(form, party.id)
    return operations.begin(db(), viewer().actor, draft, form_key=str(form.form_key.data), now=now(), today=today())


def draft_from(form: Any, customer_id: int) -> Draft:
    """Return what a checked form says."""
    return Draft(
        customer_id=customer_id,
        product_line=form.product_line.data or "",
        closing_month=read_month(form.closing_month.data) if form.closing_month.data else None,
        value_band=form.value_band.data or "",
        site=form.site.data or None,
        competitors=form.competitors.data or "",
        note=form.note.data or "",
        configuration_id=_configuration_id(form.configuration.data),
    )


def _configuration_id(public_id: str | None) -> int | None:
    if not public_id:
        return None
    return db().scalar(select(Configuration.id).where(Configuration.public_id == public_id)) or 0


def say(place: operations.Place, state: str = "draft") -> None:
    """Say what became of a submission; `state` is where the registration stands when the place was claimed."""
    until = fmt().date(place.until)
    if place.kind == "approved":
        flash(_("Approved at once: protected until %(date)s.", date=until), "success")
    elif place.kind == "review":
        flash(_("Submitted. A decision is expected by %(date)s.", date=until), "success")
    elif place.kind == "waiting":
        flash(
            _("Submitted. Another request is being decided, result by %(date)s; yours waits in line.", date=until),
            "info",
        )
    elif state == "draft":
        flash(_("Claimed, protected until %(date)s. It is kept as a draft.", date=until), "warning")
    else:
        flash(_("Claimed, protected until %(date)s. Nothing was changed.", date=until), "warning")
