/*
 * bind_generate.c: rows out of a row: explode(...) and its like in SELECT, LATERAL VIEW and FROM; and
 * range(...).
 *
 * A generator's call is an EXPR_CALL of a FUNCTION_GENERATOR, whose type is a STRUCT with a field for
 * each column it gives.
 */
#include "base/assert.h"
#include "plan/bind_relation.h"
#include "plan/named_args.h"

static const Function *generator_find(const AstFunctionCall *call)
{
    const Function *fn;

    if (call->name.count != 1 || call->over)
        return NULL;
    fn = function_find(call->name.parts[0].text);
    return fn && fn->class_ == FUNCTION_GENERATOR && !(fn->flags & FN_HIDDEN) ? fn : NULL;
}

bool call_is_generator(const AstExpr *ast)
{
    return ast->kind == AST_EXPR_CALL && generator_find(ast->call) != NULL;
}

Schema generator_schema(const Expr *call)
{
    ASSERT(call->type->kind == TYPE_STRUCT);
    return (Schema){call->type->field_count, call->type->fields};
}

Expr *bind_generator(Binder *b, const ExprScope *es, const AstFunctionCall *call, Span span)
{
    const Function *fn = generator_find(call);
    ExprScope inner = *es;
    ExprVec args = {0};
    Expr *out;
    Error err = {0};
    bool ok = true;

    if (!fn && call->name.count == 1 && function_find(call->name.parts[0].text)) {
        bind_error(b, call->name.span, "UNSUPPORTED_GENERATOR.NOT_GENERATOR", "42K0E",
                   "The generator is not supported: %s is expected to be a generator.",
                   bind_quoted(b, &call->name));
        return NULL;
    }
    if (!fn) {
        bind_error(b, call->name.span, "UNRESOLVED_ROUTINE", "42883",
                   "Cannot resolve routine %s on search path [`system`.`builtin`, "
                   "`system`.`session`, `spark_catalog`.`default`].",
                   bind_quoted(b, &call->name));
        return NULL;
    }
    call = named_args_place(b, call, fn, span);
    if (!call)
        return NULL;
    inner.generators = true;
    for (size_t i = 0; i < call->arg_count; i++) {
        Expr *e = call->args[i].value ? bind_expr(b, &inner, call->args[i].value) : NULL;

        ok = ok && e;
        VEC_ADD_IN(b->arena, &args, e);
    }
    if (!ok)
        return NULL;
    if (!function_call(b->arena, b->sql, fn, args.items, (uint32_t)args.count, span, &out, &err))
        return bind_error_from(b, span, &err);
    return out;
}

uint32_t *generator_ids(PlanContext *plan, const Expr *call, bool nullable)
{
    Schema outputs = generator_schema(call);
    uint32_t *ids = ARENA_ARRAY(plan->arena, uint32_t, outputs.column_count + 1);

    for (uint32_t i = 0; i < outputs.column_count; i++)
        ids[i] = plan_column_new(plan, outputs.columns[i].name, outputs.columns[i].type,
                                 outputs.columns[i].nullable || nullable);
    return ids;
}

Logical *logical_generate(PlanContext *plan, Logical *input, Expr *call, uint32_t *ids, bool outer,
                          Span span)
{
    Logical *node = logical_new(plan, LOGICAL_GENERATE, span, input);

    node->as.generate.call = call;
    node->as.generate.out_ids = ids;
    node->as.generate.out_count = generator_schema(call).column_count;
    node->as.generate.outer = outer;
    logical_refresh_columns(plan, node);
    return node;
}

static bool aliases_fit(Binder *b, const AstRelationAlias *alias, uint32_t column_count,
                        const AstFunctionCall *call, Span span)
{
    if (!alias->columns.count || alias->columns.count == column_count)
        return true;
    bind_error(b, span, "NUM_TABLE_VALUE_ALIASES_MISMATCH", "42826",
               "Number of given aliases does not match number of output columns. Function "
               "name: %s; number of aliases: %zu; number of output columns: %u.",
               bind_quoted(b, &call->name), alias->columns.count, column_count);
    return false;
}

/* GENERATE over `input`, its columns named by the alias. */
static Relation generate_over(Binder *b, const Relation *input, Expr *call, bool outer,
                              const AstRelationAlias *alias, const AstFunctionCall *ast, Span span)
{
    Schema outputs = generator_schema(call);
    uint32_t *ids = generator_ids(b->plan, call, outer);
    Scope *scope = scope_new(b, input->scope->outer);

    if (!aliases_fit(b, alias, outputs.column_count, ast, span))
        return (Relation){0};
    scope_append(b, scope, input->scope);
    for (uint32_t i = 0; i < outputs.column_count; i++) {
        const Field *field = plan_column(b->plan, ids[i]);

        scope_add(b, scope, (ScopeColumn){
                                .name = alias->columns.count ? alias->columns.items[i].text
                                                             : field->name,
                                .table = alias->name.text,
                                .id = ids[i],
                                .type = field->type,
                                .nullable = field->nullable,
                            });
    }
    return (Relation){logical_generate(b->plan, input->plan, call, ids, outer, span), scope};
}

Relation bind_lateral_view(Binder *b, const AstRelation *ast, const Scope *outer)
{
    Relation input;
    ExprScope es = {.clause = "LATERAL VIEW"};
    Expr *call;

    if (ast->lateral_view.input)
        input = bind_from(b, ast->lateral_view.input, outer);
    else
        input = (Relation){logical_one_row(b->plan, ast->span), scope_new(b, outer)};
    if (!input.plan)
        return input;
    es.scope = input.scope;
    call = bind_generator(b, &es, ast->lateral_view.call, ast->span);
    if (!call)
        return (Relation){0};
    if (ast->alias.columns.count &&
        ast->alias.columns.count != generator_schema(call).column_count) {
        bind_error(b, ast->span, "UDTF_ALIAS_NUMBER_MISMATCH", "42802",
                   "The number of aliases supplied in the AS clause does not match the number of "
                   "columns output by the UDTF. Expected %u aliases, but got %zu.",
                   generator_schema(call).column_count, ast->alias.columns.count);
        return (Relation){0};
    }
    return generate_over(b, &input, call, ast->lateral_view.outer, &ast->alias,
                         ast->lateral_view.call, ast->span);
}

/* ── range(start, end, step) ───────────────────────────────────────────────────────────────────*/

static bool range_arg(Binder *b, const AstFunctionArg *arg, const Scope *scope, const char *name,
                      int64_t *out)
{
    ExprScope es = {.scope = scope, .clause = "range", .subqueries = true};
    Expr *e = arg->value ? bind_expr(b, &es, arg->value) : NULL;
    const Vector *v;

    if (!e)
        return false;
    if (!expr_is_constant(e)) {
        bind_error(b, arg->span, "NON_FOLDABLE_ARGUMENT", "42K08",
                   "The function `range` requires the parameter `%s` to be a foldable expression of "
                   "the type \"BIGINT\", but the actual argument is a non-foldable.",
                   name);
        return false;
    }
    if (!expr_coerce(b->arena, b->sql, e, &type_bigint, &e)) {
        bind_error(b, arg->span, "UNEXPECTED_INPUT_TYPE", "42K09",
                   "The `%s` parameter of function `range` requires the \"BIGINT\" type, however it "
                   "has the type %s.",
                   name, type_text_sql(b, e->type));
        return false;
    }
    v = binder_constant(b, e);
    if (!v)
        return false;
    if (!vector_is_valid(v, 0)) {
        bind_error(b, arg->span, "UNEXPECTED_INPUT_TYPE", "42K09", "range() takes no NULL.");
        return false;
    }
    *out = vector_i64(v)[0];
    return true;
}

/* How many numbers from `start` on, `step` apart, come before `end`. */
static uint64_t range_count(int64_t start, int64_t end, int64_t step)
{
    uint64_t length, stride;

    if (step > 0 ? start >= end : start <= end)
        return 0;
    length = step > 0 ? (uint64_t)end - (uint64_t)start : (uint64_t)start - (uint64_t)end;
    stride = step > 0 ? (uint64_t)step : -(uint64_t)step;
    return (length - 1) / stride + 1;
}

static Relation range_relation(Binder *b, NumberRange range, const AstRelation *ast)
{
    const IdentList *names = &ast->alias.columns;
    Str name = names->count ? names->items[0].text : STR("id");
    Logical *node = logical_new(b->plan, LOGICAL_VALUES, ast->span, NULL);
    Scope *scope = scope_new(b, NULL);

    node->columns = ARENA_ARRAY(b->arena, uint32_t, 1);
    node->column_count = 1;
    node->columns[0] = plan_column_new(b->plan, name, &type_bigint, false);
    node->as.values.range = arena_copy(b->arena, &range, sizeof range);
    scope_add(b, scope, (ScopeColumn){.name = name, .table = ast->alias.name.text,
                                      .id = node->columns[0], .type = &type_bigint});
    return (Relation){node, scope};
}

static Relation bind_range(Binder *b, const AstRelation *ast, const Scope *outer)
{
    static const char *const names[] = {"start", "end", "step", "numSlices"};
    const AstFunctionCall *call = ast->function.call;
    int64_t numbers[4] = {0, 0, 1, 0};

    if (call->arg_count < 1 || call->arg_count > 4) {
        bind_error(b, ast->span, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605",
                   "The `range` requires [1, 4] parameters but the actual number is %zu.",
                   call->arg_count);
        return (Relation){0};
    }
    for (size_t i = 0; i < call->arg_count; i++) {
        size_t n = call->arg_count == 1 ? 1 : i;

        if (!range_arg(b, &call->args[i], scope_new(b, outer), names[n], &numbers[n]))
            return (Relation){0};
    }
    if (numbers[2] == 0) {
        bind_error(b, ast->span, "FAILED_FUNCTION_CALL", "38000",
                   "Failed preparing of the function `range` for call: step (0) cannot be 0. "
                   "Please, double check function's arguments.");
        return (Relation){0};
    }
    if (!aliases_fit(b, &ast->alias, 1, call, ast->span))
        return (Relation){0};
    return range_relation(b,
                          (NumberRange){numbers[0], numbers[2],
                                        range_count(numbers[0], numbers[1], numbers[2])},
                          ast);
}

bool is_range_call(const AstFunctionCall *call)
{
    return call->name.count == 1 && str_is_nocase(call->name.parts[0].text, "range");
}

Relation bind_table_function(Binder *b, const AstRelation *ast, const Relation *input,
                             bool outer_join, const Scope *outer)
{
    const AstFunctionCall *call = ast->function.call;
    Relation one = {logical_one_row(b->plan, ast->span), scope_new(b, outer)};
    ExprScope es = {.clause = "FROM"};
    Expr *e;

    if (ast->function.stream) {
        bind_unsupported(b, ast->span, "STREAM of a table function");
        return (Relation){0};
    }
    if (is_range_call(call))
        return bind_range(b, ast, outer);
    if (!generator_find(call) && function_find(call->name.parts[call->name.count - 1].text)) {
        bind_error(b, call->name.span, "NOT_A_TABLE_FUNCTION", "42887",
                   "%s appears as a table function here, but the function was defined as a scalar "
                   "function.",
                   bind_quoted(b, &call->name));
        return (Relation){0};
    }
    if (!generator_find(call)) {
        bind_error(b, call->name.span, "UNRESOLVABLE_TABLE_VALUED_FUNCTION", "42883",
                   "Could not resolve %s to a table-valued function. Please make sure that it is "
                   "defined as a table-valued function and that all required parameters are "
                   "provided correctly.",
                   bind_quoted(b, &call->name));
        return (Relation){0};
    }
    if (!input)
        input = &one;
    es.scope = input->scope;
    e = bind_generator(b, &es, call, ast->span);
    return e ? generate_over(b, input, e, outer_join, &ast->alias, call, ast->span)
             : (Relation){0};
}
