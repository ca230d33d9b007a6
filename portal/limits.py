"""How long what people write may be, checked where it is written down."""

from portal.errors import Invalid
from portal.words import N_


def bounded(text: str, longest: int, *, field: str) -> str:
    """Return `text`; raises Invalid when it has more than `longest` characters."""
    if len(text) > longest:
        raise Invalid(N_("At most %(max)d characters."), field=field, max=longest)
    return text
