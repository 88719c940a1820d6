#!/bin/sh
# Give every service its role: the folder has one file a service, named like it, with its password.
# Runs after each `fleet migrate`, as the owner of the tables; PG* say where.
set -eu
here=$(dirname "$0")
[ -z "${PGPASSWORD_FILE:-}" ] || export PGPASSWORD="$(cat "$PGPASSWORD_FILE")"
psql -Xq --single-transaction -v ON_ERROR_STOP=1 -f "$here/services.sql"
for file in "$1"/*; do
    psql -Xq -v ON_ERROR_STOP=1 -v provider="${file##*/}" -v password="$(cat "$file")" -f "$here/service.sql"
done
