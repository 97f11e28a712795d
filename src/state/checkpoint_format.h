/*
 * checkpoint_format.h: the bytes of a state file. (What it is for: checkpoint.h.)
 *
 *     file      "WEIRSTAT"  u32 version = 1  u32 crc32c of the twelve bytes before it
 *               frame*
 *     frame     u32 payload_bytes  u32 crc32c(epoch, payload)  i64 epoch  payload
 *     payload   entry*
 *     entry     0x01 FLOW    varint bytes, name       the flow of the entries behind it
 *               0x02 PUT     varint node_id, u8 slot, u8 group, key, value
 *               0x03 DELETE  varint node_id, u8 slot, u8 group, key
 *     key,      varint bytes, the bytes
 *     value
 *
 * Numbers are little-endian; varints are LEB128 of 32 bits. A frame's payload begins with FLOW
 * unless it is empty, so that frames can be read in any order. One checkpoint is one or more frames
 * of the same epoch.
 *
 * Readers trust nothing: every length is checked against what is left.
 */
#ifndef WEIR_STATE_CHECKPOINT_FORMAT_H
#define WEIR_STATE_CHECKPOINT_FORMAT_H

#include "base/vec.h"
#include "state/checkpoint.h"

enum {
    STATE_FILE_VERSION = 1,
    STATE_FILE_HEADER_BYTES = 16,
    STATE_FRAME_HEADER_BYTES = 16,
    /* A frame is closed once its payload is above this; one entry may make it longer. */
    STATE_FRAME_BYTES = 4 << 20,
    STATE_FLOW_BYTES_MAX = 4096,
    STATE_ENTRY_BYTES_MAX = 1 << 30, /* Key and value. */
};

typedef struct FrameHeader {
    uint32_t payload_bytes;
    uint32_t crc;
    int64_t epoch;
} FrameHeader;

void state_header_encode(char out[STATE_FILE_HEADER_BYTES]);
/* False, with what is wrong in err. */
bool state_header_decode(const char in[STATE_FILE_HEADER_BYTES], Error *err);

void frame_header_encode(int64_t epoch, Str payload, char out[STATE_FRAME_HEADER_BYTES]);
FrameHeader frame_header_decode(const char in[STATE_FRAME_HEADER_BYTES]);
bool frame_is_whole(const FrameHeader *header, Str payload); /* Length and checksum. */

void entry_encode_flow(StrBuf *out, Str flow);
void entry_encode(StrBuf *out, const CheckpointEntry *entry);
/* Reads the next PUT or DELETE (and the FLOWs before it) off the front of *payload; entry->flow is
 * what it was, or the FLOW read. *end is set when nothing is left. False: not such bytes. */
bool entry_decode(Str *payload, CheckpointEntry *entry, bool *end);

/* What a CheckpointWriter holds: frames, each with room for its header in front. False, with the
 * reason in err, when it was given an entry larger than a checkpoint holds. */
bool checkpoint_writer_frames(CheckpointWriter *writer, StrBuf **frames, size_t *frame_count,
                              Error *err);

#endif
