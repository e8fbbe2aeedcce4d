"""What candidates are judged by: one file per score or cost. Refuses to know how a candidate is made or run."""

from automl_lab.objectives.objective import OBJECTIVES, Objective, choose, fitting

__all__ = ["OBJECTIVES", "Objective", "choose", "fitting"]
