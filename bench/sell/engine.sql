\set n random(1, 1000000000000)
SELECT subscription_id AS base FROM offerengine.purchase('c' || :n, 'base2', 'S1', 'EUR') \gset
SELECT subscription_id AS adv FROM offerengine.purchase('c' || :n, 'reg2', 'S1', 'EUR') \gset
SELECT count(*) AS changes FROM offerengine.cancel_subscription('c' || :n, :base) \gset
SELECT count(*) AS changes FROM offerengine.withdraw_cancellation('c' || :n, :base) \gset
