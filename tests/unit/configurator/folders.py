"""Small rule folders for the reader's tests: a sound one, and text changes that break it."""

from __future__ import annotations

from pathlib import Path

SOUND = """\
format: 1
key: small
title: {en: Small, zh: 小}
completion: [size, count]
sections:
  one: {title: {en: One, zh: 一}}
groups:
  goods: {title: {en: Goods, zh: 货}}
settings:
  reserve:
    value: "25"
    unit: "%"
    label: {en: Reserve, zh: 预留}
    source: a book
tables:
  weights: {file: weights.csv, key: size}
  pairs: {file: pairs.csv, key: [size, count]}
attributes:
  size:
    kind: choice
    section: one
    label: {en: Size, zh: 尺寸}
    values:
      small: {label: {en: Small, zh: 小}}
      large: {label: {en: Large, zh: 大}}
  count:
    kind: quantity
    section: one
    label: {en: Count, zh: 数量}
    minimum: 1
    maximum: 4
    prefer: smallest
  run:
    kind: fact
    section: one
    label: {en: Cable, zh: 线缆}
    unit: m
    minimum: 1
    maximum: 90
  weight:
    kind: derived
    section: one
    label: {en: Weight, zh: 重量}
    unit: kg
    expression: count * weights.weight(size)
rules:
  not-heavy:
    because: {en: Too heavy., zh: 太重。}
    when: size == 'large'
    require: weight <= 8 kg
  known-pair:
    because: {en: Not made., zh: 不生产。}
    table: pairs
lines:
  boxes: {sku: BOX, quantity: count, group: goods}
examples:
  two-large:
    title: {en: Two, zh: 两个}
    choices: {size: large}
    possible: {count: [1, 2]}
"""

WEIGHTS = "size,weight[kg]\nsmall,1.5\nlarge,4\n"
PAIRS = "size,count[count]\nsmall,1\nsmall,2\nsmall,3\nsmall,4\nlarge,1\nlarge,2\nlarge,3\n"


def write(root: Path, rules: str = SOUND, weights: str = WEIGHTS, pairs: str = PAIRS) -> Path:
    """Write a rule folder below root and return it."""
    folder = root / "products" / "small"
    folder.mkdir(parents=True)
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    (folder / "weights.csv").write_text(weights, encoding="utf-8")
    (folder / "pairs.csv").write_text(pairs, encoding="utf-8")
    return folder


def changed(old: str, new: str) -> str:
    """Return the sound file with one text replaced; the text must occur exactly once."""
    assert SOUND.count(old) == 1, old
    return SOUND.replace(old, new)


def line_of(text: str, part: str) -> int:
    """Return the first line, from 1, that holds a text."""
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)
