"""Render every overlay and check the result against the schemas of two Kubernetes versions, offline.

`make k8s-check` runs it in an environment of its own. Without kubectl or kustomize only the files that
are whole by themselves are checked, and it says so.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from kubernetes_validate import SchemaNotFoundError, ValidationError, validate

HERE = Path(__file__).parent
VERSIONS = ("1.34.0", "1.37.0")
"""The first one with a stable preStop sleep, and the newest whose schemas the package has."""

OPERATORS = {"ExternalSecret", "ScaledObject", "SealedSecret"}
"""Kinds that come with operators, whose schemas no package carries."""

RENDERERS = (("kubectl", "kustomize"), ("kustomize", "build"))


def rendered() -> Iterator[tuple[str, str]]:
    """Each overlay's name and its YAML; without a renderer, the whole files as they are."""
    renderer = next((one for one in RENDERERS if shutil.which(one[0])), None)
    if renderer is None:
        say("\n*** neither kubectl nor kustomize is here: overlays are NOT rendered\n")
        for part in ("base", "platform", "infra"):
            for path in sorted((HERE / part).rglob("*.yaml")):
                if path.name != "kustomization.yaml":
                    yield str(path.relative_to(HERE)), path.read_text("utf-8")
        return
    for overlay in sorted((HERE / "overlays").iterdir()):
        done = subprocess.run(  # noqa: S603 - one of two programs, on our own folder
            [*renderer, str(overlay)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{overlay.name} cannot be rendered: {done.stderr.strip()}")
        yield f"overlays/{overlay.name}", done.stdout


def problems(document: Any) -> Iterator[str]:
    """What each version says against a resource."""
    for version in VERSIONS:
        try:
            validate(document, version, strict=True)
        except ValidationError as error:
            where = "/".join(str(part) for part in error.path)
            yield f"{version}: {where}: {error.message}"
        except SchemaNotFoundError:
            if document["kind"] not in OPERATORS:
                yield f"{version}: there is no {document['apiVersion']} {document['kind']}"


def say(sentence: str) -> None:
    """One line for a person."""
    sys.stdout.write(f"{sentence}\n")


def main() -> None:
    """Exit 1 when anything is wrong."""
    wrong = 0
    for name, text in rendered():
        documents = [it for it in yaml.safe_load_all(text) if it]
        for document in documents:
            for problem in problems(document):
                wrong += 1
                say(f"{name}: {document['kind']}/{document['metadata']['name']}: {problem}")
        say(f"{name}: {len(documents)} resources against {' and '.join(VERSIONS)}")
    # Autoscaling is an example that no overlay takes up.
    for path in sorted((HERE / "components/autoscaling").glob("*.yaml")):
        if path.name != "kustomization.yaml":
            for problem in problems(yaml.safe_load(path.read_text("utf-8"))):
                wrong += 1
                say(f"{path.name}: {problem}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
