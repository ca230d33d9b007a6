"""What is accepted as a password and how it is compared: length counts, nothing is cut off, no input costs minutes."""

import time

import pytest
from argon2 import PasswordHasher, extract_parameters

from portal.accounts import passwords
from portal.errors import Invalid

EMAIL, NAME = "wang.fang@example.com", "Wang Fang 王芳"
GOOD = "seven grey herons wait"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with the cheapest parameters: these tests compare, they do not protect."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    nobody = cheap.hash("nobody has this password")
    monkeypatch.setattr(passwords, "_hasher", cheap)
    monkeypatch.setattr(passwords, "_nobodys_hash", lambda: nobody)


def check(password: str) -> None:
    passwords.check_new(password, email=EMAIL, name=NAME, field="password")


@pytest.mark.parametrize("password", ["", "short", "x7!kq2Zp", "eleven char", "éé" * 5])
def test_short_passwords_are_refused_however_strange(password: str) -> None:
    with pytest.raises(Invalid, match="at least 12"):
        check(password)


@pytest.mark.parametrize(
    "password",
    [
        *(
            "aaaaaaaaaaaaaaaa",
            "abababababab",
            "abcdefghijklmnop",
            "ponmlkjihgfedcba",
            "123456789012",
            "12345678987654321",
        ),
        *("passwordpassword", "Password12345", "qwertyuiop12", "WELCOMEwelcome1", "letmeinletmein"),
        *("wang.fang12345", "Fang Wang Fang Wang", "wang.fang@wang.fang", "1q2w3e4r5t6y"),
    ],
)
def test_guessable_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid, match="easily guessed"):
        check(password)


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "twelve chars",
        "x" * 40 + " and four words more",
        "七只灰鹭在等着潮水退去然后飞走",
        "пароль не для всех 7",
        "🦩🐢🦊🐙🦉🐝🦔🐳🦋🐍🦀🐘",
        "tab\tand\x00nul are characters too",
    ],
)
def test_long_passwords_of_any_script_are_accepted(password: str) -> None:
    check(password)


def test_the_longest_password_is_256_characters() -> None:
    words = "the tide takes nine boats and leaves four; " * 10
    check(words[:256])
    for length in (257, 1024, 1025, 100_000):
        with pytest.raises(Invalid, match="at most 256"):
            check((words * 300)[:length])


@pytest.mark.parametrize("length", [13, 64, 72, 73, 100, 255, 256])
def test_nothing_is_cut_off(quick: None, length: int) -> None:
    password = ("the tide takes nine boats and leaves four; 潮水" * 10)[:length]
    hashed = passwords.hash_of(password)
    assert passwords.matches(password, hashed)
    assert not passwords.matches(password[:-1], hashed)
    assert not passwords.matches(password[:-1] + "~", hashed)
    assert not passwords.matches(password + "x", hashed)
    assert not passwords.matches(password + " " * 5000, hashed)
    assert not passwords.matches(password.swapcase(), hashed)


def test_the_same_keys_give_the_same_password_on_every_machine(quick: None) -> None:
    hashed = passwords.hash_of("Zoë’s ﬁne Ｗｉｄｅ tide")
    assert passwords.matches("Zoe\u0308’s fine Wide tide", hashed)


def test_nothing_matches_an_account_without_a_password(quick: None) -> None:
    for typed in ("", "nobody has this password", "x" * 300):
        assert not passwords.matches(typed, "")
    assert not passwords.matches(GOOD, "no hash at all")
    assert not passwords.matches(GOOD, "$argon2id$v=19$broken")


def test_an_account_without_a_password_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    real = passwords._hasher

    class Watched:
        def verify(self, hashed: str, password: str) -> bool:
            verified.append(hashed)
            return real.verify(hashed, password)

    passwords._nobodys_hash()
    monkeypatch.setattr(passwords, "_hasher", Watched())
    passwords.matches("wrong", "")
    assert extract_parameters(verified[0]) == extract_parameters(real.hash("x"))


def test_hashes_are_argon2id_of_the_size_that_its_rfc_recommends() -> None:
    used = extract_parameters(passwords.hash_of(GOOD))
    assert (used.type.name, used.memory_cost, used.time_cost, used.salt_len) == ("ID", 65536, 3, 16)
    assert passwords.hash_of(GOOD) != passwords.hash_of(GOOD)


def test_a_megabyte_of_accents_costs_no_time(quick: None) -> None:
    accents = "a" + "\u0300\u0327" * 150_000  # sorting these by the book takes hours
    begun = time.perf_counter()
    with pytest.raises(Invalid, match="at most"):
        check(accents)
    assert not passwords.matches(accents, passwords.hash_of(GOOD))
    assert time.perf_counter() - begun < 1
