"""A small catalogue in files, for whoever needs products and prices."""

from pathlib import Path

CAMERAS = """sku,maker,name_en,name_zh,power[W],view,source,confirmed,invented
CAM-1,Lanqiao,Dome camera,半球摄像机,6.5,wide,sheet 1,yes,yes
CAM-2,Lanqiao,Bullet camera,枪型摄像机,9,narrow,sheet 2,no,no
"""
SWITCHES = """sku,maker,name_en,name_zh,ports,source,confirmed,invented
SW-8,Othermaker,Switch with 8 ports,8 口交换机,8,sheet 3,yes,no
"""
PRICES = """sku,currency,book,amount_minor,valid_from,valid_to
CAM-1,CNY,list,50000,2026-01-01,2026-12-31
CAM-2,CNY,list,80000,2026-01-01,2026-12-31
SW-8,CNY,list,120000,2026-01-01,2026-12-31
CAM-1,CNY,gold,35000,2026-01-01,2026-12-31
CAM-2,CNY,gold,56000,2026-01-01,2026-12-31
CAM-1,CNY,list,52000,2027-01-01,2027-12-31
"""


def write_catalogue(folder: Path, **files: str) -> Path:
    """Write the catalogue into `folder`; keyword arguments replace whole files by name without .csv."""
    contents = {"cameras": CAMERAS, "switches": SWITCHES, "prices": PRICES, **files}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in contents.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return folder
