#include "pipeline/message.h"

#include "base/assert.h"
#include "log/record_builder.h"
#include "log/wire.h"

enum {
    RECORD_FIXED_BYTES = 25,
    RECORD_KEY_NULL = 1,
    RECORD_VALUE_NULL = 2,
    TEXT_BYTES_MAX = 500,
};

/* The end of the year 9999, which Spark's timestamps have as their last. */
#define TIMESTAMP_MS_MAX INT64_C(253402300799999)

static const char magic[4] = {'w', 'e', 'i', 'r'};

/* ── writing ───────────────────────────────────────────────────────────────────────────────────*/

static void put16(StrBuf *out, uint16_t value)
{
    char bytes[2];

    wire_store16(bytes, value);
    strbuf_add(out, bytes, sizeof bytes);
}

static void put32(StrBuf *out, uint32_t value)
{
    char bytes[4];

    wire_store32(bytes, value);
    strbuf_add(out, bytes, sizeof bytes);
}

static void put64(StrBuf *out, int64_t value)
{
    char bytes[8];

    wire_store64(bytes, (uint64_t)value);
    strbuf_add(out, bytes, sizeof bytes);
}

static size_t message_begin(StrBuf *out, MessageKind kind)
{
    size_t start = out->bytes;

    strbuf_add(out, magic, sizeof magic);
    put16(out, MESSAGE_VERSION);
    put16(out, (uint16_t)kind);
    put32(out, 0);
    return start;
}

static void message_end(StrBuf *out, size_t start)
{
    size_t body_bytes = out->bytes - start - MESSAGE_HEADER_BYTES;

    ASSERT(body_bytes <= MESSAGE_BYTES_MAX);
    wire_store32(out->data + start + 8, (uint32_t)body_bytes);
}

/* NULL: not given. */
static void put_config(StrBuf *out, const TopicConfig *config)
{
    strbuf_add_char(out, config != NULL);
    if (!config)
        return;
    put32(out, (uint32_t)config->partition_count);
    put64(out, config->log.segment_bytes);
    put64(out, config->log.retention_bytes);
    put64(out, config->log.retention_ms);
    strbuf_add_char(out, (char)config->log.compression);
}

static void put_record(StrBuf *out, const LogRecord *record)
{
    put64(out, record->timestamp_ms);
    strbuf_add_char(out, (char)((record->key_null ? RECORD_KEY_NULL : 0) |
                                (record->value_null ? RECORD_VALUE_NULL : 0)));
    put32(out, record->key.bytes);
    put32(out, record->value.bytes);
    put32(out, record->headers.bytes);
    put32(out, (uint32_t)record->header_count);
    strbuf_add_str(out, record->key);
    strbuf_add_str(out, record->value);
    strbuf_add_str(out, record->headers);
}

static void put_topic(StrBuf *out, Str topic)
{
    put16(out, (uint16_t)topic.bytes);
    strbuf_add_str(out, topic);
}

void message_write_create(StrBuf *out, Str topic, const TopicConfig *config)
{
    size_t start = message_begin(out, MESSAGE_CREATE_TOPIC);

    put_topic(out, topic);
    put_config(out, config);
    message_end(out, start);
}

void append_writer_begin(AppendWriter *writer, Str topic, const TopicConfig *config)
{
    strbuf_clear(&writer->out);
    (void)message_begin(&writer->out, MESSAGE_APPEND);
    put_topic(&writer->out, topic);
    put_config(&writer->out, config);
    writer->count_at = writer->out.bytes;
    writer->record_count = 0;
    put32(&writer->out, 0);
}

size_t append_writer_bytes_with(const AppendWriter *writer, const LogRecord *record)
{
    return writer->out.bytes + RECORD_FIXED_BYTES + record->key.bytes + record->value.bytes +
           record->headers.bytes;
}

void append_writer_add(AppendWriter *writer, const LogRecord *record)
{
    put_record(&writer->out, record);
    writer->record_count++;
}

void append_writer_end(AppendWriter *writer)
{
    wire_store32(writer->out.data + writer->count_at, writer->record_count);
    message_end(&writer->out, 0);
}

void message_write_answer(StrBuf *out, const Error *refusal)
{
    size_t start = message_begin(out, refusal ? MESSAGE_REFUSED : MESSAGE_DONE);

    if (refusal) {
        strbuf_add_char(out, (char)refusal->kind);
        strbuf_add(out, refusal->text, MIN(strlen(refusal->text), TEXT_BYTES_MAX));
    }
    message_end(out, start);
}

/* ── reading ───────────────────────────────────────────────────────────────────────────────────*/

/* What is left of a body. Once too little was left, `short_` stays and all reads give 0. */
typedef struct Rest {
    Str bytes;
    bool short_;
} Rest;

static Str take(Rest *rest, uint32_t bytes)
{
    Str taken = {rest->bytes.data, bytes};

    if (rest->short_ || rest->bytes.bytes < bytes) {
        rest->short_ = true;
        return STR_EMPTY;
    }
    rest->bytes = str_slice(rest->bytes, bytes, rest->bytes.bytes);
    return taken;
}

static unsigned take8(Rest *rest)
{
    Str bytes = take(rest, 1);

    return bytes.bytes ? (unsigned char)bytes.data[0] : 0;
}

static uint16_t take16(Rest *rest)
{
    Str bytes = take(rest, 2);

    return bytes.bytes ? wire_load16(bytes.data) : 0;
}

static uint32_t take32(Rest *rest)
{
    Str bytes = take(rest, 4);

    return bytes.bytes ? wire_load32(bytes.data) : 0;
}

static int64_t take64(Rest *rest)
{
    Str bytes = take(rest, 8);

    return bytes.bytes ? (int64_t)wire_load64(bytes.data) : 0;
}

MessageStatus message_parse(const char *data, size_t bytes, Message *out, Error *err)
{
    uint32_t body_bytes;

    if (bytes && memcmp(data, magic, MIN(bytes, sizeof magic)) != 0) {
        (void)error_set(err, ERROR_USER, "what came over the socket is no message of weir's");
        return MESSAGE_BAD;
    }
    if (bytes < MESSAGE_HEADER_BYTES)
        return MESSAGE_PART;
    if (wire_load16(data + 4) != MESSAGE_VERSION) {
        (void)error_set(err, ERROR_USER,
                        "the other side is another version of weir: its messages are of version "
                        "%u, here of %u; use the same program for both",
                        (unsigned)wire_load16(data + 4), (unsigned)MESSAGE_VERSION);
        return MESSAGE_BAD;
    }
    body_bytes = wire_load32(data + 8);
    if (body_bytes > MESSAGE_BYTES_MAX) {
        (void)error_set(err, ERROR_USER, "a message of %u bytes is above the limit of %d",
                        body_bytes, MESSAGE_BYTES_MAX);
        return MESSAGE_BAD;
    }
    if (bytes - MESSAGE_HEADER_BYTES < body_bytes)
        return MESSAGE_PART;
    out->kind = wire_load16(data + 6);
    out->body = (Str){data + MESSAGE_HEADER_BYTES, body_bytes};
    out->bytes = MESSAGE_HEADER_BYTES + (size_t)body_bytes;
    return MESSAGE_WHOLE;
}

static bool headers_are_sound(const LogRecord *record)
{
    Str headers = record->headers;
    RecordHeader header;
    int64_t count = 0;

    while (record_header_next(&headers, &header))
        count++;
    return headers.bytes == 0 && count == record->header_count;
}

static bool take_record(Rest *rest, LogRecord *out, Error *err)
{
    LogRecord record = {.timestamp_ms = take64(rest)};
    unsigned flags = take8(rest);
    uint32_t key_bytes = take32(rest);
    uint32_t value_bytes = take32(rest);
    uint32_t header_bytes = take32(rest);
    uint32_t header_count = take32(rest);

    record.key_null = flags & RECORD_KEY_NULL;
    record.value_null = flags & RECORD_VALUE_NULL;
    record.key = take(rest, key_bytes);
    record.value = take(rest, value_bytes);
    record.headers = take(rest, header_bytes);
    record.header_count = (int32_t)MIN(header_count, header_bytes);
    if (rest->short_)
        return error_set(err, ERROR_USER, "the message is shorter than what it tells of");
    if (record.timestamp_ms < 0 || record.timestamp_ms > TIMESTAMP_MS_MAX)
        return error_set(err, ERROR_USER, "a record's time is not between 1970 and 9999");
    if (!headers_are_sound(&record))
        return error_set(err, ERROR_USER, "a record's headers are not well formed");
    *out = record;
    return record_check_size(&record, err);
}

static bool take_records(Rest *rest, Arena *arena, TopicRequest *out, Error *err)
{
    uint32_t count = take32(rest);

    if (count > rest->bytes.bytes / RECORD_FIXED_BYTES)
        return error_set(err, ERROR_USER, "the message tells of more records than it can hold");
    out->records = ARENA_ARRAY(arena, LogRecord, (size_t)count + 1);
    for (uint32_t i = 0; i < count; i++) {
        if (!take_record(rest, &out->records[i], err))
            return false;
    }
    out->record_count = count;
    return true;
}

static bool take_config(Rest *rest, TopicConfig *out, Error *err)
{
    TopicConfig config = topic_config_default;
    unsigned compression;

    config.partition_count = (int32_t)take32(rest);
    config.log.segment_bytes = take64(rest);
    config.log.retention_bytes = take64(rest);
    config.log.retention_ms = take64(rest);
    compression = take8(rest);
    if (compression != LOG_COMPRESSION_NONE && compression != LOG_COMPRESSION_LZ4 &&
        compression != LOG_COMPRESSION_ZSTD)
        return error_set(err, ERROR_USER, "there is no compression %u", compression);
    config.log.compression = (LogCompression)compression;
    *out = config;
    return true;
}

bool message_read_request(const Message *message, Arena *arena, TopicRequest *out, Error *err)
{
    Rest rest = {0};
    TopicRequest request = {.kind = (MessageKind)message->kind};

    if (message->kind != MESSAGE_CREATE_TOPIC && message->kind != MESSAGE_APPEND)
        return error_set(err, ERROR_USER, "there is no request %u", message->kind);
    rest.bytes = str_copy(arena, message->body);
    request.topic = take(&rest, take16(&rest));
    request.config_given = take8(&rest) != 0;
    if (request.config_given && !take_config(&rest, &request.config, err))
        return false;
    if (request.kind == MESSAGE_APPEND && !take_records(&rest, arena, &request, err))
        return false;
    if (rest.short_ || rest.bytes.bytes)
        return error_set(err, ERROR_USER, "the message is %s than what it tells of",
                         rest.short_ ? "shorter" : "longer");
    if (request.kind == MESSAGE_CREATE_TOPIC && !request.config_given)
        return error_set(err, ERROR_USER, "a topic is to be made, but its settings are missing");
    if (!topic_name_check(request.topic, err))
        return false;
    *out = request;
    return true;
}

bool message_read_answer(const Message *message, bool *done, Error *refusal, Error *err)
{
    Rest rest = {.bytes = message->body};
    unsigned kind;

    if (message->kind == MESSAGE_DONE) {
        *done = true;
        return true;
    }
    if (message->kind != MESSAGE_REFUSED)
        return error_set(err, ERROR_JOB, "the run gave an answer of kind %u", message->kind);
    kind = take8(&rest);
    *done = false;
    return error_set(refusal, kind > ERROR_NONE && kind <= ERROR_JOB ? (ErrorKind)kind : ERROR_JOB,
                     "%.*s", STR_ARG(rest.bytes)) ||
           true;
}
