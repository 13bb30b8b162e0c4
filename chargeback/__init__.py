"""Monthly cost allocation for deploys.app: reconcile the bill, charge each team to the cent, keep the proof."""

__version__ = "0.3.0"
