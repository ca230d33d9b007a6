"""What people do with accounts: sign in and out, invite and be invited, set passwords, change themselves."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, Select, delete, select, update
from sqlalchemy.orm import Session

from portal.accounts import passwords, throttles
from portal.accounts.models import Invitation, PasswordReset, Person, PersonRole, SignIn
from portal.accounts.tokens import hash_of, new_token
from portal.config import Settings
from portal.db import as_actor
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.notify.mail import send_mail
from portal.outbox import Handler, Job, OutboxJob, enqueue
from portal.parties.models import Organisation, Party
from portal.policy import ROLES_OF, SYSTEM, Actor, OrganisationKind, Permission, Role, allows
from portal.words import N_

SIGN_IN_LASTS = timedelta(days=14)
INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(minutes=60)
RESET_KIND = "password_reset"  # of the job that looks for the account
INVITATION_OVER = N_("This invitation was used, withdrawn or is too old. Ask for a new one.")
WRONG_SIGN_IN = N_("This mail address and password do not belong together.")


def normal_email(text: str) -> str:
    """Return a mail address in the form in which it is kept."""
    return text.strip().lower()


def check_sign_in(
    session: Session, *, email: str, password: str, address: str, known_devices: Sequence[str], now: datetime
) -> Person:
    """Return the person whose password this is; raises Invalid, the same for unknown accounts, or TooMany."""
    email = normal_email(email)
    person = session.scalar(_open_accounts().where(Person.email == email))
    pair = throttles.key_of("pair", email, address)
    account = throttles.key_of("account", email)
    source = throttles.key_of("address", address)
    limits = {pair: throttles.SIGN_IN_PAIR, account: throttles.SIGN_IN_ACCOUNT, source: throttles.SIGN_IN_ADDRESS}
    device = throttles.key_of("device", email, *sorted(known_devices))
    if person is not None and person.public_id in known_devices:  # the owner gets in while others hammer his account
        limits = {device: throttles.SIGN_IN_DEVICE}
    for key, limit in limits.items():
        throttles.refuse_when_used_up(session, key, limit, now=now)
    if not passwords.matches(password, person.password_hash if person else "") or person is None:
        for key, limit in limits.items():
            throttles.count(session, key, limit, now=now)
        raise Invalid(WRONG_SIGN_IN, field="password")
    throttles.forget(session, pair, device)
    return person


def _open_accounts() -> Select[Person]:
    """Accounts that may be used: neither they nor their organisation are closed."""
    organisation = Organisation.id == Person.organisation_id
    is_open = (Person.disabled_at.is_(None), Organisation.archived_at.is_(None))
    return select(Person).join(Organisation, organisation).where(*is_open)


def sign_in(session: Session, person: Person, *, now: datetime) -> str:
    """Open a sign-in for `person` and return its token."""
    token = new_token()
    session.add(SignIn(token_hash=hash_of(token), person_id=person.id, created_at=now, expires_at=now + SIGN_IN_LASTS))
    session.flush()
    record(session, person, "sign in", now=now)
    return token


def sign_out(session: Session, token_hash: str, *, now: datetime) -> None:
    """End one sign-in."""
    with as_actor(session, SYSTEM):
        session.execute(update(SignIn).where(SignIn.token_hash == token_hash).values(ended_at=now))


def end_sign_ins(session: Session, person: Person, *, now: datetime, but: str = "") -> None:
    """End all sign-ins of `person` except the one whose token has the hash `but`."""
    with as_actor(session, SYSTEM):
        others = update(SignIn).where(
            SignIn.person_id == person.id, SignIn.ended_at.is_(None), SignIn.token_hash != but
        )
        session.execute(others.values(ended_at=now))


def check_roles(kind: OrganisationKind, roles: Sequence[str]) -> tuple[Role, ...]:
    """Return `roles` when an organisation of `kind` may give them; raises Invalid or NotAllowed."""
    if not roles:
        raise Invalid(N_("Choose at least one role."), field="roles")
    allowed = {role.value: role for role in ROLES_OF[kind]}
    if any(role not in allowed for role in roles):
        raise NotAllowed
    return tuple(allowed[role] for role in dict.fromkeys(roles))


def invite(
    session: Session,
    actor: Actor,
    organisation: Organisation,
    *,
    email: str,
    name: str,
    roles: Sequence[str],
    locale: str,
    now: datetime,
) -> Invitation:
    """Write an invitation of `email` into `organisation`; the caller mails its link."""
    _may_manage(actor, organisation.id)
    chosen = check_roles(OrganisationKind(organisation.kind), roles)
    email = normal_email(email)
    key = throttles.key_of("invite", actor.person_id)
    with as_actor(session, SYSTEM):
        throttles.refuse_when_used_up(session, key, throttles.INVITATIONS, now=now)
        throttles.count(session, key, throttles.INVITATIONS, now=now)
        taken = session.scalar(select(Person.organisation_id).where(Person.email == email))
    if taken == organisation.id:
        raise Invalid(N_("This person already has an account here."), field="email")
    session.execute(
        update(Invitation)
        .where(
            Invitation.organisation_id == organisation.id, Invitation.email == email, Invitation.accepted_at.is_(None)
        )
        .values(withdrawn_at=now)
    )
    invitation = Invitation(
        organisation_id=organisation.id,
        email=email,
        name=name,
        roles=[role.value for role in chosen],
        locale=locale,
        invited_by_id=actor.person_id,
        created_at=now,
        expires_at=now + INVITATION_LASTS,
    )
    session.add(invitation)
    session.flush()
    record(session, invitation, "invite", now=now, after={"email": email, "roles": invitation.roles})
    return invitation


def mail_invitation(session: Session, invitation: Invitation, *, link: str, inviter: str, now: datetime) -> None:
    """Send the link of an invitation to the address it was made for, and to nobody else."""
    with as_actor(session, SYSTEM):
        named = select(Party.name, Organisation.time_zone).join(Organisation, Organisation.id == Party.id)
        organisation, zone = session.execute(named.where(Party.id == invitation.organisation_id)).one()
    params = {"name": invitation.name, "organisation": organisation, "inviter": inviter, "link": link}
    params["expires"] = invitation.expires_at.isoformat()
    send_mail(
        session,
        to=invitation.email,
        template="invitation",
        params=params,
        locale=invitation.locale,
        now=now,
        time_zone=zone,
    )


def withdraw_invitation(session: Session, actor: Actor, invitation: Invitation, *, now: datetime) -> None:
    """Make an open invitation worthless."""
    if not allows(actor, Permission.PEOPLE_MANAGE, invitation):
        raise NotAllowed
    if invitation.accepted_at:
        raise Conflict(N_("This invitation was accepted already."))
    invitation.withdrawn_at = now
    record(session, invitation, "withdraw invitation", now=now)


def is_open(invitation: Invitation, *, now: datetime) -> bool:
    """Return whether an invitation can still be accepted."""
    return invitation.accepted_at is None and invitation.withdrawn_at is None and invitation.expires_at > now


def accept_invitation(session: Session, invitation: Invitation, *, name: str, password: str, now: datetime) -> Person:
    """Make the account that an invitation promises: its mail address, its organisation, its roles, once."""
    if not is_open(invitation, now=now):
        raise Conflict(INVITATION_OVER)
    passwords.check_new(password, email=invitation.email, name=name, field="password")
    if session.scalar(select(Person.id).where(Person.email == invitation.email)) is not None:
        raise Conflict(N_("This mail address has an account already; sign in with it."))
    theirs = (Organisation.id == invitation.organisation_id, Organisation.archived_at.is_(None))
    organisation = session.scalar(select(Organisation).where(*theirs))
    if organisation is None:
        raise Conflict(INVITATION_OVER)
    person = Person(
        organisation_id=organisation.id,
        email=invitation.email,
        name=name,
        password_hash=passwords.hash_of(password),
        locale=invitation.locale,
        time_zone=organisation.time_zone,
        created_at=now,
    )
    session.add(person)
    session.flush()
    set_roles(session, person, [Role(role) for role in invitation.roles])
    still_open = (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    taken = session.execute(
        update(Invitation).where(Invitation.id == invitation.id, *still_open).values(accepted_at=now)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(INVITATION_OVER)
    record(session, person, "accept invitation", now=now, after={"roles": invitation.roles})
    return person


def set_roles(session: Session, person: Person, roles: Sequence[Role]) -> None:
    """Replace the roles of `person`; whoever does the same at this moment waits, so that two choices never mix."""
    with as_actor(session, SYSTEM):
        session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
        session.execute(delete(PersonRole).where(PersonRole.person_id == person.id))
        session.add_all(PersonRole(person_id=person.id, role=role.value) for role in roles)
        session.flush()


def change_roles(session: Session, actor: Actor, person: Person, roles: Sequence[str], *, now: datetime) -> None:
    """Give `person` other roles of his organisation's kind; nobody changes his own."""
    _may_manage(actor, person.organisation_id)
    if person.id == actor.person_id:
        raise NotAllowed(N_("Nobody changes his own roles; ask another owner or the administrator."))
    with as_actor(session, SYSTEM):
        kind = session.scalars(select(Organisation.kind).where(Organisation.id == person.organisation_id)).one()
        before = sorted(session.scalars(select(PersonRole.role).where(PersonRole.person_id == person.id)))
    chosen = check_roles(OrganisationKind(kind), roles)
    set_roles(session, person, chosen)
    record(
        session, person, "change roles", now=now, before={"roles": before}, after={"roles": [r.value for r in chosen]}
    )


def disable(session: Session, actor: Actor, person: Person, *, now: datetime) -> None:
    """Take the account away from `person`; his sign-ins end at once."""
    _may_manage(actor, person.organisation_id)
    if person.id == actor.person_id:
        raise NotAllowed(N_("Nobody disables himself; ask another owner or the administrator."))
    person.disabled_at = person.disabled_at or now
    end_sign_ins(session, person, now=now)
    record(session, person, "disable", now=now)


def enable(session: Session, actor: Actor, person: Person, *, now: datetime) -> None:
    """Give a disabled account back."""
    _may_manage(actor, person.organisation_id)
    person.disabled_at = None
    record(session, person, "enable", now=now)


def request_reset(session: Session, *, email: str, address: str, now: datetime) -> None:
    """Ask for a reset link; the worker looks whether there is an account, so the answer costs the same either way."""
    email = normal_email(email)
    keys = {throttles.key_of("reset", email): throttles.RESET_ACCOUNT}
    keys[throttles.key_of("reset-address", address)] = throttles.RESET_ADDRESS
    for key, limit in keys.items():
        throttles.refuse_when_used_up(session, key, limit, now=now)
        throttles.count(session, key, limit, now=now)
    enqueue(session, RESET_KIND, {"email": email}, now=now)


def reset_handler(settings: Settings) -> Handler:
    """Return how the worker answers a wish for a reset link: by a mail to the stored address, or by nothing."""

    def finish(session: Session, job: Job, _result: None, now: datetime) -> None:
        person = session.scalar(_open_accounts().where(Person.email == str(job.payload.get("email", ""))))
        if person is not None:
            link = reset_link(session, person, base_url=settings.base_url, action="request password reset", now=now)
            params = {"name": person.name, "link": link, "expires": (now + RESET_LASTS).isoformat()}
            send_mail(
                session,
                to=person.email,
                template="password_reset",
                params=params,
                locale=person.locale,
                now=now,
                time_zone=person.time_zone,
            )
        session.execute(update(OutboxJob).where(OutboxJob.id == job.id).values(payload={}))  # nobody's address stays

    return Handler(run=lambda _job: None, finish=finish)


def reset_link(session: Session, person: Person, *, base_url: str, action: str, now: datetime) -> str:
    """Return a link by which `person` sets a new password once, within the hour; `action` goes into the history."""
    if person.disabled_at is not None:
        raise Conflict(N_("This account is disabled; enable it first."))
    token = new_token()
    session.add(
        PasswordReset(
            person_id=person.id,
            email=person.email,
            token_hash=hash_of(token),
            created_at=now,
            expires_at=now + RESET_LASTS,
        )
    )
    session.flush()
    record(session, person, action, now=now)
    return f"{base_url}/reset/{token}"


def find_reset(session: Session, token: str, *, now: datetime) -> tuple[PasswordReset, Person]:
    """Return the open reset of `token` and its person; raises NotFound for used, old, forged or foreign ones."""
    found = session.execute(
        select(PasswordReset, Person)
        .join(Person, Person.id == PasswordReset.person_id)
        .where(PasswordReset.token_hash == hash_of(token), PasswordReset.used_at.is_(None))
    ).first()
    if found is None or found[0].expires_at <= now or found[1].disabled_at or found[0].email != found[1].email:
        raise NotFound
    return found[0], found[1]


def reset_password(session: Session, token: str, password: str, *, now: datetime) -> Person:
    """Set a new password by a reset link; every other link and sign-in of the person ends."""
    _reset, person = find_reset(session, token, now=now)
    passwords.check_new(password, email=person.email, name=person.name, field="password")
    if not _use_up_resets(session, person, now=now):
        raise NotFound
    person.password_hash = passwords.hash_of(password)
    end_sign_ins(session, person, now=now)
    send_mail(
        session,
        to=person.email,
        template="password_changed",
        params={"name": person.name},
        locale=person.locale,
        now=now,
    )
    record(session, person, "reset password", now=now)
    return person


def _use_up_resets(session: Session, person: Person, *, now: datetime) -> int:
    """Make all open reset links of `person` worthless; return how many there were."""
    still_open = (PasswordReset.person_id == person.id, PasswordReset.used_at.is_(None))
    used = session.execute(update(PasswordReset).where(*still_open).values(used_at=now))
    assert isinstance(used, CursorResult)
    return used.rowcount


def change_password(
    session: Session, person: Person, *, current: str, password: str, keep_sign_in: str, now: datetime
) -> None:
    """Set a new password; needs the current one, ends the person's other sign-ins and links, tells him by mail."""
    key = throttles.key_of("password", person.id)
    with as_actor(session, SYSTEM):
        throttles.refuse_when_used_up(session, key, throttles.CURRENT_PASSWORD, now=now)
        if not passwords.matches(current, person.password_hash):
            throttles.count(session, key, throttles.CURRENT_PASSWORD, now=now)
            raise NotAllowed(N_("The current password is not right. Nothing was changed."))
        throttles.forget(session, key)
        passwords.check_new(password, email=person.email, name=person.name, field="new_password")
        _use_up_resets(session, person, now=now)
    person.password_hash = passwords.hash_of(password)
    end_sign_ins(session, person, now=now, but=keep_sign_in)
    send_mail(
        session,
        to=person.email,
        template="password_changed",
        params={"name": person.name},
        locale=person.locale,
        now=now,
    )
    record(session, person, "change password", now=now)


def change_profile(
    session: Session, person: Person, *, name: str, locale: str, time_zone: str, theme: str, now: datetime
) -> None:
    """Change how a person is called and in which language, zone and colours he reads."""
    before = {"name": person.name, "locale": person.locale, "time_zone": person.time_zone, "theme": person.theme}
    person.name, person.locale, person.time_zone, person.theme = name, locale, time_zone, theme
    session.flush()
    changed = {key: getattr(person, key) for key, value in before.items() if value != getattr(person, key)}
    if changed:
        was = {key: before[key] for key in changed}
        record(session, person, "change profile", now=now, before=was, after=changed)


def _may_manage(actor: Actor, organisation_id: int) -> None:
    reach = actor.reach(Permission.PEOPLE_MANAGE)
    if reach.name != "ALL" and not (reach.name == "OWN" and organisation_id == actor.organisation_id):
        raise NotAllowed
