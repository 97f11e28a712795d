/*
 * cql_wire.h: the protocol's notations: big-endian integers, [string], [bytes], [value], …
 *
 * A CqlReader walks bytes that the server sent. Reading beyond the end gives zeros and marks the
 * reader as failed, so that a decoder reads a whole structure and asks once. Nothing read is trusted:
 * counts are compared with the bytes left before anything is allocated for them.
 */
#ifndef WEIR_CLIENT_CQL_WIRE_H
#define WEIR_CLIENT_CQL_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

typedef struct CqlReader {
    const unsigned char *at;
    const unsigned char *end;
    bool failed;
} CqlReader;

static inline CqlReader cql_reader(Str bytes)
{
    const unsigned char *data = (const unsigned char *)bytes.data;

    return (CqlReader){data, data + bytes.bytes, false};
}

static inline size_t cql_left(const CqlReader *reader)
{
    return (size_t)(reader->end - reader->at);
}

/* The next `bytes`, or NULL. */
static inline const unsigned char *cql_take(CqlReader *reader, size_t bytes)
{
    const unsigned char *at = reader->at;

    if (UNLIKELY(bytes > cql_left(reader))) {
        reader->failed = true;
        reader->at = reader->end;
        return NULL;
    }
    reader->at += bytes;
    return at;
}

static inline uint64_t cql_read_uint(CqlReader *reader, uint32_t bytes)
{
    const unsigned char *p = cql_take(reader, bytes);
    uint64_t value = 0;

    for (uint32_t i = 0; p && i < bytes; i++)
        value = value << 8 | p[i];
    return value;
}

static inline uint8_t cql_read_byte(CqlReader *reader)
{
    return (uint8_t)cql_read_uint(reader, 1);
}

static inline uint16_t cql_read_short(CqlReader *reader)
{
    return (uint16_t)cql_read_uint(reader, 2);
}

static inline int32_t cql_read_int(CqlReader *reader)
{
    return (int32_t)(uint32_t)cql_read_uint(reader, 4);
}

static inline int64_t cql_read_long(CqlReader *reader)
{
    return (int64_t)cql_read_uint(reader, 8);
}

static inline Str cql_read_raw(CqlReader *reader, size_t bytes)
{
    const unsigned char *p = cql_take(reader, bytes);

    return p ? (Str){(const char *)p, (uint32_t)bytes} : STR_EMPTY;
}

static inline Str cql_read_string(CqlReader *reader) /* [string], [short bytes] */
{
    return cql_read_raw(reader, cql_read_short(reader));
}

/* [bytes]: data NULL when the length is negative (null). */
static inline Str cql_read_bytes(CqlReader *reader)
{
    int32_t bytes = cql_read_int(reader);

    return bytes < 0 ? (Str){NULL, 0} : cql_read_raw(reader, (size_t)bytes);
}

/* Moves what is left to the front, once half of the buffer has been used. */
static inline void cql_drop_used(StrBuf *buf, size_t *used)
{
    if (*used == 0 || *used < buf->bytes / 2)
        return;
    memmove(buf->data, buf->data + *used, buf->bytes - *used);
    buf->bytes -= *used;
    *used = 0;
}

/* ── writing ───────────────────────────────────────────────────────────────────────────────────*/

static inline void cql_put_uint(StrBuf *out, uint64_t value, uint32_t bytes)
{
    char raw[8];

    for (uint32_t i = 0; i < bytes; i++)
        raw[i] = (char)(value >> 8 * (bytes - 1 - i));
    strbuf_add(out, raw, bytes);
}

static inline void cql_put_byte(StrBuf *out, uint8_t value)
{
    strbuf_add_char(out, (char)value);
}

static inline void cql_put_short(StrBuf *out, uint16_t value)
{
    cql_put_uint(out, value, 2);
}

static inline void cql_put_int(StrBuf *out, int32_t value)
{
    cql_put_uint(out, (uint32_t)value, 4);
}

static inline void cql_put_long(StrBuf *out, int64_t value)
{
    cql_put_uint(out, (uint64_t)value, 8);
}

static inline void cql_put_string(StrBuf *out, Str text) /* At most 65535 bytes. */
{
    cql_put_short(out, (uint16_t)text.bytes);
    strbuf_add_str(out, text);
}

static inline void cql_put_long_string(StrBuf *out, Str text) /* Also [bytes]; null if data NULL. */
{
    cql_put_int(out, text.data ? (int32_t)text.bytes : -1);
    if (text.data)
        strbuf_add_str(out, text);
}

/* Writes a length where `at` is, of all that follows it. */
static inline void cql_set_int(StrBuf *out, size_t at, int32_t value)
{
    for (uint32_t i = 0; i < 4; i++)
        out->data[at + i] = (char)((uint32_t)value >> 8 * (3 - i));
}

#endif
