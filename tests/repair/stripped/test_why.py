"""Why a change was made: a sentence for each."""

import subprocess
import sys

from dedupkit.repair import repair_text
from dedupkit.repair.why import WHY, why_changed

RAW = "We show XinR^{ntimes d} at 85\\% and mathcal{O}(1/k^2),  cafÃ©."


def test_every_change_has_its_reason():
    changes = repair_text(RAW).changes
    said = why_changed(RAW, changes)
    assert len(said) == len(changes)
    assert all(said)
    of_kind = {change.kind: sentence for change, sentence in zip(changes, said, strict=True)}
    assert of_kind["latex_escape"] == WHY["latex_escape"]
    assert of_kind["mojibake"] == WHY["mojibake"]


def test_a_command_is_named_with_its_evidence():
    changes = repair_text(RAW).changes
    said = why_changed(RAW, changes)
    (sentence,) = (
        why for change, why in zip(changes, said, strict=True) if change.before.startswith("times")
    )
    assert sentence.startswith("\\times: ")
    assert "odds" in sentence


def test_the_command_explains_on_standard_input():
    told = subprocess.run(
        [sys.executable, "-m", "dedupkit.cli", "repair", "-", "--explain"],
        input=RAW.encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert "[-times -]{+×+}d" in told
    assert "\\times: " in told


def test_levels_and_renderings_are_flags():
    def repaired(*flags):
        command = [sys.executable, "-m", "dedupkit.cli", "repair", "-", *flags]
        return subprocess.run(command, input=RAW.encode(), capture_output=True, check=True).stdout.decode()

    assert "X∈R^{n×d}" in repaired()
    assert "$X\\in R^{n\\times d}$" in repaired("--math-rendering", "latex")
    assert "XinR^{ntimes d}" in repaired("--math", "off")
