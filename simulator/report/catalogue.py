"""Charts of a page: which there are, in their order, and what is said beside each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.report.chart import MEMBERS
from simulator.report.chart import Chart as Chart
from simulator.report.drawn_charts import BANDS, DRAWN_CHARTS, YEARLY_BANDS

if TYPE_CHECKING:
    import xarray as xr


GROUPS = {
    "happens": "What happens",
    "sure": "How sure",
    "why": "Why",
    "who": "Who",
    "circularity": "Circularity",
    "policies": "Policies",
}
"""Parts of the page that hold charts, in their order.

A new chart names one, has a function of its `id` among the page's `FIGURES` (in an asset that `page.SCRIPTS`
names) which returns title, summary, panels or its own `draw` and `table`, and lists its own controls in
`CHOICES` there and their words in `page.CHOICE_WORDS`.
"""

HANDLING = (
    " Of a material chosen above: firms that mine, process, use, collect or recycle it; one that handles "
    "several counts for each."
)
"""Said beside charts of firms."""

CHARTS = (
    Chart(
        "heat",
        "Availability at a glance",
        "Share of final users' demand at base prices, by content of the material, that was delivered in each "
        "year; one map per scenario, for the region chosen above. The stronger the colour, the less.",
        "availability_final by year, weighted by demand; tables/yearly.csv",
        material="each",
    ),
    Chart(
        "availability",
        "Availability over time",
        "One panel per material, one line per scenario, monthly. 100 % means that all that users would ask "
        "for at base prices came; the dotted line is where a shortage begins. Shaded: disruptions of the "
        "scenarios shown.",
        "availability_final, availability, availability_base_need; tables/availability.csv",
        ("measure",),
        drawn=(BANDS, "fan"),
        material="each",
    ),
    Chart(
        "prices",
        "Prices",
        "Price of the refined material as an index: 1 (dotted line) is the price of the base year, given "
        "beside the name. World: mean over regions, weighted by the value, at base prices, of what their "
        "buyers got. "
        "One panel per material, one line per scenario. Shaded: disruptions of the scenarios shown.",
        "price, price_base, trade; tables/prices.csv",
        needs="price",
        drawn=(BANDS, "fan_prices"),
        material="each",
    ),
    Chart(
        "regions",
        "Who is hit, and when",
        "Share of final users' demand, by content of the chosen material, that was delivered in each region "
        "and year.",
        "availability_final by year, weighted by demand; tables/yearly.csv",
        group="who",
    ),
    Chart(
        "map",
        "Where shortage and dependence are",
        "One map per scenario, for the material chosen above; the region chosen above has a thick outline. "
        "The stronger the colour, the more. Suppliers and imports are those of the refined material, at the "
        "stage that buys it.",
        "availability_final by year, trade of refined materials; tables/yearly.csv, tables/trade_yearly.csv. "
        "Outlines: Natural Earth",
        ("map_measure", "map_year"),
        group="who",
    ),
    Chart(
        "resilience",
        "Depth, area and recovery",
        "Availability for final users below what it is set against, in the same month: the "
        "deepest loss, the loss summed over time in days without anything (area), and the time from the "
        "first loss to when availability is back at 95 % of the reference for good.",
        "availability_final; tables/availability.csv",
        ("reference",),
        is_table=True,
        material="each",
    ),
    Chart(
        "differences",
        "Differences to the baseline",
        "What each scenario changes against the first one, by material, for the region chosen above. Shares "
        "differ in percentage points, quantities and prices in percent. Hatched: for the worse.",
        "availability_final, supply_origin, production, recovered, price; tables/yearly.csv",
        ("outcome",),
        is_comparison=True,
        drawn=(
            "Where both scenarios have members, bars are means over pairs of members with the same draws, "
            "whiskers and brackets their 95 % intervals; one that holds zero: no detectable change.",
        ),
        material="each",
    ),
    Chart(
        "products",
        "Demand and deliveries",
        "What final users asked for (thin line) and what reached them, as yearly rates. "
        "The second panel shows demand that was given up.",
        "demand, delivered, unmet; tables/final_demand.csv",
        ("product",),
    ),
    Chart(
        "origin",
        "Where the supply comes from",
        "Refined material received by the first manufacturing tier each year, by origin. "
        "One panel per scenario.",
        "supply_origin; tables/supply_origin.csv",
        group="circularity",
    ),
    Chart(
        "causes",
        "Where shortages begin",
        "What is missing each year by the cause it is traced back to: a buyer who gets too little takes over "
        "the causes of the suppliers that left it short. Parts add up to all that is missing. One panel per "
        "scenario.",
        "unmet_by_root, need_unmet_by_root; tables/root_causes.csv",
        ("cause_of", "cause_by"),
        "unmet_by_root",
        group="why",
    ),
    Chart(
        "suppliers",
        "Who supplies",
        "Refined material that buyers of the region chosen above receive each year, by region of the "
        "supplier; or metal in what mines put out, by region. One panel per scenario.",
        "trade of refined materials, production of the extraction stage; tables/trade_yearly.csv, "
        "tables/production.csv",
        ("supplied",),
        needs="trade",
        group="why",
    ),
    Chart(
        "supply_risk",
        "Supply risk",
        "Supply risk, GeoPolRisk and import reliance are those of the region chosen above; the others are "
        "the world's. One panel per material, one line per scenario, yearly.",
        "supply_risk, geopolrisk, import_reliance, hhi, largest_share, largest_firm_share by year",
        ("risk", "risk_stage"),
        "supply_risk",
        group="why",
        material="each",
    ),
    Chart(
        "crma",
        "Benchmarks of the Critical Raw Materials Act",
        "What the EU's installed capacity at each stage is of its consumption, and the largest share of one "
        "third country in it; in the year when the benchmark is due and in the last year.",
        "crma_value, crma_output; Regulation (EU) 2024/1252, Article 5(1)",
        needs="crma_value",
        is_table=True,
        group="circularity",
        material="each",
        region="European Union",
    ),
    Chart(
        "mines",
        "Mine production",
        "Contained metal that mines put out, as a yearly rate. Shaded: disruptions of the scenarios shown.",
        "production of the extraction stage; tables/production.csv",
        drawn=(YEARLY_BANDS, "fan_mines"),
        group="circularity",
    ),
    Chart(
        "stocks",
        "Material in use and at its end of life",
        "Material in products in use at the end of each year; and, per year, material in products that "
        "became collectable, the part that collectors took, and the part that recyclers recovered from them.",
        "stock_in_use, eol_generated, eol_collected, recovered; tables/products_in_use.csv, "
        "tables/recovered.csv",
        group="circularity",
    ),
    Chart(
        "kept",
        "The urban mine and what it saves",
        "Material in products in use or kept, at the end of each year; mine output that old scrap replaced, "
        "with what processing would have lost; and, for the world, material that went to landfills.",
        "urban_mine, primary_avoided, landfilled by year",
        needs="urban_mine",
        group="circularity",
    ),
    Chart(
        "loop",
        "The loop in one year",
        "Width of a band is tonnes of contained material in the chosen year. Nodes that take material out of "
        "the loop stand at the right. With a region chosen: what moves inside it, comes in and goes out, in "
        "goods of any kind.",
        "flow, flow_by_region; tables/flows.csv, tables/flows_by_region.csv",
        ("year",),
        group="circularity",
    ),
    Chart(
        "rates",
        "Recycling rates",
        "One panel per material, one line per scenario, yearly. In a region: of what comes to its end, is "
        "recovered or is bought there, so that who treats waste of others recovers more than it collects. "
        "Thin steps, where there are any, are what the EU Batteries Regulation asks for: of batteries in the "
        "EU alone, not of all uses anywhere.",
        "recycling rates as defined in the word list, by year; tables/yearly.csv, table of targets",
        ("rate",),
        group="circularity",
        material="each",
    ),
    Chart(
        "firms",
        "Firms: how many, work and sales by size",
        "Enterprises alive at the end of each year, persons needed for the output made, or, where money is "
        "part of the run, value of the goods sold and each size class's share of it. One panel per scenario."
        + HANDLING,
        "n_firms, jobs, sales, market_share, process_material; tables/firms.csv, tables/firms_by_process.csv",
        ("count", "stage"),
        group="who",
        material="all",
    ),
    Chart(
        "alive",
        "Firms: who is left",
        "Enterprises alive as a share of those at the start, births included. One panel per size class, one "
        "line per scenario. Shaded: disruptions of the scenarios shown." + HANDLING,
        "n_firms, failures, births, n_firms_start, process_material; tables/firms.csv, tables/failures.csv, "
        "tables/firms_by_process.csv",
        ("alive_stage",),
        "failures",
        group="who",
        material="all",
    ),
    Chart(
        "failures",
        "Firms: why they fail",
        "Enterprises that fail in each year, by cause; one panel per scenario. The usual turnover happens "
        "without any shock; new enterprises are not set against it here." + HANDLING,
        "failures, process_material; tables/failures.csv, tables/failures_by_process.csv",
        ("failed_stage", "failed_size"),
        "failures",
        group="who",
        material="all",
    ),
    Chart(
        "investments",
        "Firms: investment wanted and made",
        "Investment that firms wanted each year: what was made, and what was not, by reason. "
        "One panel per scenario." + HANDLING,
        "investments_made, investments_blocked, investments_wanted, process_material; tables/firms.csv, "
        "tables/investments_blocked.csv, tables/firms_by_process.csv, "
        "tables/investments_blocked_by_process.csv",
        ("invest_stage", "invest_size"),
        "investments_made",
        group="who",
        material="all",
    ),
    Chart(
        "allies",
        "The alliance: members and similar firms outside",
        "Thick lines: members of the alliance; thin lines: firms like them that are not, wherever they are. "
        "Members whom no firm outside is like are shown only where all are such. Sales are set against their "
        "mean over the first year. Where firms join and leave, lines move with the membership too. In a "
        "region few agents stand for many enterprises, and what tells both apart may be chance. Of a "
        "guarantee fund, which is one for all members: dotted what was paid in, dashed what was paid out, "
        "thick what it holds.",
        "ally_firms, ally_failures, ally_sales, ally_fill, fund; tables/alliance.csv, tables/fund.csv",
        needs="ally_firms",
        group="policies",
        material="",
    ),
    Chart(
        "programmes",
        "Programmes: cost and reach",
        "Cost of each programme a year, and enterprises under its effect at the end of each year. In a "
        "region: for the enterprises there. With a material chosen: those that cover it, at "
        "their whole cost.",
        "programme_cost, programme_reach; tables/programmes.csv",
        needs="programme_cost",
        group="policies",
        material="all",
    ),
    Chart(
        "models",
        "Business models",
        "Share of its potential that has adopted each business model that is offered in the region chosen "
        "above, for products that hold the material chosen. A model spreads at the same pace wherever it is "
        "offered.",
        "adoption; tables/business_models.csv",
        needs="adoption",
        group="policies",
        material="all",
    ),
    Chart(
        "policies",
        "Policies: what they cost",
        "Gross cost of each policy a year, whoever bears it, in the region where it falls: that of the "
        "firms, users, collectors or offices that a policy is for. What the state gets back, and what it "
        "spends on goods that it keeps, stand beside it in the table. With a material chosen: those that "
        "cover it, at their whole cost.",
        "policy_cost, policy_receipts, policy_outlay; tables/policies.csv",
        needs="policy_cost",
        group="policies",
        material="all",
    ),
    Chart(
        "exports",
        "Limits on exports",
        "What left under each limit (thick) and what it allowed (thin, while it is in force), monthly. Of a "
        "region chosen above, the limits on what leaves it; of a material, those on goods that hold it.",
        "export_left, export_limit, export_held_back, export_evaded; tables/export_limits.csv",
        needs="export_left",
        group="why",
        material="all",
    ),
    Chart(
        "evaded",
        "Exports that evade limits and duties",
        "What leaves the region chosen above undeclared (thick), beside all that leaves it (thin), monthly. "
        "One panel per good of which some evades and that holds the material chosen above. Shaded: "
        "disruptions of the scenarios shown.",
        "exports_illicit, trade; tables/trade_yearly.csv",
        needs="exports_illicit",
        group="why",
        material="all",
    ),
    Chart(
        "pipeline",
        "Projects: quantities by class of the United Nations Framework Classification",
        "Quantity of the material in projects and in mines at work, by class, at the end of each year; what "
        "was produced stays in the sum. One panel per scenario.",
        "pipeline; tables/pipeline.csv",
        needs="pipeline",
        group="why",
    ),
    Chart(
        "essential",
        "Essential products",
        "Share of what final users ask for of essential products (food, water, energy, health) that reaches "
        "them, by content of the material chosen above or of all of them, yearly.",
        "availability_essential, demanded_essential; tables/availability.csv",
        needs="availability_essential",
        group="who",
        material="all",
    ),
    *DRAWN_CHARTS,
)


def shown(datasets: Sequence[xr.Dataset], beside: Collection[str] = ()) -> list[Chart]:
    """Charts for which at least one of these results has numbers, group by group.

    Parameters
    ----------
    datasets : sequence of xarray.Dataset
    beside : collection of str
        What lies beside one of them at least, of `chart.BESIDE`.
    """
    order = list(GROUPS)
    return [
        _with_members(chart) if MEMBERS in beside and chart.drawn else chart
        for chart in sorted(CHARTS, key=lambda chart: order.index(chart.group))
        if (not chart.needs or any(chart.needs in ds and ds[chart.needs].size for ds in datasets))
        and (not chart.is_comparison or len(datasets) > 1)
        and (not chart.beside or chart.beside in beside)
    ]


def _with_members(chart: Chart) -> Chart:
    """A chart with what is said of members and its controls for them."""
    sentence, *controls = chart.drawn
    return replace(chart, reading=f"{chart.reading} {sentence}", choices=(*chart.choices, *controls))
