-- Who may see and fill what: operators every import, a merchant's role those of its merchants. Staging rows and messages follow the
-- row of import that they name; their policies ask nothing of the extension and stand beside their tables, in the migration.

ALTER TABLE offerengine.import ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_import ON offerengine.import;
CREATE POLICY own_import ON offerengine.import
    USING ((SELECT offerengine_internal.is_operator())
           OR merchant_id = ANY ((SELECT offerengine_internal.acting_merchants())::bigint[]));
