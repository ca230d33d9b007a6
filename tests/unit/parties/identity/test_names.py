"""Names taken apart, and the one form that spellings share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.parties.identity.beginnings import LETTERS, SIGNS, rows_of
from portal.parties.identity.letters import fold
from portal.parties.identity.names import parse
from portal.parties.identity.probing import MOST, probes_of
from portal.parties.identity.sounds import sound


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "杭州清溪科技有限公司",
            "杭州市清溪科技有限责任公司",
            "清溪科技（杭州）有限公司",
            "清溪科技(杭州)股份有限公司",
            "浙江杭州清溪科技",
        ),
        ("青岩市第一中学", "青岩一中", "青岩市一中", "青巖市第１中學"),
        ("临安市第二十三中学", "臨安市第23中学"),
        ("ＡＢＬ电子（苏州）有限公司", "abl电子 苏州 有限公司", "苏州ABL电子"),
        ("Hangzhou Qingxi Technology Co., Ltd.", "Qingxi Technology (Hangzhou) Co Ltd", "QINGXI TECH, HANGZHOU"),
        ("Café Montréal Inc.", "Cafe Montreal, Incorporated"),
        ("Second People's Hospital of Ningbo", "Ningbo No. 2 Peoples Hosp."),
        ("Ｏｒｉｏｎ　Ｄｙｎａｍｉｃｓ　Ｌｔｄ．", "Orion Dynamics Limited"),
    ],
)
def test_spellings_of_one_name_share_a_key(spellings: tuple[str, ...]) -> None:
    assert len({parse(each).key for each in spellings}) == 1, [parse(each).key for each in spellings]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("青岩一中", "青岩二中"),
        ("杭州清溪科技有限公司", "宁波清溪科技有限公司"),
        ("杭州清溪科技有限公司", "杭州清溪科技有限公司宁波分公司"),
        ("恒岳集团有限公司", "恒岳建设有限公司"),
        ("Larkspur Estates Phase 2", "Larkspur Estates Phase 3"),
        ("北京市海淀区第一小学", "北京市朝阳区第一小学"),
    ],
)
def test_different_names_have_different_keys(one: str, other: str) -> None:
    assert parse(one).key != parse(other).key


def test_parts_of_a_name() -> None:
    name = parse("浙江省杭州市西湖区文澜小学")
    assert (name.core, name.regions, name.region) == ("文澜小学", ("浙江", "杭州", "西湖"), "西湖")
    assert parse("清溪科技有限公司宁波分公司").branch == "宁波分公司"
    assert parse("杭州清溪科技有限", partial=True).letters == "杭州清溪科技"
    assert fold("醫院\u200b　ＡＢＣ") == "医院 abc"
    assert sound("重庆银行") == "chongqingyinhang"


@given(st.text(max_size=250))
def test_any_text_can_be_parsed_and_indexed(text: str) -> None:
    for partial in (False, True):
        name = parse(text, partial)
        assert len(name.key) <= 200
        assert all(0 <= len(row) <= max(SIGNS, LETTERS) for row in rows_of(name))
        probes = probes_of(name)
        assert len(probes.first) <= MOST
        assert len(probes.more) <= MOST


@given(st.text(alphabet="杭州清溪科技有限公司第一二中学（）集团 ABCabc.,&123", min_size=1, max_size=40))
def test_the_folded_form_has_the_same_key(text: str) -> None:
    assert parse(fold(text)).key == parse(text).key
