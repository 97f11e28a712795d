/*
 * parse_relation.c: what stands in FROM.
 */
#include "sql/parse.h"

AstRelation *relation_new(Parser *p, AstRelationKind kind, uint32_t start)
{
    AstRelation *relation = ARENA_NEW(p->arena, AstRelation);

    relation->kind = kind;
    relation->span = span_since(p, start);
    relation->alias.name.text = STR_EMPTY;
    if (kind == AST_RELATION_TABLE)
        relation->table.identified_by = STR_EMPTY;
    else if (kind == AST_RELATION_FUNCTION)
        relation->function.identified_by = STR_EMPTY;
    nest_grow(p);
    return relation;
}

static AstRelation *parse_relation(Parser *p);

/* ── what may follow a table ───────────────────────────────────────────────────────────────────*/

/* BUCKET INTEGER OUT OF INTEGER (ON name)? */
static void parse_bucket_sample(Parser *p, AstTableSample *sample)
{
    sample->kind = AST_SAMPLE_BUCKET;
    advance(p);
    sample->bucket = parse_integer(p, "a whole number");
    expect_keyword(p, KEYWORD_OUT);
    expect_keyword(p, KEYWORD_OF);
    sample->bucket_count = parse_integer(p, "a whole number");
    if (at_keyword(p, KEYWORD_ON))
        parse_error(p, token_at(p, 0)->span, "_LEGACY_ERROR_TEMP_0014", NULL,
                    "TABLESAMPLE(BUCKET x OUT OF y ON colname) is not supported.");
}

/*
 * sample : TABLESAMPLE '(' ('-'? (INTEGER | DECIMAL) PERCENT | expression ROWS
 *                          | BUCKET INTEGER OUT OF INTEGER | expression) ')'
 *          (REPEATABLE '(' INTEGER ')')?
 */
AstTableSample *parse_sample(Parser *p)
{
    uint32_t start = p->at;
    AstTableSample *sample = ARENA_NEW(p->arena, AstTableSample);
    uint32_t sign;

    expect_keyword(p, KEYWORD_TABLESAMPLE);
    expect(p, TOKEN_LEFT_PAREN);
    sign = at_token(p, TOKEN_MINUS);
    sample->percent = STR_EMPTY;
    if (at_token(p, TOKEN_RIGHT_PAREN))
        parse_error(p, token_at(p, 0)->span, "_LEGACY_ERROR_TEMP_0015", NULL,
                    "TABLESAMPLE does not accept empty inputs.");
    if (number_at(p, sign) && keyword_at(p, sign + 1) == KEYWORD_PERCENT) {
        const Token *number = token_at(p, sign);

        sample->kind = AST_SAMPLE_PERCENT;
        sample->percent =
            str_slice(p->text->text, token_at(p, 0)->from, number->from + number->bytes);
        for (uint32_t i = 0; i < sign + 2; i++)
            advance(p);
    } else if (at_keyword(p, KEYWORD_BUCKET) && kind_at(p, 1) == TOKEN_INTEGER) {
        parse_bucket_sample(p, sample);
    } else {
        sample->expr = parse_expr(p);
        sample->kind = accept_keyword(p, KEYWORD_ROWS) ? AST_SAMPLE_ROWS : AST_SAMPLE_BYTES;
    }
    expect(p, TOKEN_RIGHT_PAREN);
    if (accept_keyword(p, KEYWORD_REPEATABLE)) {
        expect(p, TOKEN_LEFT_PAREN);
        sample->has_seed = true;
        sample->seed = parse_integer(p, "a whole number");
        expect(p, TOKEN_RIGHT_PAREN);
    }
    sample->span = span_since(p, start);
    return sample;
}

static bool at_watermark(const Parser *p)
{
    return at_keyword(p, KEYWORD_WATERMARK) && at_clause_start(p);
}

/* watermarkClause : WATERMARK namedExpression DELAY OF interval */
static AstWatermark *parse_watermark(Parser *p)
{
    uint32_t start = p->at;
    AstWatermark *watermark = ARENA_NEW(p->arena, AstWatermark);

    advance(p);
    watermark->column.expr = parse_expr(p);
    if (!at_keyword(p, KEYWORD_DELAY)) {
        accept_keyword(p, KEYWORD_AS);
        watermark->column.aliases.items = ARENA_NEW(p->arena, Ident);
        watermark->column.aliases.items[0] = parse_ident(p, "DELAY OF INTERVAL ...");
        watermark->column.aliases.count = 1;
    }
    watermark->column.span = span_since(p, start + 1);
    expect_keyword(p, KEYWORD_DELAY);
    expect_keyword(p, KEYWORD_OF);
    if (at_interval(p)) {
        watermark->delay = parse_interval(p);
    } else {
        syntax_error(p, "an interval, as in DELAY OF INTERVAL 10 SECONDS");
        watermark->delay = expr_new(p, AST_EXPR_INTERVAL, p->at);
    }
    watermark->span = span_since(p, start);
    return watermark;
}

/* sample? watermarkClause? tableAlias */
static void parse_relation_suffix(Parser *p, AstRelation *relation)
{
    uint32_t start_alias;

    if (at_keyword(p, KEYWORD_TABLESAMPLE) && at_clause_start(p))
        relation->sample = parse_sample(p);
    if (at_watermark(p))
        relation->watermark = parse_watermark(p);
    start_alias = p->at;
    relation->alias = parse_table_alias(p);
    if (at_watermark(p) && p->at > start_alias)
        syntax_error_at(p, token_at(p, 0)->span,
                        "Syntax error at or near 'WATERMARK': it stands before the alias.",
                        "write `table WATERMARK column DELAY OF INTERVAL 10 SECONDS AS alias`");
}

/* temporalClause : FOR? (VERSION | SYSTEM_VERSION | TIMESTAMP | SYSTEM_TIME) AS OF value */
static AstTemporalClause *parse_temporal(Parser *p)
{
    uint32_t start = p->at;
    uint32_t word = at_keyword(p, KEYWORD_FOR);
    Keyword keyword = keyword_at(p, word);
    AstTemporalClause *temporal;

    if (keyword != KEYWORD_VERSION && keyword != KEYWORD_SYSTEM_VERSION &&
        keyword != KEYWORD_TIMESTAMP && keyword != KEYWORD_SYSTEM_TIME)
        return NULL;
    if (keyword_at(p, word + 1) != KEYWORD_AS || keyword_at(p, word + 2) != KEYWORD_OF)
        return NULL;
    for (uint32_t i = 0; i < word + 3; i++)
        advance(p);
    temporal = ARENA_NEW(p->arena, AstTemporalClause);
    temporal->is_version = keyword == KEYWORD_VERSION || keyword == KEYWORD_SYSTEM_VERSION;
    temporal->value = parse_value(p);
    temporal->span = span_since(p, start);
    return temporal;
}

/* identifiedByClause : IDENTIFIED BY identifier */
static Str parse_identified_by(Parser *p)
{
    if (!accept_keywords(p, KEYWORD_IDENTIFIED, KEYWORD_BY))
        return STR_EMPTY;
    return parse_ident(p, "a name").text;
}

/* ── primaries ─────────────────────────────────────────────────────────────────────────────────*/

/* expression (',' expression)* : each a row or a single value */
AstExprList parse_inline_rows(Parser *p)
{
    return parse_expr_list(p);
}

/* name '(' args ')' : the name is read, the parenthesis is next */
static AstRelation *parse_function_relation(Parser *p, QualifiedName name, uint32_t start)
{
    AstRelation *relation = relation_new(p, AST_RELATION_FUNCTION, start);

    relation->function.call = parse_table_call(p, name);
    return relation;
}

/* STREAM begins a stream only where a table follows it; else it is a table's name. */
static bool at_stream(const Parser *p)
{
    TokenKind next = kind_at(p, 1);

    if (!at_keyword(p, KEYWORD_STREAM))
        return false;
    if (next == TOKEN_LEFT_PAREN || next == TOKEN_QUOTED)
        return true;
    if (next != TOKEN_WORD || keyword_is_strict(keyword_at(p, 1)))
        return false;
    /* `FROM stream WHERE ...`: look at the next word as at a clause. */
    Parser ahead = *p;
    ahead.at++;
    return !at_clause_start(&ahead);
}

/*
 * streamRelationPrimary
 *   : STREAM name options? identifiedBy? watermark? alias | STREAM '(' name ')' ...
 *   | STREAM function ... | STREAM '(' function ')' ...
 */
static AstRelation *parse_stream(Parser *p)
{
    uint32_t start = p->at;
    AstRelation *relation;
    QualifiedName name;
    uint32_t name_start;
    bool parens;

    advance(p);
    parens = accept(p, TOKEN_LEFT_PAREN);
    name_start = p->at;
    if (parens && query_starts_at(p, 0)) {
        syntax_error_at(p, token_at(p, 0)->span,
                        "Syntax error: STREAM takes a table or a table function, not a query.",
                        "write STREAM inside, before the table: (SELECT ... FROM STREAM t)");
        return relation_new(p, AST_RELATION_TABLE, start);
    }
    name = parse_name(p, "a table");
    if (at_token(p, TOKEN_LEFT_PAREN)) {
        relation = parse_function_relation(p, name, name_start);
        relation->function.stream = true;
    } else {
        relation = relation_new(p, AST_RELATION_TABLE, start);
        relation->table.name = name;
        relation->table.stream = true;
    }
    if (parens)
        expect(p, TOKEN_RIGHT_PAREN);
    if (relation->kind == AST_RELATION_TABLE) {
        if (at_keyword(p, KEYWORD_CHANGES)) {
            parse_error(p, token_at(p, 0)->span, "UNSUPPORTED_FEATURE.CHANGE_DATA_CAPTURE", "0A000",
                        "STREAM ... CHANGES is not supported.");
        }
        if (at_keyword(p, KEYWORD_WITH) && kind_at(p, 1) == TOKEN_LEFT_PAREN) {
            advance(p);
            relation->table.options = parse_properties(p, false);
        }
        relation->table.identified_by = parse_identified_by(p);
    } else {
        relation->function.identified_by = parse_identified_by(p);
    }
    parse_relation_suffix(p, relation);
    relation->span = span_since(p, start);
    return relation;
}

/* '(' query ')' ... | '(' relation ')' ... */
static AstRelation *parse_paren_relation(Parser *p)
{
    uint32_t start = p->at;
    AstRelation *relation;

    advance(p);
    if (query_starts_at(p, 0)) {
        AstQuery *query = parse_query(p);

        relation = relation_new(p, AST_RELATION_SUBQUERY, start);
        relation->query = query;
    } else {
        uint32_t height_outside = nest_enter(p);
        AstRelation *inner = parse_relation(p);

        nest_leave(p, height_outside);
        relation = relation_new(p, AST_RELATION_PAREN, start);
        relation->inner = inner;
    }
    expect(p, TOKEN_RIGHT_PAREN);
    parse_relation_suffix(p, relation);
    relation->span = span_since(p, start);
    return relation;
}

/*
 * relationPrimary
 *   : STREAM ... | '(' ... ')' ... | VALUES rows alias | name '(' args ')' ...
 *   | name temporalClause? optionsClause? sample? watermarkClause? tableAlias
 */
static AstRelation *parse_relation_primary(Parser *p)
{
    uint32_t start = p->at;
    bool lateral = at_keyword(p, KEYWORD_LATERAL) && keyword_at(p, 1) != KEYWORD_VIEW;
    AstRelation *relation;

    if (lateral)
        advance(p);
    if (at_stream(p)) {
        relation = parse_stream(p);
    } else if (at_token(p, TOKEN_LEFT_PAREN)) {
        relation = parse_paren_relation(p);
    } else if (at_keyword(p, KEYWORD_VALUES) && query_starts_at(p, 0)) {
        advance(p);
        relation = relation_new(p, AST_RELATION_VALUES, start);
        relation->rows = parse_inline_rows(p);
        relation->alias = parse_table_alias(p);
    } else {
        QualifiedName name;
        bool computed = at_keyword(p, KEYWORD_IDENTIFIER);

        if (!computed && at_clause_start(p))
            syntax_error(p, "a table");
        name = parse_name(p, "a table, a query in parentheses or VALUES");
        if (at_token(p, TOKEN_LEFT_PAREN)) {
            relation = parse_function_relation(p, name, start);
        } else {
            relation = relation_new(p, AST_RELATION_TABLE, start);
            relation->table.name = name;
            relation->table.temporal = parse_temporal(p);
            if (at_keyword(p, KEYWORD_WITH) && kind_at(p, 1) == TOKEN_LEFT_PAREN) {
                advance(p);
                relation->table.options = parse_properties(p, false);
            }
        }
        parse_relation_suffix(p, relation);
    }
    relation->lateral = lateral;
    relation->span = span_since(p, start);
    if (lateral && relation->kind != AST_RELATION_SUBQUERY && relation->kind != AST_RELATION_FUNCTION)
        parse_error(p, relation->span, "INVALID_SQL_SYNTAX.LATERAL_WITHOUT_SUBQUERY_OR_TABLE_VALUED_FUNC",
                    "42000",
                    "Invalid SQL syntax: LATERAL can only be used with subquery and table-valued "
                    "functions.");
    return relation;
}

/* ── joins ─────────────────────────────────────────────────────────────────────────────────────*/

static bool at_join(const Parser *p)
{
    switch ((int)keyword_at(p, 0)) {
    case KEYWORD_JOIN:
    case KEYWORD_INNER:
    case KEYWORD_CROSS:
    case KEYWORD_LEFT:
    case KEYWORD_RIGHT:
    case KEYWORD_FULL:
    case KEYWORD_SEMI:
    case KEYWORD_ANTI:
    case KEYWORD_NATURAL:
        return true;
    default:
        return false;
    }
}

/* joinType : INNER? | CROSS | LEFT OUTER? | LEFT? SEMI | RIGHT OUTER? | FULL OUTER? | LEFT? ANTI */
static AstJoinKind parse_join_kind(Parser *p)
{
    AstJoinKind kind = AST_JOIN_INNER;

    if (accept_keyword(p, KEYWORD_CROSS)) {
        kind = AST_JOIN_CROSS;
    } else if (accept_keyword(p, KEYWORD_LEFT)) {
        kind = AST_JOIN_LEFT;
        if (at_keyword(p, KEYWORD_SEMI) || at_keyword(p, KEYWORD_ANTI))
            kind = at_keyword(p, KEYWORD_SEMI) ? AST_JOIN_SEMI : AST_JOIN_ANTI;
        if (kind != AST_JOIN_LEFT)
            advance(p);
        else
            accept_keyword(p, KEYWORD_OUTER);
    } else if (accept_keyword(p, KEYWORD_RIGHT)) {
        kind = AST_JOIN_RIGHT;
        accept_keyword(p, KEYWORD_OUTER);
    } else if (accept_keyword(p, KEYWORD_FULL)) {
        kind = AST_JOIN_FULL;
        accept_keyword(p, KEYWORD_OUTER);
    } else if (accept_keyword(p, KEYWORD_SEMI)) {
        kind = AST_JOIN_SEMI;
    } else if (accept_keyword(p, KEYWORD_ANTI)) {
        kind = AST_JOIN_ANTI;
    } else {
        accept_keyword(p, KEYWORD_INNER);
    }
    return kind;
}

static void check_lateral_join(Parser *p, const AstRelation *join)
{
    AstJoinKind kind = join->join.kind;

    if (join->join.natural)
        parse_error(p, join->span, "INCOMPATIBLE_JOIN_TYPES", "42613",
                    "The join types LATERAL and NATURAL are incompatible.");
    else if (join->join.using_columns.count > 0)
        parse_error(p, join->span, "UNSUPPORTED_FEATURE.LATERAL_JOIN_USING", "0A000",
                    "JOIN USING with LATERAL correlation.");
    else if (kind != AST_JOIN_INNER && kind != AST_JOIN_CROSS && kind != AST_JOIN_LEFT)
        parse_error(p, join->span, "INVALID_LATERAL_JOIN_TYPE", "42613",
                    "The %s with LATERAL correlation is not allowed: what is correlated must stand "
                    "on the side whose rows are all kept.",
                    join_kind_text(kind));
}

/*
 * joinRelation : joinType JOIN LATERAL? relationPrimary (ON expr | USING idents)?
 *              | NATURAL joinType JOIN LATERAL? relationPrimary
 */
static AstRelation *parse_join(Parser *p, AstRelation *left, uint32_t start)
{
    bool natural = accept_keyword(p, KEYWORD_NATURAL);
    AstJoinKind kind = parse_join_kind(p);
    uint32_t height_outside;
    AstRelation *right;
    AstRelation *join;

    expect_keyword(p, KEYWORD_JOIN);
    height_outside = nest_enter(p);
    right = parse_relation_primary(p);
    nest_leave(p, height_outside);
    join = relation_new(p, AST_RELATION_JOIN, start);
    join->join.kind = kind;
    join->join.natural = natural;
    join->join.left = left;
    join->join.right = right;
    if (natural && kind == AST_JOIN_CROSS)
        parse_error(p, join->span, "INCOMPATIBLE_JOIN_TYPES", "42613",
                    "The join types NATURAL and CROSS are incompatible.");
    if (!natural && accept_keyword(p, KEYWORD_ON))
        join->join.on = parse_expr(p);
    else if (!natural && accept_keyword(p, KEYWORD_USING))
        join->join.using_columns = parse_ident_list(p);
    join->span = span_since(p, start);
    if (right->lateral)
        check_lateral_join(p, join);
    return join;
}

/* ── PIVOT, UNPIVOT, LATERAL VIEW ──────────────────────────────────────────────────────────────*/

/* pivotValue : expression (AS? identifier)? */
static AstPivotValue parse_pivot_value(Parser *p)
{
    AstPivotValue value = {.expr = parse_expr(p), .alias = {.text = STR_EMPTY}};

    if (accept_keyword(p, KEYWORD_AS) || name_at(p, 0))
        value.alias = parse_ident(p, "an alias");
    return value;
}

/* PIVOT '(' namedExpressionSeq FOR (identifier | identifierList) IN '(' pivotValues ')' ')' */
static AstRelation *parse_pivot(Parser *p, AstRelation *input, uint32_t start)
{
    AstRelation *pivot;
    AstNamedExprList aggregates;
    IdentList columns;
    VEC(AstPivotValue) values = {0};

    advance(p);
    expect(p, TOKEN_LEFT_PAREN);
    aggregates = parse_named_exprs(p);
    expect_keyword(p, KEYWORD_FOR);
    if (at_token(p, TOKEN_LEFT_PAREN)) {
        columns = parse_ident_list(p);
    } else {
        columns = (IdentList){ARENA_NEW(p->arena, Ident), 1};
        columns.items[0] = parse_ident(p, "a column");
    }
    expect_keyword(p, KEYWORD_IN);
    expect(p, TOKEN_LEFT_PAREN);
    do {
        AstPivotValue value = parse_pivot_value(p);

        VEC_ADD_IN(p->arena, &values, value);
    } while (accept_comma_in(p, TOKEN_RIGHT_PAREN));
    expect(p, TOKEN_RIGHT_PAREN);
    pivot = relation_new(p, AST_RELATION_PIVOT, start);
    pivot->pivot.input = input;
    pivot->pivot.aggregates = aggregates;
    pivot->pivot.columns = columns;
    pivot->pivot.values = values.items;
    pivot->pivot.value_count = values.count;
    return pivot;
}

/* (name | '(' names ')') (AS? identifier)? */
static AstUnpivotItem parse_unpivot_item(Parser *p)
{
    AstUnpivotItem item = {.alias = {.text = STR_EMPTY}};

    if (accept(p, TOKEN_LEFT_PAREN)) {
        item.columns = parse_name_list(p);
        expect(p, TOKEN_RIGHT_PAREN);
    } else {
        item.columns = (QualifiedNameList){ARENA_NEW(p->arena, QualifiedName), 1};
        item.columns.items[0] = parse_name(p, "a column");
    }
    if (accept_keyword(p, KEYWORD_AS) || name_at(p, 0))
        item.alias = parse_ident(p, "an alias");
    return item;
}

/*
 * UNPIVOT ((INCLUDE | EXCLUDE) NULLS)?
 *   '(' (identifier | identifierList) FOR identifier IN '(' items ')' ')' (AS? identifier)?
 */
static AstRelation *parse_unpivot(Parser *p, AstRelation *input, uint32_t start)
{
    AstRelation *unpivot = relation_new(p, AST_RELATION_UNPIVOT, start);
    VEC(AstUnpivotItem) items = {0};

    advance(p);
    unpivot->unpivot.input = input;
    if (at_keyword(p, KEYWORD_INCLUDE) || at_keyword(p, KEYWORD_EXCLUDE)) {
        unpivot->unpivot.include_nulls = at_keyword(p, KEYWORD_INCLUDE);
        unpivot->unpivot.nulls_given = true;
        advance(p);
        expect_keyword(p, KEYWORD_NULLS);
    }
    expect(p, TOKEN_LEFT_PAREN);
    if (at_token(p, TOKEN_LEFT_PAREN)) {
        unpivot->unpivot.value_columns = parse_ident_list(p);
    } else {
        unpivot->unpivot.value_columns = (IdentList){ARENA_NEW(p->arena, Ident), 1};
        unpivot->unpivot.value_columns.items[0] = parse_ident(p, "a column for the values");
    }
    expect_keyword(p, KEYWORD_FOR);
    unpivot->unpivot.name_column = parse_ident(p, "a column for the names");
    expect_keyword(p, KEYWORD_IN);
    expect(p, TOKEN_LEFT_PAREN);
    do {
        AstUnpivotItem item = parse_unpivot_item(p);

        VEC_ADD_IN(p->arena, &items, item);
    } while (accept_comma_in(p, TOKEN_RIGHT_PAREN));
    expect(p, TOKEN_RIGHT_PAREN);
    unpivot->unpivot.items = items.items;
    unpivot->unpivot.item_count = items.count;
    return unpivot;
}

/* LATERAL VIEW OUTER? name '(' exprs? ')' identifier (AS? identifier (',' identifier)*)? */
static AstRelation *parse_lateral_view(Parser *p, AstRelation *input, uint32_t start)
{
    AstRelation *view = relation_new(p, AST_RELATION_LATERAL_VIEW, start);
    VEC(Ident) columns = {0};

    advance(p);
    advance(p);
    view->lateral_view.input = input;
    view->lateral_view.outer = at_keyword(p, KEYWORD_OUTER) && name_at(p, 1);
    if (view->lateral_view.outer)
        advance(p);
    view->lateral_view.call = parse_table_call(p, parse_name(p, "a function"));
    if (name_at(p, 0) && !at_keyword(p, KEYWORD_AS) && !at_clause_start(p))
        view->alias.name = parse_ident(p, "a table's name");
    if (accept_keyword(p, KEYWORD_AS) ||
        (view->alias.name.text.bytes > 0 && name_at(p, 0) && !at_clause_start(p) &&
         !keyword_is_strict(keyword_at(p, 0)))) {
        do {
            Ident column = parse_ident(p, "a column's name");

            VEC_ADD_IN(p->arena, &columns, column);
        } while (accept(p, TOKEN_COMMA));
    }
    view->alias.columns = (IdentList){columns.items, columns.count};
    return view;
}

/* ── chains ────────────────────────────────────────────────────────────────────────────────────*/

static bool at_pivot(const Parser *p)
{
    return (at_keyword(p, KEYWORD_PIVOT) || at_keyword(p, KEYWORD_UNPIVOT)) && at_clause_start(p);
}

bool at_relation_step(const Parser *p)
{
    return at_join(p) || at_pivot(p);
}

/* joinRelation | pivotClause | unpivotClause : behind `left` */
AstRelation *parse_relation_step(Parser *p, AstRelation *left)
{
    uint32_t start = p->at;
    AstRelation *relation;

    if (at_join(p)) {
        relation = parse_join(p, left, start);
    } else {
        relation = at_keyword(p, KEYWORD_PIVOT) ? parse_pivot(p, left, start)
                                                : parse_unpivot(p, left, start);
        relation->alias = parse_table_alias(p);
    }
    relation->span = span_join(left->span, span_since(p, start));
    return relation;
}

/* relation : LATERAL? relationPrimary (joinRelation | pivotClause | unpivotClause)* */
static AstRelation *parse_relation(Parser *p)
{
    AstRelation *relation = parse_relation_primary(p);

    while (at_relation_step(p))
        relation = parse_relation_step(p, relation);
    return relation;
}

/* lateralView* : over all that stands before; `input` is NULL behind a SELECT without FROM */
AstRelation *parse_lateral_views(Parser *p, AstRelation *input)
{
    while (at_keywords(p, KEYWORD_LATERAL, KEYWORD_VIEW)) {
        uint32_t start = p->at;
        AstRelation *view = parse_lateral_view(p, input, start);

        view->span = span_join(input ? input->span : SPAN_NONE, span_since(p, start));
        input = view;
    }
    return input;
}

/* fromClause : FROM relation (',' relation)* lateralView* pivotClause? unpivotClause? */
AstRelation *parse_from(Parser *p)
{
    AstRelation *left;

    expect_keyword(p, KEYWORD_FROM);
    left = parse_relation(p);
    while (accept(p, TOKEN_COMMA)) {
        uint32_t height_outside = nest_enter(p);
        AstRelation *right;
        AstRelation *join;

        if (at_clause_start(p) && !at_keyword(p, KEYWORD_VALUES))
            syntax_error_at(p, p->tokens[p->at - 1].span,
                            "Syntax error: the list of tables ends with a comma.",
                            "remove the comma");
        right = parse_relation(p);
        nest_leave(p, height_outside);
        join = relation_new(p, AST_RELATION_JOIN, p->at);
        join->span = span_join(left->span, right->span);
        join->join.kind = AST_JOIN_COMMA;
        join->join.left = left;
        join->join.right = right;
        left = join;
    }
    left = parse_lateral_views(p, left);
    while (at_pivot(p))
        left = parse_relation_step(p, left);
    return left;
}
