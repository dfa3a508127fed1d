-- Where the data of a person stand: the one list of tables and columns, and what an export, an erasure and an import do with each.
-- A test finds every table and column that it forgets. What is added to the customer side is added here.

CREATE TYPE offerengine_internal.person_relation AS (place integer, relation text, whose text, on_erase text);
COMMENT ON TYPE offerengine_internal.person_relation IS
    'A table with rows of customers, at its place among them (what it refers to comes before it). whose: a condition on row r that '
    'says which are the customer''s ($1). on_erase: moved, to the pseudonym; removed; kept, since nothing in it names anybody; or '
    'apart, by a statement of its own.';

CREATE FUNCTION offerengine_internal.person_relations() RETURNS SETOF offerengine_internal.person_relation
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 ROWS 35 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT t.place, t.relation, coalesce(t.whose, 'r.customer_reference = $1'), t.on_erase
      FROM (VALUES
        -- References that were merged into this one, not the customer's own row.
        (10,  'customer_timeline', 'r.customer_reference = ANY (offerengine_internal.former_references($1))', 'apart'),
        (20,  'customer_erasure', 'r.pseudonym = $1', 'kept'),
        (100, 'sales_order', NULL, 'moved'),
        (110, 'order_line', NULL, 'moved'),
        (120, 'order_event', NULL, 'moved'),
        (130, 'order_line_invoice', NULL, 'moved'),
        (140, 'order_line_settlement', NULL, 'moved'),
        (200, 'subscription', NULL, 'moved'),
        (210, 'subscription_step', NULL, 'moved'),
        (220, 'subscription_quantity', NULL, 'moved'),
        (230, 'subscription_event', NULL, 'moved'),
        (240, 'subscription_invoice', NULL, 'moved'),
        (250, 'subscription_settlement', NULL, 'moved'),
        -- What somebody meant to buy is no record that has to be kept.
        (300, 'cart', NULL, 'removed'),
        (310, 'cart_line', NULL, 'removed'),
        (320, 'cart_key', NULL, 'removed'),
        (330, 'cart_hold', NULL, 'removed'),
        (340, 'cart_hold_line', NULL, 'removed'),
        (350, 'customer_list', NULL, 'removed'),
        (360, 'customer_list_line', NULL, 'removed'),
        (370, 'customer_list_key', NULL, 'removed'),
        (400, 'loyalty_outbox', NULL, 'moved'),
        (410, 'loyalty_sent_order', NULL, 'moved'),
        (500, 'loyalty_member', NULL, 'moved'),
        (510, 'loyalty_document', NULL, 'moved'),
        (520, 'loyalty_lot', NULL, 'moved'),
        (530, 'loyalty_entry', NULL, 'moved'),
        -- Points that somebody meant to pay with are free again.
        (540, 'loyalty_hold', NULL, 'removed'),
        (550, 'loyalty_hold_lot', NULL, 'removed'),
        -- Stock comes last, as everywhere, and in the order of its ids.
        (900, 'stock_order', NULL, 'apart'),
        (910, 'stock_hold', 'r.order_id IN (SELECT k.order_id FROM offerengine.stock_order k WHERE k.customer_reference = $1)',
              'kept'),
        (920, 'stock_parcel', 'r.order_id IN (SELECT k.order_id FROM offerengine.stock_order k WHERE k.customer_reference = $1)',
              'kept')) AS t (place, relation, whose, on_erase)
     ORDER BY t.place;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.person_relations() IS
    'The tables that have rows of customers, in an order in which they can be filled. Names of an export''s parts, too.';

CREATE TYPE offerengine_internal.person_column AS (relation text, column_name text, treatment text);
COMMENT ON TYPE offerengine_internal.person_column IS
    'A column, * for the others of its table, and what it holds: reference (the customer whose row it is), names (whoever it '
    'names, in rows of anybody), listed (such names, separated by semicolons), words (a message in which a name may stand), text '
    '(what a person wrote), payload (JSON with names and such text in it), engine (what the engine counts for itself), a kind of '
    'person_kinds() (something of the catalogue, exported by its name), or stays (neither a name nor words of a person).';

CREATE FUNCTION offerengine_internal.person_columns(relation text DEFAULT NULL) RETURNS SETOF offerengine_internal.person_column
LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100 ROWS 350 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT t.relation, c.column_name, t.treatment
      FROM (VALUES
        ('customer_timeline', 'reference', '{customer_reference}'::text[]),
        ('customer_timeline', 'names', '{merged_into,merging_user,importing_user}'),
        ('customer_timeline', 'engine', '{version,changed_at}'),
        ('customer_timeline', 'stays', '{merged_at,merged_by,imported_at,imported_by}'),
        ('customer_erasure', 'reference', '{pseudonym}'),
        ('customer_erasure', 'names', '{acting_user}'),
        ('customer_erasure', 'stays', '{erased_at,erased_by,even_if_open,orders,subscriptions}'),

        ('sales_order', 'reference', '{customer_reference}'),
        ('sales_order', 'text', '{note}'),
        ('sales_order', 'payload', '{imported}'),
        ('sales_order', 'store', '{store_code}'),
        ('sales_order', 'currency', '{currency_code}'),
        ('sales_order', 'country', '{country_code}'),
        ('sales_order', 'stays', '{order_id,order_reference,order_type,status,price_mode,total_amount,placed_at,parent_order_id,'
                                 'external_system,external_reference,origin,cancelled_amount,returned_amount,points_redeemed,'
                                 'points_amount,order_document_id,return_document_id}'),
        ('order_line', 'reference', '{customer_reference}'),
        ('order_line', 'text', '{note}'),
        ('order_line', 'offer', '{offer_id}'),
        ('order_line', 'merchant', '{merchant_id}'),
        ('order_line', 'price', '{price_id}'),
        -- message: what a sales rule says, not a person.
        ('order_line', 'stays', '{order_id,line_no,quantity,unit_amount,other_amount,line_amount,price_source,redirected_from,'
                                'message,subscription_id,starts_on,ends_on,quantity_shipped,quantity_cancelled,quantity_returned,'
                                'cancelled_amount,returned_amount,parent_line_no,parent_amount,restock}'),
        ('order_event', 'reference', '{customer_reference}'),
        ('order_event', 'names', '{acting_user}'),
        ('order_event', 'payload', '{detail}'),
        ('order_event', 'stays', '{event_id,order_id,event,channel,action_key,recorded_by,recorded_at}'),
        ('order_line_invoice', 'reference', '{customer_reference}'),
        ('order_line_invoice', 'stays', '{order_id,line_no,invoice_reference,amount,quantity,other_amount,line_amount,marked_at}'),
        ('order_line_settlement', 'reference', '{customer_reference}'),
        ('order_line_settlement', 'stays', '{order_id,line_no,invoice_reference,amount,settled_at}'),

        ('subscription', 'reference', '{customer_reference}'),
        ('subscription', 'text', '{cancel_reason}'),
        ('subscription', 'offer', '{offer_id,granted_regular_offer_id}'),
        ('subscription', 'rule', '{sales_rule_id}'),
        ('subscription', 'rules', '{restarting_rule_ids}'),
        ('subscription', 'tags', '{granted_tag_ids}'),
        ('subscription', 'store', '{store_code}'),
        ('subscription', 'currency', '{currency_code}'),
        ('subscription', 'country', '{country_code}'),
        ('subscription', 'stays', '{subscription_id,order_id,line_no,chain_id,predecessor_id,price_mode,quantity,purchased_on,'
                                  'anchor_on,starts_on,ends_on,agreed_ends_on,cancelled_on,cancelled_since,cancel_mode,'
                                  'cancel_ends_on,cancelled_period_ends_on,cancels_itself,granted_cancelled_source,origin,'
                                  'is_ignored,external_system,external_reference,created_at}'),
        ('subscription_step', 'reference', '{customer_reference}'),
        ('subscription_step', 'sheet', '{price_sheet_id}'),
        ('subscription_step', 'stays', '{subscription_id,step_no,anchor_on,starts_on,ends_on,term,accounting_period,'
                                       'cancellation_notice,amount,other_amount}'),
        ('subscription_quantity', 'reference', '{customer_reference}'),
        ('subscription_quantity', 'stays', '{subscription_id,effective_on,quantity}'),
        ('subscription_event', 'reference', '{customer_reference}'),
        ('subscription_event', 'names', '{acting_user}'),
        ('subscription_event', 'payload', '{detail}'),
        ('subscription_event', 'stays', '{event_id,subscription_id,event,effective_on,channel,recorded_by,recorded_at}'),
        ('subscription_invoice', 'reference', '{customer_reference}'),
        ('subscription_invoice', 'stays', '{subscription_id,period_start,invoice_reference,amount,quantity,other_amount,'
                                          'marked_at}'),
        ('subscription_settlement', 'reference', '{customer_reference}'),
        ('subscription_settlement', 'stays', '{subscription_id,period_start,invoice_reference,amount,settled_at}'),

        ('cart', 'reference', '{customer_reference}'),
        ('cart', 'names', '{buyer}'),
        ('cart', 'store', '{store_code}'),
        ('cart', 'currency', '{currency_code}'),
        ('cart', 'country', '{country_code}'),
        ('cart', 'stays', '{cart_id,price_mode,last_line_no,order_id,ordered_at,merged_into,created_at,changed_at}'),
        ('cart_line', 'reference', '{customer_reference}'),
        ('cart_line', 'text', '{note}'),
        ('cart_line', 'stays', '{cart_id,line_no,offer_reference,quantity,starts_on}'),
        ('cart_key', 'reference', '{customer_reference}'),
        ('cart_key', 'payload', '{asked,answer}'),
        ('cart_key', 'stays', '{cart_id,line_key,line_no}'),
        ('cart_hold', 'reference', '{customer_reference}'),
        ('cart_hold', 'stays', '{cart_id,first_held_at,expires_at,fixed_at,amount}'),
        ('cart_hold_line', 'reference', '{customer_reference}'),
        ('cart_hold_line', 'offer', '{offer_id}'),
        ('cart_hold_line', 'price', '{price_id}'),
        ('cart_hold_line', 'rule', '{sales_rule_id}'),
        ('cart_hold_line', 'stays', '{cart_id,line_no,unit_amount,other_amount,price_source,is_matched,message,step_amounts,'
                                    'other_step_amounts}'),

        ('customer_list', 'reference', '{customer_reference}'),
        ('customer_list', 'names', '{buyer}'),
        ('customer_list', 'text', '{name}'),
        ('customer_list', 'store', '{store_code}'),
        ('customer_list', 'currency', '{currency_code}'),
        ('customer_list', 'country', '{country_code}'),
        ('customer_list', 'stays', '{list_id,kind,price_mode,last_line_no,created_at,changed_at}'),
        ('customer_list_line', 'reference', '{customer_reference}'),
        ('customer_list_line', 'text', '{note}'),
        ('customer_list_line', 'stays', '{list_id,line_no,offer_reference,sku,merchant_reference,quantity,added_at}'),
        ('customer_list_key', 'reference', '{customer_reference}'),
        ('customer_list_key', 'payload', '{asked}'),
        ('customer_list_key', 'stays', '{list_id,line_key,line_no}'),

        -- last_error: what a receiver said, who may have called the customer by any name.
        ('loyalty_outbox', 'reference', '{customer_reference}'),
        ('loyalty_outbox', 'text', '{last_error,discard_reason}'),
        ('loyalty_outbox', 'payload', '{payload}'),
        ('loyalty_outbox', 'stays', '{id,order_id,send_as,state,enqueued_at,due_at,attempts,leased_until,not_before,waits_for,'
                                    'first_sent_at,sent_at,discarded_at,discarded_by}'),
        ('loyalty_sent_order', 'reference', '{customer_reference}'),
        ('loyalty_sent_order', 'text', '{last_error}'),
        ('loyalty_sent_order', 'payload', '{payload}'),
        ('loyalty_sent_order', 'stays', '{id,order_id,send_as,enqueued_at,due_at,attempts,first_sent_at,sent_at}'),
        ('loyalty_member', 'reference', '{customer_reference}'),
        ('loyalty_member', 'names', '{merged_into}'),
        ('loyalty_member', 'stays', '{enrolled_on,state,changed_at}'),
        ('loyalty_document', 'reference', '{customer_reference}'),
        ('loyalty_document', 'names', '{acting_user}'),
        ('loyalty_document', 'text', '{reason}'),
        ('loyalty_document', 'currency', '{currency_code}'),
        ('loyalty_document', 'stays', '{document_id,kind,order_id,parent_order_id,points,amount,quantity,cancelled_amount,'
                                      'cancelled_quantity,action_key,dated_at,booked_at,recorded_by}'),
        ('loyalty_lot', 'reference', '{customer_reference}'),
        ('loyalty_lot', 'currency', '{currency_code}'),
        ('loyalty_lot', 'stays', '{lot_id,document_id,kind,origin_lot_id,dated_at,opens_at,expires_at}'),
        ('loyalty_entry', 'reference', '{customer_reference}'),
        ('loyalty_entry', 'stays', '{entry_id,document_id,kind,lot_id,points,reverses_entry_id,dated_at}'),
        ('loyalty_hold', 'reference', '{customer_reference}'),
        ('loyalty_hold', 'stays', '{order_id,points,held_at,expires_at}'),
        ('loyalty_hold_lot', 'reference', '{customer_reference}'),
        ('loyalty_hold_lot', 'stays', '{order_id,lot_id,points}'),

        ('stock_order', 'reference', '{customer_reference}'),
        ('stock_order', 'store', '{store_code}'),
        ('stock_order', 'stays', '{order_id,state}'),
        ('stock_hold', 'warehouse', '{warehouse_id}'),
        ('stock_hold', 'offer', '{offer_id}'),
        ('stock_hold', 'stays', '{order_id,line_no,quantity,shipped,returned,state,expires_at,confirmed_at,released_at}'),
        ('stock_parcel', 'warehouse', '{warehouse_id}'),
        ('stock_parcel', 'offer', '{offer_id}'),
        ('stock_parcel', 'stays', '{order_id,line_no,shipment_key,quantity,lowered,shipped_at,undone_at}'),

        -- Whom the catalogue names: buyers of contracts, and who acted.
        ('merchant_relationship_assignee', 'names', '{buyer}'),
        ('merchant_approval', 'names', '{acting_user}'),
        ('merchant_approval', 'stays', '{*,reason}'),
        ('offer', 'names', '{created_by_acting_user}'),
        ('offer', 'stays', '{*,created_by,customer_limit,customer_limit_counts}'),
        ('offer_approval', 'names', '{acting_user}'),
        ('offer_approval', 'stays', '{*,reason}'),
        ('price_history', 'names', '{acting_user}'),
        ('price_history', 'stays', '{*}'),
        ('import_merchant_relationship', 'listed', '{company_business_unit_assignee_keys}'),
        ('import_merchant_relationship', 'stays', '{*}'),
        ('import_message', 'words', '{value,message}'),
        ('import_message', 'stays', '{*}'),
        ('import_unreadable_row', 'words', '{value,message}'),
        ('import_unreadable_row', 'stays', '{*}')) AS t (relation, treatment, columns)
     CROSS JOIN LATERAL unnest(t.columns) AS c (column_name)
     WHERE person_columns.relation IS NULL OR t.relation = person_columns.relation
    UNION ALL
    -- Of the catalogue and of the engine: no customer is in there.
    SELECT s.relation, '*', 'stays'
      FROM unnest('{abstract_product,abstract_product_store,actor,country,currency,import,import_turn,'
                  'loyalty_extra,loyalty_idle,loyalty_program,loyalty_rule,merchant,merchant_relationship,merchant_store,'
                  'merchant_warehouse,offer_step,offer_stock,offer_store,offer_tag,operation_policy,price,price_segment,'
                  'price_segment_country,price_sheet,price_sheet_price,price_type,product,product_contract,sales_rule,'
                  'sales_rule_graph,sales_rule_tag,schema_migration,stock_held,store,store_currency,tag,warehouse,'
                  'warehouse_store}'::text[]
                  || ARRAY(SELECT 'import_' || f.file FROM offerengine_internal.import_files() AS f
                            WHERE f.file <> 'merchant_relationship')) AS s (relation)
     WHERE person_columns.relation IS NULL OR s.relation = person_columns.relation;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.person_columns(text) IS
    'Every column that may hold something of a person, and the tables that hold nothing of the kind; of one table, where one is '
    'named.';

CREATE TYPE offerengine_internal.person_kind AS (kind text, plain boolean, name_sql text, id_sql text);
COMMENT ON TYPE offerengine_internal.person_kind IS
    'Something of the catalogue that a row of a customer refers to. plain: the column is the name already. name_sql: a query for '
    'the name in JSON, of the column that %s stands for, in row r; id_sql: one for the value of the column, of the JSON that %s '
    'stands for, in an export''s row j.';

CREATE FUNCTION offerengine_internal.person_kinds() RETURNS SETOF offerengine_internal.person_kind
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY VALUES
        ('store', true, NULL, 'SELECT to_jsonb(t.store_code) FROM offerengine.store t WHERE t.store_code = %s #>> ''{}'''),
        ('currency', true, NULL,
         'SELECT to_jsonb(t.currency_code) FROM offerengine.currency t WHERE t.currency_code = %s #>> ''{}'''),
        ('country', true, NULL, 'SELECT to_jsonb(t.country_code) FROM offerengine.country t WHERE t.country_code = %s #>> ''{}'''),
        ('offer', false, 'SELECT to_jsonb(t.offer_reference) FROM offerengine.offer t WHERE t.offer_id = %s',
         'SELECT to_jsonb(t.offer_id) FROM offerengine.offer t WHERE t.offer_reference = %s #>> ''{}'''),
        ('merchant', false, 'SELECT to_jsonb(t.merchant_reference) FROM offerengine.merchant t WHERE t.merchant_id = %s',
         'SELECT to_jsonb(t.merchant_id) FROM offerengine.merchant t WHERE t.merchant_reference = %s #>> ''{}'''),
        ('warehouse', false, 'SELECT to_jsonb(t.name) FROM offerengine.warehouse t WHERE t.warehouse_id = %s',
         'SELECT to_jsonb(t.warehouse_id) FROM offerengine.warehouse t WHERE t.name = %s #>> ''{}'''),
        ('sheet', false, 'SELECT to_jsonb(t.code) FROM offerengine.price_sheet t WHERE t.price_sheet_id = %s',
         'SELECT to_jsonb(t.price_sheet_id) FROM offerengine.price_sheet t WHERE t.code = %s #>> ''{}'''),
        ('rule', false, 'SELECT to_jsonb(t.title) FROM offerengine.sales_rule t WHERE t.sales_rule_id = %s',
         'SELECT to_jsonb(t.sales_rule_id) FROM offerengine.sales_rule t WHERE t.title = %s #>> ''{}'''),
        -- Several of them, each by its name: known as a whole when all are.
        ('rules', false, 'SELECT jsonb_agg(t.title ORDER BY u.place) FROM unnest(%s) WITH ORDINALITY AS u (id, place) '
                         'LEFT JOIN offerengine.sales_rule t ON t.sales_rule_id = u.id',
         'SELECT jsonb_agg(t.sales_rule_id ORDER BY u.place) FROM jsonb_array_elements_text(%s) WITH ORDINALITY AS u (name, place) '
         'LEFT JOIN offerengine.sales_rule t ON t.title = u.name HAVING count(*) = count(t.sales_rule_id)'),
        ('tags', false, 'SELECT jsonb_agg(t.category || ''/'' || t.name ORDER BY u.place) FROM unnest(%s) WITH ORDINALITY '
                        'AS u (id, place) LEFT JOIN offerengine.tag t ON t.tag_id = u.id',
         'SELECT jsonb_agg(t.tag_id ORDER BY u.place) FROM jsonb_array_elements_text(%s) WITH ORDINALITY AS u (name, place) '
         'LEFT JOIN offerengine.tag t ON t.category || ''/'' || t.name = u.name HAVING count(*) = count(t.tag_id)'),
        ('price', false, 'SELECT offerengine_internal.price_name(%s, r.price_source)',
         'SELECT to_jsonb(offerengine_internal.price_named(%s))');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.person_kinds() IS
    'How things of the catalogue are named in an export, and found again in another database.';

CREATE FUNCTION offerengine_internal.person_key(column_name text, treatment text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN CASE WHEN treatment IN (SELECT k.kind FROM offerengine_internal.person_kinds() AS k WHERE NOT k.plain)
                THEN regexp_replace(column_name, '_id(s?)$', replace('~1', '~', chr(92))) ELSE column_name END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.person_key(text, text) IS
    'The key of a column in an export: its name, without _id where what stands there is a name instead of an id.';

CREATE FUNCTION offerengine_internal.price_name(price_id bigint, price_source text) RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF price_name.price_source = 'price_sheet' THEN
        RETURN (SELECT jsonb_build_object('price_sheet', s.code, 'segment', g.code, 'currency', p.currency_code,
                                          'valid_from', p.valid_from)
                  FROM offerengine.price_sheet_price p
                  JOIN offerengine.price_sheet s ON s.price_sheet_id = p.price_sheet_id
                  LEFT JOIN offerengine.price_segment g ON g.price_segment_id = p.price_segment_id
                 WHERE p.price_sheet_price_id = price_name.price_id);
    END IF;
    RETURN (SELECT jsonb_build_object('offer', o.offer_reference, 'sku', CASE WHEN p.offer_id IS NULL THEN c.sku END,
                                      'abstract_sku', a.abstract_sku, 'relationship', m.relationship_key, 'store', p.store_code,
                                      'currency', p.currency_code, 'price_type', p.price_type, 'min_quantity', p.min_quantity,
                                      'valid_from', p.valid_from, 'valid_to', p.valid_to)
              FROM offerengine.price p
              LEFT JOIN offerengine.offer o ON o.offer_id = p.offer_id
              LEFT JOIN offerengine.product c ON c.product_id = p.product_id
              LEFT JOIN offerengine.abstract_product a ON a.abstract_product_id = p.abstract_product_id
              LEFT JOIN offerengine.merchant_relationship m ON m.merchant_relationship_id = p.merchant_relationship_id
             WHERE p.price_id = price_name.price_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.price_name(bigint, text) IS
    'What names a row of prices, in words of the catalogue; NULL: it is not there any more. TimeZone is UTC.';

CREATE FUNCTION offerengine_internal.price_named(name jsonb) RETURNS bigint
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    owner record;
BEGIN
    IF price_named.name ? 'price_sheet' THEN
        RETURN (SELECT p.price_sheet_price_id
                  FROM offerengine.price_sheet_price p
                  JOIN offerengine.price_sheet s ON s.price_sheet_id = p.price_sheet_id
                  LEFT JOIN offerengine.price_segment g ON g.price_segment_id = p.price_segment_id
                 WHERE s.code = price_named.name ->> 'price_sheet' AND g.code IS NOT DISTINCT FROM price_named.name ->> 'segment'
                   AND p.currency_code = price_named.name ->> 'currency'
                   AND p.valid_from = (price_named.name ->> 'valid_from')::date);
    END IF;
    SELECT o.offer_id, o.product_id INTO owner
      FROM offerengine.offer o WHERE o.offer_reference = price_named.name ->> 'offer';
    IF price_named.name ->> 'offer' IS NULL THEN
        SELECT c.product_id INTO owner.product_id
          FROM offerengine.product c WHERE c.sku = price_named.name ->> 'sku';
    END IF;
    -- By its index: the owner is one of the two, the rest is looked for among its prices.
    RETURN (SELECT p.price_id
              FROM offerengine.price p
             WHERE (p.product_id = owner.product_id
                    OR p.abstract_product_id = (SELECT a.abstract_product_id FROM offerengine.abstract_product a
                                                 WHERE a.abstract_sku = price_named.name ->> 'abstract_sku'))
               AND p.offer_id IS NOT DISTINCT FROM owner.offer_id
               AND (SELECT m.relationship_key FROM offerengine.merchant_relationship m
                     WHERE m.merchant_relationship_id = p.merchant_relationship_id)
                   IS NOT DISTINCT FROM price_named.name ->> 'relationship'
               AND p.store_code = price_named.name ->> 'store' AND p.currency_code = price_named.name ->> 'currency'
               AND p.price_type = price_named.name ->> 'price_type'
               AND p.min_quantity = (price_named.name ->> 'min_quantity')::integer
               AND p.valid_from = (price_named.name ->> 'valid_from')::timestamptz
               AND p.valid_to = (price_named.name ->> 'valid_to')::timestamptz);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.price_named(jsonb) IS
    'The row of prices that price_name() has named; NULL: there is none here.';

CREATE FUNCTION offerengine_internal.former_references(customer_reference text) RETURNS text[]
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN ARRAY(
        WITH RECURSIVE former AS (
            SELECT t.customer_reference FROM offerengine.customer_timeline t
             WHERE t.merged_into = former_references.customer_reference
            UNION
            SELECT t.customer_reference FROM former f
              JOIN offerengine.customer_timeline t ON t.merged_into = f.customer_reference)
        SELECT f.customer_reference FROM former f ORDER BY f.customer_reference COLLATE "C");
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.former_references(text) IS
    'The references that have become this customer by customer_merge(), step by step, in order.';
