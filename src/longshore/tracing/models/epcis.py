"""EPCIS events as they were captured, and the rows that make them findable: EPCs, fields, sensor reports, parties."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from longshore.catalog.models import Partner


class EventKind(models.IntegerChoices):
    OBJECT = 1, "ObjectEvent"
    AGGREGATION = 2, "AggregationEvent"
    TRANSACTION = 3, "TransactionEvent"
    TRANSFORMATION = 4, "TransformationEvent"
    ASSOCIATION = 5, "AssociationEvent"
    OTHER = 6, _("another kind")


class EpcRole(models.IntegerChoices):
    """In which list of the event the identifier stands."""

    EPC = 0, "epcList"
    PARENT = 1, "parentID"
    CHILD = 2, "childEPCs"
    INPUT = 3, "inputEPCList"
    OUTPUT = 4, "outputEPCList"


class FieldScope(models.IntegerChoices):
    """Where in the event a findable value stands."""

    EVENT = 0, _("extension of the event")
    ILMD = 1, _("instance or lot master data")
    ERROR_DECLARATION = 2, _("extension of the error declaration")
    SENSORELEMENT = 3, _("extension of a sensor element")
    SENSORMETADATA = 4, _("extension of sensor metadata")
    SENSORREPORT = 5, _("extension of a sensor report")
    READPOINT = 6, _("extension of the read point")
    BIZLOCATION = 7, _("extension of the business location")
    TRANSACTION = 10, _("business transaction")
    SOURCE = 11, _("source")
    DESTINATION = 12, _("destination")
    PERSISTENT_SET = 13, _("persistent disposition set")
    PERSISTENT_UNSET = 14, _("persistent disposition ended")
    CORRECTIVE = 15, _("corrective event")
    CERTIFICATION = 16, _("certification")


class EpcisEvent(models.Model):
    """One event. Never changed, never deleted: an error declaration is another row with the same `event_id`.

    Identifiers are held in canonical form (GS1 Digital Link, Web URIs of the vocabulary); `body` is what was captured.
    `written_in` is the database transaction that wrote the row, so that a reader can follow commits without a gap.
    """

    event_id = models.TextField(_("event id"))
    hash = models.TextField(_("event hash id"))
    kind = models.SmallIntegerField(_("kind"), choices=EventKind.choices)
    type = models.TextField(_("type"))
    event_time = models.DateTimeField(_("happened at"))
    record_time = models.DateTimeField(_("captured at"))
    action = models.CharField(_("action"), max_length=8, default="", blank=True)
    biz_step = models.TextField(_("business step"), default="", blank=True)
    disposition = models.TextField(_("disposition"), default="", blank=True)
    read_point = models.TextField(_("read point"), default="", blank=True)
    biz_location = models.TextField(_("business location"), default="", blank=True)
    transformation_id = models.TextField(_("transformation"), default="", blank=True)
    error_at = models.DateTimeField(_("error declared at"), null=True, blank=True)
    error_reason = models.TextField(_("reason of the error"), default="", blank=True)
    has_sensors = models.BooleanField(_("has sensor elements"), default=False)
    body = models.JSONField(_("content"))
    context = models.JSONField(_("name spaces"), default=list)
    posting_key = models.UUIDField(_("posting of the ledger"), null=True, blank=True)
    job = models.UUIDField(_("capture job"), null=True, blank=True)
    captured_by = models.CharField(_("captured by"), max_length=80, default="", blank=True)
    written_in = models.BigIntegerField(_("database transaction"))

    class Meta:
        verbose_name = _("EPCIS event")
        verbose_name_plural = _("EPCIS events")
        constraints = [
            models.UniqueConstraint(fields=["event_id", "error_at"], nulls_distinct=False, name="epcis_event_once"),
        ]
        indexes = [
            models.Index(fields=["hash"], name="epcis_hash"),
            models.Index(fields=["record_time", "id"], name="epcis_record_time"),
            models.Index(fields=["event_time", "id"], name="epcis_event_time"),
            models.Index(fields=["written_in", "id"], name="epcis_written_in"),
            models.Index(fields=["biz_step", "id"], name="epcis_biz_step"),
            models.Index(fields=["disposition", "id"], name="epcis_disposition"),
            models.Index(fields=["biz_location", "id"], name="epcis_biz_location"),
            models.Index(fields=["read_point", "id"], name="epcis_read_point"),
            models.Index(fields=["transformation_id"], condition=~Q(transformation_id=""), name="epcis_transformation"),
            models.Index(fields=["posting_key"], condition=Q(posting_key__isnull=False), name="epcis_posting"),
            models.Index(fields=["has_sensors", "id"], condition=Q(has_sensors=True), name="epcis_has_sensors"),
            models.Index(fields=["error_at", "id"], condition=Q(error_at__isnull=False), name="epcis_error_declared"),
        ]

    def __str__(self) -> str:
        return self.event_id


class EpcisEpc(models.Model):
    """An identifier in an event: of one thing (EPC), or of a class with a quantity."""

    event = models.ForeignKey(
        EpcisEvent, on_delete=models.DO_NOTHING, db_constraint=False, related_name="epcs", verbose_name=_("event")
    )
    role = models.SmallIntegerField(_("role"), choices=EpcRole.choices)
    is_class = models.BooleanField(_("a class"))
    epc = models.TextField(_("identifier"))
    quantity = models.DecimalField(_("quantity"), max_digits=38, decimal_places=12, null=True)
    uom = models.CharField(_("unit"), max_length=3, default="")

    class Meta:
        verbose_name = _("identifier in an event")
        verbose_name_plural = _("identifiers in events")
        indexes = [
            models.Index(fields=["epc", "event"], include=["role", "is_class"], name="epcis_epc"),
            models.Index(fields=["epc"], opclasses=["text_pattern_ops"], name="epcis_epc_like"),
        ]


class EpcisField(models.Model):
    """A value in an event that can be asked for: extension fields by name, typed pairs, lists."""

    event = models.ForeignKey(
        EpcisEvent,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="fields",
        verbose_name=_("event"),
    )
    scope = models.SmallIntegerField(_("where"), choices=FieldScope.choices)
    inner = models.BooleanField(_("inside another field"), default=False)
    name = models.TextField(_("name as captured"), default="")
    uri = models.TextField(_("name in full"), default="")
    text = models.TextField(_("value"))
    number = models.FloatField(_("as a number"), null=True)
    at = models.DateTimeField(_("as a time"), null=True)

    class Meta:
        verbose_name = _("field of an event")
        verbose_name_plural = _("fields of events")
        indexes = [
            models.Index(fields=["event"], name="epcis_field_event"),
            models.Index(fields=["scope", "uri", "event"], name="epcis_field"),
            HashIndex(fields=["text"], name="epcis_field_text"),
        ]


class EpcisSensorReport(models.Model):
    """One sensor report, with what its metadata says; `…_si` are the values in the base unit of what is measured."""

    event = models.ForeignKey(
        EpcisEvent, on_delete=models.DO_NOTHING, db_constraint=False, related_name="reports", verbose_name=_("event")
    )
    time = models.DateTimeField(null=True)
    start_time = models.DateTimeField(null=True)
    end_time = models.DateTimeField(null=True)
    type = models.TextField(default="")
    exception = models.TextField(default="")
    device_id = models.TextField(default="")
    device_metadata = models.TextField(default="")
    raw_data = models.TextField(default="")
    data_processing_method = models.TextField(default="")
    biz_rules = models.TextField(default="")
    microorganism = models.TextField(default="")
    chemical_substance = models.TextField(default="")
    component = models.TextField(default="")
    coordinate_reference_system = models.TextField(default="")
    uom = models.CharField(max_length=3, default="")
    dimension = models.CharField(max_length=40, default="")
    value = models.FloatField(null=True)
    min_value = models.FloatField(null=True)
    max_value = models.FloatField(null=True)
    mean_value = models.FloatField(null=True)
    value_si = models.FloatField(null=True)
    min_value_si = models.FloatField(null=True)
    max_value_si = models.FloatField(null=True)
    mean_value_si = models.FloatField(null=True)
    s_dev = models.FloatField(null=True)
    s_dev_si = models.FloatField(null=True)
    perc_rank = models.FloatField(null=True)
    perc_value = models.FloatField(null=True)
    perc_value_si = models.FloatField(null=True)
    string_value = models.TextField(null=True)
    boolean_value = models.BooleanField(null=True)
    hex_binary_value = models.TextField(null=True)
    uri_value = models.TextField(null=True)

    class Meta:
        verbose_name = _("sensor report")
        verbose_name_plural = _("sensor reports")
        indexes = [
            models.Index(fields=["type", "value_si"], name="epcis_report_type"),
            models.Index(fields=["device_id", "event"], condition=~Q(device_id=""), name="epcis_report_device"),
        ]


class EpcisParty(models.Model):
    """An event a partner may see: it captured it, or is one of its parties."""

    event = models.ForeignKey(
        EpcisEvent, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, verbose_name=_("event")
    )
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, verbose_name=_("partner"))

    class Meta:
        verbose_name = _("party of an event")
        verbose_name_plural = _("parties of events")
        constraints = [models.UniqueConstraint(fields=["partner", "event"], name="epcis_party_once")]


class EpcisReader(models.Model):
    """A user that asks on behalf of a partner, and so sees only what is that partner's."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="epcis_reader", verbose_name=_("user")
    )
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, verbose_name=_("partner"))

    class Meta:
        verbose_name = _("partner's reader")
        verbose_name_plural = _("partners' readers")


class EpcisVocabulary(models.Model):
    """Master data that came in the header of a document, newest first by `captured_at`."""

    type = models.TextField(_("type"))
    element = models.TextField(_("element"))
    attributes = models.JSONField(_("attributes"), default=list)
    children = models.JSONField(_("children"), default=list)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, verbose_name=_("told by"))
    captured_at = models.DateTimeField(_("captured at"))

    class Meta:
        verbose_name = _("EPCIS master data")
        verbose_name_plural = _("EPCIS master data")
        constraints = [
            models.UniqueConstraint(
                fields=["type", "element", "partner"], nulls_distinct=False, name="epcis_vocabulary_once"
            )
        ]
        indexes = [models.Index(fields=["element"], name="epcis_vocabulary")]


class EpcisCaptureJob(models.Model):
    """One document handed in: what it asked for and what became of it."""

    key = models.UUIDField(_("id"), unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, verbose_name=_("user"))
    behaviour = models.CharField(_("on an error"), max_length=10, default="rollback")
    media_type = models.CharField(_("media type"), max_length=40)
    document = models.BinaryField(_("document, until done"), null=True)
    created_at = models.DateTimeField(_("handed in at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    success = models.BooleanField(_("all captured"), default=True)
    events = models.PositiveIntegerField(_("events captured"), default=0)
    repeated = models.PositiveIntegerField(_("events known before"), default=0)
    errors = models.JSONField(_("errors"), default=list)

    class Meta:
        verbose_name = _("capture job")
        verbose_name_plural = _("capture jobs")
        ordering = ["-id"]


class EpcisQuery(models.Model):
    """A query with a name, to be asked again and subscribed to."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    query = models.JSONField(_("query"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, verbose_name=_("made by"))
    created_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("named query")
        verbose_name_plural = _("named queries")
        ordering = ["id"]


class EpcisSubscription(models.Model):
    """Who is told of new results of a named query, where and when.

    `mark` is the snapshot of the database of which everything was told; `last_at` the clock of the last report.
    """

    key = models.UUIDField(_("id"), unique=True)
    query = models.ForeignKey(
        EpcisQuery, on_delete=models.CASCADE, related_name="subscriptions", verbose_name=_("query")
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, verbose_name=_("made by"))
    destination = models.URLField(_("tell"), max_length=500)
    token = models.CharField(_("secret of the signature"), max_length=200, default="", blank=True)
    stream = models.BooleanField(_("at once"), default=False)
    schedule = models.JSONField(_("schedule"), null=True)
    report_if_empty = models.BooleanField(_("also when empty"), default=False)
    initial_record_time = models.DateTimeField(_("from"), null=True)
    settings = models.JSONField(_("formats"), default=dict)
    created_at = models.DateTimeField(_("made at"))
    mark = models.TextField(_("told up to"), default="1:1:")
    next_at = models.DateTimeField(_("next at"), null=True)
    last_at = models.DateTimeField(_("last told at"), null=True)
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0)
    error = models.TextField(_("last error"), default="", blank=True)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        indexes = [models.Index(fields=["next_at"], name="epcis_subscription_next")]


class EpcisMark(models.Model):
    """How far the ledger's postings have become events."""

    name = models.CharField(max_length=40, unique=True)
    position = models.BigIntegerField(default=0)


class EpcisPrefix(models.Model):
    """A GS1 company prefix, told by a URN that was captured: a Digital Link does not say how long it is."""

    prefix = models.CharField(_("company prefix"), max_length=12, unique=True)

    class Meta:
        verbose_name = _("company prefix")
        verbose_name_plural = _("company prefixes")
