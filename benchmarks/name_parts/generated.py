"""A million invented names of companies, schools and hospitals, and what people type when they look for one."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from portal.parties.identity.letters import listed
from portal.parties.identity.regions import CITIES, PROVINCES
from portal.parties.identity.sounds import syllables

# Signs that trade names are made of.
SIGNS = (
    "华泰恒信瑞丰隆盛昌达通远宏鑫源润泽康安和顺祥瑞福禄寿喜财宝金银玉珠翠峰岭山川江河湖海洋波涛澜清溪泉源林森松柏"
    "竹梅兰菊荷莲桂枫桐杉榕楠樟春夏秋冬晨曦朝阳旭东升晓光明亮辉耀星辰宇宙天云霄雷电雨雪霜露风帆航舟船桥路道程驰骏"
    "马龙凤鹏鹤鹰雁燕鸿鹭麒麟虎豹狮象牛羊鹿熊蜂蝶鱼鲸贝壳中正大方圆平直公义仁德礼智诚毅勤俭朴素真善美雅文博学思想"
    "慧敏捷锐利精准确实力量强健壮勇敢胜凯旋兴旺荣茂繁锦绣绮丽彩虹霞映照临观景新创造开启迪发展进步超越卓优秀尚品质"
    "尊贵领先锋标杆典范楷模百千万亿兆元亨利贞乾坤震巽坎离艮兑太极阴阳甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
    "青赤黄白黑紫绿蓝橙红粉灰棕铜铁钢铝锡铅锌镍钛钨石砂岩矿煤油气电子核能磁力声波频率数码字网络联合众群团聚汇集聪"
    "颖骥尧舜禹汤夏商周秦汉唐宋元明南北西前后左右内外上下高低深浅长短宽广厚薄轻重快慢早晚古今良佳嘉吉庆欣悦怡乐欢"
    "笑佑护卫守御拓垦耕耘播种收获仓储运输递送飞腾跃翔奔放驾驭骋翰墨丹青书画诗词歌赋琴棋剑戈矛盾弓箭旗鼓钟鼎樽爵杯"
    "盏壶瓶"
)
INDUSTRIES_ZH = listed(
    """
    科技 电子 贸易 实业 建设 建筑工程 物流 食品 机械 医疗器械 信息技术 网络科技 软件 生物医药 环保科技
    新能源 新材料 农业发展 文化传媒 教育咨询 投资管理 房地产开发 物业管理 酒店管理 餐饮管理 装饰工程 纺织
    服装 化工 塑料制品 五金制品 电器 汽车零部件 模具 包装材料 印刷 家具 玩具 珠宝 化妆品 制药 光电科技
    通信设备 智能科技 安防设备 自动化设备 仪器仪表 电力设备 水务 燃气 港务 航运 供应链管理 国际货运代理
    """
)
INSTITUTIONS_ZH = ("第{}中学", "第{}小学", "第{}人民医院", "{}职业技术学院", "{}小学", "{}中学", "{}医院", "{}幼儿园")
FORMS_ZH = ("有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司", "集团有限公司")
NUMERALS = "一二三四五六七八九十"
INDUSTRIES_EN = listed(
    """
    Technology Electronics Trading Industries Construction Logistics Foods Machinery Medical Software
    Networks Pharma Energy Materials Media Consulting Investment Properties Hotels Design Textiles Chemicals
    Plastics Hardware Automotive Packaging Printing Furniture Optics Telecom Security Automation Instruments
    Power Water Shipping Airlines Hospital School College University Clinic Museum Library Brewery Bakery
    Steel Mining Timber
    """
)
FORMS_EN = ("Co., Ltd.", "Ltd.", "Inc.", "Corporation", "LLC", "GmbH", "Group Ltd.", "Pte. Ltd.")
ONSETS = listed(
    """
    b br c ch cl cr d dr f fl fr g gl gr h j k kl kn l m n p ph pl pr qu r s sc sh sl sp st str sw t th tr v
    w wh z
    """
)
VOWELS = listed(
    """
    a e i o u ai au ea ee ei ie oa oo ou y
    """
)
CODAS = ("", "", "", *listed("b ck d g k l ll m n nd ng nt p r rd rk rn s sh ss st t th x"))
CHINESE_SHARE = 0.6
INSTITUTIONS_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody types, and the place of the name that he means."""

    typed: str
    place: int
    chinese: bool
    kind: str


def words(count: int, dice: random.Random) -> tuple[list[str], list[str]]:
    """Return `count` distinct words of both languages together, not counting regions, industries and forms."""
    common = len(INDUSTRIES_ZH) + len(INDUSTRIES_EN) + len(CITIES) + len(PROVINCES) + len(INSTITUTIONS_ZH) + 20
    half = (count - common) // 2
    signs = sorted(set(SIGNS))
    chinese: dict[str, None] = {}
    while len(chinese) < half:
        length = 2 if dice.random() < 0.5 or len(chinese) < half // 4 else 3
        chinese.setdefault("".join(dice.choice(signs) for _ in range(length)))
    english: dict[str, None] = {}
    while len(english) < count - common - half:
        english.setdefault(_word(dice))
    return list(chinese), list(english)


def names(count: int, distinct: int, seed: int = 1) -> list[str]:
    """Return `count` distinct names made of about `distinct` words; six in ten are Chinese."""
    dice = random.Random(seed)
    chinese, english = words(distinct, dice)
    made: dict[str, None] = {}
    for word in chinese[: count // 3]:  # every word stands in some name
        made.setdefault(_chinese(word, dice))
    for word in english[: count // 3]:
        made.setdefault(_english((word,), dice))
    while len(made) < count:
        if dice.random() < CHINESE_SHARE:
            made.setdefault(_chinese(dice.choice(chinese), dice))
        else:
            made.setdefault(_english(tuple(dice.sample(english, dice.choice((1, 2, 2)))), dice))
    shuffled = list(made)[:count]
    dice.shuffle(shuffled)
    return shuffled


def queries(all_names: list[str], count: int, seed: int = 2) -> Iterator[Query]:
    """Yield names with one typing error each."""
    dice = random.Random(seed)
    signs = sorted(set(SIGNS))
    alike: dict[str, list[str]] = {}
    for sign in signs:
        alike.setdefault(syllables(sign)[0], []).append(sign)
    for place in dice.sample(range(len(all_names)), count):
        name = all_names[place]
        chinese = name[0] > "\u2e80"
        yield _mistyped_chinese(name, place, dice, signs, alike) if chinese else _mistyped_english(name, place, dice)


def _word(dice: random.Random) -> str:
    count = dice.choice((1, 2, 2, 2, 3))
    word = "".join(dice.choice(ONSETS) + dice.choice(VOWELS) + dice.choice(CODAS) for _ in range(count))
    return (word if len(word) > 3 else word + _word(dice)).capitalize()


def _chinese(word: str, dice: random.Random) -> str:
    region = dice.choice(CITIES) if dice.random() < 0.9 else dice.choice(PROVINCES)
    if dice.random() < INSTITUTIONS_SHARE:
        kind = dice.choice(INSTITUTIONS_ZH)
        if kind.startswith("第"):
            return f"{region}市{word}区{kind.format(dice.choice(NUMERALS))}"
        return f"{region}市{kind.format(word)}"
    whole = f"{word}{dice.choice(INDUSTRIES_ZH)}"
    where = dice.random()
    form = dice.choice(FORMS_ZH)
    if where < 0.8:
        return f"{region}{'市' if where < 0.2 and region in CITIES else ''}{whole}{form}"
    return f"{whole}（{region}）{form}" if where < 0.9 else f"{whole}{form}"


def _english(words_: tuple[str, ...], dice: random.Random) -> str:
    kind = dice.choice(INDUSTRIES_EN)
    region = "".join(syllables(dice.choice(CITIES))).capitalize()
    where = dice.random()
    brand = " ".join(words_)
    if where < 0.3:
        return f"{region} {brand} {kind} {dice.choice(FORMS_EN)}"
    if where < 0.4:
        return f"{brand} {kind} ({region}) {dice.choice(FORMS_EN)}"
    return f"{brand} {kind} {dice.choice(FORMS_EN)}"


def _mistyped_chinese(
    name: str, place: int, dice: random.Random, signs: list[str], alike: dict[str, list[str]]
) -> Query:
    form = next((form for form in (*dict.fromkeys(FORMS_ZH),) if name.endswith(form)), "")
    stem = name.removesuffix(form)
    at = dice.randrange(len(stem))
    kind = dice.choice(("sounds alike", "another sign", "sign left out", "sign too many", "signs swapped"))
    same = [sign for sign in alike.get(syllables(stem[at])[0], ()) if sign != stem[at]]
    if kind == "sounds alike" and same:
        wrong = stem[:at] + dice.choice(same) + stem[at + 1 :]
    elif kind == "sign left out":
        wrong = stem[:at] + stem[at + 1 :]
    elif kind == "sign too many":
        wrong = stem[:at] + dice.choice(signs) + stem[at:]
    elif kind == "signs swapped" and at + 1 < len(stem) and stem[at] != stem[at + 1]:
        wrong = stem[:at] + stem[at + 1] + stem[at] + stem[at + 2 :]
    else:
        kind, wrong = "another sign", stem[:at] + dice.choice(signs) + stem[at + 1 :]
    return Query(wrong + (form if dice.random() < 0.5 else ""), place, True, kind)


def _mistyped_english(name: str, place: int, dice: random.Random) -> Query:
    form = next((form for form in sorted(FORMS_EN, key=len, reverse=True) if name.endswith(form)), "")
    stem = name.removesuffix(form).rstrip()
    at = dice.choice([at for at, sign in enumerate(stem) if sign.isalpha()])
    letter = dice.choice("abcdefghijklmnopqrstuvwxyz")
    kind = dice.choice(("another letter", "letter left out", "letter too many", "letters swapped"))
    if kind == "letter left out":
        wrong = stem[:at] + stem[at + 1 :]
    elif kind == "letter too many":
        wrong = stem[:at] + letter + stem[at:]
    elif kind == "letters swapped" and at + 1 < len(stem) and stem[at + 1].isalpha() and stem[at] != stem[at + 1]:
        wrong = stem[:at] + stem[at + 1] + stem[at] + stem[at + 2 :]
    else:
        kind, wrong = "another letter", stem[:at] + letter + stem[at + 1 :]
    return Query(wrong + (f" {form}" if dice.random() < 0.5 else ""), place, False, kind)
