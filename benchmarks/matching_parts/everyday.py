"""Everyday Chinese questions, each in three wordings, among thousands that share all but one of their words.

The questions were written for this project. Every third topic is frozen: nothing was tuned on its questions.
"""

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import rjieba
from pypinyin.constants import PHRASES_DICT

from benchmarks.matching_parts import generated
from benchmarks.matching_parts.rewording import reworded
from benchmarks.matching_parts.scoring import QuestionSet

WRITTEN = Path(__file__).parent / "everyday_zh.tsv"
TUNED, FROZEN = "=", "*"
DOCUMENTS = 20_000
SHORTEST_TEXT = 4
NEAR = 3  # made up questions for each written one that differ from it, or from how others ask it, in one word
CHANGES = (2, 2, 3, 4)  # made to a question that comes in again
UNANSWERED = 5  # every fifth question has no answer among the documents
SEED = 5
LEAST_USED = 30  # times in the corpus that the dictionary was counted in


@dataclass(frozen=True, slots=True)
class Family:
    """One question: how it stands in the index, how others ask it, and one that only looks like it."""

    topic: str
    frozen: bool
    asked: str
    others: tuple[str, ...]
    unlike: str


def families() -> list[Family]:
    """Return all questions that were written."""
    found: list[Family] = []
    topic, frozen = "", False
    for line in WRITTEN.read_text("utf-8").splitlines():
        mark, _, name = line.partition(" ")
        if mark in {TUNED, FROZEN}:
            topic, frozen = name, mark == FROZEN
        else:
            asked, *others, unlike = line.split("\t")
            found.append(Family(topic, frozen, asked, tuple(others), unlike.removeprefix("!")))
    return found


def question_sets(documents: int = DOCUMENTS) -> list[QuestionSet]:
    """Return the tuned and the frozen questions, each as others ask them and as they come in again little changed."""
    every = families()
    docs = [{"id": key, "lang": "zh", "title": text, "body": ""} for key, text in _documents(every, documents)]
    found = []
    for frozen in (False, True):
        chosen = [(at, each) for at, each in enumerate(every) if each.frozen is frozen]
        name = "frozen" if frozen else "tuned"
        written = [(at, text) for at, each in chosen for text in each.others]
        random_ = random.Random(3)
        again = [(at, reworded(each.asked, random_.choice(CHANGES), random_)) for at, each in chosen for _ in range(3)]
        found += [_set(f"zh-asked-{name}", docs, written), _set(f"zh-again-{name}", docs, again)]
    return found


def _set(name: str, docs: list[dict[str, Any]], asked: Sequence[tuple[int, str]]) -> QuestionSet:
    questions = [{"id": f"{number}", "text": text} for number, (_, text) in enumerate(asked)]
    answers = {f"{number}": frozenset({f"q{at}"}) for number, (at, _) in enumerate(asked) if at % UNANSWERED}
    return QuestionSet(name, docs, questions, answers)


def _documents(every: Sequence[Family], count: int) -> Iterator[tuple[str, str]]:
    """Return what is indexed: written questions, sentences of our own pages, and made up questions."""
    written = [(f"q{at}", each.asked) for at, each in enumerate(every) if at % UNANSWERED]
    written += [(f"u{at}", each.unlike) for at, each in enumerate(every)]
    taken = {text for each in every for text in (each.asked, each.unlike, *each.others)}
    texts = sorted({text for _, text in generated.texts() if "%" not in text and len(text) > SHORTEST_TEXT} - taken)
    written += [(f"o{at}", text) for at, text in enumerate(texts)]
    taken |= set(texts)
    yield from written
    for at, text in enumerate(_changed(every, taken, max(0, count - len(written)), SEED)):
        yield f"m{at}", text


def _changed(every: Sequence[Family], taken: set[str], count: int, seed: int) -> Iterator[str]:
    """Return questions made of the written ones: first some with one other word, then some about something else."""
    random_ = random.Random(seed)
    written = [cut(text) for each in every for text in (each.asked, each.unlike)]
    asked = [cut(text) for each in every for text in each.others]
    used = Counter(word for line in (*written, *asked) for word in set(line))
    common = {word for word, times in used.items() if times > len(every) // 25}  # words of asking stay
    own = sorted(word for word in used if word not in common and len(word) > 1)
    words, weights = vocabulary()
    made = 0
    while made < count:
        line = random_.choice(written if random_.random() < 0.5 else asked)
        places = [at for at, word in enumerate(line) if word not in common and len(word) > 1]
        if made < NEAR * len(every):
            places = random_.sample(places, min(1, len(places)))
            others = [random_.choice(own) for _ in places]
        else:
            others = random_.choices(words, cum_weights=weights, k=len(places))
        changed = dict(zip(places, others, strict=True))
        text = "".join(changed.get(at, word) for at, word in enumerate(line))
        if places and text not in taken:
            taken.add(text)
            made += 1
            yield text


@cache
def vocabulary() -> tuple[list[str], list[float]]:
    """Return words of the language and how often each is used, added up."""
    dictionary = rjieba.Jieba()
    found = {word: dictionary.suggest_freq(word) for word in PHRASES_DICT if len(word) in {2, 3}}
    often = {word: math.sqrt(times) for word, times in sorted(found.items()) if times >= LEAST_USED}
    return list(often), list(accumulate(often.values()))


def cut(text: str) -> list[str]:
    """Return the words of a question."""
    return list(rjieba.cut(text))
