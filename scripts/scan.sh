#!/usr/bin/env bash
# Looks for known weaknesses in what we wrote and in what we use. `here`: only what is
# quick and needs no network. `packages`: only what is asked of a list of weaknesses, which
# is PyPI's, or another one: PIP_AUDIT_VULNERABILITY_SERVICE=osv PIP_AUDIT_OSV_URL=...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=.venv-scan/bin

skip() { echo "*** SKIPPED: $*" >&2; }

# Ruff asks the same questions line by line; this asks them of everything once more, without `noqa`.
code() {
    "$bin/bandit" --quiet --recursive --severity-level high shared services deploy k8s scripts
}

audit() { "$bin/pip-audit" --strict --no-deps --disable-pip --progress-spinner off --requirement "$1"; }

# What the fleet runs on, against the index's own list of weaknesses.
packages() {
    local told
    # Asked about one package first: a mirror without that list knows none, and that is not a clean bill.
    told=$(audit <(grep '^certifi==' constraints.txt) 2>&1) || [[ $told == *"known vulnerabilit"* ]] ||
        { skip "the list of weaknesses is out of reach, so packages are not compared with it (${told##*$'\n'})"; return; }
    audit constraints.txt
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

[ "${1:-}" = packages ] && { packages; exit; }
"$bin/python" scripts/scan/secrets.py "$@"
code
[ "${1:-}" = here ] && exit
packages
sbom
workflows
