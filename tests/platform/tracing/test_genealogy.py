"""Links derived from the ledger, and the families walked over them."""

from __future__ import annotations

from uuid import uuid4

import numpy as np
import pytest

from longshore.catalog.models import HandlingUnit, Serial
from longshore.cli.main import parser
from longshore.engine.tracing.check import check
from longshore.engine.tracing.problem import DOWN, UP, Links, Question
from longshore.engine.tracing.solve import solve
from longshore.ledger.models import Posting, PostingKind
from longshore.ledger.operations import Input, Move, NewTransform, Output, reverse, transform
from longshore.ledger.posting import Key
from longshore.tracing.models import EpcisEpc, EpcisEvent, TraceLink, TraceThing
from longshore.tracing.operations import link_all, link_events, link_postings
from longshore.tracing.queries.walking import walk, with_parts
from longshore.tracing.rules import DELIVERY, FOREIGN_UNIT, LOT, RECEIPT, SERIAL, THING, UNIT, node_of
from tests.platform.ledger.conftest import WHO, hours
from tests.platform.tracing.dairy import Dairy, build_dairy, link, send


@pytest.fixture
def dairy(db: None) -> Dairy:
    return build_dairy()


def names(dairy: Dairy) -> dict[int, str]:
    posting = {row.key: row.pk for row in Posting.objects.all()}
    return {
        node_of(RECEIPT, posting[dairy.received]): "receipt",
        node_of(LOT, dairy.small.early): "milk",
        node_of(LOT, dairy.c1): "cheese",
        node_of(LOT, dairy.s1): "slices",
        node_of(UNIT, dairy.carton): "carton",
        node_of(DELIVERY, posting[dairy.delivered]): "delivery",
    }


def family(dairy: Dairy, start: int, *, down: bool = True) -> dict[str, int]:
    found = walk([start], down=down)
    called = names(dairy)
    return {called[n]: d for n, d in zip(found.node.tolist(), found.depth.tolist(), strict=True)}


def rows() -> list[tuple[int, ...]]:
    return sorted(TraceLink.objects.values_list("source", "target", "kind", "unit", "qty"))


def test_links_follow_from_the_ledger(dairy: Dairy) -> None:
    """Received, made (what was lost is no part), cut, packed, shipped in the carton and loose: each with its quantity."""
    link()
    called = names(dairy)
    told = {(called[source], called[target], qty, unit != 0) for source, target, _kind, unit, qty in rows()}
    assert told == {
        ("receipt", "milk", 100, False),
        ("milk", "cheese", 75, False),
        ("cheese", "slices", 4, False),
        ("slices", "carton", 10, False),
        ("slices", "delivery", 10, True),
        ("slices", "delivery", 5, False),
        ("carton", "delivery", 10, True),
    }


def test_families_up_and_down(dairy: Dairy) -> None:
    """From milk to the shop and back, each once, with its distance."""
    link()
    down = family(dairy, node_of(LOT, dairy.small.early))
    assert down == {"milk": 0, "cheese": 1, "slices": 2, "carton": 3, "delivery": 3}
    up = family(dairy, node_of(LOT, dairy.s1), down=False)
    assert up == {"slices": 0, "cheese": 1, "milk": 2, "receipt": 3}
    from_carton = family(dairy, node_of(UNIT, dairy.carton), down=False)
    assert from_carton == {"carton": 0, "slices": 1, "cheese": 2, "milk": 3, "receipt": 4}
    assert family(dairy, node_of(UNIT, dairy.carton)) == {"carton": 0, "delivery": 1}


def test_linking_twice_or_all_changes_nothing(dairy: Dairy) -> None:
    """A posting told again adds no link; linking the whole ledger gives the same."""
    link()
    once = rows()
    link()
    assert link_all(page=2).added == 0
    assert rows() == once


def test_a_reversal_takes_links_away_and_its_reversal_brings_them_back(dairy: Dairy) -> None:
    """In whatever order the postings are told, what stands is linked and what does not is not."""
    small = dairy.small
    back = Key(dairy.cheese, small.shelf, small.owner, dairy.c1)
    made = NewTransform(uuid4(), hours(6), (Input(small.key(small.shelf), 20),), (Output(back, 2),), reason="make")
    transform([made], at=hours(6), cause=WHO)
    link()
    once = rows()
    away = uuid4()
    reverse(made.key, key=away, at=hours(7), cause=WHO)
    taken_back = Posting.objects.get(key=away).pk
    link_postings([taken_back])
    without = [row for row in once if row[-1] != 20]
    assert (len(rows()), rows()) == (len(once) - 1, without)
    link_postings([Posting.objects.get(key=made.key).pk])
    assert rows() == without
    again = uuid4()
    reverse(away, key=again, at=hours(8), cause=WHO)
    link_postings([Posting.objects.get(key=again).pk])
    assert rows() == once


def test_what_shared_a_pallet_is_no_relative(dairy: Dairy) -> None:
    """Milk L2 put into the same carton is no descendant of the cheese, nor of its milk."""
    small = dairy.small
    milk = small.key(small.shelf, lot=small.late)
    send(PostingKind.RECEIPT, 6, Move(small.key(small.supplier, lot=small.late), milk, 5))
    send(PostingKind.PACK, 7, Move(milk, dairy.key(small.milk, small.late, small.shelf, unit=dairy.carton), 5))
    link()
    found = walk([node_of(LOT, small.early)], down=True).node.tolist()
    assert node_of(UNIT, dairy.carton) in found
    assert node_of(LOT, small.late) not in found
    assert node_of(LOT, small.late) in walk([node_of(UNIT, dairy.carton)], down=False).node.tolist()


def test_serial_numbers_are_parts_of_their_lot(dairy: Dairy) -> None:
    """A serialised piece descends from its own inputs; the lot knows its pieces; a pallet the cartons on it."""
    small = dairy.small
    serial = Serial.objects.create(item_id=dairy.cheese, lot_id=dairy.c1, code="N1").pk
    piece = Key(dairy.cheese, small.shelf, small.owner, dairy.c1, 0, None, serial)
    made = NewTransform(uuid4(), hours(6), (Input(small.key(small.shelf), 10),), (Output(piece, 1),))
    transform([made], at=hours(6), cause=WHO)
    link()
    node = node_of(SERIAL, serial)
    assert node in walk([node_of(LOT, dairy.c1)], down=True).node.tolist()
    assert node in walk([node_of(LOT, small.early)], down=True).node.tolist()
    pallet = HandlingUnit.objects.create(sscc="095212340000000022", created_at=hours(0)).pk
    HandlingUnit.objects.filter(pk=dairy.carton).update(parent_id=pallet)
    assert with_parts([dairy.c1], [pallet]) == tuple(
        sorted([node_of(LOT, dairy.c1), node, node_of(UNIT, pallet), node_of(UNIT, dairy.carton)])
    )


def test_several_outputs_share_the_input_exactly(dairy: Dairy) -> None:
    """10 milk into 1 and 2 cheese: 3 and 7 of it, together 10."""
    small = dairy.small
    cheese, slices = dairy.key(dairy.cheese, dairy.c1, small.dock), dairy.key(dairy.slices, dairy.s1, small.dock)
    outs = (Output(cheese, 1), Output(slices, 2))
    key = uuid4()
    transform([NewTransform(key, hours(6), (Input(small.key(small.shelf), 10),), outs)], at=hours(6), cause=WHO)
    link()
    told_by = Posting.objects.get(key=key).pk
    parts = dict(TraceLink.objects.filter(told_by=told_by).values_list("target", "qty"))
    assert parts == {node_of(LOT, dairy.c1): 3, node_of(LOT, dairy.s1): 7}


def test_the_walk_is_what_the_naive_solver_gives(dairy: Dairy) -> None:
    """The database's family, numbered, is what the engine's checker expects; a cut one says so."""
    link()
    links = list(TraceLink.objects.values_list("source", "target"))
    nodes = sorted({node for pair in links for node in pair})
    number = {node: i for i, node in enumerate(nodes)}
    problem = Links.of(
        len(nodes),
        [(number[a], number[b]) for a, b in links],
        tuple(number[node] for node in nodes if node % 8 in (UNIT, DELIVERY, RECEIPT)),
    )
    for node in nodes:
        for way in (UP, DOWN):
            question = Question(np.array([number[node]], dtype=np.int64), way)
            answer = solve(problem, question)
            assert check(problem, question, answer) == []
            found = walk([node], down=way == DOWN)
            assert [number[each] for each in found.node.tolist()] == answer.node.tolist()
            assert len(found.source) == len(answer.links)
    assert not walk([node_of(LOT, dairy.small.early)], down=True, limit=2).complete


def told(kind: int, epcs: list[tuple[int, str, bool, int]], **changes: object) -> int:
    """An EPCIS event as capture writes it."""
    given = {"action": "ADD", "event_time": hours(1), "record_time": hours(2), "body": {}, "written_in": 1}
    number = EpcisEvent.objects.count()
    event = EpcisEvent.objects.create(
        **({"event_id": f"urn:uuid:{number}", "hash": str(number), "kind": kind, "type": "x"} | given | changes)
    )
    for role, epc, is_class, quantity in epcs:
        EpcisEpc.objects.create(event=event, role=role, epc=epc, is_class=is_class, quantity=quantity)
    return event.pk


GS1 = "https://id.gs1.org/"


def test_links_follow_from_epcis_events_of_others(dairy: Dairy) -> None:
    """Their lot went into our cheese and their pallet carries our slices' carton: one graph, whoever told it."""
    theirs = "https://example.org/milk/77"
    run = told(4, [(3, theirs, False, 1), (4, f"{GS1}01/09521234000017/10/C1", True, 8)], action="")
    pallet = told(2, [(1, f"{GS1}00/106141412345678908", False, 1), (2, f"{GS1}00/095212340000000015", False, 1)])
    assert link_events([run, pallet]).added == 2
    assert link_events([run, pallet]).added == 0
    link()
    stranger = node_of(THING, TraceThing.objects.get(epc=theirs).pk)
    found = walk([stranger], down=True).node.tolist()
    assert {node_of(LOT, dairy.c1), node_of(LOT, dairy.s1), node_of(UNIT, dairy.carton)} <= set(found)
    big = node_of(FOREIGN_UNIT, TraceThing.objects.get(epc=f"{GS1}00/106141412345678908").pk)
    assert node_of(UNIT, dairy.carton) in walk([big], down=False).node.tolist()


def test_an_event_declared_wrong_takes_its_links_away(dairy: Dairy) -> None:
    """The declaration has the same event id; what the event said is no link any more."""
    epcs = [(3, f"{GS1}01/09521234000017/10/C1", True, 8), (4, "https://example.org/pie/1", False, 1)]
    first = told(4, epcs, action="")
    assert link_events([first]).added == 1
    declared = told(4, epcs, action="", event_id=EpcisEvent.objects.get(pk=first).event_id, error_at=hours(3))
    assert link_events([declared]).taken_away == 1
    assert TraceLink.objects.count() == 0


def test_a_transformation_told_in_two_events_is_one(dairy: Dairy) -> None:
    """Inputs in one event and outputs in another, with one transformation id."""
    ins = told(4, [(3, "https://example.org/a/1", False, 1)], action="", transformation_id="urn:t:1")
    outs = told(4, [(4, "https://example.org/b/1", False, 1)], action="", transformation_id="urn:t:1")
    assert link_events([ins]).added + link_events([outs]).added == 1
    first, second = (node_of(THING, TraceThing.objects.get(epc=f"https://example.org/{x}/1").pk) for x in "ab")
    assert walk([first], down=True).node.tolist() == [first, second]


def test_books_older_than_tracing_are_linked_by_a_command(db: None) -> None:
    """`longshore link` writes the links of everything posted; called again it adds nothing."""
    dairy = build_dairy()
    TraceLink.objects.all().delete()
    first = parser().parse_args(["link", "--json"])
    assert first.run(first).data["added"] > 0
    links = TraceLink.objects.count()
    assert first.run(first).data == {"added": 0, "taken_away": 0}
    reverse(dairy.delivered, key=uuid4(), at=hours(9), cause=WHO)
    assert first.run(first).data["taken_away"] > 0
    assert TraceLink.objects.count() < links
