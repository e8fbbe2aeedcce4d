"""Checks a pipeline's source against what the registered parts may emit, before it is imported.

An integrity check and no sandbox: it makes sure that the text is one our renderer could have written from registered parts. Everything
that is not expressly allowed is refused: node types, imports, constructors, definitions by the hash of their syntax tree.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NoReturn

from automl_lab.core.errors import IntegrityError
from automl_lab.core.syntax import parse
from automl_lab.pipelines.definition import Definition, fingerprint, import_lines
from automl_lab.pipelines.render import BUILDER
from automl_lab.pipelines.source import Source

_CONSTANTS = frozenset({"np.nan", "np.inf"})
_PLAIN = (type(None), bool, int, float, str)


def permissions(uses: Iterable[str | Definition]) -> frozenset[str]:
    """The allow-list of constructors (dotted names) and definitions: what ``audit`` takes. Plain strings, so that it travels and hashes."""
    allowed = {"import numpy as np"}
    for each in uses:
        if isinstance(each, str):
            allowed |= {each, "from {0} import {2}".format(*each.rpartition("."))}
            continue
        for definition in each.closure():
            allowed |= {definition.fingerprint, *definition.imports}
    return frozenset(allowed)


def audit(source: Source, allowed: frozenset[str]) -> None:
    """Raise ``IntegrityError``, with the line, unless every part of ``source`` is in ``allowed`` (as made by ``permissions``)."""
    try:
        tree = parse(source.text)
    except (SyntaxError, ValueError) as error:
        raise IntegrityError(f"the pipeline's source is no Python: {error}") from None
    _Auditor(allowed).module(tree)


class _Auditor:
    """Walks one module. ``callable`` and ``names`` grow with what it imports, defines and assigns; ``taken`` keeps a name from being bound twice."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self.allowed = allowed
        self.callable: set[str] = set()
        self.names: set[str] = set()
        self.taken: set[str] = {BUILDER}
        self.numpy = False
        self.built = False

    def module(self, tree: ast.Module) -> None:
        for position, node in enumerate(tree.body):
            if position == 0 and _is_docstring(node):
                continue
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.imports(node)
            elif isinstance(node, ast.FunctionDef) and node.name == BUILDER:
                self.builder(node)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.definition(node)
            else:
                _refuse(node, "a pipeline's module holds imports, definitions and the builder only")
        if not self.built:
            raise IntegrityError(f"the pipeline's source has no {BUILDER}()")

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        lines = import_lines(node)
        if not lines or not set(lines.values()) <= self.allowed:
            _refuse(node, f"no registered part imports this: {ast.unparse(node)}")
        for bound, line in lines.items():
            self.take(node, bound)
            self.numpy = self.numpy or line == "import numpy as np"
            if isinstance(node, ast.ImportFrom) and f"{node.module}.{bound}" in self.allowed:
                self.callable.add(bound)

    def definition(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        if fingerprint(node) not in self.allowed:
            _refuse(node, f"no registered part defines this {node.name!r}")
        self.take(node, node.name)
        self.callable.add(node.name)
        self.names.add(node.name)

    def take(self, node: ast.stmt, name: str) -> None:
        if name in self.taken:
            _refuse(node, f"the name {name!r} is bound twice")
        self.taken.add(name)

    def builder(self, node: ast.FunctionDef) -> None:
        arguments = node.args
        if self.built or node.decorator_list or arguments.args or arguments.posonlyargs or arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
            _refuse(node, f"{BUILDER}() is one plain function without arguments")
        if node.returns is not None and not (isinstance(node.returns, ast.Name) and node.returns.id in self.callable):
            _refuse(node, "the builder's annotation is no registered name")
        self.built = True
        body = node.body[1:] if _is_docstring(node.body[0]) else node.body
        for statement in body[:-1]:
            if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name):
                _refuse(statement, "the builder holds plain assignments and a return only")
            self.value(statement.value)
            self.take(statement, statement.targets[0].id)
            self.names.add(statement.targets[0].id)
        last = body[-1] if body else node
        if not isinstance(last, ast.Return) or last.value is None:
            _refuse(last, "the builder ends by returning the pipeline")
        self.value(last.value)

    def value(self, node: ast.expr) -> None:
        match node:
            case ast.Constant() if type(node.value) in _PLAIN:
                return
            case ast.Name() if node.id in self.names:
                return
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() | ast.Attribute()):
                self.value(node.operand)
            case ast.Attribute() if self.numpy and ast.unparse(node) in _CONSTANTS:
                return
            case ast.List() | ast.Tuple():
                for each in node.elts:
                    self.value(each)
            case ast.Dict() if None not in node.keys:
                for item in (*node.keys, *node.values):
                    if item is not None:
                        self.value(item)
            case ast.Call(func=ast.Name()) if isinstance(node.func, ast.Name) and node.func.id in self.callable:
                self.call(node)
            case _:
                _refuse(node, f"no registered part writes this: {ast.unparse(node):.80}")

    def call(self, node: ast.Call) -> None:
        for each in node.args:
            self.value(each)
        for keyword in node.keywords:
            if keyword.arg is None:
                _refuse(keyword.value, "keyword arguments are written out")
            self.value(keyword.value)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _refuse(node: ast.AST, reason: str) -> NoReturn:
    raise IntegrityError(f"pipeline source refused at line {getattr(node, 'lineno', '?')}: {reason}")
