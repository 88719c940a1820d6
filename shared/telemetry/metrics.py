"""What is counted and measured. Names follow OpenTelemetry's conventions, as Prometheus spells them.

Labels come from the catalogue and from enums; no URL, id or user ever becomes one.
"""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""What `Metrics.render` returns."""

KINDS = 200
"""How many unsupported kinds a process tells apart before it calls the rest `other`."""

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """One process's figures, in a registry of their own, so that two can live side by side."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, labels, registry=registry)

        self.webhooks = counter(
            "self_webhook_deliveries", "Webhook calls by what became of them", "provider", "outcome"
        )
        self.inbox_depth = gauge("self_inbox_depth", "Deliveries not yet read", "provider")
        self.inbox_age = gauge(
            "self_inbox_oldest_age_seconds", "Age of the oldest delivery not yet read", "provider"
        )
        self.outbox_depth = gauge("self_outbox_depth", "Events not yet published")
        self.outbox_age = gauge(
            "self_outbox_oldest_age_seconds", "Age of the oldest event not yet published"
        )
        self.nats_connected = gauge("self_nats_connected", "1 while a NATS server answers")
        self.stream_bytes = gauge("self_stream_bytes", "Bytes in the stream")
        self.stream_limit = gauge("self_stream_limit_bytes", "Bytes that the stream may hold")
        self.published = counter(
            "self_events_published", "Events that JetStream acknowledged", "provider"
        )
        self.sync_items = counter(
            "self_sync_items", "Listed items by result", "provider", "stream", "result"
        )
        self.sync_lag = gauge(
            "self_sync_lag_seconds",
            "How long the longest-waiting walk is due",
            "provider",
            "stream",
        )
        self.refreshes = counter(
            "self_token_refreshes", "Token refreshes by outcome", "provider", "outcome"
        )
        self.rate_waits = counter(
            "self_rate_limit_wait_seconds", "Seconds that calls had to wait", "provider"
        )
        self.billed = counter(
            "self_billed_units", "What answers cost, in units of the quota", "provider", "quota"
        )
        self.calls = Histogram(
            "http_client_request_duration_seconds",
            "Calls to the provider, by what they came to",
            ("provider", "method", "outcome"),
            buckets=_SECONDS,
            registry=registry,
        )
        self.dead_letters = counter(
            "self_dead_letters", "What was given up on, by kind", "provider", "kind"
        )
        self.open_letters = gauge(
            "self_open_dead_letters", "Dead letters that nobody replayed yet", "provider", "kind"
        )
        self.consumer_pending = gauge(
            "self_consumer_pending", "Messages that the consumer was not given yet", "consumer"
        )
        self.consumer_unsettled = gauge(
            "self_consumer_unsettled", "Messages given to the consumer and not settled", "consumer"
        )
        self.consumed = counter(
            "self_consumer_messages", "Messages read from the stream", "consumer", "outcome"
        )
        self._unsupported = counter(
            "self_unsupported_kinds", "Kinds that nobody declared", "provider", "kind"
        )
        self._kinds: set[tuple[str, str]] = set()

    def begin(self, provider: str) -> None:
        """Let what alarms look at begin at nought: Prometheus cannot see a series' first increase.

        The webhook door begins its own outcomes.
        """
        for outcome in ("renewed", "failed", "refused"):
            self.refreshes.labels(provider, outcome)

    def begin_reading(self, consumer: str) -> None:
        """The same, for a service that reads the stream."""
        for outcome in ("handled", "given_up"):
            self.consumed.labels(consumer, outcome)

    def unsupported(self, provider: str, kind: str) -> None:
        """Count a kind nobody declared; providers invent those, so their number is bounded."""
        kind = kind[:100].encode("utf-8", "replace").decode()
        if (provider, kind) not in self._kinds:
            if len(self._kinds) >= KINDS:
                kind = "other"
            else:
                self._kinds.add((provider, kind))
        self._unsupported.labels(provider, kind).inc()

    def render(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
