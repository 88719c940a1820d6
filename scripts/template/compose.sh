#!/bin/sh
# Append a provider to docker-compose.yml and to what Prometheus scrapes: compose.sh NAME TITLE PORT. One
# that is there stays as it is.
set -eu
cd "$(dirname "$0")/../.."
name=$1 port=$3
prefix=$(echo "$name" | tr '[:lower:]' '[:upper:]')
! grep -q "^  $name:\$" docker-compose.yml || exit 0
sed -e "s/NEW_NAME/$name/g" -e "s/NEW_PREFIX/$prefix/g" -e "s/NEW_PORT/$port/g" \
    scripts/template/compose.yaml >>docker-compose.yml
echo "    - $name:$port" >>deploy/prometheus/targets.yml
