"""The built-in exchange as a process of its own on a free loopback port, for tests.

    with sim_server(tmp_path) as url: ...
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVE = "import sys; from nof1web.sim.server import serve; serve(host='127.0.0.1', port=0, state_dir=sys.argv[1])"
PROJECT = Path(__file__).parents[3]


@contextmanager
def sim_server(folder: Path) -> Iterator[str]:
    """Serve with its state in `folder` and yield its URL; the process is killed at the end."""
    log = folder / "sim.log"
    with log.open("wb") as out:
        server = subprocess.Popen([sys.executable, "-u", "-c", SERVE, str(folder)], stdout=out, cwd=PROJECT)
    try:
        yield _url(log, server)
    finally:
        server.kill()
        server.wait()


def _url(log: Path, server: subprocess.Popen[bytes]) -> str:
    while server.poll() is None:
        for line in log.read_text().splitlines():
            if '"serving"' in line and line.endswith("}"):
                return str(json.loads(line)["url"])
        time.sleep(0.02)
    raise RuntimeError("the built-in exchange did not start")
