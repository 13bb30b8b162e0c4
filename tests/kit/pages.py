"""A page as a test reads it: its elements, its text, and what the browser would fetch."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cached_property

from lxml import html

FETCHING = ("src", "srcset", "background", "poster", "data", "action", "formaction", "ping")


class Page:
    """A parsed page; ``source`` is its text."""

    def __init__(self, data: bytes) -> None:
        self.source = data.decode("utf-8")
        self.root = html.document_fromstring(data, parser=html.HTMLParser(encoding="utf-8"))

    @cached_property
    def text(self) -> str:
        """All that is to be read, white space made one."""
        body = self.root.find("body")
        return " ".join(str(body.text_content()).split())

    def section(self, name: str) -> str:
        """The text of the section whose heading has that id."""
        (heading,) = self.root.xpath("//section[@aria-labelledby=$name]", name=name)
        return " ".join(heading.text_content().split())

    def rows(self, section: str) -> list[list[str]]:
        """The cells of the section's table rows, as text."""
        rows = self.root.xpath("//section[@aria-labelledby=$name]//tr", name=section)
        return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]

    def texts(self, path: str) -> list[str]:
        """The text of each element of that XPath, in order."""
        return [" ".join(str(each.text_content()).split()) for each in self.root.xpath(path)]

    @property
    def links(self) -> list[str]:
        """Every link, in order."""
        return [str(link) for link in self.root.xpath("//a/@href")]

    @property
    def ids(self) -> list[str]:
        """Every id."""
        return [str(name) for name in self.root.xpath("//@id")]

    @property
    def status(self) -> str:
        """What the banner says first."""
        (banner,) = self.root.xpath("//div[contains(@class, 'status')]/strong")
        return " ".join(banner.text_content().split())


def unsound(page: Page) -> list[str]:
    """What a page must not have: things fetched, scripts, styles beyond the one named, broken references, tables
    without captions, charts without words."""
    return [*_fetched(page), *_policy(page), *_references(page), *_tables(page), *_charts(page)]


def _fetched(page: Page) -> list[str]:
    found = [f"<{tag}>" for tag in ("script", "link", "img", "iframe", "object", "embed", "form", "base", "use")
             if page.root.xpath(f"//{tag}")]  # fmt: skip
    for element in page.root.iter():
        names = element.attrib if isinstance(element.tag, str) else {}
        found += [f"{element.tag} {name}" for name in names if name in FETCHING or name.startswith("on")]
        found += [f"{element.tag} style" for name in names if name == "style"]
    found += [link for link in page.links if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//", link)]
    return found + re.findall(r"url\(|@import", page.source)


def _policy(page: Page) -> list[str]:
    (policy,) = page.root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (style,) = re.findall(r"<style>(.*?)</style>", page.source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    wanted = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return [] if policy == wanted else [f"policy: {policy}"]


def _references(page: Page) -> list[str]:
    ids = page.ids
    named = [name for value in page.root.xpath("//@aria-labelledby") for name in str(value).split()]
    within = [link[1:] for link in page.links if link.startswith("#")]
    twice = [f"id {name} twice" for name in {name for name in ids if ids.count(name) > 1}]
    return twice + [f"no id {name}" for name in [*named, *within] if name not in ids]


def _tables(page: Page) -> list[str]:
    found = ["a table without a caption" for table in page.root.xpath("//table") if table.find("caption") is None]
    return found + ["a header without scope" for _ in page.root.xpath("//th[not(@scope)]")]


def _charts(page: Page) -> list[str]:
    plain = page.root.xpath("//svg[not(@aria-hidden='true')]")
    return ["a chart without words" for chart in plain if chart.find("title") is None or chart.find("desc") is None]
