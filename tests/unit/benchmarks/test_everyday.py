"""The everyday Chinese questions: frozen topics stay apart, and the same is made up every time."""

import random

from benchmarks.matching_parts.everyday import families, question_sets
from benchmarks.matching_parts.rewording import CHANGES, reworded


def test_frozen_topics_stay_apart() -> None:
    every = families()
    topics = {frozen: {each.topic for each in every if each.frozen is frozen} for frozen in (False, True)}
    assert not topics[False] & topics[True]
    assert len(every) >= 240
    texts = [text for each in every for text in (each.asked, each.unlike, *each.others)]
    assert all(texts)
    assert len(set(texts)) == len(texts)


def test_sets_are_the_same_every_time_and_some_questions_have_no_answer() -> None:
    sets, again = question_sets(1_500), question_sets(1_500)
    assert [(each.name, each.questions, each.docs) for each in sets] == [
        (each.name, each.questions, each.docs) for each in again
    ]
    for each in sets:
        there = {doc["id"] for doc in each.docs}
        assert all(wanted <= there for wanted in each.answers.values())
        assert 0.7 < len(each.answers) / len(each.questions) < 0.9
        assert len({doc["title"] for doc in each.docs}) == len(each.docs)


def test_a_question_comes_in_again_little_changed() -> None:
    changed = {reworded("怎么查询银行卡余额", 2, random.Random(seed)) for seed in range(60)}
    assert len(changed) > 20
    assert all(len(set("怎么查询银行卡余额") & set(text)) >= 4 for text in changed)
    assert sum(CHANGES.values()) == 1
