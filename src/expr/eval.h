/*
 * eval.h: expressions over a batch.
 *
 * A Program is one or more expressions turned into a list of steps, each running one kernel over
 * whole columns; equal subexpressions are computed once, constants once per program. Programs are
 * part of the plan: read-only, shared by workers.
 *
 * Everything is computed for every row, branches not taken included: a value that cannot be
 * computed is an error of its row (vector.h 6), which CASE, AND and their like then drop or keep.
 * So there is no control flow in a program, and no difference between lazy and eager but the time
 * it takes.
 */
#ifndef WEIR_EXPR_EVAL_H
#define WEIR_EXPR_EVAL_H

#include "expr/function.h"

typedef struct Program Program;

/* No AGGREGATE, WINDOW, SUBQUERY or OUTER may be left in the expressions. */
Program *program_compile(Arena *arena, const Expr *const *exprs, uint32_t expr_count);
uint32_t program_output_count(const Program *program);
/* `out` gets one vector an expression, each with batch->row_count rows, perhaps constant, perhaps
 * with errors. */
void program_eval(const Program *program, const SqlContext *sql, Arena *arena, const Batch *batch,
                  Vector **out);
/* What the random functions of a program remember from one batch to the next; one for each worker
 * that runs it, `partition` telling them apart. NULL where the program has no such function. */
typedef struct ProgramState ProgramState;
ProgramState *program_state_create(const Program *program, uint32_t partition);
void program_state_free(ProgramState *state); /* NULL is fine. */
/* With `state` NULL random functions start anew at every call. */
void program_eval_state(const Program *program, ProgramState *state, const SqlContext *sql,
                        Arena *arena, const Batch *batch, Vector **out);
/* Steps as text, for explain. */
void program_print(const Program *program, StrBuf *out);

/* One expression without columns, now: literals of VALUES, LIMIT, options. False on a row error. */
bool expr_eval_constant(Arena *arena, const SqlContext *sql, const Expr *e, const Vector **out,
                        Error *err);

/* Calls of literals alone become literals, save what is random, fixed for a statement only, or an
 * error (which stays where it is, to be met when it is evaluated). */
Expr *expr_fold(Arena *arena, const SqlContext *sql, const Expr *e);

/* Rows of a condition that are TRUE (not NULL, not an error), in order; returns how many. `rows`
 * has room for all. Rows with an error are listed in `error_rows` (may be NULL) instead. */
uint32_t condition_rows(const Vector *condition, uint32_t *rows, uint32_t *error_rows,
                        uint32_t *error_count);

#endif
