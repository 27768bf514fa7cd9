"""The page of a study in a real browser: every chart drawn, tables and files from the same numbers."""

from __future__ import annotations

import pytest

from simulator.report.sensitivity import sensitivity_html
from tests.browser.test_shell import AUDIT, AXE, SERIOUS
from tests.report.test_sensitivity import answer, numbers, rows_of

pytestmark = pytest.mark.xdist_group("browser")

SCRIPT = """
  const plot = byId("outcome-1-plot"), bars = plot.data.map((d) => ({ name: d.name, x: [...d.x], y: [...d.y], base: d.base, more: d.error_x && d.error_x.array && [...d.error_x.array] }));
  byId("theme").click();
  const dark = [root.dataset.theme, plot.layout.font.color];
  byId("theme").click();
  byId("outcome-1").querySelector("details.data").open = true;
  await new Promise((done) => setTimeout(done, 60));
  return { bars, dark, rows: byId("outcome-1").querySelectorAll("table tr").length, csv: csvOf("outcome-1").split("\\n"), wide: [document.documentElement.scrollWidth, innerWidth] };"""  # noqa: E501


@pytest.mark.parametrize("method", ["tornado", "morris", "sobol"])
def test_page_draws_its_chart(browser, method):
    rows = rows_of(method, 30)
    page = browser.open(sensitivity_html(answer(method, rows), numbers(rows)), width=390, dark=False)
    found = page.run(SCRIPT)
    first, second = found["bars"]
    assert len(first["y"]) == 20 and first["y"][0] == "F 0"
    if method == "tornado":
        assert first["base"] == pytest.approx(90) and first["x"][0] == pytest.approx(-290)
    else:
        key, conf, other = {"morris": ("mu_star", "mu_star_conf", "sigma"), "sobol": ("st", "st_conf", "s1")}[
            method
        ]
        assert first["x"] == pytest.approx([100 * row[key] for row in rows[:20]])
        assert first["more"] == pytest.approx([100 * row[conf] for row in rows[:20]])
        assert second["x"] == pytest.approx([100 * row[other] for row in rows[:20]])
    assert found["dark"][0] == "dark" and found["dark"][1] == "#e9edf2"
    assert (
        found["rows"] == 31 and len(found["csv"]) == 32 and found["csv"][1].startswith("1,assumptions.f_0,")
    )
    assert found["wide"][0] <= found["wide"][1]
    page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    assert [v for v in page.evaluate(AUDIT % "rules: {}") if v[0] in SERIOUS] == []
    assert page.faults == [] and page.requests == []
