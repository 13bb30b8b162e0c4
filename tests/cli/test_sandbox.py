"""``chargeback sandbox`` as it is called: its scenarios by name, and what it cannot serve."""

from __future__ import annotations

import socket

from chargeback.sandbox import SCENARIOS
from tests.cli.calling import call


def test_every_scenario_is_listed_with_what_it_is() -> None:
    listed = call("sandbox", "--list")
    assert listed.exit == 0
    assert [line.split()[0] for line in listed.out.splitlines()] == list(SCENARIOS)


def test_an_unknown_scenario_is_exit_2() -> None:
    refused = call("sandbox", "--scenario", "no-such-thing")
    assert (refused.exit, refused.out) == (2, "")
    assert "no-such-thing" in refused.err


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = call("sandbox", "--port", str(port))
    assert refused.exit == 9
    assert f"port {port}: " in refused.err
    assert "choose another --port" in refused.err
