"""A rule set small enough to read: how many cameras, of which model, on one switch."""

from pathlib import Path

from portal.configurator.language.ruleset import (
    Attribute,
    Group,
    Line,
    Prefer,
    Rule,
    RuleSet,
    Section,
    Setting,
    Text,
    Value,
)

NOTHING = Text("", "")
VIDEO_SITE = Path(__file__).parents[1] / "rules" / "products" / "video-site"  # one group of cameras, quick to compile


def small_rules(*, reason: str = "The switch has eight ports.", key: str = "small-site") -> RuleSet:
    """Return rules over CAM-1, CAM-2 and SW-8 of the test catalogue; another `reason` is another content."""
    model = Attribute(
        key="model",
        kind="choice",
        label=Text("Camera", "摄像机"),
        hint=NOTHING,
        unit="",
        values=(
            Value("dome", Text("Dome", "半球"), "CAM-1"),
            Value("bullet", Text("Bullet", "枪型"), "CAM-2"),
        ),
        minimum=0,
        maximum=0,
        section="site",
        prefer=Prefer("first"),
    )
    cameras = Attribute(
        key="cameras",
        kind="quantity",
        label=Text("Cameras", "摄像机数量"),
        hint=NOTHING,
        unit="count",
        values=(),
        minimum=1,
        maximum=12,
        section="site",
        prefer=Prefer("smallest"),
    )
    return RuleSet(
        key=key,
        title=Text("Small site", "小型站点"),
        sections=(Section("site", Text("Site", "站点"), NOTHING),),
        attributes=(model, cameras),
        tables=(),
        settings=(Setting("ports", 8, "8", "count", Text("Ports of the switch", "交换机端口"), "sheet 3"),),
        rules=(
            Rule(
                "ports",
                Text(reason, "交换机有八个端口。"),
                "sheet 3",
                require="cameras <= ports",
                when="model == 'dome'",
            ),
        ),
        groups=(Group("gear", Text("Equipment", "设备")),),
        lines=(
            Line("cameras", "gear", "", "model", "cameras", ""),
            Line("switch", "gear", "SW-8", "", "1", ""),
        ),
        completion=("model", "cameras"),
        examples=(),
    )
