#!/usr/bin/env bash
# Build every image, start docker-compose.yml with them, send a signed webhook, read the event from
# NATS. Takes minutes; says SKIPPED, and why, where containers cannot run.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
engine=
enter=()

skip() {
    printf '\n*** SKIPPED: %s. Nothing about containers was tested.\n\n' "$1" >&2
    [ -n "${CONTAINERS_REQUIRED:-}" ] && exit 1
    exit 0
}

clean() {
    local status=$?
    [ $status = 0 ] || [ ! -e "$work/up" ] || compose logs --tail 30 || true
    [ ! -e "$work/up" ] || compose down --volumes --timeout 5 >/dev/null 2>&1 || true
    if [ -n "$engine" ]; then
        kill "$engine" 2>/dev/null || true
        wait "$engine" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap clean EXIT

# A copy of its own, so that neither the secrets nor the containers of a fleet that runs here are met.
compose() {
    docker compose --project-name self-integrations-test --project-directory "$work/tree" \
        -f "$work/tree/docker-compose.yml" "$@"
}

# shellcheck source=tests/deploy/engine.sh
. tests/deploy/engine.sh

docker info >/dev/null 2>&1 || start_engine
need_compose
docker pull --quiet python:3.13-slim >/dev/null 2>&1 || make_standins

services=$(sed -n 's/.*args: {SERVICE: \([a-z0-9_]*\)}.*/\1/p' docker-compose.yml)
echo "Building fleet ${services//$'\n'/ }"
docker build --quiet --target fleet -f deploy/Dockerfile -t self-integrations/fleet:dev . >/dev/null
for service in $services; do
    docker build --quiet --build-arg "SERVICE=$service" -f deploy/Dockerfile \
        -t "self-integrations/$service:dev" . >/dev/null
done
mkdir "$work/tree"
cp -R docker-compose.yml deploy services "$work/tree/"
(cd "$work/tree" && rm -rf deploy/secrets && mkdir deploy/secrets && ./deploy/secrets.sh >/dev/null)
chmod u+w "$work/tree/deploy/secrets/github/webhook_secret"
printf 'a-secret-of-this-test' >"$work/tree/deploy/secrets/github/webhook_secret"
chmod 444 "$work/tree/deploy/secrets/github/webhook_secret"

echo "Starting"
touch "$work/up"
compose config --quiet
# shellcheck disable=SC2086 # a list of words
compose up --no-build --wait --wait-timeout 180 $services
export TREE=$work/tree
# shellcheck disable=SC2086
"${enter[@]}" .venv/bin/python -m tests.deploy.journey $services
echo "Stopping"
began=$(date +%s)
# shellcheck disable=SC2086
compose stop $services
echo "They drained and stopped within $(($(date +%s) - began)) s"
compose ps --all --format '{{.Service}} {{.State}} {{.ExitCode}}'
for service in $services; do
    [ "$(compose ps --all --format '{{.Service}} {{.ExitCode}}' | sed -n "s/^$service //p")" = 0 ]
done
echo "The containers work."
