"""A first run, cell by cell: for an editor that knows `# %%` cells, or `python docs/first_run.py`."""

# %% [markdown]
# A run is one call. It takes the name of a shipped scenario, a path to a YAML file, or a mapping, and
# gives an xarray data set: monthly, labelled, each variable with its unit and what it means.

# %%
import simulator
from simulator import totals

with_outage = simulator.run("drc_cobalt_outage_2026")
print({name: int(n) for name, n in with_outage.sizes.items()})
print(with_outage["availability"].attrs)

# %% [markdown]
# What was asked is part of the result: the scenario's text, its events, a hash of all input tables, and
# how many of their rows were recalled rather than read in a source.

# %%
for key in ("title", "demand_case", "events", "inputs_hash", "n_recalled_rows", "n_agents"):
    print(f"{key:16} {with_outage.attrs[key]}")

# %% [markdown]
# A finding is a difference between two runs, so run what the scenario is compared with. A mapping says
# what differs from a shipped scenario, as a YAML file does; this one only has no outage.

# %%
without = simulator.run(
    {"schema_version": 1, "name": "no_outage", "extends": "drc_cobalt_outage_2026", "disruptions": []}
)

# %% [markdown]
# Availability is the share of the need for refined material that stock on hand could meet, at the first
# makers that take it. The share of the world is the share of the sums, never a mean of shares, so
# years and groups of regions are put together by `simulator.totals`.

# %%
share = {}
for name, run in {"without": without, "with": with_outage}.items():
    world = totals.over_regions(run)
    share[name] = world["availability"].sel(material="cobalt").to_series()
    print(name, share[name]["2026-01":"2027-12"].round(3).to_list())

# %% [markdown]
# The mines stop on 1 January 2026. Stocks and what is on the way carry the makers for some months: the
# shortage starts later than the outage, and it ends later. A part of it stays for years: mines run at
# their stated maximum, so what was not dug is not made up, and stocks stay low.

# %%
gap = share["without"] - share["with"]
first = gap[gap > 0.1].index[0]
over = gap[first:][gap[first:] <= 0.1].index[0]
print(f"a tenth of the need for cobalt or more is missing from {first:%B %Y} to {over:%B %Y}")
print(f"at worst {gap.max():.0%}; still missing in 2030: {gap['2030'].mean():.0%}")

# %% [markdown]
# Who is hit? Any variable can be cut by its labels.

# %%
months = with_outage["time"].dt.year == 2026
need = (with_outage["need"] - with_outage["met"]).sel(material="cobalt").where(months, drop=True).sum("time")
print(need.to_series().sort_values(ascending=False).head(4).round(0))

# %% [markdown]
# Every tonne can be followed. `flow` has all links of the loop, `stock` all its nodes, so the mass
# balance of any node can be recomputed from the result alone; here, of the recyclers in 2030.

# %%
year = with_outage.sel(time="2030", material="cobalt")
into = year["flow"].where(year["target"] == "recycling", 0.0).sum()
out = year["flow"].where(year["source"] == "recycling", 0.0).sum()
stock = with_outage["stock"].sel(node="recycling", material="cobalt")
change = stock.sel(time="2030-12-01") - stock.sel(time="2029-12-01")
print(f"into recyclers {float(into):,.0f} t, out {float(out):,.0f} t, change of stock {float(change):,.0f} t")
assert abs(float(into - out - change)) <= 1e-9 * float(into)

# %% [markdown]
# The same as a command: `loopcast run reference drc_cobalt_outage_2026 --out outputs` also writes
# netCDF, tables and pages. docs/terms.md has every variable, docs/model.md every equation.
