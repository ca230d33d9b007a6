"""The benchmark of open chats runs in its small size, so that it is there when somebody wants to measure."""

from benchmarks.chats import measure


def test_open_chats_hear_news_without_errors() -> None:
    found = measure("sqlite", chats=20, seconds=4.0, processes=1)
    for name, seen in found["rounds"].items():
        assert seen["errors"] == 0, (name, seen["trouble"])
        assert seen["statuses"]["GET 304"] >= 2, name
