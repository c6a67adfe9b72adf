"""The project's own files, as the checks of its architecture and hygiene read them."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file: its path from the root with forward slashes, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    def under(self, *folders: str) -> bool:
        """Whether the module is one of these files or lies in one of these folders."""
        return any(self.path == folder or self.path.startswith(folder + "/") for folder in folders)

    def functions(self) -> Iterator[Function]:
        """Yield every function and method, nested ones too."""
        yield from (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def calls(self, name: str) -> Iterator[ast.Call]:
        """Yield every call of a bare name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield node


@cache
def project_files() -> tuple[Path, ...]:
    """Return what git would commit (tracked or not ignored); without git everything but hidden and cache folders."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"]
        listed = subprocess.run(command, capture_output=True, text=True, check=False)
        if listed.returncode == 0:
            return tuple(sorted({ROOT / name for name in listed.stdout.split("\0") if (ROOT / name).is_file()}))
    caches = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
    skipped = {".git", ".venv", ".venv-clients", ".venv-lock", *caches}
    found = (path for path in ROOT.rglob("*") if path.is_file() and not skipped & set(path.relative_to(ROOT).parts))
    return tuple(sorted(path for path in found if "tenants" not in path.relative_to(ROOT).parts[:1]))


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Return the Python modules of these folders (or files), the whole project's without any."""
    found = []
    for path in project_files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py" and (not folders or any(name == f or name.startswith(f + "/") for f in folders)):
            found.append(_module(path, name))
    return tuple(found)


@cache
def _module(path: Path, name: str) -> Module:
    text = path.read_text(encoding="utf-8")
    return Module(name, text, ast.parse(text, filename=name))
