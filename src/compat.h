/*
 * The only place that asks for the server's version. PostgreSQL 15 is the oldest server supported.
 */
#ifndef OE_COMPAT_H
#define OE_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "offerengine needs PostgreSQL 15 or newer"
#endif

#endif
