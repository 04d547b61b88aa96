"""What can be done with devices and with what they said."""

from longshore.sensing.operations.attaching import Attach, AttachReceipt, DetachReceipt, NotAttachable, attach, detach
from longshore.sensing.operations.commanding import CommandReceipt, CommandRefused, NewCommand, send_command
from longshore.sensing.operations.keys import (
    IssuedKey,
    KeyRevoked,
    KeysReceipt,
    UnknownKey,
    digest_of,
    issue_keys,
    revoke_key,
    rotate_keys,
)
from longshore.sensing.operations.refusing import NotForRetired, UnknownDevice, id_of, ids_of
from longshore.sensing.operations.registering import (
    DeviceChange,
    DeviceChanged,
    DevicesReceipt,
    DevicesRefused,
    NewDevice,
    Registered,
    change_device,
    register_devices,
)
from longshore.sensing.operations.retaining import Keeping, RetainReceipt, retain
from longshore.sensing.operations.rolling import RollReceipt, roll_up
from longshore.sensing.operations.standing import NoReason, StandingReceipt, quarantine, readmit, retire

__all__ = [
    "Attach",
    "AttachReceipt",
    "CommandReceipt",
    "CommandRefused",
    "DetachReceipt",
    "DeviceChange",
    "DeviceChanged",
    "DevicesReceipt",
    "DevicesRefused",
    "IssuedKey",
    "Keeping",
    "KeyRevoked",
    "KeysReceipt",
    "NewCommand",
    "NewDevice",
    "NoReason",
    "NotAttachable",
    "NotForRetired",
    "Registered",
    "RetainReceipt",
    "RollReceipt",
    "StandingReceipt",
    "UnknownDevice",
    "UnknownKey",
    "attach",
    "change_device",
    "detach",
    "digest_of",
    "id_of",
    "ids_of",
    "issue_keys",
    "quarantine",
    "readmit",
    "register_devices",
    "retain",
    "retire",
    "revoke_key",
    "roll_up",
    "rotate_keys",
    "send_command",
]
