"""Prints requirements.lock: the exact versions of this environment, without ourselves, without paths and without build labels."""

from __future__ import annotations

import re
from importlib.metadata import distributions

HEADER = """\
# Exact versions for 'pip install -c requirements.lock'. Written by 'make lock' on Python 3.11, Linux; pyproject.toml has the ranges.
# torch: this very version has a small CPU build; an unpinned one brings several gigabytes of CUDA.
"""
OURSELVES = {"automl-lab", "pip", "setuptools", "wheel"}

found = {re.sub(r"[-_.]+", "-", each.name).lower(): each.version.partition("+")[0] for each in distributions()}
print(HEADER + "\n".join(f"{name}=={version}" for name, version in sorted(found.items()) if name not in OURSELVES))
