/*
 * outside.c: tables and topics of roles that stand in a real system (role.h, sink/outside.h).
 */
#include <stdio.h>

#include "pipeline/connect_impl.h"
#include "pipeline/data_catalog.h"
#include "sink/outbox.h"
#include "sink/outside_sink.h"
#include "store/meta.h"

static bool refuse(const OutsideRole *role, const TableDef *table, const char *what, Error *err)
{
    return error_set(err, ERROR_USER,
                     "table '%.*s' stands in %s, since '%s' is set: this version cannot %s there; "
                     "unset it to have the table embedded",
                     STR_ARG(table->name), role->system, role->setting, what);
}

bool connections_is_outside(const Connections *connections, const TableDef *table)
{
    return role_of(connections->settings, table);
}

/* Made once with the data directory. */
static bool run_id(Connections *connections, Str *out, Error *err)
{
    uint8_t bytes[12];
    char text[2 * sizeof bytes + 1];
    StoreTxn *txn;
    bool found = false;

    if (!store_meta_get_text(connections->store, &connections->arena, META_SETTING, STR("run"),
                             STR("id"), out, &found, err))
        return false;
    if (found)
        return true;
    if (!os_random_bytes(bytes, sizeof bytes))
        return error_set(err, ERROR_JOB, "the system gives no random bytes");
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    *out = str_copy(&connections->arena, str_of(text));
    if (!store_begin(connections->store, &txn, err))
        return false;
    if (!store_meta_set_text(txn, META_SETTING, STR("run"), STR("id"), *out, err)) {
        store_rollback(txn);
        return false;
    }
    return store_commit(txn, err);
}

/* Remembers what `weir sql` needs to find the table, and that it was made or checked. */
static bool remember(Connections *connections, const TableDef *table, Error *err)
{
    StoreTxn *txn;

    if (!store_begin(connections->store, &txn, err))
        return false;
    if (!data_catalog_put_outside_table(txn, table, err)) {
        store_rollback(txn);
        return false;
    }
    return store_commit(txn, err);
}

/* Makes or checks the table. A server that is away is no obstacle where that was done in an earlier
 * run: the deliverer does it again when it reaches the server. */
static bool ensure(Connections *connections, const TableDef *table, Outside *outside, Error *err)
{
    bool known = false;

    if (outside->methods->ensure(outside, err))
        return remember(connections, table, err);
    if (err->kind == ERROR_RETRY &&
        !data_catalog_knows_outside_table(connections->store, table->name, &known, err))
        return false;
    return known;
}

static bool open_outside(Connections *connections, const OutsideRole *role, const TableDef *table,
                         Outside **out, Error *err)
{
    const OutsideConfig config = {
        .table = table,
        .settings = connections->settings,
        .zone = zone_utc(),
    };

    if (!role->sink)
        return refuse(role, table, "write", err);
    return role->sink(&config, out, err) || error_wrap(err, "table '%.*s'", STR_ARG(table->name));
}

static Forgotten forgotten(const Settings *settings)
{
    Str how = settings_text(settings, "outbox.forgotten");

    if (str_is_nocase(how, "write"))
        return FORGOTTEN_WRITE;
    return str_is_nocase(how, "skip") ? FORGOTTEN_SKIP : FORGOTTEN_FAIL;
}

bool connections_outside_sink(Connections *connections, const OutsideRole *role,
                              const TableDef *table, SinkConfig *config, int64_t epoch, Sink **out,
                              Error *err)
{
    const TopicConfig topic = outbox_topic_config();
    OutsideSinkOptions options = {
        .store = connections->store,
        .forgotten = forgotten(connections->settings),
        .limit_bytes = settings_int(connections->settings, "outbox.limit"),
    };
    Str name = str_of(arena_printf(&connections->arena, OUTBOX_PREFIX "%.*s", STR_ARG(table->name)));
    Outside *outside;
    Sink *sink;

    (void)epoch;
    if (!run_id(connections, &options.run_id, err) ||
        !topics_open(connections->topics, connections->store, name, &topic, &config->topic, err) ||
        !open_outside(connections, role, table, &outside, err) ||
        !outside_sink_open(config, &options, outside, &sink, err))
        return false;
    if (!ensure(connections, table, outside, err)) {
        sink_free(sink);
        return error_wrap(err, "table '%.*s'", STR_ARG(table->name));
    }
    *out = sink;
    return true;
}

bool connections_outside_source(Connections *connections, const OutsideRole *role,
                                const TableDef *table, Source **out, Error *err)
{
    const OutsideSourceConfig config = {
        .table = table,
        .settings = connections->settings,
        .whole = connections->whole || !connections->lock,
        .make = connections->lock,
    };

    if (!role->source)
        return refuse(role, table, "read a stream", err);
    if (connections->lock && !remember(connections, table, err))
        return false;
    return role->source(&config, out, err) || error_wrap(err, "table '%.*s'", STR_ARG(table->name));
}

bool connections_outside_view(Connections *connections, const TableDef *table, Outside **out,
                              Error *err)
{
    const OutsideRole *role = role_of(connections->settings, table);
    OpenView opened = {.table = table};

    *out = NULL;
    if (!role)
        return true;
    for (size_t i = 0; i < connections->views.count; i++) {
        if (connections->views.items[i].table == table) {
            *out = connections->views.items[i].outside;
            return true;
        }
    }
    if (!open_outside(connections, role, table, &opened.outside, err))
        return false;
    VEC_ADD(&connections->views, opened);
    if (!opened.outside->methods->replace_begin)
        return refuse(role, table, "keep a materialized view", err);
    if (!remember(connections, table, err))
        return false;
    *out = opened.outside;
    return true;
}

/* ── what was left behind ──────────────────────────────────────────────────────────────────────*/

static const TableDef *find_target(const PipelineSpec *spec, Str table)
{
    for (uint32_t f = 0; f < spec->flow_count; f++) {
        if (str_equal(spec->flows[f].target->name, table))
            return spec->flows[f].target;
    }
    return NULL;
}

static const char *left_behind(Arena *arena, const TableDef *target, Str table, int64_t bytes)
{
    const OutsideRole *role = target ? provider_role(target->provider) : NULL;
    const char *rows = arena_printf(
        arena, "table '%.*s': %lld bytes of rows of an earlier run wait to be delivered to the system "
               "in which it stood",
        STR_ARG(table), (long long)bytes);

    if (!role)
        return arena_printf(arena, "%s; nothing in this file writes it any more", rows);
    return arena_printf(arena,
                        "%s (%s); they are not in the embedded table. To have them delivered, run once "
                        "with '%s' set",
                        rows, role->system, role->setting);
}

bool connections_left_behind(Connections *connections, const PipelineSpec *spec, Arena *arena,
                             const char ***out, size_t *out_count, Error *err)
{
    const uint32_t prefix = (uint32_t)strlen(OUTBOX_PREFIX);
    Str *names;
    size_t count;

    *out_count = 0;
    if (!topic_list(arena, connections->dir, &names, &count, err))
        return false;
    *out = ARENA_ARRAY(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        const TableDef *target;
        int64_t bytes;
        Str table;

        if (!str_starts_with(names[i], STR(OUTBOX_PREFIX)))
            continue;
        table = str_slice(names[i], prefix, names[i].bytes);
        target = find_target(spec, table);
        if (target && role_of(connections->settings, target))
            continue; /* It is delivered. */
        if (!outbox_left(connections->store, names[i], &bytes, err))
            return false;
        if (bytes)
            (*out)[(*out_count)++] = left_behind(arena, target, table, bytes);
    }
    return true;
}
