#!/bin/sh
# Give every service its role: the folder has one file a service, named like it, with its password.
# Runs after each `fleet migrate`, as the owner of the tables; PG* say where.
set -eu
here=$(dirname "$0")
[ -z "${PGPASSWORD_FILE:-}" ] || export PGPASSWORD="$(cat "$PGPASSWORD_FILE")"
psql -Xq --single-transaction -v ON_ERROR_STOP=1 -f "$here/services.sql"
for file in "$1"/*; do
    role=$here/${file##*/}.sql # a service that is no provider says itself what it needs
    [ -e "$role" ] || role=$here/service.sql
    psql -Xq -v ON_ERROR_STOP=1 -v provider="${file##*/}" -v password="$(cat "$file")" -f "$role"
done
