"""Small wrong turns in a module: every comparison flipped, every bound and sign swapped, one at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

FLIPPED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
SWAPPED = {"min": "max", "max": "min"}
OPPOSITE: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong version of a module: `right` became `wrong` in line `line`; `text` is the whole module."""

    line: int
    right: str
    wrong: str
    text: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module's source."""
    for number, node in enumerate(ast.walk(ast.parse(source))):
        for choice in range(_choices(node)):
            tree = ast.parse(source)
            target = next(each for at, each in enumerate(ast.walk(tree)) if at == number)
            right = ast.unparse(target)
            _turn(target, choice)
            yield Mutant(getattr(target, "lineno", 0), right, ast.unparse(target), ast.unparse(tree))


def _choices(node: ast.AST) -> int:
    """How many ways there are to turn a node."""
    if isinstance(node, ast.Compare):
        return sum(len(FLIPPED[type(operator)]) for operator in node.ops)
    if isinstance(node, ast.Call):
        return int(isinstance(node.func, ast.Name) and node.func.id in SWAPPED)
    if isinstance(node, ast.BinOp | ast.AugAssign):
        return int(type(node.op) in OPPOSITE)
    return int(isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))


def _turn(node: ast.AST, choice: int) -> None:
    if isinstance(node, ast.Compare):
        places = [(at, kind) for at, operator in enumerate(node.ops) for kind in FLIPPED[type(operator)]]
        at, kind = places[choice]
        node.ops[at] = kind()
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        node.func.id = SWAPPED[node.func.id]
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        node.op = OPPOSITE[type(node.op)]()
    elif isinstance(node, ast.UnaryOp):
        # Twice not is the truth of what was negated.
        node.operand = ast.UnaryOp(ast.Not(), node.operand)
