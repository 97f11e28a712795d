/*
 * signature.c: overloads as text, matched against the arguments of a call (bind.h has the grammar).
 *
 * The overload taken is the one with the most arguments that fit as they are; the others must fit
 * by implicit casts. Text is parsed at each call: binding is rare, and the table stays readable.
 */
#include <ctype.h>

#include "base/assert.h"
#include "expr/bind.h"

typedef enum PatternKind {
    PATTERN_TYPE, /* Exactly `type`. */
    PATTERN_ANY,
    PATTERN_NUMERIC,
    PATTERN_INTEGRAL,
    PATTERN_FRACTIONAL,
    PATTERN_DECIMAL,
    PATTERN_TIMESTAMPS,
    PATTERN_DT,
    PATTERN_YM,
    PATTERN_ARRAY, /* Of items[0], or of anything. */
    PATTERN_MAP,   /* Of items[0] to items[1], or of anything. */
    PATTERN_STRUCT,
    PATTERN_VARIABLE, /* T, K, V */
    PATTERN_ARGUMENT, /* $1: result only. */
} PatternKind;

typedef struct Pattern Pattern;
struct Pattern {
    PatternKind kind;
    bool constant;
    bool exact;        /* No implicit cast, save of NULL. */
    char variable;     /* VARIABLE: its letter; ARGUMENT: its digit. */
    const Type *type;  /* TYPE */
    Pattern *items[2]; /* ARRAY, MAP; NULL: anything. */
};

enum { PATTERN_MAX = 16 };

typedef struct Overload {
    Pattern *args[PATTERN_MAX];
    uint32_t arg_count;
    bool repeats; /* The last may stand any number of times. */
    Pattern *result;
} Overload;

/* What T, K, V stand for so far; NULL: nothing yet. */
typedef struct Bindings {
    const Type *types[26];
} Bindings;

/* ── reading ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct Reader {
    Arena *arena;
    const char *next;
} Reader;

static void skip_space(Reader *r)
{
    while (*r->next == ' ')
        r->next++;
}

static bool take(Reader *r, const char *text)
{
    size_t bytes = strlen(text);

    skip_space(r);
    if (strncmp(r->next, text, bytes) != 0)
        return false;
    r->next += bytes;
    return true;
}

static const struct {
    const char *word;
    PatternKind kind;
} pattern_words[] = {
    {"any", PATTERN_ANY},
    {"numeric", PATTERN_NUMERIC},
    {"integral", PATTERN_INTEGRAL},
    {"fractional", PATTERN_FRACTIONAL},
    {"decimal", PATTERN_DECIMAL},
    {"timestamps", PATTERN_TIMESTAMPS},
    {"dt", PATTERN_DT},
    {"ym", PATTERN_YM},
    {"array", PATTERN_ARRAY},
    {"map", PATTERN_MAP},
    {"struct", PATTERN_STRUCT},
};

static Pattern *read_pattern(Reader *r);

static void read_items(Reader *r, Pattern *p)
{
    if (!take(r, "<"))
        return;
    p->items[0] = read_pattern(r);
    if (take(r, ","))
        p->items[1] = read_pattern(r);
    bool closed = take(r, ">");
    ASSERT(closed);
}

static Pattern *read_pattern(Reader *r)
{
    Pattern *p = ARENA_NEW(r->arena, Pattern);
    const char *start;
    Str word;

    skip_space(r);
    if (*r->next == '$') {
        p->kind = PATTERN_ARGUMENT;
        p->variable = r->next[1];
        r->next += 2;
        return p;
    }
    start = r->next;
    while (isalnum((unsigned char)*r->next) || *r->next == '_')
        r->next++;
    if (*r->next == '(') { /* decimal(8,6) */
        while (*r->next != ')')
            r->next++;
        r->next++;
    }
    word = (Str){start, (uint32_t)(r->next - start)};
    if (word.bytes == 1 && isupper((unsigned char)*start)) {
        p->kind = PATTERN_VARIABLE;
        p->variable = *start;
    } else {
        bool found = false;

        for (size_t i = 0; i < COUNT_OF(pattern_words) && !found; i++) {
            if (str_is(word, pattern_words[i].word)) {
                p->kind = pattern_words[i].kind;
                found = true;
            }
        }
        if (!found) {
            Error err = {0};
            bool known = type_parse(r->arena, word, &p->type, &err);

            ASSERT(known);
            p->kind = PATTERN_TYPE;
        }
    }
    read_items(r, p);
    p->exact = take(r, "=");
    p->constant = take(r, "!");
    return p;
}

/* Reads one overload and the ';' behind it; false at the end of the text. */
static bool read_overload(Reader *r, Overload *out)
{
    skip_space(r);
    if (!*r->next)
        return false;
    *out = (Overload){0};
    bool opened = take(r, "(");
    ASSERT(opened);
    while (!take(r, ")")) {
        ASSERT(out->arg_count < PATTERN_MAX);
        out->args[out->arg_count++] = read_pattern(r);
        if (take(r, "..."))
            out->repeats = true;
        take(r, ",");
    }
    bool arrow = take(r, "->");
    ASSERT(arrow);
    out->result = read_pattern(r);
    take(r, ";");
    return true;
}

/* ── matching ──────────────────────────────────────────────────────────────────────────────────*/

static const Type *coerced_type(const Type *from, const Type *to)
{
    if (type_is_string(from) && type_is_atomic(to))
        return to;
    return type_can_store(from, to) ? to : NULL;
}

static const Type *match(Arena *arena, const Pattern *p, const Type *type, Bindings *bindings);

static const Type *match_array(Arena *arena, const Pattern *p, const Type *type, Bindings *bindings)
{
    const Type *element;

    if (type->kind != TYPE_ARRAY && type->kind != TYPE_VOID)
        return NULL;
    if (type->kind == TYPE_VOID)
        type = type_array(arena, &type_void, true);
    if (!p->items[0])
        return type;
    element = match(arena, p->items[0], type->fields[0].type, bindings);
    if (!element || type_equal(element, type->fields[0].type))
        return element ? type : NULL;
    return type_array(arena, element, true);
}

static const Type *match_map(Arena *arena, const Pattern *p, const Type *type, Bindings *bindings)
{
    const Type *key, *value;

    if (type->kind != TYPE_MAP && type->kind != TYPE_VOID)
        return NULL;
    if (type->kind == TYPE_VOID)
        type = type_map(arena, &type_void, &type_void, true);
    if (!p->items[0])
        return type;
    key = match(arena, p->items[0], type->fields[0].type, bindings);
    value = match(arena, p->items[1], type->fields[1].type, bindings);
    return key && value ? type_map(arena, key, value, true) : NULL;
}

static const Type *match_variable(Arena *arena, const Pattern *p, const Type *type,
                                  Bindings *bindings)
{
    const Type **bound = &bindings->types[p->variable - 'A'];
    const Type *common = *bound ? type_common_no_string(arena, *bound, type) : type;

    if (common)
        *bound = common;
    return common;
}

static const Type *match_number(Arena *arena, const Pattern *p, const Type *type)
{
    switch ((int)p->kind) {
    case PATTERN_NUMERIC:
        if (type_is_numeric(type))
            return type;
        return type_is_string(type) || type->kind == TYPE_VOID ? &type_double : NULL;
    case PATTERN_INTEGRAL:
        if (type_is_integral(type))
            return type;
        return type->kind == TYPE_VOID ? &type_int : NULL;
    case PATTERN_FRACTIONAL:
        return type_is_fractional(type) ? type : coerced_type(type, &type_double);
    default: /* DECIMAL */
        if (type_is_numeric(type) || type_is_string(type) || type->kind == TYPE_VOID)
            return decimal_type(arena, decimal_of(type));
        return NULL;
    }
}

/* The type to which an argument of `type` is brought to fit the pattern; NULL: it cannot be. */
static const Type *match(Arena *arena, const Pattern *p, const Type *type, Bindings *bindings)
{
    switch (p->kind) {
    case PATTERN_TYPE:
        if (p->exact && type->kind != p->type->kind && type->kind != TYPE_VOID)
            return NULL;
        return type_equal(type, p->type) ? type : coerced_type(type, p->type);
    case PATTERN_ANY:
        return type;
    case PATTERN_NUMERIC:
    case PATTERN_INTEGRAL:
    case PATTERN_FRACTIONAL:
    case PATTERN_DECIMAL:
        return match_number(arena, p, type);
    case PATTERN_TIMESTAMPS:
        return type_is_timestamp(type) ? type : coerced_type(type, &type_timestamp);
    case PATTERN_DT:
        return type->kind == TYPE_INTERVAL_DT ? type : coerced_type(type, &type_interval_dt);
    case PATTERN_YM:
        return type->kind == TYPE_INTERVAL_YM ? type : coerced_type(type, &type_interval_ym);
    case PATTERN_ARRAY:
        return match_array(arena, p, type, bindings);
    case PATTERN_MAP:
        return match_map(arena, p, type, bindings);
    case PATTERN_STRUCT:
        return type->kind == TYPE_STRUCT ? type : NULL;
    case PATTERN_VARIABLE:
        return match_variable(arena, p, type, bindings);
    case PATTERN_ARGUMENT:
        break;
    }
    UNREACHABLE();
}

static bool is_lambda(const Expr *e)
{
    return e->kind == EXPR_LAMBDA;
}

static const Pattern *overload_pattern(const Overload *o, uint32_t arg_i)
{
    return o->args[MIN(arg_i, o->arg_count - 1)];
}

static bool overload_takes(const Overload *o, uint32_t arg_count)
{
    return o->repeats ? arg_count + 1 >= o->arg_count : arg_count == o->arg_count;
}

/* How many arguments fit as they are; -1: one does not fit at all, and *bad_i is its place. */
static int overload_score(const BindCall *call, const Overload *o, uint32_t *bad_i)
{
    Bindings bindings = {0};
    int score = 0;

    for (uint32_t i = 0; i < call->arg_count; i++) {
        const Type *type = call->args[i]->type;
        const Type *to = is_lambda(call->args[i])
                             ? type
                             : match(call->arena, overload_pattern(o, i), type, &bindings);

        if (!to) {
            *bad_i = i;
            return -1;
        }
        score += type_equal(to, type);
    }
    return score;
}

static const Type *pattern_type(const BindCall *call, const Pattern *p, const Bindings *bindings)
{
    const Type *a, *b;

    switch (p->kind) {
    case PATTERN_TYPE:
        return p->type;
    case PATTERN_VARIABLE:
        a = bindings->types[p->variable - 'A'];
        return a ? a : &type_void;
    case PATTERN_ARGUMENT:
        return call->args[p->variable - '1']->type;
    case PATTERN_ARRAY:
        return type_array(call->arena, pattern_type(call, p->items[0], bindings), true);
    case PATTERN_MAP:
        a = pattern_type(call, p->items[0], bindings);
        b = pattern_type(call, p->items[1], bindings);
        return type_map(call->arena, a, b, true);
    case PATTERN_ANY:
        return &type_void;
    case PATTERN_NUMERIC:
    case PATTERN_INTEGRAL:
    case PATTERN_FRACTIONAL:
    case PATTERN_DECIMAL:
    case PATTERN_TIMESTAMPS:
    case PATTERN_STRUCT:
        break;
    case PATTERN_DT:
        return &type_interval_dt;
    case PATTERN_YM:
        return &type_interval_ym;
    }
    UNREACHABLE();
}

static bool overload_apply(BindCall *call, const Overload *o, Error *err)
{
    Bindings bindings = {0};

    /* Twice: the first round finds what the variables stand for. */
    for (uint32_t i = 0; i < call->arg_count; i++) {
        if (!is_lambda(call->args[i]))
            match(call->arena, overload_pattern(o, i), call->args[i]->type, &bindings);
    }
    for (uint32_t i = 0; i < call->arg_count; i++) {
        const Pattern *p = overload_pattern(o, i);
        const Vector *value;

        if (is_lambda(call->args[i]))
            continue;
        bind_cast(call, i, match(call->arena, p, call->args[i]->type, &bindings));
        if (p->constant && !bind_constant(call, i, bind_ordinal(i), &value, err))
            return false;
    }
    call->type = pattern_type(call, o->result, &bindings);
    return true;
}

/* ── what went wrong ───────────────────────────────────────────────────────────────────────────*/

static void pattern_name(StrBuf *out, const Pattern *p)
{
    static const char *const names[] = {
        [PATTERN_TYPE] = "",
        [PATTERN_ANY] = "ANY",
        [PATTERN_NUMERIC] = "NUMERIC",
        [PATTERN_INTEGRAL] = "INTEGRAL",
        [PATTERN_FRACTIONAL] = "FRACTIONAL",
        [PATTERN_DECIMAL] = "DECIMAL",
        [PATTERN_TIMESTAMPS] = "(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)",
        [PATTERN_DT] = "INTERVAL DAY TO SECOND",
        [PATTERN_YM] = "INTERVAL YEAR TO MONTH",
        [PATTERN_ARRAY] = "ARRAY",
        [PATTERN_MAP] = "MAP",
        [PATTERN_STRUCT] = "STRUCT",
        [PATTERN_VARIABLE] = "ANY",
        [PATTERN_ARGUMENT] = "ANY",
    };

    if (p->kind == PATTERN_TYPE) {
        type_name_sql(out, p->type);
        return;
    }
    strbuf_add_c(out, names[p->kind]);
    if ((p->kind == PATTERN_ARRAY || p->kind == PATTERN_MAP) && p->items[0] &&
        p->items[0]->kind != PATTERN_VARIABLE) {
        strbuf_add_char(out, '<');
        pattern_name(out, p->items[0]);
        strbuf_add_char(out, '>');
    }
}

/* The types that some overload of this many arguments takes at arg_i: "INT", "(STRING OR BINARY)".
 */
static bool type_error(const BindCall *call, uint32_t arg_i, Error *err)
{
    Reader reader = {call->arena, call->fn->signature};
    Overload o;
    StrBuf names, one;
    uint32_t count = 0;

    strbuf_init(&names);
    strbuf_init(&one);
    while (read_overload(&reader, &o)) {
        if (!overload_takes(&o, call->arg_count))
            continue;
        strbuf_clear(&one);
        pattern_name(&one, overload_pattern(&o, arg_i));
        if (count && strstr(strbuf_c(&names), strbuf_c(&one)))
            continue;
        strbuf_printf(&names, "%s%s", count++ ? " OR " : "", strbuf_c(&one));
    }
    strbuf_clear(&one);
    strbuf_printf(&one, count > 1 ? "(%s)" : "%s", strbuf_c(&names));
    bind_unexpected(call, arg_i, strbuf_c(&one), err);
    strbuf_done(&names);
    strbuf_done(&one);
    return false;
}

static bool count_error(const BindCall *call, Error *err)
{
    Reader reader = {call->arena, call->fn->signature};
    Overload o;
    StrBuf text;
    uint32_t count = 0;
    uint64_t seen = 0;

    strbuf_init(&text);
    while (read_overload(&reader, &o)) {
        if (seen & BIT(o.arg_count))
            continue;
        seen |= BIT(o.arg_count);
        strbuf_printf(&text, "%s%u", count++ ? ", " : "", o.arg_count);
    }
    bind_wrong_count(
        call, count > 1 ? arena_printf(call->arena, "[%s]", strbuf_c(&text)) : strbuf_c(&text),
        err);
    strbuf_done(&text);
    return false;
}

bool bind_signature(BindCall *call, Error *err)
{
    Reader reader = {call->arena, call->fn->signature};
    Overload o, best = {0};
    int best_score = -1;
    uint32_t bad_i = 0;
    bool counted = false;

    while (read_overload(&reader, &o)) {
        uint32_t overload_bad_i = 0;
        int score;

        if (!overload_takes(&o, call->arg_count))
            continue;
        counted = true;
        score = overload_score(call, &o, &overload_bad_i);
        bad_i = MAX(bad_i, overload_bad_i);
        if (score > best_score) {
            best_score = score;
            best = o;
        }
    }
    if (!counted)
        return count_error(call, err);
    if (best_score < 0)
        return type_error(call, bad_i, err);
    return overload_apply(call, &best, err);
}
