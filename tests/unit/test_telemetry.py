"""What the fleet says about itself, and what it never says."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.errors import ConfigError
from shared.telemetry import logs, metrics, traces
from shared.types import Secret

LEFT = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
"""Where another process left a trace that is recorded."""


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
    it.unsupported("github", "\ud800" * 1000)  # no text at all, and far too long
    text = it.render().decode()
    assert text.count("self_unsupported_kinds_total{") == metrics.KINDS + 1
    assert 'self_unsupported_kinds_total{kind="kind0",provider="github"} 2.0' in text
    assert 'self_unsupported_kinds_total{kind="other",provider="github"} 51.0' in text


def test_what_alarms_look_at_begins_at_nought() -> None:
    it = metrics.Metrics()
    it.begin("github")
    text = it.render().decode()
    for outcome in ("renewed", "failed", "refused"):
        assert f'refreshes_total{{outcome="{outcome}",provider="github"}} 0.0' in text


def test_every_metric_has_a_unit_or_counts_and_none_is_labelled_by_account() -> None:
    for family in metrics.Metrics().registry.collect():
        assert family.documentation
        assert family.name.startswith(("self_", "http_client_"))


def test_without_an_exporter_nothing_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert traces.configure("github", None, 1.0) is None
    with traces.root("a", {}) as span, traces.child("b", {}) as inner:
        assert span is inner is None
        assert traces.inject() == ""
    with traces.publishing([headers := {"traceparent": LEFT}]):
        assert headers == {"traceparent": LEFT}  # others may record what this process does not


@pytest.fixture
def recorded() -> Iterator[Callable[[], dict[str, ReadableSpan]]]:
    """Record every trace; call it for the spans that have ended, by name."""
    exporter = InMemorySpanExporter()
    provider = traces.configure("test", ratio=1.0, exporter=exporter)
    assert provider

    def ended() -> dict[str, ReadableSpan]:
        provider.force_flush()
        return {span.name: span for span in exporter.get_finished_spans()}

    yield ended
    provider.shutdown()
    traces.configure("test", "", 0.0)


def test_a_trace_goes_on_where_it_was_left(recorded: Callable[[], dict[str, Any]]) -> None:
    with traces.root("webhook", {}, started=1.5):
        left = traces.inject()
        with (
            traces.child("call", {"provider": "acme"}),
            pytest.raises(ValueError, match="x"),
            traces.child("inner", {}),
        ):
            raise ValueError("x canary")
    with traces.resume("worker", {}, left):
        pass
    spans = recorded()
    assert {f"{it.context.trace_id:032x}" for it in spans.values()} == {traces.trace_id(left)}
    assert spans["worker"].parent.span_id == spans["webhook"].context.span_id
    assert spans["inner"].attributes == {"error.type": "ValueError"}
    assert spans["webhook"].start_time == 1_500_000_000
    assert "canary" not in str([it.to_json() for it in spans.values()])


def test_a_share_of_the_traces_is_recorded() -> None:
    traces.configure("test", ratio=0.25, exporter=InMemorySpanExporter())
    begun = 0
    for _ in range(4000):
        with traces.root("walk", {}) as span:
            assert bool(traces.inject()) == (span is not None)
            begun += span is not None
    assert 800 < begun < 1200
    traces.configure("test", "", 0.0)


def test_a_caller_that_records_is_joined_and_one_that_does_not_has_no_say() -> None:
    traces.configure("test", ratio=0.0, exporter=InMemorySpanExporter())
    with traces.root("webhook", {}, caller=LEFT):
        assert traces.trace_id(traces.inject()) == traces.trace_id(LEFT)
    with traces.root("webhook", {}, caller=LEFT[:-1] + "0") as span:
        assert span is None
    traces.configure("test", ratio=1.0, exporter=InMemorySpanExporter())
    with traces.root("webhook", {}, caller=LEFT[:-1] + "0"):
        assert traces.inject()
        assert traces.trace_id(traces.inject()) != traces.trace_id(LEFT)
    traces.configure("test", "", 0.0)


def test_what_a_walk_publishes_together_is_one_span(recorded: Callable[[], dict[str, Any]]) -> None:
    walked = [{"traceparent": LEFT} for _ in range(500)]
    alone = {"traceparent": LEFT.replace("a", "b")}
    batch = [*walked, alone, {}]
    with traces.publishing(batch):
        pass
    assert len({it["traceparent"] for it in walked} - {LEFT}) == 1
    assert alone["traceparent"] not in (LEFT, walked[0]["traceparent"])
    assert batch[-1] == {}
    assert recorded()["publish"]


@pytest.mark.parametrize("text", ["often", "2", "-1"])
def test_a_share_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", text)
    with pytest.raises(ConfigError, match="from 0 to 1"):
        traces.configure("github")


def test_a_line_names_its_trace(recorded: Callable[[], dict[str, Any]]) -> None:
    out = io.StringIO()
    logs.configure("info", json=True, file=out)
    with traces.root("walk", {}):
        structlog.get_logger().info("inside")
        here = traces.trace_id(traces.inject())
    structlog.get_logger().info("outside")
    inside, outside = map(json.loads, out.getvalue().splitlines())
    assert inside["trace_id"] == here
    assert "trace_id" not in outside
    assert recorded()["walk"]


@pytest.mark.parametrize("text", ["", "rubbish", "00-0-0-00", "00-" + "0" * 32 + "-1-01"])
def test_an_unreadable_traceparent_begins_a_new_trace(text: str) -> None:
    context = traces.context_of(text)
    assert not trace.get_current_span(context).get_span_context().is_valid


def test_outside_of_a_trace_there_is_no_traceparent() -> None:
    assert traces.inject() == ""
