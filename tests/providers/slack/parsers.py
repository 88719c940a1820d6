"""What Slack's code reads besides deliveries, for the fuzzers."""

from services.slack import mrkdwn

PARSERS = {"mrkdwn": lambda data: mrkdwn.render(data.decode("utf-8", "replace"))}
