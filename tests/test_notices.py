"""Notices in the place of an abstract are known by how they are made; sentences with the same words are none."""

import polars as pl
import pytest

from dedupkit.notices import is_notice

NOTICES = [
    "Abstract to follow",
    "Abstract to follow soon, please check again later.",
    "[Abstract not included]",
    "Abstract withheld",
    "Full text only",
    "Abstract unavailable",
    "No abstract available.",
    "An abstract is not available for this content so a preview has been provided. Please use the Get access link above for information on how to access this content.",
    "Please log in to view this content.",
    "Keine Zusammenfassung verfügbar",
    "Es liegt keine Zusammenfassung vor.",
    "Résumé non disponible",
    "Aucun résumé disponible.",
    "Resumen no disponible",
    "No hay resumen disponible",
    "Аннотация отсутствует",
    "Нет аннотации",
    "暂无摘要",
    "摘要：无",
    "要旨はありません",
    "초록 없음",
    "Kein Abstract vorhanden",
    "The abstract for this article is not available.",
    "This article has no abstract.",
    "This paper has been withdrawn by the authors.",
    "This article has been retracted at the request of the editor.",
    "© 2019 Elsevier Ltd. All rights reserved.",
    "Copyright 2001 ACM.",
    "Click here to view the full text",
    "You do not have access to this content. Please subscribe.",
    "To read this article, please sign in or register.",
    "Bitte melden Sie sich an, um den Inhalt zu sehen",
    "Veuillez vous connecter pour lire ce contenu",
    "First page of this article",
    "The full text of this article is not available.",
    "This content is not available in your region.",
    "View PDF",
    "Özet yok",
    "Streszczenie: brak",
    "Abstract: not provided",
    "Abstract could not be loaded.",
]

TEXTS = [
    "Abstract interpretation is to follow the program through all its states.",
    "We show that there is no abstract elementary class with these properties.",
    "We give no summary statistics; instead all data are kept.",
    "This paper presents an abstract interpretation that is not available in other tools, and shows its use.",
    "Click models for web search are extended to subscription services and evaluated on logs.",
    "We summarise no text.",
    "Copyright law and machine learning: we discuss whether training on protected works is fair use.",
    "Access control policies are hard to read; to see why, we interviewed users who log in daily.",
    "To access deep features we register images before training.",
    "Please-based prompting: we study whether politeness helps language models to access knowledge.",
    "Withdrawn results in arXiv: a study of 2,000 retracted papers shows that errors are common.",
    "A survey of abstractive summarisation without parallel data.",
    "Summary of the 13th Video Browser Showdown, held in Amsterdam.",
    "Le présent article résume une méthode de tri.",
    "We read the full article.",
    "This paper is about missing summary measures in meta-analysis.",
    "The content moderation of sites is not well understood.",
    "Wir fassen keine Ergebnisse zusammen.",
    "See more clearly: a network for fog.",
    "You need to subscribe to a theory before testing it; we argue that access to theories is unequal in AI.",
    "View synthesis from sparse inputs.",
    "To view the world as robots do, we log inputs of cameras.",
]


@pytest.mark.parametrize("text", NOTICES)
def test_a_notice_is_known(text):
    assert is_notice(pl.Series([text])).to_list() == [True]
    assert is_notice(pl.Series([f"  {text.upper()} "])).to_list() == [True]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_with_the_words_of_a_notice_is_none(text):
    assert is_notice(pl.Series([text])).to_list() == [False]


def test_a_missing_and_a_long_text_are_none():
    long = "No abstract available. " + "We sort many things in little time. " * 20
    assert is_notice(pl.Series([None, "", long])).to_list() == [False, False, False]
