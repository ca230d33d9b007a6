"""Legal forms and common words of names, Chinese and English: what is left out or written in one way. Pure."""

from typing import Final

from portal.parties.identity.letters import listed

# Longest first: what a name ends in, in the words of company law.
CHINESE_FORMS: Final = (
    "股份有限责任公司", "有限责任公司", "股份有限公司", "特殊普通合伙企业", "有限合伙企业", "普通合伙企业",
    "个人独资企业", "股份合作公司", "有限合伙", "普通合伙", "特殊普通合伙", "股份公司", "责任有限公司", "有限公司",
    "总公司", "公司", "株式会社",
)  # fmt: skip
CHINESE_BRANCHES: Final = listed("分公司 子公司 办事处 代表处 营业部 分厂 分店 分院 分校 分行 支行 分部 分局")
ENGLISH_FORMS: Final = frozenset(
    listed(
        """
        ltd limited co company inc incorporated corp corporation llc llp lp plc gmbh ag kg ohg sa sas sarl srl
        spa bv nv ab as oy oyj aps pte pty sdn bhd kk pvt private jsc ooo pjsc lllp ltda cv eirl
        aktiebolag aktiengesellschaft
        """
    )
)
ENGLISH_FORM_PAIRS: Final = (
    ("s", "a"), ("s", "p", "a"), ("s", "r", "l"), ("b", "v"), ("n", "v"), ("k", "k"), ("l", "l", "c"),
    ("p", "l", "c"), ("a", "g"), ("g", "m", "b", "h"), ("p", "t", "e"), ("sp", "z", "o", "o"), ("w", "l", "l"),
    ("l", "t", "d"), ("youxian", "gongsi"), ("gufen", "youxian", "gongsi"), ("youxian", "zeren", "gongsi"),
    ("kabushiki", "kaisha"),
)  # fmt: skip
ENGLISH_BRANCHES: Final = frozenset(["branch", "office", "subsidiary", "representative"])
# Small words that come and go.
ENGLISH_FILLERS: Final = frozenset(listed("the of and for at in a an"))
# How words are shortened, and how they are spelled on the two sides of an ocean.
ENGLISH_WORDS: Final = {
    "univ": "university", "hosp": "hospital", "intl": "international", "int'l": "international",
    "tech": "technology", "technologies": "technology", "mfg": "manufacturing", "mfr": "manufacturing",
    "eng": "engineering", "engr": "engineering", "sci": "science", "sciences": "science", "dept": "department",
    "ctr": "center", "centre": "center", "inst": "institute", "assoc": "association", "assn": "association",
    "bros": "brothers", "grp": "group", "hldgs": "holdings", "holding": "holdings", "svc": "services",
    "svcs": "services", "service": "services", "sys": "systems", "system": "systems", "solution": "solutions",
    "elec": "electric", "electrical": "electric", "electronics": "electronic", "ind": "industries",
    "inds": "industries", "industry": "industries", "industrial": "industries", "natl": "national",
    "nat'l": "national", "govt": "government", "dev": "development", "mgmt": "management", "mgt": "management",
    "telecom": "telecommunications", "comm": "communications", "comms": "communications",
    "communication": "communications", "st": "saint", "labs": "laboratories", "lab": "laboratories",
    "laboratory": "laboratories", "pharma": "pharmaceutical", "pharmaceuticals": "pharmaceutical", "med": "medical",
    "auto": "automotive", "automobile": "automotive", "equip": "equipment", "envir": "environmental",
    "env": "environmental", "info": "information", "sch": "school", "harbour": "harbor", "theatre": "theater",
    "colour": "color", "jr": "junior", "sr": "senior", "mt": "mount", "prov": "province", "hq": "headquarters",
    "logistic": "logistics", "network": "networks", "trad": "trading", "trade": "trading", "bldg": "building",
    "constr": "construction", "const": "construction", "hi": "high", "peoples": "people", "people's": "people",
    "children's": "children", "women's": "women", "men's": "men",
}  # fmt: skip
_ORDINALS: Final = listed("first second third fourth fifth sixth seventh eighth ninth tenth")
_CARDINALS: Final = listed("one two three four five six seven eight nine ten")
_SHORT_ORDINALS: Final = listed("1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th")
_ROMAN: Final = listed("i ii iii iv")
ENGLISH_NUMBERS: Final = {
    word: str(number) for row in (_ORDINALS, _CARDINALS, _SHORT_ORDINALS, _ROMAN) for number, word in enumerate(row, 1)
}
NUMBER_MARKS: Final = frozenset({"no", "nr", "number", "#", "num"})
