"""Queries like those of other people: a golden case with a word or two changed.

A Mutator is made of cases of one golden file. What it puts in comes from that file's other cases (literals,
names, calls) and from lists of what may stand in the same place: types, joins, aggregates, edge values.
Most of what comes out is a query that is wrong in one place, or right in a way its author did not mean:
both ends of the language that hand-written tests seldom reach.
"""
import re

TOKEN = re.compile(r"""
    \s+ | --[^\n]* | /\*.*?\*/
  | [rRxX]?'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.)*" | `[^`]*`
  | (?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[A-Za-z]*
  | [A-Za-z_][A-Za-z_0-9]* | <=> | \|> | -> | => | :: | \|\| | [<>!=]= | <> | >>> | << | >> | .
""", re.VERBOSE | re.DOTALL)

ALIKE = [group.split("|") for group in """
+|-|*|/|%|div|=|<=>|<|>=|<>|AND|OR|&|\\|\\|
sum|avg|min|max|count|first|last|any_value|stddev|variance|collect_list|collect_set|bool_and|median|mode|count_if|try_sum|try_avg|bit_or|array_agg|listagg
rank|dense_rank|row_number|percent_rank|cume_dist|ntile|lag|lead|first_value|last_value|nth_value
JOIN|LEFT JOIN|RIGHT JOIN|FULL JOIN|CROSS JOIN|LEFT SEMI JOIN|LEFT ANTI JOIN|NATURAL JOIN|NATURAL LEFT JOIN|NATURAL FULL JOIN|JOIN LATERAL|LEFT JOIN LATERAL
UNION|UNION ALL|EXCEPT|EXCEPT ALL|INTERSECT|INTERSECT ALL|UNION DISTINCT|MINUS
IN|NOT IN
EXISTS|NOT EXISTS
ASC|DESC|ASC NULLS LAST|DESC NULLS FIRST
ROWS|RANGE
PRECEDING|FOLLOWING
CUBE|ROLLUP|GROUPING SETS
upper|lower|length|trim|ltrim|rtrim|reverse|initcap|hex|md5|ascii|soundex|char_length|base64|unhex|bit_length|octet_length
year|month|day|hour|minute|second|quarter|dayofweek|weekofyear|dayofyear|last_day|unix_date|to_date|date|timestamp|to_timestamp|unix_timestamp|dayname|monthname
date_add|date_sub|datediff|add_months|months_between|trunc|date_trunc|next_day|to_date|date_format|from_unixtime|dateadd|date_diff
abs|ceil|floor|round|bround|sqrt|exp|ln|sign|negative|positive|cbrt|rint|log10|degrees|factorial|bit_count
left|right|substr|substring|repeat|lpad|rpad|instr|locate|split|concat|concat_ws|replace|translate|startswith|endswith|contains|split_part|levenshtein|format_string|find_in_set|substring_index|decode|encode|elt|like|rlike
array|map|struct|named_struct|concat|coalesce|greatest|least|nvl|nullif|if|nvl2|ifnull|zeroifnull|nullifzero
size|cardinality|array_size|array_distinct|array_max|array_min|sort_array|array_sort|flatten|reverse|explode|posexplode|explode_outer|inline|map_keys|map_values|map_entries|shuffle|array_compact|collation|typeof|isnull
array_contains|array_position|array_remove|array_append|array_prepend|array_union|array_except|array_intersect|arrays_overlap|element_at|try_element_at|get|array_repeat|slice|array_join|concat|map_from_arrays|arrays_zip|map_contains_key
transform|filter|exists|forall|array_sort|aggregate|reduce|zip_with|map_filter|transform_keys|transform_values|map_zip_with
try_add|try_subtract|try_multiply|try_divide|try_mod
to_number|try_to_number|to_char|to_varchar|to_binary|try_to_binary
from_json|to_json|schema_of_json|get_json_object|json_tuple|json_array_length|json_object_keys|from_csv|to_csv|schema_of_csv
regexp_extract|regexp_extract_all|regexp_replace|regexp_count|regexp_instr|regexp_substr|regexp_like|rlike|split
make_date|make_timestamp|make_timestamp_ntz|make_interval|make_dt_interval|make_ym_interval|make_timestamp_ltz|try_make_timestamp|try_make_interval
to_timestamp|to_timestamp_ntz|to_timestamp_ltz|try_to_timestamp|to_date|try_to_date|to_unix_timestamp|unix_timestamp
covar_pop|covar_samp|corr|regr_slope|regr_count|regr_intercept|regr_r2|regr_avgx|regr_sxy|max_by|min_by
percentile|percentile_approx|percentile_cont|percentile_disc|approx_percentile
date|timestamp|timestamp_ntz|interval
""".strip().splitlines() for group in [group.replace("\\|", "\0")]]
ALIKE = [[word.replace("\0", "|") for word in group] for group in ALIKE]
TYPES = ("boolean|tinyint|smallint|int|bigint|float|double|decimal(10,2)|decimal(38,18)|decimal(3,3)|string|binary|date|"
         "timestamp|timestamp_ntz|array<int>|array<string>|map<string,int>|struct<a:int>|interval day to second|"
         "interval year to month|varchar(3)|char(5)|interval hour|void").split("|")
NUMBERS = ["0", "-1", "1", "2", "3", "NULL", "1.5", "2147483647", "-2147483648", "9223372036854775807", "1Y", "1S", "1L",
           "100BD", "1e10", "0.1D", "1.0F", "'1'", "'a'", "true", "99999999999999999999999999999999999999", "current_date()"]
STRINGS = ["''", "NULL", "' 1 '", "'a'", "'2024-02-30'", "'2024-02-29'", "'12:34'", "'%'", "'é'", "1", "1.5", "X'41'",
           "DATE'2020-01-31'", "TIMESTAMP'2020-01-31 12:00:00'", "array('a')", "INTERVAL '1' DAY", "true", "'1-1'"]
OTHERS = {word.lower(): [other for other in group if other.lower() != word.lower()] for group in ALIKE for word in group}
TYPE_WORDS = {"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "date", "timestamp",
              "timestamp_ntz", "integer", "long", "short", "byte"}
CLAUSES = {"WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "ON", "USING", "FILTER", "OVER", "PARTITION", "CLUSTER",
           "SORT", "DISTRIBUTE", "WINDOW", "LATERAL", "WITH", "UNION"}
# As names they are an error in nearly all places, of one kind.
KEYWORDS = CLAUSES | set("""SELECT FROM AS BY AND OR NOT NULL IN IS CASE WHEN THEN ELSE END JOIN LEFT RIGHT FULL INNER OUTER CROSS
NATURAL SEMI ANTI EXISTS BETWEEN LIKE DISTINCT VALUES UNION ALL EXCEPT INTERSECT MINUS ASC DESC NULLS FIRST LAST ROWS RANGE
PRECEDING FOLLOWING UNBOUNDED CURRENT ROW SETS CUBE ROLLUP INTERVAL DATE TIMESTAMP CAST""".split())
# What answers otherwise each time, or as the machine likes.
RANDOM = re.compile(r"\b(rand|randn|random|uuid|shuffle|now|current_\w+|curdate|localtimestamp|unix_timestamp\s*\(\s*\)|"
                    r"monotonically_increasing_id|spark_partition_id|input_file\w*|version|user|session_user|sample|"
                    r"tablesample|randstr|uniform|localtime|sleep)\b", re.I)
# What depends on the order of rows that have none.
UNORDERED = re.compile(r"\b(limit|offset|first|first_value|last|last_value|any_value|row_number|ntile|collect_list|collect_set|"
                       r"array_agg|listagg|string_agg|lag|lead|nth_value|mode|max_by|min_by|rows|over|rand|approx_\w+|percentile_approx)\b", re.I)


def is_blank(token):
    return token.isspace() or token.startswith(("--", "/*"))


def closing(tokens, start):
    depth = 0
    for i in range(start, len(tokens)):
        depth += (tokens[i] == "(") - (tokens[i] == ")")
        if depth == 0:
            return i
    return None


class Mutator:
    def __init__(self, texts, random):
        self.random = random
        self.strings, self.numbers, self.names, self.groups = set(), set(), set(), set()
        for text in texts:
            tokens = TOKEN.findall(text)
            for i, token in enumerate(tokens):
                if token.startswith(("'", '"')):
                    self.strings.add(token)
                elif token[0].isdigit():
                    self.numbers.add(token)
                elif re.match(r"[A-Za-z_`]", token) and token.upper() not in KEYWORDS:
                    self.names.add(token)
                elif token == "(":
                    end = closing(tokens, i)
                    if end and end - i < 40:
                        self.groups.add("".join(tokens[i:end + 1]))
        self.strings, self.numbers, self.names, self.groups = (
            sorted(s) for s in (self.strings, self.numbers, self.names, self.groups))

    def mutate(self, text):
        """The text with one to three changes; None where nothing came of it."""
        tokens = TOKEN.findall(text.strip())
        for _ in range(self.random.choice([1, 1, 1, 2, 2, 3])):
            for _ in range(8):
                if self.change(tokens):
                    break
        now = "".join(tokens)
        return None if now == text.strip() or RANDOM.search(now) or len(now) > 4000 else now

    def change(self, tokens):
        places = [i for i, token in enumerate(tokens) if not is_blank(token)]
        if not places:
            return False
        i = self.random.choice(places)
        token, choose = tokens[i], self.random.choice
        if token == "(":
            return self.change_group(tokens, i)
        if token.startswith(("'", '"')):
            tokens[i] = choose(self.strings + STRINGS)
        elif token[0].isdigit():
            tokens[i] = choose(self.numbers + NUMBERS)
        elif token.lower() in TYPE_WORDS and self.random.random() < 0.8:
            tokens[i] = choose(TYPES)
        elif token.lower() in OTHERS:
            tokens[i] = choose(OTHERS[token.lower()])
        elif token.upper() in CLAUSES:
            return self.drop_clause(tokens, i)
        elif token.upper() == "DISTINCT":
            tokens[i] = ""
        elif token.upper() == "SELECT" and self.random.random() < 0.3:
            tokens[i] = "SELECT DISTINCT"
        elif token == ",":
            return self.drop_item(tokens, i)
        elif re.match(r"[A-Za-z_`]", token) and self.names and self.random.random() < 0.6:
            tokens[i] = choose(self.names)
        else:
            return False
        return True

    def change_group(self, tokens, i):
        end = closing(tokens, i)
        if end is None:
            return False
        what = self.random.randrange(5)
        if what == 0 and self.groups:
            tokens[i:end + 1] = [self.random.choice(self.groups)]
        elif what == 1 and end > i + 1:
            tokens[end:end] = [", ", self.random.choice(NUMBERS + STRINGS)]
        elif what == 2 and end > i + 1:
            tokens[i:end + 1] = ["(", "DISTINCT ", *tokens[i + 1:end], ")"]
        elif what == 3:
            tokens[i:end + 1] = ["()"]
        elif what == 4:
            tokens[end + 1:end + 1] = [self.random.choice([
                " FILTER (WHERE true)", " OVER ()", " OVER (ORDER BY 1)", " IS NULL", "[0]", ".a", " + 1", " || 'x'",
                " BETWEEN 1 AND 2", " IN (1, NULL)", " LIKE 'a%'", " WITHIN GROUP (ORDER BY 1)", " AS x", " AS (x, y)"])]
        else:
            return False
        return True

    def drop_clause(self, tokens, i):
        depth, end = 0, i + 1
        while end < len(tokens):
            depth += (tokens[end] == "(") - (tokens[end] == ")")
            if depth < 0 or depth == 0 and tokens[end].upper() in CLAUSES and end > i + 1:
                break
            end += 1
        tokens[i:end] = []
        return True

    def drop_item(self, tokens, i):
        depth, end = 0, i + 1
        while end < len(tokens):
            depth += (tokens[end] == "(") - (tokens[end] == ")")
            if depth < 0 or depth == 0 and (tokens[end] == "," or tokens[end].upper() in CLAUSES | {"FROM"}):
                break
            end += 1
        tokens[i:end] = []
        return True
