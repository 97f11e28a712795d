/*
 * function.h: the one catalog of functions: signatures, result types, kernels, documentation.
 *
 * A function is a row of a table (catalog_*.c: one file per family), never a case in a switch. What
 * a row says is enough to bind a call (find the overload, insert implicit casts, compute the result
 * type), to run it, to print docs/functions.md and to answer DESCRIBE FUNCTION.
 *
 * Kernels work on whole columns. The frame around a kernel (eval.c) does what is common:
 *  - FN_STRICT (most): a NULL argument makes the result NULL; errors of arguments are merged into
 *    the result. The kernel computes every row, NULL ones included (their data may be read without
 *    harm, vector.h 1), and must record an error only for rows whose arguments are all valid.
 *  - without FN_STRICT the kernel handles NULLs and errors itself (CASE, COALESCE, AND, concat_ws).
 *  - unless FN_CONSTANTS is set, constant arguments are flattened first; when all arguments are
 *    constant and the function is deterministic, it runs on one row and the result is constant.
 *  - batch in, batch out: kernel args have row_count rows, the result must have row_count rows.
 */
#ifndef WEIR_EXPR_FUNCTION_H
#define WEIR_EXPR_FUNCTION_H

#include "expr/context.h"
#include "expr/expr.h"

typedef enum FunctionClass {
    FUNCTION_SCALAR,
    FUNCTION_AGGREGATE, /* aggregate.h */
    FUNCTION_WINDOW,    /* Only over a window: row_number, rank, lag, … */
    FUNCTION_GENERATOR, /* explode, inline, stack, … : rows out of a row (generator.h) */
    FUNCTION_TABLE,     /* range(): in FROM */
} FunctionClass;

enum {
    FN_STRICT = BIT(0),
    FN_CONSTANTS = BIT(1),        /* The kernel takes constant vectors as they are. */
    FN_NONDETERMINISTIC = BIT(2), /* rand, uuid, current_timestamp is not (fixed for a statement) */
    FN_HIDDEN = BIT(3),           /* Not to be called by name: operators, casts, internal. */
    FN_NULL_ON_ERROR = BIT(4),    /* try_…: errors become NULL. */
    FN_LAMBDA = BIT(5),           /* Some arguments are lambdas. */
    FN_STREAM_UNSAFE =
        BIT(6),            /* Spark's streaming refuses it; weir check --engine spark says so. */
    FN_RIGHT_FIRST = BIT(8),/* Two arguments, the second looked at first (Spark's division). */
    FN_STATEMENT = BIT(7), /* Fixed for a statement or epoch (current_date): never folded. */
};

/* What a call of rand() and its like remembers from one batch to the next. */
typedef struct CallState {
    Arena *arena;       /* Of what `data` needs; lives as long as the state. */
    void *data;         /* NULL at first; of the kernel's making. */
    uint32_t partition; /* Which of several workers this is: each has random numbers of its own. */
} CallState;

typedef struct KernelCall {
    const Expr *expr; /* The call: its type, data, span. */
    const SqlContext *sql;
    Arena *arena; /* Of the batch. */
    const Vector *const *args;
    uint32_t arg_count;
    uint32_t row_count;
    struct LambdaFrame *lambdas; /* Higher-order functions: eval.h */
    CallState *state; /* FN_NONDETERMINISTIC: what the call remembers; others: NULL. */
} KernelCall;

/* Returns the result: of expr->type, row_count rows. */
typedef Vector *(*Kernel)(const KernelCall *call);

/* What bind sees and sets; it may also put another `fn` in. On failure it returns false with a
 * class in err; the binder puts the place. Argument nodes may be replaced (casts put in). */
typedef struct BindCall {
    Arena *arena;
    const SqlContext *sql;
    const Function *fn;
    Expr **args;
    uint32_t arg_count;
    Span span;
    const Type *target; /* cast: the type asked for. Else NULL. */
    /* Set by bind: */
    Expr *result; /* The call is this expression (nvl is coalesce); then no more is needed. */
    const Type *type;
    bool ignore_nulls; /* AGGREGATE, WINDOW: an argument said so. */
    bool nullable; /* Preset: any argument is nullable (FN_STRICT), else true. */
    void *data;
} BindCall;

/* GENERATOR: all rows made of all input rows (generator.h). */
struct GeneratorRows;
typedef void (*Generator)(const KernelCall *call, struct GeneratorRows *out);

typedef bool (*FunctionBind)(BindCall *call, Error *err);

struct Function {
    const char *name;
    FunctionClass class_;
    uint32_t flags;
    int8_t arg_min;
    int8_t arg_max; /* -1: any number */
    /* Checks and casts the arguments, sets the result type. For simple functions bind_signature,
     * which reads `signature`. */
    FunctionBind bind;
    const char *signature; /* "(string, int) -> string"; overloads separated by ';' (function.c) */
    Kernel kernel; /* SCALAR; NULL where bind always puts another call in (BindCall.result) */
    const struct AggregateMethods *aggregate; /* AGGREGATE, and WINDOW where it serves as one */
    /* FN_LAMBDA: see function_lambda_types. NULL: none. Arguments below lambda_from are none. */
    uint8_t lambda_from;
    bool (*lambda_types)(Arena *arena, const Function *fn, Expr *const *args, uint32_t arg_count,
                         uint32_t arg_i, uint32_t parameter_count, Field *parameters, Error *err);
    Generator generate;  /* GENERATOR */
    const void *extra;   /* For a family's shared kernel: what makes this row of it different. */
    /* Names of the parameters, for f(x => 1), with defaults: "str, upperChar='X'". NULL: none. */
    const char *parameters;
    const char *group;   /* "string", "date", … for the documentation */
    const char *doc;     /* One line. */
    const char *example; /* "upper('a') = 'A'": printed, and run by a test */
};

/* By name (any case; aliases are rows of their own), or NULL. */
const Function *function_find(Str name);
/* The nearest name by edit distance, for "did you mean"; NULL: none near. */
const char *function_suggest(Str name);
/* All rows, sorted by group then name, for documentation and SHOW FUNCTIONS; NULL after the last.
 */
const Function *function_at(size_t i);
void functions_print_markdown(StrBuf *out);

/* Binds a call of a SCALAR function: arguments are bound expressions (lambdas already bound: see
 * function_lambda_types). False: err has class and text (WRONG_NUM_ARGS.WITHOUT_SUGGESTION,
 * DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE, …). */
bool function_call(Arena *arena, const SqlContext *sql, const Function *fn, Expr *const *args,
                   uint32_t arg_count, Span span, Expr **out, Error *err);
/* Whether it takes so many arguments; else WRONG_NUM_ARGS.WITHOUT_SUGGESTION. A call asks for itself; the
 * binder asks before it looks at lambdas, OVER and the like, as Spark does. */
bool function_takes(Arena *arena, const Function *fn, uint32_t arg_count, Error *err);
/* By name: for rules and operators inside the engine ("=", "+", "and", "not", "case", …). */
bool function_call_named(Arena *arena, const SqlContext *sql, const char *name, Expr *const *args,
                         uint32_t arg_count, Span span, Expr **out, Error *err);
/* An AGGREGATE or WINDOW-class call: sets type and data; the binder fills distinct, filter, … */
bool function_call_aggregate(Arena *arena, const SqlContext *sql, const Function *fn,
                             Expr *const *args, uint32_t arg_count, Span span, Expr **out,
                             Error *err);
/* For argument `arg_i` of a higher-order function that is a lambda of `parameter_count`
 * parameters: their types, given the other arguments bound so far (NULL for lambdas). */
bool function_lambda_types(Arena *arena, const Function *fn, Expr *const *args, uint32_t arg_count,
                           uint32_t arg_i, uint32_t parameter_count, Field *parameters, Error *err);

/* e.name: a field of a struct, the fields of an array of structs, a value of a map. */
bool expr_field(Arena *arena, const SqlContext *sql, Expr *e, Str name, Span span, Expr **out,
                Error *err);

/* A cast (or try_cast); DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION when there is none. None is needed
 * to the type that is there; but one that the user wrote makes a literal something else than a literal:
 * 1.5 * 2 is of other digits than 1.5 * CAST(2 AS INT). */
bool expr_cast_written(Arena *arena, const SqlContext *sql, Expr *e, const Type *to, bool try_,
                       Span span, Expr **out, Error *err);
bool expr_cast(Arena *arena, const SqlContext *sql, Expr *e, const Type *to, bool try_, Span span,
               Expr **out, Error *err);
/* Implicitly, as ANSI type coercion allows: false (err untouched) when it does not. */
bool expr_coerce(Arena *arena, const SqlContext *sql, Expr *e, const Type *to, Expr **out);
/* The type to which values of both are brought (UNION, CASE, IN, =), or NULL (ANSI rules). */
const Type *type_common(Arena *arena, const Type *a, const Type *b);
/* The same over literals: Spark lets a string literal take the other side's type. */
const Type *expr_common_type(Arena *arena, Expr *const *exprs, uint32_t count);
/* On storing into a column (INSERT, sinks): store-assignment policy ANSI. */
bool expr_store_cast(Arena *arena, const SqlContext *sql, Expr *e, const Type *to, Span span,
                     Expr **out, Error *err);

#endif
