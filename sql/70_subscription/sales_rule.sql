-- Tags and sales rules: the triggers that hold their rules (src/sales_rule.c says in which order they lock), what these
-- triggers have judged, and the writers. The rules themselves stand in view sales_rule_problem.

CREATE FUNCTION offerengine_internal.take_rule_turn() RETURNS void
    AS 'MODULE_PATHNAME', 'oe_take_rule_turn' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.take_rule_turn() IS
    'Takes the row of sales_rule_graph, the first lock of whoever changes rules or rule tags. Writers take it before they make a '
    'tag, for which another one would wait that holds it.';

CREATE FUNCTION offerengine_internal.rule_turn() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_rule_turn' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.rule_turn() IS
    'Before a statement on sales_rule or sales_rule_tag: waits until other changes of rules and rule tags are done (40001 in '
    'REPEATABLE READ when there was one since the snapshot).';

CREATE FUNCTION offerengine_internal.sales_rule_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_sales_rule_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.sales_rule_changed() IS
    'After rules were inserted or changed (transition tables): has new ones judged, and those with other targets or a later end.';

CREATE FUNCTION offerengine_internal.sales_rule_deleted() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_sales_rule_deleted' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.sales_rule_deleted() IS 'Before a rule is deleted: refused when it was ever used (OE017).';

CREATE FUNCTION offerengine_internal.sales_rule_tag_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_sales_rule_tag_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.sales_rule_tag_changed() IS
    'After any write to sales_rule_tag (transition tables): locks the rules and has their tags judged.';

CREATE FUNCTION offerengine_internal.rule_is_complete() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_rule_is_complete' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.rule_is_complete() IS
    'At commit, for each new rule and each rule that lost a tag: it has one (OE016).';

CREATE FUNCTION offerengine_internal.offer_tag_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_offer_tag_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.offer_tag_changed() IS
    'After any write to offer_tag (transition tables): where a rule tag is concerned, locks the rules that have it and the '
    'offers, and has them judged.';

CREATE FUNCTION offerengine_internal.offer_fits_rules() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_offer_fits_rules' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.offer_fits_rules() IS
    'After an offer''s type or management changed, and at commit after its steps did: it still fits the rules that it is a '
    'target of, and the tags that it carries.';

CREATE FUNCTION offerengine_internal.tag_category_kept() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_tag_category_kept' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.tag_category_kept() IS
    'After a tag''s category changed: refused when the tag is in use (OE016).';

CREATE FUNCTION offerengine_internal.target_refusal(management text, offer_type text, steps integer) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN COALESCE(offerengine_internal.operation_refusal(management, offer_type, steps, 'rule_target', 'backend'),
                    offerengine_internal.operation_refusal(management, offer_type, steps, 'checkout', 'checkout'));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.target_refusal(text, text, integer) IS
    'Why such an offer cannot be a target of a sales rule; NULL: it can. A target is what the rule sells.';

CREATE FUNCTION offerengine_internal.raise_rule_problem(code text, problem text, hint text) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RAISE EXCEPTION '%', problem USING ERRCODE = code, HINT = hint;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.raise_rule_problem(text, text, text) IS
    'Raises what view sales_rule_problem says; nothing for NULL. Called apart from the query, which would be the context of what '
    'is refused.';

CREATE FUNCTION offerengine_internal.refuse_rules_in_use(rule_ids bigint[]) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    used record;
BEGIN
    SELECT r.title, g.customer_reference, g.subscription_id INTO used
      FROM offerengine.sales_rule r
     CROSS JOIN LATERAL (SELECT u.customer_reference, u.subscription_id
                           FROM offerengine_internal.unfinished_grant u WHERE u.sales_rule_id = r.sales_rule_id
                          ORDER BY u.customer_reference, u.subscription_id LIMIT 1) AS g
     WHERE r.sales_rule_id = ANY (rule_ids)
     ORDER BY r.sales_rule_id
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'targets and tags of sales rule "%" stay as they are: subscriptions that it granted still run', used.title
            USING ERRCODE = 'OE017', HINT = 'End the rule by valid_to and make a new one.',
                  DETAIL = pg_catalog.format('One of them is subscription %s of customer "%s".', used.subscription_id,
                                             used.customer_reference);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_rules_in_use(bigint[]) IS
    'Raises OE017 for the first of the rules that has unfinished grants. The caller holds the rules.';

CREATE FUNCTION offerengine_internal.rule_cycle(rule_ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    start   bigint;
    reached bigint[]; -- and, at the same place, from where:
    via     bigint[];
    layer   bigint[];
    sources bigint[];
    cycle  bigint[];
BEGIN
    -- From each rule outwards, layer by layer, until it is reached again or nothing new is.
    FOREACH start IN ARRAY rule_ids LOOP
        reached := ARRAY[start];
        via := ARRAY[NULL];
        layer := reached;
        WHILE layer <> '{}' LOOP
            SELECT ARRAY[pg_catalog.min(l.from_rule_id)] INTO cycle
              FROM offerengine_internal.rule_link l WHERE l.from_rule_id = ANY (layer) AND l.to_rule_id = start;
            IF cycle[1] IS NOT NULL THEN
                WHILE cycle[1] <> start LOOP
                    cycle := via[pg_catalog.array_position(reached, cycle[1])] || cycle;
                END LOOP;
                RETURN cycle;
            END IF;
            SELECT COALESCE(pg_catalog.array_agg(n.to_rule_id ORDER BY n.to_rule_id), '{}'),
                   COALESCE(pg_catalog.array_agg(n.from_rule_id ORDER BY n.to_rule_id), '{}')
              INTO layer, sources
              FROM (SELECT l.to_rule_id, pg_catalog.min(l.from_rule_id) AS from_rule_id
                      FROM offerengine_internal.rule_link l
                     WHERE l.from_rule_id = ANY (layer) AND l.to_rule_id <> ALL (reached)
                     GROUP BY l.to_rule_id) AS n;
            reached := reached || layer;
            via := via || sources;
        END LOOP;
    END LOOP;
    RETURN NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.rule_cycle(bigint[]) IS
    'The first cycle through one of these rules, beginning with it: a target of each carries a tag of the next, and one of the '
    'last a tag of the first. NULL: there is none.';

CREATE FUNCTION offerengine_internal.refuse_rule_cycle(rule_ids bigint[]) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    cycle CONSTANT bigint[] := offerengine_internal.rule_cycle(rule_ids);
    titles text;
    links  text;
BEGIN
    IF cycle IS NULL THEN
        RETURN;
    END IF;
    SELECT pg_catalog.string_agg(pg_catalog.format('"%s"', r.title), ' -> ' ORDER BY c.place)
      INTO titles
      FROM pg_catalog.unnest(cycle || cycle[1]) WITH ORDINALITY AS c (rule_id, place)
      JOIN offerengine.sales_rule r ON r.sales_rule_id = c.rule_id;
    SELECT pg_catalog.string_agg(
               pg_catalog.format('Offer "%s", a target of "%s", carries tag "%s" of "%s".',
                                 o.offer_reference, f.title, t.name, n.title), ' ' ORDER BY c.place)
      INTO links
      FROM unnest(cycle, cycle[2:] || cycle[1]) WITH ORDINALITY AS c (rule_id, next_id, place)
      JOIN offerengine.sales_rule f ON f.sales_rule_id = c.rule_id
      JOIN offerengine.sales_rule n ON n.sales_rule_id = c.next_id
     CROSS JOIN LATERAL (SELECT l.offer_id, l.tag_id FROM offerengine_internal.rule_link l
                          WHERE l.from_rule_id = c.rule_id AND l.to_rule_id = c.next_id
                          ORDER BY l.offer_id, l.tag_id LIMIT 1) AS link
      JOIN offerengine.offer o ON o.offer_id = link.offer_id
      JOIN offerengine.tag t ON t.tag_id = link.tag_id;
    RAISE EXCEPTION 'sales rules would form a cycle: %', titles
        USING ERRCODE = 'OE014', DETAIL = links, HINT = 'Take a tag away from one of the offers, or end one of the rules.';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_rule_cycle(bigint[]) IS
    'Raises OE014 where one of these rules leads back to itself.';

CREATE FUNCTION offerengine_internal.judge_rules(rule_ids bigint[], retargeted_ids bigint[]) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    wrong record;
BEGIN
    SELECT p.code, p.problem, p.hint INTO wrong FROM offerengine_internal.sales_rule_problem p
     WHERE p.sales_rule_id = ANY (rule_ids) AND p.kind <> 'no_tag'
     ORDER BY p.sales_rule_id, p.kind, p.problem LIMIT 1;
    PERFORM offerengine_internal.raise_rule_problem(wrong.code, wrong.problem, wrong.hint);
    PERFORM offerengine_internal.refuse_rules_in_use(retargeted_ids);
    PERFORM offerengine_internal.refuse_rule_cycle(rule_ids);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.judge_rules(bigint[], bigint[]) IS
    'Judges rules that are new, have other targets (named again as retargeted_ids) or a later end: OE014 to OE017.';

CREATE FUNCTION offerengine_internal.judge_rule_tags(rule_ids bigint[]) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    wrong record;
BEGIN
    SELECT p.code, p.problem, p.hint INTO wrong FROM offerengine_internal.sales_rule_problem p
     WHERE p.sales_rule_id = ANY (rule_ids) AND p.kind IN ('tag_category', 'tagged_target')
     ORDER BY p.sales_rule_id, p.kind, p.problem LIMIT 1;
    PERFORM offerengine_internal.raise_rule_problem(wrong.code, wrong.problem, wrong.hint);
    PERFORM offerengine_internal.refuse_rules_in_use(rule_ids);
    PERFORM offerengine_internal.refuse_rule_cycle(rule_ids);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.judge_rule_tags(bigint[]) IS 'Judges rules that got or lost tags: OE014 to OE017.';

CREATE FUNCTION offerengine_internal.judge_rule_deletion(rule_id bigint) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    rule_title text;
BEGIN
    SELECT r.title INTO rule_title
      FROM offerengine.sales_rule r
     WHERE r.sales_rule_id = rule_id
       AND EXISTS (SELECT FROM offerengine.subscription s WHERE s.sales_rule_id = r.sales_rule_id);
    IF FOUND THEN
        RAISE EXCEPTION 'sales rule "%" was used and is not deleted', rule_title
            USING ERRCODE = 'OE017', HINT = 'End it: put_rule() with valid_to.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.judge_rule_deletion(bigint) IS
    'Raises OE017 when a subscription was ever granted by the rule, or followed one that was.';

CREATE FUNCTION offerengine_internal.judge_rule_is_complete(rule_id bigint) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wrong record;
BEGIN
    SELECT p.code, p.problem, p.hint INTO wrong FROM offerengine_internal.sales_rule_problem p
     WHERE p.sales_rule_id = rule_id AND p.kind = 'no_tag' LIMIT 1;
    PERFORM offerengine_internal.raise_rule_problem(wrong.code, wrong.problem, wrong.hint);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.judge_rule_is_complete(bigint) IS 'Raises OE016 when the rule is there and has no tag.';

CREATE FUNCTION offerengine_internal.judge_offer_tags(offer_ids bigint[], tag_ids bigint[]) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    wrong record;
    used record;
BEGIN
    SELECT p.code, p.problem, p.hint INTO wrong FROM offerengine_internal.sales_rule_problem p
     WHERE p.kind = 'untaggable_offer' AND p.offer_id = ANY (offer_ids) AND p.tag_id = ANY (tag_ids)
     ORDER BY p.offer_id, p.tag_id LIMIT 1;
    PERFORM offerengine_internal.raise_rule_problem(wrong.code, wrong.problem, wrong.hint);
    SELECT p.code, p.problem, p.hint INTO wrong FROM offerengine_internal.sales_rule_problem p
     WHERE p.kind = 'tagged_target' AND p.offer_id = ANY (offer_ids) AND p.tag_id = ANY (tag_ids) AND p.counts
     ORDER BY p.sales_rule_id, p.problem LIMIT 1;
    PERFORM offerengine_internal.raise_rule_problem(wrong.code, wrong.problem, wrong.hint);

    -- A grant asks for the tags that the rule had at its purchase; a base that ended before it began is none of its.
    SELECT o.offer_reference, t.name, r.title, g.customer_reference, g.subscription_id, s.subscription_id AS base_id INTO used
      FROM unnest(offer_ids, tag_ids) AS c (offer_id, tag_id)
      JOIN offerengine.tag t ON t.tag_id = c.tag_id AND t.category = 'rule'
      JOIN offerengine.offer o ON o.offer_id = c.offer_id
      JOIN offerengine.subscription s ON s.offer_id = c.offer_id AND NOT s.is_ignored
      JOIN offerengine_internal.unfinished_grant g
        ON g.customer_reference = s.customer_reference AND g.chain_id <> s.chain_id
           AND c.tag_id = ANY (g.granted_tag_ids) AND (s.ends_on IS NULL OR s.ends_on > g.starts_on)
      JOIN offerengine.sales_rule r ON r.sales_rule_id = g.sales_rule_id
     ORDER BY g.customer_reference, g.subscription_id, s.subscription_id, t.tag_id
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'offer "%" neither gets nor loses tag "%": subscriptions that sales rule "%" granted depend on it',
                        used.offer_reference, used.name, used.title
            USING ERRCODE = 'OE017', HINT = 'Use another tag, or end the rule by valid_to and make a new one.',
                  DETAIL = pg_catalog.format('Customer "%s" has subscription %s to the offer and was granted %s.',
                                             used.customer_reference, used.base_id, used.subscription_id);
    END IF;
    PERFORM offerengine_internal.refuse_rule_cycle(ARRAY(
        SELECT DISTINCT t.sales_rule_id FROM offerengine_internal.rule_target t WHERE t.offer_id = ANY (offer_ids) ORDER BY 1));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.judge_offer_tags(bigint[], bigint[]) IS
    'Judges offers that got or lost tags, element by element: OE014 to OE017.';

CREATE FUNCTION offerengine_internal.judge_offer_fits(changed_offer_id bigint) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wrong record;
BEGIN
    SELECT p.code, p.problem, p.hint INTO wrong FROM offerengine_internal.sales_rule_problem p
     WHERE p.offer_id = changed_offer_id AND p.kind IN ('unfit_target', 'untaggable_offer') AND p.counts
     ORDER BY p.kind, p.problem LIMIT 1;
    PERFORM offerengine_internal.raise_rule_problem(wrong.code, wrong.problem, wrong.hint);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.judge_offer_fits(bigint) IS
    'Judges an offer with another type, management or other steps: OE015, OE016. The caller holds it.';

CREATE FUNCTION offerengine_internal.judge_tag_category(changed_tag_id bigint) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    tag_name text;
    user_of  text;
BEGIN
    SELECT t.name,
           COALESCE((SELECT pg_catalog.format('sales rule "%s" has it', r.title)
                       FROM offerengine.sales_rule_tag u JOIN offerengine.sales_rule r ON r.sales_rule_id = u.sales_rule_id
                      WHERE u.tag_id = t.tag_id ORDER BY r.sales_rule_id LIMIT 1),
                    (SELECT pg_catalog.format('offer "%s" carries it', o.offer_reference)
                       FROM offerengine.offer_tag u JOIN offerengine.offer o ON o.offer_id = u.offer_id
                      WHERE u.tag_id = t.tag_id ORDER BY o.offer_id LIMIT 1))
      INTO tag_name, user_of
      FROM offerengine.tag t WHERE t.tag_id = changed_tag_id;
    IF user_of IS NOT NULL THEN
        RAISE EXCEPTION 'tag "%" keeps its category: %', tag_name, user_of
            USING ERRCODE = 'OE016', HINT = 'Make a tag of the other category beside it.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.judge_tag_category(bigint) IS
    'Raises OE016 when a rule has the tag or an offer carries it.';

CREATE FUNCTION offerengine_internal.put_tag(name text, category text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    found_id bigint;
BEGIN
    SELECT t.tag_id INTO found_id
      FROM offerengine.tag t WHERE t.category = put_tag.category AND t.name = put_tag.name;
    IF NOT FOUND THEN
        INSERT INTO offerengine.tag AS t (category, name) VALUES (put_tag.category, put_tag.name)
            ON CONFLICT ON CONSTRAINT tag_key DO NOTHING
        RETURNING t.tag_id INTO found_id;
    END IF;
    IF found_id IS NULL THEN
        -- Another session has just made it.
        SELECT t.tag_id INTO STRICT found_id
          FROM offerengine.tag t WHERE t.category = put_tag.category AND t.name = put_tag.name;
    END IF;
    RETURN found_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_tag(text, text) IS 'The tag of this name and category, made when it is not there.';

CREATE FUNCTION offerengine_internal.check_tag(name text, category text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF name IS NULL OR category IS NULL THEN
        RAISE EXCEPTION 'tag and category must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_reference(name, 'tag');
    IF category NOT IN ('rule', 'selling_path', 'analytics', 'custom') THEN
        RAISE EXCEPTION 'unknown category "%" of tags', offerengine_internal.shown(category)
            USING ERRCODE = '22023', HINT = 'Categories are rule, selling_path, analytics and custom.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_tag(text, text) IS
    'Refuses what cannot be a tag: NULL (22004), a name that cannot be one or an unknown category (22023).';

CREATE FUNCTION offerengine.tag_offer(offer_reference text, tag text, category text DEFAULT 'rule') RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    kind CONSTANT text := COALESCE(tag_offer.category, 'rule');
    target bigint;
    given  bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_reference(tag_offer.offer_reference, 'offer_reference');
    PERFORM offerengine_internal.check_tag(tag_offer.tag, kind);
    SELECT o.offer_id INTO target FROM offerengine.offer o WHERE o.offer_reference = tag_offer.offer_reference;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', tag_offer.offer_reference);
    END IF;
    PERFORM offerengine_internal.take_rule_turn() WHERE kind = 'rule';
    given := offerengine_internal.put_tag(tag_offer.tag, kind);
    INSERT INTO offerengine.offer_tag (offer_id, tag_id) VALUES (target, given) ON CONFLICT DO NOTHING;
    RETURN given;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.tag_offer(text, text, text) IS
    'Gives the offer a tag, which is made when it is not there, and answers its tag_id; an offer that carries it already stays '
    'as it is. category: rule, selling_path, analytics or custom. Tags of category rule are for subscriptions. OE020: unknown '
    'offer; 22023: empty tag, unknown category; 22004: NULL; OE014 (sales rules would form a cycle), OE015 (a target of a '
    'rule that has the tag), OE016 (no subscription), OE017 (running grants depend on it).';

CREATE FUNCTION offerengine.untag_offer(offer_reference text, tag text, category text DEFAULT 'rule') RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    kind CONSTANT text := COALESCE(untag_offer.category, 'rule');
    target bigint;
    taken  bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_reference(untag_offer.offer_reference, 'offer_reference');
    PERFORM offerengine_internal.check_tag(untag_offer.tag, kind);
    SELECT o.offer_id INTO target FROM offerengine.offer o WHERE o.offer_reference = untag_offer.offer_reference;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', untag_offer.offer_reference);
    END IF;
    SELECT t.tag_id INTO taken FROM offerengine.tag t WHERE t.category = kind AND t.name = untag_offer.tag;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown tag "%" of category %', untag_offer.tag, kind USING ERRCODE = 'OE020';
    END IF;
    PERFORM offerengine_internal.take_rule_turn() WHERE kind = 'rule';
    DELETE FROM offerengine.offer_tag c WHERE c.offer_id = target AND c.tag_id = taken;
    RETURN taken;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.untag_offer(text, text, text) IS
    'Takes a tag from the offer and answers its tag_id; an offer that does not carry it stays as it is. OE020: unknown offer or '
    'tag; 22023: empty tag, unknown category; 22004: NULL; OE017: running grants depend on it.';

CREATE FUNCTION offerengine_internal.rule_offer(offer_reference text) RETURNS bigint
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target bigint;
BEGIN
    PERFORM offerengine_internal.check_reference(rule_offer.offer_reference, 'offer_reference');
    SELECT o.offer_id INTO target FROM offerengine.offer o WHERE o.offer_reference = rule_offer.offer_reference;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', rule_offer.offer_reference);
    END IF;
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.rule_offer(text) IS
    'Id of the offer that put_rule() was told; NULL for NULL; OE020: unknown.';

CREATE FUNCTION offerengine_internal.put_rule_tags(title text, names text[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    other record;
BEGIN
    IF names IS NULL THEN
        RETURN NULL;
    END IF;
    IF names = '{}' THEN
        RAISE EXCEPTION 'sales rule "%" needs a tag', title
            USING ERRCODE = 'OE016', HINT = 'Its tags say which subscriptions make a customer an owner of the base.';
    END IF;
    PERFORM offerengine_internal.check_references(names, 'tag');
    PERFORM offerengine_internal.check_tag(n.name, 'rule') FROM pg_catalog.unnest(names) AS n (name);
    SELECT t.name, t.category INTO other
      FROM pg_catalog.unnest(names) WITH ORDINALITY AS n (name, place)
      JOIN offerengine.tag t ON t.name = n.name
     WHERE NOT EXISTS (SELECT FROM offerengine.tag r WHERE r.category = 'rule' AND r.name = n.name)
     ORDER BY n.place, t.category LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'tag "%" of category % cannot be a tag of sales rule "%"', other.name, other.category, title
            USING ERRCODE = 'OE016', HINT = 'Rules ask for tags of category rule.';
    END IF;
    RETURN ARRAY(SELECT offerengine_internal.put_tag(n.name, 'rule')
                   FROM (SELECT DISTINCT u.name COLLATE "C" AS name FROM pg_catalog.unnest(names) AS u (name)) AS n
                  ORDER BY n.name);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_rule_tags(text, text[]) IS
    'Ids of the rule tags that put_rule() was told, made where they are not there; NULL for NULL. OE016: none, or a name that '
    'only tags of other categories have; 22004, 22023 as tag_offer().';

CREATE FUNCTION offerengine_internal.check_rule_policies(
    immediate_policy text, cancelled_source text, advantage_limit integer) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_choice(immediate_policy, 'immediate_policy', '{current_period,restart_period}');
    PERFORM offerengine_internal.check_choice(cancelled_source, 'cancelled_source', '{until_end,same_period}');
    IF advantage_limit < 0 THEN
        RAISE EXCEPTION 'advantage_limit must be at least 1, not %', advantage_limit
            USING ERRCODE = '22023', HINT = '0 takes the limit away.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_rule_policies(text, text, integer) IS
    'Refuses unknown policies of a rule and a limit below 0 (22023); NULL is none.';

CREATE FUNCTION offerengine.put_rule(
    title            text,
    tags             text[] DEFAULT NULL,
    advantage_offer  text DEFAULT NULL,
    regular_offer    text DEFAULT NULL,
    description      text DEFAULT NULL,
    matched_text     text DEFAULT NULL,
    unmatched_text   text DEFAULT NULL,
    immediate_policy text DEFAULT NULL,
    cancelled_source text DEFAULT NULL,
    valid_to         timestamptz DEFAULT NULL,
    advantage_limit  integer DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    advantage CONSTANT bigint := offerengine_internal.rule_offer(put_rule.advantage_offer);
    stored    record;
    w         record;
    regular   CONSTANT bigint := offerengine_internal.rule_offer(put_rule.regular_offer);
    wanted    bigint[];
    rule_id   bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_title(put_rule.title, 'title');
    IF put_rule.title IS NULL THEN
        RAISE EXCEPTION 'title must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF put_rule.title = '' THEN
        RAISE EXCEPTION 'a sales rule needs a title' USING ERRCODE = '22023';
    END IF;
    PERFORM offerengine_internal.check_rule_policies(
                put_rule.immediate_policy, put_rule.cancelled_source, put_rule.advantage_limit);
    PERFORM offerengine_internal.take_rule_turn();
    wanted := offerengine_internal.put_rule_tags(put_rule.title, put_rule.tags);

    -- A second round only when another session has just inserted the same title.
    FOR round IN 1..2 LOOP
        SELECT r.sales_rule_id INTO rule_id FROM offerengine.sales_rule r WHERE r.title = put_rule.title;
        EXIT WHEN FOUND;
        IF wanted IS NULL OR advantage IS NULL OR regular IS NULL THEN
            RAISE EXCEPTION 'a new sales rule needs tags, advantage_offer and regular_offer'
                USING ERRCODE = '22004', HINT = pg_catalog.format('There is no sales rule "%s" yet.', put_rule.title);
        END IF;
        -- What else there is to say comes with the update below. Statements are short: they are the context of refusals.
        INSERT INTO offerengine.sales_rule AS r (title, advantage_offer_id, regular_offer_id, valid_to)
        VALUES (put_rule.title, advantage, regular, COALESCE(put_rule.valid_to, 'infinity'))
            ON CONFLICT ON CONSTRAINT sales_rule_title DO NOTHING
        RETURNING r.sales_rule_id INTO rule_id;
        EXIT WHEN FOUND;
    END LOOP;
    IF rule_id IS NULL THEN
        RAISE EXCEPTION 'title "%" is taken', put_rule.title USING ERRCODE = '23505';
    END IF;

    -- Tags go before the targets change and come after it, so that no statement sees an old tag beside a new target.
    DELETE FROM offerengine.sales_rule_tag t WHERE t.sales_rule_id = rule_id AND t.tag_id <> ALL (wanted);
    SELECT r.* INTO STRICT stored FROM offerengine.sales_rule r WHERE r.sales_rule_id = rule_id;
    w := stored;
    w.description := NULLIF(COALESCE(put_rule.description, stored.description), '');
    w.advantage_offer_id := COALESCE(advantage, stored.advantage_offer_id);
    w.regular_offer_id := COALESCE(regular, stored.regular_offer_id);
    w.matched_text := NULLIF(COALESCE(put_rule.matched_text, stored.matched_text), '');
    w.unmatched_text := NULLIF(COALESCE(put_rule.unmatched_text, stored.unmatched_text), '');
    w.immediate_policy := COALESCE(put_rule.immediate_policy, stored.immediate_policy);
    w.cancelled_source := COALESCE(put_rule.cancelled_source, stored.cancelled_source);
    w.valid_to := COALESCE(put_rule.valid_to, stored.valid_to);
    w.advantage_limit := NULLIF(COALESCE(put_rule.advantage_limit, stored.advantage_limit), 0);
    IF w IS DISTINCT FROM stored THEN
        UPDATE offerengine.sales_rule r SET (description, advantage_offer_id, regular_offer_id, matched_text, unmatched_text,
            immediate_policy, cancelled_source, valid_to, advantage_limit) = (w.description, w.advantage_offer_id,
            w.regular_offer_id, w.matched_text, w.unmatched_text, w.immediate_policy, w.cancelled_source, w.valid_to,
            w.advantage_limit) WHERE r.sales_rule_id = rule_id;
    END IF;
    INSERT INTO offerengine.sales_rule_tag (sales_rule_id, tag_id)
    SELECT rule_id, n.tag_id FROM pg_catalog.unnest(wanted) AS n (tag_id)
     WHERE NOT EXISTS (SELECT FROM offerengine.sales_rule_tag t WHERE t.sales_rule_id = rule_id AND t.tag_id = n.tag_id)
        ON CONFLICT DO NOTHING;
    RETURN rule_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_rule(
    text, text[], text, text, text, text, text, text, text, timestamptz, integer) IS
    'Creates the sales rule or changes it, by title, and answers its sales_rule_id. Left out: a new rule has no texts, '
    'immediate_policy current_period, cancelled_source until_end, no limit and no end; a stored one keeps what it has. An empty '
    'string clears a text, 0 clears advantage_limit, which is how many pieces of the advantage a customer can have at once; tags, '
    'when given, is the whole set, and tags of category rule that are not there are made. A rule ends by valid_to. 22004: no '
    'title, or a new rule without tags or targets; 22023: an unknown policy or a limit below 0; OE020: unknown offer; OE014 '
    '(rules would form a cycle), OE015 (no one-step subscription that is sold, a target of another rule, carries one of the '
    'tags), OE016 (no tag, or one of another category), OE017 (other tags or targets while granted subscriptions run).';
