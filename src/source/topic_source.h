/*
 * topic_source.h: a topic of weir's own log as a source: one partition each, the position is the
 * offset. Readers see committed records only, as soon as topic_publish tells of them.
 */
#ifndef WEIR_SOURCE_TOPIC_SOURCE_H
#define WEIR_SOURCE_TOPIC_SOURCE_H

#include "source/source.h"
#include "source/topics.h"

typedef struct TopicSourceConfig {
    Topic *topic;      /* Borrowed for the source's life. */
    bool start_latest; /* Position < 0: from the committed end on, else from the first record left.
                        */
} TopicSourceConfig;

Source *topic_source_create(const TopicSourceConfig *config);

#endif
