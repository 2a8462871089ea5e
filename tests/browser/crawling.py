"""Reads pages as a visitor does: where their links lead, what their forms send, what they say in which language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urlsplit

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
SILENT = frozenset({"script", "style", "code", "textarea", "title", "svg"})
SPOKEN = ("placeholder", "title", "alt", "data-label", "aria-label")
HAN = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_@./-]*")
#: Words that are written in Latin letters in Chinese too.
PERMITTED = frozenset(
    {
        "English",
        "Excel",
        "CSV",
        "YAML",
        "XLSForm",
        "GB/T",
        "QQ",
        "JSON",
        "API",
        "xlsx",
        "csv",
        "MB",
        "KB",
        "ID",
        "CAD",
        "PLC",
        "IT",
        "pdf",
        "png",
        "jpg",
    }
)


@dataclass
class Page:
    """What is on a page."""

    path: str
    links: list[str] = field(default_factory=list)
    forms: list[tuple[str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    anchors: list[str] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)


class Reader(HTMLParser):
    """Fills a :class:`Page`."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.page = Page(path)
        self.stack: list[tuple[str, str]] = []
        self.form = ("GET", path)

    @property
    def lang(self) -> str:
        return next((lang for _, lang in reversed(self.stack) if lang), "")

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        lang = found.get("lang", "")
        if "id" in found:
            self.page.ids.add(found["id"])
        if tag == "a" and "href" in found:
            self._link(found["href"])
        if tag == "form":
            self.form = (found.get("method", "get").upper(), found.get("action") or self.page.path)
            self.page.forms.append(self.form)
        if "formaction" in found:
            self.page.forms.append((self.form[0], found["formaction"]))
        for name in SPOKEN:
            # The name of a link may hold what somebody wrote; the text beside it is marked.
            if name in found and not (tag == "a" and name == "aria-label"):
                self.page.texts.append((lang or self.lang, found[name]))
        if tag not in VOID:
            self.stack.append((tag, lang))

    def _link(self, href: str) -> None:
        target, fragment = urldefrag(href)
        if target:
            self.page.links.append(target)
        elif fragment:
            self.page.anchors.append(fragment)

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(tag in SILENT for tag, _ in self.stack):
            self.page.texts.append((self.lang, data.strip()))


def read(path: str, html: str) -> Page:
    """Return what is on the page."""
    reader = Reader(path)
    reader.feed(html)
    return reader.page


def shape(path: str) -> str:
    """Return an address without what only says which record it is about."""
    parts = urlsplit(path)
    plain = re.sub(r"/(?:[0-9A-HJKMNP-TV-Z]{26}|\d+)(?=/|$)", "/*", parts.path)
    # A draft has a page for every field, section and rule.
    plain = re.sub(r"^/forms/\w+/(?=design|preview)", "/forms/*/", plain)
    plain = re.sub(r"(?<=/design/)(fields|sections|rules)/[^/]+", r"\1/*", plain)
    names = sorted(parameters(path))
    return f"{plain}?{','.join(names)}" if names else plain


def parameters(path: str) -> set[str]:
    """Return the names of an address's parameters; a filter row counts as one."""
    names = {pair.partition("=")[0] for pair in urlsplit(path).query.split("&") if pair}
    return {"ff" if name in {"fo", "fv"} else name for name in names}


def crawl(get, start: str = "/") -> Iterator[tuple[str, object, Page | None]]:
    """Follow every link from *start* by *get*; yield address, answer and what is on it (``None`` for files).

    Of each shape (the page of a form's record, a list turned in one way) the first page is read.
    """
    seen: set[str] = set()
    waiting, known = [start], {start}
    while waiting:
        path = waiting.pop(0)
        if shape(path) in seen:
            continue
        seen.add(shape(path))
        with get(path) as response:
            if response.status_code in {302, 303}:
                waiting.append(response.location)
                continue
            if not response.content_type.startswith("text/html"):
                yield path, response, None
                continue
            page = read(path, response.get_data(as_text=True))
            yield path, response, page
        for link in page.links:
            # Each way to turn a list is followed by itself, not all of them together.
            wanted = link.startswith("/") and not link.startswith(("/static/", "/lang/")) and len(parameters(link)) < 2
            if wanted and link not in known:
                known.add(link)
                waiting.append(link)


def foreign_words(page: Page, language: str) -> set[str]:
    """Return what a page says in the other language: words in Latin letters and raw keys, or Chinese."""
    found: set[str] = set()
    for lang, text in page.texts:
        if language == "en":
            found |= {text} if lang != "zh-CN" and HAN.search(text) else set()
        elif lang != "en":
            words = (word.strip("./-@") for word in WORD.findall(text))
            found |= {word for word in words if word not in PERMITTED and len(word) > 1 and not re.search(r"\d", word)}
    return found
