"""The portal as a gunicorn worker of the benchmark makes it; settings and logs are those of `portal serve`."""

from flask import Flask

from portal import logs
from portal.app import create_app
from portal.config import Settings


def application() -> Flask:
    """Make the application of one worker, after the fork."""
    settings = Settings.from_environment()
    logs.set_up(settings.log_level)
    return create_app(settings)
