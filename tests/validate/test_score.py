"""Scores against their definitions."""

import math

import numpy as np
import pytest
from trainyard.validate import score
from trainyard.validate.prediction import Prediction
from trainyard.validate.truth import Row


def compared(measured, predicted, **fields):
    usual = dict.fromkeys(
        ("level", "config", "workload", "dtype", "program_public", "confidence"), ""
    )
    usual |= {"id": "A", "category": "c", "device": "trn2", "metric": "latency", "unit": "s"}
    usual |= {"use": "equality", "source": "s", "tolerance_pct": "5", "line": 1}
    row = Row(**(usual | fields), value=measured)
    if predicted is None:
        return score.Compared(row, reason="no")
    return score.Compared(row, Prediction.exact(predicted))


def test_a_score_is_a_median_and_a_percentile_of_log_ratios():
    measured = [1.0, 2.0, 3.0, 4.0]
    predicted = [1.1, 1.0, 3.0, 10.0]
    (found,) = score.scores([compared(*pair) for pair in zip(measured, predicted, strict=True)])
    errors = np.abs(np.log(np.array(predicted) / np.array(measured)))
    assert found.count == 4
    assert found.median == pytest.approx(np.exp(np.quantile(errors, 0.5)) - 1)
    assert found.p90 == pytest.approx(np.exp(np.quantile(errors, 0.9)) - 1)


@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_quantiles_are_numpys(n):
    values = sorted(np.random.default_rng(n).random(n))
    for share in (0, 0.3, 0.5, 0.9, 1):
        assert score.quantile(values, share) == pytest.approx(np.quantile(values, share))


def test_categories_and_devices_are_not_pooled():
    rows = [
        compared(1, 2),
        compared(1, 1, category="d"),
        compared(1, 1, device="trn1"),
        compared(1, 4, use="context"),
        compared(1, 4, use="upper_bound"),
        compared(1, None),
    ]
    found = {(s.category, s.device): s.median for s in score.scores(rows)}
    assert found == {("c", "trn2"): pytest.approx(1), ("d", "trn2"): 0, ("c", "trn1"): 0}


def test_order_counts_pairs_of_one_source_beyond_their_tolerance():
    right, wrong = compared(1, 10), compared(2, 5)
    assert score.rank_agreement([right, wrong]) == 0
    assert score.rank_agreement([right, compared(2, 11)]) == 1
    assert score.rank_agreement([right, compared(1.05, 5)]) is None, "within the tolerance of 5 %"
    assert score.rank_agreement([right, compared(1.051, 5)]) == 0
    assert score.rank_agreement([right, compared(2, 5, source="t")]) is None
    assert score.rank_agreement([right, wrong, compared(3, 12)]) == pytest.approx(2 / 3)


def test_errors_have_a_sign():
    assert compared(2, 1).error == -0.5 and compared(2, 3).error == 0.5
    assert compared(2, 4).log_ratio == pytest.approx(math.log(2))
