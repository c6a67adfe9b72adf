"""Plays a foreign client's scenario in its own environment and gives back what became of each step."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from pathlib import Path

from tests.exchange_process import running_exchange

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-clients" / "bin" / "python"
MODES = ("one-way", "hedge")
_LONGEST_S = 90


def step_names(client: str) -> list[str]:
    """Return the names of a client's steps in the order of its modules, read without importing the client."""
    return [
        node.name
        for path in sorted(Path(__file__).parent.glob(f"{client}_*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and "step" in [ast.unparse(mark) for mark in node.decorator_list]
    ]


def outcomes(client: str, mode: str, folder: Path, *, start_ms: int = 0) -> dict[str, str]:
    """Return each step's outcome, "ok" or what went wrong; "end" says how the script itself ended."""
    if not PYTHON.exists():
        return {"end": "there is no .venv-clients: run make test"}
    with running_exchange(folder, start_ms=start_ms) as exchange:
        command = [str(PYTHON), "-m", f"tests.clients.{client}_scenario", exchange.url, mode]
        # Bytecode may be kept: importing ccxt takes three times as long without it.
        env = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=_LONGEST_S, check=False
        )
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    end = f"the script ended with {done.returncode} before this step: {done.stderr[-2000:]}"
    return {"end": end, **{line["step"]: line["outcome"] for line in told}}
