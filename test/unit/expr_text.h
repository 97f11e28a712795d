/*
 * expr_text.h: expressions from text, for tests of expr/ without the SQL front end: literals,
 * calls, operators, casts, lambdas, columns as $0. Not SQL: only as much of it as these tests need.
 *
 * expect_text evaluates a text in several forms that must agree: as constants; with every literal a
 * column of its own, flat, with NULLs in the rows between; with those columns constant.
 */
#ifndef WEIR_TEST_EXPR_TEXT_H
#define WEIR_TEST_EXPR_TEXT_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "column/format_value.h"
#include "expr/eval.h"
#include "expr/function.h"
#include "unit.h"

typedef enum ExprForm { FORM_LITERALS, FORM_FLAT, FORM_CONSTANT } ExprForm;

enum { FORM_ROWS = 3 }; /* The value, NULL, the value. */

typedef struct ExprText {
    Arena *arena;
    SqlContext sql;
    const char *next;
    ExprForm form;
    VEC(Vector *) columns;
    /* Names of lambda parameters, innermost last. */
    struct {
        Str names[4];
        Field fields[4];
        uint32_t count;
    } scopes[4];
    uint32_t scope_count;
    Error err;
    jmp_buf failed;
} ExprText;

static Expr *text_expr(ExprText *t, int level);

NORETURN static void text_fail(ExprText *t)
{
    longjmp(t->failed, 1);
}

static void text_space(ExprText *t)
{
    while (*t->next == ' ' || *t->next == '\n')
        t->next++;
}

static bool text_take(ExprText *t, const char *token)
{
    size_t bytes = strlen(token);

    text_space(t);
    if (strncasecmp(t->next, token, bytes) != 0)
        return false;
    if (isalpha((unsigned char)token[bytes - 1]) &&
        (isalnum((unsigned char)t->next[bytes]) || t->next[bytes] == '_'))
        return false;
    t->next += bytes;
    return true;
}

static void text_need(ExprText *t, const char *token)
{
    if (!text_take(t, token)) {
        error_set(&t->err, ERROR_USER, "'%s' expected before '%s'", token, t->next);
        text_fail(t);
    }
}

static Expr *text_call(ExprText *t, const char *name, Expr **args, uint32_t count)
{
    const Function *fn = function_find(str_of(name));
    Expr *out;

    if (!fn) {
        error_set_class(&t->err, ERROR_USER, "UNRESOLVED_ROUTINE", "42883", "no function '%s'",
                        name);
        text_fail(t);
    }
    if (!function_call(t->arena, &t->sql, fn, args, count, (Span){0}, &out, &t->err))
        text_fail(t);
    return out;
}

/* A literal, or in the other forms a column that holds it. */
static Expr *text_literal(ExprText *t, const Vector *value)
{
    Vector *column;

    if (t->form == FORM_LITERALS)
        return expr_literal(t->arena, value, (Span){0});
    column = vector_constant_of(t->arena, value, 0, FORM_ROWS);
    if (t->form == FORM_FLAT) {
        VectorBuilder b;

        builder_init(&b, t->arena, value->type, FORM_ROWS);
        for (int i = 0; i < FORM_ROWS; i++) {
            if (i == 1 || !vector_is_valid(value, 0))
                builder_add_null(&b);
            else
                builder_add_from(&b, value, 0);
        }
        column = builder_finish(&b);
    }
    VEC_ADD_IN(t->arena, &t->columns, column);
    return expr_column(t->arena, (uint32_t)t->columns.count - 1, value->type, true, (Span){0});
}

static Str text_quoted(ExprText *t)
{
    char *out = arena_alloc(t->arena, strlen(t->next));
    uint32_t bytes = 0;

    t->next++;
    while (*t->next && !(*t->next == '\'' && t->next[1] != '\'')) {
        if (*t->next == '\'')
            t->next++;
        out[bytes++] = *t->next++;
    }
    if (*t->next)
        t->next++;
    return (Str){out, bytes};
}

static Expr *text_cast_literal(ExprText *t, Str value, const Type *type)
{
    Expr *e = expr_literal_string(t->arena, value, (Span){0});
    const Vector *v;

    if (!expr_cast(t->arena, &t->sql, e, type, false, (Span){0}, &e, &t->err) ||
        !expr_eval_constant(t->arena, &t->sql, e, &v, &t->err))
        text_fail(t);
    return text_literal(t, v);
}

static Expr *text_number(ExprText *t)
{
    const char *start = t->next;
    bool point = false, exponent = false;
    const Type *type = &type_int;
    Str digits;

    t->next += *t->next == '-';
    while (isdigit((unsigned char)*t->next) || (*t->next == '.' && !point) ||
           ((*t->next == 'e' || *t->next == 'E') && !exponent)) {
        point |= *t->next == '.';
        if (tolower((unsigned char)*t->next) == 'e') {
            exponent = true;
            if (t->next[1] == '-')
                t->next++;
        }
        t->next++;
    }
    digits = (Str){start, (uint32_t)(t->next - start)};
    if (text_take(t, "L"))
        type = &type_bigint;
    else if (text_take(t, "S"))
        type = &type_smallint;
    else if (text_take(t, "Y"))
        type = &type_tinyint;
    else if (text_take(t, "F"))
        type = &type_float;
    else if (text_take(t, "D") || exponent)
        type = &type_double;
    else if (point) {
        int scale = (int)(digits.bytes - 1 - (uint32_t)str_find_char(digits, '.'));
        int whole = (int)str_find_char(digits, '.');

        whole -= digits.data[0] == '-';
        if (digits.data[digits.data[0] == '-'] == '0')
            whole--;
        type = type_decimal(t->arena, MAX(whole + scale, 1), scale);
    }
    return text_cast_literal(t, digits, type);
}

static const Type *text_type(ExprText *t)
{
    const char *start;
    int depth = 0;
    const Type *type;

    text_space(t);
    start = t->next;
    while (*t->next && (depth || !strchr("),+=", *t->next))) {
        if (*t->next == '(' || *t->next == '<')
            depth++;
        if (*t->next == ')' || *t->next == '>')
            depth--;
        t->next++;
    }
    if (!type_parse(t->arena, str_trim((Str){start, (uint32_t)(t->next - start)}), &type, &t->err))
        text_fail(t);
    return type;
}

static Expr *text_case(ExprText *t)
{
    Expr *args[16];
    uint32_t count = 0;

    while (text_take(t, "WHEN")) {
        args[count++] = text_expr(t, 0);
        text_need(t, "THEN");
        args[count++] = text_expr(t, 0);
    }
    if (text_take(t, "ELSE"))
        args[count++] = text_expr(t, 0);
    text_need(t, "END");
    return text_call(t, "case", args, count);
}

/* Whether a lambda begins here: `x ->` or `(x, y) ->`; its parameters' names. */
static uint32_t text_lambda_names(ExprText *t, Str names[4])
{
    const char *at = t->next;
    bool parens;
    uint32_t count = 0;

    while (*at == ' ')
        at++;
    parens = *at == '(';
    at += parens;
    for (;;) {
        const char *start;

        while (*at == ' ')
            at++;
        start = at;
        while (isalnum((unsigned char)*at))
            at++;
        if (at == start || count == 4)
            return 0;
        names[count++] = (Str){start, (uint32_t)(at - start)};
        while (*at == ' ')
            at++;
        if (!parens || *at != ',')
            break;
        at++;
    }
    if (parens && *at++ != ')')
        return 0;
    while (*at == ' ')
        at++;
    if (strncmp(at, "->", 2) != 0)
        return 0;
    t->next = at + 2;
    return count;
}

static Expr *text_lambda(ExprText *t, const Function *fn, Expr **args, uint32_t arg_i, Str *names,
                         uint32_t count)
{
    Expr *lambda = ARENA_NEW(t->arena, Expr);
    Field *fields = t->scopes[t->scope_count].fields;

    if (!function_lambda_types(t->arena, fn, args, arg_i + 1, arg_i, count, fields, &t->err))
        text_fail(t);
    memcpy(t->scopes[t->scope_count].names, names, count * sizeof *names);
    t->scopes[t->scope_count++].count = count;
    lambda->kind = EXPR_LAMBDA;
    lambda->arg_count = count;
    lambda->body = text_expr(t, 0);
    lambda->type = lambda->body->type;
    lambda->nullable = lambda->body->nullable;
    t->scope_count--;
    return lambda;
}

static Expr *text_lambda_arg(ExprText *t, Str name)
{
    for (uint32_t depth = 0; depth < t->scope_count; depth++) {
        uint32_t s = t->scope_count - 1 - depth;

        for (uint32_t p = 0; p < t->scopes[s].count; p++) {
            if (str_equal(t->scopes[s].names[p], name)) {
                Expr *e = ARENA_NEW(t->arena, Expr);

                e->kind = EXPR_LAMBDA_ARG;
                e->type = t->scopes[s].fields[p].type;
                e->nullable = t->scopes[s].fields[p].nullable;
                e->column_i = p;
                e->lambda_depth = (uint8_t)depth;
                return e;
            }
        }
    }
    return NULL;
}

/* INTERVAL '36' HOUR, INTERVAL '1-2' YEAR TO MONTH */
static Expr *text_interval(ExprText *t)
{
    Str value = text_quoted(t);
    const char *start;
    const Type *type;

    text_space(t);
    start = t->next;
    while (isalpha((unsigned char)*t->next))
        t->next++;
    if (text_take(t, "TO")) {
        text_space(t);
        while (isalpha((unsigned char)*t->next))
            t->next++;
    }
    if (!type_parse(t->arena,
                    str_of(arena_printf(t->arena, "interval %.*s", (int)(t->next - start), start)),
                    &type, &t->err))
        text_fail(t);
    return text_cast_literal(t, value, type);
}

static bool text_is_unit(const char *name)
{
    static const char *const names[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static Expr *text_name(ExprText *t)
{
    char name[64];
    uint32_t bytes = 0, count = 0;
    bool quoted = *t->next == '`';
    Expr *args[32], *e;
    const Type *type;

    t->next += quoted;
    while (quoted ? *t->next != '`' : isalnum((unsigned char)*t->next) || *t->next == '_')
        name[bytes++] = *t->next++;
    t->next += quoted;
    name[bytes] = '\0';
    if (!strcasecmp(name, "null"))
        return expr_literal_null(t->arena, &type_void, (Span){0});
    if (!strcasecmp(name, "true") || !strcasecmp(name, "false"))
        return text_cast_literal(t, str_of(name), &type_boolean);
    if (!strcasecmp(name, "case"))
        return text_case(t);
    if (t->next[0] == ' ' && t->next[1] == '\'') /* DATE '…' */
        t->next++;
    text_space(t);
    if (!strcasecmp(name, "interval") && *t->next == '\'')
        return text_interval(t);
    if (*t->next == '\'') {
        if (!strcasecmp(name, "x")) {
            Str hex = text_quoted(t);
            Vector *v = vector_new(t->arena, &type_binary, 1);
            char *out = arena_alloc(t->arena, hex.bytes / 2 + 1);

            for (uint32_t i = 0; i < hex.bytes / 2; i++) {
                char digits[3] = {hex.data[2 * i], hex.data[2 * i + 1], '\0'};

                out[i] = (char)strtol(digits, NULL, 16);
            }
            vector_strs(v)[0] = (Str){out, hex.bytes / 2};
            return text_literal(t, v);
        }
        if (!type_parse(t->arena, str_of(name), &type, &t->err))
            text_fail(t);
        return text_cast_literal(t, text_quoted(t), type);
    }
    text_space(t);
    /* A unit, as in dateadd(DAY, …) and extract(YEAR FROM …). */
    if (text_is_unit(name) && (*t->next == ',' || text_take(t, "FROM")))
        return expr_literal_string(t->arena, str_of(name), (Span){0});
    e = text_lambda_arg(t, (Str){name, bytes});
    if (e && *t->next != '(')
        return e;
    text_need(t, "(");
    while (!text_take(t, ")")) {
        Str names[4];
        uint32_t lambda = text_lambda_names(t, names);

        if (lambda) {
            const Function *fn = function_find(str_of(name));

            args[count] = NULL;
            if (!fn)
                text_fail(t);
            args[count] = text_lambda(t, fn, args, count, names, lambda);
        } else {
            args[count] = text_expr(t, 0);
        }
        count++;
        if (text_take(t, "as")) {
            bool try_ = !strcasecmp(name, "try_cast");

            type = text_type(t);
            text_need(t, ")");
            if (!expr_cast(t->arena, &t->sql, args[0], type, try_, (Span){0}, &e, &t->err))
                text_fail(t);
            return e;
        }
        text_take(t, ",");
    }
    return text_call(t, name, args, count);
}

static Expr *text_primary(ExprText *t)
{
    Expr *e, *args[2];

    text_space(t);
    if (text_take(t, "(")) {
        e = text_expr(t, 0);
        text_need(t, ")");
    } else if (*t->next == '\'') {
        Vector *v = vector_new(t->arena, &type_string, 1);

        vector_strs(v)[0] = text_quoted(t);
        e = text_literal(t, v);
    } else if (isdigit((unsigned char)*t->next) || *t->next == '.' ||
               (*t->next == '-' && isdigit((unsigned char)t->next[1]))) {
        e = text_number(t);
    } else if (*t->next == '$') {
        uint32_t column = (uint32_t)strtoul(t->next + 1, NULL, 10);

        while (isdigit((unsigned char)*++t->next))
            ;
        e = expr_column(t->arena, column, t->columns.items[column]->type, true, (Span){0});
    } else if (text_take(t, "-")) {
        args[0] = text_primary(t);
        return text_call(t, "negative", args, 1);
    } else if (text_take(t, "~")) {
        args[0] = text_primary(t);
        return text_call(t, "~", args, 1);
    } else {
        e = text_name(t);
    }
    for (;;) {
        text_space(t);
        if (text_take(t, "[")) {
            args[0] = e;
            args[1] = text_expr(t, 0);
            text_need(t, "]");
            e = text_call(t, "[]", args, 2);
        } else if (*t->next == '.') {
            const char *start = ++t->next;

            while (isalnum((unsigned char)*t->next))
                t->next++;
            if (!expr_field(t->arena, &t->sql, e, (Str){start, (uint32_t)(t->next - start)},
                            (Span){0}, &e, &t->err))
                text_fail(t);
        } else if (text_take(t, "::")) {
            if (!expr_cast(t->arena, &t->sql, e, text_type(t), false, (Span){0}, &e, &t->err))
                text_fail(t);
        } else {
            return e;
        }
    }
}

static Expr *text_suffix(ExprText *t, Expr *left)
{
    Expr *args[16] = {left};
    uint32_t count = 1;

    if (text_take(t, "IS NULL"))
        return text_call(t, "isnull", args, 1);
    if (text_take(t, "IS NOT NULL"))
        return text_call(t, "isnotnull", args, 1);
    if (text_take(t, "IN")) {
        text_need(t, "(");
        while (!text_take(t, ")")) {
            args[count++] = text_expr(t, 0);
            text_take(t, ",");
        }
        return text_call(t, "in", args, count);
    }
    return NULL;
}

static Expr *text_expr(ExprText *t, int level)
{
    static const char *const levels[][8] = {
        {"or"},
        {"and"},
        {"<=>", "<>", "<=", ">=", "<", ">", "=", "like"},
        {"|"},
        {"^"},
        {"&"},
        {"||", "+", "-"},
        {"*", "/", "%", "div"},
    };
    Expr *left, *args[2], *suffixed;

    if (level == (int)COUNT_OF(levels))
        return text_primary(t);
    if (level == 2 && text_take(t, "not")) {
        args[0] = text_expr(t, 2);
        return text_call(t, "not", args, 1);
    }
    left = text_expr(t, level + 1);
    for (;;) {
        const char *found = NULL;

        if (level == 2 && (suffixed = text_suffix(t, left))) {
            left = suffixed;
            continue;
        }
        for (size_t i = 0; i < COUNT_OF(levels[0]) && levels[level][i] && !found; i++) {
            text_space(t);
            if (level == 3 && t->next[0] == '|' && t->next[1] == '|')
                break;
            if (level == 6 && t->next[0] == '-' && t->next[1] == '>')
                break;
            if (text_take(t, levels[level][i]))
                found = levels[level][i];
        }
        if (!found)
            return left;
        args[0] = left;
        args[1] = text_expr(t, level + 1);
        left = text_call(t, found, args, 2);
    }
}

UNUSED static void text_init(ExprText *t, Arena *arena)
{
    memset(t, 0, sizeof *t);
    t->arena = arena;
    t->sql.ansi = true;
    t->sql.zone = zone_utc();
    t->sql.user = STR("tester");
    t->sql.database = STR("default");
    t->sql.catalog = STR("spark_catalog");
}

/* The expression, or NULL and t->err. */
UNUSED static Expr *text_parse(ExprText *t, const char *text)
{
    Expr *e;

    t->next = text;
    t->scope_count = 0;
    if (setjmp(t->failed))
        return NULL;
    e = text_expr(t, 0);
    text_space(t);
    if (*t->next) {
        error_set(&t->err, ERROR_USER, "unread: '%s'", t->next);
        return NULL;
    }
    return e;
}

/* Row i as text: NULL, a value, or `!CLASS`. */
UNUSED static const char *text_row(ExprText *t, const Vector *v, uint32_t row_i)
{
    StrBuf out;
    char *copy;

    if (vector_has_error(v, row_i))
        return arena_printf(t->arena, "!%s", vector_error(v, row_i)->class_name);
    if (!vector_is_valid(v, row_i))
        return "NULL";
    strbuf_init(&out);
    value_to_text(&out, v, vector_row(v, row_i), t->sql.zone);
    copy = arena_strdup(t->arena, strbuf_c(&out));
    strbuf_done(&out);
    return copy;
}

UNUSED static Vector *text_eval(ExprText *t, const Expr *e, uint32_t row_count)
{
    Program *program = program_compile(t->arena, &e, 1);
    Batch *batch = batch_new(t->arena, (uint32_t)t->columns.count, row_count);
    Vector *out;

    for (size_t c = 0; c < t->columns.count; c++)
        batch->columns[c] = t->columns.items[c];
    program_eval(program, &t->sql, t->arena, batch, &out);
    assert_int_equal(out->row_count, row_count);
    assert_true(vector_verify(out));
    return out;
}

static void expect_form(ExprForm form, const char *zone, const char *text, const char *type,
                        const char *value)
{
    Arena arena;
    ExprText t;
    Expr *e;
    Vector *out;
    uint32_t rows = form == FORM_LITERALS ? 1 : FORM_ROWS;
    const char *actual;

    arena_init(&arena);
    text_init(&t, &arena);
    t.form = form;
    if (zone)
        assert_ok(zone_find(str_of(zone), &t.sql.zone, &err));
    e = text_parse(&t, text);
    if (!e) {
        const char *class_name = t.err.class_name ? t.err.class_name : "";

        if (form == FORM_LITERALS && (*value != '!' || strcmp(class_name, value + 1) != 0))
            fail_msg("%s: expected %s, got %s %s", text, value, class_name, t.err.text);
        arena_done(&arena);
        return;
    }
    /* A literal decides types and precisions where a column cannot: then the forms differ. */
    if (form != FORM_LITERALS && type && strcmp(type_name_in(&arena, e->type), type) != 0) {
        arena_done(&arena);
        return;
    }
    if (type)
        assert_string_equal(type_name_in(&arena, e->type), type);
    out = text_eval(&t, e, rows);
    for (uint32_t i = 0; i < rows; i++) {
        if (i == 1 && form == FORM_FLAT)
            continue;
        actual = text_row(&t, out, i);
        if (strcmp(actual, value) != 0)
            fail_msg("%s (form %d, row %u): expected %s, got %s %s", text, (int)form, i, value,
                     actual, *actual == '!' ? vector_error(out, i)->text : "");
    }
    arena_done(&arena);
}

/* `value`: as CAST(… AS STRING) writes it, NULL, or !ERROR_CLASS (of binding or of the row). `type`
 * may be NULL: any. */
UNUSED static void expect_text(const char *text, const char *type, const char *value)
{
    for (int form = FORM_LITERALS; form <= FORM_CONSTANT; form++)
        expect_form((ExprForm)form, NULL, text, type, value);
}

UNUSED static void expect_text_in(const char *zone, const char *text, const char *type,
                                  const char *value)
{
    for (int form = FORM_LITERALS; form <= FORM_CONSTANT; form++)
        expect_form((ExprForm)form, zone, text, type, value);
}

typedef struct Expected {
    const char *text, *type, *value;
} Expected;

UNUSED static void expect_all(const Expected *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect_text(table[i].text, table[i].type, table[i].value);
}

#define EXPECT_ALL(table) expect_all((table), COUNT_OF(table))

#endif
