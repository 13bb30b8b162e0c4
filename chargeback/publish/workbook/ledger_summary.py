"""The sheet *Summary*: what the team pays, how it came about, and how it differs from the month before."""

from __future__ import annotations

from chargeback.publish.workbook.ledger_chart import add_bars
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.page_setup import set_up
from chargeback.publish.workbook.sections import Sections
from chargeback.publish.workbook.summary_projects import add_projects
from chargeback.publish.workbook.summary_tables import add_environments, add_how, add_shared
from chargeback.publish.workbook.summary_totals import add_head, add_totals
from chargeback.publish.workbook.team_month import TeamMonth

SUMMARY = "Summary"
WIDTHS = {"A": 28.0, "B": 26.0, "C": 15.0, "D": 15.0, "E": 15.0, "F": 15.0, "G": 14.0, "H": 14.0, "I": 22.0}
_CHART = "J4"
_BESIDE_CHART = 24
"""Rows that the chart takes at the sheet's right: tables wider than those above it begin beneath it."""


def add_summary(book: Book, month: TeamMonth, footer: str) -> None:
    """Add the sheet; it comes first."""
    sections = Sections(book.cells)
    sheet = book.add(SUMMARY, sections.rows)
    add_head(sections, month)
    add_totals(sections, month)
    add_how(sections, month)
    add_environments(sections, month)
    add_shared(sections, month)
    sections.gap(_BESIDE_CHART)
    widths = dict(WIDTHS)
    found = [add_projects(sections, month.totals, currency, widths) for currency in month.totals.currencies]
    if found:
        add_bars(sheet.worksheet, SUMMARY, max(found, key=lambda bars: len(bars.amounts)), _CHART)
    set_up(sheet.worksheet, widths, footer=footer, freeze="A3", header_rows="1:2")
