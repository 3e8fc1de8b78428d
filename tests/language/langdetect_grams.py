"""langdetect's own classes, and what is asked of them: n-grams, sums of logarithms, languages."""

import math
from functools import cache
from pathlib import Path

from langdetect import detector_factory
from langdetect.detector_factory import DetectorFactory
from langdetect.lang_detect_exception import LangDetectException


@cache
def factory():
    """langdetect's factory, its profiles sorted by name."""
    made = DetectorFactory()
    paths = sorted(path for path in Path(detector_factory.PROFILES_DIRECTORY).iterdir() if path.suffix == "")
    made.load_json_profile([path.read_text("utf-8") for path in paths])
    return made


def ngrams(text):
    """The n-grams that langdetect draws from, in order."""
    detector = factory().create()
    detector.append(text)
    detector.cleaning_text()
    return detector._extract_ngrams()


def log_sums(grams):
    """For each profile the logarithm of its unnormalised posterior, all n-grams taken once."""
    detector = factory().create()
    weight = detector.ALPHA_DEFAULT / detector.BASE_FREQ
    maps = [factory().word_lang_prob_map[gram] for gram in grams]
    return [
        math.fsum(math.log(weight + shares[i]) for shares in maps) for i in range(len(factory().langlist))
    ]


def language_of(text, seed):
    """What ``langdetect.detect_langs`` puts first; zh-cn and zh-tw are one."""
    made = factory()
    made.seed = seed
    detector = made.create()
    detector.append(text)
    try:
        guesses = detector.get_probabilities()
    except LangDetectException:
        return None
    return guesses[0].lang.partition("-")[0] if guesses else None
