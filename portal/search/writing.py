"""Documents into the index: analysed here, so that the index sees nothing but words. Pure but for the writer."""

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import tantivy

from portal.search.analysing import REPLACED, replaced_signs, words
from portal.search.documents import MOST_WORDINGS, Document, Facts

TITLE_WEIGHT: Final = 3  # a word of the title counts like three of the body
LEARNED_WEIGHT: Final = 2  # and one of a wording like two
LONGEST_BODY: Final = 20_000  # letters of a body that are read; what somebody looks for stands before
LONGEST_TITLE: Final = 400
SPACES: Final = re.compile(r"\s+")


def row_key(kind: str, row_id: int) -> str:
    """Return the word that all documents of a row carry."""
    return f"{kind}:{row_id}"


def fact_words(facts: Facts) -> list[str]:
    """Return facts as words of the index: `error_code=f-4766`, and `=f4766` for a code that somebody only typed."""
    found = []
    for name, given in facts.items():
        for value in (given,) if isinstance(given, str) else given:
            if plain := fact_value(value):
                found.append(f"{name}={plain}")
                found += [f"={code}" for code in words(value[:LONGEST_TITLE])[:1] if has_digit(code)]
    return found


def has_digit(word: str) -> bool:
    """Return whether a word may be a code or a number."""
    return any(map(str.isdigit, word))


def fact_value(value: str) -> str:
    """Return the form in which values of facts are compared."""
    return SPACES.sub("_", unicodedata.normalize("NFKC", value[:LONGEST_TITLE]).casefold().strip())


@dataclass(frozen=True, slots=True)
class _Title:
    """A title or a wording: its words, and Chinese signs that stood where others stand now."""

    words: list[str]
    replaced: list[str]

    @classmethod
    def of(cls, text: str) -> "_Title":
        found = words(text[:LONGEST_TITLE])
        return cls(found, [sign for sign in replaced_signs(text[:LONGEST_TITLE]) if sign not in found])

    @property
    def card(self) -> str:
        return REPLACED.join(" ".join(dict.fromkeys(each)) for each in (self.words, self.replaced) if each)


def written(document: Document) -> tantivy.Document:
    """Return a document as the index keeps it."""
    titles = [_Title.of(document.title)]
    if document.title_zh not in {"", document.title}:
        titles.append(_Title.of(document.title_zh))
    learned = [_Title.of(wording) for wording in document.wordings[:MOST_WORDINGS]]
    row = tantivy.Document()
    weighed = (*titles * TITLE_WEIGHT, *learned * LEARNED_WEIGHT)
    row.add_text("words", " ".join(word for each in weighed for word in each.words))
    row.add_text("words", " ".join(words(document.body[:LONGEST_BODY])))
    row.add_text("words", " ".join(sign for each in (*titles, *learned) for sign in each.replaced))
    facts = fact_words(document.facts)
    for field, values in (("facts", facts), ("audience", document.audience), ("kind", (document.kind,))):
        for value in sorted(set(values)):
            row.add_text(field, value)
    row.add_text("row", row_key(document.kind, document.id))
    row.add_bytes("card", _card(document, facts, [*titles, *learned]))
    return row


def _card(document: Document, facts: list[str], titles: Iterable[_Title]) -> bytes:
    """Return what a hit is shown and ranked by."""
    asked = [each.card for each in titles if each.words]
    shown = (document.public_id, document.lang, document.title[:LONGEST_TITLE], document.title_zh, document.path)
    card = (document.kind, document.id, *shown, document.boost, " ".join(facts), asked)
    return json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode()
