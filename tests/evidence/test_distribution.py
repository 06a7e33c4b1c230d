"""The quantiles are those of scipy.stats, which is too slow to import in the product."""

from __future__ import annotations

import subprocess
import sys

import pytest
from scipy import stats

from ajar.evidence.distribution import normal_below, normal_quantile, t_below, t_quantile


@pytest.mark.parametrize("p", [1e-12, 0.001, 0.025, 0.5, 0.8, 0.975, 0.9999])
def test_quantiles(p: float) -> None:
    assert normal_quantile(p) == pytest.approx(stats.norm.ppf(p), rel=1e-12, abs=1e-15)
    assert normal_below(normal_quantile(p)) == pytest.approx(p, rel=1e-9)
    for df in (1, 1.4, 9, 38.5, 5000):
        assert t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-8, abs=1e-12)
        assert t_below(t_quantile(p, df), df) == pytest.approx(p, rel=1e-8)


def test_evidence_does_not_load_the_slow_half_of_scipy() -> None:
    program = "import sys, ajar.evidence.verdict; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
