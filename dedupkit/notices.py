r"""Notices: what stands where an abstract is missing, and matches nothing.

"No abstract available", "Please log in to view this content", "© 1999 ACM. All rights reserved." stand under many
papers and say nothing about any. They are known by how they are made: a short text that says of an abstract (in many
languages) that there is none, that asks to log in or to click, that is nothing but a claim of rights, or that a paper
was withdrawn.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

#: Whole texts.
PLACEHOLDERS: Final = (
    "abstract", "abstract missing", "coming soon", "empty", "missing", "n a", "na", "nan", "nil", "no title", "none",
    "not applicable", "not available", "not provided", "null", "summary", "tba", "tbd", "to appear", "unavailable", "unknown",
    "untitled", "withdrawn",
)  # fmt: skip

#: No longer text is a notice.
_MOST_BYTES: Final = 400

_ABSTRACT: Final = (
    r"(?:abstracts?|summary|synopsis|zusammenfassung|kurzfassung|résumé|resumen|resumo|sommario|riassunto|samenvatting"
    r"|sammanfattning|sammendrag|tiivistelmä|streszczenie|abstrakt|anotace|rezumat|összefoglaló|özet|аннотаци[яи]|реферат"
    r"|анотаці[яї]|περίληψη|תקציר|ملخص|الملخص)"
)
_NONE: Final = (
    r"(?:no|not|non|without|missing|unavailable|none|n/a|keine?|nicht|fehlt|pas|aucun|sans|sin|sem|não|senza|nessun|geen"
    r"|niet|ingen|inget|ikke|ei|bez|brak|není|nincs|yok|нет|не|без|отсутствует|немає|відсутня|δεν|אין|لا)"
)
_THERE: Final = (
    r"(?:available|provided|supplied|given|found|exists?|verfügbar|vorhanden|vor|angegeben|disponible|disponibile|disponível"
    r"|fourni|beschikbaar|tillgänglig\w*|tilgjengelig|saatavilla|dostępn\w+|dostupn\w+|k dispozici|mevcut|доступн\w+|διαθέσιμη)"
)

#: "No abstract", "Es liegt keine Zusammenfassung vor", "Résumé non disponible", "暂无摘要": texts of at most sixty characters.
_SHORT_RE: Final = (
    rf"(?i)\b{_NONE}(?:\s+\w+)?\s+{_ABSTRACT}(?:\s+\w+)?(?:\s+{_THERE})?\W*$"
    rf"|^\W*{_ABSTRACT}\W+(?:\w+\W+)?{_NONE}(?:\W+{_THERE})?\W*$"
    r"|[无無没なし없].{0,6}(?:摘要|抄録|要旨|要約|초록|요약)|(?:摘要|抄録|要旨|要約|초록|요약).{0,6}(?:[无無没]|なし|ありません|없)"
)
_SHORT_CHARS: Final = 60

_DOCUMENT: Final = (
    r"(?:contents?|articles?|papers?|page|pdf|full.text|documents?|abstracts?|chapter|book|journals?|account|web ?site|site"
    r"|institution|login|inhalte?|artikel|contenu|contenido|artículo)"
)
_SIGN_IN: Final = r"(?:log.?in|sign.?in|subscribe|register|purchase|have access|anmelden|melden|einloggen|connecter|sesi[oó]n)"
_NOTICE_RE: Final = "|".join(
    (
        (
            r"(?i)\bno (?:abstract|summary)(?: text)?(?:\s*[.!)]|\s*$|\s+(?:(?:was|is|has been) )?"
            r"(?:available|provided|supplied|given|found|exists|for this)\b)"
        ),
        (
            r"\babstract(?: or summary)?(?: (?:of|for|to) [\w ]{3,30})? (?:is|was|are|has|have|could|can)"
            r"(?: currently| yet)?(?: not (?:yet )?(?:be )?(?:available|provided|supplied|given|found|loaded|displayed|shown|included)"
            r"| been removed| unavailable| missing)\b"
        ),
        r"\b(?:article|paper|item|document|record|publication|chapter|entry) (?:has|had|contains) no (?:abstract|summary)\b",
        (
            r"^\W*(?:please\s|you (?:must|need to|have to|do not)\b|to (?:view|read|access|see|continue)\b|log ?in\b|sign ?in\b"
            r"|subscribe\b|register\b|bitte\s|veuillez\s|inici\w+ sesi[oó]n\b)"
            rf"(?:.*\b{_SIGN_IN}\b.*\b{_DOCUMENT}\b|.*\b{_DOCUMENT}\b.*\b{_SIGN_IN}\b)"
        ),
        r"^\W*(?:please\s|you (?:must|need to)\b)[^.]*\benable (?:javascript|cookies)\b",
        r"\bpreview (?:has been|is) (?:provided|shown|available)\b|^\W*(?:the )?first page of (?:this|the) (?:article|paper)\b",
        (
            r"^\W*(?:this|the)(?: requested)?(?: full)?.?(?:text(?: of (?:this|the) (?:article|paper))?|content|page|article|document|item) "
            r"(?:is|was|could)(?: currently)? (?:not (?:be )?(?:available|found|loaded)|unavailable)\b"
        ),
        r"^\W*(?:click|tap) (?:here|on|to|the|below)\b[^.]{0,80}\W*$",
        r"^\W*(?:download|view|read|see|show|get|access) (?:more|the pdf|pdf|(?:the )?(?:full )?(?:text|article|paper|abstract))\W*$",
        (
            r"^\W*(?:this|the) (?:paper|article|submission|manuscript|work|preprint) (?:has been|was|is being) "
            r"(?:temporarily )?(?:withdrawn|retracted|removed)\b"
        ),
        r"^\W*(?:©|\(c\)|copyright\s+(?:©|\(c\)|\d{4}|by\b|held\b))[^.]{0,120}(?:\.[^.]{0,20})?(?:\ball rights reserved\b)?\W*$",
        r"^\W*all rights reserved\W*$",
        (
            r"^\W*(?:the )?abstract\W+(?:(?:is|will be) )?(?:to (?:follow|appear|come|be (?:added|announced|provided))|withheld|pending|omitted"
            r"|forthcoming|follows|not included|will follow|coming soon)\b[^.]{0,60}\W*$|^\W*full.text only\W*$"
        ),
    )
)


def is_notice(texts: pl.Series) -> pl.Series:
    """Whether each text is a notice; no text is none.

    >>> is_notice(pl.Series(["Abstract not available.", "We show that no abstract machine can sort.", None])).to_list()
    [True, False, False]
    """
    short = (texts.str.len_bytes() <= _MOST_BYTES).fill_null(value=False)
    found = np.zeros(len(texts), dtype=bool)
    if short.any():
        few = texts.filter(short)
        found[short.to_numpy()] = (
            few.str.contains(_NOTICE_RE)
            | (few.str.contains(_SHORT_RE) & (few.str.len_chars() <= _SHORT_CHARS))
        ).to_numpy()
    return pl.Series(texts.name, found)
