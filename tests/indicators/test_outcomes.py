"""What came of a run: losses against a baseline, cost per tonne, members of an alliance and their like."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from simulator import indicators
from tests.fixtures import worlds

END = "period.end=2028-01-01"


def test_a_run_against_itself_loses_nothing():
    calm = worlds.paper("stationary", END)
    found = indicators.resilience_of(calm, calm)
    assert (
        float(found["depth"].max())
        == float(found["area"].max())
        == float(found["days_to_recover"].max())
        == 0
    )
    assert found["shortage_months"].values.tolist() == [0, 0]


def test_losses_are_those_of_the_formula():
    calm, hit = (worlds.paper(name, END) for name in ("stationary", "outage"))
    found = indicators.resilience_of(hit, calm, "World")
    met = [
        (ds["content_delivered"].sum("region") / ds["content_demanded"].sum("region")).values
        for ds in (hit, calm)
    ]
    days = np.diff(np.append(hit["time"].values, np.datetime64("2028-01-01"))) / np.timedelta64(1, "D")
    loss = np.maximum(met[1] - met[0], 0.0)
    assert found["area"].values == pytest.approx(days @ loss)
    assert found["depth"].values == pytest.approx(loss.max(axis=0))
    assert found["depth"].max() > 0.05
    worst = hit["time"].values[loss.argmax(axis=0)]
    assert (found["worst_month"].values == worst).all()
    assert found["shortage_months"].values.tolist() == (met[0] < 0.95).sum(axis=0).tolist()


def test_loss_of_a_group_is_that_of_its_region():
    hit = worlds.paper("outage", END)
    assert indicators.resilience_of(hit, area="UNECE").equals(indicators.resilience_of(hit, area="NORTH"))


def delivered(tonnes, cost=None):
    """Tonnes by material, half in each of two regions, and what policies cost there."""
    got = np.broadcast_to(np.array(tonnes) / 2, (1, 2, len(tonnes)))
    ds = xr.Dataset(
        {"content_delivered": (("time", "region", "material"), got)},
        coords={"material": [f"m{i}" for i in range(len(tonnes))]},
    )
    if cost is None:
        return ds
    parts = [[0.25 * c for c in cost], [0.75 * c for c in cost]]  # wherever it falls
    return ds.assign(policy_cost=(("time", "region", "policy"), [parts]))


def test_cost_of_policies_per_tonne_that_they_made_available():
    found = indicators.policy_cost_per_tonne(
        delivered([110, 100, 90], [300, 200]), delivered([100, 100, 100])
    )
    assert found.values.tolist() == [50.0, np.inf, np.inf]
    more = indicators.policy_cost_per_tonne(delivered([110], [300]), delivered([100], [100]))
    assert more.values.tolist() == [20.0]
    none = indicators.policy_cost_per_tonne(delivered([100]), delivered([100]))
    assert np.isnan(none.values).all()


def test_members_against_their_like():
    month = np.arange("2024-01", "2024-03", dtype="datetime64[M]").astype("datetime64[ns]")
    dims = ("time", "region", "group")
    ds = xr.Dataset(
        {
            "ally_firms": (dims, [[[4.0, 8.0], [6.0, 12.0]], [[3.0, 4.0], [6.0, 12.0]]]),
            "ally_sales": (dims, [[[20.0, 30.0], [30.0, 50.0]], [[10.0, 30.0], [30.0, 50.0]]]),
            "ally_failures": (dims, [[[0.0, 2.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 0.0]]]),
            "ally_fill": (dims, [[[1.0, 0.2], [1.0, 0.7]], [[1.0, 0.2], [1.0, 0.7]]]),
        },
        coords={"time": month, "region": ["SOUTH", "NORTH"], "group": ["ally", "match"]},
    )
    found = indicators.alliance_gain(ds).squeeze()
    assert float(found["fill"]) == pytest.approx(1 - (0.2 * 12 + 0.7 * 24) / 36)
    assert float(found["failure_rate"]) == pytest.approx(1 / 10 - 4 / 20)
    assert float(found["sales_per_firm"]) == pytest.approx(90 / 9 - 160 / 16)
    south = indicators.alliance_gain(ds, ["SOUTH"]).squeeze()
    assert float(south["fill"]) == pytest.approx(0.8)
    assert float(south["failure_rate"]) == pytest.approx(1 / 4 - 4 / 8)


def test_shortage_months_counts_what_is_below():
    assert indicators.shortage_months([[0.94, 1.0], [0.95, 0.2], [0.5, 1.0]]).tolist() == [2, 1]


def test_top_share():
    assert indicators.top_share([[3.0, 1.0], [0.0, 0.0]]).tolist() == [0.75, 0.0]
    assert indicators.top_share([[3.0], [1.0]], axis=0).tolist() == [0.75]
