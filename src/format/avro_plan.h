/*
 * avro_plan.h: how values of an Avro schema become values of SQL types: worked out once a schema. Not
 * for others than avro_*.c.
 */
#ifndef WEIR_FORMAT_AVRO_PLAN_H
#define WEIR_FORMAT_AVRO_PLAN_H

#include "format/avro.h"
#include "format/avro_schema.h"

typedef struct AvroPlan AvroPlan;

/* A child of the target that the writer does not have. */
typedef struct AvroMissing {
    uint32_t child_i;
    const AvroPlan *plan; /* Of the default; NULL: NULL. */
    Str bytes;
} AvroMissing;

typedef struct AvroPlanField {
    const AvroNode *node;
    const AvroPlan *plan; /* NULL: skipped. */
    uint32_t child_i;     /* Of the target. */
} AvroPlanField;

struct AvroPlan {
    const AvroNode *node; /* As written. */
    const Type *type;     /* As wanted. */
    const AvroPlan **branches; /* UNION: NULL: a value of it does not fit. */
    bool members;              /* UNION: into STRUCT<member0, …>: branches[i] is of its child. */
    const uint32_t *member_of; /* Which child; UINT32_MAX: none (null). */
    const AvroPlan *items;     /* ARRAY; MAP: its values. */
    AvroPlanField *fields;     /* RECORD, in the order written. */
    AvroMissing *missing;
    uint32_t missing_count;
};

/* `reader`: the schema that has the defaults; may be NULL. ERROR_USER where a column cannot be made of
 * what is written. */
bool avro_plan(Arena *arena, const AvroNode *writer, const AvroNode *reader, const Type *type,
               const AvroPlan **out, Error *err);

bool avro_decoder_create(const Schema *schema, const FormatOptions *options, Decoder **out,
                         Error *err);

/* avro_decode.c */
bool avro_decoder_create(const Schema *schema, const FormatOptions *options, Decoder **out,
                         Error *err);

#endif
