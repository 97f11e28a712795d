/*
 * bind_group.c: GROUP BY, aggregates, HAVING, grouping sets.
 *
 * Expressions come bound over the input; here every part of them that is a grouping expression, and
 * every aggregate, becomes a column of the AGGREGATE; a column of the input that is left over is
 * MISSING_AGGREGATION.
 *
 * Grouping sets: each row is repeated once a set (a cross join with VALUES, one row a set), and the
 * keys that a set leaves out become NULL:
 *
 *     PROJECT  input's columns, keys k0 k1 ...
 *     JOIN     x VALUES (set, grouping_id, drop0, drop1, ...)
 *     PROJECT  ..., n0 = CASE WHEN drop0 THEN NULL ELSE k0 END, ...
 *     AGGREGATE by n0, n1, ..., grouping_id, set
 */
#include "plan/bind_group.h"

#include "base/assert.h"

typedef struct GroupKey {
    Expr *expr;  /* Over the input. */
    Str name;    /* What it would be called if it were selected; empty: not told. */
    uint32_t id; /* Of the AGGREGATE's column. */
    bool nullable;
} GroupKey;

/* Grouping sets, each a bit set of keys. */
typedef VEC(uint64_t) SetVec;

typedef struct Group Group;

struct Group {
    Select *select;
    Binder *b;
    VEC(GroupKey) keys;
    VEC(NamedExpr) items;
    SetVec sets;
    bool has_sets;         /* Else a plain GROUP BY. */
    uint32_t grouping_id; /* Column, when has_sets. */
    uint32_t set_id;
    bool all_is_name;      /* GROUP BY ALL is by a column called so. */
    bool in_having;
    bool in_order;
    bool failed;
};

enum { GROUP_KEYS_MAX = 64, GROUP_SETS_MAX = 4096 };

/* ── grouping(), grouping_id() ─────────────────────────────────────────────────────────────────*/

/* Stand-ins, until select_group knows the sets. Never run. */
static const Function function_grouping = {.name = "grouping"};
static const Function function_grouping_id = {.name = "grouping_id"};

Expr *bind_grouping_call(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    bool is_id = str_is_nocase(ast->call->name.parts[0].text, "grouping_id");
    uint32_t count = (uint32_t)ast->call->arg_count;
    Expr *e = ARENA_NEW(b->arena, Expr);
    ExprScope inner = *es;

    inner.aggregates = inner.windows = false;
    if (!is_id && count != 1)
        return bind_error(b, ast->span, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605",
                          "The `grouping` requires 1 parameters but the actual number is %u.", count);
    if (!es->grouping)
        return bind_error(b, ast->span, "UNSUPPORTED_GROUPING_EXPRESSION", "42K0E",
                          "grouping()/grouping_id() can only be used with "
                          "GroupingSets/Cube/Rollup.");
    e->kind = EXPR_CALL;
    e->fn = is_id ? &function_grouping_id : &function_grouping;
    e->type = is_id ? &type_bigint : &type_tinyint;
    e->span = ast->span;
    e->arg_count = count;
    e->args = ARENA_ARRAY(b->arena, Expr *, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        e->args[i] = bind_expr(b, &inner, ast->call->args[i].value);
        if (!e->args[i])
            return NULL;
    }
    return e;
}

Expr *bind_grouping_id(Binder *b, const ExprScope *es, Span span)
{
    Ident name = {.text = STR("grouping_id"), .span = span};
    AstFunctionCall call = {.name = {.span = span, .parts = &name, .count = 1}};
    AstExpr ast = {.kind = AST_EXPR_CALL, .span = span, .call = &call};

    return bind_grouping_call(b, es, &ast);
}

static int key_find(const Group *group, const Expr *e)
{
    for (size_t i = 0; i < group->keys.count; i++) {
        if (expr_same(group->keys.items[i].expr, e))
            return (int)i;
    }
    return -1;
}

/* Bit of key `key_i` in the grouping id: the last key is the lowest. */
static Expr *grouping_bit(Group *group, uint32_t key_i, Span span)
{
    Binder *b = group->b;
    uint32_t shift = (uint32_t)group->keys.count - 1 - key_i;
    Expr *args[2] = {plan_column_expr(b->plan, group->grouping_id, span),
                     expr_literal_int(b->arena, (int32_t)shift, span)};
    Expr *and_args[2];

    and_args[0] = bind_call_named(b, "shiftright", args, 2, span);
    and_args[1] = expr_literal_bigint(b->arena, 1, span);
    return bind_call_named(b, "&", and_args, 2, span);
}

static Expr *grouping_failed(Group *group, const Expr *e)
{
    group->failed = true;
    return bind_error(group->b, e->span, "UNSUPPORTED_GROUPING_EXPRESSION", "42K0E",
                      "grouping()/grouping_id() can only be used with GroupingSets/Cube/Rollup.");
}

/* Its columns are all that are grouped by, in their order. */
static Expr *grouping_id_failed(Group *group, const Expr *e)
{
    group->failed = true;
    return bind_error(group->b, e->span, "GROUPING_ID_COLUMN_MISMATCH", "42803",
                      "Columns of grouping_id do not match grouping columns.");
}

static Expr *grouping_column_failed(Group *group, const Expr *e)
{
    group->failed = true;
    return bind_error(group->b, e->span, "GROUPING_COLUMN_MISMATCH", "42803",
                      "Column of grouping can't be found in grouping columns.");
}

static Expr *map_grouping(Group *group, const Expr *e)
{
    Binder *b = group->b;
    Expr *sum = NULL;

    if (!group->has_sets)
        return grouping_failed(group, e);
    if (e->fn == &function_grouping) {
        int key_i = key_find(group, e->args[0]);
        Expr *bit = key_i < 0 ? grouping_column_failed(group, e)
                              : grouping_bit(group, (uint32_t)key_i, e->span);

        return bit ? binder_cast(b, bit, &type_tinyint, e->span) : NULL;
    }
    if (!e->arg_count)
        return plan_column_expr(b->plan, group->grouping_id, e->span);
    if (e->arg_count != group->keys.count)
        return grouping_id_failed(group, e);
    for (uint32_t i = 0; i < e->arg_count; i++) {
        int key_i = key_find(group, e->args[i]);
        Expr *args[2];

        if (key_i != (int)i)
            return grouping_id_failed(group, e);
        args[0] = grouping_bit(group, (uint32_t)key_i, e->span);
        args[1] = expr_literal_int(b->arena, (int32_t)(e->arg_count - 1 - i), e->span);
        args[0] = bind_call_named(b, "shiftleft", args, 2, e->span);
        if (sum) {
            args[1] = args[0];
            args[0] = sum;
            sum = bind_call_named(b, "|", args, 2, e->span);
        } else {
            sum = args[0];
        }
    }
    return sum;
}

/* ── expressions, rewritten to the AGGREGATE's output ──────────────────────────────────────────*/

static Expr *aggregate_column(Group *group, Expr *e)
{
    Binder *b = group->b;
    NamedExpr item = {.expr = e};

    for (size_t i = 0; i < group->items.count; i++) {
        if (expr_equal(group->items.items[i].expr, e))
            return expr_column(b->arena, group->items.items[i].id, e->type, e->nullable, e->span);
    }
    item.id = plan_column_new(b->plan, str_of(e->fn->name), e->type, e->nullable);
    VEC_ADD_IN(b->arena, &group->items, item);
    return expr_column(b->arena, item.id, e->type, e->nullable, e->span);
}

Str select_input_name(const Select *s, const Expr *e)
{
    for (size_t i = 0; i < s->input.scope->columns.count; i++) {
        if (s->input.scope->columns.items[i].id == e->column_i)
            return s->input.scope->columns.items[i].name;
    }
    return plan_column(s->b->plan, e->column_i)->name;
}

Expr *select_unresolved(Select *s, const Expr *e)
{
    Binder *b = s->b;
    Ident part = {.text = select_input_name(s, e), .span = e->span};
    QualifiedName name = {.span = e->span, .parts = &part, .count = 1};
    Scope *output = scope_new(b, NULL);

    for (size_t i = 0; i < s->items.count; i++)
        scope_add(b, output, (ScopeColumn){.name = s->items.items[i].name});
    scope_error_unresolved(b, output, &name, e->span);
    return NULL;
}

Expr *select_order_unresolved(Select *s, const Expr *e)
{
    Ident part = {.text = select_input_name(s, e), .span = e->span};
    QualifiedName name = {.span = e->span, .parts = &part, .count = 1};

    for (const Scope *outer = s->input.scope->outer; outer; outer = outer->outer) {
        if (scope_has(outer, &name))
            return order_by_outer(s->b, e);
    }
    return select_unresolved(s, e);
}

static Expr *missing(Group *group, const Expr *e)
{
    Binder *b = group->b;
    Str name = plan_column(b->plan, e->column_i)->name;

    group->failed = true;
    if (group->in_having || group->in_order) {
        if (group->in_order)
            select_order_unresolved(group->select, e);
        else
            select_unresolved(group->select, e);
        return expr_literal_null(b->arena, e->type, e->span);
    }
    if (group->select->ast->group_by.all && !group->all_is_name) {
        bind_error(b, e->span, "UNRESOLVED_ALL_IN_GROUP_BY", "42803",
                   "Cannot infer grouping columns for GROUP BY ALL based on the select clause. "
                   "Please explicitly specify the grouping columns.");
    } else if (!group->keys.count && !group->select->ast->group_by.present) {
        bind_error(b, e->span, "MISSING_GROUP_BY", "42803",
                   "The query does not include a GROUP BY clause. Add GROUP BY or turn it into the "
                   "window functions using OVER clauses.");
        diagnostic_remedy(b->diagnostics, "add GROUP BY %.*s", STR_ARG(name));
    } else {
        bind_error(b, e->span, "MISSING_AGGREGATION", "42803",
                   "The non-aggregating expression \"%.*s\" is based on columns which are not "
                   "participating in the GROUP BY clause. Add the columns or the expression to the "
                   "GROUP BY, aggregate the expression, or use \"any_value(%.*s)\" if you do not "
                   "care which of the values within a group is returned.",
                   STR_ARG(name), STR_ARG(name));
        diagnostic_remedy(b->diagnostics, "add it to GROUP BY, or write any_value(%.*s)",
                          STR_ARG(name));
    }
    return expr_literal_null(b->arena, e->type, e->span);
}

/* A column of explode(...), which is computed above the AGGREGATE. */
static bool is_generated(const Select *s, const Expr *e)
{
    for (uint32_t i = 0; i < s->generator_count; i++) {
        if (s->generator_ids[i] == e->column_i)
            return true;
    }
    return false;
}

/* ── subqueries over the groups ────────────────────────────────────────────────────────────────*/

typedef struct OuterKeys {
    Group *group;
    Expr **keys;          /* The grouping expressions, of outer columns. */
    const Expr *left_out; /* An outer column that is in none; NULL: all are. */
    bool named;           /* Outer columns are named at all. */
} OuterKeys;

static bool is_outer_aggregate(const Group *group, uint32_t id)
{
    for (size_t i = 0; i < group->select->outer_aggregates.count; i++) {
        if (group->select->outer_aggregates.items[i].id == id)
            return true;
    }
    return false;
}

static Expr *map_outer_key(void *self, Expr *e)
{
    OuterKeys *keys = self;
    Group *group = keys->group;

    for (size_t i = 0; i < group->keys.count; i++) {
        if (expr_has_kind(e, EXPR_OUTER) && expr_same(keys->keys[i], e)) {
            keys->named = true;
            return expr_to_outer(group->b,
                                 expr_column(group->b->arena, group->keys.items[i].id, e->type,
                                             e->nullable || group->has_sets, e->span));
        }
    }
    if (e->kind != EXPR_OUTER)
        return NULL;
    keys->named = true;
    if (!is_outer_aggregate(group, e->column_i))
        keys->left_out = e;
    return e;
}

static void map_outer_keys(void *self, Expr **e)
{
    *e = expr_replace(((OuterKeys *)self)->group->b->arena, *e, map_outer_key, self);
}

static void plan_outer_keys(OuterKeys *keys, Logical *node)
{
    logical_each_expr(node, map_outer_keys, keys);
    for (uint32_t i = 0; i < node->input_count; i++)
        plan_outer_keys(keys, node->inputs[i]);
}

/* A subquery above the AGGREGATE names groups: what it says of grouping expressions becomes said of
 * the AGGREGATE's columns. */
static void group_subquery(Group *group, const Expr *e)
{
    OuterKeys keys = {.group = group};

    if (!e->subquery->correlated)
        return;
    keys.keys = ARENA_ARRAY(group->b->arena, Expr *, group->keys.count + 1);
    for (size_t i = 0; i < group->keys.count; i++)
        keys.keys[i] = expr_to_outer(group->b, group->keys.items[i].expr);
    plan_outer_keys(&keys, e->subquery->plan);
    if (e->subquery->kind == SUBQUERY_SCALAR && keys.named && !group->in_having &&
        !group->select->ast->group_by.all) {
        group->failed = true;
        bind_error(group->b, e->span, "SCALAR_SUBQUERY_IS_IN_GROUP_BY_OR_AGGREGATE_FUNCTION", "0A000",
                   "The correlated scalar subquery is neither present in GROUP BY, nor in an "
                   "aggregate function. Add it to GROUP BY using ordinal position or wrap it in "
                   "`first()` (or `first_value`) if you don't care which value you get.");
        return;
    }
    if (keys.left_out)
        missing(group, keys.left_out);
}

static bool is_grouping(const Expr *e)
{
    return e->kind == EXPR_CALL && (e->fn == &function_grouping || e->fn == &function_grouping_id);
}

/* Within an aggregate nothing else becomes a column: the sets are known below the AGGREGATE too. */
static Expr *map_inside(void *self, Expr *e)
{
    Group *group = self;
    Expr *bits = is_grouping(e) ? map_grouping(group, e) : NULL;

    group->failed = group->failed || (is_grouping(e) && !bits);
    return is_grouping(e) && !bits ? e : bits;
}

static Expr *map_group(void *self, Expr *e)
{
    Group *group = self;
    int key_i = key_find(group, e);

    if (key_i >= 0)
        return expr_column(group->b->arena, group->keys.items[key_i].id, e->type,
                           e->nullable || group->has_sets, e->span);
    if (is_grouping(e))
        return map_inside(group, e);
    if (e->kind == EXPR_AGGREGATE)
        return aggregate_column(group, expr_replace(group->b->arena, e, map_inside, group));
    if (e->kind == EXPR_SUBQUERY)
        group_subquery(group, e);
    if (e->kind == EXPR_COLUMN)
        return is_generated(group->select, e) ? e : missing(group, e);
    return NULL;
}

static bool group_rewrite(Group *group, Expr **e)
{
    *e = expr_replace(group->b->arena, *e, map_group, group);
    return !group->failed;
}

/* ── the keys ──────────────────────────────────────────────────────────────────────────────────*/

static Expr *key_position(Group *group, const AstExpr *ast, int64_t position)
{
    Select *s = group->select;
    SelectItem *item;

    if (s->items_failed)
        return NULL;
    if (position < 1 || position > (int64_t)s->items.count)
        return bind_error(group->b, ast->span, "GROUP_BY_POS_OUT_OF_RANGE", "42805",
                          "GROUP BY position %lld is not in select list (valid range is [1, %zu]).",
                          (long long)position, s->items.count);
    for (size_t i = 0; i < s->ast->items.count; i++) {
        if (s->ast->items.items[i].expr->kind == AST_EXPR_STAR)
            return bind_error(group->b, ast->span, "STAR_GROUP_BY_POS", "0A000",
                              "Star (*) is not allowed in a select list when GROUP BY an ordinal "
                              "position is used.");
    }
    item = &s->items.items[position - 1];
    if (expr_has_kind(item->expr, EXPR_AGGREGATE))
        return bind_error(group->b, ast->span, "GROUP_BY_POS_AGGREGATE", "42903",
                          "GROUP BY %lld refers to an expression %.*s that contains an aggregate "
                          "function. Aggregate functions are not allowed in GROUP BY.",
                          (long long)position, STR_ARG(item->name));
    return item->expr;
}

static Expr *bind_key(Group *group, const AstExpr *ast)
{
    Select *s = group->select;
    AliasList names = select_names(s);
    ExprScope es = {
        .scope = s->input.scope,
        .aliases = &names,
        .clause = "GROUP BY",
        .subqueries = true,
        .time_windows = s->time_windows,
    };
    int64_t position;
    Expr *e;

    if (ast->kind == AST_EXPR_LITERAL && ast->literal.kind == AST_LITERAL_INTEGER &&
        str_to_int64(ast->literal.text, &position))
        return key_position(group, ast, position);
    e = bind_expr(group->b, &es, ast);
    if (!e)
        return NULL;
    if (expr_has_kind(e, EXPR_AGGREGATE))
        return bind_error(group->b, ast->span, "GROUP_BY_AGGREGATE", "42903",
                          "Aggregate functions are not allowed in GROUP BY, but found %.*s.",
                          STR_ARG(bind_name(group->b, &es, ast)));
    return e;
}

/* The key's number, as a new one or one that is there. */
static int add_named_key(Group *group, Expr *e, Str name)
{
    int key_i;
    GroupKey key = {.expr = e, .name = name};

    if (!e)
        return -1;
    key_i = key_find(group, e);
    if (key_i >= 0)
        return key_i;
    if (group->keys.count == GROUP_KEYS_MAX) {
        bind_error(group->b, e->span, "UNSUPPORTED_FEATURE", "0A000",
                   "The feature is not supported: more than %d grouping expressions.",
                   GROUP_KEYS_MAX);
        return -1;
    }
    VEC_ADD_IN(group->b->arena, &group->keys, key);
    return (int)group->keys.count - 1;
}

static int add_key(Group *group, Expr *e)
{
    return add_named_key(group, e, STR_EMPTY);
}

static int add_ast_key(Group *group, const AstExpr *ast)
{
    ExprScope es = {.scope = group->select->input.scope, .clause = "GROUP BY"};
    Expr *e = bind_key(group, ast);

    return add_named_key(group, e, e ? bind_name(group->b, &es, ast) : STR_EMPTY);
}

void group_names(const Group *group, AliasList *names)
{
    for (size_t i = 0; group && group->has_sets && i < group->keys.count; i++) {
        const GroupKey *key = &group->keys.items[i];
        AliasColumn alias = {key->name, key->expr};
        bool known = !key->name.bytes || key->expr->kind == EXPR_COLUMN;

        for (size_t k = 0; k < names->items.count && !known; k++)
            known = str_equal_nocase(names->items.items[k].name, key->name);
        if (!known)
            VEC_ADD_IN(group->b->arena, &names->items, alias);
    }
}

static bool group_by_all(Group *group)
{
    Select *s = group->select;

    for (size_t i = 0; i < s->items.count; i++) {
        Expr *e = s->items.items[i].expr;

        if (!expr_has_kind(e, EXPR_AGGREGATE) && !expr_is_constant(e) &&
            !expr_has_kind(e, EXPR_WINDOW) && add_key(group, e) < 0)
            return false;
    }
    return true;
}

/* ── grouping sets ─────────────────────────────────────────────────────────────────────────────*/

static bool ast_keys(Group *group, const AstExprList *list, uint64_t *out)
{
    for (size_t i = 0; i < list->count; i++) {
        int key_i = add_ast_key(group, list->items[i]);

        if (key_i < 0)
            return false;
        *out |= (uint64_t)1 << key_i;
    }
    return true;
}

static bool element_sets(Group *group, const AstGroupElement *element, SetVec *out);

static bool too_many_sets(Group *group, Span span, size_t count)
{
    if (count <= GROUP_SETS_MAX)
        return false;
    bind_error(group->b, span, "GROUPING_SIZE_LIMIT_EXCEEDED", "54000",
               "Grouping sets size cannot be greater than %d.", GROUP_SETS_MAX);
    return true;
}

/* ROLLUP(a, b): (a, b), (a), (). CUBE(a, b): all subsets. */
static bool rollup_sets(Group *group, const AstGroupElement *element, SetVec *out)
{
    bool cube = element->kind == AST_GROUP_CUBE;
    size_t count = element->element_count;
    uint64_t *parts = ARENA_ARRAY(group->b->arena, uint64_t, count + 1);

    for (size_t i = 0; i < count; i++) {
        SetVec one = {0};

        if (!element_sets(group, &element->elements[i], &one) || !one.count)
            return false;
        parts[i] = one.items[0];
    }
    if (cube && (count > 12 || too_many_sets(group, element->span, (size_t)1 << count)))
        return !too_many_sets(group, element->span, GROUP_SETS_MAX + 1);
    for (size_t n = cube ? (size_t)1 << count : count + 1; n-- > 0;) {
        uint64_t set = 0;

        for (size_t i = 0; i < count; i++) {
            if (cube ? n >> (count - 1 - i) & 1 : i < n)
                set |= parts[i];
        }
        VEC_ADD_IN(group->b->arena, out, set);
    }
    return true;
}

static bool element_sets(Group *group, const AstGroupElement *element, SetVec *out)
{
    uint64_t set = 0;
    int key_i;

    switch (element->kind) {
    case AST_GROUP_EXPR:
        key_i = add_ast_key(group, element->expr);
        if (key_i < 0)
            return false;
        set = (uint64_t)1 << key_i;
        VEC_ADD_IN(group->b->arena, out, set);
        return true;
    case AST_GROUP_SET:
        if (!ast_keys(group, &element->set, &set))
            return false;
        VEC_ADD_IN(group->b->arena, out, set);
        return true;
    case AST_GROUP_ROLLUP:
    case AST_GROUP_CUBE:
        return rollup_sets(group, element, out);
    case AST_GROUP_GROUPING_SETS:
        for (size_t i = 0; i < element->element_count; i++) {
            if (!element_sets(group, &element->elements[i], out))
                return false;
        }
        return true;
    }
    UNREACHABLE();
}

/* Every set of the one with every set of the other. */
static bool sets_multiply(Group *group, SetVec *sets, const SetVec *by, Span span)
{
    SetVec out = {0};

    if (too_many_sets(group, span, sets->count * by->count))
        return false;
    for (size_t i = 0; i < sets->count; i++) {
        for (size_t j = 0; j < by->count; j++) {
            uint64_t both = sets->items[i] | by->items[j];

            VEC_ADD_IN(group->b->arena, &out, both);
        }
    }
    *sets = out;
    return true;
}

/* Tells what is wrong in keys that are not used. */
static void check_elements(Group *group, const AstGroupElement *elements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (elements[i].kind == AST_GROUP_EXPR)
            bind_key(group, elements[i].expr);
    }
}

void select_check_group(Select *s)
{
    Group group = {.select = s, .b = s->b};

    if (!s->ast->group_by.all)
        check_elements(&group, s->ast->group_by.elements, s->ast->group_by.element_count);
}

/* Whether a column or an item is called `all`: then GROUP BY ALL is by that. */
static bool all_is_a_name(Group *group, const AstGroupBy *ast)
{
    const Select *s = group->select;

    for (size_t i = 0; i < s->items.count; i++) {
        if (str_is_nocase(s->items.items[i].name, "all"))
            return true;
    }
    return ast->element_count == 1 && scope_has(s->input.scope, &ast->elements[0].expr->column);
}

static bool bind_keys(Group *group, SetVec *sets)
{
    const AstGroupBy *ast = &group->select->ast->group_by;
    uint64_t none = 0;

    VEC_ADD_IN(group->b->arena, sets, none);
    group->all_is_name = ast->all && all_is_a_name(group, ast);
    if (ast->all && !group->all_is_name)
        return group_by_all(group);
    if (ast->with_rollup || ast->with_cube) {
        AstGroupElement whole = {
            .kind = ast->with_cube ? AST_GROUP_CUBE : AST_GROUP_ROLLUP,
            .span = ast->span,
            .elements = ast->elements,
            .element_count = ast->element_count,
        };
        SetVec made = {0};

        group->has_sets = true;
        return element_sets(group, &whole, &made) && sets_multiply(group, sets, &made, ast->span);
    }
    for (size_t i = 0; i < ast->element_count; i++) {
        const AstGroupElement *element = &ast->elements[i];
        SetVec made = {0};

        /* GROUP BY a, b GROUPING SETS (...): the list names the keys alone. */
        if (!element_sets(group, element, &made)) {
            check_elements(group, ast->elements + i + 1, ast->element_count - i - 1);
            return false;
        }
        if (element->kind != AST_GROUP_EXPR && element->kind != AST_GROUP_SET)
            group->has_sets = true;
        if (!ast->grouping_sets && !sets_multiply(group, sets, &made, element->span))
            return false;
    }
    if (ast->grouping_sets) {
        SetVec made = {0};

        group->has_sets = true;
        return element_sets(group, ast->grouping_sets, &made) &&
               sets_multiply(group, sets, &made, ast->span);
    }
    return true;
}

static uint32_t values_column(Group *group, Logical *values, uint32_t column_i, const char *name,
                              const Type *type)
{
    uint32_t id = plan_column_new(group->b->plan, str_of(name), type, false);

    values->columns[column_i] = id;
    return id;
}

/* VALUES (set, grouping_id, drop0, drop1, ...), a row for each set. */
static Logical *sets_values(Group *group, const SetVec *sets, Span span)
{
    Binder *b = group->b;
    uint32_t key_count = (uint32_t)group->keys.count, width = key_count + 2;
    Logical *values = logical_new(b->plan, LOGICAL_VALUES, span, NULL);

    values->columns = ARENA_ARRAY(b->arena, uint32_t, width);
    values->column_count = width;
    values->as.values.row_count = (uint32_t)sets->count;
    values->as.values.cells = ARENA_ARRAY(b->arena, Expr *, (size_t)width * sets->count);
    group->set_id = values_column(group, values, 0, "grouping_set", &type_int);
    group->grouping_id = values_column(group, values, 1, "grouping_id", &type_bigint);
    for (uint32_t k = 0; k < key_count; k++)
        values_column(group, values, k + 2, "left_out", &type_boolean);
    for (size_t i = 0; i < sets->count; i++) {
        Expr **cells = values->as.values.cells + i * width;
        int64_t id = 0;

        for (uint32_t k = 0; k < key_count; k++) {
            bool left_out = !(sets->items[i] >> k & 1);

            id = id << 1 | left_out;
            cells[k + 2] = expr_literal_bool(b->arena, left_out, span);
        }
        cells[0] = expr_literal_int(b->arena, (int32_t)i, span);
        cells[1] = expr_literal_bigint(b->arena, id, span);
    }
    return values;
}

/* Repeats rows for the sets; the keys' expressions become columns n0, n1, ... of the result. */
static Logical *put_sets(Group *group, Logical *input, const SetVec *sets, NamedExpr *keys,
                         Span span)
{
    Binder *b = group->b;
    uint32_t key_count = (uint32_t)group->keys.count, input_count = input->column_count;
    NamedExpr *first = ARENA_ARRAY(b->arena, NamedExpr, input_count + key_count);
    NamedExpr *second = ARENA_ARRAY(b->arena, NamedExpr, input_count + key_count + 2);
    Logical *values = sets_values(group, sets, span);
    Logical *node;

    for (uint32_t i = 0; i < input_count; i++)
        first[i] = second[i] =
            (NamedExpr){plan_column_expr(b->plan, input->columns[i], span), input->columns[i]};
    for (uint32_t k = 0; k < key_count; k++) {
        GroupKey *key = &group->keys.items[k];
        uint32_t id = plan_column_new(b->plan, STR("key"), key->expr->type, key->expr->nullable);
        Expr *args[3] = {plan_column_expr(b->plan, values->columns[k + 2], span),
                         expr_literal_null(b->arena, key->expr->type, span),
                         plan_column_expr(b->plan, id, span)};
        Expr *chosen = bind_call_named(b, "case", args, 3, span);

        if (!chosen)
            return NULL;
        first[input_count + k] = (NamedExpr){key->expr, id};
        key->id = plan_column_new(b->plan, key->expr->kind == EXPR_COLUMN
                                      ? plan_column(b->plan, key->expr->column_i)->name
                                      : STR("key"), key->expr->type, true);
        second[input_count + k] = (NamedExpr){chosen, key->id};
        keys[k] = (NamedExpr){plan_column_expr(b->plan, key->id, span), key->id};
    }
    for (uint32_t i = 0; i < 2; i++) {
        NamedExpr column = {plan_column_expr(b->plan, values->columns[i], span),
                            values->columns[i]};

        second[input_count + key_count + i] = column;
        keys[key_count + i] = column;
    }
    node = logical_project(b->plan, input, first, input_count + key_count, span);
    node = logical_join(b->plan, JOIN_CROSS, node, values, NULL, span);
    return logical_project(b->plan, node, second, input_count + key_count + 2, span);
}

/* ── for HAVING and ORDER BY ───────────────────────────────────────────────────────────────────*/

bool group_has_key(const Group *group, const Expr *e)
{
    return key_find(group, e) >= 0;
}

typedef struct LeftOver {
    Group *group;
    IdVec *ids;
} LeftOver;

static Expr *note_left_over(void *self, Expr *e)
{
    const LeftOver *left = self;

    if (key_find(left->group, e) >= 0 || e->kind == EXPR_AGGREGATE || e->kind == EXPR_SUBQUERY)
        return e;
    if (e->kind == EXPR_COLUMN)
        VEC_ADD_IN(left->group->b->arena, left->ids, e->column_i);
    return NULL;
}

void group_left_over(Group *group, Expr *e, IdVec *out)
{
    LeftOver left = {group, out};

    expr_replace(group->b->arena, e, note_left_over, &left);
}

/* ── the AGGREGATE ─────────────────────────────────────────────────────────────────────────────*/

static void number_keys(Group *group)
{
    for (size_t i = 0; i < group->keys.count; i++) {
        GroupKey *key = &group->keys.items[i];

        key->id = key->expr->kind == EXPR_COLUMN
                      ? key->expr->column_i
                      : plan_column_new(group->b->plan, STR("key"), key->expr->type,
                                        key->expr->nullable);
    }
}

static bool rewrite_all(Group *group)
{
    Select *s = group->select;

    for (size_t i = 0; i < s->items.count; i++)
        group_rewrite(group, &s->items.items[i].expr);
    group->in_having = true;
    if (s->having)
        group_rewrite(group, &s->having);
    group->in_having = false;
    if (s->generator)
        group_rewrite(group, &s->generator);
    group->in_order = !group->failed;
    for (uint32_t i = 0; i < s->order_count; i++)
        group_rewrite(group, &s->order[i].expr);
    return !group->failed;
}

static bool prepare_subqueries(Group *group, Logical **input)
{
    for (size_t i = 0; i < group->keys.count; i++) {
        if (!plan_subqueries(group->b, input, &group->keys.items[i].expr))
            return false;
    }
    for (size_t i = 0; i < group->items.count; i++) {
        if (!plan_subqueries(group->b, input, &group->items.items[i].expr))
            return false;
    }
    return true;
}

bool select_keys(Select *s)
{
    Group *group = ARENA_NEW(s->b->arena, Group);

    group->select = s;
    group->b = s->b;
    if (!bind_keys(group, &group->sets))
        return false;
    s->group = group;
    return true;
}

bool select_group(Select *s)
{
    Binder *b = s->b;
    Group *group;
    Logical *input = s->plan, *node;
    NamedExpr *keys;
    uint32_t key_count;
    Span span = s->ast->group_by.present ? s->ast->group_by.span
                : s->items.count         ? s->items.items[0].span
                                         : SPAN_NONE;

    if (!s->group && !select_keys(s))
        return false;
    group = s->group;
    key_count = (uint32_t)group->keys.count + (group->has_sets ? 2 : 0);
    keys = ARENA_ARRAY(b->arena, NamedExpr, key_count + 1);
    number_keys(group);
    if (group->has_sets) {
        input = put_sets(group, input, &group->sets, keys, span);
        if (!input)
            return false;
    }
    for (size_t i = 0; i < s->outer_aggregates.count; i++)
        VEC_ADD_IN(b->arena, &group->items, s->outer_aggregates.items[i]);
    if (!rewrite_all(group) || !prepare_subqueries(group, &input))
        return false;
    for (size_t i = 0; i < group->keys.count && !group->has_sets; i++)
        keys[i] = (NamedExpr){group->keys.items[i].expr, group->keys.items[i].id};
    node = logical_new(b->plan, LOGICAL_AGGREGATE, span, input);
    node->as.aggregate = (LogicalAggregate){
        .keys = keys,
        .key_count = key_count,
        .items = group->items.items,
        .item_count = (uint32_t)group->items.count,
        .time_key = -1,
    };
    logical_refresh_columns(b->plan, node);
    s->plan = node;
    return !s->having || plan_condition(b, &s->plan, s->having, s->ast->having->span);
}

/* ── window functions ──────────────────────────────────────────────────────────────────────────*/

typedef struct WindowMap {
    Select *select;
    VEC(Logical *) nodes; /* One for each PARTITION BY and ORDER BY; inputs set at the end. */
} WindowMap;

static bool spec_equal(const LogicalWindow *node, const WindowSpec *spec)
{
    if (node->partition_count != spec->partition_count || node->order_count != spec->order_count)
        return false;
    for (uint32_t i = 0; i < spec->partition_count; i++) {
        if (!expr_equal(node->partition[i], spec->partition[i]))
            return false;
    }
    for (uint32_t i = 0; i < spec->order_count; i++) {
        if (!expr_equal(node->order[i].expr, spec->order[i].expr) ||
            node->order[i].key.descending != spec->order[i].key.descending ||
            node->order[i].key.nulls_last != spec->order[i].key.nulls_last)
            return false;
    }
    return true;
}

static Logical *window_node(WindowMap *map, const Expr *e)
{
    PlanContext *plan = map->select->b->plan;
    Logical *node;

    for (size_t i = 0; i < map->nodes.count; i++) {
        if (spec_equal(&map->nodes.items[i]->as.window, e->window))
            return map->nodes.items[i];
    }
    node = logical_new(plan, LOGICAL_WINDOW, e->span, NULL);
    node->as.window = (LogicalWindow){
        .partition = e->window->partition,
        .partition_count = e->window->partition_count,
        .order = e->window->order,
        .order_count = e->window->order_count,
        .time_id = UINT32_MAX,
        .rank_limit = -1,
    };
    VEC_ADD_IN(plan->arena, &map->nodes, node);
    return node;
}

/* Equal but for the window specification's address; partition and order are known to be equal. */
static bool window_call_equal(const Expr *a, const Expr *b)
{
    const WindowSpec *x = a->window, *y = b->window;
    Expr copy = *a;

    copy.window = y;
    return x->rows == y->rows && x->from_kind == y->from_kind && x->to_kind == y->to_kind &&
           (x->from ? y->from && expr_equal(x->from, y->from) : !y->from) &&
           (x->to ? y->to && expr_equal(x->to, y->to) : !y->to) && expr_equal(&copy, b);
}

static Expr *map_window(void *self, Expr *e)
{
    WindowMap *map = self;
    PlanContext *plan = map->select->b->plan;
    LogicalWindow *window;
    NamedExpr *items;

    if (e->kind != EXPR_WINDOW)
        return NULL;
    window = &window_node(map, e)->as.window;
    for (uint32_t i = 0; i < window->item_count; i++) {
        if (window_call_equal(window->items[i].expr, e))
            return expr_column(plan->arena, window->items[i].id, e->type, e->nullable, e->span);
    }
    items = ARENA_ARRAY(plan->arena, NamedExpr, window->item_count + 1);
    if (window->item_count)
        memcpy(items, window->items, window->item_count * sizeof *items);
    items[window->item_count] =
        (NamedExpr){e, plan_column_new(plan, str_of(e->fn->name), e->type, e->nullable)};
    window->items = items;
    window->item_count++;
    return expr_column(plan->arena, items[window->item_count - 1].id, e->type, e->nullable,
                       e->span);
}

/* Subqueries in a window's parts become columns of the plan below it. */
static bool window_subqueries(Select *s, LogicalWindow *window)
{
    bool ok = true;

    for (uint32_t i = 0; ok && i < window->item_count; i++)
        ok = plan_subqueries(s->b, &s->plan, &window->items[i].expr);
    for (uint32_t i = 0; ok && i < window->partition_count; i++)
        ok = plan_subqueries(s->b, &s->plan, &window->partition[i]);
    for (uint32_t i = 0; ok && i < window->order_count; i++)
        ok = plan_subqueries(s->b, &s->plan, &window->order[i].expr);
    return ok;
}

bool select_windows(Select *s)
{
    WindowMap map = {.select = s};
    PlanContext *plan = s->b->plan;

    for (size_t i = 0; i < s->items.count; i++)
        s->items.items[i].expr =
            expr_replace(plan->arena, s->items.items[i].expr, map_window, &map);
    for (uint32_t i = 0; i < s->order_count; i++)
        s->order[i].expr = expr_replace(plan->arena, s->order[i].expr, map_window, &map);
    for (size_t i = 0; i < map.nodes.count; i++) {
        Logical *node = map.nodes.items[i];

        if (!window_subqueries(s, &node->as.window))
            return false;
        node->inputs = ARENA_ARRAY(plan->arena, Logical *, 1);
        node->inputs[0] = s->plan;
        node->input_count = 1;
        node->streaming = s->plan->streaming;
        logical_refresh_columns(plan, node);
        s->plan = node;
    }
    return true;
}
