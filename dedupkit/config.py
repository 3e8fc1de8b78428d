"""Settings: defaults, then a TOML file, then flags."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, NamedTuple, get_type_hints

from dedupkit.described import DescribedLayout, check_names, read_layouts
from dedupkit.errors import UsageError

#: What ``bands`` and ``prefer`` take.
BANDS: Final = ("wide", "datasketch")
PREFERENCES: Final = ("complete", "first", "last", "longest")

#: What ``language_engine`` takes.
LANGUAGE_ENGINES: Final = ("exact", "langdetect", "lingua")

#: What ``engine`` takes.
ENGINES: Final = ("local", "spark")

#: What ``math`` and ``math_rendering`` take.
MATH_LEVELS: Final = ("balanced", "safe", "off")
MATH_RENDERINGS: Final = ("unicode", "latex")


#: Settings that change no record: where the work is done, who judges it, and what is an error.
_OF_NO_RECORD: Final = ("suite", "engine", "spark_master", "spark_remote", "spark", "strict")


class MathStyle(NamedTuple):
    """How mathematics is repaired.

    Attributes:
        level: ``balanced``, ``safe`` (only what is certain) or ``off``: stripped mathematics is left alone.
        rendering: ``unicode`` makes plain text of formulas, stripped or whole; ``latex`` leaves what is whole and makes
            formulas between dollars of what was stripped.
    """

    level: str = "balanced"
    rendering: str = "unicode"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run may be told; the names are the keys of ``[tool.dedupkit]``.

    Attributes:
        threshold: Jaccard similarity (0 < t <= 1) of two texts' shingles from which they are near duplicates.
        shingle_words: Words in a shingle.
        permutations: Hash functions of a MinHash signature.
        bands: How signatures are cut into bands: ``wide`` finds all candidates at the threshold and cut copies,
            ``datasketch`` is that library's own choice for the threshold.
        prefer: Which of several records of one work is kept: ``complete``, ``first``, ``last`` or ``longest``.
        math: Whether mathematics whose backslashes were stripped is repaired: ``balanced``, ``safe`` (only what is
            certain) or ``off``.
        math_rendering: What formulas become: ``unicode`` (plain text) or ``latex`` (formulas between dollars).
        language_minimum_letters: Letters below which no language is named.
        language_engine: Who names the language: ``exact`` (langdetect's profiles, all n-grams of a text),
            ``langdetect`` (the library itself) or ``lingua`` (an extra: ``dedupkit[lingua]``).
        suite: Path of the suite that validates the cleaned set; None: ``expectations/cleaned.json``.
        engine: Where the work is done: ``local`` or ``spark``.
        spark_master: The cluster; None: as Spark is configured, or all cores of this machine.
        spark_remote: A Spark Connect server in its place.
        spark: Spark's own settings.
        id_column: A table's column of ids for ``dedup``; None: row numbers from 0.
        title_column: A table's column of titles; None: ``title`` where there is one.
        text_column: A table's column of texts; None: the first of ``abstract``, ``text``, ``content``, ``body``.
        authors_column: A table's column of authors; None: ``authors`` where there is one.
        layouts: Layouts of dumps that are described, beside those that dedupkit knows (``[[tool.dedupkit.layouts]]``).
        strict: Whether a row that cannot be read is an error; else it is in ``unparsed.parquet``.
    """

    threshold: float = 0.7
    shingle_words: int = 3
    permutations: int = 128
    bands: str = "wide"
    prefer: str = "complete"
    math: str = "balanced"
    math_rendering: str = "unicode"
    language_minimum_letters: int = 20
    language_engine: str = "exact"
    suite: str | None = None
    engine: str = "local"
    spark_master: str | None = None
    spark_remote: str | None = None
    spark: dict[str, str] = field(default_factory=dict)
    id_column: str | None = None
    title_column: str | None = None
    text_column: str | None = None
    authors_column: str | None = None
    layouts: tuple[DescribedLayout, ...] = ()
    strict: bool = False

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        if not 0 < self.threshold <= 1:
            raise UsageError(
                f"threshold = {self.threshold}: it is a similarity.", "give a number above 0 and up to 1."
            )
        for name, least in (("shingle_words", 1), ("permutations", 16), ("language_minimum_letters", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} = {getattr(self, name)}: too small.", f"give {least} or more.")
        for name, choices in (
            ("bands", BANDS),
            ("prefer", PREFERENCES),
            ("language_engine", LANGUAGE_ENGINES),
            ("engine", ENGINES),
            ("math", MATH_LEVELS),
            ("math_rendering", MATH_RENDERINGS),
        ):
            if getattr(self, name) not in choices:
                raise UsageError(f"{name} = {getattr(self, name)!r}.", f"give one of {', '.join(choices)}.")
        check_names(self.layouts)

    @property
    def math_style(self) -> MathStyle:
        """How repairs treat mathematics."""
        return MathStyle(self.math, self.math_rendering)

    def as_dict(self) -> dict[str, Any]:
        """As ``facts.json`` holds them: those that may change a record."""
        told = {name: value for name, value in asdict(self).items() if name not in _OF_NO_RECORD}
        return told | {"layouts": [layout | {"record": list(layout["record"])} for layout in told["layouts"]]}


def load_settings(config: Path | None = None, **flags: Any) -> Settings:
    """Settings in force: defaults < ``pyproject.toml`` or ``config`` < flags that are not None.

    Args:
        config: A TOML file with the keys at its top, or below ``[tool.dedupkit]``. None: the
            ``[tool.dedupkit]`` of the nearest ``pyproject.toml`` from the current folder upwards, if any.
        **flags: Values that were given on the command line.

    Raises:
        UsageError: A file that cannot be read, an unknown key, or a value of a wrong type.
    """
    path = config or _nearest_pyproject()
    found = _read_toml(path, required=config is not None) if path else {}
    settings = replace(Settings(), **{key: _checked(key, value, path) for key, value in found.items()})
    return replace(settings, **{key: value for key, value in flags.items() if value is not None})


def _nearest_pyproject() -> Path | None:
    here = Path.cwd()
    return next(
        (path for parent in (here, *here.parents) if (path := parent / "pyproject.toml").is_file()), None
    )


def _read_toml(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        if not required and isinstance(error, OSError):
            return {}
        raise UsageError(f"{path}: {error}.", "give a TOML file that can be read.") from error
    table = tool.get("dedupkit") if isinstance(tool := content.get("tool", {}), dict) else tool
    if table is None:
        table = content if required and "tool" not in content else {}
    if not isinstance(table, dict):
        raise UsageError(f"{path}: [tool.dedupkit] is {table!r}.", "it takes a table.")
    return table


#: What a setting of a type takes; others are texts.
_TAKES: Final[dict[type, tuple[type, ...]]] = {float: (int, float), int: (int,), bool: (bool,)}


def _checked(key: str, value: Any, path: Path | None) -> Any:
    known = {each.name for each in fields(Settings)}
    if key not in known:
        nearest = difflib.get_close_matches(key.replace("-", "_"), known, n=1, cutoff=0)
        raise UsageError(f"{path}: unknown setting {key!r}.", f"did you mean {nearest[0]!r}?")
    hint = get_type_hints(Settings)[key]
    if key == "spark":
        try:
            return _as_spark_has_them(value, path)
        except RecursionError:
            raise UsageError(
                f"{path}: spark has tables in tables in tables.", "write its keys with dots."
            ) from None
    if key == "layouts":
        return read_layouts(value, path)
    wanted: tuple[type, ...] = _TAKES.get(hint, (str,))
    if not isinstance(value, wanted) or isinstance(value, bool) is not (hint is bool):
        raise UsageError(f"{path}: {key} = {value!r}.", f"it takes a {wanted[-1].__name__}.")
    return value


def _as_spark_has_them(table: Any, path: Path | None) -> dict[str, str]:
    """Spark's own settings: texts, whatever TOML has them as.

    >>> _as_spark_has_them({"spark.ui.enabled": True, "spark": {"executor": {"memory": "4g"}}}, None)
    {'spark.ui.enabled': 'true', 'spark.executor.memory': '4g'}
    """
    if not isinstance(table, dict):
        raise UsageError(f"{path}: spark = {table!r}.", "it takes a table of Spark's own settings.")
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= {f"{key}.{name}": told for name, told in _as_spark_has_them(value, path).items()}
        else:
            found[key] = str(value).lower() if isinstance(value, bool) else str(value)
    return found
