"""``config.toml`` -> one frozen ``Config``: every key checked, no secret read (INTERFACE, configuration)."""

from chargeback.config.endpoint import Endpoint, endpoint_of
from chargeback.config.file import find
from chargeback.config.loader import load, parse
from chargeback.config.settings import (
    AcceptedException,
    AccountEntry,
    Api,
    Budget,
    Config,
    Journal,
    Notify,
    ProjectClaim,
    Publish,
    Reconciliation,
    SharedProject,
    Team,
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
    "Usage",
    "Vendor",
    "endpoint_of",
    "find",
    "load",
    "parse",
]
