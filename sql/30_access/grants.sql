-- Who may do what: the one list of privileges by kind of role. grant_access.sql hands them out.
--
-- Functions belong to whoever created the extension, tables to the owner of the schema, who may be somebody else. All
-- grants are made by the owner of the schema, who holds the functions with grant option (admit_owner).
-- What a role has beyond the list: excess.sql.

CREATE TYPE offerengine_internal.access_rule AS (object text, name text, kind text, privileges text, internal boolean, reason text);
COMMENT ON TYPE offerengine_internal.access_rule IS
    'What a kind of role gets: object function, table (views too) or sequence, by name; kind operator, merchant, '
    'storefront, reporting or monitoring, NULL for what only the owner may do; privileges as GRANT takes them; internal for what '
    'stands in schema offerengine_internal; reason why a role must execute a function of that schema.';

CREATE FUNCTION offerengine_internal.access() RETURNS SETOF offerengine_internal.access_rule
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 400 AS $oe_body$
BEGIN
    -- Functions: name, then who may execute it (o operator, m merchant, s storefront, r reporting, w monitoring, - the owner
    -- only).
    RETURN QUERY
    SELECT 'function', f.name, k.kind, 'EXECUTE', false, NULL
      FROM (VALUES
        ('add_sheet_price',        'o'),
        ('allocate_stock',         'os'),
        ('approval_transitions',   'om'),
        ('approve_merchant',       'o'),
        ('approve_offer',          'o'),
        ('approve_offers',         'o'),
        ('assert_operation',       'os'),
        ('billing_mark',           'o'),
        ('billing_schedule',       'o'),
        ('billing_settle',         'o'),
        ('cancel_order',           'oms'),
        ('cancel_subscription',    'os'),
        ('cart_add',                 'os'),
        ('cart_best_offers',         'os'),
        ('cart_change_offer',        'os'),
        ('cart_checkout',            'os'),
        ('cart_create',              'os'),
        ('cart_expire',              'o'),
        ('cart_hold',                'os'),
        ('cart_items',               'os'),
        ('cart_merge',               'os'),
        ('cart_remove',              'os'),
        ('cart_set_buyer',           'os'),
        ('cart_shipments',           'os'),
        ('cart_totals',              'os'),
        ('cart_update',              'os'),
        ('cart_validate',            'os'),
        ('carts',                    'os'),
        ('change_subscription',    'os'),
        ('confirm_stock',          'os'),
        ('currencies',             'oms'),
        ('customer_erase',         'o'),
        ('customer_export',        'o'),
        ('customer_import',        'o'),
        ('customer_merge',         'os'),
        ('customer_shard',         'omsr'),
        ('default_offer',          'os'),
        ('delivery_list',          'o'),
        ('deny_merchant',          'o'),
        ('deny_offer',             'o'),
        ('deny_offers',            'o'),
        ('end_price',              'om'),
        ('eu_countries',           'om'),
        ('explain_price',          'om'),
        ('explain_visibility',     'om'),
        ('extend_stock',           'os'),
        ('grant_access',           '-'),
        ('health_check',           'ow'),
        ('import_begin',           'om'),
        ('import_end',             'om'),
        ('import_order',           'o'),
        ('import_orders',          'o'),
        ('import_run',             'om'),
        ('import_subscription_change', 'o'),
        ('list_add',               'os'),
        ('list_change',            'os'),
        ('list_create',            'os'),
        ('list_delete',            'os'),
        ('list_items',             'os'),
        ('list_offers',            'os'),
        ('list_offers_many',       'os'),
        ('list_remove',            'os'),
        ('list_to_cart',           'os'),
        ('list_update',            'os'),
        ('lists',                  'os'),
        ('lowest_prior_price',     'os'),
        ('lowest_prior_prices',    'os'),
        ('loyalty_adjust',         'o'),
        ('loyalty_balance',        'os'),
        ('loyalty_claim',          'o'),
        ('loyalty_discard',        'o'),
        ('loyalty_enqueue',        'o'),
        ('loyalty_enqueue_where',  'o'),
        ('loyalty_enroll',         'os'),
        ('loyalty_event',          'o'),
        ('loyalty_expiring',       'os'),
        ('loyalty_failed',         'o'),
        ('loyalty_hold',           'os'),
        ('loyalty_leave',          'os'),
        ('loyalty_lock',           'o'),
        ('loyalty_maintain',       'o'),
        ('loyalty_merge',          'os'),
        ('loyalty_preview',        'os'),
        ('loyalty_redeem',         'os'),
        ('loyalty_redeemable',     'os'),
        ('loyalty_resend',         'o'),
        ('loyalty_retry',          'o'),
        ('loyalty_sent',           'o'),
        ('loyalty_sent_many',      'o'),
        ('loyalty_void',           'os'),
        ('merchant_profile',       'os'),
        ('migrate',                '-'),
        ('migration_plan',         '-'),
        ('offer_availability',     'os'),
        ('offer_details',          'os'),
        ('offer_is_visible',       'os'),
        ('operation_allowed',      'os'),
        ('order_documents',        'os'),
        ('order_items',            'os'),
        ('order_shipments',        'os'),
        ('orders',                 'os'),
        ('period_boundary',        'omsr'),
        ('period_containing',      'omsr'),
        ('period_index',           'omsr'),
        ('preview_cancellation',   'os'),
        ('preview_contract',       'o'),
        ('preview_price_sheet',    'o'),
        ('price_ladder',           'os'),
        ('price_plan',             'os'),
        ('price_types',            'oms'),
        ('purchase',               'os'),
        ('put_abstract_product',   'o'),
        ('put_contract',           'o'),
        ('put_loyalty_extra',      'o'),
        ('put_loyalty_program',    'o'),
        ('put_merchant',           'o'),
        ('put_offer',              'om'),
        ('put_order',              'o'),
        ('put_price_segment',      'o'),
        ('put_price_sheet',        'o'),
        ('put_product',            'o'),
        ('put_relationship',       'om'),
        ('put_rule',               'o'),
        ('put_store',              'o'),
        ('put_warehouse',          'o'),
        ('quick_order',            'os'),
        ('rank_products',          'os'),
        ('redirect_cart',          'os'),
        ('redirect_offer',         'os'),
        ('reinstate_merchant',     'o'),
        ('release_stock',          'os'),
        ('remove_assignee',        'om'),
        ('remove_relationship',    'om'),
        ('remove_stock',           'om'),
        ('reorder',                'os'),
        ('reserve_order_stock',    'os'),
        ('reserve_stock',          'os'),
        ('resolve_price',          'os'),
        ('resolve_prices',         'os'),
        ('resolve_product_price',  'os'),
        ('return_order',           'o'),
        ('revoke_access',          '-'),
        ('search_offers',          'os'),
        ('set_offer_active',       'om'),
        ('set_offer_steps',        'o'),
        ('set_offer_stores',       'om'),
        ('set_order_status',       'o'),
        ('set_price',              'om'),
        ('set_prices',             'om'),
        ('set_stock',              'om'),
        ('ship_order',             'om'),
        ('ship_stock',             'om'),
        ('stores',                 'oms'),
        ('subscription_gantt',     'o'),
        ('subscription_timeline',  'os'),
        ('suspend_merchant',       'o'),
        ('tag_offer',              'o'),
        ('uncovered_countries',    'om'),
        ('unship_order',           'om'),
        ('unship_stock',           'om'),
        ('untag_offer',            'o'),
        ('uuid_v7',                'omsr'),
        ('version',                'omsrw'),
        ('wait_for_catalogue',     'omsr'),
        ('withdraw_cancellation',  'os')
      ) AS f (name, kinds)
     CROSS JOIN LATERAL offerengine_internal.kinds(f.kinds) AS k (kind);

    -- Functions of offerengine_internal that code with the caller's rights calls, and why that code has them. What a caller may
    -- learn or do by calling them himself is what policies, grants and triggers let him do anyway.
    RETURN QUERY
    SELECT 'function', f.name, k.kind, 'EXECUTE', true, f.reason
      FROM (VALUES
        ('abstract_product_of',       'o',   'put_product() looks up and locks with the caller''s rights'),
        ('acting_merchants',         'omr',  'policies and views ask for whom the reader acts; it tells about himself only'),
        ('acts_for_merchant',        'om',   'set_stock() asks whose a warehouse is; it tells about himself only'),
        ('applied_lsn',             'omsrw', 'wait_for_catalogue(), view monitor_catalogue: a position in the log'),
        ('asked_price',              'or',   'charged_price(): arguments only'),
        ('begin_bulk_import',        'o',    'import_write() writes in sets; what it leaves out is made up at the end'),
        ('catalogue_has',           'omsr', 'wait_for_catalogue(): a position in the log'),
        ('character_class',           'om',   'check_reference() and its kind: arguments only'),
        ('character_pattern',         'om',   'check_reference() and its kind: arguments only'),
        ('charged_day',              'or',   'views of subscriptions: arguments only'),
        ('charged_parts',            'or',   'views of subscriptions: arguments only'),
        ('charged_price',            'or',   'views of subscriptions: arguments only'),
        ('check_choice',              'om',  'writers: arguments only'),
        ('check_code',               'o',    'put_price_segment(), put_price_sheet(), put_contract(): arguments only'),
        ('check_countries',          'o',    'put_price_segment(): arguments only'),
        ('check_country',             'o',    'put_store(): arguments only'),
        ('check_dimensions',          'om',  'writers: arguments only'),
        ('check_key',                 'om',  'writers: arguments only'),
        ('check_list',                'om',  'writers: arguments only'),
        ('check_offer',               'om',   'put_offer(): arguments only'),
        ('check_pass_duration',       'om',   'put_offer(): arguments only'),
        ('check_price_json',          'om',   'set_prices(): arguments only'),
        ('check_price_place',         'om',   'set_price(), set_prices(): arguments, against tables that the caller reads'),
        ('check_price_settings',     'om',   'set_price(), end_price() refuse what the caller does not see as unknown'),
        ('check_program_value',       'o',    'put_loyalty_program(), put_loyalty_extra(): arguments only'),
        ('check_reference',           'om',   'writers: arguments only'),
        ('check_references',          'om',   'writers: arguments only'),
        ('check_rule_policies',      'o',    'put_rule(): arguments only'),
        ('check_sheet_settings',     'o',    'put_price_sheet() and its kind: arguments, against tables that operators read'),
        ('check_steps',              'o',    'set_offer_steps(): arguments, against tables that operators read'),
        ('check_stock_quantity',      'om',  'set_stock(): arguments only'),
        ('check_stores',              'om',   'writers: arguments, against table store'),
        ('check_tag',                'o',    'tag_offer(), untag_offer(), put_rule(): arguments only'),
        ('check_title',               'om',   'writers: arguments only'),
        ('check_validity',            'om',  'put_offer(), put_product(): arguments only'),
        ('code_problem',              'om',   'check_reference(): arguments only'),
        ('is_plain_code',             'om',   'code_problem(): arguments only'),
        ('contracts_with_prices',     'om',   'set_prices() with a percentage looks up with the caller''s rights'),
        ('counted',                   'om',  'set_stock(), imports: reads what left the warehouse with the caller''s rights'),
        ('delete_assignees',          'om',  'put_relationship(): own relationships only, as their policy has it'),
        ('delete_offer_stores',      'om',   'set_offer_stores(), imports: own offers only, as the policy of offer_store has it'),
        ('delete_prices',            'om',   'end_price(), imports: prices of own offers only, as the policy of price has it'),
        ('document_order_reference', 'or',   'views of the outbox: arguments only'),
        ('end_bulk_import',          'o',    'import_write(): checks what begin_bulk_import() put off'),
        ('goes_before',               'om',   'set_price(): arguments only'),
        ('has_own_prices',            'om',   'set_prices() with a percentage looks up with the caller''s rights'),
        ('hold_offers_of_prices',     'om',   'set_price(), set_prices() lock with the caller''s rights'),
        ('inherited_prices',          'om',   'set_prices() with a percentage looks up with the caller''s rights'),
        ('is_charged_here',          'or',   'view billing_period: arguments only'),
        ('is_operator',              'om',   'policies ask who reads; it tells about the caller only'),
        ('is_delivery',               'omr',  'pieces_to_deliver(): arguments only'),
        ('is_return',                 'omr',  'pieces_to_deliver(): arguments only'),
        ('json_instant',              'om',   'set_prices(): arguments only'),
        ('local_date',               'or',   'views of subscriptions: arguments only'),
        ('local_window',              'om',   'writers tell of windows: arguments only'),
        ('offer_is_shipped',          'omr',  'pieces_to_deliver(): arguments only'),
        ('operation_refusal',        'o',    'view offer_step_problem and its kind: arguments only'),
        ('owner_text',                'om',   'set_price(): arguments only'),
        ('pending_pages',            'orw',   'view monitor_search_index: tells how many pages of an index, nothing of rows'),
        ('percent_owners',            'om',   'set_prices() with a percentage looks up with the caller''s rights'),
        ('percent_settings',          'om',   'set_prices() with a percentage: arguments only'),
        ('period_numbers',           'or',   'views of subscriptions: arguments only'),
        ('pieces_to_deliver',         'omr',  'views of orders: arguments only'),
        ('price_settings_from_json', 'om',   'set_prices(): arguments only'),
        ('price_targets',            'om',   'set_price(), end_price() look up with the caller''s rights'),
        ('price_windows',             'om',   'set_price() looks up with the caller''s rights'),
        ('prices_in_force',           'om',   'set_prices() with a percentage looks up with the caller''s rights'),
        ('put_product_stores',        'o',   'put_abstract_product(), put_product() write with the caller''s rights'),
        ('put_rule_tags',            'o',    'put_rule() writes with the caller''s rights'),
        ('put_tag',                  'o',    'tag_offer(), put_rule() write with the caller''s rights'),
        ('raise_unknown',             'om',   'writers: arguments only'),
        ('raised_price',             'or',   'charged_price(): arguments only'),
        ('reads_all',                'omr',  'policies and views ask who reads; it tells about the caller only'),
        ('refuse_contract',          'o',    'put_contract(): arguments only'),
        ('report_is_priced',         'omr',  'view unpriced_offer: tells a merchant of its own offers only'),
        ('report_offers',            'omr',  'view product_offer_ranking: tells a merchant of its own offers only'),
        ('require_schema',           'omsr', 'first statement of every function in plpgsql: tells that the tables are there'),
        ('rule_offer',               'o',    'put_rule() looks up with the caller''s rights'),
        ('scaled_prices',             'om',   'set_prices() with a percentage looks up with the caller''s rights'),
        ('set_prices',               'om',   'set_price(), set_prices() write with the caller''s rights'),
        ('share_products',           'om',   'put_offer(), set_offer_stores(), imports: holds products of own offers'),
        ('sheet_settings_from_json', 'o',    'put_price_sheet(): arguments only'),
        ('shown',                     'om',   'writers show in messages what was given: arguments only'),
        ('shown_window',              'om',   'set_price() tells of windows of a store, whose zone everybody sees'),
        ('step_rank',                'or',   'views of subscriptions: arguments only'),
        ('store_instant',             'om',   'set_price() reads days of a store, whose zone everybody sees'),
        ('subscription_status',      'or',   'views of subscriptions: arguments only'),
        ('take_rule_turn',           'o',    'tag_offer(), put_rule(): the lock that their first write takes as well'),
        ('target_refusal',           'o',    'view sales_rule_problem: arguments only'),
        ('tell_hidden_contracts',     'om',   'set_prices() with a percentage tells with the caller''s rights'),
        ('tell_interrupted',          'om',   'set_price() tells with the caller''s rights'),
        ('title_problem',             'om',   'check_title(): arguments only'),
        ('unknown_text',              'om',   'writers: arguments only'),
        ('wanted_contract',          'o',    'put_contract(): arguments, against tables that operators read'),
        ('window_end',                'om',   'set_price(): arguments only'),
        ('window_of_setting',         'om',   'set_price(): arguments only'),
        ('windows_of_tier',           'om',   'set_price() looks up with the caller''s rights'),
        ('write_offer_stores',        'om',   'put_offer(), set_offer_stores() write with the caller''s rights'),
        ('write_sheet_settings',     'o',    'put_price_sheet(), add_sheet_price() write with the caller''s rights'),
        ('zone_is_listed',            'om',   'table store, import_begin(): arguments only')
      ) AS f (name, kinds, reason)
     CROSS JOIN LATERAL offerengine_internal.kinds(f.kinds) AS k (kind);

    RETURN QUERY
    SELECT 'function', f.name, k.kind, 'EXECUTE', true, 'import_run() and import_end() plan and write with the caller''s rights'
      FROM (VALUES
        -- Import: cells, read and judged without looking at anything else.
        ('import_amount',                     'om'),
        ('import_amount_problem',             'om'),
        ('import_amounts_problem',            'om'),
        ('import_cell',                       'om'),
        ('import_code_problem',               'om'),
        ('import_count_problem',              'om'),
        ('import_files',                      'om'),
        ('import_flag',                       'om'),
        ('import_flag_problem',               'om'),
        ('import_instant',                    'om'),
        ('import_instant_problem',            'om'),
        ('import_is_plain',                   'om'),
        ('import_json',                       'om'),
        ('import_json_problem',               'om'),
        ('import_localized',                  'o'),
        ('import_object_problem',             'om'),
        ('import_offer_cell_problem',         'om'),
        ('import_offer_problem',              'om'),
        ('import_pos',                        'om'),
        ('import_quantity',                   'om'),
        ('import_quantity_problem',           'om'),
        ('import_read_count_problem',         'om'),
        ('import_read_instant',               'om'),
        ('import_required_problem',           'o'),
        ('import_status',                     'om'),
        ('import_status_problem',             'om'),
        ('import_tiers',                      'om'),
        ('import_title_problem',              'om'),
        ('import_unknown_problem',            'om'),
        -- Import: steps that every import takes. They run with the caller's rights, on temporary tables of his session and on rows
        -- that policies show him: called directly, they give nobody more than his own privileges do.
        ('import_check_management',           'om'),
        ('import_check_merchant_skus',        'om'),
        ('import_check_types',                'om'),
        ('import_context',                    'om'),
        ('import_count',                      'om'),
        ('import_explain_offer_prices',       'om'),
        ('import_explain_offers',             'om'),
        ('import_filled',                     'om'),
        ('import_forget_plan',                'om'),
        ('import_give_up_offers',             'om'),
        ('import_guard_ends',                 'om'),
        ('import_lock',                       'om'),
        ('import_merge_ends',                 'om'),
        ('import_plan_ends',                  'om'),
        ('import_plan_offer_prices',          'om'),
        ('import_plan_offer_stores',          'om'),
        ('import_plan_offers',                'om'),
        ('import_plan_stock',                 'om'),
        ('import_plan_taken_tiers',           'om'),
        ('import_plan_tier_ends',             'om'),
        ('import_plan_tiers',                 'om'),
        ('import_plan_validity',              'om'),
        ('import_prepare',                    'om'),
        ('import_prepare_written',            'om'),
        ('import_refuse_odd_objects',         'om'),
        ('import_refuse_operators_files',     'om'),
        ('import_refuse_repeats',             'om'),
        ('import_refuse_taken_references',    'om'),
        ('import_report',                     'om'),
        ('import_row_zone',                   'om'),
        ('import_stage',                      'om'),
        ('import_store_zone',                 'om'),
        ('import_supersede',                  'om'),
        ('import_write',                      'om'),
        ('import_write_ends',                 'om'),
        ('import_write_merchants_offers',     'om'),
        ('import_write_new_offers',           'om'),
        ('import_write_offers',               'om'),
        ('import_write_prices',               'om'),
        ('import_write_stock',                'om'),
        -- Import: steps of an import for all, with the caller's rights likewise.
        ('import_explain_product_prices',     'o'),
        ('import_plan_concrete_products',     'o'),
        ('import_plan_links',                 'o'),
        ('import_plan_merchants',             'o'),
        ('import_plan_product_price_ends',    'o'),
        ('import_plan_product_prices',        'o'),
        ('import_plan_products',              'o'),
        ('import_plan_relationships',         'o'),
        ('import_plan_store_currencies',      'o'),
        ('import_plan_store_link',            'o'),
        ('import_plan_store_zones',           'o'),
        ('import_plan_stores',                'o'),
        ('import_plan_warehouses',            'o'),
        ('import_write_master_data',          'o'),
        ('import_write_products',             'o'),
        -- Import: with the owner's rights. Each judges the caller by the import that he names and tells or takes what is that
        -- import's; import_analyze() and import_measure() tell nothing and renew statistics that are missing or cannot be.
        ('import_analyze',                    'om'),
        ('import_measure',                    'om'),
        ('import_take_turn',                  'om'),
        ('import_taken_rows',                 'om'),
        ('import_target_problems',            'om'),
        -- Import: empties the staging tables of an import, on which merchants have no DELETE; judges the caller by the import.
        ('import_clear',                      'om')
      ) AS f (name, kinds)
     CROSS JOIN LATERAL offerengine_internal.kinds(f.kinds) AS k (kind);

    -- Tables of the catalogue, written by operators; a merchant's rows are narrowed by row-level security.
    RETURN QUERY
    SELECT 'table', t.name, 'operator', 'SELECT, INSERT, UPDATE, DELETE', false, NULL
      FROM (VALUES ('abstract_product'), ('abstract_product_store'), ('country'), ('currency'), ('merchant'),
                   ('merchant_relationship'),
                   ('merchant_relationship_assignee'), ('merchant_store'), ('merchant_warehouse'), ('offer'), ('offer_stock'),
                   ('offer_store'), ('price'), ('price_type'), ('product'), ('store'), ('store_currency'), ('warehouse'),
                   ('warehouse_store'),
                   ('loyalty_extra'), ('loyalty_program'), ('loyalty_rule'), ('offer_step'), ('offer_tag'), ('price_segment'),
                   ('price_segment_country'), ('price_sheet'), ('price_sheet_price'), ('product_contract'), ('sales_rule'),
                   ('sales_rule_tag'), ('tag')) AS t (name);

    -- A merchant has DELETE on no table and UPDATE on columns only: who has either on a table may LOCK it away from everybody.
    -- What it deletes, it deletes by functions (sql/40_catalogue/removal.sql, sql/80_import/clear.sql).
    RETURN QUERY
    SELECT 'table', t.name, 'merchant', t.privileges, false, NULL
      FROM (VALUES
        ('abstract_product',       'SELECT'),
        ('abstract_product_store', 'SELECT'),
        ('country',                'SELECT'),
        ('currency',               'SELECT'),
        ('merchant',               'SELECT, UPDATE (name, description, url)'),
        ('merchant_approval',      'SELECT'),
        ('merchant_relationship',  'SELECT, INSERT (relationship_key, merchant_id), UPDATE (relationship_key)'),
        ('merchant_relationship_assignee', 'SELECT, INSERT (merchant_relationship_id, buyer), '
                                   'UPDATE (merchant_relationship_id, buyer)'),
        ('merchant_store',         'SELECT'),
        ('merchant_warehouse',     'SELECT'),
        ('offer',                  'SELECT, INSERT (offer_reference, product_id, merchant_id, merchant_sku, title, '
                                   'offer_type, management, is_active, valid_from, valid_to, price_sheet_id, '
                                   'pass_duration, is_shipped, order_minimum, order_step, order_maximum, customer_limit, '
                                   'customer_limit_counts), '
                                   'UPDATE (merchant_sku, title, offer_type, management, is_active, valid_from, valid_to, '
                                   'price_sheet_id, pass_duration, is_shipped, order_minimum, order_step, order_maximum, '
                                   'customer_limit, customer_limit_counts)'),
        ('offer_approval',         'SELECT'),
        ('offer_step',             'SELECT'),
        ('offer_stock',            'SELECT, INSERT (offer_id, warehouse_id, quantity, is_never_out_of_stock, safety_quantity), '
                                   'UPDATE (offer_id, warehouse_id, quantity, is_never_out_of_stock, safety_quantity)'),
        ('offer_store',            'SELECT, INSERT (offer_id, store_code), UPDATE (store_code)'),
        -- Not redirected_from and message: they tell of another merchant's offer.
        ('order_line',             'SELECT (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, '
                                   'unit_amount, line_amount, subscription_id, starts_on, ends_on, note, quantity_shipped, '
                                   'quantity_cancelled, quantity_returned, cancelled_amount, returned_amount)'),
        ('price',                  'SELECT, INSERT (abstract_product_id, product_id, offer_id, merchant_relationship_id, '
                                   'store_code, currency_code, price_type, min_quantity, net_amount, gross_amount, valid_from, '
                                   'valid_to), UPDATE (abstract_product_id, product_id, offer_id, merchant_relationship_id, '
                                   'store_code, currency_code, price_type, min_quantity, net_amount, gross_amount, valid_from, '
                                   'valid_to)'),
        ('price_history',          'SELECT'),
        ('price_segment',          'SELECT'),
        ('price_segment_country',  'SELECT'),
        ('price_sheet',            'SELECT'),
        ('price_sheet_price',      'SELECT'),
        ('price_type',             'SELECT'),
        ('product',                'SELECT'),
        ('product_contract',       'SELECT'),
        ('stock_hold',             'SELECT'),
        ('stock_parcel',           'SELECT'),
        ('store',                  'SELECT'),
        ('store_currency',         'SELECT'),
        ('warehouse',              'SELECT'),
        ('warehouse_store',        'SELECT')) AS t (name, privileges);

    -- Imports: what is staged, what was said about it, and the ids of what an import makes.
    RETURN QUERY
    SELECT 'table', t.name, k.kind, t.privileges, false, NULL
      FROM (VALUES
        ('import',                    'SELECT, INSERT (merchant_id, time_zone), UPDATE (run_at, mode, dry_run)', 'om'),
        ('import_message',            'SELECT, INSERT', 'm'),
        ('import_message',            'SELECT, INSERT, DELETE', 'o')) AS t (name, privileges, kinds)
     CROSS JOIN LATERAL offerengine_internal.kinds(t.kinds) AS k (kind);
    RETURN QUERY
    SELECT 'table', 'import_' || t.name, k.kind,
           CASE k.kind WHEN 'merchant' THEN 'SELECT, INSERT' ELSE 'SELECT, INSERT, DELETE' END, false, NULL
      FROM (SELECT f.file FROM offerengine_internal.import_files() f UNION ALL SELECT 'unreadable_row') AS t (name)
     CROSS JOIN LATERAL offerengine_internal.kinds('om') AS k (kind);

    RETURN QUERY
    SELECT 'sequence', q.name, k.kind, 'USAGE', false, NULL
      FROM (VALUES
        ('abstract_product_abstract_product_id_seq', 'o'),
        ('loyalty_rule_loyalty_rule_id_seq', 'o'),
        ('merchant_merchant_id_seq',   'o'),
        ('merchant_relationship_merchant_relationship_id_seq', 'o'),
        ('offer_offer_id_seq',         'om'),
        ('price_segment_price_segment_id_seq', 'o'),
        ('price_sheet_price_price_sheet_price_id_seq', 'o'),
        ('price_sheet_price_sheet_id_seq', 'o'),
        ('product_contract_product_contract_id_seq', 'o'),
        ('product_product_id_seq',     'o'),
        ('sales_rule_sales_rule_id_seq', 'o'),
        ('tag_tag_id_seq',             'o'),
        ('warehouse_warehouse_id_seq', 'o')) AS q (name, kinds)
     CROSS JOIN LATERAL offerengine_internal.kinds(q.kinds) AS k (kind);

    -- What is only read: histories, and who is who.
    RETURN QUERY
    SELECT 'table', t.name, k.kind, 'SELECT', false, NULL
      FROM (VALUES
        ('actor',             'o'),
        ('import_turn',       '-'),
        ('merchant_approval', 'o'),
        ('offer_approval',    'o'),
        ('operation_policy',  'o'),
        ('price_history',     'or'),
        ('sales_rule_graph',  'o'),
        ('schema_migration',  'o'),
        -- The customer side, which is written by functions only.
        ('cart',              'o'),
        ('cart_hold',         'o'),
        ('cart_hold_line',    'o'),
        ('cart_key',          'o'),
        ('cart_line',         'o'),
        ('customer_erasure',  'o'),
        ('customer_list',     'o'),
        ('customer_list_key', 'o'),
        ('customer_list_line', 'o'),
        ('customer_timeline', 'o'),
        ('loyalty_document',  'o'),
        ('loyalty_entry',     'o'),
        ('loyalty_hold',      'o'),
        ('loyalty_hold_lot',  'o'),
        ('loyalty_lot',       'o'),
        ('loyalty_member',    'o'),
        ('loyalty_idle',      'o'),
        ('loyalty_outbox',    'o'),
        ('loyalty_sent_order', 'o'),
        ('order_event',       'o'),
        ('order_line',        'o'),
        ('order_line_invoice', 'o'),
        ('order_line_settlement', 'o'),
        ('sales_order',       'o'),
        ('stock_held',        'o'),
        ('stock_hold',        'o'),
        ('stock_order',       'o'),
        ('stock_parcel',      'o'),
        ('subscription',      'o'),
        ('subscription_event', 'o'),
        ('subscription_invoice', 'o'),
        ('subscription_quantity', 'o'),
        ('subscription_settlement', 'o'),
        ('subscription_step', 'o')) AS t (name, kinds)
     CROSS JOIN LATERAL offerengine_internal.kinds(t.kinds) AS k (kind);

    -- Report views.
    RETURN QUERY
    SELECT 'table', v.name, k.kind, 'SELECT', false, NULL
      FROM (VALUES
        ('approval_history',      'omr'),
        ('approval_queue',        'omr'),
        ('billing_difference',    'or'),
        ('billing_period',        'or'),
        ('contract_list',         'or'),
        ('import_error',          'omr'),
        ('loyalty_account',       'or'),
        ('loyalty_liability',     'or'),
        ('loyalty_backlog',       'or'),
        ('loyalty_late',          'or'),
        ('merchant_history',      'omr'),
        ('merchant_order',        'omr'),
        ('merchant_summary',      'omr'),
        ('merged_customer',       'or'),
        ('monitor_approval',      'orw'),
        ('monitor_catalogue',     'orw'),
        ('monitor_hold',          'orw'),
        ('monitor_import',        'orw'),
        ('monitor_outbox',        'orw'),
        ('monitor_points',        'orw'),
        ('monitor_search_index',  'orw'),
        ('monitor_shortage',      'orw'),
        ('monitor_table',         'orw'),
        ('monitor_version',       'orw'),
        ('offer_status',          'omr'),
        ('order_line_overview',   'omr'),
        ('price_calendar',        'omr'),
        ('price_change',          'omr'),
        ('price_list',            'omr'),
        ('price_sheet_list',      'omr'),
        ('product_offer_ranking', 'omr'),
        ('rule_conversion',       'or'),
        ('sales_rule_overview',   'or'),
        ('stock_overview',        'omr'),
        ('stock_shortage',        'omr'),
        ('subscription_overview', 'or'),
        ('unpriced_offer',        'omr'),
        ('unreachable_price',     'omr'),
        ('visible_offer',         'omr')) AS v (name, kinds)
     CROSS JOIN LATERAL offerengine_internal.kinds(v.kinds) AS k (kind);

    -- Views of offerengine_internal that functions with the caller's rights and policies read, and what operators look at when
    -- health_check() complains.
    RETURN QUERY
    SELECT 'table', v.name, k.kind, 'SELECT', true, NULL
      FROM (VALUES
        ('import_offer',          'om'),
        ('import_offer_price',    'om'),
        ('import_offer_stock',    'om'),
        ('import_offer_store',    'om'),
        ('import_offer_validity', 'om'),
        ('import_owner_price',    'om'),
        ('loyalty_lot_now',       'o'),
        ('offer_step_problem',    'o'),
        ('offer_store_availability', 'o'),
        ('offer_store_expected',  'o'),
        ('offer_with_terms',      'o'),
        ('sales_rule_problem',    'o'),
        ('seen_offer',            'omr'),
        ('seen_relationship',     'omr'),
        ('stock_place',           'o'),
        ('stock_source',          'o'),
        ('uncovered_tier',        'o')) AS v (name, kinds)
     CROSS JOIN LATERAL offerengine_internal.kinds(v.kinds) AS k (kind);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.access() IS
    'The one list of what each kind of role may do; a test holds it against the functions, tables and views that there are.';

CREATE FUNCTION offerengine_internal.kinds(letters text) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 2 AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT CASE l.letter WHEN 'o' THEN 'operator' WHEN 'm' THEN 'merchant' WHEN 's' THEN 'storefront'
                         WHEN 'r' THEN 'reporting' WHEN 'w' THEN 'monitoring' END
      FROM pg_catalog.regexp_split_to_table(letters, '') AS l (letter);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.kinds(text) IS 'Kinds of role by their letters in the list; NULL for a dash.';

CREATE FUNCTION offerengine_internal.namespace_of(rule offerengine_internal.access_rule) RETURNS oid
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10 AS $oe_body$
BEGIN
    RETURN CASE WHEN rule.internal THEN 'offerengine_internal'::regnamespace ELSE 'offerengine'::regnamespace END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.namespace_of(offerengine_internal.access_rule) IS
    'The schema in which the object of a rule stands.';

CREATE FUNCTION offerengine_internal.granted_objects(kind text) RETURNS SETOF offerengine_internal.access_rule
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT 'schema', 'offerengine', granted_objects.kind, 'USAGE', false, NULL
    UNION ALL
    SELECT 'schema', 'offerengine_internal', granted_objects.kind, 'USAGE', true, NULL
    UNION ALL
    SELECT DISTINCT 'routine', p.oid::regprocedure::text, granted_objects.kind, 'EXECUTE', a.internal, a.reason
      FROM offerengine_internal.access() a
      JOIN pg_proc p ON p.pronamespace = offerengine_internal.namespace_of(a) AND p.proname = a.name
     WHERE a.object = 'function' AND a.kind = granted_objects.kind
    UNION ALL
    SELECT a.object, c.oid::regclass::text, granted_objects.kind, a.privileges, a.internal, a.reason
      FROM offerengine_internal.access() a
      JOIN pg_class c ON c.relnamespace = offerengine_internal.namespace_of(a) AND c.relname = a.name
       AND c.relkind = ANY (CASE a.object WHEN 'table' THEN '{r,p,v,f}'::"char"[] WHEN 'sequence' THEN '{S}'::"char"[] END)
     WHERE a.object IN ('table', 'sequence') AND a.kind = granted_objects.kind;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.granted_objects(text) IS
    'What a kind of role gets of the objects that are there: schemas, routines by signature, tables and '
    'views.';
