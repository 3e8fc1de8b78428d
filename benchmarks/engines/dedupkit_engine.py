"""dedupkit: its command, as anyone runs it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Run the command and put its pairs where the benchmark looks for them."""
    corpus_path, pairs_path = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory(dir=pairs_path.parent) as folder:
        out = Path(folder, "out")
        arguments = ["dedup", str(corpus_path), "--id-column", "id", "--out", str(out), "--quiet"]
        command = [sys.executable, "-m", "dedupkit.cli", *arguments]
        status = subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode
        if not status:
            (out / "pairs.parquet").rename(pairs_path)
    return status


if __name__ == "__main__":
    sys.exit(main())
