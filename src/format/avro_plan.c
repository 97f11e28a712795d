#include "format/avro_plan.h"

#include "base/assert.h"

static bool plan_node(Arena *arena, const AvroNode *writer, const AvroNode *reader,
                      const Type *type, const AvroPlan **out, Error *err);

/* The branch of that kind, where a union stands. */
static const AvroNode *branch_of(const AvroNode *node, AvroKind kind)
{
    if (!node || node->kind != AVRO_UNION)
        return node && node->kind == kind ? node : NULL;
    for (uint32_t i = 0; i < node->branch_count; i++) {
        if (node->branches[i]->kind == kind)
            return node->branches[i];
    }
    return NULL;
}

static bool is_timestamp(const AvroNode *node)
{
    return node->logical >= AVRO_TIMESTAMP_MILLIS && node->logical <= AVRO_TIMESTAMP_NANOS;
}

static bool is_local(const AvroNode *node)
{
    return node->logical >= AVRO_LOCAL_MILLIS && node->logical <= AVRO_LOCAL_NANOS;
}

static bool is_text(const AvroNode *node)
{
    return node->kind == AVRO_STRING || node->kind == AVRO_BYTES || node->kind == AVRO_FIXED ||
           node->kind == AVRO_ENUM;
}

/* Whether a value as written can be one of the type. */
static bool scalar_fits(const AvroNode *node, const Type *type)
{
    bool integer = node->kind == AVRO_INT || node->kind == AVRO_LONG;

    switch (type->kind) {
    case TYPE_VOID:
        return node->kind == AVRO_NULL;
    case TYPE_BOOLEAN:
        return node->kind == AVRO_BOOLEAN;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        return integer;
    case TYPE_FLOAT:
        return integer || node->kind == AVRO_FLOAT;
    case TYPE_DOUBLE:
        return integer || node->kind == AVRO_FLOAT || node->kind == AVRO_DOUBLE;
    case TYPE_DECIMAL:
        return node->logical == AVRO_DECIMAL || (integer && node->logical == AVRO_PLAIN);
    case TYPE_STRING:
        return is_text(node) && node->logical != AVRO_DECIMAL && node->kind != AVRO_FIXED;
    case TYPE_BINARY:
        return is_text(node) && node->kind != AVRO_ENUM;
    case TYPE_DATE:
        return node->logical == AVRO_DATE;
    case TYPE_TIMESTAMP:
        return is_timestamp(node);
    case TYPE_TIMESTAMP_NTZ:
        return is_local(node);
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
    case TYPE_INTERVAL:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        break;
    }
    return false;
}

static bool no_fit(const AvroNode *node, const Type *type, Error *err)
{
    StrBuf name;

    strbuf_init(&name);
    type_name_sql(&name, type);
    (void)error_set(err, ERROR_USER, "%s cannot be made of Avro's %s", strbuf_c(&name),
                    avro_kind_name(node->kind));
    strbuf_done(&name);
    return false;
}

static bool has_alias(const AvroField *field, Str name)
{
    bool found = false;

    for (uint32_t i = 0; !found && i < field->alias_count; i++)
        found = str_equal_nocase(field->aliases[i], name);
    return found;
}

/* The field of that name; else the one that had it once. */
static const AvroField *field_find(const AvroNode *record, Str name, uint32_t *field_i)
{
    for (int by_alias = 0; by_alias < 2; by_alias++) {
        for (uint32_t i = 0; record && i < record->field_count; i++) {
            const AvroField *field = &record->fields[i];

            if (by_alias ? !has_alias(field, name) : !str_equal_nocase(field->name, name))
                continue;
            *field_i = i;
            return field;
        }
    }
    return NULL;
}

static bool plan_missing(Arena *arena, AvroPlan *plan, uint32_t child_i, const AvroField *reader,
                         Error *err)
{
    AvroMissing *missing = &plan->missing[plan->missing_count++];

    *missing = (AvroMissing){.child_i = child_i};
    if (!reader || !reader->has_default)
        return true;
    missing->bytes = reader->default_value;
    return plan_node(arena, reader->type, NULL, plan->type->fields[child_i].type, &missing->plan,
                     err);
}

/* The reader's field may have another name than the writer's: one of its aliases. */
static const AvroField *writer_field(const AvroNode *writer, const AvroField *reader, Str name,
                                     uint32_t *field_i)
{
    const AvroField *found = field_find(writer, name, field_i);

    if (!found && reader)
        found = field_find(writer, reader->name, field_i);
    for (uint32_t i = 0; !found && reader && i < reader->alias_count; i++)
        found = field_find(writer, reader->aliases[i], field_i);
    return found;
}

static bool plan_record(Arena *arena, AvroPlan *plan, const AvroNode *reader, Error *err)
{
    const AvroNode *writer = plan->node;
    const Type *type = plan->type;

    if (type->kind != TYPE_STRUCT)
        return no_fit(writer, type, err);
    plan->fields = ARENA_ARRAY(arena, AvroPlanField, (size_t)writer->field_count + 1);
    plan->missing = ARENA_ARRAY(arena, AvroMissing, (size_t)type->field_count + 1);
    for (uint32_t i = 0; i < writer->field_count; i++)
        plan->fields[i] = (AvroPlanField){.node = writer->fields[i].type};
    for (uint32_t c = 0; c < type->field_count; c++) {
        Str name = type->fields[c].name;
        uint32_t reader_i;
        uint32_t i;
        const AvroField *wanted = field_find(reader, name, &reader_i);
        const AvroField *found = writer_field(writer, wanted, name, &i);
        /* By its aliases one field may be found for several columns: it is the first one's. */
        bool free = found && !plan->fields[i].plan;
        bool ok = free ? plan_node(arena, found->type, wanted ? wanted->type : NULL,
                                   type->fields[c].type, &plan->fields[i].plan, err)
                       : plan_missing(arena, plan, c, wanted, err);

        if (!ok)
            return error_wrap(err, "%.*s", STR_ARG(name));
        if (free)
            plan->fields[i].child_i = c;
    }
    return true;
}

/* STRUCT<member0, member1, …>, as Spark has unions of several types. */
static bool is_members(const AvroNode *node, const Type *type)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < node->branch_count; i++)
        count += node->branches[i]->kind != AVRO_NULL;
    return count > 1 && type->kind == TYPE_STRUCT && type->field_count > 0 &&
           str_starts_with(type->fields[0].name, STR("member"));
}

static bool plan_members(Arena *arena, AvroPlan *plan, Error *err)
{
    uint32_t *member_of = ARENA_ARRAY(arena, uint32_t, plan->node->branch_count);
    uint32_t number = 0;

    plan->members = true;
    plan->member_of = member_of;
    for (uint32_t i = 0; i < plan->node->branch_count; i++) {
        const AvroNode *branch = plan->node->branches[i];
        int child;

        member_of[i] = UINT32_MAX;
        if (branch->kind == AVRO_NULL)
            continue;
        child = type_field_find(plan->type, str_of(arena_printf(arena, "member%u", number++)));
        if (child < 0)
            continue; /* Not read. */
        member_of[i] = (uint32_t)child;
        if (!plan_node(arena, branch, NULL, plan->type->fields[child].type, &plan->branches[i],
                       err))
            return false;
    }
    return true;
}

static bool plan_union(Arena *arena, AvroPlan *plan, const AvroNode *reader, Error *err)
{
    bool any = false;
    bool only_nulls = true;
    Error why = {0};

    plan->branches = arena_zalloc(arena, plan->node->branch_count * sizeof *plan->branches);
    if (is_members(plan->node, plan->type))
        return plan_members(arena, plan, err);
    for (uint32_t i = 0; i < plan->node->branch_count; i++) {
        const AvroNode *branch = plan->node->branches[i];

        if (branch->kind == AVRO_NULL)
            continue;
        only_nulls = false;
        any = plan_node(arena, branch, branch_of(reader, branch->kind), plan->type,
                        &plan->branches[i], &why) ||
              any;
    }
    if (any || only_nulls)
        return true;
    *err = why;
    return false;
}

static bool plan_node(Arena *arena, const AvroNode *writer, const AvroNode *reader,
                      const Type *type, const AvroPlan **out, Error *err)
{
    AvroPlan *plan = ARENA_NEW(arena, AvroPlan);
    bool ok;

    *plan = (AvroPlan){.node = writer, .type = type};
    switch (writer->kind) {
    case AVRO_UNION:
        ok = plan_union(arena, plan, reader, err);
        break;
    case AVRO_RECORD:
        ok = plan_record(arena, plan, branch_of(reader, AVRO_RECORD), err);
        break;
    case AVRO_ARRAY:
    case AVRO_MAP:
        if (type->kind != (writer->kind == AVRO_ARRAY ? TYPE_ARRAY : TYPE_MAP) ||
            (type->kind == TYPE_MAP && type->fields[0].type->kind != TYPE_STRING))
            return no_fit(writer, type, err);
        reader = branch_of(reader, writer->kind);
        ok = plan_node(arena, writer->items, reader ? reader->items : NULL,
                       type->fields[type->field_count - 1].type, &plan->items, err);
        break;
    case AVRO_NULL: /* Fits all. */
        ok = true;
        break;
    case AVRO_BOOLEAN:
    case AVRO_INT:
    case AVRO_LONG:
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
    case AVRO_BYTES:
    case AVRO_STRING:
    case AVRO_FIXED:
    case AVRO_ENUM:
        ok = scalar_fits(writer, type) || no_fit(writer, type, err);
        break;
    case AVRO_KIND_COUNT:
    default:
        UNREACHABLE();
    }
    if (ok)
        *out = plan;
    return ok;
}

bool avro_plan(Arena *arena, const AvroNode *writer, const AvroNode *reader, const Type *type,
               const AvroPlan **out, Error *err)
{
    if (writer->kind != AVRO_RECORD)
        return error_set(err, ERROR_USER, "the Avro schema is a %s; rows are made of a record",
                         avro_kind_name(writer->kind));
    return plan_node(arena, writer, reader, type, out, err);
}
