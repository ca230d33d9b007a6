"""Damaged files: each is named with its line, in bounded time and memory, and none is half read."""

import json
import os
import time
from pathlib import Path

import pytest

from portal.catalog.devicetypes import walking, yamltree
from portal.catalog.devicetypes.library import read_library
from portal.catalog.devicetypes.walking import TooMuch
from tests.factories.libraries import SMALL, SWITCH, copy_of_small, library_of

PORT = "interfaces:\n  - name: a\n    type: 1000base-t\n"
BOMB = "x0: &a0 [" + ",".join(["l"] * 40) + "]\n"
BOMB += "".join(f"x{n}: &a{n} [{','.join([f'*a{n - 1}'] * 40)}]\n" for n in range(1, 9))
DAMAGED: list[tuple[str | bytes, int, str]] = [
    ("", 0, "empty"),
    ("---\n", 0, "empty"),
    ("- a\n- b\n", 1, "a mapping is expected"),
    ("just words\n", 1, "a mapping is expected"),
    (SWITCH.replace("manufacturer: Nordwerk\n", ""), 2, "manufacturer is missing"),
    (SWITCH.replace("model: NW-NEW", "model:"), 2, "model is missing"),
    (SWITCH.replace("NW-NEW\n", "[NW, NEW]\n", 1), 3, "model must be a text"),
    (SWITCH.replace("NW-NEW\n", "x" * 101 + "\n", 1), 3, "model is longer than 100"),
    (SWITCH.replace("NW-NEW\n", '"\\u202e "\n', 1), 3, "model is empty"),
    (SWITCH + 'comments: "a\\0b"\n', 7, "a text holds a character that is no text"),
    (SWITCH + '"\\ud800": b\n', 7, ""),
    (SWITCH + "u_height: 2\n", 7, "the key 'u_height' stands here twice"),
    (SWITCH + "comments: 'open\n", 8, "this is not YAML"),
    (SWITCH + "\tcomments: x\n", 7, "this is not YAML"),
    (SWITCH + "comments: a: b\n", 7, "this is not YAML"),
    (SWITCH + "---\nmanufacturer: Again\n", 7, "a second document"),
    (SWITCH.replace("u_height: 1", "u_height: one"), 5, "u_height must be a plain number"),
    (SWITCH.replace("u_height: 1", "u_height: '1'"), 5, "u_height must be a plain number"),
    (SWITCH.replace("u_height: 1", "u_height: 010"), 5, "u_height must be a plain number"),
    (SWITCH.replace("u_height: 1", "u_height: 1:30"), 5, "u_height must be a plain number"),
    (SWITCH.replace("u_height: 1", "u_height: .inf"), 5, "u_height must be a plain number"),
    (SWITCH.replace("u_height: 1", "u_height: -1"), 5, "u_height must be a plain number"),
    (SWITCH.replace("u_height: 1", "u_height: 9999999999"), 5, "u_height is too large"),
    (SWITCH.replace("u_height: 1", "u_height: 1.25"), 5, "u_height must be a multiple of 0.5"),
    (SWITCH.replace("is_full_depth: false", "is_full_depth: maybe"), 6, "is_full_depth must be true or false"),
    (SWITCH + "weight: heavy\n", 7, "weight must be a plain number"),
    (SWITCH + "weight: 1,5\n", 7, "weight must be a plain number"),
    (SWITCH + "interfaces: many\n", 7, "interfaces must be a list"),
    (SWITCH + "interfaces:\n  - eth0\n", 8, "every entry of interfaces must be a mapping"),
    (SWITCH + "interfaces:\n  - type: 1000base-t\n", 8, "an entry of interfaces has no name"),
    (SWITCH + "interfaces:\n  - name: a\n", 8, "an entry of interfaces has no type"),
    (SWITCH + PORT.replace("1000base-t", "'<b>'"), 9, "type '<b>' is no proper type"),
    (SWITCH + PORT + "    poe_mode: PSE\n", 10, "poe_mode must be pd or pse"),
    (SWITCH + PORT + "    poe_mode: [pse]\n", 10, "poe_mode must be a text"),
    (SWITCH + "power-ports:\n  - name: P\n    type: c14\n    maximum_draw: 100W\n", 10, "maximum_draw must be a plain"),
    (SWITCH + "comments: !!python/object:os.system x\n", 7, "the tag"),
    (SWITCH + "x: !include /etc/passwd\n", 7, "the tag"),
    (SWITCH + "? [a, b]\n: c\n", 7, "a key must be a plain text"),
    (SWITCH + "x: *nobody\n", 7, "the alias *nobody"),
    (SWITCH + "x: &me [*me]\n", 7, "the alias *me"),
    (SWITCH + "x: " + "[" * 13 + "]" * 13 + "\n", 7, "more than 12 deep"),
    (SWITCH + "x: " + "[" * 200_000, 7, "more than 12 deep"),
    (SWITCH + BOMB, 9, "more than 50000 values"),
    (SWITCH + "x: [" + "1," * 60_000 + "1]\n", 7, "more than 50000 values"),
    (SWITCH + "comments: " + "x" * 100_001 + "\n", 7, "a text is longer than 100000"),
    (SWITCH + "x" * walking.SIZE_LIMIT, 0, "the file is larger than 512 KB"),
    (SWITCH.encode() + b"comments: caf\xe9\n", 7, "the file is not UTF-8 text"),
    (SWITCH.encode("utf-16"), 1, "the file is not UTF-8 text"),
    (SWITCH.encode() + b"comments: a\0b\n", 7, "the file holds a zero character"),
    (SWITCH + "comments: a\x1bb\n", 0, "this is not YAML"),
    (SWITCH + "interfaces:\n" + "".join(f"  - name: p\n    type: t{n}\n" for n in range(1_100)), 0, "more than 1000 f"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), DAMAGED, ids=[message for _t, _l, message in DAMAGED])
def test_a_damaged_file_is_named_with_its_line(tmp_path: Path, text: str | bytes, line: int, message: str) -> None:
    started = time.process_time()
    library = read_library(library_of(tmp_path, device=text))
    assert time.process_time() - started < 3
    assert library.types == ()
    assert [(problem.file, problem.line) for problem in library.damaged] == [
        ("device-types/Nordwerk/NW-NEW.yaml", line)
    ]
    assert message in library.damaged[0].message


def test_the_slow_parser_gives_the_same_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = read_library(SMALL)
    monkeypatch.setattr(yamltree, "_LOADER", yamltree.yaml.SafeLoader)
    assert read_library(SMALL) == fast
    for number, (text, _line, _message) in enumerate(DAMAGED):
        if len(text) < 50_000:
            library_of(tmp_path, device=text, name=f"{number}.yaml")
    assert read_library(tmp_path).types == ()


def test_a_type_that_was_cut_off_is_none_of_the_librarys_own_schema(tmp_path: Path) -> None:
    cut = SWITCH + "airflow: passive\npower-outlets:\n  - name: Outlet 1\n    type: iec"
    folder = library_of(tmp_path, device=cut)
    (entry,) = read_library(folder).types  # without a schema nobody can tell, but it looks so
    assert "end-missing" in entry.traps
    (folder / "schema").mkdir()
    schema = folder / "schema" / "generated_schema.json"
    words = {"power-outlet": {"properties": {"type": {"enum": ["iec-60320-c13"]}}}, "airflow": {"enum": ["passive"]}}
    schema.write_text(json.dumps({"definitions": words}), "utf-8")
    (problem,) = read_library(folder).damaged
    assert (problem.line, problem.message) == (9, "'iec' is no type of power-outlets in the library's schema")
    library_of(folder, device=SWITCH + "airflow: sideways\n")
    assert "'sideways' is no airflow" in read_library(folder).damaged[0].message
    library_of(folder, device=cut + "-60320-c13\n")
    assert read_library(folder).damaged == ()
    library_of(folder, device=cut)
    for broken in (
        "{",
        "[]",
        '{"definitions": 1}',
        '{"definitions": {"x": 1}}',
        "[" * 100_000,
        '{"definitions": {"airflow": {"enum": 1}}}',
    ):
        schema.write_text(broken, "utf-8")
        assert read_library(folder).damaged == ()


def test_each_damaged_file_of_a_copy_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    folder = copy_of_small(tmp_path / "copy")
    broken = sorted((folder / "device-types" / "Nordwerk").glob("NW-S*"))
    for path in broken:
        path.write_text(path.read_text("utf-8").replace("manufacturer:", "manufacturer: ["), "utf-8")
    library = read_library(folder)
    assert [problem.file for problem in library.damaged] == [path.relative_to(folder).as_posix() for path in broken]
    assert all(problem.line for problem in library.damaged)
    assert len(library.types) == 34 - len(broken)


def test_links_pipes_and_devices_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "secret.yaml"
    outside.write_text(SWITCH, "utf-8")
    folder = library_of(tmp_path / "library")
    place = folder / "device-types" / "Nordwerk"
    (place / "link.yaml").symlink_to(outside)
    (place / "loop").symlink_to(place)
    (folder / "module-types").symlink_to(tmp_path)
    os.mkfifo(place / "pipe.yaml")
    library = read_library(folder)
    assert {problem.file: problem.message for problem in library.damaged} == {
        "device-types/Nordwerk/link.yaml": "a link is not followed",
        "device-types/Nordwerk/loop": "a link is not followed",
        "device-types/Nordwerk/pipe.yaml": "this is no regular file",
        "module-types": "a link is not followed",
    }
    assert len(library.types) == 1


def test_a_file_that_may_not_be_read_and_names_that_are_no_text(tmp_path: Path) -> None:
    folder = library_of(tmp_path)
    place = folder / "device-types" / "Nordwerk"
    for name in (b"bad\xff.yaml", b"new\nline.yaml"):
        (Path(os.fsdecode(os.fsencode(place) + b"/" + name))).write_text(SWITCH, "utf-8")
    library = read_library(folder)
    assert [problem.file for problem in library.damaged] == [
        "device-types/Nordwerk/bad\\udcff.yaml",
        "device-types/Nordwerk/new\\nline.yaml",
    ]


def test_a_folder_beyond_all_measure_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = library_of(tmp_path)
    deep = folder / "device-types" / Path(*"abcdefg")
    deep.mkdir(parents=True)
    with pytest.raises(TooMuch, match="deep"):
        read_library(folder)
    deep.rmdir()
    deep.parent.rmdir()
    monkeypatch.setattr(walking, "FILE_LIMIT", 2)
    for number in range(3):
        library_of(folder, name=f"{number}.yaml")
    with pytest.raises(TooMuch, match="device types"):
        read_library(folder)
    monkeypatch.setattr(walking, "ENTRY_LIMIT", 2)
    with pytest.raises(TooMuch, match="files and folders"):
        read_library(folder)
    monkeypatch.undo()
    monkeypatch.setattr(walking, "TOTAL_LIMIT", 100)
    with pytest.raises(TooMuch, match="MB"):
        read_library(folder)


def test_one_of_its_folders_will_do_and_other_files_are_left_alone(tmp_path: Path) -> None:
    whole = read_library(SMALL)
    part = read_library(SMALL / "rack-types")
    assert [entry.document.path for entry in part.types] == [
        entry.document.path for entry in whole.types if entry.document.form == "rack"
    ]
    (tmp_path / "elsewhere.yaml").write_text(SWITCH, "utf-8")
    assert read_library(tmp_path).files == 0
