"""What somebody writes into a version of an article, checked. Pure."""

from dataclasses import dataclass
from typing import Any, Final

from portal.errors import Invalid
from portal.limits import bounded
from portal.support.knowledge.fault_models import LONGEST_VALUE
from portal.support.knowledge.models import LONGEST_BODY, LONGEST_NOTE, LONGEST_TITLE, VISIBILITIES, ArticleVersion
from portal.words import LOCALES, N_

MOST_FACTS: Final = 50  # of one kind
TEXTS: Final = ("title_en", "title_zh", "body_en", "body_zh")
LISTS: Final = ("products", "faults", "error_codes", "firmware")


@dataclass(frozen=True, slots=True)
class Written:
    """One state of an article: a title and a text in at least one language, who may read it, what it is about."""

    title_en: str = ""
    title_zh: str = ""
    body_en: str = ""
    body_zh: str = ""
    visibility: str = "internal"
    product_line: str = ""
    products: tuple[int, ...] = ()
    faults: tuple[str, ...] = ()
    error_codes: tuple[str, ...] = ()
    firmware: tuple[str, ...] = ()
    note: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """Return what it is about, as it is stored."""
        return {name: list(getattr(self, name)) for name in LISTS}


def written_in(version: ArticleVersion) -> Written:
    """Return what stands in a version."""
    lists: dict[str, Any] = {name: tuple(version.facts.get(name, ())) for name in LISTS}
    texts: dict[str, Any] = {name: getattr(version, name) for name in (*TEXTS, "visibility", "product_line", "note")}
    return Written(**texts, **lists)


def check(written: Written) -> Written:
    """Return what was written; raises Invalid at the field that is wrong."""
    if not (written.title_en or written.title_zh):
        raise Invalid(N_("A title in one language at least is needed."), field="title_zh")
    for name in TEXTS:
        bounded(getattr(written, name), LONGEST_TITLE if name.startswith("title") else LONGEST_BODY, field=name)
    for language in LOCALES:
        if getattr(written, f"body_{language}") and not getattr(written, f"title_{language}"):
            raise Invalid(N_("A text needs a title in its language."), field=f"title_{language}")
    bounded(written.note, LONGEST_NOTE, field="note")
    if written.visibility not in VISIBILITIES:
        raise Invalid(N_("Choose one of these."), field="visibility")
    for name in LISTS:
        values = getattr(written, name)
        if len(values) > MOST_FACTS:
            raise Invalid(N_("At most %(most)d entries are possible here."), field=name, most=MOST_FACTS)
        for value in values:
            if isinstance(value, str) and name != "faults":
                bounded(value, LONGEST_VALUE, field=name)
    return written
