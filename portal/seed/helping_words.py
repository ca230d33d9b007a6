"""What people ask in half a year of support, in both languages."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Matter:
    """A fault that comes up now and then: subject, what is written, and what helped; each in English and Chinese."""

    line: str
    fault: str
    impact: str
    subject: tuple[str, str]
    body: tuple[str, str]
    cure: tuple[str, str]


ASKED_BACK: Final = (
    "Thank you. We are looking at it and will tell you more shortly.",
    "收到，我们正在查看，稍后给您答复。",
)
PRAISE: Final = (("Quick, thank you.", "处理很快，谢谢。"), ("It works again.", "已经恢复正常。"))
BLAME: Final = (("It took too long.", "等待时间太长。"), ("I had to ask twice.", "催了两次才有人处理。"))
MATTERS: Final = (
    Matter(
        "cameras", "camera_drops_at_night", "part",
        ("Cameras drop after dark", "天黑后摄像机掉线"),
        ("As soon as infrared turns on, some cameras are gone.", "红外一打开，有几路摄像机就没有画面。"),
        ("The PoE budget was exceeded; a larger switch helps.", "交换机 PoE 供电预算不足，更换后恢复。"),
    ),
    Matter(
        "cameras", "camera_offline", "part",
        ("One camera is offline", "一路摄像机一直离线"),
        ("It does not answer since this morning.", "从今天早上起一直连接不上。"),
        ("The plug was loose; it was crimped anew.", "水晶头松动，重新压接后恢复。"),
    ),
    Matter(
        "cameras", "camera_infrared_glare", "part",
        ("White haze at night", "夜间画面发白"),
        ("The picture is white as soon as it is dark.", "天黑以后画面发白，看不清。"),
        ("The dome was cleaned and its ring seated again.", "清洁球罩并重新安装防潮圈后恢复。"),
    ),
    Matter(
        "cameras", "camera_blurred", "question",
        ("Picture is not sharp", "画面不清晰"),
        ("How do we set the focus?", "怎样调整对焦？"),
        ("Focus is set in the menu under picture.", "在菜单“图像”里自动对焦即可。"),
    ),
    Matter(
        "recorders", "recorder_disk", "all",
        ("Recorder beeps, no recording", "录像机报警，不再录像"),
        ("The recorder beeps and records nothing.", "录像机一直蜂鸣，没有录像。"),
        ("A disk had failed and was replaced.", "一块硬盘损坏，更换后重建完成。"),
    ),
    Matter(
        "switches", "switch_poe_budget", "part",
        ("Ports without power", "部分端口没有供电"),
        ("The last ports give no power.", "最后几个端口不供电。"),
        ("The budget was divided anew.", "重新分配端口供电后恢复。"),
    ),
    Matter(
        "ups", "", "part",
        ("Runtime too short", "停电时供电时间太短"),
        ("It lasts ten minutes instead of thirty.", "只能维持十分钟，标称三十分钟。"),
        ("The batteries were worn out and were replaced.", "电池老化，更换后恢复。"),
    ),
    Matter(
        "", "", "question",
        ("Question about the warranty", "保修期咨询"),
        ("How long is the warranty of our devices?", "我们的设备保修期到什么时候？"),
        ("Three years from delivery; see the page of the device.", "自交货起三年，在设备页面可以查到。"),
    ),
)  # fmt: skip
