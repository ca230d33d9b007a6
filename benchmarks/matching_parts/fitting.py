"""Fitting the coefficients of the probability: logistic regression by Newton's steps, with cross-validation."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.matching_parts.scoring import answered_at

RIDGE = 0.05
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Example:
    """What spoke for the first hit of a question, and whether it was right."""

    values: tuple[float, ...]
    right: bool


def fitted(sets: Mapping[str, Sequence[Example]]) -> list[float]:
    """Return the coefficients, the bias last; every set has the same weight."""
    rows = [(*each.values, 1.0) for examples in sets.values() for each in examples]
    right = [float(each.right) for examples in sets.values() for each in examples]
    weights = [500 / len(examples) for examples in sets.values() for _ in examples]
    size = len(rows[0])
    found = [0.0] * size
    for _ in range(30):
        slope = [-RIDGE * value for value in found]
        bend = [[RIDGE * (at == to) for to in range(size)] for at in range(size)]
        for row, wanted, weight in zip(rows, right, weights, strict=True):
            sure = _sigmoid(sum(a * b for a, b in zip(row, found, strict=True)))
            steep = weight * sure * (1 - sure)
            for at, value in enumerate(row):
                slope[at] += weight * (wanted - sure) * value
                line = bend[at]
                for to in range(at, size):
                    line[to] += steep * value * row[to]
        for at in range(size):
            for to in range(at):
                bend[at][to] = bend[to][at]
        step = _solved(bend, slope)
        found = [value + change for value, change in zip(found, step, strict=True)]
        if max(map(abs, step)) < 1e-7:
            break
    return found


def validated(sets: Mapping[str, Sequence[Example]], seed: int = 0) -> dict[str, tuple[float, float]]:
    """Return of each set what is answered at 95 % precision and the squared error, by questions left out of the fit."""
    random_ = random.Random(seed)
    folds = {name: [random_.randrange(FOLDS) for _ in examples] for name, examples in sets.items()}
    answers: dict[str, list[tuple[float, bool]]] = {name: [] for name in sets}
    for fold in range(FOLDS):
        kept = {
            name: [each for each, at in zip(examples, folds[name], strict=True) if at != fold]
            for name, examples in sets.items()
        }
        found = fitted(kept)
        for name, examples in sets.items():
            for each, at in zip(examples, folds[name], strict=True):
                if at == fold:
                    told = sum(a * b for a, b in zip((*each.values, 1.0), found, strict=True))
                    answers[name].append((_sigmoid(told), each.right))
    return {
        name: (answered_at(given, 0.95), sum((sure - right) ** 2 for sure, right in given) / len(given))
        for name, given in answers.items()
    }


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve linear equations by elimination."""
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for at in range(size):
        best = max(range(at, size), key=lambda line: abs(rows[line][at]))
        rows[at], rows[best] = rows[best], rows[at]
        for line in range(at + 1, size):
            share = rows[line][at] / rows[at][at]
            for column in range(at, size + 1):
                rows[line][column] -= share * rows[at][column]
    found = [0.0] * size
    for at in reversed(range(size)):
        known = sum(rows[at][column] * found[column] for column in range(at + 1, size))
        found[at] = (rows[at][size] - known) / rows[at][at]
    return found
