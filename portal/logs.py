"""Structured logs: one JSON line an event, with the request id bound once."""

import json
import logging
import sys
from typing import Any, Final

import structlog

ENCODER: Final = json.JSONEncoder(ensure_ascii=False, default=repr)  # made once, for every request writes a line


def _line(event: dict[str, Any], **_options: Any) -> str:
    return ENCODER.encode(event)


def set_up(level: str = "INFO") -> None:
    """Write JSON lines to standard error from `level` on; the standard library's loggers join in."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s", force=True)
