"""How far predictions are from measurements."""

import itertools
import math
from dataclasses import dataclass

from trainyard.validate.prediction import NotModelledError, Prediction, predict
from trainyard.validate.truth import Row


@dataclass(frozen=True)
class Compared:
    """A measurement with its prediction, or with the reason why there is none."""

    row: Row
    prediction: Prediction | None = None
    reason: str = ""

    @property
    def scored(self):
        """Whether the row says how right the prediction is."""
        compared = self.row.use in ("equality", "ratio_only")
        return self.prediction is not None and compared and self.prediction.value > 0

    @property
    def log_ratio(self):
        """ln(predicted / measured)."""
        return math.log(self.prediction.value / self.row.value)

    @property
    def error(self):
        """predicted / measured - 1."""
        return self.prediction.value / self.row.value - 1


def compare(rows, programs, progress=lambda row: None):
    """Every row, in order: none is dropped."""
    compared = []
    for row in rows:
        progress(row)
        try:
            compared.append(Compared(row, predict(row, programs)))
        except NotModelledError as reason:
            compared.append(Compared(row, reason=str(reason)))
    return compared


@dataclass(frozen=True)
class Score:
    """Of the scored rows of one category and device: |ln(predicted / measured)| at the median and
    at the 90th percentile, as the factor less one, and the share of pairs of variants in the right
    order (None: no two are comparable)."""

    category: str
    device: str
    count: int
    median: float
    p90: float
    rank_agreement: float | None


def scores(compared):
    """A Score for each category and device that has one, by name."""
    groups = {}
    for one in compared:
        if one.scored:
            groups.setdefault((one.row.category, one.row.device), []).append(one)
    return [_score(*key, group) for key, group in sorted(groups.items())]


def _score(category, device, group):
    errors = sorted(abs(one.log_ratio) for one in group)
    return Score(
        category,
        device,
        len(group),
        math.expm1(quantile(errors, 0.5)),
        math.expm1(quantile(errors, 0.9)),
        rank_agreement(group),
    )


def quantile(ordered, share):
    """By linear interpolation, as numpy.quantile."""
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def rank_agreement(group):
    """Of the pairs that one source measured by one metric and that differ by more than their
    tolerance, the share that the predictions put in the same order."""
    right = pairs = 0
    for a, b in itertools.combinations(group, 2):
        same = (a.row.source, a.row.metric) == (b.row.source, b.row.metric)
        tolerance = 1 + max(float(one.row.tolerance_pct or 0) for one in (a, b)) / 100
        measured = a.row.value / b.row.value
        if not same or 1 / tolerance <= measured <= tolerance:
            continue
        pairs += 1
        right += (a.prediction.value > b.prediction.value) == (measured > 1)
    return right / pairs if pairs else None
