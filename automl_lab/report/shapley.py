"""SHAP values over the raw columns (text, dates, missing values), whatever the model is, by the permutation explainer of the shap library.

Owns the way there and back: the library is given row numbers instead of values, and the model gets whole rows again. Refuses to look inside
the model. Public libraries only: ``explain`` runs this file and every report shows and runs it as a cell.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import shap


def shapley_explanation(
    predict_rows: Callable[[pd.DataFrame], np.ndarray], rows: pd.DataFrame, background: pd.DataFrame, *, permutations: int, seed: int
) -> shap.Explanation:
    """Explain ``rows`` against ``background``, which has the same columns. ``predict_rows`` gives an array of rows x outputs.

    ``values`` of the explanation are rows x columns x outputs, ``base_values`` (the mean predictions for the background) rows x outputs;
    over the columns the values add up to the prediction less the base value. For every row so many random orders of the columns are
    walked forwards and backwards, which costs ``permutations * (2 * columns + 1) * len(background)`` predictions.
    """
    pool = pd.concat([background, rows], ignore_index=True)
    numbers = np.tile(np.arange(len(pool))[:, None], pool.shape[1])
    hidden, shown = numbers[: len(background)], numbers[len(background) :]

    # A function and not the background itself, because only then the library works in batches, which bounds the memory.
    def masked(mask: np.ndarray, row: np.ndarray) -> np.ndarray:
        return np.where(mask, row, hidden)

    def predict_numbers(mixed: np.ndarray) -> np.ndarray:
        return predict_rows(pd.DataFrame({name: pool[name].array.take(mixed[:, place]) for place, name in enumerate(pool.columns)}))

    drawn = np.random.get_state()  # the library seeds and uses NumPy's global generator, which is the user's
    try:
        explainer = shap.explainers.Permutation(predict_numbers, masked, seed=seed)
        # A batch is so many masks at once: few calls of the model, and never more than a few million cells in memory.
        batch = max(1, 4_000_000 // hidden.size)
        found = explainer(shown, max_evals=permutations * (2 * pool.shape[1] + 1), batch_size=batch, silent=True)
    finally:
        np.random.set_state(drawn)
    return shap.Explanation(
        np.asarray(found.values, dtype=float).reshape(*rows.shape, -1),
        base_values=np.asarray(found.base_values, dtype=float).reshape(len(rows), -1),
        data=rows.to_numpy(dtype=object),
        feature_names=[str(name) for name in rows.columns],
    )
