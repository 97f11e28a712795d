/*
 * checkpoint_writer.c: the buffer into which one worker's operators write their state at a barrier.
 *
 * It holds whole frames (checkpoint_format.h) with room for their headers in front, so that the
 * committer fills those in and writes each frame at one go.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "state/checkpoint_format.h"

/* Frames kept when cleared; what a large checkpoint took is given back. */
enum { KEEP_BYTES = 8 << 20 };

struct CheckpointWriter {
    StrBuf flow;
    VEC(StrBuf) frames;
    size_t frame_count;     /* Those in use; buffers behind them are kept for reuse. */
    size_t too_large_bytes; /* Size of an entry that cannot be held; 0: none. */
};

CheckpointWriter *checkpoint_writer_create(void)
{
    return mem_zalloc(sizeof(CheckpointWriter));
}

void checkpoint_writer_free(CheckpointWriter *writer)
{
    if (!writer)
        return;
    for (size_t i = 0; i < writer->frames.count; i++)
        strbuf_done(&writer->frames.items[i]);
    VEC_DONE(&writer->frames);
    strbuf_done(&writer->flow);
    free(writer);
}

void checkpoint_writer_clear(CheckpointWriter *writer)
{
    size_t kept_bytes = 0;
    size_t kept = 0;

    while (kept < writer->frames.count) {
        kept_bytes += writer->frames.items[kept].capacity;
        if (kept_bytes > KEEP_BYTES)
            break;
        kept++;
    }
    for (size_t i = kept; i < writer->frames.count; i++)
        strbuf_done(&writer->frames.items[i]);
    writer->frames.count = kept;
    writer->frame_count = 0;
    writer->too_large_bytes = 0;
}

bool checkpoint_writer_is_empty(const CheckpointWriter *writer)
{
    return writer->frame_count == 0 && writer->too_large_bytes == 0;
}

void checkpoint_writer_flow(CheckpointWriter *writer, Str flow)
{
    ASSERT(flow.bytes <= STATE_FLOW_BYTES_MAX);
    if (str_equal(flow, strbuf_str(&writer->flow)))
        return;
    strbuf_clear(&writer->flow);
    strbuf_add_str(&writer->flow, flow);
    if (writer->frame_count > 0)
        entry_encode_flow(&writer->frames.items[writer->frame_count - 1], flow);
}

static StrBuf *frame_begin(CheckpointWriter *writer)
{
    static const char room[STATE_FRAME_HEADER_BYTES];
    const StrBuf fresh = {0};
    StrBuf *frame;

    if (writer->frame_count == writer->frames.count)
        VEC_ADD(&writer->frames, fresh);
    frame = &writer->frames.items[writer->frame_count++];
    strbuf_clear(frame);
    strbuf_add(frame, room, sizeof room);
    entry_encode_flow(frame, strbuf_str(&writer->flow));
    return frame;
}

static void entry_add(CheckpointWriter *writer, const CheckpointEntry *entry)
{
    size_t entry_bytes = (size_t)entry->key.bytes + entry->value.bytes;
    StrBuf *frame = writer->frame_count ? &writer->frames.items[writer->frame_count - 1] : NULL;

    if (entry_bytes > STATE_ENTRY_BYTES_MAX) {
        writer->too_large_bytes = entry_bytes;
        return;
    }
    if (!frame || frame->bytes + entry_bytes > STATE_FRAME_BYTES)
        frame = frame_begin(writer);
    entry_encode(frame, entry);
}

void checkpoint_put(CheckpointWriter *writer, uint32_t node_id, uint8_t slot, uint8_t group,
                    Str key, Str value)
{
    entry_add(writer, &(CheckpointEntry){
                          .node_id = node_id,
                          .slot = slot,
                          .group = group,
                          .key = key,
                          .value = value,
                      });
}

void checkpoint_delete(CheckpointWriter *writer, uint32_t node_id, uint8_t slot, uint8_t group,
                       Str key)
{
    entry_add(writer, &(CheckpointEntry){
                          .node_id = node_id,
                          .slot = slot,
                          .group = group,
                          .deleted = true,
                          .key = key,
                          .value = STR_EMPTY,
                      });
}

bool checkpoint_writer_frames(CheckpointWriter *writer, StrBuf **frames, size_t *frame_count,
                              Error *err)
{
    if (writer->too_large_bytes)
        return error_set(err, ERROR_USER,
                         "the state of one key has %zu bytes, more than the %d a checkpoint holds; "
                         "group by more columns or collect fewer values",
                         writer->too_large_bytes, STATE_ENTRY_BYTES_MAX);
    *frames = writer->frames.items;
    *frame_count = writer->frame_count;
    return true;
}
