"""A chain of suppliers, distributors and retailers in SupplyNetPy: size and days in, units sold out."""

import json
import sys
import time

import simpy
from SupplyNetPy import Components


def network(n_nodes, daily, lead):
    """Every retailer has a distributor of its own, that one a supplier that never runs out."""
    env = simpy.Environment()
    size = 20 * daily
    nodes, links, demands = [], [], []
    for i in range(n_nodes // 3):
        supplier = Components.Supplier(
            env=env, ID=f"s{i}", name=f"s{i}", node_type="infinite_supplier", logging=False
        )
        steps = [supplier]
        for kind in ("distributor", "retailer"):
            node = Components.InventoryNode(
                env=env, ID=f"{kind}{i}", name=f"{kind}{i}", node_type=kind, capacity=size,
                initial_level=size, inventory_holding_cost=1, replenishment_policy=Components.SSReplenishment,
                policy_param={"s": size - daily, "S": size}, product_sell_price=2, product_buy_price=1,
                logging=False,
            )  # fmt: skip
            name = f"{kind}-link{i}"
            links.append(
                Components.Link(env=env, ID=name, source=steps[-1], sink=node, cost=1, lead_time=lambda: lead)
            )
            steps.append(node)
        nodes += steps
        demands.append(
            Components.Demand(
                env=env, ID=f"d{i}", name=f"d{i}", order_arrival_model=lambda: 1,
                order_quantity_model=lambda: daily, demand_node=steps[-1], logging=False,
            )
        )  # fmt: skip
    return Components.create_sc_net(nodes=nodes, links=links, demands=demands, env=env), demands


def main():
    n_nodes, days, daily, lead = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    net, demands = network(n_nodes, daily, lead)
    start = time.process_time()
    Components.simulate_sc_net(net, sim_time=days, logging=False)
    spent = time.process_time() - start
    sold = sum(demand.stats.fulfillment_received[1] for demand in demands)
    print(json.dumps({"seconds": spent, "delivered": sold}))


if __name__ == "__main__":
    main()
