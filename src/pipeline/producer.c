#include "pipeline/producer.h"

#include <stdlib.h>

#include "base/assert.h"
#include "client/kafka_producer.h"
#include "log/record_builder.h"
#include "os/os.h"
#include "os/socket.h"
#include "pipeline/connect.h"
#include "pipeline/socket.h"

enum {
    CHUNK_BYTES = 2 << 20,
    PATIENCE_US = 60000000,
    IN_USE_PATIENCE_US = 10000000, /* A run that starts has the lock a little before the socket. */
    LOOK_US = 20000,
};

struct Producer {
    ProducerConfig config;
    int64_t acknowledged;
    bool made; /* The topic. */
    AppendWriter chunk; /* Being gathered; record_count 0: not begun. */
    Connections *own;   /* Nobody else held the directory. Or: */
    OsSocket *run;
    StrBuf answer;
    KafkaProducer *kafka; /* Where topics are in a real Kafka: nothing of the above. */
    Arena arena;          /* Of it. */
};

static int64_t patience_us(const Producer *producer, int64_t usual_us)
{
    return producer->config.patience_us ? producer->config.patience_us : usual_us;
}

/* ── reaching the data directory ───────────────────────────────────────────────────────────────*/

static bool connect_to_run(Producer *producer, Error *err)
{
    const char *dir = producer->config.data_dir;
    Arena arena;
    bool ok;

    if (!os_is_dir(dir))
        return true;
    arena_init(&arena);
    ok = os_socket_connect(socket_path(&arena, dir), &producer->run, err);
    arena_done(&arena);
    return ok;
}

static int lock_holder(const Producer *producer)
{
    Arena arena;
    int held_by;

    arena_init(&arena);
    held_by = os_lock_holder(arena_printf(&arena, "%s/lock", producer->config.data_dir));
    arena_done(&arena);
    return held_by;
}

/* By one way or the other. */
static bool reach(Producer *producer, Error *err)
{
    int64_t until_us = os_monotonic_us() + patience_us(producer, IN_USE_PATIENCE_US);

    while (!producer->run && !producer->own) {
        if (!connect_to_run(producer, err))
            return false;
        if (producer->run || connections_open(producer->config.data_dir, CONNECT_WRITE,
                                                  producer->config.settings, &producer->own, err))
            break;
        if (lock_holder(producer) < 0)
            return false;
        if (os_monotonic_us() > until_us)
            return error_wrap(err, "no run took the records, and");
        os_sleep_us(LOOK_US);
    }
    return true;
}

/* ── a request ─────────────────────────────────────────────────────────────────────────────────*/

static bool not_known(Error *err, const char *what)
{
    return error_set(err, ERROR_RETRY,
                     "the run %s; whether what it was given last was written is not known", what);
}

/* Sends what is left of the request, or receives more of the answer. */
static bool exchange(Producer *producer, Str *request, int64_t until_us, Error *err)
{
    OsSocketWait wait = {
        .socket = producer->run, .to_read = request->bytes == 0, .to_write = request->bytes > 0};
    char buffer[4096];
    OsSocketState state;
    size_t bytes = 0;

    os_socket_wait(&wait, 1, NULL, MAX(until_us - os_monotonic_us(), 0));
    if (!wait.ready)
        return os_monotonic_us() < until_us || not_known(err, "does not answer");
    if (wait.to_write) {
        state = os_socket_write(producer->run, request->data, request->bytes, &bytes);
        *request = str_slice(*request, (uint32_t)bytes, request->bytes);
    } else {
        state = os_socket_read(producer->run, buffer, sizeof buffer, &bytes);
        strbuf_add(&producer->answer, buffer, bytes);
    }
    return state != OS_SOCKET_ENDED || not_known(err, "has ended");
}

/* Asks the run. False: err; *refused: the run's own words are in *refusal. */
static bool ask_run(Producer *producer, Str request, bool *refused, Error *refusal, Error *err)
{
    int64_t until_us = os_monotonic_us() + patience_us(producer, PATIENCE_US);
    Message message;
    bool done = false;

    strbuf_clear(&producer->answer);
    for (;;) {
        switch (message_parse(strbuf_c(&producer->answer), producer->answer.bytes, &message, err)) {
        case MESSAGE_WHOLE:
            if (!message_read_answer(&message, &done, refusal, err))
                return false;
            *refused = !done;
            return true;
        case MESSAGE_BAD:
            return false;
        case MESSAGE_PART:
            break;
        }
        if (!exchange(producer, &request, until_us, err))
            return false;
    }
}

static bool do_alone(Producer *producer, Str request, bool *refused, Error *refusal, Error *err)
{
    TopicRequest what;
    Message message;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = message_parse(request.data, request.bytes, &message, err) == MESSAGE_WHOLE;
    *refused = ok && !message_read_request(&message, &arena, &what, refusal);
    if (ok && !*refused)
        ok = connections_carry_out(producer->own, &what, refused, refusal, err) &&
             (*refused || connections_commit_alone(producer->own, err));
    arena_done(&arena);
    return ok;
}

static void let_go(Producer *producer)
{
    connections_close(producer->own);
    os_socket_close(producer->run);
    producer->own = NULL;
    producer->run = NULL;
}

/* A run that is stopping has written nothing of the request: when it is gone, it is asked of the
 * next one, or done here. */
static bool carry_out(Producer *producer, Str request, Error *err)
{
    int64_t until_us = os_monotonic_us() + patience_us(producer, IN_USE_PATIENCE_US);

    for (;;) {
        Error refusal = {0};
        bool refused = false;
        bool by_run;
        bool ok;

        if (!reach(producer, err))
            return false;
        by_run = producer->run != NULL;
        ok = by_run ? ask_run(producer, request, &refused, &refusal, err)
                    : do_alone(producer, request, &refused, &refusal, err);
        if (ok && !refused)
            return true;
        let_go(producer);
        if (!ok)
            return false;
        if (!by_run || refusal.kind != ERROR_RETRY || os_monotonic_us() > until_us) {
            *err = refusal;
            return false;
        }
        os_sleep_us(LOOK_US);
    }
}

/* ── records ───────────────────────────────────────────────────────────────────────────────────*/

Producer *producer_create(const ProducerConfig *config)
{
    Producer *producer = mem_zalloc(sizeof *producer);

    producer->config = *config;
    arena_init(&producer->arena);
    return producer;
}

void producer_free(Producer *producer)
{
    if (!producer)
        return;
    connections_close(producer->own);
    os_socket_close(producer->run);
    kafka_producer_close(producer->kafka);
    arena_done(&producer->arena);
    strbuf_done(&producer->chunk.out);
    strbuf_done(&producer->answer);
    free(producer);
}

bool producer_flush(Producer *producer, Error *err)
{
    AppendWriter *chunk = &producer->chunk;
    uint32_t record_count = chunk->record_count;

    if (producer->kafka)
        return kafka_producer_flush(producer->kafka, err);
    if (record_count == 0)
        return true;
    append_writer_end(chunk);
    chunk->record_count = 0;
    if (!carry_out(producer, strbuf_str(&chunk->out), err))
        return error_wrap(err, "topic '%.*s'", STR_ARG(producer->config.topic));
    producer->acknowledged += record_count;
    return true;
}

static bool open_kafka(Producer *producer, Error *err)
{
    const TopicConfig *make = producer->config.make;
    const KafkaNewTopic how = {.partition_count = make ? make->partition_count : 0,
                               .replica_count = -1};
    KafkaConfig kafka;

    return kafka_config_make(&producer->arena, producer->config.settings, NULL, &kafka, err) &&
           kafka_producer_open(&kafka, producer->config.topic, make ? &how : NULL, &producer->kafka,
                               &producer->made, err);
}

bool producer_made_topic(const Producer *producer)
{
    return producer->made;
}

bool producer_add(Producer *producer, const LogRecord *record, Error *err)
{
    AppendWriter *chunk = &producer->chunk;

    if (kafka_is_configured(producer->config.settings, NULL))
        return (producer->kafka || open_kafka(producer, err)) &&
               kafka_producer_add(producer->kafka, record, err);
    if (!record_check_size(record, err))
        return false;
    if (chunk->record_count && append_writer_bytes_with(chunk, record) > CHUNK_BYTES &&
        !producer_flush(producer, err))
        return false;
    if (chunk->record_count == 0)
        append_writer_begin(chunk, producer->config.topic, producer->config.make);
    append_writer_add(chunk, record);
    return true;
}

void producer_rest(Producer *producer)
{
    if (producer->kafka)
        return;
    ASSERT(producer->chunk.record_count == 0);
    let_go(producer);
}

int64_t producer_acknowledged(const Producer *producer)
{
    return producer->kafka ? kafka_producer_acknowledged(producer->kafka) : producer->acknowledged;
}

bool producer_create_topic(const char *data_dir, const Settings *settings, Str topic,
                           const TopicConfig *config, Error *err)
{
    const ProducerConfig producer_config = {.data_dir = data_dir, .settings = settings};
    Producer *producer;
    StrBuf request;
    bool ok;

    if (!topic_name_check(topic, err))
        return false;
    producer = producer_create(&producer_config);
    strbuf_init(&request);
    message_write_create(&request, topic, config);
    ok = carry_out(producer, strbuf_str(&request), err);
    strbuf_done(&request);
    producer_free(producer);
    return ok;
}
