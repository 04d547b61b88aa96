"""EDI documents as suppliers really send them: in parts, refused as a whole, about two orders, cut off, garbage."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime

import pytest

from longshore.sourcing.edi import edifact, x12
from longshore.sourcing.edi.wording import OrderLineText, OrderText, SaidLine, UnreadableDocument

ISA = "ISA*00*          *00*          *ZZ*GROWER         *ZZ*LONGSHORE      *260302*0300*U*00401*000000007*0*P*:"


def _x12(kind: str, *body: str) -> str:
    group = "PR" if kind == "855" else "SH"
    segments = [
        ISA, f"GS*{group}*GROWER*LONGSHORE*20260302*0300*1*X*004010", f"ST*{kind}*0001", *body,
        f"SE*{len(body) + 2}*0001", "GE*1*1", "IEA*1*000000007", "",
    ]  # fmt: skip
    return "~".join(segments)


def _edifact(kind: str, *body: str) -> str:
    head = ["UNB+UNOC:3+GROWER+LONGSHORE+260302:0300+7", f"UNH+1+{kind}:D:96A:UN:EAN008"]
    return "'".join([*head, *body, f"UNT+{len(body) + 2}+1", "UNZ+1+7", ""])


def _order(unit: str = "EA", code: str = "TEA") -> OrderText:
    lines = (OrderLineText(1, code, 50, unit, 500),)
    return OrderText("PO-1", 1, datetime(2026, 3, 2, tzinfo=UTC), date(2026, 3, 5), "US", "THEM", "CENTRE", lines)


def test_parts_of_a_line_add_up_in_x12() -> None:
    """Eighty accepted and twenty refused are eighty, not none; thirty later come on the later day."""
    refused = x12.read(_x12("855", "BAK*00*AD*PO-1*20260302", "PO1*1*100*EA", "ACK*IA*80*EA", "ACK*IR*20*EA"))
    assert refused.lines == (SaidLine(1, 80, None),)
    later = x12.read(
        _x12("855", "BAK*00*AD*PO-1*20260302", "PO1*1*100*EA", "ACK*IA*70*EA*068*20260306", "ACK*IB*30*EA*068*20260316")
    )
    assert later.lines == (SaidLine(1, 100, date(2026, 3, 16)),)


def test_an_order_refused_as_a_whole_is_no_confirmation() -> None:
    """BAK RJ and BGM 27 name no line, and mean every one."""
    assert x12.read(_x12("855", "BAK*00*RJ*PO-1*20260302")).refused
    assert not x12.read(_x12("855", "BAK*00*AC*PO-1*20260302")).refused
    assert edifact.read(_edifact("ORDRSP", "BGM+231+OR-1+27", "RFF+ON:PO-1")).refused


def test_the_quantity_to_be_delivered_counts_in_edifact() -> None:
    """Whatever is told beside it, before or after: ordered 50, to be delivered 40, 12 in each carton."""
    said = edifact.read(
        _edifact("ORDRSP", "BGM+231+OR-1+4", "RFF+ON:PO-1", "LIN+1+3", "QTY+113:40", "QTY+21:50", "QTY+59:12", "UNS+S")
    )
    assert said.lines == (SaidLine(1, 40, None),)


def test_a_line_split_over_days_is_its_sum_on_the_last() -> None:
    """30 on the 9th and 10 on the 12th of 40: 40, complete on the 12th, not the 10 that stand last."""
    text = _edifact(
        "ORDRSP", "BGM+231+OR-1+4", "RFF+ON:PO-1", "LIN+1+3", "QTY+21:50", "SCC+1", "QTY+113:30", "DTM+67:20260309:102",
        "SCC+1", "QTY+113:10", "DTM+67:20260312:102", "UNS+S",
    )  # fmt: skip
    assert edifact.read(text).lines == (SaidLine(1, 40, date(2026, 3, 12)),)


def test_days_of_a_line_and_of_the_message() -> None:
    """A day of delivery for all counts where a line has none; what the day of a price list says counts nowhere."""
    said = edifact.read(
        _edifact("ORDRSP", "BGM+231+OR-1+4", "DTM+137:202603020300:203", "DTM+69:20260309:102", "RFF+ON:PO-1",
                 "LIN+1+5", "LIN+2+3", "DTM+171:20260101:102", "DTM+67:20260311:102", "UNS+S")
    )  # fmt: skip
    assert said.lines == (SaidLine(1, None, date(2026, 3, 9)), SaidLine(2, None, date(2026, 3, 11)))
    with pytest.raises(UnreadableDocument):
        edifact.read(_edifact("ORDRSP", "BGM+231+OR-1+4", "RFF+ON:PO-1", "DTM+69:260309:101"))


def test_lines_that_count_by_themselves_name_ours() -> None:
    """A notice's first line is our second; two parcels of a line are one sum."""
    said = edifact.read(
        _edifact("DESADV", "BGM+351+DN-1+9", "DTM+132:20260307:102", "RFF+ON:PO-1", "CPS+1", "LIN+1", "QTY+12:30",
                 "RFF+ON:PO-1:2", "LIN+2", "QTY+12:10", "RFF+ON:PO-1:2")
    )  # fmt: skip
    assert said.lines == (SaidLine(2, 40, None),)


def test_a_document_about_two_orders_is_refused() -> None:
    """Its lines cannot be told apart; as lines of the last one they would be wrong."""
    with pytest.raises(UnreadableDocument, match="several"):
        x12.read(_x12("856", "BSN*00*DN-1*20260302*0300", "HL*1**S", "HL*2*1*O", "PRF*PO-1", "HL*3*2*I", "LIN*1*SK*TEA",
                      "SN1*1*10*EA", "HL*4*1*O", "PRF*PO-2", "HL*5*4*I", "LIN*1*SK*TEA", "SN1*1*20*EA"))  # fmt: skip
    with pytest.raises(UnreadableDocument, match="several"):
        edifact.read(_edifact("DESADV", "BGM+351+DN-1+9", "RFF+ON:PO-1", "LIN+1", "QTY+12:1", "RFF+ON:PO-2:1"))


def test_what_was_cut_off_is_refused() -> None:
    """Without its last segments, or with a line lost in the middle, nothing is done."""
    good = _x12("855", "BAK*00*AC*PO-1*20260302", "PO1*1*50*EA", "ACK*IA*50*EA")
    assert x12.read(good).lines == (SaidLine(1, 50, None),)
    other = _edifact("ORDRSP", "BGM+231+OR-1+4", "RFF+ON:PO-1", "LIN+1+3", "QTY+21:40", "LIN+2+3", "QTY+21:5")
    assert len(edifact.read(other).lines) == 2
    for reader, broken in (
        (x12, good[: good.index("SE*")]), (x12, good.replace("ACK*IA*50*EA~", "")),
        (edifact, other.replace("UNZ+1+7'", "")), (edifact, other.replace("QTY+21:5'", "")),
        (edifact, other.replace("UNT+8+1'", "")),
    ):  # fmt: skip
        with pytest.raises(UnreadableDocument):
            reader.read(broken)


def test_garbage_is_unreadable_and_nothing_else() -> None:
    """Two thousand mutilated documents are read or refused by name; none raises anything else."""
    chance = random.Random(7)
    good = [
        _x12("855", "BAK*00*AC*PO-1*20260302", "PO1*1*50*EA", "ACK*IA*50*EA*068*20260306"),
        _x12("856", "BSN*00*DN-1*20260302*0300", "HL*1**S", "PRF*PO-1", "LIN*1*SK*TEA", "SN1*1*10*EA"),
        _edifact("ORDRSP", "BGM+231+OR-1+4", "DTM+137:20260302:102", "RFF+ON:PO-1", "LIN+1+3", "QTY+21:40", "UNS+S"),
        _edifact("DESADV", "BGM+351+DN-1+9", "DTM+11:20260304:102", "RFF+ON:PO-1", "LIN+1", "QTY+12:40"),
    ]
    for turn in range(2000):
        text = list(good[turn % 4])
        for _change in range(chance.randint(1, 6)):
            place = chance.randrange(len(text))
            text[place : place + chance.randint(0, 4)] = chance.choice(
                ["", "'", "+", ":", "?", "*", "~", "9" * 30, "é", "٣"]
            )
        try:
            (x12 if turn % 4 < 2 else edifact).read("".join(text))
        except UnreadableDocument as refusal:
            assert refusal.code == "edi-unreadable"


def test_the_unit_is_the_standards_own() -> None:
    """A kilogram is KG in X12 and KGM in EDIFACT; what X12 has no word for is not written as pieces."""
    assert "PO1*1*50*KG*5.00**SK*TEA~" in x12.write_order(_order("KGM"))
    assert "QTY+21:50:KGM'" in edifact.write_order(_order("KGM"))
    with pytest.raises(UnreadableDocument):
        x12.write_order(_order("XYZ"))
    with pytest.raises(UnreadableDocument):
        x12.write_order(_order(code="TEA*2"))


@pytest.mark.parametrize("code", ["27", "4", "8", "99"])
def test_a_dispatch_that_announces_nothing_is_not_read_as_one(code: str) -> None:
    """Not accepted, changed in part, a status: DESADV and 856 refuse what is no announcement, and say which code."""
    body = ("RFF+ON:PO-1", "LIN+1", "QTY+12:40")
    with pytest.raises(UnreadableDocument, match=f"function {code} "):
        edifact.read(_edifact("DESADV", f"BGM+351+DN-1+{code}", *body))
    with pytest.raises(UnreadableDocument, match=f"BSN01 {code} "):
        x12.read(_x12("856", f"BSN*{code}*DN-1*20260302*0300", "HL*1**S", "PRF*PO-1", "LIN*1*SK*TEA", "SN1*1*10*EA"))


def test_a_cancelled_dispatch_names_the_one_it_cancels() -> None:
    """BGM 1 and BSN 01 need no line; a message with a number of its own names the advice it is about."""
    said = edifact.read(_edifact("DESADV", "BGM+351+X-9+1", "RFF+ON:PO-1", "RFF+AAK:DN-1"))
    assert (said.kind, said.cancelled, said.number, said.lines) == ("dispatch", True, "DN-1", ())
    assert edifact.read(_edifact("DESADV", "BGM+351+DN-1+1", "RFF+ON:PO-1")).number == "DN-1"
    said = x12.read(_x12("856", "BSN*01*DN-1*20260302*0300", "HL*1**S", "PRF*PO-1"))
    assert (said.cancelled, said.number) == (True, "DN-1")


def test_an_answer_that_is_taken_back_confirms_nothing() -> None:
    """BGM 1 of an ORDRSP and BAK01 01 of an 855 are no confirmation."""
    with pytest.raises(UnreadableDocument, match="takes an answer back"):
        edifact.read(_edifact("ORDRSP", "BGM+231+OR-1+1", "RFF+ON:PO-1", "LIN+1+3", "QTY+21:40"))
    with pytest.raises(UnreadableDocument, match="takes an answer back"):
        x12.read(_x12("855", "BAK*01*AC*PO-1*20260302", "PO1*1*50*EA", "ACK*IA*50*EA"))
