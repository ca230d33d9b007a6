"""Where mail waits to be taken: a maildir folder, or a folder of an IMAP server. A mail is done after its commit."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import create_default_context
from typing import Any, Final, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from imapclient import SEEN, IMAPClient  # type: ignore[import-untyped]

from portal.errors import Invalid
from portal.words import N_

MOST_BYTES: Final = 30_000_000  # a larger mail is answered, not read
MOST_LINES: Final = 500_000  # of one that is taken apart, whoever sent it
MOST_PARTS: Final = 5_000
MOST_BOUNDARIES: Final = 60
HEAD: Final = 65_536
SECONDS: Final = 30
AT_ONCE: Final = 200
WRONG: Final = N_("PORTAL_MAIL_INBOX is maildir:///folder, imap://user:password@host/folder or imaps://….")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that waits; of one that is too large `raw` is the beginning."""

    name: str
    raw: bytes
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether all of it was read."""
        return self.size <= MOST_BYTES

    @property
    def is_tangled(self) -> bool:
        """Whether it would take long to take apart: of very many lines, parts, or parts in parts."""
        return (
            self.raw.count(b"\n") > MOST_LINES
            or self.raw.count(b"\n--") > MOST_PARTS
            or self.raw.lower().count(b"boundary") > MOST_BOUNDARIES
        )


class Inbox(Protocol):
    """A place where mail waits."""

    def waiting(self) -> Iterator[Waiting]:
        """Yield the mails that wait, the oldest first."""

    def done(self, name: str) -> None:
        """Note that a mail was taken."""


@dataclass(frozen=True, slots=True)
class Maildir:
    """A folder in the form that mail servers write: `new`, `cur` and `tmp`."""

    folder: Path

    def waiting(self) -> Iterator[Waiting]:
        """Yield the mails in `new`, the oldest first."""
        new = self.folder / "new"
        names = sorted(entry.name for entry in new.iterdir() if entry.is_file()) if new.is_dir() else []
        for name in names[:AT_ONCE]:
            with (new / name).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                yield Waiting(name, file.read(size if size <= MOST_BYTES else HEAD), size)

    def done(self, name: str) -> None:
        """Move a mail to `cur`, seen."""
        cur = self.folder / "cur"
        cur.mkdir(exist_ok=True)
        base = name.partition(":")[0]
        (self.folder / "new" / name).rename(cur / f"{base}:2,S")


@dataclass(frozen=True, slots=True)
class ImapFolder:
    """The unseen mails of a folder of an IMAP server."""

    client: Any

    def waiting(self) -> Iterator[Waiting]:
        """Yield the unseen mails, the oldest first; one at a time, so that the memory holds one."""
        for number in sorted(self.client.search("UNSEEN"))[:AT_ONCE]:
            size = self.client.fetch([number], ["RFC822.SIZE"])[number][b"RFC822.SIZE"]
            part = "BODY.PEEK[]" if size <= MOST_BYTES else f"BODY.PEEK[]<0.{HEAD}>"
            found = self.client.fetch([number], [part])[number]
            raw = next((content for key, content in found.items() if key.startswith(b"BODY[")), b"")
            yield Waiting(str(number), raw, size)

    def done(self, name: str) -> None:
        """Mark a mail as seen."""
        self.client.add_flags([int(name)], [SEEN])


@contextmanager
def opened(address: str) -> Iterator[Inbox]:
    """Open the place that a setting names; raises Invalid for what names none."""
    url = urlsplit(address)
    if url.scheme == "maildir" and url.path.startswith("/") and not url.netloc:
        yield Maildir(Path(unquote(url.path)))
    elif url.scheme in ("imap", "imaps") and url.hostname:
        with _signed_in(url) as client:
            yield ImapFolder(client)
    else:
        raise Invalid(WRONG)


@contextmanager
def _signed_in(url: SplitResult) -> Iterator[Any]:
    secure = url.scheme == "imaps"
    with IMAPClient(
        url.hostname, url.port, ssl=secure, ssl_context=create_default_context() if secure else None, timeout=SECONDS
    ) as client:
        client.login(unquote(url.username or ""), unquote(url.password or ""))
        client.select_folder(unquote(url.path.strip("/")) or "INBOX")
        yield client
