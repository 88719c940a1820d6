"""Traces that follow a delivery, or a walk, as far as the bus (W3C Trace Context).

A recorded span costs as much as verifying a webhook. So a number decides before OpenTelemetry is
asked; what is not recorded costs next to nothing and leaves no `traceparent` anywhere.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import structlog
from msgspec import Struct
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.errors import ConfigError

log = structlog.get_logger()

NAME = "self-integrations"

RATIO = 0.01
"""The share of traces that are recorded when OTEL_TRACES_SAMPLER_ARG does not say another."""

_w3c = TraceContextTextMapPropagator()
_NOTHING = nullcontext()


class _Recorder(Struct):
    """Where this process's spans go; nowhere until `configure` names a place."""

    tracer: Tracer | None = None
    ratio: float = 0.0


_recorder = _Recorder()


def configure(
    service: str,
    endpoint: str | None = None,
    ratio: float | None = None,
    exporter: SpanExporter | None = None,
) -> TracerProvider | None:
    """Record this process's spans as those of `service`; None when there is nowhere to send them.

    `endpoint` is the OTLP/HTTP collector (else OTEL_EXPORTER_OTLP_ENDPOINT, else none); `ratio` of
    the traces that begin here are recorded (else OTEL_TRACES_SAMPLER_ARG, else `RATIO`). `exporter`
    replaces the OTLP one. Raises ConfigError for a ratio that is none.
    """
    exporter = exporter or _otlp(endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""))
    _recorder.ratio = _ratio() if ratio is None else ratio
    _recorder.tracer = None
    if exporter is None:
        return None
    provider = TracerProvider(
        sampler=ALWAYS_ON,  # what reaches OpenTelemetry was chosen before
        resource=Resource.create({"service.name": service}),
        span_limits=SpanLimits(max_span_attribute_length=200),
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _recorder.tracer = provider.get_tracer(NAME)
    return provider


def _ratio() -> float:
    text = os.environ.get("OTEL_TRACES_SAMPLER_ARG", "")
    try:
        ratio = float(text or RATIO)
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise ConfigError(f"OTEL_TRACES_SAMPLER_ARG is {text!r}; it is a number from 0 to 1")
    return ratio


def _otlp(endpoint: str) -> SpanExporter | None:
    """Return the exporter, if there is an endpoint and the extra `otlp` is installed."""
    if not endpoint:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - optional
            OTLPSpanExporter,
        )
    except ImportError:
        log.warning("traces are not sent: the extra `otlp` is not installed", endpoint=endpoint)
        return None
    return OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces")


def inject() -> str:
    """Return the `traceparent` of the current span, or "" outside of a trace."""
    span = trace.get_current_span()
    if span is trace.INVALID_SPAN:
        return ""  # the usual case, and the propagator takes ten times as long to find it out
    return _traceparent(span)


def trace_id(traceparent: str) -> str:
    """Return the trace as log lines name it, or "" where there is none."""
    return traceparent[3:35]


def context_of(traceparent: str) -> Context:
    """Return the context that continues a trace; an unreadable `traceparent` begins a new one."""
    return _w3c.extract({"traceparent": traceparent}, context=Context())


def root(
    name: str,
    attributes: Mapping[str, str],
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    caller: str = "",
    started: float | None = None,
) -> AbstractContextManager[Span | None]:
    """A trace that may begin here: recorded for the ratio, or as part of the caller's if that is.

    `caller` is the `traceparent` of a request; one that is not sampled has no say, as providers'
    front doors send those. `started` is when it began, in epoch seconds.
    """
    if _recorder.tracer is None:
        return _NOTHING
    follows = caller.endswith("-01")
    if not follows and random.random() >= _recorder.ratio:  # noqa: S311 - a sample
        return _NOTHING
    return _recorded(name, attributes, context_of(caller if follows else ""), kind, started)


def resume(
    name: str, attributes: Mapping[str, str], traceparent: str
) -> AbstractContextManager[Span | None]:
    """A span where a trace was left, perhaps by another process; nothing where there was none."""
    if not traceparent or _recorder.tracer is None:
        return _NOTHING
    return _recorded(name, attributes, context_of(traceparent))


def child(name: str, attributes: Mapping[str, str]) -> AbstractContextManager[Span | None]:
    """A span inside the current one; outside of a trace it costs nothing."""
    if trace.get_current_span() is trace.INVALID_SPAN:
        return _NOTHING
    return _recorded(name, attributes)


@contextmanager
def publishing(headers: Sequence[dict[str, str]]) -> Iterator[None]:
    """A span for each trace among messages that leave together; their headers name it from then on.

    A walk's messages share one trace, so a batch of them is one span, and not five hundred.
    """
    messages = Counter(it["traceparent"] for it in headers if "traceparent" in it)
    if not messages or _recorder.tracer is None:
        yield
        return
    spans = {
        left: _recorder.tracer.start_span(
            "publish",
            context_of(left),
            SpanKind.PRODUCER,
            {"messaging.system": "nats", "messaging.batch.message_count": count},
        )
        for left, count in messages.items()
    }
    for it in headers:
        if "traceparent" in it:
            it["traceparent"] = _traceparent(spans[it["traceparent"]])
    try:
        yield
    except BaseException as error:
        for span in spans.values():
            _fail(span, error)
        raise
    finally:
        for span in spans.values():
            span.end()


@contextmanager
def _recorded(
    name: str,
    attributes: Mapping[str, str],
    context: Context | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
    started: float | None = None,
) -> Iterator[Span]:
    assert _recorder.tracer is not None
    since = None if started is None else int(started * 1e9)
    span = _recorder.tracer.start_span(name, context, kind, dict(attributes), start_time=since)
    with trace.use_span(span, True, record_exception=False, set_status_on_exception=False):
        try:
            yield span
        except BaseException as error:
            _fail(span, error)
            raise


def _fail(span: Span, error: BaseException) -> None:
    """The message of an error may quote what was sent; its class is all that a span may hold."""
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(StatusCode.ERROR)


def _traceparent(span: Span) -> str:
    it = span.get_span_context()
    return f"00-{it.trace_id:032x}-{it.span_id:016x}-01"
