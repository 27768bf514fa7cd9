"""Every key of every kind of policy has an example that loads."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from simulator.scenario import load
from simulator.scenario.schema_policies import Policy

KINDS = [get_args(each)[0] for each in get_args(get_args(Policy)[0])]


def example(kind: Any, key: str = "") -> dict[str, Any]:
    """A policy with what it needs and one key more."""
    needed = {name: info.examples[0] for name, info in kind.model_fields.items() if info.is_required()}
    if "preset" in kind.model_fields and key not in ("value", "preset"):
        needed["preset"] = kind.model_fields["preset"].examples[0]
    return needed | ({key: kind.model_fields[key].examples[0]} if key else {})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_examples_of_every_key_are_good(kind, shipped_tables):
    keys = ["", *(name for name in kind.model_fields if not kind.model_fields[name].is_required())]
    policies = [example(kind, key) | {"name": f"p{i}"} for i, key in enumerate(keys)]
    for policy in policies:  # one at a time: a value and the law of another would not meet here
        given = {"schema_version": 1, "extends": "reference", "policies": [policy]}
        assert load(given, tables=shipped_tables).policies[0].kind == policy["kind"]
