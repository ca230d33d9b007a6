"""Mail: asked for inside a transaction, written in the recipient's language and sent by the worker."""

import contextlib
import os
import re
import smtplib
import ssl
import threading
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, meta, select_autoescape
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.config import Settings, shipped
from portal.db import as_actor
from portal.errors import Invalid
from portal.formats import formats, translations
from portal.outbox import Handler, Job, JobFailed, OutboxJob, enqueue
from portal.policy import SYSTEM
from portal.words import BABEL_LOCALES, N_

KIND: Final = "mail"
SMTP_SECONDS: Final = 10
Param = str | int | list[dict[str, str]]  # what a mail is told; a list is written line by line
NOT_AN_ADDRESS: Final = N_("This is not a mail address.")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_GIVEN: Final = frozenset({"instant"})  # what every mail's text may call
_TURNS_TEXT = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def send_mail(
    session: Session,
    *,
    to: str,
    template: str,
    params: Mapping[str, Param],
    locale: str,
    now: datetime,
    dedupe_key: str | None = None,
    time_zone: str = "",
    reply_to: str = "",
) -> OutboxJob:
    """Ask for one mail to one address; it leaves if and only if the transaction commits.

    Raises Invalid for what is no single address. A second mail with the same `dedupe_key` is the first one. Instants
    among `params` are ISO texts and shown in `time_zone`, by default the supplier's.
    """
    payload = {"to": valid_address(to), "template": template, "params": dict(params), "locale": locale}
    if time_zone:
        payload["time_zone"] = time_zone
    if reply_to:
        payload["reply_to"] = valid_address(reply_to)
    if gap := parameters(template) - params.keys():
        raise ValueError(f"the mail {template} lacks {', '.join(sorted(gap))}")
    if dedupe_key is None:
        return enqueue(session, KIND, payload, now=now)
    with as_actor(session, SYSTEM):
        same = select(OutboxJob).where(OutboxJob.dedupe_key == dedupe_key)
        if there := session.scalar(same):
            return there
        try:
            with session.begin_nested():
                return enqueue(session, KIND, payload, now=now, dedupe_key=dedupe_key)
        except IntegrityError:  # somebody else asked at the same moment
            return session.scalars(same).one()


def valid_address(text: str) -> str:
    """Return `text` if it is exactly one plain mail address, otherwise raise Invalid."""
    if len(text) > 254 or not _ADDRESS.fullmatch(text):
        raise Invalid(NOT_AN_ADDRESS, field="email")
    try:
        Address(addr_spec=text)
    except ValueError as error:
        raise Invalid(NOT_AN_ADDRESS, field="email") from error
    return text


def without_controls(text: str) -> str:
    """Return `text` without control characters and without those that turn its direction; lines stay lines."""
    kept = (c for c in text.translate(_TURNS_TEXT) if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})
    return "".join(kept)


@cache
def environment(locale: str) -> Environment:
    """Return the templates of mails and documents in `locale`; whatever they are given is escaped in HTML."""
    made = Environment(
        loader=FileSystemLoader(shipped("templates")),
        autoescape=select_autoescape(("html",), disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(translations(locale), newstyle=True)  # type: ignore[attr-defined]
    made.globals["lang"] = BABEL_LOCALES[locale].replace("_", "-").replace("zh-Hans-CN", "zh-CN")
    return made


@cache
def parameters(template: str) -> frozenset[str]:
    """Return the names that a mail's text needs."""
    env = environment("en")
    assert env.loader is not None
    source = env.loader.get_source(env, f"email/{template}.txt")[0]
    return frozenset(meta.find_undeclared_variables(env.parse(source))) - env.globals.keys() - _GIVEN


def compose(settings: Settings, job: Job, *, readable: bool) -> EmailMessage:
    """Write the mail; the same job gives the same bytes. `readable` leaves it in UTF-8 for a file."""
    wanted, locale = job.payload, str(job.payload["locale"])
    params: dict[str, Any] = {key: _one_line(value) for key, value in wanted["params"].items()}
    zone = wanted.get("time_zone") or settings.supplier_zone
    params["instant"] = partial(instant, locale=locale, zone=zone)
    env, name = environment(locale), wanted["template"]
    first, _, body = env.get_template(f"email/{name}.txt").render(params).partition("\n")
    if not first.startswith("Subject: "):
        raise JobFailed(f"the text of {name} does not begin with its subject", permanent=True)
    mail = EmailMessage(policy=SMTP.clone(utf8=readable))
    mail["Subject"] = _one_line(first.removeprefix("Subject: "))
    mail["From"] = settings.mail_from
    mail["To"] = Address(addr_spec=wanted["to"])
    mail["Date"] = format_datetime(job.created_at)
    mail["Message-ID"] = f"<{job.public_id}@{parseaddr(settings.mail_from)[1].rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if wanted.get("reply_to"):
        mail["Reply-To"] = Address(addr_spec=wanted["reply_to"])
    if settings.support_mail:
        mail["X-Loop"] = settings.support_mail
    encoding = "8bit" if readable else "base64"
    mail.set_content(body.strip() + "\n", cte=encoding)
    if f"email/{name}.html" in _html_mails():
        page = env.get_template(f"email/{name}.html").render(params)
        mail.add_alternative(page, subtype="html", cte=encoding)
        mail.set_boundary(f"=_{job.public_id}")
    mail["Content-Language"] = str(env.globals["lang"])
    return mail


def instant(iso: str, *, locale: str, zone: str) -> str:
    """Return an instant for people, with its distance from UTC, because a mail does not know where it is read."""
    at = datetime.fromisoformat(iso).astimezone(ZoneInfo(zone))
    return f"{formats(locale).instant(at, zone)} (UTC{at.isoformat()[-6:]})"


@cache
def _html_mails() -> frozenset[str]:
    return frozenset(environment("en").list_templates(["html"]))


def _one_line(value: Param) -> Param:
    if isinstance(value, list):
        return [{name: str(_one_line(text)) for name, text in line.items()} for line in value]
    return " ".join(without_controls(" ".join(value.split())).split()) if isinstance(value, str) else value


def handler(settings: Settings) -> Handler:
    """Return how the worker does a mail: by SMTP, or into a file while no server is set."""

    def run(job: Job) -> None:
        if settings.smtp_url:
            _send(settings.smtp_url, compose(settings, job, readable=False))
        else:
            _write(settings.mail_folder, job.public_id, bytes(compose(settings, job, readable=True)))

    return Handler(run=run, finish=_forget_params)


def _forget_params(session: Session, job: Job, _result: None, _now: datetime) -> None:
    """Take links that let somebody in out of the outbox once they are sent."""
    payload = {**job.payload, "params": {}}
    session.execute(update(OutboxJob).where(OutboxJob.id == job.id).values(payload=payload))


def _write(folder: Path, name: str, content: bytes) -> None:
    """Put the file there whole or not at all, also on a full disk and when the power goes."""
    draft = folder / f".{name}.{os.getpid()}-{threading.get_ident()}.tmp"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / f"{name}.eml")
        _sync(folder)
    except OSError as error:
        raise JobFailed(f"the mail could not be written to a file: {error.strerror}") from error
    finally:
        for left in folder.glob(f".{name}.*.tmp"):  # ours, or of a worker that was killed over it
            left.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _send(url: str, mail: EmailMessage) -> None:
    """Hand the mail to the server; what the server says stays out of the error, for it may repeat secrets."""
    try:
        with _server(urlsplit(url)) as server:
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise JobFailed(f"the mail server refused the recipient ({codes[0]})", permanent=min(codes) >= 500) from error
    except smtplib.SMTPResponseException as error:
        raise JobFailed(f"the mail server answered {error.smtp_code} ({type(error).__name__})") from error
    except (smtplib.SMTPException, OSError) as error:
        raise JobFailed(f"the mail server cannot be reached or spoken to ({type(error).__name__})") from error


def _server(url: SplitResult) -> smtplib.SMTP:
    """Open the connection that the address describes, signed in."""
    host, context = url.hostname or "localhost", ssl.create_default_context()
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, url.port or 465, timeout=SMTP_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, url.port or (587 if url.scheme == "smtp+starttls" else 25), timeout=SMTP_SECONDS)
    with contextlib.ExitStack() as stack:
        stack.callback(server.close)
        if url.scheme == "smtp+starttls":
            server.starttls(context=context)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        stack.pop_all()
    return server
