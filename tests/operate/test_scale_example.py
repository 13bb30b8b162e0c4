"""The example of docs/scale.md for Dask's operator, held against the schemas of those who will read it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

DOCS = Path(__file__).parents[2] / "docs"
VERSION = "1.30"


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """The cluster as the page shows it."""
    (text,) = re.findall(
        r"```yaml\n(apiVersion: kubernetes\.dask\.org.*?)```", (DOCS / "scale.md").read_text(), re.DOTALL
    )
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def closed(schema: Any) -> Any:
    """The schema, which no field passes that it does not name: a server would drop it without a word."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if "properties" in made and "additionalProperties" not in made:
        made["additionalProperties"] = False
    return made


def test_the_cluster_fits_the_operator_s_schema(example: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    package = importlib.util.find_spec("dask_kubernetes")
    if package is None or package.origin is None:
        pytest.skip("no schema of Dask's operator: pip install --no-deps dask-kubernetes")
    (path,) = Path(package.origin).parent.glob("operator/deployment/helm/*/crds/daskcluster.yaml")
    definition = yaml.safe_load(path.read_text())
    group, kind = definition["spec"]["group"], definition["spec"]["names"]["kind"]
    (version,) = [each for each in definition["spec"]["versions"] if each["served"]]
    assert (example["apiVersion"], example["kind"]) == (f"{group}/{version['name']}", kind)
    schema = closed(version["schema"]["openAPIV3Schema"])
    schema["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": {}}
    jsonschema.validate(example, schema)
    with pytest.raises(jsonschema.ValidationError, match="replica"):
        jsonschema.validate(example | {"spec": {**example["spec"], "replica": 1}}, schema)


def test_its_pods_and_its_service_fit_those_of_kubernetes(example: dict[str, Any]) -> None:
    validator = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    name, parts = {"name": example["metadata"]["name"]}, example["spec"]
    pods = {part: {"apiVersion": "v1", "kind": "Pod", "metadata": name, "spec": parts[part]["spec"]} for part in parts}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": name, "spec": parts["scheduler"]["service"]}
    for each in (*pods.values(), service):
        validator.validate(each, VERSION, strict=True)
    ports = {port["name"] for port in parts["scheduler"]["spec"]["containers"][0]["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} == ports
    assert parts["scheduler"]["spec"]["containers"][0]["readinessProbe"]["httpGet"]["port"] in ports
    assert all(pod["spec"]["automountServiceAccountToken"] is False for pod in pods.values())


def test_the_job_is_told_the_address_of_its_scheduler(example: dict[str, Any]) -> None:
    """Dask's operator names a cluster's service after it."""
    (named,) = re.findall(r"CHARGEBACK_WORKERS=dask://([a-z-]+):(\d+)", (DOCS / "scale.md").read_text())
    ports = {str(port["port"]) for port in example["spec"]["scheduler"]["service"]["ports"]}
    assert named[0] == f"{example['metadata']['name']}-scheduler"
    assert named[1] in ports
