"""Documents into the index: analysed here, so that the index sees nothing but words. Pure but for the writer."""

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

import tantivy

from portal.search.analysing import words
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


def written(document: Document) -> tantivy.Document:
    """Return a document as the index keeps it."""
    title = words(document.title[:LONGEST_TITLE])
    others = [words(document.title_zh[:LONGEST_TITLE])] if document.title_zh not in {"", document.title} else []
    learned = [words(wording[:LONGEST_TITLE]) for wording in document.wordings[:MOST_WORDINGS]]
    row = tantivy.Document()
    titles = [title, *others]
    weighed = (*titles * TITLE_WEIGHT, *learned * LEARNED_WEIGHT)
    row.add_text("words", " ".join(word for each in weighed for word in each))
    row.add_text("words", " ".join(words(document.body[:LONGEST_BODY])))
    facts = fact_words(document.facts)
    for field, values in (("facts", facts), ("audience", document.audience), ("kind", (document.kind,))):
        for value in sorted(set(values)):
            row.add_text(field, value)
    row.add_text("row", row_key(document.kind, document.id))
    row.add_bytes("card", _card(document, facts, [*titles, *learned]))
    return row


def _card(document: Document, facts: list[str], titles: Iterable[list[str]]) -> bytes:
    """Return what a hit is shown and ranked by."""
    asked = [" ".join(dict.fromkeys(each)) for each in titles if each]
    shown = (document.public_id, document.lang, document.title[:LONGEST_TITLE], document.title_zh, document.path)
    card = (document.kind, document.id, *shown, document.boost, " ".join(facts), asked)
    return json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode()
