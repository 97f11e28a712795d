/*
 * intake.c: what comes from outside the flows, on its way into topics (connect.h).
 *
 * A topic has one writer in the process. Where a flow's sink has it, what comes from outside goes
 * through the sink's, so that both have one order; else the writer is opened here, when first
 * needed.
 */
#include "os/os.h"
#include "pipeline/connect_impl.h"
#include "pipeline/data_catalog.h"
#include "sink/outside_sink.h"
#include "sink/topic_sink.h"

static TopicWriter *find_writer(const Connections *connections, Str topic)
{
    for (size_t i = 0; i < connections->sinks.count; i++) {
        const OpenSink *opened = &connections->sinks.items[i];
        TopicWriter *writer;

        if (opened->table->provider != PROVIDER_KAFKA || outside_sink_outside(opened->sink))
            continue;
        writer = topic_sink_writer(opened->sink);
        if (str_equal(topic_name(topic_writer_topic(writer)), topic))
            return writer;
    }
    for (size_t i = 0; i < connections->writers.count; i++) {
        if (str_equal(topic_name(topic_writer_topic(connections->writers.items[i])), topic))
            return connections->writers.items[i];
    }
    return NULL;
}

static bool open_writer(Connections *connections, Topic *topic, TopicWriter **out, Error *err)
{
    *out = find_writer(connections, topic_name(topic));
    if (*out)
        return true;
    if (!topic_writer_open(topic, out, err))
        return false;
    VEC_ADD(&connections->writers, *out);
    return true;
}

/* Topics that others do not write to: what collectors bring (its position is kept elsewhere), and what
 * waits for an outside system. */
static bool check_not_internal(Str topic, Error *err)
{
    if (str_starts_with(topic, STR(COLLECTED)))
        return error_set(err, ERROR_USER,
                         "'%.*s' is an internal topic: it holds what was collected for table "
                         "'%.*s', and is that table's alone",
                         STR_ARG(topic), STR_ARG(str_slice(topic, STR(COLLECTED).bytes, topic.bytes)));
    if (str_starts_with(topic, STR("_outbox.")))
        return error_set(err, ERROR_USER,
                         "'%.*s' is an internal topic: it holds what waits to be written to table "
                         "'%.*s', and is that table's alone",
                         STR_ARG(topic), STR_ARG(str_slice(topic, 8, topic.bytes)));
    return true;
}

/* The writer of a topic. One that is missing is made as `config` says; NULL: it must be there. */
static bool writer_of_topic(Connections *connections, Str topic, const TopicConfig *config,
                            TopicWriter **out, Error *err)
{
    Topic *opened;

    *out = find_writer(connections, topic);
    if (*out)
        return true;
    if (topic_exists(connections->dir, topic))
        config = NULL; /* It stays as it is. */
    return topics_open(connections->topics, connections->store, topic, config, &opened, err) &&
           open_writer(connections, opened, out, err);
}

static void remember_appended(Connections *connections, TopicWriter *writer)
{
    for (size_t i = 0; i < connections->appended.count; i++) {
        if (connections->appended.items[i] == writer)
            return;
    }
    VEC_ADD(&connections->appended, writer);
}

static bool append(Connections *connections, TopicWriter *writer, const LogRecord *records,
                   size_t record_count, Error *err)
{
    remember_appended(connections, writer);
    for (size_t i = 0; i < record_count; i++) {
        if (!log_writer_append(topic_writer_log(writer), &records[i], err))
            return false;
    }
    return true;
}

bool connections_carry_out(Connections *connections, const TopicRequest *request, bool *refused,
                           Error *refusal, Error *err)
{
    TopicWriter *writer = NULL;

    if (!check_not_internal(request->topic, refusal))
        *refused = true;
    else if (request->kind == MESSAGE_CREATE_TOPIC)
        *refused = !topic_create(connections->dir, request->topic, &request->config, refusal);
    else
        *refused =
            !writer_of_topic(connections, request->topic,
                             request->config_given ? &request->config : NULL, &writer, refusal);
    return !writer || append(connections, writer, request->records, request->record_count, err);
}

/* NULL: nothing was collected yet in this run. */
static TopicWriter *find_collected(const Connections *connections, const TableDef *table)
{
    for (size_t i = 0; i < connections->writers.count; i++) {
        Str topic = topic_name(topic_writer_topic(connections->writers.items[i]));

        if (str_starts_with(topic, STR(COLLECTED)) &&
            str_equal(str_slice(topic, STR(COLLECTED).bytes, topic.bytes), table->name))
            return connections->writers.items[i];
    }
    return NULL;
}

void connections_keep_collected(Connections *connections, const TableDef *table, int64_t offset)
{
    TopicWriter *writer = find_collected(connections, table);

    if (writer)
        topic_writer_keep_from(writer, offset);
}

bool connections_append_collected(Connections *connections, const TableDef *table,
                                  const Str *records, size_t record_count, Error *err)
{
    LogRecord record = {.key_null = true, .timestamp_ms = os_realtime_us() / 1000};
    TopicWriter *writer = find_collected(connections, table);
    Topic *topic;

    if (!writer && (!connections_table_topic(connections, table, &topic, err) ||
                    !open_writer(connections, topic, &writer, err)))
        return error_wrap(err, "collect '%.*s'", STR_ARG(table->name));
    for (size_t i = 0; i < record_count; i++) {
        record.value = records[i];
        if (!append(connections, writer, &record, 1, err))
            return error_wrap(err, "collect '%.*s'", STR_ARG(table->name));
    }
    return true;
}

bool connections_sync_appended(Connections *connections, Error *err)
{
    for (size_t i = 0; i < connections->appended.count; i++) {
        if (!topic_writer_sync(connections->appended.items[i], err))
            return false;
    }
    return true;
}

bool connections_commit_appended(Connections *connections, StoreTxn *txn, Error *err)
{
    for (size_t i = 0; i < connections->appended.count; i++) {
        if (!topic_writer_commit(connections->appended.items[i], txn, err))
            return false;
    }
    return true;
}

void connections_appended_committed(Connections *connections)
{
    for (size_t i = 0; i < connections->appended.count; i++)
        topic_writer_committed(connections->appended.items[i]);
    connections->appended.count = 0;
}

/* ── outside a run ─────────────────────────────────────────────────────────────────────────────*/

bool connections_commit_alone(Connections *connections, Error *err)
{
    StoreTxn *txn;

    if (!connections_sync_appended(connections, err) || !store_begin(connections->store, &txn, err))
        return false;
    if (!connections_commit_appended(connections, txn, err)) {
        store_rollback(txn);
        return false;
    }
    if (!store_commit(txn, err))
        return false;
    connections_appended_committed(connections);
    return true;
}

/* Flows that read the topic through this table begin again at its start. */
static bool forget_positions(StoreTxn *txn, Arena *arena, Str table, Error *err)
{
    Str prefix = str_of(arena_printf(arena, "%.*s/", STR_ARG(table)));
    StoreMeta *metas;
    uint32_t count;

    if (!store_meta_list(store_of(txn), arena, META_POSITION, (Str){NULL, 0}, &metas, &count, err))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (str_starts_with(metas[i].part, prefix) &&
            !store_meta_delete(txn, META_POSITION, metas[i].name, metas[i].part, err))
            return false;
    }
    return data_catalog_forget_topic_table(txn, table, err);
}

static bool forget_topic(StoreTxn *txn, Arena *arena, Str topic, const Str *tables,
                         size_t table_count, Error *err)
{
    for (size_t i = 0; i < table_count; i++) {
        if (!forget_positions(txn, arena, tables[i], err))
            return false;
    }
    return store_meta_delete(txn, META_TOPIC_END, topic, (Str){NULL, 0}, err);
}

/* The store first: after a crash in between there is a topic whose end is 0, which is an empty one;
 * the other way round there would be an end without its log. */
bool connections_delete_topic(Connections *connections, Arena *arena, Str topic, Str **read_by,
                              size_t *read_by_count, Error *err)
{
    StoreTxn *txn;

    if (!check_not_internal(topic, err))
        return false;
    if (!topic_exists(connections->dir, topic))
        return topic_name_check(topic, err) &&
               error_set(err, ERROR_USER, "there is no topic '%.*s'", STR_ARG(topic));
    if (!data_catalog_topic_tables(connections->store, arena, topic, read_by, read_by_count, err) ||
        !store_begin(connections->store, &txn, err))
        return false;
    if (!forget_topic(txn, arena, topic, *read_by, *read_by_count, err)) {
        store_rollback(txn);
        return false;
    }
    return store_commit(txn, err) && topic_delete(connections->dir, topic, err);
}
