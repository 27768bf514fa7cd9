"""Inflow-driven stocks of many products in flodym: arrays in, stock and outflow out."""

import json
import pathlib
import resource
import sys
import time
import warnings

import flodym
import numpy as np

RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def peak():
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        found = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM:"))
        return int(found.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT / 1024**2


def stocks(given):
    n_years, n_products = given["inflow"].shape
    time_ = flodym.Dimension(name="Time", letter="t", items=list(range(n_years)), dtype=int)
    product = flodym.Dimension(
        name="Product", letter="p", items=[str(i) for i in range(n_products)], dtype=str
    )
    dims = flodym.DimensionSet(dim_list=[time_, product])
    by_product = dims["p",]
    mean, std = (flodym.FlodymArray(dims=by_product, values=given[name]) for name in ("mean", "sd"))
    model = flodym.InflowDrivenDSM(
        dims=dims, time_letter="t",
        lifetime_model=flodym.NormalLifetime(dims=dims, time_letter="t", mean=mean, std=std),
        inflow=flodym.StockArray(dims=dims, values=given["inflow"].copy()),
    )  # fmt: skip
    model.compute()
    return {"stock": model.stock.values, "outflow": model.outflow.values}


def main():
    warnings.simplefilter("ignore")
    with np.load(sys.argv[1]) as found:
        given = dict(found)
    few = {"inflow": given["inflow"][:9, :2].copy(), "mean": given["mean"][:2], "sd": given["sd"][:2]}
    stocks(few)  # first use of scipy
    before, spent, end = peak(), [], {}
    for _ in range(int(sys.argv[3])):
        start = time.process_time()
        end = stocks(given)
        spent.append(time.process_time() - start)
    np.savez(sys.argv[2], **end)
    print(json.dumps({"seconds": float(np.median(spent)), "megabytes": peak() - before}))


if __name__ == "__main__":
    main()
