#!/bin/sh
# Give a provider its place in k8s: k8s.sh NAME TITLE PORT. One that is there stays as it is.
set -eu
cd "$(dirname "$0")/../.."
name=$1 port=$3
[ ! -e "k8s/providers/$name" ] || exit 0
prefix=$(echo "$name" | tr '[:lower:]' '[:upper:]')
# What Kubernetes names is a DNS label.
dashed=$(echo "$name" | tr _ -)

fill() {
    sed -e "s/NEW_NAME/$name/g" -e "s/NEW_DASHED/$dashed/g" \
        -e "s/NEW_PREFIX/$prefix/g" -e "s/NEW_PORT/$port/g" "scripts/template/k8s/$1"
}

mkdir -p "k8s/providers/$name"
fill kustomization.yaml >"k8s/providers/$name/kustomization.yaml"
fill deployment.yaml >"k8s/providers/$name/deployment.yaml"
fill external-secret.yaml >>k8s/components/external-secrets/services.yaml
fill ingress.yaml >>k8s/components/ingress/services.yaml
echo "  - $name" >>k8s/providers/kustomization.yaml
