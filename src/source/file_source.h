/*
 * file_source.h: files of records: one file, a folder, or a pattern like 'data/part-*.json'.
 *
 * Each file is a partition; the position is the byte at which the next record begins, and the
 * partition's name is the file's path, by which its position is kept. Files that appear later become
 * further partitions; files are expected to grow at their end alone, or to appear whole (by rename).
 * Names beginning with '.' or '_' are left out, as Spark and Hadoop do.
 *
 * A last line without a line end is a record once the file has been left alone for some seconds, or
 * at once when `whole` is set (--once, batch queries).
 */
#ifndef WEIR_SOURCE_FILE_SOURCE_H
#define WEIR_SOURCE_FILE_SOURCE_H

#include "format/format.h"
#include "source/source.h"

typedef struct FileSourceConfig {
    Str path;
    Str format;           /* json, csv */
    bool header;          /* csv: the first record of each file is none. */
    bool start_latest;    /* Position < 0: from the end of what is there when the source is opened. */
    bool whole;
    const Str *known;     /* Paths by partition number, from earlier runs; data == NULL: free. */
    int32_t known_count;
} FileSourceConfig;

/* Copies the configuration. ERROR_USER: nothing is there (a folder may be empty). */
bool file_source_create(const FileSourceConfig *config, Source **out, Error *err);

#endif
