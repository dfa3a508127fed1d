-- What every object of schema offerengine has: words about itself, stated volatility, no open door, a primary key, byte order.
BEGIN;
\set QUIET 1
SELECT * FROM no_plan();

SELECT isnt_empty($$SELECT FROM pg_catalog.pg_proc p WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)$$, 'there are functions');

-- Comments.
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_catalog.pg_proc p
     WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND coalesce(length(obj_description(p.oid, 'pg_proc')), 0) < 15$$,
    'every function and procedure has a comment');
SELECT is_empty($$
    SELECT c.oid::regclass, c.relkind FROM pg_catalog.pg_class c
     WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND coalesce(length(obj_description(c.oid, 'pg_class')), 0) < 15$$,
    'every table and view has a comment');
SELECT is_empty($$
    SELECT t.oid::regtype FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
     WHERE t.typnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND t.typelem = 0 AND coalesce(c.relkind, 'c') = 'c'
       AND t.typtype <> 'm' AND coalesce(length(obj_description(t.oid, 'pg_type')), 0) < 15$$,
    'every type has a comment');
SELECT is_empty($$
    SELECT c.oid::regclass, a.attname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND a.attnum > 0 AND NOT a.attisdropped AND coalesce(length(col_description(c.oid, a.attnum)), 0) < 3
     ORDER BY 1, a.attnum$$,
    'every column of every table and view has a comment');
SELECT is_empty($$
    SELECT d.classoid::regclass, d.objoid, d.description FROM pg_catalog.pg_description d
     WHERE d.objoid IN (SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
                        UNION ALL
                        SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace))
       AND d.description ~* '\m(todo|fixme|tbd|foundation only)\M'$$,
    'no comment promises something for later');

-- Volatility and parallel safety. VOLATILE with PARALLEL UNSAFE is what nobody wrote down may mean: only these may be so,
-- because they write. Trigger functions may, too.
CREATE TEMP TABLE writer (name text PRIMARY KEY);
INSERT INTO writer SELECT unnest(ARRAY[
    'migrate', 'migration_plan', 'run_source', 'relation_states', 'statements', 'announce_version', 'lock_extension', 'execute_as_owner', 'record_migration', 'bring_schema_up', 'apply_grants', 'grant_access', 'revoke_access',
    'record_access', 'strike_access',
    'put_store', 'put_merchant', 'put_abstract_product', 'put_product', 'put_warehouse', 'put_relationship', 'put_product_stores',
    'abstract_product_of', 'delete_assignees', 'do_delete_assignees', 'put_offer', 'write_offer_stores', 'set_price', 'set_prices', 'end_price', 'set_offer_stores', 'set_offer_active', 'set_stock',
    'approve_offer', 'deny_offer', 'approve_offers', 'deny_offers', 'approve_merchant', 'deny_merchant', 'suspend_merchant',
    'reinstate_merchant', 'tag_offer', 'untag_offer', 'put_rule', 'put_tag', 'put_rule_tags', 'import_begin', 'import_run', 'import_end',
    'begin_bulk_import', 'end_bulk_import', 'hold_offers',
    'bulk_begin', 'bulk_end', 'check_tiers', 'project_offers', 'share_products', 'touch_offers',
    'admit_owner', 'adopt_actors', 'grant_kind', 'revoke_excess', 'delete_prices', 'do_delete_prices', 'delete_offer_stores',
    'do_delete_offer_stores', 'remove_stock', 'do_remove_stock', 'remove_relationship', 'do_remove_relationship', 'remove_assignee',
    'do_remove_assignee', 'do_import_clear',
    'hold_offers_of_prices', 'constrain',
    'take_rule_turn', 'purchase', 'cancel_subscription', 'withdraw_cancellation', 'change_subscription', 'import_order',
    'import_subscription_change', 'billing_mark', 'billing_settle', 'do_import_take_turn',
    'do_purchase', 'do_cancel_subscription', 'do_withdraw_cancellation', 'do_change_subscription', 'do_import_order',
    'do_import_subscription_change', 'do_billing_mark', 'do_billing_settle', 'cancel', 'plan_timeline', 'lock_customer', 'record_event',
    'begin_subscription', 'begin_imported', 'put_imported_steps', 'order_imported_again', 'change_imported', 'replan',
    'order_changed', 'sum_order_up', 'put_order', 'do_put_order', 'put_told_lines', 'give_up_told_back', 'take_told_back', 'set_order_status', 'do_set_order_status', 'take_pieces', 'take_cancelled',
    'ship_order', 'do_ship_order', 'ship_line', 'customer_merge', 'do_customer_merge', 'take_both', 'take_customer', 'share_granted_rules',
    'give_up_duplicate', 'give_up_duplicates', 'move_orders', 'move_rows', 'plan_merged',
    'return_order', 'do_return_order', 'make_document', 'document_line', 'credit_cancelled', 'cancel_order', 'do_cancel_order', 'cancel_line', 'cancel_future', 'cancel_unbegun',
    'put_price_segment', 'put_price_sheet', 'add_sheet_price', 'write_sheet_settings', 'mark_period', 'mark_line', 'mark_billed',
    'settle_period', 'settle_line', 'record_order', 'told_before', 'write_orders', 'do_import_orders', 'write_told', 'put_contract', 'set_offer_steps', 'check_steps',
    'reserve_stock', 'do_reserve_stock', 'reserve_order_stock', 'do_reserve_order_stock', 'extend_stock', 'do_extend_stock', 'confirm_stock', 'do_confirm_stock',
    'release_stock', 'do_release_stock', 'release_order', 'release_lines', 'ship_stock', 'do_ship_stock', 'unship_stock', 'do_unship_stock', 'keep_stock',
    'return_stock', 'has_left', 'parts_to_ship', 'ship_parts', 'unship_lines', 'give_parts_back', 'lock_sold_stock', 'move_stock', 'free_stock', 'give_up_stock', 'ship_sold_stock',
    'unship_order', 'do_unship_order', 'lock_stock_order', 'lock_known_order', 'lost_wants', 'hold_place', 'reclaim_expired', 'give_back', 'put_holds', 'take_only_places', 'take_places', 'take_choices', 'hold_places', 'hold_each_place', 'judge_taken', 'reserve_again', 'lock_newest_places',
    'take_in_order', 'lock_newest_place', 'lock_place', 'lock_places', 'choose_stock', 'reserve_chosen', 'wants_beside_holds', 'arm_early_release',
    'place_order', 'cart_create', 'do_cart_create', 'cart_add', 'do_cart_add', 'cart_update', 'do_cart_update', 'cart_change_offer', 'do_cart_change_offer',
    'cart_remove', 'do_cart_remove', 'cart_set_buyer', 'do_cart_set_buyer', 'cart_expire', 'do_cart_expire', 'cart_merge', 'do_cart_merge', 'move_cart_lines',
    'move_carts', 'cart_changed', 'release_cart_lines', 'put_cart_line', 'change_cart_line', 'empty_cart', 'cart_hold', 'do_cart_hold', 'fix_cart', 'hold_cart_stock',
    'claim_stock_order', 'share_cart_rules', 'cart_checkout', 'do_cart_checkout', 'sell_cart', 'close_cart',
    'put_cart_lines', 'add_cart_lines', 'note_answer', 'reorder', 'do_reorder', 'quick_order', 'do_quick_order', 'list_create', 'do_list_create', 'list_change', 'do_list_change',
    'list_delete', 'do_list_delete', 'list_add', 'do_list_add', 'list_update', 'do_list_update', 'list_remove', 'do_list_remove', 'list_to_cart', 'do_list_to_cart',
    'list_changed', 'put_list_line', 'move_lists',
    'loyalty_enqueue', 'do_loyalty_enqueue', 'loyalty_enqueue_where', 'do_loyalty_enqueue_where', 'for_named_orders', 'enqueue_order', 'put_document', 'renew_document', 'is_told',
    'notify_idle', 'arm_notify', 'take_customers', 'hold_document', 'loyalty_claim', 'do_loyalty_claim', 'free_queued', 'free_retries',
    'outbox_walk_from', 'outbox_walked', 'outbox_walk_anew', 'outbox_turn', 'loyalty_sent', 'do_loyalty_sent', 'loyalty_sent_many', 'do_loyalty_sent_many', 'loyalty_failed', 'do_loyalty_failed', 'loyalty_retry',
    'do_loyalty_retry', 'loyalty_discard', 'do_loyalty_discard', 'discard_document', 'loyalty_resend', 'do_loyalty_resend', 'resend_order', 'resend_document', 'release_next',
    'loyalty_event', 'do_loyalty_event', 'loyalty_maintain', 'do_loyalty_maintain', 'make_sent_partition', 'make_sent_partitions', 'move_sent', 'write_sent', 'note_sent', 'hold_plain_orders',
    'move_documents',
    'customer_erase', 'do_customer_erase', 'take_erased', 'erase_own_rows', 'erase_mentions', 'erase_stock', 'customer_import', 'do_customer_import', 'take_imported',
    'put_rows', 'put_export', 'put_exported_stock',
    'put_loyalty_program', 'put_loyalty_extra', 'loyalty_enroll', 'do_loyalty_enroll', 'loyalty_leave', 'do_loyalty_leave', 'loyalty_lock', 'do_loyalty_lock', 'take_points', 'own_points',
    'redeeming_points', 'write_points', 'write_points_of_many', 'write_document', 'write_documents', 'book_orders', 'book_document', 'book_as', 'take_back_before', 'take_back_cancelled', 'loyalty_adjust', 'do_loyalty_adjust', 'loyalty_redeem', 'do_loyalty_redeem',
    'make_partitions_for', 'note_returns_before', 'take_erased_points', 'redeem_points', 'pay_order', 'earn_less', 'pay_with_points', 'held_points', 'release_points', 'loyalty_hold', 'do_loyalty_hold', 'loyalty_void', 'do_loyalty_void', 'loyalty_merge', 'do_loyalty_merge',
    'move_points', 'move_points_rows', 'compress_quickly']);
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_catalog.pg_proc p
     WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND p.provolatile = 'v' AND p.proparallel = 'u'
       AND p.prorettype <> 'trigger'::regtype AND p.proname NOT IN (SELECT w.name FROM writer w)
       AND p.proname !~ '^import_'$$,
    'only writers are VOLATILE and PARALLEL UNSAFE');
SELECT is_empty($$
    SELECT p.oid::regprocedure, p.provolatile FROM pg_catalog.pg_proc p
     WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND p.provolatile <> 'v'
       AND p.proname IN (SELECT w.name FROM writer w)$$,
    'no writer claims to be STABLE');
SELECT is_empty($$
    SELECT p.oid::regprocedure, p.provolatile, p.proparallel FROM pg_catalog.pg_proc p
     WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND (p.provolatile, p.proparallel) <> ('s', 's')
       AND p.proname IN ('offer_is_visible', 'explain_visibility', 'resolve_price', 'resolve_product_price', 'price_ladder',
                         'explain_price', 'list_offers', 'list_offers_many', 'rank_products', 'default_offer', 'search_offers', 'offer_details', 'merchant_profile',
                         'lowest_prior_price', 'lowest_prior_prices', 'offer_availability', 'redirect_offer')$$,
    'decisions are STABLE and PARALLEL SAFE');
SELECT is_empty($$
    SELECT p.oid::regprocedure, p.prorows FROM pg_catalog.pg_proc p
     WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND p.proretset AND p.prorows = 1000$$,
    'every function that returns a set says how many rows to expect');
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_catalog.pg_proc p
     WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND p.proargmodes && '{o,b,t}'::"char"[]$$,
    'no OUT parameters and no RETURNS TABLE');

-- Doors.
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_catalog.pg_proc p
     WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
       AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee = 0)$$,
    'PUBLIC may execute nothing');
SELECT is_empty($$
    SELECT c.oid::regclass, a.privilege_type FROM pg_catalog.pg_class c, aclexplode(c.relacl) AS a
     WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND a.grantee = 0$$,
    'PUBLIC may read and write nothing');
SELECT is_empty($$
    SELECT a.privilege_type FROM pg_catalog.pg_namespace n, aclexplode(n.nspacl) AS a
     WHERE n.nspname IN ('offerengine', 'offerengine_internal') AND a.grantee = 0$$,
    'PUBLIC may not even use the schema');
SELECT is_empty($$
    SELECT p.oid::regprocedure, p.proconfig FROM pg_catalog.pg_proc p
     WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND p.prosecdef
       AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS s
                        WHERE s ~ '^search_path=("?pg_catalog"?|offerengine|""|'''')' AND s ~ '(pg_temp"?|""|'''')$')$$,
    'every SECURITY DEFINER function has a pinned search_path with pg_temp last');
SELECT is_empty($$
    SELECT c.oid::regclass FROM pg_catalog.pg_class c
     WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relforcerowsecurity$$,
    'row level security is enabled, never forced');

-- Tables.
SELECT is_empty($$
    SELECT c.oid::regclass FROM pg_catalog.pg_class c
     WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')$$,
    'every table has a primary key');
SELECT is_empty($$
    SELECT c.oid::regclass, a.attname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm') AND a.atttypid = 'text'::regtype
       AND NOT a.attisdropped AND a.attname ~ '(_reference|sku|_code|relationship_key)$'
       AND a.attcollation <> (SELECT l.oid FROM pg_catalog.pg_collation l
                               WHERE l.collname = 'C' AND l.collnamespace = 'pg_catalog'::regnamespace)
     ORDER BY 1, 2$$,
    'references, SKUs and codes order byte by byte (COLLATE "C")');
SELECT is_empty($$
    SELECT c.oid::regclass FROM pg_catalog.pg_class c
     WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'S')
       AND EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')$$,
    'no table, view or sequence belongs to the extension');
SELECT is_empty($$
    SELECT pg_describe_object(d.classid, d.objid, d.objsubid), pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
      FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_depend e ON e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e'
                                 AND e.refclassid = 'pg_extension'::regclass
      JOIN pg_catalog.pg_extension x ON x.oid = e.refobjid AND x.extname = 'offerengine'
      LEFT JOIN pg_catalog.pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
     WHERE d.classid IN ('pg_constraint'::regclass, 'pg_attrdef'::regclass) OR c.relkind IN ('r', 'p', 'i')$$,
    'no constraint, default, column or index hangs on the extension: dropping it costs no column');
SELECT is_empty($$
    SELECT c.conrelid::regclass, c.conname FROM pg_catalog.pg_constraint c
     WHERE c.connamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.contype = 'f'
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i
                        WHERE i.indrelid = c.conrelid
                          AND i.indkey[0] = ANY (c.conkey))
       AND c.confrelid::regclass::text !~ '\.(store|currency|price_type|country)$'
     ORDER BY 1, 2$$,
    'every foreign key to a table that grows has an index');

SELECT * FROM finish();
ROLLBACK;
