"""A team's statement: the CSV's figures, net first, in Thai and English, nothing of another team's, safe to open."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chargeback.config import Config, Publish
from chargeback.evidence import EarlierMonth, EarlierTotal, RestatedTotal, RestatementEvent
from chargeback.evidence.period import Period
from chargeback.model.books import Books
from chargeback.publish import ledger_csv, statements
from chargeback.publish.bilingual import THAI, Language, said, thai_month
from chargeback.publish.pages.wording import amount
from chargeback.publish.statements.figures import MOST_PROJECTS, MOST_RESOURCES
from tests.kit import page_months, sample
from tests.kit.months import TEAMS, Month, account, invoice, month, of, report
from tests.kit.pages import Page, unsound
from tests.kit.some import some

LANGUAGES: tuple[Language, ...] = ("en", "th", "both")
SOURCE = Path(statements.__file__).with_name("page.py")


def pages(books: Books, config: Config) -> dict[str, Page]:
    found = {path: Page(b"".join(chunks)) for path, chunks in statements.files(books, config)}
    assert found
    return found


def web(given_month: Month) -> Page:
    return pages(given_month.books(), given_month.settings)["ledgers/web.html"]


def csv_sums(data: bytes) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """By currency the net, tax and gross of a ledger's lines."""
    sums: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
    for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"))):
        before = sums.get(row["currency"], (Decimal(0),) * 3)
        net, tax, gross = (one + Decimal(row[name]) for one, name in zip(before, ("net", "tax", "gross"), strict=True))
        sums[row["currency"]] = (net, tax, gross)
    return sums


def csv_lines(files: Mapping[str, Iterable[bytes]]) -> list[dict[str, str]]:
    """All lines of the ledgers."""
    data = b"".join(files["ledgers/all.csv"])
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def cells(page: Page, section: str) -> dict[str, list[str]]:
    """The rows of a section's table by their first cell."""
    return {row[0]: row[1:] for row in some(page.rows(section))}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made", ["sample", "hostile", "small"])
def test_a_statement_fetches_nothing_runs_nothing_and_is_sound(language: Language, made: str) -> None:
    whole = {"hostile": page_months.hostile_month, "small": page_months.small_month}.get(made)
    books, config = (whole().books, whole().config) if whole else (sample.books(), sample.config())
    found = pages(books, replace(config, publish=Publish(language=language)))
    assert {path: unsound(page) for path, page in found.items() if unsound(page)} == {}
    assert [path for path in found if path.endswith("/web.html")] or made == "hostile"


@pytest.mark.parametrize("made", ["sample", "small"])
def test_each_team_with_a_csv_has_a_statement_of_its_figures(made: str) -> None:
    books, config = (sample.books(), sample.config()) if made == "sample" else (
        page_months.small_month().books, page_months.small_month().config
    )  # fmt: skip
    found = pages(books, config)
    ledgers = {path: b"".join(chunks) for path, chunks in ledger_csv.files(books) if path != "ledgers/all.csv"}
    assert list(found) == [path.replace(".csv", ".html") for path in some(ledgers)]
    footed = 0
    for path, data in ledgers.items():
        page = found[path.replace(".csv", ".html")]
        for place, (currency, sums) in enumerate(csv_sums(data).items()):
            order = sorted(csv_sums(data)).index(currency) + 1
            assert [amount(each) for each in sums] == cells(page, f"projects-{order}")["Total"][:3], (path, place)
            assert cells(page, f"parts-{order}")["Total"][:3] == [amount(each) for each in sums]
            footed += 1
    assert footed > 3


@pytest.mark.parametrize("made", ["sample", "small"])
def test_each_project_and_resource_is_the_sum_of_its_lines(made: str) -> None:
    whole = page_months.small_month()
    books, config = (sample.books(), sample.config()) if made == "sample" else (whole.books, whole.config)
    lines = csv_lines(dict(ledger_csv.files(books)))
    seen = 0
    for path, page in pages(books, config).items():
        mine = [line for line in lines if f"ledgers/{line['team']}.html" == path]
        for place, currency in enumerate(sorted({line["currency"] for line in mine}), start=1):
            named = {"currency": currency}
            for row in page.root.xpath(f"//section[@aria-labelledby='projects-{place}']//tbody/tr"):
                name = row.xpath("string((th//bdi)[last()])")
                named = {**named, row.get("class"): name} if row.get("class") == "resource" else {
                    "currency": currency, "project": name,
                }  # fmt: skip
                chosen = [line for line in mine if all(line[key] == value for key, value in named.items())]
                expected = [amount(sum(Decimal(line[key]) for line in some(chosen))) for key in ("net", "tax", "gross")]
                assert [cell.text for cell in row.xpath("td")][:3] == expected, (path, named)
                seen += 1
    assert seen > 10


def test_net_comes_first_and_gross_beside_it() -> None:
    page = web(month(account(invoice("INV-1", of("acme-web", "107.00"), tax="7.00"))))
    assert re.search(r"Net, THB ?100\.00 ?Tax 7\.00, Gross 107\.00; Lines: 1", page.section("cost"))


def test_tax_that_cannot_be_reclaimed_is_said_to_be_cost() -> None:
    bill = account(invoice("INV-1", of("acme-web", "107.00"), tax="7.00"))
    config = TEAMS + '[[accounts]]\nid = "1042"\nvat = "cost"\n'
    borne = web(month(bill, config=config)).section("cost")
    assert "Tax that cannot be reclaimed, so it is cost too: 7.00" in borne
    assert re.search(r"Gross, THB ?107\.00 ?Net 100\.00, Tax 7\.00; Lines: 1", borne), "gross is what it bears"
    assert "reclaimed" not in web(month(bill)).text


def earlier(period: str, net: int | None, gross: int) -> EarlierMonth:
    totals = (EarlierTotal("web", "THB", gross, net), EarlierTotal("data", "THB", 7_777_777, 6_666_666))
    return EarlierMonth(Period.parse(period), 1, ("1042",), (), totals)


def test_twelve_months_begin_with_the_first_archived_one_and_say_what_is_not_known() -> None:
    before = (earlier("2024-12", 1, 1), earlier("2026-01", None, 5_350), earlier("2026-02", 10_000, 10_700),
              earlier("2026-04", 8_000, 8_560))  # fmt: skip
    page = web(month(account(invoice("INV-1", of("acme-web", "107.00"), tax="7.00")), earlier=before))
    assert page.rows("months-1")[1:] == [
        ["2026-05", "100.00", "107.00", "+25.0 %"],
        ["2026-04", "80.00", "85.60", ""],
        ["2026-03 not archived", "", "", ""],
        ["2026-02", "100.00", "107.00", ""],
        ["2026-01", "not recorded", "53.50", ""],
    ]
    assert "Change since the month before: +25.0 % (80.00)" in page.section("cost")
    assert "77,777.77" not in page.source and "66,666.66" not in page.source


def test_the_budget_stands_beside_what_was_spent_in_the_month_and_the_year() -> None:
    config = TEAMS.replace('id = "web"\n', 'id = "web"\nbudget = "90.00 THB"\n')
    before = (earlier("2025-12", 50_000, 53_500), earlier("2026-04", 8_000, 8_560))
    page = web(month(account(invoice("INV-1", of("acme-web", "107.00"), tax="7.00")), earlier=before, config=config))
    assert page.rows("budget-1")[1:] == [
        ["This month", "90.00", "100.00", "-10.00", "111.1 %"],
        ["Year to date 2 months", "180.00", "180.00", "0.00", "100.0 %"],
    ]
    assert "Budget" not in web(month(account(invoice("INV-1", of("acme-web", "107.00"))))).text


def test_a_budget_of_another_currency_is_not_compared() -> None:
    config = TEAMS.replace('id = "web"\n', 'id = "web"\nbudget = "90.00 USD"\n')
    assert "Budget" not in web(month(account(invoice("INV-1", of("acme-web", "107.00"))), config=config)).text


@pytest.mark.parametrize(
    ("split", "said_of_it"),
    [
        ("{ web = 60, data = 40 }", ["by weights: 60 of 100", "60 %", "60.00", "0.00", "60.00"]),
        ('"even"', ["evenly over the teams: 1 of 2", "50 %", "50.00", "0.00", "50.00"]),
        ('"proportional"', ["in proportion to what each team's own projects cost in the month",
                            "75 %", "75.00", "0.00", "75.00"]),
    ],
)  # fmt: skip
def test_what_was_split_says_how_and_this_teams_part(split: str, said_of_it: list[str]) -> None:
    config = TEAMS.replace("{ web = 60, data = 40 }", split)
    bill = invoice("INV-1", of("acme-web", "30"), of("acme-data", "10"), of("acme-platform", "100"))
    page = web(month(account(bill), config=config))
    assert cells(page, "shared-1")["acme-platform"] == said_of_it
    assert cells(page, "parts-1")["share of shared projects"][0] == said_of_it[2]


def test_hundreds_of_projects_and_resources_are_cut_and_still_foot() -> None:
    count, resources = 3 * MOST_PROJECTS, 3 * MOST_RESOURCES
    config = TEAMS.replace('projects = ["acme-web", "acme-web-*"]', 'projects = ["p*"]')
    lines = [of(f"p{place:03d}", place + 1) for place in range(count)]
    rows = [(f"p{count - 1:03d}", f"R{place:02d}", 1, place + 1) for place in range(resources)]
    page = web(month(account(invoice("INV-1", *lines), report=report(*rows)), config=config))
    table = page.rows("projects-1")[1:]
    assert len(table) < 2 * (MOST_PROJECTS + MOST_RESOURCES) + 10
    nets = [Decimal(each.replace(",", "")) for each in page.texts("//tr[contains(@class, 'project')]/td[1]")]
    assert len(nets) == MOST_PROJECTS + 1
    assert sum(nets) == sum(range(1, count + 1))
    assert f"smaller ones ({count - MOST_PROJECTS})" in page.section("projects-1")
    first = [Decimal(each) for each in page.texts("//tr[contains(@class, 'resource')]/td[1]")[: MOST_RESOURCES + 1]]
    assert sum(first) == count


def restated(*events: RestatementEvent, changes: tuple[RestatedTotal, ...] = ()) -> Page:
    small = month(account(invoice("INV-1R", of("acme-web", "100"), of("acme-data", "10"), of("acme-platform", 100))))
    books = small.books()
    run = replace(books.posting.run, revision=2, restated=changes, events=events)
    books = replace(books, posting=replace(books.posting, run=run))
    return pages(books, small.settings)["ledgers/web.html"]


WEB = RestatedTotal("web", "THB", 16_700, 16_000, ("evidence",), net_before=16_700, net_after=16_000)
DATA = RestatedTotal("data", "THB", 7_777_777, 5_000, ("configuration",), net_before=6_666_666, net_after=5_000)


def test_a_restatement_says_before_after_and_why() -> None:
    replaced = RestatementEvent("replaced", "1042", "INV-1", "INV-1R", at="2026-06-23", currency="THB", difference=-777)
    page = restated(replaced, changes=(DATA, WEB))
    text = page.section("restatement")
    assert "This statement replaces the one of revision 1." in text
    assert page.rows("restatement")[1:] == [
        ["Net, THB", "167.00", "160.00", "-7.00", "-4.2 %"],
        ["Gross, THB", "167.00", "160.00", "-7.00", "-4.2 %"],
    ]
    assert "INV-1 was voided and replaced by INV-1R (2026-06-23)" in text
    assert "What the platform answered is different." in text
    assert "The configuration is different." not in text


def test_where_nothing_of_the_team_changed_it_says_so_and_no_more() -> None:
    page = restated(RestatementEvent("new", "1042", "INV-1R", currency="THB", difference=1), changes=(DATA,))
    assert "No amount of this team changed." in page.section("restatement")
    assert "INV-1R" not in page.section("restatement")


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (RestatementEvent("moved", project="acme-x", before="data", after="web"), "acme-x came to this team"),
        (RestatementEvent("moved", project="acme-x", before="data, web", after="data"), "acme-x left this team"),
        (RestatementEvent("split", project="acme-x", before="data, web", after="data, web"), "acme-x is split in"),
        (RestatementEvent("proportional", "9", other="secret", project="acme-platform"), "acme-platform is split in"),
        (RestatementEvent("proportional", "9", other="secret", project="secret-p"), ""),
        (RestatementEvent("moved", project="secret-p", before="data", after="ops"), ""),
        (RestatementEvent("split", project="secret-p", before="data, ops", after="data, ops"), ""),
        (RestatementEvent("new", "secret", "INV-1R", currency="THB", difference=7_777_777), ""),
        (RestatementEvent("changed", "1042", "secret-9", currency="THB", difference=7_777_777), ""),
        (RestatementEvent("voided", "1042", "INV-7", at="2026-06-01", difference=7_777_777), "INV-7 was voided (2026"),
    ],
)  # fmt: skip
def test_of_an_event_a_team_reads_what_happened_to_its_own_and_nothing_of_others(
    event: RestatementEvent, text: str
) -> None:
    page = restated(event, changes=(WEB, DATA))
    told = page.texts("//ul[@class='events']/li")
    assert [each.startswith(text) for each in told][:-1] == ([True] if text else [])
    assert not re.search(r"secret|77,777|66,666|acme-data|\bdata\b|\bops\b", page.text)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=40))
def test_a_hostile_name_is_text(name: str) -> None:
    projects = [{"id": "1", "project": "acme-web", "name": f"x{name}"}]
    small = month(account(invoice("INV-1", of("acme-web", "107.00", description=name))), projects=projects)
    assert unsound(web(small)) == []


def test_every_text_of_the_page_is_in_the_catalogue() -> None:
    tree = ast.parse(SOURCE.read_text())
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documented)
    named = {
        node.value for node in constants if re.match("[A-Z][a-z]", node.value if isinstance(node.value, str) else "")
    }
    assert len(named) > 40
    assert named <= set(THAI)


def test_in_thai_no_heading_is_english() -> None:
    config = replace(sample.config(), publish=Publish(language="th"))
    page = pages(sample.books(), config)["ledgers/web.html"]
    headings = page.texts("//h2 | //thead//th | //dt | //caption")
    assert [each for each in some(headings) if re.search(r"[A-Za-z]{4,}", each)] == []
    assert page.root.get("lang") == "th"
    assert "พฤษภาคม 2569 (2026-05)" in page.text


def test_both_languages_stand_beside_each_other_and_say_which_is_which() -> None:
    config = replace(sample.config(), publish=Publish(language="both"))
    page = pages(sample.books(), config)["ledgers/web.html"]
    thai, english = (set(page.texts(f"//span[@lang='{code}']")) for code in ("th", "en"))
    assert {THAI[text] for text in english} == thai
    assert "Cost of the month" in english
    assert said("Net", "both") == "ก่อนภาษี Net"


def test_figures_are_the_same_in_every_language() -> None:
    def figures(language: Language) -> Mapping[str, list[str]]:
        config = replace(sample.config(), publish=Publish(language=language))
        return {path: re.findall(r">([0-9,.-]+\.[0-9]{2})<", page.source)
                for path, page in pages(sample.books(), config).items()}  # fmt: skip

    assert figures("en") == figures("th") == figures("both")
    assert max(map(len, figures("en").values())) > 20


def test_the_months_of_the_buddhist_era() -> None:
    assert thai_month(Period(2026, 1)) == "มกราคม 2569"
    assert thai_month(Period(2025, 12)) == "ธันวาคม 2568"


def test_the_workbook_is_named_where_there_is_one() -> None:
    books, config = sample.books(), sample.config()
    assert pages(books, config)["ledgers/web.html"].links[-2:] == ["web.csv", "web.xlsx"]
    without = replace(config, publish=Publish(leave_out=("xlsx",)))
    assert pages(books, without)["ledgers/web.html"].links[-1:] == ["web.csv"]
