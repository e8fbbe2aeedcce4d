"""Conformance suites that ship with the package, so that a plug-in is held to what our own parts are held to. They need pytest's friends, not pytest."""
