/*
 * bind_name_call.c: calls of functions as Spark prints them: under the name of the expression that they
 * become, with arguments that were left out, without those that are settings of the call.
 */
#include "plan/bind_name.h"

#include "base/assert.h"
#include "expr/function.h"
#include "plan/named_args.h"

/* ── functions that print otherwise ────────────────────────────────────────────────────────────*/

typedef struct CallDisplay {
    const char *name;
    const char *display;     /* NULL: as the name. */
    uint32_t first;          /* defaults[0] is printed for argument `first`, from 0, and so on. */
    const char *defaults[7];
    uint32_t shown;          /* So many arguments are printed; 0: all. */
    bool bare;               /* None are. */
} CallDisplay;

#define RENAMED(name_, display_)                                                                   \
    {                                                                                              \
        .name = name_, .display = display_                                                         \
    }
#define FIRST(count_, name_)                                                                       \
    {                                                                                              \
        .name = name_, .shown = count_                                                             \
    }
#define DEFAULTS(name_, first_, ...)                                                               \
    {                                                                                              \
        .name = name_, .first = first_, .defaults = {__VA_ARGS__}                                  \
    }

#define SECONDS_PATTERN "yyyy-MM-dd HH:mm:ss"
#define IDENTITY "lambdafunction(namedlambdavariable(), namedlambdavariable())"

static const CallDisplay call_displays[] = {
    RENAMED("acosh", "ACOSH"),
    RENAMED("acos", "ACOS"),
    RENAMED("array_agg", "collect_list"),
    RENAMED("asin", "ASIN"),
    RENAMED("asinh", "ASINH"),
    RENAMED("atan", "ATAN"),
    RENAMED("atan2", "ATAN2"),
    RENAMED("atanh", "ATANH"),
    RENAMED("cbrt", "CBRT"),
    RENAMED("ceil", "CEIL"),
    RENAMED("cos", "COS"),
    RENAMED("cosh", "COSH"),
    RENAMED("cot", "COT"),
    RENAMED("csc", "CSC"),
    RENAMED("curdate", "current_date"),
    RENAMED("current_database", "current_schema"),
    RENAMED("dateadd", "date_add"),
    RENAMED("degrees", "DEGREES"),
    RENAMED("dense_rank", "DENSE_RANK"),
    RENAMED("e", "E"),
    RENAMED("exp", "EXP"),
    RENAMED("expm1", "EXPM1"),
    RENAMED("floor", "FLOOR"),
    RENAMED("hypot", "HYPOT"),
    RENAMED("log10", "LOG10"),
    RENAMED("log1p", "LOG1P"),
    RENAMED("log2", "LOG2"),
    RENAMED("log", "LOG"),
    RENAMED("percent_rank", "PERCENT_RANK"),
    RENAMED("pi", "PI"),
    RENAMED("power", "POWER"),
    RENAMED("radians", "RADIANS"),
    RENAMED("random", "rand"),
    RENAMED("rank", "RANK"),
    RENAMED("regexp", "REGEXP"),
    RENAMED("regexp_like", "REGEXP_LIKE"),
    RENAMED("rlike", "RLIKE"),
    RENAMED("sec", "SEC"),
    RENAMED("signum", "SIGNUM"),
    RENAMED("sin", "SIN"),
    RENAMED("sinh", "SINH"),
    RENAMED("spark_partition_id", "SPARK_PARTITION_ID"),
    RENAMED("sqrt", "SQRT"),
    RENAMED("tan", "TAN"),
    RENAMED("tanh", "TANH"),
    RENAMED("to_varchar", "to_char"),

    FIRST(1, "any_value"),
    FIRST(1, "approx_count_distinct"),
    FIRST(1, "first"),
    FIRST(1, "first_value"),
    FIRST(1, "from_csv"),
    FIRST(1, "from_json"),
    FIRST(1, "hour"),
    FIRST(1, "minute"),
    FIRST(1, "second"),
    FIRST(6, "try_make_timestamp"),
    FIRST(1, "last"),
    FIRST(1, "last_value"),
    FIRST(1, "schema_of_csv"),
    FIRST(1, "schema_of_json"),
    FIRST(1, "to_csv"),
    FIRST(1, "shuffle"),
    FIRST(1, "to_json"),
    {.name = "uuid", .bare = true},

    DEFAULTS("aes_decrypt", 2, "GCM", "DEFAULT", ""),
    DEFAULTS("aes_encrypt", 2, "GCM", "DEFAULT", "", ""),
    DEFAULTS("aggregate", 3, IDENTITY),
    DEFAULTS("approx_percentile", 2, "10000"),
    DEFAULTS("array_sort", 1,
             "lambdafunction((IF(((namedlambdavariable() IS NULL) AND (namedlambdavariable() IS NULL)), "
             "0, (IF((namedlambdavariable() IS NULL), 1, (IF((namedlambdavariable() IS NULL), -1, (IF("
             "(namedlambdavariable() < namedlambdavariable()), -1, (IF((namedlambdavariable() > "
             "namedlambdavariable()), 1, 0)))))))))), namedlambdavariable(), namedlambdavariable())"),
    DEFAULTS("bround", 1, "0"),
    DEFAULTS("from_unixtime", 1, SECONDS_PATTERN),
    DEFAULTS("lag", 1, "1", "NULL"),
    DEFAULTS("lead", 1, "1", "NULL"),
    DEFAULTS("listagg", 1, "NULL"),
    DEFAULTS("locate", 2, "1"),
    DEFAULTS("lpad", 2, " "),
    DEFAULTS("make_dt_interval", 0, "0", "0", "0", "0.000000"),
    DEFAULTS("make_interval", 0, "0", "0", "0", "0", "0", "0", "0.000000"),
    DEFAULTS("make_ym_interval", 0, "0", "0"),
    DEFAULTS("mask", 1, "X", "x", "n", "NULL"),
    DEFAULTS("months_between", 2, "true"),
    DEFAULTS("ntile", 0, "1"),
    DEFAULTS("overlay", 3, "-1"),
    DEFAULTS("percentile", 2, "1"),
    DEFAULTS("percentile_approx", 2, "10000"),
    DEFAULTS("position", 2, "1"),
    DEFAULTS("reduce", 3, IDENTITY),
    DEFAULTS("regexp_extract", 2, "1"),
    DEFAULTS("regexp_extract_all", 2, "1"),
    DEFAULTS("regexp_instr", 2, "0"),
    DEFAULTS("regexp_replace", 3, "1"),
    DEFAULTS("replace", 2, ""),
    DEFAULTS("round", 1, "0"),
    DEFAULTS("rpad", 2, " "),
    DEFAULTS("sentences", 1, "", ""),
    DEFAULTS("sort_array", 1, "true"),
    DEFAULTS("split", 2, "-1"),
    DEFAULTS("str_to_map", 1, ",", ":"),
    DEFAULTS("string_agg", 1, "NULL"),
    DEFAULTS("substr", 2, "2147483647"),
    DEFAULTS("substring", 2, "2147483647"),
    DEFAULTS("to_unix_timestamp", 1, SECONDS_PATTERN),
    DEFAULTS("try_aes_decrypt", 2, "GCM", "DEFAULT", ""),
    DEFAULTS("try_make_interval", 0, "0", "0", "0", "0", "0", "0", "0.000000"),
    DEFAULTS("unix_timestamp", 0, "current_timestamp()", SECONDS_PATTERN),
};

static const CallDisplay *call_display(Str name)
{
    for (size_t i = 0; i < COUNT_OF(call_displays); i++) {
        if (str_is_nocase(name, call_displays[i].name))
            return &call_displays[i];
    }
    return NULL;
}

static Str call_name(const AstFunctionCall *call)
{
    return call->name.parts[call->name.count - 1].text;
}

static bool call_is(const AstFunctionCall *call, const char *name)
{
    return str_is_nocase(call_name(call), name);
}

/* Argument i; NULL: there is none, or it is no expression. */
static const AstExpr *arg_of(const AstFunctionCall *call, size_t i)
{
    return i < call->arg_count ? call->args[i].value : NULL;
}

static TypeKind arg_type(const NameWriter *w, const AstFunctionCall *call, size_t i)
{
    const AstExpr *arg = arg_of(call, i);

    return arg ? name_type(w, arg) : TYPE_VOID;
}

/* ── arguments ─────────────────────────────────────────────────────────────────────────────────*/

/* How many parameters a lambda in place i has; 0: none may stand there. */
static int lambda_parameters(const AstFunctionCall *call, size_t i)
{
    static const struct {
        const char *name;
        size_t arg_i;
        int count;
    } places[] = {{"transform", 1, 1}, {"filter", 1, 1}, {"exists", 1, 1}, {"forall", 1, 1},
                  {"map_filter", 1, 2}, {"transform_keys", 1, 2}, {"transform_values", 1, 2},
                  {"zip_with", 2, 2}, {"map_zip_with", 2, 3}, {"aggregate", 2, 2},
                  {"aggregate", 3, 1}, {"reduce", 2, 2}, {"reduce", 3, 1}};

    for (size_t p = 0; p < COUNT_OF(places); p++) {
        if (places[p].arg_i == i && call_is(call, places[p].name))
            return places[p].count;
    }
    return 0;
}

static void write_arg(NameWriter *w, const AstFunctionCall *call, size_t i)
{
    const AstFunctionArg *arg = &call->args[i];
    int hidden = arg->value && arg->value->kind != AST_EXPR_LAMBDA ? lambda_parameters(call, i) : 0;

    /* A value where a lambda may stand is one that does not look at its parameters. */
    if (hidden) {
        name_text(w, "lambdafunction(");
        name_expr(w, arg->value);
        for (int p = 0; p < hidden; p++)
            name_text(w, ", namedlambdavariable()");
        name_text(w, ")");
        return;
    }
    if (arg->value && !(arg->value->kind == AST_EXPR_STAR && name_star(w, arg->value)))
        name_expr(w, arg->value);
    if (call->form == AST_CALL_STRUCT && arg->alias.text.bytes) {
        name_text(w, " AS ");
        name_str(w, arg->alias.text);
    }
}

static void write_default(NameWriter *w, const AstFunctionCall *call, const char *text)
{
    /* Binary strings are padded with zeroes. */
    if ((call_is(call, "lpad") || call_is(call, "rpad")) && arg_type(w, call, 0) == TYPE_BINARY)
        text = "X'00'";
    name_text(w, text);
}

static void write_args(NameWriter *w, const AstFunctionCall *call, const CallDisplay *display)
{
    size_t count = call->arg_count;

    if (display && display->bare)
        return;
    if (display && display->shown)
        count = MIN(count, display->shown);
    for (size_t i = 0; i < count; i++) {
        name_text(w, i ? ", " : "");
        write_arg(w, call, i);
    }
    if (!display || count < display->first)
        return;
    for (size_t i = count - display->first;
         i < COUNT_OF(display->defaults) && display->defaults[i]; i++) {
        name_text(w, display->first + i ? ", " : "");
        write_default(w, call, display->defaults[i]);
    }
}

/* ── calls printed as something else ───────────────────────────────────────────────────────────*/

static void write_pair(NameWriter *w, const char *open, const AstExpr *left, const char *between,
                       const AstExpr *right)
{
    name_text(w, open);
    name_expr(w, left);
    name_text(w, between);
    name_expr(w, right);
    name_text(w, ")");
}

static void write_one(NameWriter *w, const char *open, const AstExpr *arg, const char *close)
{
    name_text(w, open);
    name_expr(w, arg);
    name_text(w, close);
}

static bool is_trim(const AstFunctionCall *call)
{
    return call->form == AST_CALL_TRIM || call->form == AST_CALL_TRIM_LEADING ||
           call->form == AST_CALL_TRIM_TRAILING;
}

/* TRIM(LEADING c FROM x), as which also ltrim(c, x) is printed. */
static bool write_trim(NameWriter *w, const AstFunctionCall *call)
{
    bool plain = !is_trim(call);
    bool leading = call_is(call, "ltrim"), trailing = call_is(call, "rtrim");

    if (call->arg_count != 2 || (plain && !leading && !trailing && !call_is(call, "trim")))
        return false;
    write_pair(w, leading ? "TRIM(LEADING " : trailing ? "TRIM(TRAILING " : "TRIM(BOTH ",
               call->args[plain ? 0 : 1].value, " FROM ", call->args[plain ? 1 : 0].value);
    return true;
}

/* to_char(d, f) is what it becomes: of dates and times date_format, of binary strings an encoding. */
static bool write_to_char(NameWriter *w, const AstFunctionCall *call)
{
    static const char *const encodings[] = {"base64", "hex"};
    const Expr *format = bound_find(&w->b->bound, call->args[1].value);
    TypeKind type = arg_type(w, call, 0);

    if (type == TYPE_DATE || type == TYPE_TIMESTAMP || type == TYPE_TIMESTAMP_NTZ) {
        write_pair(w, "date_format(", call->args[0].value, ", ", call->args[1].value);
        return true;
    }
    if (type != TYPE_BINARY || !format || format->kind != EXPR_LITERAL ||
        format->type->kind != TYPE_STRING || !vector_is_valid(format->literal, 0))
        return false;
    for (size_t i = 0; i < COUNT_OF(encodings); i++) {
        if (!str_is_nocase(vector_strs(format->literal)[0], encodings[i]))
            continue;
        /* The function that it becomes keeps the name it was called by, save the usual one. */
        name_text(w, call_is(call, "to_varchar") ? "to_varchar" : encodings[i]);
        write_one(w, "(", call->args[0].value, ")");
        return true;
    }
    write_pair(w, "decode(", call->args[0].value, ", ", call->args[1].value);
    return true;
}

/* mode(x, true) and mode() WITHIN GROUP (ORDER BY x) look for the least: Spark prints DESC. */
static bool write_mode(NameWriter *w, const AstFunctionCall *call)
{
    const Expr *flag = arg_of(call, 1) ? bound_find(&w->b->bound, call->args[1].value) : NULL;
    const AstSortItem *order = call->within_group.count ? call->within_group.items : NULL;

    if (order) {
        write_one(w, "mode() WITHIN GROUP (ORDER BY ", order->expr,
                  order->direction == AST_SORT_DESC ? ")" : " DESC)");
        return true;
    }
    if (call->arg_count != 2)
        return false;
    if (flag && flag->kind == EXPR_LITERAL && flag->type->kind == TYPE_BOOLEAN &&
        vector_is_valid(flag->literal, 0) && vector_bools(flag->literal)[0])
        write_one(w, "mode() WITHIN GROUP (ORDER BY ", call->args[0].value, " DESC)");
    else
        write_one(w, "mode(", call->args[0].value, ")");
    return true;
}

static void write_unit_call(NameWriter *w, const AstFunctionCall *call)
{
    Str name = call_name(call);
    bool adds = str_is_nocase(name, "timestampadd") || str_is_nocase(name, "dateadd") ||
                str_is_nocase(name, "date_add");

    name_text(w, adds ? "timestampadd(" : "timestampdiff(");
    write_args(w, call, NULL);
    name_text(w, ")");
}

static bool write_of_two(NameWriter *w, const AstFunctionCall *call)
{
    const AstExpr *left = call->args[0].value, *right = call->args[1].value;

    if (!left || !right)
        return false;
    if (call_is(call, "extract"))
        write_pair(w, "extract(", left, " FROM ", right);
    else if (call_is(call, "datepart"))
        write_pair(w, "datepart(", left, " FROM ", right);
    else if (call_is(call, "div"))
        name_infix(w, left, "div", right);
    else if (call_is(call, "convert_timezone"))
        write_pair(w, "convert_timezone(current_timezone(), ", left, ", ", right);
    else if (call_is(call, "like")) {
        name_expr(w, left);
        name_text(w, " LIKE ");
        name_expr(w, right);
    } else if (call_is(call, "try_make_timestamp_ltz"))
        write_pair(w, "make_timestamp(", left, ", ", right);
    else if (call_is(call, "to_char") || call_is(call, "to_varchar"))
        return write_to_char(w, call);
    else
        return false;
    return true;
}

static bool write_of_one(NameWriter *w, const AstFunctionCall *call)
{
    const AstExpr *arg = call->args[0].value;

    if (!arg)
        return false;
    if (call_is(call, "isnull"))
        write_one(w, "(", arg, " IS NULL)");
    else if (call_is(call, "isnotnull"))
        write_one(w, "(", arg, " IS NOT NULL)");
    else if (call_is(call, "positive"))
        write_one(w, "(+ ", arg, ")");
    else if (call_is(call, "log"))
        write_one(w, "LOG(E(), ", arg, ")");
    else if (call_is(call, "assert_true")) {
        write_one(w, "assert_true(", arg, ", '");
        write_one(w, "", arg, "' is not true!)");
    } else
        return false;
    return true;
}

/* False: not one of them. */
static bool write_special_call(NameWriter *w, const AstExpr *ast, const AstFunctionCall *call)
{
    if (call->form == AST_CALL_UNIT || (call->arg_count == 3 && call_is(call, "timediff"))) {
        write_unit_call(w, call);
        return true;
    }
    if (call->form == AST_CALL_POSITION) {
        name_text(w, "locate(");
        write_args(w, call, call_display(STR("locate")));
        name_text(w, ")");
        return true;
    }
    if (call_is(call, "mode"))
        return write_mode(w, call);
    if (call_is(call, "from_json") && name_type(w, ast) == TYPE_MAP) {
        name_text(w, "entries");
        return true;
    }
    if (call_is(call, "window") || call_is(call, "session_window")) {
        name_str(w, str_lower(w->b->arena, call_name(call)));
        return true;
    }
    if (call_is(call, "if") && call->arg_count == 3) {
        name_text(w, "(IF(");
        write_args(w, call, NULL);
        name_text(w, "))");
        return true;
    }
    return write_trim(w, call) || (call->arg_count == 2 && write_of_two(w, call)) ||
           (call->arg_count == 1 && write_of_one(w, call));
}

/* double('1') is a cast that nobody wrote as one: Spark prints what is cast. */
static bool is_cast_function(const AstFunctionCall *call)
{
    static const char *const names[] = {"boolean", "tinyint", "smallint", "int",  "bigint",    "float",
                                        "double",  "decimal", "date",     "timestamp", "binary",
                                        "string"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (call->arg_count == 1 && call->args[0].value && !call->over && call_is(call, names[i]))
            return true;
    }
    return false;
}

/* ── WITHIN GROUP, FILTER, OVER ────────────────────────────────────────────────────────────────*/

static void write_sort(NameWriter *w, const AstSortList *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const AstSortItem *item = &list->items[i];
        bool descending = item->direction == AST_SORT_DESC;
        bool last = item->nulls == AST_SORT_NULLS_DEFAULT ? descending
                                                          : item->nulls == AST_SORT_NULLS_LAST;

        name_text(w, i ? ", " : "");
        name_expr(w, item->expr);
        name_text(w, descending ? " DESC" : " ASC");
        name_text(w, last ? " NULLS LAST" : " NULLS FIRST");
    }
}

/* Percentiles print their order without what is the default. */
static void write_percentile_order(NameWriter *w, const AstSortList *list)
{
    for (size_t i = 0; i < list->count; i++) {
        name_text(w, i ? ", " : "");
        name_expr(w, list->items[i].expr);
        name_text(w, list->items[i].direction == AST_SORT_DESC ? " DESC" : "");
    }
}

/* n PRECEDING is -n FOLLOWING; of RANGE it is cast to the type of the order, and then Spark does not see
 * that it could print PRECEDING. */
static void write_preceding(NameWriter *w, const AstExpr *offset, const Type *order)
{
    const Expr *bound = bound_find(&w->b->bound, offset);

    if (bound && order && type_is_numeric(order) && !type_equal(bound->type, order))
        write_one(w, "(- ", offset, ") FOLLOWING");
    else
        write_one(w, "", offset, " PRECEDING");
}

static void write_bound(NameWriter *w, const AstFrameBound *bound, const Type *order)
{
    switch (bound->kind) {
    case AST_BOUND_UNBOUNDED_PRECEDING:
        name_text(w, "UNBOUNDED PRECEDING");
        return;
    case AST_BOUND_CURRENT_ROW:
        name_text(w, "CURRENT ROW");
        return;
    case AST_BOUND_UNBOUNDED_FOLLOWING:
        name_text(w, "UNBOUNDED FOLLOWING");
        return;
    case AST_BOUND_PRECEDING:
        write_preceding(w, bound->offset, order);
        return;
    case AST_BOUND_FOLLOWING:
        write_one(w, "", bound->offset, " FOLLOWING");
        return;
    }
}

/* lag(x, 2) reads the row at 2 before, -2 FOLLOWING. */
static void write_offset_frame(NameWriter *w, const AstFunctionCall *call, bool before)
{
    const Expr *offset = arg_of(call, 1) ? bound_find(&w->b->bound, call->args[1].value) : NULL;
    int64_t rows = 1;

    if (offset && offset->kind == EXPR_LITERAL && offset->type->kind == TYPE_INT &&
        vector_is_valid(offset->literal, 0))
        rows = vector_i32(offset->literal)[0];
    rows = before ? -rows : rows;
    strbuf_printf(&w->out, "ROWS BETWEEN %lld FOLLOWING AND %lld FOLLOWING", (long long)rows,
                  (long long)rows);
}

static bool counts_rows(const AstFunctionCall *call)
{
    return call_is(call, "row_number") || call_is(call, "rank") || call_is(call, "dense_rank") ||
           call_is(call, "ntile") || call_is(call, "percent_rank");
}

static void write_frame(NameWriter *w, const AstWindowSpec *spec, const AstFunctionCall *call)
{
    if (call_is(call, "lag") || call_is(call, "lead")) {
        write_offset_frame(w, call, call_is(call, "lag"));
    } else if (spec->frame) {
        bool rows = spec->frame->unit == AST_FRAME_ROWS;
        const Expr *order = !rows && spec->order_by.count
                                ? bound_find(&w->b->bound, spec->order_by.items[0].expr)
                                : NULL;

        name_text(w, rows ? "ROWS BETWEEN " : "RANGE BETWEEN ");
        write_bound(w, &spec->frame->start, order ? order->type : NULL);
        name_text(w, " AND ");
        write_bound(w, &spec->frame->end, order ? order->type : NULL);
    } else if (counts_rows(call)) {
        name_text(w, "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW");
    } else if (spec->order_by.count) {
        name_text(w, "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW");
    } else {
        name_text(w, "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING");
    }
}

static void write_over(NameWriter *w, const AstFunctionCall *call)
{
    const AstWindowSpec *spec = call->over;

    for (size_t i = 0; spec->name.text.bytes && w->b->windows && i < w->b->windows->count; i++) {
        if (str_equal_nocase(w->b->windows->items[i].name.text, spec->name.text)) {
            spec = w->b->windows->items[i].spec;
            break;
        }
    }
    name_text(w, " OVER (");
    if (spec->partition_by.count) {
        name_text(w, "PARTITION BY ");
        name_list(w, spec->partition_by.items, spec->partition_by.count);
        name_text(w, " ");
    }
    if (spec->order_by.count) {
        name_text(w, "ORDER BY ");
        write_sort(w, &spec->order_by);
        name_text(w, " ");
    }
    write_frame(w, spec, call);
    name_text(w, ")");
}

/* ── the call ──────────────────────────────────────────────────────────────────────────────────*/

static bool is_count_star(const AstFunctionCall *call)
{
    return call_is(call, "count") && call->arg_count == 1 && call->args[0].value &&
           call->args[0].value->kind == AST_EXPR_STAR &&
           call->quantifier != AST_QUANTIFIER_DISTINCT &&
           !call->args[0].value->star.qualifier.count;
}

static const char *displayed_name(NameWriter *w, const AstFunctionCall *call,
                                  const CallDisplay *display)
{
    /* With an order the function is another expression, which has one name. */
    if (call_is(call, "string_agg") && call->within_group.count)
        return "listagg";
    if ((call_is(call, "first_value") || call_is(call, "last_value")) &&
        call->nulls != AST_NULLS_DEFAULT)
        return call_is(call, "first_value") ? "first" : "last";
    if (call->arg_count > 1 && (call_is(call, "ceil") || call_is(call, "floor")))
        display = NULL;
    return display && display->display
               ? display->display
               : str_to_c(w->b->arena, str_lower(w->b->arena, call_name(call)));
}

void name_bare_call(NameWriter *w, Str name)
{
    const CallDisplay *display = call_display(name);

    if (display && display->display)
        name_text(w, display->display);
    else
        name_str(w, str_lower(w->b->arena, name));
    name_text(w, "()");
}

static void write_plain_call(NameWriter *w, const AstFunctionCall *call)
{
    const CallDisplay *display = call_display(call_name(call));

    name_text(w, displayed_name(w, call, display));
    name_text(w, "(");
    if (call->quantifier == AST_QUANTIFIER_DISTINCT)
        name_text(w, "DISTINCT ");
    if (is_count_star(call))
        name_text(w, "1");
    else
        write_args(w, call, display);
    name_text(w, ")");
    if (call_is(call, "nth_value") && call->nulls == AST_NULLS_IGNORE)
        name_text(w, " ignore nulls");
}

static void write_within_group(NameWriter *w, const AstFunctionCall *call)
{
    if (!call->within_group.count || call_is(call, "mode"))
        return;
    name_text(w, " WITHIN GROUP (ORDER BY ");
    if (call_is(call, "percentile_cont") || call_is(call, "percentile_disc"))
        write_percentile_order(w, &call->within_group);
    else
        write_sort(w, &call->within_group);
    name_text(w, ")");
}

/* With named arguments in their places, where that is possible. */
static const AstFunctionCall *call_placed(NameWriter *w, const AstFunctionCall *call, Span span)
{
    DiagnosticList ignored, *kept = w->b->diagnostics;
    const Function *fn = function_find(call_name(call));
    const AstFunctionCall *placed;

    if (!fn || !fn->parameters)
        return call;
    diagnostics_init(&ignored, w->b->arena);
    w->b->diagnostics = &ignored;
    placed = named_args_place(w->b, call, fn, span);
    w->b->diagnostics = kept;
    return placed ? placed : call;
}

void name_call(NameWriter *w, const AstExpr *ast)
{
    const AstFunctionCall *call = ast->call;

    if (!call->name.count)
        return;
    call = call_placed(w, call, ast->span);
    if (is_cast_function(call)) {
        name_expr(w, call->args[0].value);
        return;
    }
    if (!write_special_call(w, ast, call))
        write_plain_call(w, call);
    write_within_group(w, call);
    if (call->filter) {
        name_text(w, " FILTER (WHERE ");
        name_expr(w, call->filter);
        name_text(w, ")");
    }
    if (call->over)
        write_over(w, call);
}
