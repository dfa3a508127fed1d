-- Report views of price sheets, in which nothing belongs to a merchant, and of contracts.

CREATE OR REPLACE VIEW offerengine.price_sheet_list AS
SELECT h.code AS price_sheet,
       h.title,
       s.code AS price_segment,
       s.priority,
       (SELECT array_agg(k.country_code::text ORDER BY k.country_code)
          FROM offerengine.price_segment_country k
         WHERE k.price_segment_id = s.price_segment_id AND offerengine_internal.is_loaded()) AS countries,
       p.currency_code,
       p.net_amount,
       p.net_amount * c.minor_unit AS net_value,
       p.gross_amount,
       p.gross_amount * c.minor_unit AS gross_value,
       nullif(p.valid_from, '-infinity') AS valid_from,
       nullif(p.valid_from_existing, '-infinity') AS valid_from_existing,
       p.price_sheet_price_id
  FROM offerengine.price_sheet_price p
  JOIN offerengine.price_sheet h ON h.price_sheet_id = p.price_sheet_id
  JOIN offerengine.currency c ON c.currency_code = p.currency_code
  LEFT JOIN offerengine.price_segment s ON s.price_segment_id = p.price_segment_id;
COMMENT ON VIEW offerengine.price_sheet_list IS
    'Every price of every price sheet: past, current and planned ones.';
COMMENT ON COLUMN offerengine.price_sheet_list.price_sheet IS 'Code of the price sheet.';
COMMENT ON COLUMN offerengine.price_sheet_list.title IS 'Its title.';
COMMENT ON COLUMN offerengine.price_sheet_list.price_segment IS 'Code of the segment where the price counts; NULL: everywhere.';
COMMENT ON COLUMN offerengine.price_sheet_list.priority IS 'Priority of the segment; the smallest goes first.';
COMMENT ON COLUMN offerengine.price_sheet_list.countries IS 'Countries of the segment.';
COMMENT ON COLUMN offerengine.price_sheet_list.currency_code IS 'Currency of the amounts.';
COMMENT ON COLUMN offerengine.price_sheet_list.net_amount IS 'Price without tax, in minor units; NULL: none.';
COMMENT ON COLUMN offerengine.price_sheet_list.net_value IS 'The same with the currency''s digits.';
COMMENT ON COLUMN offerengine.price_sheet_list.gross_amount IS 'Price with tax, in minor units; NULL: none.';
COMMENT ON COLUMN offerengine.price_sheet_list.gross_value IS 'The same with the currency''s digits.';
COMMENT ON COLUMN offerengine.price_sheet_list.valid_from IS 'First day on which it is asked of new customers; NULL: always was.';
COMMENT ON COLUMN offerengine.price_sheet_list.valid_from_existing IS
    'From periods that begin on this day or later it is asked of running subscriptions, too; NULL: never.';
COMMENT ON COLUMN offerengine.price_sheet_list.price_sheet_price_id IS 'Id of the row; resolve_price answers it as price_id.';

CREATE OR REPLACE VIEW offerengine.contract_list AS
SELECT k.code AS contract,
       k.title,
       k.term,
       k.accounting_period,
       k.cancellation_notice,
       nullif(k.duration, '0') AS duration,
       h.code AS price_sheet,
       (SELECT count(DISTINCT s.offer_id)
          FROM offerengine.offer_step s
         WHERE s.product_contract_id = k.product_contract_id AND offerengine_internal.is_loaded()) AS offers
  FROM offerengine.product_contract k
  JOIN offerengine.price_sheet h ON h.price_sheet_id = k.price_sheet_id;
COMMENT ON VIEW offerengine.contract_list IS 'Every product contract, with how many offers have it as a step.';
COMMENT ON COLUMN offerengine.contract_list.contract IS 'Code of the contract.';
COMMENT ON COLUMN offerengine.contract_list.title IS 'Its title.';
COMMENT ON COLUMN offerengine.contract_list.term IS 'A regular cancellation takes effect at the end of a term.';
COMMENT ON COLUMN offerengine.contract_list.accounting_period IS 'What is charged for at once.';
COMMENT ON COLUMN offerengine.contract_list.cancellation_notice IS
    'A cancellation must come earlier than this before the end of the term at which it shall take effect.';
COMMENT ON COLUMN offerengine.contract_list.duration IS 'How long a step with it lasts; NULL: until cancelled.';
COMMENT ON COLUMN offerengine.contract_list.price_sheet IS 'Code of the price sheet that says what an accounting period costs.';
COMMENT ON COLUMN offerengine.contract_list.offers IS 'How many offers have it as a step.';
