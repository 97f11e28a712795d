/*
 * timer.h: event-time timers: what is to happen once the watermark has reached a time.
 *
 * A timer is a time and 64 bits of the owner's choice (an entry's address, a number). Timers of one
 * time stand in one bucket, in the order they were set: windows end at few times, with many keys
 * each, so setting a timer is an append to a bucket that is mostly the last one used. The times wait
 * in a heap, and a small hash table finds a time's bucket.
 *
 * Firing order is the times', then that of setting: the same for the same calls. A timer cannot be
 * taken back; the owner looks whether it still means something. Timers are not checkpointed: they
 * follow from the state, and are set again when it is restored.
 *
 * Thread: one.
 */
#ifndef WEIR_STATE_TIMER_H
#define WEIR_STATE_TIMER_H

#include <stdbool.h>

#include "base/vec.h"

typedef struct TimerBucket {
    int64_t time_us;
    VEC(uint64_t) items;
} TimerBucket;

typedef struct Timers {
    VEC(TimerBucket *) heap; /* By time_us; no two of one time. */
    TimerBucket **places;    /* time -> bucket: linear probing, 2^n, at most half full. */
    size_t place_count;
    TimerBucket *last;       /* Last set; may be NULL. */
    size_t timer_count;
    size_t bucket_bytes;     /* Buckets and their items. */
} Timers;

void timers_init(Timers *timers);
void timers_done(Timers *timers);
void timers_set(Timers *timers, int64_t time_us, uint64_t item);

/* The earliest time set, or INT64_MAX when there is none. */
static inline int64_t timers_next_us(const Timers *timers)
{
    return timers->heap.count ? timers->heap.items[0]->time_us : INT64_MAX;
}

/* Takes out the bucket of the earliest time, if that is <= until_us: its items, in the order they
 * were set. Returns it (free with timer_bucket_free) or NULL. */
TimerBucket *timers_take(Timers *timers, int64_t until_us);
void timer_bucket_free(TimerBucket *bucket); /* NULL is fine. */

size_t timers_bytes(const Timers *timers);

#endif
