/*
 * role_kafka.h: a table's topic in a real Kafka as a source, from the table's options.
 */
#ifndef WEIR_PIPELINE_ROLE_KAFKA_H
#define WEIR_PIPELINE_ROLE_KAFKA_H

#include "pipeline/role.h"

bool role_kafka_source(const OutsideSourceConfig *config, Source **out, Error *err);

#endif
