"""Console commands about organisations and people."""

from datetime import UTC
from zoneinfo import available_timezones

import click
from sqlalchemy import func, or_, select

from portal.accounts import operations, queries
from portal.accounts.models import Person
from portal.accounts.operations import reset_link
from portal.accounts.tokens import sign
from portal.administration.console import Commands, example, facts, house, settings, table
from portal.administration.operations import open_organisation
from portal.db import ScopedSession, as_actor, utc_now
from portal.parties.models import Organisation, Party, name_key
from portal.policy import ROLES_OF, SYSTEM, Actor, OrganisationKind, Permission, Reach, Role
from portal.words import LOCALES

LIST_LIMIT = 200
EMAIL = click.argument("email")


@click.group(cls=Commands)
def organisations() -> None:
    """Organisations that sign in: the supplier, partners and customers."""


@organisations.command("list", epilog=example("portal organisations list"))
def list_organisations() -> None:
    """Print all organisations with their terms."""
    with house() as session:
        rows = session.execute(
            select(Party.name, Party.name_en, Organisation.kind, Organisation.tier, Organisation.currency,
                   Organisation.tax_bps, Organisation.locale, Organisation.time_zone, func.count(Person.id))
            .join(Party, Party.id == Organisation.id)
            .outerjoin(Person, Person.organisation_id == Organisation.id)
            .group_by(Organisation.id, Party.id)
            .order_by(Organisation.id)
        ).all()  # fmt: skip
    table(
        ("Name", "Other script", "Kind", "Tier", "Currency", "Tax", "Language", "Time zone", "People"),
        [(*row[:5], f"{row[5] / 100:g} %", *row[6:]) for row in rows],
    )


@organisations.command("add", epilog=example('portal organisations add "Lanqiao Vision" --kind supplier --tax 13'))
@click.argument("name")
@click.option("--kind", type=click.Choice([kind.value for kind in OrganisationKind]), required=True)
@click.option("--other-script", default="", help="The name as it is written in the other script.")
@click.option("--tier", type=click.Choice(["gold", "silver"]), help="The price book of a partner; none: list prices.")
@click.option("--currency", default="CNY", show_default=True)
@click.option("--tax", type=click.FloatRange(0, 100), default=13.0, show_default=True, help="Tax in percent.")
@click.option("--language", type=click.Choice(LOCALES), default="en", show_default=True)
@click.option("--time-zone", default="Asia/Shanghai", show_default=True)
def add_organisation(
    *,
    name: str,
    kind: str,
    other_script: str,
    tier: str | None,
    currency: str,
    tax: float,
    language: str,
    time_zone: str,
) -> None:
    """Let an organisation sign in. Then invite its first person with `portal users invite`."""
    if time_zone not in available_timezones():
        raise click.BadParameter(f"{time_zone!r} is no time zone; one is Asia/Shanghai.", param_hint="--time-zone")
    with house(write=True) as session:
        open_organisation(
            session,
            name=name,
            name_en=other_script,
            kind=OrganisationKind(kind),
            tier=tier or "",
            currency=currency.upper(),
            tax_bps=round(tax * 100),
            locale=language,
            time_zone=time_zone,
            now=utc_now(),
        )
    click.echo(f"{name} may sign in. Next: portal users invite EMAIL --organisation {name!r} --role …")


@click.group(cls=Commands)
def users() -> None:
    """People who sign in: list, invite, change, let back in."""


@users.command("list", epilog=example("portal users list", "portal users list --organisation Yunling"))
@click.option("--organisation", default="", help="Only people of the organisation whose name begins so.")
def list_users(organisation: str) -> None:
    """Print people with their organisation and roles, newest first."""
    with house() as session:
        only = _organisation(session, organisation).id if organisation else None
        colleague = Actor(None, only, {Permission.PEOPLE_VIEW: Reach.OWN, Permission.PARTY_VIEW: Reach.OWN})
        with as_actor(session, colleague if only else SYSTEM):
            rows = queries.people(session, before_id=None, limit=LIST_LIMIT)
    table(
        ("Mail address", "Name", "Organisation", "Roles", "State"),
        [
            (row.email, row.name, row.organisation, ", ".join(row.roles), "disabled" if row.disabled_at else "")
            for row in rows[:LIST_LIMIT]
        ],
    )
    if len(rows) > LIST_LIMIT:
        click.echo(f"… and older ones; only the newest {LIST_LIMIT} are shown.")


@users.command(epilog=example("portal users show amina@northline.example"))
@EMAIL
def show(email: str) -> None:
    """Print what is known of one person."""
    with house() as session:
        person = _person(session, email)
        roles = queries.roles_of(session, person.id)
        organisation = session.scalars(select(Party.name).where(Party.id == person.organisation_id)).one()
    disabled = person.disabled_at.astimezone(UTC).isoformat(" ", "minutes") if person.disabled_at else "no"
    facts(
        [
            ("Mail address", person.email),
            ("Name", person.name),
            ("Organisation", organisation),
            ("Roles", ", ".join(roles)),
            ("Language", person.locale),
            ("Time zone", person.time_zone),
            ("Since", person.created_at.isoformat(" ", "minutes")),
            ("Disabled", disabled),
            ("Page", f"{settings().base_url}/people/{person.public_id}"),
        ]
    )


@users.command(epilog=example('portal users invite li@yunling.example --organisation "Yunling" --role sales'))
@EMAIL
@click.option("--organisation", required=True, help="Its name, or how the name begins.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", default="", help="How the person is called; he may change it.")
@click.option("--language", type=click.Choice(LOCALES), help="Default: that of the organisation.")
@click.option("--mail/--no-mail", default=True, show_default=True, help="Also send the link by mail.")
def invite(
    *, email: str, organisation: str, roles: tuple[str, ...], name: str, language: str | None, mail: bool
) -> None:
    """Invite somebody; prints the link that makes the account."""
    own = settings()
    with house(write=True) as session:
        found = _organisation(session, organisation)
        allowed = [role.value for role in ROLES_OF[OrganisationKind(found.kind)]]
        if wrong := [role for role in roles if role not in allowed]:
            raise click.ClickException(
                f"A {found.kind} has no role {', '.join(wrong)}; its roles are {', '.join(allowed)}."
            )
        made = operations.invite(
            session,
            SYSTEM,
            found,
            email=email,
            name=name or email.partition("@")[0],
            roles=roles,
            locale=language or found.locale,
            now=utc_now(),
        )
        link = f"{own.base_url}/invitation/{sign(own.secret_key, 'invitation', made.public_id)}"
        if mail:
            operations.mail_invitation(session, made, link=link, inviter=_house_name(session), now=utc_now())
    click.echo(f"Invited until {made.expires_at.date()}. The link works once:\n{link}")


@users.command(epilog=example("portal users disable li@yunling.example"))
@EMAIL
def disable(email: str) -> None:
    """Take an account away; its devices are signed out at once."""
    with house(write=True) as session:
        operations.disable(session, SYSTEM, _person(session, email), now=utc_now())
    click.echo("Disabled and signed out everywhere.")


@users.command(epilog=example("portal users enable li@yunling.example"))
@EMAIL
def enable(email: str) -> None:
    """Give an account back."""
    with house(write=True) as session:
        operations.enable(session, SYSTEM, _person(session, email), now=utc_now())
    click.echo("The account is open again.")


@users.command(epilog=example("portal users roles li@yunling.example owner sales"))
@EMAIL
@click.argument("roles", nargs=-1, required=True)
def roles(email: str, roles: tuple[str, ...]) -> None:
    """Give somebody exactly these roles."""
    with house(write=True) as session:
        person = _person(session, email)
        kind = session.scalars(select(Organisation.kind).where(Organisation.id == person.organisation_id)).one()
        allowed = [role.value for role in ROLES_OF[OrganisationKind(kind)]]
        if wrong := [role for role in roles if role not in allowed]:
            raise click.ClickException(f"A {kind} has no role {', '.join(wrong)}; its roles are {', '.join(allowed)}.")
        operations.change_roles(session, SYSTEM, person, roles, now=utc_now())
    click.echo(f"Roles now: {', '.join(roles)}.")


@users.command("reset-password-link", epilog=example("portal users reset-password-link li@yunling.example"))
@EMAIL
def reset_password_link(email: str) -> None:
    """Print a link by which the person sets a new password once, within the hour."""
    with house(write=True) as session:
        person, base_url = _person(session, email), settings().base_url
        link = reset_link(session, person, base_url=base_url, action="hand out password reset", now=utc_now())
    click.echo(link)


def _person(session: ScopedSession, email: str) -> Person:
    found = session.scalar(select(Person).where(Person.email == operations.normal_email(email)))
    if found is None:
        raise click.ClickException(f"Nobody signs in as {email}. Look at: portal users list")
    return found


def _organisation(session: ScopedSession, name: str) -> Organisation:
    """Return the one organisation whose name, in either script, is `name` or begins so."""
    key = name_key(name)
    matches = or_(
        Party.name_key.startswith(key, autoescape=True), func.lower(Party.name_en).startswith(key, autoescape=True)
    )
    query = select(Organisation, Party.name, Party.name_key).join(Party, Party.id == Organisation.id).where(matches)
    found = session.execute(query.limit(10)).all()
    exact = [row for row in found if row.name_key == key] or list(found)
    if not exact:
        raise click.ClickException(f"No organisation begins with {name!r}. Look at: portal organisations list")
    if len(exact) > 1:
        raise click.ClickException(f"Several organisations begin so: {', '.join(row.name for row in exact)}.")
    organisation: Organisation = exact[0][0]
    return organisation


def _house_name(session: ScopedSession) -> str:
    """Return who invites when nobody in particular does: the supplier."""
    query = select(Party.name).join(Organisation, Organisation.id == Party.id).where(Organisation.kind == "supplier")
    return session.scalar(query.order_by(Party.id).limit(1)) or "Partner portal"
