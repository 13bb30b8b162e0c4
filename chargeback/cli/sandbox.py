"""``chargeback sandbox``: the simulated platform, on loopback only."""

from __future__ import annotations

import click

from chargeback.cli.lazy import WordChoice
from chargeback.cli.options import verbose_option
from chargeback.cli.outcome import ending
from chargeback.cli.printing import say
from chargeback.errors import ConfigurationError, StorageError


@click.command("sandbox")
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="The API's port; 0: any free one.")
@click.option("--kind", type=WordChoice(["C", "D"]), default="C", show_default=True, help="Which dialect it speaks.")
@click.option(
    "--scenario", default="clean", show_default=True, metavar="NAME", help="What its newest month holds; see --list."
)
@click.option(
    "--latency", type=click.FloatRange(0, 60_000), default=0, metavar="MS", help="Milliseconds before each answer."
)
@click.option("--faults", default="", metavar="SPEC", help='What goes wrong, for example "billing.report:503*2".')
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other bills.")
@click.option("--now", metavar="TIME", help="Where its clock stands (RFC 3339); by default the machine's, ticking.")
@click.option("--list", "list_scenarios", is_flag=True, help="Print the scenarios and end.")
@verbose_option
def command(
    port: int,
    kind: str,
    scenario: str,
    latency: float,
    faults: str,
    seed: int,
    now: str | None,
    list_scenarios: bool,
    verbose: bool,
) -> None:
    """Serve the simulated platform on loopback until interrupted.

    Prints one line of JSON with its endpoint and token. In another terminal:

    \b
      export DEPLOYS_ENDPOINT=http://127.0.0.1:PORT/ DEPLOYS_TOKEN=TOKEN
      chargeback init --non-interactive
      chargeback run
    """
    with ending(json_output=False, verbose=verbose):
        from chargeback.sandbox import SCENARIOS, serve

        if list_scenarios:
            for name, each in SCENARIOS.items():
                say(f"{name:<26}{each.description}")
            return
        try:
            serve(
                port=port,
                kind="D" if kind == "D" else "C",
                scenario=scenario,
                latency=latency,
                faults=faults,
                seed=seed,
                now=now,
            )
        except ValueError as error:
            raise ConfigurationError(str(error), remedy="see chargeback sandbox --help") from error
        except OSError as error:
            raise StorageError(f"port {port}: {error.strerror or error}", remedy="choose another --port") from error
