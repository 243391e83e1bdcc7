"""The structured log of unattended work: to stderr, one line an event, JSON on demand; silent unless asked for."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog

Form = Literal["json", "text"]


def open_log(stream: TextIO, form: Form | None) -> Any:
    """A log with `info` and `warning`; without a form it says nothing. Facts are ours: no secret is ever one."""
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else _as_text
    return structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            last if form else _drop,
        ],
        wrapper_class=structlog.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _as_text(logger: object, method: str, facts: MutableMapping[str, Any]) -> str:
    head = f"{facts.pop('at')} {facts.pop('level')} {facts.pop('event')}"
    return " ".join([head, *(f"{name}={value}" for name, value in facts.items() if value is not None)])


def _drop(logger: object, method: str, facts: MutableMapping[str, Any]) -> Any:
    raise structlog.DropEvent
