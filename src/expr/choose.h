/*
 * choose.h: one column out of several, each row from the one chosen for it. What CASE, COALESCE,
 * GREATEST and their like end in.
 */
#ifndef WEIR_EXPR_CHOOSE_H
#define WEIR_EXPR_CHOOSE_H

#include "expr/kernel.h"

#define CHOOSE_NULL UINT32_MAX

/* Row i is row i of sources[choices[i]] with its NULL and its error, or NULL (CHOOSE_NULL). */
Vector *vector_choose(const KernelCall *call, const Vector *const *sources, uint32_t source_count,
                      const uint32_t *choices);

#endif
