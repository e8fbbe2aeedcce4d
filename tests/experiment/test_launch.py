"""What a launch says when the request turns out wrong after the caller went on."""

from __future__ import annotations

import pytest

import automl_lab
from automl_lab import api
from automl_lab.config import ConfigText
from automl_lab.core.errors import RequestError

pytestmark = pytest.mark.usefixtures("lab_home")
BODY = "data: sklearn:breast_cancer\ntarget: target\nobjectives: [roc_auc, rmse]\n"


def test_an_error_found_late_names_its_line_and_leaves_nothing_behind() -> None:
    asked = ConfigText.read(BODY)
    experiment = automl_lab.automl(config=asked.config.model_copy(update={"name": "late"}), look=0.0, explain=asked.explain)
    with pytest.raises(RequestError, match=r"^line 3, column 23: .*rmse"):
        experiment.wait(60)
    snapshot = experiment.snapshot()
    assert (snapshot["state"], snapshot["trials"]) == ("FAILED", [])
    assert snapshot["reason"].startswith("line 3, column 23: ")
    assert "late" not in [record["name"] for record in api.experiments()]
