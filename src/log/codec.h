/*
 * codec.h: the compressions a record batch may have, as Kafka numbers them.
 *
 * A Codec keeps the libraries' working memory between batches, created when first needed. LZ4 is
 * its frame format with independent blocks (what Kafka's reader demands), Zstandard its plain
 * frame; both carry the raw size, so that reading takes one allocation. gzip and snappy are
 * refused: weir never writes them.
 *
 * Thread: a Codec belongs to one thread at a time.
 */
#ifndef WEIR_LOG_CODEC_H
#define WEIR_LOG_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

typedef enum LogCompression { /* The numbers stand in the batches. */
                              LOG_COMPRESSION_NONE = 0,
                              LOG_COMPRESSION_GZIP = 1,
                              LOG_COMPRESSION_SNAPPY = 2,
                              LOG_COMPRESSION_LZ4 = 3,
                              LOG_COMPRESSION_ZSTD = 4,
} LogCompression;

/* As topic settings name it; gzip and snappy are not accepted. */
bool log_compression_parse(Str name, LogCompression *out);
const char *log_compression_name(LogCompression compression);

typedef struct Codec Codec;

Codec *codec_create(void);
void codec_free(Codec *codec); /* NULL is fine. */

/* Adds `data`, compressed, to `out`. `compression` is lz4 or zstd. */
bool codec_compress(Codec *codec, LogCompression compression, Str data, StrBuf *out, Error *err);
/* The raw bytes, in `arena`; refused above `bytes_max`, however small `data` is. */
bool codec_decompress(Codec *codec, LogCompression compression, Str data, size_t bytes_max,
                      Arena *arena, Str *out, Error *err);

#endif
