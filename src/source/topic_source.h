/*
 * topic_source.h: a topic of weir's own log as a source: one partition each, the position is the
 * offset. Readers see committed records only, as soon as topic_publish tells of them.
 */
#ifndef WEIR_SOURCE_TOPIC_SOURCE_H
#define WEIR_SOURCE_TOPIC_SOURCE_H

#include "plan/starting.h"
#include "source/source.h"
#include "source/topics.h"

typedef struct TopicSourceConfig {
    Topic *topic;      /* Borrowed for the source's life. */
    Starting starting; /* Position < 0. */
} TopicSourceConfig;

Source *topic_source_create(const TopicSourceConfig *config);

#endif
