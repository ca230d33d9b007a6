"""Pages of sign-in and sign-out, invitations, password reset and the own profile."""

from datetime import timedelta

from flask import Blueprint, abort, flash, g, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_user, logout_user
from sqlalchemy import select

from portal.accounts import operations
from portal.accounts.forms import AcceptForm, ChangePasswordForm, ProfileForm, RequestResetForm, ResetForm, SignInForm
from portal.accounts.models import Invitation, Person
from portal.accounts.queries import PersonRow, load_viewer, people
from portal.accounts.tokens import hash_of, sign, unsign
from portal.db import as_actor
from portal.errors import Invalid, NotAllowed, NotFound, TooMany
from portal.formats import message_of
from portal.forms import add_error
from portal.parties.models import Organisation, Party
from portal.policy import OrganisationKind, Permission
from portal.web import client_address, db, go, go_to, guard, locale, now, portal, public, respond, safe_next, viewer
from portal.words import LOCALES

blueprint = Blueprint("accounts", __name__)
DEVICES_COOKIE = "devices"
DEVICES_LAST = timedelta(days=365)
NOBODY_YET = "nobody is signed in yet"


def let_in(person: Person) -> None:
    """Sign `person` in on this browser: everything of the old cookie goes, a new sign-in is opened."""
    if g.viewer is not None:
        operations.sign_out(db(), hash_of(g.viewer.token), now=now())
    chosen = session.get("locale")
    session.clear()
    if chosen:
        session["locale"] = chosen
    found = load_viewer(db(), operations.sign_in(db(), person, now=now()), now())
    assert found is not None
    login_user(found)
    session.permanent = True
    g.viewer = found


def known_devices() -> list[str]:
    """Return the public ids of people who signed in on this device before."""
    signed = unsign(portal().settings.secret_key, "devices", request.cookies.get(DEVICES_COOKIE, ""))
    return signed.split(",")[:8] if signed else []


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public(NOBODY_YET)
def sign_in() -> ResponseReturnValue:
    """Ask who it is."""
    form = SignInForm()
    target = safe_next(request.values.get("next"))
    if g.viewer is not None and request.method == "GET":
        return go_to(target)
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                return _sign_in(form, target)
            except TooMany as error:
                form.form_errors.append(message_of(error, locale()))
                status = 429
            except Invalid as error:
                add_error(form, error)
    return respond(
        "accounts/sign_in.html", form=form, target=target, demo_people=_demo_people(), status=status, keep=True
    )


def _sign_in(form: SignInForm, target: str) -> ResponseReturnValue:
    devices = known_devices()
    person = operations.check_sign_in(
        db(),
        email=form.email.data,
        password=form.password.data,
        address=client_address(),
        known_devices=devices,
        now=now(),
    )
    let_in(person)
    session.permanent = bool(form.remember.data)
    response = go_to(target)
    settings = portal().settings
    mine = ",".join(dict.fromkeys([person.public_id, *devices]))
    response.set_cookie(
        DEVICES_COOKIE,
        sign(settings.secret_key, "devices", mine),
        max_age=DEVICES_LAST,
        httponly=True,
        secure=settings.secure,
        samesite="Lax",
    )
    return response


def _demo_people() -> list[PersonRow]:
    """Return the people of the "Act as" cards, in the order they were made; empty outside the demo."""
    return people(db(), before_id=None, limit=30)[::-1] if portal().settings.demo else []


@blueprint.post("/demo/act-as/<public_id>")
@public("the demo lets everybody try every role; it answers 404 outside the demo")
def act_as(public_id: str) -> ResponseReturnValue:
    """Sign a demo person in without a password."""
    person = db().scalar(select(Person).where(Person.public_id == public_id, Person.disabled_at.is_(None)))
    if not portal().settings.demo or person is None:
        abort(404)
    let_in(person)
    return go("home.home")


@blueprint.post("/sign-out")
@public("signing out twice is no error")
def sign_out() -> ResponseReturnValue:
    """End this sign-in."""
    if g.viewer is not None:
        operations.sign_out(db(), hash_of(g.viewer.token), now=now())
    logout_user()
    session.clear()
    return go("accounts.sign_in")


@blueprint.post("/language")
@public("the sign-in page is read in both languages too")
def language() -> ResponseReturnValue:
    """Switch the language, for the person when somebody is signed in."""
    wanted = request.form.get("locale", "")
    if wanted not in LOCALES:
        raise Invalid(_("Choose English or Chinese."), field="locale")
    session["locale"] = wanted
    _change_own(locale=wanted)
    return go_to(safe_next(request.form.get("next")))


@blueprint.post("/theme")
@public("the sign-in page has a dark mode too")
def colours() -> ResponseReturnValue:
    """Switch light and dark, for the person when somebody is signed in."""
    wanted = request.form.get("theme", "")
    if wanted not in ("auto", "light", "dark"):
        raise Invalid(_("Choose light, dark or like the device."), field="theme")
    session["theme"] = wanted
    _change_own(theme=wanted)
    return go_to(safe_next(request.form.get("next")))


def _change_own(**chosen: str) -> None:
    """Keep what somebody chose for himself, on his own behalf; nothing while nobody is signed in."""
    if g.viewer is None:
        return
    with as_actor(db(), g.viewer.actor):
        person = db().get_one(Person, g.viewer.person_id)
        present = {key: getattr(person, key) for key in ("name", "locale", "time_zone", "theme")}
        operations.change_profile(db(), person, **{**present, **chosen}, now=now())


@blueprint.route("/reset", methods=["GET", "POST"])
@public(NOBODY_YET)
def request_reset() -> ResponseReturnValue:
    """Ask for a link to a new password; the answer is the same for every address."""
    form = RequestResetForm()
    if not form.is_submitted():
        return respond("accounts/request_reset.html", form=form, sent=False)
    if len(request.form.getlist("email")) != 1 or not form.validate():
        return respond("accounts/request_reset.html", form=form, sent=False, status=422)
    try:
        operations.request_reset(db(), email=form.email.data, address=client_address(), now=now())
    except TooMany as error:
        form.form_errors.append(message_of(error, locale()))
        return respond("accounts/request_reset.html", form=form, sent=False, status=429, keep=True)
    return respond("accounts/request_reset.html", form=form, sent=True)


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@public(NOBODY_YET)
def reset(token: str) -> ResponseReturnValue:
    """Set a new password by a mailed link."""
    try:
        operations.find_reset(db(), token, now=now())
    except NotFound:
        return respond("accounts/link_over.html", what="reset", status=404)
    form = ResetForm()
    if form.validate_on_submit():
        try:
            operations.reset_password(db(), token, form.password.data, now=now())
        except Invalid as error:
            add_error(form, error)
        else:
            session.clear()
            flash(_("Your new password is set. Sign in with it."), "success")
            return go("accounts.sign_in")
    return respond("accounts/reset.html", form=form, status=422 if form.is_submitted() else 200)


def invitation_link(invitation: Invitation) -> str:
    """Return the address that accepts `invitation`; only this portal can make it."""
    settings = portal().settings
    return f"{settings.base_url}/invitation/{sign(settings.secret_key, 'invitation', invitation.public_id)}"


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
@public(NOBODY_YET)
def invitation(token: str) -> ResponseReturnValue:
    """Accept an invitation: name and password, nothing else can be chosen."""
    public_id = unsign(portal().settings.secret_key, "invitation", token)
    found = db().scalar(select(Invitation).where(Invitation.public_id == public_id)) if public_id else None
    if found is None or not operations.is_open(found, now=now()):
        return respond("accounts/link_over.html", what="invitation", status=404)
    organisation = db().scalars(select(Party).where(Party.id == found.organisation_id)).one()
    form = AcceptForm(name=found.name)
    if form.validate_on_submit():
        try:
            person = operations.accept_invitation(
                db(), found, name=form.name.data, password=form.password.data, now=now()
            )
        except Invalid as error:
            add_error(form, error)
        else:
            let_in(person)
            return go("home.home")
    status = 422 if form.is_submitted() else 200
    return respond("accounts/invitation.html", form=form, invitation=found, organisation=organisation, status=status)


@blueprint.route("/profile", methods=["GET", "POST"])
@guard(Permission.PROFILE_EDIT)
def profile() -> ResponseReturnValue:
    """Show and change name, language, time zone and colours."""
    person = db().get_one(Person, viewer().person_id)
    form = ProfileForm(obj=person)
    if form.validate_on_submit():
        chosen = {"name": form.name.data, "locale": form.locale.data, "theme": form.theme.data}
        operations.change_profile(db(), person, **chosen, time_zone=form.time_zone.data, now=now())
        session["locale"] = form.locale.data
        flash(_("Saved."), "success")
        return go("accounts.profile")
    status = 422 if form.is_submitted() else 200
    return respond("accounts/profile.html", form=form, password_form=ChangePasswordForm(formdata=None), status=status)


@blueprint.post("/profile/password")
@guard(Permission.PROFILE_EDIT)
def change_password() -> ResponseReturnValue:
    """Change the own password."""
    person = db().get_one(Person, viewer().person_id)
    form, status = ChangePasswordForm(), 422
    if form.validate():
        try:
            operations.change_password(
                db(),
                person,
                current=form.current_password.data,
                password=form.new_password.data,
                keep_sign_in=hash_of(viewer().token),
                now=now(),
            )
        except Invalid as error:
            add_error(form, error)
        except (NotAllowed, TooMany) as error:
            form.form_errors.append(message_of(error, locale()))
            status = 403 if isinstance(error, NotAllowed) else 429
        else:
            flash(_("Your password is changed. Other devices are signed out."), "success")
            return go("accounts.profile")
    profile_form = ProfileForm(None, obj=person)
    return respond("accounts/profile.html", form=profile_form, password_form=form, status=status, keep=True)


def organisation_kind(organisation_id: int) -> OrganisationKind:
    """Return the kind of an organisation the viewer may manage."""
    found = db().scalar(select(Organisation.kind).where(Organisation.id == organisation_id))
    if found is None:
        raise NotFound
    return OrganisationKind(found)
