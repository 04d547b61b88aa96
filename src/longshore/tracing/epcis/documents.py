"""Events on their way out: identifiers in the spelling the reader wants, wrapped in an EPCISQueryDocument."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from longshore.tracing.epcis.keys import canonical, to_urn
from longshore.tracing.epcis.selecting import FoundEvent
from longshore.tracing.epcis.vocabulary import CONTEXT_URL
from longshore.tracing.models import EpcisPrefix

Json = dict[str, Any]
EPC_FORMATS = ("No_Preference", "Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates")
CBV_FORMATS = ("No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates")
URI_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
CLASS_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
PARTIES = (("sourceList", "source"), ("destinationList", "destination"), ("bizTransactionList", "bizTransaction"))
SENSOR_URIS = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "uriValue")


class Spelling:
    """How identifiers are written. The company prefixes are asked once, and only where URNs are wanted."""

    def __init__(self, epc_format: str) -> None:
        self.epc_format = epc_format
        self.prefixes: Collection[str] = frozenset()
        if epc_format == "Always_EPC_URN":
            self.prefixes = frozenset(EpcisPrefix.objects.values_list("prefix", flat=True))

    def spell(self, uri: str) -> str:
        if self.epc_format == "Always_GS1_Digital_Link":
            return canonical(uri)
        if self.epc_format == "Always_EPC_URN":
            return to_urn(canonical(uri), self.prefixes) if not uri.startswith("urn:") else uri
        return uri

    def event(self, body: Json) -> Json:
        """The event with its identifiers respelled; extensions are the sender's own and stay."""
        if self.epc_format in ("Never_Translates", "No_Preference"):
            return body
        made = dict(body)
        for name in URI_LISTS:
            if name in made:
                made[name] = [self.spell(uri) for uri in made[name]]
        for name in CLASS_LISTS:
            if name in made:
                made[name] = [{**one, "epcClass": self.spell(one["epcClass"])} for one in made[name]]
        for name, item in PARTIES:
            if name in made:
                made[name] = [{**one, item: self.spell(one[item])} for one in made[name]]
        for name in ("parentID", "transformationID"):
            if name in made:
                made[name] = self.spell(made[name])
        for name in ("readPoint", "bizLocation"):
            if name in made:
                made[name] = {**made[name], "id": self.spell(made[name]["id"])}
        if "sensorElementList" in made:
            made["sensorElementList"] = [self._sensor(one) for one in made["sensorElementList"]]
        return made

    def _sensor(self, element: Json) -> Json:
        made = dict(element)
        if "sensorMetadata" in made:
            made["sensorMetadata"] = self._sensed(made["sensorMetadata"])
        made["sensorReport"] = [self._sensed(report) for report in made.get("sensorReport", ())]
        return made

    def _sensed(self, record: Json) -> Json:
        return {name: self.spell(value) if name in SENSOR_URIS else value for name, value in record.items()}


def stamped(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def event_document(found: FoundEvent, spelling: Spelling) -> Json:
    """One event that stands alone, with its own context."""
    context = [CONTEXT_URL, *found.context]
    return {"@context": context, **_recorded(found, spelling)}


def query_document(
    events: Sequence[FoundEvent],
    spelling: Spelling,
    *,
    at: datetime,
    query_name: str = "SimpleEventQuery",
    subscription_id: str = "",
) -> Json:
    """A context that all events have in common goes to the document; else each event says its own."""
    shared = events[0].context if events and all(found.context == events[0].context for found in events) else []
    listed = [
        {**({"@context": found.context} if found.context != shared else {}), **_recorded(found, spelling)}
        for found in events
    ]
    results: Json = {"queryName": query_name, "resultsBody": {"eventList": listed}}
    if subscription_id:
        results["subscriptionID"] = subscription_id
    return {
        "@context": [CONTEXT_URL, *shared],
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": stamped(at),
        "epcisBody": {"queryResults": results},
    }


def _recorded(found: FoundEvent, spelling: Spelling) -> Json:
    return {**spelling.event(found.body), "recordTime": stamped(found.record_time)}
