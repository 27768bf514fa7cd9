"""What a scenario may say about policies: levers of a state, told apart by their `kind`.

The strength of each is a dated value. Before its first date, and where it is 0 (or what stands for nothing: a
share of 1, a factor of 1), a policy changes nothing. What is left out has the value of inputs/policies.csv.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Tag

from simulator.scenario.dated import Dated, Factor, Rate
from simulator.scenario.parts import NAME_TEXT, Filters, Labels, Name, Part, said


class Days(Dated):
    """A number of days, below 0 for less time, as a number or as numbers from stated dates on."""

    low: ClassVar[float] = -7305.0
    high: ClassVar[float] = 7305.0


class Cap(Dated):
    """A share above 0 and up to 1, as a number or as numbers from stated dates on."""

    low: ClassVar[float] = 0.05
    high: ClassVar[float] = 1.0


class Longer(Dated):
    """A factor from 0.1 to 10, as a number or as numbers from stated dates on."""

    low: ClassVar[float] = 0.1
    high: ClassVar[float] = 10.0


_NAME = "Name of the policy, once per scenario."
_PRODUCTS, _PRODUCTS_ALLOWED = "Products; all if left out.", "a product or a list of products"
_REGIONS, _REGIONS_ALLOWED = "Regions; all if left out.", "a region or a list of regions"
_MATERIALS, _MATERIALS_ALLOWED = "Materials; all if left out.", "a material or a list of materials"
_STAGES, _STAGES_ALLOWED = "Stages made of firms; all if left out.", "a stage or a list of stages"


class _Policy(Part):
    """What every policy has."""

    name: Name = said(_NAME, "policy_one", allowed=NAME_TEXT)

    nothing: ClassVar[float] = 0.0
    """Value that changes nothing."""


class _Flows(_Policy):
    """A policy for products in regions."""

    product: Labels = said(_PRODUCTS, "ev_battery", default=(), allowed=_PRODUCTS_ALLOWED)
    region: Labels = said(_REGIONS, "EU27", default=(), allowed=_REGIONS_ALLOWED)


class RecycledContent(_Policy):
    """Makers must take a least share of secondary material, as far as recyclers offer it."""

    kind: Literal["recycled_content"] = said("Kind of policy.", "recycled_content")
    preset: str | None = said(
        "Law in inputs/policies.csv whose shares hold, by material and date; not beside `value`.",
        "eu_battery_regulation",
        default=None,
        allowed="a preset of inputs/policies.csv for this kind",
    )
    product: Labels = said(
        "Products whose makers, and those of their components, are meant; all if left out.",
        ["ev_battery", "grid_battery"],
        default=(),
        allowed=_PRODUCTS_ALLOWED,
    )
    region: Labels = said(
        "Regions of the makers; all if left out.", "EU27", default=(), allowed=_REGIONS_ALLOWED
    )
    material: Labels = said(_MATERIALS, ["cobalt"], default=(), allowed=_MATERIALS_ALLOWED)
    value: Rate | None = said(
        "Least share of old and new scrap in what makers take in.",
        {"2031-08-18": 0.06, "2036-08-18": 0.12},
        default=None,
        unit="1",
    )
    sources: bool = said("Makers who know no recycler of the material qualify one.", True, default=True)
    premium: float | None = said(
        "What certified secondary material costs on top, over its price.", 0.05, default=None, unit="1", ge=0
    )


class Stockpile(_Policy):
    """A reserve of refined material, held at the firms that use it and paid for by the state."""

    kind: Literal["stockpile"] = said("Kind of policy.", "stockpile")
    material: Labels = said("Materials of the reserve.", ["cobalt"], allowed=_MATERIALS_ALLOWED, min_length=1)
    region: Labels = said(
        "Regions whose makers hold it; all if left out.", "EU27", default=(), allowed=_REGIONS_ALLOWED
    )
    value: Factor | None = said("Days of need that it is to last.", 60, default=None, unit="d")
    build_days: float | None = said("Time over which it is bought.", 365, default=None, unit="d", gt=0)
    release_price: float | None = said(
        "Price in the region, over that of the base year, from which it is released.",
        1.5,
        default=None,
        unit="1",
        gt=1,
    )
    release_cover_days: float | None = said(
        "Days of need that other stock lasts, below which it is released; by material and region.",
        10,
        default=None,
        unit="d",
        ge=0,
    )
    release_days: float | None = said(
        "Time over which all of it is released.", 90, default=None, unit="d", gt=0
    )
    holding_cost: float | None = said(
        "Storage and interest in a year, over the value of the reserve.",
        0.08,
        default=None,
        unit="1/yr",
        ge=0,
    )


class Diversification(_Policy):
    """No buyer may take more than a share of a good from one region other than its own."""

    kind: Literal["diversification"] = said("Kind of policy.", "diversification")
    preset: str | None = said(
        "Law in inputs/policies.csv whose share holds; not beside `value`.",
        "eu_critical_raw_materials_act",
        default=None,
        allowed="a preset of inputs/policies.csv for this kind",
    )
    region: Labels = said(
        "Regions of the buyers; all if left out.", "EU27", default=(), allowed=_REGIONS_ALLOWED
    )
    material: Labels = said(
        "Materials of the ore and refined goods meant; all, and components too, if left out.",
        ["cobalt"],
        default=(),
        allowed=_MATERIALS_ALLOWED,
    )
    value: Cap | None = said("Largest share.", 0.65, default=None, unit="1")
    sources: bool = said(
        "Buyers with too little from elsewhere qualify a supplier in another region.", True, default=True
    )
    qualification_days: float | None = said(
        "Time that this takes from the policy's first day on.", 180, default=None, unit="d", gt=0
    )
    qualification_cost: float | None = said("What it costs the buyer.", 50000, default=None, unit="USD", ge=0)
    nothing: ClassVar[float] = 1.0


class _Fee(_Policy, Filters):
    """Money by what firms make."""

    per: Literal["sales", "unit"] = said(
        "What the value is over: sales at the day's price, or units made (recyclers: tonnes treated).",
        "sales",
        default="sales",
    )
    value: Factor = said("Share of sales [1], or money by unit [USD].", 0.1, unit="1 or USD/unit")


class Subsidy(_Fee):
    """The state pays firms for what they make."""

    kind: Literal["subsidy"] = said("Kind of policy.", "subsidy")


class Tax(_Fee):
    """Firms pay the state for what they make."""

    kind: Literal["tax"] = said("Kind of policy.", "tax")


class GateFee(_Policy):
    """Recyclers are paid for each tonne of material that they treat."""

    kind: Literal["gate_fee"] = said("Kind of policy.", "gate_fee")
    process: Labels = said(
        "Recycling processes; all if left out.",
        "recycle_battery",
        default=(),
        allowed="a recycling process or a list of them",
    )
    region: Labels = said(_REGIONS, "EU27", default=(), allowed=_REGIONS_ALLOWED)
    size: Labels = said(
        "Size classes; all if left out.",
        ["micro", "small"],
        default=(),
        allowed="micro, small, medium or large, or a list of them",
    )
    value: Factor = said("Paid for a tonne of material treated.", 200, unit="USD/t")


class Deposit(_Flows):
    """Users get money back when they hand in a product: more are collected."""

    kind: Literal["deposit"] = said("Kind of policy.", "deposit")
    value: Factor = said("Money by unit.", 20, unit="USD/unit")


class LandfillBan(_Flows):
    """What went to landfill uncollected is collected."""

    kind: Literal["landfill_ban"] = said("Kind of policy.", "landfill_ban")
    value: Rate = said("Part of it that the ban reaches.", 0.9, unit="1")


class WasteExportBan(_Flows):
    """What left as used goods uncollected is collected."""

    kind: Literal["waste_export_ban"] = said("Kind of policy.", "waste_export_ban")
    value: Rate = said("Part of it that the ban reaches.", 0.9, unit="1")


class Lifetime(_Flows):
    """Products sold from a date on live longer, and fewer are sold in their stead."""

    kind: Literal["lifetime"] = said("Kind of policy.", "lifetime")
    value: Longer = said("Factor on the lifetime of units sold while it holds; steps only.", 1.2, unit="1")
    nothing: ClassVar[float] = 1.0


class Repair(_Flows):
    """A right to repair: at least a share of collected products is repaired."""

    kind: Literal["repair"] = said("Kind of policy.", "repair")
    value: Rate = said("Least share of collected products.", 0.2, unit="1")


class SubstitutionSupport(_Policy):
    """Help to do without: firms save more of a dear material, and move faster to other variants."""

    kind: Literal["substitution_support"] = said("Kind of policy.", "substitution_support")
    material: Labels = said(_MATERIALS, ["cobalt"], default=(), allowed=_MATERIALS_ALLOWED)
    region: Labels = said(
        "Regions of the makers; all if left out.", "EU27", default=(), allowed=_REGIONS_ALLOWED
    )
    value: Factor = said("Added to both responses, over what they are without it.", 0.5, unit="1")


class PermitTime(_Policy):
    """Permits take more or less time: new capacity comes later or sooner."""

    kind: Literal["permit_time"] = said("Kind of policy.", "permit_time")
    stage: Labels = said(_STAGES, "extraction", default=(), allowed=_STAGES_ALLOWED)
    region: Labels = said(_REGIONS, "EU27", default=(), allowed=_REGIONS_ALLOWED)
    value: Days = said("Added to the lead time of new capacity; below 0: sooner.", -365, unit="d")


class InsolvencyMoratorium(_Policy, Filters):
    """Nobody fails for want of money while it holds."""

    kind: Literal["moratorium"] = said("Kind of policy.", "moratorium")
    value: Rate = said(
        "1 while it holds, 0 before and after.",
        {"2026-03-01": 1, "2027-01-01": 0},
        unit="1",
        allowed="0 or 1, or dates with them: {2026-03-01: 1, 2027-01-01: 0}",
    )


def policy_kind(raw: Any) -> str | None:
    """Tag of an entry of `policies`.

    Parameters
    ----------
    raw : object
        A mapping of a file, or a policy.

    Returns
    -------
    str or None
        None where it says no kind.
    """
    kind = raw.get("kind") if isinstance(raw, dict) else getattr(raw, "kind", None)
    return kind if isinstance(kind, str) else None


Policy = Annotated[
    Annotated[RecycledContent, Tag("recycled_content")]
    | Annotated[Stockpile, Tag("stockpile")]
    | Annotated[Diversification, Tag("diversification")]
    | Annotated[Subsidy, Tag("subsidy")]
    | Annotated[Tax, Tag("tax")]
    | Annotated[GateFee, Tag("gate_fee")]
    | Annotated[Deposit, Tag("deposit")]
    | Annotated[LandfillBan, Tag("landfill_ban")]
    | Annotated[WasteExportBan, Tag("waste_export_ban")]
    | Annotated[Lifetime, Tag("lifetime")]
    | Annotated[Repair, Tag("repair")]
    | Annotated[SubstitutionSupport, Tag("substitution_support")]
    | Annotated[PermitTime, Tag("permit_time")]
    | Annotated[InsolvencyMoratorium, Tag("moratorium")],
    Discriminator(policy_kind),
]
"""One entry of `policies`."""
