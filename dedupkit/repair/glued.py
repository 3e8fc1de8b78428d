r"""Words that stuck together when spaces and line ends were lost, and words that a line end broke.

``explanations.This`` was the end of a sentence and the beginning of the next; ``high-est`` stood at the end of a line.
Names of sites, files, methods and products look the same (``Node.js``, ``torch.Tensor``, ``pre-training``), so both
sides must be words that nobody would name anything by. Two words that lost the hyphen between them
(``sparsityinduced``) are left: where one ends is a guess.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from dedupkit.repair.edits import Edit
from dedupkit.repair.lexicon import COMMON, is_word, lexicon
from dedupkit.repair.protected import URL_RE, Spans, join_spans, protected_spans

#: Words that begin sentences and no name, whatever is before them.
SURE_OPENERS: Final = (
    "Additionally", "Although", "Consequently", "Despite", "Finally", "Furthermore", "However", "Moreover",
    "Nevertheless", "Our", "Specifically", "The", "Therefore", "These", "This", "Those", "Unlike", "We",
)  # fmt: skip
#: Those of arXiv's abstracts that nearly always stand at the beginning of a sentence when they have a capital. Behind a
#: plain word, and before one, they begin one.
OPENERS: Final = (
    *SURE_OPENERS,
    "Ablations", "Accordingly", "Achieving", "Across", "Adding", "Addressing", "After", "Alongside",
    "Also", "Among", "An", "Analyzing", "Applying", "As", "At", "Based", "Because", "Besides", "Beyond",
    "Both", "Building", "But", "By", "Collectively", "Combining", "Compared", "Comparing", "Concretely",
    "Considering", "Conversely", "Critically", "Crucially", "Currently", "Due", "During", "Each",
    "Empirical", "Empirically", "Especially", "Evaluated", "Evaluating", "Evaluations", "Even", "Every",
    "Existing", "Experimental", "Experimentally", "Experiments", "Extending", "Extensive", "Firstly",
    "Focusing", "For", "Formally", "From", "Further", "Given", "Hence", "Here", "If", "Importantly", "In",
    "Indeed", "Initially", "Inspired", "Instead", "Interestingly", "It", "Its", "Lastly", "Leveraging",
    "Many", "Meanwhile", "More", "Most", "Motivated", "Neither", "Nonetheless", "Notably", "Numerous",
    "On", "Overall", "Particularly", "Preliminary", "Previous", "Rather", "Recent", "Recently",
    "Recognizing", "Regarding", "Remarkably", "Secondly", "Several", "Similarly", "Simultaneously",
    "Since", "So", "Some", "Starting", "Still", "Subsequently", "Such", "Surprisingly", "Taken", "Taking",
    "Thanks", "Their", "Then", "Theoretically", "There", "They", "Though", "Through", "Throughout",
    "Thus", "To", "Together", "Towards", "Traditionally", "Typically", "Ultimately", "Under",
    "Unfortunately", "Using", "Utilizing", "What", "When", "Whereas", "Whether", "While", "With",
    "Within", "Without", "Yet",
)  # fmt: skip
#: Openers that are also names in programs: "ast.In, ast.If". Behind a word they begin a sentence before one of these only.
KEYWORDS: Final = frozenset(
    "All As At By Each Even Every For From If In Most On So Such Then Using When While With Within Without".split()
)
FOLLOWERS: Final = frozenset(
    "a addition all an another any both comparison contrast different each existing experiments extensive fact general it"
    " its many more most multiple one order other our particular practice recent response several short some such summary"
    " that the their there these they this those three two we what which".split()
)
#: "section.A", "vitamin.A": what is behind them is a label.
LABELLED: Final = frozenset(
    "algorithm appendix assumption axiom case chapter class column condition corollary definition equation example"
    " experiment fig figure group hepatitis layer lemma level line method model module node option panel paper part phase"
    " plan point problem property proposition question row section set stage step system table task theorem type version"
    " vitamin".split()
)

_LEFT_OF_STOP: Final = r"[a-zA-Z0-9%)\]\"'”’]"
_ABBREVIATION: Final = r"(?:[Ii]\.e|[Ee]\.g|et al)\."
# In "explanations.This work", "axes:The", "entangled.A graph"; in "i.e.parallel"; in "researchhttps://a.org"
GLUE_RE: Final = re.compile(
    rf"(?<={_LEFT_OF_STOP})(?P<stop>[.?!:;])(?P<opener>A|{'|'.join(sorted(OPENERS))})(?=[\s,])"
    rf"|(?<![A-Za-z.])(?P<abbreviation>{_ABBREVIATION})(?P<word>[a-z]{{1,30}})(?=[\s,;:)-]|\.?(?:\s|\Z))"
    r"|(?<=[A-Za-z])(?P<scheme>https?)://"
)
#: Something in every text that ``separate_glued_words`` could change, for Rust's engine; white space that is neither a
#: space nor a line break is found by the screen of others.
MAY_BE_GLUED: Final = (
    rf"{_LEFT_OF_STOP}[.?!:;](?:A|{'|'.join(sorted(OPENERS))})[ ,\n]|{_ABBREVIATION}[a-z]|[A-Za-z]https?://"
)
# Something in every such text, at less cost: a stop, of a URL too, and no space
STOP_RE: Final = re.compile(r"[.?!:;][A-Za-z/]")
# Before a stop: "performance", "(2020)", "“word”", "52.66%"; none of the signs of sites, files, paths and formulas
PROSE_RE: Final = re.compile(
    r"[(\[\"'“‘]{0,3}[A-Za-z0-9][A-Za-z0-9,’'-]*(?:\.[0-9]+)?(?:\([A-Za-z0-9-]+)?[%)\]\"'”’]{0,4}"
)
# Of "performance", "BERT-based": the last word
LAST_WORD_RE: Final = re.compile(r"(?<![A-Za-z])[A-Za-z]+\Z")
# "(the research": what may stand before a URL that is stuck to a word
BARE_WORD_RE: Final = re.compile(r"[(\[\"'“‘]?([A-Za-z]+)")
# ".A graph": an article and its noun or adjective, but no "A is", "A shows"
NEXT_WORD_RE: Final = re.compile(r"\s([a-z]{1,30})(?![A-Za-z])")
#: Characters of a word that are looked at.
MOST_WORD_CHARS: Final = 60

#: Second halves that are in the lexicon, since so many abstracts break words there, or in a dictionary, and are none.
ENDINGS: Final = frozenset(
    "cal cally est ers ical ing ings ity lar ment ments sion sions tic tical tion tional tions tive tively ties tory"
    " ture tures".split()
)
#: First halves that writers put hyphens behind.
PREFIXES: Final = frozenset("bi co non pre quasi re self semi tri un".split())
# "repre-sentation"; "top-k", "state-of-the-art" are none. The hyphen is looked for first: it is rare
HYPHEN_RE: Final = re.compile(r"-(?<=[a-z]-)([a-z]{2,30})(?![\w/@\\=&-]|['’][A-Za-z]|\.[a-z0-9_])")
FIRST_HALF_RE: Final = re.compile(r"(?<![\w/@\\#=+&-])[A-Za-z][a-z]{1,30}\Z")
#: Characters before a hyphen that are looked at: the longest first half, and what is before it.
_FIRST_HALF_CHARS: Final = 33
#: Endings of a word that is not in the lexicon itself: "doored", "aways", "linearities".
_INFLECTIONS: Final = (
    ("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("d", ""), ("er", ""), ("ers", ""), ("r", ""), ("rs", ""),
    ("ing", ""), ("ings", ""), ("ing", "e"), ("ness", ""), ("able", ""), ("able", "e"), ("ity", ""),
    ("ities", ""), ("ization", ""), ("ized", ""), ("izing", ""), ("ally", ""), ("al", ""), ("less", ""), ("like", ""),
)  # fmt: skip
_SHORTEST_STEM: Final = 4
_VOWELS: Final = frozenset("aeiou")


def separate_glued_words(text: str) -> list[Edit]:
    r"""Put a space where two words stick together.

    Behind the stop of a sentence, before a word that begins the next; behind ``i.e.``, ``e.g.`` and ``et al.``; between
    a word and a URL.

    It must NOT touch names of sites, files, methods and classes, version numbers, initials, URLs in URLs, mathematics
    and code.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def separate(text): return apply_edits(text, separate_glued_words(text))
    >>> separate("from explanations.This holds (i.e.parallel learning), see Li et al. (2020).We share codehttps://a.org/b")
    'from explanations. This holds (i.e. parallel learning), see Li et al. (2020). We share code https://a.org/b'
    >>> for same in ["Node.js is", "www.This.org", "a torch.Tensor of", "System.Out is", "J.Smith", "git+https://a.org",
    ...              "web.archive.org/web/2020/https://a.org", "see section.A for", "vs.code is", "U.S.The",
    ...              "ast.In, ast.If", "a nodes.For loop", '"ignore:The groups"']:
    ...     assert separate(same) == same
    """
    edits: list[Edit] = []
    if not STOP_RE.search(text):
        return edits
    protected: Spans | None = None
    for match in GLUE_RE.finditer(text):
        place = match.end("stop") if match["stop"] else match.end("abbreviation")
        if match["scheme"]:
            place = match.start()
        left = _word_before(text, match.start(), edits[-1].end if edits else 0)
        if not _is_glued(match, left):
            continue
        if protected is None:
            protected = protected_spans(text)
        if match.start() not in protected:
            edits.append(Edit(place, place, " ", "glued_words"))
    return edits


def _word_before(text: str, end: int, separated: int) -> str:
    """What stands right before a place, from the last white space or the last place that was separated.

    Nothing if that is longer than words are.
    """
    start = max(separated, end - MOST_WORD_CHARS)
    words = re.split(r"\s", text[start:end])
    return words[-1] if len(words) > 1 or start in (0, separated) else ""


def _is_glued(match: re.Match[str], left: str) -> bool:
    """Tell whether a space is missing, by the word before and the word behind."""
    if match["scheme"]:
        bare = BARE_WORD_RE.fullmatch(left)
        return bare is not None and _is_left_word(bare[1].lower())
    if word := match["word"]:
        return word == "a" or (len(word) > 1 and is_word(word, 1 if len(word) > 3 else COMMON))
    return bool(PROSE_RE.fullmatch(left)) and _begins_sentence(match, left)


def _is_left_word(word: str) -> bool:
    """Tell whether a word may stand before a URL: ``at``, ``research``, but no rest of a scheme or of a word."""
    return is_word(word, COMMON if len(word) > 4 else COMMON + 1)


def _begins_sentence(match: re.Match[str], left: str) -> bool:
    """Tell whether a word with a capital right behind a stop begins a sentence."""
    last = LAST_WORD_RE.search(left)
    if last and len(last[0]) < 3:
        return False
    if match["stop"] in ":;":
        return match["opener"] in SURE_OPENERS and left.isalpha()
    if match["opener"] in SURE_OPENERS:
        return True
    if last:
        return last[0].islower() and is_word(last[0]) and _goes_on(match, last[0])
    return left[-1] in "%)]\"'”’" and _goes_on(match, "")


def _goes_on(match: re.Match[str], left: str) -> bool:
    """Tell whether a word goes on as the first of a sentence does, by the word behind it."""
    opener, text, end = match["opener"], match.string, match.end()
    following = NEXT_WORD_RE.match(text, end)
    if opener == "A":
        return following is not None and left not in LABELLED and _is_noun(following[1])
    if opener in KEYWORDS and left:
        return following is not None and (
            following[1] in FOLLOWERS or (opener == "By" and following[1].endswith("ing"))
        )
    return text[end] == "," or following is not None


def _is_noun(word: str) -> bool:
    """Tell whether a word may follow an article: no ``is``, ``shows``."""
    return len(word) > 2 and word[-1] != "s" and is_word(word, COMMON)


def join_broken_words(text: str) -> list[Edit]:
    r"""Take away the hyphen of a word that was broken at the end of a line.

    The whole must be a common word, and its second half no word at all, nor a form of one.

    It must NOT touch compounds, prefixes that are written with a hyphen, names, URLs, mathematics and code.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def join(text): return apply_edits(text, join_broken_words(text))
    >>> join("the high-est repre-sentation. Re-cently, evalua-tions")
    'the highest representation. Recently, evaluations'
    >>> for same in ["co-operate", "pre-training", "re-sign", "multi-agent", "non-linear", "pre-emption", "back-doored",
    ...              "top-k", "bi-level", "e-valuator", "state-of-the-art", "a.org/high-est", "BERT-ing"]:
    ...     assert join(same) == same
    """
    edits = []
    protected: Spans | None = None
    for match in HYPHEN_RE.finditer(text):
        start, second = match.start(), match[1]
        first = FIRST_HALF_RE.search(text[max(0, start - _FIRST_HALF_CHARS) : start])
        if first is None or not _is_broken(first[0].lower(), second):
            continue
        if protected is None:
            urls = (found.span() for found in URL_RE.finditer(text))
            spans = protected_spans(text)
            protected = join_spans([*zip(spans.starts, spans.ends, strict=True), *urls])
        if start not in protected:
            edits.append(Edit(start, start + 1, "", "broken_word"))
    return edits


def _is_broken(first: str, second: str) -> bool:
    """Tell whether two halves are one word that a line end broke."""
    if not is_word(first + second, COMMON) or not _is_second_half(second):
        return False
    if first in PREFIXES and (first not in {"pre", "re"} or second[0] in _VOWELS):
        return False
    return second not in ENDINGS or len(first) > 2


def _is_second_half(second: str) -> bool:
    """Tell whether letters are no word, nor a form of one."""
    if second in ENDINGS:
        return True
    return not is_word(second) and not any(
        is_word(second[: len(second) - len(ending)] + base)
        for ending, base in _INFLECTIONS
        if second.endswith(ending) and len(second) - len(ending) + len(base) >= _SHORTEST_STEM
    )


@cache
def may_be_broken() -> str:
    """An expression for Rust's engine that finds every word that ``join_broken_words`` could join: all second halves."""
    halves = {
        word[place:]
        for word, level in lexicon().items()
        if level >= COMMON
        for place in range(2, len(word) - 1)
    }
    return rf"[A-Za-z][a-z]-(?:{'|'.join(sorted(filter(_is_second_half, halves)))})(?-u:\b)"
