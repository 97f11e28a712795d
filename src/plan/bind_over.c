/*
 * bind_over.c: fn() OVER (PARTITION BY ... ORDER BY ... frame), as an EXPR_WINDOW.
 */
#include "plan/bind.h"

#include "base/assert.h"
#include "expr/coerce.h"
#include "plan/bind_group.h"

static const AstWindowSpec *spec_find(Binder *b, const AstWindowSpec *spec)
{
    if (!spec->name.text.bytes)
        return spec;
    for (size_t i = 0; b->windows && i < b->windows->count; i++) {
        if (str_equal_nocase(b->windows->items[i].name.text, spec->name.text))
            return spec_find(b, b->windows->items[i].spec);
    }
    return bind_error(b, spec->span, "MISSING_WINDOW_SPECIFICATION", "42P20",
                      "Window specification is not defined in the WINDOW clause for `%.*s`.",
                      STR_ARG(spec->name.text));
}

/* ── frames ────────────────────────────────────────────────────────────────────────────────────*/

static FrameBoundKind bound_kind(AstFrameBoundKind kind)
{
    static const FrameBoundKind kinds[] = {
        [AST_BOUND_UNBOUNDED_PRECEDING] = FRAME_UNBOUNDED_PRECEDING,
        [AST_BOUND_PRECEDING] = FRAME_PRECEDING,
        [AST_BOUND_CURRENT_ROW] = FRAME_CURRENT_ROW,
        [AST_BOUND_FOLLOWING] = FRAME_FOLLOWING,
        [AST_BOUND_UNBOUNDED_FOLLOWING] = FRAME_UNBOUNDED_FOLLOWING,
    };

    return kinds[kind];
}

static bool range_offset_fits(const Type *order, const Type *offset)
{
    bool interval = offset->kind == TYPE_INTERVAL_DT || offset->kind == TYPE_INTERVAL_YM;

    if (order->kind == TYPE_DATE)
        return offset->kind == TYPE_INTERVAL_YM || offset->kind == TYPE_INT ||
               (offset->kind == TYPE_INTERVAL_DT && offset->to_unit == UNIT_DAY);
    if (type_is_timestamp(order))
        return interval;
    return offset->kind == order->kind;
}

/* Computed here so that an error has its place. */
static bool bound_is_known(Binder *b, const Expr *e, Span span)
{
    const Vector *value;
    Error err = {0};

    if (expr_eval_constant(b->arena, b->sql, e, &value, &err))
        return true;
    bind_error_from(b, span, &err);
    return false;
}

/* The constant of `n PRECEDING`: BIGINT for ROWS, the order's own type (or an interval) for RANGE. */
static bool bind_offset(Binder *b, const ExprScope *es, const AstFrameBound *bound,
                        const WindowSpec *spec, Expr **out)
{
    const Type *to = &type_bigint;
    ExprScope inner = *es;
    Expr *e;

    *out = NULL;
    if (!bound->offset)
        return true;
    inner.aggregates = inner.windows = false;
    e = bind_expr(b, &inner, bound->offset);
    if (!e)
        return false;
    if (!expr_is_constant(e)) {
        bind_error(b, bound->span, "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_WITHOUT_FOLDABLE",
                   "42K09", "Window frame bound is not foldable.");
        return false;
    }
    if (!spec->rows) {
        const Type *order = spec->order[0].expr->type;

        to = order->kind == TYPE_DATE || type_is_timestamp(order) || !type_can_cast(e->type, order)
                 ? e->type
                 : order;
        if (!type_is_numeric(to) && !type_is_interval(to)) {
            bind_error(b, bound->span, "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE",
                       "42K09",
                       "The data type of the %s bound %s does not match the expected data type "
                       "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\" "
                       "or \"INTERVAL\").",
                       bound->kind == AST_BOUND_PRECEDING ? "lower" : "upper",
                       type_text_sql(b, to));
            return false;
        }
        if (!range_offset_fits(order, to)) {
            bind_error(b, bound->span, "DATATYPE_MISMATCH.RANGE_FRAME_INVALID_TYPE", "42K09",
                       "The data type %s used in the order specification does not support the "
                       "data type %s which is used in the range frame.",
                       type_text_sql(b, order), type_text_sql(b, to));
            return false;
        }
    } else if (e->type->kind != TYPE_INT) {
        bind_error(b, bound->span, "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE",
                   "42K09",
                   "The data type of the frame bound %s does not match the expected data type "
                   "\"INT\".",
                   type_text_sql(b, e->type));
        return false;
    }
    *out = binder_cast(b, e, to, bound->span);
    return *out && bound_is_known(b, *out, bound->span);
}

static bool bind_frame(Binder *b, const ExprScope *es, const AstWindowSpec *ast, WindowSpec *spec)
{
    const AstWindowFrame *frame = ast->frame;
    bool offsets;

    if (!frame) {
        spec->rows = spec->order_count == 0;
        spec->from_kind = FRAME_UNBOUNDED_PRECEDING;
        spec->to_kind = spec->order_count ? FRAME_CURRENT_ROW : FRAME_UNBOUNDED_FOLLOWING;
        return true;
    }
    offsets = frame->start.offset || frame->end.offset;
    spec->rows = frame->unit == AST_FRAME_ROWS;
    spec->from_kind = bound_kind(frame->start.kind);
    spec->to_kind = bound_kind(frame->end.kind);
    if (!spec->rows && !spec->order_count &&
        !(spec->from_kind == FRAME_UNBOUNDED_PRECEDING &&
          spec->to_kind == FRAME_UNBOUNDED_FOLLOWING)) {
        bind_error(b, frame->span, "DATATYPE_MISMATCH.RANGE_FRAME_WITHOUT_ORDER", "42K09",
                   "A range window frame cannot be used in an unordered window specification.");
        return false;
    }
    if (!spec->rows && offsets && spec->order_count != 1) {
        bind_error(b, frame->span, "DATATYPE_MISMATCH.RANGE_FRAME_MULTI_ORDER", "42K09",
                   "A range window frame with value boundaries cannot be used in a window "
                   "specification with multiple order by expressions.");
        return false;
    }
    if (spec->from_kind == FRAME_UNBOUNDED_FOLLOWING || spec->to_kind == FRAME_UNBOUNDED_PRECEDING) {
        bind_error(b, frame->span, "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_INVALID_BOUND", "42K09",
                   "Window frame upper bound does not follow the lower bound.");
        return false;
    }
    if (!bind_offset(b, es, &frame->start, spec, &spec->from) ||
        !bind_offset(b, es, &frame->end, spec, &spec->to))
        return false;
    if (spec->from_kind > spec->to_kind) {
        bind_error(b, frame->span, "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_WRONG_COMPARISON",
                   "42K09", "The lower bound of a window frame must be less than or equal to the "
                   "upper bound.");
        return false;
    }
    if (spec->from && spec->to && spec->from->type->kind != spec->to->type->kind) {
        bind_error(b, frame->span, "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_DIFF_TYPES", "42K09",
                   "Window frame bounds %s and %s do not have the same type.",
                   type_text_sql(b, spec->from->type), type_text_sql(b, spec->to->type));
        return false;
    }
    return true;
}

static WindowSpec *bind_spec(Binder *b, const ExprScope *es, const AstWindowSpec *ast)
{
    WindowSpec *spec = ARENA_NEW(b->arena, WindowSpec);
    bool ok = true;

    spec->partition_count = (uint32_t)ast->partition_by.count;
    spec->partition = ARENA_ARRAY(b->arena, Expr *, spec->partition_count + 1);
    spec->order_count = (uint32_t)ast->order_by.count;
    spec->order = ARENA_ARRAY(b->arena, SortItem, spec->order_count + 1);
    ok = bind_exprs(b, es, &ast->partition_by, spec->partition);
    for (uint32_t i = 0; i < spec->order_count; i++) {
        spec->order[i].expr = bind_expr(b, es, ast->order_by.items[i].expr);
        spec->order[i].key = bind_sort_key(&ast->order_by.items[i]);
        ok = ok && spec->order[i].expr &&
             bind_sortable(b, spec->order[i].expr, ast->order_by.items[i].span);
    }
    for (uint32_t i = 0; i < spec->partition_count && ok; i++) {
        const Type *type = spec->partition[i]->type;

        if (!type_is_orderable(type))
            return bind_error(b, ast->partition_by.items[i]->span,
                              "EXPRESSION_TYPE_IS_NOT_ORDERABLE", "42822",
                              "PARTITION BY sorts, and values of type %s have no order.",
                              type_text_sql(b, type));
    }
    return ok && bind_frame(b, es, ast, spec) ? spec : NULL;
}

/* ── the call ──────────────────────────────────────────────────────────────────────────────────*/

/* All but nth_value compute over their partition, whatever frame is asked for. */
static bool needs_order(const Function *fn)
{
    return fn->class_ == FUNCTION_WINDOW && strcmp(fn->name, "nth_value") != 0;
}

/* Spark lets them be told the frame they have. */
static bool frame_is_allowed(Binder *b, const AstExpr *ast, const Function *fn,
                             const WindowSpec *spec)
{
    bool range = strcmp(fn->name, "cume_dist") == 0;

    if (!needs_order(fn))
        return true;
    if (strcmp(fn->name, "lag") == 0 || strcmp(fn->name, "lead") == 0)
        return bind_error(b, ast->span, "_LEGACY_ERROR_TEMP_1035", NULL,
                          "Cannot specify window frame for %s function.", fn->name);
    if (spec->rows != range && spec->from_kind == FRAME_UNBOUNDED_PRECEDING &&
        spec->to_kind == FRAME_CURRENT_ROW)
        return true;
    return bind_error(b, ast->span, "_LEGACY_ERROR_TEMP_1036", NULL,
                      "The window frame of %s must be %s BETWEEN UNBOUNDED PRECEDING AND CURRENT "
                      "ROW.",
                      fn->name, range ? "RANGE" : "ROWS");
}

/* Of these Spark computes one value a partition only. */
static bool needs_whole_partition(const Function *fn)
{
    static const char *const names[] = {"percentile_cont", "percentile_disc", "median", "listagg",
                                        "string_agg"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(fn->name, names[i]) == 0)
            return true;
    }
    return false;
}

static bool is_whole_partition(const WindowSpec *spec)
{
    return !spec->order_count && spec->from_kind == FRAME_UNBOUNDED_PRECEDING &&
           spec->to_kind == FRAME_UNBOUNDED_FOLLOWING;
}

static bool over_is_allowed(Binder *b, const AstExpr *ast, const Function *fn,
                            const AstWindowSpec *ast_spec, const WindowSpec *spec)
{
    const AstFunctionCall *call = ast->call;

    if (call->within_group.count && fn->class_ != FUNCTION_AGGREGATE)
        return bind_unsupported_syntax(b, ast, "WITHIN GROUP (ORDER BY ...)");
    if (fn->class_ == FUNCTION_GENERATOR)
        return bind_error(b, ast->span, "UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS", "42K0E",
                          "The generator is not supported: nested in expressions \"%s(...) OVER "
                          "(...)\".",
                          fn->name);
    if (fn->class_ != FUNCTION_AGGREGATE && fn->class_ != FUNCTION_WINDOW)
        return bind_error(b, ast->span, "UNSUPPORTED_EXPR_FOR_WINDOW", "42P20",
                          "Expression \"%s\" not supported within a window function.", fn->name);
    if (call->quantifier == AST_QUANTIFIER_DISTINCT)
        return bind_error(b, ast->span, "DISTINCT_WINDOW_FUNCTION_UNSUPPORTED", "0A000",
                          "Distinct window functions are not supported: %s.", fn->name);
    if (call->filter && fn->class_ == FUNCTION_WINDOW)
        return bind_unsupported_syntax(b, ast, "FILTER CLAUSE");
    if (call->filter)
        return bind_error(b, ast->span, "_LEGACY_ERROR_TEMP_1030", NULL,
                          "window aggregate function with filter predicate is not supported yet.");
    if (needs_order(fn) && !spec->order_count) {
        bind_error(b, ast->span, "_LEGACY_ERROR_TEMP_1037", NULL,
                   "Window function %s() requires window to be ordered, please add ORDER BY "
                   "clause. For example SELECT %s() OVER (PARTITION BY x ORDER BY y) FROM t.",
                   fn->name, fn->name);
        return false;
    }
    if (ast_spec->frame && !frame_is_allowed(b, ast, fn, spec))
        return false;
    if (needs_whole_partition(fn) && !is_whole_partition(spec))
        return bind_error(b, ast->span, "INVALID_WINDOW_SPEC_FOR_AGGREGATION_FUNC", "42601",
                          "Cannot specify ORDER BY or a window frame for `%s`.", fn->name);
    return true;
}

/* The number of arguments is looked at before the window; what a star stands for is not known yet. */
static bool counts_match(Binder *b, const AstExpr *ast, const Function *fn)
{
    const AstFunctionCall *call = ast->call;
    Error err = {0};

    for (size_t i = 0; i < call->arg_count; i++) {
        if (call->args[i].name.text.bytes || !call->args[i].value ||
            call->args[i].value->kind == AST_EXPR_STAR)
            return true;
    }
    /* Of percentile_cont(0.5) WITHIN GROUP (ORDER BY v) the order is an argument more. */
    if (bind_order_is_argument(call) ||
        function_takes(b->arena, fn, (uint32_t)call->arg_count, &err))
        return true;
    bind_error_from(b, ast->span, &err);
    return false;
}

Expr *bind_over(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    const AstWindowSpec *ast_spec;
    const Function *fn;
    ExprScope inner = *es;
    WindowSpec *spec;
    Expr *e, *made;

    if (es->in_aggregate)
        return bind_error(b, ast->span, "_LEGACY_ERROR_TEMP_1031", NULL,
                          "It is not allowed to use a window function inside an aggregate "
                          "function. Please use the inner window function in a sub-query.");
    if (!es->windows)
        return bind_misplaced(b, es, ast, "a window function");
    fn = ast->call->name.count == 1 ? function_find(ast->call->name.parts[0].text) : NULL;
    if (!fn || (fn->flags & FN_HIDDEN))
        return bind_error(b, ast->call->name.span, "UNRESOLVED_ROUTINE", "42883",
                          "Cannot resolve routine %s on search path [`system`.`builtin`, "
                          "`system`.`session`, `spark_catalog`.`default`].",
                          bind_quoted(b, &ast->call->name));
    if (!counts_match(b, ast, fn))
        return NULL;
    ast_spec = spec_find(b, ast->call->over);
    if (!ast_spec)
        return NULL;
    inner.windows = false;
    inner.in_window = true;
    if (fn->class_ == FUNCTION_SCALAR && !bind_scalar_call(b, &inner, ast, fn))
        return NULL;
    spec = bind_spec(b, &inner, ast_spec);
    if (!spec || !over_is_allowed(b, ast, fn, ast_spec, spec))
        return NULL;
    inner.in_aggregate = false;
    /* Aggregates may stand within: sum(count(*)) OVER (). So this one counts as none itself. */
    e = bind_window_call(b, &inner, ast, fn);
    if (!e)
        return NULL;
    made = ARENA_NEW(b->arena, Expr);
    *made = *e;
    made->kind = EXPR_WINDOW;
    made->window = spec;
    return made;
}
