"""``config.toml`` -> one frozen ``Config``: every key checked, no secret read (INTERFACE, configuration)."""

from chargeback.config.endpoint import endpoint_url
from chargeback.config.file import find
from chargeback.config.loader import load, parse
from chargeback.config.settings import (
    AcceptedException,
    AccountEntry,
    Api,
    Config,
    Journal,
    Notify,
    ProjectClaim,
    Reconciliation,
    SharedProject,
    Team,
    Usage,
)

__all__ = [
    "AcceptedException",
    "AccountEntry",
    "Api",
    "Config",
    "Journal",
    "Notify",
    "ProjectClaim",
    "Reconciliation",
    "SharedProject",
    "Team",
    "Usage",
    "endpoint_url",
    "find",
    "load",
    "parse",
]
