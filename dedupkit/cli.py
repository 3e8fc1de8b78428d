"""The command line: flags in, exit status out. What each command does lives in the modules it calls."""

from __future__ import annotations

import argparse
import gc
import io
import os
import signal
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from dedupkit.errors import DedupkitError, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import polars as pl

    from dedupkit.config import MathStyle, Settings
    from dedupkit.gate import Judged
    from dedupkit.repair.files import Explained

#: Flags that are settings of the same name.
_SETTING_FLAGS: Final = (
    "threshold",
    "prefer",
    "math",
    "math_rendering",
    "suite",
    "engine",
    "spark_master",
    "spark_remote",
    "id_column",
    "title_column",
    "text_column",
    "authors_column",
    "strict",
)

#: What ``report`` writes.
REPORT_FORMATS: Final = ("html", "markdown")

#: What ``gate`` writes; named here too, for its module loads much.
GATE_FORMATS: Final = ("text", "json", "junit", "sarif", "markdown", "github")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 fine, 1 a gate failed, 2 wrong usage, 3 it could not be done."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # names of files may be no Unicode
        if isinstance(stream, io.TextIOWrapper):
            with suppress(OSError, ValueError):  # of some streams nothing can be changed
                stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as Ctrl-C does: tidily
    try:
        status = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of a pipe went away: no fault of this run
        _let_go_of_stdout()
        status = 0
    except BaseException as error:  # one clear line for people; --debug has the rest
        if options.debug or isinstance(error, SystemExit):
            raise
        status = _tell(error)
    gc.freeze()  # what the libraries made goes with the process: to collect it first takes half a second
    sys.exit(status)


def _let_go_of_stdout() -> None:
    """Write nowhere from here on, so that nothing fails again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: BaseException) -> int:
    """Print an error for people and give its exit status."""
    if isinstance(error, DedupkitError):
        fact, hint = error.fact, error.hint
    elif isinstance(error, KeyboardInterrupt):
        fact, hint = "stopped. An earlier result is unchanged.", ""
    elif isinstance(error, MemoryError):
        fact, hint = (
            "out of memory. An earlier result is unchanged.",
            "give fewer or smaller files at a time.",
        )
    elif isinstance(error, OSError):
        fact, hint = f"{error.filename or 'a file'}: {error.strerror or error}.", ""
    else:
        fact = f"internal error, {type(error).__name__}: {error}"
        hint = "run again with --debug and report it."
    hint = " ".join(filter(None, (hint, *getattr(error, "__notes__", ()))))
    print(f"dedupkit: {fact}" + (f"\n\nHint: {hint}" if hint else ""), file=sys.stderr)
    return error.exit_status if isinstance(error, DedupkitError) else InputError.exit_status


def _clean(options: argparse.Namespace) -> int:
    from dedupkit.progress import on_terminal

    settings = _settings(options)
    places = {"out": options.out, "report": options.report, "against": options.against}
    with _standard_input(options.input) as inputs, on_terminal(quiet=options.quiet) as stage:
        if _is_on_spark(settings, options):
            from dedupkit.spark.engine import clean as clean_on_spark

            facts = clean_on_spark(inputs, settings, **places, stage=stage, resume=options.resume)
        else:
            from dedupkit.pipeline import clean

            facts = clean(inputs, settings, **places, stage=stage, resume=options.resume).facts
    from dedupkit.show import summary

    summary(facts, options.out, options.report, len(facts["sources"]))
    return 0


@contextmanager
def _standard_input(inputs: Sequence[str]) -> Iterator[list[Path]]:
    """The inputs; ``-`` as a file with what stands there, of the kind that it is: ``stdin.jsonl`` and the like."""
    if "-" not in inputs:
        yield [Path(given) for given in inputs]
        return
    from dedupkit.dumps.files import save_stream

    with tempfile.TemporaryDirectory(prefix="dedupkit-") as folder:
        saved = save_stream(sys.stdin.buffer, Path(folder))
        yield [saved if given == "-" else Path(given) for given in inputs]


def _is_on_spark(settings: Settings, options: argparse.Namespace) -> bool:
    """Whether the work is done on Spark; flags that mean nothing elsewhere are refused there."""
    if settings.engine == "spark":
        return True
    for flag, value in (
        ("--resume", getattr(options, "resume", False) and options.run is not _clean),
        ("--master", options.spark_master),
        ("--remote", options.spark_remote),
    ):
        if value:
            raise UsageError(f"{flag} is for runs on Spark.", "give --engine spark too, or leave it out.")
    return False


def _dedup(options: argparse.Namespace) -> int:
    from dedupkit.progress import on_terminal

    settings = _settings(options)
    with _standard_input([str(options.table)]) as (table,), on_terminal(quiet=options.quiet) as stage:
        if _is_on_spark(settings, options):
            from dedupkit.spark.engine import dedup as dedup_on_spark

            found = dedup_on_spark(table, settings, out=options.out, stage=stage, resume=options.resume)
        else:
            from dedupkit.pipeline import dedup

            found = dedup(table, settings, out=options.out, stage=stage)
    from dedupkit.show import deduplicated

    deduplicated(found, options.out)
    return 0


def _index(options: argparse.Namespace) -> int:
    from dedupkit.progress import on_terminal

    settings = _settings(options)
    with on_terminal(quiet=options.quiet) as stage:
        if _is_on_spark(settings, options):
            from dedupkit.spark.engine import index as index_on_spark

            records = index_on_spark(options.base, settings, out=options.out, stage=stage)
        else:
            from dedupkit.pipeline import index

            records = index(options.base, settings, out=options.out, stage=stage)
    print(f"{records:,} records indexed: {options.out}")
    return 0


def _gate(options: argparse.Namespace) -> int:
    from dedupkit.gate import write_baseline
    from dedupkit.gate.baseline import Pin
    from dedupkit.progress import on_terminal

    if (options.update_baseline or options.allow_regression) and not options.baseline:
        raise UsageError("There is no baseline to update.", "name its file with --baseline.")
    if options.allow_regression and not options.update_baseline:
        raise UsageError(
            "--allow-regression loosens an update.", "give --update-baseline too, or leave it out."
        )
    if options.sources and not Path(options.sources).is_dir():
        raise UsageError(f"{options.sources}: no such folder of sources.", "mend --sources, or leave it out.")
    _check_output(options)
    settings = _settings(options)
    judge = _judge(settings, options)
    pin = Pin(options.baseline, options.update_baseline, options.allow_regression)
    with on_terminal(quiet=options.quiet) as stage:
        judged = judge(
            options.candidate,
            settings,
            against=options.against,
            pin=pin if options.baseline else None,
            stage=stage,
        )
        if options.data_docs is not None:
            from dedupkit.quality.data_docs import write_data_docs

            stage("Writing Data Docs")
            write_data_docs(options.data_docs, judged.name, judged.suites, judged.metrics)
        is_updated = options.update_baseline and judged.exit_status == 0
        if is_updated:
            write_baseline(judged, options.candidate, pin)
    from dedupkit.gate.formats.as_github import append_summary
    from dedupkit.show import baseline_told

    judged = replace(judged, sources=options.sources)

    try:
        _write_verdict(judged, options.format, options.output)
        if options.update_baseline and (options.format == "text" or options.output is not None):
            baseline_told(options.baseline, is_updated=is_updated)
        sys.stdout.flush()
    except BrokenPipeError:  # the verdict stands, whether or not anyone reads it
        _let_go_of_stdout()
    if options.format == "github":
        append_summary(judged, os.environ)
    return judged.exit_status


def _judge(settings: Settings, options: argparse.Namespace) -> Callable[..., Judged]:
    """What judges, on this machine or on Spark."""
    if _is_on_spark(settings, options):
        from dedupkit.spark.gate import judge as judge_on_spark

        if options.data_docs is not None:
            raise UsageError(
                "--data-docs shows what one machine has judged.", "leave it out, or give --engine local."
            )
        return judge_on_spark
    from dedupkit.gate import judge

    if options.data_docs is not None:
        from dedupkit.quality.data_docs import check_data_docs

        check_data_docs(options.data_docs)
    return judge


def _write_verdict(judged: Judged, name: str, output: Path | None) -> None:
    from dedupkit.gate.formats import FORMATS
    from dedupkit.outputs import write_text
    from dedupkit.show import verdict_line, verdict_of_gate

    if output is not None:
        write_text(output, FORMATS[name](judged))
        verdict_line(judged)
    elif name == "text":
        verdict_of_gate(judged)
    else:
        sys.stdout.buffer.write(FORMATS[name](judged).encode())  # UTF-8 whatever the locale


def _check_output(options: argparse.Namespace) -> None:
    """Refuse, before the work, a place where the gate's document cannot or must not go."""
    if options.output is None:
        return
    if options.output.is_dir():
        raise UsageError(f"{options.output}: this is a folder.", "name a file with --output.")
    judged = [options.candidate, *([Path(options.suite)] if options.suite else [])]
    if any(path.exists() and options.output.exists() and path.samefile(options.output) for path in judged):
        raise UsageError(f"{options.output}: the gate reads this file.", "name another with --output.")


def _suite_init(options: argparse.Namespace) -> int:
    from dedupkit.gate import measure_candidate
    from dedupkit.outputs import write_text
    from dedupkit.progress import on_terminal
    from dedupkit.quality.propose import check_place, propose
    from dedupkit.quality.suite import find_suite, load_suite

    check_place(options.out, force=options.force)
    shipped = load_suite(find_suite(None, options.frame))
    with on_terminal(quiet=options.quiet) as stage:
        metrics = measure_candidate(options.source, _settings(options), options.frame, stage)
        stage("Proposing")
        proposal = propose(options.out.stem, options.source.name, metrics, shipped)
    write_text(options.out, proposal.text)
    print(f"{options.out}: {proposal.count} expectations from {metrics.height:,} records")
    for left_out in proposal.left_out:
        print(f"Left out: {left_out}")
    print(f"Next     edit it, then dedupkit gate {options.source} --suite {options.out}")
    return 0


def _suite_check(options: argparse.Namespace) -> int:
    from dedupkit.gate.baseline import is_baseline, load_baseline
    from dedupkit.quality.suite import load_suite

    status = 0
    for file in options.file:
        try:
            if is_baseline(file):
                count, what = len(load_baseline(file).figures), "figure"
            else:
                count, what = len(load_suite(file).expectations), "expectation"
            print(f"{file}: fine, {count} {what}{'s' if count > 1 else ''}")
        except UsageError as error:
            status = _tell(error)
    return status


def _report(options: argparse.Namespace) -> int:
    from dedupkit.outputs import write_text
    from dedupkit.pipeline import write_report
    from dedupkit.report.compare import compare
    from dedupkit.report.markdown import render
    from dedupkit.results import scan_results

    _check_report(options)
    run = scan_results(options.folder)
    comparison = compare(run, scan_results(options.against)) if options.against else None
    if options.format == "html":
        print(write_report(run, options.report, comparison))
        return 0
    document = render(run.facts, comparison)
    if options.output is None:
        sys.stdout.buffer.write(document.encode())  # UTF-8 whatever the locale
    else:
        write_text(options.output, document)
        print(options.output)
    return 0


def _check_report(options: argparse.Namespace) -> None:
    """Refuse, before the work, a place where the Markdown cannot or must not go."""
    if options.output is None:
        return
    if options.format == "html":
        raise UsageError("--output names a file of Markdown.", "name the folder of the page with --report.")
    if options.output.is_dir():
        raise UsageError(f"{options.output}: this is a folder.", "name a file with --output.")
    results = [folder.resolve() for folder in (options.folder, options.against) if folder]
    if options.output.resolve().parent in results:
        raise UsageError(
            f"{options.output}: this folder holds results, and clean replaces none with other files in it.",
            "name another with --output.",
        )


def _explain(options: argparse.Namespace) -> int:
    from dedupkit.config import MathStyle
    from dedupkit.results import find_record, read_records, scan_results
    from dedupkit.show import story

    run = scan_results(options.folder)
    records = read_records(run, options.folder)
    settings = run.facts["settings"]
    style = MathStyle(settings["math"], settings["math_rendering"])
    story(find_record(records, options.record_id, options.folder), records, style)
    return 0


def _sniff(options: argparse.Namespace) -> int:
    from dedupkit.dumps import read_inputs
    from dedupkit.dumps.content import read_content
    from dedupkit.dumps.files import find_files
    from dedupkit.dumps.sniff import recognise
    from dedupkit.dumps.text import decode, split_lines
    from dedupkit.show import sniffed, sniffed_records

    settings = _settings(options)
    if options.file.is_dir():
        raise UsageError(f"{options.file}: this is a folder.", "name a file.")
    with _standard_input([str(options.file)]) as inputs:
        (file, *_), _ = find_files(inputs)
        if file.suffix != ".txt":
            parsed = read_inputs(inputs, settings)
            sniffed_records(parsed.sources[0], parsed.records, parsed.unparsed)
            return 0
        text, encoding = decode(read_content(file, by_lines=True).data, file.place)
    lines, _ = split_lines(text)
    sniffed(file.source, encoding, recognise(lines, settings.layouts), lines)
    return 0


def _layouts(options: argparse.Namespace) -> int:
    from dedupkit.dumps.sniff import layouts_of
    from dedupkit.show import listed

    described = _settings(options).layouts
    listed(layouts_of(described), len(described))
    return 0


def _repair(options: argparse.Namespace) -> int:
    from dedupkit.repair.files import escape_formulas, repair_file

    explained: list[Explained] = []
    settings = _settings(options)
    data = sys.stdin.buffer.read() if options.file == "-" else None
    content, suffix = repair_file(Path(options.file), data, options.columns, explained.append, settings)
    if options.escape_formulas:
        if suffix not in (".csv", ".tsv") or isinstance(content, str):
            raise UsageError(
                "--escape-formulas is for tables that spreadsheets open.", "give it with .csv or .tsv."
            )
        content = escape_formulas(content)
    if options.explain:
        _explain_repairs(explained, settings.math_style)
    if options.output is not None or not options.explain:
        _write_repaired(content, options.output, suffix)
    return 0


def _explain_repairs(explained: Sequence[Explained], style: MathStyle) -> None:
    from dedupkit.show import console, explain_changes

    target = console()
    for place, raw, changes in explained:
        target.print(place, style="bold")
        explain_changes(raw, changes, style)
    count = sum(len(changes) for _, _, changes in explained)
    target.print(f"{count:,} changes in {len(explained):,} texts")


def _write_repaired(content: str | pl.DataFrame, output: Path | None, suffix: str) -> None:
    from dedupkit.outputs import write_table, write_text, writing_aside
    from dedupkit.repair.files import separator_of

    if not isinstance(content, str):
        separator = separator_of(suffix)
        if separator is None:
            if output is None:
                raise UsageError(f"a {suffix[1:]} table does not go to a terminal.", "name a file with -o.")
            if suffix == ".parquet":
                write_table(output, content)
            else:
                with writing_aside(output) as aside:
                    content.write_ipc(aside)
            return
        content = content.write_csv(separator=separator)
    if output is None:
        sys.stdout.write(content)
    else:
        write_text(output, content)


def _settings(options: argparse.Namespace) -> Settings:
    from dedupkit.config import load_settings

    return load_settings(options.config, **{name: getattr(options, name, None) for name in _SETTING_FLAGS})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dedupkit",
        description="Reads scraped text, repairs it, finds duplicates, says why for every row, and gates merges.",
        epilog="Example: dedupkit clean seeds/ && dedupkit gate cleaned/",
    )
    from dedupkit.version import VERSION

    parser.add_argument("--version", action="version", version=f"dedupkit {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    _add_clean(commands)

    repair = _command(
        commands, "repair", _repair, "repair text only", "dedupkit repair abstracts.jsonl -o repaired.jsonl"
    )
    repair.add_argument(
        "file", metavar="FILE|-", help="a text (repaired line by line) or a table; - is standard input"
    )
    repair.add_argument(
        "-o", "--output", type=Path, help="where the repaired file goes (default: standard output)"
    )
    repair.add_argument(
        "--columns", type=_names, default=(), metavar="NAME,...", help="default: every text column"
    )
    repair.add_argument(
        "--escape-formulas",
        action="store_true",
        help="CSV and TSV: put ' before cells that a spreadsheet would run as formulas",
    )
    repair.add_argument(
        "--explain", action="store_true", help="show every change with its context and why it was made"
    )
    _add_math(repair)

    dedup = _command(
        commands, "dedup", _dedup, "mark duplicates only", "dedupkit dedup papers.parquet --id-column id"
    )
    dedup.add_argument(
        "table",
        metavar="TABLE",
        type=Path,
        help=".jsonl, .json, .csv, .tsv, .parquet or .arrow; - is standard input",
    )
    dedup.add_argument(
        "--out", type=Path, default=Path("duplicates"), help="folder of the results (default: %(default)s)"
    )
    _add_matching(dedup)
    _add_columns(dedup)
    _add_engine(dedup, resumes=" on Spark")

    _add_index(commands)

    gate = _command(commands, "gate", _gate, "validate a cleaned set", "dedupkit gate cleaned/")
    gate.add_argument("candidate", type=Path, help="what clean wrote, or a table")
    gate.add_argument(
        "--against", type=Path, metavar="BASE", help="the set that it is to be merged into, or an index of it"
    )
    gate.add_argument(
        "--baseline", type=Path, metavar="FILE", help="figures that must not change by more than their noise"
    )
    gate.add_argument(
        "--update-baseline", action="store_true", help="write the figures of this candidate into --baseline"
    )
    gate.add_argument(
        "--allow-regression",
        action="store_true",
        help="with --update-baseline: figures may be worse than before",
    )
    gate.add_argument(
        "--format", choices=GATE_FORMATS, default="text", help="form of the verdict (default: %(default)s)"
    )
    gate.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where the verdict goes (default: standard output)"
    )
    gate.add_argument(
        "--sources",
        default="",
        metavar="FOLDER",
        help="where the sources lie, for annotations: the INPUT of clean (default: here)",
    )
    gate.add_argument(
        "--data-docs", type=Path, metavar="FOLDER", help="write Great Expectations' pages of the validation"
    )
    _add_matching(gate)
    _add_suite(gate)
    _add_columns(gate)
    _add_engine(gate)

    _add_suite_commands(commands)

    _add_report(commands)

    sniff = _command(
        commands, "sniff", _sniff, "say which layout a dump has", "dedupkit sniff seeds/page.txt"
    )
    sniff.add_argument(
        "file", metavar="FILE", type=Path, help="a dump, a table, a page or an archive; - is standard input"
    )

    _command(
        commands,
        "layouts",
        _layouts,
        "list the layouts that dumps may have, and show how to describe one",
        "dedupkit layouts --config mine.toml",
    )

    explain = _command(
        commands,
        "explain",
        _explain,
        "say why a record was kept, changed or dropped",
        "dedupkit explain cleaned/ 1f0c9a",
    )
    explain.add_argument("folder", type=Path, help="what clean wrote")
    explain.add_argument("record_id", help="its id, or the beginning of it")
    return parser


def _add_clean(commands: Any) -> None:
    clean = _command(
        commands, "clean", _clean, "run the whole pipeline", "dedupkit clean seeds/ --out cleaned"
    )
    clean.add_argument(
        "input",
        nargs="+",
        metavar="INPUT",
        help="dumps (.txt), tables (.jsonl, .json, .csv, .tsv, .parquet, .arrow), pages (.html, .mhtml), archives (.warc), "
        "plain or .gz, .zst, .bz2, .xz; folders and patterns of them; - is standard input",
    )
    clean.add_argument(
        "--strict",
        action="store_true",
        default=None,
        help="end with status 3 where a row cannot be read (default: it is told in unparsed.parquet)",
    )
    clean.add_argument(
        "--out", type=Path, default=Path("cleaned"), help="folder of the results (default: %(default)s)"
    )
    clean.add_argument(
        "--report", type=Path, default=Path("reports"), help="folder of the report (default: %(default)s)"
    )
    clean.add_argument(
        "--against",
        type=Path,
        metavar="BASE",
        action=_Once,
        help="drop what this set (folder, table or index) already holds",
    )
    _add_matching(clean)
    _add_suite(clean)
    _add_columns(clean)
    _add_math(clean)
    _add_engine(clean, resumes="")


def _add_index(commands: Any) -> None:
    index = _command(
        commands,
        "index",
        _index,
        "keep what --against needs of a set",
        "dedupkit index cleaned/ --out base.index",
    )
    index.add_argument("base", type=Path, help="what clean wrote, a table, or dumps")
    index.add_argument("--out", type=Path, required=True, metavar="INDEX", help="file of the index")
    _add_columns(index)
    _add_engine(index)


def _add_report(commands: Any) -> None:
    report = _command(commands, "report", _report, "render the report again", "dedupkit report cleaned/")
    report.add_argument("folder", type=Path, help="what clean wrote")
    report.add_argument(
        "--report", type=Path, default=Path("reports"), help="folder of the page (default: %(default)s)"
    )
    report.add_argument(
        "--against", type=Path, metavar="EARLIER", help="show what changed since an earlier run of clean"
    )
    report.add_argument(
        "--format",
        choices=REPORT_FORMATS,
        default="html",
        help="the page, or its short form for a pull request (default: %(default)s)",
    )
    report.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where the Markdown goes (default: standard output)"
    )


def _add_suite_commands(commands: Any) -> None:
    suite = commands.add_parser(
        "suite", help="propose and check suites", description="Propose and check suites of expectations."
    )
    commands = suite.add_subparsers(metavar="COMMAND", required=True)
    init = _command(
        commands,
        "init",
        _suite_init,
        "propose a suite from a good data set",
        "dedupkit suite init --from cleaned/ --out expectations/mine.json",
    )
    init.add_argument(
        "--from", dest="source", type=Path, required=True, metavar="DATA", help="what clean wrote, or a table"
    )
    init.add_argument(
        "--out",
        type=Path,
        default=Path("expectations/mine.json"),
        metavar="FILE.json",
        help="file of the suite (default: %(default)s)",
    )
    init.add_argument(
        "--frame",
        choices=("cleaned", "parsed"),
        default="cleaned",
        help="what it is to judge: the cleaned set, or what was read (default: %(default)s)",
    )
    init.add_argument("--force", action="store_true", help="overwrite the file")
    _add_matching(init)
    _add_columns(init)

    check = _command(
        commands,
        "check",
        _suite_check,
        "look for mistakes in suites",
        "dedupkit suite check expectations/*.json",
    )
    check.add_argument("file", nargs="+", type=Path, help="suites, JSON")


class _Once(argparse.Action):
    """A flag that may be given once: a second would silently replace the first."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option_string} may be given once")
        setattr(namespace, self.dest, values)


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], says: str, example: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=says, description=says[0].upper() + says[1:] + ".", epilog=f"Example: {example}"
    )
    command.set_defaults(run=run)
    command.add_argument(
        "--config", type=Path, metavar="FILE.toml", help="settings (default: nearest pyproject.toml)"
    )
    command.add_argument("--quiet", action="store_true", help="no progress on stderr")
    command.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return command


def _add_matching(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--threshold", type=float, help="Jaccard similarity of near duplicates (default: 0.7)"
    )
    command.add_argument(
        "--prefer",
        metavar="RULE",
        help="keep the complete, first, last or longest record (default: complete)",
    )


def _add_engine(command: argparse.ArgumentParser, *, resumes: str | None = None) -> None:
    group = command.add_argument_group("where the work is done")
    group.add_argument("--engine", choices=("local", "spark"), help="this machine, or Spark (default: local)")
    group.add_argument(
        "--master", dest="spark_master", metavar="URL", help="Spark's cluster (default: as it is configured)"
    )
    group.add_argument(
        "--remote", dest="spark_remote", metavar="URL", help="a Spark Connect server: sc://..."
    )
    if resumes is not None:
        group.add_argument(
            "--resume", action="store_true", help=f"go on with a run{resumes} that was stopped"
        )


def _add_suite(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--suite",
        metavar="FILE",
        action=_Once,
        help="suite of expectations (default: expectations/cleaned.json)",
    )


def _add_math(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--math",
        choices=("balanced", "safe", "off"),
        help="repair of mathematics whose backslashes were stripped (default: balanced)",
    )
    command.add_argument(
        "--math-rendering",
        choices=("unicode", "latex"),
        help="what formulas become: plain text or LaTeX (default: unicode)",
    )


def _add_columns(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("columns of a table")
    group.add_argument("--id-column", metavar="NAME", help="ids (default: row numbers from 0)")
    group.add_argument("--title-column", metavar="NAME", help="titles (default: title, where there is one)")
    group.add_argument(
        "--text-column", metavar="NAME", help="texts (default: the first of abstract, text, content, body)"
    )
    group.add_argument(
        "--authors-column", metavar="NAME", help="authors (default: authors, where there is one)"
    )


def _names(argument: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in argument.split(",") if name.strip())


if __name__ == "__main__":
    main()
