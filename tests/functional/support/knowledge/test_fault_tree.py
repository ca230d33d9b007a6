"""Fault types: from rule files with every mistake named, and edited on screen."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.configurator.language.errors import RuleErrors
from portal.db import Database
from portal.policy import SYSTEM
from portal.support.knowledge.fault_files import read_lines, shipped_lines
from portal.support.knowledge.fault_models import FaultType, KnownValue
from portal.support.knowledge.fault_tree import load_lines
from portal.support.knowledge.faults import types
from tests.factories.knowledge import REVIEWER
from tests.factories.world import World

NAMES = {"name_en": "Smells burnt", "name_zh": "有焦味", "words": "smoke\nsmoke\n 冒烟 "}


def test_loading_again_changes_nothing_and_keeps_what_was_edited(world: World, database: Database) -> None:
    with database.writing(SYSTEM) as session:
        session.scalars(select(FaultType).where(FaultType.key == "camera_black")).one().name_en = "Edited"
    with database.writing(SYSTEM) as session:
        assert load_lines(session, read_lines(shipped_lines()), now=world.now) == 0
        tree = types(session)
    assert tree.all["camera_black"].name.en == "Edited"
    assert [line.key for line in tree.lines()] == ["cameras", "recorders", "switches", "ups", "fsu"]
    assert tree.path("camera_black") == ("cameras", "camera_no_picture", "camera_black")
    assert "camera_no_picture" not in {fault.key for fault in tree.leaves("cameras")}


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("format: 1\nline: x\n", ["a.yaml:1: x: missing", "a.yaml:1: x: empty"]),
        ("format: 2\nline: Xx\ntitle: {en: A, zh: 甲}\nfaults: [{key: a_b, name: {en: A}}]\n",
         ["a.yaml:1: -: unknown-value", "a.yaml:2: Xx: name", "a.yaml:4: a_b: language"]),
        ("format: 1\nline: cams\ntitle: {en: A, zh: 甲}\nfaults:\n  - {key: aa, name: {en: A, zh: 甲}}\n"
         "  - {key: aa, name: {en: A, zh: 甲}, colour: red}\nerror_codes:\n"
         "  - {value: E1, fault: bb, meaning: {en: A, zh: 甲}}\n  - {value: e-1, meaning: {en: A, zh: 甲}}\n",
         ["a.yaml:6: aa: duplicate", "a.yaml:6: cams: unknown-key", "a.yaml:8: cams: undefined",
          "a.yaml:9: cams: duplicate"]),
        ("x: &a [1]\ny: *a\n", ["a.yaml:1: -: alias"]),
        ("x: !!python/object/apply:os.system ['true']\n", ["a.yaml:1: -: tag"]),
    ],
)  # fmt: skip
def test_every_mistake_of_a_file_is_named(tmp_path: Path, text: str, errors: list[str]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(RuleErrors) as found:
        read_lines([path])
    said = [": ".join(str(error).split(": ")[:3]) for error in found.value.errors]
    assert set(errors) <= set(said), said


def test_the_head_of_support_edits_names_words_order_and_codes(app: Flask, world: World, database: Database) -> None:
    client = world.client(app, REVIEWER)
    assert client.post("/fault-types/cameras/camera_damaged/below", data=NAMES).status_code == 303
    assert client.post("/fault-types/cameras/cameras/below", data=NAMES | {"name_zh": ""}).status_code == 422
    with database.reading(SYSTEM) as session:
        row = session.scalars(select(FaultType).where(FaultType.name_en == "Smells burnt")).one()
        assert (row.key, row.words, row.line) == ("cameras_smells_burnt", "smoke\n冒烟", "cameras")
    path = f"/fault-types/cameras/{row.key}"
    assert client.post(path, data=NAMES | {"name_en": "Burnt", "version": "1"}).status_code == 303
    assert client.post(path, data=NAMES | {"name_en": "Late", "version": "1"}).status_code == 409
    assert client.post(f"{path}/archive", data={"gone": "yes"}).status_code == 303
    assert client.post("/fault-types/cameras/camera_ptz/move", data={"way": "up"}).status_code == 303
    code = {"kind": "error_code", "value": "E-CAM-99", "fault": "camera_black", "meaning_en": "x", "meaning_zh": "y"}
    assert client.post("/fault-types/cameras/values", data=code).status_code == 303
    assert client.post("/fault-types/cameras/values", data=code | {"value": "--"}).status_code == 422
    with database.reading(SYSTEM) as session:
        tree = types(session)
        value = session.scalars(select(KnownValue).where(KnownValue.value == "E-CAM-99")).one()
    assert tree.all[row.key].name.en == "Burnt"
    assert row.key not in {fault.key for fault in tree.leaves("cameras")}
    assert [fault.key for fault in tree.children("cameras")][1] == "camera_ptz"
    assert client.post(f"/fault-types/switches/values/{value.id}/archive").status_code == 404
    assert client.post(f"/fault-types/cameras/values/{value.id}/archive").status_code == 303
    assert client.get("/fault-types/switches/camera_ptz").status_code == 404
    page = client.get("/fault-types/cameras").text
    assert "E-CAM-99" not in page
    assert "Burnt" in page
