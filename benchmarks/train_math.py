r"""Train the model that tells stripped commands of mathematics from words (``dedupkit/repair/stripped/model.npz``).

    python benchmarks/train_math.py ABSTRACTS.parquet --column abstract --words /usr/share/dict/american-english

Reads raw abstracts (JSONL, Parquet or CSV) whose LaTeX is whole, strips them by the rules of ``mangling.py`` and learns
from where each command was. Texts without LaTeX, and the sentences of all, teach what must stay. What is learned:

* the words of the texts, and of a word list, and how common they are;
* of each piece of evidence the log odds that a candidate with it was a command, against those of its command or group;
* two looks of boosted trees over them. What they are trained on is judged by evidence of other abstracts (folds).

``--figures`` measures the same by cross-validation over abstracts and writes what it finds into the model. Needs
scikit-learn. The same input gives the same model.
"""

from __future__ import annotations

import argparse
import json
import re
import zlib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from dedupkit.repair.commands import OPERATOR_NAMES
from dedupkit.repair.stripped import THRESHOLDS, kernels
from dedupkit.repair.stripped.model import ALL_COMMANDS, MODEL, VALUE_STEPS, table_of, vocabulary_of
from sklearn.ensemble import HistGradientBoostingClassifier

from mangling import RULES, strip_latex

#: Weights of sentences, against whole abstracts: those that were stripped, and those without LaTeX.
STRIPPED_SENTENCE, CLEAN_SENTENCE = 0.3, 3.0
#: A command whose name is a word must have been seen that often.
SEEN = 2
#: Texts that are put on top of each piece of evidence, with the odds of its command; fewest candidates that have it, and
#: least log odds that are kept.
SMOOTHING, FEWEST, LEAST = 3.0, 4, 0.3
#: The same for words near by, of which there are many.
FEWEST_NEAR, LEAST_NEAR = 8, 0.5
TREES = {
    "max_iter": 200,
    "learning_rate": 0.06,
    "max_leaf_nodes": 31,
    "min_samples_leaf": 40,
    "max_features": 0.5,
    "l2_regularization": 1.0,
}
INNER_FOLDS = 5

FORMULA_RE = re.compile(r"\$\$?[^$]*\$\$?|\\\(.*?\\\)|\\\[.*?\\\]|\\[A-Za-z]+", re.DOTALL)
WORD_RE = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{2,24}(?![A-Za-z])")
SENTENCE_RE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
#: Pieces of evidence that are about one command; the others are about its group.
OF_COMMAND = {1, 3, 4, 6, 9, 10, 16, 19, 21, 23, 24, 27, 28, 29, 31, 32, 33}
OF_COMMAND |= set(range(kernels.PIECES, kernels.PIECES + (kernels.TEMPLATES - kernels.PIECES) // 2))

NO_TABLE = (np.zeros(16, np.uint64), np.zeros(16, np.float32))
NO_TREES = tuple(
    np.array(values, kind)
    for values, kind in (([0], "i2"), ([0], "f4"), ([-1], "i4"), ([-1], "i4"), ([0], "f4"), ([], "i4"))
)


class Text(NamedTuple):
    """A text to learn from: which abstract it is of, what it weighs, and where commands are in it (bytes)."""

    abstract: int
    data: np.ndarray
    commands: dict[tuple[int, int], str]
    weight: float


class Examples(NamedTuple):
    """All candidates of all texts."""

    pieces: np.ndarray
    is_command: np.ndarray
    text: np.ndarray
    command: np.ndarray
    weight: np.ndarray
    first: np.ndarray


class Lexicon(NamedTuple):
    """What words there are, how common (1 to 3), and which commands are looked for."""

    words: pl.Series
    common: np.ndarray
    commands: list[str]


def lexicon_of(abstracts: list[str], word_list: list[str]) -> Lexicon:
    """Words of prose that three abstracts or the list have; every command that is no word, or is used."""
    words, texts, used = Counter(), Counter(), Counter()
    for abstract in abstracts:
        found = [word.lower() for word in WORD_RE.findall(FORMULA_RE.sub(" ", abstract))]
        words.update(found)
        texts.update(set(found))
        used.update(re.findall(r"\\([A-Za-z]+)", abstract))
    listed = {word.lower() for word in word_list if re.fullmatch(r"[A-Za-z]{3,24}", word)}
    million = sum(words.values()) / 1e6
    common = dict.fromkeys(listed, 1)
    for word, count in words.items():
        rate = count / million
        if len(word) == 2:
            if rate >= 100:
                common[word] = 3
        elif texts[word] >= 3 or word in listed:
            common[word] = 3 if rate >= 60 else 2 if rate >= 2 else 1
    negated = {name for name in ALL_COMMANDS if name[0] == "n" and name[1:] in ALL_COMMANDS}
    commands = [
        name
        for name in ALL_COMMANDS
        if (name.lower() not in common or used[name] >= SEEN) and name not in negated
    ]
    ordered = sorted(common)
    return Lexicon(pl.Series(ordered), np.array([common[word] for word in ordered], np.uint8), commands)


def texts_of(abstracts: list[str], others: list[str]) -> list[Text]:
    """Each abstract, stripped by every rule, and its sentences; other texts as they are."""
    texts = [_text(len(abstracts) + number, text, [], CLEAN_SENTENCE) for number, text in enumerate(others)]
    for number, abstract in enumerate(abstracts):
        if "\\" not in abstract and "$" not in abstract:
            texts.append(_text(number, abstract, [], 1.0))
            texts += [_text(number, part, [], CLEAN_SENTENCE) for part in SENTENCE_RE.split(abstract)]
            continue
        stripped = {one.text: one.commands for one in (strip_latex(abstract, rule) for rule in RULES)}
        texts += [_text(number, text, commands, 1.0) for text, commands in stripped.items()]
        for part in SENTENCE_RE.split(abstract):
            one = strip_latex(part, RULES[0])
            texts.append(_text(number, one.text, one.commands, STRIPPED_SENTENCE))
    return [text for text in texts if text.data.size]


def _text(abstract: int, text: str, commands: list, weight: float) -> Text:
    data = text.encode(errors="replace")
    at = np.cumsum([0] + [len(character.encode(errors="replace")) for character in text])
    places = {(int(at[start]), int(at[end])): name for start, end, name in commands}
    return Text(abstract, np.frombuffer(data, np.uint8), places, weight)


def examples_of(
    texts: list[Text], lexicon: Lexicon, vocabulary: tuple
) -> tuple[list[Text], Examples, Counter]:
    """The candidates of all texts that have some, and the commands that no candidate is of."""
    kept, pieces, is_command, command, missed = [], [], [], [], Counter()
    for text in texts:
        places, evidence, _, _ = kernels.judge(text.data, vocabulary, (*NO_TABLE, NO_TREES, NO_TREES), True)  # noqa: FBT003  numba knows no keywords
        found = {(int(start), int(end)): lexicon.commands[c] for start, end, c, _ in places}
        missed.update(
            name
            for place, name in text.commands.items()
            if found.get(place) != name and name in lexicon.commands and name not in OPERATOR_NAMES
        )
        if found:
            kept.append(text)
            pieces.append(evidence)
            command.append(places[:, 2])
            is_command.append([text.commands.get(place) == name for place, name in found.items()])
    sizes = [len(part) for part in is_command]
    return (
        kept,
        Examples(
            np.concatenate(pieces),
            np.concatenate(is_command),
            np.repeat(np.arange(len(kept)), sizes),
            np.concatenate(command),
            np.repeat([text.weight for text in kept], sizes),
            np.concatenate([[0], np.cumsum(sizes)]),
        ),
        missed,
    )


class Trainer:
    """Learns from some of the abstracts."""

    def __init__(self, abstracts: list[str], others: list[str], word_list: list[str]) -> None:
        self.lexicon = lexicon_of(abstracts, word_list)
        self.vocabulary = vocabulary_of(self.lexicon.commands, self.lexicon.words, self.lexicon.common)
        self.texts, self.examples, self.missed = examples_of(
            texts_of(abstracts, others), self.lexicon, self.vocabulary
        )
        self.abstract = np.array([text.abstract for text in self.texts])

    def learn(self, chosen: np.ndarray) -> dict[str, np.ndarray]:
        """The parts of a model, from the abstracts whose numbers are chosen."""
        all_examples = self.examples
        of = np.isin(self.abstract, chosen)
        fold = (self.abstract * 2654435761 >> 7) % INNER_FOLDS
        rows = of[all_examples.text]
        evidence = [self._evidence(rows & (fold != n)[all_examples.text]) for n in range(INNER_FOLDS)]
        alone = np.zeros((len(rows), kernels.FEATURES), np.float32)
        for n in range(INNER_FOLDS):
            self._judge(of & (fold == n), (*_table(*evidence[n]), NO_TREES, NO_TREES), alone)
        first = alone[:, : kernels.FIRST_FEATURES]
        trees = self._trees(first, rows)
        knowing = np.zeros_like(alone)
        for n in range(INNER_FOLDS):
            others = self._trees(first, rows & (fold != n)[all_examples.text])
            self._judge(of & (fold == n), (*_table(*evidence[n]), others, NO_TREES), knowing)
        keys, values = self._evidence(rows)
        model = {"keys": keys, "values": values}
        for look, grown in ((1, trees), (2, self._trees(knowing, rows))):
            for part, array in zip(
                ("what", "threshold", "left", "right", "value", "roots"), grown, strict=True
            ):
                model[f"trees_{look}_{part}"] = array
        return model

    def scores(self, model: dict[str, np.ndarray], chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What a model says of the candidates of some abstracts: their rows, and the scores."""
        trees = [tuple(model[key] for key in model if key.startswith(f"trees_{look}")) for look in (1, 2)]
        of = np.isin(self.abstract, chosen)
        scores = self._judge(
            of,
            (*_table(model["keys"], model["values"]), *trees),
            np.zeros((len(self.examples.text), kernels.FEATURES), np.float32),
        )
        rows = of[self.examples.text]
        return rows, scores[rows]

    def _judge(self, of: np.ndarray, tables: tuple, features: np.ndarray) -> np.ndarray:
        scores = np.zeros(len(features), np.float32)
        for n in np.flatnonzero(of):
            rows = slice(self.examples.first[n], self.examples.first[n + 1])
            _, _, features[rows], both = kernels.judge(self.texts[n].data, self.vocabulary, tables, True)  # noqa: FBT003  the same
            scores[rows] = both[:, 1]
        return scores

    def _trees(self, features: np.ndarray, rows: np.ndarray) -> tuple:
        one = self.examples
        grown = HistGradientBoostingClassifier(**TREES, early_stopping=False, random_state=0)
        return _arrays(grown.fit(features[rows], one.is_command[rows], sample_weight=one.weight[rows]))

    def _evidence(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Every piece of evidence, and its log odds against what is usual."""
        one = self.examples
        weight, yes, command = one.weight[rows], one.is_command[rows], one.command[rows]
        usual = weight @ yes / weight.sum()
        of_command = _rates(command, weight, yes, usual)
        of_group = _rates(self.vocabulary[4].astype(np.int64)[command], weight, yes, usual)
        keys, values = [], []
        for template in range(kernels.TEMPLATES):
            piece = one.pieces[rows, template]
            there = piece != 0
            before = (
                np.full(len(piece), usual)
                if template < 3
                else of_command
                if template in OF_COMMAND
                else of_group
            )
            found, at, count = np.unique(piece[there], return_inverse=True, return_counts=True)
            total = np.bincount(at, weight[there])
            prior = np.bincount(at, (weight * before)[there]) / total
            after = (np.bincount(at, (weight * yes)[there]) + SMOOTHING * prior) / (total + SMOOTHING)
            says = np.round((_log_odds(after) - _log_odds(prior)) * VALUE_STEPS).clip(-127, 127)
            is_near = template >= kernels.PIECES
            fewest, least = (FEWEST_NEAR, LEAST_NEAR) if is_near else (FEWEST, LEAST)
            kept = (count >= fewest) & (np.abs(says) >= least * VALUE_STEPS)
            keys.append(found[kept])
            values.append(says[kept].astype(np.int8))
        ordered, first = np.unique(np.concatenate(keys), return_index=True)
        return ordered, np.concatenate(values)[first]


def _table(keys: np.ndarray, values: np.ndarray) -> tuple:
    return table_of(keys, values.astype(np.float32) / VALUE_STEPS)


def _rates(numbers: np.ndarray, weight: np.ndarray, yes: np.ndarray, usual: float) -> np.ndarray:
    rates = (np.bincount(numbers, weight * yes) + 2 * usual) / (np.bincount(numbers, weight) + 2)
    return rates[numbers]


def _log_odds(share: np.ndarray) -> np.ndarray:
    share = share.clip(1e-5, 1 - 1e-5)
    return np.log(share / (1 - share))


def _arrays(grown: HistGradientBoostingClassifier) -> tuple:
    """The trees as kernels see them (``kernels.MODEL``); where they start from is a leaf of its own."""
    parts = [([0], [0], [-1], [-1], grown._baseline_prediction.ravel())]  # noqa: SLF001  as below
    roots, size = [0], 1
    for (tree,) in grown._predictors:  # noqa: SLF001  scikit-learn has no other way to its trees
        nodes = tree.nodes
        leaf = nodes["is_leaf"].astype(bool)
        parts.append(
            (
                np.where(leaf, 0, nodes["feature_idx"]),
                np.where(leaf, 0, nodes["num_threshold"]),
                np.where(leaf, -1, nodes["left"].astype(np.int64) + size),
                np.where(leaf, -1, nodes["right"].astype(np.int64) + size),
                np.where(leaf, nodes["value"], 0),
            )
        )
        roots.append(size)
        size += len(nodes)
    joined = (np.concatenate(part) for part in zip(*parts, strict=True))
    kinds = ("i2", "f4", "i4", "i4", "f4")
    return (
        *(part.astype(kind) for part, kind in zip(joined, kinds, strict=True)),
        np.array(roots, np.int32),
    )


def measure(trainer: Trainer, count: int, folds: int) -> dict[str, float]:
    """Precision and recall of commands in abstracts that were not learned from."""
    fold = np.array([zlib.crc32(str(number).encode()) for number in range(count)]) % folds
    rows_of, scores_of = [], []
    for n in range(folds):
        rows, scores = trainer.scores(trainer.learn(np.flatnonzero(fold != n)), np.flatnonzero(fold == n))
        rows_of.append(np.flatnonzero(rows))
        scores_of.append(scores)
    rows, scores = np.concatenate(rows_of), np.concatenate(scores_of)
    whole = trainer.examples.weight[rows] == 1.0
    yes = trainer.examples.is_command[rows]
    figures = {}
    for name, threshold in THRESHOLDS.items():
        taken = scores > threshold
        figures[f"{name}_precision"] = round(float(yes[taken & whole].mean()), 4)
        figures[f"{name}_recall"] = round(float(taken[yes & whole].mean()), 4)
    return figures


def read(path: Path, column: str) -> list[str]:
    """The texts of a table."""
    readers = {".parquet": pl.read_parquet, ".csv": pl.read_csv}
    table = readers.get(path.suffix, pl.read_ndjson)(path)
    return table[column].drop_nulls().to_list()


def main() -> None:
    """Train a model and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("abstracts", type=Path, nargs="+")
    parser.add_argument("--column", default="abstract")
    parser.add_argument("--words", type=Path, help="a list of words, one a line")
    parser.add_argument(
        "--without", type=Path, nargs="*", default=[], help="JSONL with texts without LaTeX, in any language"
    )
    parser.add_argument("--figures", type=int, default=0, metavar="FOLDS", help="measure by cross-validation")
    parser.add_argument("--out", type=Path, default=MODEL)
    options = parser.parse_args()
    abstracts = [text for path in options.abstracts for text in read(path, options.column)]
    words = options.words.read_text(encoding="utf-8").split("\n") if options.words else []
    others = [text for path in options.without for text in read(path, "text")]
    trainer = Trainer(abstracts, others, words)
    figures = {
        "abstracts": len(abstracts),
        "texts_without": len(others),
        "commands": int(trainer.examples.is_command.sum()),
        "candidates": len(trainer.examples.is_command),
        "without_a_candidate": trainer.missed.total(),
    }
    if options.figures:
        figures |= measure(trainer, len(abstracts) + len(others), options.figures)
    model = trainer.learn(np.arange(len(abstracts) + len(others)))
    np.savez_compressed(
        options.out,
        **model,
        words=np.frombuffer("\n".join(trainer.lexicon.words).encode(), np.uint8),
        common=trainer.lexicon.common,
        commands=np.frombuffer("\n".join(trainer.lexicon.commands).encode(), np.uint8),
        figures=np.frombuffer(json.dumps(figures, indent=1).encode(), np.uint8),
    )
    print(json.dumps(figures, indent=1))
    print(
        f"{options.out}: {options.out.stat().st_size / 1024:.0f} KiB, {len(model['keys'])} pieces of evidence"
    )


if __name__ == "__main__":
    main()
