/*
 * connect.c: see connect.h. Readers of whole tables are in table_scan.c.
 */
#include "pipeline/connect.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "column/format_value.h"
#include "generate/options.h"
#include "log/codec.h"
#include "os/os.h"
#include "pipeline/connect_impl.h"
#include "pipeline/data_catalog.h"
#include "pipeline/table_format.h"
#include "sink/sink_open.h"
#include "source/file_source.h"
#include "source/nexmark_source.h"
#include "source/rate_source.h"
#include "source/topic_source.h"
#include "store/meta.h"

/* ── opening ───────────────────────────────────────────────────────────────────────────────────*/

static bool take_lock(Connections *connections, Error *err)
{
    char *path = arena_printf(&connections->arena, "%s/lock", connections->dir);
    int held_by;

    if (!os_lock_acquire(path, &connections->lock, &held_by, err))
        return false;
    if (!connections->lock)
        return error_set(err, ERROR_USER,
                         "the data directory '%s' is in use by process %d; stop it first, or give "
                         "another one with --data",
                         connections->dir, held_by);
    return true;
}

static bool is_empty_or_missing(const char *path)
{
    int64_t bytes, modified_us;
    Error ignored;

    return os_is_missing(path) || (os_stat(path, &bytes, &modified_us, &ignored) && bytes == 0);
}

/* Whether any partition's log under `topics` holds bytes. */
static bool logs_hold_bytes(Arena *arena, const char *topics, bool *hold, Error *err)
{
    const char *const *folders, *const *files;
    size_t folder_count, file_count;

    *hold = false;
    if (!os_list(arena, topics, &folders, &folder_count, err))
        return false;
    for (size_t i = 0; i < folder_count && !*hold; i++) {
        const char *folder = arena_printf(arena, "%s/%s", topics, folders[i]);

        if (!os_is_dir(folder))
            continue;
        if (!os_list(arena, folder, &files, &file_count, err))
            return false;
        for (size_t k = 0; k < file_count && !*hold; k++)
            *hold = str_ends_with(str_of(files[k]), STR(".log")) &&
                    !is_empty_or_missing(arena_printf(arena, "%s/%s", folder, files[k]));
    }
    return true;
}

/* Only the store knows what of the logs is committed: with a new one all records would be cut off. */
static bool check_store_is_there(Connections *connections, const char *store_path, Error *err)
{
    const char *topics = arena_printf(&connections->arena, "%s/topics", connections->dir);
    bool hold;

    if (!is_empty_or_missing(store_path))
        return true;
    return logs_hold_bytes(&connections->arena, topics, &hold, err) &&
           (!hold || error_set(err, ERROR_USER,
                               "'%s' is missing or empty, but there are records in '%s', and it alone "
                               "knows which of them count; restore a copy of the whole data directory, "
                               "or begin anew in another one (--data)",
                               store_path, topics));
}

static bool open_dir(Connections *connections, ConnectMode mode, Error *err)
{
    char *store_path = arena_printf(&connections->arena, "%s/store.db", connections->dir);

    if (mode == CONNECT_WRITE) {
        if (!os_mkdir_all(connections->dir, err) ||
            !os_mkdir(arena_printf(&connections->arena, "%s/topics", connections->dir), err))
            return error_wrap(err, "data directory '%s'", connections->dir);
        if (!take_lock(connections, err) ||
            !check_store_is_there(connections, store_path, err))
            return false;
    } else if (os_is_missing(store_path)) {
        return error_set(err, ERROR_USER,
                         "'%s' is no data directory: there is no store.db in it; 'weir run FILE "
                         "--data %s' makes one",
                         connections->dir, connections->dir);
    }
    if (!store_open(store_path, mode == CONNECT_WRITE ? STORE_WRITER : STORE_READER,
                    &connections->store, err))
        return false;
    connections->topics = topics_create(connections->dir);
    return true;
}

bool connections_open(const char *data_dir, ConnectMode mode, const Settings *settings,
                      Connections **out, Error *err)
{
    Connections *connections = mem_zalloc(sizeof *connections);

    arena_init(&connections->arena);
    connections->settings = settings;
    connections->dir = data_dir ? arena_strdup(&connections->arena, data_dir) : NULL;
    if (data_dir && !open_dir(connections, mode, err)) {
        connections_close(connections);
        return false;
    }
    *out = connections;
    return true;
}

void connections_close(Connections *connections)
{
    if (!connections)
        return;
    for (size_t i = 0; i < connections->sinks.count; i++)
        sink_free(connections->sinks.items[i].sink);
    for (size_t i = 0; i < connections->views.count; i++)
        connections->views.items[i].outside->methods->free(connections->views.items[i].outside);
    for (size_t i = 0; i < connections->sources.count; i++)
        connections->sources.items[i].source->methods->free(connections->sources.items[i].source);
    for (size_t i = 0; i < connections->writers.count; i++)
        topic_writer_close(connections->writers.items[i]);
    for (size_t i = 0; i < connections->schemas.count; i++)
        table_schemas_close(connections->schemas.items[i]);
    VEC_DONE(&connections->schemas);
    topics_free(connections->topics);
    store_close(connections->store);
    os_lock_release(connections->lock);
    VEC_DONE(&connections->sinks);
    VEC_DONE(&connections->views);
    VEC_DONE(&connections->sources);
    VEC_DONE(&connections->writers);
    VEC_DONE(&connections->appended);
    arena_done(&connections->arena);
    free(connections);
}

void connections_set_whole(Connections *connections)
{
    connections->whole = true;
}

const char *connections_dir(const Connections *connections)
{
    return connections->dir;
}

Store *connections_store(Connections *connections)
{
    return connections->store;
}

const Zone *connections_zone(const Connections *connections)
{
    const Zone *zone = zone_utc();
    Error err = {0};

    (void)zone_find(settings_text(connections->settings, "spark.sql.session.timeZone"), &zone,
                    &err);
    return zone;
}

Topics *connections_topics(Connections *connections)
{
    return connections->topics;
}

/* ── topics ────────────────────────────────────────────────────────────────────────────────────*/

Str connections_topic_name(Connections *connections, const TableDef *table)
{
    Str topic;

    if (table->provider == PROVIDER_HTTP)
        return str_of(
            arena_printf(&connections->arena, COLLECTED "%.*s", STR_ARG(table->name)));
    topic = table_option(table, "topic");
    return topic.data ? topic : table->name;
}

/* The topic's settings: those that the table's options give, else what the topic has. */
static bool topic_settings(const Connections *connections, const TableDef *table, Str topic,
                           TopicConfig *config, Error *err)
{
    Str compression = table_option(table, "compression");

    *config = topic_config_default;
    if (topic_exists(connections->dir, topic) &&
        !topic_describe(connections->dir, topic, config, err))
        return false;
    config->partition_count = 0; /* As it is; of a new one, 1. */
    if (table_option_given(table, "partitions"))
        config->partition_count = (int32_t)table_option_int(table, "partitions");
    if (table_option_given(table, "segment_bytes"))
        config->log.segment_bytes = table_option_int(table, "segment_bytes");
    if (table_option_given(table, "retention"))
        config->log.retention_ms = table_option_duration_us(table, "retention") / 1000;
    if (table_option_given(table, "retention_bytes"))
        config->log.retention_bytes = table_option_int(table, "retention_bytes");
    if (table_option_given(table, "compression") &&
        !log_compression_parse(compression, &config->log.compression))
        return error_set(err, ERROR_USER, "there is no compression '%.*s'", STR_ARG(compression));
    return true;
}

bool connections_table_topic(Connections *connections, const TableDef *table, Topic **out,
                             Error *err)
{
    Str name = connections_topic_name(connections, table);
    TopicConfig config;
    StoreTxn *txn;

    if (!connections->store)
        return error_set(err, ERROR_USER, "topics need a data directory; give one with --data");
    if (!connections->lock)
        return topics_open(connections->topics, connections->store, name, NULL, out, err);
    if (!topic_settings(connections, table, name, &config, err) ||
        !topics_open(connections->topics, connections->store, name, &config, out, err) ||
        !store_begin(connections->store, &txn, err))
        return false;
    if (!data_catalog_put_topic_table(txn, table, name, err)) {
        store_rollback(txn);
        return false;
    }
    return store_commit(txn, err);
}

/* ── sources ───────────────────────────────────────────────────────────────────────────────────*/

/* The files a source had in earlier runs, by partition number: part is TABLE/NUMBER/PATH. */
static bool known_files(Connections *connections, const TableDef *table, FileSourceConfig *config,
                        Error *err)
{
    Arena *arena = &connections->arena;
    Str prefix = str_of(arena_printf(arena, "%.*s/", STR_ARG(table->name)));
    VEC(Str) known = {0};
    StoreMeta *metas;
    uint32_t count;

    if (!connections->store)
        return true;
    if (!store_meta_list(connections->store, arena, META_POSITION, (Str){NULL, 0}, &metas, &count,
                         err))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        Str rest;
        Str number_text;
        int64_t number;

        if (!str_starts_with(metas[i].part, prefix))
            continue;
        rest = str_slice(metas[i].part, prefix.bytes, metas[i].part.bytes);
        if (!str_split(&rest, '/', &number_text) || !rest.data ||
            !str_to_int64(number_text, &number) || number < 0 || number > INT32_MAX)
            continue;
        while (known.count <= (size_t)number)
            VEC_ADD_IN(arena, &known, ((Str){NULL, 0}));
        known.items[number] = rest;
    }
    config->known = known.items;
    config->known_count = (int32_t)known.count;
    return true;
}

static bool open_file_source(Connections *connections, const TableDef *table, Source **out,
                             Error *err)
{
    FileSourceConfig config = {
        .path = table_option(table, "path"),
        .format = table->provider == PROVIDER_CSV ? STR("csv") : STR("json"),
        .header = table->provider == PROVIDER_CSV && table_option_bool(table, "header"),
        .start_latest = str_is_nocase(table_option(table, "starting"), "latest"),
        .whole = connections->whole,
    };

    return known_files(connections, table, &config, err) && file_source_create(&config, out, err);
}

/* When the source was first opened: kept, so that row i has the same time in every run. */
static bool first_opened_us(Connections *connections, const TableDef *table, int64_t *out,
                            Error *err)
{
    StoreTxn *txn;
    bool found = false;

    *out = os_realtime_us();
    if (!connections->lock)
        return true;
    if (!store_meta_get(connections->store, META_SETTING, STR("opened"), table->name, out, &found,
                        err))
        return false;
    if (found)
        return true;
    if (!store_begin(connections->store, &txn, err))
        return false;
    if (!store_meta_set(txn, META_SETTING, STR("opened"), table->name, *out, err)) {
        store_rollback(txn);
        return false;
    }
    return store_commit(txn, err);
}

static bool open_rate_source(Connections *connections, const TableDef *table, Source **out,
                             Error *err)
{
    RateSourceConfig config = {
        .rows_per_second = table_option_int(table, "rowsPerSecond"),
        .partition_count = (int32_t)table_option_int(table, "numPartitions"),
        .row_count =
            table_option_given(table, "rows") ? table_option_int(table, "rows") : INT64_MAX,
    };

    if (config.rows_per_second <= 0 || config.partition_count <= 0)
        return error_set(err, ERROR_USER,
                         "'rowsPerSecond' and 'numPartitions' must be above zero");
    if (!first_opened_us(connections, table, &config.start_us, err))
        return false;
    *out = rate_source_create(&config);
    return true;
}

static bool open_nexmark_source(const TableDef *table, Source **out, Error *err)
{
    NexmarkSourceConfig config = {.event_count = -1};

    generate_options_init(&config.generator);
    config.generator.seed = table_option_int(table, "seed");
    config.generator.rate = (double)table_option_int(table, "rate");
    config.generator.first_event_id = table_option_int(table, "first_event_id");
    config.generator.first_event_number = table_option_int(table, "first_event_number");
    config.generator.out_of_order_group = table_option_int(table, "out_of_order_group");
    (void)text_to_timestamp(table_option(table, "base_time"), zone_utc(),
                            &config.generator.base_time_us);
    if (table_option_given(table, "count"))
        config.event_count = table_option_int(table, "count");
    return nexmark_source_create(&config, out, err);
}

static bool open_source(Connections *connections, const TableDef *table, Source **out, Error *err)
{
    TopicSourceConfig topic = {0};
    const OutsideRole *role = role_of(connections->settings, table);

    if (role)
        return connections_outside_source(connections, role, table, out, err);
    switch (table->provider) {
    case PROVIDER_KAFKA:
    case PROVIDER_HTTP:
        if (!connections_table_topic(connections, table, &topic.topic, err))
            return false;
        if (table->provider == PROVIDER_KAFKA &&
            !starting_parse(&connections->arena, table_option(table, "starting"),
                            connections_zone(connections), &topic.starting, err))
            return false;
        *out = topic_source_create(&topic);
        return true;
    case PROVIDER_JSON:
    case PROVIDER_CSV:
        return open_file_source(connections, table, out, err);
    case PROVIDER_RATE:
        return open_rate_source(connections, table, out, err);
    case PROVIDER_NEXMARK:
        return open_nexmark_source(table, out, err);
    case PROVIDER_NONE:
    case PROVIDER_CASSANDRA:
    case PROVIDER_POSTGRES:
    case PROVIDER_MEMORY:
    case PROVIDER_COUNT:
        break;
    }
    return error_set(err, ERROR_USER, "table '%.*s' cannot be read as a stream",
                     STR_ARG(table->name));
}

bool connections_source(Connections *connections, const TableDef *table, Source **out, Error *err)
{
    OpenSource opened = {.table = table};

    for (size_t i = 0; i < connections->sources.count; i++) {
        if (connections->sources.items[i].table == table) {
            *out = connections->sources.items[i].source;
            return true;
        }
    }
    if (!open_source(connections, table, &opened.source, err))
        return false;
    VEC_ADD(&connections->sources, opened);
    *out = opened.source;
    return true;
}

/* ── sinks ─────────────────────────────────────────────────────────────────────────────────────*/

StoreTable connections_store_table(const TableDef *table)
{
    return (StoreTable){
        .name = table->name,
        .schema = table->schema,
        .key_columns = table->primary_key,
        .key_count = table->primary_key_count,
        .provider = table->system == SYSTEM_DEAD_LETTER ? STR("dead_letter")
                    : table->system == SYSTEM_LATE      ? STR("late")
                                                   : str_of(provider_info(table->provider)->name),
    };
}

static bool create_store_table(Connections *connections, const TableDef *table, Error *err)
{
    StoreTable shape = connections_store_table(table);
    StoreTxn *txn;

    if (!store_begin(connections->store, &txn, err))
        return false;
    if (!store_table_create(txn, &shape, err)) {
        store_rollback(txn);
        return false;
    }
    return store_commit(txn, err);
}

static bool open_sink(Connections *connections, const TableDef *table, int64_t epoch, Sink **out,
                      Error *err)
{
    const OutsideRole *role = role_of(connections->settings, table);
    Str path = table_option(table, "path");
    SinkConfig config = {
        .provider = str_of(provider_info(table->provider)->name),
        .table = table->name,
        .schema = &table->schema,
        .zone = zone_utc(),
        .format = table_option(table, "format"),
    };
    StrBuf lines;

    if (table->provider == PROVIDER_KAFKA) {
        config.key_columns = table->topic_key;
        config.key_count = table->topic_key_count;
    } else {
        config.key_columns = table->primary_key;
        config.key_count = table->primary_key_count;
    }
    if (role)
        return connections_outside_sink(connections, role, table, &config, epoch, out, err);
    if (table->provider == PROVIDER_KAFKA &&
        !connections_table_topic(connections, table, &config.topic, err))
        return false;
    if (table->provider == PROVIDER_CASSANDRA || table->provider == PROVIDER_POSTGRES) {
        if (!create_store_table(connections, table, err))
            return false;
    }
    if (table->provider == PROVIDER_KAFKA) {
        TableSchemas *schemas;

        if (!table_schemas_open(table, true, &schemas, err))
            return error_wrap(err, "table '%.*s'", STR_ARG(table->name));
        VEC_ADD(&connections->schemas, schemas);
        config.schemas = table_schemas_format(schemas);
    }
    if (path.data)
        config.folder = str_to_c(&connections->arena, path);
    strbuf_init(&lines);
    table_format_options(&lines, table);
    config.format_options = str_copy(&connections->arena, strbuf_str(&lines));
    strbuf_done(&lines);
    return sink_open(&config, out, err);
}

bool connections_sink(Connections *connections, const TableDef *table, int64_t epoch, Sink **out,
                      Error *err)
{
    OpenSink opened = {.table = table};

    for (size_t i = 0; i < connections->sinks.count; i++) {
        if (connections->sinks.items[i].table == table) {
            *out = connections->sinks.items[i].sink;
            return true;
        }
    }
    if (!open_sink(connections, table, epoch, &opened.sink, err))
        return false;
    VEC_ADD(&connections->sinks, opened);
    *out = opened.sink;
    return !opened.sink->methods->recover ||
           opened.sink->methods->recover(opened.sink, epoch, err) ||
           error_wrap(err, "table '%.*s'", STR_ARG(table->name));
}

bool connections_system_tables(Connections *connections, const PipelineSpec *spec, Error *err)
{
    for (uint32_t i = 0; i < spec->table_count; i++) {
        if (spec->tables[i]->kind == TABLE_SYSTEM &&
            !create_store_table(connections, spec->tables[i], err))
            return false;
    }
    return true;
}

bool connections_housekeeping(Connections *connections, Error *err)
{
    for (size_t i = 0; i < connections->sinks.count; i++) {
        Sink *sink = connections->sinks.items[i].sink;

        if (sink->methods->housekeeping && !sink->methods->housekeeping(sink, err))
            return false;
    }
    for (size_t i = 0; i < connections->writers.count; i++) {
        if (!topic_writer_housekeeping(connections->writers.items[i], err))
            return false;
    }
    return true;
}
