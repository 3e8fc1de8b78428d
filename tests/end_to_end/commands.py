"""Run the command in a folder, as a user would."""

import os
import subprocess
import sys


def run(folder, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "dedupkit.cli", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
