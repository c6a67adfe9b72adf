"""`flask nof1 …`, each command a process of its own, forked from one that has the program loaded: it takes a second."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["flask.cli", "nof1web.cli", "tests.e2e.stopping"])


def flask(*args: str, env: Mapping[str, str], stdin: str = "", seconds: float = 90) -> CompletedProcess[str]:
    """Run `flask nof1 ARGS` under this environment alone; TimeoutExpired when it does not end."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "0").write_text(stdin, encoding="utf-8")
        process = context.Process(target=_run, args=(args, dict(env), name), daemon=True)
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            raise TimeoutExpired(args, seconds)
        out, err = ((folder / each).read_text(encoding="utf-8") for each in "12")
    return CompletedProcess(args, process.exitcode, out, err)


def _run(args: tuple[str, ...], env: dict[str, str], folder: str) -> None:
    os.environ.clear()
    os.environ.update(env)
    os.chdir(ROOT)
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY | os.O_CREAT), (2, os.O_WRONLY | os.O_CREAT)):
        os.dup2(os.open(Path(folder) / str(number), flags), number)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0, encoding="utf-8"), os.fdopen(1, "w"), os.fdopen(2, "w")
    sys.argv = ["flask", "nof1", *args]
    from flask.cli import main

    main()
