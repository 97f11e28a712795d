/*
 * fault.h: which records are disturbed, and how.
 *
 * Every record is of exactly one kind, decided by a draw from (seed, stream, index) alone, so that
 * whoever wants to know (the writer, the answers) asks, and nobody has to remember.
 *
 *     0      malformed     + duplicate      + invalid          + late                       1
 *     ├──────────┼──────────────┼───────────────┼────────────────┼──────────────────────────┤
 *       cannot be    repeats an     breaks a         event time        good
 *       decoded      earlier one    constraint       moved back
 *
 * Invariants
 *  1. A duplicate repeats a good record at most FAULT_DUPLICATE_REACH before it. Where eight draws
 *     find none (at the very start, or with fractions near 1) the record is good instead.
 *  2. The kinds malformed and duplicate do not depend on the fractions of the kinds behind them.
 */
#ifndef WEIR_GENERATE_FAULT_H
#define WEIR_GENERATE_FAULT_H

#include <stdint.h>

#include "generate/options.h"

#define FAULT_DUPLICATE_REACH 1000

typedef enum FaultKind {
    FAULT_NONE,
    FAULT_LATE,
    FAULT_DUPLICATE,
    FAULT_MALFORMED,
    FAULT_INVALID,
    FAULT_KIND_COUNT,
} FaultKind;

typedef enum MalformedKind {
    MALFORMED_CUT,        /* Ends early. */
    MALFORMED_GARBAGE,    /* Not the format at all. */
    MALFORMED_WRONG_TYPE, /* The first column, a number, holds a word. */
    MALFORMED_NOT_A_ROW,  /* JSON: a bare number. CSV: two cells too many. */
    MALFORMED_KIND_COUNT,
} MalformedKind;

typedef struct Fault {
    FaultKind kind;
    int sub_kind;     /* MALFORMED: a MalformedKind. INVALID: which of the stream's ways. */
    int64_t original; /* DUPLICATE: the record it repeats. */
    uint64_t draw;    /* More chance, for the details. */
} Fault;

/* The fractions as bounds on a 53-bit draw. */
typedef struct FaultPlan {
    uint64_t key; /* Of (seed, stream). */
    uint64_t malformed_below;
    uint64_t duplicate_below;
    uint64_t invalid_below;
    uint64_t late_below;
    int invalid_count;
} FaultPlan;

void fault_plan_init(FaultPlan *plan, const Stream *stream, const GenerateOptions *options);
Fault fault_decide(const FaultPlan *plan, int64_t index);

const char *malformed_kind_name(MalformedKind kind);

#endif
