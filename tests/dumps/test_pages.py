"""Saved pages and archives: the records that they list, or their main text; nothing else happens."""

import base64
import gzip
import socket
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from dedupkit.config import Settings
from dedupkit.dumps import read_inputs
from dedupkit.errors import InputError


def card(number):
    return (
        f"<article><h3><a href='/papers/{number}'>Learning to sort {number} numbers\n with <i>transformers</i></a></h3>"
        f"<p>We present a method for sorting {number} numbers. It works well on many data sets and is faster than what was "
        f"there before. Extensive experiments with many inputs show gains of {number} percent. Code is available.</p>"
        "<button>Save</button></article>"
    )


LISTING = (
    "<!doctype html><html><head><meta charset=utf-8><title>Papers</title></head><body><nav><a href='/'>Home</a></nav>"
    f"<h1>Search results</h1>{''.join(map(card, range(1, 7)))}<footer>© 2024 Example</footer></body></html>"
)
SENTENCES = "The first of these is that numbers are many, and each has its place. " * 4
ARTICLE = (
    "<!doctype html><html><head><title>Why sorting is hard – Blog</title>"
    "<link rel=canonical href='https://blog.example.org/sorting'></head><body>"
    "<nav><ul><li><a href=/>Home</a></li><li><a href=/about>About</a></li></ul></nav><main><h1>Why sorting is hard</h1>"
    + "".join(f"<h2>Part {part} of it</h2><p>Trié à {part}. {SENTENCES}</p>" for part in range(5))
    + "</main><footer>Imprint</footer></body></html>"
)
PAPER = (
    '<html><head><meta name="citation_title" content="On sorting"><meta name="citation_author" content="Lovelace, Ada">'
    '<meta name="citation_author" content="Hopper, Grace"><meta name="citation_date" content="2024/3/1">'
    '<meta name="citation_abstract" content="We sort numbers. It is fast."></head>'
    "<body><h1>Title: On sorting</h1><p>Cookies are good for you.</p></body></html>"
)


def read(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_inputs([path], Settings())


@pytest.mark.parametrize("suffix", ["html", "htm", "xhtml", "html.gz"])
def test_a_page_that_lists_records_gives_them(suffix, tmp_path):
    data = gzip.compress(LISTING.encode()) if suffix.endswith("gz") else LISTING
    parsed = read(tmp_path / f"a.{suffix}", data)
    assert parsed.records["title_raw"].to_list() == [
        f"Learning to sort {number} numbers with transformers" for number in range(1, 7)
    ]
    assert parsed.records["abstract_raw"].str.ends_with("Code is available.").all()
    assert parsed.sources[0].layout == "search_results"
    assert parsed.unparsed["text"].to_list()[:2] == ["Home", "Search results"]


def test_an_article_is_one_record_of_its_main_text(tmp_path):
    parsed = read(tmp_path / "a.html", ARTICLE)
    (record,) = parsed.records.to_dicts()
    assert record["title_raw"] == "Why sorting is hard"
    assert record["abstract_raw"].split("\n")[:2] == ["Part 0 of it", f"Trié à 0. {SENTENCES.strip()}"]
    assert record["url"] == "https://blog.example.org/sorting"
    assert parsed.unparsed["text"].to_list() == ["Home", "About", "Imprint"]
    assert parsed.sources[0].layout == "article"


def test_what_a_page_of_a_paper_says_of_itself_is_believed(tmp_path):
    (record,) = read(tmp_path / "a.html", PAPER).records.to_dicts()
    assert record["title_raw"] == "On sorting"
    assert record["authors"] == ["Lovelace, Ada", "Hopper, Grace"]
    assert record["abstract_raw"] == "We sort numbers. It is fast."
    assert str(record["published"]) == "2024-03-01"


@pytest.mark.parametrize(
    "drawn, text",
    [
        (
            (
                '<span class="katex"><span class="katex-mathml"><math><mi>x</mi><annotation encoding="application/x-tex">x^2'
                '</annotation></math></span><span class="katex-html" aria-hidden="true">x2</span></span>'
            ),
            "$x^2$",
        ),
        (
            (
                '<span class="MathJax_Preview">x2</span><span class="MathJax"><math><mi>x</mi></math></span>'
                '<script type="math/tex">x^2</script>'
            ),
            "$x^2$",
        ),
        ("H<sub>2</sub>O", "H2O"),
        ("<math><mi>z</mi></math>", "z"),
        (
            '<span style="display:none">no</span><span hidden>no</span><script>no()</script><!-- no -->yes',
            "yes",
        ),
        ("&lt;b&gt; &amp; &eacute;&#x1F600;", "<b> & é😀"),
    ],
)
def test_text_is_what_a_reader_sees_and_formulas_are_their_tex(drawn, text, tmp_path):
    (record,) = read(
        tmp_path / "a.html", f"<meta charset=utf-8><p>Before {drawn} after.</p>"
    ).records.to_dicts()
    assert record["abstract_raw"] == f"Before {text} after."


@pytest.mark.parametrize(
    "declared, encoded, told",
    [
        ("utf-8", "utf-8", "utf-8"),
        ("iso-8859-1", "cp1252", "windows-1252"),
        ("iso-8859-1", "utf-8", "utf-8"),  # what is UTF-8 is UTF-8
        ("koi8-r", "koi8-r", "koi8-r"),
        ("no-such-thing", "cp1252", "windows-1252"),
    ],
)
def test_the_encoding_is_that_of_the_page(declared, encoded, told, tmp_path):
    text = "Привет, мир, это текст" if encoded == "koi8-r" else "Où est le café – là-bas, déjà"
    parsed = read(tmp_path / "a.html", f"<meta charset='{declared}'><p>{text}</p>".encode(encoded))
    assert parsed.records["abstract_raw"].to_list() == [text]
    assert parsed.sources[0].encoding == told


@pytest.mark.parametrize("encode", [False, True])
def test_a_page_saved_with_its_parts_is_read(encode, tmp_path):
    message = MIMEMultipart("related")
    part = MIMEText(LISTING, "html", "utf-8")
    if encode:
        part.set_payload(base64.encodebytes(LISTING.encode()).decode())
    part["Content-Location"] = "https://papers.example.org/search?q=sort"
    message.attach(part)
    message.attach(MIMEText("<p>a frame</p>", "html"))
    parsed = read(tmp_path / "a.mhtml", message.as_bytes())
    assert parsed.records.height == 6
    assert parsed.records["url"].unique().to_list() == ["https://papers.example.org/search?q=sort"]


def test_a_message_without_a_page_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"a\.mht: no part of it is HTML"):
        read(tmp_path / "a.mht", b"Subject: x\n\nText.")


def answer(url, body, kind="text/html; charset=utf-8", status="200 OK", **headers):
    """A record of an archive: what a server answered."""
    told = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    block = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{told}\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-03-01T12:00:00Z\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


ANSWERS = (
    answer("https://a.org/list", LISTING.encode()),
    answer("https://a.org/art", gzip.compress(ARTICLE.encode(), mtime=0), Content_Encoding="gzip"),
    answer(
        "https://a.org/chunks",
        b"13\r\n<p>Some text of a p\r\n4\r\nage.\r\n0\r\n\r\n",
        Transfer_Encoding="chunked",
    ),
    answer("https://a.org/none", b"<p>Not here</p>", status="404 Not Found"),
    answer("https://a.org/i.png", b"\x89PNG\r\n", "image/png"),
    answer("https://a.org/bad", b"\0\1\2" * 99, "text/plain"),
    answer("https://a.org/a.txt", b"A text of a file.\n\nAnother one of it.\n", "text/plain"),
)


def archive(*, packed=False):
    return b"".join(gzip.compress(each, mtime=0) if packed else each for each in ANSWERS)


@pytest.mark.parametrize("suffix", [".warc", ".warc.gz"])
def test_an_archive_gives_the_records_of_all_its_pages(suffix, tmp_path):
    parsed = read(tmp_path / f"a{suffix}", archive(packed=suffix.endswith("gz")))
    records = parsed.records
    assert records.group_by("url", maintain_order=True).len().rows() == [
        ("https://a.org/list", 6),
        ("https://a.org/art", 1),
        ("https://a.org/chunks", 1),
        ("https://a.org/a.txt", 2),
    ]
    assert records["abstract_raw"][7] == "Some text of a page."
    assert records["line"].is_sorted()
    assert records["line"].n_unique() == records.height
    assert records["record_id"].n_unique() == records.height
    assert "1 answers of status 404, 1 image/png" in parsed.sources[0].why
    (bad,) = parsed.unparsed.filter(text="https://a.org/bad")["why"]
    assert "NUL" in bad


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_of_an_archive_that_was_cut_what_stands_before_is_read(packed, share, tmp_path):
    data = archive(packed=packed)
    parsed = read(tmp_path / f"a.warc{'.gz' * packed}", data[: int(len(data) * share)])
    whole = read(tmp_path / f"b.warc{'.gz' * packed}", data)
    titles = parsed.records["title_raw"].to_list()
    assert titles[:-1] == whole.records["title_raw"].to_list()[: len(titles) - 1]
    assert parsed.sources[0].bad_rows >= 1
    assert parsed.unparsed["why"].str.contains("what follows cannot be read").any()


def test_what_is_no_archive_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"a\.warc"):
        read(tmp_path / "a.warc", b"hello world\n" * 30)


def test_nothing_is_fetched(tmp_path, monkeypatch):
    def refuse(*_arguments, **_named):
        raise AssertionError("a page must not lead anywhere")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    page = (
        "<link rel=stylesheet href='https://example.org/a.css'><iframe src='file:///etc/passwd'></iframe>"
        "<img src='https://example.org/a.png'><object data='https://example.org/a'></object>"
        "<meta http-equiv=refresh content='0;url=https://example.org'><base href='https://example.org'><p>Some text.</p>"
    )
    assert read(tmp_path / "a.html", page).records["abstract_raw"].to_list() == ["Some text."]


@pytest.mark.parametrize(
    "unit", ["<div>", "<p>a", "<a href=", "<b><i>", "<table><tr><td>", "&amp", "<!--", "<meta ", "<math>"]
)
def test_hostile_pages_end(unit, tmp_path):
    (tmp_path / "a.html").write_text("<p>Some text.</p>" + unit * 30_000, "utf-8")
    assert read_inputs([tmp_path], Settings()).records.height >= 1
