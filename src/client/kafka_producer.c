#include "client/kafka_producer.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "log/partitioner.h"
#include "os/os.h"

enum {
    WAIT_MS = 100,
    PATIENCE_US = 120000000, /* While not one record is acknowledged. */
};

struct KafkaProducer {
    KafkaClient *client;
    rd_kafka_topic_t *topic;
    Arena arena;
    const char *name;
    int32_t partition_count;
    uint64_t keyless_count;
    int64_t acknowledged; /* By on_delivered, which runs within kafka_client_serve. */
    int64_t added;
    rd_kafka_resp_err_t failed;
};

static void on_delivered(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    KafkaProducer *producer = message->_private;

    (void)handle;
    (void)opaque;
    if (message->err)
        producer->failed = message->err;
    else
        producer->acknowledged++;
}

void kafka_producer_close(KafkaProducer *producer)
{
    if (!producer)
        return;
    if (producer->topic)
        rd_kafka_topic_destroy(producer->topic);
    kafka_client_close(producer->client);
    arena_done(&producer->arena);
    free(producer);
}

static bool find_topic(KafkaProducer *producer, Str name, const KafkaNewTopic *make, bool *made,
                       Error *err)
{
    KafkaTopic topic;

    *made = false;
    if (!kafka_topic_look(producer->client, name, &topic, err))
        return false;
    if (!topic.exists && !make)
        return error_set(err, ERROR_USER, "there is no topic '%s' in Kafka", producer->name);
    if (!topic.exists) {
        if (!kafka_topic_create(producer->client, name, make, err) ||
            !kafka_topic_look(producer->client, name, &topic, err))
            return false;
        *made = true;
    }
    producer->partition_count = topic.partition_count;
    producer->topic = rd_kafka_topic_new(kafka_client_handle(producer->client), producer->name, NULL);
    return true;
}

bool kafka_producer_open(const KafkaConfig *config, Str topic, const KafkaNewTopic *make,
                         KafkaProducer **out, bool *made, Error *err)
{
    static const KafkaProperty own[] = {
        {"linger.ms", "5"},
        {"batch.num.messages", "100000"},
        {"queue.buffering.max.messages", "1000000"},
        {"queue.buffering.max.kbytes", "131072"},
        {NULL, NULL},
    };
    static const KafkaProperty forced[] = {{"enable.idempotence", "true"}, {"acks", "all"},
                                           {NULL, NULL}};
    KafkaProducer *producer = mem_zalloc(sizeof *producer);

    arena_init(&producer->arena);
    producer->name = str_to_c(&producer->arena, topic);
    if (!kafka_client_open(config, RD_KAFKA_PRODUCER, own, forced, on_delivered, &producer->client,
                           err) ||
        !find_topic(producer, topic, make, made, err)) {
        kafka_producer_close(producer);
        return false;
    }
    *out = producer;
    return true;
}

static bool check_failed(const KafkaProducer *producer, Error *err)
{
    return !producer->failed ||
           kafka_client_error(producer->client, producer->failed, err, "topic '%s'", producer->name);
}

static rd_kafka_headers_t *make_headers(const LogRecord *record)
{
    rd_kafka_headers_t *headers;
    Str rest = record->headers;
    RecordHeader header;

    if (!record->header_count)
        return NULL;
    headers = rd_kafka_headers_new((size_t)record->header_count);
    while (record_header_next(&rest, &header))
        (void)rd_kafka_header_add(headers, header.key.data, (ssize_t)header.key.bytes,
                                  header.value_null ? NULL : header.value.data,
                                  header.value_null ? 0 : (ssize_t)header.value.bytes);
    return headers;
}

static rd_kafka_resp_err_t produce(KafkaProducer *producer, const LogRecord *record,
                                   int32_t partition, rd_kafka_headers_t *headers)
{
    union {
        const void *from;
        void *to;
    } value = {.from = record->value_null ? NULL : record->value.data};

    return rd_kafka_producev(
        kafka_client_handle(producer->client), RD_KAFKA_V_RKT(producer->topic),
        RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE(value.to, record->value_null ? 0 : record->value.bytes),
        RD_KAFKA_V_KEY(record->key_null ? NULL : record->key.data,
                       record->key_null ? 0 : record->key.bytes),
        RD_KAFKA_V_TIMESTAMP(MAX(record->timestamp_ms, 0)), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE(producer), RD_KAFKA_V_END);
}

bool kafka_producer_add(KafkaProducer *producer, const LogRecord *record, Error *err)
{
    int32_t partition = record->key_null
                            ? partition_of_nth(producer->keyless_count++, producer->partition_count)
                            : partition_of_key(record->key, producer->partition_count);
    rd_kafka_headers_t *headers = make_headers(record);
    rd_kafka_resp_err_t code;

    while ((code = produce(producer, record, partition, headers)) ==
               RD_KAFKA_RESP_ERR__QUEUE_FULL &&
           check_failed(producer, err))
        kafka_client_serve(producer->client, WAIT_MS);
    if (code && headers)
        rd_kafka_headers_destroy(headers);
    if (!check_failed(producer, err))
        return false;
    if (code)
        return kafka_client_error(producer->client, code, err, "topic '%s'", producer->name);
    producer->added++;
    if (producer->added % 1024 == 0)
        kafka_client_serve(producer->client, 0);
    return check_failed(producer, err);
}

bool kafka_producer_flush(KafkaProducer *producer, Error *err)
{
    int64_t seen = producer->acknowledged;
    int64_t until_us = os_monotonic_us() + PATIENCE_US;

    while (producer->acknowledged < producer->added && check_failed(producer, err)) {
        (void)rd_kafka_flush(kafka_client_handle(producer->client), WAIT_MS);
        if (producer->acknowledged > seen)
            until_us = os_monotonic_us() + PATIENCE_US;
        seen = producer->acknowledged;
        if (os_monotonic_us() > until_us)
            return kafka_client_error(producer->client, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, err,
                                      "topic '%s': no record is acknowledged", producer->name);
    }
    return check_failed(producer, err);
}

int64_t kafka_producer_acknowledged(const KafkaProducer *producer)
{
    return producer->acknowledged;
}
