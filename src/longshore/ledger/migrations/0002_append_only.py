"""What the database itself refuses, whoever asks: rewriting the past, or a movement whose balances did not move with it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION ledger_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A test database says so in its own settings; nothing else may empty a ledger.
    IF TG_OP = 'TRUNCATE' AND current_setting('longshore.test_database', true) = 'yes' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only: post a movement that reverses the old one', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER movement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_movement
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_rewrite();
CREATE TRIGGER posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_rewrite();
CREATE TRIGGER cost_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_costentry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_rewrite();
CREATE TRIGGER balance_kept BEFORE DELETE OR TRUNCATE ON ledger_balance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_rewrite();

-- Balances are folded by the same statement that writes the movements, so neither exists without the other.
-- A movement that names a balance or a posting that is not there makes the counts differ.
CREATE FUNCTION ledger_fold_movements() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    named bigint;
    folded bigint;
    lopsided bigint;
BEGIN
    WITH sides AS (
        SELECT source_id AS id, -qty AS qty FROM fresh
        UNION ALL
        SELECT target_id, qty FROM fresh
    ), sums AS (
        SELECT id, sum(qty)::bigint AS qty FROM sides GROUP BY id
    ), moved AS (
        UPDATE ledger_balance b SET qty = b.qty + s.qty FROM sums s WHERE b.id = s.id
        RETURNING b.item_id, b.lot_id, b.serial_id, s.qty
    ), conserved AS (
        SELECT 1 FROM moved GROUP BY item_id, lot_id, serial_id HAVING sum(qty) <> 0
    )
    SELECT (SELECT count(*) FROM sums), (SELECT count(*) FROM moved), (SELECT count(*) FROM conserved)
        INTO named, folded, lopsided;
    IF named <> folded THEN
        RAISE EXCEPTION 'a movement names a balance that does not exist' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF lopsided > 0 THEN
        RAISE EXCEPTION 'movements give another item, lot or serial number than they take' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM (SELECT posting_id AS id FROM fresh GROUP BY posting_id) f
        LEFT JOIN ledger_posting p ON p.id = f.id WHERE p.id IS NULL
    ) THEN
        RAISE EXCEPTION 'a movement names a posting that does not exist' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER movement_fold AFTER INSERT ON ledger_movement REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_fold_movements();

CREATE FUNCTION ledger_serial_in_one_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM catalog_serial WHERE id = NEW.serial_id FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM ledger_balance
        WHERE serial_id = NEW.serial_id AND bounded AND qty > 0 AND id <> NEW.id
    ) THEN
        RAISE EXCEPTION 'serial number % would stand in two places', NEW.serial_id USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balance_serial_in_one_place AFTER INSERT OR UPDATE OF qty ON ledger_balance
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.serial_id IS NOT NULL AND NEW.bounded AND NEW.qty > 0)
    EXECUTE FUNCTION ledger_serial_in_one_place();

-- Room in each page for the next version of a row: balances change with every posting and none of their indexes does.
ALTER TABLE ledger_balance SET (fillfactor = 70);
ALTER TABLE ledger_movement SET (autovacuum_vacuum_insert_scale_factor = 0.05);
"""

BACKWARD = """
DROP TRIGGER movement_append_only ON ledger_movement;
DROP TRIGGER posting_append_only ON ledger_posting;
DROP TRIGGER cost_append_only ON ledger_costentry;
DROP TRIGGER balance_kept ON ledger_balance;
DROP TRIGGER movement_fold ON ledger_movement;
DROP TRIGGER balance_serial_in_one_place ON ledger_balance;
DROP FUNCTION ledger_refuse_rewrite();
DROP FUNCTION ledger_fold_movements();
DROP FUNCTION ledger_serial_in_one_place();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_ledger")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
