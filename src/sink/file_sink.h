/*
 * file_sink.h: the rows of each epoch as one file of JSON or CSV (sink.h).
 *
 *     FOLDER/part-00000000000000000042.json      epoch 42
 *
 * The rows are written and synced beside it, as `.part-….json.tmp`, in prepare, and the file gets
 * its name when the epoch is committed. A file that has no name yet while the store has its epoch
 * (a crash in between) gets it on the next start; what is of later epochs is removed.
 */
#ifndef WEIR_SINK_FILE_SINK_H
#define WEIR_SINK_FILE_SINK_H

#include "sink/sink_open.h"

bool file_sink_open(const SinkConfig *config, Sink **out, Error *err);

#endif
