"""What tests of mail begin from: the ticket of the hospital, and a maildir folder."""

from dataclasses import replace
from pathlib import Path

import pytest

from portal.config import Settings
from tests.factories.seeds import Seed, Sown
from tests.factories.talks import A_TALK, Talk
from tests.factories.world import World


@pytest.fixture
def seed() -> Seed:
    return A_TALK


@pytest.fixture
def talk(world: World, sown: Sown) -> Talk:
    return Talk(world, **sown.known())


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    return tmp_path / "maildir"


@pytest.fixture
def settings(settings: Settings, maildir: Path) -> Settings:
    return replace(settings, support_mail="support@lanqiao.example", mail_inbox=f"maildir://{maildir}")
