"""Invented knowledge: as many cases as wanted in two languages, with words as common and as rare as in real texts."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

import rjieba
from babel.messages.pofile import read_po

from benchmarks.common import ROOT
from portal.policy import Permission
from portal.search import audience
from portal.search.documents import Document

CATALOGUE = ROOT / "portal" / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
COMMON = "the a to of and in is it not on with for after when no be from this does how can i my at by or".split()  # noqa: SIM905
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dri flo gru pla ste tri".split()  # noqa: SIM905
RARE_WORDS = 120_000
LINES = tuple(f"L{number}" for number in range(24))
FAULTS = tuple(f"F{number:02}" for number in range(40))


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks, the case that was meant, and the facts he chose."""

    text: str
    meant: int
    facts: dict[str, str]


class Vocabulary:
    """Words with their frequencies: the first is the most common, the n-th comes an n-th as often."""

    def __init__(self, words: list[str], random_: random.Random) -> None:
        self._words, self._random = words, random_
        self._weights = list(accumulate(1 / (place + 2) for place in range(len(words))))

    def some(self, count: int) -> list[str]:
        """Return `count` words as they would stand in a text."""
        return self._random.choices(self._words, cum_weights=self._weights, k=count)


@cache
def texts() -> list[tuple[str, str]]:
    """Return the sentences of our own pages in both languages."""
    with Path(CATALOGUE).open("rb") as file:
        return [(str(each.id), str(each.string)) for each in read_po(file) if isinstance(each.id, str) and each.string]


def vocabularies(random_: random.Random) -> tuple[Vocabulary, Vocabulary]:
    """Return the English and the Chinese words: those of our own pages, and invented rare ones behind them."""
    found = texts()
    english = dict.fromkeys(COMMON) | dict.fromkeys(word for text, _ in found for word in text.lower().split())
    chinese = dict.fromkeys(word for _, text in found for word in rjieba.cut(text) if word.strip())
    rare = {"".join(random_.choices(SYLLABLES, k=random_.randint(2, 4))) for _ in range(RARE_WORDS)}
    signs = [sign for word in chinese for sign in word if sign >= "\u4e00"]
    pairs = {"".join(random_.choices(signs, k=2)) for _ in range(RARE_WORDS // 4)}
    return Vocabulary([*english, *sorted(rare)], random_), Vocabulary([*chinese, *sorted(pairs)], random_)


def documents(count: int, organisations: int, *, seed: int = 7) -> Iterator[Document]:
    """Return cases: three in ten are for everybody, the rest belong to one of the organisations."""
    random_ = random.Random(seed)
    english, chinese = vocabularies(random_)
    for number in range(count):
        words, glue = (chinese, "") if number % 5 < 2 else (english, " ")
        code = f"{random_.choice('ABEF')}-{random_.randint(1000, 9999)}"
        owner = random_.randrange(organisations)
        everybody = random_.random() < 0.3
        seen = frozenset({audience.EVERYBODY}) if everybody else audience.owned(owner, Permission.TICKET_VIEW)
        yield Document(
            kind="article" if everybody else "ticket",
            id=number,
            public_id=str(number),
            audience=seen,
            title=glue.join(words.some(random_.randint(5, 12))),
            path=f"/cases/{number}",
            lang="en" if glue else "zh",
            body=f"{glue.join(words.some(random_.randint(30, 120)))} {code}",
            facts={"product_line": random_.choice(LINES), "fault": random_.choice(FAULTS), "error_code": code},
        )


def questions(asked_of: list[Document], *, seed: int = 11) -> list[Asked]:
    """Return one question for each document: most words of its title in another order, common words around them."""
    random_ = random.Random(seed)
    found = []
    for document in asked_of:
        chinese = document.lang == "zh"
        words = rjieba.cut(document.title) if chinese else document.title.split()
        kept = [word for word in words if random_.random() < 0.7] or words
        random_.shuffle(kept)
        text = "".join(kept) if chinese else " ".join([*random_.choices(COMMON, k=4), *kept])
        facts = {"product_line": str(document.facts["product_line"])} if random_.random() < 0.5 else {}
        found.append(Asked(text, document.id, facts))
    return found
