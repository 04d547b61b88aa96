"""Real threads and processes on the same keys: nothing is promised twice, lost, or left waiting for ever."""

from __future__ import annotations

import multiprocessing
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4, uuid5

import pytest
from django.db import connection, connections

from longshore.ledger.audit import audit
from longshore.ledger.models import Balance, Claim, Movement
from longshore.ledger.operations import (
    Claims,
    Counted,
    Move,
    NewClaim,
    NewPosting,
    PostingRefused,
    count_stock,
    post,
    rebuild_balances,
    reserve,
)
from longshore.ledger.operations.claims import ClaimRefused
from tests.platform.ledger.conftest import NOON, WHO, Small, build, hours

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> Small:
    return build()


def stocked(world: Small, qty: int) -> int:
    move = Move(world.key(world.supplier), world.key(world.shelf), qty)
    post([NewPosting(uuid4(), 1, NOON, (move,))], at=NOON, cause=WHO)
    return Balance.objects.get(place_id=world.shelf).pk


def at_once(workers: int, *jobs: Callable[[], object]) -> list[object]:
    """Run the jobs in threads that start together, each with its own connection. Errors are raised."""
    gate = threading.Barrier(min(workers, len(jobs)))

    def run(job: Callable[[], object], number: int) -> object:
        if number < gate.parties:
            gate.wait()
        try:
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(run, job, number) for number, job in enumerate(jobs)]
        return [future.result(timeout=120) for future in futures]


def test_sale_production_and_transfer_never_claim_more_than_a_lot_holds(world: Small) -> None:
    """90 callers of three kinds want 1 to 5 each of a lot of 60: exactly 60 end up claimed."""
    shelf = stocked(world, 60)

    def claim(number: int) -> int:
        kind = ("order-line", "production", "transfer")[number % 3]
        qty = 1 + number % 5
        new = NewClaim(uuid4(), f"{kind}:{number}", world.milk, world.east, qty, hours(1), hours(2), balance=shelf)
        try:
            reserve([new], at=NOON, cause=WHO)
        except ClaimRefused:
            return 0
        return qty

    got = at_once(30, *[lambda n=n: claim(n) for n in range(90)])
    row = Balance.objects.get(pk=shelf)
    assert row.claimed == sum(int(str(qty)) for qty in got) == sum(Claim.objects.values_list("qty", flat=True))
    assert row.claimed == 60
    assert audit().clean


def test_reserve_count_and_move_on_one_key(world: Small) -> None:
    """Claims, counts and moves on one shelf at once: no deadlock, and the books agree afterwards."""
    shelf = stocked(world, 200)

    def one(number: int) -> None:
        try:
            if number % 3 == 0:
                new = NewClaim(uuid4(), f"order-line:{number}", world.milk, world.east, 3, hours(1), hours(2), shelf)
                reserve([new], at=NOON, cause=WHO)
            elif number % 3 == 1:
                count_stock([Counted(uuid4(), world.key(world.shelf), 190, NOON)], at=NOON, cause=WHO)
            else:
                move = Move(world.key(world.shelf), world.key(world.far_shelf), 2, Claims.FOLLOW)
                post([NewPosting(uuid4(), 3, NOON, (move,))], at=NOON, cause=WHO)
        except (ClaimRefused, PostingRefused):
            return

    at_once(20, *[lambda n=n: one(n) for n in range(90)])
    assert audit().clean


def upload(database: str, scans: list[tuple[UUID, int, int]], ids: tuple[int, ...], seed: int) -> None:
    """One device in a process of its own: sends its scans shuffled and doubled, in parcels of random size."""
    connections.close_all()
    connection.settings_dict["NAME"] = database
    owner, item, lot = ids
    from longshore.ledger.posting import Key

    dice = random.Random(seed)
    parcel = scans * 2
    dice.shuffle(parcel)
    while parcel:
        size = dice.randint(1, 9)
        part, parcel = parcel[:size], parcel[size:]
        unique = {key: (source, target) for key, source, target in part}
        batch = [
            NewPosting(key, 3, NOON, (Move(Key(item, source, owner, lot), Key(item, target, owner, lot), 1),))
            for key, (source, target) in unique.items()
        ]
        post(batch, at=NOON, cause=WHO, partial=True)
    connections.close_all()


def test_doubled_and_shuffled_uploads_from_five_devices_give_the_same_balances(world: Small) -> None:
    """Five processes each send all 120 scans of one unit, shuffled and doubled: each counts once."""
    stocked(world, 500)
    base = uuid4()
    targets = (world.dock, world.stage, world.far_shelf)
    scans = [(uuid5(base, str(n)), world.shelf, targets[n % 3]) for n in range(120)]
    database = connection.settings_dict["NAME"]
    ids = (world.owner, world.milk, world.early)
    connections.close_all()
    spawn = multiprocessing.get_context("fork")
    devices = [spawn.Process(target=upload, args=(database, scans, ids, seed)) for seed in range(5)]
    for device in devices:
        device.start()
    for device in devices:
        device.join(timeout=120)
    assert [device.exitcode for device in devices] == [0] * 5
    standing = dict(Balance.objects.filter(bounded=True).values_list("place_id", "qty"))
    assert standing == {world.shelf: 380, world.dock: 40, world.stage: 40, world.far_shelf: 40}
    assert Movement.objects.count() == 121
    assert audit().clean


def test_balances_are_rebuilt_while_posting_goes_on(world: Small) -> None:
    """While 8 threads post, rebuilds find nothing to mend, and audits in between are clean."""
    stocked(world, 1000)
    done = threading.Event()

    def move_around(seed: int) -> None:
        dice = random.Random(seed)
        places = [world.shelf, world.dock, world.stage, world.far_shelf]
        for _ in range(25):
            source, target = dice.sample(places, 2)
            move = Move(world.key(source), world.key(target), dice.randint(1, 5))
            post([NewPosting(uuid4(), 3, NOON, (move,))], at=NOON, cause=WHO, partial=True)

    def rebuild() -> list[object]:
        found: list[object] = []
        while not done.is_set():
            found += [*rebuild_balances(page=2), *audit().discrepancies]
        return found

    def post_all() -> list[object]:
        try:
            at_once(8, *[lambda n=n: move_around(n) for n in range(8)])
        finally:
            done.set()
        return []

    mended, _none = at_once(2, rebuild, post_all)
    assert mended == []
    assert audit().clean
