"""The Ray side: finds or starts a cluster, hosts the controller, runs trials as tasks, lends cores. It knows nothing of searches; it runs what it is given."""
