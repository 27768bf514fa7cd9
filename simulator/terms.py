"""The word list: dimensions, labels and every variable of a result.

One place rules all names. The netCDF attributes, the report's texts, `docs/terms.md` and the checks read
this file; no other file invents a dimension or a variable.

Long because every label and every variable of a result stands here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

DIMENSIONS: dict[str, str] = {
    "scenario": "name of a scenario",
    "time": "start of the reporting interval; stocks are given at its end",
    "region": "model region: a group of countries, or one carved out",
    "region_from": "region that ships",
    "region_to": "region that receives",
    "material": "critical raw material, counted as contained element",
    "good": "what relations between firms carry",
    "product": "good for final users",
    "process": "what a sector does",
    "stage": "place in the loop",
    "size": "size class of a firm by persons employed",
    "origin": "where a tonne came from",
    "link": "one flow between two nodes of the loop",
    "route": "a link of the loop from one region to another, or inside one; those that carried something",
    "node": "one stock of the loop, a stage or a fate",
    "firm": "an agent whose history was asked for",
    "quantity": "what is recorded of a traced firm",
    "cause": "why an enterprise failed",
    "root": "root cause of a shortage: kind, stage, region and material where it began",
    "reason": "why a wanted investment was not made",
    "account": "who holds money",
    "payment": "money from one account to another in an interval",
    "programme": "a programme for enterprises that a scenario names",
    "model": "a business model that a scenario names",
    "policy": "a policy that a scenario names",
    "group": "members of the alliance, others like them, or members whom nobody is like",
    "restriction": "limit on exports that a scenario names",
    "entry": "line of the guarantee fund's book",
    "project": "project of the scenario",
    "country_group": "the world, or a group of countries that spans regions",
    "area": "the world, a group of countries or a region: who needs, buys and imports",
    "benchmark": "benchmark of the Critical Raw Materials Act of the EU for 2030",
    "unfc_class": "class of the United Nations Framework Classification for Resources",
}

STAGES = ("extraction", "processing", "component", "manufacturing", "use", "collection", "recycling")
"""Stages of the loop in the order of the material's way."""

FIRM_STAGES = ("extraction", "processing", "component", "manufacturing", "collection", "recycling")
"""Stages made of firms."""

STAGE_NAMES = {
    "extraction": "extraction",
    "processing": "processing",
    "component": "component manufacturing",
    "manufacturing": "product manufacturing",
    "use": "use",
    "collection": "collection",
    "recycling": "recycling",
}

SIZES = ("micro", "small", "medium", "large")
SIZE_NAMES = {
    "micro": "1 to 9 persons",
    "small": "10 to 49 persons",
    "medium": "50 to 249 persons",
    "large": "250 persons and more",
}

ORIGINS = ("primary", "old_scrap", "new_scrap")
ORIGIN_NAMES = {
    "primary": "from the ground",
    "old_scrap": "from products at the end of their life",
    "new_scrap": "from manufacturers' scrap",
}

FATES = (
    "processing_residue",
    "by_product_unsold",
    "manufacturing_loss",
    "landfill",
    "export_used",
    "informal",
    "unknown",
    "recycling_loss",
    "disposal",
)
"""Nodes at which material leaves the loop; each is named, none is silent."""

NODES = (
    "lithosphere",
    "extraction",
    "processing",
    "component",
    "manufacturing",
    "use",
    "hibernating",
    "collection",
    "recycling",
    "stock_change",
    *FATES,
)
"""Every stock of the loop. A shipment under way belongs to the node that receives it."""

NODE_NAMES = {
    "lithosphere": "ground",
    "hibernating": "kept, not in use",
    "stock_change": "stocks of traders and states",
    "processing_residue": "residue of processing",
    "by_product_unsold": "by-product not sold",
    "manufacturing_loss": "loss in manufacturing",
    "landfill": "landfill",
    "export_used": "exported as used goods",
    "informal": "informal treatment",
    "unknown": "whereabouts unknown",
    "recycling_loss": "loss in recycling",
    "disposal": "sorted out and disposed of",
    **STAGE_NAMES,
}

SCORES = ("data", "market", "technology", "finance", "skills")
"""What an enterprise has more or less access to, from 0 to 1."""

SCORE_NAMES = {
    "data": "access to data, information and knowledge",
    "market": "access to markets",
    "technology": "access to technology",
    "finance": "access to finance",
    "skills": "skills of owners and employees",
}

PROGRAMME_KINDS = ("training", "credit_guarantee", "digital_platform", "matchmaking", "technology_grant")
PROGRAMME_KIND_NAMES = {
    "training": "training of owners and employees",
    "credit_guarantee": "public guarantee for loans",
    "digital_platform": "platform that shares data",
    "matchmaking": "meetings of enterprises that bring partners",
    "technology_grant": "grant for better equipment",
}

MODEL_KINDS = ("product_as_service", "refurbish", "take_back", "toll_recycling")
MODEL_KIND_NAMES = {
    "product_as_service": "the product stays the maker's, users pay for its service",
    "refurbish": "used products are repaired or remanufactured and sold again",
    "take_back": "sellers take products back at the end of their life",
    "toll_recycling": "recyclers are paid for the work and never own the material",
}

CAUSES = ("liquidity", "structural", "exogenous")
CAUSE_NAMES = {
    "liquidity": "cash and credit used up",
    "structural": "costs above the price for a year",
    "exogenous": "usual turnover of enterprises",
}

ROOT_KINDS = (
    "capacity",
    "outage",
    "idled",
    "failed",
    "export_cap",
    "transport",
    "stock_loss",
    "reserve",
    "host",
    "waste",
    "holders",
    "ordering",
)
"""What a shortage can begin with."""

ROOT_KIND_NAMES = {
    "capacity": "capacity below what was asked for",
    "outage": "disruption of capacity",
    "idled": "capacity idle or given up because the price is low",
    "failed": "firms that failed",
    "export_cap": "limit on exports",
    "transport": "goods longer under way than usual",
    "stock_loss": "stock destroyed",
    "reserve": "stock set aside as a reserve",
    "host": "by-product limited by what its host makes",
    "waste": "waste and scrap that recyclers did not get",
    "holders": "holders of stocks who sell no more",
    "ordering": "ordered too little or too late",
}

ROOT_PARTS = ("kind", "stage", "region", "material")
"""What a root cause is told by; coordinates `root_<part>` of a result."""

SEVERAL = "several"
"""Material of a root cause at a place that makes or uses a good of several materials."""

REASONS = ("unprofitable", "no_finance", "rejected")
REASON_NAMES = {
    "unprofitable": "would not pay at today's price",
    "no_finance": "own means too small",
    "rejected": "credit not approved",
}

ACCOUNTS = ("firms", "banks", "households", "state", "outside", "fund")
ACCOUNT_NAMES = {
    "firms": "firms",
    "banks": "banks",
    "households": "households: workers, owners and final users",
    "state": "state",
    "outside": "traders and suppliers outside the model",
    "fund": "guarantee fund of the alliance",
}

PAYMENTS = tuple(f"{a}>{b}" for a in ACCOUNTS for b in ACCOUNTS if a != b or a == "firms")
"""Who pays whom; firms pay each other too."""

GROUPS = ("ally", "match", "alone")
GROUP_NAMES = {
    "ally": "members of the alliance",
    "match": "similar firms outside",
    "alone": "members whom no firm outside is like",
}
"""Who is compared: members, firms outside like them, told of the region of the members; and who is not."""

FUND_ENTRIES = ("paid_in", "paid_out", "balance")

UNFC_CLASSES = (
    "produced",
    "unused",
    "on_production",
    "approved",
    "justified",
    "pending",
    "on_hold",
    "unclarified",
    "not_viable",
)
"""Classes of the United Nations Framework Classification that quantities of projects can be in."""

UNFC_CLASS_NAMES = {
    "produced": "produced",
    "unused": "lost or used in operations",
    "on_production": "on production (E1 F1.1)",
    "approved": "approved for development (E1 F1.2)",
    "justified": "justified for development (E1 F1.3)",
    "pending": "development pending (E2 F2.1)",
    "on_hold": "development on hold (E2 F2.2)",
    "unclarified": "development unclarified (E3.2 F2.2)",
    "not_viable": "development not viable (E3.3 F2.3)",
}

UNFC_CODES = {
    ("E1", "F1.1"): "on_production",
    ("E1", "F1.2"): "approved",
    ("E1", "F1.3"): "justified",
    ("E2", "F2.1"): "pending",
    ("E2", "F2.2"): "on_hold",
    ("E3.2", "F2.2"): "unclarified",
    ("E3.3", "F2.3"): "not_viable",
}
"""Class of a project by its viability and feasibility."""


COUNTRY_GROUPS = ("World", "UNECE", "EU27")
"""Groups of countries that indicators are given for beside regions."""

BENCHMARKS = (
    "extraction_benchmark",
    "processing_benchmark",
    "recycling_benchmark",
    "single_country_ceiling",
)
BENCHMARK_NAMES = {
    "extraction_benchmark": "extraction in the EU over its consumption, at least",
    "processing_benchmark": "processing in the EU over its consumption, at least",
    "recycling_benchmark": "recycling in the EU over its consumption, at least",
    "single_country_ceiling": "largest share of one third country in what the EU takes, at most",
}
"""Labels as in the table of targets."""


@dataclass(frozen=True)
class Variable:
    """One variable of a result.

    Attributes
    ----------
    dims : tuple of str
        Dimensions in their fixed order.
    unit : str
        Unit as text; `product` or `good` unit where it differs by label (coordinate `unit_<dim>` has it).
    text : str
        What it is, in one sentence.
    cell : str
        CF cell method over time: `sum` (flow of the interval), `mean`, or `point` (stock at its end).
    """

    dims: tuple[str, ...]
    unit: str
    text: str
    cell: str = "sum"


_TRM = ("time", "region", "material")
_TRP = ("time", "region", "product")
_TRPM = ("time", "region", "product", "material")
_TM = ("time", "material")
_TRMS = ("time", "region", "material", "stage")
_TRG = ("time", "region", "group")
_RMS = ("region", "material", "stage")
_YMS = ("year", "material", "stage")
_YAM = ("year", "area", "material")
_YAMS = ("year", "area", "material", "stage")
_YBM = ("year", "benchmark", "material")
_TRSZ = ("time", "region", "stage", "size")
_YRPZ = ("year", "region", "process", "size")

VARIABLES: dict[str, Variable] = {
    "need": Variable(
        _TRM, "t", "refined material that the first manufacturing tier could have turned into goods"
    ),
    "met": Variable(_TRM, "t", "part of the need that stock on hand covered"),
    "availability": Variable(
        _TRM, "1", "share of the first manufacturing tier's need that could be met", "mean"
    ),
    "base_need": Variable(_TRM, "t", "need of the first manufacturing tier on the announced demand path"),
    "availability_base_need": Variable(
        _TRM, "1", "part met of the need on the announced demand path, at most one", "mean"
    ),
    "availability_final": Variable(
        _TRM,
        "1",
        "material content delivered to final users over content demanded at the prices of the base year",
        "mean",
    ),
    "content_demanded": Variable(
        _TRM,
        "t",
        "material content of products that final users would ask for at the prices of the base year",
    ),
    "content_delivered": Variable(_TRM, "t", "material content of the products that final users got"),
    "cover": Variable(
        _TRM, "d", "stock of refined material at the first manufacturing tier in days of its need", "point"
    ),
    "demanded_essential": Variable(
        _TRM,
        "t",
        "material content of essential products that users would ask for at the prices of the base year",
    ),
    "unmet_essential": Variable(
        _TRM, "t", "material content of essential products that final users wanted and gave up"
    ),
    "availability_essential": Variable(
        _TRM,
        "1",
        "material content of essential products delivered over that demanded at base-year prices",
        "mean",
    ),
    "extra_cover": Variable(
        _TRM,
        "d",
        "stock that the first manufacturing tier aims at out of precaution, in days of its need",
        "point",
    ),
    "demand_announced": Variable(
        _TRP, "product", "units that final users would ask for at the prices of the base year"
    ),
    "demand": Variable(_TRP, "product", "units that final users asked for at the prices of the day"),
    "delivered": Variable(_TRP, "product", "units that reached final users"),
    "unmet": Variable(_TRP, "product", "units demanded in the interval that were given up"),
    "unmet_by_root": Variable(
        ("year", "region", "product", "root"), "product", "units given up, by root cause of the shortage"
    ),
    "need_unmet_by_root": Variable(
        ("year", "region", "material", "root"),
        "t",
        "need of refined material that stock on hand did not cover, by root cause of the shortage",
    ),
    "production": Variable(("time", "region", "process"), "good", "output made"),
    "stage_output": Variable(_TRMS, "t", "material in what the firms of a stage made"),
    "stage_capacity": Variable(
        _TRMS,
        "t",
        "material in what installed capacity could have made, as last made; by-products: their output",
    ),
    "stage_largest": Variable(
        ("time", "material", "stage"), "t", "material in what the largest enterprise of a stage made"
    ),
    "trade": Variable(
        ("time", "good", "region_from", "region_to"), "good", "shipments by region of supplier and buyer"
    ),
    "exports_illicit": Variable(
        ("time", "good", "region_from", "region_to"),
        "good",
        "part of trade that evades a limit on exports or a duty; included in trade",
    ),
    "good_material": Variable(
        ("good", "material"), "1", "1 where a good holds the material in the base year", "point"
    ),
    "restriction_material": Variable(
        ("restriction", "material"), "1", "1 where goods that a restriction means hold the material", "point"
    ),
    "policy_material": Variable(
        ("policy", "material"), "1", "1 where what a policy names has to do with the material", "point"
    ),
    "programme_material": Variable(
        ("programme", "material"), "1", "1 where what a programme names has to do with the material", "point"
    ),
    "model_material": Variable(
        ("model", "material"), "1", "1 where products of a business model hold the material", "point"
    ),
    "export_limit": Variable(
        ("time", "region", "restriction"),
        "restriction",
        "exports that a restriction allowed; 0 while it is not in force",
    ),
    "export_left": Variable(
        ("time", "region", "restriction"),
        "restriction",
        "exports that left under a restriction, leak included, what evades it not",
    ),
    "export_evaded": Variable(
        ("time", "region", "restriction"),
        "restriction",
        "exports that evaded a restriction while it was in force",
    ),
    "export_held_back": Variable(
        ("time", "region", "restriction"),
        "restriction",
        "exports that would have left without the restriction and did not",
    ),
    "tariff_paid": Variable(("time", "region"), "USD", "duty that buyers of the region paid"),
    "policy_cost": Variable(
        ("time", "region", "policy"),
        "USD",
        "cost of a policy to whoever bears it: state, firms or households",
    ),
    "policy_receipts": Variable(
        ("time", "region", "policy"), "USD", "what the state gets by a policy: taxes, released reserves"
    ),
    "policy_outlay": Variable(
        ("time", "region", "policy"), "USD", "what the state pays for material that it puts into a reserve"
    ),
    "policy_reached": Variable(
        ("time", "policy"),
        "1",
        "what a policy's target is about: share of secondary material, largest share of a foreign region, "
        "reserve over its target",
        "mean",
    ),
    "reserve_stock": Variable(_TRM, "t", "refined material in strategic reserves at firms", "point"),
    "mandated_input": Variable(
        _TRPM, "t", "refined material needed by makers under a mandate of recycled content"
    ),
    "recycled_content_product": Variable(
        _TRPM, "1", "share of secondary material in what makers under a mandate have on hand", "mean"
    ),
    "supply_origin": Variable(
        ("time", "region", "material", "origin"),
        "t",
        "refined material received by the first manufacturing tier, by origin",
    ),
    "flow": Variable(("time", "link", "material"), "t", "material carried by each link of the loop"),
    "flow_by_region": Variable(
        ("year", "route", "material"),
        "t",
        "material carried by each link, by region of the firm that ships and of the buyer; what no shipment "
        "carries stays in the region of the firm or of the users",
    ),
    "stock": Variable(
        ("time", "node", "material"), "t", "material held at each node of the loop, way included", "point"
    ),
    "stock_start": Variable(
        ("node", "material"), "t", "material held at each node of the loop before the first interval", "point"
    ),
    "stock_in_use": Variable(_TRPM, "t", "material in products in use", "point"),
    "stock_hibernating": Variable(_TRPM, "t", "material in products kept but no longer used", "point"),
    "eol_generated": Variable(
        _TRPM, "t", "material in products that left use for good or became collectable"
    ),
    "eol_collected": Variable(_TRPM, "t", "material in products that collectors took"),
    "recovered": Variable(
        ("time", "region", "product", "material", "origin"),
        "t",
        "material recovered by recyclers, by product it was in",
    ),
    "n_firms": Variable(("time", "region", "stage", "size"), "1", "enterprises alive", "point"),
    "jobs": Variable(("time", "region", "stage", "size"), "1", "persons needed for the output made", "mean"),
    "process_material": Variable(
        ("process", "material"),
        "1",
        "1 where inputs, output or waste of a process hold the material; enterprises that handle several "
        "materials count for each of them",
        "point",
    ),
    "n_firms_start": Variable(
        ("region", "process", "size"), "1", "enterprises before the first interval", "point"
    ),
    "n_firms_by_process": Variable(_YRPZ, "1", "enterprises alive, by what they do", "point"),
    "jobs_by_process": Variable(_YRPZ, "1", "persons needed for the output made, by process", "mean"),
    "collection_rate": Variable(_TM, "1", "collection rate CR: collected over end-of-life material", "mean"),
    "process_efficiency": Variable(
        _TM, "1", "recycling process efficiency rate RPR: recovered over collected", "mean"
    ),
    "eol_recycling_rate": Variable(_TM, "1", "end-of-life recycling rate EOL-RR = CR x RPR", "mean"),
    "recycled_content": Variable(
        _TM, "1", "recycled content RC: secondary (old and new scrap) over all input", "mean"
    ),
    "old_scrap_ratio": Variable(_TM, "1", "old scrap ratio OSR: old scrap over all secondary", "mean"),
    "eol_recycling_input_rate": Variable(
        _TM, "1", "EOL-RIR: old-scrap secondary over primary and old-scrap secondary", "mean"
    ),
    "old_scrap_input_rate": Variable(
        _TM, "1", "old-scrap secondary over all input, new scrap in the denominator too", "mean"
    ),
    "price": Variable(
        ("time", "region", "good"), "1", "price index for buyers of the region, base year 1", "mean"
    ),
    "price_base": Variable(("region", "good"), "USD/good", "price of the base year", "point"),
    "idle_share": Variable(
        ("time", "region", "process"), "1", "capacity idle because the price is below its cost", "mean"
    ),
    "intensity": Variable(
        _TRM,
        "1",
        "use of the material per unit of output over that of the data: saving, other variants",
        "mean",
    ),
    "sales": Variable(_TRSZ, "USD", "value of goods sold"),
    "sales_by_process": Variable(_YRPZ, "USD", "value of goods sold, by process of the seller"),
    "market_share": Variable(
        _TRSZ, "1", "share of a size class in what the firms of a stage sell, in the region", "mean"
    ),
    "cash": Variable(_TRSZ, "USD", "cash less drawn credit", "point"),
    "failures": Variable((*_TRSZ, "cause"), "1", "enterprises that failed"),
    "failures_by_process": Variable((*_YRPZ, "cause"), "1", "enterprises that failed, by process"),
    "births": Variable(_TRSZ, "1", "enterprises that started"),
    "receivables": Variable(_TRSZ, "USD", "what customers owe firms because they pay late", "point"),
    "bad_debt": Variable(_TRSZ, "USD", "what firms lost because customers failed before they paid"),
    "investments_wanted": Variable(_TRSZ, "USD", "investment that firms wanted to make"),
    "investments_made": Variable(_TRSZ, "USD", "investment made"),
    "investments_blocked": Variable((*_TRSZ, "reason"), "USD", "investment wanted and not made, by reason"),
    "investments_wanted_by_process": Variable(
        _YRPZ, "USD", "investment that firms wanted to make, by process"
    ),
    "investments_made_by_process": Variable(_YRPZ, "USD", "investment made, by process"),
    "investments_blocked_by_process": Variable(
        (*_YRPZ, "reason"), "USD", "investment wanted and not made, by process and reason"
    ),
    "capacity_added": Variable(
        ("time", "region", "process"), "good", "capacity a year that came on line by firms' own investment"
    ),
    "money": Variable(("time", "account"), "USD", "money held, since the start", "point"),
    "money_flow": Variable(("time", "payment"), "USD", "money paid from one account to another"),
    "money_residual": Variable(
        ("time",), "1", "open balance of all accounts over the largest payment", "mean"
    ),
    "programme_cost": Variable(
        ("time", "region", "programme"), "USD", "cost of a programme, for enterprises of the region"
    ),
    "programme_reach": Variable(
        ("time", "region", "programme"),
        "1",
        "enterprises that took part in a programme, by the part of its effect that is left",
        "point",
    ),
    "adoption": Variable(("time", "model"), "1", "share of the potential that has adopted", "point"),
    "ally_firms": Variable(_TRG, "1", "enterprises alive, by region of the members", "point"),
    "ally_sales": Variable(_TRG, "USD", "value of goods sold, by region of the members"),
    "ally_failures": Variable(_TRG, "1", "enterprises that failed, by region of the members"),
    "ally_fill": Variable(
        _TRG, "1", "wanted output that was made, mean over enterprises, by region of the members", "mean"
    ),
    "fund": Variable(("time", "entry"), "USD", "book of the guarantee fund, since the start", "point"),
    "pooled": Variable(_TM, "t", "material that moved out of the pooled stock to members in need"),
    "matched": Variable(_TM, "t", "material bought from partners that the alliance matched"),
    "pipeline": Variable(
        ("time", "region", "material", "unfc_class"),
        "t",
        "quantity of projects and of mines at work by class; constant in each region over all classes",
        "point",
    ),
    "beyond_reserves": Variable(
        _TRM, "t", "mine output beyond the reserves of mines at work, since the start", "point"
    ),
    "reserve_years": Variable(
        _TRM, "yr", "years that quantities on production last at the output of the interval", "point"
    ),
    "mine_output": Variable(_TRM, "t", "output of mines and of by-products won from ore"),
    "project_class": Variable(
        ("time", "project"), "1", "place of a project's class in the list of classes, from 0", "point"
    ),
    "project_opened": Variable(
        ("time", "project"), "d", "days from the start to the opening, once it has come", "point"
    ),
    "project_left": Variable(("time", "project"), "t", "quantity that a project still has", "point"),
    "project_capacity": Variable(
        ("time", "project"), "project", "capacity a year of a project that works", "mean"
    ),
    "project_output": Variable(("time", "project"), "project", "output of a project"),
    "project_spending": Variable(
        ("time", "project"), "USD", "capital of projects, paid from outside the firms' accounts"
    ),
    "membership": Variable(
        ("country_group", "region"),
        "1",
        "gross domestic product of a region's countries in a group, the world is 1",
        "point",
    ),
    "country_hhi": Variable(
        _RMS, "1", "sum of squared shares of a region's countries in its output of the base year", "point"
    ),
    "country_top": Variable(
        _RMS, "1", "share of the largest country in its region's output of the base year", "point"
    ),
    "country_risk_global": Variable(
        _RMS, "1", "country_hhi, each country with its governance (0 to 10) and limits on exports", "point"
    ),
    "country_risk_eu": Variable(_RMS, "1", "the same with limits on exports to the EU", "point"),
    "country_instability": Variable(
        _RMS, "1", "political instability from 0 to 1, mean over a region's countries by output", "point"
    ),
    "substitution_index": Variable(
        ("material",), "1", "how hard the material is to replace: 1 not at all replaceable", "point"
    ),
    "crma_target": Variable(("benchmark",), "1", "benchmark: share of the EU's consumption", "point"),
    "crma_year": Variable(("benchmark",), "yr", "year by which the benchmark is to be met", "point"),
    "hhi": Variable(
        _YMS, "1", "concentration of output on countries (extraction, processing) or regions", "mean"
    ),
    "largest_share": Variable(_YMS, "1", "share of the largest country or region in output", "mean"),
    "largest_firm_share": Variable(
        _YMS, "1", "share of the largest enterprise of each interval in output", "mean"
    ),
    "import_reliance": Variable(_YAMS, "1", "net imports over output and net imports", "mean"),
    "supply_risk": Variable(_YAMS, "1", "supply risk by the method of the EU", "mean"),
    "geopolrisk": Variable(_YAMS, "1", "GeoPolRisk: concentration times import risk", "mean"),
    "primary_avoided": Variable(
        _YAM, "t", "mine output that old scrap replaced, one for one and at the yield of processing"
    ),
    "urban_mine": Variable(_YAM, "t", "material in products in use or kept", "point"),
    "collection_rate_by_area": Variable(
        _YAM, "1", "collection rate of what comes to its end in the area", "mean"
    ),
    "process_efficiency_by_area": Variable(
        _YAM,
        "1",
        "recovered in the area over collected there: above 1 where waste of others is treated",
        "mean",
    ),
    "eol_recycling_rate_by_area": Variable(
        _YAM, "1", "recovered in the area over what comes to its end of life there", "mean"
    ),
    "recycled_content_by_area": Variable(
        _YAM, "1", "secondary (old and new scrap) over all input of makers in the area", "mean"
    ),
    "old_scrap_ratio_by_area": Variable(
        _YAM, "1", "old scrap over all secondary input of makers in the area", "mean"
    ),
    "eol_recycling_input_rate_by_area": Variable(
        _YAM, "1", "old-scrap secondary over primary and old-scrap secondary of makers in the area", "mean"
    ),
    "old_scrap_input_rate_by_area": Variable(
        _YAM, "1", "old-scrap secondary over all input of makers in the area", "mean"
    ),
    "landfilled": Variable(("year", "material"), "t", "material that went to landfills"),
    "crma_value": Variable(
        _YBM, "1", "capacity in the EU, or largest share of one third country, over consumption", "mean"
    ),
    "crma_output": Variable(
        _YBM, "1", "output in the EU, or largest share of one third country, over consumption", "mean"
    ),
    "mass_residual": Variable(
        _TM, "1", "largest open mass balance of any node over the largest flow", "mean"
    ),
    "firm_history": Variable(("time", "firm", "quantity"), "mixed", "full history of traced firms", "point"),
}

TRACE_QUANTITIES = (
    "orders_received",
    "forecast",
    "wanted",
    "made",
    "shipped",
    "input_stock",
    "output_stock",
    "backlog",
    "capacity",
    "uptime",
)
"""What `firm_history` holds of a firm, in units of its output good (inputs: its first input)."""
