"""The rules of the code that no linter knows: sizes, docstrings, words, money, clocks and broad excepts."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from typing import TypeGuard

from tests.tools.sources import Function, Module, modules, project_files

APP = ("nof1web", "wsgi.py")
CORE_MAY_IMPORT = {
    "__future__", "collections", "dataclasses", "datetime", "decimal", "enum", "functools", "itertools", "math",
    "typing",
}
ADAPTERS_MAY_IMPORT = ("nof1web.core", "nof1web.errors", "nof1web.services.ports", "nof1web.services.stores")

# Methods that a library calls by its own name for them.
GIVEN_NAMES = {"handle_exception", "handle_execution_ended", "process_formdata"}

Named = Function | ast.ClassDef

# Where a loop or a person must survive (DESIGN §3): how many, and why there.
BROAD_EXCEPTS = {
    "nof1web/cli/output.py": (1, "the command line's top: a person gets a sentence, the trace goes to a file"),
    "nof1web/jobs/crew.py": (1, "a forked child's top: it must log and exit, never return into its parent's code"),
    "nof1web/jobs/tasks.py": (2, "a job's top: logged and noted on the credential, then raised to the queue"),
    "nof1web/web/hub.py": (2, "what all live pages, and each person's, depend on: logged, pages connect again"),
}


def test_a_module_has_at_most_250_lines() -> None:
    long = {m.path: m.text.count("\n") for m in modules(*APP, "tests") if m.text.count("\n") > 250}
    assert long == {}


def test_a_function_has_at_most_45_lines() -> None:
    def lines(node: Function) -> int:
        return (node.end_lineno or node.lineno) - node.lineno + 1

    found = {f"{m.path}:{f.name}": lines(f) for m in modules(*APP, "tests") for f in m.functions()}
    assert {name: count for name, count in found.items() if count > 45} == {}


def test_a_function_takes_at_most_5_positional_parameters() -> None:
    def positional(node: Function) -> int:
        names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
        return len(names) - (names[:1] in (["self"], ["cls"]))

    found = {f"{m.path}:{f.name}": positional(f) for m in modules(*APP) for f in m.functions()}
    assert {name: count for name, count in found.items() if count > 5} == {}


def test_every_module_says_what_it_is() -> None:
    assert [m.path for m in modules() if m.text and not ast.get_docstring(m.tree)] == []


def test_every_public_name_of_core_and_services_states_its_promise() -> None:
    bare = [f"{m.path}:{name}" for m in modules("nof1web/core", "nof1web/services") for name in undocumented(m)]
    assert bare == []


def undocumented(module: Module) -> Iterator[str]:
    """Yield public functions, classes and methods without docstring; a Protocol's stubs may let their names speak."""
    for node in module.tree.body:
        if lacks_promise(node):
            yield node.name
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            may_be_bare = "Protocol" in [ast.unparse(base) for base in node.bases]
            bare = [inner for inner in node.body if lacks_promise(inner) and not (may_be_bare and is_stub(inner))]
            yield from (f"{node.name}.{inner.name}" for inner in bare)


def lacks_promise(node: ast.stmt) -> TypeGuard[Named]:
    return isinstance(node, Named) and not node.name.startswith("_") and not ast.get_docstring(node)


def is_stub(node: Named) -> bool:
    return ast.unparse(node.body[-1]) == "..."


def test_money_never_becomes_a_float() -> None:
    found = [f"{m.path}:{line}" for m in modules("nof1web/core", "nof1web/adapters") for line in floats(m)]
    assert found == []


def floats(module: Module) -> Iterator[int]:
    """Yield the lines that call float or hand it to another function; the annotation alone is no conversion."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) != "isinstance":
            values = [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
            if any(isinstance(value, ast.Name) and value.id == "float" for value in values):
                yield node.lineno


def test_only_config_reads_the_environment() -> None:
    found = [f"{m.path}:{line}" for m in modules(*APP) if m.path != "nof1web/config.py" for line in environment(m)]
    assert found == []


def environment(module: Module) -> Iterator[int]:
    """Yield the lines that reach os.environ, os.getenv or their kin, by attribute or by import."""
    names = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node.value) == "os":
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "os" and names & {alias.name for alias in node.names}:
            yield node.lineno


def test_core_imports_values_only() -> None:
    strangers = [
        f"{m.path}: {name}" for m in modules("nof1web/core") for name in imported(m)
        if name.split(".")[0] not in CORE_MAY_IMPORT and not name.startswith(("nof1web.core", "nof1web.errors"))
    ]
    assert strangers == []


def test_core_asks_no_clock() -> None:
    clocks = {"now", "utcnow", "today"}
    found = [
        f"{m.path}:{node.lineno}" for m in modules("nof1web/core") for node in ast.walk(m.tree)
        if isinstance(node, ast.Attribute) and node.attr in clocks and ast.unparse(node.value) in {"datetime", "date"}
    ]
    assert found == []


def test_adapters_know_ports_and_core_only() -> None:
    strangers = []
    for module in modules("nof1web/adapters"):
        own = ".".join(module.path.removesuffix(".py").split("/")[:3])
        allowed = (*ADAPTERS_MAY_IMPORT, own, *(["nof1web.sim.engine"] if own == "nof1web.adapters.paper" else []))
        names = [name for name in imported(module) if name.startswith("nof1web")]
        strangers += [f"{module.path}: {n}" for n in names if not any(n == a or n.startswith(a + ".") for a in allowed)]
    assert strangers == []


def imported(module: Module) -> Iterator[str]:
    """Yield the full name of everything a module imports; `from package import name` counts as package.name."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_a_broad_except_stands_only_where_a_loop_or_a_person_must_survive() -> None:
    found = Counter(m.path for m in modules(*APP) for node in ast.walk(m.tree) if is_broad(node))
    assert dict(found) == {path: count for path, (count, _) in BROAD_EXCEPTS.items()}


def is_broad(node: ast.AST) -> bool:
    if not isinstance(node, ast.ExceptHandler):
        return False
    caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in caught)


def test_only_the_command_line_and_the_built_in_exchange_print() -> None:
    speakers = ("nof1web/cli", "nof1web/sim/server.py", "wsgi.py")
    found = [f"{m.path}:{call.lineno}" for m in modules(*APP) if not m.under(*speakers) for call in m.calls("print")]
    assert found == []


def test_names_use_the_words_of_the_design() -> None:
    vague = re.compile(r"manager|helper|util|^process_|^handle_", re.IGNORECASE)
    named = [(m.path, node.name) for m in modules(*APP) for node in ast.walk(m.tree) if isinstance(node, Named)]
    named += [(m.path, m.path.rsplit("/", 1)[-1]) for m in modules(*APP)]
    assert [f"{path}: {name}" for path, name in named if vague.search(name) and name not in GIVEN_NAMES] == []


def test_nothing_is_left_for_later() -> None:
    # Spelled in parts, so that this file passes its own check.
    marker = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
    kinds = {".py", ".html", ".css", ".js", ".md", ".toml", ".txt", ".in", ".cfg", ""}
    ours = [path for path in project_files() if path.suffix in kinds and "vendor" not in path.parts]
    assert [str(path) for path in ours if marker.search(path.read_text(encoding="utf-8"))] == []
