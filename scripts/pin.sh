#!/bin/sh
# Write constraints.txt anew: every package of every extra, for every platform, without host names.
set -eu
cd "$(dirname "$0")/.."

uv=.venv/bin/uv
[ -x "$uv" ] || uv=$(command -v uv) || {
    echo "uv is needed to pin: pip install uv" >&2
    exit 1
}

# In a file of its own first, so that a failure leaves the old pins.
new=$(mktemp)
trap 'rm -f "$new"' EXIT
"$uv" pip compile pyproject.toml --all-extras --universal --python-version 3.11 --upgrade --quiet \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file "$new"
if grep -n '://' "$new" >&2; then
    echo "a pin names a host; nothing was written" >&2
    exit 1
fi
cat "$new" > constraints.txt
echo "constraints.txt: $(wc -l < constraints.txt) pins"
