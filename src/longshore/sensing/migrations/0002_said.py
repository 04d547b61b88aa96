"""What devices said: partitioned tables, written by COPY; the bell that gateways hear."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

TABLES = """
-- What devices said, as numbers. No foreign keys: the gateway has looked both ids up, and a key would cost half the speed.
CREATE TABLE sensing_reading (
    device_id integer NOT NULL,
    metric_id smallint NOT NULL,
    at timestamptz NOT NULL,
    value double precision NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, metric_id, at)
) PARTITION BY RANGE (at);

-- The newest by device time; a late one never overwrites it.
CREATE TABLE sensing_lastvalue (
    device_id integer NOT NULL,
    metric_id smallint NOT NULL,
    at timestamptz NOT NULL,
    value double precision NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, metric_id)
) WITH (fillfactor = 50);

CREATE TABLE sensing_rollup (
    device_id integer NOT NULL,
    metric_id smallint NOT NULL,
    step_s integer NOT NULL,
    bucket timestamptz NOT NULL,
    n integer NOT NULL CHECK (n > 0),
    total double precision NOT NULL,
    low double precision NOT NULL,
    high double precision NOT NULL CHECK (high >= low),
    PRIMARY KEY (device_id, metric_id, step_s, bucket)
) WITH (fillfactor = 80);

-- What they said that is not a number. Ids are drawn under the lock of the commit, so they appear in order.
CREATE SEQUENCE sensing_signal_id_seq;
CREATE TABLE sensing_signal (
    id bigint NOT NULL DEFAULT nextval('sensing_signal_id_seq'),
    device_id integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('tags', 'fix', 'scan', 'state')),
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 16),
    body jsonb NOT NULL,
    PRIMARY KEY (device_id, kind, at, digest)
) PARTITION BY RANGE (at);
ALTER SEQUENCE sensing_signal_id_seq OWNED BY sensing_signal.id;
CREATE INDEX sensing_signal_in_order ON sensing_signal (id);

-- One row a commit of the gateway: which series it touched and over which time, for rollups and interpretation.
-- The four arrays are parallel. Duplicates of what was known already are named too; readers are idempotent.
CREATE TABLE sensing_batch (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    device_ids integer[] NOT NULL,
    metric_ids smallint[] NOT NULL,
    lows timestamptz[] NOT NULL,
    highs timestamptz[] NOT NULL
);

-- Makes the days that are missing. Attaching takes a lock that lets readers and writers go on; creating in place does not.
CREATE FUNCTION sensing_make_days(first date, last date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    day date;
    child text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7266310001);
    FOREACH parent IN ARRAY ARRAY['sensing_reading', 'sensing_signal'] LOOP
        FOR day IN SELECT generate_series(first::timestamp, last::timestamp, '1 day')::date LOOP
            child := parent || to_char(day, '_YYYYMMDD');
            CONTINUE WHEN to_regclass(child) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
            EXECUTE format(
                'ALTER TABLE %I SET (autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.1)', child
            );
            EXECUTE format(
                'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                parent, child, day || ' 00:00:00+00', (day + 1) || ' 00:00:00+00'
            );
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;

-- Forgets whole days before `first_kept`; returns how many tables went.
CREATE FUNCTION sensing_drop_days(first_kept date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    child text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7266310001);
    FOR child IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('sensing_reading'::regclass, 'sensing_signal'::regclass)
          AND to_date(right(c.relname, 8), 'YYYYMMDD') < first_kept
    LOOP
        EXECUTE format('DROP TABLE %I', child);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

SELECT sensing_make_days((now() AT TIME ZONE 'UTC')::date - 2, (now() AT TIME ZONE 'UTC')::date + 7);

-- The end of a batch, in one round trip: last values in the order of keys (so that two gateways never wait for each other
-- in a ring), then the lock that is held until the commit, then what gets an id under it.
CREATE FUNCTION sensing_finish(
    received timestamptz, devices integer[], metrics smallint[], lows timestamptz[], highs timestamptz[],
    newest timestamptz[], vals double precision[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sensing_lastvalue AS l (device_id, metric_id, at, value, received_at)
    SELECT d, m, a, v, received FROM unnest(devices, metrics, newest, vals) AS fresh(d, m, a, v)
    WHERE a > '1900-01-01 00:00:00+00'
    ON CONFLICT (device_id, metric_id) DO UPDATE
    SET at = excluded.at, value = excluded.value, received_at = excluded.received_at WHERE l.at < excluded.at;
    PERFORM pg_advisory_xact_lock(7266310002);
    IF cardinality(devices) > 0 THEN
        INSERT INTO sensing_batch (received_at, device_ids, metric_ids, lows, highs)
        VALUES (received, devices, metrics, lows, highs);
    END IF;
END $$;

-- Whoever holds sessions and keys in memory hears at once what changed: the device's id, and what it is about.
CREATE FUNCTION sensing_tell_gateways() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched record;
BEGIN
    IF TG_OP = 'DELETE' THEN touched := OLD; ELSE touched := NEW; END IF;
    IF TG_TABLE_NAME = 'sensing_device' THEN
        PERFORM pg_notify('longshore_sensing', 'device ' || touched.id);
    ELSE
        PERFORM pg_notify('longshore_sensing', TG_ARGV[0] || ' ' || touched.device_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER device_tells AFTER INSERT OR DELETE ON sensing_device
    FOR EACH ROW EXECUTE FUNCTION sensing_tell_gateways();
-- Not for "last seen", which is written for every device every second.
CREATE TRIGGER device_change_tells AFTER UPDATE OF code, state ON sensing_device
    FOR EACH ROW WHEN (old.code <> new.code OR old.state <> new.state) EXECUTE FUNCTION sensing_tell_gateways();
CREATE TRIGGER key_tells AFTER INSERT OR UPDATE OR DELETE ON sensing_devicekey
    FOR EACH ROW EXECUTE FUNCTION sensing_tell_gateways('device');
CREATE TRIGGER command_tells AFTER INSERT ON sensing_command
    FOR EACH ROW EXECUTE FUNCTION sensing_tell_gateways('command');
"""

BACKWARD = """
DROP TABLE sensing_reading, sensing_lastvalue, sensing_rollup, sensing_signal, sensing_batch;
DROP FUNCTION sensing_finish(
    timestamptz, integer[], smallint[], timestamptz[], timestamptz[], timestamptz[], double precision[]
);
DROP FUNCTION sensing_make_days(date, date);
DROP FUNCTION sensing_drop_days(date);
DROP FUNCTION sensing_tell_gateways() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("sensing", "0001_devices")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TABLES, BACKWARD)],
            state_operations=[
                migrations.CreateModel(
                    name="Batch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("received_at", models.DateTimeField(verbose_name="received at")),
                        (
                            "device_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(), size=None, verbose_name="devices"
                            ),
                        ),
                        (
                            "metric_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.SmallIntegerField(), size=None, verbose_name="metrics"
                            ),
                        ),
                        (
                            "lows",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.DateTimeField(), size=None, verbose_name="from"
                            ),
                        ),
                        (
                            "highs",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.DateTimeField(), size=None, verbose_name="until"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "batch",
                        "verbose_name_plural": "batches",
                    },
                ),
                migrations.CreateModel(
                    name="LastValue",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "device_id", "metric_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("at", models.DateTimeField(verbose_name="measured at")),
                        ("value", models.FloatField(verbose_name="value")),
                        ("received_at", models.DateTimeField(verbose_name="received at")),
                    ],
                    options={
                        "verbose_name": "last value",
                        "verbose_name_plural": "last values",
                    },
                ),
                migrations.CreateModel(
                    name="Reading",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "device_id",
                                "metric_id",
                                "at",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("at", models.DateTimeField(verbose_name="measured at")),
                        ("value", models.FloatField(verbose_name="value")),
                        ("received_at", models.DateTimeField(verbose_name="received at")),
                    ],
                    options={
                        "verbose_name": "reading",
                        "verbose_name_plural": "readings",
                    },
                ),
                migrations.CreateModel(
                    name="Rollup",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "device_id",
                                "metric_id",
                                "step_s",
                                "bucket",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("step_s", models.IntegerField(verbose_name="step, s")),
                        ("bucket", models.DateTimeField(verbose_name="from")),
                        ("n", models.IntegerField(verbose_name="readings")),
                        ("total", models.FloatField(verbose_name="sum")),
                        ("low", models.FloatField(verbose_name="lowest")),
                        ("high", models.FloatField(verbose_name="highest")),
                    ],
                    options={
                        "verbose_name": "rollup",
                        "verbose_name_plural": "rollups",
                    },
                ),
                migrations.CreateModel(
                    name="Signal",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "device_id",
                                "kind",
                                "at",
                                "digest",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("id", models.BigIntegerField(verbose_name="number")),
                        ("kind", models.CharField(max_length=8, verbose_name="kind")),
                        ("at", models.DateTimeField(verbose_name="happened at")),
                        ("received_at", models.DateTimeField(verbose_name="received at")),
                        ("digest", models.BinaryField(max_length=16, verbose_name="digest")),
                        ("body", models.JSONField(verbose_name="body")),
                    ],
                    options={
                        "verbose_name": "signal",
                        "verbose_name_plural": "signals",
                    },
                ),
                migrations.AddField(
                    model_name="lastvalue",
                    name="device",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sensing.device",
                        verbose_name="device",
                    ),
                ),
                migrations.AddField(
                    model_name="lastvalue",
                    name="metric",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sensing.metric",
                        verbose_name="metric",
                    ),
                ),
                migrations.AddField(
                    model_name="reading",
                    name="device",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sensing.device",
                        verbose_name="device",
                    ),
                ),
                migrations.AddField(
                    model_name="reading",
                    name="metric",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sensing.metric",
                        verbose_name="metric",
                    ),
                ),
                migrations.AddField(
                    model_name="rollup",
                    name="device",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sensing.device",
                        verbose_name="device",
                    ),
                ),
                migrations.AddField(
                    model_name="rollup",
                    name="metric",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sensing.metric",
                        verbose_name="metric",
                    ),
                ),
                migrations.AddField(
                    model_name="signal",
                    name="device",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sensing.device",
                        verbose_name="device",
                    ),
                ),
            ],
        ),
    ]
