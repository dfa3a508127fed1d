-- A newspaper publisher in the made-up marketplace: subscriptions, what they cost in which country, and what readers of the
-- newspaper pay for its digital edition. Run by scripts/demo after examples/setup.sql; read it from the top to see how a
-- publisher is set up. Amounts are in cents. Days are given relative to today, so that it is always the same story.
SELECT (date_trunc('month', now()) - interval '26 months')::date AS launch,
       (date_trunc('month', now()) - interval '1 month')::date AS price_rise,
       (date_trunc('month', now()) + interval '3 months')::date AS price_rise_for_readers \gset

-- A store of its own: days of subscriptions are days there, and prices those for the Netherlands unless a country is told.
INSERT INTO offerengine.store (store_code, name, time_zone, default_country)
VALUES ('PRESS', 'Noorderlicht', 'Europe/Amsterdam', 'NL');
INSERT INTO offerengine.store_currency VALUES ('PRESS', 'EUR', true);
INSERT INTO offerengine.merchant (merchant_reference, name) VALUES ('noorderlicht', 'Noorderlicht, daily newspaper');
SELECT offerengine.approve_merchant('noorderlicht') \g /dev/null

INSERT INTO offerengine.abstract_product (abstract_sku, name) VALUES ('NOORDERLICHT', 'Noorderlicht');
INSERT INTO offerengine.abstract_product_store
SELECT abstract_product_id, 'PRESS' FROM offerengine.abstract_product WHERE abstract_sku = 'NOORDERLICHT';
INSERT INTO offerengine.product (sku, abstract_product_id, name)
SELECT v.sku, ap.abstract_product_id, v.name
  FROM offerengine.abstract_product ap,
       (VALUES ('NOORDERLICHT-PRINT', 'Noorderlicht on paper'), ('NOORDERLICHT-DIGITAL', 'Noorderlicht on screen')) AS v (sku, name)
 WHERE ap.abstract_sku = 'NOORDERLICHT';

-- Where the paper costs what. Luxembourg is in both segments: the smaller priority counts. Any other country pays what the sheet
-- says without a segment.
SELECT offerengine.put_price_segment('neighbours', 'Neighbours', 10, '{BE,DE,LU}') \g /dev/null
SELECT offerengine.put_price_segment('europe', 'Rest of Europe', 20, '{LU,FR,DK,GB}') \g /dev/null

-- What an accounting period costs. The paper has become dearer for new readers; those who read it already pay the new price from
-- valid_from_existing on.
SELECT offerengine.put_price_sheet('paper', 'The paper, a month', jsonb_build_array(
    jsonb_build_object('currency', 'EUR', 'net_amount', 3200, 'gross_amount', 3490, 'valid_from', :'launch'),
    jsonb_build_object('currency', 'EUR', 'net_amount', 3500, 'gross_amount', 3815, 'valid_from', :'price_rise',
                       'valid_from_existing', :'price_rise_for_readers'),
    jsonb_build_object('currency', 'EUR', 'segment', 'neighbours', 'net_amount', 3900, 'gross_amount', 4250,
                       'valid_from', :'launch'))) \g /dev/null
-- One price more, without saying the others again.
SELECT offerengine.add_sheet_price('paper', 'europe', 'EUR', 5900, 6430, valid_from => :'launch') \g /dev/null
SELECT offerengine.put_price_sheet('paper-trial', 'The paper on trial, a month',
    '[{"currency": "EUR", "net_amount": 900, "gross_amount": 981}]') \g /dev/null
SELECT offerengine.put_price_sheet('digital', 'The digital edition, a month',
    '[{"currency": "EUR", "net_amount": 1300, "gross_amount": 1417}]') \g /dev/null
SELECT offerengine.put_price_sheet('digital-reader', 'The digital edition for readers of the paper, a month',
    '[{"currency": "EUR", "net_amount": 300, "gross_amount": 327}]') \g /dev/null

-- How long each binds. A duration of zero: until cancelled.
SELECT offerengine.put_contract('trial', 'Two months on trial', term => '2 months', accounting_period => '1 month',
                                duration => '2 months', price_sheet => 'paper-trial') \g /dev/null
SELECT offerengine.put_contract('paper', 'Monthly', term => '1 month', accounting_period => '1 month',
                                cancellation_notice => '7 days', price_sheet => 'paper') \g /dev/null
SELECT offerengine.put_contract('digital', 'Monthly', term => '1 month', accounting_period => '1 month',
                                price_sheet => 'digital') \g /dev/null
SELECT offerengine.put_contract('digital-reader', 'Monthly', term => '1 month', accounting_period => '1 month',
                                price_sheet => 'digital-reader') \g /dev/null

-- The offers. paper-trial has two steps: the trial, then the ordinary contract. paper-kiosk is sold and managed by a chain of
-- kiosks; here it is only known who has it.
SELECT offerengine.put_offer('paper', 'NOORDERLICHT-PRINT', 'noorderlicht', '{PRESS}', title => 'The paper, every day',
                             offer_type => 'subscription') \g /dev/null
SELECT offerengine.put_offer('paper-trial', 'NOORDERLICHT-PRINT', 'noorderlicht', '{PRESS}',
                             title => 'The paper, two months on trial', offer_type => 'subscription') \g /dev/null
SELECT offerengine.put_offer('paper-kiosk', 'NOORDERLICHT-PRINT', 'noorderlicht', '{PRESS}', title => 'The paper, from the kiosk',
                             offer_type => 'subscription', management => 'externally_managed') \g /dev/null
SELECT offerengine.put_offer('digital', 'NOORDERLICHT-DIGITAL', 'noorderlicht', '{PRESS}', title => 'The digital edition',
                             offer_type => 'subscription') \g /dev/null
SELECT offerengine.put_offer('digital-reader', 'NOORDERLICHT-DIGITAL', 'noorderlicht', '{PRESS}',
                             title => 'The digital edition for readers of the paper', offer_type => 'subscription') \g /dev/null
SELECT offerengine.set_offer_steps('paper', '{paper}') \g /dev/null
SELECT offerengine.set_offer_steps('paper-trial', '{trial,paper}') \g /dev/null
SELECT offerengine.set_offer_steps('paper-kiosk', '{paper}') \g /dev/null
SELECT offerengine.set_offer_steps('digital', '{digital}') \g /dev/null
SELECT offerengine.set_offer_steps('digital-reader', '{digital-reader}') \g /dev/null
SELECT offerengine.approve_offers('{paper,paper-trial,paper-kiosk,digital,digital-reader}', 'launch') \g /dev/null

-- Who has the paper, however it came to be, gets the digital edition for readers; everybody else the regular one. When the paper
-- ends, the first turns into the second.
SELECT offerengine.tag_offer('paper', 'reads the paper') \g /dev/null
SELECT offerengine.tag_offer('paper-trial', 'reads the paper') \g /dev/null
SELECT offerengine.tag_offer('paper-kiosk', 'reads the paper') \g /dev/null
SELECT offerengine.put_rule('readers', '{reads the paper}', description => 'The digital edition for readers of the paper',
                            advantage_offer => 'digital-reader', regular_offer => 'digital',
                            matched_text => 'Because you read the paper.',
                            unmatched_text => 'Readers of the paper pay less.') \g /dev/null

-- Readers and their history. Anna has the paper and the digital edition; Bram is on trial; Chris, in Belgium, has the paper from
-- a kiosk and the digital edition from here; Dewi has only the digital edition, at its regular price.
SELECT offerengine.purchase('anna', 'paper', 'PRESS', 'EUR', starts_on => current_date - 400) \g /dev/null
SELECT offerengine.purchase('anna', 'digital', 'PRESS', 'EUR', starts_on => current_date - 80) \g /dev/null
SELECT offerengine.purchase('bram', 'paper-trial', 'PRESS', 'EUR', starts_on => current_date - 20) \g /dev/null
SELECT offerengine.import_order('chris', 'kiosk', 'K-20931', 'paper-kiosk', 'PRESS', 'EUR', 'BE',
                                starts_on => current_date - 150) \g /dev/null
SELECT offerengine.purchase('chris', 'digital', 'PRESS', 'EUR', 'BE', starts_on => current_date - 45) \g /dev/null
SELECT offerengine.purchase('dewi', 'digital', 'PRESS', 'EUR', starts_on => current_date - 130) \g /dev/null

-- A dearer digital edition for new readers from tomorrow on, and in three months for those who have it: who would pay what from
-- when. Nothing is written, so this may be asked until it is right.
SELECT * FROM offerengine.preview_price_sheet('digital', jsonb_build_array(
    jsonb_build_object('currency', 'EUR', 'net_amount', 1300, 'gross_amount', 1417),
    jsonb_build_object('currency', 'EUR', 'net_amount', 1500, 'gross_amount', 1635, 'valid_from', current_date + 1,
                       'valid_from_existing', :'price_rise_for_readers'))) \g /dev/null
