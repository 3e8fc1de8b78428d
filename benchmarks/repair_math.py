r"""Strip abstracts of their LaTeX as sites do, have it repaired, and compare with what it was.

    python benchmarks/repair_math.py ABSTRACTS.parquet --column abstract --rows 3000 --out results.json

Without a file the abstracts are made up (``made_formulas.py``). All engines are given the same texts in one process, one
after the other, and are judged by their texts alone (``math_judging.py``). Sentences of abstracts without LaTeX are given
to them too: nothing in those may change.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import polars as pl
from dedupkit.repair.stripped import accepted_commands, model
from dedupkit.repair.stripped.render import Name

from made_formulas import MadeAbstracts
from mangling import RULES, strip_latex
from math_engines import ENGINES, leave
from math_judging import RENDERED, Judge, Score, make_task, neutral, score_commands, total
from real_texts import SENTENCE_END_RE
from running import write_json
from showing import in_words, machine, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Packages whose versions matter.
_LIBRARIES: Final = ("dedupkit", "pylatexenc", "numba", "numpy", "polars")

#: Texts that each engine is given before its clock starts: code is compiled and tables are built then.
_WARM_UP: Final = 20

#: An engine is timed so often, unless that takes longer; its fastest pass counts, for others work on the machine too.
_PASSES, _PASSES_SECONDS = 3, 5.0

#: False alarms are told per so many sentences.
_SENTENCES: Final = 10_000

#: Engines of dedupkit tell which names they took for commands.
_LEVELS: Final[dict[str, str]] = {"dedupkit": "balanced", "dedupkit-safe": "safe"}

LATEX_RE: Final = re.compile(r"[\\$]")
WORD_RE: Final = re.compile(r"(?<![A-Za-z])[A-Za-z]{2,}(?![A-Za-z])")

_HEAD: Final = (
    "engine", "precision", "recall", "F1", "exact", "wrappers out", "false alarms per 10,000 sentences", "of traps", "MB/s",
    "speed ÷ dedupkit's",
)  # fmt: skip


class Material(NamedTuple):
    """What all engines are given.

    Attributes:
        judges: Of every abstract, stripped.
        sentences: Of the abstracts without LaTeX, each once.
        is_trap: Whether a sentence holds a word that is a command as well.
    """

    judges: list[Judge]
    sentences: list[str]
    is_trap: list[bool]

    @property
    def stripped(self) -> list[Judge]:
        """Those whose text is not what it should be."""
        return [judge for judge in self.judges if judge.task.text != judge.task.truth]

    def facts(self) -> dict[str, int]:
        """How much there is."""
        stripped = self.stripped
        return {
            "abstracts": len(self.judges),
            "abstracts that lost commands": len(stripped),
            "symbols": sum(judge.symbols for judge in stripped),
            "wrappers": sum(judge.wrappers.total() for judge in stripped),
            "clean sentences": len(self.sentences),
            "trap sentences": sum(self.is_trap),
        }


class Result(NamedTuple):
    """How an engine did.

    Attributes:
        engine: Its name.
        symbols: Right, wrong and missed.
        exact: Share of the abstracts that lost commands which are as they should be.
        wrappers: Share of the names of wrappers that are gone.
        alarms: Sentences without LaTeX that were changed, per 10,000.
        trap_alarms: Those with a word that is a command, per 10,000 such.
        speed: Megabytes a second; None for doing nothing.
        commands: The same as ``symbols`` by places; None for engines that do not tell them.
    """

    engine: str
    symbols: Score
    exact: float | None
    wrappers: float | None
    alarms: float | None
    trap_alarms: float | None
    speed: float | None
    commands: Score | None = None

    def facts(self) -> dict[str, Any]:
        """What the JSON file holds of it."""
        return {
            **self._asdict(),
            "symbols": _rated(self.symbols),
            "commands": self.commands and _rated(self.commands),
        }


class Made(NamedTuple):
    """What an engine made of all texts, and how fast in megabytes a second (None for doing nothing)."""

    abstracts: list[str]
    sentences: list[str]
    speed: float | None


def make_material(abstracts: Sequence[str], rule: str) -> Material:
    """Strip abstracts; take the sentences of those that need no stripping."""
    clean = [abstract for abstract in abstracts if not LATEX_RE.search(abstract)]
    sentences = list(dict.fromkeys(part for text in clean for part in SENTENCE_END_RE.split(text)))
    is_trap = [not RENDERED.isdisjoint(WORD_RE.findall(sentence)) for sentence in sentences]
    return Material([Judge(make_task(strip_latex(text, rule))) for text in abstracts], sentences, is_trap)


def make_all(engine: str, material: Material) -> Made:
    """Have an engine repair all texts; the abstracts are timed."""
    repair = ENGINES[engine]
    texts = [judge.task.text for judge in material.judges]
    for text in texts[:_WARM_UP]:
        repair(text)
    passes: list[float] = []
    while not passes or (len(passes) < _PASSES and sum(passes) < _PASSES_SECONDS):
        begin = time.perf_counter()
        abstracts = [repair(text) for text in texts]
        passes.append(time.perf_counter() - begin)
    size = sum(len(text.encode(errors="replace")) for text in texts)
    speed = None if repair is leave else size / 1e6 / min(passes)
    return Made(abstracts, [repair(sentence) for sentence in material.sentences], speed)


def judge_all(engine: str, made: Made, material: Material) -> Result:
    """Judge what an engine made."""
    pairs = list(zip(material.judges, made.abstracts, strict=True))
    spoiled = [(judge, text) for judge, text in pairs if judge.task.text != judge.task.truth]
    wrappers = sum(judge.wrappers.total() for judge, _ in spoiled)
    left = sum(judge.wrappers_left(text) for judge, text in spoiled)
    changed = _changed(material.sentences, made.sentences)
    level = _LEVELS.get(engine)
    return Result(
        engine,
        total(judge.score(text) for judge, text in pairs),
        _share(sum(judge.is_exact(text) for judge, text in spoiled), len(spoiled)),
        _share(wrappers - left, wrappers),
        _share(sum(changed), len(changed), _SENTENCES),
        _share(sum(np.logical_and(changed, material.is_trap).tolist()), sum(material.is_trap), _SENTENCES),
        made.speed,
        level and total(_by_place(judge, level) for judge in material.judges),
    )


def _by_place(judge: Judge, level: str) -> Score:
    taken = [Name(*candidate[:3]) for candidate in accepted_commands(judge.task.text, level)]
    return score_commands(judge.task.commands, taken)


def _changed(sentences: Sequence[str], made: Sequence[str]) -> list[bool]:
    """Which sentences are another text now, and not only set in another style."""
    return [
        one != other and neutral(one) != neutral(other) for one, other in zip(sentences, made, strict=True)
    ]


def _share(part: int, whole: int, of: int = 1) -> float | None:
    return part / whole * of if whole else None


def _rated(score: Score) -> dict[str, Any]:
    return {**score._asdict(), "precision": score.precision, "recall": score.recall, "f1": score.f1}


def markdown(results: Sequence[Result], material: Material, facts: Mapping[str, str]) -> str:
    """All results."""
    counts = ", ".join(f"{name} {count:,}" for name, count in material.facts().items())
    by_place = [
        [result.engine, *map(_told, (result.commands.precision, result.commands.recall, result.commands.f1))]
        for result in results
        if result.commands
    ]
    parts = [in_words(dict(facts)), f"{counts[0].upper()}{counts[1:]}."]
    parts.append(table(_HEAD, [_row(result, results) for result in results], words=1))
    if by_place:
        parts.append(table(("commands by their place", "precision", "recall", "F1"), by_place, words=1))
    return "\n\n".join(parts) + "\n"


def _row(result: Result, results: Sequence[Result]) -> list[str]:
    symbols = result.symbols
    ours = next((other.speed for other in results if other.engine == "dedupkit"), None)
    return [
        result.engine,
        *map(_told, (symbols.precision, symbols.recall, symbols.f1, result.exact, result.wrappers)),
        *("" if alarms is None else f"{alarms:,.1f}" for alarms in (result.alarms, result.trap_alarms)),
        f"{result.speed:,.2f}" if result.speed else "",
        f"{result.speed / ours:,.2f}" if result.speed and ours else "",
    ]


def _told(share: float | None) -> str:
    """Four decimals, cut and not rounded, as ``showing.py`` has them.

    >>> _told(0.99999), _told(1.0), _told(None)
    ('0.9999', '1', '')
    """
    if share is None:
        return ""
    return "1" if share == 1 else f"{int(share * 10_000) / 10_000:.4f}"


def differences(made: Made, material: Material, count: int, seed: int) -> list[str]:
    """Some differences of an engine, chosen at random, for reading by eye."""
    told = [
        f"truth   … {difference.truth} …\nengine  … {difference.made} …"
        for judge, text in zip(material.judges, made.abstracts, strict=True)
        if text != judge.task.truth
        for difference in judge.differences(text)
    ]
    changed = _changed(material.sentences, made.sentences)
    told += [
        f"false alarm\nwas     {one}\nengine  {other}"
        for one, other, is_changed in zip(material.sentences, made.sentences, changed, strict=True)
        if is_changed
    ]
    places = np.random.default_rng([seed, 6]).permutation(len(told))[:count]
    return [told[place] for place in sorted(places.tolist())]


def read_abstracts(path: Path, column: str) -> list[str]:
    """The texts of a JSONL, Parquet or CSV file."""
    readers = {".parquet": pl.read_parquet, ".csv": pl.read_csv}
    return readers.get(path.suffix, pl.read_ndjson)(path)[column].drop_nulls().to_list()


def take_abstracts(arguments: argparse.Namespace) -> list[str]:
    """Random abstracts of the file, or made ones."""
    if not arguments.abstracts:
        return MadeAbstracts(arguments.seed).take(arguments.rows)
    abstracts = read_abstracts(arguments.abstracts, arguments.column)
    places = np.random.default_rng([arguments.seed, 5]).permutation(len(abstracts))[: arguments.rows]
    return [abstracts[place] for place in sorted(places.tolist())]


def main() -> None:
    """The command."""
    arguments = _arguments()
    if arguments.model:
        model.MODEL = arguments.model
    material = make_material(take_abstracts(arguments), arguments.rule)
    results: list[Result] = []
    for engine in arguments.engines:
        print(f"{engine} …", file=sys.stderr, flush=True)
        made = make_all(engine, material)
        results.append(judge_all(engine, made, material))
        if arguments.show and engine == arguments.of:
            print("\n\n".join(differences(made, material, arguments.show, arguments.seed)), end="\n\n")
    facts = machine(1, _LIBRARIES)
    print(markdown(results, material, facts))
    if arguments.out:
        chosen = {"rule": arguments.rule, "seed": arguments.seed, "made": not arguments.abstracts}
        told = [result.facts() for result in results]
        write_json(arguments.out, {"machine": facts, **chosen, "material": material.facts(), "engines": told})


def _arguments(typed: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Strip abstracts of their LaTeX as sites do, have it repaired, and compare with what it was."
    )
    add = parser.add_argument
    add("abstracts", type=Path, nargs="?", help="raw abstracts, JSONL, Parquet or CSV (default: made ones)")
    add("--column", default="abstract", help="of the texts (default: %(default)s)")
    add(
        "--rows", type=int, default=3_000, help="random abstracts of the file, at most (default: %(default)s)"
    )
    add("--rule", choices=RULES, default=RULES[0], help="how they are stripped (default: %(default)s)")
    add(
        "--engines",
        nargs="+",
        choices=ENGINES,
        default=list(ENGINES),
        metavar="ENGINE",
        help=", ".join(ENGINES),
    )
    add("--seed", type=int, default=1)
    add("--show", type=int, default=0, metavar="N", help="print so many differences of one engine")
    add("--of", choices=ENGINES, default="dedupkit", metavar="ENGINE", help="which (default: %(default)s)")
    add("--model", type=Path, metavar="FILE.npz", help="another model (train_math.py --out)")
    add("--out", type=Path, metavar="FILE.json", help="write the results there too")
    return parser.parse_args(typed)


if __name__ == "__main__":
    main()
