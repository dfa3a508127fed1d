/*
 * offer_store's projection and offer.version: kept right by the functions below and by nothing else.
 *
 * Locks are taken in the order abstract product, product, offer, offer_store, ids ascending. Each function connects
 * SPI and becomes the owner by itself. Lists of ids are sorted and made unique by the callee.
 */
#ifndef OE_PROJECTION_H
#define OE_PROJECTION_H

#include "storage/ids.h"

/*
 * Writes the rows of offer_store of these offers that differ from offer_store_expected. The caller holds the offers.
 */
extern void oe_project_offers(OeIds *offer_ids);

/* Locks the offers FOR NO KEY UPDATE and raises their version by one. */
extern void oe_touch_offers(OeIds *offer_ids);

/* For rows of offer_store that are new: locks abstract products and products FOR SHARE, raises versions, projects. */
extern void oe_project_new_stores(OeIds *offer_ids);

/*
 * Products were changed and are held: locks their offers and projects them. moved_to: abstract products newly
 * pointed to.
 */
extern void oe_project_products(OeIds *product_ids, OeIds *moved_to);

/* Stores of abstract products were changed: locks the abstract products and their offers, and projects them. */
extern void oe_project_abstract_products(OeIds *abstract_product_ids);

/*
 * True in the triggers of the relation that a statement of the engine itself fires, which leave that write alone; false
 * for what triggers of others write in turn.
 */
extern bool oe_engine_writes(Oid relid);

#endif
