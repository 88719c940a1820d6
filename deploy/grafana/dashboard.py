"""Write dashboards/fleet.json: `python deploy/grafana/dashboard.py`. What it shows is the list below."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "dashboards/fleet.json"

P = '{provider=~"$provider"}'

Query = tuple[str, str]
"""A query and what to call its lines."""

PANELS: tuple[tuple[str, str, Sequence[Query]], ...] = (
    (
        "Deliveries by what became of them",
        "ops",
        [
            (
                f"sum by (provider, outcome) (rate(self_webhook_deliveries_total{P}[5m]))",
                "{{provider}} {{outcome}}",
            )
        ],
    ),
    ("Events published", "ops", [("sum(rate(self_events_published_total[5m]))", "published")]),
    (
        "Oldest delivery that nobody read",
        "s",
        [(f"max by (provider) (self_inbox_oldest_age_seconds{P})", "{{provider}}")],
    ),
    (
        "Oldest event that is not published",
        "s",
        [("max(self_outbox_oldest_age_seconds)", "oldest")],
    ),
    (
        "Waiting",
        "short",
        [
            (f"max by (provider) (self_inbox_depth{P})", "{{provider}} deliveries"),
            ("max(self_outbox_depth)", "events"),
        ],
    ),
    (
        "Dead letters that nobody replayed",
        "short",
        [
            (
                f"max by (provider, kind) (self_open_dead_letters{P}) > 0",
                "{{provider}} {{kind}}",
            ),
            (
                f"sum by (provider) (increase(self_dead_letters_total{P}[1h])) > 0",
                "{{provider}} new in an hour",
            ),
        ],
    ),
    (
        "Listed items by result",
        "ops",
        [
            (
                f"sum by (provider, result) (rate(self_sync_items_total{P}[5m]))",
                "{{provider}} {{result}}",
            )
        ],
    ),
    (
        "Walks that are late",
        "s",
        [(f"max by (provider, stream) (self_sync_lag_seconds{P})", "{{provider}} {{stream}}")],
    ),
    (
        "Calls to the provider, 95th percentile",
        "s",
        [
            (
                "histogram_quantile(0.95, sum by (provider, le) "
                f"(rate(http_client_request_duration_seconds_bucket{P}[5m])))",
                "{{provider}}",
            )
        ],
    ),
    (
        "Calls to the provider by outcome",
        "reqps",
        [
            (
                "sum by (provider, outcome) "
                f"(rate(http_client_request_duration_seconds_count{P}[5m]))",
                "{{provider}} {{outcome}}",
            )
        ],
    ),
    (
        "Seconds waited for rate limits, in a second",
        "s",
        [(f"sum by (provider) (rate(self_rate_limit_wait_seconds_total{P}[5m]))", "{{provider}}")],
    ),
    (
        "Token refreshes",
        "ops",
        [
            (
                f"sum by (provider, outcome) (rate(self_token_refreshes_total{P}[15m]))",
                "{{provider}} {{outcome}}",
            )
        ],
    ),
    (
        "How full the stream is",
        "percentunit",
        [("max(self_stream_bytes) / max(self_stream_limit_bytes)", "of its limit")],
    ),
    (
        "NATS, as each service sees it",
        "short",
        [("min by (instance) (self_nats_connected)", "{{instance}}")],
    ),
    (
        "Readers of the stream: messages behind",
        "short",
        [
            ("max by (consumer) (self_consumer_pending)", "{{consumer}} not yet given"),
            ("max by (consumer) (self_consumer_unsettled)", "{{consumer}} not yet settled"),
        ],
    ),
    (
        "Readers of the stream: messages by what became of them",
        "ops",
        [
            (
                "sum by (consumer, outcome) (rate(self_consumer_messages_total[5m]))",
                "{{consumer}} {{outcome}}",
            )
        ],
    ),
    (
        "Kinds that nobody declared, since each process began",
        "short",
        [
            (
                f"sum by (provider, kind) (self_unsupported_kinds_total{P})",
                "{{provider}} {{kind}}",
            )
        ],
    ),
)


def panel(number: int, title: str, unit: str, queries: Sequence[Query]) -> dict[str, Any]:
    """One graph; two fit beside each other."""
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "gridPos": {"x": 12 * (number % 2), "y": 8 * (number // 2), "w": 12, "h": 8},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {
            "legend": {"displayMode": "table", "placement": "right", "calcs": ["lastNotNull"]}
        },
        "targets": [
            {"refId": chr(65 + place), "expr": expression, "legendFormat": legend}
            for place, (expression, legend) in enumerate(queries)
        ],
    }


def dashboard() -> dict[str, Any]:
    """The whole dashboard, as Grafana reads it."""
    return {
        "uid": "self-integrations",
        "title": "Self Integrations",
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                {
                    "name": "provider",
                    "label": "Provider",
                    "type": "query",
                    "datasource": {"type": "prometheus", "uid": "prometheus"},
                    "query": "label_values(self_inbox_depth, provider)",
                    "multi": True,
                    "includeAll": True,
                    "allValue": ".*",
                    "current": {"text": "All", "value": "$__all"},
                    "refresh": 2,
                }
            ]
        },
        "panels": [panel(number, *one) for number, one in enumerate(PANELS)],
    }


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(dashboard(), indent=1) + "\n")
