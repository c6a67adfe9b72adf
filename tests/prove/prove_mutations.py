"""Mutation check: whatever is turned around in what enters, sizes, limits and exits, a test of the core fails."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from queue import SimpleQueue

from tests.prove.mutants import Mutant, mutants
from tests.tools.sources import ROOT
from tests.tools.table import Row

CORE = "nof1web/core"
LIMITS = ("boundaries", "budget", "caps", "liquidation", "sizing", "rules_10", "mutants_limits")
MODULES = {
    "gate": LIMITS,
    "caps": LIMITS,
    "sizing": LIMITS,
    "risk": LIMITS,
    "leverage": LIMITS,
    "minimum": LIMITS,
    "stops": LIMITS,
    "liquidation": LIMITS,
    "entries": ("entries", "rules_03", "rules_06", "rules_07", "mutants_following"),
    "resizing": ("rules_04", "rules_05", "rules_07", "mutants_following"),
    "exits": ("rules_04", "rules_05", "rules_07", "mutants_following"),
    "own_exits": ("rules_06", "mutants_following"),
    "book": ("book", "rules_01", "rules_02", "mutants_book"),
    "filling": ("filling", "rules_04", "rules_05", "mutants_following"),
}
"""what is changed, and the names of the test files tried first: they find nearly all, and others are not even read"""
NOT_RUN = ("replay", "properties", "settings", "drift", "complete")
"""in the names of test files too slow to be run for every mutant, or without anything of what is changed"""
AT_ONCE = 2
UNCHANGED_SECONDS = 600
STARTING = 5
LONGEST = 3
"""seconds, and times what the tests take as things are: a mutant that runs longer is found, too"""
WRONG_COPY = 99
EXAMPLES = 30
ARGUMENTS = ("-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin")

# What no test can tell apart, by module, what is right and what it was turned into: why.
EQUIVALENT = {
    ("gate", "self.wish.held + self.delta", "self.wish.held - self.delta"): "only the change's size is read of it",
    ("caps", "left < found.left", "left <= found.left"): "with as much left both rooms are the whole total margin",
    ("sizing", "own < highest", "own <= highest"): "with the highest leverage both quantities are the same",
    ("risk", "wish.held > 0", "wish.held >= 0"): "nothing held was dealt with before",
    ("stops", "abs(sides[0]) > abs(quantity)", "abs(sides[0]) >= abs(quantity)"): "it is the same quantity then",
    ("entries", "position.quantity > 0", "position.quantity >= 0"): "an agent without a position enters nothing",
    ("entries", "foreign > 0", "foreign >= 0"): "without a foreign share nothing is opposite",
    ("resizing", "ZERO < change < view.settings.min_change", "ZERO <= change < view.settings.min_change"): (
        "without a change, what the last one called for is the target"
    ),
    ("resizing", "abs(target) < abs(held.quantity)", "abs(target) <= abs(held.quantity)"): "the target is another",
    ("book", "new.quantity > 0", "new.quantity >= 0"): "a quantity of 0 was dealt with before",
    ("book", "old.quantity > 0", "old.quantity >= 0"): "a quantity of 0 was dealt with before",
    ("own_exits", "epoch.quantity > 0", "epoch.quantity >= 0"): "an empty holding was left out before",
    ("stops", "quantity > 0", "quantity >= 0"): "nothing held has no stop to be judged",
    ("stops", "each > 0", "each >= 0"): "an empty side adds nothing",
    ("stops", "held.quantity > 0", "held.quantity >= 0"): "of an empty holding there is nothing, at whatever entry",
    ("stops", "whole > 0", "whole >= 0"): "what is judged is never empty",
    ("stops", "row.quantity > 0", "row.quantity >= 0"): "an empty position has no notional",
    (
        "stops",
        "(epoch.quantity or epoch.reference_quantity) > 0",
        "(epoch.quantity or epoch.reference_quantity) >= 0",
    ): "an epoch that neither holds nor refers to anything waits for nothing",
    ("stops", "each.quantity > 0", "each.quantity >= 0"): "an empty position is of neither side",
    ("liquidation", "quantity > 0", "quantity >= 0"): "of nothing nothing was there already",
    ("liquidation", "divisor > 0", "divisor >= 0"): "the same line leaves at a divisor of 0 anyway",
    (
        "liquidation",
        "left <= (net - divisor) * mark",
        "left < (net - divisor) * mark",
    ): "there the price that is computed is the mark",
}


def rows(*modules: str) -> Iterator[Row]:
    """Run the tests of the core for every mutant; one that survives is a row of its own that fails `make prove`.

    `modules` are those to change, all of MODULES without any.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(["pytest", "hypothesis", "hypothesis.strategies"])
    with tempfile.TemporaryDirectory() as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(AT_ONCE):
            copies.put(_copy(Path(folder) / str(number)))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            began = time.perf_counter()
            unchanged = pool.submit(_code, copies, "gate", "", UNCHANGED_SECONDS).result()
            limit = LONGEST * (time.perf_counter() - began)
            if unchanged != 0:
                yield "mutation check", "FAILED", f"the tests of the core fail as they are (code {unchanged})"
                return
            for module in modules or MODULES:
                began = time.perf_counter()
                made = [each for each in mutants(_source(module)) if not _equivalent(module, each)]
                codes = list(pool.map(lambda each, of=module: _code(copies, of, each.text, limit), made))
                yield from told(module, made, codes, time.perf_counter() - began)


def main(modules: list[str]) -> int:
    """Print the outcome for these modules (all without any); 1 when a mutant survived."""
    failed = 0
    for what, measured, how in rows(*modules):
        print(f"{what}: {measured} ({how})", flush=True)
        failed += measured.startswith("FAILED")
    return int(failed > 0)


def told(module: str, made: list[Mutant], codes: list[int], seconds: float) -> Iterator[Row]:
    """Yield how many mutants of a module were found, by pytest's exit codes, and each that was not."""
    if WRONG_COPY in codes:
        raise RuntimeError("the tests did not run against the copy")
    left = [each for each, code in zip(made, codes, strict=True) if code == 0]
    endless = sum(code < 0 for code in codes)
    how = f"by tests/core in {seconds:.0f} s" + (f", {endless} because the tests did not end" if endless else "")
    yield f"mutants of {module}.py", f"{len(made) - len(left)} of {len(made)} found", how
    for each in left:
        yield f"{CORE}/{module}.py:{each.line}", "FAILED", f"no test minds `{each.wrong}` for `{each.right}`"


def _equivalent(module: str, mutant: Mutant) -> bool:
    return (module, mutant.right, mutant.wrong) in EQUIVALENT


def _source(module: str) -> str:
    return (ROOT / CORE / f"{module}.py").read_text(encoding="utf-8")


def _copy(folder: Path) -> Path:
    """Copy what the core's tests import, without the compiled form of what will be changed."""
    changed = shutil.ignore_patterns(*(f"{module}.*.pyc" for module in MODULES), "sim", "translations")
    shutil.copytree(ROOT / "nof1web", folder / "nof1web", ignore=changed)
    return folder


def _code(copies: SimpleQueue[Path], module: str, text: str, limit: float) -> int:
    """Return pytest's exit code with one module replaced, without a text as it is; below 0 after `limit` seconds."""
    copy = copies.get()
    try:
        (copy / CORE / f"{module}.py").write_text(text or _source(module), encoding="utf-8")
        parts = _files(module)
        whole = sum(map(len, parts))
        codes = (_tested(copy, files, STARTING + limit * len(files) / whole) for files in parts)
        return next((code for code in codes if code), 0)
    finally:
        (copy / CORE / f"{module}.py").write_text(_source(module), encoding="utf-8")
        copies.put(copy)


def _files(module: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the core's test files: those near a module, then the others."""
    found = [path for path in sorted((ROOT / "tests/core").glob("test_*.py")) if not _named(path, NOT_RUN)]
    near = [path for path in found if _named(path, MODULES[module])]
    return tuple(map(str, near)), tuple(str(path) for path in found if path not in near)


def _named(path: Path, parts: tuple[str, ...]) -> bool:
    return any(part in path.name for part in parts)


def _tested(copy: Path, files: tuple[str, ...], limit: float) -> int:
    process = get_context("forkserver").Process(target=_run, args=(str(copy), files))
    process.start()
    process.join(limit)
    if process.is_alive():
        process.kill()
    process.join()
    return process.exitcode or 0


def _run(copy: str, files: tuple[str, ...]) -> None:
    """Run the tests against a copy in this process, and end it with their outcome."""
    import pytest
    from hypothesis import settings

    sys.dont_write_bytecode = True
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("NOF1_PROVE", None)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    settings.register_profile("mutants", deadline=None, derandomize=True, database=None, max_examples=EXAMPLES)
    paths = ["-o", f"pythonpath={copy} {ROOT}", "--rootdir", str(ROOT), "--hypothesis-profile", "mutants"]
    code = int(pytest.main([*ARGUMENTS, *paths, *files]))
    loaded = str(sys.modules[f"{CORE.replace('/', '.')}.plan"].__file__)
    os._exit(code if loaded.startswith(copy) else WRONG_COPY)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
