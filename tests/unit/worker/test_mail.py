"""What a mail looks like, and that nothing anybody types can change its head."""

import email
import email.policy
import os
import subprocess
import sys
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from portal.config import REPOSITORY, Settings
from portal.errors import Invalid
from portal.notify import mail
from portal.outbox import Job, JobFailed

NOW = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
PARAMS = {
    "invitation": {
        "name": "苏晓禾",
        "organisation": "云岭安防",
        "inviter": "沈若岚",
        "link": "https://portal.example/invitation/abc",
        "expires": "2026-11-29T03:04:05+00:00",
    },
    "password_reset": {
        "name": "Amina",
        "link": "https://portal.example/reset/abc",
        "expires": "2026-11-22T04:04:05+00:00",
    },
    "password_changed": {"name": "Amina"},
    "quote_issued": {
        "name": "Amina",
        "number": "Q-2026-000123",
        "revision": 2,
        "customer": "青溪医院",
        "link": "https://portal.example/quotes/abc",
    },
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        instance=tmp_path, database_url="sqlite://", secret_key="x", mail_from="Portal <portal@lanqiao.example>"
    )


def job(template: str, locale: str = "en", to: str = "a@example.com", **params: Any) -> Job:
    payload = {"to": to, "template": template, "locale": locale, "params": {**PARAMS[template], **params}}
    return Job(1, "7k3m9p2x4n8q1r5t", "mail", payload, 1, NOW)


def reread(settings: Settings, wanted: Job, *, readable: bool = True) -> EmailMessage:
    written = mail.compose(settings, wanted, readable=readable).as_bytes()
    return email.message_from_bytes(written, _class=EmailMessage, policy=email.policy.default)


@pytest.mark.parametrize("locale", ["en", "zh"])
@pytest.mark.parametrize("template", sorted(PARAMS))
@pytest.mark.parametrize("readable", [True, False])
def test_every_mail_says_in_text_and_html_what_it_was_given(
    settings: Settings, template: str, locale: str, readable: bool
) -> None:
    message = reread(settings, job(template, locale), readable=readable)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    for name, value in PARAMS[template].items():
        if name != "expires":
            assert str(value) in text.get_content() + str(message["Subject"])
            assert str(value) in html.get_content()
    assert message["To"] == "a@example.com"
    assert message["From"] == "Portal <portal@lanqiao.example>"
    assert message["Message-ID"] == "<7k3m9p2x4n8q1r5t@lanqiao.example>"
    assert message["Content-Language"] == {"en": "en", "zh": "zh-CN"}[locale]
    assert message["Date"].datetime == NOW


def test_instants_are_shown_for_people_with_their_distance_from_utc(settings: Settings) -> None:
    body = mail.compose(settings, job("password_reset"), readable=True).get_body(("plain",))
    assert body is not None
    assert "22 Nov 2026, 12:04 (UTC+08:00)" in body.get_content()
    wanted = job("password_reset", "zh")
    wanted.payload["time_zone"] = "Africa/Nairobi"  # type: ignore[index]
    body = mail.compose(settings, wanted, readable=True).get_body(("plain",))
    assert body is not None
    assert "2026年11月22日 07:04 (UTC+03:00)" in body.get_content()


def test_the_same_job_gives_the_same_bytes(settings: Settings) -> None:
    for readable in (True, False):
        written = [mail.compose(settings, job("invitation", "zh"), readable=readable).as_bytes() for _ in range(2)]
        assert written[0] == written[1]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x00", "\x1c"])
@pytest.mark.parametrize("readable", [True, False])
def test_no_name_can_add_a_header(settings: Settings, end: str, readable: bool) -> None:
    evil = f"x{end}Bcc: victim@example.com{end}{end}<html>"
    clean = reread(settings, job("quote_issued"))
    message = reread(settings, job("quote_issued", name=evil, customer=evil, number=evil), readable=readable)
    assert sorted(message.keys()) == sorted(clean.keys())
    assert message["Bcc"] is None
    assert len(list(message.iter_parts())) == 2
    assert "victim" in message["Subject"]


def test_markup_in_a_name_is_text_in_html(settings: Settings) -> None:
    evil = "<img src=x onerror=alert(1)>{{7*7}}"
    html = mail.compose(settings, job("invitation", name=evil, inviter=evil), readable=True).get_body(("html",))
    text = mail.compose(settings, job("invitation", name=evil, inviter=evil), readable=True).get_body(("plain",))
    assert html is not None
    assert text is not None
    assert "<img" not in html.get_content()
    assert evil in text.get_content(), "plain text is not escaped"


def test_text_cannot_be_turned_around(settings: Settings) -> None:
    subject = mail.compose(settings, job("invitation", inviter="a\u202egnp.exe\u2066"), readable=True)["Subject"]
    assert not set(subject) & set("\u202e\u2066")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@example.com",
        "a@",
        "a@b@c.example",
        "a@example.com,b@example.com",
        "a@example.com b@example.com",
        "A <a@example.com>",
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com\n",
        "a\x00@example.com",
        "ä@example.com",
        '"a b"@example.com',
        "a@exa mple.com",
        "a@.example.com",
        ".a@example.com",
        "a..b@example.com",
        f"{'a' * 65}@example.com",
        f"a@{'b.' * 130}com",
    ],
)
def test_what_is_not_one_plain_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        mail.valid_address(address)


@pytest.mark.parametrize(
    "address", ["a@example.com", "first.last+tag@sub.example.co", "root@localhost", "o'neil@x.example"]
)
def test_plain_addresses_pass(address: str) -> None:
    assert mail.valid_address(address) == address


def test_a_mail_without_all_its_parameters_is_refused_when_it_is_asked_for() -> None:
    assert mail.parameters("invitation") == {"name", "organisation", "inviter", "link", "expires"}
    assert mail.parameters("password_changed") == {"name"}


def test_a_file_is_written_once_and_only_for_its_owner(settings: Settings) -> None:
    run = mail.handler(settings).run
    run(job("invitation"))
    (settings.mail_folder / ".7k3m9p2x4n8q1r5t.99-1.tmp").write_text("left by a worker that was killed")
    run(job("invitation"))
    [path] = settings.mail_folder.iterdir()
    assert path.name == "7k3m9p2x4n8q1r5t.eml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "苏晓禾" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_an_error_on_the_way_leaves_no_file(settings: Settings, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    if step == "write":  # the file is open by then
        monkeypatch.setattr(os, "fdopen", full)
    elif step == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(JobFailed, match="No space left"):
        mail.handler(settings).run(job("invitation"))
    assert list(settings.mail_folder.iterdir()) == []


def test_a_really_full_disk_leaves_no_file(tmp_path: Path) -> None:
    program = """
import resource, sys
from pathlib import Path
from portal.notify import mail
from portal.outbox import JobFailed
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    mail._write(Path(sys.argv[1]) / "mail", "x", b"y" * 100_000)
except JobFailed as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=REPOSITORY, check=True, capture_output=True, text=True
    )
    assert "File too large" in done.stdout
    assert list((tmp_path / "mail").iterdir()) == []
