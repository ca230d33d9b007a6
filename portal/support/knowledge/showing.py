"""What the page of an article shows, in the language its reader reads."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.models import Product
from portal.support.knowledge.faults import types
from portal.support.knowledge.models import ArticleVersion
from portal.words import LOCALES, Text


@dataclass(frozen=True, slots=True)
class Shown:
    """A version in one language; `asked` is the language that was wanted."""

    lang: str
    asked: str
    title: str
    body: str
    languages: tuple[str, ...]  # that its text is written in; a title alone helps nobody

    @property
    def is_other(self) -> bool:
        """Whether it is not written in the language that was wanted."""
        return self.lang != self.asked


def shown(version: ArticleVersion, lang: str) -> Shown:
    """Return a version in `lang`, or in the other language when it is not written in that one."""
    titled = tuple(each for each in LOCALES if getattr(version, f"title_{each}"))
    there = tuple(each for each in titled if getattr(version, f"body_{each}")) or titled  # a manual is its files
    got = lang if lang in there else there[0]
    title, body = getattr(version, f"title_{got}"), getattr(version, f"body_{got}")
    return Shown(got, lang, title, body, there)


@dataclass(frozen=True, slots=True)
class About:
    """What a version is about, named."""

    line: Text | None
    faults: tuple[Text, ...]
    products: tuple[Product, ...]
    error_codes: tuple[str, ...]
    firmware: tuple[str, ...]


def about(session: Session, version: ArticleVersion) -> About:
    """Return the names of what a version is about."""
    tree = types(session)
    line = tree.get(version.product_line)
    keys = version.facts.get("products", [])
    products = session.scalars(select(Product).where(Product.id.in_(keys)).order_by(Product.sku)).all() if keys else []
    faults = [fault for key in version.facts.get("faults", ()) if (fault := tree.get(key))]
    return About(
        line.name if line else None,
        tuple(fault.name for fault in faults),
        tuple(products),
        tuple(version.facts.get("error_codes", ())),
        tuple(version.facts.get("firmware", ())),
    )
