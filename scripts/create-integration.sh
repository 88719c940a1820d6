#!/bin/sh
# Scaffold a provider: create-integration.sh NAME [--title "New Service"]
# It runs and passes the contract from the first minute, but for what only a real payload can prove.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "create-integration: $1" >&2
    exit 2
}

usage='usage: scripts/create-integration.sh NAME [--title "New Service"]'
name=${1:-}
[ -n "$name" ] || fail "$usage"
shift
title=
while [ $# -gt 0 ]; do
    case $1 in
        --title) [ $# -ge 2 ] || fail "$usage"; title=$2; shift 2 ;;
        *) fail "$usage" ;;
    esac
done

export LC_ALL=C
case $name$title in *"
"*) fail "a name and a title are one line" ;; esac
echo "$name" | grep -Eqx '[a-z][a-z0-9_]{1,30}' ||
    fail "'$name' is not a name: small letters, digits and _, beginning with a letter"
[ -n "$title" ] || title=$(echo "$name" | awk '{ print toupper(substr($0, 1, 1)) substr($0, 2) }')
echo "$title" | grep -Eqx "[A-Za-z0-9][A-Za-z0-9 .+'-]{0,39}" ||
    fail "'$title' is not a title: letters, digits, spaces and . + ' -"
for taken in "services/$name" "tests/providers/$name"; do
    [ ! -e "$taken" ] || fail "$taken exists already"
done

# As services/$name is inside a package, it only shadows Python when somebody runs from within
# services/. A calendar is what the service is about; for the others another word can be found.
python=.venv/bin/python
[ -x "$python" ] || python=${PYTHON:-python3}
"$python" - "$name" <<'CHECK' || fail "'$name' is a word or a module of Python; choose another"
import keyword, sys
name = sys.argv[1]
allowed = {"calendar"}
taken = keyword.iskeyword(name) or name in {"shared", "services", "tests"} | sys.stdlib_module_names
sys.exit(taken and name not in allowed)
CHECK

# A planned provider has its row, and in it its port, already.
planned=$(awk -F'|' -v name="$name" '
    $0 ~ /^\| .*\| planned \|$/ {
        word = tolower($2); gsub(/[^a-z0-9]/, "", word)
        bare = name; gsub(/_/, "", bare)
        if (index(word, bare) == 1) { gsub(/ /, "", $3); print $3; exit }
    }' README.md)
if [ -n "$planned" ]; then
    port=$planned
else
    # 8020 belongs to the context service.
    port=$({
        echo 8020
        sed -n 's/^|[^|]*| *\([0-9]\{4\}\) *|.*/\1/p' README.md
        sed -n 's/.*port=\([0-9]\{4\}\),.*/\1/p' services/*/provider.py
    } | awk '{ taken[$1] = 1 } END { port = 8001; while (port in taken) port++; print port }')
fi
prefix=$(echo "$name" | tr '[:lower:]' '[:upper:]')

fill() {
    sed -e "s/NEW_NAME/$name/g" -e "s/NEW_TITLE/$title/g" \
        -e "s/NEW_PREFIX/$prefix/g" -e "s/NEW_PORT/$port/g" "$1"
}

copy() {
    (cd "$1" && find . -type f ! -name '*.pyc') | while read -r file; do
        mkdir -p "$(dirname "$2/$file")"
        fill "$1/$file" >"$2/$file"
    done
}

copy scripts/template/service "services/$name"
copy scripts/template/tests "tests/providers/$name"

# A planned row is replaced where it stands; a new one goes to the end of the table.
new=$(mktemp)
trap 'rm -f "$new"' EXIT
row="| [$title](services/$name/README.md) | $port | webhooks | items | scaffolded |"
awk -F'|' -v row="$row" -v port="$port" '
    inside && !/^\|/ { if (!done) print row; done = 1; inside = 0 }
    /^\|[^|]*\| *[0-9][0-9][0-9][0-9] *\|/ {
        inside = 1
        if ($3 + 0 == port) { print row; done = 1; next }
    }
    { print }' README.md >"$new"
cat "$new" >README.md

{
    echo
    fill scripts/template/env
} >>.env.example

# Further deployment files take part as soon as the repository has them, each with a template of its own.
for entry in compose k8s; do
    [ ! -f "scripts/template/$entry.sh" ] || sh "scripts/template/$entry.sh" "$name" "$title" "$port"
done

cat <<NEXT
services/$name and tests/providers/$name are there, on port $port. They describe a provider that does not exist, so
one test fails until step 1 is done (test_a_payload_was_recorded):
  .venv/bin/pytest -q tests/providers/$name tests/contract -k $name

Next (CONTRIBUTING.md says how):
  1. Put payloads that $title really sent into tests/providers/$name/payloads; delete the made-up ones.
  2. Write down their shapes in models.py and turn them into Messages in normalize.py.
  3. Prove and read deliveries in webhook.py; walk history in sync.py.
  4. Say who a token belongs to in oauth.py, and every fact of the provider in provider.py.
  5. Rewrite services/$name/README.md, then: make check test
NEXT
