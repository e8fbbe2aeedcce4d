"""Experiments: the controller that runs them on a cluster, and the handle by which a user follows and steers one."""
