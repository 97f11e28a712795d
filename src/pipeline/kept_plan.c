#include "pipeline/kept_plan.h"

#include "store/meta.h"

/* Under META_SETTING: name "plan", part = the flow's name, value = the text; empty: no state. */
static const char kept_name[] = "plan";
static const char let_go[] = "nothing, since the state went when the flow was not in the file";

enum { SHOWN_MAX = 100, SHOWN_BEFORE = 30 };

/* Without the node's number. */
static Str line_text(Str line)
{
    ptrdiff_t blank = str_find(line, STR(" "));
    bool numbered = line.bytes && line.data[0] >= '0' && line.data[0] <= '9';

    return numbered && blank > 0 ? str_slice(line, (uint32_t)blank + 1, line.bytes) : line;
}

static Str next_line(Str *text)
{
    Str line = STR_EMPTY;

    return str_split(text, '\n', &line) ? line_text(line) : STR_EMPTY;
}

/* The first line in which the two differ; empty where one has ended. */
static void first_difference(Str was, Str is, Str *was_line, Str *is_line)
{
    do {
        *was_line = next_line(&was);
        *is_line = next_line(&is);
    } while (str_equal(*was_line, *is_line) && (was.bytes || is.bytes));
}

static uint32_t same_bytes(Str a, Str b)
{
    uint32_t n = 0;

    while (n < a.bytes && n < b.bytes && a.data[n] == b.data[n])
        n++;
    return n;
}

/* A long line from a little before byte `at`. */
static const char *shown(Arena *arena, Str line, uint32_t at)
{
    uint32_t from = line.bytes <= SHOWN_MAX || at < SHOWN_BEFORE ? 0 : at - SHOWN_BEFORE;
    uint32_t to = MIN(line.bytes, from + SHOWN_MAX);

    if (!line.bytes)
        return "nothing";
    while (from > 0 && ((unsigned char)line.data[from] & 0xC0) == 0x80)
        from--;
    while (to < line.bytes && ((unsigned char)line.data[to] & 0xC0) == 0x80)
        to--;
    return arena_printf(arena, "'%s%.*s%s'", from ? "..." : "", (int)(to - from), line.data + from,
                        to < line.bytes ? "..." : "");
}

static bool refuse(Arena *arena, const PipelineSpec *spec, const FlowSpec *flow, Str kept,
                   Error *err)
{
    Str was, is;
    uint32_t at;

    first_difference(kept, flow->state_plan, &was, &is);
    at = same_bytes(was, is);
    return error_set(err, ERROR_USER,
                     "%s:%u: what flow '%.*s' remembers belongs to another query: it had %s, the "
                     "file now has %s; put the old query back, give it a new name to begin anew, "
                     "or take another data directory (--data)",
                     spec->file_name, flow->span.line, STR_ARG(flow->name), shown(arena, was, at),
                     shown(arena, is, at));
}

static bool has_read(Store *store, Arena *arena, Str flow, bool *out, Error *err)
{
    StoreMeta *positions;
    uint32_t count;

    if (!store_meta_list(store, arena, META_POSITION, flow, &positions, &count, err))
        return false;
    *out = count > 0;
    return true;
}

static bool keep(Store *store, const FlowSpec *flow, Error *err)
{
    StoreTxn *txn;

    if (!store_begin(store, &txn, err))
        return false;
    if (store_meta_set_text(txn, META_SETTING, str_of(kept_name), flow->name, flow->state_plan, err))
        return store_commit(txn, err);
    store_rollback(txn);
    return false;
}

static bool check_flow(Store *store, Arena *arena, const PipelineSpec *spec, const FlowSpec *flow,
                       Error *err)
{
    Str kept = STR_EMPTY;
    bool found = false, read = false;

    if (!store_meta_get_text(store, arena, META_SETTING, str_of(kept_name), flow->name, &kept,
                             &found, err) ||
        !has_read(store, arena, flow->name, &read, err))
        return false;
    if (found && str_equal(kept, flow->state_plan))
        return true;
    if (found && read && (flow->state_plan.bytes || !str_is(kept, let_go)))
        return refuse(arena, spec, flow, kept, err);
    return keep(store, flow, err);
}

bool kept_plans_check(Store *store, const PipelineSpec *spec, Error *err)
{
    Arena arena;
    bool ok = true;

    arena_init(&arena);
    for (uint32_t f = 0; ok && f < spec->flow_count; f++)
        ok = check_flow(store, &arena, spec, &spec->flows[f], err);
    arena_done(&arena);
    return ok;
}

bool kept_plans_let_go(StoreTxn *txn, const PipelineSpec *spec, Error *err)
{
    StoreMeta *plans;
    uint32_t count;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = store_meta_list(store_of(txn), &arena, META_SETTING, str_of(kept_name), &plans, &count,
                         err);
    for (uint32_t i = 0; ok && i < count; i++) {
        if (plans[i].text.bytes && !pipeline_spec_flow(spec, plans[i].part))
            ok = store_meta_set_text(txn, META_SETTING, str_of(kept_name), plans[i].part,
                                     str_of(let_go), err);
    }
    arena_done(&arena);
    return ok;
}
