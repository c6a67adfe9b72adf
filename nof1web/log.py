"""Structured logs on stderr, with who and what in context, and nothing secret in them."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars

HIDDEN = "***"
SECRET_KEY = re.compile(
    r"secret|passw|passphrase|token|signature|authorization|cookie|api_?key|master_?key|private|sealed", re.IGNORECASE
)
SECRET_TEXT = re.compile(
    r"(?i)\b(signature|api_?key|api_?secret|secret|password|token|x-mbx-apikey)(['\"]?\s*[=:]\s*['\"]?)[^\s&'\",;}]+"
)
URL_LOGIN = re.compile(r"(://)[^\s/@]+@")
DEPTH = 4


def configure(log_format: str, *, level: str = "INFO") -> None:
    """Send this process's logs, those of libraries included, to stderr as `json` lines or for a `console`."""
    shared: list[Any] = [
        merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    colours = sys.stderr.isatty()
    last: Any = structlog.processors.JSONRenderer()
    if log_format == "console":
        last = structlog.dev.ConsoleRenderer(colors=colours)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    # The traceback is text before anything is hidden, so that a secret in it is hidden too.
    finish = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, redact, last,
    ]  # fmt: skip
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=finish))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("rq", "rq.worker", "rq.job", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # A second scheduler is told four times a second that the first one holds the lock.
    logging.getLogger("rq_scheduler").setLevel(logging.ERROR)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module: `log.get(__name__).info("order placed", symbol=symbol)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


@contextmanager
def context(**ids: str) -> Iterator[None]:
    """Put user_id, credential_id, cycle_id into every line logged inside; empty ones are left out."""
    with bound_contextvars(**{name: value for name, value in ids.items() if value}):
        yield


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop what must not be read: values of secret-sounding names, and such values inside of texts."""
    return {name: HIDDEN if SECRET_KEY.search(name) else _clean(value, DEPTH) for name, value in event.items()}


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, bytes):
        return HIDDEN
    if isinstance(value, str):
        return URL_LOGIN.sub(rf"\1{HIDDEN}@", SECRET_TEXT.sub(rf"\1\2{HIDDEN}", value))
    if depth and isinstance(value, dict):
        return {
            name: HIDDEN if SECRET_KEY.search(str(name)) else _clean(item, depth - 1) for name, item in value.items()
        }
    if depth and isinstance(value, (list, tuple)):
        return [_clean(item, depth - 1) for item in value]
    return value if value is None or isinstance(value, (bool, int)) else _clean(str(value), 0)
