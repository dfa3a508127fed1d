-- Erasing a person: what has to be kept goes on under a pseudonym, what the person wrote goes, and nothing says who it was.

CREATE TYPE offerengine.customer_erased AS (pseudonym text, erased_at timestamptz, orders integer, subscriptions integer);
COMMENT ON TYPE offerengine.customer_erased IS
    'An erasure: the pseudonym, when it was done, and how many orders (returns and other documents included) and subscriptions '
    'stand under the pseudonym since.';

CREATE TYPE offerengine_internal.open_matter AS (kind text, matters bigint, example text);
COMMENT ON TYPE offerengine_internal.open_matter IS
    'What is still open with a customer: of which kind, how many (of points_held: points), and the first of them.';

CREATE FUNCTION offerengine.customer_erase(customer_reference text, pseudonym text, even_if_open boolean DEFAULT false)
RETURNS offerengine.customer_erased
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION offerengine.customer_erase(text, text, boolean) IS
    'Erases a person: orders, subscriptions, invoices and histories go on under the pseudonym, amounts, dates and references of '
    'documents and points stay, and notes, reasons, carts and lists go. References that were merged into the customer are no more, '
    'and wherever else the customer is named, as buyer of a contract, as acting user, in staging rows and messages of imports, the '
    'pseudonym stands. Nothing keeps whose it was, so the reference is free: who uses it again is a new customer. The pseudonym '
    'can be acted for like any customer (a return, an invoice), but is merged with nobody (OE101). The same again, when nothing '
    'is kept of the customer and the pseudonym has been given, changes nothing. even_if_open: whatever runs, is unshipped or '
    'unbilled; carts and points that are held lose their hold, and documents that the loyalty programme does not have yet are '
    'discarded (who delivers one at that moment may say so afterwards). To be the first call of its transaction: it takes both '
    'references, in their order. It reads whole histories. OE100: nothing is kept of the customer; OE101: the customer is a '
    'pseudonym, or the pseudonym is in use; OE102: something is open; OE059: the customer has become another one; 22023: no '
    'reference, or one for both; 22004: '
    'NULL.';

CREATE FUNCTION offerengine_internal.is_own_row(xmin xid) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_is_own_row' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 1;
COMMENT ON FUNCTION offerengine_internal.is_own_row(xid) IS
    'Of the xmin of a row: whether this very transaction has written it.';

CREATE FUNCTION offerengine_internal.is_new_pseudonym(pseudonym text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 50 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN EXISTS (SELECT FROM offerengine.customer_erasure e
                    WHERE e.pseudonym = is_new_pseudonym.pseudonym AND offerengine_internal.is_own_row(e.xmin));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.is_new_pseudonym(text) IS
    'Whether this very transaction has recorded an erasure that gives the pseudonym; false for NULL.';

CREATE FUNCTION offerengine_internal.refuse_pseudonym(customer_reference text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 50 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF EXISTS (SELECT FROM offerengine.customer_erasure e WHERE e.pseudonym = refuse_pseudonym.customer_reference) THEN
        RAISE EXCEPTION 'customer "%" is the pseudonym of somebody who was erased', refuse_pseudonym.customer_reference
            USING ERRCODE = 'OE101', HINT = 'What stands under a pseudonym stays there by itself.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_pseudonym(text) IS 'Refuses the pseudonym of an erased customer (OE101).';

CREATE FUNCTION offerengine_internal.erased_payload(payload jsonb, names text[], pseudonym text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    CASE jsonb_typeof(payload)
    WHEN 'string' THEN
        RETURN CASE WHEN payload #>> '{}' = ANY (names) THEN to_jsonb(pseudonym) ELSE payload END;
    WHEN 'array' THEN
        RETURN coalesce((SELECT jsonb_agg(offerengine_internal.erased_payload(e.value, names, pseudonym) ORDER BY e.ordinality)
                           FROM jsonb_array_elements(payload) WITH ORDINALITY AS e), '[]');
    WHEN 'object' THEN
        RETURN coalesce((SELECT jsonb_object_agg(CASE WHEN e.key = ANY (names) THEN pseudonym ELSE e.key END,
                                                 CASE WHEN e.key IN ('note', 'reason', 'cancel_reason') THEN 'null'
                                                      ELSE offerengine_internal.erased_payload(e.value, names, pseudonym) END)
                           FROM jsonb_each(payload) AS e), '{}');
    ELSE
        RETURN payload;
    END CASE;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.erased_payload(jsonb, text[], text) IS
    'JSON with the pseudonym instead of these names, and without what a person wrote (keys note, reason, cancel_reason).';

CREATE FUNCTION offerengine_internal.erased_words(words text, names text[], pseudonym text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    erased text := erased_words.words;
    name   text;
BEGIN
    -- The longest first, since one may be part of another.
    FOR name IN SELECT n.name FROM unnest(erased_words.names) AS n (name) ORDER BY length(n.name) DESC, n.name COLLATE "C" LOOP
        erased := replace(erased, name, erased_words.pseudonym);
    END LOOP;
    RETURN erased;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.erased_words(text, text[], text) IS
    'A message with the pseudonym wherever one of these names stands in it.';

CREATE FUNCTION offerengine_internal.erased_list(cell text, names text[], pseudonym text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN (SELECT string_agg(CASE WHEN btrim(p.part) = ANY (erased_list.names) THEN erased_list.pseudonym ELSE p.part END, ';'
                              ORDER BY p.ordinality)
              FROM string_to_table(erased_list.cell, ';') WITH ORDINALITY AS p (part));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.erased_list(text, text[], text) IS
    'A cell of names separated by semicolons, with the pseudonym instead of these.';

CREATE FUNCTION offerengine_internal.erased_value(treatment text, column_name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN format(CASE treatment
                  WHEN 'reference' THEN '$2'
                  WHEN 'text' THEN 'NULL'
                  WHEN 'names' THEN 'CASE WHEN r.%1$I = ANY ($3) THEN $2 ELSE r.%1$I END'
                  WHEN 'listed' THEN 'offerengine_internal.erased_list(r.%1$I, $3, $2)'
                  WHEN 'words' THEN 'offerengine_internal.erased_words(r.%1$I, $3, $2)'
                  WHEN 'payload' THEN 'offerengine_internal.erased_payload(r.%1$I, $3, $2)' END, column_name);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.erased_value(text, text) IS
    'What a column of row r becomes by an erasure, as an expression of $2, the pseudonym, and $3, the names; NULL: what it is.';

CREATE FUNCTION offerengine_internal.is_erasure(relation text, before jsonb, after jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    changed   record;
    pseudonym text;
    names     text[];
BEGIN
    FOR changed IN
        SELECT b.key, c.treatment
          FROM jsonb_each(before) AS b
          LEFT JOIN offerengine_internal.person_columns(is_erasure.relation) AS c ON c.column_name = b.key
         WHERE b.value IS DISTINCT FROM after -> b.key
         ORDER BY c.treatment = 'reference' DESC NULLS LAST
    LOOP
        IF changed.treatment IN ('reference', 'names') THEN
            IF NOT offerengine_internal.is_new_pseudonym(after ->> changed.key) THEN
                RETURN false;
            END IF;
            IF changed.treatment = 'reference' THEN
                pseudonym := after ->> changed.key;
                names := ARRAY[before ->> changed.key]
                         || offerengine_internal.former_references(before ->> changed.key);
            END IF;
        ELSIF pseudonym IS NULL THEN
            RETURN false;
        ELSIF changed.treatment = 'payload' THEN
            IF after -> changed.key IS DISTINCT FROM
               offerengine_internal.erased_payload(nullif(before -> changed.key, 'null'), names, pseudonym) THEN
                RETURN false;
            END IF;
        ELSIF changed.treatment IS DISTINCT FROM 'text' OR after ->> changed.key IS NOT NULL THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN before <> after;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.is_erasure(text, jsonb, jsonb) IS
    'Whether a row of a history is changed as an erasure of this very transaction changes it: nothing but names into its '
    'pseudonym, and in the customer''s own rows words into none.';

CREATE FUNCTION offerengine_internal.keeps_history() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF NOT offerengine_internal.is_erasure(TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW)) THEN
        RAISE EXCEPTION '% is append-only: UPDATE is refused', TG_TABLE_NAME
            USING ERRCODE = 'OE006', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.keeps_history() IS
    'For histories: refuses an UPDATE (OE006) but the one by which customer_erase() takes a person''s name out of the row.';

CREATE FUNCTION offerengine_internal.open_business(customer_reference text) RETURNS SETOF offerengine_internal.open_matter
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100000 ROWS 7 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Here, and nowhere else, stands what hinders an erasure: a kind, how many, and the first.
    RETURN QUERY
    SELECT 'subscription', count(*), min(s.offer_reference)
      FROM offerengine.subscription_overview s
     WHERE s.customer_reference = open_business.customer_reference AND s.status IN ('active', 'future')
    HAVING count(*) > 0
    UNION ALL
    SELECT 'unshipped', count(*), min(l.order_reference)
      FROM offerengine.order_line_overview l
     WHERE l.customer_reference = open_business.customer_reference AND l.quantity_open > 0
    HAVING count(*) > 0
    UNION ALL
    SELECT 'unbilled', count(*), min(b.offer_reference)
      FROM offerengine.billing_period b
     WHERE b.customer_reference = open_business.customer_reference AND NOT b.is_invoiced AND b.unit_amount IS DISTINCT FROM 0
    HAVING count(*) > 0
    UNION ALL
    SELECT 'unsettled', count(*), min(d.invoice_reference)
      FROM offerengine.billing_difference d
     WHERE d.customer_reference = open_business.customer_reference
    HAVING count(*) > 0
    UNION ALL
    SELECT 'held', count(*), min(h.cart_id::text)
      FROM offerengine.cart_hold h
      JOIN offerengine.cart c ON c.customer_reference = h.customer_reference AND c.cart_id = h.cart_id AND c.ordered_at IS NULL
     WHERE h.customer_reference = open_business.customer_reference AND h.expires_at > clock_timestamp()
    HAVING count(*) > 0
    UNION ALL
    SELECT 'undelivered', count(*), min(b.order_reference)
      FROM offerengine.loyalty_backlog b
     WHERE b.customer_reference = open_business.customer_reference
    HAVING count(*) > 0
    UNION ALL
    SELECT 'points_held', sum(h.points), min(h.order_id::text)
      FROM offerengine.loyalty_hold h
     WHERE h.customer_reference = open_business.customer_reference AND h.expires_at > clock_timestamp()
    HAVING count(*) > 0;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.open_business(text) IS
    'What stands in the way of an erasure: subscriptions that run or will, lines that are not shipped, periods and lines that are '
    'not invoiced, invoices that something has changed since, carts that are held, documents that the loyalty programme does not '
    'have yet, points that are held for an order. No row: nothing.';

CREATE FUNCTION offerengine_internal.refuse_open_business(customer_reference text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    matters offerengine_internal.open_matter[] := ARRAY(
        SELECT o FROM offerengine_internal.open_business(refuse_open_business.customer_reference) AS o);
BEGIN
    IF matters <> '{}' THEN
        RAISE EXCEPTION 'customer "%" cannot be erased: %', refuse_open_business.customer_reference,
                        (SELECT string_agg(format('%s %s (%s)', m.matters, replace(m.kind, '_', ' '), m.example), ', '
                                           ORDER BY m.ordinality)
                           FROM unnest(matters) WITH ORDINALITY AS m)
            USING ERRCODE = 'OE102',
                  DETAIL = jsonb_build_object('open', (SELECT jsonb_object_agg(m.kind, m.matters) FROM unnest(matters) AS m))::text,
                  HINT = 'End what runs, ship or cancel, invoice, settle, and deliver or discard documents first, or say '
                         'even_if_open.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_open_business(text) IS
    'Refuses the erasure of a customer with whom something is open (OE102).';

CREATE TYPE offerengine_internal.mention AS (relation text, column_name text, mentions bigint);
COMMENT ON TYPE offerengine_internal.mention IS
    'A column in which somebody is named, whoever has the row, and in how many rows.';

CREATE FUNCTION offerengine_internal.mention_condition(treatment text, column_name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN format(CASE treatment
                  WHEN 'names' THEN 'r.%1$I = ANY ($3)'
                  WHEN 'listed' THEN 'offerengine_internal.erased_list(r.%1$I, $3, $2) <> r.%1$I'
                  WHEN 'words' THEN 'EXISTS (SELECT FROM unnest($3) AS n (name) WHERE strpos(r.%1$I, n.name) > 0)' END,
                  column_name);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.mention_condition(text, text) IS
    'The condition that a column of row r names one of $3; $2 is nobody of them. NULL: a column of that treatment names nobody.';

CREATE FUNCTION offerengine_internal.mentions(names text[]) RETURNS SETOF offerengine_internal.mention
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    named offerengine_internal.person_column;
    found bigint;
BEGIN
    FOR named IN SELECT c.* FROM offerengine_internal.person_columns() AS c
                  JOIN pg_class AS t ON t.relnamespace = 'offerengine'::regnamespace AND t.relname = c.relation
                  WHERE offerengine_internal.mention_condition(c.treatment, c.column_name) IS NOT NULL
                        -- A hot standby has no rows of unlogged tables, and refuses to look for them.
                        AND NOT (t.relpersistence = 'u' AND pg_is_in_recovery())
                  ORDER BY c.relation COLLATE "C", c.column_name COLLATE "C" LOOP
        EXECUTE format('SELECT count(*) FROM offerengine.%I r WHERE ', named.relation)
                || offerengine_internal.mention_condition(named.treatment, named.column_name)
           INTO found USING NULL::text, ''::text, mentions.names;
        IF found > 0 THEN
            RETURN NEXT ROW(named.relation, named.column_name, found)::offerengine_internal.mention;
        END IF;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.mentions(text[]) IS
    'Where in rows of anybody these references are named: as buyer, acting user, in staging rows and messages of imports (on a '
    'hot standby there are no staging rows). Reads each of these tables.';
