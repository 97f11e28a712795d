#include "generate/answers.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/bits.h"
#include "generate/fault.h"
#include "generate/put.h"

#define GROUPS_MAX 16
#define INVALID_KINDS_MAX 4

typedef struct GroupSums {
    int64_t records;
    int64_t amounts[2];
} GroupSums;

struct Answers {
    const Stream *stream;
    GenerateOptions options;
    FaultPlan faults;
    int64_t next;
    int64_t end;
    int64_t kinds[FAULT_KIND_COUNT];
    int64_t malformed[MALFORMED_KIND_COUNT];
    int64_t invalid[INVALID_KINDS_MAX];
    int64_t time_min_us;
    int64_t time_max_us;
    GroupSums groups[GROUPS_MAX]; /* Of valid records, each once. */
    GroupSums total;
    /* Bit i: record from - 1 - i was seen as a duplicate. */
    uint64_t seen_before[(FAULT_DUPLICATE_REACH + 63) / 64];
};

bool answers_open(const Stream *stream, const GenerateOptions *options, Answers **out, Error *err)
{
    Answers *answers;

    if (!generate_options_check(options, stream, err))
        return false;
    ASSERT(stream->group_count <= GROUPS_MAX && stream->invalid_count <= INVALID_KINDS_MAX);
    answers = mem_zalloc(sizeof *answers);
    answers->stream = stream;
    answers->options = *options;
    answers->next = options->from;
    answers->end = options->from + options->count;
    if (!stream->sequence)
        fault_plan_init(&answers->faults, stream, options);
    *out = answers;
    return true;
}

void answers_close(Answers *answers)
{
    free(answers);
}

static void add_valid(Answers *answers, int64_t index, bool late)
{
    StreamRow row;
    GroupSums *group;
    int64_t time_us;

    generate_row(answers->stream, &answers->options, index, late, -1, &row);
    time_us = row.fields[answers->stream->column_count - 1].number;
    if (answers->total.records == 0 || time_us < answers->time_min_us)
        answers->time_min_us = time_us;
    if (answers->total.records == 0 || time_us > answers->time_max_us)
        answers->time_max_us = time_us;
    group = &answers->groups[row.group];
    group->records++;
    answers->total.records++;
    for (int i = 0; i < 2 && answers->stream->amount_names[i]; i++) {
        group->amounts[i] += row.amounts[i];
        answers->total.amounts[i] += row.amounts[i];
    }
}

/* True the first time. */
static bool is_new_before_range(Answers *answers, int64_t original)
{
    int64_t back = answers->options.from - 1 - original;

    if (back < 0)
        return false;
    ASSERT(back < FAULT_DUPLICATE_REACH);
    if (bits_get(answers->seen_before, (size_t)back))
        return false;
    bits_set(answers->seen_before, (size_t)back);
    return true;
}

static void add_record(Answers *answers, int64_t index)
{
    Fault fault = fault_decide(&answers->faults, index);

    answers->kinds[fault.kind]++;
    switch (fault.kind) {
    case FAULT_NONE:
    case FAULT_LATE:
        add_valid(answers, index, fault.kind == FAULT_LATE);
        break;
    case FAULT_DUPLICATE:
        if (is_new_before_range(answers, fault.original))
            add_valid(answers, fault.original, false);
        break;
    case FAULT_MALFORMED:
        answers->malformed[fault.sub_kind]++;
        break;
    case FAULT_INVALID:
        answers->invalid[fault.sub_kind]++;
        break;
    case FAULT_KIND_COUNT:
        UNREACHABLE();
    }
}

static void add_sequence_record(Answers *answers, int64_t index)
{
    int group = answers->stream->sequence->group(&answers->options, index);

    answers->kinds[FAULT_NONE]++;
    answers->groups[group].records++;
    answers->total.records++;
}

bool answers_step(Answers *answers, int64_t records_max)
{
    int64_t end = answers->next + MIN(records_max, answers->end - answers->next);

    for (; answers->next < end; answers->next++) {
        if (answers->stream->sequence)
            add_sequence_record(answers, answers->next);
        else
            add_record(answers, answers->next);
    }
    return answers->next < answers->end;
}

/* ── as JSON ───────────────────────────────────────────────────────────────────────────────────*/

static void write_count(StrBuf *out, const char *name, int64_t count)
{
    strbuf_printf(out, ",\"%s\":%lld", name, (long long)count);
}

/* `{"total":3,"first":1,"second":2}` */
static void write_kinds_begin(StrBuf *out, const char *name, int64_t total)
{
    strbuf_printf(out, ",\"%s\":{\"total\":%lld", name, (long long)total);
}

static void write_time(StrBuf *out, const char *name, int64_t time_us)
{
    DayText day = {0};
    char text[32];
    char *end = put_time_ms(text, time_us, 'T', &day);

    strbuf_printf(out, ",\"%s\":\"%.*sZ\"", name, (int)(end - text), text);
}

static void write_sums(const Answers *answers, StrBuf *out, const GroupSums *sums)
{
    strbuf_printf(out, "\"records\":%lld", (long long)sums->records);
    for (int i = 0; i < 2 && answers->stream->amount_names[i]; i++) {
        char text[32];
        char *end = answers->stream->amount_kinds[i] == FIELD_DECIMAL2
                        ? put_decimal2(text, sums->amounts[i])
                        : put_int64(text, sums->amounts[i]);

        strbuf_printf(out, ",\"%s\":%.*s", answers->stream->amount_names[i], (int)(end - text),
                      text);
    }
}

static void write_faults(const Answers *answers, StrBuf *out)
{
    write_count(out, "good", answers->kinds[FAULT_NONE]);
    write_count(out, "late", answers->kinds[FAULT_LATE]);
    write_count(out, "duplicate", answers->kinds[FAULT_DUPLICATE]);
    write_kinds_begin(out, "malformed", answers->kinds[FAULT_MALFORMED]);
    for (int i = 0; i < (int)MALFORMED_KIND_COUNT; i++)
        write_count(out, malformed_kind_name((MalformedKind)i), answers->malformed[i]);
    strbuf_add_char(out, '}');
    write_kinds_begin(out, "invalid", answers->kinds[FAULT_INVALID]);
    for (int i = 0; i < answers->stream->invalid_count; i++)
        write_count(out, answers->stream->invalid_kinds[i], answers->invalid[i]);
    strbuf_add_char(out, '}');
}

void answers_write(const Answers *answers, StrBuf *out)
{
    const Stream *stream = answers->stream;
    const GenerateOptions *options = &answers->options;

    ASSERT(answers->next == answers->end);
    strbuf_printf(out, "{\"stream\":\"%s\",\"seed\":%lld,\"from\":%lld,\"count\":%lld",
                  stream->name, (long long)options->seed, (long long)options->from,
                  (long long)options->count);
    if (!stream->sequence)
        write_faults(answers, out);
    strbuf_add_c(out, ",\"valid\":{");
    write_sums(answers, out, &answers->total);
    if (!stream->sequence && answers->total.records > 0) {
        write_time(out, "ts_min", answers->time_min_us);
        write_time(out, "ts_max", answers->time_max_us);
    }
    strbuf_printf(out, ",\"by_%s\":[", stream->group_name);
    for (int i = 0; i < stream->group_count; i++) {
        strbuf_printf(out, "%s{\"%s\":\"%s\",", i ? "," : "", stream->group_name,
                      stream->groups[i]);
        write_sums(answers, out, &answers->groups[i]);
        strbuf_add_char(out, '}');
    }
    strbuf_add_c(out, "]}}\n");
}
