"""The search: candidates, how their parameters are suggested, and strategies. It evaluates nothing itself."""
