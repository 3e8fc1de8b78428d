"""Kill many runs of ``clean`` at random moments, go on with each, and print what came of it as Markdown.

python benchmarks/faults.py --kills 500 > benchmarks/faults.md
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "faults"))

from killing import kill_many

#: What a run that was killed had kept, by how many stages that are.
KEPT = ("nothing", "reading", "repairing", "languages", "duplicates")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=500, help="runs to kill (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: %(default)s)")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        killed = kill_many(Path(folder), options.kills, options.seed)  # raises where anything is amiss
    behind = Counter(killed)
    print(
        f"""# Faults

```sh
python benchmarks/faults.py --kills {options.kills} --seed {options.seed} > benchmarks/faults.md
```

`dedupkit clean` is killed (`SIGKILL`, with its workers) at moments that are spread at random over the whole run, every tenth
with its repairs in processes of their own, every second over an earlier, different result. After each kill `--out` must be absent or byte for byte the
earlier result or the new one, and the report whole; after `--resume` (or a plain run, where the run had not begun)
all files must be byte for byte those of an undisturbed run, with no other file left beside them.

| | |
|---|---|
| kills | {len(killed):,} |
| results damaged by a kill | 0 |
| runs that ended otherwise than undisturbed | 0 |
| rows lost | 0 |
| minutes | {(time.monotonic() - began) / 60:.0f} |

| gone on behind | runs |
|---|---|"""
    )
    for taken, name in enumerate(KEPT):
        print(f"| {name} | {behind[taken]:,} |")


if __name__ == "__main__":
    main()
