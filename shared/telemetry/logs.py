"""One log for everything: JSON for machines, readable on a terminal, secrets masked in both."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import Processor

from shared.telemetry import traces
from shared.types import Secret

MASK = "***"
_TELLING = re.compile(r"token|secret|authorization|password|code|verifier", re.IGNORECASE)


def configure(level: str = "info", json: bool = True, file: TextIO | None = None) -> None:
    """Send structlog and the libraries' own log lines to `file` (standard error when None).

    `json` false is for a terminal. Lines below `level` are dropped.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    chain: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace,
        *([structlog.processors.format_exc_info] if json else []),
        mask,
    ]
    # The richer traceback formatters print local variables, and those hold tokens.
    render: Processor = (
        structlog.processors.JSONRenderer(serializer=_encode)
        if json
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    out = file or sys.stderr
    structlog.configure(
        processors=[*chain, render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(out),
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    # They log whole URLs, and headers below INFO; uvicorn says that it starts, which we say ourselves.
    for name in ("httpx", "httpcore", "hpack", "uvicorn"):
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what a key's name says is secret, at any depth, and every `Secret`."""
    for key, value in event.items():
        event[key] = _masked(key, value)
    return event


def _trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name the trace that the line belongs to, where one is recorded."""
    if traceparent := traces.inject():
        event["trace_id"] = traces.trace_id(traceparent)
    return event


def _masked(key: str, value: Any) -> Any:
    if isinstance(value, Secret) or (_TELLING.search(key) and value not in (None, "")):
        return MASK
    if isinstance(value, Mapping):
        return {str(name): _masked(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", inner) for inner in value]
    return value


def _encode(event: Any, **_ignored: Any) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()
