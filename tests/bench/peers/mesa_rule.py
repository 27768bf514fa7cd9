"""The firm rule of `rule.py` as mesa agents: arrays in, end state out."""

import json
import sys
import time

import mesa
import numpy as np


class Firm(mesa.Agent):
    """Looks at its orders, orders itself, makes, ships."""

    def review(self):
        m = self.model
        predicted = self.level + m.damping * self.trend
        move = predicted + m.level_gain * (self.received / m.days - predicted) - self.level
        self.level += move
        self.trend *= m.damping
        self.trend += m.trend_gain * (move - self.trend)
        self.expected = max(0.0, self.level + self.trend * m.ahead)
        rate = m.recipe * self.expected
        gap = rate * m.cover_in - self.held - sum(self.backlog)
        self.quantity = max(0.0, rate * m.days + m.order_gain * gap)
        self.received = self.final_now = self.final * m.season_now * m.days
        self.asked += self.final_now

    def order(self):
        backlog, quantity = self.backlog, self.quantity
        for place, supplier in enumerate(self.suppliers):
            more = self.share[place] * quantity
            backlog[place] += more
            supplier.received += more
            supplier.asked += more

    def make(self):
        m = self.model
        made = max(0.0, self.asked + self.expected * m.cover_out - self.stock)
        made = min(made, self.capacity, self.held / m.recipe)
        self.held -= made * m.recipe
        self.stock += made
        self.fill = min(1.0, self.stock / self.asked)
        self.stock -= self.fill * self.asked
        self.asked = (1.0 - self.fill) * (self.asked - self.final_now)

    def take(self):
        backlog, got = self.backlog, 0.0
        for place, supplier in enumerate(self.suppliers):
            shipped = backlog[place] * supplier.fill
            backlog[place] -= shipped
            got += shipped
        self.held += got


class World(mesa.Model):
    """All firms, one phase after the other."""

    def __init__(self, given):
        super().__init__()
        for name in (
            "days",
            "level_gain",
            "trend_gain",
            "damping",
            "order_gain",
            "cover_in",
            "cover_out",
            "recipe",
        ):
            setattr(self, name, float(given[name]))
        self.ahead = self.damping * (1 - self.damping ** float(given["reviews"])) / (1 - self.damping)
        n, k = int(given["n"]), int(given["k"])
        self.firms = [Firm(self) for _ in range(n)]
        for name in ("final", "capacity", "level", "trend", "stock", "held", "received"):
            for firm, value in zip(self.firms, given[name].tolist(), strict=True):
                setattr(firm, name, value)
        supplier, share, backlog = (given[name].tolist() for name in ("supplier", "share", "backlog"))
        for i, firm in enumerate(self.firms):
            mine = slice(i * k, (i + 1) * k)
            firm.suppliers = [self.firms[j] for j in supplier[mine]]
            firm.share, firm.backlog, firm.asked = share[mine], backlog[mine], 0.0

    def step(self):
        self.agents.do("review").do("order").do("make").do("take")


def main():
    with np.load(sys.argv[1]) as given:
        world, seasons = World(given), given["season"].tolist()
    start = time.process_time()
    for season in seasons:
        world.season_now = season
        world.step()
    spent = time.process_time() - start
    firms = world.firms
    end = {
        name: [getattr(f, name) for f in firms] for name in ("level", "trend", "stock", "held", "received")
    }
    np.savez(sys.argv[2], backlog=np.array([f.backlog for f in firms]).ravel(), **end)
    print(json.dumps({"seconds": spent}))


if __name__ == "__main__":
    main()
