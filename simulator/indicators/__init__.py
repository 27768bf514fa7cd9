"""Indicators: formulas as pure functions of arrays, and what they give for a result by year.

`rates` recycling, `service` how needs are met, `supply` who supplies at what risk; `groups` of regions;
`yearly` puts the flows of a result into the formulas, `outcomes` tells what came of it.
"""

from simulator.indicators.groups import coverage, groups, incidence
from simulator.indicators.outcomes import (
    alliance_gain,
    crma,
    indicator,
    largest_supplier,
    policy_cost_per_tonne,
    resilience_of,
)
from simulator.indicators.rates import (
    Array,
    Floats,
    collection_rate,
    eol_recycling_input_rate,
    eol_recycling_rate,
    mean_uses,
    old_scrap_input_rate,
    old_scrap_ratio,
    primary_equivalent,
    process_efficiency,
    recycled_content,
    recycled_content_bound,
    share,
)
from simulator.indicators.service import (
    Resilience,
    against_match,
    availability,
    availability_base_need,
    availability_final,
    cost_per_tonne,
    cover,
    market_share,
    resilience,
    shortage_months,
)
from simulator.indicators.supply import (
    eu_supply_risk,
    geopolrisk_score,
    governed_hhi,
    hhi,
    import_risk,
    net_import_reliance,
    top_share,
)
from simulator.indicators.yearly import yearly

__all__ = [
    "Array",
    "Floats",
    "Resilience",
    "against_match",
    "alliance_gain",
    "availability",
    "availability_base_need",
    "availability_final",
    "collection_rate",
    "cost_per_tonne",
    "cover",
    "coverage",
    "crma",
    "eol_recycling_input_rate",
    "eol_recycling_rate",
    "eu_supply_risk",
    "geopolrisk_score",
    "governed_hhi",
    "groups",
    "hhi",
    "import_risk",
    "incidence",
    "indicator",
    "largest_supplier",
    "market_share",
    "mean_uses",
    "net_import_reliance",
    "old_scrap_input_rate",
    "old_scrap_ratio",
    "policy_cost_per_tonne",
    "primary_equivalent",
    "process_efficiency",
    "recycled_content",
    "recycled_content_bound",
    "resilience",
    "resilience_of",
    "share",
    "shortage_months",
    "top_share",
    "yearly",
]
