"""The examples as modules: `import nki` means the simulated machine, examples/ is importable."""

import sys
from pathlib import Path

import numpy as np
import pytest

from trainyard import activation

activation.install()  # here, but not in the processes that other tests start
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture(params=["trn1", "trn2", "trn3"])
def machine(request) -> str:
    return request.param


@pytest.fixture(params=["float32", "bfloat16"])
def dtype(request) -> np.dtype:
    import ml_dtypes

    return np.dtype(getattr(ml_dtypes, request.param, request.param))
