/*
 * codec.c: LZ4 frames and Zstandard. See codec.h.
 *
 * What is read may be damaged or hostile, so raw sizes found in it are hints: memory is taken in
 * proportion to the compressed bytes at first, and grows only as output really appears.
 */
#include "log/codec.h"

#include <lz4frame.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/assert.h"

/* Level 1 is three times as fast to write as level 3 and barely larger on JSON records. */
#define ZSTD_LEVEL 1
/* A window above the largest batch (record_batch.h) is never needed. */
#define ZSTD_WINDOW_LOG_MAX 26
/* First guess of the raw size when the frame does not tell, and bound on what it may claim. */
#define RAW_GUESS_RATIO 4
#define RAW_CLAIM_RATIO 40000

struct Codec {
    ZSTD_CCtx *zstd_writer;
    ZSTD_DCtx *zstd_reader;
    LZ4F_dctx *lz4_reader;
};

static const char *const compression_names[] = {
    [LOG_COMPRESSION_NONE] = "none",     [LOG_COMPRESSION_GZIP] = "gzip",
    [LOG_COMPRESSION_SNAPPY] = "snappy", [LOG_COMPRESSION_LZ4] = "lz4",
    [LOG_COMPRESSION_ZSTD] = "zstd",
};

bool log_compression_parse(Str name, LogCompression *out)
{
    static const LogCompression accepted[] = {LOG_COMPRESSION_NONE, LOG_COMPRESSION_LZ4,
                                              LOG_COMPRESSION_ZSTD};

    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        if (str_is(name, compression_names[accepted[i]])) {
            *out = accepted[i];
            return true;
        }
    }
    return false;
}

const char *log_compression_name(LogCompression compression)
{
    return (size_t)compression < COUNT_OF(compression_names) ? compression_names[compression] : "?";
}

Codec *codec_create(void)
{
    return mem_zalloc(sizeof(Codec));
}

void codec_free(Codec *codec)
{
    if (!codec)
        return;
    (void)ZSTD_freeCCtx(codec->zstd_writer);
    (void)ZSTD_freeDCtx(codec->zstd_reader);
    (void)LZ4F_freeDecompressionContext(codec->lz4_reader);
    free(codec);
}

/* ── writing ───────────────────────────────────────────────────────────────────────────────────*/

static bool zstd_compress(Codec *codec, Str data, StrBuf *out, Error *err)
{
    size_t bound = ZSTD_compressBound(data.bytes);
    size_t written;

    if (!codec->zstd_writer) {
        codec->zstd_writer = ZSTD_createCCtx();
        ASSERT(codec->zstd_writer);
    }
    strbuf_reserve(out, bound);
    written = ZSTD_compressCCtx(codec->zstd_writer, out->data + out->bytes, bound, data.data,
                                data.bytes, ZSTD_LEVEL);
    if (ZSTD_isError(written))
        return error_set(err, ERROR_JOB, "compress with zstd: %s", ZSTD_getErrorName(written));
    out->bytes += written;
    return true;
}

static bool lz4_compress(Str data, StrBuf *out, Error *err)
{
    LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
    size_t bound;
    size_t written;

    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    preferences.frameInfo.blockSizeID = LZ4F_max64KB;
    preferences.frameInfo.contentSize = data.bytes;
    bound = LZ4F_compressFrameBound(data.bytes, &preferences);
    strbuf_reserve(out, bound);
    written =
        LZ4F_compressFrame(out->data + out->bytes, bound, data.data, data.bytes, &preferences);
    if (LZ4F_isError(written))
        return error_set(err, ERROR_JOB, "compress with lz4: %s", LZ4F_getErrorName(written));
    out->bytes += written;
    return true;
}

bool codec_compress(Codec *codec, LogCompression compression, Str data, StrBuf *out, Error *err)
{
    if (compression == LOG_COMPRESSION_ZSTD)
        return zstd_compress(codec, data, out, err);
    ASSERT(compression == LOG_COMPRESSION_LZ4);
    return lz4_compress(data, out, err);
}

/* ── reading ───────────────────────────────────────────────────────────────────────────────────*/

/* Always one byte larger than what may come, so that "full" means "too much", not "just done". */
typedef struct RawBuffer {
    Arena *arena;
    char *data;
    size_t bytes;
    size_t capacity;
    size_t bytes_max;
} RawBuffer;

/* `claimed_bytes` 0: not told. */
static bool raw_buffer_init(RawBuffer *raw, Arena *arena, Str data, uint64_t claimed_bytes,
                            size_t bytes_max, Error *err)
{
    uint64_t capacity =
        claimed_bytes ? claimed_bytes + 1 : (uint64_t)data.bytes * RAW_GUESS_RATIO + 64;

    if (claimed_bytes > bytes_max)
        return error_set(err, ERROR_JOB, "unpacks to %llu bytes, above the limit of %zu",
                         (unsigned long long)claimed_bytes, bytes_max);
    capacity = MIN(capacity, (uint64_t)data.bytes * RAW_CLAIM_RATIO + 64);
    capacity = MIN(capacity, (uint64_t)bytes_max + 1);
    *raw = (RawBuffer){.arena = arena, .capacity = (size_t)capacity, .bytes_max = bytes_max};
    raw->data = arena_alloc(arena, raw->capacity);
    return true;
}

static bool raw_buffer_grow(RawBuffer *raw, Error *err)
{
    size_t capacity = MIN(raw->capacity * 2, raw->bytes_max + 1);
    char *grown;

    if (raw->bytes > raw->bytes_max)
        return error_set(err, ERROR_JOB, "unpacks to more than the limit of %zu bytes",
                         raw->bytes_max);
    grown = arena_alloc(raw->arena, capacity);
    memcpy(grown, raw->data, raw->bytes);
    raw->data = grown;
    raw->capacity = capacity;
    return true;
}

static bool zstd_decompress(Codec *codec, Str data, size_t bytes_max, Arena *arena, Str *out,
                            Error *err)
{
    ZSTD_inBuffer in = {data.data, data.bytes, 0};
    unsigned long long claimed = ZSTD_getFrameContentSize(data.data, data.bytes);
    size_t left = 1;
    RawBuffer raw;

    if (claimed == ZSTD_CONTENTSIZE_ERROR)
        return error_set(err, ERROR_JOB, "is not a zstd frame");
    if (!codec->zstd_reader) {
        codec->zstd_reader = ZSTD_createDCtx();
        ASSERT(codec->zstd_reader);
        (void)ZSTD_DCtx_setParameter(codec->zstd_reader, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    }
    (void)ZSTD_DCtx_reset(codec->zstd_reader, ZSTD_reset_session_only);
    if (!raw_buffer_init(&raw, arena, data, claimed == ZSTD_CONTENTSIZE_UNKNOWN ? 0 : claimed,
                         bytes_max, err))
        return false;
    /* A frame that is given whole room and whole input is decoded in one pass, without a copy. */
    while (left != 0) {
        ZSTD_outBuffer room = {raw.data, raw.capacity, raw.bytes};
        size_t read_before = in.pos;

        left = ZSTD_decompressStream(codec->zstd_reader, &room, &in);
        if (ZSTD_isError(left))
            return error_set(err, ERROR_JOB, "zstd: %s", ZSTD_getErrorName(left));
        if (left != 0 && room.pos < raw.capacity && in.pos == read_before && room.pos == raw.bytes)
            return error_set(err, ERROR_JOB, "zstd: the frame is cut short");
        raw.bytes = room.pos;
        if (left != 0 && raw.bytes == raw.capacity && !raw_buffer_grow(&raw, err))
            return false;
    }
    if (in.pos != in.size)
        return error_set(err, ERROR_JOB, "zstd: bytes follow the frame");
    *out = (Str){raw.data, (uint32_t)raw.bytes};
    return true;
}

static bool lz4_decompress(Codec *codec, Str data, size_t bytes_max, Arena *arena, Str *out,
                           Error *err)
{
    LZ4F_frameInfo_t frame = {0};
    size_t read_bytes = data.bytes;
    size_t left;
    RawBuffer raw;
    const char *at = data.data;
    const char *end = data.data + data.bytes;

    if (!codec->lz4_reader) {
        left = LZ4F_createDecompressionContext(&codec->lz4_reader, LZ4F_VERSION);
        ASSERT(!LZ4F_isError(left));
    }
    LZ4F_resetDecompressionContext(codec->lz4_reader);
    left = LZ4F_getFrameInfo(codec->lz4_reader, &frame, at, &read_bytes);
    if (LZ4F_isError(left))
        return error_set(err, ERROR_JOB, "lz4: %s", LZ4F_getErrorName(left));
    at += read_bytes;
    if (!raw_buffer_init(&raw, arena, data, frame.contentSize, bytes_max, err))
        return false;
    while (left != 0) {
        size_t room = raw.capacity - raw.bytes;
        size_t taken = (size_t)(end - at);

        left = LZ4F_decompress(codec->lz4_reader, raw.data + raw.bytes, &room, at, &taken, NULL);
        if (LZ4F_isError(left))
            return error_set(err, ERROR_JOB, "lz4: %s", LZ4F_getErrorName(left));
        at += taken;
        raw.bytes += room;
        if (left == 0)
            break;
        if (raw.bytes == raw.capacity) {
            if (!raw_buffer_grow(&raw, err))
                return false;
        } else if (taken == 0 && room == 0) {
            return error_set(err, ERROR_JOB, "lz4: the frame is cut short");
        }
    }
    if (at != end)
        return error_set(err, ERROR_JOB, "lz4: bytes follow the frame");
    *out = (Str){raw.data, (uint32_t)raw.bytes};
    return true;
}

bool codec_decompress(Codec *codec, LogCompression compression, Str data, size_t bytes_max,
                      Arena *arena, Str *out, Error *err)
{
    switch (compression) {
    case LOG_COMPRESSION_LZ4:
        return lz4_decompress(codec, data, bytes_max, arena, out, err);
    case LOG_COMPRESSION_ZSTD:
        return zstd_decompress(codec, data, bytes_max, arena, out, err);
    case LOG_COMPRESSION_NONE:
    case LOG_COMPRESSION_GZIP:
    case LOG_COMPRESSION_SNAPPY:
        break;
    }
    return error_set(err, ERROR_JOB, "is compressed with %s, which weir's log does not read",
                     log_compression_name(compression));
}
