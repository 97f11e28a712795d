#include "client/cql/cql_frame.h"

#include <lz4.h>
#include <zlib.h>

#include "base/assert.h"

enum {
    FLAG_COMPRESSED = 0x01,
    FLAG_TRACING = 0x02,
    FLAG_PAYLOAD = 0x04,
    FLAG_WARNING = 0x08,
    ANSWER = 0x80, /* In the version byte. */
    PLAIN_HEADER_BYTES = 6,
    LZ4_HEADER_BYTES = 8,
    CRC32_BYTES = 4,
};

/* ── checksums ─────────────────────────────────────────────────────────────────────────────────*/

uint32_t cql_crc24(const void *data, size_t bytes)
{
    const unsigned char *p = data;
    uint32_t crc = 0x875060;

    for (size_t i = 0; i < bytes; i++) {
        crc ^= (uint32_t)p[i] << 16;
        for (int bit = 0; bit < 8; bit++) {
            crc <<= 1;
            if (crc & 0x1000000)
                crc ^= 0x1974F0B;
        }
    }
    return crc & 0xFFFFFF;
}

/* The ordinary CRC-32, begun with four bytes, so that zeros do not sum to zero. */
uint32_t cql_crc32(const void *data, size_t bytes)
{
    static const unsigned char first[4] = {0xFA, 0x2D, 0x55, 0xCA};
    uLong crc = crc32(crc32(0, NULL, 0), first, sizeof first);

    return (uint32_t)crc32_z(crc, data, bytes);
}

/* ── to the server ─────────────────────────────────────────────────────────────────────────────*/

static void put_little(StrBuf *out, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        strbuf_add_char(out, (char)(value >> 8 * i));
}

static void put_header(StrBuf *out, const CqlFraming *framing, uint8_t flags, int16_t stream,
                       CqlOpcode opcode, uint32_t body_bytes)
{
    cql_put_byte(out, framing->version);
    cql_put_byte(out, flags);
    cql_put_short(out, (uint16_t)stream);
    cql_put_byte(out, (uint8_t)opcode);
    cql_put_int(out, (int32_t)body_bytes);
}

/* Packs `data` behind what is in `out`; 0: it would not become smaller, and nothing was added. */
static uint32_t pack(StrBuf *out, Str data)
{
    int room = LZ4_compressBound((int)data.bytes);
    int packed;

    strbuf_reserve(out, (size_t)room);
    packed = LZ4_compress_default(data.data, out->data + out->bytes, (int)data.bytes, room);
    if (packed <= 0 || (uint32_t)packed >= data.bytes)
        return 0;
    out->bytes += (size_t)packed;
    return (uint32_t)packed;
}

static void put_segment(StrBuf *out, const CqlFraming *framing, Str payload, bool alone)
{
    size_t start = out->bytes;
    uint32_t header_bytes = framing->lz4 ? LZ4_HEADER_BYTES : PLAIN_HEADER_BYTES;
    uint32_t sum_bytes = header_bytes - 3;
    uint32_t bytes = payload.bytes;
    uint32_t unpacked = 0;
    uint64_t header;
    uint32_t crc;

    put_little(out, 0, header_bytes);
    if (framing->lz4) {
        bytes = pack(out, payload);
        unpacked = bytes ? payload.bytes : 0;
    }
    if (!framing->lz4 || bytes == 0) {
        strbuf_add_str(out, payload);
        bytes = payload.bytes;
    }
    header = framing->lz4
                 ? (uint64_t)bytes | (uint64_t)unpacked << 17 | (uint64_t)alone << 34
                 : (uint64_t)bytes | (uint64_t)alone << 17;
    for (uint32_t i = 0; i < sum_bytes; i++)
        out->data[start + i] = (char)(header >> 8 * i);
    crc = cql_crc24(out->data + start, sum_bytes);
    for (uint32_t i = 0; i < 3; i++)
        out->data[start + sum_bytes + i] = (char)(crc >> 8 * i);
    put_little(out, cql_crc32(out->data + start + header_bytes, bytes), CRC32_BYTES);
}

/* A message in segments: one alone, or pieces. */
static void put_segments(StrBuf *out, const CqlFraming *framing, Str message)
{
    bool alone = message.bytes <= CQL_SEGMENT_BYTES_MAX;

    while (message.bytes > 0) {
        uint32_t bytes = MIN(message.bytes, (uint32_t)CQL_SEGMENT_BYTES_MAX);

        put_segment(out, framing, (Str){message.data, bytes}, alone);
        message.data += bytes;
        message.bytes -= bytes;
    }
}

void cql_frame_put(StrBuf *out, const CqlFraming *framing, int16_t stream, CqlOpcode opcode,
                   Str body)
{
    size_t start = out->bytes;
    StrBuf message;

    ASSERT(body.bytes <= CQL_MESSAGE_BYTES_MAX);
    if (framing->segments) {
        strbuf_init(&message);
        strbuf_reserve(&message, body.bytes + CQL_HEADER_BYTES);
        put_header(&message, framing, 0, stream, opcode, body.bytes);
        strbuf_add_str(&message, body);
        put_segments(out, framing, strbuf_str(&message));
        strbuf_done(&message);
        return;
    }
    if (framing->lz4 && body.bytes > 0) {
        uint32_t packed;

        put_header(out, framing, FLAG_COMPRESSED, stream, opcode, 0);
        cql_put_int(out, (int32_t)body.bytes);
        packed = pack(out, body);
        if (packed) {
            cql_set_int(out, start + 5, (int32_t)packed + 4);
            return;
        }
        out->bytes = start;
    }
    put_header(out, framing, 0, stream, opcode, body.bytes);
    strbuf_add_str(out, body);
}

/* ── from the server ───────────────────────────────────────────────────────────────────────────*/

void cql_decoder_init(CqlDecoder *decoder, uint8_t version)
{
    *decoder = (CqlDecoder){.framing.version = version};
    strbuf_init(&decoder->in);
    strbuf_init(&decoder->messages);
    strbuf_init(&decoder->unpacked);
}

void cql_decoder_done(CqlDecoder *decoder)
{
    strbuf_done(&decoder->in);
    strbuf_done(&decoder->messages);
    strbuf_done(&decoder->unpacked);
}

char *cql_decoder_room(CqlDecoder *decoder, size_t bytes)
{
    cql_drop_used(&decoder->in, &decoder->in_used);
    strbuf_reserve(&decoder->in, bytes);
    return decoder->in.data + decoder->in.bytes;
}

void cql_decoder_came(CqlDecoder *decoder, size_t bytes)
{
    decoder->in.bytes += bytes;
}

static uint64_t little(const char *data, uint32_t bytes)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < bytes; i++)
        value |= (uint64_t)(unsigned char)data[i] << 8 * i;
    return value;
}

static bool damaged(Error *err, const char *what)
{
    return error_set(err, ERROR_RETRY, "the server's answer is damaged: %s", what);
}

static bool unpack(StrBuf *out, Str packed, uint32_t bytes, Error *err)
{
    int got;

    strbuf_reserve(out, bytes);
    got = LZ4_decompress_safe(packed.data, out->data + out->bytes, (int)packed.bytes, (int)bytes);
    if (got < 0 || (uint32_t)got != bytes)
        return damaged(err, "its LZ4 block does not unpack");
    out->bytes += bytes;
    return true;
}

/* One segment from `in` to `messages`, if a whole one is there. */
static bool next_segment(CqlDecoder *decoder, bool *found, Error *err)
{
    const char *at = decoder->in.data ? decoder->in.data + decoder->in_used : "";
    size_t left = decoder->in.bytes - decoder->in_used;
    uint32_t header_bytes = decoder->framing.lz4 ? LZ4_HEADER_BYTES : PLAIN_HEADER_BYTES;
    uint64_t header;
    uint32_t bytes;
    uint32_t unpacked;

    *found = false;
    if (left < header_bytes)
        return true;
    if (cql_crc24(at, header_bytes - 3) != little(at + header_bytes - 3, 3))
        return damaged(err, "the checksum of a segment's header is wrong");
    header = little(at, header_bytes - 3);
    bytes = (uint32_t)(header & CQL_SEGMENT_BYTES_MAX);
    unpacked = decoder->framing.lz4 ? (uint32_t)(header >> 17 & CQL_SEGMENT_BYTES_MAX) : 0;
    if (left < (size_t)header_bytes + bytes + CRC32_BYTES)
        return true;
    if (cql_crc32(at + header_bytes, bytes) != little(at + header_bytes + bytes, CRC32_BYTES))
        return damaged(err, "the checksum of a segment is wrong");
    cql_drop_used(&decoder->messages, &decoder->messages_used);
    if (unpacked > 0) {
        if (!unpack(&decoder->messages, (Str){at + header_bytes, bytes}, unpacked, err))
            return false;
    } else {
        strbuf_add(&decoder->messages, at + header_bytes, bytes);
    }
    decoder->in_used += (size_t)header_bytes + bytes + CRC32_BYTES;
    *found = true;
    return true;
}

/* Leaves out what the flags say stands before the body proper. */
static bool skip_extras(uint8_t flags, Str *body, Error *err)
{
    CqlReader reader = cql_reader(*body);

    if (flags & FLAG_TRACING)
        (void)cql_take(&reader, 16);
    if (flags & FLAG_WARNING) {
        for (uint16_t left = cql_read_short(&reader); left > 0 && !reader.failed; left--)
            (void)cql_read_string(&reader);
    }
    if (flags & FLAG_PAYLOAD) {
        for (uint16_t left = cql_read_short(&reader); left > 0 && !reader.failed; left--) {
            (void)cql_read_string(&reader);
            (void)cql_read_bytes(&reader);
        }
    }
    if (reader.failed)
        return damaged(err, "a message is shorter than its flags say");
    *body = (Str){(const char *)reader.at, (uint32_t)cql_left(&reader)};
    return true;
}

static bool unpack_body(CqlDecoder *decoder, CqlMessage *message, Error *err)
{
    CqlReader reader = cql_reader(message->body);
    uint32_t bytes = (uint32_t)cql_read_int(&reader);

    if (reader.failed || bytes > CQL_MESSAGE_BYTES_MAX)
        return damaged(err, "a compressed message tells no possible length");
    /* LZ4 packs at best 255 to 1: who announces more is lying. */
    if (bytes / 256 > cql_left(&reader))
        return damaged(err, "a compressed message is shorter than it says");
    strbuf_clear(&decoder->unpacked);
    if (!unpack(&decoder->unpacked, (Str){(const char *)reader.at, (uint32_t)cql_left(&reader)},
                bytes, err))
        return false;
    message->body = strbuf_str(&decoder->unpacked);
    return true;
}

/* One message from a buffer, if a whole one is there. */
static bool next_message(CqlDecoder *decoder, const StrBuf *buf, size_t *used, CqlMessage *out,
                         bool *found, Error *err)
{
    CqlReader reader = cql_reader(
        (Str){buf->data ? buf->data + *used : "", (uint32_t)(buf->bytes - *used)});
    uint8_t version;
    uint8_t flags;
    uint32_t bytes;

    *found = false;
    if (cql_left(&reader) < CQL_HEADER_BYTES)
        return true;
    version = cql_read_byte(&reader);
    flags = cql_read_byte(&reader);
    out->version = version & 0x7F;
    out->stream = (int16_t)cql_read_short(&reader);
    out->opcode = cql_read_byte(&reader);
    bytes = (uint32_t)cql_read_int(&reader);
    if (!(version & ANSWER) || out->version < 1 || out->version > 66)
        return error_set(err, ERROR_RETRY,
                         "what answers does not speak Cassandra's native protocol");
    if (bytes > CQL_MESSAGE_BYTES_MAX)
        return damaged(err, "a message is longer than the protocol allows");
    if (cql_left(&reader) < bytes)
        return true;
    out->body = cql_read_raw(&reader, bytes);
    *used += CQL_HEADER_BYTES + bytes;
    *found = true;
    if (flags & FLAG_COMPRESSED && !decoder->framing.segments &&
        (!decoder->framing.lz4 || !unpack_body(decoder, out, err)))
        return decoder->framing.lz4 ? false : damaged(err, "it is compressed unasked");
    return skip_extras(flags, &out->body, err);
}

bool cql_decoder_next(CqlDecoder *decoder, CqlMessage *out, bool *found, Error *err)
{
    if (!decoder->framing.segments)
        return next_message(decoder, &decoder->in, &decoder->in_used, out, found, err);
    for (;;) {
        bool more;

        if (!next_message(decoder, &decoder->messages, &decoder->messages_used, out, found, err))
            return false;
        if (*found)
            return true;
        if (!next_segment(decoder, &more, err))
            return false;
        if (!more)
            return true;
    }
}
