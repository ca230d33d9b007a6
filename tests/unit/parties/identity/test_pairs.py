"""The labelled pairs: a third of them was put aside by a hash before anything was tuned."""

import hashlib

from benchmarks.name_parts import pairs
from portal.parties.identity.scoring import Record, same, same_name

ENOUGH = 600


def test_the_frozen_third_is_what_the_hash_says() -> None:
    listed = list(pairs.read())
    assert len(listed) >= ENOUGH
    assert all(pair.frozen == (int(hashlib.sha256(pair.case.encode()).hexdigest(), 16) % 3 == 0) for pair in listed)
    assert 0.28 < sum(pair.frozen for pair in listed) / len(listed) < 0.4
    assert not {pair.case for pair in listed if pair.frozen} & {pair.case for pair in listed if not pair.frozen}


def test_precision_and_recall_on_the_frozen_third() -> None:
    judged = pairs.judge(frozen=True)
    print(f"\nfrozen: {judged}\nopen:   {pairs.judge(frozen=False)}")  # noqa: T201 - the figures are the point
    assert judged.precision >= pairs.PRECISION, judged.wrong
    assert judged.recall >= pairs.RECALL


def test_the_order_of_two_names_does_not_matter() -> None:
    for pair in pairs.read():
        assert same_name(pair.left, pair.right).same == same_name(pair.right, pair.left).same, pair


def test_codes_decide_and_phones_speak_for_it() -> None:
    one = Record(("清溪科技",), codes=frozenset({"91350100M000100Y43"}))
    assert same(one, Record(("完全不同的名字",), codes=one.codes)).why == "code"
    assert not same(one, Record(("清溪科技",), codes=frozenset({"91330106MA2XXXXX0A"}))).same
    phone, domain = frozenset({"8657188881234"}), frozenset({"qingxi.example"})
    unlike = same_name("清溪科技有限公司", "青西科技有限公司")
    both = same(
        Record(("清溪科技有限公司",), domains=domain, phones=phone),
        Record(("青西科技有限公司",), domains=domain, phones=phone),
    )
    assert not unlike.same
    assert both.probability > unlike.probability


def test_a_branch_that_shares_phone_and_domain_is_still_a_branch() -> None:
    phone, domain = frozenset({"8657188881234"}), frozenset({"qingxi.example"})
    head = Record(("清溪科技有限公司",), domains=domain, phones=phone)
    for other in ("清溪科技有限公司宁波分公司", "清溪集团有限公司"):
        assert not same(head, Record((other,), domains=domain, phones=phone)).same


def test_nothing_known_is_nothing_the_same() -> None:
    assert not same(Record(()), Record(())).same
