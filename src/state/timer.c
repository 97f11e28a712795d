#include "state/timer.h"

#include "base/hash.h"

enum { PLACES_MIN = 16 };

void timers_init(Timers *timers)
{
    *timers = (Timers){0};
}

void timers_done(Timers *timers)
{
    for (size_t i = 0; i < timers->heap.count; i++)
        timer_bucket_free(timers->heap.items[i]);
    VEC_DONE(&timers->heap);
    free(timers->places);
    *timers = (Timers){0};
}

void timer_bucket_free(TimerBucket *bucket)
{
    if (!bucket)
        return;
    VEC_DONE(&bucket->items);
    free(bucket);
}

/* ── places: time -> bucket ────────────────────────────────────────────────────────────────────*/

static size_t place_home(const Timers *timers, int64_t time_us)
{
    return (size_t)hash_mix((uint64_t)time_us, 0) & (timers->place_count - 1);
}

static TimerBucket **place_for(const Timers *timers, int64_t time_us)
{
    size_t at = place_home(timers, time_us);

    while (timers->places[at] && timers->places[at]->time_us != time_us)
        at = (at + 1) & (timers->place_count - 1);
    return &timers->places[at];
}

/* Room for one more, at most half full. */
static void places_reserve(Timers *timers)
{
    size_t place_count = MAX(timers->place_count, (size_t)PLACES_MIN);

    if ((timers->heap.count + 1) * 2 > place_count)
        place_count *= 2;
    if (place_count == timers->place_count)
        return;
    free(timers->places);
    timers->places = mem_zalloc(place_count * sizeof(TimerBucket *));
    timers->place_count = place_count;
    for (size_t i = 0; i < timers->heap.count; i++)
        *place_for(timers, timers->heap.items[i]->time_us) = timers->heap.items[i];
}

static void place_remove(Timers *timers, int64_t time_us)
{
    size_t mask = timers->place_count - 1;
    size_t hole = (size_t)(place_for(timers, time_us) - timers->places);

    for (size_t at = (hole + 1) & mask; timers->places[at]; at = (at + 1) & mask) {
        size_t home = place_home(timers, timers->places[at]->time_us);

        if (((at - home) & mask) >= ((at - hole) & mask)) {
            timers->places[hole] = timers->places[at];
            hole = at;
        }
    }
    timers->places[hole] = NULL;
}

/* ── heap ──────────────────────────────────────────────────────────────────────────────────────*/

static void heap_rise(Timers *timers, size_t at)
{
    TimerBucket **items = timers->heap.items;
    TimerBucket *bucket = items[at];

    while (at > 0 && items[(at - 1) / 2]->time_us > bucket->time_us) {
        items[at] = items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    items[at] = bucket;
}

static void heap_sink(Timers *timers)
{
    TimerBucket **items = timers->heap.items;
    TimerBucket *bucket = items[0];
    size_t count = timers->heap.count;
    size_t at = 0;

    for (size_t child; (child = at * 2 + 1) < count; at = child) {
        if (child + 1 < count && items[child + 1]->time_us < items[child]->time_us)
            child++;
        if (items[child]->time_us >= bucket->time_us)
            break;
        items[at] = items[child];
    }
    items[at] = bucket;
}

/* ── timers ────────────────────────────────────────────────────────────────────────────────────*/

static TimerBucket *bucket_for(Timers *timers, int64_t time_us)
{
    TimerBucket **place;

    if (timers->last && timers->last->time_us == time_us)
        return timers->last;
    places_reserve(timers);
    place = place_for(timers, time_us);
    if (!*place) {
        *place = mem_zalloc(sizeof **place);
        (*place)->time_us = time_us;
        timers->bucket_bytes += sizeof **place;
        VEC_ADD(&timers->heap, *place);
        heap_rise(timers, timers->heap.count - 1);
    }
    return timers->last = *place;
}

void timers_set(Timers *timers, int64_t time_us, uint64_t item)
{
    TimerBucket *bucket = bucket_for(timers, time_us);
    size_t capacity = bucket->items.capacity;

    VEC_ADD(&bucket->items, item);
    timers->bucket_bytes += (bucket->items.capacity - capacity) * sizeof item;
    timers->timer_count++;
}

TimerBucket *timers_take(Timers *timers, int64_t until_us)
{
    TimerBucket *bucket;

    if (timers->heap.count == 0 || timers->heap.items[0]->time_us > until_us)
        return NULL;
    bucket = timers->heap.items[0];
    place_remove(timers, bucket->time_us);
    timers->heap.items[0] = timers->heap.items[--timers->heap.count];
    if (timers->heap.count > 0)
        heap_sink(timers);
    timers->last = NULL;
    timers->timer_count -= bucket->items.count;
    timers->bucket_bytes -= sizeof *bucket + bucket->items.capacity * sizeof *bucket->items.items;
    return bucket;
}

size_t timers_bytes(const Timers *timers)
{
    return timers->bucket_bytes + timers->heap.capacity * sizeof *timers->heap.items +
           timers->place_count * sizeof *timers->places;
}
