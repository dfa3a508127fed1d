-- What the files of examples/marketplace have no columns for: how the stores price, what merchants agreed with the operator,
-- titles of some offers, and who may do what. Run by scripts/demo after bin/offerengine-load.

SELECT offerengine.put_store('NL', 'Netherlands', default_country => 'NL', contract_scope => 'own_merchant'),
       offerengine.put_store('SE', 'Sweden', default_country => 'SE', price_inheritance => 'per_type',
                             contract_price_policy => 'lowest'),
       offerengine.put_store('CH', 'Switzerland', default_country => 'CH', contract_scope => 'any_merchant'),
       offerengine.put_store('JP', 'Japan', default_country => 'JP', contract_price_policy => 'offer_first') \g /dev/null

-- A change of more than 5 % by this merchant is looked at again; that one's offers are approved by somebody else than their author.
SELECT offerengine.put_merchant('fjellhytta', reapprove_on_change => true, price_review_percent => 5),
       offerengine.put_merchant('waterkant', four_eyes => true) \g /dev/null

SELECT offerengine.put_offer('tent-1', title => 'Nordkap 2P, last of the season') \g /dev/null
SELECT offerengine.put_offer('tent-2', title => 'Nordkap 2P with footprint') \g /dev/null
SELECT offerengine.put_offer('tent-5', title => 'Nordkap 2P, used once') \g /dev/null

-- An abstract product belongs to a store, too: this one is sold in Switzerland but not, any more, in the Netherlands.
SELECT offerengine.put_abstract_product('MAP-ALPEN', stores => '{CH}') \g /dev/null

-- Roles, and what each is to the marketplace. Applications log in with their own. Roles belong to the cluster: another database of
-- it may have made them, what they may do is granted in each.
SELECT pg_catalog.format('CREATE ROLE %I LOGIN', wanted)
  FROM pg_catalog.unnest('{shop,marketplace_team,fjellhytta_desk,controlling}'::name[]) AS wanted
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = wanted) \gexec
SELECT offerengine.grant_access('shop', 'storefront') \g /dev/null
SELECT offerengine.grant_access('marketplace_team', 'operator') \g /dev/null
SELECT offerengine.grant_access('fjellhytta_desk', 'merchant', 'fjellhytta') \g /dev/null
SELECT offerengine.grant_access('controlling', 'reporting') \g /dev/null
