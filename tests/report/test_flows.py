"""Flows of places as a page carries them: those of the result, rounded; nothing where there is nothing."""

import numpy as np

from simulator import totals
from simulator.report import flows
from simulator.report.packing import unpacked
from tests.report import fake, made

DS = fake.dataset(years=3)


def block(ds):
    return unpacked(flows.series(ds))["flow_by_region"]


def test_every_place_has_the_flows_of_the_result():
    found = block(DS)
    assert list(found) == list(DS.region.values)
    for region, kinds in found.items():
        parts = totals.regional_flows(DS, [region])
        top = parts.to_dataarray().max(("variable", "link", "year"))
        for name, materials in zip(flows.KINDS, kinds, strict=True):
            own = parts[name].transpose("material", "link", "year").values
            for m, links in enumerate(materials):
                for link, row in enumerate(own[m]):
                    most = max(5.1e-4 * row.max(), 0.51e-5 * float(top[m]))
                    told = links.get(str(link), [0.0] * len(row))
                    np.testing.assert_allclose(told, row, rtol=0, atol=most)


def test_groups_keep_inside_what_their_regions_ship_to_each_other():
    ds = made.four(firms=True)[0].dataset
    found = block(ds)
    assert list(found)[-1] == "UNECE"
    link = str(list(ds.link.values).index("manufacturing>use"))
    inside = [found[r][0][0][link] for r in ("CAN", "EU27", "EECA", "USA", "REU")]
    assert np.sum(inside) < np.sum(found["UNECE"][0][0][link])


def test_what_is_nothing_beside_the_rest_is_left_out():
    ds = DS.copy(deep=True)
    small = int(np.flatnonzero(ds.route_link.values == "use>hibernating")[0])
    region = str(ds.route_from.values[small])
    ds["flow_by_region"][:, small] = 1e-9
    link = str(list(ds.link.values).index("use>hibernating"))
    assert link in block(DS)[region][0][0] and link not in block(ds)[region][0][0]


def test_a_result_that_knows_the_world_alone_has_none():
    assert block(DS.drop_vars("flow_by_region")) == {}
