/*
 * vector.c: making vectors and moving rows between them.
 *
 * Everything that moves rows comes down to three loops: gather (select), copy (concat) and spread
 * (flatten a constant), each over values of 1, 2, 4, 8 or 16 bytes and over bits. Nested vectors
 * recurse into their children; their depth is bounded by the type (type.c).
 *
 * Comparing rows is vector_compare.c's; building row by row is builder.c's.
 */
#include "column/vector.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"

/* Sixteen bytes without the alignment that Int128 asks for. */
typedef struct Value16 {
    uint64_t low, high;
} Value16;

static PhysKind phys_of(const Vector *v)
{
    return type_phys(v->type);
}

static bool phys_is_list(PhysKind phys)
{
    return phys == PHYS_LIST || phys == PHYS_MAP;
}

/* ── making ────────────────────────────────────────────────────────────────────────────────────*/

static Vector *vector_shell(Arena *arena, const Type *type, uint32_t row_count)
{
    Vector *v = ARENA_NEW(arena, Vector);

    v->type = type;
    v->row_count = row_count;
    if (type->field_count > 0)
        v->children = arena_zalloc(arena, type->field_count * sizeof(Vector *));
    return v;
}

/* Room for `rows` values and offsets; children stay NULL. */
static void vector_alloc(Arena *arena, Vector *v, uint32_t rows)
{
    PhysKind phys = phys_of(v);
    uint32_t bytes = phys_bytes(phys);

    if (bytes > 0)
        v->data = arena_alloc_array(arena, rows, bytes);
    if (phys_is_list(phys))
        v->offsets = ARENA_ARRAY(arena, uint32_t, (size_t)rows + 1);
    if (phys == PHYS_VOID)
        v->valid = arena_zalloc(arena, bits_words(rows) * sizeof(uint64_t));
}

Vector *vector_new(Arena *arena, const Type *type, uint32_t row_count)
{
    Vector *v = vector_shell(arena, type, row_count);

    vector_alloc(arena, v, row_count);
    if (phys_of(v) == PHYS_STRUCT) {
        for (uint32_t i = 0; i < type->field_count; i++)
            v->children[i] = vector_new(arena, type->fields[i].type, row_count);
    }
    return v;
}

/* No rows, whole at every level. */
static Vector *vector_empty(Arena *arena, const Type *type)
{
    Vector *v = vector_shell(arena, type, 0);

    vector_alloc(arena, v, 0);
    if (v->offsets)
        v->offsets[0] = 0;
    for (uint32_t i = 0; i < type->field_count; i++)
        v->children[i] = vector_empty(arena, type->fields[i].type);
    return v;
}

Vector *vector_null(Arena *arena, const Type *type, uint32_t row_count)
{
    Vector *v = vector_shell(arena, type, row_count);
    PhysKind phys = phys_of(v);

    v->is_constant = true;
    vector_alloc(arena, v, 1);
    v->valid = ARENA_NEW(arena, uint64_t);
    if (v->data)
        memset(v->data, 0, phys_bytes(phys));
    if (phys == PHYS_STR)
        vector_strs(v)[0] = STR_EMPTY;
    if (v->offsets)
        v->offsets[0] = v->offsets[1] = 0;
    for (uint32_t i = 0; i < type->field_count; i++) {
        const Type *field = type->fields[i].type;

        v->children[i] = phys == PHYS_STRUCT ? vector_null(arena, field, row_count)
                                             : vector_empty(arena, field);
    }
    return v;
}

static void *data_at(const Vector *v, uint32_t row_i)
{
    return v->data ? (char *)v->data + (size_t)row_i * phys_bytes(phys_of(v)) : NULL;
}

static uint64_t *one_bit(Arena *arena, bool on)
{
    uint64_t *word = ARENA_NEW(arena, uint64_t);

    *word = on;
    return word;
}

Vector *vector_constant_of(Arena *arena, const Vector *from, uint32_t row_i, uint32_t row_count)
{
    Vector *v = vector_shell(arena, from->type, row_count);
    uint32_t at = vector_row(from, row_i);

    v->is_constant = true;
    v->data = data_at(from, at);
    if (from->offsets)
        v->offsets = from->offsets + at;
    if (from->valid)
        v->valid = bits_get(from->valid, at) && v->type->kind != TYPE_VOID ? NULL
                                                                         : one_bit(arena, false);
    for (uint32_t i = 0; i < v->type->field_count; i++)
        v->children[i] = from->offsets ? from->children[i]
                                       : vector_constant_of(arena, from->children[i], row_i,
                                                            row_count);
    if (vector_has_error(from, row_i)) {
        const RowError *error = vector_error(from, row_i);

        vector_copy_error(arena, v, 0, error);
    }
    return v;
}

static uint32_t held_rows(const Vector *v)
{
    return v->is_constant ? 1 : v->row_count;
}

uint64_t *vector_need_valid(Arena *arena, Vector *v)
{
    if (!v->valid) {
        size_t bytes = bits_words(held_rows(v)) * sizeof(uint64_t);

        v->valid = memset(arena_alloc(arena, bytes), 0xff, bytes);
    }
    return v->valid;
}

void vector_set_null(Arena *arena, Vector *v, uint32_t row_i)
{
    uint32_t at = vector_row(v, row_i);
    PhysKind phys = phys_of(v);

    bits_clear(vector_need_valid(arena, v), at);
    if (phys == PHYS_STR)
        vector_strs(v)[at] = STR_EMPTY;
    else if (v->data)
        memset(data_at(v, at), 0, phys_bytes(phys));
}

uint32_t vector_null_count(const Vector *v)
{
    uint32_t valid_count = 0;
    uint32_t rows = v->row_count;

    if (!v->valid)
        return 0;
    if (v->is_constant)
        return bits_get(v->valid, 0) ? 0 : rows;
    for (uint32_t i = 0; i < rows / 64; i++)
        valid_count += (uint32_t)__builtin_popcountll(v->valid[i]);
    if (rows % 64) {
        uint64_t tail = v->valid[rows / 64] & (((uint64_t)1 << rows % 64) - 1);

        valid_count += (uint32_t)__builtin_popcountll(tail);
    }
    return rows - valid_count;
}

/* ── errors of rows ────────────────────────────────────────────────────────────────────────────*/

static void errors_add(Arena *arena, Vector *v, RowError error)
{
    RowErrors *errors = v->errors;

    if (!errors) {
        errors = v->errors = ARENA_NEW(arena, RowErrors);
        errors->rows = arena_zalloc(arena, bits_words(held_rows(v)) * sizeof(uint64_t));
    }
    error.row_i = vector_row(v, error.row_i);
    if (bits_get(errors->rows, error.row_i))
        return;
    bits_set(errors->rows, error.row_i);
    if (errors->count == errors->capacity) {
        uint32_t capacity = MAX(8u, errors->capacity * 2);
        RowError *items = ARENA_ARRAY(arena, RowError, capacity);

        if (errors->count)
            memcpy(items, errors->items, errors->count * sizeof *items);
        errors->items = items;
        errors->capacity = capacity;
    }
    errors->items[errors->count++] = error;
}

void vector_set_error(Arena *arena, Vector *v, uint32_t row_i, const char *class_name,
                      const char *sqlstate, const char *format, ...)
{
    char text[512];
    va_list args;

    if (vector_has_error(v, row_i))
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    errors_add(arena, v,
               (RowError){row_i, class_name, sqlstate, arena_strdup(arena, text), SPAN_NONE});
}

void vector_copy_error(Arena *arena, Vector *v, uint32_t row_i, const RowError *error)
{
    RowError copy = *error;

    if (vector_has_error(v, row_i))
        return;
    copy.row_i = row_i;
    copy.text = arena_strdup(arena, error->text);
    errors_add(arena, v, copy);
}

void vector_place_errors(Vector *v, Span span)
{
    for (uint32_t i = 0; v->errors && i < v->errors->count; i++) {
        if (!v->errors->items[i].span.line)
            v->errors->items[i].span = span;
    }
}

bool row_error_tell(const RowError *error, Error *err)
{
    error_set_class(err, ERROR_USER, error->class_name, error->sqlstate, "%s", error->text);
    err->span = error->span;
    return false;
}

const RowError *vector_error(const Vector *v, uint32_t row_i)
{
    if (!vector_has_error(v, row_i))
        return NULL;
    for (uint32_t i = 0; i < v->errors->count; i++) {
        if (v->errors->items[i].row_i == vector_row(v, row_i))
            return &v->errors->items[i];
    }
    UNREACHABLE();
}

void vector_merge_errors(Arena *arena, Vector *v, const Vector *from)
{
    if (!from->errors)
        return;
    for (uint32_t i = 0; i < from->errors->count; i++) {
        RowError error = from->errors->items[i];

        if (from->is_constant && !v->is_constant) {
            for (error.row_i = 0; error.row_i < v->row_count; error.row_i++)
                errors_add(arena, v, error);
        } else {
            errors_add(arena, v, error);
        }
    }
}

/* ── gather ────────────────────────────────────────────────────────────────────────────────────*/

#define DEFINE_GATHER(name, Value)                                                                 \
    static void name(Value *restrict to, const Value *restrict from,                               \
                     const uint32_t *restrict rows, uint32_t row_count)                            \
    {                                                                                              \
        for (uint32_t i = 0; i < row_count; i++)                                                   \
            to[i] = from[rows[i]];                                                                 \
    }

DEFINE_GATHER(gather_1, uint8_t)
DEFINE_GATHER(gather_2, uint16_t)
DEFINE_GATHER(gather_4, uint32_t)
DEFINE_GATHER(gather_8, uint64_t)
DEFINE_GATHER(gather_16, Value16)

static void gather(void *to, const void *from, uint32_t bytes, const uint32_t *rows,
                   uint32_t row_count)
{
    switch (bytes) {
    case 1:
        gather_1(to, from, rows, row_count);
        return;
    case 2:
        gather_2(to, from, rows, row_count);
        return;
    case 4:
        gather_4(to, from, rows, row_count);
        return;
    case 8:
        gather_8(to, from, rows, row_count);
        return;
    default:
        gather_16(to, from, rows, row_count);
        return;
    }
}

static void gather_bits(uint64_t *restrict to, const uint64_t *restrict from,
                        const uint32_t *restrict rows, uint32_t row_count)
{
    uint32_t i = 0;

    for (; i + 64 <= row_count; i += 64) {
        uint64_t word = 0;

        for (uint32_t bit = 0; bit < 64; bit++)
            word |= (uint64_t)bits_get(from, rows[i + bit]) << bit;
        to[i / 64] = word;
    }
    if (i < row_count) {
        uint64_t word = 0;

        for (uint32_t bit = 0; i + bit < row_count; bit++)
            word |= (uint64_t)bits_get(from, rows[i + bit]) << bit;
        to[i / 64] = word;
    }
}

/* The same constant for another number of rows. */
static Vector *constant_resize(Arena *arena, const Vector *v, uint32_t row_count)
{
    Vector *out = arena_copy(arena, v, sizeof *v);

    out->row_count = row_count;
    if (v->type->kind == TYPE_STRUCT) {
        out->children = arena_alloc(arena, v->type->field_count * sizeof(Vector *));
        for (uint32_t i = 0; i < v->type->field_count; i++)
            out->children[i] = constant_resize(arena, v->children[i], row_count);
    }
    return out;
}

/* Elements of the chosen rows, and the new offsets. */
static void select_lists(Arena *arena, Vector *out, const Vector *v, const uint32_t *rows)
{
    uint64_t total = 0;
    uint32_t *elements;
    uint32_t at = 0;

    for (uint32_t i = 0; i < out->row_count; i++)
        total += v->offsets[rows[i] + 1] - v->offsets[rows[i]];
    ASSERT(total <= UINT32_MAX);
    elements = ARENA_ARRAY(arena, uint32_t, total);
    for (uint32_t i = 0; i < out->row_count; i++) {
        out->offsets[i] = at;
        for (uint32_t e = v->offsets[rows[i]]; e < v->offsets[rows[i] + 1]; e++)
            elements[at++] = e;
    }
    out->offsets[out->row_count] = at;
    for (uint32_t i = 0; i < v->type->field_count; i++)
        out->children[i] = vector_select(arena, v->children[i], elements, at);
}

/* Each row's error is looked up by its row, so that many errors cost no more than many rows. */
static void select_errors(Arena *arena, Vector *out, const Vector *v, const uint32_t *rows)
{
    const RowError **of_row = arena_zalloc(arena, v->row_count * sizeof *of_row);

    for (uint32_t i = 0; i < v->errors->count; i++)
        of_row[v->errors->items[i].row_i] = &v->errors->items[i];
    for (uint32_t i = 0; i < out->row_count; i++) {
        const RowError *error = of_row[rows[i]];

        if (error)
            errors_add(arena, out,
                       (RowError){i, error->class_name, error->sqlstate, error->text, error->span});
    }
}

Vector *vector_select(Arena *arena, const Vector *v, const uint32_t *rows, uint32_t row_count)
{
    PhysKind phys = phys_of(v);
    Vector *out;

    if (v->is_constant)
        return constant_resize(arena, v, row_count);
    out = vector_shell(arena, v->type, row_count);
    vector_alloc(arena, out, row_count);
    if (out->data)
        gather(out->data, v->data, phys_bytes(phys), rows, row_count);
    if (v->valid && phys != PHYS_VOID) {
        out->valid = ARENA_ARRAY(arena, uint64_t, bits_words(row_count));
        gather_bits(out->valid, v->valid, rows, row_count);
    }
    if (phys_is_list(phys))
        select_lists(arena, out, v, rows);
    else if (phys == PHYS_STRUCT) {
        for (uint32_t i = 0; i < v->type->field_count; i++)
            out->children[i] = vector_select(arena, v->children[i], rows, row_count);
    }
    if (v->errors)
        select_errors(arena, out, v, rows);
    return out;
}

/* ── slice ─────────────────────────────────────────────────────────────────────────────────────*/

/* `count` bits of `from` at bit `at`, to bit 0 of `to`. */
static void bits_extract(uint64_t *to, const uint64_t *from, size_t at, size_t count)
{
    size_t words = bits_words(count);
    unsigned shift = at % 64;

    from += at / 64;
    for (size_t i = 0; i < words; i++) {
        to[i] = from[i] >> shift;
        /* The next word only if bits of it are asked for: it may not exist. */
        if (shift && shift + (count - i * 64) > 64)
            to[i] |= from[i + 1] << (64 - shift);
    }
}

Vector *vector_slice(Arena *arena, const Vector *v, uint32_t from, uint32_t row_count)
{
    Vector *out;

    ASSERT(from <= v->row_count && row_count <= v->row_count - from);
    if (v->is_constant)
        return constant_resize(arena, v, row_count);
    out = vector_shell(arena, v->type, row_count);
    out->data = data_at(v, from);
    if (v->valid && from % 64 == 0) {
        out->valid = v->valid + from / 64;
    } else if (v->valid) {
        out->valid = ARENA_ARRAY(arena, uint64_t, bits_words(row_count));
        bits_extract(out->valid, v->valid, from, row_count);
    }
    if (v->offsets)
        out->offsets = v->offsets + from;
    for (uint32_t i = 0; i < v->type->field_count; i++)
        out->children[i] = v->offsets ? v->children[i]
                                      : vector_slice(arena, v->children[i], from, row_count);
    if (v->errors) {
        for (uint32_t i = 0; i < v->errors->count; i++) {
            RowError error = v->errors->items[i];

            if (error.row_i >= from && error.row_i - from < row_count) {
                error.row_i -= from;
                errors_add(arena, out, error);
            }
        }
    }
    return out;
}

/* ── flatten ───────────────────────────────────────────────────────────────────────────────────*/

static void spread(void *to, const void *value, uint32_t bytes, uint32_t row_count)
{
    char *at = to;

    for (uint32_t i = 0; i < row_count; i++, at += bytes)
        memcpy(at, value, bytes);
}

/* A flat copy of a constant. */
static Vector *constant_spread(Arena *arena, const Vector *v)
{
    PhysKind phys = phys_of(v);
    uint32_t row_count = v->row_count;
    Vector *out = vector_shell(arena, v->type, row_count);

    vector_alloc(arena, out, row_count);
    if (out->data)
        spread(out->data, v->data, phys_bytes(phys), row_count);
    if (v->valid && !bits_get(v->valid, 0))
        out->valid = arena_zalloc(arena, bits_words(row_count) * sizeof(uint64_t));
    if (phys_is_list(phys)) {
        uint32_t *rows = arena_zalloc(arena, row_count * sizeof *rows);

        select_lists(arena, out, v, rows);
    }
    if (phys == PHYS_STRUCT) {
        for (uint32_t i = 0; i < v->type->field_count; i++)
            out->children[i] = constant_spread(arena, v->children[i]);
    }
    vector_merge_errors(arena, out, v);
    return out;
}

static bool is_flat(const Vector *v)
{
    if (v->is_constant)
        return false;
    for (uint32_t i = 0; i < v->type->field_count; i++) {
        if (!is_flat(v->children[i]))
            return false;
    }
    return true;
}

/* vector_flatten for those who go on to fill in the result. */
static Vector *flat_copy(Arena *arena, const Vector *v)
{
    Vector *out = v->is_constant ? constant_spread(arena, v) : arena_copy(arena, v, sizeof *v);

    if (v->type->field_count > 0) {
        Vector **children = ARENA_ARRAY(arena, Vector *, v->type->field_count);

        for (uint32_t i = 0; i < v->type->field_count; i++)
            children[i] = is_flat(out->children[i]) ? out->children[i]
                                                    : flat_copy(arena, out->children[i]);
        out->children = children;
    }
    return out;
}

const Vector *vector_flatten(Arena *arena, const Vector *v)
{
    return is_flat(v) ? v : flat_copy(arena, v);
}

/* ── concat ────────────────────────────────────────────────────────────────────────────────────*/

/* `count` bits of `from` to bit `at` of `to`, whose bits from there on are clear. */
static void bits_append(uint64_t *to, size_t at, const uint64_t *from, size_t count)
{
    unsigned shift = at % 64;

    to += at / 64;
    for (size_t i = 0; i * 64 < count; i++) {
        uint64_t word = from[i];
        size_t left = count - i * 64;

        if (left < 64)
            word &= ((uint64_t)1 << left) - 1;
        to[i] |= word << shift;
        if (shift && shift + left > 64)
            to[i + 1] |= word >> (64 - shift);
    }
}

static void bits_append_ones(uint64_t *to, size_t at, size_t count)
{
    for (; count > 0 && at % 64; at++, count--)
        bits_set(to, at);
    for (; count >= 64; at += 64, count -= 64)
        to[at / 64] = UINT64_MAX;
    for (; count > 0; at++, count--)
        bits_set(to, at);
}

static void concat_valid(Arena *arena, Vector *out, const Vector *const *parts,
                         uint32_t part_count)
{
    bool any = false;
    size_t at = 0;

    for (uint32_t p = 0; p < part_count; p++)
        any = any || parts[p]->valid;
    if (!any || out->type->kind == TYPE_VOID)
        return;
    out->valid = arena_zalloc(arena, bits_words(out->row_count) * sizeof(uint64_t));
    for (uint32_t p = 0; p < part_count; p++) {
        const Vector *part = parts[p];

        if (!part->valid || (part->is_constant && bits_get(part->valid, 0)))
            bits_append_ones(out->valid, at, part->row_count);
        else if (!part->is_constant)
            bits_append(out->valid, at, part->valid, part->row_count);
        at += part->row_count;
    }
}

static void concat_data(Vector *out, const Vector *const *parts, uint32_t part_count)
{
    uint32_t bytes = phys_bytes(phys_of(out));
    char *to = out->data;

    for (uint32_t p = 0; p < part_count; p++) {
        const Vector *part = parts[p];
        size_t part_bytes = (size_t)part->row_count * bytes;

        if (part->is_constant)
            spread(to, part->data, bytes, part->row_count);
        else if (part_bytes)
            memcpy(to, part->data, part_bytes);
        to += part_bytes;
    }
}

static void concat_lists(Arena *arena, Vector *out, const Vector *const *parts,
                         uint32_t part_count)
{
    const Vector **flat = ARENA_ARRAY(arena, const Vector *, part_count);
    const Vector **elements = ARENA_ARRAY(arena, const Vector *, part_count);
    uint32_t row_i = 0;
    uint64_t at = 0;

    out->offsets[0] = 0;
    for (uint32_t p = 0; p < part_count; p++) {
        const Vector *part = flat[p] = vector_flatten(arena, parts[p]);

        for (uint32_t i = 0; i < part->row_count; i++) {
            at += part->offsets[i + 1] - part->offsets[i];
            ASSERT(at <= UINT32_MAX);
            out->offsets[++row_i] = (uint32_t)at;
        }
    }
    for (uint32_t i = 0; i < out->type->field_count; i++) {
        for (uint32_t p = 0; p < part_count; p++) {
            const Vector *part = flat[p];
            uint32_t first = part->offsets[0];

            elements[p] = vector_slice(arena, part->children[i], first,
                                       part->offsets[part->row_count] - first);
        }
        out->children[i] =
            vector_concat(arena, out->type->fields[i].type, elements, part_count);
    }
}

static void concat_structs(Arena *arena, Vector *out, const Vector *const *parts,
                           uint32_t part_count)
{
    const Vector **fields = ARENA_ARRAY(arena, const Vector *, part_count);

    for (uint32_t i = 0; i < out->type->field_count; i++) {
        for (uint32_t p = 0; p < part_count; p++)
            fields[p] = parts[p]->children[i];
        out->children[i] = vector_concat(arena, out->type->fields[i].type, fields, part_count);
    }
}

Vector *vector_concat(Arena *arena, const Type *type, const Vector *const *parts,
                      uint32_t part_count)
{
    uint64_t row_count = 0;
    uint32_t at = 0;
    Vector *out;

    for (uint32_t p = 0; p < part_count; p++)
        row_count += parts[p]->row_count;
    ASSERT(row_count <= UINT32_MAX);
    out = vector_shell(arena, type, (uint32_t)row_count);
    vector_alloc(arena, out, out->row_count);
    concat_valid(arena, out, parts, part_count);
    if (out->data)
        concat_data(out, parts, part_count);
    if (out->offsets)
        concat_lists(arena, out, parts, part_count);
    else if (type->field_count > 0)
        concat_structs(arena, out, parts, part_count);
    for (uint32_t p = 0; p < part_count; p++) {
        const Vector *part = parts[p];

        for (uint32_t i = 0; part->errors && i < part->errors->count; i++) {
            RowError error = part->errors->items[i];
            uint32_t copies = part->is_constant ? part->row_count : 1;

            error.row_i += at;
            for (uint32_t c = 0; c < copies; c++, error.row_i++)
                errors_add(arena, out, error);
        }
        at += part->row_count;
    }
    return out;
}

/* ── copy ──────────────────────────────────────────────────────────────────────────────────────*/

/* The bytes of all strings go into one block, in order. */
static void copy_strings(Arena *arena, Vector *out, const Vector *v)
{
    uint32_t rows = held_rows(v);
    const Str *from = v->data;
    Str *to = out->data;
    size_t bytes = 0;
    char *at;

    for (uint32_t i = 0; i < rows; i++)
        bytes += from[i].bytes;
    at = arena_alloc(arena, bytes);
    for (uint32_t i = 0; i < rows; i++) {
        if (from[i].bytes)
            memcpy(at, from[i].data, from[i].bytes);
        to[i] = (Str){at, from[i].bytes};
        at += from[i].bytes;
    }
}

static void copy_errors(Arena *arena, Vector *out, const Vector *v)
{
    for (uint32_t i = 0; i < v->errors->count; i++) {
        RowError error = v->errors->items[i];

        error.text = arena_strdup(arena, error.text);
        errors_add(arena, out, error);
    }
}

Vector *vector_copy(Arena *arena, const Vector *v)
{
    Vector *out = vector_shell(arena, v->type, v->row_count);
    PhysKind phys = phys_of(v);
    uint32_t rows = held_rows(v);

    out->is_constant = v->is_constant;
    vector_alloc(arena, out, rows);
    if (phys == PHYS_STR)
        copy_strings(arena, out, v);
    else if (out->data && rows)
        memcpy(out->data, v->data, (size_t)rows * phys_bytes(phys));
    if (v->valid && phys != PHYS_VOID)
        out->valid = arena_copy(arena, v->valid, bits_words(rows) * sizeof(uint64_t));
    if (v->offsets) {
        uint32_t first = v->offsets[0];

        for (uint32_t i = 0; i <= rows; i++)
            out->offsets[i] = v->offsets[i] - first;
        for (uint32_t i = 0; i < v->type->field_count; i++) {
            const Vector *used =
                vector_slice(arena, v->children[i], first, v->offsets[rows] - first);

            out->children[i] = vector_copy(arena, used);
        }
    } else {
        for (uint32_t i = 0; i < v->type->field_count; i++)
            out->children[i] = vector_copy(arena, v->children[i]);
    }
    if (v->errors)
        copy_errors(arena, out, v);
    return out;
}

void vector_adopt_type(Vector *v, const Type *type)
{
    v->type = type;
    for (uint32_t i = 0; v->children && i < type->field_count; i++)
        vector_adopt_type(v->children[i], type->fields[i].type);
}

/* ── verify ────────────────────────────────────────────────────────────────────────────────────*/

static bool data_verify(const Vector *v, uint32_t rows)
{
    PhysKind phys = phys_of(v);

    for (uint32_t i = 0; i < rows; i++) {
        bool valid = (!v->valid || bits_get(v->valid, i)) && !vector_has_error(v, i);

        if (phys == PHYS_BOOL && valid && vector_bools(v)[i] > 1)
            return false;
        if (phys == PHYS_STR) {
            Str s = vector_strs(v)[i];

            if ((!valid && !vector_has_error(v, i) && s.bytes != 0) || (s.bytes && !s.data))
                return false;
        }
        if (phys == PHYS_I128 && valid && !vector_has_error(v, i)) {
            Int128 limit = 1;

            for (int d = 0; d < v->type->precision; d++)
                limit *= 10;
            if (vector_i128(v)[i] >= limit || vector_i128(v)[i] <= -limit)
                return false;
        }
    }
    return true;
}

bool vector_verify(const Vector *v)
{
    PhysKind phys = phys_of(v);
    uint32_t rows = held_rows(v);

    if (phys == PHYS_VOID)
        return v->row_count == 0 || (v->valid && vector_null_count(v) == v->row_count);
    if (phys_bytes(phys) > 0 && rows > 0 && !v->data)
        return false;
    if (v->row_count > 0 && !data_verify(v, rows))
        return false;
    if (phys_is_list(phys) && v->row_count > 0) {
        for (uint32_t i = 0; i < rows; i++) {
            uint32_t count = v->offsets[i + 1] - v->offsets[i];

            if (v->offsets[i + 1] < v->offsets[i])
                return false;
            if (count > 0 && v->valid && !bits_get(v->valid, i))
                return false;
        }
    }
    for (uint32_t f = 0; f < v->type->field_count; f++) {
        const Vector *child = v->children[f];

        if (!child || !type_equal(child->type, v->type->fields[f].type) || !vector_verify(child))
            return false;
        if (phys == PHYS_STRUCT &&
            (child->row_count != v->row_count || (v->is_constant && !child->is_constant)))
            return false;
        if (phys_is_list(phys) && v->row_count > 0 && child->row_count < v->offsets[rows])
            return false;
        if (phys == PHYS_MAP && f == 0 && vector_null_count(child) > 0)
            return false;
    }
    return true;
}
