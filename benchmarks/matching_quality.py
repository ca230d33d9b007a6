"""How well the search finds what was meant, against plain BM25, with a paired bootstrap.

    PORTAL_TEST_MATCHING=<folder of sets> python benchmarks/matching_quality.py
    python benchmarks/matching_quality.py --folder <folder of sets>
    python benchmarks/matching_quality.py --folder <folder of sets> --fit    fits the probability, too

A set is a folder with corpus.jsonl, queries.jsonl and qrels.tsv. Chinese questions of our own stand beside this file:
`zh-asked` as other people ask the same, `zh-again` as the same comes in again little changed. Nothing was tuned on
those whose topics are frozen.
"""

import argparse
import os
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # called as a file: the project is the folder above
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from benchmarks import common
from benchmarks.common import Goal
from benchmarks.matching_parts import everyday, fitting, generated
from benchmarks.matching_parts.fitting import Example
from benchmarks.matching_parts.scoring import Measured, PlainBm25, QuestionSet, bootstrap, measure, read_set
from portal.search.calibrating import NAMES
from portal.search.evaluation import Evaluated
from portal.search.ranking import Ranked

VARIABLE = "PORTAL_TEST_MATCHING"
OUR_CHINESE = Path(__file__).parent / "matching_parts" / "faq_zh.tsv"
LEARNED = 3  # wordings that each case learns
SEEDS = range(5)
KEPT_OUT = {"our-zh", "zh-asked-frozen", "zh-again-frozen"}  # of fitting
LEAST_EXAMPLES = 50  # of a set that teaches
GOALS = {
    "en-faq": (("MAP", 89.0), ("P@1", 82.0), ("answered", 44.0)),
    "en-bugdup": (("MAP", 59.0),),
    "mix-facts": (("MAP", 93.0),),
}


def main(arguments: list[str] | None = None) -> int:
    """Entry point; fails on a missed goal only with --strict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--folder", type=Path, default=os.environ.get(VARIABLE), help="folder of sets")
    parser.add_argument(
        "--documents",
        type=int,
        default=everyday.DOCUMENTS,
        help="among which everyday Chinese questions are asked; 0: none",
    )
    parser.add_argument("--fit", action="store_true", help="fit the coefficients of the probability and print them")
    parser.add_argument("--strict", action="store_true", help="fail when a goal is not met")
    parser.add_argument("--results", type=Path, default=common.RESULTS, help="folder of the JSON file")
    options = parser.parse_args(arguments)
    sets = [chinese(), *(everyday.question_sets(options.documents) if options.documents else ())]
    if options.folder is None or not Path(options.folder).is_dir():
        print(f"Only our own Chinese questions are asked: {VARIABLE} or --folder names no folder of sets.")
    else:
        sets += [read_set(each) for each in sorted(Path(options.folder).iterdir()) if (each / "qrels.tsv").is_file()]
    rows, goals, facts = compare(sets)
    print(common.table(("set, side", "MAP", "P@1", "answered %"), rows))
    for name, found in facts.items():
        print("{}: {:+.1f} points of MAP, 95 % between {:+.1f} and {:+.1f}, p = {:.4f}".format(name, *found))
    for each in sets:
        if each.name == "en-faq":
            goals.append(learn(each))
    print("\n".join(map(str, goals)))
    if options.fit:
        fit(sets)
    print(f"\nwritten: {common.write_json('matching_quality', {'ahead': facts, 'goals': goals}, options.results)}")
    return 1 if options.strict and not all(goal.met for goal in goals) else 0


def chinese() -> QuestionSet:
    """Return our own Chinese questions, each asked in two other wordings, among the sentences of our own pages."""
    lines = [line.split("\t") for line in OUR_CHINESE.read_text("utf-8").splitlines()]
    docs = [{"id": f"q{at}", "lang": "zh", "title": line[0], "body": ""} for at, line in enumerate(lines)]
    others = sorted({text for _, text in generated.texts() if "%" not in text and len(text) > 4})
    docs += [{"id": f"o{at}", "lang": "zh", "title": text, "body": ""} for at, text in enumerate(others)]
    asked = [
        {"id": f"{at}-{number}", "text": text} for at, line in enumerate(lines) for number, text in enumerate(line[1:])
    ]
    return QuestionSet(
        "our-zh", docs, asked, {each["id"]: frozenset({f"q{each['id'].split('-')[0]}"}) for each in asked}
    )


def compare(sets: Sequence[QuestionSet]) -> tuple[list[tuple[object, ...]], list[Goal], dict[str, tuple[float, ...]]]:
    """Ask both sides and return lines of the table, goals, and by how much we are ahead."""
    rows: list[tuple[object, ...]] = []
    goals, ahead = [], {}
    for each in sets:
        found: dict[str, Measured] = {}
        for name, side in (("portal", Evaluated()), ("plain BM25", PlainBm25())):
            side.index(each.docs)
            found[name] = measure(side, each)
            rows.append((f"{each.name}, {name}", found[name].mean, found[name].first_right, found[name].answered))
        ours = found["portal"]
        ahead[each.name] = bootstrap(ours.precisions, found["plain BM25"].precisions)
        values = {"MAP": ours.mean, "P@1": ours.first_right, "answered": ours.answered}
        goals += [
            Goal(f"{each.name} {what}", values[what], limit, at_most=False) for what, limit in GOALS.get(each.name, ())
        ]
    return rows, goals, ahead


def learn(asked: QuestionSet) -> Goal:
    """Let each case learn three wordings, and score the other questions before and after."""
    by_case: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for question in asked.questions:
        for case in asked.answers.get(question["id"], ()):
            by_case[case].append(question)
    before = after = 0.0
    count = 0
    for seed in SEEDS:
        random_ = random.Random(seed)
        learned: dict[str, tuple[str, ...]] = {}
        scored: list[Mapping[str, Any]] = []
        for case, questions in sorted(by_case.items()):
            shuffled = random_.sample(questions, len(questions))
            if len(shuffled) > LEARNED:
                learned[case] = tuple(each["text"] for each in shuffled[:LEARNED])
                scored += shuffled[LEARNED:]
        count = len(scored)
        plain, taught = Evaluated(), Evaluated()
        plain.index(asked.docs)
        taught.index([{**doc, "wordings": learned.get(doc["id"], ())} for doc in asked.docs])
        before += measure(plain, asked, scored).mean / len(SEEDS)
        after += measure(taught, asked, scored).mean / len(SEEDS)
    print(
        f"{asked.name}: {LEARNED} wordings learned per case, {count} other questions scored, {len(SEEDS)} seeds: "
        f"MAP {before:.1f} before, {after:.1f} after; {100 - before:.1f} are left to be gained"
    )
    return Goal("points of MAP gained by learned wordings", after - before, 8.0, at_most=False)


def fit(sets: Sequence[QuestionSet]) -> None:
    """Print coefficients fitted on the first hits of all sets, and what they reach on questions left out."""
    for chinese_ones, name in ((False, "words between spaces"), (True, "Chinese")):
        examples = {each.name: _examples(each, chinese_ones) for each in sets if each.name not in KEPT_OUT}
        examples = {each: found for each, found in examples.items() if len(found) >= LEAST_EXAMPLES}
        for each, (answered, error) in fitting.validated(examples).items():
            print(f"{each}: answered at 95 % precision {answered:.1f} %, squared error {error:.3f} (five folds)")
        found = zip(NAMES, fitting.fitted(examples), strict=True)
        print(f"coefficients, {name}:", ", ".join(f"{each} {value:.2f}" for each, value in found))
    print("Chinese questions kept out of fitting: what was promised, what was right")
    for sure, right, count in reliable([each for each in sets if each.name in KEPT_OUT]):
        print(f"  {100 * sure:5.1f} % {100 * right:5.1f} %  ({count})")


def _examples(asked: QuestionSet, chinese_ones: bool) -> list[Example]:
    return [
        Example(hit.evidence.values(), right)
        for hit, right in first_hits(asked)
        if hit.evidence.is_chinese is chinese_ones
    ]


def first_hits(asked: QuestionSet) -> Iterator[tuple[Ranked, bool]]:
    """Return the first hit of each question, and whether it is right."""
    side = Evaluated()
    side.index(asked.docs)
    for question in asked.questions:
        for hit in side.look(question["text"], 1, question.get("facts"), without=question.get("exclude", "")):
            yield hit, hit.card.public_id in asked.answers.get(question["id"], ())


def reliable(sets: Sequence[QuestionSet]) -> list[tuple[float, float, int]]:
    """Return by tenths of probability what was promised on average, what was right, and of how many questions."""
    tenths: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for each in sets:
        for hit, right in first_hits(each):
            tenths[min(9, int(10 * hit.probability))].append((hit.probability, right))
    return [
        (sum(sure for sure, _ in found) / len(found), sum(right for _, right in found) / len(found), len(found))
        for _, found in sorted(tenths.items())
    ]


if __name__ == "__main__":
    sys.exit(main())
