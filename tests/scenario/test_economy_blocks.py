"""What a scenario says of access, programmes, business models and the alliance."""

from __future__ import annotations

import json
from datetime import date
from typing import get_args

import pytest

from simulator import terms
from simulator.scenario import load
from simulator.scenario.compare import differences
from simulator.scenario.parts import ANY
from simulator.scenario.read import block_yaml, read_text
from simulator.scenario.schema import (
    AccessScore,
    BusinessModel,
    Capacity,
    Guarantee,
    Matching,
    Mechanisms,
    PooledStock,
    Programme,
    choose,
)

WHOLE = """
schema_version: 1
name: whole
extends: reference
capacity: {extraction: invest, processing: invest, component: invest, recycling: invest}
rules: {prices: true, finance: true, births: true, curtailment: false, thrifting: false, variants: false,
        demand_response: false, collection_response: false}
access:
  - {score: finance, size: micro, region: "*", stage: "*", value: {2026-01-01: 0.8}}
  - {score: finance, value: 0.5}
  - {score: "*", size: micro, stage: recycling, value: 0.6}
mechanisms: {data: true, market: true, technology: true, finance: true, skills: false}
programmes:
  - {name: training_eu, kind: training, where: {size: [micro, small], region: EU27}, start: 2026-01-01,
     end: 2031-01-01, reach_per_year: 0.2, uptake: 0.6, cost_usd: 3000, effect: 0.2, half_life_years: 3}
  - {name: guarantee, kind: credit_guarantee, start: 2020-01-01}
business_models:
  - {name: leasing, kind: product_as_service, product: ev_battery, region: "*", start: 2026-01-01,
     potential: 0.3}
  - {name: tolling, kind: toll_recycling, product: "*", start: 2026-01-01, working_capital_factor: 0.3}
alliance:
  name: mrm_ace
  where: {size: [micro, small, medium]}
  start: 2019-01-01
  join: 0.25
  fee_share: 0.001
  pooled_stock: {share: 0.2, most_per_event: 0.5}
  shared_information: true
  matching: {partners_per_year: 0.5, qualification_factor: 0.5}
  guarantee: {cover: 0.5, fund_usd: 1.0e7}
"""


@pytest.fixture
def whole(tmp_path, shipped_tables):
    path = tmp_path / "whole.yaml"
    path.write_text(WHOLE)
    return load(path, tables=shipped_tables)


def test_all_blocks_are_read(whole):
    assert whole.capacity.extraction == "invest"
    assert (whole.rules.prices, whole.rules.curtailment) == (True, False)
    assert (whole.mechanisms.data, whole.mechanisms.skills) == (True, False)
    training, guarantee = whole.programmes
    assert training.where.filters == {"region": ("EU27",), "size": ("micro", "small")}
    assert (training.end, training.effect, training.half_life_years) == (date(2031, 1, 1), 0.2, 3)
    assert guarantee.where.filters == {}
    leasing, tolling = whole.business_models
    assert (leasing.potential, leasing.innovation, leasing.lifetime_factor) == (0.3, None, None)
    assert (tolling.product, tolling.working_capital_factor) == (ANY, 0.3)
    alliance = whole.alliance
    assert (alliance.join, alliance.fee_share, alliance.shared_information) == (0.25, 0.001, True)
    assert alliance.pooled_stock == PooledStock(share=0.2, most_per_event=0.5)
    assert alliance.matching == Matching(partners_per_year=0.5, qualification_factor=0.5)
    assert alliance.guarantee == Guarantee(cover=0.5, fund_usd=1e7)


def test_what_is_left_out_is_none_or_has_no_effect(told, shipped_tables):
    bare = load("reference", tables=shipped_tables)
    assert (bare.access, bare.programmes, bare.business_models, bare.alliance) == ((), (), (), None)
    assert bare.mechanisms == Mechanisms()
    assert all(bare.mechanisms.model_dump().values())
    programme = Programme(name="a", kind="training", start=date(2026, 1, 1))
    quantities = ("reach_per_year", "uptake", "cost_usd", "effect", "half_life_years")
    assert [getattr(programme, name) for name in quantities] == [None] * 5
    placebo = load("reference", tables=shipped_tables, sets=["alliance={name: placebo, start: 2025-01-01}"])
    services = placebo.alliance.model_dump(exclude={"name", "start", "where", "join"})
    assert not any(services.values())
    assert placebo.alliance.join == "all"


def test_resolved_loads_to_the_same(whole, shipped_tables):
    plain = whole.resolved()
    assert json.loads(json.dumps(plain)) == plain
    again = load(plain, tables=shipped_tables)
    assert again.resolved() == plain
    assert (again.alliance, again.programmes) == (whole.alliance, whole.programmes)
    written, faults = read_text(block_yaml(plain), "x")
    assert written is not None and not faults


@pytest.mark.parametrize(
    ("labels", "value"),
    [
        (("finance", "micro", "CHN", "extraction"), 0.8),
        (("finance", "large", "CHN", "extraction"), 0.5),
        (("finance", "micro", "EU27", "recycling"), 0.6),
        (("data", "micro", "EU27", "recycling"), 0.6),
        (("data", "large", "EU27", "recycling"), None),
    ],
)
def test_access_lines_are_chosen_like_the_other_lists(labels, value, whole):
    found = choose(whole.access, **dict(zip(("score", "size", "region", "stage"), labels, strict=True)))
    assert (found.at(date(2030, 1, 1), 0.1) if found else None) == value


def test_labels_are_those_of_the_word_list():
    def words(model, name):
        return tuple(word for word in get_args(model.model_fields[name].annotation) if word != ANY)

    assert words(AccessScore, "score") == tuple(Mechanisms.model_fields) == terms.SCORES
    assert words(AccessScore, "size") == terms.SIZES
    assert words(AccessScore, "stage") == tuple(Capacity.model_fields) == terms.FIRM_STAGES
    assert words(Programme, "kind") == terms.PROGRAMME_KINDS == tuple(terms.PROGRAMME_KIND_NAMES)
    assert words(BusinessModel, "kind") == terms.MODEL_KINDS == tuple(terms.MODEL_KIND_NAMES)


def own_effects(kind):
    from simulator.scenario.check_economy import EFFECTS

    return {name: BusinessModel.model_fields[name].examples[0] for name in EFFECTS[kind]}


@pytest.mark.parametrize("kind", terms.MODEL_KINDS)
def test_each_kind_of_business_model_takes_its_effects(kind, told):
    base = {"schema_version": 1, "extends": "reference"}
    model = {"name": "a", "kind": kind, "product": "*", "start": "2026-01-01"}
    assert told({**base, "business_models": [model | own_effects(kind)]}) == []


@pytest.mark.parametrize("kind", terms.PROGRAMME_KINDS)
def test_each_kind_of_programme_takes_every_quantity(kind, told):
    fields = Programme.model_fields
    programme = {name: info.examples[0] for name, info in fields.items()} | {"kind": kind}
    assert told({"schema_version": 1, "extends": "reference", "programmes": [programme]}) == []


@pytest.mark.parametrize("join", ["all", "benefit", 0, 1, 0.5])
def test_who_may_join(join, told):
    alliance = {"name": "a", "start": "2025-01-01", "join": join}
    assert told({"schema_version": 1, "extends": "reference", "alliance": alliance}) == []


@pytest.mark.parametrize("join", [True, -0.1, 1.1, "some", None, [0.5], {"share": 0.5}, float("nan")])
def test_who_may_not_join(join, told):
    alliance = {"name": "a", "start": "2025-01-01", "join": join}
    [(path, _)] = told({"schema_version": 1, "extends": "reference", "alliance": alliance})
    assert path == "alliance.join"


def test_a_child_changes_one_number_of_the_parents_alliance(tmp_path, shipped_tables, repository):
    import subprocess
    import sys

    (tmp_path / "whole.yaml").write_text(WHOLE)
    child = tmp_path / "child.yaml"
    child.write_text(
        "schema_version: 1\nextends: whole\nalliance: {fee_share: 0.002, pooled_stock: {most_per_event: 1}}\n"
    )
    scenario = load(child, tables=shipped_tables)
    assert (scenario.alliance.fee_share, scenario.alliance.join) == (0.002, 0.25)
    assert scenario.alliance.pooled_stock == PooledStock(share=0.2, most_per_event=1)
    schema = repository / "scenarios" / "scenario.schema.json"
    command = ["-m", "check_jsonschema", "--schemafile", schema, child, tmp_path / "whole.yaml"]
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_differences_name_the_line(whole, shipped_tables):
    other = load("reference", tables=shipped_tables, sets=["access=[{score: finance, value: 0.4}]"])
    keys = [found.key for found in differences(whole, other) if found.key.startswith("access")]
    assert "access[finance, *, *, *].value" in keys
    assert "access[finance, micro, *, *].value" in keys
    assert len(keys) == len(whole.access)


def test_filters_of_a_world_without_the_stage(told):
    world = {"materials": ["lithium"], "products": ["other_lithium"]}
    base = {"schema_version": 1, "extends": "reference", "world": world}
    where = {"stage": "component"}
    alliance = {"name": "a", "start": "2025-01-01", "where": where}
    programme = {"name": "a", "kind": "training", "start": "2025-01-01", "where": where}
    access = {"score": "data", "stage": "component", "value": 0.5}
    faults = told({**base, "alliance": alliance, "programmes": [programme], "access": [access]})
    assert faults == [
        ("access[0]", "access_matches_nothing"),
        ("alliance.where", "where_matches_nothing"),
        ("programmes[0].where", "where_matches_nothing"),
    ]
