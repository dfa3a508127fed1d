/*
 * Early release: the row of a hot offer is given up before the sale is on disk, and the client is answered after.
 */
#ifndef OE_EARLY_RELEASE_H
#define OE_EARLY_RELEASE_H

/* Defines the setting and installs the callbacks; called when the library is loaded. */
extern void oe_early_release_init(void);

#endif
