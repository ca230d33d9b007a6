"""Names of files: what people typed, without what deceives (J3, F5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.files.models import LONGEST_NAME
from portal.files.names import clean_name

JPG = ("jpg", "jpeg")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("visit.jpg", "visit.jpg"),
        ("到访 照片.JPEG", "到访 照片.jpeg"),
        ('"><svg onload=alert(1)>.jpg', '"><svg onload=alert(1)>.jpg'),
        ("../../etc/passwd", "passwd.jpg"),
        ("/etc/passwd", "passwd.jpg"),
        ("\\\\host\\share\\x.jpg", "x.jpg"),
        ("C:\\Windows\\win.ini", "win.ini.jpg"),
        ("a\r\nSet-Cookie: x=1.jpg", "aSet-Cookie: x=1.jpg"),
        ("invoice\u202egpj.exe", "invoicegpj.exe.jpg"),
        ("nul\x00.jpg", "nul.jpg"),
        ("page.html", "page.html.jpg"),
        ("..", "file.jpg"),
        ("", "file.jpg"),
        (None, "file.jpg"),
        (".jpg", "jpg.jpg"),
    ],
)
def test_names(typed: str | None, name: str) -> None:
    assert clean_name(typed, JPG) == name


@given(st.text(max_size=400))
def test_whatever_is_typed_a_name_is_short_printable_and_leads_nowhere(typed: str) -> None:
    name = clean_name(typed, ("pdf",))
    assert len(name) <= LONGEST_NAME
    assert name.endswith(".pdf")
    assert not name.startswith(".")
    assert not set(name) & set("/\\\r\n\0\u202e")
