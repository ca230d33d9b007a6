"""A mail as it comes over the wire, read into what we need of it. Pure; whatever is in it, nothing here raises."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import EmailPolicy
from email.utils import getaddresses
from typing import Any, Final, cast

from portal.notify.mail import without_controls
from portal.support.mailing.plain import text_of_html, tidy, without_quotes

LONGEST_TEXT: Final = 9_000  # of a message made of a mail; the original is kept whole
LONGEST_SUBJECT: Final = 200
LONGEST_READ: Final = 50_000  # letters of the words of a mail that are looked at: answers stand before what they quote
LONGEST_HEADER: Final = 2_000  # letters of a header; the library reads some of them in the square of their length
LONGEST_LIST: Final = 4_000  # of one that lists addresses
MOST_OF_HEADERS: Final = 64_000  # of all headers of a mail with its parts; what comes behind them is empty
MOST_PARTS: Final = 200
MOST_ATTACHMENTS: Final = 20
SMALL_PICTURE: Final = 3_000  # bytes: an emblem in a signature
RECIPIENTS: Final = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
ANSWERS_ITSELF: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
POSTMASTERS: Final = frozenset({"mailer-daemon", "postmaster"})
LOOP: Final = "X-Loop"
PREFIXES: Final = re.compile(r"^(?:\s*(?:re|aw|fw|fwd|wg|回复|答复|转发)\s*[:：])+\s*", re.IGNORECASE)


class _Bounded(EmailPolicy):
    """Cuts what a header says, so that nobody's mail takes longer to read than it is long; for one mail only."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        object.__setattr__(self, "read_so_far", [0])  # a policy does not let itself be written otherwise

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return name and value as the library does, the value cut."""
        name, value = super().header_source_parse(sourcelines)
        read: list[int] = self.read_so_far  # type: ignore[attr-defined]
        longest = LONGEST_LIST if name.lower() in RECIPIENTS else LONGEST_HEADER
        kept = value[: min(longest, max(0, MOST_OF_HEADERS - read[0]))]
        read[0] += len(kept)
        return name, kept


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """What a mail says, from whom, to whom, and whether a machine wrote it."""

    key: str  # of its Message-ID: the same mail again is known by it
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    text: str  # without what it quotes
    loops: tuple[str, ...]
    is_automatic: bool
    is_bounce: bool
    is_doubtful: bool  # our own mail server says that the sender is forged
    attachments: tuple[Attachment, ...] = field(default=())


def read(raw: bytes) -> Received:
    """Read a whole mail."""
    mail = cast(EmailMessage, BytesParser(policy=_Bounded()).parsebytes(raw))
    text, attachments = _contents(mail)
    return _received(mail, raw, text, attachments)


def read_head(raw: bytes) -> Received:
    """Read the head of a mail, of which `raw` may be the beginning only."""
    return _received(BytesHeaderParser(policy=_Bounded()).parsebytes(raw), raw, "", ())


def _received(mail: Message, raw: bytes, text: str, attachments: tuple[Attachment, ...]) -> Received:
    name, sender = _first_address(mail)
    return Received(
        key=_key(mail, raw),
        sender=sender,
        sender_name=name,
        recipients=tuple(_recipients(mail)),
        subject=PREFIXES.sub("", _header(mail, "subject"))[:LONGEST_SUBJECT].strip(),
        text=text,
        loops=tuple(value.lower() for value in _headers(mail, LOOP)),
        is_automatic=_is_automatic(mail),
        is_bounce=_is_bounce(mail, sender),
        is_doubtful=_is_doubtful(mail),
        attachments=attachments,
    )


def _headers(mail: Message, name: str) -> list[str]:
    """Return the values of a header as one line each; one that cannot be read is empty."""
    found: list[str] = []
    try:
        values = mail.get_all(name, [])
    except Exception:
        return [""]
    for value in values[:50]:
        try:
            found.append(" ".join(without_controls(" ".join(str(value).split())).split()))
        except Exception:
            found.append("")
    return found


def _header(mail: Message, name: str) -> str:
    return next(iter(_headers(mail, name)), "")


def _key(mail: Message, raw: bytes) -> str:
    """Return what a mail is known by: not its Message-ID alone, for some devices give all of theirs the same."""
    named = _header(mail, "message-id")
    said = "\0".join((named, _header(mail, "from"), _header(mail, "date")))
    return hashlib.sha256(said.encode() if named else b"raw\0" + raw).hexdigest()


def _first_address(mail: Message) -> tuple[str, str]:
    for name, address in getaddresses(_headers(mail, "from")[:1]):
        if "@" in address and len(address) <= 254:
            return name[:120], address.lower()
    return "", ""


def _recipients(mail: Message) -> Iterator[str]:
    seen: set[str] = set()
    for header in RECIPIENTS:
        for _name, address in getaddresses(_headers(mail, header))[:MOST_PARTS]:
            lower = address.lower()
            if "@" in lower and len(lower) <= 254 and lower not in seen:
                seen.add(lower)
                yield lower


def _is_automatic(mail: Message) -> bool:
    submitted = _header(mail, "auto-submitted").lower()
    return bool(
        (submitted and not submitted.startswith("no"))
        or _header(mail, "precedence").lower() in ANSWERS_ITSELF
        or _header(mail, "x-autoreply")
        or _header(mail, "x-autorespond")
        or _header(mail, "list-id")
    )


def _is_bounce(mail: Message, sender: str) -> bool:
    empty = any(value == "<>" for value in _headers(mail, "return-path"))
    try:
        report = mail.get_content_type() == "multipart/report"
    except Exception:
        report = False
    return empty or report or sender.partition("@")[0] in POSTMASTERS


def _is_doubtful(mail: Message) -> bool:
    verdict = _header(mail, "authentication-results").lower()  # the topmost one, which our own server wrote
    return "dmarc=fail" in verdict or ("spf=fail" in verdict and "dkim=pass" not in verdict)


def _contents(mail: EmailMessage) -> tuple[str, tuple[Attachment, ...]]:
    """Return the words, from plain text where there is some, and the files."""
    plain: list[str] = []
    html: list[str] = []
    files: list[Attachment] = []
    for part in _parts(mail):
        kind, name = _kind_and_name(part)
        words = kind in ("text/plain", "text/html") and not name and _disposition(part) != "attachment"
        if words:
            (plain if kind == "text/plain" else html).append(_text(part))
        elif len(files) < MOST_ATTACHMENTS and (file := _file(part, kind, name)) is not None:
            files.append(file)
    said = without_quotes(tidy("\n".join(plain)[:LONGEST_READ])) if any(text.strip() for text in plain) else ""
    if not said:
        said = without_quotes(text_of_html("\n".join(html))[:LONGEST_READ])
    clean = without_controls(said)
    return (clean if len(clean) <= LONGEST_TEXT else clean[:LONGEST_TEXT] + " …"), tuple(files)


def _parts(mail: EmailMessage) -> Iterator[Any]:
    """Yield the parts that hold something; what somebody forwarded as a mail is one file."""
    waiting: list[Any] = [mail]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            waiting = [*part.get_payload(), *waiting]
        else:
            yield part


def _kind_and_name(part: Any) -> tuple[str, str]:
    try:
        return part.get_content_type(), part.get_filename() or ""
    except Exception:
        return "application/octet-stream", "file"


def _disposition(part: Any) -> str:
    try:
        return part.get_content_disposition() or ""
    except Exception:
        return "attachment"


def _text(part: Any) -> str:
    """Return the words of a part; in an unknown encoding as well as they can be read."""
    try:
        return str(part.get_content())
    except Exception:
        content = _bytes(part)
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError:
            return content.decode("utf-8", "replace")


def _file(part: Any, kind: str, name: str) -> Attachment | None:
    if kind == "message/rfc822":
        inner = part.get_payload()
        content = inner[0].as_bytes() if isinstance(inner, list) and inner else b""
        return Attachment(name or "mail.eml", content) if content else None
    content = _bytes(part)
    is_emblem = kind.startswith("image/") and _disposition(part) != "attachment" and len(content) < SMALL_PICTURE
    return None if is_emblem or not content else Attachment(name or "file", content)


def _bytes(part: Any) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except Exception:
        return b""
    return content if isinstance(content, bytes) else b""
