/*
 * bind.h: what the binds of functions share: Spark's errors of arguments, and casts put in.
 *
 * A bind (function.h) checks its arguments, replaces them by casts where coercion allows, and sets
 * the type. Most need no code: bind_signature reads the row's `signature`.
 *
 * Signatures
 *
 *     (string, int) -> string; (binary, int) -> binary       overloads, tried in order
 *     (any...) -> int                                         the last may repeat, also never
 *     (array<T>, T) -> array<T>                               T K V: types to be found; where two
 *                                                             arguments differ, their common type
 *     (string, string!) -> struct                             !: must be a constant
 *     (string=) -> int                                        =: no implicit cast, save of NULL
 *
 * Words for types: those of type_parse without parentheses, and
 *     any             anything, NULL included          numeric, integral, fractional
 *     decimal         any decimal; other numbers become one
 *     array map struct     any of the kind             timestamps      with or without zone
 *     dt ym           INTERVAL DAY TO SECOND, YEAR TO MONTH of any fields
 * As a result: any word that names a type, a variable, or $1 .. $9: the type of that argument.
 */
#ifndef WEIR_EXPR_BIND_H
#define WEIR_EXPR_BIND_H

#include "expr/coerce.h"
#include "expr/function.h"

bool bind_signature(BindCall *call, Error *err);

/* DATATYPE_MISMATCH.<sub>, given whole and static: 'Cannot resolve "<fn>" due to data type
 * mismatch: …'. All errors here return false. */
bool bind_mismatch(const BindCall *call, Error *err, const char *class_name, const char *format,
                   ...) PRINTF(4, 5);
/* UNEXPECTED_INPUT_TYPE of argument arg_i; `required` as Spark writes it: "STRING", "(A OR B)". */
bool bind_unexpected(const BindCall *call, uint32_t arg_i, const char *required, Error *err);
/* Whether values of `type` can be compared; else INVALID_ORDERING_TYPE. */
bool bind_orderable(const BindCall *call, const Type *type, Error *err);
/* DATA_DIFF_TYPES over arguments from .. to. */
bool bind_diff_types(const BindCall *call, uint32_t from, uint32_t to, Error *err);
bool bind_wrong_count(const BindCall *call, const char *expected, Error *err);

/* Casts argument arg_i, which must be possible. */
void bind_cast(BindCall *call, uint32_t arg_i, const Type *to);
/* As coercion allows; false: it does not (the argument stays as it is). */
bool bind_coerce(BindCall *call, uint32_t arg_i, const Type *to);
/* As bind_coerce, or UNEXPECTED_INPUT_TYPE. */
bool bind_require(BindCall *call, uint32_t arg_i, const Type *to, Error *err);
/* A TINYINT, SMALLINT or INT, as INT; NULL and text are none. Else UNEXPECTED_INPUT_TYPE. */
bool bind_require_int(BindCall *call, uint32_t arg_i, Error *err);
/* Text or NULL, as STRING: where Spark makes text of nothing else. Else UNEXPECTED_INPUT_TYPE. */
bool bind_require_text(BindCall *call, uint32_t arg_i, Error *err);
/* Brings arguments from, from + step, … to their common type; NULL (no error set): there is none.
 */
const Type *bind_common(BindCall *call, uint32_t from, uint32_t to, uint32_t step);
/* The value of a constant argument: NON_FOLDABLE_INPUT when it is none. */
bool bind_constant(BindCall *call, uint32_t arg_i, const char *name, const Vector **out,
                   Error *err);
/* A constant STRING that is not NULL, or the errors that say so. */
bool bind_constant_string(BindCall *call, uint32_t arg_i, const char *name, Str *out, Error *err);

/* The call is a call of function `name` with these arguments. */
bool bind_as(BindCall *call, const char *name, Expr *const *args, uint32_t arg_count, Error *err);

/* "first", "second", … as Spark counts parameters, from 0. */
const char *bind_ordinal(uint32_t arg_i);
/* `"INT"`, in the arena. */
const char *bind_type_text(const BindCall *call, const Type *type);

#endif
