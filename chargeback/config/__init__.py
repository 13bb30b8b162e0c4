"""``config.toml`` -> one frozen ``Config``: every key checked, no secret read (INTERFACE, configuration)."""

from chargeback.config.endpoint import endpoint_url
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
    "Journal",
    "Notify",
    "ProjectClaim",
    "Publish",
    "Reconciliation",
    "SharedProject",
    "Team",
    "Usage",
    "Vendor",
    "endpoint_url",
    "find",
    "load",
    "parse",
]
