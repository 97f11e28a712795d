/*
 * kafka_outside.c: see kafka_outside.h.
 *
 * A chunk is records, one behind the other, in the machine's byte order:
 *
 *     key bytes     uint32   NO_KEY: none
 *     value bytes   uint32
 *     key, value
 *
 * Values are handed to librdkafka where they stand: a chunk lives until deliver returns, and by then
 * the transaction is committed, or aborted and its records purged.
 */
#include "sink/kafka_outside.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "client/kafka_client.h"
#include "client/table_schemas.h"
#include "format/format.h"
#include "log/partitioner.h"
#include "os/os.h"
#include "sink/record_key.h"

#define NO_KEY UINT32_MAX

enum {
    HEADER_BYTES = 8,
    TIMEOUT_MS = 30000, /* Of a transaction's steps, ... */
    STEP_MS = 500, /* ... which wait so long at a time, as the run may end meanwhile: those that go on ... */
    ASK_MS = 4000, /* ... where they were, and those that cannot. */
    STEP_AGAIN_US = 20000,
    LOST_WAIT_US = 500000,
    LOST_SERVE_MS = 20,
    CLOSE_US = 100000,
    TRANSACTION_TIMEOUT_MS = 60000,
    FULL_WAIT_MS = 50,
    LOOK_US = 10000000,
    BATCH_RECORDS = 1000,
    /* What a record costs in a batch of its own besides key and value: Kafka's own estimate. */
    RECORD_OVERHEAD_BYTES = 100,
};

typedef struct KafkaOutside {
    Outside outside;
    OutsideConfig config;
    Arena arena; /* Of its life. */
    KafkaConfig kafka;
    KafkaNewTopic new_topic;
    const char *topic;
    /* The largest record that the topic takes; 0: not known yet. Written by ensure. */
    _Atomic int64_t record_bytes_max;

    /* The deliverer's. */
    KafkaClient *producer; /* NULL: not connected. */
    rd_kafka_topic_t *topic_handle;
    rd_kafka_consumer_group_metadata_t *group;
    const char *transaction; /* transactional.id and group. */
    int64_t number;          /* Of the epoch, for step_number. */
    int ask_ms;              /* Of the next connection: grows while the brokers are too slow for it. */
    int64_t patience_us;     /* With a step. */
    int64_t transaction_us;  /* How long the brokers leave a transaction open. */
    int64_t began_us;        /* Wall clock, which goes on in sleep: when the last one began. */
    int32_t partition_count;
    int64_t looked_us; /* Monotonic: when it was last asked for. */
    uint64_t keyless_count;
    Arena connection_arena;
    _Atomic int lost_code; /* rd_kafka_resp_err_t: why a record was not written. */
    _Atomic bool interrupted; /* The run ends: nothing is waited for any more. */
} KafkaOutside;

typedef struct KafkaEncoder {
    OutsideEncoder base;
    KafkaOutside *outside;
    TableSchemas *schemas; /* NULL: none needed. */
    Encoder *values;
    RecordKey *key;
    StrBuf chunk;
    bool taken; /* The chunk was; it stays until the next call. */
    StrBuf value;
    Arena arena; /* Of one batch. */
} KafkaEncoder;

/* ── the topic ─────────────────────────────────────────────────────────────────────────────────*/

/* The user's own limit, else the topic's. A login that may write the topic need not be allowed to see its
 * settings: then the client's limit holds. */
static bool learn_limit(KafkaOutside *outside, KafkaClient *client, Error *err)
{
    const char *text = kafka_config_find(&outside->kafka, "message.max.bytes");
    int64_t bytes = 0;

    if (!text && !kafka_topic_setting(client, &outside->connection_arena, str_of(outside->topic),
                                      "max.message.bytes", &text, err))
        return err->kind == ERROR_USER;
    if (text && str_to_int64(str_of(text), &bytes) && bytes > 0)
        atomic_store(&outside->record_bytes_max, bytes);
    return true;
}

static bool ensure_topic(KafkaOutside *outside, KafkaClient *client, Error *err)
{
    const TableDef *table = outside->config.table;
    Str name = str_of(outside->topic);
    KafkaTopic topic;

    if (!kafka_topic_look(client, name, &topic, err))
        return false;
    if (!topic.exists) {
        if (!kafka_topic_create(client, name, &outside->new_topic, err))
            return false;
        outside->outside.fresh = true;
        if (!kafka_topic_look(client, name, &topic, err))
            return false;
    }
    if (table_option_given(table, "partitions") &&
        topic.partition_count != outside->new_topic.partition_count)
        return error_set(err, ERROR_USER,
                         "topic '%s' has %d partitions in Kafka, not %d; leave 'partitions' out, or "
                         "give the topic another name",
                         outside->topic, topic.partition_count,
                         outside->new_topic.partition_count);
    outside->partition_count = topic.partition_count;
    outside->looked_us = os_monotonic_us();
    return learn_limit(outside, client, err);
}

static bool kafka_ensure(Outside *base, Error *err)
{
    KafkaOutside *outside = (KafkaOutside *)base;
    KafkaClient *client;
    bool ok;

    arena_reset(&outside->connection_arena);
    if (!kafka_client_open(&outside->kafka, RD_KAFKA_PRODUCER, NULL, NULL, NULL, &client, err))
        return false;
    kafka_client_heed(client, &outside->interrupted);
    ok = ensure_topic(outside, client, err);
    kafka_client_close(client);
    return ok;
}

/* ── the worker's side ─────────────────────────────────────────────────────────────────────────*/

static void kafka_encoder_free(OutsideEncoder *base)
{
    KafkaEncoder *encoder = (KafkaEncoder *)base;

    if (!encoder)
        return;
    if (encoder->values)
        encoder->values->methods->free(encoder->values);
    table_schemas_close(encoder->schemas);
    record_key_free(encoder->key);
    strbuf_done(&encoder->chunk);
    strbuf_done(&encoder->value);
    arena_done(&encoder->arena);
    free(encoder);
}

static bool create_values(const OutsideConfig *config, const FormatSchemas *schemas, Encoder **out,
                          Error *err)
{
    Str name = table_format_name(config->table);
    const Format *format = format_find(name);
    FormatOptions options = {.zone = config->zone, .schemas = schemas};
    StrBuf lines;
    bool ok;

    if (!format)
        return error_set(err, ERROR_USER, "there is no format '%.*s'", STR_ARG(name));
    strbuf_init(&lines);
    table_format_options(&lines, config->table);
    options.options = strbuf_str(&lines);
    ok = format->encoder_create(&config->table->schema, &options, out, err);
    strbuf_done(&lines);
    return ok;
}

static bool kafka_encoder_create(Outside *base, OutsideEncoder **out, Error *err)
{
    KafkaOutside *outside = (KafkaOutside *)base;
    const TableDef *table = outside->config.table;
    KafkaEncoder *encoder = mem_zalloc(sizeof *encoder);

    encoder->outside = outside;
    arena_init(&encoder->arena);
    if (!table_schemas_open(table, true, &encoder->schemas, err) ||
        !create_values(&outside->config, table_schemas_format(encoder->schemas), &encoder->values,
                       err) ||
        !record_key_create(&table->schema, table->topic_key, table->topic_key_count,
                           outside->config.zone, &encoder->key, err)) {
        kafka_encoder_free(&encoder->base);
        return false;
    }
    *out = &encoder->base;
    return true;
}

static void add_record(StrBuf *chunk, Str key, Str value)
{
    char header[HEADER_BYTES];
    uint32_t key_bytes = key.data ? key.bytes : NO_KEY;

    memcpy(header, &key_bytes, sizeof key_bytes);
    memcpy(header + 4, &value.bytes, sizeof value.bytes);
    strbuf_add(chunk, header, sizeof header);
    strbuf_add(chunk, key.data, key.data ? key.bytes : 0);
    strbuf_add_str(chunk, value);
}

/* A record that the topic would refuse is put aside: later it would stop the whole delivery. */
static bool too_large(KafkaEncoder *encoder, const Batch *batch, uint32_t row_i, Str value,
                      int64_t record_bytes, int64_t limit, Error *err)
{
    char message[256];

    (void)snprintf(message, sizeof message,
                   "the record has %lld bytes; topic '%s' takes at most %lld (max.message.bytes)",
                   (long long)record_bytes, encoder->outside->topic, (long long)limit);
    if (!encoder->base.refuse)
        return error_set(err, ERROR_DATA, "%s", message);
    return encoder->base.refuse(encoder->base.self, batch, row_i, "too_large", message, value, err);
}

static bool kafka_encode(OutsideEncoder *base, const Batch *batch, Error *err)
{
    KafkaEncoder *encoder = (KafkaEncoder *)base;
    int64_t limit = atomic_load(&encoder->outside->record_bytes_max);

    if (encoder->taken)
        strbuf_clear(&encoder->chunk);
    encoder->taken = false;
    arena_reset(&encoder->arena);
    record_key_begin(encoder->key, &encoder->arena, batch);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        Str key = record_key_of(encoder->key, i);
        int64_t bytes;
        Str value;

        strbuf_clear(&encoder->value);
        encoder->values->methods->encode(encoder->values, batch, i, &encoder->value);
        value = strbuf_str(&encoder->value);
        bytes = (int64_t)key.bytes + value.bytes + RECORD_OVERHEAD_BYTES;
        if (limit && bytes > limit) {
            if (!too_large(encoder, batch, i, value, bytes, limit, err))
                return false;
            continue;
        }
        add_record(&encoder->chunk, key, value);
    }
    encoder->base.bytes = encoder->chunk.bytes;
    return true;
}

static Str kafka_encoder_take(OutsideEncoder *base)
{
    KafkaEncoder *encoder = (KafkaEncoder *)base;

    if (encoder->taken)
        strbuf_clear(&encoder->chunk);
    encoder->taken = true;
    encoder->base.bytes = 0;
    return strbuf_str(&encoder->chunk);
}

/* ── what went wrong ───────────────────────────────────────────────────────────────────────────*/

static void on_delivered(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    KafkaOutside *outside = message->_private;

    (void)handle;
    (void)opaque;
    if (message->err && message->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
        message->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        atomic_store(&outside->lost_code, (int)message->err);
}

static bool is_fenced(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

/* Another process took over, or the brokers gave the transaction up because it was open for too long: the
 * machine slept, say. Only the first is an error for good. */
static bool fenced_error(KafkaOutside *outside, Error *err)
{
    if (os_realtime_us() - outside->began_us > outside->transaction_us)
        return error_set(err, ERROR_RETRY,
                         "topic '%s': Kafka gave up a transaction that was open for longer than "
                         "transaction.timeout.ms",
                         outside->topic);
    return error_set(err, ERROR_USER,
                     "topic '%s': another process writes with the same transactional id, '%s': a "
                     "copy of this data directory runs elsewhere; stop one of them",
                     outside->topic, outside->transaction);
}

/* What no new connection cures: rights that are missing, limits. Anything else passes, or is begun anew. */
static bool is_for_good(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
        return true;
    default:
        return false;
    }
}

/* Why a record was lost; what is told of it may be still to come where only a transaction's state says that
 * something was. */
static rd_kafka_resp_err_t lost_record(KafkaOutside *outside, bool wait)
{
    int64_t until_us = os_monotonic_us() + LOST_WAIT_US;
    int lost;

    do {
        kafka_client_serve(outside->producer, wait ? LOST_SERVE_MS : 0);
        lost = atomic_load(&outside->lost_code);
    } while (wait && !lost && os_monotonic_us() < until_us);
    return (rd_kafka_resp_err_t)lost;
}

/* Takes `error`. What it means for the run: as a rule, to try again with a new producer, which begins where
 * the group's offset says. A record's own failure tells more than that of its transaction. */
static bool transaction_error(KafkaOutside *outside, rd_kafka_error_t *error, const char *what,
                              Error *err)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(kafka_client_handle(outside->producer), NULL, 0);
    rd_kafka_resp_err_t lost = lost_record(outside, code == RD_KAFKA_RESP_ERR__STATE);
    rd_kafka_resp_err_t causes[] = {lost, fatal, code};
    rd_kafka_resp_err_t cause = lost ? lost : code;
    bool for_good = false;

    for (size_t i = 0; i < COUNT_OF(causes) && !for_good; i++) {
        for_good = is_for_good(causes[i]);
        if (for_good)
            cause = causes[i];
    }
    (void)kafka_client_error(outside->producer, cause, err, "topic '%s': %s: %s", outside->topic,
                             what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    if (is_fenced(code) || is_fenced(fatal) || is_fenced(lost))
        return fenced_error(outside, err);
    /* A refused password stays one, however it shows. */
    if (for_good)
        err->kind = ERROR_USER;
    else if (!kafka_client_is_refused(outside->producer))
        err->kind = ERROR_RETRY;
    return false;
}

/* ── the steps of a transaction ────────────────────────────────────────────────────────────────*/

typedef rd_kafka_error_t *Step(KafkaOutside *outside);

/* Takes a step until it is done, in short waits, so that a run that ends need not wait for a broker that
 * says nothing. The error is the last one; what came of it then, the next init_transactions learns. */
static rd_kafka_error_t *take_step(KafkaOutside *outside, Step *step)
{
    int64_t until_us = os_monotonic_us() + outside->patience_us;
    rd_kafka_error_t *error;

    while ((error = step(outside)) && rd_kafka_error_is_retriable(error) &&
           !atomic_load(&outside->interrupted) && os_monotonic_us() < until_us) {
        rd_kafka_error_destroy(error);
        os_sleep_us(STEP_AGAIN_US);
    }
    return error;
}

static rd_kafka_error_t *step_init(KafkaOutside *outside)
{
    return rd_kafka_init_transactions(kafka_client_handle(outside->producer), STEP_MS);
}

static rd_kafka_error_t *step_commit(KafkaOutside *outside)
{
    return rd_kafka_commit_transaction(kafka_client_handle(outside->producer), STEP_MS);
}

static rd_kafka_error_t *step_abort(KafkaOutside *outside)
{
    return rd_kafka_abort_transaction(kafka_client_handle(outside->producer), STEP_MS);
}

/* The number of the last epoch, as an offset of the group. */
static rd_kafka_error_t *step_number(KafkaOutside *outside)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_error_t *error;

    rd_kafka_topic_partition_list_add(list, outside->topic, 0)->offset = outside->number;
    error = rd_kafka_send_offsets_to_transaction(kafka_client_handle(outside->producer), list,
                                                 outside->group, outside->ask_ms);
    rd_kafka_topic_partition_list_destroy(list);
    return error;
}

/* ── the connection ────────────────────────────────────────────────────────────────────────────*/

static void kafka_disconnect(Outside *base)
{
    KafkaOutside *outside = (KafkaOutside *)base;

    if (outside->topic_handle)
        rd_kafka_topic_destroy(outside->topic_handle);
    if (outside->group)
        rd_kafka_consumer_group_metadata_destroy(outside->group);
    kafka_client_close(outside->producer);
    outside->topic_handle = NULL;
    outside->group = NULL;
    outside->producer = NULL;
}

static bool connect_producer(KafkaOutside *outside, Str run_id, Error *err)
{
    Str compression = table_option(outside->config.table, "compression");
    int64_t limit = atomic_load(&outside->record_bytes_max);
    Arena *arena = &outside->connection_arena;
    rd_kafka_error_t *error;

    outside->transaction = arena_printf(arena, "weir-%.*s-%.*s", STR_ARG(run_id),
                                        STR_ARG(outside->config.table->name));
    const KafkaProperty own[] = {
        {"linger.ms", "5"},
        {"batch.num.messages", "100000"},
        {"queue.buffering.max.messages", "2000000"},
        {"queue.buffering.max.kbytes", "524288"},
        {"compression.type", compression.data ? str_to_c(arena, compression) : "none"},
        /* The client's limit is of a batch, too: the topic's. */
        {"message.max.bytes", arena_printf(arena, "%lld", (long long)(limit ? limit : 1000000))},
        {"transaction.timeout.ms", arena_printf(arena, "%d", (int)TRANSACTION_TIMEOUT_MS)},
        /* What a step waits that cannot be left in the middle: librdkafka heeds no shorter time there. */
        {"socket.timeout.ms",
         arena_printf(arena, "%lld",
                      (long long)MIN(outside->ask_ms, outside->transaction_us / 1000))},
        {"retry.backoff.ms", "20"}, /* A transaction meets the end of the one before. */
        {NULL, NULL},
    };
    const KafkaProperty forced[] = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"transactional.id", outside->transaction},
        {NULL, NULL},
    };

    if (!kafka_client_open(&outside->kafka, RD_KAFKA_PRODUCER, own, forced, on_delivered,
                           &outside->producer, err))
        return false;
    kafka_client_heed(outside->producer, &outside->interrupted);
    outside->topic_handle =
        rd_kafka_topic_new(kafka_client_handle(outside->producer), outside->topic, NULL);
    outside->group = rd_kafka_consumer_group_metadata_new(outside->transaction);
    /* Ends what a producer of this id before us left open, and shuts it out. */
    outside->began_us = os_realtime_us();
    error = take_step(outside, step_init);
    return !error || transaction_error(outside, error, "the transactions cannot begin", err);
}

/* The offset of the group, which no transaction can be changing any more. */
static bool read_epoch(KafkaOutside *outside, int64_t *epoch, Error *err)
{
    const KafkaProperty forced[] = {{"group.id", outside->transaction}, {NULL, NULL}};
    KafkaClient *client;
    bool ok;

    if (!kafka_client_open(&outside->kafka, RD_KAFKA_CONSUMER, NULL, forced, NULL, &client, err))
        return false;
    kafka_client_heed(client, &outside->interrupted);
    ok = kafka_group_offset(client, outside->transaction, outside->topic, 0, epoch, err);
    kafka_client_close(client);
    return ok || error_wrap(err, "topic '%s': the epoch that it holds", outside->topic);
}

static bool kafka_last_delivered(Outside *base, Str run_id, int64_t *epoch, Error *err)
{
    KafkaOutside *outside = (KafkaOutside *)base;

    kafka_disconnect(base);
    return connect_producer(outside, run_id, err) && read_epoch(outside, epoch, err);
}

/* ── delivering ────────────────────────────────────────────────────────────────────────────────*/

/* Some records on their way to librdkafka, which takes many at a time faster. */
typedef struct Sending {
    KafkaOutside *outside;
    rd_kafka_message_t messages[BATCH_RECORDS];
    int count;
} Sending;

/* Those that did not fit into librdkafka's queue again, until they do. */
static bool send_all(Sending *sending, Error *err)
{
    KafkaOutside *outside = sending->outside;

    while (sending->count) {
        int left = 0;

        (void)rd_kafka_produce_batch(outside->topic_handle, RD_KAFKA_PARTITION_UA,
                                     RD_KAFKA_MSG_F_PARTITION, sending->messages, sending->count);
        for (int i = 0; i < sending->count; i++) {
            rd_kafka_message_t *message = &sending->messages[i];

            if (message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
                return error_set(err, ERROR_USER,
                                 "topic '%s': a record of %zu bytes is larger than the topic takes "
                                 "now; raise its max.message.bytes to have it written",
                                 outside->topic, message->len + message->key_len);
            if (message->err && message->err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
                return kafka_client_error(outside->producer, message->err, err, "topic '%s'",
                                          outside->topic);
            if (message->err) {
                message->err = RD_KAFKA_RESP_ERR_NO_ERROR;
                sending->messages[left++] = *message;
            }
        }
        sending->count = left;
        if (left && atomic_load(&outside->interrupted))
            return error_set(err, ERROR_RETRY, "topic '%s': the run ends", outside->topic);
        kafka_client_serve(outside->producer, left ? FULL_WAIT_MS : 0);
        if (atomic_load(&outside->lost_code))
            return kafka_client_error(outside->producer,
                                      (rd_kafka_resp_err_t)atomic_load(&outside->lost_code), err,
                                      "topic '%s'", outside->topic);
    }
    return true;
}

static bool send_record(Sending *sending, Str key, Str value, Error *err)
{
    KafkaOutside *outside = sending->outside;
    rd_kafka_message_t *message = &sending->messages[sending->count++];

    /* The payload is not copied and not changed: librdkafka's own type lacks the const. */
    union {
        const void *from;
        void *to;
    } key_data = {.from = key.data}, value_data = {.from = value.data};

    *message = (rd_kafka_message_t){
        .payload = value_data.to,
        .len = value.bytes,
        .key = key_data.to,
        .key_len = key.bytes,
        .partition = key.data ? partition_of_key(key, outside->partition_count)
                              : partition_of_nth(outside->keyless_count++,
                                                 outside->partition_count),
        ._private = outside,
    };
    return sending->count < BATCH_RECORDS || send_all(sending, err);
}

static bool send_chunk(Sending *sending, Str chunk, Error *err)
{
    while (chunk.bytes) {
        uint32_t key_bytes;
        uint32_t value_bytes;
        uint32_t key_end;
        bool has_key;

        ASSERT(chunk.bytes >= HEADER_BYTES);
        memcpy(&key_bytes, chunk.data, sizeof key_bytes);
        memcpy(&value_bytes, chunk.data + 4, sizeof value_bytes);
        has_key = key_bytes != NO_KEY;
        key_end = HEADER_BYTES + (has_key ? key_bytes : 0);
        ASSERT(chunk.bytes >= key_end && chunk.bytes - key_end >= value_bytes);
        if (!send_record(sending,
                         has_key ? str_slice(chunk, HEADER_BYTES, key_end) : (Str){NULL, 0},
                         str_slice(chunk, key_end, key_end + value_bytes), err))
            return false;
        chunk = str_slice(chunk, key_end + value_bytes, chunk.bytes);
    }
    return true;
}

static bool send_epochs(KafkaOutside *outside, const OutsideEpoch *epochs, uint32_t epoch_count,
                        Error *err)
{
    Sending *sending = mem_zalloc(sizeof *sending);
    bool ok = true;

    sending->outside = outside;
    for (uint32_t e = 0; ok && e < epoch_count; e++) {
        for (uint32_t c = 0; ok && c < epochs[e].chunk_count; c++)
            ok = send_chunk(sending, epochs[e].chunks[c], err);
    }
    ok = ok && send_all(sending, err);
    free(sending);
    return ok;
}

/* Whether it can be aborted or not: the next connection's init_transactions sees to it. The records
 * point into chunks, so none may be left. */
static void give_up(KafkaOutside *outside)
{
    rd_kafka_t *handle = kafka_client_handle(outside->producer);
    rd_kafka_error_t *error = NULL;

    (void)rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    if (!atomic_load(&outside->interrupted))
        error = take_step(outside, step_abort);
    else /* librdkafka (2.0) ends the process if it is closed while it is about to register partitions. */
        os_sleep_us(CLOSE_US);
    if (error)
        rd_kafka_error_destroy(error);
    kafka_disconnect(&outside->outside);
}

/* Now and then: a topic that has grown gets keys where Java's producer would put them from now on. */
static void look_for_partitions(KafkaOutside *outside)
{
    int64_t now_us = os_monotonic_us();
    KafkaTopic topic;
    Error err = {0};

    if (now_us - outside->looked_us < LOOK_US)
        return;
    outside->looked_us = now_us;
    if (kafka_topic_look(outside->producer, str_of(outside->topic), &topic, &err) && topic.exists)
        outside->partition_count = topic.partition_count;
}

/* Epochs, maybe none, and the number of the last one: all of it or nothing. */
static bool write_transaction(KafkaOutside *outside, const OutsideEpoch *epochs,
                              uint32_t epoch_count, int64_t number, Error *err)
{
    rd_kafka_error_t *error;
    bool ok = false;

    atomic_store(&outside->lost_code, RD_KAFKA_RESP_ERR_NO_ERROR);
    outside->number = number;
    outside->began_us = os_realtime_us();
    error = rd_kafka_begin_transaction(kafka_client_handle(outside->producer));
    if (error)
        ok = transaction_error(outside, error, "a transaction cannot begin", err);
    else if (send_epochs(outside, epochs, epoch_count, err)) {
        error = take_step(outside, step_number);
        /* Without the number nothing may be committed: it would be written again. */
        if (!error)
            error = take_step(outside, step_commit);
        ok = !error || transaction_error(outside, error, "the transaction is not committed", err);
    }
    if (!ok)
        give_up(outside);
    outside->ask_ms = ok ? (int)ASK_MS : MIN(outside->ask_ms * 2, 2 * (int)TIMEOUT_MS);
    return ok;
}

static bool kafka_deliver(Outside *base, const OutsideEpoch *epochs, uint32_t epoch_count,
                          Error *err)
{
    KafkaOutside *outside = (KafkaOutside *)base;

    look_for_partitions(outside);
    return write_transaction(outside, epochs, epoch_count, epochs[epoch_count - 1].epoch, err);
}

static bool kafka_begin(Outside *base, Error *err)
{
    return write_transaction((KafkaOutside *)base, NULL, 0, 0, err);
}

static void kafka_interrupt(Outside *base)
{
    atomic_store(&((KafkaOutside *)base)->interrupted, true);
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────*/

static void kafka_free(Outside *base)
{
    KafkaOutside *outside = (KafkaOutside *)base;

    if (!outside)
        return;
    kafka_disconnect(base);
    arena_done(&outside->connection_arena);
    arena_done(&outside->arena);
    free(outside);
}

static const OutsideMethods kafka_methods = {
    .name = "kafka",
    .ensure = kafka_ensure,
    .encoder_create = kafka_encoder_create,
    .encode = kafka_encode,
    .encoder_take = kafka_encoder_take,
    .encoder_free = kafka_encoder_free,
    .last_delivered = kafka_last_delivered,
    .begin = kafka_begin,
    .deliver = kafka_deliver,
    .disconnect = kafka_disconnect,
    .interrupt = kafka_interrupt,
    .free = kafka_free,
};

static int64_t transaction_timeout_us(const KafkaConfig *config)
{
    const char *text = kafka_config_find(config, "transaction.timeout.ms");
    int64_t ms = TRANSACTION_TIMEOUT_MS;

    if (text)
        (void)str_to_int64(str_of(text), &ms);
    return ms * 1000;
}

bool kafka_outside_create(const OutsideConfig *config, Outside **out, Error *err)
{
    KafkaOutside *outside = mem_zalloc(sizeof *outside);

    outside->outside.methods = &kafka_methods;
    outside->config = *config;
    arena_init(&outside->arena);
    arena_init(&outside->connection_arena);
    outside->topic = str_to_c(&outside->arena, table_topic(config->table));
    kafka_new_topic(&outside->arena, config->table, &outside->new_topic);
    if (!kafka_config_make(&outside->arena, config->settings, config->table, &outside->kafka, err)) {
        kafka_free(&outside->outside);
        return false;
    }
    outside->ask_ms = ASK_MS;
    outside->transaction_us = transaction_timeout_us(&outside->kafka);
    outside->patience_us = MIN(outside->transaction_us, (int64_t)TIMEOUT_MS * 1000);
    *out = &outside->outside;
    return true;
}
