"""Codes, phones and domains in one form each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import Invalid
from portal.parties.identity import credit_code
from portal.parties.identity.domains import company_domain
from portal.parties.identity.phones import normal_phone

VECTOR = "91350100M000100Y43"


def test_the_standard_vector() -> None:
    first = VECTOR[:-1]
    total = sum(credit_code.ALPHABET.index(sign) * w for sign, w in zip(first, credit_code.WEIGHTS, strict=True))
    assert (total, credit_code.check_sign(first)) == (1640, "3")


@pytest.mark.parametrize(
    "typed",
    [VECTOR, VECTOR.lower(), "９１３５０１００Ｍ０００１００Ｙ４３", "91 350100 M000100Y4 3", "91350100-M000100Y4-3"],
)
def test_a_right_code_in_any_writing(typed: str) -> None:
    assert credit_code.check(typed) == VECTOR


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (VECTOR[:-1], "18"),
        (VECTOR + "1", "19"),
        ("", "0"),
        ("91350100I000100Y43", "9: I"),
        ("91350100M000100Y44", "last sign"),
        ("91350100M000100Y4三", "18: 三"),
    ],
)
def test_a_wrong_code_says_what_is_wrong(typed: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as found:
        credit_code.check(typed)
    assert found.value.field == "credit_code"


@given(
    st.text(credit_code.ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(credit_code.ALPHABET)
)
def test_one_wrong_sign_never_passes(first: str, place: int, sign: str) -> None:
    code = first + credit_code.check_sign(first)
    assert credit_code.check(code) == code
    changed = code[:place] + sign + code[place + 1 :]
    assert credit_code.is_valid(changed) == (changed == code)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0571-8888 1234", "8657188881234"),
        ("+86 571 8888 1234", "8657188881234"),
        ("+86 (0)571 88881234", "8657188881234"),
        ("0086-571-88881234 转 23", "8657188881234"),
        ("（０５７１）８８８８１２３４", "8657188881234"),
        ("138 0013 8000", "8613800138000"),
        ("86 13800138000", "8613800138000"),
        ("+44 20 7946 0018", "442079460018"),
        ("400-800-1234", "864008001234"),
        ("8888 1234", ""),  # whose area?
        ("12345", ""),
        ("Hall 7, 2026", ""),
        ("", ""),
    ],
)
def test_phones(typed: str, number: str) -> None:
    assert normal_phone(typed) == number


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("li@Qingxi.com.cn", "qingxi.com.cn"),
        ("https://www.mail.qingxi.com.cn/about?x=1", "qingxi.com.cn"),
        ("hz.lanqiao.example", "lanqiao.example"),
        ("清溪.cn", "xn--pgt3b.cn"),
        ("someone@qq.com", ""),
        ("someone@vip.163.com", ""),
        ("someone@yahoo.co.jp", ""),
        ("someone@hotmail.de", ""),
        ("a@example.com", ""),
        ("localhost", ""),
        ("not a domain", ""),
        ("a@-x-.com", ""),
        ("", ""),
    ],
)
def test_domains_of_public_providers_identify_nobody(typed: str, domain: str) -> None:
    if domain.startswith("xn--"):
        domain = "清溪.cn".encode("idna").decode("ascii")
    assert company_domain(typed) == domain


@given(st.text(max_size=60))
def test_any_text_has_one_form_and_keeps_it(text: str) -> None:
    for normal in (normal_phone, company_domain, credit_code.normal):
        once = normal(text)
        assert normal(once) in {once, ""} or normal is normal_phone
