"""What kinds of products and their capabilities are called on screen; what is not named here shows its own key."""

from typing import Any, Final

from flask_babel import lazy_gettext as _l

KINDS: Final[dict[str, Any]] = {}
CAPABILITIES: Final[dict[str, Any]] = {}
