"""The simulated platform, for the demo, for tests over real HTTP and for benchmarks.

It imports nothing else of the package, so that it cannot share its misreadings. The usual ways in:

    with running(prepared("clean", kind="C")) as server:    # server.endpoint, server.token, server.clock, ...
    serve(port=8080, kind="D", scenario="invoice-tax")      # until interrupted
    sample_configuration(platform.world)                    # a config.toml that owns the world's projects
"""

from chargeback.sandbox.credentials import TOKEN, Credential
from chargeback.sandbox.faults import Faults
from chargeback.sandbox.makers import DEFAULT_NOW, scale_world, small_world
from chargeback.sandbox.months import Clock, Month, instant, newest_closed, rfc3339
from chargeback.sandbox.platform import Platform
from chargeback.sandbox.sample import eventful_year, sample_configuration
from chargeback.sandbox.scenarios import SCENARIOS, Expected, Scenario, Setup, platform_of, prepared
from chargeback.sandbox.serve import description, made, serve
from chargeback.sandbox.server import Server, running
from chargeback.sandbox.world import ControlTotals, World

__all__ = [
    "DEFAULT_NOW",
    "SCENARIOS",
    "TOKEN",
    "Clock",
    "ControlTotals",
    "Credential",
    "Expected",
    "Faults",
    "Month",
    "Platform",
    "Scenario",
    "Server",
    "Setup",
    "World",
    "description",
    "eventful_year",
    "instant",
    "made",
    "newest_closed",
    "platform_of",
    "prepared",
    "rfc3339",
    "running",
    "sample_configuration",
    "scale_world",
    "serve",
    "small_world",
]
