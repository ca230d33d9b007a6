"""Looking for articles: the index says which, the database what may be shown of them."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.policy import Actor
from portal.search.audience import Organised, tokens
from portal.search.searching import Unavailable, find
from portal.support.knowledge.queries import PAGE, ArticleRow, rows_of, titled
from portal.web import portal


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, and whether only titles were looked at because there is no index yet."""

    rows: list[ArticleRow]
    titles_only: bool


def look_for(session: Session, actor: Actor, whose: Organised, text: str, *, line: str = "") -> Found:
    """Return the published articles that fit a text best; a product line adds weight and keeps nothing out."""
    facts = {"product_line": line} if line else {}
    try:
        hits = find(
            portal().settings.search_folder, tokens(actor, whose), text, kinds=("article",), facts=facts,
            limit=2 * PAGE,
        )  # fmt: skip
    except Unavailable:
        return Found(titled(session, text), True)
    return Found(rows_of(session, [hit.id for hit in hits])[:PAGE], False)
