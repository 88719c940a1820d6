#!/usr/bin/env bash
# Looks for known weaknesses in what we wrote and in what we use. `here`: only what is
# quick and needs no network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=.venv-scan/bin

skip() { echo "*** SKIPPED: $*" >&2; }

# Ruff asks the same questions line by line; this asks them of everything once more, without `noqa`.
code() {
    "$bin/bandit" --quiet --recursive --severity-level high shared services deploy k8s scripts
}

# What the fleet runs on, against PyPI's own list of weaknesses.
packages() {
    local pinned
    pinned=$(sed -n 's/^certifi==\([^ ;]*\).*/\1/p' constraints.txt)
    # Asked about one package first: a mirror without that list knows none, and that is not a clean bill.
    "$bin/python" -c "import requests; requests.get("$LIST/certifi/$pinned/json", \
        timeout=5).json()['vulnerabilities']" 2>/dev/null ||
        { skip "PyPI's list of weaknesses is out of reach, so packages are not compared with it"; return; }
    "$bin/pip-audit" --strict --requirement constraints.txt --no-deps --disable-pip --progress-spinner off
}

sbom() {
    mkdir -p build
    "$bin/cyclonedx-py" environment --pyproject pyproject.toml --output-reproducible \
        --output-file build/sbom.json .venv/bin/python
    echo "build/sbom.json lists what is installed in .venv (CycloneDX)"
}

workflows() {
    compgen -G '.github/workflows/*.y*ml' >/dev/null || { echo "there are no workflows to look at"; return; }
    "$bin/zizmor" --offline .github/workflows
}

"$bin/python" scripts/scan/secrets.py "$@"
code
[ "${1:-}" = here ] && exit
packages
sbom
workflows
