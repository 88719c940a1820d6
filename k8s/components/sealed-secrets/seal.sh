#!/bin/sh
# Write services.yaml anew out of the folders in deploy/secrets, one Secret a folder. Needs kubectl,
# kubeseal and a cluster with the sealed-secrets controller.
set -eu
cd "$(dirname "$0")/../../.."
out=k8s/components/sealed-secrets/services.yaml
new=$(mktemp)
trap 'rm -f "$new"' EXIT
for folder in deploy/secrets/*/; do
    name=$(basename "$folder" | tr _ -)
    echo ---
    kubectl create secret generic "$name-secrets" --namespace self-integrations \
        --from-file="$folder" --dry-run=client --output yaml | kubeseal --format yaml
done >"$new"
cat "$new" >"$out"
echo "$out: $(grep -c '^kind: SealedSecret' "$out") secrets"
