/*
 * kafka_source.c: see kafka_source.h.
 *
 *     control    one client for questions: metadata, offsets, the consumer group
 *     lanes      clients that fetch. A client reads a partition once, so a second reader of it (a flow
 *                that was added later, a query) is in the next lane
 *     watcher    thread: asks through the control client, and commits to the group
 *
 * The end of a partition. A position reaches the end by the last record, or, where markers of
 * transactions follow it, by librdkafka's word that the end was reached at an offset. A source that is
 * read whole stops at a limit: the ends when it was opened, or last extended. What was fetched beyond
 * it stays with the reader, as the limit may move.
 */
#include "source/kafka_source.h"

#include <stdatomic.h>

#include "base/assert.h"
#include "base/vec.h"
#include "os/os.h"

enum {
    WATCH_US = 500000,
    GONE_LOOKS = 6, /* Looks in a row that do not find the topic: it was deleted. */
    LOSS_LOOK_US = 1000000,
    GROUP_WAIT_MS = 1000,
    FETCHED_KBYTES = 128 * 1024, /* Of all partitions of a lane, fetched ahead. */
    FETCHED_KBYTES_MIN = 4 * 1024,
};

/* What all threads know of a partition. Stays where it is. */
typedef struct KafkaPartition {
    _Atomic int64_t end;       /* As last asked for. */
    _Atomic int64_t limit;     /* A whole source: not beyond. */
    _Atomic int64_t committed; /* By weir's epochs; -1: not yet. */
    int64_t told;              /* To the group; the watcher's. */
} KafkaPartition;

typedef struct Lane {
    KafkaClient *client;
    rd_kafka_topic_t *topic;
    VEC(int32_t) partitions; /* Being read. */
} Lane;

typedef struct KafkaSource {
    Source source;
    KafkaSourceConfig config;
    const char *topic;
    const char *group;
    KafkaClient *control;
    KafkaClient *uncommitted; /* For extend; NULL: not needed yet. */
    OsThread *watcher;
    int64_t opened_us; /* Monotonic. */
    OsMutex *mutex; /* Guards what follows. */
    OsCond *stopping;
    _Atomic bool stop; /* Also looked at by the clients, without the mutex. */
    bool gone;
    Error trouble; /* Of the watcher: not ERROR_RETRY. */
    VEC(KafkaPartition *) partitions;
    VEC(Lane *) lanes;
} KafkaSource;

typedef struct KafkaReader {
    SourceReader reader;
    KafkaSource *source;
    KafkaPartition *shared;
    Lane *lane;
    int32_t partition;
    rd_kafka_queue_t *queue; /* What was fetched: tells `wake` of it. NULL: nobody listens. */
    void (*wake)(void *self);
    void *wake_self;
    int64_t position;
    bool lost;           /* What is at the position is gone, as the broker says; and when ... */
    int64_t lost_look_us; /* ... to look again what is there. */
    /* Fetched: messages[released .. at) were given by the last poll, [at .. count) are still to come. */
    rd_kafka_message_t **messages;
    uint32_t released, at, count, capacity;
    /* What the last poll gave. */
    Str *values;
    Str *keys;
    int64_t *positions;
    int64_t *timestamps_us;
    int32_t *timestamp_types;
    SourceHeaders *headers;
} KafkaReader;

static KafkaPartition *partition_of(KafkaSource *source, int32_t partition)
{
    KafkaPartition *found;

    os_mutex_lock(source->mutex);
    ASSERT(partition >= 0 && (size_t)partition < source->partitions.count);
    found = source->partitions.items[partition];
    os_mutex_unlock(source->mutex);
    return found;
}

static int32_t known_partitions(KafkaSource *source)
{
    int32_t count;

    os_mutex_lock(source->mutex);
    count = (int32_t)source->partitions.count;
    os_mutex_unlock(source->mutex);
    return count;
}

static void add_partitions(KafkaSource *source, int32_t count)
{
    os_mutex_lock(source->mutex);
    while (source->partitions.count < (size_t)count) {
        KafkaPartition *partition = mem_zalloc(sizeof *partition);

        atomic_store(&partition->committed, -1);
        partition->told = -1;
        VEC_ADD(&source->partitions, partition);
    }
    os_mutex_unlock(source->mutex);
}

/* ── the ends ──────────────────────────────────────────────────────────────────────────────────*/

/* Asks for the ends; `extend`: they are the new limits. Else it is the watcher, who asks again anyway. */
static bool look_at_ends(KafkaSource *source, KafkaClient *client, bool extend, Error *err)
{
    int32_t count = known_partitions(source);
    int64_t *ends = mem_zalloc((size_t)count * sizeof *ends + 1);
    Str topic = source->config.topic;
    bool ok = !count || kafka_topic_offsets(client, topic, count, KAFKA_TIME_END,
                                            extend ? KAFKA_PATIENCE_MS : 0, ends, err);

    for (int32_t p = 0; ok && p < count; p++) {
        KafkaPartition *partition = partition_of(source, p);

        atomic_store(&partition->end, ends[p]);
        if (extend && ends[p] > atomic_load(&partition->limit))
            atomic_store(&partition->limit, ends[p]);
    }
    free(ends);
    return ok;
}

/* The ends that readers of uncommitted records see: a transaction that its producer knows to be
 * committed may have its markers still to come, and until then is not part of the other ends. */
static bool extend_limits(KafkaSource *source, Error *err)
{
    static const KafkaProperty forced[] = {{"isolation.level", "read_uncommitted"}, {NULL, NULL}};

    if (!source->uncommitted &&
        !kafka_client_open(&source->config.kafka, RD_KAFKA_CONSUMER, NULL, forced, NULL,
                           &source->uncommitted, err))
        return false;
    kafka_client_heed(source->uncommitted, &source->stop);
    kafka_client_heed_signal(source->uncommitted);
    return look_at_ends(source, source->uncommitted, true, err);
}

static bool kafka_extend(Source *base, Error *err)
{
    KafkaSource *source = (KafkaSource *)base;
    KafkaTopic topic;

    if (!source->config.whole)
        return true;
    if (!kafka_topic_look(source->control, source->config.topic, &topic, err))
        return false;
    add_partitions(source, topic.partition_count);
    return extend_limits(source, err);
}

/* ── the watcher ───────────────────────────────────────────────────────────────────────────────*/

static void note_trouble(KafkaSource *source, const Error *err)
{
    if (err->kind == ERROR_RETRY)
        return;
    os_mutex_lock(source->mutex);
    source->trouble = *err;
    os_mutex_unlock(source->mutex);
}

/* What the group is to be told: partitions whose committed position has moved. */
static rd_kafka_topic_partition_list_t *news_for_group(KafkaSource *source)
{
    int32_t count = known_partitions(source);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);

    for (int32_t p = 0; p < count; p++) {
        KafkaPartition *partition = partition_of(source, p);
        int64_t committed = atomic_load(&partition->committed);

        if (committed < 0 || committed == partition->told)
            continue;
        partition->told = committed;
        rd_kafka_topic_partition_list_add(list, source->topic, p)->offset = committed;
    }
    return list;
}

/* How far the epochs are, for people's tools: whether it is taken is nobody's concern here. */
static void tell_group(KafkaSource *source, bool wait)
{
    rd_kafka_topic_partition_list_t *news = news_for_group(source);

    if (news->cnt)
        kafka_group_set(source->control, source->group, news, wait ? GROUP_WAIT_MS : 0);
    rd_kafka_topic_partition_list_destroy(news);
}

static void watch_once(KafkaSource *source, int *missing_looks)
{
    KafkaTopic topic;
    Error err = {0};

    kafka_client_serve(source->control, 0);
    os_mutex_lock(source->mutex);
    for (size_t i = 0; i < source->lanes.count; i++)
        kafka_client_serve(source->lanes.items[i]->client, 0);
    os_mutex_unlock(source->mutex);
    if (!kafka_topic_look(source->control, source->config.topic, &topic, &err)) {
        note_trouble(source, &err);
        return;
    }
    *missing_looks = topic.exists ? 0 : *missing_looks + 1;
    if (*missing_looks >= GONE_LOOKS) {
        os_mutex_lock(source->mutex);
        source->gone = true;
        os_mutex_unlock(source->mutex);
    }
    if (topic.exists && !source->config.whole)
        add_partitions(source, topic.partition_count);
    if (topic.exists && !look_at_ends(source, source->control, false, &err))
        note_trouble(source, &err);
    tell_group(source, false);
}

static void watch(void *arg)
{
    KafkaSource *source = arg;
    int missing_looks = 0;
    bool stop = false;

    while (!stop) {
        watch_once(source, &missing_looks);
        os_mutex_lock(source->mutex);
        if (!source->stop)
            (void)os_cond_wait_for(source->stopping, source->mutex, WATCH_US);
        stop = source->stop;
        os_mutex_unlock(source->mutex);
    }
    tell_group(source, true);
}

/* ── lanes ─────────────────────────────────────────────────────────────────────────────────────*/

/* `gone`: its topic was deleted while it was read. */
static void lane_free(Lane *lane, bool gone)
{
    if (!lane)
        return;
    if (lane->topic && !gone)
        rd_kafka_topic_destroy(lane->topic);
    if (gone)
        kafka_client_abandon(lane->client);
    else
        kafka_client_close(lane->client);
    VEC_DONE(&lane->partitions);
    free(lane);
}

/*
 * With the mutex held. When as much of a partition is fetched and not read as is allowed, librdkafka 2.0
 * looks again only a second later: with its own 100,000 records, or few bytes, a fast reader waits most
 * of the time.
 */
static bool lane_create(KafkaSource *source, Lane **out, Error *err)
{
    size_t share = FETCHED_KBYTES / MAX(source->partitions.count, (size_t)1);
    char kbytes[24];
    const KafkaProperty own[] = {
        {"queued.max.messages.kbytes", kbytes}, /* A partition. */
        {"queued.min.messages", "10000000"},
        {"fetch.error.backoff.ms", "100"},
        {"fetch.message.max.bytes", "4194304"},
        {rd_kafka_version() >= 0x02020000 ? "fetch.queue.backoff.ms" : NULL, "10"}, /* From 2.2 on. */
        {NULL, NULL},
    };
    static const KafkaProperty forced[] = {
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
        {"isolation.level", "read_committed"},
        {NULL, NULL},
    };
    Lane *lane = mem_zalloc(sizeof *lane);

    (void)snprintf(kbytes, sizeof kbytes, "%zu", MAX(share, (size_t)FETCHED_KBYTES_MIN));
    if (!kafka_client_open(&source->config.kafka, RD_KAFKA_CONSUMER, own, forced, NULL,
                           &lane->client, err)) {
        lane_free(lane, false);
        return false;
    }
    lane->topic = rd_kafka_topic_new(kafka_client_handle(lane->client), source->topic, NULL);
    *out = lane;
    return true;
}

static bool lane_reads(const Lane *lane, int32_t partition)
{
    for (size_t i = 0; i < lane->partitions.count; i++) {
        if (lane->partitions.items[i] == partition)
            return true;
    }
    return false;
}

/* A lane in which the partition is free, and now taken. */
static bool lane_take(KafkaSource *source, int32_t partition, Lane **out, Error *err)
{
    Lane *lane = NULL;
    bool ok = true;

    os_mutex_lock(source->mutex);
    for (size_t i = 0; i < source->lanes.count && !lane; i++) {
        if (!lane_reads(source->lanes.items[i], partition))
            lane = source->lanes.items[i];
    }
    if (!lane) {
        ok = lane_create(source, &lane, err);
        if (ok)
            VEC_ADD(&source->lanes, lane);
    }
    if (ok)
        VEC_ADD(&lane->partitions, partition);
    os_mutex_unlock(source->mutex);
    *out = lane;
    return ok;
}

static void lane_give_back(KafkaSource *source, Lane *lane, int32_t partition)
{
    os_mutex_lock(source->mutex);
    for (size_t i = 0; i < lane->partitions.count; i++) {
        if (lane->partitions.items[i] == partition) {
            lane->partitions.items[i] = lane->partitions.items[--lane->partitions.count];
            break;
        }
    }
    os_mutex_unlock(source->mutex);
}

/* ── a reader ──────────────────────────────────────────────────────────────────────────────────*/

static void release(KafkaReader *reader, uint32_t to)
{
    for (; reader->released < to; reader->released++)
        rd_kafka_message_destroy(reader->messages[reader->released]);
}

static void kafka_reader_close(SourceReader *base)
{
    KafkaReader *reader = (KafkaReader *)base;

    if (!reader)
        return;
    release(reader, reader->count);
    if (reader->queue) {
        rd_kafka_queue_cb_event_enable(reader->queue, NULL, NULL);
        rd_kafka_queue_destroy(reader->queue);
    }
    if (reader->lane) {
        (void)rd_kafka_consume_stop(reader->lane->topic, reader->partition);
        lane_give_back(reader->source, reader->lane, reader->partition);
    }
    for (uint32_t i = 0; i < reader->capacity; i++)
        VEC_DONE(&reader->headers[i]);
    free(reader->headers);
    free(reader->messages);
    free(reader->values);
    free(reader->keys);
    free(reader->positions);
    free(reader->timestamps_us);
    free(reader->timestamp_types);
    free(reader);
}

/* A worker that begins may wait; later on it has other partitions to read. */
static int patience_ms(const KafkaSource *source)
{
    return (int)MAX(KAFKA_PATIENCE_MS - (os_monotonic_us() - source->opened_us) / 1000, 0);
}

static bool one_offset(KafkaSource *source, int32_t partition, int64_t time_ms, int64_t *out,
                       Error *err)
{
    int32_t count = MAX(known_partitions(source), partition + 1);
    int64_t *offsets = mem_zalloc((size_t)count * sizeof *offsets);
    bool ok =
        kafka_topic_offsets(source->control, source->config.topic, count, time_ms, patience_ms(source),
                            offsets, err);

    if (ok)
        *out = offsets[partition];
    free(offsets);
    return ok;
}

/* The offset, or the nearest that there is. */
static bool nearest_offset(KafkaSource *source, int32_t partition, int64_t offset, int64_t *out,
                           Error *err)
{
    int64_t start;
    int64_t end;

    if (!one_offset(source, partition, KAFKA_TIME_START, &start, err) ||
        !one_offset(source, partition, KAFKA_TIME_END, &end, err))
        return false;
    *out = MAX(MIN(offset, end), start);
    return true;
}

/* Where a reader without a position begins, as a number, so that it is the same after a restart. */
static bool first_position(KafkaSource *source, int32_t partition, int64_t *out, Error *err)
{
    const Starting *starting = &source->config.starting;

    switch (starting->kind) {
    case STARTING_LATEST:
        return one_offset(source, partition, KAFKA_TIME_END, out, err);
    case STARTING_TIME:
        return one_offset(source, partition, starting->time_ms, out, err);
    case STARTING_OFFSETS:
        if (partition < starting->offset_count && starting->offsets[partition] >= 0)
            return nearest_offset(source, partition, starting->offsets[partition], out, err);
        break;
    case STARTING_EARLIEST:
        break;
    }
    return one_offset(source, partition, KAFKA_TIME_START, out, err);
}

static bool kafka_reader_open(Source *base, int32_t partition, int64_t position,
                              SourceReader **out, Error *err)
{
    KafkaSource *source = (KafkaSource *)base;
    KafkaReader *reader = mem_zalloc(sizeof *reader);
    Lane *lane;

    reader->reader.source = base;
    reader->source = source;
    reader->partition = partition;
    reader->shared = partition_of(source, partition);
    if (position < 0 && !first_position(source, partition, &position, err))
        goto fail;
    /* 0 is the first record, also where retention has taken some: it is where queries begin. */
    if (position == 0 && !one_offset(source, partition, KAFKA_TIME_START, &position, err))
        goto fail;
    reader->position = position;
    if (!lane_take(source, partition, &lane, err))
        goto fail;
    if (rd_kafka_consume_start(lane->topic, partition, position) != 0) {
        lane_give_back(source, lane, partition);
        kafka_client_error(lane->client, rd_kafka_last_error(), err, "topic '%s', partition %d",
                           source->topic, partition);
        goto fail;
    }
    reader->lane = lane;
    *out = &reader->reader;
    return true;

fail:
    kafka_reader_close(&reader->reader);
    return false;
}

/* Thread: librdkafka's. */
static void on_fetched(rd_kafka_t *handle, void *self)
{
    const KafkaReader *reader = self;

    (void)handle;
    reader->wake(reader->wake_self);
}

static void kafka_listen(SourceReader *base, void (*wake)(void *self), void *self)
{
    KafkaReader *reader = (KafkaReader *)base;

    reader->wake = wake;
    reader->wake_self = self;
    reader->queue = rd_kafka_queue_get_partition(kafka_client_handle(reader->lane->client),
                                                 reader->source->topic, reader->partition);
    if (reader->queue)
        rd_kafka_queue_cb_event_enable(reader->queue, on_fetched, reader);
}

static void reader_reserve(KafkaReader *reader, uint32_t count)
{
    if (count <= reader->capacity)
        return;
    reader->messages = mem_realloc(reader->messages, count * sizeof(rd_kafka_message_t *));
    reader->values = mem_realloc(reader->values, count * sizeof *reader->values);
    reader->keys = mem_realloc(reader->keys, count * sizeof *reader->keys);
    reader->positions = mem_realloc(reader->positions, count * sizeof *reader->positions);
    reader->timestamps_us =
        mem_realloc(reader->timestamps_us, count * sizeof *reader->timestamps_us);
    reader->timestamp_types =
        mem_realloc(reader->timestamp_types, count * sizeof *reader->timestamp_types);
    reader->headers = mem_realloc(reader->headers, count * sizeof *reader->headers);
    memset(&reader->headers[reader->capacity], 0,
           (count - reader->capacity) * sizeof *reader->headers);
    reader->capacity = count;
}

static void take_headers(SourceHeaders *out, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t bytes;

    out->count = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &bytes) ==
                       RD_KAFKA_RESP_ERR_NO_ERROR;
         i++) {
        SourceHeader header = {str_of(name), {value, (uint32_t)bytes}};

        VEC_ADD(out, header);
    }
}

static void take_message(KafkaReader *reader, uint32_t i, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(message, &type);

    reader->values[i] = (Str){message->payload, (uint32_t)message->len};
    reader->keys[i] = (Str){message->key, (uint32_t)message->key_len};
    if (message->key && !message->key_len)
        reader->keys[i] = STR_EMPTY;
    if (message->payload && !message->len)
        reader->values[i] = STR_EMPTY;
    reader->positions[i] = message->offset;
    reader->timestamps_us[i] = source_time_us(ms);
    reader->timestamp_types[i] = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
    take_headers(&reader->headers[i], message);
}

/* The records at the position are gone: below the first that is left, or the topic was made anew. */
static bool go_on_behind_loss(KafkaReader *reader, Error *err)
{
    KafkaSource *source = reader->source;
    int64_t start;
    int64_t end;

    if (!one_offset(source, reader->partition, KAFKA_TIME_START, &start, err) ||
        !one_offset(source, reader->partition, KAFKA_TIME_END, &end, err))
        return false;
    if (reader->position >= start && reader->position <= end)
        start = reader->position; /* It was for a moment only. */
    else if (!source->config.on_data_loss_continue)
        return error_set(
            err, ERROR_USER,
            "topic '%s', partition %d: the records from offset %lld on, which are to be read next, "
            "are no longer there: Kafka has %lld to %lld now (%s). 'on_data_loss' = 'continue' "
            "goes on with offset %lld",
            source->topic, reader->partition, (long long)reader->position, (long long)start,
            (long long)end,
            reader->position < start ? "retention has deleted them"
                                     : "the topic was deleted and made again",
            (long long)start);
    reader->position = start;
    reader->lost = false;
    /* A seek would do nothing: fetching has ended. */
    (void)rd_kafka_consume_stop(reader->lane->topic, reader->partition);
    if (rd_kafka_consume_start(reader->lane->topic, reader->partition, start) != 0)
        return kafka_client_error(reader->lane->client, rd_kafka_last_error(), err,
                                  "topic '%s', partition %d", source->topic, reader->partition);
    return true;
}

/* False: the run cannot go on. While the cluster cannot be asked, the reader waits. */
static bool deal_with_loss(KafkaReader *reader, Error *err)
{
    Error told = {0};

    if (!reader->lost || os_monotonic_us() < reader->lost_look_us)
        return true;
    reader->lost_look_us = os_monotonic_us() + LOSS_LOOK_US;
    if (go_on_behind_loss(reader, &told) || told.kind == ERROR_RETRY)
        return true;
    *err = told;
    return false;
}

static bool on_event(KafkaReader *reader, const rd_kafka_message_t *message, Error *err)
{
    const KafkaSource *source = reader->source;
    Error told = {0};

    switch ((int)message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        reader->position = MAX(reader->position, message->offset);
        return true;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        reader->lost = true;
        return true;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return true; /* The watcher tells when it is really gone. */
    default:
        break;
    }
    (void)kafka_client_error(reader->lane->client, message->err, &told,
                             "topic '%s', partition %d", source->topic, reader->partition);
    if (told.kind == ERROR_RETRY)
        return true; /* librdkafka goes on by itself. */
    *err = told;
    return false;
}

static bool check_source(KafkaSource *source, Error *err)
{
    bool ok = true;

    os_mutex_lock(source->mutex);
    if (source->gone)
        ok = error_set(err, ERROR_USER,
                       "topic '%s' was deleted while it was being read; make it again, and start "
                       "anew with another data directory or another name of the table",
                       source->topic);
    else if (source->trouble.kind) {
        *err = source->trouble;
        ok = false;
    }
    os_mutex_unlock(source->mutex);
    return ok;
}

/* Fetches when nothing is held any more. */
static bool fetch(KafkaReader *reader, uint32_t count_max, Error *err)
{
    ssize_t got;

    if (reader->at < reader->count)
        return true;
    release(reader, reader->count);
    reader->released = reader->at = reader->count = 0;
    reader_reserve(reader, count_max);
    if (!check_source(reader->source, err))
        return false;
    got = rd_kafka_consume_batch(reader->lane->topic, reader->partition, 0, reader->messages,
                                 reader->capacity);
    reader->count = got > 0 ? (uint32_t)got : 0;
    return true;
}

static bool kafka_poll(SourceReader *base, uint32_t count_max, SourceRecords *out, Error *err)
{
    KafkaReader *reader = (KafkaReader *)base;
    bool whole = reader->source->config.whole;
    int64_t limit = whole ? atomic_load(&reader->shared->limit) : INT64_MAX;
    uint32_t count = 0;

    count_max = MAX(count_max, 1);
    release(reader, reader->at);
    if (!deal_with_loss(reader, err) || !fetch(reader, count_max, err))
        return false;
    while (reader->at < reader->count && count < MIN(count_max, reader->capacity)) {
        const rd_kafka_message_t *message = reader->messages[reader->at];

        if (message->err) {
            if (count)
                break; /* Records first. */
            reader->at++;
            if (!on_event(reader, message, err))
                return false;
            continue;
        }
        if (message->offset >= limit) {
            reader->position = MAX(reader->position, limit);
            break;
        }
        reader->at++;
        if (message->offset < reader->position)
            continue; /* Fetched before it was begun anew. */
        take_message(reader, count++, message);
        reader->position = message->offset + 1;
    }
    *out = (SourceRecords){
        .count = count,
        .values = reader->values,
        .keys = reader->keys,
        .positions = reader->positions,
        .timestamps_us = reader->timestamps_us,
        .timestamp_types = reader->timestamp_types,
        .headers = reader->headers,
        .next_position = reader->position,
        .end_position =
            whole ? limit : MAX(atomic_load(&reader->shared->end), reader->position),
    };
    out->at_end = reader->position >= out->end_position;
    return true;
}

/* ── the source ────────────────────────────────────────────────────────────────────────────────*/

static bool kafka_partition_count(Source *base, int32_t *count, Error *err)
{
    (void)err;
    *count = known_partitions((KafkaSource *)base);
    return true;
}

/* So that offsets of weir's own log and of Kafka are not taken for each other. */
static Str kafka_partition_name(Source *base, int32_t partition)
{
    (void)base;
    (void)partition;
    return STR("kafka");
}

static void kafka_committed(Source *base, int32_t partition, int64_t position)
{
    atomic_store(&partition_of((KafkaSource *)base, partition)->committed, position);
}

static void kafka_source_free(Source *base)
{
    KafkaSource *source = (KafkaSource *)base;

    if (!source)
        return;
    os_mutex_lock(source->mutex);
    source->stop = true;
    os_cond_broadcast(source->stopping);
    os_mutex_unlock(source->mutex);
    os_thread_join(source->watcher);
    for (size_t i = 0; i < source->lanes.count; i++)
        lane_free(source->lanes.items[i], source->gone);
    kafka_client_close(source->uncommitted);
    kafka_client_close(source->control);
    for (size_t i = 0; i < source->partitions.count; i++)
        free(source->partitions.items[i]);
    VEC_DONE(&source->partitions);
    VEC_DONE(&source->lanes);
    os_cond_free(source->stopping);
    os_mutex_free(source->mutex);
    arena_done(source->config.arena);
    free(source->config.arena);
    free(source);
}

static const SourceMethods kafka_methods = {
    .name = "kafka",
    .partition_count = kafka_partition_count,
    .partition_name = kafka_partition_name,
    .reader_open = kafka_reader_open,
    .poll = kafka_poll,
    .listen = kafka_listen,
    .reader_close = kafka_reader_close,
    .committed = kafka_committed,
    .extend = kafka_extend,
    .free = kafka_source_free,
};

static bool find_topic(KafkaSource *source, Error *err)
{
    const KafkaSourceConfig *config = &source->config;
    KafkaTopic topic;

    if (!kafka_topic_look(source->control, config->topic, &topic, err))
        return false;
    if (!topic.exists && !config->make)
        return error_set(err, ERROR_USER, "there is no topic '%s' in Kafka at %s", source->topic,
                         config->kafka.servers);
    if (!topic.exists &&
        (!kafka_topic_create(source->control, config->topic, &config->new_topic, err) ||
         !kafka_topic_look(source->control, config->topic, &topic, err)))
        return false;
    add_partitions(source, topic.partition_count);
    return look_at_ends(source, source->control, true, err);
}

bool kafka_source_open(const KafkaSourceConfig *config, Source **out, Error *err)
{
    KafkaSource *source = mem_zalloc(sizeof *source);
    static const KafkaProperty forced[] = {
        {"enable.auto.commit", "false"},
        {"isolation.level", "read_committed"},
        {"group.id", ""}, /* No member of it: kafka_group_set. */
        {NULL, NULL},
    };
    const char *group = kafka_config_find(&config->kafka, "group.id");

    source->source.methods = &kafka_methods;
    source->config = *config;
    source->topic = str_to_c(config->arena, config->topic);
    source->group = group ? group : str_to_c(config->arena, config->group);
    source->mutex = os_mutex_create();
    source->stopping = os_cond_create();
    source->opened_us = os_monotonic_us();
    if (!kafka_client_open(&config->kafka, RD_KAFKA_CONSUMER, NULL, forced, NULL,
                           &source->control, err))
        goto fail;
    kafka_client_heed(source->control, &source->stop);
    kafka_client_heed_signal(source->control);
    if (!find_topic(source, err))
        goto fail;
    source->watcher = os_thread_start("kafka-watch", watch, source);
    *out = &source->source;
    return true;

fail:
    kafka_source_free(&source->source);
    return false;
}
