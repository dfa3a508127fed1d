/*
 * Foreign keys of the rows that an import inserts, checked once a statement instead of once a row and key.
 */
#ifndef OE_REFERENCES_H
#define OE_REFERENCES_H

/* Installs the hook; called when the library is loaded. */
extern void oe_references_init(void);

#endif
