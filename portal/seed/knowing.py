"""The knowledge base of the demo world: fault types, and articles that one person wrote and another published."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.models import Product
from portal.db import as_actor
from portal.policy import SYSTEM
from portal.seed.stories import Cast
from portal.support.knowledge.fault_files import read_lines, shipped_lines
from portal.support.knowledge.fault_tree import load_lines
from portal.support.knowledge.forms import listed
from portal.support.knowledge.markdown_files import convert
from portal.support.knowledge.operations import begin, open_version
from portal.support.knowledge.reviewing import publish, submit
from portal.support.knowledge.written import Written

FOLDER: Final = Path(__file__).parent / "articles"
WRITER, REVIEWER = "qiao", "ye"
FIRST: Final = 80  # days before the first start


def tell_all(cast: Cast) -> None:
    """Load fault types and write the articles; the newest is the one that solves the story of the demo."""
    with as_actor(cast.session, SYSTEM):
        load_lines(cast.session, read_lines(shipped_lines()), now=cast.at(FIRST))
    names = sorted({path.name.partition(".")[0] for path in FOLDER.glob("*.md")}, reverse=True)
    for number, name in enumerate(names):
        _write(cast, name, cast.at(FIRST - 5 * number))


def _write(cast: Cast, name: str, at: datetime) -> None:
    session, writer, reviewer = cast.session, cast.actors[WRITER], cast.actors[REVIEWER]
    with as_actor(session, writer):
        article = begin(session, writer, _written(session, name), now=at)
        version = open_version(session, article)
        assert version is not None
        submit(session, writer, version, expected=version.version, now=at + timedelta(hours=1))
    with as_actor(session, reviewer):
        publish(session, reviewer, version, expected=version.version, now=at + timedelta(hours=20))


def _written(session: Session, name: str) -> Written:
    """Return an article in the languages that it has; the Chinese file says what it is about."""
    texts: dict[str, str] = {}
    entries: dict[str, str] = {}
    for lang in ("en", "zh"):
        path = FOLDER / f"{name}.{lang}.md"
        if path.is_file():
            made = convert(path.read_text("utf-8"), name, lang, _link)
            texts |= {f"title_{lang}": made.title, f"body_{lang}": made.body}
            entries = made.entries
    skus = listed(entries.get("products", ""))
    return Written(
        title_en=texts.get("title_en", ""),
        title_zh=texts.get("title_zh", ""),
        body_en=texts.get("body_en", ""),
        body_zh=texts.get("body_zh", ""),
        visibility=entries["visibility"],
        product_line=entries["line"],
        products=tuple(session.scalars(select(Product.id).where(Product.sku.in_(skus)).order_by(Product.sku))),
        faults=listed(entries["faults"]),
        error_codes=listed(entries.get("error_codes", "")),
    )


def _link(_is_picture: bool, words: str, to: str) -> str:
    return f"[{words}]({to})"
