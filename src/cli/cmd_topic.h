/*
 * cmd_topic.h: the commands of weir topic that have a file of their own. Not for others.
 */
#ifndef WEIR_CLI_CMD_TOPIC_H
#define WEIR_CLI_CMD_TOPIC_H

#include "cli/load.h"
#include "log/topic.h"

int topic_consume(int argc, char **argv);
int topic_produce(int argc, char **argv);

/* The name of the topic that a command is about; false: told, *exit_status set. */
bool topic_operand(const Options *options, Str *out, int *exit_status);
/* 2026-01-31T12:00:00.123Z */
void topic_add_time(StrBuf *out, int64_t ms);

#endif
