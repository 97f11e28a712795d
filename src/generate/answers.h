/*
 * answers.h: the answer key of a range: how many records of each kind it has, and what the sums
 * over its valid records are. Taken from the decisions themselves (fault.h, a stream's row), never
 * from written bytes, so that it can be held against what a pipeline made of those.
 *
 * Valid is what a table with the stream's constraints keeps: good and late records, each once. A
 * duplicate whose original lies before the range counts as that record, once.
 */
#ifndef WEIR_GENERATE_ANSWERS_H
#define WEIR_GENERATE_ANSWERS_H

#include "generate/generate.h"

typedef struct Answers Answers;

bool answers_open(const Stream *stream, const GenerateOptions *options, Answers **out, Error *err);
void answers_close(Answers *answers); /* NULL is fine. */
/* Takes in at most `records_max` more records; false once all are in. */
bool answers_step(Answers *answers, int64_t records_max);
/* Appends one JSON object and a line break. Only when all are in. */
void answers_write(const Answers *answers, StrBuf *out);

#endif
