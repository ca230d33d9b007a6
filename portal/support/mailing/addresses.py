"""Addresses that an answer by mail goes to: they name ticket and person, and a signature that only we can write. Pure.

`reply+<ticket>.<person>.<signature>@domain`, all in letters that survive being written in capitals.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from portal.config import Settings
from portal.db import PUBLIC_ID_ALPHABET

PREFIX: Final = "reply+"
SIGNATURE: Final = 16  # letters of five bits: 80 bits, and the local part stays below 64 letters
_SHAPE: Final = re.compile(r"reply\+([0-9a-z]{16})\.([0-9a-z]{16})\.([0-9a-z]{1,40})@(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Whom and what an address names; `genuine` when it is ours."""

    ticket: str
    person: str
    genuine: bool


def domain_of(settings: Settings) -> str:
    """Return the domain at which answers arrive; empty while no address of the support is set."""
    return settings.support_mail.rpartition("@")[2]


def reply_address(settings: Settings, ticket: str, person: str) -> str:
    """Return where an answer of a person in a ticket goes; empty while no address of the support is set."""
    domain = domain_of(settings)
    return f"{PREFIX}{ticket}.{person}.{_signature(settings, ticket, person)}@{domain}" if domain else ""


def read_reply_address(settings: Settings, address: str) -> ReplyTo | None:
    """Return what an address of an answer says; None for an address that is none at our domain."""
    found = _SHAPE.fullmatch(address.strip())
    if found is None or found[4].lower() != domain_of(settings):
        return None
    ticket, person, signature = (part.lower() for part in found.groups()[:3])
    return ReplyTo(ticket, person, hmac.compare_digest(signature, _signature(settings, ticket, person)))


def _signature(settings: Settings, ticket: str, person: str) -> str:
    key = hashlib.sha256(b"reply addresses\0" + settings.secret_key.encode()).digest()
    digest = hmac.new(key, f"{ticket}.{person}".encode(), hashlib.sha256).digest()
    return "".join(PUBLIC_ID_ALPHABET[byte & 31] for byte in digest[:SIGNATURE])
