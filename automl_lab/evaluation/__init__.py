"""How one candidate is judged: the protocol that every trial of an experiment follows, one trial by it, and who is better."""
