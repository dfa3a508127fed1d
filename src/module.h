/*
 * Settings of the library.
 */
#ifndef OE_MODULE_H
#define OE_MODULE_H

/* offerengine.fast_path: off sends every question to the SQL specification. */
extern bool oe_fast_path;

/* offerengine.acting_user: "" when none is set. */
extern char *oe_acting_user;

#endif
