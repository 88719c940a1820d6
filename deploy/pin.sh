#!/bin/sh
# Write deploy/requirements anew: what an image installs, with hashes and without host names. Every
# version comes from constraints.txt. Needs uv; `make pin` ends with this.
set -eu
cd "$(dirname "$0")/.."

uv=.venv/bin/uv
[ -x "$uv" ] || uv=$(command -v uv) || {
    echo "uv is needed to pin: pip install uv" >&2
    exit 1
}

pin() {
    new=$(mktemp)
    "$uv" pip compile pyproject.toml --extra otlp "$@" --constraint constraints.txt \
        --generate-hashes --python-version 3.13 --python-platform linux --quiet \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file "$new"
    if grep -n '://' "$new" >&2; then
        rm -f "$new"
        echo "a pin names a host; nothing was written" >&2
        exit 1
    fi
    cat "$new" >"deploy/requirements/${2:-core}.txt"
    rm -f "$new"
}

mkdir -p deploy/requirements
rm -f deploy/requirements/*.txt
pin
# A provider has pins of its own when pyproject.toml has an extra with its name.
for extra in $(sed -n '/^\[project.optional-dependencies\]/,/^\[project.scripts\]/s/^\([a-z0-9_]*\) = .*/\1/p' pyproject.toml); do
    case $extra in engines | otlp | test) ;; *) pin --extra "$extra" ;; esac
done
echo "deploy/requirements: $(ls deploy/requirements | tr '\n' ' ')"
