/*
 * bind_column.c: what names of columns mean.
 *
 * `a.b.c` may be table.column.field, column.field.field, or a table called spark_catalog.default.a
 * with a column b: the readings are tried as Spark does, those with a qualifier first; the first
 * reading under which any column is found is taken, and two columns under it are AMBIGUOUS_REFERENCE.
 * Names found nowhere in the query are looked for among the earlier items of the same SELECT list,
 * then in the query around a subquery (there they become EXPR_OUTER).
 */
#include "plan/bind.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/edit_distance.h"
#include "plan/bind_group.h"

Scope *scope_new(Binder *b, const Scope *outer)
{
    Scope *scope = ARENA_NEW(b->arena, Scope);

    scope->outer = outer;
    return scope;
}

void scope_add(Binder *b, Scope *scope, ScopeColumn column)
{
    VEC_ADD_IN(b->arena, &scope->columns, column);
}

void scope_append(Binder *b, Scope *scope, const Scope *from)
{
    for (size_t i = 0; i < from->columns.count; i++)
        scope_add(b, scope, from->columns.items[i]);
}

Expr *scope_column_expr(Binder *b, const ScopeColumn *column, Span span)
{
    return expr_column(b->arena, column->id, column->type, column->nullable, span);
}

const char *bind_quoted(Binder *b, const QualifiedName *name)
{
    StrBuf text;
    const char *copy;

    strbuf_init(&text);
    for (size_t i = 0; i < name->count; i++)
        strbuf_printf(&text, "%s`%.*s`", i ? "." : "", STR_ARG(name->parts[i].text));
    copy = arena_strdup(b->arena, strbuf_c(&text));
    strbuf_done(&text);
    return copy;
}

Str qualified_text(Arena *arena, const QualifiedName *name)
{
    StrBuf text;
    Str copy;

    if (name->count == 1)
        return name->parts[0].text;
    strbuf_init(&text);
    for (size_t i = 0; i < name->count; i++)
        strbuf_printf(&text, "%s%.*s", i ? "." : "", STR_ARG(name->parts[i].text));
    copy = str_copy(arena, strbuf_str(&text));
    strbuf_done(&text);
    return copy;
}

/* ── readings of a name ────────────────────────────────────────────────────────────────────────*/

/* How many leading parts of `parts` are the column's qualifier under reading `depth`; -1: the column
 * is not meant. */
static bool qualifier_matches(const ScopeColumn *column, const Ident *parts, size_t count)
{
    if (count == 0)
        return !column->hidden;
    if (!column->table.bytes || !str_equal_nocase(column->table, parts[count - 1].text))
        return false;
    if (count == 1)
        return true;
    if (!column->persistent || !str_is_nocase(parts[count - 2].text, "default"))
        return false;
    return count == 2 || (count == 3 && str_is_nocase(parts[0].text, "spark_catalog"));
}

typedef struct Matches {
    const ScopeColumn *first;
    size_t count; /* Of different columns. */
} Matches;

static Matches scope_matches(const Scope *scope, const Ident *parts, size_t qualifier_count)
{
    Matches matches = {NULL, 0};

    for (size_t i = 0; i < scope->columns.count; i++) {
        const ScopeColumn *column = &scope->columns.items[i];

        if (!str_equal_nocase(column->name, parts[qualifier_count].text) ||
            !qualifier_matches(column, parts, qualifier_count))
            continue;
        if (matches.first && matches.first->id == column->id)
            continue;
        if (!matches.first)
            matches.first = column;
        matches.count++;
    }
    return matches;
}

static Expr *ambiguous(Binder *b, const Scope *scope, const QualifiedName *name,
                       size_t qualifier_count, Span span)
{
    StrBuf list;

    strbuf_init(&list);
    for (size_t i = 0; i < scope->columns.count; i++) {
        const ScopeColumn *column = &scope->columns.items[i];

        if (!str_equal_nocase(column->name, name->parts[qualifier_count].text) ||
            !qualifier_matches(column, name->parts, qualifier_count))
            continue;
        if (list.bytes)
            strbuf_add_c(&list, ", ");
        if (column->table.bytes)
            strbuf_printf(&list, "`%.*s`.", STR_ARG(column->table));
        strbuf_printf(&list, "`%.*s`", STR_ARG(column->name));
    }
    bind_error(b, span, "AMBIGUOUS_REFERENCE", "42704",
               "Reference %s is ambiguous, could be: [%s].", bind_quoted(b, name),
               strbuf_c(&list));
    diagnostic_remedy(b->diagnostics, "write the table's name before the column's");
    strbuf_done(&list);
    return NULL;
}

Expr *bind_struct_field(Binder *b, Expr *base, Str name, Span span, Span name_span)
{
    const Type *type = base->type;
    Error err = {0};
    Expr *out;
    Str *names, near;

    while (type->kind == TYPE_ARRAY)
        type = type->fields[0].type;
    if (expr_field(b->arena, b->sql, base, name, span, &out, &err))
        return out;
    bind_error_from(b, name_span, &err);
    if (type->kind != TYPE_STRUCT || type_field_find(type, name) >= 0)
        return NULL;
    names = ARENA_ARRAY(b->arena, Str, type->field_count + 1);
    for (uint32_t i = 0; i < type->field_count; i++)
        names[i] = type->fields[i].name;
    near = spelling_nearest(name, names, type->field_count);
    if (near.bytes)
        diagnostic_remedy(b->diagnostics, "did you mean %.*s?", STR_ARG(near));
    return NULL;
}

static Expr *fields_of(Binder *b, Expr *base, const QualifiedName *name, size_t from)
{
    for (size_t i = from; base && i < name->count; i++)
        base = bind_struct_field(b, base, name->parts[i].text, name->span, name->parts[i].span);
    return base;
}

/* In one scope, without its outer ones. */
static Expr *scope_find(Binder *b, const Scope *scope, const QualifiedName *name, bool *found)
{
    size_t longest = MIN(name->count - 1, 3);

    for (size_t qualifier_count = longest + 1; qualifier_count-- > 0;) {
        Matches matches = scope_matches(scope, name->parts, qualifier_count);

        if (!matches.count)
            continue;
        *found = true;
        if (matches.count > 1)
            return ambiguous(b, scope, name, qualifier_count, name->span);
        return fields_of(b, scope_column_expr(b, matches.first, name->span), name,
                         qualifier_count + 1);
    }
    return NULL;
}

static Expr *alias_find(Binder *b, const ExprScope *es, const QualifiedName *name, bool *found)
{
    const AliasColumn *match = NULL;

    /* GROUP BY a.f is of the input alone. */
    if (name->count > 1 && strcmp(es->clause, "GROUP BY") == 0)
        return NULL;
    for (size_t i = 0; i < es->aliases->items.count; i++) {
        const AliasColumn *alias = &es->aliases->items.items[i];

        if (!str_equal_nocase(alias->name, name->parts[0].text))
            continue;
        *found = true;
        if (!alias->expr)
            return NULL; /* Was wrong itself, and told. */
        if (match && (match->expr->kind != EXPR_COLUMN || !expr_equal(match->expr, alias->expr))) {
            /* ORDER BY: then the input's column is meant. */
            if (es->aliases_first) {
                *found = false;
                return NULL;
            }
            if (strcmp(es->clause, "SELECT") != 0)
                return bind_error(b, name->span, "AMBIGUOUS_REFERENCE", "42704",
                                  "Reference `%.*s` is ambiguous, could be: [`%.*s`, `%.*s`].",
                                  STR_ARG(name->parts[0].text), STR_ARG(match->name),
                                  STR_ARG(alias->name));
            return bind_error(b, name->span, "AMBIGUOUS_LATERAL_COLUMN_ALIAS", "42702",
                              "Lateral column alias `%.*s` is ambiguous and has 2 matches.",
                              STR_ARG(name->parts[0].text));
        }
        match = alias;
    }
    return match ? fields_of(b, match->expr, name, 1) : NULL;
}

static Expr *lambda_find(Binder *b, const ExprScope *es, const QualifiedName *name, bool *found)
{
    uint8_t depth = 0;

    for (const LambdaScope *lambda = es->lambdas; lambda; lambda = lambda->outer, depth++) {
        for (uint32_t i = 0; i < lambda->count; i++) {
            Expr *e;

            if (!str_equal_nocase(lambda->names[i].text, name->parts[0].text))
                continue;
            *found = true;
            e = ARENA_NEW(b->arena, Expr);
            e->kind = EXPR_LAMBDA_ARG;
            e->type = lambda->types[i].type;
            e->nullable = lambda->types[i].nullable;
            e->column_i = i;
            e->lambda_depth = depth;
            e->span = name->span;
            return fields_of(b, e, name, 1);
        }
    }
    return NULL;
}

static Expr *outer_mark(void *self, Arena *arena, Expr *e)
{
    Expr *outer;

    (void)self;
    if (e->kind != EXPR_COLUMN)
        return NULL;
    outer = ARENA_NEW(arena, Expr);
    *outer = *e;
    outer->kind = EXPR_OUTER;
    return outer;
}

Expr *expr_to_outer(Binder *b, Expr *e)
{
    return expr_rewrite(b->arena, e, outer_mark, NULL);
}

/* How many columns of the scope the name means, under the reading that finds any. */
static size_t match_count(const Scope *scope, const QualifiedName *name)
{
    for (size_t count = MIN(name->count - 1, 3) + 1; count-- > 0;) {
        Matches matches = scope_matches(scope, name->parts, count);

        if (matches.count)
            return matches.count;
    }
    return 0;
}

bool scope_is_table(const Scope *scope, const QualifiedName *name)
{
    for (size_t i = 0; i < scope->columns.count; i++) {
        if (qualifier_matches(&scope->columns.items[i], name->parts, name->count))
            return true;
    }
    return false;
}

bool scope_has(const Scope *scope, const QualifiedName *name)
{
    return match_count(scope, name) > 0;
}

/* A name that is ambiguous around the query means nothing within it. */
static Expr *outer_find(Binder *b, const Scope *scope, const QualifiedName *name, bool *found)
{
    Expr *e = match_count(scope, name) > 1 ? NULL : scope_find(b, scope, name, found);

    return e ? expr_to_outer(b, e) : NULL;
}

static bool has_alias(const ExprScope *es, const QualifiedName *name)
{
    for (size_t i = 0; es->aliases && i < es->aliases->items.count; i++) {
        if (str_equal_nocase(es->aliases->items.items[i].name, name->parts[0].text))
            return true;
    }
    return false;
}

static bool is_excluded(void *self, const Expr *e)
{
    const IdVec *ids = self;

    for (size_t i = 0; i < ids->count; i++) {
        if (e->kind == EXPR_COLUMN && ids->items[i] == e->column_i)
            return true;
    }
    return false;
}

bool bind_failed_at_field(const Binder *b, const DiagnosticList *before)
{
    const char *class_name;

    if (b->diagnostics->count == before->count)
        return false;
    class_name = b->diagnostics->items[before->count].class_name;
    return strcmp(class_name, "FIELD_NOT_FOUND") == 0 ||
           strcmp(class_name, "INVALID_EXTRACT_BASE_FIELD_TYPE") == 0;
}

/* In the query's own columns, as far as they are known where the expression stands. */
static Expr *own_find(Binder *b, const ExprScope *es, const QualifiedName *name, bool *found)
{
    DiagnosticList before = *b->diagnostics;
    IdVec excluded;
    Expr *e;

    if (es->output_second && match_count(es->scope, name) > 1 && has_alias(es, name))
        return NULL;
    e = scope_find(b, es->scope, name, found);
    if (!e && es->output_second && has_alias(es, name) && bind_failed_at_field(b, &before)) {
        diagnostics_rewind(b->diagnostics, &before);
        *found = false;
        return NULL;
    }
    if (!e || !es->no_input || es->in_aggregate)
        return e;
    excluded = *es->no_input;
    if (!expr_any(e, is_excluded, &excluded))
        return e;
    *found = false;
    return NULL;
}

/* ORDER BY and HAVING look for columns of the input as a last resort: to Spark one that could be two is
 * no column there. */
static bool is_above(const ExprScope *es)
{
    return es->clause && (strcmp(es->clause, "ORDER BY") == 0 || strcmp(es->clause, "HAVING") == 0);
}

static bool means_alias(const ExprScope *es, const QualifiedName *name)
{
    return es->output_second && name->count == 1 && has_alias(es, name);
}

/* An item of the same SELECT that is named within an aggregate or a window function. */
static Expr *alias_is_too_deep(Binder *b, const ExprScope *es, const QualifiedName *name)
{
    return bind_error(b, name->span,
                      es->in_aggregate ? "UNSUPPORTED_FEATURE.LATERAL_COLUMN_ALIAS_IN_AGGREGATE_FUNC"
                                       : "UNSUPPORTED_FEATURE.LATERAL_COLUMN_ALIAS_IN_WINDOW",
                      "0A000",
                      "The feature is not supported: Referencing a lateral column alias %s in %s.",
                      bind_quoted(b, name),
                      es->in_aggregate ? "an aggregate function" : "a window expression");
}

Expr *scope_resolve(Binder *b, const ExprScope *es, const QualifiedName *name, bool *found)
{
    Expr *e;

    *found = false;
    e = lambda_find(b, es, name, found);
    if (!*found && es->aliases && es->aliases_first)
        e = alias_find(b, es, name, found);
    if (!*found && es->scope && is_above(es) && match_count(es->scope, name) > 1 &&
        !means_alias(es, name)) {
        *found = true;
        scope_error_unresolved(b, es->scope, name, name->span);
        return NULL;
    }
    if (!*found && es->scope)
        e = own_find(b, es, name, found);
    if (!*found && es->aliases && !es->aliases_first) {
        e = alias_find(b, es, name, found);
        if (e && !es->output_second && (es->in_aggregate || es->in_window))
            return alias_is_too_deep(b, es, name);
    }
    if (!*found && es->scope && es->scope->outer) {
        e = outer_find(b, es->scope->outer, name, found);
    }
    return e;
}

/* ── names that mean nothing ───────────────────────────────────────────────────────────────────*/

enum { SUGGESTIONS_MAX = 5 };

typedef struct Candidate {
    Str text;
    uint32_t distance;
    size_t order;
} Candidate;

static int by_distance(const void *a, const void *b)
{
    const Candidate *x = a, *y = b;

    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static bool one_qualifier(const Scope *scope)
{
    for (size_t i = 1; i < scope->columns.count; i++) {
        if (!str_equal_nocase(scope->columns.items[i].table, scope->columns.items[0].table))
            return false;
    }
    return true;
}

static size_t candidates_of(Binder *b, const Scope *scope, Str wanted, Candidate *out)
{
    bool bare = one_qualifier(scope);
    size_t count = 0;

    for (size_t i = 0; i < scope->columns.count; i++) {
        const ScopeColumn *column = &scope->columns.items[i];
        const char *text = bare || !column->table.bytes
                               ? arena_printf(b->arena, "`%.*s`", STR_ARG(column->name))
                               : arena_printf(b->arena, "`%.*s`.`%.*s`", STR_ARG(column->table),
                                              STR_ARG(column->name));

        if (column->hidden)
            continue;
        out[count] = (Candidate){str_of(text), edit_distance(wanted, column->name, 64), count};
        count++;
    }
    qsort(out, count, sizeof *out, by_distance);
    return count;
}

void scope_error_unresolved(Binder *b, const Scope *scope, const QualifiedName *name, Span span)
{
    Str wanted = name->parts[name->count - 1].text, nearest;
    Candidate *candidates;
    StrBuf list;
    size_t count;

    if (!scope || !scope->columns.count) {
        bind_error(b, span, "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "42703",
                   "A column, variable, or function parameter with name %s cannot be resolved.",
                   bind_quoted(b, name));
        return;
    }
    candidates = ARENA_ARRAY(b->arena, Candidate, scope->columns.count);
    count = candidates_of(b, scope, wanted, candidates);
    strbuf_init(&list);
    for (size_t i = 0; i < MIN(count, SUGGESTIONS_MAX); i++)
        strbuf_printf(&list, "%s%.*s", i ? ", " : "", STR_ARG(candidates[i].text));
    bind_error(b, span, "UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703",
               "A column, variable, or function parameter with name %s cannot be resolved. Did you "
               "mean one of the following? [%s].",
               bind_quoted(b, name), strbuf_c(&list));
    nearest = count ? candidates[0].text : STR_EMPTY;
    if (count && candidates[0].distance <= MAX(1, wanted.bytes / 3))
        diagnostic_remedy(b->diagnostics, "did you mean %.*s?", STR_ARG(nearest));
    strbuf_done(&list);
}

/* CURRENT_DATE and the like: functions that need no parentheses, where no column has the name. */
static Expr *bind_bare_function(Binder *b, const AstExpr *ast)
{
    static const char *const names[] = {
        "current_date",  "current_timestamp", "current_time",     "localtimestamp", "current_user",
        "user",          "session_user",      "current_database", "current_schema",
        "current_catalog",
    };

    if (ast->column.count != 1 || ast->column.parts[0].quoted)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_is_nocase(ast->column.parts[0].text, names[i]) && function_find(str_of(names[i])))
            return bind_call_named(b, names[i], NULL, 0, ast->span);
    }
    return NULL;
}

/* What to suggest names of: above a SELECT without FROM its output's. */
static const Scope *known_scope(Binder *b, const ExprScope *es)
{
    Scope *output;

    if (!is_above(es) || !es->aliases || (es->scope && es->scope->columns.count))
        return es->scope;
    output = scope_new(b, NULL);
    for (size_t i = 0; i < es->aliases->items.count; i++)
        scope_add(b, output, (ScopeColumn){.name = es->aliases->items.items[i].name});
    return output;
}

Expr *bind_column(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    bool found;
    Expr *e;

    if (ast->column.computed)
        return bind_unsupported(b, ast->span, "IDENTIFIER(...)");
    e = scope_resolve(b, es, &ast->column, &found);
    if (!found && es->grouping && ast->column.count == 1 &&
        str_is_nocase(ast->column.parts[0].text, "grouping__id"))
        return bind_grouping_id(b, es, ast->span);
    if (!found)
        e = bind_bare_function(b, ast);
    if (!found && !e)
        scope_error_unresolved(b, known_scope(b, es), &ast->column, ast->span);
    return e;
}

/* ── stars ─────────────────────────────────────────────────────────────────────────────────────*/

static bool name_in_except(const QualifiedNameList *except, const ScopeColumn *column, bool *used)
{
    for (size_t i = 0; i < except->count; i++) {
        const QualifiedName *name = &except->items[i];

        for (size_t q = 0; q < MIN(name->count, 4); q++) {
            if (q + 1 == name->count && str_equal_nocase(name->parts[q].text, column->name) &&
                qualifier_matches(column, name->parts, q)) {
                used[i] = true;
                return true;
            }
        }
    }
    return false;
}

/* `* EXCEPT (s.a, s.b.c)`: what is left out of a struct: `parts` from there on. */
typedef struct ExceptPath {
    const Ident *parts;
    size_t count;
    bool *used;
} ExceptPath;
typedef VEC(ExceptPath) ExceptPaths;

static void star_add(Binder *b, StarColumnVec *out, Str name, Expr *expr)
{
    StarColumn column = {name, expr};

    VEC_ADD_IN(b->arena, out, column);
}

static Expr *struct_without(Binder *b, Expr *base, const ExceptPaths *paths, Span span);

/* The fields of a struct without what is left out of it. */
static bool fields_without(Binder *b, Expr *base, const ExceptPaths *paths, Span span,
                           StarColumnVec *out)
{
    for (uint32_t i = 0; i < base->type->field_count; i++) {
        Str name = base->type->fields[i].name;
        QualifiedName one = {.span = span, .parts = &(Ident){.text = name}, .count = 1};
        ExceptPaths below = {0};
        bool whole = false;
        Expr *field;

        for (size_t k = 0; k < paths->count; k++) {
            const ExceptPath *path = &paths->items[k];
            ExceptPath rest = {path->parts + 1, path->count - 1, path->used};

            if (!str_equal_nocase(path->parts[0].text, name))
                continue;
            if (path->count == 1)
                whole = *path->used = true;
            else
                VEC_ADD_IN(b->arena, &below, rest);
        }
        if (whole)
            continue;
        field = fields_of(b, base, &one, 0);
        if (field && below.count && field->type->kind == TYPE_STRUCT)
            field = struct_without(b, field, &below, span);
        if (!field)
            return false;
        star_add(b, out, name, field);
    }
    return true;
}

static Expr *struct_without(Binder *b, Expr *base, const ExceptPaths *paths, Span span)
{
    StarColumnVec fields = {0};
    Expr **args;

    if (!fields_without(b, base, paths, span, &fields))
        return NULL;
    args = ARENA_ARRAY(b->arena, Expr *, fields.count * 2 + 1);
    for (size_t i = 0; i < fields.count; i++) {
        args[i * 2] = expr_literal_string(b->arena, fields.items[i].name, span);
        args[i * 2 + 1] = fields.items[i].expr;
    }
    return bind_call_named(b, "named_struct", args, (uint32_t)fields.count * 2, span);
}

/* What is left out of a column that is a struct. */
static ExceptPaths paths_into(Binder *b, const QualifiedNameList *except, const ScopeColumn *column,
                              bool *used)
{
    ExceptPaths paths = {0};

    for (size_t i = 0; column->type->kind == TYPE_STRUCT && i < except->count; i++) {
        const QualifiedName *name = &except->items[i];

        for (size_t q = 0; !used[i] && q + 1 < MIN(name->count, 5); q++) {
            ExceptPath path = {name->parts + q + 1, name->count - q - 1, &used[i]};

            if (!str_equal_nocase(name->parts[q].text, column->name) ||
                !qualifier_matches(column, name->parts, q))
                continue;
            VEC_ADD_IN(b->arena, &paths, path);
            break;
        }
    }
    return paths;
}

static bool except_all_used(Binder *b, const Scope *scope, const QualifiedNameList *except,
                            const bool *used)
{
    for (size_t i = 0; i < except->count; i++) {
        if (!used[i]) {
            scope_error_unresolved(b, scope, &except->items[i], except->items[i].span);
            return false;
        }
    }
    return true;
}

/* `t.*` of a table of the query around. */
static bool expand_outer_star(Binder *b, const Scope *outer, const AstExpr *star, StarColumnVec *out)
{
    size_t first = out->count;

    for (size_t i = 0; i < outer->columns.count; i++) {
        const ScopeColumn *column = &outer->columns.items[i];

        if (qualifier_matches(column, star->star.qualifier.parts,
                              MIN(star->star.qualifier.count, 4)))
            star_add(b, out, column->name,
                     expr_to_outer(b, scope_column_expr(b, column, star->span)));
    }
    return out->count > first;
}

/* `s.*` of a column s that is a struct. */
static bool expand_struct(Binder *b, const Scope *scope, const AstExpr *star, bool *used,
                          StarColumnVec *out)
{
    const QualifiedNameList *except = &star->star.except;
    ExceptPaths paths = {0};
    ExprScope es = {.scope = scope};
    bool found;
    Expr *base = scope_resolve(b, &es, &star->star.qualifier, &found);

    if (found && base && base->type->kind != TYPE_STRUCT) {
        bind_error(b, star->span, "_LEGACY_ERROR_TEMP_1050", NULL,
                   "Can only star expand struct data types. Attribute: `%s`.",
                   bind_quoted(b, &star->star.qualifier));
        return false;
    }
    if (!found) {
        StrBuf list;

        strbuf_init(&list);
        for (size_t i = 0; i < scope->columns.count; i++)
            strbuf_printf(&list, "%s`%.*s`", i ? ", " : "", STR_ARG(scope->columns.items[i].name));
        bind_error(b, star->span, "CANNOT_RESOLVE_STAR_EXPAND", "42704",
                   "Cannot resolve %s.* given input columns %s. Please check that the specified "
                   "table or struct exists and is accessible in the input columns.",
                   bind_quoted(b, &star->star.qualifier), strbuf_c(&list));
        strbuf_done(&list);
        return false;
    }
    if (!base)
        return false;
    for (size_t i = 0; i < except->count; i++) {
        ExceptPath path = {except->items[i].parts, except->items[i].count, &used[i]};

        VEC_ADD_IN(b->arena, &paths, path);
    }
    return fields_without(b, base, &paths, star->span, out) &&
           except_all_used(b, scope, except, used);
}

/* Whether what `* EXCEPT (...)` leaves out is one column each; else AMBIGUOUS_REFERENCE. */
static bool except_is_clear(Binder *b, const Scope *scope, const QualifiedNameList *except)
{
    for (size_t i = 0; i < except->count; i++) {
        const QualifiedName *name = &except->items[i];

        for (size_t q = MIN(name->count - 1, 3) + 1; q-- > 0;) {
            size_t count = scope_matches(scope, name->parts, q).count;

            if (count > 1)
                return ambiguous(b, scope, name, q, name->span);
            if (count)
                break;
        }
    }
    return true;
}

/* Whether one names the other, or what the other is a part of. */
static bool names_overlap(const QualifiedName *a, const QualifiedName *b)
{
    size_t count = MIN(a->count, b->count);

    for (size_t i = 0; i < count; i++) {
        if (!str_equal_nocase(a->parts[i].text, b->parts[i].text))
            return false;
    }
    return true;
}

static bool except_is_disjoint(Binder *b, const Scope *scope, const QualifiedNameList *except)
{
    for (size_t i = 1; i < except->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (names_overlap(&except->items[i], &except->items[k]) &&
                scope_has(scope, &except->items[i])) {
                bind_error(b, except->items[i].span, "EXCEPT_OVERLAPPING_COLUMNS", "42702",
                           "Columns in an EXCEPT list must be distinct and non-overlapping.");
                return false;
            }
        }
    }
    return true;
}

bool scope_expand_star(Binder *b, const Scope *scope, const AstExpr *star, StarColumnVec *out)
{
    const QualifiedName *qualifier = &star->star.qualifier;
    const QualifiedNameList *except = &star->star.except;
    bool *used = arena_zalloc(b->arena, except->count + 1);
    bool any = false;

    if (!qualifier->count && (!except_is_clear(b, scope, except) ||
                              !except_is_disjoint(b, scope, except)))
        return false;
    for (size_t i = 0; i < scope->columns.count; i++) {
        const ScopeColumn *column = &scope->columns.items[i];
        ExceptPaths nested;
        Expr *e;

        if (!qualifier_matches(column, qualifier->parts, MIN(qualifier->count, 4)))
            continue;
        any = true;
        if (name_in_except(except, column, used))
            continue;
        e = scope_column_expr(b, column, star->span);
        nested = paths_into(b, except, column, used);
        star_add(b, out, column->name,
                 nested.count ? struct_without(b, e, &nested, star->span) : e);
    }
    if (!any && qualifier->count && scope->outer && !except->count &&
        expand_outer_star(b, scope->outer, star, out))
        return true;
    if (!any && qualifier->count)
        return expand_struct(b, scope, star, used, out);
    return except_all_used(b, scope, except, used);
}

size_t scope_qualifier_count(const ExprScope *es, const QualifiedName *name)
{
    for (const Scope *scope = es->scope; scope; scope = scope->outer) {
        for (size_t count = MIN(name->count - 1, 3) + 1; count-- > 0;) {
            if (scope_matches(scope, name->parts, count).count)
                return count;
        }
    }
    return 0;
}
