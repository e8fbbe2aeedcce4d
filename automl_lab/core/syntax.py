"""Python source as a syntax tree, from any thread. Refuses to run it."""

from __future__ import annotations

import ast
import threading

# CPython 3.11 counts the depth of the tree that it builds per interpreter, not per thread: two threads that parse at once raise
# "SystemError: AST constructor recursion depth mismatch" (python/cpython issue 106905).
_ONE_AT_A_TIME = threading.Lock()


def parse(text: str) -> ast.Module:
    """The tree of ``text``. Raises ``SyntaxError`` and ``ValueError`` as ``ast.parse`` does."""
    with _ONE_AT_A_TIME:
        return ast.parse(text)
