/*
 * topic_sink.h: rows as records of a topic of weir's own log (sink.h).
 *
 * The record's value is the row in the topic's format; its key is the text of the key column (as
 * CAST AS STRING gives it), or of several columns a JSON object, so that Spark's to_json(struct(…))
 * gives the same.
 */
#ifndef WEIR_SINK_TOPIC_SINK_H
#define WEIR_SINK_TOPIC_SINK_H

#include "sink/sink_open.h"
#include "sink/topic_writer.h"

bool topic_sink_open(const SinkConfig *config, Sink **out, Error *err);
/* For what else is written to the topic of a sink of this kind; the sink commits it too. */
TopicWriter *topic_sink_writer(Sink *sink);

#endif
