/*
 * value_set.h: a set of values of one type, for DISTINCT within a row: array_distinct, array_union,
 * map keys. Equal as GROUP BY has it: NULL is one value, every NaN is one, -0.0 is 0.0.
 */
#ifndef WEIR_EXPR_VALUE_SET_H
#define WEIR_EXPR_VALUE_SET_H

#include "column/vector.h"

typedef struct ValueSet {
    StrBuf bytes;    /* All values, encoded, behind one another. */
    uint32_t *slots; /* Index into `ends` + 1, 0: empty. */
    uint32_t *ends;  /* Of value i in `bytes`. */
    uint32_t slot_count, count, capacity;
} ValueSet;

void value_set_init(ValueSet *set);
void value_set_done(ValueSet *set);
void value_set_clear(ValueSet *set);
/* True: the value of that row was not there. */
bool value_set_add(ValueSet *set, const Vector *v, uint32_t row_i);
bool value_set_has(ValueSet *set, const Vector *v, uint32_t row_i);
/* The place in order of addition of encoded bytes (added if missing). */
uint32_t value_set_add_bytes(ValueSet *set, Str bytes, bool *added);
Str value_set_at(const ValueSet *set, uint32_t i);

#endif
