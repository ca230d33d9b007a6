"""A question as it comes in again: another word for asking, a polite beginning, words moved, left out or mistyped."""

import random
from collections import defaultdict
from functools import cache

import rjieba
from pypinyin import lazy_pinyin
from pypinyin.constants import PINYIN_DICT

SWAPPED = (
    ("怎么", "如何", "怎样", "怎么样", "该怎么"), ("什么", "啥"), ("为什么", "为何", "怎么会"), ("能", "可以", "能够"),
    ("哪里", "哪儿", "什么地方"), ("吗", "么", "不", "嘛"), ("多少钱", "什么价格"), ("怎么办", "咋办", "该怎么处理"),
    ("没有", "没"), ("多久", "多长时间", "多少时间"), ("不能", "无法", "不可以"), ("手机号", "手机号码"),
    ("修改", "更改", "改"), ("查询", "查", "查看"), ("电脑", "计算机"),
)  # fmt: skip
BEFORE = ("请问", "我想问一下", "谁知道", "大家", "求问", "你好，", "急！")
BEHIND = ("？", "呢", "啊", "谢谢", "？？", "求解答", "的", "呀", "了")
COMMON_SIGN = 2_000  # times in the corpus that the dictionary was counted in
# How often each change is made: the last is the share of mistyped signs that sound alike.
CHANGES = {"swapped": 0.35, "before": 0.15, "behind": 0.15, "moved": 0.2, "left out": 0.08, "mistyped": 0.07}


def reworded(text: str, changes: int, random_: random.Random) -> str:
    """Return the question after so many changes."""
    for _ in range(changes):
        text = _changed(text, random_.choices(list(CHANGES), list(CHANGES.values()))[0], random_)
    return text


def _changed(text: str, change: str, random_: random.Random) -> str:
    if change == "before":
        return random_.choice(BEFORE) + text
    if change == "behind":
        return text + random_.choice(BEHIND)
    if change == "mistyped":
        at = random_.randrange(len(text))
        alike = [sign for sign in _sounding(lazy_pinyin(text[at])[0]) if sign != text[at]] or [text[at]]
        return text[:at] + random_.choice(alike) + text[at + 1 :]
    if change == "swapped":
        found = [(word, group) for group in SWAPPED for word in group if word in text]
        if not found:
            return text
        word, group = random_.choice(found)
        return text.replace(word, random_.choice([other for other in group if other != word]), 1)
    words = list(rjieba.cut(text))
    if len(words) > 3:
        word = words.pop(random_.randrange(len(words)))
        if change == "moved":
            words.insert(random_.randrange(len(words) + 1), word)
    return "".join(words)


def _sounding(sound: str) -> list[str]:
    return _sounds().get(sound, [])


@cache
def _sounds() -> dict[str, list[str]]:
    """Return the common signs by their sound without tone."""
    dictionary = rjieba.Jieba()
    found: dict[str, list[str]] = defaultdict(list)
    for code in PINYIN_DICT:
        if dictionary.suggest_freq(chr(code)) > COMMON_SIGN:
            found[lazy_pinyin(chr(code))[0]].append(chr(code))
    return found
