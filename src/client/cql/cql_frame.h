/*
 * cql_frame.h: messages of the native protocol, version 4 and 5, to bytes and back.
 *
 *     message     version u8 | flags u8 | stream i16 | opcode u8 | length u32 | body
 *
 * Version 4 puts one message after the other on the wire. Version 5 does so until the server has
 * answered STARTUP; from then on both sides send segments, of little-endian fields:
 *
 *     plain       length 17 bits, alone 1, unused 6 | crc24 of these 3 bytes | payload | crc32
 *     lz4         length 17 bits, unpacked 17, alone 1, unused 5 | crc24 of these 5 | payload | crc32
 *
 * `alone`: the payload is whole messages; else it is a piece of one message that is longer than a
 * segment. A segment whose unpacked length is 0 was sent uncompressed.
 *
 * A decoder takes bytes as they come and gives whole messages. A message longer than
 * CQL_MESSAGE_BYTES_MAX or a wrong checksum is an error, after which the connection is useless;
 * memory grows with what has arrived, never with what was announced.
 */
#ifndef WEIR_CLIENT_CQL_FRAME_H
#define WEIR_CLIENT_CQL_FRAME_H

#include "base/error.h"
#include "client/cql/cql_wire.h"

enum {
    CQL_VERSION_MIN = 4,
    CQL_VERSION_MAX = 5,
    CQL_HEADER_BYTES = 9,
    CQL_SEGMENT_BYTES_MAX = (1 << 17) - 1,
    CQL_MESSAGE_BYTES_MAX = 256 << 20, /* The protocol's own limit. */
};

typedef enum CqlOpcode {
    CQL_ERROR = 0x00,
    CQL_STARTUP = 0x01,
    CQL_READY = 0x02,
    CQL_AUTHENTICATE = 0x03,
    CQL_OPTIONS = 0x05,
    CQL_SUPPORTED = 0x06,
    CQL_QUERY = 0x07,
    CQL_RESULT = 0x08,
    CQL_PREPARE = 0x09,
    CQL_EXECUTE = 0x0A,
    CQL_REGISTER = 0x0B,
    CQL_EVENT = 0x0C,
    CQL_BATCH = 0x0D,
    CQL_AUTH_CHALLENGE = 0x0E,
    CQL_AUTH_RESPONSE = 0x0F,
    CQL_AUTH_SUCCESS = 0x10,
} CqlOpcode;

typedef struct CqlMessage {
    uint8_t version; /* Without the bit that marks an answer. */
    int16_t stream;  /* Negative: the server's own (EVENT). */
    uint8_t opcode;
    Str body; /* Behind what the header's flags announce (tracing, warnings, payload). */
} CqlMessage;

/* How bytes stand on the wire; a new connection begins with {0} and a version. */
typedef struct CqlFraming {
    uint8_t version;
    bool segments; /* Version 5, STARTUP answered. */
    bool lz4;      /* Version 4: each body; version 5: each segment. From STARTUP's answer on. */
} CqlFraming;

/* ── to the server ─────────────────────────────────────────────────────────────────────────────*/

/* Appends a message to `out` as it goes on the wire. */
void cql_frame_put(StrBuf *out, const CqlFraming *framing, int16_t stream, CqlOpcode opcode,
                   Str body);

/* ── from the server ───────────────────────────────────────────────────────────────────────────*/

typedef struct CqlDecoder {
    CqlFraming framing; /* To be changed when all before has been taken. */
    StrBuf in;          /* As it came. */
    size_t in_used;
    StrBuf messages; /* Out of segments. */
    size_t messages_used;
    StrBuf unpacked; /* The last body, if it was compressed. */
} CqlDecoder;

void cql_decoder_init(CqlDecoder *decoder, uint8_t version);
void cql_decoder_done(CqlDecoder *decoder);
/* Room for `bytes` that are about to come; give the count with cql_decoder_came. */
char *cql_decoder_room(CqlDecoder *decoder, size_t bytes);
void cql_decoder_came(CqlDecoder *decoder, size_t bytes);
/* The next whole message: *found. Borrowed until the next call of any of these. ERROR_RETRY: what
 * comes is not the protocol, or damaged. */
bool cql_decoder_next(CqlDecoder *decoder, CqlMessage *out, bool *found, Error *err);

/* The checksums of segments. */
uint32_t cql_crc24(const void *data, size_t bytes);
uint32_t cql_crc32(const void *data, size_t bytes);

#endif
