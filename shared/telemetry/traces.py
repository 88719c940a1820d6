"""Traces that follow a delivery from the webhook to the bus (W3C Trace Context).

Without an exporter nothing is recorded: a recorded span costs as much as verifying a webhook.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import NoOpTracer, Span, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

NAME = "self-integrations"

_w3c = TraceContextTextMapPropagator()


def configure(
    service: str,
    endpoint: str | None = None,
    ratio: float = 0.1,
    exporter: SpanExporter | None = None,
) -> Tracer:
    """Return the tracer of a service.

    `endpoint` is the OTLP/HTTP collector (else OTEL_EXPORTER_OTLP_ENDPOINT, else none); `ratio` of
    the traces that begin here are recorded, and every trace that a sampled caller began. `exporter`
    replaces the OTLP one.
    """
    exporter = exporter or _otlp(endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""))
    if exporter is None:
        return NoOpTracer()
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(ratio)),
        resource=Resource.create({"service.name": service}),
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider.get_tracer(NAME)


def _otlp(endpoint: str) -> SpanExporter | None:
    """Return the exporter, if there is an endpoint and the extra `otlp` is installed."""
    if not endpoint:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - optional
            OTLPSpanExporter,
        )
    except ImportError:
        return None
    return OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces")


def inject() -> str:
    """Return the `traceparent` of the current span, or "" outside of a trace."""
    if not trace.get_current_span().get_span_context().is_valid:
        return ""  # the usual case, and the propagator takes ten times as long to find it out
    carrier: dict[str, str] = {}
    _w3c.inject(carrier)
    return carrier.get("traceparent", "")


def context_of(traceparent: str) -> Context:
    """Return the context that continues a trace; an unreadable `traceparent` begins a new one."""
    return _w3c.extract({"traceparent": traceparent}, context=Context())


@contextmanager
def child(
    name: str, attributes: Mapping[str, str], tracer: Tracer | None = None
) -> Iterator[Span | None]:
    """A span inside a trace that is being recorded; outside of one it costs nothing."""
    if not trace.get_current_span().is_recording():
        yield None
        return
    tracer = tracer or trace.get_tracer(NAME)
    # The message of an error may quote what was sent; its class is all a span may hold.
    with tracer.start_as_current_span(
        name, attributes=dict(attributes), record_exception=False, set_status_on_exception=False
    ) as span:
        yield span
