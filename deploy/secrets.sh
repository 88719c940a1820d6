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

# A NATS user: the seed and the public key, made once. The second argument is a service's sources.
key() {
    mkdir -p "$secrets/keys"
    [ -e "$secrets/keys/$1" ] || deploy/nats/nkey.sh >"$secrets/keys/$1"
    read -r seed public <"$secrets/keys/$1"
    users="$users $1=$public:${2:-}"
}

secrets=deploy/secrets
users=
chmod 700 "$secrets"
put "$secrets/postgres/password" "$(random)"
put "$secrets/nats/nats.conf" "NATS_STORE_KEY: \"$(random)\"
"
put "$secrets/grafana/password" "$(random)"
[ -e "$secrets/encryption_keys" ] ||
    printf '1:%s' "$(head -c 32 /dev/urandom | base64 | tr -d '\n')" >"$secrets/encryption_keys"

for name in admin reader; do
    key $name
    put "$secrets/$name/nats_url" "nats://$seed@localhost:${NATS_PORT:-4222}"
done
owner=$(cat "$secrets/postgres/password")
put "$secrets/migrate/postgres_url" "postgresql://fleet:$owner@postgres:5432/self_integrations"
put "$secrets/roles/password" "$owner"
mkdir -p "$secrets/roles/services"

# What each service expects, as docker-compose.yml itself says.
for service in $(sed -n 's/.*args: {SERVICE: \([a-z0-9_]*\)}.*/\1/p' docker-compose.yml); do
    provider=services/$service/provider.py
    [ -e "$provider" ] || provider=/dev/null # it reads the stream, and has no tokens to keep
    key "$service" "$(sed -n 's/^ *sources=(\(.*\)),$/\1/p' "$provider" | tr -d '" ' | sed 's/,$//')"
    put "$secrets/roles/services/$service" "$(random)"
    password=$(cat "$secrets/roles/services/$service")
    put "$secrets/$service/postgres_url" \
        "postgresql://integration_$service:$password@postgres:5432/self_integrations"
    put "$secrets/$service/nats_url" "nats://$seed@nats:4222"
    [ "$provider" = /dev/null ] || put "$secrets/$service/encryption_keys" "$(cat "$secrets/encryption_keys")"
    # Empty until you write it: the service runs, and says on /status what is missing.
    for name in $(sed -n "/^  $service:\$/,/^\$/s/.*: \/run\/secrets\///p" docker-compose.yml); do
        put "$secrets/$service/$name" ""
    done
done

# shellcheck disable=SC2086 # a list of words
deploy/nats/users.sh $users >"$secrets/nats/users.new"
mv "$secrets/nats/users.new" "$secrets/nats/users.conf"
chmod 444 "$secrets/nats/users.conf"

echo "deploy/secrets is complete. Empty until you fill them in:"
find "$secrets" -type f -empty | sort | sed 's/^/  /'
