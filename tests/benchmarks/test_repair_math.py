r"""The benchmark of stripped mathematics: its made abstracts, its measure, and the command."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def bench(load):
    return load("repair_math")


@pytest.fixture(scope="module")
def material(load, bench):
    return bench.make_material(load("made_formulas").MadeAbstracts(7).take(40), "wrappers")


@pytest.fixture(scope="module")
def result_of(bench, material):
    return lambda engine: bench.judge_all(engine, bench.make_all(engine, material), material)


@pytest.fixture(scope="module")
def judge(load):
    """Judges what an engine made of a raw text that was stripped."""

    def judge_text(raw, rule="wrappers"):
        return load("math_judging").Judge(
            load("math_judging").make_task(load("mangling").strip_latex(raw, rule))
        )

    return judge_text


def test_equal_seeds_give_equal_abstracts_and_others_others(load):
    def take(seed):
        return load("made_formulas").MadeAbstracts(seed).take(30)

    assert take(7) == take(7)
    assert not set(take(7)) & set(take(8))


def test_made_abstracts_have_what_is_measured(load, material):
    facts = material.facts()
    assert facts["abstracts"] == 40
    assert all(count > 0 for count in facts.values())
    assert not any(load("repair_math").LATEX_RE.search(sentence) for sentence in material.sentences)
    names = {name for judge in material.judges for _, _, name in judge.task.commands}
    assert names >= {"in", "times"}


def test_the_truth_is_right_everywhere(bench, material):
    truths = [judge.task.truth for judge in material.judges]
    result = bench.judge_all("truth", bench.Made(truths, material.sentences, 1.0), material)
    assert (result.symbols.precision, result.symbols.recall, result.symbols.f1) == (1, 1, 1)
    assert (result.exact, result.wrappers, result.alarms, result.trap_alarms) == (1, 1, 0, 0)
    assert result.symbols.right == material.facts()["symbols"]


def test_the_truth_in_another_style_is_right_too(bench, material):
    styled = [f"{judge.task.truth.replace('}', ' } ')} ".replace("-", "–") for judge in material.judges]
    result = bench.judge_all("styled", bench.Made(styled, material.sentences, 1.0), material)
    assert result.exact == 1
    assert result.symbols.precision == 1


def test_doing_nothing_finds_nothing_and_breaks_nothing(result_of):
    result = result_of("nothing")
    assert (result.symbols.right, result.symbols.recall, result.symbols.precision) == (0, 0, None)
    assert (result.exact, result.wrappers, result.alarms, result.speed) == (0, 0, 0, None)


def test_replacing_words_raises_more_false_alarms_than_dedupkit(result_of):
    words, ours = result_of("words"), result_of("dedupkit")
    assert words.alarms > ours.alarms
    assert words.trap_alarms >= words.alarms
    assert ours.symbols.f1 > words.symbols.f1


def test_dedupkit_is_measured_by_places_too_and_others_are_not(result_of):
    assert result_of("dedupkit").commands.right > 0
    assert result_of("rules").commands is None


def test_the_measure_by_text_agrees_with_that_by_places(load, bench, material, result_of):
    commands = load("dedupkit.repair.commands")
    signs = {name for name, symbol in commands.SYMBOLS.items() if not symbol.isascii()}
    signs |= {*commands.ACCENTS, commands.ROOT}
    by_place = load("math_judging").Score()
    for judge in material.judges:
        wanted = [name for name in judge.task.commands if name.name in signs]
        taken = [name[:3] for name in bench.accepted_commands(judge.task.text) if name.name in signs]
        by_place += load("math_judging").score_commands(wanted, taken)
    by_text = result_of("dedupkit").symbols
    assert by_text.precision == pytest.approx(by_place.precision, abs=0.02)
    assert by_text.recall == pytest.approx(by_place.recall, abs=0.02)


def test_the_same_texts_give_the_same_numbers(result_of):
    one, other = result_of("rules"), result_of("rules")
    assert one._replace(speed=None) == other._replace(speed=None)


@pytest.mark.parametrize(
    "made, score",
    [
        ("X∈R^{n×d} in 30 times", (2, 0, 0)),
        ("XinR^{n×d} in 30 times", (1, 0, 1)),
        ("X∈R^{n×d} ∈ 30 ×", (2, 2, 0)),
        ("X ∈ ℝ^{n × d} in 30 times", (2, 0, 0)),
        ("X∉R^{n×d} in 30 times", (1, 1, 1)),
        ("XinR^{ntimes d} in 30 times", (0, 0, 2)),
        ("", (0, 0, 2)),
    ],
)
def test_symbols_are_counted_where_they_belong(judge, made, score):
    assert judge(r"$X\in\mathbb{R}^{n\times d}$ in 30 times").score(made) == score


def test_symbols_that_were_there_before_are_nobodys(judge):
    one = judge("Hölder’s ε – and $\\alpha$ of Erd\\H{o}s and Poincar\\'e")
    assert one.symbols == 1
    assert one.score(one.task.text) == (0, 0, 1)
    assert one.score("Hölder’s ε – and α of Erdős and Poincaré") == (1, 0, 0)


def test_an_accent_over_a_symbol_is_two_symbols(judge):
    one = judge(r"$\tilde \Omega(T)$")
    assert (one.task.truth, one.symbols) == ("Ω̃(T)", 2)
    assert one.score("tilde Ω(T)") == (1, 0, 1)


def test_names_of_wrappers_that_prose_has_too_are_not_counted(judge):
    one = judge(r"with text to the left, $O\left(\mathbf{x}\right)$ and ${\bf y}$ in context", "backslashes")
    assert one.wrappers == {"left": 1, "right": 1, "mathbf": 1, "bf": 1}
    assert one.wrappers_left(one.task.text) == 4
    assert one.wrappers_left("with text to the left, O(mathbf{x}) and y in context") == 1
    assert one.wrappers_left("with text to the left, O(x) and y in context") == 0


def test_differences_show_the_words_around(bench, material):
    made = bench.make_all("nothing", material)
    told = bench.differences(made, material, 5, seed=1)
    assert len(told) == 5
    assert told == bench.differences(made, material, 5, seed=1)
    assert all("truth" in one and "engine" in one for one in told)


@pytest.mark.parametrize("rule", ["backslashes", "everything"])
def test_the_other_rules_are_judged_alike(load, bench, rule):
    material = bench.make_material(load("made_formulas").MadeAbstracts(7).take(15), rule)
    truths = [judge.task.truth for judge in material.judges]
    result = bench.judge_all("truth", bench.Made(truths, material.sentences, 1.0), material)
    assert (result.symbols.f1, result.exact, result.wrappers) == (1, 1, 1)


@pytest.mark.parametrize("ending", ["jsonl", "parquet", "csv"])
def test_abstracts_are_read_from_files(bench, tmp_path, ending):
    path = tmp_path / f"abstracts.{ending}"
    table = pl.DataFrame({"body": [r"a $\alpha$", None, "b"]})
    {"jsonl": table.write_ndjson, "parquet": table.write_parquet, "csv": table.write_csv}[ending](path)
    assert bench.read_abstracts(path, "body") == [r"a $\alpha$", "b"]


def run(*typed):
    command = [sys.executable, str(SCRIPTS / "repair_math.py"), *map(str, typed)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_command_prints_a_table_and_writes_json(bench, tmp_path):
    printed = run("--rows", "40", "--show", "3", "--of", "words", "--out", tmp_path / "math.json")
    written = json.loads((tmp_path / "math.json").read_text())
    engines = [engine["engine"] for engine in written["engines"]]
    assert engines == list(bench.ENGINES)
    assert all(f"| {engine} |" in printed for engine in engines)
    assert printed.count("engine  ") == 3
    assert (written["rule"], written["made"], written["material"]["abstracts"]) == ("wrappers", True, 40)
    assert written["engines"][0]["symbols"]["f1"] > 0.5


def test_the_command_takes_random_rows_of_a_file(load, tmp_path):
    abstracts = load("made_formulas").MadeAbstracts(2).take(30)
    pl.DataFrame({"text": abstracts}).write_ndjson(tmp_path / "raw.jsonl")
    out = tmp_path / "math.json"
    options = ["--column", "text", "--rows", 10, "--engines", "nothing", "--out", out]
    run(tmp_path / "raw.jsonl", *options)
    first = out.read_text()
    run(tmp_path / "raw.jsonl", *options)
    assert out.read_text() == first
    assert json.loads(first)["material"]["abstracts"] == 10
