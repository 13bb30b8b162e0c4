"""The chain of revisions: each manifest names the one written before it, in the whole archive, months mixed.

Pure: manifests' checksums in, order and problems out. A chain has one beginning, no fork and one end, the head: the one
manifest that no other names. Its beginning may follow a manifest that is no longer in the archive, where old years were
moved away; ``base_manifest`` and ``verify --base`` say which one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from chargeback.evidence.period import Period
from chargeback.model.archive_overview import RevisionName


class Link(Struct, frozen=True, order=True):
    """One revision in the chain; ``sha256`` of its manifest, ``previous`` of the one before, None for the first."""

    name: RevisionName
    sha256: str
    previous: str | None


class Chain(Struct, frozen=True):
    """The revisions in the order in which they were written.

    ``begins_after`` is the manifest that the first one follows and that is not in the archive, None where the chain has
    its beginning. ``problems`` are sentences; where there are any, ``order`` goes only as far as it is certain.
    """

    order: tuple[Link, ...] = ()
    begins_after: str | None = None
    problems: tuple[str, ...] = ()

    @property
    def head(self) -> Link | None:
        """The newest revision; None in an empty archive."""
        return self.order[-1] if self.order else None

    def holds(self, sha256: str) -> bool:
        """Whether a manifest is in the chain."""
        return any(link.sha256 == sha256 for link in self.order)


class Base(Struct, frozen=True):
    """What an archive begins after: the manifest of the last revision that was moved away; None for nothing."""

    sha256: str | None = None


def base_problems(chain: Chain, base: Base) -> list[str]:
    """Why the chain does not begin after that manifest; nothing where it does, or where it has no one beginning."""
    if not chain.order:
        return [f"nothing follows the base {base.sha256}: there is not a revision"] if base.sha256 else []
    if chain.begins_after == base.sha256:
        return []
    first = chain.order[0].name
    if base.sha256 is not None:
        return [f"{first} follows {chain.begins_after or 'nothing'}, not the base {base.sha256}"]
    return [
        f"{first} follows the manifest {chain.begins_after}, which is not in the archive:"
        " where old years were moved away, name it with --base, or as base_manifest in the configuration"
    ]


def read_chain(links: Iterable[Link]) -> Chain:
    """The chain that these revisions form, with what is wrong with it."""
    present = sorted(links)
    known = {link.sha256 for link in present}
    beginnings = [link for link in present if link.previous not in known]
    followers: dict[str | None, list[Link]] = defaultdict(list)
    for link in present:
        followers[link.previous].append(link)
    order = _walk(beginnings[0], followers) if len(beginnings) == 1 else []
    problems = (
        *_beginning_problems(beginnings),
        *_fork_problems(present, followers),
        *_circle_problems(present, beginnings, followers),
        *_order_problems(order),
    )
    return Chain(tuple(order), order[0].previous if order else None, problems)


def _walk(link: Link, followers: dict[str | None, list[Link]]) -> list[Link]:
    """From the beginning as far as each has one follower; no circle, as each manifest is named by one at most."""
    order = [link]
    while len(after := followers.get(order[-1].sha256, [])) == 1:
        order.append(after[0])
    return order


def _circle_problems(
    present: Sequence[Link], beginnings: Sequence[Link], followers: dict[str | None, list[Link]]
) -> list[str]:
    """What no beginning leads to follows itself."""
    reached: set[Link] = set()
    waiting = list(beginnings)
    while waiting:
        link = waiting.pop()
        if link not in reached:
            reached.add(link)
            waiting.extend(followers.get(link.sha256, []))
    lost = [link for link in present if link not in reached]
    return [f"{_names(lost)} follow each other in a circle"] if lost else []


def _beginning_problems(beginnings: Sequence[Link]) -> list[str]:
    if len(beginnings) < 2:
        return []
    rooted = [link for link in beginnings if link.previous is None]
    problems = [
        f"{link.name} follows the manifest {link.previous}, which is not in the archive"
        for link in beginnings
        if link.previous is not None
    ]
    if len(rooted) > 1:
        problems.append(f"{_names(rooted)} each say that they are the first revision of the archive")
    return problems


def _fork_problems(present: Sequence[Link], followers: dict[str | None, list[Link]]) -> list[str]:
    """Two revisions after the same one, or the same manifest twice: the archive was written in two places."""
    problems = []
    for link in present:
        after = followers.get(link.sha256, [])
        if len(after) > 1:
            problems.append(f"{_names(after)} both follow {link.name}: two heads")
    return problems


def _order_problems(order: Sequence[Link]) -> list[str]:
    """A month's revisions are written in the order of their numbers."""
    newest: dict[Period, RevisionName] = {}
    problems = []
    for link in order:
        before = newest.get(link.name.period)
        if before is not None and before >= link.name:
            problems.append(f"{link.name} was written after {before}")
        newest[link.name.period] = link.name
    return problems


def _names(links: Iterable[Link]) -> str:
    return " and ".join(str(link.name) for link in links)
