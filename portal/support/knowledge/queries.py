"""Reading articles: the list as tuples by keyset, one article with what its readers see, what belongs to a product."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, Select, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from portal.db import BigInt, Instant
from portal.errors import NotFound
from portal.files.models import Upload
from portal.files.queries import uploads
from portal.paging import read_position, write_position
from portal.support.knowledge.models import Article, ArticleLink, ArticleVersion

PAGE: Final = 25
MOST_RELATED: Final = 5
MOST_VERSIONS: Final = 100
STATES: Final = ("published", "draft", "in_review", "retired")
_OF_VERSIONS: Final = ("draft", "in_review")  # articles with an open version, published before or not


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """One line of the list."""

    id: int
    public_id: str
    kind: str
    state: str
    visibility: str
    product_line: str
    title_en: str
    title_zh: str
    helpful: int
    reads: int
    doubts: int
    changed_at: datetime


COLUMNS: Final = tuple(getattr(Article, name) for name in ArticleRow.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """What the address of the list says; nonsense in it falls back to the plain list."""

    q: str = ""
    line: str = ""
    state: str = "published"  # of interest to those who write; readers meet published ones only
    doubted: bool = False
    after: str = ""

    @classmethod
    def read(cls, q: str, line: str, state: str, doubted: str, after: str) -> "ArticleFilter":
        """Return a filter from raw text."""
        plain = " ".join(q.replace("\x00", "").split())[:200]
        return cls(plain, line[:40], state if state in STATES else "published", doubted == "yes", after[:400])

    def params(self) -> dict[str, str]:
        """Return what stands in an address."""
        given = {"q": self.q, "line": self.line, "doubted": "yes" if self.doubted else ""}
        given["state"] = self.state if self.state != "published" else ""
        return {key: value for key, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A page of the list and the key after which the next one begins, if there is one."""

    rows: list[ArticleRow]
    next_after: str


def articles(session: Session, wanted: ArticleFilter, *, limit: int = PAGE) -> ArticlePage:
    """Return one page of articles the actor may see, what changed last first, in one query."""
    query = _list(wanted)
    if position := read_position(wanted.after, int, int):
        at = datetime.fromtimestamp(min(max(position[0], 0), 2**52) / 1_000_000, tz=UTC)
        there = tuple_(literal(at, Instant()), literal(position[1], BigInt))
        query = query.where(tuple_(Article.changed_at, Article.id) < there)
    found = [ArticleRow(*row) for row in session.execute(query.limit(limit + 1))]
    more, rows = len(found) > limit, found[:limit]
    return ArticlePage(rows, _position(rows[-1]) if more else "")


def _list(wanted: ArticleFilter) -> Select[Any]:
    query = select(*COLUMNS).order_by(Article.changed_at.desc(), Article.id.desc())
    if wanted.doubted:
        return query.where(Article.doubts > 0)
    if wanted.state in _OF_VERSIONS:
        open_ones = select(ArticleVersion.article_id).where(ArticleVersion.state == wanted.state)
        query = query.where(Article.id.in_(open_ones))
    else:
        query = query.where(Article.state == wanted.state)
    return query.where(Article.product_line == wanted.line) if wanted.line else query


def titled(session: Session, text: str, *, limit: int = PAGE) -> list[ArticleRow]:
    """Return published articles in whose title a text stands: what is left while there is no index."""
    here = [title.icontains(text, autoescape=True) for title in (Article.title_en, Article.title_zh)]
    query = select(*COLUMNS).where(Article.state == "published", or_(*here))
    rows = session.execute(query.order_by(Article.changed_at.desc(), Article.id.desc()).limit(limit))
    return [ArticleRow(*row) for row in rows]


def rows_of(session: Session, ids: Sequence[int]) -> list[ArticleRow]:
    """Return the lines of these articles that the actor may see, in the order of `ids`."""
    if not ids:
        return []
    rows = {row.id: ArticleRow(*row) for row in session.execute(select(*COLUMNS).where(Article.id.in_(ids)))}
    return [rows[each] for each in dict.fromkeys(ids) if each in rows]


def article(session: Session, public_id: str, *, for_update: bool = False) -> Article:
    """Return one article the actor may see; raises NotFound."""
    query = select(Article).where(Article.public_id == public_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound
    return found


def published(session: Session, found: Article) -> ArticleVersion | None:
    """Return the version that readers see."""
    key = found.published_version_id
    return session.scalar(select(ArticleVersion).where(ArticleVersion.id == key)) if key else None


def versions(session: Session, found: Article) -> list[ArticleVersion]:
    """Return the versions of an article, newest first; to readers the published one."""
    query = select(ArticleVersion).where(ArticleVersion.article_id == found.id)
    return list(session.scalars(query.order_by(ArticleVersion.number.desc()).limit(MOST_VERSIONS)))


def version(session: Session, found: Article, number: int) -> ArticleVersion:
    """Return one version; raises NotFound."""
    query = select(ArticleVersion).where(ArticleVersion.article_id == found.id, ArticleVersion.number == number)
    row = session.scalar(query)
    if row is None:
        raise NotFound
    return row


def attached(session: Session, found: Article, *, all_of_them: bool) -> list[Upload]:
    """Return the files of an article; readers get those that were there when it was published."""
    rows = uploads(session, found)
    if all_of_them:
        return list(rows)
    return [row for row in rows if found.published_at is not None and row.created_at <= found.published_at]


def of_product(session: Session, product_id: int, *, limit: int = 20) -> list[ArticleRow]:
    """Return the manuals and articles of a product that the actor may see, manuals first."""
    query = (
        select(*COLUMNS)
        .join(ArticleLink, ArticleLink.article_id == Article.id)
        .where(ArticleLink.kind == "product", ArticleLink.thing_id == product_id, Article.state == "published")
        .order_by((Article.kind == "manual").desc(), Article.changed_at.desc(), Article.id.desc())
    )
    return [ArticleRow(*row) for row in session.execute(query.limit(limit))]


def related(session: Session, found: Article, *, limit: int = MOST_RELATED) -> list[ArticleRow]:
    """Return other articles about the same fault types or products."""
    mine = select(ArticleLink.kind, ArticleLink.thing_id).where(ArticleLink.article_id == found.id)
    query = (
        select(*COLUMNS)
        .where(
            Article.state == "published",
            Article.id != found.id,
            Article.id.in_(
                select(ArticleLink.article_id).where(tuple_(ArticleLink.kind, ArticleLink.thing_id).in_(mine))
            ),
        )
        .order_by(Article.solved.desc(), Article.changed_at.desc(), Article.id.desc())
    )
    return [ArticleRow(*row) for row in session.execute(query.limit(limit))]


def by_fault(session: Session, fault_ids: Sequence[int], *, limit: int) -> Sequence[Row[Any]]:
    """Return ids of published articles about these fault types, those that solved most first."""
    query = (
        select(Article.id)
        .join(ArticleLink, ArticleLink.article_id == Article.id)
        .where(ArticleLink.kind == "fault", ArticleLink.thing_id.in_(fault_ids), Article.state == "published")
        .order_by(Article.solved.desc(), Article.changed_at.desc(), Article.id.desc())
    )
    return session.execute(query.limit(limit)).all()


def _position(row: ArticleRow) -> str:
    return write_position([round(row.changed_at.timestamp() * 1_000_000), row.id])
