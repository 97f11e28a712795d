/*
 * watermark.h: asking a watermark operator how far it is, for who runs it (pipeline/flow_clock.h).
 */
#ifndef WEIR_OP_WATERMARK_H
#define WEIR_OP_WATERMARK_H

#include "op/op.h"

/* Whether all of its partitions are quiet (or it has none), and what it has told downstream. An operator
 * that has told nothing yet is not idle: its partitions are not known. */
bool watermark_is_idle(const Op *op, int64_t *now_us);

#endif
