"""A rule set with everything that the page can show: groups in two sections, engineers' questions, advice, pictures."""

from pathlib import Path

SITE = """\
format: 1
key: whole-page
title: {en: Whole page, zh: 整页}
sections:
  views: {title: {en: Cameras, zh: 摄像机}, hint: {en: What has to be seen, zh: 看什么}}
  lenses: {title: {en: Lenses, zh: 镜头}}
  core: {title: {en: Recording, zh: 录像}}
  room: {title: {en: Rack, zh: 机柜}}
groups:
  goods: {title: {en: Equipment, zh: 设备}}
settings:
  free_units:
    value: "2"
    unit: U
    label: {en: Units kept free, zh: 预留单元}
    source: a book
repeated:
  camera_group:
    title: {en: Number of groups, zh: 组数}
    label: {en: Camera group, zh: 摄像机组}
    section: views
    minimum: 1
    maximum: 8
    default: 1
attributes:
  cameras:
    group: camera_group
    kind: quantity
    section: views
    label: {en: Number of cameras, zh: 摄像机数量}
    minimum: 1
    maximum: 64
    default: 8
  place:
    group: camera_group
    kind: choice
    section: views
    label: {en: Location, zh: 安装位置}
    values:
      indoor: {label: {en: Indoor, zh: 室内}}
      outdoor: {label: {en: Outdoor, zh: 室外}}
    default: indoor
  distance:
    group: camera_group
    kind: fact
    section: lenses
    label: {en: Distance, zh: 距离}
    unit: m
    minimum: 1
    maximum: 200
    default: 12
  focal:
    group: camera_group
    kind: choice
    section: lenses
    label: {en: Focal length, zh: 焦距}
    unit: um
    values:
      wide: {label: {en: 2.8 mm, zh: 2.8毫米}, number: 2800}
      middle: {label: {en: 6 mm, zh: 6毫米}, number: 6000}
      unknown: {label: {en: Not known, zh: 未知}}
    default: wide
  reach:
    group: camera_group
    kind: quantity
    view: full
    section: lenses
    label: {en: Infrared reach, zh: 红外距离}
    unit: m
    minimum: 0
    maximum: 100
    default: 10
  sensor:
    group: camera_group
    kind: derived
    section: lenses
    label: {en: Sensor width, zh: 靶面宽度}
    unit: um
    expression: 5100 um
  group_power:
    group: camera_group
    kind: derived
    section: views
    label: {en: Power of the group, zh: 本组功率}
    unit: W
    expression: cameras * 6 W
  days:
    kind: fact
    section: core
    label: {en: Days kept, zh: 保存天数}
    unit: d
    minimum: 1
    maximum: 90
    default: 30
  raid:
    kind: choice
    section: core
    label: {en: RAID, zh: RAID}
    values:
      none: {label: {en: No RAID, zh: 无RAID}, number: 0}
      raid5: {label: {en: RAID 5, zh: RAID 5}, number: 1}
  disks:
    kind: quantity
    section: core
    label: {en: Disks, zh: 硬盘数}
    minimum: 1
    maximum: 24
    prefer: smallest
  tuning:
    kind: choice
    view: full
    section: core
    label: {en: Write cache, zh: 写缓存}
    values:
      on: {label: {en: With, zh: 有}}
      off: {label: {en: Without, zh: 无}}
    default: on
  recorder:
    kind: choice
    section: core
    label: {en: Recorder, zh: 录像机}
    values:
      small: {label: {en: Small recorder, zh: 小录像机}, number: 2}
      large: {label: {en: Large recorder, zh: 大录像机}, number: 4}
    unit: U
  needed:
    kind: derived
    section: core
    label: {en: Storage needed, zh: 所需存储}
    unit: GB
    expression: "sum(camera_group: cameras) * floor(days / 1 d) * 40 GB"
  usable:
    kind: derived
    section: core
    label: {en: Usable storage, zh: 可用存储}
    unit: GB
    expression: (disks - raid.number) * 8000 GB
  disk_size:
    kind: derived
    section: core
    label: {en: Size of a disk, zh: 单盘容量}
    unit: GB
    expression: 8000 GB
  power:
    kind: derived
    section: core
    label: {en: Power of all cameras, zh: 总功率}
    unit: W
    expression: "sum(camera_group: group_power)"
  supply:
    kind: derived
    section: core
    label: {en: Supply, zh: 供电能力}
    unit: W
    expression: 400 W
  rack:
    kind: choice
    view: full
    section: room
    label: {en: Height of the rack, zh: 机柜高度}
    unit: U
    values:
      six: {label: {en: 6 U, zh: 6 U}, number: 6}
      twelve: {label: {en: 12 U, zh: 12 U}, number: 12}
    default: twelve
rules:
  enough:
    because: {en: The disks must hold all recordings., zh: 硬盘须容纳全部录像。}
    source: sheet
    require: needed <= usable
  parity:
    because: {en: RAID 5 needs three disks., zh: RAID 5至少三块硬盘。}
    source: sheet
    when: raid == 'raid5'
    require: disks >= 3
  supplied:
    because: {en: The supply feeds no more cameras., zh: 供电不足以带更多摄像机。}
    source: sheet
    require: power <= supply
  big:
    because: {en: The small recorder has eight bays., zh: 小录像机仅八个盘位。}
    source: sheet
    when: recorder == 'small'
    require: disks <= 8
lines:
  cameras: {sku: LQ-D4-I, quantity: cameras, group: goods}
  recorder: {sku: LQ-R16P, quantity: "if(recorder == 'large', 2, 1)", group: goods}
advice:
  infrared:
    because: {en: The light does not reach as far as the cameras look., zh: 红外光照不到摄像机所看的距离。}
    source: a book
    when: reach < distance
  no-raid:
    because: {en: Without RAID one broken disk loses recordings., zh: 无RAID时一块硬盘损坏即丢失录像。}
    source: a book
    when: raid == 'none'
pictures:
  plan:
    kind: site
    parts: {cameras: cameras, focal: focal, sensor: sensor, distance: distance, location: place, reach: reach}
  front:
    kind: rack
    parts: {rack: rack, units_recorder: recorder, device_recorder: recorder, units_panel: free_units}
  store:
    kind: storage
    parts: {needed: needed, usable: usable, days: days, disk: disk_size, disks: disks}
  load:
    kind: bars
    parts: {used_power: power, limit_power: supply, used_store: needed, limit_store: usable}
"""


def write_site(root: Path, rules: str = SITE) -> Path:
    """Write the rule folder below root and return it."""
    folder = root / "products" / "whole-page"
    folder.mkdir(parents=True)
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    return folder
