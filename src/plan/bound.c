/*
 * bound.c: see bound.h.
 */
#include "plan/bound.h"

#include <string.h>

#include "base/hash.h"

/* The entry of `ast`, or the empty one where it belongs. The table is never full. */
static BoundEntry *slot_of(const BoundExprs *bound, const AstExpr *ast)
{
    size_t mask = bound->capacity - 1;
    size_t i = (size_t)hash_bytes(&ast, sizeof ast) & mask;

    while (bound->slots[i].ast && bound->slots[i].ast != ast)
        i = (i + 1) & mask;
    return &bound->slots[i];
}

static void grow(BoundExprs *bound, Arena *arena)
{
    BoundExprs larger = {.capacity = bound->capacity ? bound->capacity * 2 : 64,
                         .count = bound->count};

    larger.slots = ARENA_ARRAY(arena, BoundEntry, larger.capacity);
    memset(larger.slots, 0, larger.capacity * sizeof *larger.slots);
    for (size_t i = 0; i < bound->capacity; i++) {
        if (bound->slots[i].ast)
            *slot_of(&larger, bound->slots[i].ast) = bound->slots[i];
    }
    *bound = larger;
}

void bound_note(BoundExprs *bound, Arena *arena, const AstExpr *ast, const Expr *expr)
{
    BoundEntry *slot;

    if ((bound->count + 1) * 2 > bound->capacity)
        grow(bound, arena);
    slot = slot_of(bound, ast);
    if (!slot->ast)
        bound->count++;
    *slot = (BoundEntry){ast, expr};
}

const Expr *bound_find(const BoundExprs *bound, const AstExpr *ast)
{
    return bound->capacity ? slot_of(bound, ast)->expr : NULL;
}
