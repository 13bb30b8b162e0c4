"""``config.toml`` -> one frozen ``Config``: every key checked, no secret read (INTERFACE, configuration)."""

from chargeback.config.loader import Endpoint, endpoint_of, find, load, parse
from chargeback.config.ownership import Budget, ProjectClaim, SharedProject, Team
from chargeback.config.settings import (
    AcceptedException,
    AccountEntry,
    Api,
    Config,
    Journal,
    Notify,
    Publish,
    Reconciliation,
    Tolerance,
    Usage,
    Vendor,
)

__all__ = [
    "AcceptedException",
    "AccountEntry",
    "Api",
    "Budget",
    "Config",
    "Endpoint",
    "Journal",
    "Notify",
    "ProjectClaim",
    "Publish",
    "Reconciliation",
    "SharedProject",
    "Team",
    "Tolerance",
    "Usage",
    "Vendor",
    "endpoint_of",
    "find",
    "load",
    "parse",
]
