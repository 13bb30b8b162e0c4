"""Metrics, alarms and dashboard: in a real Prometheus, and against Grafana's own types. No Grafana can be had here."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from chargeback.cli import main
from chargeback.operate.metrics import exposition, write_textfile
from chargeback.operate.notify.messages import USAGE_NAME
from chargeback.operate.usage import look
from chargeback.operate.usage.report import families
from chargeback.sandbox import made, running, sample_configuration
from tests.kit.platform import place, spending_more

ROOT = Path(__file__).parents[2]
CHECKERS = ROOT / "build/checkers/node_modules"
PATIENCE = 60.0
"""Seconds for Prometheus to start and to read the metrics once, on a machine that does much else."""


def test_alarms_fire_when_they_should_and_not_in_an_ordinary_month() -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian: prometheus): the alarms are not tried here")
    ran = subprocess.run(["promtool", "test", "rules", "alert-rules.test.yml"], cwd=ROOT / "docs", capture_output=True)
    assert ran.returncode == 0, ran.stdout.decode() + ran.stderr.decode()


def test_alert_rules_and_dashboard_ask_for_metrics_that_exist() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    rules = yaml.safe_load((ROOT / "docs/alert-rules.yml").read_text())["groups"][0]["rules"]
    board = json.loads((ROOT / "docs/grafana-dashboard.json").read_text())
    asked = " ".join([rule["expr"] for rule in rules] + [t["expr"] for p in board["panels"] for t in p["targets"]])
    sources = "".join(path.read_text() for path in (ROOT / "chargeback/operate").rglob("*.py"))
    for name in set(re.findall(r"chargeback_\w+", asked)):
        stem = re.sub(r"chargeback_usage_(project|team)_", "{prefix}_", name)
        assert f'"{name}"' in sources or f'f"{stem}"' in sources, name
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """The folder's files over HTTP, as the node exporter serves them: the port."""

    class Files(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, format: str, *arguments: Any) -> None:
            """Quiet."""

    Files.extensions_map = {".prom": "text/plain; version=0.0.4"}
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, dict[str, str]], Any]]:
    """Asks the API of a Prometheus that has our rules and has read what a run and a look at usage left."""
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (Debian: prometheus): dashboard and rules are not asked of it")
    (metrics := tmp_path / "metrics").mkdir()
    platform = made(kind="C")
    with running(platform) as server:
        text = sample_configuration(platform.world, endpoint=server.endpoint) + '[notify]\nmetrics = "metrics"\n'
        (tmp_path / "config.toml").write_text(text)
        (tmp_path / "config.toml").chmod(0o640)
        monkeypatch.setenv("DEPLOYS_TOKEN", server.token)
        CliRunner().invoke(main, ["run", "-c", str(tmp_path / "config.toml")])
    (tmp_path / "usage").mkdir()
    runaway = spending_more("acme-web", "cpu", lambda month, day: 12 if (month.month, day) == (5, 21) else 1)
    with place(tmp_path / "usage", now="2026-05-10T02:00:00Z", change=runaway) as at:
        while not (report := look(at.config, at.environ, at.clock)).exit:
            at.clock.pass_days(1)
    write_textfile(metrics / USAGE_NAME, exposition(families(report)))
    with served(metrics) as port, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        free.close()
        jobs = [
            {"job_name": name, "metrics_path": f"/{name}.prom", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
            for name in ("chargeback", "chargeback_usage")
        ]
        (tmp_path / "prometheus.yml").write_text(
            json.dumps(
                {
                    "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                    "rule_files": [str(ROOT / "docs/alert-rules.yml")],
                    "scrape_configs": jobs,
                }
            )
        )
        words = [f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"]
        with (tmp_path / "said").open("w") as said:
            process = subprocess.Popen(["prometheus", *words, f"--web.listen-address={address}"], stderr=said)
        try:
            yield lambda path, asked: _asked(process, f"http://{address}/api/v1/{path}", asked, tmp_path / "said")
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _asked(process: subprocess.Popen[bytes], url: str, asked: dict[str, str], said: Path) -> Any:
    """What the API has, once it has something; None if that takes too long."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, said.read_text()
        try:
            answer = httpx.get(url, params=asked, timeout=5, trust_env=False)
        except httpx.TransportError:
            answer = None
        if answer is not None:
            assert answer.status_code in (200, 503), answer.text  # 503: it is starting
            data = answer.json()["data"] if answer.status_code == 200 else None
            if data and (not isinstance(data, dict) or any(data.get(key) for key in ("result", "groups"))):
                return data
        time.sleep(0.2)
    return None


def test_every_panel_has_something_to_show_and_every_rule_is_evaluated(ask: Callable[..., Any]) -> None:
    board = json.loads((ROOT / "docs/grafana-dashboard.json").read_text())
    (query,) = (each["query"] for each in board["templating"]["list"] if each["name"] == "team")
    metric = re.fullmatch(r"label_values\((\w+), team\)", query)
    assert metric is not None
    teams = ask("label/team/values", {"match[]": metric[1]})
    assert {"web", "data"} <= set(teams)
    empty = [
        panel["title"]
        for panel in board["panels"]
        for target in panel["targets"]
        if not ask("query", {"query": target["expr"].replace("$team", "|".join(teams))})
    ]
    assert empty == []
    (group,) = ask("rules", {})["groups"]
    assert len(group["rules"]) == len(re.findall("- alert:", (ROOT / "docs/alert-rules.yml").read_text()))
    assert {rule["health"] for rule in group["rules"]} <= {"ok", "unknown"}  # unknown: not evaluated yet
    assert [rule["lastError"] for rule in group["rules"] if rule.get("lastError")] == []


def test_the_dashboard_is_of_grafanas_own_types(tmp_path: Path) -> None:
    compiler, schema = CHECKERS / ".bin/tsc", CHECKERS / "@grafana/schema"
    if not compiler.exists() or not schema.exists():
        pytest.skip("no @grafana/schema and typescript (make check-formats installs them)")
    board = json.loads((ROOT / "docs/grafana-dashboard.json").read_text())
    # An enumeration of TypeScript is not assignable from the text that stands for it in JSON.
    lines = [
        "type Written<T> = T extends string ? `${T}` : T extends (infer E)[] ? Written<E>[]",
        "  : T extends object ? { [K in keyof T]: Written<T[K]> } : T;",
        'import type { Dashboard } from "@grafana/schema";',
        f"export const board: Written<Dashboard> = {json.dumps(board)};",
    ]
    for kind in sorted({panel["type"] for panel in board["panels"]}):
        path = schema / f"dist/types/raw/composable/{kind}/panelcfg/x/types.gen"
        lines.append(f'import type {{ Options as {kind} }} from "{path}";')
    lines += [
        f"export const options{panel['id']}: Written<Partial<{panel['type']}>> = {json.dumps(panel['options'])};"
        for panel in board["panels"]
    ]
    (tmp_path / "board.ts").write_text("\n".join(lines))
    (tmp_path / "node_modules").symlink_to(CHECKERS)
    words = ["--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--target", "esnext"]
    ran = subprocess.run(
        [compiler, *words, "--moduleResolution", "bundler", "board.ts"], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout
    # What Grafana does not know as a unit it writes behind the amount as it is.
    units = {panel["fieldConfig"]["defaults"]["unit"] for panel in board["panels"]}
    assert units <= {"none", "s", "suffix:THB"}
