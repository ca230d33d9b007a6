"""The benchmark of open chats runs in its small size, so that it is there when somebody wants to measure."""

from benchmarks.chats import QUICK_PACE, measure


def test_open_chats_hear_news_and_speak_without_errors() -> None:
    found = measure("sqlite", chats=20, seconds=2.0, processes=1, pace=QUICK_PACE)
    for name, seen in found["rounds"].items():
        assert seen["errors"] == 0, (name, seen["trouble"])
        assert seen["statuses"]["GET 304"] >= 2, name
    assert [status for status in found["rounds"]["talking"]["statuses"] if status.startswith("POST")]
