"""Tokens are good for one purpose and one key, and tell nothing."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from portal.accounts.throttles import key_of
from portal.accounts.tokens import hash_of, new_token, sign, unsign

KEY = "key of these tests"


@given(st.text(max_size=60))
def test_what_was_signed_comes_back(text: str) -> None:
    assert unsign(KEY, "invitation", sign(KEY, "invitation", text)) == text


def test_a_token_is_good_for_its_purpose_and_key_only() -> None:
    token = sign(KEY, "invitation", "abc")
    assert unsign(KEY, "devices", token) is None
    assert unsign("another key", "invitation", token) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token.partition(".")[0],
        lambda token: "." + token,
        lambda token: token.replace(".", ".."),
        lambda token: "x" + token[1:],
    ],
)
def test_a_changed_token_is_none(change: Callable[[str], str]) -> None:
    assert unsign(KEY, "invitation", change(sign(KEY, "invitation", "abc"))) is None


@pytest.mark.parametrize("token", ["", ".", "..", "\x00", "é中🦩", "a" * 100_000])
def test_nonsense_is_none(token: str) -> None:
    assert unsign(KEY, "invitation", token) is None


def test_only_a_text_is_a_token() -> None:
    for other in (["abc"], {"a": 1}, 5, None):
        assert unsign(KEY, "invitation", URLSafeSerializer(KEY, salt="portal.invitation").dumps(other)) is None


def test_random_tokens_have_256_bits_and_are_kept_as_hashes() -> None:
    many = {new_token() for _ in range(200)}
    assert len(many) == 200
    assert min(map(len, many)) >= 43
    assert not many & {hash_of(token) for token in many}
    assert all(len(hash_of(token)) == 64 for token in many)


def test_keys_of_throttles_name_nobody_and_do_not_meet() -> None:
    key = key_of("pair", "wang@example.com", "10.0.0.1")
    assert key.startswith("pair:")
    assert "wang" not in key
    assert "10.0" not in key
    assert len(key) <= 120
    assert key != key_of("account", "wang@example.com", "10.0.0.1")
    assert key != key_of("pair", "wang@example.com", "10.0.0.2")
    assert key_of("x", "a|b", "c") != key_of("x", "a", "b|c")
