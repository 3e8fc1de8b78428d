"""Is a line a person's name? Authors stand one to a line on publication pages, between titles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dedupkit.dumps.kinds import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Words of names that are written small.
_PARTICLES: Final = frozenset(
    "af al ap auf av bar ben bin bint bt da dal dalla das de degli dei del della dem den der di do dos du e el ibn "
    "la las le lo los ould ter ten tom van vom von y zu zum zur".split()
)

#: Marks of footnotes and affiliations behind a name: "Ada Lovelace*1,2".
_MARKS_RE: Final = re.compile(r"(?<![\s*∗†‡§¶#✉\d,;])[\s*∗†‡§¶#✉\d,;]+$")

#: Several names on one line. Spaces are looked at from where they begin, once.
_LIST_RE: Final = re.compile(r"(?:(?<!\s)\s++)?+[,;|·]\s*(?:and\s+|&\s*)?|(?<!\s)\s++(?:and|&|et|und|y)\s+")

#: A capital with dots or hyphens: "J.", "J.-P.", "A".
_INITIAL_RE: Final = re.compile(r"(?:[^\W\d_]\.?-?){1,3}")

#: Letters with apostrophes, hyphens and dots between them.
_WORD_RE: Final = re.compile(r"[^\W\d_]+(?:['’ʼ.\-‐‑·][^\W\d_]+)*\.?")

#: Family and given name without a space between them: Chinese, Japanese, Korean.
_UNSPACED_NAME_RE: Final = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7a3]{2,5}")

#: English words of titles that are nobody's name.
_TITLE_WORDS: Final = frozenset(
    "about across all and are beyond between can does for from how into more not over that the their this through "
    "toward towards under using via what when where which why with without your".split()
)

#: Short ones that are also names: "An Nguyen", "In So Kweon".
_SHORT_TITLE_WORDS: Final = frozenset(
    "a an as at by do go if in is it me my no of on or so to up us we".split()
)

#: Endings of English nouns and adjectives; on long words, for "Ming" and "Clement" are names.
_NOUN_RE: Final = re.compile(
    r".{3,}(?:tion|sion|ment|ness|ity|ics|ism|ance|ence|able|ible|ical|ized|ology|graphy|works|models|learning)s?"
)

#: Endings that names have too ("Pascal", "Mohammed"): they tell only of words that the page writes small.
_ADJECTIVE_RE: Final = re.compile(
    r".{2,}(?:al|ic|ive|ous|ing|ed|ar|ful|less|ized|based|work|model|net|graph)s?"
)

_LOWER_WORD_RE: Final = re.compile(r"(?<![^\W_])[^\W\d_]{2,}(?![^\W_])")


def common_words(bodies: Iterable[str]) -> frozenset[str]:
    """Words that a page writes in lower case in its running text: names are hardly among them."""
    found: set[str] = set()
    for body in bodies:
        found.update(word for word in _LOWER_WORD_RE.findall(body[:4_000]) if word.islower())
    return frozenset(found)


def split_names(text: str) -> list[str]:
    """The names on a line, footnote marks left out.

    >>> split_names("Ada Lovelace*1, Charles Babbage and Mary Somerville")
    ['Ada Lovelace', 'Charles Babbage', 'Mary Somerville']
    """
    return [name for part in _LIST_RE.split(text) if (name := _MARKS_RE.sub("", part))]


def name_cost(text: str, common: frozenset[str], times: int) -> float:
    """How unlike the names of persons a line is; ``NEVER`` where it cannot be.

    Args:
        text: The line.
        common: Words of the page's running text.
        times: How often the line stands in the dump: co-authors come back.

    >>> name_cost("Sékou-Oumar Kaba", frozenset(), 1)
    0.0
    >>> name_cost("Neural Collapse", frozenset({"neural", "collapse"}), 1) > 1.5
    True
    >>> name_cost("TimeGPT-1", frozenset(), 1), name_cost("On the Size of Teachers", frozenset(), 1)
    (inf, inf)
    """
    names = split_names(text) if len(text) <= 200 else []
    if not names:
        return NEVER
    if len(names) > 1 and any(len(name.split()) < 2 for name in names):
        return NEVER
    cost = max(_one_name_cost(name, common) for name in names)
    return max(0.0, cost - 1.0) if times >= 3 else cost


def _one_name_cost(name: str, common: frozenset[str]) -> float:
    tokens = re.sub(r"\([^()]{1,30}\)", "", name).split()
    if not 1 <= len(tokens) <= 7 or not _is_name_word(tokens[-1]):
        return NEVER
    carrying = [token for token in tokens if token.casefold() not in _PARTICLES or token[0].isupper()]
    if not carrying or not all(_is_name_word(token) for token in carrying):
        return NEVER
    cost = (0.0, 2.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0)[len(tokens)]
    if len(tokens) == 1 and _UNSPACED_NAME_RE.fullmatch(tokens[0]):
        cost = 0.0
    common_count = noun_count = 0
    for position, token in enumerate(carrying):
        folded = token.casefold()
        if folded in _TITLE_WORDS:
            return NEVER
        is_noun = bool(_NOUN_RE.fullmatch(folded))
        cost += 0.7 * is_noun
        cost += (0.6 if position == 0 else 0.2) * (folded in _SHORT_TITLE_WORDS)
        cost += 0.7 * any(part.islower() for part in re.split(r"[-‐‑]", token))
        if folded in common or any(part in common for part in re.split(r"[-‐‑]", folded)[1:]):
            common_count += 1
            noun_count += is_noun or bool(_ADJECTIVE_RE.fullmatch(folded))
    cost += 0.3 * common_count + 0.8 * noun_count
    if common_count == len(carrying):
        cost += 0.5 + (1.0 if noun_count else 0.0) + (1.0 if len(carrying) > 2 else 0.0)
    return cost


def _is_name_word(token: str) -> bool:
    """A capitalised word, an initial, or a word of a script without capitals."""
    if _INITIAL_RE.fullmatch(token) and token[0].isupper() and ("." in token or token.isupper()):
        return True
    if not _WORD_RE.fullmatch(token):
        return False
    first, rest = token[0], token[1:]
    if not (first.isupper() or first.istitle() or first.lower() == first.upper()):
        return False
    capitals = sum(character.isupper() for character in rest)
    return token.isupper() or capitals <= 1 + token.count("-") + token.count("'") + token.count("’")
