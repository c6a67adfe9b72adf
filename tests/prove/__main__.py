"""Runs every test, the long ones too, then prints what they recorded and every proof and measurement as one table."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tests.tools.sources import ROOT
from tests.tools.table import Row, aligned, machine, registered

PYTEST = [sys.executable, "-m", "pytest", "-q", "--timeout", "3600", "-o", "junit_family=xunit1"]
# Whole installations are tried one after the other; everything else two files at a time.
RUNS = {
    "all tests but whole installations, long ones too": ["-n", "2", "--dist", "loadfile", "-m", "not e2e"],
    "whole installations, long ones too": ["-m", "e2e"],
}


def main() -> int:
    """Return pytest's exit code, or 1 when a proof's row says FAILED; the table is printed either way."""
    codes: list[int] = []
    recorded: list[Row] = []
    for what, options in RUNS.items():
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            command = [*PYTEST, *options, f"--junitxml={report}", *sys.argv[1:]]
            codes.append(
                subprocess.run(command, cwd=ROOT, env={**os.environ, "NOF1_PROVE": "1"}, check=False).returncode
            )
            recorded += of_tests(report, what) if report.exists() else []
    rows = [*recorded, *registered("tests.prove", "prove_"), *registered("tests.bench", "bench_"), *machine()]
    print("\n" + aligned(rows))
    return max(codes) or int(any(measured.startswith("FAILED") for _, measured, _ in rows))


def of_tests(report: Path, what: str) -> Iterator[Row]:
    """Yield a run's outcome, and what tests noted by `record_property(what, measured)`."""
    suite = next(ElementTree.parse(report).iter("testsuite"))
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    counts = f"{suite.get('tests')} run, {failed} failed, {suite.get('skipped')} skipped"
    yield what, counts, f"{suite.get('time')} s"
    for case in suite.iter("testcase"):
        for noted in case.iter("property"):
            yield noted.get("name", ""), noted.get("value", ""), case.get("name", "").replace("_", " ")


if __name__ == "__main__":
    sys.exit(main())
