"""Saved web pages: HTML and MHTML to the text that a reader sees, and what the page says of itself."""

from __future__ import annotations

import email
import email.policy
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dedupkit.dumps.layouts import UNKNOWN
from dedupkit.dumps.layouts.daily_list import parse_published
from dedupkit.dumps.reading import Entry, Reading, Unparsed
from dedupkit.dumps.sniff import read_dump
from dedupkit.dumps.text import Decoded, decode, is_utf8, split_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dedupkit.described import DescribedLayout
    from dedupkit.dumps.reading import Line

#: The layout of a page that is one text.
ARTICLE: Final = "article"

#: Not shown, whatever a style sheet says.
_HIDDEN: Final = (
    "[hidden]",
    '[style*="display:none" i]',
    '[style*="display: none" i]',
    '[style*="visibility:hidden" i]',
    "template",
    "dialog:not([open])",
)

#: No text of the page, but around it.
_FURNITURE: Final = (
    "nav",
    "footer",
    "aside",
    "button",
    '[role="navigation"]',
    '[role="contentinfo"]',
    '[role="button"]',
)

#: Mathematics that a page shows is drawn from its TeX, which stands beside the drawing.
_TEX: Final = 'annotation[encoding="application/x-tex"], script[type^="math/tex"]'
_DRAWINGS: Final = ".katex, mjx-container, .mwe-math-element, .MathJax, math"
_DRAWN_BESIDE: Final = (
    ".MathJax_Preview, .MathJax, .MathJax_Display, .MathJax_CHTML, .MathJax_SVG, .mjx-chtml"
)

#: What pages of papers say of themselves in their head (Highwire Press, Dublin Core, Open Graph), the surest first.
_TITLE_NAMES: Final = ("citation_title", "dc.title", "dcterms.title", "og:title", "twitter:title")
_AUTHOR_NAMES: Final = ("citation_author", "dc.creator", "dcterms.creator")
_ABSTRACT_NAMES: Final = ("citation_abstract", "dcterms.abstract")
_DATE_NAMES: Final = (
    "citation_publication_date",
    "citation_date",
    "dc.date",
    "dcterms.issued",
    "article:published_time",
)

#: "<meta charset=…>" and its older form, among the first bytes, where browsers look for it.
_CHARSET_RE: Final = re.compile(
    rb"<meta\s[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE
)
_CHARSET_BYTES: Final = 4096

#: How browsers mark what they saved: "<!-- saved from url=(0031)https://example.org/page -->".
_SAVED_FROM_RE: Final = re.compile(r"<!-- saved from url=\(\d{4}\)(\S{1,2000}) -->")

#: A date, whatever stands behind it: "2024/03/01", "2024-03-01T12:00:00Z".
_DATE_RE: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")


class Page(NamedTuple):
    """A page as text.

    Attributes:
        lines: Of all that a reader sees, a block of the page on a line; and how many lines there are with blank ones.
        line_count: See ``lines``.
        body: Numbers of those that are in no menu, footer or button.
        main: Those of the main text, without menus and footers.
        links: Texts of links to elsewhere.
        about: What the page says of itself: names of ``<meta>`` in lower case, values in order.
        title: Of the page.
        url: Where it was, if it says so.
        encoding: Of its bytes.
    """

    lines: list[Line]
    line_count: int
    body: frozenset[int]
    main: list[str]
    links: frozenset[str]
    about: dict[str, list[str]]
    title: str
    url: str | None
    encoding: str


@dataclass(frozen=True, slots=True)
class Html:
    """HTML and what came with it.

    Attributes:
        data: The bytes.
        charset: The encoding that whoever sent it names.
        url: Where it was.
    """

    data: bytes
    charset: str | None = None
    url: str | None = None


def html_of_mhtml(data: bytes) -> Html | None:
    """The page that an MHTML file holds: its first part of HTML; None if there is none."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() in {"text/html", "application/xhtml+xml"}:
            payload = part.get_payload(decode=True)
            place = part.get("Content-Location") or message.get("Snapshot-Content-Location")
            url = str(place).strip() if place is not None and "://" in str(place) else None
            return Html(payload if isinstance(payload, bytes) else b"", part.get_content_charset(), url)
    return None


def read_page(html: Html, place: str) -> Page:
    """The text of a page, and what it says of itself. Nothing that it names is fetched or run.

    Args:
        html: The page.
        place: What an error calls it.

    Raises:
        InputError: The bytes are no text.
    """
    from resiliparse.extract.html2text import extract_plain_text  # noqa: PLC0415  loaded where it is used
    from resiliparse.parse.html import HTMLTree  # noqa: PLC0415

    text, encoding = _decode_page(html, place)
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    tree = HTMLTree.parse(text)
    if tree.body is None:
        return Page([], 0, frozenset(), [], frozenset(), {}, "", html.url, encoding)
    about, url = _about(tree), html.url or _url(tree, text)
    links = frozenset(
        _plain(link.text)
        for link in tree.body.query_selector_all("a[href]")
        if not link["href"].startswith("#")
    )
    _write_tex(tree)
    shown: dict[str, Any] = {
        "preserve_formatting": True,
        "list_bullets": False,
        "alt_texts": False,
        "skip_elements": list(_HIDDEN),
    }
    lines, line_count = split_lines(extract_plain_text(tree, **shown))
    body, _ = split_lines(extract_plain_text(tree, **shown | {"skip_elements": [*_HIDDEN, *_FURNITURE]}))
    main, _ = split_lines(extract_plain_text(tree, main_content=True, **shown))
    heading = tree.body.query_selector("h1")
    title = _plain(heading.text if heading is not None else "") or _plain(tree.title or "")
    return Page(
        lines,
        line_count,
        _within(body, lines),
        [line.text for line in main],
        links,
        about,
        title,
        url,
        encoding,
    )


def _within(some: Sequence[Line], lines: Sequence[Line]) -> frozenset[int]:
    """Numbers of those lines that some are, in their order; all, if some are no lines of them."""
    numbers = []
    at = 0
    for line in lines:
        if at < len(some) and line.text == some[at].text:
            numbers.append(line.number)
            at += 1
    return frozenset(numbers if at == len(some) else (line.number for line in lines))


def read_listing(page: Page, layouts: Sequence[DescribedLayout] = ()) -> tuple[str, Reading] | None:
    """A page that lists records, as the layout that fits best; None if it is none.

    Most of the titles lead elsewhere: headings and paragraphs of one long text look like titles and abstracts too, but
    link to nothing.
    """
    name, reading = read_dump([line for line in page.lines if line.number in page.body], layouts)
    titles = [_plain(entry.title) for entry in reading.entries if entry.title is not None]
    if (
        name == UNKNOWN.NAME
        or len(titles) < 2
        or 2 * sum(title in page.links for title in titles) < len(titles)
    ):
        return None
    reading.unparsed += [
        Unparsed(line, "a menu, footer or button of the page")
        for line in page.lines
        if line.number not in page.body
    ]
    return name, reading


def read_article(page: Page) -> Reading:
    """A page that is one text: its main text, or the abstract that it gives of itself."""
    if not page.lines:
        return Reading(1.0, "the page shows no text", [], [])
    title = _first(page.about, _TITLE_NAMES) or page.title or None
    abstract = _first(page.about, _ABSTRACT_NAMES)
    if abstract is not None:
        why, taken = "the abstract that the page gives of itself is one record", [abstract]
    else:
        why, taken = (
            "the main text of the page is one record",
            page.main or [line.text for line in page.lines],
        )
        abstract = "\n".join(taken[1:] if taken[0] == title else taken) or None
    remaining = Counter([*taken, title or ""])
    used: list[Line] = []
    unparsed: list[Unparsed] = []
    for line in page.lines:
        if remaining[line.text] > 0:
            remaining[line.text] -= 1
            used.append(line)
        else:
            unparsed.append(Unparsed(line, "outside of the main text of the page"))
    if not used:  # a text that stands in the page otherwise: it is told where the page begins
        used = [unparsed.pop(0).line]
    entry = Entry(lines=used, title=title, abstract=abstract)
    entry.authors = next((page.about[name] for name in _AUTHOR_NAMES if name in page.about), [])
    if date := _first(page.about, _DATE_NAMES):
        _date_of(entry, date)
    return Reading(1.0, why, [entry], unparsed)


def _date_of(entry: Entry, text: str) -> None:
    entry.published_text = text
    if match := _DATE_RE.match(text):
        year, month, day = match.groups()
        published = parse_published(f"{year}-{month:0>2}-{day:0>2}")
        entry.published = published.day if published else None


def _decode_page(html: Html, place: str) -> Decoded:
    """Decode as UTF-8 where it is, as the page or its sender says, or by detection."""
    found = _CHARSET_RE.search(html.data[:_CHARSET_BYTES])
    named = (html.charset, found[1].decode("ascii") if found else None)
    is_proved = not html.data.isascii() and is_utf8(html.data)
    for name in named if not is_proved else ():
        if name is None:
            continue
        from resiliparse.parse.encoding import map_encoding_to_html5  # noqa: PLC0415

        encoding = map_encoding_to_html5(name, False)  # noqa: FBT003  its second parameter: the fallback
        try:
            if encoding is None:
                continue
            return Decoded(html.data.decode(encoding), "windows-1252" if encoding == "cp1252" else encoding)
        except (LookupError, TypeError, ValueError):
            continue
    return decode(html.data, place, is_text=html.data.lstrip()[:1] == b"<")


def _about(tree: Any) -> dict[str, list[str]]:
    about: dict[str, list[str]] = {}
    for meta in tree.document.query_selector_all("meta[content]"):
        name = meta.getattr("name") or meta.getattr("property")
        value = _plain(meta["content"])
        if name and value:
            about.setdefault(name.lower(), []).append(value)
    return about


def _url(tree: Any, text: str) -> str | None:
    for selector, attribute in (('link[rel="canonical"]', "href"), ('meta[property="og:url"]', "content")):
        element = tree.document.query_selector(selector)
        if element is not None and "://" in (element.getattr(attribute) or ""):
            return str(element.getattr(attribute)).strip()
    saved = _SAVED_FROM_RE.search(text[:_CHARSET_BYTES])
    return saved[1] if saved else None


def _write_tex(tree: Any) -> None:
    """Put the TeX of each formula in the place of what was drawn of it."""
    for beside in tree.body.query_selector_all(_DRAWN_BESIDE):
        if beside.parent is not None and not beside.query_selector(_TEX):
            beside.decompose()
    for source in tree.body.query_selector_all(_TEX):
        if source.parent is None:
            continue
        drawn = source
        while (outer := drawn.parent.closest(_DRAWINGS) if drawn.parent is not None else None) is not None:
            drawn = outer
        drawn.replace_with(tree.create_text_node(f"${_plain(source.text)}$"))


def _first(about: dict[str, list[str]], names: Sequence[str]) -> str | None:
    return next((about[name][0] for name in names if name in about), None)


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())
