"""Articles as documents of the search index: one for each language of what readers see."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.models import Product
from portal.db import Base
from portal.markup import plain
from portal.search import audience
from portal.search.documents import Document
from portal.search.sources import RowIds
from portal.support.knowledge.faults import Fault, types
from portal.support.knowledge.models import Article, ArticleVersion
from portal.support.matching.learning import wordings_of
from portal.support.matching.models import Wording
from portal.words import LOCALES

LONGEST_INDEXED: Final = 20_000  # characters of a text; what stands behind them nobody looks for
MOST_NAMED: Final = 3  # an article about everything answers nothing in particular
MOST_BOOST: Final = 0.3  # for what solved many faults


def _of_wording(row: Wording) -> list[int]:
    return [row.case_id] if row.case_kind == "article" else []


class ArticleSource:
    """Published articles; drafts are found in the list of those who write."""

    kind = "article"
    version = 1
    model: type[Base] = Article
    watched: Mapping[type[Base], RowIds] = {Article: lambda row: [row.id], Wording: _of_wording}

    def rows(self, session: Session, after_id: int, limit: int) -> Sequence[Document]:
        """Return the documents of the next published articles."""
        query = select(Article).where(Article.state == "published", Article.id > after_id)
        return _documents(session, session.scalars(query.order_by(Article.id).limit(limit)).all())

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these articles as they are now."""
        query = select(Article).where(Article.id.in_(ids), Article.state == "published")
        return _documents(session, session.scalars(query.order_by(Article.id)).all())


def audience_of(article: Article) -> frozenset[str]:
    """Return who may know of a published article, as `Article.visible_to` says it to the database."""
    ours = {audience.organisation(article.organisation_id), audience.house(Article.view_permission)}
    if article.visibility == "public":
        return frozenset({audience.EVERYBODY, *ours})
    if article.visibility in audience.LEVELS:
        return frozenset({audience.level(article.visibility), *ours})
    return frozenset(ours)


def _documents(session: Session, articles: Sequence[Article]) -> list[Document]:
    """Return the documents of some articles; a handful of queries for all of them."""
    keys = [article.published_version_id for article in articles]
    versions = {row.id: row for row in session.scalars(select(ArticleVersion).where(ArticleVersion.id.in_(keys)))}
    skus = _names(session, Product.id, Product.sku, (row.facts.get("products", ()) for row in versions.values()))
    tree = types(session)
    wordings = wordings_of(session, "article", [article.id for article in articles])
    found: list[Document] = []
    for article in articles:
        version = versions[article.published_version_id or 0]
        facts = _facts(version, skus)
        faults = [fault for key in version.facts.get("faults", ()) if (fault := tree.get(key))]
        said = " ".join(word for fault in faults for word in fault.words)
        for lang in LOCALES:
            if title := getattr(version, f"title_{lang}"):
                body = plain(getattr(version, f"body_{lang}"))[:LONGEST_INDEXED]
                found.append(
                    Document(
                        kind="article",
                        id=article.id,
                        public_id=article.public_id,
                        audience=audience_of(article),
                        title=title,
                        path=f"/knowledge/{article.public_id}?lang={lang}",
                        lang=lang,
                        body=f"{body} {said}".strip(),
                        facts=facts,
                        wordings=(*_named(faults, lang), *wordings.get(article.id, ())),
                        boost=1 + min(MOST_BOOST, article.solved / 100),
                    )
                )
    return found


def _named(faults: Sequence[Fault], lang: str) -> Iterable[str]:
    """Return what the fault types are called that an article was written for: the first wordings that it answers."""
    return (fault.name.to(lang) for fault in faults[:MOST_NAMED])


def _facts(version: ArticleVersion, skus: Mapping[int, str]) -> dict[str, tuple[str, ...]]:
    products = tuple(skus[key] for key in version.facts.get("products", ()) if key in skus)
    facts = {
        "product_line": (version.product_line,) if version.product_line else (),
        "model": products,
        "fault": tuple(version.facts.get("faults", ())),
        "error_code": tuple(version.facts.get("error_codes", ())),
        "firmware": tuple(version.facts.get("firmware", ())),
    }
    return {name: values for name, values in facts.items() if values}


def _names(session: Session, key: Any, name: Any, lists: Iterable[Iterable[int]]) -> dict[int, str]:
    wanted = {each for some in lists for each in some}
    rows = session.execute(select(key, name).where(key.in_(wanted))) if wanted else ()
    return {each: called for each, called in rows}  # noqa: C416 - typed as rows, not as pairs
