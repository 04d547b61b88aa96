"""One node after the other: when it runs short, who brings how much, and when it must be ordered."""

from __future__ import annotations

from longshore.engine.compiling import bare_kernel
from longshore.engine.replenishing.network import columns as c
from longshore.engine.replenishing.network.arrays import Bench, Need, Net, State
from longshore.engine.replenishing.network.evenings import lowest, running, spoiled
from longshore.engine.replenishing.network.problem import SURPLUS

NEVER = -1


@bare_kernel
def order_day(net: Net, way: int, day: int) -> int:
    """The latest day to order so that it is there on `day`, else the earliest at all; NEVER within the days planned."""
    lead, fence, calendar = net.arc[way, c.LEAD], net.arc[way, c.FENCE], net.arc[way, c.CALENDAR]
    days = net.demand.shape[1]
    latest = day - lead
    if latest >= fence:
        found = latest if calendar < 0 else net.before[calendar, latest]
        if found >= fence:
            return found
    if fence >= days:
        return NEVER
    found = fence if calendar < 0 else net.after[calendar, fence]
    return found if found + lead < days else NEVER


@bare_kernel
def lot(net: Net, way: int, wanted: int) -> int:
    """The least quantity that can be ordered and is at least `wanted`."""
    multiple = net.arc[way, c.MULTIPLE]
    return -(-max(wanted, net.arc[way, c.MOQ]) // multiple) * multiple


@bare_kernel
def price_of(net: Net, way: int, qty: int) -> int:
    """The price of a unit when `qty` are ordered."""
    price = net.arc[way, c.PRICE]
    for k in range(net.break_at[way], net.break_at[way + 1]):
        if net.break_qty[k] <= qty:
            price = net.break_price[k]
    return price


@bare_kernel
def weight_of(net: Net, need: Need, qty: int) -> int:
    """Units the price is counted for: what is lacking, and carrying the rest for as long as it lasts."""
    rest = qty - need.lack
    hold = c.CARRY_DAYS
    if need.total > 0:
        hold = min((rest + 2 * need.lack) * net.demand.shape[1] // (2 * need.total), c.CARRY_DAYS)
    return need.lack + rest * hold // c.CARRY_DAYS


@bare_kernel
def quote(net: Net, way: int, need: Need) -> tuple[int, int, int]:
    """(cost, quantity, weight) of the cheapest quantity to order here for a need; cost NEVER: not within the days."""
    day = order_day(net, way, need.day)
    if day < 0:
        return NEVER, 0, 0
    late = day + net.arc[way, c.LEAD] - need.day
    risk = late * net.arc[way, c.LATE] * need.lack if late > 0 else 0
    best_qty = lot(net, way, need.lack)
    best_weight = weight_of(net, need, best_qty)
    best = price_of(net, way, best_qty) * best_weight + risk
    for k in range(net.break_at[way], net.break_at[way + 1]):
        qty = lot(net, way, max(need.lack, net.break_qty[k]))
        weight = weight_of(net, need, qty)
        cost = price_of(net, way, qty) * weight + risk
        if cost < best:
            best, best_qty, best_weight = cost, qty, weight
    return best, best_qty, best_weight


@bare_kernel
def book(net: Net, node: int, way: int, told: tuple[int, int, int], need: Need, bench: Bench) -> None:
    """Write an order down (day, quantity, why) and let its goods come."""
    day, qty, why = told
    due = day + net.arc[way, c.LEAD]
    wanted = need.lack
    if qty > wanted and why & (c.BY_BREAK | c.IS_KEPT | c.BY_LIFE) == 0:
        why |= c.BY_MOQ if wanted < net.arc[way, c.MOQ] else c.BY_MULTIPLE
    if due > need.day:
        why |= c.IS_LATE
    weight = weight_of(net, need, qty) if qty > wanted else qty
    late = due - need.day if due > need.day else 0
    cost = price_of(net, way, qty) * weight + late * net.arc[way, c.LATE] * min(wanted, qty)
    row = bench.rows[bench.made[0]]
    row[c.ARC], row[c.WISH], row[c.DAY], row[c.DUE] = way, day, day, due
    row[c.NEED], row[c.QTY], row[c.LACK], row[c.FLIP] = need.day, qty, wanted, need.flip
    row[c.WHY], row[c.COST], row[c.WEIGHT] = why, cost, weight
    row[c.RIVAL], row[c.RIVAL_COST] = need.rival, need.rival_cost
    bench.made[0] += 1
    if not net.spoils[node]:
        for t in range(due, len(bench.stock)):
            bench.stock[t] += qty


@bare_kernel
def within_life(net: Net, state: State, node: int, way: int, told: tuple[int, int, int, Need], bench: Bench) -> int:
    """Book as much of an order as does not spoil; returns how much that is."""
    day, qty, why, need = told
    if bench.made[0] >= len(bench.rows):
        return 0
    if not net.spoils[node]:
        book(net, node, way, (day, qty, why), need, bench)
        return qty
    multiple = net.arc[way, c.MULTIPLE]
    while qty >= net.arc[way, c.MOQ]:
        book(net, node, way, (day, qty, why), need, bench)
        waste = spoiled(net, state, node, bench)
        if waste == 0:
            return qty
        bench.made[0] -= 1
        qty = (qty - waste) // multiple * multiple
        why |= c.BY_LIFE
    spoiled(net, state, node, bench)
    return 0


@bare_kernel
def former_one(net: Net, node: int, way: int, told: tuple[int, int], bench: Bench) -> int:
    """A former order on this arc that serves as well (its row), not taken yet; NEVER: none."""
    day, qty = told
    low = net.former_at[net.arc_at[node]]
    for k in range(net.former_at[way], net.former_at[way + 1]):
        early, more = day - net.former_day[k], net.former_qty[k] - qty
        if bench.taken[k - low] or early < 0 or early > net.keep[0] or net.former_day[k] < net.arc[way, c.FENCE]:
            continue
        fits = net.former_qty[k] % net.arc[way, c.MULTIPLE] == 0
        if fits and more >= 0 and more * 10_000 <= qty * net.keep[1]:
            calendar = net.arc[way, c.CALENDAR]
            if calendar < 0 or net.before[calendar, net.former_day[k]] == net.former_day[k]:
                bench.taken[k - low] = True
                return k
    return NEVER


@bare_kernel
def squeeze(net: Net, state: State, node: int, way: int, need: Need, bench: Bench) -> int:
    """Order what the capacity gives: on the latest day, then on earlier ones, then on later; returns what is left."""
    group, calendar, lead = net.arc[way, c.CAPACITY], net.arc[way, c.CALENDAR], net.arc[way, c.LEAD]
    multiple, rest = net.arc[way, c.MULTIPLE], need.lack
    start, step = order_day(net, way, need.day), -1
    day, days = start, net.demand.shape[1]
    while rest > 0:
        if step < 0 and day < net.arc[way, c.FENCE]:
            day, step = start + 1, 1
        if step > 0 and (day >= days or day + lead >= days):
            break
        if calendar < 0 or net.before[calendar, day] == day:
            bucket = day // net.period[group]
            room = (net.most[group] - state.used[group, bucket]) // multiple * multiple
            full = lot(net, way, rest)
            qty = min(full, room)
            if qty >= net.arc[way, c.MOQ]:
                part = Need(need.day, rest, need.flip, need.total, need.rival, need.rival_cost)
                why = c.BY_CAPACITY if qty < full or day != start else 0
                got = within_life(net, state, node, way, (day, qty, why, part), bench)
                state.used[group, bucket] += got
                rest -= got
        day += step
    return rest


@bare_kernel
def place(net: Net, state: State, node: int, way: int, need: Need, bench: Bench) -> int:
    """Order at one arc; returns what is still lacking."""
    if net.arc[way, c.CAPACITY] >= 0:
        return squeeze(net, state, node, way, need, bench)
    _cost, qty, _weight = quote(net, way, need)
    day, why = order_day(net, way, need.day), 0
    if qty > lot(net, way, need.lack):
        why = c.BY_BREAK
    if not net.spoils[node]:
        kept = former_one(net, node, way, (day, qty), bench)
        if kept >= 0:
            day, qty, why = net.former_day[kept], net.former_qty[kept], c.IS_KEPT
    return need.lack - within_life(net, state, node, way, (day, qty, why, need), bench)


@bare_kernel
def take_surplus(net: Net, state: State, node: int, need: Need, bench: Bench) -> int:
    """Take what others of the same cell will never need, if it comes in time or sooner than an order would."""
    soonest, low, high = len(bench.stock), net.arc_at[node], net.arc_at[node + 1]
    for way in range(low, high):
        day = order_day(net, way, need.day)
        if net.arc[way, c.KIND] != SURPLUS and day >= 0:
            soonest = min(soonest, day + net.arc[way, c.LEAD])
    rest = need.lack
    for way in range(low, high):
        day = order_day(net, way, need.day)
        if net.arc[way, c.KIND] != SURPLUS or rest <= 0 or day < 0 or net.spoils[node]:
            continue
        part = net.part_at[way]
        donor, num, den = net.part_node[part], net.part_num[part], net.part_den[part]
        if day + net.arc[way, c.LEAD] > max(soonest, need.day) or net.spoils[donor]:
            continue
        running(net, state, donor, bench.other)
        spare = (lowest(bench.other, day, len(bench.other)) - net.safety[donor]) * den // num
        multiple = net.arc[way, c.MULTIPLE]
        qty = min(-(-rest // multiple) * multiple, spare // multiple * multiple)
        if qty < net.arc[way, c.MOQ] or bench.made[0] >= len(bench.rows):
            continue
        asked = Need(need.day, rest, need.flip, need.total, NEVER, NEVER)
        book(net, node, way, (day, qty, c.FROM_SURPLUS), asked, bench)
        state.drawn[donor, day] += -(-qty * num // den)
        rest -= qty
    return rest


@bare_kernel
def cover_end(net: Net, node: int, day: int) -> int:
    """Up to which day one order covers what a node lacks from this one on."""
    end = min(day + net.cover[node], net.demand.shape[1])
    return min(end, day + net.life[node]) if net.life[node] > 0 else end


@bare_kernel
def still_lacking(net: Net, node: int, way: int, need: Need, bench: Bench) -> int:
    """How much of a need is still open when the goods of this arc, the cheapest, come late. The rest is on its way and there
    no later: waiting for that costs less than ordering here, which costs less than anywhere else."""
    there = order_day(net, way, need.day) + net.arc[way, c.LEAD]
    if there <= need.day:
        return need.lack
    end = max(cover_end(net, node, need.day), there + 1)
    return min(need.lack, net.safety[node] - lowest(bench.stock, there, end))


@bare_kernel
def from_sources(net: Net, state: State, node: int, need: Need, bench: Bench) -> int:
    """Order at the cheapest arc, what it cannot give at the next; returns what nobody can."""
    low, ways = net.arc_at[node], net.arc_at[node + 1] - net.arc_at[node]
    for k in range(ways):
        bench.cost[k] = NEVER
        if net.arc[low + k, c.KIND] != SURPLUS:
            bench.cost[k] = quote(net, low + k, need)[0]
    rest = need.lack
    for _ in range(ways):
        best, rival = NEVER, NEVER
        for k in range(ways):
            if bench.cost[k] < 0:
                continue
            if best < 0 or bench.cost[k] < bench.cost[best]:
                best, rival = k, best
            elif rival < 0 or bench.cost[k] < bench.cost[rival]:
                rival = k
        if best < 0 or rest <= 0:
            break
        rest = still_lacking(net, node, low + best, Need(need.day, rest, 0, 0, NEVER, NEVER), bench)
        if rest <= 0:
            return 0
        other = (low + rival, bench.cost[rival]) if rival >= 0 else (NEVER, NEVER)
        asked = Need(need.day, rest, need.flip, need.total, other[0], other[1])
        rest = place(net, state, node, low + best, asked, bench)
        bench.cost[best] = NEVER
    return rest


@bare_kernel
def why_unmet(net: Net, node: int, day: int) -> int:
    """Why a need stays open."""
    code = c.NO_SOURCE
    for way in range(net.arc_at[node], net.arc_at[node + 1]):
        if net.arc[way, c.KIND] == SURPLUS:
            continue
        if order_day(net, way, day) < 0:
            code = max(code, c.TOO_LATE)
        elif net.arc[way, c.CAPACITY] >= 0 and not net.spoils[node]:
            code = max(code, c.NO_CAPACITY)
        else:
            code = max(code, c.WOULD_EXPIRE)
    return code


@bare_kernel
def plan_node(net: Net, state: State, node: int, bench: Bench) -> None:
    """Cover a node's needs from the first day to the last."""
    days, safety = len(bench.stock), net.safety[node]
    bench.made[0] = 0
    bench.taken[:] = False
    state.unmet[node] = 0
    total = running(net, state, node, bench.stock)
    if net.spoils[node]:
        spoiled(net, state, node, bench)
    t = 0
    while t < days:
        if bench.stock[t] >= safety:
            t += 1
            continue
        end = cover_end(net, node, t)
        need = Need(t, safety - lowest(bench.stock, t, end), safety - bench.stock[t], total, NEVER, NEVER)
        before = bench.made[0]
        rest = take_surplus(net, state, node, need, bench)
        if rest > 0:
            asked = Need(t, rest, need.flip, total, NEVER, NEVER)
            rest = from_sources(net, state, node, asked, bench)
        if rest > 0 and state.unmet[node, 0] == 0:
            state.unmet[node, 0], state.unmet[node, 1] = why_unmet(net, node, t), t
        if rest > 0:
            state.unmet[node, 2] = max(state.unmet[node, 2], rest)
        t = t + 1 if net.spoils[node] else end
        for k in range(before, bench.made[0]):
            t = max(t, bench.rows[k, c.DAY] + net.arc[bench.rows[k, c.ARC], c.LEAD])


@bare_kernel
def keep_rows(state: State, node: int, bench: Bench) -> None:
    """Put a node's orders where the others are, in its old rows if they fit."""
    made = bench.made[0]
    if made > state.room[node]:
        state.first[node], state.room[node] = state.cursor[0], made
        state.cursor[0] += made
    low = state.first[node]
    state.count[node] = made
    for row in range(made):
        for column in range(c.WIDTH):
            state.orders[low + row, column] = bench.rows[row, column]


@bare_kernel
def give_back(net: Net, state: State, node: int) -> None:
    """Forget a node's orders; what they took of others' surplus is theirs again."""
    for row in range(state.first[node], state.first[node] + state.count[node]):
        way, qty = state.orders[row, c.ARC], state.orders[row, c.QTY]
        if net.arc[way, c.KIND] == SURPLUS:
            part = net.part_at[way]
            drawn = -(-qty * net.part_num[part] // net.part_den[part])
            state.drawn[net.part_node[part], state.orders[row, c.DAY]] -= drawn
    state.count[node] = 0


@bare_kernel
def plan_cells(net: Net, state: State, bench: Bench, first: int, last: int) -> int:
    """Plan the cells first .. last that are dirty; returns where it stopped because the rows are full, or `last`."""
    for cell in range(first, last):
        if not state.dirty[cell]:
            continue
        low, high = net.cell_at[cell], net.cell_at[cell + 1]
        if state.cursor[0] + (high - low) * len(bench.rows) > len(state.orders):
            return cell
        for k in range(low, high):
            give_back(net, state, net.nodes[k])
        for k in range(low, high):
            plan_node(net, state, net.nodes[k], bench)
            keep_rows(state, net.nodes[k], bench)
    return last
