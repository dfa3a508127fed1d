-- An erasure as it is carried out: locks, refusals, the customer's own rows, and whoever else names the customer.

CREATE FUNCTION offerengine_internal.do_customer_erase(customer_reference text, pseudonym text, even_if_open boolean)
RETURNS offerengine.customer_erased
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    given  offerengine.customer_erased;
    names  text[];
    held   uuid[];
BEGIN
    given := offerengine_internal.take_erased(do_customer_erase.customer_reference, do_customer_erase.pseudonym);
    IF given.pseudonym IS NOT NULL THEN
        RETURN given;
    END IF;
    names := do_customer_erase.customer_reference
             || offerengine_internal.former_references(do_customer_erase.customer_reference);
    IF NOT coalesce(do_customer_erase.even_if_open, false) THEN
        PERFORM offerengine_internal.refuse_open_business(do_customer_erase.customer_reference);
    END IF;

    INSERT INTO offerengine.customer_erasure AS e
           (pseudonym, erased_by, acting_user, even_if_open, orders, subscriptions)
    SELECT do_customer_erase.pseudonym, offerengine_internal.calling_role(),
           CASE WHEN offerengine_internal.acting_user() = ANY (names) THEN do_customer_erase.pseudonym
                ELSE offerengine_internal.acting_user() END,
           coalesce(do_customer_erase.even_if_open, false),
           (SELECT count(*) FROM offerengine.sales_order s WHERE s.customer_reference = do_customer_erase.customer_reference),
           (SELECT count(*) FROM offerengine.subscription s WHERE s.customer_reference = do_customer_erase.customer_reference)
    RETURNING e.pseudonym, e.erased_at, e.orders, e.subscriptions INTO given;
    held := ARRAY(SELECT c.order_id FROM offerengine.cart c
                   WHERE c.customer_reference = do_customer_erase.customer_reference AND c.order_id IS NOT NULL
                     AND c.ordered_at IS NULL ORDER BY c.order_id);
    PERFORM offerengine_internal.discard_document(b.customer_reference, b.id, NULL)
       FROM offerengine.loyalty_backlog b
      WHERE b.customer_reference = do_customer_erase.customer_reference;
    PERFORM offerengine_internal.take_erased_points(names);

    PERFORM offerengine_internal.erase_own_rows(do_customer_erase.customer_reference, do_customer_erase.pseudonym, names),
            offerengine_internal.erase_mentions(do_customer_erase.pseudonym, names);
    -- The triggers of histories have asked by then which references had become the customer.
    DELETE FROM offerengine.customer_timeline t WHERE t.customer_reference = ANY (names);

    -- Stock is last, as ever.
    PERFORM offerengine_internal.erase_stock(do_customer_erase.customer_reference, do_customer_erase.pseudonym, held);
    RETURN given;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_customer_erase(text, text, boolean) IS 'customer_erase, run as the owner.';

CREATE FUNCTION offerengine_internal.take_erased(customer_reference text, pseudonym text) RETURNS offerengine.customer_erased
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    given     offerengine.customer_erased;
    former    text[];
    taken     text;
    become    text;
    is_known  boolean;
    is_in_use boolean;
BEGIN
    IF take_erased.customer_reference IS NULL OR take_erased.pseudonym IS NULL THEN
        RAISE EXCEPTION 'customer_reference and pseudonym must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_reference(take_erased.customer_reference, 'customer_reference'),
            offerengine_internal.check_reference(take_erased.pseudonym, 'pseudonym');
    IF take_erased.customer_reference COLLATE "C" = take_erased.pseudonym COLLATE "C" THEN
        RAISE EXCEPTION 'customer "%" cannot be the pseudonym of itself', take_erased.customer_reference USING ERRCODE = '22023';
    END IF;

    -- In the order of their references, like whoever takes several customers; former ones, too: their rows will go.
    former := offerengine_internal.former_references(take_erased.customer_reference);
    FOR taken IN SELECT n.name FROM unnest(ARRAY[take_erased.customer_reference, take_erased.pseudonym] || former) AS n (name)
                  GROUP BY n.name ORDER BY n.name COLLATE "C" LOOP
        IF taken = take_erased.customer_reference THEN
            become := offerengine_internal.take_customer(taken);
        ELSIF taken = ANY (former) THEN
            PERFORM FROM offerengine.customer_timeline t WHERE t.customer_reference = taken FOR UPDATE;
        ELSE
            PERFORM offerengine_internal.take_customer(taken);
        END IF;
    END LOOP;
    PERFORM offerengine_internal.refuse_merged(take_erased.customer_reference, become),
            offerengine_internal.refuse_pseudonym(take_erased.customer_reference);
    PERFORM offerengine_internal.share_granted_rules(ARRAY[take_erased.customer_reference]);

    -- A row that was not there before has its first version.
    SELECT t.version > 1 INTO is_known
      FROM offerengine.customer_timeline t WHERE t.customer_reference = take_erased.customer_reference;
    SELECT t.version > 1 INTO is_in_use
      FROM offerengine.customer_timeline t WHERE t.customer_reference = take_erased.pseudonym;
    is_known := is_known OR EXISTS (SELECT FROM offerengine_internal.mentions(ARRAY[take_erased.customer_reference]));
    SELECT e.pseudonym, e.erased_at, e.orders, e.subscriptions INTO given
      FROM offerengine.customer_erasure e WHERE e.pseudonym = take_erased.pseudonym;
    IF NOT is_known THEN
        IF given.pseudonym IS NULL THEN
            RAISE EXCEPTION 'nothing is kept of customer "%"', offerengine_internal.shown(take_erased.customer_reference)
                USING ERRCODE = 'OE100', HINT = 'References are compared letter by letter.';
        END IF;
        DELETE FROM offerengine.customer_timeline t WHERE t.customer_reference = take_erased.customer_reference;
        RETURN given;
    END IF;
    IF given.pseudonym IS NOT NULL OR is_in_use
       OR EXISTS (SELECT FROM offerengine_internal.mentions(ARRAY[take_erased.pseudonym])) THEN
        RAISE EXCEPTION 'pseudonym "%" is in use', take_erased.pseudonym
            USING ERRCODE = 'OE101', HINT = 'Choose one that stands for nobody yet, a random one for each person.';
    END IF;
    RETURN NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_erased(text, text) IS
    'Takes whom an erasure concerns, the customer, the pseudonym and the references merged into the customer, and judges whether '
    'it can be; answers the erasure that was done before, NULL: there was none. OE100, OE101, OE059, 22023, 22004 as '
    'customer_erase().';

CREATE FUNCTION offerengine_internal.take_erased_points(names text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Like take_points(): whose points have gone on comes before who has them.
    PERFORM FROM offerengine.loyalty_member m
      WHERE m.merged_into = ANY (take_erased_points.names) ORDER BY m.customer_reference FOR UPDATE;
    PERFORM FROM offerengine.loyalty_member m
      WHERE m.customer_reference = ANY (take_erased_points.names) ORDER BY m.customer_reference FOR UPDATE;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_erased_points(text[]) IS
    'Takes the points of who is erased, and those that other customers have given there. The caller holds the customer and all of '
    'these names.';

CREATE FUNCTION offerengine_internal.erase_own_rows(customer_reference text, pseudonym text, names text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    statement text;
BEGIN
    -- One statement, since the tables refer to one another by the reference: what they refer to is looked for at its end.
    SELECT 'WITH ' || string_agg(
               format(CASE t.on_erase WHEN 'moved' THEN '%I AS (UPDATE offerengine.%I r SET %s WHERE %s)'
                                      ELSE '%I AS (DELETE FROM offerengine.%I r%s WHERE %s)' END,
                      t.relation, t.relation, CASE t.on_erase WHEN 'moved' THEN c.changes END, t.whose), ', ' ORDER BY t.place)
           || ' SELECT $1, $2, $3'
      INTO statement
      FROM offerengine_internal.person_relations() AS t
     CROSS JOIN LATERAL (
           SELECT string_agg(format('%I = %s', c.column_name, e.value), ', ') AS changes
             FROM offerengine_internal.person_columns(t.relation) AS c
            CROSS JOIN LATERAL offerengine_internal.erased_value(c.treatment, c.column_name) AS e (value)
            WHERE e.value IS NOT NULL) AS c
     WHERE t.on_erase IN ('moved', 'removed');
    EXECUTE statement USING erase_own_rows.customer_reference, erase_own_rows.pseudonym, erase_own_rows.names;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.erase_own_rows(text, text, text[]) IS
    'Gives the rows of a customer to the pseudonym, without what the person wrote, and removes those that need not be kept. The '
    'caller holds both and has recorded the erasure.';

CREATE FUNCTION offerengine_internal.erase_mentions(pseudonym text, names text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    named offerengine_internal.mention;
BEGIN
    -- A buyer under several of the names is one from now on.
    DELETE FROM offerengine.merchant_relationship_assignee a
     USING offerengine.merchant_relationship_assignee b
     WHERE a.buyer = ANY (erase_mentions.names) AND b.buyer = ANY (erase_mentions.names)
       AND b.merchant_relationship_id = a.merchant_relationship_id AND b.buyer < a.buyer;
    FOR named IN SELECT m.* FROM offerengine_internal.mentions(erase_mentions.names) AS m LOOP
        -- What has become of those merged references is deleted with them.
        CONTINUE WHEN named.relation = 'customer_timeline' AND named.column_name = 'merged_into';
        EXECUTE (SELECT format('UPDATE offerengine.%I r SET %I = ', named.relation, named.column_name)
                        || offerengine_internal.erased_value(c.treatment, c.column_name) || ' WHERE '
                        || offerengine_internal.mention_condition(c.treatment, c.column_name)
                   FROM offerengine_internal.person_columns(named.relation) AS c WHERE c.column_name = named.column_name)
          USING NULL::text, erase_mentions.pseudonym, erase_mentions.names;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.erase_mentions(text, text[]) IS
    'Puts the pseudonym wherever one of the names stands in rows of anybody. The caller has recorded the erasure.';

CREATE FUNCTION offerengine_internal.erase_stock(customer_reference text, pseudonym text, held uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM FROM offerengine.stock_order s
      WHERE s.customer_reference = erase_stock.customer_reference ORDER BY s.order_id FOR UPDATE;
    UPDATE offerengine.stock_order s SET customer_reference = erase_stock.pseudonym
     WHERE s.customer_reference = erase_stock.customer_reference;
    PERFORM offerengine_internal.free_stock(erase_stock.pseudonym, erase_stock.held);
    UPDATE offerengine.stock_order s SET state = 'cancelled'
     WHERE s.order_id = ANY (erase_stock.held) AND s.customer_reference = erase_stock.pseudonym AND s.state = 'open';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.erase_stock(text, text, uuid[]) IS
    'Gives what a customer''s orders hold to the pseudonym, and frees what carts held. The caller holds both and takes no lock '
    'after this.';
