"""What the story of the warm truck looks at: the fridge truck of the platform tests under way, on its own Monday.

Run as a program (`python -m tests.browser.cold_scene`): it sets the scene up in the database the environment names.
"""

from __future__ import annotations

import hashlib

PASSWORD = "a-password-for-tests"
PEOPLE = ("dispatcher", "quality", "manager")
TOKEN = "token-of-LOG-1"


def set_scene() -> None:
    """The world's clock stands still at a quarter to two in the afternoon, an hour and a quarter after departure."""
    from longshore.project.dispatcher import drain_outbox
    from longshore.project.people import add_person
    from longshore.project.setting_up import set_up
    from longshore.sensing.models import DeviceKey
    from longshore.tower.operations import record_measures
    from longshore.twin.models import World
    from tests.platform.storing.cold import build_cold
    from tests.platform.storing.floor import MONDAY, hours

    set_up()
    for name in PEOPLE:
        add_person(name=name, role=name, password=PASSWORD)
    cold = build_cold()
    World.objects.create(name="demo", kind="demo", now=hours(5.75))
    digest = hashlib.sha256(TOKEN.encode()).digest()
    DeviceKey.objects.create(device=cold.logger, digest=digest, valid_from=MONDAY)
    drain_outbox(at=hours(5))
    record_measures(at=hours(5.75))


if __name__ == "__main__":
    import django

    django.setup()
    set_scene()
