"""Tokens that people hold: random ones kept as hashes, and signed ones for invitations and known devices."""

import hashlib
import secrets

from itsdangerous import BadSignature, URLSafeSerializer


def new_token() -> str:
    """Return a random token."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign(secret: str, purpose: str, text: str) -> str:
    """Return `text` with a signature that is good for `purpose` only."""
    return str(URLSafeSerializer(secret, salt=f"portal.{purpose}").dumps(text))


def unsign(secret: str, purpose: str, token: str) -> str | None:
    """Return the signed text, or None when it was not signed here for this purpose."""
    try:
        text = URLSafeSerializer(secret, salt=f"portal.{purpose}").loads(token)
    except BadSignature:
        return None
    return text if isinstance(text, str) else None
