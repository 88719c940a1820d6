#!/bin/sh
# Make the files in deploy/secrets that docker-compose.yml mounts, one folder per container. What is
# there already stays, so it can be run again after a provider was added.
set -eu
cd "$(dirname "$0")/.."
umask 077

random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# Whoever may enter the folder may read the files: inside of containers other users read them.
put() {
    mkdir -p "$(dirname "$1")"
    chmod 755 "$(dirname "$1")"
    [ -e "$1" ] || printf '%s' "$2" >"$1"
    chmod 444 "$1"
}

secrets=deploy/secrets
chmod 700 "$secrets"
put "$secrets/postgres/password" "$(random)"
put "$secrets/nats/nats.conf" "NATS_PASSWORD: \"$(random)\"
NATS_STORE_KEY: \"$(random)\"
"
put "$secrets/grafana/password" "$(random)"
[ -e "$secrets/encryption_keys" ] ||
    printf '1:%s' "$(head -c 32 /dev/urandom | base64 | tr -d '\n')" >"$secrets/encryption_keys"

nats_password=$(sed -n 's/^NATS_PASSWORD: "\(.*\)"$/\1/p' "$secrets/nats/nats.conf")
postgres="postgresql://fleet:$(cat "$secrets/postgres/password")@postgres:5432/self_integrations"

# What each container expects, as docker-compose.yml itself says.
awk '/^services:/ { inside = 1 }
     inside && /^  [a-z0-9_]+:$/ { service = substr($1, 1, length($1) - 1) }
     inside && / \/run\/secrets\// { sub(/.*\/run\/secrets\//, ""); print service, $0 }' docker-compose.yml |
    while read -r service name; do
        case $service in postgres | nats | grafana) continue ;; esac
        put "$secrets/$service/postgres_url" "$postgres"
        [ "$service" = migrate ] && continue
        put "$secrets/$service/nats_url" "nats://fleet:$nats_password@nats:4222"
        put "$secrets/$service/encryption_keys" "$(cat "$secrets/encryption_keys")"
        # Empty until you write it: the service runs, and says on /status what is missing.
        put "$secrets/$service/$name" ""
    done

echo "deploy/secrets is complete. Empty until you fill them in:"
find "$secrets" -type f -empty | sort | sed 's/^/  /'
