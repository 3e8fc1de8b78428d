"""Progress is shown where somebody watches, and nowhere else."""

import os
import pty
import subprocess
import sys

from dedupkit.progress import on_terminal, unwatched


def test_nothing_is_shown_where_nobody_watches(capfd):
    with on_terminal(quiet=False) as stage:
        assert stage is unwatched
        stage("Reading")(1, 2)
    assert capfd.readouterr() == ("", "")


def test_bars_are_on_stderr_of_a_terminal_and_not_with_quiet(tmp_path):
    script = (
        "from dedupkit.progress import on_terminal; import sys, time\n"
        "with on_terminal(quiet=len(sys.argv) > 1) as stage:\n"
        "    advance = stage('Reading'); time.sleep(0.01); advance(3, 4_000)\n"
        "    stage('Validating')\n"
    )
    for arguments, shown in (([], True), (["quiet"], False)):
        master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
        command = [sys.executable, "-c", script, *arguments]
        done = subprocess.run(
            command, stderr=slave, stdout=subprocess.PIPE, env=environment, cwd=tmp_path, check=True
        )
        os.close(slave)
        told = b""
        try:
            while part := os.read(master, 65_536):
                told += part
        except OSError:  # Linux says so at the end of a terminal
            pass
        os.close(master)
        assert done.stdout == b""
        assert (b"3 of 4,000" in told) == shown
        assert (b"/s" in told) == shown
        assert (b"Validating" in told) == shown
