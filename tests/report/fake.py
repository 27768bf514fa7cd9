"""Made-up results of realistic size whose masses close, for tests of what reads results."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from simulator.terms import FIRM_STAGES, NODES, ORIGINS, SIZES
from tests.report import fake_economy, fake_firms, fake_indicators

MATERIALS = ("lithium", "cobalt", "nickel", "copper")
BASE_T = dict(zip(MATERIALS, (205e3, 220e3, 3.37e6, 26.7e6), strict=True))
GROWTH = dict(zip(MATERIALS, (0.095, 0.05, 0.035, 0.02), strict=True))
REGIONS = {
    "CHN": "China",
    "EU27": "European Union",
    "REU": "Other Europe, Türkiye, Israel",
    "USA": "United States",
    "CAN": "Canada",
    "JKT": "Japan, Korea, Taiwan",
    "SEA": "South-East Asia",
    "OCE": "Oceania",
    "IND": "South Asia",
    "EECA": "Eastern Europe, Caucasus, Central Asia",
    "CAF": "Central Africa",
    "SAF": "Southern Africa",
    "LAM": "Latin America",
    "MEA": "Middle East, North and West Africa",
}
PRODUCTS = {
    "ev_battery": "kWh",
    "grid_battery": "kWh",
    "ev_motor": "vehicle",
    "electricity_network": "t",
    **{f"other_{m}": "t" for m in MATERIALS},
}
CONTENT_T = {
    "ev_battery": (1e-4, 7e-5, 3e-4, 6e-4),
    "grid_battery": (1e-4, 0, 0, 5e-4),
    "ev_motor": (0, 0, 0, 0.01),
}
MINES = {
    "lithium": ["mine_lithium"],
    "cobalt": ["mine_cobalt_from_copper", "mine_cobalt_from_nickel"],
    "nickel": ["mine_nickel"],
    "copper": ["mine_copper"],
}
LINKS = {
    "lithosphere>extraction": 1.0,
    "extraction>processing": 0.99,
    "extraction>by_product_unsold": 0.01,
    "processing>processing_residue": 0.04,
    "processing>stock_change": 0.05,
    "processing>component": 0.3,
    "processing>manufacturing": 0.6,
    "component>manufacturing": 0.29,
    "component>recycling": 0.02,
    "component>manufacturing_loss": 0.01,
    "manufacturing>use": 0.94,
    "manufacturing>recycling": 0.03,
    "use>hibernating": 0.3,
    "hibernating>collection": 0.15,
    "hibernating>landfill": 0.1,
    "hibernating>export_used": 0.02,
    "hibernating>informal": 0.02,
    "hibernating>unknown": 0.01,
    "collection>use": 0.01,
    "collection>recycling": 0.12,
    "collection>disposal": 0.02,
    "recycling>component": 0.05,
    "recycling>manufacturing": 0.1,
    "recycling>recycling_loss": 0.02,
}
SHIPPED = {
    *("extraction>processing", "processing>stock_change", "processing>component", "processing>manufacturing"),
    *("component>manufacturing", "component>recycling", "manufacturing>use", "manufacturing>recycling"),
    *("collection>recycling", "recycling>component", "recycling>manufacturing"),
}
"""Links that goods are shipped on."""


def dataset(
    name: str = "reference",
    *,
    title: str = "Reference",
    years: int = 17,
    outage: str | None = None,
    collection: float = 0.5,
    seed: int = 1,
    description: str = "Stated policies, announced supply, recovery as today.",
    economy: bool = False,
    alliance: bool = False,
    programmes: bool = False,
) -> xr.Dataset:
    """Result of a run that never was.

    Parameters
    ----------
    name, title, description : str
        Of the scenario.
    years : int
        Length, from January 2024.
    outage : str, optional
        Material whose supply fails by four tenths through 2026.
    collection : float [1]
        Share of end-of-life products collected by 2035.
    seed : int
        Of the noise.
    economy, alliance, programmes : bool
        With prices and money; with an alliance; with programmes and a business model.
    """
    rng = np.random.default_rng(seed)
    n = 12 * years
    time = np.datetime64("2024-01", "M") + np.arange(n)
    month = np.arange(n)
    ramp = 0.3 + (collection - 0.3) * np.clip(month / 132, 0, 1)
    grow = np.stack([BASE_T[m] / 12 * (1 + GROWTH[m]) ** (month / 12) for m in MATERIALS], axis=1)
    short = np.ones((n, 4))
    short[:, 0] = 1 - 0.28 * np.clip((month - 90) / 100, 0, 1)
    if outage:
        dip = np.interp(month, [24, 28, 34, 40], [0, 0.4, 0.4, 0])
        short[:, MATERIALS.index(outage)] *= 1 - dip
    use_share = rng.dirichlet(np.r_[30.0, 7, 2, 6, 1, 6, 5, 0.3, 4, 2, 0.3, 0.5, 3, 3], size=4).T
    noise = 1 + 0.004 * rng.standard_normal((n, 14, 4))
    need = grow[:, None, :] * use_share[None] * noise
    hit = 1 + 0.6 * (rng.random((14, 4)) - 0.5)
    avail = np.clip(1 - (1 - short[:, None, :]) * hit[None], 0, 1)
    coords = _coords(time)
    ds = xr.Dataset(coords=coords)
    trm = ("time", "region", "material")
    ds["need"], ds["met"] = (trm, need), (trm, need * avail)
    ds["availability"] = (trm, avail)
    base_need = grow[:, None, :] * use_share[None]
    ds["base_need"] = (trm, base_need)
    ds["availability_base_need"] = (trm, np.minimum(1, need * avail / base_need))
    ds["availability_final"] = (trm, np.clip(avail * 1.01, 0, 1))
    ds["content_demanded"] = (trm, 0.9 * need)
    ds["content_delivered"] = (trm, 0.9 * need * np.clip(avail * 1.01, 0, 1))
    ds["cover"] = (trm, 38 * avail**2)
    _final_demand(ds, grow, use_share, avail)
    _production(ds, grow * short, rng)
    _loop(ds, grow * short, ramp)
    _stocks_and_rates(ds, use_share, ramp)
    shape = (n, 14, 6, 4)
    firms = np.round(rng.gamma(2, 300, (14, 6, 4)) * np.array([20, 5, 1.5, 0.4]))
    ds["n_firms"] = (("time", "region", "stage_firm", "size"), np.broadcast_to(firms, shape).copy())
    jobs = firms * np.array([4, 20, 100, 800]) * (1 + 0.03 * month[:, None, None, None] / 12)
    ds["jobs"] = (("time", "region", "stage_firm", "size"), jobs)
    ds = ds.rename({"stage_firm": "stage"})
    events = []
    if outage:
        events = [{"name": f"{outage} outage", "start": "2026-01-01", "end": "2027-01-01"}]
    ds.attrs = {
        "scenario": name,
        "title": title,
        "description": description,
        "seed": 1,
        "world": "battery_materials",
        "inputs_hash": "ab" * 32,
        "n_recalled_rows": 412,
        "n_rows": 9120,
        "attributions": "Contains USGS data (public domain)\nIEA Critical Minerals Dataset, CC BY 4.0",
        "demand_case": "STEPS",
        "events": json.dumps(events),
    }
    if economy or alliance or programmes:
        fake_economy.add(ds, alliance=alliance, programmes=programmes)
        fake_indicators.add(ds)
    fake_firms.add(ds)
    return ds


def _coords(time):
    processes = [p for m in MINES.values() for p in m] + [f"refine_{m}" for m in MATERIALS]
    stage = ["extraction"] * 5 + ["processing"] * 4
    processes += ["make_ev_cell", "make_grid_cell", *[f"make_{p}" for p in PRODUCTS], "recycle_battery"]
    stage += ["component"] * 2 + ["manufacturing"] * 8 + ["recycling"]
    unit = ["t"] * 9 + ["kWh"] * 2 + list(PRODUCTS.values()) + ["t"]
    goods = [*[f"ore_{m}" for m in MATERIALS], *[f"refined_{m}" for m in MATERIALS], "ev_cell"]
    return {
        "time": time.astype("datetime64[ns]"),
        "region": list(REGIONS),
        "region_name": ("region", list(REGIONS.values())),
        "region_from": list(REGIONS),
        "region_to": list(REGIONS),
        "material": list(MATERIALS),
        "product": list(PRODUCTS),
        "unit_product": ("product", list(PRODUCTS.values())),
        "process": processes,
        "stage_process": ("process", stage),
        "unit_process": ("process", unit),
        "good": goods,
        "unit_good": ("good", ["t"] * 8 + ["kWh"]),
        "origin": list(ORIGINS),
        "node": list(NODES),
        "stage_firm": list(FIRM_STAGES),
        "size": list(SIZES),
        "link": list(LINKS),
        "source": ("link", [k.split(">")[0] for k in LINKS]),
        "target": ("link", [k.split(">")[1] for k in LINKS]),
    }


def _contents():
    table = np.zeros((8, 4))
    for i, product in enumerate(PRODUCTS):
        table[i] = CONTENT_T.get(product, [float(product == f"other_{m}") for m in MATERIALS])
    table[3, 3] = 1.0
    return table


def _final_demand(ds, grow, use_share, avail):
    content = _contents()
    driver = np.array([0, 0, 3, 3, 0, 1, 2, 3])
    share = np.array([0.5, 0.1, 0.05, 0.2, 0.4, 0.8, 0.9, 0.7])
    per_unit = content[np.arange(8), driver]
    demand = grow[:, None, driver] * use_share[None][:, :, driver] * share / per_unit
    delivered = demand * avail[:, :, driver]
    trp = ("time", "region", "product")
    ds["demand"], ds["delivered"] = (trp, demand), (trp, delivered)
    ds["unmet"] = (trp, 0.8 * (demand - delivered))


def _production(ds, supply, rng):
    n = supply.shape[0]
    out = np.zeros((n, 14, ds.sizes["process"]))
    where = rng.dirichlet(np.full(14, 0.25), size=ds.sizes["process"]).T
    for j, process in enumerate(ds["process"].values):
        material = next((m for m in MATERIALS if m in process), "copper")
        half = 0.5 if process.startswith("mine_cobalt") else 1.0
        out[:, :, j] = half * supply[:, [MATERIALS.index(material)]] * where[:, j]
    ds["production"] = (("time", "region", "process"), out)
    trade = np.zeros((n, ds.sizes["good"], 14, 14))
    pairs = rng.random((ds.sizes["good"], 14, 14)) * (rng.random((ds.sizes["good"], 14, 14)) < 0.2)
    trade[:] = pairs * supply.sum(1)[:, None, None, None] / 200
    ds["trade"] = (("time", "good", "region_from", "region_to"), trade)


def _loop(ds, supply, ramp):
    factor = np.array(list(LINKS.values()))
    flow = supply[:, None, :] * factor[None, :, None]
    later = ("collection", "recycling")
    recycling = [i for i, k in enumerate(LINKS) if k.startswith(later) or k.endswith("collection")]
    flow[:, recycling] *= ramp[:, None, None] / 0.5
    nodes = list(ds["node"].values)
    net = np.zeros((supply.shape[0], len(nodes), 4))
    for i, link in enumerate(LINKS):
        source, target = link.split(">")
        net[:, nodes.index(source)] -= flow[:, i]
        net[:, nodes.index(target)] += flow[:, i]
    total = np.cumsum(net, axis=0)
    stock = total - np.minimum(total.min(axis=0), 0) * 1.2
    ds["flow"] = (("time", "link", "material"), flow)
    ds["stock"] = (("time", "node", "material"), stock)
    ds["mass_residual"] = (("time", "material"), np.full((supply.shape[0], 4), 3e-16))
    _by_region(ds, flow)


def _by_region(ds, flow):
    """A third of all pairs of regions trade on each link that is shipped; all else stays where it is."""
    rng = np.random.default_rng(7)
    yearly = flow.reshape(-1, 12, *flow.shape[1:]).sum(axis=1)
    labels, mass = [], []
    for i, link in enumerate(LINKS):
        weight = rng.random((14, 14)) ** 4 * (rng.random((14, 14)) < 0.3) + 3 * np.diag(rng.random(14) ** 4)
        if link not in SHIPPED:
            weight = np.diag(np.diag(weight))
        for a, b in np.argwhere(weight > 0):
            labels.append((link, list(REGIONS)[a], list(REGIONS)[b]))
            mass.append(yearly[:, i] * weight[a, b] / weight.sum())
    parts = dict(zip(("link", "from", "to"), zip(*labels, strict=True), strict=True))
    ds.coords["route"] = [":".join(each) for each in labels]
    ds.coords["year"] = np.unique(ds["time.year"])
    for name, each in parts.items():
        ds.coords[f"route_{name}"] = ("route", list(each))
    ds["flow_by_region"] = (("year", "route", "material"), np.stack(mass, axis=1))


def _stocks_and_rates(ds, use_share, ramp):
    content = _contents()
    delivered = ds["delivered"].values[..., None] * content[None, None]
    stock = np.cumsum(delivered, axis=0) * 0.8 + delivered[:1] * 120
    eol = delivered[:1] * 0.4 * (1 + np.arange(stock.shape[0])[:, None, None, None] / 80)
    collected = eol * ramp[:, None, None, None]
    trpm = ("time", "region", "product", "material")
    ds["stock_in_use"], ds["stock_hibernating"] = (trpm, stock), (trpm, 0.1 * stock)
    ds["eol_generated"], ds["eol_collected"] = (trpm, eol), (trpm, collected)
    old, new = 0.85 * collected, 0.04 * delivered
    recovered = np.stack([np.zeros_like(old), old, new], axis=-1)
    ds["recovered"] = ((*trpm, "origin"), recovered)
    new, old = new.sum(2), old.sum(2)
    primary = np.maximum(ds["met"].values - old - new, 0)
    ds["supply_origin"] = (("time", "region", "material", "origin"), np.stack([primary, old, new], axis=-1))
    primary, old, new = primary.sum(1), old.sum(1), new.sum(1)
    cr = collected.sum((1, 2)) / eol.sum((1, 2))
    rates = {
        "collection_rate": cr,
        "process_efficiency": np.full_like(cr, 0.85),
        "eol_recycling_rate": 0.85 * cr,
        "recycled_content": (old + new) / (primary + old + new),
        "old_scrap_ratio": old / (old + new),
        "eol_recycling_input_rate": old / (primary + old),
        "old_scrap_input_rate": old / (primary + old + new),
    }
    for key, value in rates.items():
        ds[key] = (("time", "material"), value)
