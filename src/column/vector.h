/*
 * vector.h: one column of some rows, and which of its values are NULL.
 *
 * Invariants
 *  1. `data` holds row_count values of phys_bytes(type_phys(type)) each (one value if is_constant);
 *     rows that are NULL hold any value that may be read without harm (a STR has bytes == 0).
 *     Arrays follow the arena's slack, so that loops may read in wide steps.
 *  2. valid == NULL: no row is NULL. Else bit i tells whether row i has a value; bits at and after
 *     row_count are any. A VOID vector has no data, and valid all zero.
 *  3. is_constant: row 0 stands for every row: `data`, `valid`, `offsets` and `errors` hold one.
 *     The fields of a constant STRUCT are constants of the same row_count.
 *     Code that reads row i uses vector_row(v, i), or flattens first (vector_flatten).
 *  4. ARRAY, MAP: row i's elements are rows offsets[i] .. offsets[i + 1] of the children (ARRAY: one
 *     child; MAP: keys, values). NULL rows are empty ranges. offsets[0] need not be 0.
 *     STRUCT: child f has as many rows as the vector (and is_constant alike or on its own);
 *     a NULL struct row says nothing of its fields.
 *  5. A vector is not changed once it has left the function that made it.
 *  6. `errors`: rows whose value could not be computed (1/0 in ANSI mode). Such a row is neither
 *     NULL nor a value: valid and data mean nothing there. CASE, IF, AND, OR, COALESCE drop errors
 *     of branches not taken; an operator that meets one in a row it keeps fails the query or sends
 *     the row to the dead letters (expr/eval.h).
 */
#ifndef WEIR_COLUMN_VECTOR_H
#define WEIR_COLUMN_VECTOR_H

#include "base/bits.h"
#include "column/type.h"

typedef struct RowError {
    uint32_t row_i;
    const char *class_name; /* Static. */
    const char *sqlstate;   /* Static. */
    const char *text;       /* In the batch's arena. */
    Span span;              /* Of the expression; line 0: not known. */
} RowError;

typedef struct RowErrors {
    uint64_t *rows;   /* Bit i: row i has an error. */
    RowError *items;  /* One for each such row, in no order. */
    uint32_t count;
    uint32_t capacity;
} RowErrors;

typedef struct Vector Vector;
struct Vector {
    const Type *type;
    uint32_t row_count;
    bool is_constant;
    uint64_t *valid;
    void *data;
    uint32_t *offsets;
    Vector **children;
    RowErrors *errors;
};

static inline uint32_t vector_row(const Vector *v, uint32_t i)
{
    return v->is_constant ? 0 : i;
}

/* Whether row i has a value; errors aside. */
static inline bool vector_is_valid(const Vector *v, uint32_t i)
{
    return !v->valid || bits_get(v->valid, vector_row(v, i));
}

static inline bool vector_has_error(const Vector *v, uint32_t i)
{
    return v->errors && bits_get(v->errors->rows, vector_row(v, i));
}

/* The data as an array of its C type. */
static inline uint8_t *vector_bools(const Vector *v) { return (uint8_t *)v->data; }
static inline int8_t *vector_i8(const Vector *v) { return (int8_t *)v->data; }
static inline int16_t *vector_i16(const Vector *v) { return (int16_t *)v->data; }
static inline int32_t *vector_i32(const Vector *v) { return (int32_t *)v->data; }
static inline int64_t *vector_i64(const Vector *v) { return (int64_t *)v->data; }
static inline float *vector_f32(const Vector *v) { return (float *)v->data; }
static inline double *vector_f64(const Vector *v) { return (double *)v->data; }
static inline Int128 *vector_i128(const Vector *v) { return (Int128 *)v->data; }
static inline Str *vector_strs(const Vector *v) { return (Str *)v->data; }
static inline Interval *vector_intervals(const Vector *v) { return (Interval *)v->data; }

/* A flat vector with uninitialised data (LIST, MAP: offsets uninitialised, children NULL; STRUCT:
 * children made alike), no NULLs, no errors. */
Vector *vector_new(Arena *arena, const Type *type, uint32_t row_count);
/* Every row NULL; constant. */
Vector *vector_null(Arena *arena, const Type *type, uint32_t row_count);
/* A constant of `row_count` rows out of row `row_i` of `from` (borrowed, not copied). */
Vector *vector_constant_of(Arena *arena, const Vector *from, uint32_t row_i, uint32_t row_count);
/* Gives `v` a bitmap of its own (all valid) if it has none, and returns it. */
uint64_t *vector_need_valid(Arena *arena, Vector *v);
void vector_set_null(Arena *arena, Vector *v, uint32_t row_i);
/* Notes that row_i of `v` could not be computed; the first error of a row stays. */
void vector_set_error(Arena *arena, Vector *v, uint32_t row_i, const char *class_name,
                      const char *sqlstate, const char *format, ...) PRINTF(6, 7);
/* The same of an error met elsewhere, its place with it. */
void vector_copy_error(Arena *arena, Vector *v, uint32_t row_i, const RowError *error);
/* Errors that have no place yet were made at `span`. */
void vector_place_errors(Vector *v, Span span);
bool row_error_tell(const RowError *error, Error *err); /* false */
const RowError *vector_error(const Vector *v, uint32_t row_i); /* NULL: none */
/* Adds the errors of `from` to `v` (both of the same number of rows; constants spread). */
void vector_merge_errors(Arena *arena, Vector *v, const Vector *from);

uint32_t vector_null_count(const Vector *v); /* Over row_count rows. */

/* A vector without is_constant at any level; `v` itself if it is flat already. */
const Vector *vector_flatten(Arena *arena, const Vector *v);
/* Row i of the result is row rows[i] of `v`: filter, sort, join, exchange. STR views are shared. */
Vector *vector_select(Arena *arena, const Vector *v, const uint32_t *rows, uint32_t row_count);
/* Rows from .. to as a vector that shares what it can. */
Vector *vector_slice(Arena *arena, const Vector *v, uint32_t from, uint32_t row_count);
/* All rows of all parts, in order. All of type `type`. */
Vector *vector_concat(Arena *arena, const Type *type, const Vector *const *parts,
                      uint32_t part_count);
/* Deep: the bytes of strings too, so that nothing of `v`'s memory is needed any more. */
Vector *vector_copy(Arena *arena, const Vector *v);
/* Borrows an equal type that lives as long as the vector, in its parts too. */
void vector_adopt_type(Vector *v, const Type *type);

/* SQL's order of two values that are not NULL: -1, 0, 1. NaN is above all and equal to itself, -0.0
 * equals 0.0; arrays and structs element by element, NULL elements first. Same type both. */
int vector_compare(const Vector *a, uint32_t a_row, const Vector *b, uint32_t b_row);
/* Same value, NULL equal to NULL (grouping, DISTINCT, <=>); also of MAP. */
bool vector_same(const Vector *a, uint32_t a_row, const Vector *b, uint32_t b_row);

bool vector_verify(const Vector *v); /* Walks everything; for DEBUG_ASSERT. */

/*
 * A vector built row by row, for results whose size is not known (arrays, decoded text, results of
 * joins). Values are appended; nested ones through the children's builders.
 */
typedef struct VectorBuilder VectorBuilder;
struct VectorBuilder {
    Arena *arena;
    const Type *type;
    uint32_t row_count;
    uint32_t capacity;
    void *data;
    uint64_t *valid; /* Allocated at the first NULL. */
    uint32_t *offsets;
    VectorBuilder *children;
};

void builder_init(VectorBuilder *b, Arena *arena, const Type *type, uint32_t capacity);
void builder_add_null(VectorBuilder *b);
void builder_add_bool(VectorBuilder *b, bool value);
void builder_add_i8(VectorBuilder *b, int8_t value);
void builder_add_i16(VectorBuilder *b, int16_t value);
void builder_add_i32(VectorBuilder *b, int32_t value);
void builder_add_i64(VectorBuilder *b, int64_t value);
void builder_add_f32(VectorBuilder *b, float value);
void builder_add_f64(VectorBuilder *b, double value);
void builder_add_i128(VectorBuilder *b, Int128 value);
void builder_add_str(VectorBuilder *b, Str view); /* The view, not the bytes. */
void builder_add_interval(VectorBuilder *b, Interval value);
/* LIST, MAP: call after the elements were added to the children: ends the row there.
 * STRUCT: after one value was added to every child. */
void builder_end_row(VectorBuilder *b);
/* A copy of one value of a vector of the same type; views of strings are shared. */
void builder_add_from(VectorBuilder *b, const Vector *v, uint32_t row_i);
Vector *builder_finish(VectorBuilder *b); /* The builder is used up. */

#endif
