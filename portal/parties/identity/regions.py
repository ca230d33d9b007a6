"""Regions that stand in names: provinces and cities of China, countries and large cities abroad. Pure."""

from typing import Final

from portal.parties.identity.letters import listed

PROVINCES: Final = tuple(
    listed(
        """
        北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南
        四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门
        """
    )
)
CITIES: Final = tuple(
    listed(
        """
        石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 太原 大同 阳泉 长治 晋城 朔州 晋中 运城
        忻州 临汾 吕梁 呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 沈阳 大连 鞍山 抚顺 本溪
        丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛 长春 四平 辽源 通化 白山 松原 白城 延边 哈尔滨 齐齐哈尔
        鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化 南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城
        扬州 镇江 泰州 宿迁 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 合肥 芜湖 蚌埠 淮南 马鞍山
        淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城 福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 南昌
        景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海
        日照 临沂 德州 聊城 滨州 菏泽 郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘
        信阳 周口 驻马店 武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 长沙 株洲 湘潭 衡阳
        邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 湘西 广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆
        惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮 南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林
        百色 贺州 河池 来宾 崇左 海口 三亚 三沙 儋州 成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充
        眉山 宜宾 广安 达州 雅安 巴中 资阳 阿坝 甘孜 凉山 贵阳 六盘水 遵义 安顺 毕节 铜仁 黔西南 黔东南 黔南
        昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄 红河 文山 西双版纳 大理 德宏 怒江 迪庆 拉萨 日喀则 昌都
        林芝 山南 那曲 西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛 兰州 嘉峪关 金昌 白银 天水 武威 张掖
        平凉 酒泉 庆阳 定西 陇南 临夏 甘南 西宁 海东 银川 石嘴山 吴忠 固原 中卫 乌鲁木齐 克拉玛依 吐鲁番 哈密
        昌吉 博尔塔拉 巴音郭楞 阿克苏 喀什 和田 伊犁 塔城 阿勒泰 石河子 台北 高雄 台中 台南 新竹 昆山 常熟
        张家港 太仓 江阴 宜兴 义乌 慈溪 余姚 诸暨 乐清 瑞安 温岭 海宁 桐乡 平湖 东阳 永康 兰溪 晋江 石狮 南安
        福清 龙口 胶州 即墨 寿光 诸城 滕州 邹城 增城 从化 顺德 南海 浦东 雄安
        """
    )
)
ABROAD: Final = {
    "新加坡": "singapore", "马来西亚": "malaysia", "泰国": "thailand", "越南": "vietnam", "日本": "japan",
    "韩国": "korea", "美国": "usa", "德国": "germany", "英国": "uk", "法国": "france", "印度": "india",
    "澳大利亚": "australia", "中国": "china", "加拿大": "canada", "意大利": "italy", "西班牙": "spain",
    "巴西": "brazil", "东京": "tokyo", "伦敦": "london",
}  # fmt: skip
# How regions are written in Latin letters when it is not how their signs sound.
LATIN: Final = {
    "hong kong": "香港", "hongkong": "香港", "hk": "香港", "macau": "澳门", "macao": "澳门",
    "inner mongolia": "内蒙古", "tibet": "西藏", "shaanxi": "陕西", "taipei": "台北", "kaohsiung": "高雄",
    "taiwan": "台湾", "xiamen": "厦门", "amoy": "厦门", "canton": "广州", "peking": "北京", "prc": "中国",
    "p r china": "中国", "united states": "美国", "us": "美国", "u s a": "美国", "united kingdom": "英国",
    "great britain": "英国", "deutschland": "德国", "xian": "西安", "chongqing": "重庆", "changchun": "长春",
    "changsha": "长沙", "changzhou": "常州", "changshu": "常熟", "urumqi": "乌鲁木齐", "hohhot": "呼和浩特",
    "lhasa": "拉萨", "harbin": "哈尔滨", "kashgar": "喀什",
}  # fmt: skip
KINDS_OF_PLACE: Final = (
    "特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "自治州", "地区", "省", "市", "州", "盟",
)  # fmt: skip
KNOWN: Final = frozenset((*PROVINCES, *CITIES, *ABROAD))
AREAS: Final = frozenset(listed("华东 华北 华南 华中 西南 西北 东北 华西"))
MUNICIPALITIES: Final = frozenset({"北京", "天津", "上海", "重庆", "香港", "澳门"})
WIDE: Final = frozenset({*PROVINCES, *ABROAD}) - MUNICIPALITIES  # a city behind one of these says more
_LONGEST: Final = max(map(len, KNOWN))


def leading(text: str) -> tuple[str, str]:
    """Split a known region off the front of Chinese text: the bare region and the rest; ("", text) without one.

    `杭州市第一中学` gives `杭州` and `第一中学`. A name that is nothing but a region keeps it.
    """
    for length in range(min(_LONGEST, len(text) - 1), 1, -1):
        name = text[:length]
        rest = text[length:]
        if name in KNOWN and not (rest[:1] in {"区", "县"} and name not in MUNICIPALITIES):
            kind = next((kind for kind in KINDS_OF_PLACE if rest.startswith(kind)), "")
            if kind in {"州", "盟"} and name in PROVINCES:
                kind = ""
            return (name, rest[len(kind) :]) if len(rest) > len(kind) else ("", text)
    return "", text


def narrowest(regions: tuple[str, ...]) -> str:
    """Return the region that says most: a city before its province before a country."""
    narrow = [region for region in regions if region not in WIDE]
    provinces = [region for region in regions if region in WIDE and region not in ABROAD]
    return (narrow[-1:] or provinces[-1:] or list(regions[-1:]) or [""])[0]
