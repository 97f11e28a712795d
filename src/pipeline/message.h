/*
 * message.h: what is said over a data directory's socket: a request, then its answer.
 *
 *      0  "weir"            a message; all numbers big-endian
 *      4  version   u16     MESSAGE_VERSION
 *      6  kind      u16
 *      8  length    u32     of all that follows this field
 *     12  CREATE_TOPIC      topic, settings                          it must not be there
 *         APPEND            topic, settings, u32 count, records      made with the settings if
 * missing DONE              - REFUSED           u8 ErrorKind, text                       nothing of
 * the request was done
 *
 *     topic      u16 length, bytes
 *     settings   u8 given (0: nothing follows), i32 partitions, i64 segment bytes, retention bytes,
 *                retention ms, u8 compression
 *     record     i64 milliseconds, u8 flags (1: key null, 2: value null), u32 length of key, value
 * and headers, u32 header count, then those three
 *
 * Invariants
 *  1. Nothing here reads outside the bytes it was given, whatever they are.
 *  2. A request that was read is one that the log can hold: sizes and times are within its limits.
 */
#ifndef WEIR_PIPELINE_MESSAGE_H
#define WEIR_PIPELINE_MESSAGE_H

#include "log/record_batch.h"
#include "log/topic.h"

enum {
    MESSAGE_VERSION = 1,
    MESSAGE_HEADER_BYTES = 12,
    MESSAGE_BYTES_MAX = 20 << 20, /* Holds the largest record, and then some. */
};

typedef enum MessageKind {
    MESSAGE_CREATE_TOPIC = 1,
    MESSAGE_APPEND = 2,
    MESSAGE_DONE = 3,
    MESSAGE_REFUSED = 4,
} MessageKind;

typedef struct Message {
    unsigned kind; /* MessageKind, if it is one. */
    Str body;      /* Borrows the bytes parsed. */
    size_t bytes;  /* Of the whole message. */
} Message;

typedef enum MessageStatus { MESSAGE_WHOLE, MESSAGE_PART, MESSAGE_BAD } MessageStatus;

/* Looks at the message that begins at `data`. BAD: not one of ours; err is set. */
MessageStatus message_parse(const char *data, size_t bytes, Message *out, Error *err);

/* What is asked for: CREATE_TOPIC or APPEND. */
typedef struct TopicRequest {
    MessageKind kind;
    Str topic;
    bool config_given; /* APPEND: a missing topic is made. CREATE_TOPIC: always. */
    TopicConfig config;
    LogRecord *records;
    size_t record_count;
} TopicRequest;

void message_write_create(StrBuf *out, Str topic, const TopicConfig *config);
/* An APPEND is written record by record, into a buffer of its own; `config` NULL: the topic must be
 * there. */
typedef struct AppendWriter {
    StrBuf out;
    size_t count_at;
    uint32_t record_count;
} AppendWriter;

void append_writer_begin(AppendWriter *writer, Str topic, const TopicConfig *config);
/* The message's size with the record in it. */
size_t append_writer_bytes_with(const AppendWriter *writer, const LogRecord *record);
void append_writer_add(AppendWriter *writer, const LogRecord *record);
void append_writer_end(AppendWriter *writer);

/* Copies into `arena`. */
bool message_read_request(const Message *message, Arena *arena, TopicRequest *out, Error *err);

/* NULL: done; else refused, with this error. */
void message_write_answer(StrBuf *out, const Error *refusal);
/* *done false: *refusal tells why. */
bool message_read_answer(const Message *message, bool *done, Error *refusal, Error *err);

#endif
