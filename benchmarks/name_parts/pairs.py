"""The labelled pairs of names: how many of them are judged right."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.parties.identity.scoring import same_name

FILE = Path(__file__).resolve().parents[2] / "tests" / "data" / "name_pairs.csv"
PRECISION, RECALL = 0.98, 0.95


@dataclass(frozen=True, slots=True)
class Pair:
    """Two names, and whether people say that they are one party's."""

    left: str
    right: str
    same: bool
    case: str
    frozen: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """How many pairs were found, found wrongly, missed."""

    pairs: int
    right: int
    wrong: tuple[Pair, ...]
    missed: tuple[Pair, ...]

    @property
    def precision(self) -> float:
        """Return how many of those that were taken for the same are."""
        return self.right / (self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        """Return how many of those that are the same were taken for it."""
        return self.right / (self.right + len(self.missed))

    def __str__(self) -> str:
        return f"{self.pairs} pairs: precision {self.precision:.1%}, recall {self.recall:.1%}"


def read() -> Iterator[Pair]:
    """Yield all labelled pairs."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield Pair(row["left"], row["right"], row["label"] == "same", row["case"], row["part"] == "frozen")


def judge(*, frozen: bool) -> Judged:
    """Judge the frozen third, by which nothing was tuned, or the open rest."""
    pairs = [pair for pair in read() if pair.frozen == frozen]
    taken = [pair for pair in pairs if same_name(pair.left, pair.right).same]
    wrong = tuple(pair for pair in taken if not pair.same)
    missed = tuple(pair for pair in pairs if pair.same and pair not in taken)
    return Judged(len(pairs), len(taken) - len(wrong), wrong, missed)
