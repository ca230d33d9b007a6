"""Mail domains that belong to one company; those of public mail providers identify nobody. Pure."""

import re
import unicodedata
from typing import Final

from portal.parties.identity.letters import listed

PUBLIC: Final = frozenset(
    listed(
        """
        126.com 139.com 163.com 163.net 188.com 189.cn 21cn.com 263.net aliyun.com foxmail.com qq.com
        vip.163.com vip.126.com vip.qq.com vip.sina.com sina.cn sina.com sina.com.cn sogou.com sohu.com tom.com
        wo.cn yeah.net eyou.com chinaren.com hotmail.com live.com live.cn msn.com outlook.com outlook.cn
        windowslive.com passport.com gmail.com googlemail.com yahoo.com yahoo.cn yahoo.com.cn yahoo.com.hk
        yahoo.com.tw yahoo.co.jp yahoo.co.uk yahoo.de yahoo.fr ymail.com rocketmail.com icloud.com me.com
        mac.com aol.com aim.com gmx.com gmx.de gmx.net web.de t-online.de mail.ru yandex.ru yandex.com bk.ru
        list.ru inbox.ru proton.me protonmail.com protonmail.ch pm.me tutanota.com tuta.io zoho.com zohomail.com
        fastmail.com fastmail.fm hushmail.com mail.com email.com usa.com naver.com hanmail.net daum.net
        rediffmail.com hinet.net pchome.com.tw netvigator.com singnet.com.sg btinternet.com orange.fr free.fr
        laposte.net wanadoo.fr libero.it virgilio.it tiscali.it comcast.net verizon.net att.net sbcglobal.net
        bellsouth.net cox.net charter.net earthlink.net shaw.ca rogers.com sympatico.ca bigpond.com
        optusnet.com.au uol.com.br bol.com.br terra.com.br mailinator.com
        """
    )
)
PUBLIC_NAMES: Final = frozenset(
    {"yahoo", "hotmail", "outlook", "live", "gmail", "gmx", "qq", "163", "126", "sina", "sohu"}
)
EXAMPLES: Final = frozenset({"example.com", "example.net", "example.org"})  # everybody's in instructions
SECOND_LEVEL: Final = frozenset(listed("ac co com edu gov mil ne net or org sch gob go"))
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,24}|xn--[a-z0-9-]{2,59})")


def company_domain(text: str) -> str:
    """Return the registered domain of a mail address, web address or domain; "" when it identifies no company.

    `https://www.mail.qingxi.com.cn/about` and `li@hz.qingxi.com.cn` are both `qingxi.com.cn`.
    """
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    plain = re.sub(r"^[a-z]+://", "", plain)
    plain = plain.rpartition("@")[2].split("/")[0].split(":")[0].rstrip(".")
    try:
        plain = plain.encode("idna").decode("ascii") if not plain.isascii() else plain
    except UnicodeError:
        return ""
    if not _DOMAIN.fullmatch(plain):
        return ""
    domain = _registered(plain)
    return (
        ""
        if plain in PUBLIC or domain in EXAMPLES or domain in PUBLIC or domain.split(".")[0] in PUBLIC_NAMES
        else domain
    )


def _registered(domain: str) -> str:
    """Return the part that somebody registered: two labels, or three below a country's second level."""
    labels = domain.split(".")
    below = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVEL
    return ".".join(labels[-3:] if below else labels[-2:])
