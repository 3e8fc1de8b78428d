"""Great Expectations' own pages of a validation, Data Docs, made to work offline and to be the same twice.

Its renderers and templates are called, without its site builder: that puts the time into paths and pages.
The pages that they give ask seven hosts for 17 files; what the pages need of those lies in
``data_docs_assets/`` and goes beside them, and the rest is taken out of them.
"""

from __future__ import annotations

import html
import re
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from dedupkit.outputs import check_folder, write_folder
from dedupkit.quality.kinds import KINDS, limit_in_words
from dedupkit.quality.validate import build, exception_in, outcome_of, quiet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import polars as pl

    from dedupkit.quality.suite import Suite

#: What a folder of pages holds.
PAGES: Final = frozenset({"index.html", "validations", "expectations", "static"})

FLAG: Final = "--data-docs"

#: The files that the pages link, in this order, in place of those of other hosts.
_STYLES: Final = (
    "bootstrap.min.css",
    "bootstrap-table.min.css",
    "bootstrap-table-filter-control.min.css",
    "icons.css",
)
_SCRIPTS: Final = (
    "jquery.min.js",
    "popper.min.js",
    "bootstrap.min.js",
    "bootstrap-table.min.js",
    "bootstrap-table-filter-control.min.js",
)

#: Nothing but the files beside the page; ``file:`` for browsers to which a page on disk is no origin.
_POLICY: Final = (
    "default-src 'none'; script-src 'self' file: 'unsafe-inline'; style-src 'self' file: 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)

#: Values that fail an expectation, as many as a page shows of them.
_EXAMPLES: Final = 20

_LINKED: Final = re.compile(
    r"<link\b[^<>]*>|<script\b(?>[^<>]*?\bsrc=)[^<>]*>\s*</script>|<meta charset[^<>]*>|<title>\s*</title>"
)
_LOGO: Final = re.compile(r"<img\b(?>[^<>]*?\bNO-CACHE\b)[^<>]*>")
_LOGO_STYLE: Final = re.compile(r"\.navbar-brand a\s*\{[^{}]*\}|\.navbar-brand a img\s*\{[^{}]*\}")
_NEWSLETTER: Final = re.compile(r"<footer>[^<]*+(?:<(?!/?footer>)[^<]*+)*+</footer>")
_HOME: Final = re.compile(r'href="(?:(?:\.\./)+index\.html|#)"')
_SUITE: Final = re.compile(r'href="(?:\.\./)+expectations/[^"]*"')
_UUID: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_NO_NAME: Final = re.compile(r"[^\w .-]+")


def check_data_docs(folder: Path) -> None:
    """Refuse, before the work, a folder that pages cannot replace.

    Raises:
        UsageError: It is a file, or holds files that are no pages.
        InputError: It cannot be made or written to.
    """
    check_folder(folder, PAGES, FLAG)


def write_data_docs(
    folder: Path, name: str, suites: Sequence[Suite], metrics: Mapping[str, pl.DataFrame]
) -> Path:
    """Write the pages of a validation and what they need, in place of earlier ones.

    Args:
        folder: Where they go.
        name: What was validated.
        suites: What judged it.
        metrics: The slim frame that each suite judged, by its name; its texts are ids, keys and names of languages.
            A suite without one gets no page.

    Returns:
        The page to open.

    Raises:
        UsageError: Great Expectations refuses an expectation.
        InputError: They could not be written.
    """
    write_folder(folder, render_data_docs(name, suites, metrics), FLAG)
    return folder / "index.html"


def render_data_docs(
    name: str, suites: Sequence[Suite], metrics: Mapping[str, pl.DataFrame]
) -> dict[str, bytes]:
    """Render the pages of a validation.

    Args:
        name: What was validated.
        suites: What judged it.
        metrics: The slim frame that each suite judged, by its name; a suite without one gets no page.

    Returns:
        The content of every file by its path in the folder; the same for the same arguments.

    Raises:
        UsageError: Great Expectations refuses an expectation.
    """
    with quiet():
        from great_expectations.render.renderer.page_renderer import (  # noqa: PLC0415  # takes seconds
            ExpectationSuitePageRenderer,
            ValidationResultsPageRenderer,
        )
        from great_expectations.render.renderer.site_index_page_renderer import (  # noqa: PLC0415
            SiteIndexPageRenderer,
        )
        from great_expectations.render.view import (  # noqa: PLC0415
            DefaultJinjaIndexPageView,
            DefaultJinjaPageView,
        )

        pages, validations, expectations = {}, [], []
        judged = [suite for suite in suites if suite.name in metrics]
        for file, suite in zip(_file_names(judged), judged, strict=True):
            frame = metrics[suite.name]
            outcome = _outcome(suite, name, frame)
            document = ValidationResultsPageRenderer().render(outcome)
            pages[f"validations/{file}"] = _offline(DefaultJinjaPageView().render(document), "../", file)
            document = ExpectationSuitePageRenderer().render(_suite(suite))
            pages[f"expectations/{file}"] = _offline(DefaultJinjaPageView().render(document), "../", file)
            validations.append(
                {
                    "validation_success": outcome.success,
                    "run_name": "gate",
                    "asset_name": _plain(name),
                    "batch_identifier": f"{frame.height:,} rows",
                    "batch_spec": {"data_asset_name": _plain(name)},
                    "expectation_suite_name": _plain(suite.name),
                    "expectation_suite_filepath": f"expectations/{file}",
                    "filepath": f"validations/{file}",
                }
            )
            expectations.append(
                {"expectation_suite_name": _plain(suite.name), "filepath": f"expectations/{file}"}
            )
        index = SiteIndexPageRenderer.render(
            {"site_name": "dedupkit", "validations_links": validations, "expectations_links": expectations}
        )
        _without_times(index)
        pages["index.html"] = _offline(DefaultJinjaIndexPageView().render(index), "", "")
    return {path: page.encode() for path, page in sorted(pages.items())} | _assets()


def _file_names(suites: Iterable[Suite]) -> list[str]:
    """A file name for each suite, all different."""
    names: list[str] = []
    for number, suite in enumerate(suites, 1):
        name = re.sub(r"\W+", "-", suite.name).strip("-") or "suite"
        names.append(f"{name}.html" if f"{name}.html" not in names else f"{name}-{number}.html")
    return names


def _plain(name: str) -> str:
    """A name without what could be HTML or a path, for these go into attributes and scripts."""
    return _NO_NAME.sub("_", name).strip() or "_"


def _built(suite: Suite) -> list[Any]:
    return [
        build(
            each,
            suite,
            html.escape(
                f"{each.rule} ({each.severity}): {each.description} "
                f"({limit_in_words(KINDS[each.type], each.kwargs)})" + (f". {each.why}" if each.why else "")
            ),
        )
        for each in suite.expectations
    ]


def _suite(suite: Suite) -> Any:
    import great_expectations as gx  # noqa: PLC0415  # takes seconds

    return gx.ExpectationSuite(
        name=_plain(suite.name),
        expectations=_built(suite),
        meta={"great_expectations_version": gx.__version__},
    )


def _outcome(suite: Suite, name: str, metrics: pl.DataFrame) -> Any:
    """The result without what differs from run to run, its values escaped: the pages take them as HTML."""
    import great_expectations as gx  # noqa: PLC0415  # takes seconds

    outcome = outcome_of(_plain(suite.name), _built(suite), metrics, _EXAMPLES)
    outcome.meta = {
        "great_expectations_version": gx.__version__,
        "run_id": {"run_name": "gate", "run_time": ""},
        "batch_spec": {"data_asset_name": _plain(name)},
    }
    passed = True
    for result in outcome.results:
        result.result = _escaped(result.result)
        error = exception_in(result.exception_info)
        passed &= not error and (result.success or result.expectation_config.severity != "critical")
        result.exception_info = {
            "raised_exception": bool(error),
            "exception_message": error,
            "exception_traceback": "",  # names files of this machine
        }
    outcome.success = (
        passed  # the gate's verdict: theirs is that every expectation holds, whatever its severity
    )
    return outcome


def _escaped(value: Any) -> Any:
    """A value of a result with all its texts escaped.

    >>> _escaped({"observed_value": ["<b>", 1]})
    {'observed_value': ['&lt;b&gt;', 1]}
    """
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, dict):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(item) for item in value]
    return value


def _without_times(index: Any) -> None:
    """Take the times of runs out of the tables of the index page: there are none."""
    for tab in index.sections[0].content_blocks[-1].tabs:
        table = tab["tab_content"]
        table.table_columns = [
            column for column in table.table_columns if column != "run_time" and column["field"] != "run_time"
        ]
        if table.table_options.get("sortName") == "run_time":
            table.table_options |= {"sortName": "expectation_suite_name", "sortOrder": "asc"}


def _offline(page: str, root: str, file: str) -> str:
    """The page with what it needs beside it, and nothing that another run would have otherwise.

    Args:
        page: As Great Expectations renders it.
        root: From its folder to that of the index.
        file: Name of its suite's page.
    """
    page = _LINKED.sub("", page)
    head = f'<meta charset="UTF-8">\n<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    head += "".join(f'<link rel="stylesheet" href="{root}static/{name}">\n' for name in _STYLES)
    head += "".join(f'<script src="{root}static/{name}"></script>\n' for name in _SCRIPTS)
    page = page.replace("<head>", f"<head>\n{head}", 1)
    page = _LOGO_STYLE.sub("", _LOGO.sub("Data Docs", _NEWSLETTER.sub("", page)))
    page = _HOME.sub(f'href="{root}index.html"', page)
    page = _SUITE.sub(f'href="{root}expectations/{file}"', page)
    page = page.replace(" / __none__", "").replace("__none__", "not recorded")
    seen: dict[str, str] = {}
    page = _UUID.sub(lambda found: seen.setdefault(found[0], f"id-{len(seen) + 1}"), page)
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"


def _assets() -> dict[str, bytes]:
    folder = resources.files("dedupkit.quality") / "data_docs_assets"
    return {
        f"static/{each.name}": each.read_bytes()
        for each in sorted(folder.iterdir(), key=lambda each: each.name)
    }
