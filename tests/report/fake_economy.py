"""Made-up prices, accounts, programmes and an alliance for the made-up results: money and heads add up."""

from __future__ import annotations

import numpy as np
import xarray as xr

from simulator.terms import ACCOUNTS, CAUSES, FUND_ENTRIES, GROUPS, REASONS, UNFC_CLASSES

PRICE = {"lithium": 12e3, "cobalt": 26e3, "nickel": 16.8e3, "copper": 9.1e3}
FRAIL = np.array([1.6, 1.0, 0.6, 0.2])
"""How readily an enterprise of each size class fails, the middle ones being 1."""

LACK = np.array([0.02, -0.02, 0.01, -0.01])
"""How much more of each material's essential products is missed than of all of them."""

SALES_PER_JOB = np.array([5e4, 9e4, 15e4, 30e4])


def add(ds: xr.Dataset, *, alliance: bool = False, programmes: bool = False, seed: int = 3) -> xr.Dataset:
    """The same result with prices and money in it; enterprises die of what its shortages cost."""
    rng = np.random.default_rng(seed)
    short = 1 - ds["availability"].mean("region").values
    _prices(ds, short, rng)
    _enterprises(ds, short.mean(axis=1), 0.5 if programmes else 1.0, rng)
    _investments(ds, rng)
    _money(ds)
    if programmes:
        names, months = ["training_eu", "credit_guarantee"], np.arange(ds.sizes["time"])
        ds.coords["programme"] = names
        paid = _of_regions(ds, "programme", 2e6 + 0 * months, EU27=1.0)
        more = _of_regions(ds, "programme", 5e5 * (months > 24), EU27=0.6, IND=0.4)
        cost = np.concatenate([paid[1], more[1]], axis=-1)
        ds["programme_cost"] = (paid[0], cost)
        ds["programme_reach"] = (paid[0], np.cumsum(cost, axis=0) / 4e4)
        ds.coords["model"] = ["leasing", "repair_shops"]
        ds.coords["model_region"] = ("model", ["*", "CHN"])
        ds["adoption"] = (("time", "model"), 1 / (1 + np.exp(np.array([4, 6]) - months[:, None] / 24)))
        ds["programme_material"] = (("programme", "material"), [[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0]])
        ds["model_material"] = (("model", "material"), [[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
        _levers(ds, months)
    if alliance:
        _alliance(ds, rng)
    return ds


def _levers(ds, months):
    """A policy, a limit on exports that a tenth evades, projects that open and essential products."""
    ds.coords["policy"], ds.coords["restriction"] = ["stockpile"], ["graphite_quota"]
    ds.coords["unit_restriction"] = ("restriction", ["t"])
    ds["policy_cost"] = _of_regions(ds, "policy", 1e6 * (months > 12), EU27=0.75, JKT=0.25)
    for name, amount in (("limit", 50.0), ("left", 45.0), ("held_back", 30.0)):
        monthly = np.where(months > 24, amount, 0.0)
        ds[f"export_{name}"] = _of_regions(ds, "restriction", monthly, CHN=0.8, IND=0.2)
    china = (ds["region_from"] == "CHN") & (ds["region_to"] != "CHN") & (ds["good"] == "refined_cobalt")
    ds["exports_illicit"] = 0.1 * ds["trade"] * (china & xr.DataArray(months > 24, dims="time"))
    ds["exports_illicit"] = ds["exports_illicit"].transpose(*ds["trade"].dims)
    holds = [[good.endswith(material) for material in ds["material"].values] for good in ds["good"].values]
    ds["good_material"] = (("good", "material"), np.array(holds, dtype=float))
    ds["policy_material"] = (("policy", "material"), [[0.0, 1.0, 0.0, 0.0]])
    ds["restriction_material"] = (("restriction", "material"), [[0.0, 1.0, 0.0, 0.0]])
    ds.coords["unfc_class"] = list(UNFC_CLASSES)
    amount = np.zeros((len(months), ds.sizes["region"], ds.sizes["material"], len(UNFC_CLASSES)))
    for region, of_all in (("CHN", 1.0), ("CAN", 0.25), ("EU27", 0.125)):
        own = amount[:, ds["region"].values == region]
        own[..., 0] = months[:, None, None]
        own[..., 2] = 900.0 - months[:, None, None]
        own[..., 3] = 200.0
        amount[:, ds["region"].values == region] = of_all * own
    amount[:, ds["region"].values == "EU27", ds["material"].values == "cobalt"] = 0.0
    ds["pipeline"] = (("time", "region", "material", "unfc_class"), amount)
    asked = np.ones((len(months), ds.sizes["region"], ds.sizes["material"]))
    dims = ("time", "region", "material")
    ds["demanded_essential"] = (dims, asked)
    unmet = asked * (np.linspace(0.05, 0.15, ds.sizes["region"])[:, None] + LACK)
    ds["unmet_essential"] = (dims, unmet)
    ds["availability_essential"] = (dims, 1 - unmet)


def _of_regions(ds, dim, monthly, **shares):
    """Months of the one label of a dimension, split over some regions."""
    part = np.array([shares.get(str(region), 0.0) for region in ds["region"].values])
    return ("time", "region", dim), (monthly[:, None] * part)[..., None]


def _prices(ds, short, rng):
    materials = ds["material"].values.astype(str)
    n = ds.sizes["time"]
    m = [next((materials.tolist().index(k) for k in PRICE if g.endswith(k)), 0) for g in ds.good.values]
    local = 1 + 0.05 * rng.standard_normal((1, ds.sizes["region"], 1))
    price = np.exp(
        4 * short[:, None, m] * local + 0.01 * rng.standard_normal((n, ds.sizes["region"], len(m)))
    )
    price[:2] = 1.0
    price[:, 0, -1] = np.nan
    ds["price"] = (("time", "region", "good"), price)
    base = np.array([PRICE[k] for k in materials])[m] * (1 + 0.02 * rng.random((ds.sizes["region"], len(m))))
    ds["price_base"] = (("region", "good"), base)
    idle = np.clip(0.1 - short.mean(axis=1), 0, 1)[:, None, None]
    ds["idle_share"] = (("time", "region", "process"), np.broadcast_to(idle, ds["production"].shape).copy())
    ds["intensity"] = (
        ("time", "region", "material"),
        np.broadcast_to(1 - 0.2 * short[:, None], ds.need.shape).copy(),
    )


def _enterprises(ds, short, factor, rng):
    """Failures by cause, births that make up for the usual turnover, and who is left."""
    dims = ("time", "region", "stage", "size")
    start = ds["n_firms"].isel(time=0).values
    hazard = 0.01 * factor * np.maximum(short, 0)[:, None, None, None] * FRAIL
    hazard = hazard * rng.uniform(0.8, 1.2, (1, *start.shape))
    left, failed, born = start, [], []
    for month in range(ds.sizes["time"]):
        usual = 0.002 * left
        failed.append(np.stack([0.7 * hazard[month] * left, 0.3 * hazard[month] * left, usual], axis=-1))
        born.append(usual)
        left = left - failed[-1].sum(axis=-1) + born[-1]
        ds["n_firms"].values[month] = left
    ds.coords["cause"] = list(CAUSES)
    ds["failures"] = ((*dims, "cause"), np.array(failed))
    ds["births"] = (dims, np.array(born))
    ds["jobs"] = ds["jobs"] * ds["n_firms"] / start
    ds["sales"] = (dims, ds["jobs"].values * SALES_PER_JOB / 12)
    ds["market_share"] = ds["sales"] / ds["sales"].sum("size")
    ds["cash"] = (dims, ds["sales"].values * 0.9)


def _investments(ds, rng):
    """A twentieth of sales, but nothing in Canada."""
    wanted = 0.05 * ds["sales"] * (ds["region"] != "CAN")
    made = wanted * np.array([0.3, 0.5, 0.7, 0.9])
    ds.coords["reason"] = list(REASONS)
    ds["investments_wanted"], ds["investments_made"] = wanted, made
    share = xr.DataArray([0.5, 0.3, 0.2], dims="reason")
    ds["investments_blocked"] = (wanted - made) * share
    per_month = np.maximum(rng.standard_normal(ds["production"].shape), 0)
    ds["capacity_added"] = (("time", "region", "process"), 1e-3 * per_month * ds["production"].values)


def _money(ds):
    sales = ds["sales"].sum(("region", "stage", "size")).values
    flows = np.stack([sales, 0.9 * sales], axis=1)
    held = np.zeros((sales.size, len(ACCOUNTS)))
    held[:, 0] = np.cumsum(flows[:, 0] - flows[:, 1])
    held[:, 2] = -held[:, 0]
    ds.coords["account"], ds.coords["payment"] = list(ACCOUNTS), ["households>firms", "firms>households"]
    ds["money"], ds["money_flow"] = (("time", "account"), held), (("time", "payment"), flows)
    ds["money_residual"] = ("time", np.full(sales.size, 2e-16))


MEMBERS = {"EU27": (4, 4, 0), "CHN": (3, 3, 1), "CAF": (0, 0, 2)}
"""Of each group of the alliance, thousands in a region at the start: compared, and not."""


def _alliance(ds, rng):
    """Members in three regions, in one of which no firm is like them; others have none."""
    n, groups = ds.sizes["time"], len(GROUPS)
    ds.coords["group"], ds.coords["entry"] = list(GROUPS), list(FUND_ENTRIES)
    hazard, fill = np.array([0.002, 0.003, 0.004]), np.array([0.97, 0.95, 0.9])
    start = np.array([MEMBERS.get(r, (0, 0, 0)) for r in ds["region"].values]) * 1000.0
    left = np.cumprod(np.broadcast_to(1 - hazard, (n, groups)), axis=0)[:, None, :] * start
    before = np.concatenate([start[None], left[:-1]])
    noise = 0.01 * rng.standard_normal((2, n, *start.shape))
    made = np.where(start > 0, np.clip(fill + noise[1], 0, 1), np.nan)
    of = ("time", "region", "group")
    ds["ally_firms"], ds["ally_failures"] = (of, left), (of, before - left)
    ds["ally_sales"], ds["ally_fill"] = (of, left * 5e4 * (1 + noise[0])), (of, made)
    paid_in = np.cumsum(0.001 * ds["ally_sales"].sum("region").values[:, 0])
    paid_out = 0.6 * paid_in
    ds["fund"] = (("time", "entry"), np.stack([paid_in, paid_out, paid_in - paid_out], axis=1))
    ds["pooled"] = (("time", "material"), 0.01 * ds["need"].sum("region").values)
    ds["matched"] = (("time", "material"), 0.02 * ds["need"].sum("region").values)
