"""What a scenario may say about firms that live, invest and die: access, programmes, models, the alliance."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from simulator.errors import nearest, shown
from simulator.scenario.dated import Rate, is_number
from simulator.scenario.parts import (
    ANY,
    NAME_TEXT,
    PRODUCT_TEXT,
    REGION_TEXT,
    Day,
    Filters,
    Name,
    Part,
    Row,
    said,
)

_JOIN_WORDS = ("all", "benefit")
JOIN_TEXT = "all, benefit, or a share from 0 to 1"


class AccessScore(Row):
    """Access of enterprises to data, markets, technology, finance or skills, instead of inputs/access.csv."""

    score: Literal["data", "market", "technology", "finance", "skills", "*"] = said(
        "What the access is to, or `*` for all five.", "finance"
    )
    size: Literal["micro", "small", "medium", "large", "*"] = said(
        "Size class, or `*` for all.", "micro", default=ANY
    )
    region: str = said(REGION_TEXT, "EU27", default=ANY, allowed="a region of the world, or *")
    stage: Literal[
        "extraction", "processing", "component", "manufacturing", "collection", "recycling", "*"
    ] = said("Stage made of firms, or `*` for all.", "recycling", default=ANY)
    value: Rate = said(
        "Score: 0 is no access, 1 the best there is.",
        {"2030-01-01": 0.8, "interpolate": "linear"},
        unit="1",
    )


_MECHANISM = "Whether this access score has an effect; `false`: whatever the scores are, nothing follows."


class Mechanisms(Part):
    """Which access scores have an effect."""

    data: bool = said(_MECHANISM, True, default=True)
    market: bool = said(_MECHANISM, True, default=True)
    technology: bool = said(_MECHANISM, True, default=True)
    finance: bool = said(_MECHANISM, True, default=True)
    skills: bool = said(_MECHANISM, True, default=True)


class Programme(Part):
    """A programme for enterprises. What is left out comes from inputs/programmes.csv, by kind."""

    name: Name = said("Name of the programme, once per scenario.", "training_eu", allowed=NAME_TEXT)
    kind: Literal["training", "credit_guarantee", "digital_platform", "matchmaking", "technology_grant"] = (
        said("Kind of programme.", "training")
    )
    where: Filters = said(
        "Whom it is for; all firms if left out.",
        {"size": ["micro", "small"], "region": "EU27"},
        default=Filters(),
    )
    start: Day = said("First day; it may lie before the period.", "2026-01-01")
    end: Day | None = said(
        "Day from which nobody new is reached; the period's end if left out.", "2031-01-01", default=None
    )
    reach_per_year: float | None = said(
        "Share of those who fit that the programme turns to in a year; 12 turns to all within a month.",
        0.2,
        default=None,
        unit="1/yr",
        ge=0,
        le=12,
    )
    uptake: float | None = said(
        "Share of those it turns to who take part.", 0.6, default=None, unit="1", ge=0, le=1
    )
    cost_usd: float | None = said(
        "Cost for each enterprise that takes part.", 3000, default=None, unit="USD", ge=0
    )
    effect: float | None = said(
        "Rise of the access score that the kind acts on; `credit_guarantee`: share of the loan it covers.",
        0.2,
        default=None,
        unit="1",
        ge=0,
        le=1,
    )
    half_life_years: float | None = said(
        "Time after which half of the effect is left.", 3, default=None, unit="yr", gt=0
    )


class BusinessModel(Part):
    """A business model that enterprises adopt. What is left out comes from inputs/business_models.csv."""

    name: Name = said("Name of the business model, once per scenario.", "leasing", allowed=NAME_TEXT)
    kind: Literal["product_as_service", "refurbish", "take_back", "toll_recycling"] = said(
        "Kind of business model.", "product_as_service"
    )
    product: str = said(PRODUCT_TEXT, "ev_battery", allowed="a product of the world, or *")
    region: str = said(REGION_TEXT, "*", default=ANY, allowed="a region of the world, or *")
    start: Day = said("Day of the first adoption; it may lie before the period.", "2026-01-01")
    potential: float | None = said(
        "Share of the product's market that may adopt in the end.", 0.3, default=None, unit="1", ge=0, le=1
    )
    innovation: float | None = said("Adoption by itself (Bass's p).", 0.03, default=None, unit="1/yr", ge=0)
    imitation: float | None = said(
        "Adoption because others have adopted (Bass's q).", 0.38, default=None, unit="1/yr", ge=0
    )
    lifetime_factor: float | None = said(
        "Factor on the lifetime of adopters' products (`product_as_service`).",
        1.2,
        default=None,
        unit="1",
        gt=0,
    )
    collection: float | None = said(
        "Share of adopters' end-of-life products that is collected (`product_as_service`, `take_back`).",
        0.95,
        default=None,
        unit="1",
        ge=0,
        le=1,
    )
    hibernation_factor: float | None = said(
        "Factor on the time for which adopters keep products they no longer use (`product_as_service`, "
        "`take_back`).",
        0.5,
        default=None,
        unit="1",
        ge=0,
    )
    reuse: float | None = said(
        "Share of adopters' collected products that is repaired or remanufactured (`refurbish`).",
        0.3,
        default=None,
        unit="1",
        ge=0,
        le=1,
    )
    displacement: float | None = said(
        "Share of a reused unit that takes the place of a new sale (`refurbish`).",
        0.8,
        default=None,
        unit="1",
        ge=0,
        le=1,
    )
    working_capital_factor: float | None = said(
        "Factor on the working capital that adopters need (`product_as_service`, `toll_recycling`).",
        0.3,
        default=None,
        unit="1",
        ge=0,
    )


class PooledStock(Part):
    """Stock that members hold together and that goes to those in need."""

    share: float = said("Share of each member's input stock in the pool.", 0.2, unit="1", ge=0, le=1)
    most_per_event: float = said(
        "Share of what lies in the pool that goes out in a month at most.",
        0.5,
        default=1.0,
        unit="1",
        ge=0,
        le=1,
    )


class Matching(Part):
    """The alliance brings members and new suppliers together."""

    partners_per_year: float = said("New partners of a member in a year.", 0.5, unit="1/yr", ge=0)
    qualification_factor: float = said(
        "Factor on the time until a new partner delivers.", 0.5, default=1.0, unit="1", ge=0, le=1
    )


class Guarantee(Part):
    """A fund that covers members' loans. Nothing is paid out that was not paid in."""

    cover: float = said("Share of a member's loan that the fund covers.", 0.5, unit="1", ge=0, le=1)
    fund_usd: float = said("Money paid in at the alliance's start.", 1.0e7, unit="USD", ge=0)


def _join(raw: Any) -> Any:
    """Refuse what is neither a word nor a share, in the words of the house."""
    if raw in _JOIN_WORDS or (is_number(raw) and 0 <= raw <= 1):
        return raw
    row = ((), shown(raw, typed=True), JOIN_TEXT, nearest(raw, _JOIN_WORDS), "join")
    raise PydanticCustomError("faults", "faults of join", {"faults": [row]})


class Alliance(Part):
    """An alliance of enterprises: members, a fee, four services. Without services and fee it is a placebo."""

    name: Name = said("Name of the alliance.", "mrm_ace", allowed=NAME_TEXT)
    where: Filters = said(
        "Who may be a member; all firms if left out.",
        {"size": ["micro", "small", "medium"]},
        default=Filters(),
    )
    start: Day = said("First day; it may lie before the period.", "2025-01-01")
    join: Annotated[
        Literal["all", "benefit"] | Annotated[float, Field(ge=0, le=1)], BeforeValidator(_join)
    ] = said(
        "Who of them joins: `all`; `benefit`: those whose expected benefit exceeds the fee, who also leave "
        "when it no longer does; or a share of them, drawn.",
        "all",
        default="all",
        allowed=JOIN_TEXT,
    )
    fee_share: float = said("Fee as a share of a member's sales.", 0.001, default=0.0, unit="1", ge=0, le=1)
    pooled_stock: PooledStock | None = said(
        "Service: pooled stock.", {"share": 0.2, "most_per_event": 0.5}, default=None
    )
    shared_information: bool = said(
        "Service: members see each other's outages and final demand at once.", True, default=False
    )
    matching: Matching | None = said(
        "Service: partners.", {"partners_per_year": 0.5, "qualification_factor": 0.5}, default=None
    )
    guarantee: Guarantee | None = said(
        "Service: guarantee fund.", {"cover": 0.5, "fund_usd": 1.0e7}, default=None
    )
