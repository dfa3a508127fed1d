-- Choosing places and telling returned pieces apart: what is computed of stock, as queries.

CREATE OR REPLACE FUNCTION offerengine_internal.stock_shares(offer_id bigint, store text, wanted integer, at timestamptz)
RETURNS SETOF offerengine_internal.stock_share
LANGUAGE sql STABLE PARALLEL SAFE COST 200 ROWS 2
BEGIN ATOMIC
    -- Who has the most comes first, so that an order is split only where it has to be.
    SELECT f.warehouse_id, f.is_never_out_of_stock, f.pieces,
           least(f.takes, greatest(0, stock_shares.wanted
                 - coalesce(sum(f.takes) OVER (ORDER BY f.is_never_out_of_stock DESC, f.pieces DESC, f.warehouse_id
                                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))::integer
      FROM (SELECT p.warehouse_id, p.is_never_out_of_stock, p.pieces,
                   CASE WHEN p.is_never_out_of_stock THEN stock_shares.wanted
                        ELSE least(p.pieces, stock_shares.wanted) END AS takes
              FROM (SELECT k.warehouse_id, k.is_never_out_of_stock,
                           greatest(0, floor(k.unpromised)
                                       + CASE WHEN k.next_expiry <= stock_shares.at
                                              THEN coalesce((SELECT sum(h.quantity - h.shipped)
                                                               FROM offerengine.stock_hold h
                                                              WHERE h.offer_id = k.offer_id AND h.warehouse_id = k.warehouse_id
                                                                AND h.state = 'held' AND h.expires_at <= stock_shares.at), 0)
                                              ELSE 0 END) AS pieces
                      FROM offerengine_internal.stock_place k
                     WHERE k.offer_id = stock_shares.offer_id AND k.store_code = stock_shares.store) p) f;
END;
COMMENT ON FUNCTION offerengine_internal.stock_shares(bigint, text, integer, timestamptz) IS
    'The places of an offer in a store and which of them give how many of the wanted pieces: one that never runs out, else those '
    'with the most. Holds that have run out by the instant count as free (-infinity: none does). The shares sum up to less than '
    'is wanted where that is not there.';

CREATE OR REPLACE FUNCTION offerengine_internal.parts_returned(
    order_id uuid, line_nos integer[], quantities integer[], restock boolean[])
RETURNS SETOF offerengine_internal.stock_return
LANGUAGE sql STABLE PARALLEL SAFE COST 200 ROWS 1
BEGIN ATOMIC
    SELECT r.line_no, r.offer_id, r.warehouse_id, r.of_shipped,
           least(r.unshipped,
                 greatest(0, r.asked - sum(r.of_shipped) OVER line
                             - coalesce(sum(r.unshipped) OVER before, 0)))::bigint,
           r.restock
      FROM (SELECT h.line_no, h.offer_id, h.warehouse_id, a.quantity AS asked, a.restock,
                   (h.quantity - h.shipped)::bigint AS unshipped,
                   least(h.shipped - h.returned,
                         greatest(0, a.quantity - coalesce(sum(h.shipped - h.returned) OVER before, 0))) AS of_shipped
              FROM unnest(parts_returned.line_nos, parts_returned.quantities, parts_returned.restock)
                   AS a (line_no, quantity, restock)
              JOIN offerengine.stock_hold h ON h.order_id = parts_returned.order_id AND h.line_no = a.line_no
             WHERE h.state IN ('held', 'confirmed')
            WINDOW before AS (PARTITION BY h.line_no ORDER BY h.warehouse_id
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) r
    WINDOW line AS (PARTITION BY r.line_no),
           before AS (PARTITION BY r.line_no ORDER BY r.warehouse_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING);
END;
COMMENT ON FUNCTION offerengine_internal.parts_returned(uuid, integer[], integer[], boolean[]) IS
    'Where pieces of lines that a customer returns came from: first those whose shipping was told.';

CREATE OR REPLACE FUNCTION offerengine_internal.parts_too_many(order_id uuid, line_nos integer[], quantities integer[])
RETURNS SETOF offerengine_internal.stock_part
LANGUAGE sql STABLE PARALLEL SAFE COST 200 ROWS 1
BEGIN ATOMIC
    SELECT k.line_no, k.offer_id, k.warehouse_id, k.pieces
      FROM (SELECT h.line_no, h.offer_id, h.warehouse_id,
                   least(h.quantity - h.shipped,
                         greatest(0, sum(h.quantity - h.returned) OVER (PARTITION BY h.line_no) - a.quantity
                                     - coalesce(sum(h.quantity - h.shipped) OVER (
                                           PARTITION BY h.line_no ORDER BY h.warehouse_id
                                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))::bigint AS pieces
              FROM unnest(parts_too_many.line_nos, parts_too_many.quantities) AS a (line_no, quantity)
              JOIN offerengine.stock_hold h ON h.order_id = parts_too_many.order_id AND h.line_no = a.line_no
             WHERE h.state IN ('held', 'confirmed')) k
     WHERE k.pieces > 0;
END;
COMMENT ON FUNCTION offerengine_internal.parts_too_many(uuid, integer[], integer[]) IS
    'What lines hold unshipped beyond as many pieces, shipped ones that did not come back included: from the first place that has '
    'so many.';
