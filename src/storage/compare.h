/*
 * What a function for qsort() answers of two values of one type.
 */
#ifndef OE_COMPARE_H
#define OE_COMPARE_H

#define OE_COMPARE(x, y) (((x) > (y)) - ((x) < (y)))

#endif
