"""What the fleet says about itself: log lines, metrics and traces, none of them with a secret in it."""
