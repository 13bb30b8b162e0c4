# %% [markdown]
# # A month's cost, analysed
#
# A notebook for analysts. Open it in VS Code, in Jupyter (with jupytext), or run it: `python docs/analysis.py`.
# It reads an archive and writes nothing. `make demo` leaves an archive in `chargeback-demo`. A test runs every cell.

# %%
from decimal import Decimal

import pandas as pd

from chargeback import open_archive

ARCHIVE = "chargeback-demo"
archive = open_archive(ARCHIVE)
print(f"{len(archive.months)} months: {', '.join(archive.months)}")
print(pd.DataFrame(archive.revisions)[["period", "revision", "status", "exceptions", "not_performed", "latest"]])

# %% [markdown]
# ## The ledger
#
# One row a ledger line. `net`, `tax` and `gross` are whole minor units (satang, cents), so that sums are exact.
# `amount` writes them with the currency's digits. Currencies are never added together.

# %%
ledger = archive.ledger()
digits = ledger.attrs["digits"]
print(f"{ledger.attrs['period']} r{ledger.attrs['revision']}: {len(ledger)} lines")


def amount(units: int, currency: str) -> Decimal:
    """Minor units as an amount: 123456 THB is 1234.56."""
    return Decimal(int(units)).scaleb(-digits[currency])


by_team = ledger.groupby(["currency", "team"], observed=True)[["net", "tax", "gross"]].sum()
for (currency, team), row in by_team.iterrows():
    print(f"{team:<12} {amount(row['net'], currency):>14} net {amount(row['gross'], currency):>14} gross {currency}")

# %% [markdown]
# ## Does it foot?
#
# On every line gross is net and tax. For each invoice the lines add up to the invoice, exactly.

# %%
assert (ledger["gross"] == ledger["net"] + ledger["tax"]).all()
foot = ledger.groupby(["account", "invoice", "currency"], observed=True)[["net", "tax", "gross"]].sum()
print(foot)

# %% [markdown]
# ## Month after month
#
# Net by team and month, in minor units. 0 where a team has no line.

# %%
months = pd.concat([archive.ledger(month)[["period", "currency", "team", "net"]] for month in archive.months])
keys = months[["period", "currency", "team"]].astype("object")
trend = months["net"].groupby([keys["currency"], keys["team"], keys["period"]]).sum().unstack(fill_value=0)
print(trend)

# %% [markdown]
# ## What is open
#
# The findings of the month, the largest first, with what to do.

# %%
for finding in archive.findings():
    print(f"{finding.id} {finding.check} {finding.amount} {finding.currency}: {finding.message} -> {finding.remedy}")

# %% [markdown]
# ## Is it what was sealed?
#
# `quick` checks every checksum and the chain of revisions. Without it every month is performed again from its evidence.

# %%
proof = archive.verify(quick=True)
print(f"verify: exit {proof.exit}, head {proof.head}")
