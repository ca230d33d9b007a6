"""What is found, in which order, how sure, and by whom."""

import random
from collections.abc import Callable

import pytest

from portal.search.analysing import words
from portal.search.audience import EVERYTHING
from portal.search.calibrating import band_of
from tests.unit.search.conftest import Finds, case

Indexed = Callable[..., Finds]
FILLING = [case(900 + at, f"Something else number {at}", "words that stand everywhere") for at in range(30)]


def ids(hits: list) -> list[int]:
    return [hit.id for hit in hits]


def test_a_title_counts_more_than_a_body(indexed: Indexed) -> None:
    find = indexed(case(1, "Lens", "the disk is not found"), case(2, "The disk is not found"), *FILLING)
    assert ids(find("disk not found"))[:2] == [2, 1]


@pytest.mark.parametrize(
    "typed",
    ["E-1042", "e1042", "error 1042", "Fan failure e-1042", "风扇 E1042", "E-1042 the camera restarts at night"],
)
def test_a_code_decides(indexed: Indexed, typed: str) -> None:
    facts = {"error_code": "E-1042"}
    others = [case(at, "Fan failure: the camera restarts at night", f"code E-{at}") for at in range(2000, 2020)]
    find = indexed(case(1, "Motor", "code E-1042", facts=facts), *others)
    assert ids(find(typed))[0] == 1


def test_facts_add_and_never_keep_anything_out(indexed: Indexed) -> None:
    lines = ("recorders", "cameras")
    find = indexed(*(case(at, "Restarts at night", facts={"product_line": lines[at % 2]}) for at in range(10)))
    chosen = find("restarts at night", facts={"product_line": "cameras"})
    assert {at % 2 for at in ids(chosen)[:5]} == {1}
    assert len(chosen) == 10
    assert len(find("restarts at night", facts={"product_line": "nobody has it"})) == 10
    assert ids(find("", facts={"product_line": ("cameras", "ups")}))[:5] == [1, 3, 5, 7, 9]


def test_a_learned_wording_brings_its_case_forward(indexed: Indexed) -> None:
    plain = case(1, "Remote preview fails on the mobile client")
    other = case(2, "The phone book at work is empty")
    typed = "my phone shows nothing when I am not at work"
    assert ids(indexed(plain, other, *FILLING)(typed))[0] == 2
    learned = case(1, plain.title, wordings=("my phone shows nothing when away from work", "app is black"))
    found = indexed(learned, other, *FILLING)(typed)
    assert found[0].id == 1
    assert found[0].title == plain.title  # nobody is shown another's words


def test_chinese_in_both_scripts_and_other_words_of_the_same_signs(indexed: Indexed) -> None:
    find = indexed(case(1, "录像机硬盘无法识别"), case(2, "摄像机夜间画面模糊"), *FILLING)
    for typed in ("硬盘无法识别", "錄像機識別不了硬盤", "硬盘识别不到"):
        assert ids(find(typed))[0] == 1


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("怎样更改登陆口令呢", "如何修改登录密码"),
        ("请问手机连不了无线网络咋回事", "手机无法连接wifi是什么原因"),
        ("相机掉线了该如何处理", "摄像头离线怎么办"),
        ("啥时候能出货", "什么时候可以发货"),
    ],
)
def test_other_words_for_the_same_are_the_same(indexed: Indexed, typed: str, title: str) -> None:
    others = [
        case(100 + at, text) for at, text in enumerate(("如何删除文件", "手机充不进电", "摄像头方向怎么调", "运费多少"))
    ]
    find = indexed(case(1, title), *others, *FILLING)
    assert ids(find(typed))[0] == 1


def test_a_word_that_was_put_for_another_is_still_found(indexed: Indexed) -> None:
    find = indexed(case(1, "相机进水"), case(2, "摄像头转动"), *FILLING)
    assert ids(find("相"))[0] == 1


def test_one_chinese_word_finds_no_noise_beside_itself(indexed: Indexed) -> None:
    cases = [case(1, "门禁不开"), case(2, "开门按钮"), case(3, "禁止录像"), case(4, "信用卡"), case(5, "卡片")]
    find = indexed(*cases, *FILLING)
    assert ids(find("门禁")) == [1]
    assert ids(find("信用")) == [4]  # part of a longer word
    assert set(ids(find("门窗"))) == {1, 2}  # nothing has it: what shares a sign is better than nothing


def test_wordings_speak_together(indexed: Indexed) -> None:
    alone = case(1, "Camera one", wordings=("picture is grey", "no colour at dusk", "dusk turns everything grey"))
    other = case(2, "Grey picture at dusk and other words of no matter here")
    assert ids(indexed(alone, other, *FILLING)("the picture turns grey at dusk"))[0] == 1


@pytest.mark.parametrize("typed", ["remo", "remote prev", "notificatio"])
def test_the_last_word_may_be_half_typed(indexed: Indexed, typed: str) -> None:
    find = indexed(case(1, "Remote preview and notifications"), *FILLING)
    assert ids(find(typed, typing=True))[:1] == [1]


def test_kinds(indexed: Indexed) -> None:
    find = indexed(case(1, "disk", kind="article"), case(2, "disk", kind="ticket"))
    assert ids(find("disk", kinds=("ticket",))) == [2]
    assert ids(find("disk", kinds=("quote",))) == []


def test_of_two_alike_the_one_that_is_used_more_stands_first(indexed: Indexed) -> None:
    find = indexed(case(1, "Disk not found"), case(2, "Disk not found", boost=1.3), case(3, "Disk found", boost=2))
    assert ids(find("disk not found")) == [2, 1, 3]


@pytest.mark.parametrize(
    "typed", ["", "   ", "。，！", "\x00", "the" * 50_000, "a b " * 30_000, "💥" * 3000, '"AND (', "界" * 9999]
)
def test_odd_questions_are_answered(indexed: Indexed, typed: str) -> None:
    find = indexed(*FILLING)
    for hit in find(typed, typing=True):
        assert 0 <= hit.probability <= 1


def test_probabilities_fall_and_say_what_was_found(indexed: Indexed) -> None:
    find = indexed(
        case(1, "The recorder does not find its disk"), case(2, "The disk of the recorder is loud"), *FILLING
    )
    right = find("the recorder does not find its disk")
    sure = [hit.probability for hit in right]
    assert sure == sorted(sure, reverse=True)
    assert right[0].band == "solves"
    wrong = find("holiday request for the spring festival")
    assert all(hit.band == "nothing" for hit in wrong)
    assert [band_of(value) for value in (0.0, 0.5, 1.0)] == ["nothing", "similar", "solves"]


def test_the_only_hit_of_a_small_index_is_not_sure_for_that(indexed: Indexed) -> None:
    find = indexed(
        case(1, "White veil at night", "reflects all the time", facts={"product_line": "cameras"}),
        case(2, "PoE budget exceeded", "switch drops cameras"),
    )
    for typed in ("beeps all the time", "quux beeps all the time 持续蜂鸣"):
        for facts in ({}, {"product_line": "ups"}):
            hits = find(typed, facts=facts)
            assert [hit.id for hit in hits] == [1]
            assert hits[0].band == "nothing"


def test_readers_find_exactly_what_a_slow_filter_leaves(indexed: Indexed) -> None:
    random_ = random.Random(5)
    tokens = [f"org:{number}" for number in range(12)]
    texts = ["disk", "fan", "lens", "motor", "电源", "硬盘", "E-1042"]
    documents = [
        case(
            at,
            " ".join(random_.sample(texts, 2)),
            random_.choice(texts),
            audience=frozenset(random_.sample(tokens, random_.randint(0, 3))),
        )
        for at in range(400)
    ]
    find = indexed(*documents)
    for _ in range(150):
        reader = frozenset(random_.sample(tokens, random_.randint(0, 4)))
        typed = " ".join(random_.sample(texts, random_.randint(1, 2)))
        asked = set(words(typed))
        wanted = {
            each.id for each in documents if each.audience & reader and asked & set(words(f"{each.title} {each.body}"))
        }
        assert set(ids(find(typed, reader, limit=400))) == wanted
    everything = {each.id for each in documents if "disk" in f"{each.title} {each.body}"}
    assert set(ids(find("disk", EVERYTHING, limit=400))) == everything
    assert find("disk", frozenset()) == []
