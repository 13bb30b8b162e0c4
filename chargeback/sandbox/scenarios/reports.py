"""Reports that do not tie out, cover another month, or name things in unusual ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chargeback.sandbox.functions import Call
from chargeback.sandbox.months import Month
from chargeback.sandbox.records import Account, Books, Project, Row
from chargeback.sandbox.rendering import Report
from chargeback.sandbox.scenario import OPEN, PROJECT, SKU, Scenario, Setup, by_sku, ends, finds
from chargeback.sandbox.timeline import in_month
from chargeback.sandbox.world import World

Change = Callable[[Call, dict[str, Any]], dict[str, Any]]
MOVED = 10_000_000  # micros: 10.00


def _of_report(change: Change, position: int | None = None) -> Callable[[Setup], Setup]:
    """Every report's result changed, or only that of the account in a place."""

    def setup_change(setup: Setup) -> Setup:
        account = setup.account(position).id if position is not None else ""

        def answer_change(call: Call, result: Any) -> Any:
            mine = call.function == "billing.report" and account in ("", call.subject)
            return change(call, result) if mine else result

        return setup.answering(answer_change)

    return setup_change


def _another_month(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    """The report of the month before the one that was asked for."""
    present = Month.holding(call.now, call.world.zone)
    month = present.plus(-2)
    report = Report()
    report.add(call.world.books(call.subject, month).rows, month.days(), 0, len(month.days()))
    return report.document(call.dialect, str(result.get("range", "")))


def _without_proof(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    """Rows, but neither days nor a range that would say of when."""
    return {name: value for name, value in result.items() if name not in ("range", "chart")}


def _days_unreadable(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    """Labels that name no day."""
    labels = [f"day {place}" for place, _ in enumerate(result["chart"]["categories"], start=1)]
    return {**result, "chart": {**result["chart"], "categories": labels}}


def _chart_off(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    for series in result["chart"]["series"][:1]:
        series["data"][0] += 100
    return result


def _little_everywhere(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    """Four satang more a project: within tolerance each, not together."""
    seen: set[str] = set()
    for row in result["list"]:
        if row["projectSid"] not in seen:
            seen.add(row["projectSid"])
            row["billingValue"] = round(row["billingValue"] + 0.04, 6)
    return result


def _net(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    """Every value before tax."""
    account = call.world.account(call.subject)
    divisor = 1 + (account.tax_percent if account else 0) / 100
    for row in result["list"]:
        row["billingValue"] = round(row["billingValue"] / divisor, 6)
    for series in result["chart"]["series"]:
        series["data"] = [round(value / divisor, 6) for value in series["data"]]
    return result


def _counted_twice(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "list": result["list"] + result["list"]}


def _by_id(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    ids = {project.sid: project.id for project in call.world.projects}
    for row in result["list"]:
        row["projectSid"] = ids[row["projectSid"]]
    return result


def _with_id(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    """`projectId` instead of `projectSid`."""
    ids = {project.sid: project.id for project in call.world.projects}
    for row in result["list"]:
        row["projectId"] = ids[row.pop("projectSid")]
    return result


def _by_id_unlisted(setup: Setup) -> Setup:
    """The report names projects by id and project.list shows none: the lines alone say which id is which sid's."""
    accounts = tuple(replace(account, shape="project") for account in setup.world.accounts)
    world = replace(setup.world, accounts=accounts)
    blind = tuple(replace(credential, projects="none") for credential in setup.credentials)
    return _of_report(_by_id)(replace(setup, world=world, credentials=blind))


def _unknown_fields(call: Call, result: Any) -> Any:
    """Fields that nobody knows, wherever there is an object, in every answer."""
    if isinstance(result, dict):
        extended = {name: _unknown_fields(call, value) for name, value in result.items()}
        return {**extended, "sandboxNote": {"new": [1, None, "x"]}}
    return [_unknown_fields(call, item) for item in result] if isinstance(result, list) else result


def _moved(change: Callable[[tuple[Row, ...]], tuple[Row, ...]], position: int) -> Callable[[Setup], Setup]:
    """What the report shows of an account's month changed, after billing."""

    def setup_change(setup: Setup) -> Setup:
        def books_change(world: World, books: Books) -> Books:
            return replace(books, rows=change(books.rows))

        return setup.changed(in_month(setup.account(position).id, setup.month, books_change))

    return setup_change


def _more(row: Row, micros: int) -> Row:
    return replace(row, values=(row.values[0] + micros, *row.values[1:]))


def _between_projects(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """10.00 moved from the last project to the first one."""
    return (_more(rows[0], MOVED), *rows[1:-1], _more(rows[-1], -MOVED))


def _between_resources(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """10.00 moved from the second resource of a project to its first one."""
    return (_more(rows[0], MOVED), _more(rows[1], -MOVED), *rows[2:])


def _without_last_project(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.project != rows[-1].project)


def _more_cost(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return (_more(rows[0], 10 * MOVED), *rows[1:])


def _unowned(setup: Setup) -> Setup:
    """The idle project that nobody owns runs something."""
    rerun = tuple(_running(project) for project in setup.world.projects)
    return replace(setup, world=replace(setup.world, projects=rerun))


def _running(project: Project) -> Project:
    return project if project.team else replace(project, size=25)


def _stopped(setup: Setup) -> Setup:
    def change(account: Account, month: Month, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return () if account.position == OPEN and month >= setup.month else rows

    return setup.metered(change)


REPORTS: dict[str, Scenario] = {
    "report-period": Scenario("the report is of another month", _of_report(_another_month), finds("report-period")),
    "report-no-proof": Scenario("the report does not show which month it is of", _of_report(_without_proof),
        finds("report-period")),
    "days-unreadable": Scenario("the chart's labels name no days", _of_report(_days_unreadable),
        expected_in_d=finds("report-period")),
    "report-chart": Scenario("the daily chart does not foot to the rows", _of_report(_chart_off, PROJECT),
        finds("report-chart")),
    "report-total": Scenario("a little more on each project, too much together",
        _of_report(_little_everywhere, PROJECT), finds("report-total", entails=("report-chart",))),
    "report-above-invoice": Scenario("the report shows cost that was not billed", _moved(_more_cost, PROJECT),
        finds("report-total", "report-project")),
    "report-project": Scenario("the report has cost on another project than the invoice",
        _moved(_between_projects, PROJECT), finds("report-project")),
    "report-resource": Scenario("the report has cost on another resource than the invoice",
        lambda setup: _moved(_between_resources, SKU)(by_sku(setup)), finds("report-resource")),
    "line-without-rows": Scenario("a line whose project is not in the report", _moved(_without_last_project, PROJECT),
        finds("report-resource", "report-total")),
    "net-report": Scenario("the report's values are net of tax", lambda setup: _of_report(_net)(by_sku(setup)),
        finds("report-total", "report-project", "report-resource")),
    "counted-twice": Scenario("the report lists every row twice", _of_report(_counted_twice, PROJECT),
        finds("report-total", "report-project", "report-chart")),
    "projects-by-id": Scenario("the report names projects by id", _of_report(_by_id)),
    "projects-by-id-unlisted": Scenario("the report names projects by id, and project.list shows none",
        _by_id_unlisted),
    "projects-by-project-id": Scenario("the report names projects by projectId", _of_report(_with_id)),
    "unknown-fields": Scenario("unknown fields everywhere", lambda setup: setup.answering(_unknown_fields)),
    "ownership": Scenario("a project with cost that nobody owns", _unowned, finds("ownership")),
    "stopped-account": Scenario("an account that was billed before has neither cost nor invoice", _stopped,
        finds("invoice-issued"), ends(4)),
}  # fmt: skip
