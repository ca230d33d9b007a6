"""What can be found, as the index keeps it: texts, facts, and who may know of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MOST_WORDINGS: Final = 20
Facts = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that can be found; a thing with a text in each language is two documents with the same id."""

    kind: str  # "article", "ticket", "product", "quote", ...: the kind of its source
    id: int  # of the row
    public_id: str
    audience: frozenset[str]  # tokens of `portal.search.audience`: whoever has one of them may know of it
    title: str
    path: str  # where it is shown, relative to the portal's address
    lang: str = ""  # "en" or "zh"; empty for what is the same in both, such as a number
    title_zh: str = ""  # what Chinese readers are shown instead of `title`, found as well
    body: str = ""
    facts: Facts = field(default_factory=dict)  # product line, fault, error code, ...: they add to the score of a match
    wordings: tuple[str, ...] = ()  # of people whose problem it solved: redacted, one of an organisation, 20 at most
    boost: float = 1.0  # of two that match alike, what is used more stands first: 0.5 to 2

    def title_in(self, locale: str) -> str:
        """Return what a reader is shown."""
        return self.title_zh if locale == "zh" and self.title_zh else self.title
