"""What a reader typed and chose, as a query of the index: words with weights, facts, and who he is."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import tantivy
from tantivy import Occur, Query

from portal.search.analysing import is_chinese_word, words
from portal.search.audience import EVERYTHING
from portal.search.documents import Facts
from portal.search.index import View
from portal.search.writing import fact_value, has_digit

MOST_LETTERS: Final = 4000  # of a text that are looked at
MOST_WORDS: Final = 48  # of a long text the rarest words ask
FACT_WEIGHT: Final = 1.5  # all facts together against a text of which every word is found
# Postings one query may read: a word that stands in half of a million documents tells nothing beside a rare one.
BUDGET: Final = 250_000
# A Chinese word counts half beside its signs, each of which counts whole: people say the same with other words of the
# same signs, and words are cut differently.
CHINESE_WORD: Final = 0.5
TYPED_END: Final = re.compile(r"[a-z0-9]{2,}$")
SHORTEST_BEGINNING: Final = 2
MOST_ENDINGS: Final = 12


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: words and facts with how much each tells, the rarer the more."""

    words: Mapping[str, float]
    facts: Mapping[str, float]
    endings: Mapping[str, float]  # words that the last, half typed one may become, and the share each keeps of its own

    @property
    def one_word(self) -> bool:
        """Return whether nothing but one Chinese word is asked: then all of its signs are looked for."""
        longest = max(self.words, key=len, default="")
        return is_chinese_word(longest) and not self.facts and set(self.words) == {longest, *longest}

    @property
    def best(self) -> float:
        """Return what a document that holds every word would get at most, but for how often; never nought."""
        return sum(self.words.values()) or 1.0

    @property
    def best_facts(self) -> float:
        """Return what a document with every fact would get; never nought."""
        return sum(self.facts.values()) or 1.0


def rarity(view: View, frequency: int) -> float:
    """Return how much it tells that a document holds what `frequency` of all documents hold (BM25's own measure)."""
    documents = max(view.documents, frequency)
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))


def weight(view: View, word: str) -> float:
    """Return how much a word tells."""
    told = rarity(view, view.frequency(word))
    return told * CHINESE_WORD if is_chinese_word(word) else told


def ask(view: View, text: str, facts: Facts | None, *, typing: bool = False) -> Question:
    """Return the question; codes in the text that are known facts of some document ask as facts, too."""
    typed = text[:MOST_LETTERS]
    asked = dict.fromkeys(words(typed))
    weighed = sorted(((word, weight(view, word)) for word in asked), key=lambda pair: -pair[1])[:MOST_WORDS]
    told = dict(weighed)
    endings = _endings(view, typed, told) if typing else {}
    return Question(told, _facts(view, asked, facts or {}), endings)


def _facts(view: View, asked: Collection[str], facts: Facts) -> dict[str, float]:
    chosen = {
        f"{name}={plain}"
        for name, given in facts.items()
        for value in ((given,) if isinstance(given, str) else given)
        if (plain := fact_value(value))
    }
    said = {fact.partition("=")[2].replace("-", "") for fact in chosen}
    frequency = {fact: view.searcher.doc_freq("facts", fact) for fact in chosen}
    for word in asked:
        if has_digit(word) and word not in said and (found := view.searcher.doc_freq("facts", f"={word}")):
            frequency[f"={word}"] = found
    return {fact: rarity(view, found) for fact, found in frequency.items()}


def _endings(view: View, typed: str, told: Mapping[str, float]) -> dict[str, float]:
    """Return words of the index that begin as the last one typed, or are its stem."""
    match = TYPED_END.search(typed.casefold())
    if match is None:
        return {}
    begun = match.group()
    found = dict(view.searcher.terms_with_prefix("words", begun, limit=MOST_ENDINGS))
    for length in range(len(begun) - 1, max(3, len(begun) // 2 - 1), -1):  # `notificatio` is more than the stem `notif`
        if count := view.frequency(begun[:length]):
            found[begun[:length]] = count
            break
    told_by_any = rarity(view, sum(found.values()))  # it may be any of them: a rare one tells no more than the others
    return {word: told_by_any / rarity(view, count) for word, count in found.items() if word not in told}


def query(
    view: View, question: Question, tokens: frozenset[str], kinds: Collection[str], *, whole: bool = False
) -> Query:
    """Return the query: any of the words, facts and endings, and always one of the reader's tokens.

    With `whole` every sign of the question has to be there.
    """
    schema = view.schema
    parts = [_word(schema, word) for word in _affordable(view, question)]
    scale = FACT_WEIGHT * question.best / question.best_facts
    for fact, told in question.facts.items():
        parts.append(Query.const_score_query(Query.term_query(schema, "facts", fact, "basic"), told * scale))
    if question.endings:
        parts.append(Query.disjunction_max_query([_ending(schema, *each) for each in question.endings.items()]))
    if not parts or not tokens:
        return Query.empty_query()
    must = [(Occur.Must, Query.boolean_query([(Occur.Should, part) for part in parts]))]
    if whole:
        signs = (word for word in question.words if not is_chinese_word(word))
        must += [(Occur.Must, Query.const_score_query(_word(schema, sign), 0.0)) for sign in signs]
    if tokens != EVERYTHING:
        must.append((Occur.Must, _held(schema, "audience", tokens)))
    if kinds:
        must.append((Occur.Must, _held(schema, "kind", kinds)))
    return Query.boolean_query(must)


def _word(schema: tantivy.Schema, word: str) -> Query:
    term = Query.term_query(schema, "words", word, "freq")
    return Query.boost_query(term, CHINESE_WORD) if is_chinese_word(word) else term


def _ending(schema: tantivy.Schema, word: str, share: float) -> Query:
    return Query.boost_query(Query.term_query(schema, "words", word, "freq"), share)


def _held(schema: tantivy.Schema, field: str, allowed: Collection[str]) -> Query:
    return Query.const_score_query(Query.term_set_query(schema, field, sorted(allowed)), 0.0)


def _affordable(view: View, question: Question) -> list[str]:
    """Return the rarest words, as many as one query may read; of common ones at least two."""
    chosen: list[str] = []
    spent = 0
    for word in question.words:
        spent += view.frequency(word)
        if spent > BUDGET and len(chosen) >= 2:
            break
        chosen.append(word)
    return chosen
