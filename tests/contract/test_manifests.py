"""What is deployed keeps the rules, read from the files as they are: no cluster, kubectl or Docker."""

import re
import runpy
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import json

from shared.config.catalogue import providers
from shared.config.load import variables
from shared.telemetry.metrics import Metrics
from tests.contract.reading import ROOT

CATALOGUE = {provider.name: provider for provider in providers()}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PODS = ("Deployment", "StatefulSet", "Job")


class _Strict(_LOADER):  # type: ignore[misc]  # whichever of the two it is
    """As Compose and Kubernetes read: a key that stands twice is a mistake."""


def _mapping(loader: Any, node: Any) -> Any:
    keys = [key.value for key, _ in node.value]
    twice = {key for key in keys if keys.count(key) > 1}
    assert not twice, f"{node.start_mark}: {twice} stand there twice"
    yield from loader.construct_yaml_map(node)


_Strict.add_constructor("tag:yaml.org,2002:map", _mapping)


@cache
def documents(path: Path) -> list[Any]:
    """The documents of a file; `$` in Compose's and Kubernetes' files is theirs to expand."""
    return [it for it in yaml.load_all(path.read_text("utf-8"), _Strict) if it]


@cache
def compose() -> Any:
    return documents(ROOT / "docker-compose.yml")[0]


def manifests() -> Iterator[tuple[Path, Any]]:
    for path in sorted((ROOT / "k8s").rglob("*.yaml")):
        for document in documents(path):
            yield path, document


def workloads() -> list[Any]:
    """Everything with pods that is whole: patches of providers and overlays are not."""
    whole = ("base", "platform", "infra")
    return [
        pytest.param(it["spec"]["template"]["spec"], id=f"{it['kind']}-{it['metadata']['name']}")
        for path, it in manifests()
        if it.get("kind") in PODS and path.relative_to(ROOT / "k8s").parts[0] in whole
    ]


def entries(name: str) -> tuple[Any, Any]:
    """A provider's kustomization and its patch of the Deployment."""
    folder = ROOT / "k8s/providers" / name
    return documents(folder / "kustomization.yaml")[0], documents(folder / "deployment.yaml")[0]


@pytest.mark.parametrize("pod", workloads())
def test_a_pod_is_nobody_and_can_write_nothing(pod: Any) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        rights = container["securityContext"]
        assert rights["readOnlyRootFilesystem"] is True
        assert rights["allowPrivilegeEscalation"] is False
        assert rights["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]
    assert not any("hostPath" in volume for volume in pod["volumes"])


@pytest.mark.parametrize("pod", workloads())
def test_a_secret_is_a_file_and_never_a_variable(pod: Any) -> None:
    for container in pod["containers"]:
        for variable in container.get("env", []):
            assert "secretKeyRef" not in variable.get("valueFrom", {}), variable
        assert not container.get("envFrom")


def test_a_service_is_probed_drained_and_spread() -> None:
    (deployment,) = documents(ROOT / "k8s/base/deployment.yaml")
    spec = deployment["spec"]
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert container["livenessProbe"]["httpGet"] == {"path": "/health", "port": "http"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/health/ready", "port": "http"}
    startup = container["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 60
    sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= sleep + 15 + 15
    zones = {it["topologyKey"] for it in pod["topologySpreadConstraints"]}
    assert "topology.kubernetes.io/zone" in zones
    (budget,) = documents(ROOT / "k8s/base/budget.yaml")
    assert budget["spec"]["maxUnavailable"] == 1


def test_nothing_may_talk_but_for_what_is_listed_and_nothing_private_is_reached() -> None:
    policies = {it["metadata"]["name"]: it["spec"] for it in documents(ROOT / "k8s/platform/network.yaml")}  # fmt: skip
    deny = policies["default-deny"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    fence = policies["integrations"]
    blocks = [to["ipBlock"] for rule in fence["egress"] for to in rule["to"] if "ipBlock" in to]
    (four,) = (block for block in blocks if block["cidr"] == "0.0.0.0/0")
    private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "127.0.0.0/8"}  # fmt: skip
    assert private <= set(four["except"])
    assert not any(block["cidr"] == "::/0" for block in blocks)
    for rule in fence["egress"]:
        assert rule["to"]
        assert rule["ports"]


def test_every_image_says_which_version() -> None:
    images = [it["image"] for it in compose()["services"].values()]
    for path, document in manifests():
        images += re.findall(r"'image': '([^']+)'", str(document))
        for one in document.get("images", []) if path.name == "kustomization.yaml" else ():
            assert one.get("newTag", "") not in ("", "latest"), path
    for image in images:
        name, _, tag = image.partition(":")
        assert tag not in ("", "latest"), image
        assert "." not in name.split("/")[0], f"{image} names a host"


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_a_provider_has_its_place_in_kubernetes(name: str) -> None:
    told = f"scripts/template/k8s.sh {name} Title {CATALOGUE[name].port} makes it"
    assert (ROOT / "k8s/providers" / name).is_dir(), told
    listed = documents(ROOT / "k8s/providers/kustomization.yaml")[0]["resources"]
    assert listed.count(name) == 1
    kustomization, patch = entries(name)
    label = kustomization["labels"][0]["pairs"]["app.kubernetes.io/name"]
    assert kustomization["namePrefix"] == f"{label}-"
    assert kustomization["images"][0]["newName"] == f"self-integrations/{name}"
    pod = patch["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["ports"] == [{"name": "http", "containerPort": CATALOGUE[name].port}]
    wanted = pod["volumes"][0]["secret"]["secretName"]
    external = documents(ROOT / "k8s/components/external-secrets/services.yaml")
    assert wanted in [it["metadata"]["name"] for it in external]
    (ingress,) = (it for it in documents(ROOT / "k8s/components/ingress/services.yaml") if it["metadata"]["name"] == label)  # fmt: skip
    hosts = {rule["host"].partition(".")[0] for rule in ingress["spec"]["rules"]}
    assert hosts == {label}
    knows(name, [it["name"] for it in container["env"]])


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_a_provider_has_its_block_in_compose(name: str) -> None:
    port = CATALOGUE[name].port
    told = f"scripts/template/compose.sh {name} Title {port} makes it"
    assert name in compose()["services"], told
    block = compose()["services"][name]
    assert block["build"]["args"] == {"SERVICE": name}
    assert block["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert block["user"] == "10001:10001"
    assert block["volumes"] == [f"./deploy/secrets/{name}:/run/secrets:ro"]
    knows(name, block["environment"])


def knows(name: str, given: Any) -> None:
    """The provider's own secrets are given as files, by the names that it reads."""
    its = variables(CATALOGUE[name])
    provider = CATALOGUE[name]
    if provider.oauth:
        assert f"{its['oauth.client_secret']}_FILE" in given
    if provider.webhook:
        assert f"{its['webhook.secret']}_FILE" in given
    extra = [
        *(provider.oauth.settings if provider.oauth else ()),
        *(provider.webhook.settings if provider.webhook else ()),
    ]
    prefix = its["oauth.client_id"].removesuffix("CLIENT_ID")
    ours = {it.removesuffix("_FILE") for it in given if it.startswith(prefix)}
    assert ours <= {*its.values(), *extra, f"{prefix}PUBLIC_URL"}


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_compose_passes_on_what_a_provider_asks_for(name: str) -> None:
    given = {it.removesuffix("_FILE") for it in compose()["services"][name]["environment"]}
    provider = CATALOGUE[name]
    for part in (provider.oauth, provider.webhook):
        for wanted in part.settings if part else ():
            assert wanted in given, f"docker-compose.yml does not pass {wanted} on to {name}"


def test_containers_of_compose_are_locked_and_checked() -> None:
    for name, it in compose()["services"].items():
        assert it["read_only"] is True, name
        assert it["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in it["security_opt"], name
        for port in it.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
        if "SERVICE" in it.get("build", {}).get("args", {}):
            done = {"condition": "service_completed_successfully"}
            assert it["depends_on"]["roles"] == done
            assert compose()["services"]["roles"]["depends_on"] == {"migrate": done}
            assert it["depends_on"]["postgres"] == {"condition": "service_healthy"}
            assert it["stop_grace_period"] == "40s"
        for variable, value in it.get("environment", {}).items():
            secret = re.search(r"SECRET|PASSWORD|_KEY|POSTGRES_URL|NATS_URL", variable)
            assert not secret or variable.endswith("_FILE"), f"{name}: {variable}={value}"


def test_the_image_installs_the_pins() -> None:
    pins = set((ROOT / "constraints.txt").read_text().splitlines())
    versions = {line.partition(" ;")[0] for line in pins}
    told = "run deploy/pin.sh"
    for path in (ROOT / "deploy/requirements").glob("*.txt"):
        text = path.read_text()
        installed = re.findall(r"^([a-z0-9].*?)(?: ;.*)? \\$", text, re.MULTILINE)
        assert installed, path
        assert {re.sub(r"\[.*?\]", "", it) for it in installed} <= versions, told
        assert text.count("--hash=sha256:") >= len(installed)


def test_an_image_has_what_its_provider_asks_for() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]  # fmt: skip
    for name in extras.keys() & CATALOGUE.keys():
        path = ROOT / f"deploy/requirements/{name}.txt"
        assert path.is_file(), "run deploy/pin.sh"
        for wanted in extras[name]:
            package = re.split(r"[>=<\[;]", wanted)[0].strip().lower()
            assert re.search(rf"^{re.escape(package)}(\[|==)", path.read_text(), re.MULTILINE), (
                f"{wanted} is not in {path.name}; run deploy/pin.sh"
            )


def known_metrics() -> set[str]:
    """Every name that a scrape of a service may hold, and what Prometheus adds itself."""
    families = Metrics().registry.collect()
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {"up"} | {it.name + suffix for it in families for suffix in suffixes.get(it.type, ("",))}


@pytest.mark.parametrize(
    "path",
    [
        "deploy/prometheus/alerts.yml",
        "deploy/prometheus/alerts_test.yml",
        "deploy/grafana/dashboards/fleet.json",
        "k8s/components/autoscaling/keda.yaml",
    ],
)
def test_only_metrics_that_exist_are_asked_for(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    asked = set(re.findall(r"\b(?:self|http_client)_[a-z_]+\b", text))
    assert asked
    assert asked <= known_metrics()


def test_every_alert_says_what_to_do_and_is_tested() -> None:
    explained = (ROOT / "docs/OPERATIONS.md").read_text("utf-8")
    groups = documents(ROOT / "deploy/prometheus/alerts.yml")[0]["groups"]
    tests = documents(ROOT / "deploy/prometheus/alerts_test.yml")[0]["tests"]
    asked = [it for one in tests for it in one["alert_rule_test"]]
    fired, silent = ({it["alertname"] for it in asked if bool(it["exp_alerts"]) is so} for so in (True, False))  # fmt: skip
    for rule in (rule for group in groups for rule in group["rules"]):
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"].keys() == {"summary", "action"}
        assert rule["alert"] in fired
        assert rule["alert"] in silent
        row = re.search(rf"^\| `{rule['alert']}` \| (.+) \| (.+) \|$", explained, re.MULTILINE)
        assert row, f"docs/OPERATIONS.md does not say what {rule['alert']} means and what to do"


def test_the_dashboard_is_what_its_program_writes() -> None:
    told = runpy.run_path(str(ROOT / "deploy/grafana/dashboard.py"))["dashboard"]()
    written = json.decode((ROOT / "deploy/grafana/dashboards/fleet.json").read_bytes())
    assert told == written, "run deploy/grafana/dashboard.py"


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_prometheus_scrapes_a_provider(name: str) -> None:
    (targets,) = documents(ROOT / "deploy/prometheus/targets.yml")[0]
    assert targets["targets"].count(f"{name}:{CATALOGUE[name].port}") == 1


def test_prometheus_asks_nobody_who_is_not_here() -> None:
    (targets,) = documents(ROOT / "deploy/prometheus/targets.yml")[0]
    there = {it.name.replace("_", "-") for it in (ROOT / "services").iterdir() if it.is_dir()}
    asked = {it.partition(":")[0].replace("_", "-") for it in targets["targets"]}
    assert asked <= there


def test_a_scaffold_gets_its_entries_once(tmp_path: Path) -> None:
    for part in ("scripts/template", "k8s", "deploy/prometheus"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    for script in ("compose.sh", "k8s.sh") * 2:
        command = [str(tmp_path / "scripts/template" / script), "acme_two", "Acme Two", "8042"]
        subprocess.run(command, check=True)
    block = yaml.safe_load((tmp_path / "docker-compose.yml").read_text())["services"]["acme_two"]
    assert block["ports"] == ["127.0.0.1:8042:8042"]
    assert block["environment"]["ACME_TWO_CLIENT_SECRET_FILE"] == "/run/secrets/client_secret"
    folder = tmp_path / "k8s/providers"
    assert (folder / "kustomization.yaml").read_text().count("- acme_two\n") == 1
    assert "namePrefix: acme-two-\n" in (folder / "acme_two/kustomization.yaml").read_text()
    assert "acme_two:8042" in (tmp_path / "deploy/prometheus/targets.yml").read_text()
    written = [it for it in tmp_path.rglob("*.y*ml") if "template" not in it.parts]
    assert not [it for it in written if "NEW_" in it.read_text()]
    for kind in ("external-secrets", "ingress"):
        text = (tmp_path / f"k8s/components/{kind}/services.yaml").read_text()
        assert text.count("acme-two") >= 1
        assert len(list(yaml.safe_load_all(text))) > len(CATALOGUE)
