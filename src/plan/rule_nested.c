/*
 * rule_nested.c: of a STRUCT only the fields that are used are decoded (rules.h).
 *
 * `bid.price` reads one field of the column bid. A column that is never used as a whole gets a type
 * with the fields that are read alone, all the way down, and every `.field` above it is bound anew. A
 * column that goes through a PROJECT as it is is not used there; what reads it above uses it.
 */
#include "base/assert.h"
#include "plan/rules.h"

struct FieldUse {
    bool whole;
    FieldUse **fields; /* By the struct type's fields; NULL: not used. */
};

static FieldUse *use_new(Arena *arena, const Type *type)
{
    FieldUse *use = ARENA_NEW(arena, FieldUse);

    use->fields = arena_zalloc(arena, (type->field_count + 1) * sizeof *use->fields);
    return use;
}

static ColumnUse *use_find(const FieldUses *uses, const TableDef *table, uint32_t column_i)
{
    for (size_t i = 0; i < uses->columns.count; i++) {
        if (uses->columns.items[i].table == table && uses->columns.items[i].column_i == column_i)
            return &uses->columns.items[i];
    }
    return NULL;
}

static FieldUse *use_of_column(FieldUses *uses, const TableDef *table, uint32_t column_i)
{
    ColumnUse *found = use_find(uses, table, column_i);
    ColumnUse made = {table, column_i, NULL};

    if (found)
        return found->use;
    made.use = use_new(uses->arena, table->schema.columns[column_i].type);
    VEC_ADD_IN(uses->arena, &uses->columns, made);
    return made.use;
}

/* ── who reads what ────────────────────────────────────────────────────────────────────────────*/

/* Where column ids come from: a query's scans, or (plan NULL) a table's own numbers. */
typedef struct Origins {
    PlanContext *plan;
    const Logical *root;
    bool streaming;
    const TableDef *table;
    FieldUses *uses;
    VEC(const Logical *) scans;
} Origins;

static bool origin_of(const Origins *origins, uint32_t id, const TableDef **table,
                      uint32_t *column_i)
{
    if (!origins->plan) {
        *table = origins->table;
        *column_i = id;
        return true;
    }
    for (size_t s = 0; s < origins->scans.count; s++) {
        const Logical *scan = origins->scans.items[s];

        for (uint32_t i = 0; i < scan->column_count; i++) {
            if (scan->columns[i] == id) {
                *table = scan->as.scan.table;
                *column_i = scan->as.scan.table_columns[i];
                return true;
            }
        }
    }
    return false;
}

static bool is_field_access(const Expr *e)
{
    return expr_is_call(e, ".") && e->args[0]->type->kind == TYPE_STRUCT &&
           e->args[1]->kind == EXPR_LITERAL;
}

/* The use that the expression stands for: a column of a scan, or a field of such; NULL: neither. */
static FieldUse *use_of(Origins *origins, const Expr *e)
{
    const TableDef *table;
    uint32_t column_i;
    FieldUse *base;
    int field_i;

    if (e->kind == EXPR_COLUMN && origin_of(origins, e->column_i, &table, &column_i))
        return use_of_column(origins->uses, table, column_i);
    if (!is_field_access(e))
        return NULL;
    base = use_of(origins, e->args[0]);
    field_i = type_field_find(e->args[0]->type, vector_strs(e->args[1]->literal)[0]);
    if (!base || field_i < 0)
        return NULL;
    if (!base->fields[field_i])
        base->fields[field_i] =
            use_new(origins->uses->arena, e->args[0]->type->fields[field_i].type);
    return base->fields[field_i];
}

static void collect_expr(Origins *origins, const Expr *e)
{
    FieldUse *use = use_of(origins, e);

    if (use) {
        use->whole = true;
        return;
    }
    for (uint32_t i = 0; e->args && i < e->arg_count; i++)
        collect_expr(origins, e->args[i]);
    if (e->body)
        collect_expr(origins, e->body);
    if (e->filter)
        collect_expr(origins, e->filter);
    for (uint32_t i = 0; e->order_by && i < e->order_count; i++)
        collect_expr(origins, e->order_by[i]);
}

static void visit_expr(void *self, Expr **e)
{
    collect_expr(self, *e);
}

static void mark_whole(Origins *origins, uint32_t id)
{
    Expr column = {.kind = EXPR_COLUMN, .column_i = id};
    FieldUse *use = use_of(origins, &column);

    if (use)
        use->whole = true;
}

static void collect_node(Origins *origins, Logical *node)
{
    if (node->kind == LOGICAL_PROJECT) {
        for (uint32_t i = 0; i < node->column_count; i++) {
            const NamedExpr *item = &node->as.project.items[i];

            if (item->expr->kind != EXPR_COLUMN || item->expr->column_i != item->id)
                collect_expr(origins, item->expr);
        }
    } else {
        logical_each_expr(node, visit_expr, origins);
    }
    for (uint32_t i = 0; node->kind == LOGICAL_UNION && i < node->input_count; i++) {
        for (uint32_t c = 0; c < node->inputs[i]->column_count; c++)
            mark_whole(origins, node->inputs[i]->columns[c]);
    }
    for (uint32_t i = 0; i < node->input_count; i++)
        collect_node(origins, node->inputs[i]);
}

static bool is_decoded(const TableDef *table)
{
    return (table->kind == TABLE_SOURCE && table->provider != PROVIDER_POSTGRES &&
            table->provider != PROVIDER_CASSANDRA) ||
           table->provider == PROVIDER_KAFKA;
}

static void find_scans(Origins *origins, const Logical *node)
{
    if (node->kind == LOGICAL_SCAN && node->streaming == origins->streaming &&
        is_decoded(node->as.scan.table))
        VEC_ADD_IN(origins->plan->arena, &origins->scans, node);
    for (uint32_t i = 0; i < node->input_count; i++)
        find_scans(origins, node->inputs[i]);
}

void rule_nested_collect(PlanContext *plan, const Logical *root, bool streaming, FieldUses *uses)
{
    Origins origins = {.plan = plan, .streaming = streaming, .uses = uses};
    Logical copy = *root;

    find_scans(&origins, root);
    collect_node(&origins, &copy);
    for (uint32_t i = 0; i < root->column_count; i++)
        mark_whole(&origins, root->columns[i]);
}

void rule_nested_collect_expr(FieldUses *uses, const TableDef *table, const Expr *e)
{
    Origins origins = {.table = table, .uses = uses};

    collect_expr(&origins, e);
}

/* ── types ─────────────────────────────────────────────────────────────────────────────────────*/

static const Type *pruned_type(Arena *arena, const Type *type, const FieldUse *use)
{
    Field *fields;
    uint32_t count = 0;

    if (type->kind != TYPE_STRUCT || !use || use->whole)
        return type;
    fields = ARENA_ARRAY(arena, Field, type->field_count + 1);
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (!use->fields[i])
            continue;
        fields[count] = type->fields[i];
        fields[count++].type = pruned_type(arena, type->fields[i].type, use->fields[i]);
    }
    /* Only asked whether it is NULL, or the like. */
    return count ? type_struct(arena, fields, count) : type;
}

const Type *rule_nested_type(const FieldUses *uses, const TableDef *table, uint32_t column_i)
{
    const ColumnUse *use = use_find(uses, table, column_i);

    return pruned_type(uses->arena, table->schema.columns[column_i].type, use ? use->use : NULL);
}

typedef struct Rebind {
    const Origins *origins;
    const SqlContext *sql;
    Arena *arena;
} Rebind;

/* `.field` over a narrower struct is bound anew: the field has another number there. */
static Expr *rebind(void *self, Expr *e)
{
    const Rebind *r = self;
    const TableDef *table;
    uint32_t column_i;
    Expr *base, *out;
    Error err = {0};

    if (e->kind == EXPR_COLUMN && origin_of(r->origins, e->column_i, &table, &column_i)) {
        const Type *type = rule_nested_type(r->origins->uses, table, column_i);

        return type_equal(type, e->type)
                   ? NULL
                   : expr_column(r->arena, e->column_i, type, e->nullable, e->span);
    }
    if (!is_field_access(e))
        return NULL;
    base = expr_replace(r->arena, e->args[0], rebind, self);
    if (base == e->args[0])
        return NULL;
    if (!expr_field(r->arena, r->sql, base, vector_strs(e->args[1]->literal)[0], e->span, &out,
                    &err))
        UNREACHABLE(); /* The field is used, so it is there. */
    return out;
}

static void rebind_expr(void *self, Expr **e)
{
    const Rebind *r = self;

    *e = expr_replace(r->arena, *e, rebind, self);
}

static void rebind_node(Rebind *r, Logical *node)
{
    logical_each_expr(node, rebind_expr, r);
    for (uint32_t i = 0; i < node->input_count; i++)
        rebind_node(r, node->inputs[i]);
}

void rule_nested_apply(PlanContext *plan, Logical *root, bool streaming, const FieldUses *uses)
{
    FieldUses copy = *uses;
    Origins origins = {.plan = plan, .streaming = streaming, .uses = &copy};
    Rebind r = {&origins, plan->sql, plan->arena};

    find_scans(&origins, root);
    rebind_node(&r, root);
    for (size_t s = 0; s < origins.scans.count; s++) {
        const Logical *scan = origins.scans.items[s];

        for (uint32_t i = 0; i < scan->column_count; i++)
            plan->columns.items[scan->columns[i]].type =
                rule_nested_type(uses, scan->as.scan.table, scan->as.scan.table_columns[i]);
    }
}

Expr *rule_nested_expr(const FieldUses *uses, const SqlContext *sql, const TableDef *table, Expr *e)
{
    FieldUses copy = *uses;
    Origins origins = {.table = table, .uses = &copy};
    Rebind r = {&origins, sql, uses->arena};

    return expr_replace(uses->arena, e, rebind, &r);
}
