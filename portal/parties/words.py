"""Industries, regions and sizes of customers: codes in the data, words in both languages."""

from collections.abc import Mapping
from typing import Final

from portal.words import Text

INDUSTRIES: Final[Mapping[str, Text]] = {
    "government": Text("Government and public bodies", "政府与公共机构"),
    "safety": Text("Police, fire and justice", "公安、消防与司法"),
    "education": Text("Education", "教育"),
    "health": Text("Health care", "医疗卫生"),
    "transport": Text("Transport and logistics", "交通与物流"),
    "energy": Text("Energy, water and mining", "能源、水务与矿业"),
    "manufacturing": Text("Manufacturing", "制造业"),
    "construction": Text("Construction and installation", "建筑与安装"),
    "property": Text("Real estate and property management", "房地产与物业管理"),
    "retail": Text("Trade and retail", "批发零售"),
    "hospitality": Text("Hotels and restaurants", "住宿餐饮"),
    "finance": Text("Finance and insurance", "金融保险"),
    "telecom": Text("Telecommunications, software and data centres", "通信、软件与数据中心"),
    "culture": Text("Culture, sports and tourism", "文化、体育与旅游"),
    "agriculture": Text("Agriculture and forestry", "农林牧渔"),
    "services": Text("Other services", "其他服务"),
}
REGIONS: Final[Mapping[str, Text]] = {
    "CN-BJ": Text("Beijing", "北京"),
    "CN-TJ": Text("Tianjin", "天津"),
    "CN-HE": Text("Hebei", "河北"),
    "CN-SX": Text("Shanxi", "山西"),
    "CN-NM": Text("Inner Mongolia", "内蒙古"),
    "CN-LN": Text("Liaoning", "辽宁"),
    "CN-JL": Text("Jilin", "吉林"),
    "CN-HL": Text("Heilongjiang", "黑龙江"),
    "CN-SH": Text("Shanghai", "上海"),
    "CN-JS": Text("Jiangsu", "江苏"),
    "CN-ZJ": Text("Zhejiang", "浙江"),
    "CN-AH": Text("Anhui", "安徽"),
    "CN-FJ": Text("Fujian", "福建"),
    "CN-JX": Text("Jiangxi", "江西"),
    "CN-SD": Text("Shandong", "山东"),
    "CN-HA": Text("Henan", "河南"),
    "CN-HB": Text("Hubei", "湖北"),
    "CN-HN": Text("Hunan", "湖南"),
    "CN-GD": Text("Guangdong", "广东"),
    "CN-GX": Text("Guangxi", "广西"),
    "CN-HI": Text("Hainan", "海南"),
    "CN-CQ": Text("Chongqing", "重庆"),
    "CN-SC": Text("Sichuan", "四川"),
    "CN-GZ": Text("Guizhou", "贵州"),
    "CN-YN": Text("Yunnan", "云南"),
    "CN-XZ": Text("Tibet", "西藏"),
    "CN-SN": Text("Shaanxi", "陕西"),
    "CN-GS": Text("Gansu", "甘肃"),
    "CN-QH": Text("Qinghai", "青海"),
    "CN-NX": Text("Ningxia", "宁夏"),
    "CN-XJ": Text("Xinjiang", "新疆"),
    "CN-TW": Text("Taiwan", "台湾"),
    "CN-HK": Text("Hong Kong", "香港"),
    "CN-MO": Text("Macao", "澳门"),
    "asia": Text("Rest of Asia", "亚洲其他地区"),
    "africa": Text("Africa", "非洲"),
    "europe": Text("Europe", "欧洲"),
    "america": Text("America", "美洲"),
    "oceania": Text("Oceania", "大洋洲"),
}
SIZES: Final[Mapping[str, Text]] = {
    "1-19": Text("Up to 19 people", "19 人以下"),
    "20-99": Text("20 to 99 people", "20–99 人"),
    "100-499": Text("100 to 499 people", "100–499 人"),
    "500-1999": Text("500 to 1,999 people", "500–1999 人"),
    "2000+": Text("2,000 people and more", "2000 人及以上"),
}
TABLES: Final[Mapping[str, Mapping[str, Text]]] = {"industry": INDUSTRIES, "region": REGIONS, "size": SIZES}


def word(table: str, code: str, locale: str) -> str:
    """Return what a code is called; a code that no table knows (any more) stands for itself."""
    found = TABLES[table].get(code)
    return found.to(locale) if found else code


def code_of(table: str, typed: str) -> str | None:
    """Return the code that somebody means by a code or by its word in either language, None for anything else."""
    wanted = " ".join(typed.split()).casefold()
    for code, text in TABLES[table].items():
        if wanted in (code.casefold(), text.en.casefold(), text.zh.casefold()):
            return code
    return None
