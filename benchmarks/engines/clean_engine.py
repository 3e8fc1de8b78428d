"""``dedupkit clean`` from a table to the report, stage by stage.

python clean_engine.py CORPUS.parquet FOLDER STAGES.json
"""

from __future__ import annotations

import sys
from pathlib import Path

from stages import Clock


def main() -> None:
    """Clean the corpus into the folder, and write what each stage took."""
    corpus, folder, stages = map(Path, sys.argv[1:])
    clock = Clock("Importing")
    from dedupkit.config import Settings  # noqa: PLC0415  importing is a stage
    from dedupkit.pipeline import clean  # noqa: PLC0415  the same

    clean([corpus], Settings(), out=folder / "cleaned", report=folder / "reports", stage=clock.stage)
    clock.write(stages)


if __name__ == "__main__":
    main()
