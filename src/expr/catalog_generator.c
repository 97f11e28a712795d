/*
 * catalog_generator.c: functions that make rows out of a row: explode, posexplode, inline, stack,
 * and their outer forms, which give a row of NULLs where there is nothing.
 */
#include "base/assert.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/generator.h"
#include "expr/kernel.h"

enum { OUTER = BIT(0), POSITION = BIT(1) };

static unsigned generator_kind(const Function *fn)
{
    return fn->extra ? *(const unsigned *)fn->extra : 0;
}

/* ── explode and posexplode ────────────────────────────────────────────────────────────────────*/

static bool bind_explode(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;
    unsigned kind = generator_kind(call->fn);
    Field fields[3];
    uint32_t count = 0;
    bool outer = kind & OUTER;

    if (kind & POSITION)
        fields[count++] = (Field){STR("pos"), &type_int, outer};
    if (type->kind == TYPE_ARRAY) {
        fields[count++] = (Field){STR("col"), type->fields[0].type, outer || type->contains_null};
    } else if (type->kind == TYPE_MAP) {
        fields[count++] = (Field){STR("key"), type->fields[0].type, outer};
        fields[count++] = (Field){STR("value"), type->fields[1].type, outer || type->contains_null};
    } else {
        return bind_unexpected(call, 0, "(ARRAY OR MAP)", err);
    }
    call->type = type_struct(call->arena, fields, count);
    return true;
}

/* Which rows and elements come out: element UINT32_MAX is the row of NULLs of an outer form. */
typedef struct Exploded {
    uint32_t *rows, *elements, *positions;
    uint32_t count;
    bool any_missing;
} Exploded;

static void explode_rows(const KernelCall *call, bool outer, Exploded *out)
{
    const Vector *v = call->args[0];
    uint32_t total = v->offsets[v->row_count] - v->offsets[0] + v->row_count;

    *out = (Exploded){
        .rows = ARENA_ARRAY(call->arena, uint32_t, total),
        .elements = ARENA_ARRAY(call->arena, uint32_t, total),
        .positions = ARENA_ARRAY(call->arena, uint32_t, total),
    };
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from = v->offsets[i], to = v->offsets[i + 1];

        for (uint32_t e = from; e < to; e++) {
            out->rows[out->count] = i;
            out->positions[out->count] = e - from;
            out->elements[out->count++] = e;
        }
        if (from == to && outer) {
            out->rows[out->count] = i;
            out->positions[out->count] = 0;
            out->elements[out->count++] = UINT32_MAX;
            out->any_missing = true;
        }
    }
}

/* The chosen rows of a column, NULL for the missing ones. */
static Vector *take_elements(const KernelCall *call, const Vector *from, const Exploded *rows)
{
    VectorBuilder b;

    if (!rows->any_missing)
        return vector_select(call->arena, from, rows->elements, rows->count);
    builder_init(&b, call->arena, from->type, rows->count);
    for (uint32_t r = 0; r < rows->count; r++) {
        if (rows->elements[r] == UINT32_MAX)
            builder_add_null(&b);
        else
            builder_add_from(&b, from, rows->elements[r]);
    }
    return builder_finish(&b);
}

static Vector *take_positions(const KernelCall *call, const Exploded *rows)
{
    Vector *positions = vector_new(call->arena, &type_int, rows->count);

    for (uint32_t r = 0; r < rows->count; r++) {
        vector_i32(positions)[r] = (int32_t)rows->positions[r];
        if (rows->elements[r] == UINT32_MAX)
            vector_set_null(call->arena, positions, r);
    }
    return positions;
}

static void generate_explode(const KernelCall *call, struct GeneratorRows *out)
{
    const Vector *v = call->args[0];
    unsigned kind = generator_kind(call->expr->fn);
    uint32_t column = 0;
    Exploded rows;

    explode_rows(call, kind & OUTER, &rows);
    out->row_count = rows.count;
    out->rows = rows.rows;
    out->columns = ARENA_ARRAY(call->arena, Vector *, call->expr->type->field_count);
    if (kind & POSITION)
        out->columns[column++] = take_positions(call, &rows);
    for (uint32_t f = 0; f < v->type->field_count; f++)
        out->columns[column++] = take_elements(call, v->children[f], &rows);
}

/* ── inline ────────────────────────────────────────────────────────────────────────────────────*/

static bool bind_inline(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type, *row;
    Field *fields;

    if (type->kind != TYPE_ARRAY || type->fields[0].type->kind != TYPE_STRUCT)
        return bind_unexpected(call, 0, "ARRAY<STRUCT>", err);
    row = type->fields[0].type;
    fields = ARENA_ARRAY(call->arena, Field, row->field_count);
    for (uint32_t f = 0; f < row->field_count; f++) {
        fields[f] = row->fields[f];
        fields[f].nullable |= type->contains_null || (generator_kind(call->fn) & OUTER);
    }
    call->type = type_struct(call->arena, fields, row->field_count);
    return true;
}

/* A NULL struct gives a row of NULLs. */
static void generate_inline(const KernelCall *call, struct GeneratorRows *out)
{
    const Vector *structs = vector_flatten(call->arena, call->args[0]->children[0]);
    Exploded rows;

    explode_rows(call, generator_kind(call->expr->fn) & OUTER, &rows);
    for (uint32_t r = 0; r < rows.count; r++) {
        if (rows.elements[r] != UINT32_MAX && !vector_is_valid(structs, rows.elements[r])) {
            rows.elements[r] = UINT32_MAX;
            rows.any_missing = true;
        }
    }
    out->row_count = rows.count;
    out->rows = rows.rows;
    out->columns = ARENA_ARRAY(call->arena, Vector *, call->expr->type->field_count);
    for (uint32_t f = 0; f < call->expr->type->field_count; f++)
        out->columns[f] = take_elements(call, structs->children[f], &rows);
}

/* ── stack ─────────────────────────────────────────────────────────────────────────────────────*/

enum { STACK_ROWS_MAX = 10000 };

/* stack(n, a, b, …): n rows, filled row by row; what is missing at the end is NULL. */
static bool bind_stack(BindCall *call, Error *err)
{
    const Vector *value;
    uint32_t row_count, column_count;
    Field *fields;

    if (!bind_require_int(call, 0, err) || !bind_constant(call, 0, "n", &value, err))
        return false;
    if (!vector_is_valid(value, 0))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNEXPECTED_NULL",
                             "The `n` must not be null.");
    /* Spark has no limit; rows beyond the values are NULLs alone, so nobody misses them. */
    if (vector_i32(value)[0] < 1 || vector_i32(value)[0] > STACK_ROWS_MAX)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                             "The `n` must be between (0, %d] (current value = %d).",
                             STACK_ROWS_MAX, vector_i32(value)[0]);
    row_count = (uint32_t)vector_i32(value)[0];
    column_count = (call->arg_count - 1 + row_count - 1) / row_count;
    fields = ARENA_ARRAY(call->arena, Field, column_count);
    for (uint32_t c = 0; c < column_count; c++) {
        const Type *type = &type_void;

        for (uint32_t a = c + 1; a < call->arg_count; a += column_count) {
            const Type *own = call->args[a]->type;

            if (type->kind != TYPE_VOID && own->kind != TYPE_VOID && !type_equal(type, own))
                return bind_mismatch(call, err, "DATATYPE_MISMATCH.STACK_COLUMN_DIFF_TYPES",
                                     "The data type of the column (%u) do not have the same type: "
                                     "%s <> %s.",
                                     c, bind_type_text(call, type), bind_type_text(call, own));
            type = own->kind == TYPE_VOID ? type : own;
        }
        for (uint32_t a = c + 1; a < call->arg_count; a += column_count)
            bind_cast(call, a, type);
        fields[c] = (Field){str_of(arena_printf(call->arena, "col%u", c)), type, true};
    }
    call->type = type_struct(call->arena, fields, column_count);
    return true;
}

static void generate_stack(const KernelCall *call, struct GeneratorRows *out)
{
    uint32_t column_count = call->expr->type->field_count, per_row = 0;
    VectorBuilder *b = ARENA_ARRAY(call->arena, VectorBuilder, column_count);
    uint32_t *rows;

    if (call->row_count)
        per_row = (uint32_t)arg_i32(call, 0, 0);
    rows = ARENA_ARRAY(call->arena, uint32_t, (size_t)call->row_count * per_row);
    for (uint32_t c = 0; c < column_count; c++)
        builder_init(&b[c], call->arena, call->expr->type->fields[c].type,
                     call->row_count * per_row);
    for (uint32_t i = 0; i < call->row_count; i++) {
        for (uint32_t n = 0; n < per_row; n++) {
            rows[i * per_row + n] = i;
            for (uint32_t c = 0; c < column_count; c++) {
                uint32_t a = 1 + n * column_count + c;

                if (a < call->arg_count)
                    builder_add_from(&b[c], call->args[a], i);
                else
                    builder_add_null(&b[c]);
            }
        }
    }
    out->row_count = call->row_count * per_row;
    out->rows = rows;
    out->columns = ARENA_ARRAY(call->arena, Vector *, column_count);
    for (uint32_t c = 0; c < column_count; c++)
        out->columns[c] = builder_finish(&b[c]);
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const unsigned outer = OUTER, position = POSITION, outer_position = OUTER | POSITION;

#define GENERATOR(name_, min_, max_, bind_, generate_, extra_, doc_, example_)                     \
    {                                                                                              \
        .name = name_, .class_ = FUNCTION_GENERATOR, .arg_min = min_, .arg_max = max_,             \
        .bind = bind_, .generate = generate_, .extra = extra_, .group = "generator", .doc = doc_,  \
        .example = example_                                                                        \
    }
#define NAMED_GENERATOR(name_, parameters_, bind_, generate_, extra_, doc_, example_)              \
    {                                                                                              \
        .name = name_, .class_ = FUNCTION_GENERATOR, .arg_min = 1, .arg_max = 1,                   \
        .bind = bind_, .generate = generate_, .parameters = parameters_, .extra = extra_,          \
        .group = "generator", .doc = doc_, .example = example_                    \
    }

static const Function rows[] = {
    NAMED_GENERATOR("explode", "collection", bind_explode, generate_explode, NULL,
              "A row for each element of an array or entry of a map", "explode(array(1))"),
    NAMED_GENERATOR("explode_outer", "collection", bind_explode, generate_explode, &outer,
              "As explode, and a row of NULLs where there is nothing", "explode_outer(array(1))"),
    NAMED_GENERATOR("posexplode", "collection", bind_explode, generate_explode, &position,
              "As explode, with the place from 0", "posexplode(array(1))"),
    NAMED_GENERATOR("posexplode_outer", "collection", bind_explode, generate_explode, &outer_position,
              "As posexplode, and a row of NULLs where there is nothing",
              "posexplode_outer(array(1))"),
    NAMED_GENERATOR("inline", "input", bind_inline, generate_inline, NULL,
              "A row for each struct of an array", "inline(array(struct(1, 'a')))"),
    NAMED_GENERATOR("inline_outer", "input", bind_inline, generate_inline, &outer,
              "As inline, and a row of NULLs where there is nothing",
              "inline_outer(array(struct(1, 'a')))"),
    GENERATOR("stack", 2, -1, bind_stack, generate_stack, NULL,
              "So many rows, filled with the values one after another", "stack(2, 1, 2)"),
};

const FunctionTable catalog_generator = FUNCTION_TABLE_OF(rows);
