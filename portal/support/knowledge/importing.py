"""A folder of Markdown as articles: a second time updates what changed, and everything that was lost is named."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.errors import Invalid
from portal.files.operations import keep
from portal.files.stores import Store
from portal.history import record
from portal.markup import heading_id, is_link
from portal.policy import SYSTEM
from portal.support.knowledge.markdown_files import Converted, convert
from portal.support.knowledge.models import LONGEST_BODY, LONGEST_TITLE, VISIBILITIES, Article, ArticleVersion
from portal.support.knowledge.operations import add_version, house_of
from portal.support.knowledge.reviewing import show
from portal.support.knowledge.routes import Routes
from portal.support.knowledge.written import Written, written_in
from portal.words import LOCALES, N_

ENDINGS: Final = (".md", ".mdx")
MOST_FILES: Final = 5_000
LARGEST: Final = 1_000_000  # bytes of one file
PICTURES: Final = (".png", ".jpg", ".jpeg", ".webp")
IMPORTED: Final = "Imported"


@dataclass
class FileReport:
    """What became of one file: new, updated, unchanged, left alone or refused, and what it lost on the way."""

    path: str
    outcome: str
    notes: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What became of all of them."""

    files: list[FileReport] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)  # articles of this source whose file is not there any more

    def count(self, outcome: str) -> int:
        """Return how many files came out so."""
        return sum(each.outcome == outcome for each in self.files)


@dataclass(frozen=True)
class Import:
    """What is imported, and as what."""

    folder: Path
    source: str
    lang: str
    visibility: str
    product_line: str = ""
    overwrite: bool = False  # also articles that somebody edited here


def import_folder(session: Session, wanted: Import, *, store: Store, now: datetime) -> Report:
    """Import every Markdown file of a folder as a published article; the house does it, without a review."""
    if wanted.lang not in LOCALES or wanted.visibility not in VISIBILITIES:
        raise Invalid(N_("Choose one of these."))
    report, texts = Report(), dict[str, str]()
    for path in _files(wanted.folder):
        text, name = _text(path), path.relative_to(wanted.folder).as_posix()
        if text is None:
            report.files.append(FileReport(name, "refused", ["too large, or no UTF-8 text"]))
        else:
            texts[name] = text
    articles = {name: _article(session, wanted, name, now) for name in texts}
    routes = Routes.of(texts)
    for name, text in texts.items():
        article, is_new = articles[name]
        one = _One(session, wanted, store, now, routes, {key: row.public_id for key, (row, _new) in articles.items()})
        report.files.append(one.bring(name, text, article, is_new=is_new))
    known = select(Article.source_key).where(Article.source_key.startswith(f"{wanted.source}:", autoescape=True))
    here = {f"{wanted.source}:{name}" for name in texts}
    report.vanished = sorted(key for key in session.scalars(known) if key is not None and key not in here)
    return report


@dataclass
class _One:
    """Brings one file at a time."""

    session: Session
    wanted: Import
    store: Store
    now: datetime
    routes: Routes
    public_ids: dict[str, str]

    def bring(self, name: str, text: str, article: Article, *, is_new: bool) -> FileReport:
        """Make the article say what the file says."""
        report = FileReport(name, "unchanged")
        stem = Path(name).stem.replace("-", " ").replace("_", " ").strip().capitalize() or name
        self.session.flush()
        made = convert(text, stem, self.wanted.lang, lambda *link: self._follow(name, article, report, *link))
        report.notes += [f"{what} dropped: {count}" for what, count in sorted(made.dropped.items()) if count]
        if len(made.body) > LONGEST_BODY:
            report.outcome = "refused"
            report.notes.append(f"longer than {LONGEST_BODY} characters")
            if is_new:
                self.session.delete(article)
            return report
        newest = _published(self.session, article)
        if newest is not None and newest.authors and not self.wanted.overwrite:
            report.outcome = "left alone"
            report.notes.append("somebody edited it here; --overwrite takes the file's text")
        elif self._differs(made, newest):
            self._publish(article, made, newest)
            report.outcome = "new" if is_new else "updated"
        return report

    def _differs(self, made: Converted, newest: ArticleVersion | None) -> bool:
        return newest is None or self._written(made, newest) != written_in(newest)

    def _written(self, made: Converted, newest: ArticleVersion | None) -> Written:
        """Return what the article says now, with this language's text from the file."""
        lang, base = self.wanted.lang, written_in(newest) if newest else Written(product_line=self.wanted.product_line)
        texts: dict[str, Any] = {name: getattr(base, name) for name in Written.__dataclass_fields__}
        texts |= {f"title_{lang}": made.title[:LONGEST_TITLE], f"body_{lang}": made.body.strip()}
        return Written(**texts | {"visibility": self.wanted.visibility, "note": IMPORTED})

    def _publish(self, article: Article, made: Converted, newest: ArticleVersion | None) -> None:
        last = select(func.max(ArticleVersion.number)).where(ArticleVersion.article_id == article.id)
        number = (self.session.scalar(last) or 0) + 1
        written = self._written(made, newest)
        version = add_version(self.session, SYSTEM, article, written, number=number, now=self.now, state="published")
        show(self.session, version, reviewer=None, now=self.now)
        record(self.session, article, "import article", now=self.now, after={"number": number})

    def _follow(self, name: str, article: Article, report: FileReport, is_picture: bool, words: str, to: str) -> str:
        """Return what stands in place of a link or a picture."""
        if is_picture:
            return self._picture(name, article, report, words, to)
        if to.startswith(("#", "//")) or _scheme(to):
            if is_link(to):
                return f"[{words}]({to})"
            report.notes.append(f"link dropped: {to[:80]}")
            return words
        target, _hash, anchor = to.partition("#")
        found = self.routes.find(name, unquote(target))
        if found is None:
            report.notes.append(f"link leads nowhere: {to[:80]}")
            return words
        place = f"#{heading_id(anchor)}" if anchor else ""
        return f"[{words}](/knowledge/{self.public_ids[found]}{place})"

    def _picture(self, name: str, article: Article, report: FileReport, words: str, to: str) -> str:
        """Take a picture along that lies in the folder; another one is a link, or its words."""
        if _scheme(to) in ("http", "https"):
            report.notes.append(f"foreign picture became a link: {to[:80]}")
            return f"[{words or to}]({to})"
        path = _inside(self.wanted.folder, name, unquote(to))
        if path is None or path.suffix.lower() not in PICTURES:
            report.notes.append(f"picture not found: {to[:80]}")
            return f"*{words}*" if words else ""
        try:
            with path.open("rb") as stream:
                row = keep(self.session, SYSTEM, article, stream, path.name, store=self.store, now=self.now)
        except Invalid as error:
            report.notes.append(f"picture refused: {to[:80]}: {error}")
            return f"*{words}*" if words else ""
        return f"![{words}](/knowledge/{article.public_id}/files/{row.public_id})"


def _scheme(address: str) -> str:
    try:
        return urlsplit(address).scheme
    except ValueError:
        return "unknown"


def _files(folder: Path) -> list[Path]:
    """Return the Markdown files inside a folder, in order; links that lead out of it are left out."""
    root = folder.resolve()
    found = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in ENDINGS and path.is_file())
    return [path for path in found if path.resolve().is_relative_to(root)][:MOST_FILES]


def _text(path: Path) -> str | None:
    with path.open("rb") as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _article(session: Session, wanted: Import, name: str, now: datetime) -> tuple[Article, bool]:
    """Return the article of a file, and whether it was begun just now."""
    key = f"{wanted.source}:{name}"[:300]
    found = session.scalar(select(Article).where(Article.source_key == key))
    if found is not None:
        return found, False
    article = Article(
        organisation_id=house_of(session, SYSTEM),
        visibility="internal",
        product_line=wanted.product_line,
        source_key=key,
        created_at=now,
        changed_at=now,
    )
    session.add(article)
    session.flush()
    return article, True


def _published(session: Session, article: Article) -> ArticleVersion | None:
    return session.get(ArticleVersion, article.published_version_id) if article.published_version_id else None


def _inside(folder: Path, name: str, to: str) -> Path | None:
    """Return the file that a picture's address means: beside the text, below the folder, or below its `static`."""
    root = folder.resolve()
    bare = to.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0]
    places: Iterable[str] = (
        [posixpath.join(posixpath.dirname(name), bare)] if not bare.startswith("/") else
        [bare.lstrip("/"), posixpath.join("static", bare.lstrip("/"))]
    )  # fmt: skip
    for place in places:
        path = (root / posixpath.normpath(place)).resolve()
        if path.is_relative_to(root) and path.is_file():
            return path
    return None
