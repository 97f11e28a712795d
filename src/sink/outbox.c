#include "sink/outbox.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/vec.h"
#include "log/log_reader.h"
#include "os/os.h"

enum {
    SEGMENT_BYTES = 16 << 20,
    PIECE_BYTES_MAX = 4 << 20, /* A longer chunk stands in several records. */
    READ_RECORDS_MAX = 4096,
    READ_BYTES_MAX = 8 << 20,
};

static const char key_epoch[] = "epoch";
static const char key_more[] = "more";

/* What stands in the store besides what was written. */
typedef struct Note {
    int64_t delivered;
    int64_t delivered_bytes;
    bool begun;
} Note;

struct Outbox {
    Topic *topic;
    TopicWriter *writer;

    /* The committer's: what was appended, and what of it is committed. */
    int64_t written_bytes;
    int64_t time_us; /* Of the last epoch, its chunks included. */
    int64_t committed_written_bytes;
    int64_t committed_time_us;
    int64_t stored_written_bytes;
    Note noting; /* What the store's transaction under way puts there. */

    /* The deliverer's. */
    LogReader *reader;
    int64_t read_offset; /* Behind the last mark that was read. */
    int64_t read_bytes;  /* WRITTEN of that mark. */

    /* Written by their owner alone. */
    _Atomic int64_t delivered_offset;
    _Atomic int64_t delivered_bytes;
    _Atomic bool begun;
    _Atomic int64_t shown_written_bytes;
    _Atomic int64_t stored_delivered; /* As the store has them. */
    _Atomic bool stored_begun;
};

/* ── a worker's part ───────────────────────────────────────────────────────────────────────────*/

TopicConfig outbox_topic_config(void)
{
    TopicConfig config = topic_config_default;

    config.partition_count = 1;
    config.log.segment_bytes = SEGMENT_BYTES;
    return config;
}

OutboxPart *outbox_part_create(void)
{
    const TopicConfig config = outbox_topic_config();
    OutboxPart *part = mem_zalloc(sizeof *part);

    part->log = log_output_create(1, &config.log);
    return part;
}

void outbox_part_free(OutboxPart *part)
{
    if (!part)
        return;
    log_output_free(part->log);
    free(part);
}

bool outbox_part_add(OutboxPart *part, Str chunk, Error *err)
{
    LogRecord record = {.timestamp_ms = os_realtime_us() / 1000, .key = str_of(key_more)};
    uint32_t at = 0;

    for (; chunk.bytes - at > PIECE_BYTES_MAX; at += PIECE_BYTES_MAX) {
        record.value = str_slice(chunk, at, at + PIECE_BYTES_MAX);
        if (!log_output_add(part->log, 0, &record, err))
            return false;
    }
    record.key_null = true;
    record.value = str_slice(chunk, at, chunk.bytes);
    if (!log_output_add(part->log, 0, &record, err))
        return false;
    part->chunk_count++;
    part->chunk_bytes += chunk.bytes;
    return true;
}

/* ── the committer's side ──────────────────────────────────────────────────────────────────────*/

static bool load(Outbox *outbox, Store *store, Error *err)
{
    Str name = topic_name(outbox->topic);
    int64_t delivered = 0;
    int64_t delivered_bytes = 0;
    int64_t begun = 0;

    if (!store_meta_get(store, META_POSITION, name, STR("delivered"), &delivered, NULL, err) ||
        !store_meta_get(store, META_POSITION, name, STR("begun"), &begun, NULL, err) ||
        !store_meta_get(store, META_POSITION, name, STR("delivered_bytes"), &delivered_bytes, NULL,
                        err) ||
        !store_meta_get(store, META_POSITION, name, STR("written_bytes"), &outbox->written_bytes,
                        NULL, err) ||
        !store_meta_get(store, META_POSITION, name, STR("time"), &outbox->time_us, NULL, err))
        return false;
    outbox->committed_written_bytes = outbox->stored_written_bytes = outbox->written_bytes;
    outbox->committed_time_us = outbox->time_us;
    outbox->noting = (Note){delivered, delivered_bytes, begun != 0};
    atomic_store(&outbox->stored_delivered, delivered);
    atomic_store(&outbox->begun, begun != 0);
    atomic_store(&outbox->stored_begun, begun != 0);
    outbox->read_offset = delivered;
    outbox->read_bytes = delivered_bytes;
    atomic_store(&outbox->delivered_offset, delivered);
    atomic_store(&outbox->delivered_bytes, delivered_bytes);
    atomic_store(&outbox->shown_written_bytes, outbox->written_bytes);
    return true;
}

bool outbox_left(Store *store, Str topic, int64_t *waiting_bytes, Error *err)
{
    int64_t delivered_bytes = 0;
    int64_t written_bytes = 0;

    if (!store_meta_get(store, META_POSITION, topic, STR("delivered_bytes"), &delivered_bytes, NULL,
                        err) ||
        !store_meta_get(store, META_POSITION, topic, STR("written_bytes"), &written_bytes, NULL, err))
        return false;
    *waiting_bytes = MAX(written_bytes - delivered_bytes, 0);
    return true;
}

bool outbox_open(Topic *topic, Store *store, Outbox **out, Error *err)
{
    Outbox *outbox = mem_zalloc(sizeof *outbox);
    Arena arena;

    outbox->topic = topic;
    if (!load(outbox, store, err) || !topic_writer_open(topic, &outbox->writer, err)) {
        outbox_close(outbox);
        return error_wrap(err, "the outbox '%.*s'", STR_ARG(topic_name(topic)));
    }
    arena_init(&arena);
    outbox->reader =
        log_reader_create(topic_partition_dir(&arena, topic_data_dir(topic), topic_name(topic), 0),
                          outbox->read_offset);
    arena_done(&arena);
    *out = outbox;
    return true;
}

void outbox_close(Outbox *outbox)
{
    if (!outbox)
        return;
    log_reader_free(outbox->reader);
    topic_writer_close(outbox->writer);
    free(outbox);
}

bool outbox_append(Outbox *outbox, int64_t epoch, OutboxPart *const *parts, uint32_t part_count,
                   Error *err)
{
    LogWriter *log = topic_writer_log(outbox->writer);
    LogRecord mark = {.key = str_of(key_epoch), .timestamp_ms = os_realtime_us() / 1000};
    uint32_t chunk_count = 0;
    StrBuf value;
    bool ok = true;

    for (uint32_t i = 0; ok && i < part_count; i++) {
        ok = log_output_finish(parts[i]->log, err) &&
             log_writer_append_output(log, parts[i]->log, err);
        chunk_count += parts[i]->chunk_count;
        outbox->written_bytes += parts[i]->chunk_bytes;
    }
    if (!ok)
        return false;
    outbox->time_us = MAX(os_realtime_us(), outbox->time_us + 1);
    strbuf_init(&value);
    strbuf_printf(&value, "%" PRId64 " %" PRId64 " %u %" PRId64, epoch, outbox->time_us,
                  chunk_count, outbox->written_bytes);
    outbox->time_us += chunk_count; /* Invariant 2. */
    mark.value = strbuf_str(&value);
    ok = log_writer_append_to(log, 0, &mark, err) && topic_writer_sync(outbox->writer, err);
    strbuf_done(&value);
    return ok;
}

bool outbox_commit(Outbox *outbox, StoreTxn *txn, Error *err)
{
    Str name = topic_name(outbox->topic);
    /* The bytes first: what is noted as delivered may then be too little, never too much. */
    int64_t delivered_bytes = atomic_load(&outbox->delivered_bytes);
    Note note = {atomic_load(&outbox->delivered_offset), delivered_bytes,
                 atomic_load(&outbox->begun)};

    outbox->noting = note;
    if (outbox->written_bytes != outbox->stored_written_bytes &&
        (!topic_writer_commit(outbox->writer, txn, err) ||
         !store_meta_set(txn, META_POSITION, name, STR("written_bytes"), outbox->written_bytes,
                         err) ||
         !store_meta_set(txn, META_POSITION, name, STR("time"), outbox->time_us, err)))
        return false;
    if (note.delivered != atomic_load(&outbox->stored_delivered) &&
        (!store_meta_set(txn, META_POSITION, name, STR("delivered"), note.delivered, err) ||
         !store_meta_set(txn, META_POSITION, name, STR("delivered_bytes"), delivered_bytes, err)))
        return false;
    return note.begun == atomic_load(&outbox->stored_begun) ||
           store_meta_set(txn, META_POSITION, name, STR("begun"), note.begun, err);
}

void outbox_committed(Outbox *outbox)
{
    outbox->committed_written_bytes = outbox->stored_written_bytes = outbox->written_bytes;
    outbox->committed_time_us = outbox->time_us;
    atomic_store(&outbox->stored_delivered, outbox->noting.delivered);
    atomic_store(&outbox->stored_begun, outbox->noting.begun);
    atomic_store(&outbox->shown_written_bytes, outbox->written_bytes);
    topic_writer_committed(outbox->writer);
}

bool outbox_recover(Outbox *outbox, Error *err)
{
    outbox->written_bytes = outbox->committed_written_bytes;
    outbox->time_us = outbox->committed_time_us;
    return topic_writer_recover(outbox->writer, err);
}

bool outbox_trim(Outbox *outbox, Error *err)
{
    return log_writer_trim(topic_writer_log(outbox->writer), 0,
                           atomic_load(&outbox->stored_delivered), err);
}

bool outbox_is_empty(const Outbox *outbox)
{
    return atomic_load(&outbox->delivered_offset) >= topic_end(outbox->topic, 0);
}

int64_t outbox_waiting_bytes(const Outbox *outbox)
{
    return MAX(atomic_load(&outbox->shown_written_bytes) - atomic_load(&outbox->delivered_bytes),
               0);
}

/* ── the deliverer's side ──────────────────────────────────────────────────────────────────────*/

/* The epoch being put together. */
typedef struct Gathering {
    Arena *arena;
    VEC(Str) chunks;
    StrBuf pieces; /* Of a chunk in several records. */
    size_t bytes;
} Gathering;

static bool parse_mark(Str value, int64_t *numbers, size_t number_count)
{
    Str rest = value;
    Str part;

    for (size_t i = 0; i < number_count; i++) {
        if (!str_split(&rest, ' ', &part) || !str_to_int64(part, &numbers[i]))
            return false;
    }
    return !rest.data;
}

static bool take_mark(Outbox *outbox, Gathering *gathering, const LogRecord *record,
                      OutsideEpoch *epoch, Error *err)
{
    int64_t numbers[4]; /* EPOCH TIME_US CHUNKS WRITTEN */

    if (!parse_mark(record->value, numbers, COUNT_OF(numbers)) ||
        numbers[2] != (int64_t)gathering->chunks.count || gathering->pieces.bytes)
        return error_set(err, ERROR_USER,
                         "the outbox '%.*s' is damaged at offset %" PRId64
                         ": the chunks of an epoch are not all there",
                         STR_ARG(topic_name(outbox->topic)), record->offset);
    *epoch = (OutsideEpoch){
        .epoch = numbers[0],
        .time_us = numbers[1],
        .chunks = gathering->chunks.items,
        .chunk_count = (uint32_t)gathering->chunks.count,
    };
    outbox->read_offset = record->offset + 1;
    outbox->read_bytes = numbers[3];
    gathering->chunks.items = NULL;
    gathering->chunks.count = gathering->chunks.capacity = 0;
    return true;
}

static void take_chunk(Gathering *gathering, const LogRecord *record)
{
    Str chunk = record->value;

    gathering->bytes += chunk.bytes;
    if (!record->key_null) {
        strbuf_add_str(&gathering->pieces, chunk);
        return;
    }
    if (gathering->pieces.bytes) {
        strbuf_add_str(&gathering->pieces, chunk);
        chunk = strbuf_str(&gathering->pieces);
    }
    VEC_ADD_IN(gathering->arena, &gathering->chunks, str_copy(gathering->arena, chunk));
    strbuf_clear(&gathering->pieces);
}

bool outbox_read(Outbox *outbox, Arena *arena, uint32_t epoch_max, size_t bytes_max,
                 OutsideEpoch **out, uint32_t *count, Error *err)
{
    int64_t end = topic_end(outbox->topic, 0);
    Gathering gathering = {.arena = arena};
    VEC(OutsideEpoch) epochs = {0};
    bool ok = true;

    strbuf_init(&gathering.pieces);
    /* What was read of an epoch beyond the last whole one is read again. */
    if (log_reader_position(outbox->reader) != outbox->read_offset)
        log_reader_seek(outbox->reader, outbox->read_offset);
    while (ok && log_reader_position(outbox->reader) < end) {
        const LogRecord *records;
        size_t record_count;

        ok = log_reader_poll(outbox->reader, end, READ_RECORDS_MAX, READ_BYTES_MAX, &records,
                             &record_count, err);
        for (size_t i = 0; ok && i < record_count; i++) {
            OutsideEpoch epoch;

            if (records[i].key_null || !str_is(records[i].key, key_epoch)) {
                take_chunk(&gathering, &records[i]);
                continue;
            }
            ok = take_mark(outbox, &gathering, &records[i], &epoch, err);
            if (!ok)
                break;
            VEC_ADD_IN(arena, &epochs, epoch);
            if (epochs.count == epoch_max || gathering.bytes >= bytes_max)
                goto done;
        }
    }
done:
    strbuf_done(&gathering.pieces);
    *out = epochs.items;
    *count = (uint32_t)epochs.count;
    return ok || error_wrap(err, "the outbox '%.*s'", STR_ARG(topic_name(outbox->topic)));
}

void outbox_delivered(Outbox *outbox)
{
    /* In this order, see outbox_commit. */
    atomic_store(&outbox->delivered_offset, outbox->read_offset);
    atomic_store(&outbox->delivered_bytes, outbox->read_bytes);
}

void outbox_rewind(Outbox *outbox)
{
    outbox->read_offset = atomic_load(&outbox->delivered_offset);
    outbox->read_bytes = atomic_load(&outbox->delivered_bytes);
}

void outbox_begin(Outbox *outbox)
{
    atomic_store(&outbox->begun, true);
}

bool outbox_has_begun(const Outbox *outbox)
{
    return atomic_load(&outbox->stored_begun);
}

bool outbox_begins(const Outbox *outbox)
{
    return atomic_load(&outbox->begun) != atomic_load(&outbox->stored_begun);
}

bool outbox_is_noted(const Outbox *outbox)
{
    return atomic_load(&outbox->stored_delivered) == atomic_load(&outbox->delivered_offset);
}
