"""Prices of one run: once a month after goods have moved, from the needs and stocks of the order phase."""

from __future__ import annotations

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.run.tiers import Sums
from simulator.world import prices, responses
from simulator.world.firms import gain
from simulator.world.market import Market
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    Blueprint,
    Floats,
    Kind,
    Mode,
    Role,
    sums,
)

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY


class Markets:
    """Prices and what follows from them: idling, saving, variants, demand, collection, exit.

    Attributes
    ----------
    log_price, smooth : (market,) float [1]
        Logarithm of the price signal, now and smoothed.
    index : (market,) float [1]
        Price paid over that of the base year: the signal, but for ore no more than refiners can pay.
    flow : (market,) float [1]
        Smoothed tightness.
    log_cost : (market,) float [1]
        Cost push of suppliers.
    """

    def __init__(self, world: Blueprint, state: State, ledger: Ledger) -> None:
        market = world.economy.market
        if market is None:
            raise ValueError("the world has no markets")
        self.world, self.state, self.market = world, state, market
        n = len(market)
        self.log_price, self.smooth, self.flow = np.zeros(n), np.zeros(n), np.zeros(n)
        self.log_cost = np.zeros(n)
        self.saved = np.ones(n)
        self.margin = np.zeros(len(world.firms))
        self.lagged_inputs = market.input_share.copy()
        self._log_own = np.log(np.maximum(market.unit_cost - market.input_share, 1e-12))
        self.scrap, self.scrap_index = np.zeros(len(market.scrap_region)), np.ones(len(market.scrap_region))
        self.log_slot_sold = np.zeros(len(world.slots))
        self._worthless = sums(market.scrap_row, market.scrap_weight, len(self.scrap)) <= 0
        self.log_demand = np.zeros(len(world.user_slot))
        self.scores = [np.zeros((world.n_regions, v.content.shape[1])) for v in market.variants]
        self._index(world, market)
        rules = market.rules
        self._gain = {
            name: gain(DAYS, tau)
            for name, tau in (
                ("price", rules.tau_price),
                ("flow", rules.tau_flow),
                ("used", rules.tau_used),
                ("thrift", rules.tau_thrift),
                ("demand", rules.tau_demand),
                ("variant", rules.tau_variant),
                ("collection", rules.tau_collection),
            )
        }
        self._relax = gain(DAYS, rules.tau_thrift / rules.thrift_hysteresis)
        self._price = ledger.last("price", (world.n_regions, world.n_goods))
        self._idle = ledger.last("idle_share", (world.n_regions, len(world.labels.process_stage)))
        self._intensity = ledger.last("intensity", (world.n_regions, world.n_materials))
        self._set_paid()
        self._record()

    def _index(self, world: Blueprint, market: Market) -> None:
        """What each step needs of the network, found once."""
        slots, relations, firms = world.slots, world.relations, world.firms
        orders = np.isin(relations.mode, (Mode.PULL, Mode.OFFER)) & (market.cell >= 0)
        self._order = np.flatnonzero(orders)
        self._source, self._target = relations.source[self._order], relations.target[self._order]
        self._cell = market.cell[self._order]
        self._flow = relations.flow[self._order]
        self._at_home = firms.region[slots.firm[self._source]] == firms.region[slots.firm[self._target]]
        self._by_source, self._by_cell = Sums(self._source, len(slots)), Sums(self._cell, len(market))
        self._by_target = Sums(self._target, len(slots))
        self._flow_out = self._by_source(self._flow)
        self._firm = slots.firm[self._source]
        # relations without a market point to one more, whose index stays at 1
        self._paid_cell = np.where(market.cell >= 0, market.cell, len(market))
        self._supplier = slots.firm[relations.source]
        good, region = slots.good[relations.source], firms.region[slots.firm[relations.target]]
        self._base_paid = market.price[good, region]
        self._inputs = np.flatnonzero(market.slot_market >= 0)
        self._input_market = market.slot_market[self._inputs]
        self._input_firm = slots.firm[self._inputs]
        recipe = slots.recipe[self._inputs]
        self._makes = recipe >= 0
        self._recipe = np.where(self._makes, recipe, 0)
        self._base_recipe = world.paths.recipe[0, self._recipe]
        self._value_share = np.where(self._makes, market.value_share[self._inputs], 0.0)
        self._own_share = 1.0 - market.input_share
        self._own_cost = market.unit_cost - market.input_share
        passes = self._makes & ~market.curtails[self._input_firm] & (market.input_share[self._input_firm] > 0)
        self._pass_back = np.flatnonzero(passes)
        self._to_order = np.isin(firms.kind, (Kind.SOURCE, Kind.CONVERT))
        self._outputs = np.flatnonzero((slots.role == Role.OUTPUT) & self._to_order[slots.firm])
        self._output_firm = slots.firm[self._outputs]
        sells = (slots.role == Role.OUTPUT) & (slots.base > 0)
        self._sold = np.flatnonzero(sells)
        sold_firm = slots.firm[self._sold]
        value = slots.base[self._sold] * market.price[slots.good[self._sold], firms.region[sold_firm]]
        whole = sums(sold_firm, value, len(firms))[sold_firm]
        self._sold_weight = np.divide(value, whole, out=np.zeros_like(value), where=whole > 0)
        self._sold_firm = sold_firm
        self._holders = np.flatnonzero((firms.kind[slots.firm] == Kind.HOLDER) & (slots.role == Role.OUTPUT))
        self._thrifty = np.flatnonzero(market.thrift > 0)
        self._thrift_market = market.slot_market[self._thrifty]
        self._elasticity = np.zeros(len(market))
        self._elasticity[self._thrift_market] = market.thrift[self._thrifty]
        self._slot_cell = firms.region[slots.firm] * world.n_materials + np.maximum(slots.material, 0)
        self._by_input, self._by_sold = Sums(self._input_firm, len(firms)), Sums(sold_firm, len(firms))
        self._by_slot_market = Sums(self._input_market, len(market))
        self._able = firms.utilisation[self._output_firm]
        self._idle_cell = firms.region * len(world.labels.process_stage) + firms.process
        self._idle_size = firms.capacity * (firms.size >= 0)
        n_idle = world.n_regions * len(world.labels.process_stage)
        self._idle_whole = sums(self._idle_cell, self._idle_size, n_idle)
        self._thrifty_base = slots.base[self._thrifty]
        self._thrifty_cell = self._slot_cell[self._thrifty]
        n_cells = world.n_regions * world.n_materials
        self._thrifty_whole = sums(self._thrifty_cell, self._thrifty_base, n_cells)
        self._unit_value = market.price[slots.good, firms.region[slots.firm]]

    # ------------------------------------------------------------------ a month

    def step(self) -> None:
        """Move prices by a month, and what responds to them."""
        if self.market.rules.moves:
            self._form_prices()
            self._respond()
            self._set_paid()
            self.state.paid_cost = self._cost_index(self._input_cost(self.index))
        self._record()

    def _needs(self) -> Floats:
        """Need (slot,) [unit/d] at the last order phase; final users and holders ask by their paths."""
        world, state = self.world, self.state
        need = state.need_rate.copy()
        month = state.now_month
        demand = world.paths.demand[month] * state.demand_factor
        need[world.user_slot] = np.maximum(0.0, demand - world.user_displaced)
        need[world.holder_slot] = world.paths.stock_change[month]
        return need

    def _supplies(self) -> Floats:
        """Supply (slot,) [unit/d] that buyers can count on."""
        world, state = self.world, self.state
        supply = state.supply.copy()
        firm = self._output_firm
        able = state.capacity[firm] * state.uptime[firm] * self._able * state.used[firm]
        supply[self._outputs] = able
        if len(self._holders):
            supply[self._holders] = np.minimum(
                world.slots.base[self._holders], state.qty[self._holders] / DAYS
            )
        return supply

    def _form_prices(self) -> None:
        world, state, market, rules = self.world, self.state, self.market, self.market.rules
        n, n_slots = len(market), len(world.slots)
        need = state.share.take(self._order) * self._needs().take(self._target)
        by_slot = self._by_source(need)
        supply, asked = prices.supply_by_relation(need, self._supplies(), self._source, by_slot)
        rate = np.divide(state.stock_gap, asked, out=np.zeros(n_slots), where=asked > 0)
        gap = need * rate.take(self._source)
        caps = world.economy.caps
        apart = np.zeros(n, dtype=bool)
        if caps is not None and caps.binds[state.now_month]:
            group, limit = caps.group[:, self._order], caps.limit[state.now_month]
            declared = need * state.declared[self._order]
            allowed = prices.capped_share(group, declared, limit, caps.free(state.now_month))
            free = ~prices.is_limited(group, limit)
            supply = prices.keep_home(supply, need, allowed, self._source, free, n_slots)
            gap = np.where(free, gap, np.maximum(0.0, gap))
            # cut off is a home market whose suppliers are held back and have no other way abroad
            held = np.bincount(self._source, allowed < 1, minlength=n_slots) > 0
            held &= self._by_source(need * (free & ~self._at_home)) <= 0
            apart[self._cell[held[self._source] & free]] = True
        whole = self._by_cell(need)
        offer = prices.reach_world(self._by_cell(supply), whole, market.good, apart, rules.reach)
        missing = self._by_cell(gap) + self._by_slot_market(state.stock_gap[self._inputs])
        missing = prices.reach_world(missing, whole, market.good, apart, rules.reach)
        self.flow = prices.tightness(self.flow, whole, offer, self._gain["flow"])
        days = np.divide(missing, whole, out=np.zeros(n), where=whole > 0)
        self._push_costs()
        cost = self._by_cell(need * state.cost_index.take(self._firm))
        np.divide(cost, whole, out=cost, where=whole > 0)
        self.log_cost = np.log(np.where(whole > 0, cost, 1.0))
        self.flow = prices.follow_world(self.flow, whole, market.good)
        target = prices.target_price(self.log_cost, self.flow, days, market.eta, rules.tau_gap, rules.limit)
        target = prices.follow_world(target, whole, market.good)
        self.log_price += self._gain["price"] * (target - self.log_price)
        self.smooth += self._gain["thrift"] * (self.log_price - self.smooth)
        self._sell(need, asked)

    def _most_paid(self) -> Floats:
        """Logarithm (market,) of the most that refiners can pay for ore; no limit in other markets."""
        state, market = self.state, self.market
        firm = self._input_firm[self._pass_back]
        cell = self._input_market[self._pass_back]
        can = prices.netback(np.exp(state.log_sold[firm]), market.unit_cost[firm], market.input_share[firm])
        duty = self._duty()
        if duty is not None:
            can = can / (1.0 + duty[self._inputs[self._pass_back]])
        most = np.full(len(market), np.inf)
        buys = state.need_rate[self._inputs[self._pass_back]] > 0
        np.minimum.at(most, cell[buys], can[buys])  # the dearest refiner that still buys sets what is left
        return np.asarray(np.log(most))

    def _push_costs(self) -> None:
        """Unit cost of makers through the prices of their inputs and through experience."""
        state = self.state
        self.inputs_now = self._input_cost(np.exp(self.log_price))
        state.cost_index = self._cost_index(self.inputs_now)
        if state.fee_share is not None:  # makers pass on what they are paid or taxed
            paid = state.fee_share * self._to_order
            state.cost_index = np.maximum(prices.SCARCEST, state.cost_index - paid)

    def _input_cost(self, index: Floats) -> Floats:
        """Inputs of a unit (firm,) at prices (market,), over its base price."""
        world, state = self.world, self.state
        recipe = world.paths.recipe[state.now_month, self._recipe] * state.intensity[self._inputs]
        ratio = np.divide(recipe, self._base_recipe, out=np.ones_like(recipe), where=self._base_recipe > 0)
        paid, duty = index[self._input_market], self._duty()
        if duty is not None:
            paid = paid * (1.0 + duty[self._inputs])
        return self._by_input(self._value_share * paid * ratio)

    def _duty(self) -> Floats | None:
        """Mean duty (slot,) [1] on what comes into a slot, over the price; None where there is none."""
        state = self.state
        if not state.has_tariff:
            return None
        rate = state.share[self._order] * np.expm1(state.tariff[self._order])
        return self._by_target(rate)

    def _cost_index(self, inputs: Floats) -> Floats:
        """1 + what a unit (firm,) costs more than in the base year, over its base price."""
        index = self._own_share + inputs + self._own_cost * (self.state.cost_factor - 1.0)
        index[~self._to_order] = 1.0
        return index

    def _sell(self, need: Floats, asked: Floats) -> None:
        """Price that each firm gets, mean over what it sells; that it would get, where nobody asks it."""
        state, n = self.state, len(asked)
        price = self.log_price.take(self._cell)
        mean = np.divide(self._by_source(self._flow * price), self._flow_out,
                         out=np.zeros(n), where=self._flow_out > 0)  # fmt: skip
        np.divide(self._by_source(need * price), asked, out=mean, where=asked > 0)
        self.log_slot_sold = mean
        state.log_sold = self._by_sold(self._sold_weight * mean[self._sold])
        state.smooth_sold += self._gain["thrift"] * (state.log_sold - state.smooth_sold)

    # ------------------------------------------------------------------ responses

    def _respond(self) -> None:
        rules = self.market.rules
        if rules.has_curtailment:
            self._idle_capacity()
            self._give_up_capacity()
        if rules.has_thrifting or rules.has_variants:
            self._change_recipes()
        self._turn_waste()
        if rules.has_demand_response:
            self._change_demand()

    def _idle_capacity(self) -> None:
        market, state, rules = self.market, self.state, self.market.rules
        # prices follow costs with a lag; firms look through it, or every rise of costs would idle them
        self.lagged_inputs += self._gain["price"] * (self.inputs_now - self.lagged_inputs)
        earned = np.exp(state.log_sold)
        if state.fee_share is not None:
            earned = earned + state.fee_share
        left = np.log(np.maximum(earned - self.lagged_inputs, 1e-12))
        log_own = self._log_own + np.log(state.cost_factor)
        used = responses.used_capacity(state.used, left, log_own, rules.curtail_band, self._gain["used"])
        state.used = np.where(market.curtails, used, 1.0)

    def _give_up_capacity(self) -> None:
        """Capacity that leaves for good where prices stay low against costs."""
        state, rules = self.state, self.market.rules
        margin = state.log_sold - np.log(state.cost_index)
        self.margin += self._gain["thrift"] * (margin - self.margin)
        rate = (
            responses.given_up(self.margin, rules.exit_rate, rules.exit_from, rules.exit_band)
            * self._to_order
        )
        if rate.any():
            stays = np.exp(-rate * (DAYS / DAYS_PER_YEAR))
            state.kept, state.exited = state.kept * stays, state.exited * stays
            state.refresh()

    def _change_recipes(self) -> None:
        """Saving of dear materials and shifts between variants."""
        market, state, rules = self.market, self.state, self.market.rules
        factor = np.ones(len(self.world.slots))
        policies = self.world.economy.policies
        if rules.has_thrifting:
            if policies is not None and policies.supports:
                gain = state.thrift_gain[self._thrifty]
                self._elasticity[self._thrift_market] = market.thrift[self._thrifty] * gain
            self.saved = responses.save_material(
                self.saved,
                self.smooth,
                self._elasticity,
                rules.thrift_floor,
                self._gain["thrift"],
                self._relax,
            )
            factor[self._thrifty] = self.saved[self._thrift_market]
        if rules.has_variants:
            for i, variants in enumerate(market.variants):
                log_price = np.where(variants.market >= 0, self.log_price[variants.market], 0.0)
                month = state.now_month
                content = variants.content[month]
                wanted = responses.variant_scores(
                    content, variants.value, log_price, variants.unit_price, rules.variant_response
                )
                if policies is not None and policies.variant_gain is not None:
                    wanted = wanted * policies.variant_gain[month, variants.product][:, None]
                self.scores[i] += self._gain["variant"] * (wanted - self.scores[i])
                mix = responses.mix_factor(variants.share[month], content, self.scores[i])
                factor[variants.slots] *= mix[variants.slot_region, variants.slot_column]
        state.intensity = factor

    def _turn_waste(self) -> None:
        """Price of waste and scrap follows the metals in it; collection responds a little."""
        market, state, rules = self.market, self.state, self.market.rules
        if not len(self.scrap):
            return
        index = sums(market.scrap_row, market.scrap_weight * np.exp(self.log_price)[market.scrap_market],
                     len(self.scrap))  # fmt: skip
        index[self._worthless] = 1.0
        self.scrap_index = index
        self.scrap += self._gain["collection"] * (np.log(np.maximum(index, 1e-12)) - self.scrap)
        if rules.has_collection_response:
            row = np.flatnonzero(market.scrap_product >= 0)
            state.collection_factor[market.scrap_product[row], market.scrap_region[row]] = np.exp(
                rules.collection_elasticity * self.scrap[row]
            )

    def _change_demand(self) -> None:
        market, state = self.market, self.state
        known = market.user_market >= 0
        price = np.where(known, self.log_price[market.user_market], 0.0)
        duty = self._duty()
        if duty is not None:
            price = price + np.log1p(duty[self.world.user_slot])
        self.log_demand += self._gain["demand"] * (-market.user_elasticity * price - self.log_demand)
        state.demand_factor = np.exp(self.log_demand)

    # ------------------------------------------------------------------ what is paid

    def _set_paid(self) -> None:
        """Price of each relation and of what lies in each slot."""
        market, state = self.market, self.state
        # refiners pay for ore what their product brings; tied into the signal itself, both prices would swing
        index = self.index = np.exp(np.minimum(self.log_price, self._most_paid()))
        np.multiply(self._base_paid, np.append(index, 1.0).take(self._paid_cell), out=state.paid)
        worth = self._unit_value.copy()
        worth[self._inputs] *= index[self._input_market]
        worth[self._sold] *= np.exp(self.log_slot_sold[self._sold])
        state.log_price = np.log(state.cost_index).take(self._supplier)
        state.paid[market.scrap_relation] *= self.scrap_index[market.scrap_relation_row]
        worth[market.scrap_slot] *= self.scrap_index[market.scrap_slot_row]
        state.slot_price = worth

    def _record(self) -> None:
        market, state = self.market, self.state
        self._price[...] = np.nan
        self._price[market.region, market.good] = self.index
        whole = self._idle_whole
        idle = sums(self._idle_cell, self._idle_size * (1 - state.used), self._idle.size)
        self._idle.ravel()[:] = np.divide(idle, whole, out=np.zeros_like(idle), where=whole > 0)
        whole, saved = self._thrifty_whole, self._thrifty_base * state.intensity[self._thrifty]
        now = sums(self._thrifty_cell, saved, self._intensity.size)
        self._intensity.ravel()[:] = np.divide(now, whole, out=np.ones_like(now), where=whole > 0)
