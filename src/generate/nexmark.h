/*
 * nexmark.h: the Nexmark benchmark's events (persons, auctions, bids), byte for byte as the
 * original generator draws them with its three seeds fixed. The rules are in docs/generate.md.
 *
 * All events come from one sequence of draws, and an event takes as many as its texts are long: an
 * event is reached only over those before it. nexmark_seek goes forward without writing (about
 * 20 million events a second) and starts anew to go back.
 *
 * Thread: a NexmarkGenerator belongs to one.
 */
#ifndef WEIR_GENERATE_NEXMARK_H
#define WEIR_GENERATE_NEXMARK_H

#include <stdint.h>

#include "base/str.h"
#include "generate/options.h"

typedef struct NexmarkGenerator NexmarkGenerator;

typedef enum NexmarkKind { NEXMARK_PERSON, NEXMARK_AUCTION, NEXMARK_BID } NexmarkKind;

/* No event is longer. */
#define NEXMARK_EVENT_BYTES_MAX 4096

/* At event 0. Uses seed, rate, base_time_us, first_event_id, first_event_number and
 * out_of_order_group, which generate_options_check has passed; builds 2 MB of tables (some ms). */
NexmarkGenerator *nexmark_create(const GenerateOptions *options);
void nexmark_free(NexmarkGenerator *generator); /* NULL is fine. */

/* Would one created with `options` give the same events? */
bool nexmark_fits(const NexmarkGenerator *generator, const GenerateOptions *options);

/* The index of the next event. */
int64_t nexmark_position(const NexmarkGenerator *generator);
void nexmark_seek(NexmarkGenerator *generator, int64_t index);
/* The same by at most `steps_max` events; true once there. */
bool nexmark_seek_some(NexmarkGenerator *generator, int64_t index, int64_t steps_max);

/* The next event's dateTime. */
int64_t nexmark_next_time_us(const NexmarkGenerator *generator);
/* Appends the next event as one JSON object, `{"event_type":2,"bid":{…}}`, without a line break. */
NexmarkKind nexmark_next(NexmarkGenerator *generator, StrBuf *out);
/* The same into memory with room for NEXMARK_EVENT_BYTES_MAX: only the inner object; returns its
 * end. */
char *nexmark_next_object(NexmarkGenerator *generator, char *p, NexmarkKind *kind);

NexmarkKind nexmark_kind_of(const GenerateOptions *options, int64_t index);

#endif
