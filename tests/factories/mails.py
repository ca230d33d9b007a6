"""Mails in a maildir folder, made of the files beside the tests."""

import base64
from pathlib import Path

from tests.unit.files.samples import picture

MAILS = Path(__file__).parents[1] / "functional" / "support" / "mailing" / "mails"


def written(name: str, *, reply: str = "", **changes: str) -> bytes:
    """Return one of the mails, sent to `reply`; `changes` replace words of it."""
    text = (MAILS / f"{name}.eml").read_text("utf-8")
    text = text.replace("{reply}", reply)
    text = text.replace("{picture}", base64.encodebytes(picture(size=(64, 48))).decode().strip())
    for before, after in changes.items():
        text = text.replace(before, after)
    return text.replace("\n", "\r\n").encode("utf-8")


def delivered(folder: Path, *mails: bytes) -> None:
    """Put mails where a mail server would, after those that are there."""
    new = folder / "new"
    new.mkdir(parents=True, exist_ok=True)
    there = len(list(folder.rglob("*.example*")))
    for number, mail in enumerate(mails, there):
        (new / f"17724{number:05}.M1P1.example").write_bytes(mail)
