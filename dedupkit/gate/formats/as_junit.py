"""The gate's verdict as JUnit XML, which CI systems show as tests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from dedupkit.gate.formats.wording import blocks, examples_of, sentence, title
from dedupkit.report.wording import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dedupkit.gate import Judged
    from dedupkit.quality import Check

#: What XML 1.0 cannot hold, not even as a reference, and ``visible`` leaves.
_NOT_XML_RE: Final = re.compile("[\ufffe\uffff]")

#: Values are whole here, for a test tab scrolls; this only stops a page pasted as a name.
_LIMIT: Final = 10_000

_COUNTED: Final = ("tests", "failures", "errors", "skipped")


def render(judged: Judged) -> str:
    """One test suite for each suite and one test case for each check.

    A critical check that fails is a failure and one that could not run an error. Others that fail are
    skipped, with a message: they block no merge, and no test tab turns red for them.
    """
    root = ET.Element("testsuites", name=_text(f"dedupkit gate {judged.name}"))
    _count(root, judged.checks)
    for name in dict.fromkeys([suite.name for suite in judged.suites] + [c.suite for c in judged.checks]):
        checks = [check for check in judged.checks if check.suite == name]
        suite = ET.SubElement(root, "testsuite", name=_text(name))
        _count(suite, checks)
        for check in checks:
            case = ET.SubElement(suite, "testcase", classname=_text(name), name=_text(title(check)))
            if check.status != "passed":
                _tell(case, judged, check)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return document.decode("utf-8") + "\n"


def _count(element: ET.Element, checks: Sequence[Check]) -> None:
    outcomes = [_outcome(check) for check in checks]
    counts = (len(checks), outcomes.count("failure"), outcomes.count("error"), outcomes.count("skipped"))
    for name, count in zip(_COUNTED, counts, strict=True):
        element.set(name, str(count))


def _outcome(check: Check) -> str:
    """The element that a check's test case holds, empty where it passed."""
    if check.status == "passed":
        return ""
    if check.status == "could not run":
        return "error"
    return "failure" if blocks(check) else "skipped"


def _tell(case: ET.Element, judged: Judged, check: Check) -> None:
    outcome = _outcome(check)
    message = (
        sentence(check) if outcome != "skipped" else f"{check.severity}, blocks nothing. {sentence(check)}"
    )
    told = ET.SubElement(case, outcome, message=_text(message))
    if outcome != "skipped":
        told.set("type", check.severity)
    rows = [f"- {example.told}" for example in examples_of(judged, check)]
    told.text = "\n".join(_text(line) for line in (sentence(check), *rows))


def _text(value: str) -> str:
    """A value in one line that XML can hold."""
    return _NOT_XML_RE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", visible(value, _LIMIT))
