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

GROUPED = """\
format: 1
key: cameras-in-groups
title: {en: Cameras in groups, zh: 分组摄像机}
sections:
  views: {title: {en: Cameras, zh: 摄像机}}
  core: {title: {en: Recording, zh: 录像}}
groups:
  goods: {title: {en: Equipment, zh: 设备}}
  extras: {title: {en: Accessories, zh: 配件}}
tables:
  mounts: {file: mounts.csv}
repeated:
  camera_group:
    title: {en: Camera groups, zh: 摄像机组数}
    label: {en: Camera group, zh: 摄像机组}
    section: views
    minimum: 1
    maximum: 3
attributes:
  cameras:
    group: camera_group
    kind: quantity
    section: views
    label: {en: Number of cameras, zh: 摄像机数量}
    minimum: 1
    maximum: 3
    default: 2
  camera:
    group: camera_group
    kind: choice
    section: views
    label: {en: Camera, zh: 摄像机}
    unit: W
    values:
      heavy: {label: {en: Heavy, zh: 重型}, number: 9}
      light: {label: {en: Light, zh: 轻型}, number: 4}
    default: light
  mount:
    group: camera_group
    kind: choice
    section: views
    label: {en: Mount, zh: 支架}
    values:
      none: {label: {en: None, zh: 无}}
      pole: {label: {en: Pole, zh: 立杆}}
      wall: {label: {en: Wall, zh: 墙装}}
  power:
    group: camera_group
    kind: derived
    section: views
    label: {en: Power of the group, zh: 本组功率}
    unit: W
    expression: cameras * camera.number
  recorder:
    kind: choice
    section: core
    label: {en: Recorder, zh: 录像机}
    values:
      small: {label: {en: Small, zh: 小}, number: 4}
      large: {label: {en: Large, zh: 大}, number: 9}
  total:
    kind: derived
    section: core
    label: {en: Power of all cameras, zh: 总功率}
    unit: W
    expression: "sum(camera_group: power)"
rules:
  channels:
    because: {en: The recorder has too few channels., zh: 录像机通道不足。}
    source: sheet
    require: "sum(camera_group: cameras) <= recorder.number"
  mount-fits:
    because: {en: This mount does not carry this camera., zh: 该支架不适用于此摄像机。}
    source: sheet
    table: mounts
  heavy-groups:
    because: {en: One group of heavy cameras is enough., zh: 重型摄像机最多一组。}
    source: sheet
    require: "count(camera_group: camera == 'heavy') <= 1"
  heavy-alone:
    because: {en: A heavy group has at most two cameras., zh: 重型组最多两台。}
    source: sheet
    when: camera == 'heavy'
    require: cameras <= 2
lines:
  cameras: {sku: LQ-D4-I, quantity: cameras, group: goods}
  recorder: {sku: LQ-R16P, quantity: "if(recorder == 'large', 2, 1)", group: goods}
accessories:
  bracket:
    because: {en: A camera on a pole needs a bracket., zh: 立杆安装需要抱箍。}
    source: sheet
    for: cameras
    when: mount == 'pole'
    sku: LQ-MOUNT
    group: extras
  screws:
    because: {en: Each bracket is fixed with two screws., zh: 每个抱箍用两颗螺钉固定。}
    source: sheet
    for: bracket
    quantity: 2
    sku: LQ-PATCH
    group: extras
examples:
  two-groups:
    title: {en: Two groups on a small recorder, zh: 两组接小录像机}
    choices: {camera_group: 2, recorder: small, "camera_group[1].cameras": 3,
      "camera_group[1].camera": light, "camera_group[2].camera": light}
    possible: {"camera_group[2].cameras": [1]}
    derived: {total: 16 W}
"""

OPENING = """\
start:
  light:
    label: {en: Light cameras, zh: 轻型摄像机}
    minimum: 0
    maximum: 3
    default: 2
    member: {group: camera_group, count: cameras, choices: {camera: light}}
  heavy:
    label: {en: Heavy cameras, zh: 重型摄像机}
    minimum: 0
    maximum: 2
    default: 0
    member: {group: camera_group, count: cameras, choices: {camera: heavy}}
templates:
  shop:
    title: {en: Shop, zh: 商店}
    hint: {en: A room with a counter, zh: 带柜台的房间}
    start: {light: 3, heavy: 1}
    choices: {recorder: large}
    members: {heavy: {mount: pole}}
  own:
    title: {en: Own site, zh: 自定义站点}
advice:
  hot:
    because: {en: A group of this power gets hot., zh: 此功率的一组会发热。}
    source: sheet
    when: power > 17 W
pictures:
  bars: {kind: bars, parts: {total: total, count: camera_group}}
"""

OPENED = (
    GROUPED.replace("    label: {en: Power of the group", "    view: full\n    label: {en: Power of the group")
    + OPENING
)
"""The grouped rules with a first screen, templates, advice and a picture."""

MOUNTS = "camera,mount\nlight,none\nlight,pole\nlight,wall\nheavy,pole\n"


def write_grouped(root: Path, rules: str = GROUPED, mounts: str = MOUNTS) -> Path:
    """Write the rule folder with repeated groups below root and return it."""
    folder = root / "products" / "cameras-in-groups"
    folder.mkdir(parents=True)
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    (folder / "mounts.csv").write_text(mounts, encoding="utf-8")
    return folder


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
