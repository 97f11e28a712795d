/*
 * graph.c: tables and what feeds them: as a drawn tree, JSON, Mermaid or dot.
 */
#include "base/assert.h"
#include "plan/pipeline_spec.h"

bool graph_format_find(Str name, GraphFormat *out)
{
    static const char *const names[] = {
        [GRAPH_TEXT] = "text", [GRAPH_JSON] = "json", [GRAPH_MERMAID] = "mermaid",
        [GRAPH_DOT] = "dot"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_is_nocase(name, names[i])) {
            *out = (GraphFormat)i;
            return true;
        }
    }
    return false;
}

static bool is_shown(const PipelineSpec *spec, const TableDef *table)
{
    if (table->kind != TABLE_SYSTEM)
        return true;
    for (uint32_t e = 0; e < spec->edge_count; e++) {
        if (spec->edges[e].from == table)
            return true;
    }
    return false;
}

static bool is_fed(const PipelineSpec *spec, const TableDef *table)
{
    for (uint32_t e = 0; e < spec->edge_count; e++) {
        if (spec->edges[e].to == table)
            return true;
    }
    return false;
}

static void print_label(StrBuf *out, const TableDef *table)
{
    strbuf_printf(out, "%.*s", STR_ARG(table->name));
    if (table->kind == TABLE_SYSTEM) {
        strbuf_add_c(out, " (system table)");
        return;
    }
    strbuf_printf(out, " (%s, %s", table_kind_name(table->kind),
                  provider_info(table->provider)->name);
    if (table->kind == TABLE_STREAMING)
        strbuf_add_c(out, table->output_mode == OUTPUT_UPDATE ? ", update" : ", append");
    if (table->kind == TABLE_MATERIALIZED_VIEW && table_option(table, "schedule").data)
        strbuf_printf(out, ", '%.*s'", STR_ARG(table_option(table, "schedule")));
    strbuf_add_char(out, ')');
}

/* ── a drawn tree: each source, and below it what it feeds ─────────────────────────────────────*/

typedef struct TreeState {
    const PipelineSpec *spec;
    StrBuf *out;
    StrBuf indent;
    const TableDef **shown; /* A table fed twice is drawn below the first alone. */
    uint32_t shown_count;
} TreeState;

static bool tree_shown(TreeState *state, const TableDef *table)
{
    for (uint32_t i = 0; i < state->shown_count; i++) {
        if (state->shown[i] == table)
            return true;
    }
    state->shown[state->shown_count++] = table;
    return false;
}

static void print_children(TreeState *state, const TableDef *table);

static void print_child(TreeState *state, const PipelineEdge *edge, bool is_last)
{
    size_t bytes = state->indent.bytes;

    strbuf_add_str(state->out, strbuf_str(&state->indent));
    strbuf_add_c(state->out, is_last ? "└─" : "├─");
    strbuf_add_c(state->out, edge->streaming ? "> " : "  ");
    if (tree_shown(state, edge->to)) {
        strbuf_printf(state->out, "%.*s, see above\n", STR_ARG(edge->to->name));
        return;
    }
    print_label(state->out, edge->to);
    if (!str_equal(edge->by, edge->to->name))
        strbuf_printf(state->out, " by %.*s", STR_ARG(edge->by));
    strbuf_add_char(state->out, '\n');
    strbuf_add_c(&state->indent, is_last ? "    " : "│   ");
    print_children(state, edge->to);
    state->indent.bytes = bytes;
    state->indent.data[bytes] = '\0';
}

static void print_children(TreeState *state, const TableDef *table)
{
    const PipelineSpec *spec = state->spec;
    const PipelineEdge *last = NULL;

    for (uint32_t e = 0; e < spec->edge_count; e++) {
        if (spec->edges[e].from != table)
            continue;
        if (last)
            print_child(state, last, false);
        last = &spec->edges[e];
    }
    if (last)
        print_child(state, last, true);
}

static void graph_text(const PipelineSpec *spec, StrBuf *out)
{
    TreeState state = {.spec = spec, .out = out};

    state.shown = ARENA_ARRAY(spec->arena, const TableDef *, spec->table_count + 1);
    strbuf_init(&state.indent);
    strbuf_add_c(&state.indent, "");
    for (uint32_t i = 0; i < spec->table_count; i++) {
        const TableDef *table = spec->tables[i];

        if (!is_shown(spec, table) || is_fed(spec, table) || tree_shown(&state, table))
            continue;
        print_label(out, table);
        strbuf_add_char(out, '\n');
        print_children(&state, table);
    }
    strbuf_done(&state.indent);
}

/* ── other people's formats ────────────────────────────────────────────────────────────────────*/

static void graph_json(const PipelineSpec *spec, StrBuf *out)
{
    bool first = true;

    strbuf_add_c(out, "{\"tables\":[");
    for (uint32_t i = 0; i < spec->table_count; i++) {
        const TableDef *table = spec->tables[i];

        if (!is_shown(spec, table))
            continue;
        strbuf_add_c(out, first ? "{\"name\":" : ",{\"name\":");
        first = false;
        strbuf_add_json_string(out, table->name);
        strbuf_printf(out, ",\"kind\":\"%s\",\"provider\":\"%s\"", table_kind_name(table->kind),
                      provider_info(table->provider)->name);
        if (table->kind == TABLE_STREAMING)
            strbuf_printf(out, ",\"output_mode\":\"%s\"",
                          table->output_mode == OUTPUT_UPDATE ? "update" : "append");
        strbuf_printf(out, ",\"line\":%u}", table->name_span.line);
    }
    strbuf_add_c(out, "],\"edges\":[");
    for (uint32_t e = 0; e < spec->edge_count; e++) {
        const PipelineEdge *edge = &spec->edges[e];

        strbuf_add_c(out, e ? ",{\"from\":" : "{\"from\":");
        strbuf_add_json_string(out, edge->from->name);
        strbuf_add_c(out, ",\"to\":");
        strbuf_add_json_string(out, edge->to->name);
        strbuf_add_c(out, ",\"by\":");
        strbuf_add_json_string(out, edge->by);
        strbuf_printf(out, ",\"streaming\":%s}", edge->streaming ? "true" : "false");
    }
    strbuf_add_c(out, "]}\n");
}

static uint32_t table_number(const PipelineSpec *spec, const TableDef *table)
{
    uint32_t i = 0;

    while (i < spec->table_count && spec->tables[i] != table)
        i++;
    return i;
}

/* Quotes inside labels would end them. */
static void print_quoted_label(StrBuf *out, const TableDef *table)
{
    StrBuf label;

    strbuf_init(&label);
    print_label(&label, table);
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < label.bytes; i++)
        strbuf_add_char(out, label.data[i] == '"' || label.data[i] == '\\' ? '\'' : label.data[i]);
    strbuf_add_char(out, '"');
    strbuf_done(&label);
}

static void graph_mermaid(const PipelineSpec *spec, StrBuf *out)
{
    strbuf_add_c(out, "flowchart LR\n");
    for (uint32_t i = 0; i < spec->table_count; i++) {
        if (!is_shown(spec, spec->tables[i]))
            continue;
        strbuf_printf(out, "  t%u[", i);
        print_quoted_label(out, spec->tables[i]);
        strbuf_add_c(out, "]\n");
    }
    for (uint32_t e = 0; e < spec->edge_count; e++)
        strbuf_printf(out, "  t%u %s t%u\n", table_number(spec, spec->edges[e].from),
                      spec->edges[e].streaming ? "-->" : "-.->",
                      table_number(spec, spec->edges[e].to));
}

static void graph_dot(const PipelineSpec *spec, StrBuf *out)
{
    strbuf_add_c(out, "digraph pipeline {\n  rankdir=LR;\n  node [shape=box];\n");
    for (uint32_t i = 0; i < spec->table_count; i++) {
        if (!is_shown(spec, spec->tables[i]))
            continue;
        strbuf_printf(out, "  t%u [label=", i);
        print_quoted_label(out, spec->tables[i]);
        strbuf_add_c(out, "];\n");
    }
    for (uint32_t e = 0; e < spec->edge_count; e++)
        strbuf_printf(out, "  t%u -> t%u%s;\n", table_number(spec, spec->edges[e].from),
                      table_number(spec, spec->edges[e].to),
                      spec->edges[e].streaming ? "" : " [style=dashed]");
    strbuf_add_c(out, "}\n");
}

void pipeline_spec_graph(const PipelineSpec *spec, GraphFormat format, StrBuf *out)
{
    switch (format) {
    case GRAPH_TEXT:
        graph_text(spec, out);
        return;
    case GRAPH_JSON:
        graph_json(spec, out);
        return;
    case GRAPH_MERMAID:
        graph_mermaid(spec, out);
        return;
    case GRAPH_DOT:
        graph_dot(spec, out);
        return;
    }
    UNREACHABLE();
}
