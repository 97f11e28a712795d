#include "generate/fault.h"

#include "base/hash.h"
#include "base/random.h"
#include "generate/generate.h"

#define FAULT_SALT 0x6661756C74u
#define ORIGINAL_TRIES 8

const char *malformed_kind_name(MalformedKind kind)
{
    static const char *const names[] = {
        [MALFORMED_CUT] = "cut",
        [MALFORMED_GARBAGE] = "garbage",
        [MALFORMED_WRONG_TYPE] = "wrong_type",
        [MALFORMED_NOT_A_ROW] = "not_a_row",
    };

    return names[kind];
}

void fault_plan_init(FaultPlan *plan, const Stream *stream, const GenerateOptions *options)
{
    double sum = options->malformed;
    uint64_t seed_key = hash_mix((uint64_t)options->seed, FAULT_SALT);

    plan->key = hash_mix(seed_key, hash_bytes(stream->name, strlen(stream->name)));
    plan->malformed_below = (uint64_t)(sum * 0x1p53);
    sum += options->duplicate;
    plan->duplicate_below = (uint64_t)(sum * 0x1p53);
    sum += options->invalid;
    plan->invalid_below = (uint64_t)(sum * 0x1p53);
    sum += options->late;
    plan->late_below = (uint64_t)(sum * 0x1p53);
    plan->invalid_count = stream->invalid_count;
}

static Random fault_random(const FaultPlan *plan, int64_t index)
{
    return (Random){hash_mix(plan->key, (uint64_t)index)};
}

static bool is_good(const FaultPlan *plan, int64_t index)
{
    Random random = fault_random(plan, index);

    return random_next(&random) >> 11 >= plan->late_below;
}

static bool find_original(const FaultPlan *plan, int64_t index, Random *random, int64_t *original)
{
    uint64_t reach = (uint64_t)MIN(index, FAULT_DUPLICATE_REACH);

    for (int i = 0; i < ORIGINAL_TRIES && reach > 0; i++) {
        int64_t candidate = index - 1 - (int64_t)random_below(random, reach);

        if (is_good(plan, candidate)) {
            *original = candidate;
            return true;
        }
    }
    return false;
}

Fault fault_decide(const FaultPlan *plan, int64_t index)
{
    Fault fault = {.kind = FAULT_NONE};
    Random random;
    uint64_t draw;

    if (plan->late_below == 0)
        return fault;
    random = fault_random(plan, index);
    draw = random_next(&random) >> 11;
    if (draw >= plan->late_below)
        return fault;
    if (draw < plan->malformed_below) {
        fault.kind = FAULT_MALFORMED;
        fault.sub_kind = (int)random_below(&random, MALFORMED_KIND_COUNT);
    } else if (draw < plan->duplicate_below) {
        if (find_original(plan, index, &random, &fault.original))
            fault.kind = FAULT_DUPLICATE;
    } else if (draw < plan->invalid_below) {
        fault.kind = FAULT_INVALID;
        fault.sub_kind = (int)random_below(&random, (uint64_t)plan->invalid_count);
    } else {
        fault.kind = FAULT_LATE;
    }
    fault.draw = random_next(&random);
    return fault;
}
