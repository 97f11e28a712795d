/*
 * pipeline_plan.c: from bound flows and views to what is run: who feeds whom, what is decoded of each
 * source, the physical plans.
 *
 * Flows are optimised first, all of them; then it is known which columns, and which fields of STRUCTs,
 * of each source anybody reads, and the plans are made over exactly those.
 */
#include "base/assert.h"
#include "plan/pipeline_bind.h"
#include "plan/rules.h"

/* ── edges and cycles ──────────────────────────────────────────────────────────────────────────*/

typedef VEC(PipelineEdge) EdgeVec;

static bool edge_known(const EdgeVec *edges, const PipelineEdge *edge)
{
    for (size_t i = 0; i < edges->count; i++) {
        if (edges->items[i].from == edge->from && edges->items[i].to == edge->to &&
            str_equal(edges->items[i].by, edge->by))
            return true;
    }
    return false;
}

static void make_edges(PipelineBinder *p)
{
    EdgeVec edges = {0};

    for (size_t d = 0; d < p->drafts.count; d++) {
        const Draft *draft = &p->drafts.items[d];

        for (size_t r = 0; r < draft->read_count; r++) {
            PipelineEdge edge = {draft->reads[r].table, draft->table, draft->name,
                                 draft->reads[r].streaming};

            if (!edge_known(&edges, &edge))
                VEC_ADD_IN(p->arena, &edges, edge);
        }
    }
    p->spec->edges = edges.items;
    p->spec->edge_count = (uint32_t)edges.count;
}

enum { UNSEEN, ACTIVE, DONE };

/* Depth first; ACTIVE again means a way back to itself. System tables count as their owner. */
static bool reaches_itself(const PipelineSpec *spec, const TableDef *table, uint8_t *marks,
                           const TableDef **culprit)
{
    uint32_t table_i = 0;

    while (table_i < spec->table_count && spec->tables[table_i] != table)
        table_i++;
    if (table_i == spec->table_count || marks[table_i] == DONE)
        return false;
    if (marks[table_i] == ACTIVE) {
        *culprit = table;
        return true;
    }
    marks[table_i] = ACTIVE;
    for (uint32_t e = 0; e < spec->edge_count; e++) {
        if (spec->edges[e].from == table &&
            reaches_itself(spec, spec->edges[e].to, marks, culprit))
            return true;
    }
    marks[table_i] = DONE;
    return false;
}

static bool refuse_cycles(PipelineBinder *p)
{
    const PipelineSpec *spec = p->spec;
    uint8_t *marks = arena_zalloc(p->arena, spec->table_count + 1);
    const TableDef *culprit = NULL;

    for (uint32_t i = 0; i < spec->table_count; i++) {
        if (!reaches_itself(spec, spec->tables[i], marks, &culprit))
            continue;
        diagnostic_error(p->diagnostics, culprit->name_span, "CIRCULAR_DEPENDENCY", "42K0H",
                         "`%.*s` is fed, by way of others, from itself.", STR_ARG(culprit->name));
        diagnostic_remedy(p->diagnostics, "`weir graph` of the file without one of its flows shows "
                          "the way round");
        return false;
    }
    return true;
}

/* ── sources ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct SourceDraft {
    const TableDef *table;
    bool *used; /* By column. */
} SourceDraft;

typedef struct SourceDrafts {
    PipelineBinder *p;
    VEC(SourceDraft) items;
} SourceDrafts;

static SourceDraft *source_of(SourceDrafts *sources, const TableDef *table)
{
    SourceDraft made = {.table = table};

    for (size_t i = 0; i < sources->items.count; i++) {
        if (sources->items.items[i].table == table)
            return &sources->items.items[i];
    }
    made.used = arena_zalloc(sources->p->arena, table->schema.column_count + 1);
    VEC_ADD_IN(sources->p->arena, &sources->items, made);
    return &sources->items.items[sources->items.count - 1];
}

static void note_scans(SourceDrafts *sources, const Logical *node)
{
    if (node->kind == LOGICAL_SCAN && node->streaming) {
        SourceDraft *source = source_of(sources, node->as.scan.table);

        for (uint32_t i = 0; i < node->column_count; i++)
            source->used[node->as.scan.table_columns[i]] = true;
    }
    for (uint32_t i = 0; i < node->input_count; i++)
        note_scans(sources, node->inputs[i]);
}

static bool note_constraint_column(void *self, const Expr *e)
{
    if (e->kind == EXPR_COLUMN)
        ((bool *)self)[e->column_i] = true;
    return false;
}

static void note_constraints(SourceDraft *source, FieldUses *uses)
{
    const TableDef *table = source->table;

    for (uint32_t i = 0; i < table->constraint_count; i++) {
        const Constraint *constraint = &table->constraints[i];

        if (constraint->not_null_column >= 0)
            source->used[constraint->not_null_column] = true;
        if (!constraint->condition)
            continue;
        expr_any(constraint->condition, note_constraint_column, source->used);
        rule_nested_collect_expr(uses, table, constraint->condition);
    }
}

typedef struct Renumber {
    Arena *arena;
    const uint32_t *places; /* By the table's column. */
} Renumber;

static Expr *renumber(void *self, Expr *e)
{
    const Renumber *r = self;

    if (e->kind != EXPR_COLUMN)
        return NULL;
    return expr_column(r->arena, r->places[e->column_i], e->type, e->nullable, e->span);
}

static void source_constraints(PipelineBinder *p, const FieldUses *uses, const uint32_t *places,
                               SourceSpec *source)
{
    const TableDef *table = source->table;
    Constraint *constraints = ARENA_ARRAY(p->arena, Constraint, table->constraint_count + 1);
    Renumber r = {p->arena, places};

    for (uint32_t i = 0; i < table->constraint_count; i++) {
        constraints[i] = table->constraints[i];
        if (constraints[i].not_null_column >= 0)
            constraints[i].not_null_column =
                (int32_t)places[constraints[i].not_null_column];
        if (constraints[i].condition) {
            Expr *copy = arena_copy(p->arena, constraints[i].condition, sizeof *copy);

            copy = rule_nested_expr(uses, &p->spec->sql, table, copy);
            constraints[i].condition = expr_replace(p->arena, copy, renumber, &r);
            constraints[i].program = program_compile(p->arena, &constraints[i].condition, 1);
        }
    }
    source->constraints = constraints;
    source->constraint_count = table->constraint_count;
}

static void make_source(PipelineBinder *p, const SourceDraft *draft, const FieldUses *uses,
                        SourceSpec *out)
{
    const TableDef *table = draft->table;
    uint32_t count = table->schema.column_count, used = 0;
    uint32_t *columns = ARENA_ARRAY(p->arena, uint32_t, count + 1);
    uint32_t *places = ARENA_ARRAY(p->arena, uint32_t, count + 1);
    Field *fields = ARENA_ARRAY(p->arena, Field, count + 1);

    for (uint32_t i = 0; i < count; i++) {
        if (!draft->used[i])
            continue;
        places[i] = used;
        columns[used] = i;
        fields[used] = table->schema.columns[i];
        fields[used++].type = rule_nested_type(uses, table, i);
    }
    *out = (SourceSpec){
        .table = table,
        .columns = columns,
        .column_count = used,
        .schema = {used, fields},
        .idle_timeout_us = table_option_duration_us(table, "idle_timeout"),
    };
    source_constraints(p, uses, places, out);
}

static void make_sources(PipelineBinder *p, FieldUses *uses)
{
    SourceDrafts sources = {.p = p};

    for (size_t d = 0; d < p->drafts.count; d++) {
        if (!p->drafts.items[d].is_view)
            note_scans(&sources, p->drafts.items[d].root);
    }
    for (size_t i = 0; i < sources.items.count; i++)
        note_constraints(&sources.items.items[i], uses);
    p->spec->sources = ARENA_ARRAY(p->arena, SourceSpec, sources.items.count + 1);
    p->spec->source_count = (uint32_t)sources.items.count;
    for (uint32_t i = 0; i < p->spec->source_count; i++)
        make_source(p, &sources.items.items[i], uses, &p->spec->sources[i]);
}

/* ── flows ─────────────────────────────────────────────────────────────────────────────────────*/

/* STRUCT fields of tables read in batch: each query decodes for itself. */
static void prune_batch_scans(Draft *draft)
{
    FieldUses uses = {.arena = draft->plan->arena};

    rule_nested_collect(draft->plan, draft->root, false, &uses);
    rule_nested_apply(draft->plan, draft->root, false, &uses);
}

static uint32_t source_index(const PipelineSpec *spec, const Node *scan)
{
    for (uint32_t i = 0; scan->as.scan.streaming && i < spec->source_count; i++) {
        if (spec->sources[i].table == scan->as.scan.table)
            return i;
    }
    return UINT32_MAX;
}

static void make_flow(PipelineBinder *p, Draft *draft, FlowSpec *out)
{
    PhysicalPlan plan;

    prune_batch_scans(draft);
    plan = plan_physical(draft->plan, draft->root, draft->table->schema.columns);
    *out = (FlowSpec){
        .name = draft->name,
        .target = draft->table,
        .plan = plan.root,
        .node_count = plan.node_count,
        .scans = plan.scans,
        .scan_source = ARENA_ARRAY(p->arena, uint32_t, plan.scan_count + 1),
        .scan_count = plan.scan_count,
        .output_mode = draft->mode,
        .on_error_fail = str_is_nocase(table_option(draft->table, "on_error"), "fail"),
        .span = draft->span,
        .query_span = draft->query_span,
    };
    for (uint32_t i = 0; i < plan.scan_count; i++)
        out->scan_source[i] = source_index(p->spec, plan.scans[i]);
    out->state_plan = plan_state_text(p->arena, plan.root, &p->spec->sql);
}

static void make_view(PipelineBinder *p, Draft *draft, ViewSpec *out)
{
    PhysicalPlan plan;
    const TableDef **reads = ARENA_ARRAY(p->arena, const TableDef *, draft->read_count + 1);
    uint32_t count = 0;

    prune_batch_scans(draft);
    plan = plan_physical(draft->plan, draft->root, draft->table->schema.columns);
    for (size_t r = 0; r < draft->read_count; r++) {
        bool known = false;

        for (uint32_t k = 0; k < count; k++)
            known = known || reads[k] == draft->reads[r].table;
        if (!known)
            reads[count++] = draft->reads[r].table;
    }
    *out = (ViewSpec){
        .table = draft->table,
        .plan = plan.root,
        .scans = plan.scans,
        .scan_count = plan.scan_count,
        .node_count = plan.node_count,
        .reads = reads,
        .read_count = count,
        .schedule = table_option(draft->table, "schedule"),
        .time_zone = table_option(draft->table, "time_zone"),
        .query_span = draft->query_span,
    };
    if (!out->time_zone.data)
        out->time_zone = zone_name(p->spec->sql.zone);
}

/* ── views in dependency order ─────────────────────────────────────────────────────────────────*/

/* Whether `table` is fed, directly or not, by the view `by`. There are no cycles. */
static bool feeds(const PipelineSpec *spec, const TableDef *by, const TableDef *table)
{
    for (uint32_t e = 0; e < spec->edge_count; e++) {
        if (spec->edges[e].from == by &&
            (spec->edges[e].to == table || feeds(spec, spec->edges[e].to, table)))
            return true;
    }
    return false;
}

static void order_views(PipelineBinder *p)
{
    PipelineSpec *spec = p->spec;
    ViewSpec *ordered = ARENA_ARRAY(p->arena, ViewSpec, spec->view_count + 1);
    bool *taken = arena_zalloc(p->arena, spec->view_count + 1);
    uint32_t count = 0;

    while (count < spec->view_count) {
        for (uint32_t i = 0; i < spec->view_count; i++) {
            bool ready = !taken[i];

            for (uint32_t k = 0; k < spec->view_count && ready; k++)
                ready = taken[k] || k == i ||
                        !feeds(spec, spec->views[k].table, spec->views[i].table);
            if (!ready)
                continue;
            taken[i] = true;
            ordered[count++] = spec->views[i];
            break; /* The first that is ready, again from the start: the file's order is kept. */
        }
    }
    spec->views = ordered;
}

/* ── parts ─────────────────────────────────────────────────────────────────────────────────────*/

/* The table it streams from which only weir can read: polled, or generated; NULL: there is none. */
static const TableDef *collected(const Draft *draft)
{
    for (size_t r = 0; r < draft->read_count && !draft->is_view; r++) {
        const TableDef *table = draft->reads[r].table;

        if (draft->reads[r].streaming && table->kind == TABLE_SOURCE &&
            (table->provider == PROVIDER_HTTP || table->provider == PROVIDER_RATE ||
             table->provider == PROVIDER_NEXMARK))
            return table;
    }
    return NULL;
}

#define CANNOT_COLLECT \
    "Spark cannot read `%.*s` (USING %s): weir collects it, and hands it on in a topic."

static void remedy_topic(PipelineBinder *p, Str source)
{
    diagnostic_remedy(p->diagnostics,
                      "put a topic between: CREATE STREAMING TABLE %.*s_topic USING kafka AS SELECT * FROM "
                      "STREAM %.*s, and read STREAM %.*s_topic here",
                      STR_ARG(source), STR_ARG(source), STR_ARG(source));
}

/* What `weir run --engine spark` will refuse. */
static void warn_collected(PipelineBinder *p, const Draft *draft)
{
    const TableDef *outside = collected(draft);

    if (!outside || draft->table->provider == PROVIDER_KAFKA)
        return;
    diagnostic_warning(p->diagnostics, draft->query_span, NULL, CANNOT_COLLECT, STR_ARG(outside->name),
                       provider_info(outside->provider)->name);
    remedy_topic(p, outside->name);
}

/* Leaves the drafts of the part that is asked for. */
static bool take_part(PipelineBinder *p)
{
    size_t kept = 0;
    bool ok = true;

    if (p->input->part == PART_WHOLE)
        return true;
    for (size_t d = 0; d < p->drafts.count; d++) {
        const Draft *draft = &p->drafts.items[d];
        const TableDef *outside = collected(draft);

        if (outside && draft->table->provider != PROVIDER_KAFKA) {
            ok = diagnostic_error(p->diagnostics, draft->query_span, NULL, NULL, CANNOT_COLLECT,
                                  STR_ARG(outside->name), provider_info(outside->provider)->name);
            remedy_topic(p, outside->name);
        }
        if ((outside != NULL) == (p->input->part == PART_COLLECTING))
            p->drafts.items[kept++] = *draft;
    }
    p->drafts.count = kept;
    make_edges(p);
    return ok;
}

/* ── all ───────────────────────────────────────────────────────────────────────────────────────*/

static void optimize_drafts(PipelineBinder *p, FieldUses *uses)
{
    for (size_t d = 0; d < p->drafts.count; d++) {
        Draft *draft = &p->drafts.items[d];

        plan_optimize(draft->plan, &draft->root);
        if (!draft->is_view)
            rule_nested_collect(draft->plan, draft->root, true, uses);
    }
}

bool pipeline_plan(PipelineBinder *p)
{
    FieldUses uses = {.arena = p->arena};
    uint32_t flow_count = 0, view_count = 0;

    make_edges(p);
    if (!refuse_cycles(p))
        return false;
    for (size_t d = 0; d < p->drafts.count && p->input->engine_spark; d++) {
        pipeline_warn_spark(p, &p->drafts.items[d]);
        if (p->input->part == PART_WHOLE)
            warn_collected(p, &p->drafts.items[d]);
    }
    if (!take_part(p))
        return false;
    optimize_drafts(p, &uses);
    make_sources(p, &uses);
    p->spec->flows = ARENA_ARRAY(p->arena, FlowSpec, p->drafts.count + 1);
    p->spec->views = ARENA_ARRAY(p->arena, ViewSpec, p->drafts.count + 1);
    for (size_t d = 0; d < p->drafts.count; d++) {
        Draft *draft = &p->drafts.items[d];

        if (draft->is_view) {
            make_view(p, draft, &p->spec->views[view_count++]);
        } else {
            rule_nested_apply(draft->plan, draft->root, true, &uses);
            make_flow(p, draft, &p->spec->flows[flow_count++]);
        }
    }
    p->spec->flow_count = flow_count;
    p->spec->view_count = view_count;
    order_views(p);
    return true;
}
