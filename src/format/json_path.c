/*
 * json_path.c: looking into a JSON text without a schema: get_json_object, json_tuple and relatives
 * (json.h).
 *
 * The rules are those of Spark's get_json_object, which are Hive's: of an object the first field of
 * the name that leads to something counts; a string found alone loses its quotes; [*] gives an array
 * of what it finds, but a single find without the brackets; [*][*] flattens. '.*' is a path, but
 * finds nothing.
 *
 * The whole text is checked first, so the walk itself needs no errors.
 */
#include "base/assert.h"
#include "base/vec.h"
#include "format/json.h"
#include "format/json_node.h"

enum { STEPS_MAX = 1000 };

typedef enum StepKind { STEP_NAME, STEP_INDEX, STEP_EACH, STEP_NOTHING } StepKind;

typedef struct Step {
    StepKind kind;
    Str name;
    uint64_t index;
} Step;

struct JsonPath {
    Step *steps;
    size_t step_count;
};

/* ── the path ──────────────────────────────────────────────────────────────────────────────────*/

static void skip_blanks(Str *rest)
{
    while (rest->bytes > 0 && json_is_space(rest->data[0]))
        *rest = str_slice(*rest, 1, rest->bytes);
}

static bool take(Str *rest, const char *text)
{
    Str after = *rest;

    skip_blanks(&after);
    if (!str_starts_with(after, str_of(text)))
        return false;
    *rest = str_slice(after, (uint32_t)strlen(text), after.bytes);
    return true;
}

/* Up to one of `stops`, at least a character. */
static bool take_name(Str *rest, const char *stops, Str *name)
{
    uint32_t bytes = 0;

    skip_blanks(rest);
    while (bytes < rest->bytes && (rest->data[bytes] == '\0' || !strchr(stops, rest->data[bytes])))
        bytes++;
    *name = str_slice(*rest, 0, bytes);
    *rest = str_slice(*rest, bytes, rest->bytes);
    return bytes > 0;
}

static bool take_index(Str *rest, uint64_t *index)
{
    uint32_t digits = 0;

    skip_blanks(rest);
    *index = 0;
    for (; digits < rest->bytes && json_is_digit(rest->data[digits]); digits++) {
        if (*index > (UINT64_MAX >> 1) / 10 - 1)
            return false;
        *index = *index * 10 + (uint64_t)(rest->data[digits] - '0');
    }
    *rest = str_slice(*rest, digits, rest->bytes);
    return digits > 0;
}

static bool take_step(Str *rest, Step *step)
{
    *step = (Step){.kind = STEP_NOTHING};
    if (take(rest, ".*") || take(rest, "['*']"))
        return true;
    if (take(rest, "['")) {
        step->kind = STEP_NAME;
        return take_name(rest, "'", &step->name) && take(rest, "']");
    }
    if (take(rest, ".")) {
        step->kind = STEP_NAME;
        return take_name(rest, ".[", &step->name);
    }
    if (!take(rest, "["))
        return false;
    if (take(rest, "*")) {
        step->kind = STEP_EACH;
        return take(rest, "]");
    }
    step->kind = STEP_INDEX;
    return take_index(rest, &step->index) && take(rest, "]");
}

bool json_path_parse(Arena *arena, Str text, const JsonPath **out)
{
    VEC(Step) steps = {0};
    JsonPath *path;
    Str rest = text;

    if (!take(&rest, "$"))
        return false;
    while (rest.bytes > 0) {
        Step step;

        if (steps.count == STEPS_MAX || !take_step(&rest, &step))
            return false;
        step.name = str_copy(arena, step.name);
        VEC_ADD_IN(arena, &steps, step);
    }
    path = ARENA_NEW(arena, JsonPath);
    path->steps = steps.items;
    path->step_count = steps.count;
    *out = path;
    return true;
}

/* ── walking a checked text ────────────────────────────────────────────────────────────────────*/

typedef struct Walk {
    const char *end;
    Arena *arena;
} Walk;

static const char *walk_skip(const Walk *w, const char *p)
{
    JsonScan scan = {0};
    const char *after = json_skip_value(p, w->end, JSON_DEPTH_MAX + 1, &scan);

    ASSERT(after);
    return after;
}

/* The string at p without its quotes and escapes. */
static const char *walk_string(const Walk *w, const char *p, Str *out)
{
    JsonScan scan = {0};
    const char *after = json_string_slow(p + 1, w->end, *p, &scan);

    ASSERT(after);
    *out = (Str){p + 1, (uint32_t)(after - p - 2)};
    if (scan.escaped) {
        char *plain = arena_alloc(w->arena, out->bytes);

        *out = (Str){plain, json_unescape(*out, plain)};
    }
    return after;
}

/* The next member of an object or element of an array: p is behind the bracket or a value, and left
 * at the next name or value. False: at the closing bracket, behind which p is left. */
static bool walk_next(const char **p)
{
    *p = json_skip_space(*p);
    if (**p == ',')
        *p = json_skip_space(*p + 1);
    if (**p != '}' && **p != ']')
        return true;
    ++*p;
    return false;
}

/* The member's name; p is left at its value. */
static void walk_name(const Walk *w, const char **p, Str *name)
{
    *p = json_skip_space(walk_string(w, *p, name));
    *p = json_skip_space(*p + 1);
}

/* What is found, written one behind the other, within brackets with commas. */
typedef struct Finds {
    StrBuf *out;
    bool in_array;
    bool any;
} Finds;

static void finds_comma(Finds *finds)
{
    if (finds->in_array && finds->any)
        strbuf_add_char(finds->out, ',');
    finds->any = true;
}

typedef enum Style {
    STYLE_RAW,     /* A string stands without quotes. */
    STYLE_QUOTED,
    STYLE_FLATTEN, /* Arrays dissolve into the one around them. */
} Style;

/* Follows the steps from the value at p. Returns behind the value. */
static const char *follow(const Walk *w, const char *p, Style style, const Step *steps,
                          size_t step_count, Finds *finds, bool *found);

static const char *follow_end(const Walk *w, const char *p, Style style, Finds *finds, bool *found)
{
    const char *from = p;
    Str text;

    if (json_is_quote(*p) && style == STYLE_RAW) {
        p = walk_string(w, p, &text);
        strbuf_add_str(finds->out, text);
        *found = true;
        return p;
    }
    if (*p == '[' && style == STYLE_FLATTEN) {
        p++;
        while (walk_next(&p))
            p = follow(w, p, style, NULL, 0, finds, found);
        return p;
    }
    p = walk_skip(w, p);
    finds_comma(finds);
    json_write_compact(finds->out, from, p);
    *found = true;
    return p;
}

static const char *follow_name(const Walk *w, const char *p, Style style, const Step *steps,
                               size_t step_count, Finds *finds, bool *found)
{
    p++;
    while (walk_next(&p)) {
        Str name;

        walk_name(w, &p, &name);
        if (!*found && str_equal(name, steps[0].name) && *p != 'n')
            p = follow(w, p, style, steps + 1, step_count - 1, finds, found);
        else
            p = walk_skip(w, p);
    }
    return p;
}

static const char *follow_index(const Walk *w, const char *p, Style style, const Step *steps,
                                size_t step_count, Finds *finds, bool *found)
{
    if (step_count > 1 && steps[1].kind == STEP_EACH)
        style = STYLE_QUOTED; /* There may be several. */
    p++;
    for (uint64_t i = 0; walk_next(&p); i++) {
        if (i == steps[0].index)
            p = follow(w, p, style, steps + 1, step_count - 1, finds, found);
        else
            p = walk_skip(w, p);
    }
    return p;
}

/* All elements, in brackets of their own. */
static const char *follow_each(const Walk *w, const char *p, Style style, const Step *steps,
                               size_t step_count, Finds *finds, bool *found)
{
    Finds inner = {finds->out, true, false};

    finds_comma(finds);
    strbuf_add_char(finds->out, '[');
    p++;
    while (walk_next(&p))
        p = follow(w, p, style, steps, step_count, &inner, found);
    strbuf_add_char(finds->out, ']');
    return p;
}

/* The same, but a single find stands without the brackets. */
static const char *follow_each_or_one(const Walk *w, const char *p, Style style, const Step *steps,
                                      size_t step_count, Finds *finds, bool *found)
{
    StrBuf buffer;
    Finds inner = {&buffer, true, false};
    uint64_t count = 0;

    strbuf_init(&buffer);
    p++;
    while (walk_next(&p)) {
        bool one = false;

        p = follow(w, p, style, steps, step_count, &inner, &one);
        count += one;
    }
    if (count > 0) {
        finds_comma(finds);
        if (count > 1)
            strbuf_add_char(finds->out, '[');
        strbuf_add_str(finds->out, strbuf_str(&buffer));
        if (count > 1)
            strbuf_add_char(finds->out, ']');
        *found = true;
    }
    strbuf_done(&buffer);
    return p;
}

static const char *follow(const Walk *w, const char *p, Style style, const Step *steps,
                          size_t step_count, Finds *finds, bool *found)
{
    if (step_count == 0)
        return follow_end(w, p, style, finds, found);
    if (*p == '{' && steps[0].kind == STEP_NAME)
        return follow_name(w, p, style, steps, step_count, finds, found);
    if (*p == '[' && steps[0].kind == STEP_INDEX)
        return follow_index(w, p, style, steps, step_count, finds, found);
    if (*p == '[' && steps[0].kind == STEP_EACH) {
        if (step_count > 1 && steps[1].kind == STEP_EACH)
            return follow_each(w, p, STYLE_FLATTEN, steps + 2, step_count - 2, finds, found);
        if (style == STYLE_QUOTED)
            return follow_each(w, p, style, steps + 1, step_count - 1, finds, found);
        return follow_each_or_one(w, p, style == STYLE_RAW ? STYLE_QUOTED : style, steps + 1,
                                  step_count - 1, finds, found);
    }
    return walk_skip(w, p);
}

/* The value of a text that is JSON (what follows it does not matter); NULL: it is not. */
static const char *value_open(Arena *arena, Str json, Walk *w)
{
    const char *real_end;
    const char *from;
    const char *after;
    JsonScan scan = {0};

    *w = (Walk){.arena = arena};
    if (!json.data)
        return NULL;
    from = json_skip_space(json_text_guard(arena, json, &w->end, &real_end));
    after = from < real_end ? json_skip_value(from, w->end, JSON_DEPTH_MAX, &scan) : NULL;
    return after && after <= real_end ? from : NULL;
}

bool json_path_get(const JsonPath *path, Arena *scratch, Str json, StrBuf *out)
{
    Walk w;
    const char *p = value_open(scratch, json, &w);
    size_t before = out->bytes;
    Finds finds = {out, false, false};
    bool found = false;

    if (!p)
        return false;
    (void)follow(&w, p, STYLE_RAW, path->steps, path->step_count, &finds, &found);
    if (!found && out->bytes > before) {
        out->bytes = before;
        out->data[before] = '\0';
    }
    return found;
}

/* ── an object's or array's members ────────────────────────────────────────────────────────────*/

/* The value at p as json_tuple gives it, in the arena; p is left behind it. False: null. */
static bool member_text(const Walk *w, const char **p, Str *out)
{
    const char *from = *p;
    StrBuf text;

    if (json_is_quote(**p)) {
        *p = walk_string(w, *p, out);
        *out = str_copy(w->arena, *out);
        return true;
    }
    *p = walk_skip(w, *p);
    if (*from == 'n')
        return false;
    strbuf_init(&text);
    json_write_compact(&text, from, *p);
    *out = str_copy(w->arena, strbuf_str(&text));
    strbuf_done(&text);
    return true;
}

bool json_tuple_get(Arena *arena, Str json, const Str *names, uint32_t name_count, Str *texts,
                    bool *found)
{
    Walk w;
    const char *p = value_open(arena, json, &w);

    for (uint32_t i = 0; i < name_count; i++)
        found[i] = false;
    if (!p || *p != '{')
        return false;
    p++;
    while (walk_next(&p)) {
        bool wanted = false;
        bool is_null;
        Str name, text;

        walk_name(&w, &p, &name);
        for (uint32_t i = 0; i < name_count; i++)
            wanted = wanted || str_equal(name, names[i]);
        if (!wanted) {
            p = walk_skip(&w, p);
            continue;
        }
        is_null = !member_text(&w, &p, &text);
        for (uint32_t i = 0; !is_null && i < name_count; i++) {
            if (str_equal(name, names[i])) {
                texts[i] = text;
                found[i] = true;
            }
        }
    }
    return true;
}

bool json_object_names(Arena *arena, Str json, const Str **names, uint32_t *count)
{
    Walk w;
    const char *p = value_open(arena, json, &w);
    VEC(Str) found = {0};

    if (!p || *p != '{')
        return false;
    p++;
    while (walk_next(&p)) {
        Str name;

        walk_name(&w, &p, &name);
        p = walk_skip(&w, p);
        name = str_copy(arena, name);
        VEC_ADD_IN(arena, &found, name);
    }
    *names = found.items;
    *count = (uint32_t)found.count;
    return true;
}

bool json_array_count(Arena *scratch, Str json, uint32_t *count)
{
    Walk w;
    const char *p = value_open(scratch, json, &w);
    uint32_t elements = 0;

    if (!p || *p != '[')
        return false;
    p++;
    while (walk_next(&p)) {
        p = walk_skip(&w, p);
        elements++;
    }
    *count = elements;
    return true;
}
