"""Words that say what a house does, Chinese with English: they stand behind the brand and are shared by many. Pure."""

from functools import cache
from typing import Final

from portal.parties.identity.letters import listed
from portal.parties.identity.sounds import sound

_TABLE: Final = """
科技 technology tech|技术 technology|信息科技 information technology|信息技术 information technology
|网络科技 network technology|智能科技 intelligent technology|电子 electronic|电气 electric|电器 electric appliance
|电力 power electric|电缆 cable|通信 communications telecommunications|通讯 communications telecommunications
|通信设备 communications equipment|软件 software|网络 networks internet|数据 data|视觉 vision
|光电 photoelectric optoelectronic|光学 optics optical|半导体 semiconductor|集成电路 integrated circuit
|仪器 instruments|仪表 instruments meter|自动化 automation|机器人 robot robotics robots|智能 intelligent smart
|贸易 trading|国际贸易 international trading|进出口 import export|商贸 trading commerce|商务 commerce business
|电子商务 commerce|实业 industries|工业 industries|产业 industries|制造 manufacturing|机械 machinery
|精密机械 precision machinery|重型机械 heavy machinery|设备 equipment|器械 equipment instruments
|医疗器械 medical equipment devices|零部件 parts components|汽车零部件 automotive parts|汽车 automotive
|模具 mould mold|五金 hardware|塑料 plastics|化工 chemicals chemical|化肥 fertilizer|石化 petrochemical
|材料 materials|新材料 new materials|能源 energy|新能源 new energy|环保 environmental
|环保科技 environmental technology|水务 water|燃气 gas|钢铁 steel|铸造 casting foundry|玻璃 glass|陶瓷 ceramics
|家具 furniture|纺织 textiles textile|服装 garment clothing apparel|服饰 apparel garment|鞋业 shoes|食品 foods food
|乳业 dairy|饮食 catering|餐饮 catering|茶业 tea|酒业 liquor|农业 agriculture agricultural|渔业 fishery
|林业 forestry|生物 biology bio|生物医药 biopharmaceutical|制药 pharmaceutical|医药 pharmaceutical medicine
|药业 pharmaceutical|大药房 pharmacy|医疗 medical|建设 construction|建筑 construction building
|建筑工程 construction engineering|工程 engineering|装饰 decoration|营造 construction|房地产 estate
|房地产开发 estate development|物业 property|物业管理 property management|物业服务 property services|酒店 hotel
|大酒店 hotel|大饭店 hotel|宾馆 hotel|酒店管理 hotel management|商业 commercial|管理 management|服务 services
|咨询 consulting|投资 investment|投资管理 investment management|控股 holdings|财务 finance|保险 insurance
|财产保险 property insurance|人寿保险 life insurance|银行 bank|证券 securities|基金 fund|合伙企业 partnership
|租赁 leasing rental|销售 sales|物流 logistics|快递 express|运输 transportation transport|货运 freight
|国际货运代理 international freight forwarding|供应链 supply chain|航运 shipping|船务 shipping|港务 port
|航空 airlines airways aviation|国际机场 international airport|机场 airport|轨道交通 rail transit metro
|公共交通 public transport bus|交通 transport|传媒 media|传播 media communications|文化传媒 culture media
|文化传播 culture media|文化 culture|广告 advertising|教育 education|教育咨询 education consulting|印刷 printing
|包装 packaging|玩具 toys|珠宝 jewelry|化妆品 cosmetics|安防 security|监控 surveillance|国际 international
|发展 development|开发 development|集团 group|厂 factory works plant|煤矿 mine coal|煤业 coal|烟草 tobacco
|烟草工业 tobacco industries|制冷 refrigeration|供热 heating|制冷设备 refrigeration equipment|阀门 valve
|锻造 forging|服务中心 service center|中心 center|制品 products|产业园 industrial park|会展 exhibition
|会展中心 exhibition center|博物馆 museum|图书馆 library|大剧院 grand theater|广播电视台 television station
|律师事务所 law firm|会计师事务所 accounting firm accountants|事务所 firm|医院 hospital|人民医院 people hospital
|中医院 chinese medicine hospital|中医医院 chinese medicine hospital|口腔医院 dental stomatological hospital
|眼科医院 eye hospital|妇幼保健院 women children hospital|儿童医院 children hospital|门诊部 clinic outpatient
|口腔门诊部 dental clinic|眼科门诊部 eye clinic|卫生院 health center|社区卫生服务中心 community health center
|中学 middle school|小学 primary elementary school|高中 high school|高级中学 senior high school
|实验小学 experimental primary school|实验中学 experimental middle school|实验学校 experimental school
|幼儿园 kindergarten|学校 school|中学校 middle school|职业技术学院 vocational technical college|学院 college
|大学 university|师范大学 normal university|理工大学 university science technology|医科大学 medical university
|研究院 research institute|设计研究院 design research institute|研究所 research institute|工程局 engineering bureau
|公安局 public security bureau|教育局 education bureau|法院 court|人民法院 people court|检察院 procuratorate
|人民检察院 people procuratorate|居民委员会 residents committee|农民专业合作社 farmers cooperative
|合作社 cooperative|少年宫 children palace|附属 affiliated|附属医院 affiliated hospital
|附属小学 affiliated primary school|附属中学 affiliated middle school|大队 brigade
"""
ENGLISH_OF: Final = {
    words[0]: frozenset(words[1:])
    for words in (listed(entry) for entry in _TABLE.replace("\n", " ").split("|"))
    if words
}
LONGEST: Final = max(map(len, ENGLISH_OF))
# Words that come and go without making another house.
LIGHT: Final = frozenset(
    listed("科技 技术 制造 开发 发展 实业 工业 国际 中国 校 本部 本院 站 管理 服务 厂 制品 总部 本校 设备")
)
# Words that are written for one another.
ALIKE: Final = {
    "传播": "传媒", "信息科技": "信息技术", "技术": "科技", "茶叶": "茶业", "通讯": "通信", "校": "", "服饰": "服装",
}  # fmt: skip
HOUSES: Final = frozenset(listed("集团 控股 财务"))  # one of them more or less is another house
ENGLISH_HOUSES: Final = frozenset(listed("group holdings subsidiary"))
ENGLISH_KINDS: Final = frozenset(word for words in ENGLISH_OF.values() for word in words) | frozenset(
    listed(
        """
        trading marketing manufacturing mining plastics optics foods floors services solutions systems electronic
        telecommunications railways airways automotive aerospace lighting laboratories veterinary brewing baking council
        authority county city trust casino elementary junior senior high public national civil electrical science
        engineering school hospital museum hotel college company bank water valley library theater ceramics dynamics
        toys fixtures fasteners logistics shipping catering audio vision phase estates airport port
        pharmaceutical automation
        """
    )
)
ENGLISH_LIGHT: Final = frozenset(
    listed("international company technology industries development city china trust works")
)


@cache
def _by_sound() -> dict[str, frozenset[str]]:
    return {sound(kind): words for kind, words in ENGLISH_OF.items()}


def translated(words: list[str]) -> list[str]:
    """Return Latin words with a trade at the end that is Chinese by sound in English: `jingmi jixie` is machinery."""
    for place in range(1, len(words)):
        meant = _by_sound().get("".join(words[place:]))
        if meant:
            return [*words[:place], *sorted(meant)]
    return words


def bare(kind: str) -> str:
    """Return a word of the trade without what says little: `房地产开发` is `房地产`."""
    for light in LIGHT:
        if kind.endswith(light) and len(kind) > len(light):
            return bare(kind.removesuffix(light))
    return kind


def kinds_of(core: str) -> tuple[str, tuple[str, ...]]:
    """Split Chinese text into the brand and the words behind it: `清溪信息技术` is `清溪` and `信息技术`."""
    kinds: list[str] = []
    while core:
        for length in range(min(LONGEST, len(core)), 0, -1):
            if core[-length:] in ENGLISH_OF:
                kinds.append(core[-length:])
                core = core[:-length]
                break
        else:
            break
    return core, tuple(reversed(kinds))
