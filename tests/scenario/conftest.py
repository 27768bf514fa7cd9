"""A scenario to change, and tables read once."""

from __future__ import annotations

import pytest

from simulator.scenario import tables


@pytest.fixture(scope="session")
def shipped_tables():
    """Tables of inputs/."""
    return tables.load()


@pytest.fixture
def told(shipped_tables):
    """Faults of a scenario given as data, as (path, rule); empty if it loads."""
    from simulator.errors import InputError
    from simulator.scenario import load

    def faults(source, **options):
        try:
            load(source, tables=shipped_tables, **options)
        except InputError as error:
            return [(fault.place.path, fault.rule) for fault in error.faults]
        return []

    return faults
