"""What the fleet says about itself, and what it never says."""

import io
import json
import logging
from collections.abc import Iterator

import msgspec
import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.telemetry import logs, metrics, traces
from shared.types import Secret


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Leave logging as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("httpx", "httpcore", "hpack"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_a_line_is_json_with_its_context() -> None:
    out = io.StringIO()
    logs.configure("info", json=True, file=out)
    structlog.contextvars.bind_contextvars(run="r1")
    structlog.get_logger().info("account connected", account="a1")
    line = json.loads(out.getvalue())
    assert line["event"] == "account connected"
    assert (line["level"], line["account"], line["run"]) == ("info", "a1", "r1")
    assert line["timestamp"].endswith("Z")


def test_lines_below_the_level_are_dropped() -> None:
    out = io.StringIO()
    logs.configure("warning", json=True, file=out)
    structlog.get_logger().info("not this")
    logging.getLogger("nats").info("nor this")
    assert out.getvalue() == ""


@pytest.mark.parametrize("as_json", [True, False])
def test_nothing_secret_is_printed(as_json: bool) -> None:
    out = io.StringIO()
    logs.configure("debug", json=as_json, file=out)
    log = structlog.get_logger()
    log.info(
        "all of it",
        access_token="canary",
        client_Secret="canary",
        Authorization="canary",
        password="canary",
        code="canary",
        code_verifier="canary",
        wrapped=Secret("canary"),
        deep={"list": [{"refreshToken": "canary"}, Secret("canary")], "fine": "kept"},
    )
    logging.getLogger("lib").warning("from a library: %s", Secret("canary"))
    assert "canary" not in out.getvalue()
    assert "kept" in out.getvalue()
    assert out.getvalue().count("***") >= 9


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_does_not_show_local_variables(as_json: bool) -> None:
    out = io.StringIO()
    logs.configure("info", json=as_json, file=out)

    def fails(held: str) -> None:
        raise ValueError(f"{len(held)} characters")

    try:
        fails("can" + "ary")
    except ValueError:
        structlog.get_logger().exception("it failed")
        logging.getLogger("lib").exception("so did this")
    assert out.getvalue().count("6 characters") == 2
    assert "canary" not in out.getvalue()


def test_libraries_do_not_log_whole_urls() -> None:
    out = io.StringIO()
    logs.configure("debug", json=True, file=out)
    logging.getLogger("httpx").info("HTTP Request: GET https://example.com/?key=canary")
    logging.getLogger("httpcore.http11").debug("authorization canary")
    logging.getLogger("another.library").info("listening")
    assert "canary" not in out.getvalue()
    assert json.loads(out.getvalue())["event"] == "listening"


def test_a_value_that_is_no_json_is_still_logged() -> None:
    class Odd(msgspec.Struct):
        a: int

    out = io.StringIO()
    logs.configure("info", json=True, file=out)
    structlog.get_logger().info("odd", odd=Odd(1), kind=ValueError, gone={1})
    assert json.loads(out.getvalue())["odd"] == {"a": 1}


def test_two_sets_of_metrics_live_side_by_side() -> None:
    first, second = metrics.Metrics(), metrics.Metrics()
    first.webhooks.labels("github", "stored").inc()
    assert (
        b'self_webhook_deliveries_total{outcome="stored",provider="github"} 1.0' in first.render()
    )
    assert b"stored" not in second.render()


def test_kinds_that_providers_invent_are_bounded() -> None:
    it = metrics.Metrics()
    for number in range(metrics.KINDS + 50):
        it.unsupported("github", f"kind{number}")
    it.unsupported("github", "kind0")
    text = it.render().decode()
    assert text.count("self_unsupported_kinds_total{") == metrics.KINDS + 1
    assert 'self_unsupported_kinds_total{kind="kind0",provider="github"} 2.0' in text
    assert 'self_unsupported_kinds_total{kind="other",provider="github"} 50.0' in text


def test_every_metric_has_a_unit_or_counts_and_none_is_labelled_by_account() -> None:
    for family in metrics.Metrics().registry.collect():
        assert family.documentation
        assert family.name.startswith(("self_", "http_client_"))


def test_without_an_exporter_nothing_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    tracer = traces.configure("github", None, 1.0)
    with tracer.start_as_current_span("a") as span:
        assert not span.is_recording()
        with traces.child("b", {}) as inner:
            assert inner is None


def test_a_trace_goes_on_where_it_was_left() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("webhook"):
        left = traces.inject()
        with (
            traces.child("call", {"provider": "acme"}, tracer),
            pytest.raises(ValueError, match="x"),
            traces.child("inner", {}, tracer),
        ):
            raise ValueError("x canary")
    assert left.startswith("00-")
    with tracer.start_as_current_span("worker", context=traces.context_of(left)):
        pass
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert {span.context.trace_id for span in spans.values() if span.context} == {
        int(left.split("-")[1], 16)
    }
    assert "canary" not in str([span.to_json() for span in spans.values()])
    provider.shutdown()


@pytest.mark.parametrize("text", ["", "rubbish", "00-0-0-00", "00-" + "0" * 32 + "-1-01"])
def test_an_unreadable_traceparent_begins_a_new_trace(text: str) -> None:
    context = traces.context_of(text)
    assert not trace.get_current_span(context).get_span_context().is_valid


def test_outside_of_a_trace_there_is_no_traceparent() -> None:
    assert traces.inject() == ""
