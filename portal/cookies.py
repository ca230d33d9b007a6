"""The signed cookie of a browser: its signature is checked once and remembered for the very same cookie.

What the cookie says is no right: it names a sign-in, which every request looks up anew.
"""

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from flask import Flask, Request, current_app, g, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature

MOST_REMEMBERED: Final = 8192  # of about a kilobyte: more than browsers that ask again within the minute
PLAIN: Final = (str, bool, int, type(None))


class Cookies(SecureCookieSessionInterface):
    """Flask's sessions in signed cookies; opening one that came before skips cryptography and decoding."""

    def __init__(self) -> None:
        self._read = lru_cache(maxsize=MOST_REMEMBERED)(self._read_signed)  # a refused one raises, and is not kept

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return what the cookie of a request holds, or an empty session."""
        value = request.cookies.get(self.get_cookie_name(app))
        if not value or not app.secret_key:
            return super().open_session(app, request)
        try:
            said, signed_at = self._read(app, app.secret_key, value)
        except BadSignature:
            return self.session_class()
        if said is None:
            return super().open_session(app, request)
        lasts = app.permanent_session_lifetime.total_seconds()
        return self.session_class(said if 0 <= int(time.time()) - signed_at <= lasts else None)

    def _read_signed(self, app: Flask, _key: str | bytes, value: str) -> tuple[Mapping[str, Any] | None, float]:
        """Return what a cookie says, or None where a request could change it, and when it was signed."""
        serializer = self.get_signing_serializer(app)
        assert serializer is not None
        said, signed_at = serializer.loads(value, return_timestamp=True)
        return (said if all(isinstance(each, PLAIN) for each in said.values()) else None), signed_at.timestamp()


def csrf_token() -> str:
    """Return the token that forms of this request carry, made once for a browser: it lasts as long as the cookie."""
    made: str | None = g.get("csrf_token")
    if made is None:
        of_browser = session.get("csrf_token")
        key = current_app.secret_key
        made = g.csrf_token = generate_csrf() if of_browser is None else _token(key, of_browser)
    return made


@lru_cache(maxsize=MOST_REMEMBERED)
def _token(_key: str | bytes | None, _of_browser: str) -> str:
    return str(generate_csrf())
