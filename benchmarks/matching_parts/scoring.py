"""Sets of documents and questions, plain BM25 to compare with, measures, and a paired bootstrap."""

import json
import math
import random
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORD = re.compile(r"[\u3400-\u9fff]|[a-z0-9]+")
DEPTH = 100


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Documents, questions, and which documents answer which question; some are answered by none."""

    name: str
    docs: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    answers: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What one side reached on one set; `precisions` is the average precision of each answerable question."""

    precisions: Mapping[str, float]
    first_right: float
    answered: float  # share of all questions that can be answered with 95 % of the answers right

    @property
    def mean(self) -> float:
        """Return the mean average precision in per cent."""
        return 100 * sum(self.precisions.values()) / max(1, len(self.precisions))


def read_set(folder: Path) -> QuestionSet:
    """Read one folder with corpus.jsonl, queries.jsonl and qrels.tsv."""
    answers: dict[str, set[str]] = defaultdict(set)
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines():
        question, document = line.split("\t")
        answers[question].add(document)
    docs, questions = (
        [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]
        for name in ("corpus.jsonl", "queries.jsonl")
    )
    return QuestionSet(folder.name, docs, questions, {key: frozenset(found) for key, found in answers.items()})


class PlainBm25:
    """BM25 (k1 1.2, b 0.75) over lower-cased words and single Chinese signs of title and body; nothing else."""

    def index(self, docs: Sequence[Mapping[str, Any]]) -> None:
        """Count the words of the documents."""
        texts = [_words(f"{doc['title']} {doc['body']}") for doc in docs]
        mean = sum(map(len, texts)) / max(1, len(texts))
        self._count, self._places = len(docs), defaultdict[str, list[tuple[str, float]]](list)
        for doc, text in zip(docs, texts, strict=True):
            for word, times in Counter(text).items():
                part = times * 2.2 / (times + 1.2 * (0.25 + 0.75 * len(text) / mean))
                self._places[word].append((doc["id"], part))

    def search(self, text: str, k: int, facts: object = None) -> list[tuple[str, float]]:
        """Return the best documents."""
        scores: dict[str, float] = defaultdict(float)
        best = 1e-9
        for word in set(_words(text)):
            places = self._places.get(word, ())
            rare = math.log(1 + (self._count - len(places) + 0.5) / (len(places) + 0.5))
            best += 2.2 * rare
            for doc, part in places:
                scores[doc] += part * rare
        ordered = sorted(scores.items(), key=lambda pair: -pair[1])[:k]
        return [(doc, score / best) for doc, score in ordered]


def _words(text: str) -> list[str]:
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


def measure(side: Any, asked: QuestionSet, questions: Sequence[Mapping[str, Any]] | None = None) -> Measured:
    """Ask an indexed side and measure what it answers."""
    precisions: dict[str, float] = {}
    right, answers = 0, []
    for question in asked.questions if questions is None else questions:
        found = side.search(question["text"], DEPTH + 1, question.get("facts"))
        hits = [(doc, score) for doc, score in found if doc != question.get("exclude")]
        wanted = asked.answers.get(question["id"], frozenset())
        correct = bool(hits) and hits[0][0] in wanted
        answers.append((hits[0][1] if hits else 0.0, correct))
        if wanted:
            precisions[question["id"]] = average_precision([doc for doc, _ in hits[:DEPTH]], wanted)
            right += correct
    return Measured(precisions, 100 * right / max(1, len(precisions)), answered_at(answers, 0.95))


def average_precision(found: Sequence[str], wanted: frozenset[str]) -> float:
    """Return the mean of the precisions at each wanted document."""
    hits = total = 0.0
    for place, doc in enumerate(found, 1):
        if doc in wanted:
            hits += 1
            total += hits / place
    return total / min(len(wanted), DEPTH)


def answered_at(answers: Sequence[tuple[float, bool]], precision: float) -> float:
    """Return how many per cent of the questions lie above the lowest threshold that keeps this precision."""
    ordered = sorted(answers, key=lambda pair: -pair[0])
    right = best = 0
    for count, (score, correct) in enumerate(ordered, 1):
        right += correct
        ends = count == len(ordered) or ordered[count][0] < score
        if ends and right / count >= precision:
            best = count
    return 100 * best / max(1, len(ordered))


def bootstrap(ours: Mapping[str, float], theirs: Mapping[str, float], rounds: int = 2_000) -> tuple[float, ...]:
    """Return by how many points of MAP we are ahead, the 95 % interval, and how often a sample says otherwise."""
    random_ = random.Random(1)
    ahead = [ours[key] - theirs[key] for key in ours]
    means = sorted(sum(random_.choices(ahead, k=len(ahead))) / len(ahead) for _ in range(rounds))
    low, high = means[int(0.025 * rounds)], means[int(0.975 * rounds)]
    return 100 * sum(ahead) / len(ahead), 100 * low, 100 * high, sum(mean <= 0 for mean in means) / rounds
