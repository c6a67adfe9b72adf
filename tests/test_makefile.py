"""`make run` on a machine that lacks something says in one sentence what to install."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Answers the Makefile's questions as an old Python, or as one without venv, would.
STUB = """#!/bin/sh
case "$*" in
  *version_info*) exit {old} ;;
  *ensurepip*) exit 1 ;;
  -V) echo "Python 3.9.2" ;;
esac
"""


def install(folder: Path, *, old: int) -> subprocess.CompletedProcess[str]:
    """Run `make venv` in an empty folder with a Python that can't do it."""
    shutil.copy(ROOT / "Makefile", folder)
    python = folder / "python"
    python.write_text(STUB.format(old=old))
    python.chmod(0o755)
    return subprocess.run(
        ["make", "venv", f"PYTHON={python}"], cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )


def test_whole_installations_are_tried_in_the_folder_that_make_names() -> None:
    marked = [path for path in ROOT.glob("tests/**/test_*.py") if "mark." + "e2e" in path.read_text(encoding="utf-8")]
    assert {path.parent.name for path in marked} == {"e2e"}


@pytest.mark.parametrize(("old", "sentence"), [(0, "Install python3-venv"), (1, "is too old (Python 3.9.2)")])
def test_a_python_that_will_not_do_is_one_sentence(tmp_path: Path, old: int, sentence: str) -> None:
    done = install(tmp_path, old=old)
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert done.returncode and len(said) == 1 and sentence in said[0]
    assert not (tmp_path / ".venv").exists()
