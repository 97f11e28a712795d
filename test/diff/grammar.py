"""Random typed queries: the templates, and trees that can be made smaller.

A template is (result class, text); {X} in the text stands for an expression of class X. Classes are
Spark's types by short names (below), NUM: any number, INT: what becomes an INT by itself, SMALL: a
literal between -3 and 6, ANY: anything comparable. `~` before the text: the value may differ in the
last digits from platform to platform (sin, exp), so it never stands inside another expression.
"""
import os
import random
import re

COLUMNS = {  # name -> class, in the order of the tables' definition
    "b": "B", "i1": "I1", "i2": "I2", "i4": "I4", "i8": "I8", "f4": "F4", "f8": "F8",
    "d": "D", "dd": "DD", "s": "S", "bin": "BIN", "dt": "DT", "ts": "TS", "tn": "TN",
    "ai": "AI", "as": "AS", "m": "M", "st": "ST", "ym": "YM", "iv": "IV",
}
SQL_TYPES = {
    "B": "BOOLEAN", "I1": "TINYINT", "I2": "SMALLINT", "I4": "INT", "I8": "BIGINT", "F4": "FLOAT",
    "F8": "DOUBLE", "D": "DECIMAL(10,2)", "DD": "DECIMAL(38,10)", "S": "STRING", "BIN": "BINARY",
    "DT": "DATE", "TS": "TIMESTAMP", "TN": "TIMESTAMP_NTZ", "AI": "ARRAY<INT>", "AS": "ARRAY<STRING>",
    "M": "MAP<STRING,INT>", "ST": "STRUCT<x:INT,y:STRING>", "YM": "INTERVAL YEAR TO MONTH",
    "IV": "INTERVAL DAY TO SECOND",
}
# Values written so that both engines read the same; each class has its edges.
VALUES = {
    "B": ["true", "false"],
    "I1": ["0Y", "1Y", "-1Y", "127Y", "-128Y", "7Y", "42Y"],
    "I2": ["0S", "1S", "-1S", "32767S", "-32768S", "12S", "365S"],
    "I4": ["0", "1", "-1", "2", "3", "10", "2147483647", "(-2147483648)", "100", "-7", "65536"],
    "I8": ["0L", "1L", "-1L", "9223372036854775807L", "(-9223372036854775808L)", "1000000007L", "5L"],
    "F4": ["0.0F", "-0.0F", "1.5F", "-2.25F", "3.4E38F", "1.4E-45F", "0.1F",
           "float('NaN')", "float('Infinity')", "float('-Infinity')", "16777217F"],
    "F8": ["0.0D", "-0.0D", "1.5D", "-2.5D", "1.7976931348623157E308D", "4.9E-324D", "0.1D", "1e10D",
           "1e-5D", "123456789.125D", "double('NaN')", "double('Infinity')", "double('-Infinity')", "2.5D", "0.5D"],
    "D": ["0.00", "1.10", "-1.25", "99999999.99", "-99999999.99", "0.01", "2.50", "12345.67"],
    "DD": ["0", "1.5", "-0.0000000001", "9999999999999999999999999999.9999999999", "123.4567890123",
           "-9999999999999999999999999999.9999999999", "3.3333333333"],
    "S": ["''", "'a'", "'A'", "'abc'", "' 12 '", "'1.5'", "'straße'", "'éa\\u0301'", "'2024-02-29'", "'NULL'",
          "'true'", "'x,y,z'", "'日本語'", "'😀b'", "'Hello World'", "'aXbXc'", "'-7'", "'1e3'",
          "'{\"x\":1,\"y\":\"q\"}'", "'2024-03-10 02:30:00'", "'%a_'", "'  pad '", "'9223372036854775808'"],
    "BIN": ["X''", "X'00FF'", "X'616263'", "X'C3A9'", "X'FFFE'"],
    "DT": ["DATE'1970-01-01'", "DATE'2024-02-29'", "DATE'2023-12-31'", "DATE'0001-01-01'",
           "DATE'9999-12-31'", "DATE'1969-12-31'", "DATE'1582-10-04'", "DATE'2024-03-10'", "DATE'2026-11-01'"],
    "TS": ["TIMESTAMP'1970-01-01 00:00:00'", "TIMESTAMP'2024-02-29 23:59:59.999999'",
           "TIMESTAMP'1969-12-31 23:59:59.5'", "TIMESTAMP'2024-03-10 10:30:00Z'",
           "TIMESTAMP'2024-11-03 08:30:00Z'", "TIMESTAMP'2024-11-03 09:30:00Z'", "TIMESTAMP'1900-01-01 12:00:00Z'",
           "TIMESTAMP'2038-01-19 03:14:08Z'"],
    "TN": ["TIMESTAMP_NTZ'1970-01-01 00:00:00'", "TIMESTAMP_NTZ'2024-02-29 23:59:59.999999'",
           "TIMESTAMP_NTZ'2024-03-10 02:30:00'", "TIMESTAMP_NTZ'0001-01-01 00:00:00'",
           "TIMESTAMP_NTZ'2024-07-04 12:34:56.789'"],
    "AI": ["array(1,2,3)", "cast(array() as array<int>)", "array(1,null,3)", "array(2147483647,-1)",
           "array(3,1,2,3)", "array(cast(null as int))"],
    "AS": ["array('a','b')", "cast(array() as array<string>)", "array('x',null)", "array('b','a','b','')"],
    "M": ["map('a',1,'b',2)", "map('a',cast(null as int))", "cast(map() as map<string,int>)", "map('k',7)"],
    "ST": ["named_struct('x',1,'y','q')", "named_struct('x',cast(null as int),'y','')",
           "named_struct('x',-5,'y',cast(null as string))"],
    "YM": ["INTERVAL '0-0' YEAR TO MONTH", "INTERVAL '1-2' YEAR TO MONTH", "INTERVAL '-3-11' YEAR TO MONTH",
           "INTERVAL '178956970-7' YEAR TO MONTH"],
    "IV": ["INTERVAL '0 00:00:00' DAY TO SECOND", "INTERVAL '1 02:03:04.5' DAY TO SECOND",
           "INTERVAL '-10 23:59:59.999999' DAY TO SECOND", "INTERVAL '0 00:00:00.000001' DAY TO SECOND"],
}
GROUPS = {
    "NUM": ["I1", "I2", "I4", "I8", "F4", "F8", "D", "DD"],
    "INT": ["I1", "I2", "I4"],
    "WHOLE": ["I1", "I2", "I4", "I8"],
    "FRAC": ["F4", "F8"],
    "DEC": ["D", "DD"],
    "ORD": ["B", "I1", "I2", "I4", "I8", "F4", "F8", "D", "DD", "S", "BIN", "DT", "TS", "TN", "YM", "IV"],
    "SORT": ["B", "I4", "I8", "F8", "D", "DD", "S", "DT", "TS", "TN"],
    "ANY": list(SQL_TYPES),
}
SAME = ["B", "I4", "I8", "F8", "D", "DD", "S", "DT", "TS", "TN", "AI", "AS", "ST", "YM", "IV", "BIN"]

TEMPLATES = """
NUM ({NUM} + {NUM})
NUM ({NUM} - {NUM})
NUM ({NUM} * {NUM})
NUM ({NUM} / {NUM})
NUM ({NUM} % {NUM})
I8 ({WHOLE} div {WHOLE})
NUM (- {NUM})
NUM abs({NUM})
NUM pmod({NUM}, {NUM})
NUM round({NUM})
NUM round({NUM}, {SMALL})
NUM bround({NUM}, {SMALL})
NUM ceil({NUM})
NUM floor({NUM})
NUM ceil({DEC}, {SMALL})
NUM floor({DEC}, {SMALL})
NUM sign({NUM})
NUM positive({NUM})
NUM negative({NUM})
NUM greatest({NUM}, {NUM}, {NUM})
NUM least({NUM}, {NUM})
NUM coalesce({NUM}, {NUM})
NUM nullif({NUM}, {NUM})
NUM if({B}, {NUM}, {NUM})
NUM CASE WHEN {B} THEN {NUM} WHEN {B} THEN {NUM} ELSE {NUM} END
NUM nvl2({ANY}, {NUM}, {NUM})
NUM try_add({NUM}, {NUM})
NUM try_subtract({NUM}, {NUM})
NUM try_multiply({NUM}, {NUM})
NUM try_divide({NUM}, {NUM})
NUM try_mod({NUM}, {NUM})
I4 ({I4} & {I4})
I8 ({I8} | {I8})
I2 ({I2} ^ {I2})
I8 (~ {I8})
I4 shiftleft({I4}, {SMALL})
I8 shiftright({I8}, {SMALL})
I8 shiftrightunsigned({I8}, {SMALL})
I4 bit_count({WHOLE})
I1 getbit({I4}, 3)
F8 sqrt({NUM})
F8 rint({F8})
F8 cast({NUM} as DOUBLE)
F4 cast({NUM} as FLOAT)
F8 try_cast({S} as DOUBLE)
F8 double({S})
F8 ~exp({F8})
F8 ~ln({NUM})
F8 ~log10({NUM})
F8 ~log2({NUM})
F8 ~log({F8}, {F8})
F8 ~log1p({F8})
F8 ~expm1({F8})
F8 ~sin({F8})
F8 ~cos({F8})
F8 ~tan({F8})
F8 ~asin({F8})
F8 ~acos({F8})
F8 ~atan({F8})
F8 ~atan2({F8}, {F8})
F8 ~sinh({F8})
F8 ~cosh({F8})
F8 ~tanh({F8})
F8 ~asinh({F8})
F8 ~atanh({F8})
F8 ~acosh({F8})
F8 ~power({NUM}, {SMALL})
F8 ~pow({F8}, {F8})
F8 ~cbrt({F8})
F8 ~hypot({F8}, {F8})
F8 ~degrees({F8})
F8 ~radians({F8})
I8 ~factorial({SMALL})
I8 width_bucket({F8}, 0.0D, 10.0D, 5)
F8 nanvl({F8}, {F8})
B isnan({F8})
I4 cast({NUM} as INT)
I8 cast({NUM} as BIGINT)
I1 cast({NUM} as TINYINT)
I2 cast({NUM} as SMALLINT)
D cast({NUM} as DECIMAL(10,2))
DD cast({NUM} as DECIMAL(38,10))
D cast({S} as DECIMAL(10,2))
NUM cast({NUM} as DECIMAL(5,0))
NUM try_cast({NUM} as TINYINT)
NUM try_cast({NUM} as INT)
NUM try_cast({NUM} as DECIMAL(6,3))
I4 cast({S} as INT)
I4 try_cast({S} as INT)
I8 try_cast({S} as BIGINT)
I8 cast({TS} as BIGINT)
D cast({TS} as DECIMAL(20,6))
F8 cast({TS} as DOUBLE)
I4 cast({B} as INT)
I8 cast({I4} as BIGINT)
B cast({NUM} as BOOLEAN)
B cast({S} as BOOLEAN)
B try_cast({S} as BOOLEAN)
B ({ORD} IS NULL)
B ({ANY} IS NOT NULL)
B ({NUM} < {NUM})
B ({NUM} = {NUM})
B ({NUM} <=> {NUM})
B ({NUM} >= {NUM})
B ({S} < {S})
B ({S} = {S})
B ({DT} <= {DT})
B ({TS} > {TS})
B ({TN} <> {TN})
B ({TS} = {TN})
B ({DT} < {TS})
B ({BIN} < {BIN})
B ({IV} < {IV})
B ({YM} >= {YM})
B ({AI} = {AI})
B ({AI} < {AI})
B ({ST} = {ST})
B ({ST} <=> {ST})
B ({B} AND {B})
B ({B} OR {B})
B (NOT {B})
B ({B} = {B})
B ({B} IS TRUE)
B ({B} IS NOT FALSE)
B ({B} IS UNKNOWN)
B ({NUM} BETWEEN {NUM} AND {NUM})
B ({S} BETWEEN {S} AND {S})
B ({I4} IN ({I4}, {I4}, {I8}))
B ({S} IN ({S}, {S}))
B ({D} NOT IN ({D}, {NUM}))
B ({S} LIKE '%a%')
B ({S} LIKE '_b%')
B ({S} NOT LIKE {S})
B ({S} ILIKE 'A%')
B ({S} RLIKE '^[a-z]+$')
B ({S} LIKE ANY ('a%', '%b'))
B regexp_like({S}, '[0-9]+')
B startswith({S}, {S})
B endswith({S}, {S})
B contains({S}, {S})
B ({I4} IS DISTINCT FROM {I8})
B equal_null({S}, {S})
B isnull({ANY})
B array_contains({AI}, {I4})
B arrays_overlap({AI}, {AI})
B exists({AI}, x -> x > 1)
B forall({AI}, x -> x > 0)
B map_contains_key({M}, {S})
S concat({S}, {S})
S ({S} || {S})
S concat_ws(',', {S}, {S})
S concat_ws('-', {AS}, {S})
S upper({S})
S lower({S})
S initcap({S})
S trim({S})
S ltrim({S})
S rtrim({S})
S btrim({S}, 'a ')
S trim(BOTH 'x' FROM {S})
S substr({S}, {SMALL})
S substring({S}, {SMALL}, {SMALL})
S left({S}, {SMALL})
S right({S}, {SMALL})
S lpad({S}, 7, 'xy')
S rpad({S}, {SMALL}, '*')
S repeat({S}, {SMALL})
S reverse({S})
S replace({S}, 'a', {S})
S translate({S}, 'abc', 'x')
S overlay({S} PLACING 'ZZ' FROM 2)
S overlay({S} PLACING 'ZZ' FROM 2 FOR 1)
S split_part({S}, ',', {SMALL})
S substring_index({S}, 'X', {SMALL})
S regexp_replace({S}, '[aeiou]', '<$0>')
S regexp_extract({S}, '([a-z])([a-z])', 2)
S regexp_substr({S}, '[A-Z]\\\\w')
S soundex({S})
S hex({WHOLE})
S hex({S})
S bin({I8})
S conv({S}, 16, 10)
S md5({S})
S sha1({S})
S sha2({S}, 256)
S base64({BIN})
S encode({S}, 'UTF-8')
S chr({INT})
S elt({SMALL}, {S}, {S})
S format_string('%s|%d', {S}, {I4})
S format_number({NUM}, 2)
S cast({ORD} as STRING)
S cast({AI} as STRING)
S cast({M} as STRING)
S cast({ST} as STRING)
S coalesce({S}, {S})
S nullif({S}, {S})
S if({B}, {S}, {S})
S greatest({S}, {S})
S least({S}, {S}, {S})
S CASE {S} WHEN 'a' THEN {S} ELSE {S} END
S decode({I4}, 1, 'one', 2, 'two', 'other')
S typeof({ANY})
S date_format({TS}, 'yyyy-MM-dd HH:mm:ss.SSS')
S date_format({DT}, 'EEE, d MMM yyyy D')
S date_format({TS}, 'h:mm a')
S dayname({DT})
S monthname({DT})
S to_json({ST})
S to_json({M})
S to_json({AI})
S get_json_object({S}, '$.x')
S space({SMALL})
S luhn_check({S})
S mask({S})
S quote({S})
S url_encode({S})
S to_char({D}, '999999999.99')
S to_char({I4}, 'S9999999999')
S array_join({AS}, '|')
S array_join({AS}, ',', 'N')
S element_at({AS}, {SMALL})
S get({AS}, {SMALL})
S ({AS})[{SMALL}]
S {ST}.y
S aggregate({AS}, '', (a, x) -> concat(a, x))
S hex(encode({S}, 'UTF-16BE'))
S from_utc_timestamp({TS}, 'Asia/Kolkata')
S ucase({S})
S collation({S})
I4 length({S})
I4 length({BIN})
I4 char_length({S})
I4 octet_length({S})
I4 bit_length({S})
I4 ascii({S})
I4 instr({S}, 'b')
I4 locate('a', {S})
I4 locate('a', {S}, {SMALL})
I4 position({S} IN {S})
I4 find_in_set({S}, 'a,b,c')
I4 levenshtein({S}, {S})
I4 levenshtein({S}, 'abc', 2)
I4 regexp_count({S}, 'a')
I4 regexp_instr({S}, 'b')
I8 crc32({S})
I4 hash({ORD})
I4 hash({ANY}, {ORD})
I8 xxhash64({ORD}, {S})
I8 xxhash64({AI})
I4 size({AI})
I4 size({M})
I4 cardinality({AS})
I4 array_size({AI})
I4 array_position({AI}, 3)
I4 array_max({AI})
I4 array_min({AI})
I4 element_at({AI}, {SMALL})
I4 get({AI}, {SMALL})
I4 try_element_at({AI}, {SMALL})
I4 ({AI})[{SMALL}]
I4 {ST}.x
I4 ({M})['a']
I4 element_at({M}, {S})
I4 aggregate({AI}, 0, (a, x) -> a + x)
I4 year({DT})
I4 month({DT})
I4 day({DT})
I4 dayofweek({DT})
I4 weekday({DT})
I4 dayofyear({DT})
I4 weekofyear({DT})
I4 quarter({TS})
I4 hour({TS})
I4 minute({TS})
I4 second({TN})
I4 hour({TN})
I4 extract(YEAR FROM {TS})
I4 extract(WEEK FROM {DT})
I4 extract(YEAROFWEEK FROM {DT})
D extract(SECOND FROM {TS})
I4 extract(DOW FROM {DT})
I4 date_part('month', {TN})
I4 extract(MONTH FROM {YM})
I4 extract(DAY FROM {IV})
D extract(SECOND FROM {IV})
I4 datediff({DT}, {DT})
I4 unix_date({DT})
I8 unix_timestamp({TS})
I8 unix_micros({TS})
I8 unix_millis({TS})
I8 unix_seconds({TS})
F8 months_between({TS}, {TS})
F8 months_between({DT}, {DT}, false)
I8 timestampdiff(HOUR, {TS}, {TS})
I8 timestampdiff(MONTH, {TS}, {TS})
I8 datediff(DAY, {TS}, {TS})
DT date_add({DT}, {INT})
DT date_sub({DT}, {INT})
DT add_months({DT}, {SMALL})
DT last_day({DT})
DT next_day({DT}, 'MON')
DT trunc({DT}, 'MM')
DT trunc({DT}, 'WEEK')
DT trunc({DT}, 'QUARTER')
DT make_date({I4}, {SMALL}, {SMALL})
DT to_date({S})
DT try_cast({S} as DATE)
DT cast({TS} as DATE)
DT cast({TN} as DATE)
DT date({TS})
DT ({DT} + {I4})
DT ({DT} + {YM})
DT ({DT} - {YM})
DT date_from_unix_date({INT})
DT coalesce({DT}, {DT})
DT greatest({DT}, {DT})
DT to_date({S}, 'yyyy-MM-dd')
TS ({DT} + {IV})
TS ({TS} + {IV})
TS ({TS} - {IV})
TS ({TS} + {YM})
TS cast({DT} as TIMESTAMP)
TS cast({TN} as TIMESTAMP)
TS try_cast({S} as TIMESTAMP)
TS date_trunc('HOUR', {TS})
TS date_trunc('DAY', {TS})
TS date_trunc('WEEK', {TS})
TS date_trunc('MONTH', {TS})
TS date_trunc('MILLISECOND', {TS})
TS timestamp_seconds({I4})
TS timestamp_millis({I8})
TS timestamp_micros({I8})
TS to_utc_timestamp({TS}, 'America/Los_Angeles')
TS from_utc_timestamp({TS}, '+05:30')
TS convert_timezone('Europe/London', 'Asia/Tokyo', {TN})
TS timestampadd(MONTH, {SMALL}, {TS})
TS timestampadd(HOUR, {SMALL}, {TS})
TS dateadd(DAY, {SMALL}, {TS})
TS make_timestamp(2024, {SMALL}, 15, 1, 2, 3.25)
TS to_timestamp({S})
TS try_to_timestamp({S}, 'yyyy-MM-dd HH:mm:ss')
TS least({TS}, {TS})
TS if({B}, {TS}, {TS})
TN ({TN} + {IV})
TN ({TN} - {YM})
TN cast({TS} as TIMESTAMP_NTZ)
TN cast({DT} as TIMESTAMP_NTZ)
TN try_cast({S} as TIMESTAMP_NTZ)
TN date_trunc('MINUTE', {TN})
IV ({TS} - {TS})
IV ({TN} - {TN})
IV ({DT} - {DT})
IV ({IV} + {IV})
IV ({IV} * {SMALL})
IV ({IV} / 3)
IV (- {IV})
IV make_dt_interval({SMALL}, {SMALL}, {SMALL}, 1.5)
IV abs({IV})
YM ({YM} + {YM})
YM ({YM} * {SMALL})
YM ({YM} / 7)
YM (- {YM})
YM make_ym_interval({SMALL}, {SMALL})
BIN cast({S} as BINARY)
BIN unhex({S})
BIN concat({BIN}, {BIN})
BIN unbase64(base64({BIN}))
BIN substr({BIN}, {SMALL})
BIN encode({S}, 'UTF-8')
AI array({I4}, {I4})
AI sort_array({AI})
AI sort_array({AI}, false)
AI array_sort({AI})
AI array_distinct({AI})
AI array_union({AI}, {AI})
AI array_intersect({AI}, {AI})
AI array_except({AI}, {AI})
AI array_remove({AI}, {I4})
AI array_append({AI}, {I4})
AI array_prepend({AI}, {I4})
AI array_insert({AI}, {SMALL}, {I4})
AI array_compact({AI})
AI array_repeat({I4}, {SMALL})
AI concat({AI}, {AI})
AI reverse({AI})
AI slice({AI}, {SMALL}, 2)
AI transform({AI}, x -> x * 2)
AI transform({AI}, (x, i) -> i)
AI filter({AI}, x -> x > 1)
AI zip_with({AI}, {AI}, (x, y) -> coalesce(x, y))
AI sequence({SMALL}, {SMALL})
AI flatten(array({AI}, {AI}))
AI map_values({M})
AI cast({AS} as ARRAY<INT>)
AI coalesce({AI}, {AI})
AS split({S}, ',')
AS split({S}, '', 3)
AS array({S}, {S})
AS map_keys({M})
AS array_sort({AS})
AS sort_array({AS})
AS transform({AS}, x -> upper(x))
AS regexp_extract_all({S}, '([a-z])', 1)
AS cast({AI} as ARRAY<STRING>)
AS sentences({S})[0]
AS str_to_map({S}, ',', 'X')['a']
M map({S}, {I4})
M map_filter({M}, (k, v) -> v > 1)
M transform_values({M}, (k, v) -> v + 1)
M map_concat({M}, map('zz', 1))
M map_from_arrays(array('p', 'q'), array(1, 2))
M from_json({S}, 'map<string,int>')
M try_cast(map({S}, {S}) as MAP<STRING,INT>)
ST named_struct('x', {I4}, 'y', {S})
ST from_json({S}, 'x INT, y STRING')
ST if({B}, {ST}, {ST})
ST cast(struct({I4}, {I4}) as STRUCT<x:INT,y:STRING>)
"""

AGGREGATES = """
I8 count(*)
I8 count({ANY})
I8 count(DISTINCT {SORT})
I8 count({S}, {I4})
NUM sum({NUM})
NUM sum(DISTINCT {I4})
NUM avg({NUM})
NUM try_sum({I8})
NUM try_avg({I4})
NUM min({NUM})
NUM max({NUM})
S min({S})
S max({S})
DT max({DT})
TS min({TS})
B min({B})
B bool_and({B})
B bool_or({B})
I8 count_if({B})
I4 bit_and({I4})
I8 bit_or({I8})
I2 bit_xor({I2})
S max_by({S}, {t}id)
S min_by({S}, {t}id)
S first({S})
I4 last({I4}, true)
S any_value({S})
AI collect_list({I4})
AI sort_array(collect_set({I4}))
AS array_agg({S})
S listagg({S}, ',')
S string_agg({S}, ';') WITHIN GROUP (ORDER BY {t}id DESC)
F8 ~stddev({F8})
F8 ~stddev_pop({I4})
F8 ~variance({D})
F8 ~var_pop({F8})
F8 ~corr({F8}, {I4})
F8 ~covar_pop({F8}, {I4})
F8 ~covar_samp({I4}, {I4})
F8 ~skewness({I4})
F8 ~kurtosis({I4})
F8 median({I4})
F8 percentile({I4}, 0.3)
F8 percentile({F8}, 0.5)
I4 percentile_disc(0.5) WITHIN GROUP (ORDER BY {I4})
F8 percentile_cont(0.25) WITHIN GROUP (ORDER BY {I4})
F8 ~regr_slope({I4}, {I2})
I8 regr_count({I4}, {I2})
I4 mode() WITHIN GROUP (ORDER BY {I4})
I8 approx_count_distinct({I4})
NUM sum({NUM}) FILTER (WHERE {B})
I8 count(*) FILTER (WHERE {B})
IV sum({IV})
YM avg({YM})
ST max({ST})
"""

WINDOWS = """
row_number() OVER ({P} ORDER BY {t}id)
rank() OVER ({P} ORDER BY {SORT})
dense_rank() OVER ({P} ORDER BY {SORT} DESC)
percent_rank() OVER ({P} ORDER BY {SORT})
cume_dist() OVER ({P} ORDER BY {SORT} NULLS LAST)
ntile(3) OVER ({P} ORDER BY {t}id)
lag({S}) OVER ({P} ORDER BY {t}id)
lag({I4}, 2, 0) OVER ({P} ORDER BY {t}id)
lead({S}, 1) OVER ({P} ORDER BY {t}id DESC)
lead({I4}, 1) IGNORE NULLS OVER ({P} ORDER BY {t}id)
first_value({S}) OVER ({P} ORDER BY {t}id)
last_value({I4}) OVER ({P} ORDER BY {t}id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
nth_value({S}, 2) OVER ({P} ORDER BY {t}id)
sum({I4}) OVER ({P} ORDER BY {t}id)
sum({I8}) OVER ({P} ORDER BY {t}id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)
sum({D}) OVER ({P} ORDER BY {t}id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
count({S}) OVER ({P} ORDER BY {t}k RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING)
count(*) OVER ({P} ORDER BY {SORT})
avg({I4}) OVER ({P} ORDER BY {t}id ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING)
min({S}) OVER ({P} ORDER BY {t}id DESC)
max({NUM}) OVER ({P})
count(*) OVER ({P} ORDER BY {t}dt RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW)
collect_list({I4}) OVER ({P} ORDER BY {t}id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
"""


class Node:
    """A piece of SQL: parts are texts and Nodes. `drop`: what stands for it when it is taken away."""

    def __init__(self, kind, parts, drop=None):
        self.kind, self.parts, self.drop = kind, parts, drop

    def text(self):
        return "".join(p if isinstance(p, str) else p.text() for p in self.parts)

    def nodes(self):
        yield self
        for part in self.parts:
            if isinstance(part, Node):
                yield from part.nodes()

    def replaced(self, old, new):
        if self is old:
            return new
        parts = [p.replaced(old, new) if isinstance(p, Node) else p for p in self.parts]
        return self if all(a is b for a, b in zip(parts, self.parts)) else Node(self.kind, parts, self.drop)


def leaf(kind, text):
    return Node(kind, [text])


def read_templates(text):
    found = {}
    for line in text.strip().splitlines():
        kind, _, body = line.partition(" ")
        inexact = body.startswith("~")
        found.setdefault(kind, []).append((body.lstrip("~"), inexact))
    return found


EXPRESSIONS = read_templates(TEMPLATES.replace("\\\\\\\\", "\\\\"))
AGGREGATE_TEMPLATES = [(kind, body) for kind, bodies in read_templates(AGGREGATES).items() for body in bodies]
WINDOW_TEMPLATES = WINDOWS.strip().splitlines()
HOLE = re.compile(r"\{(\w+)\}")

# Any type that a cast may name, and values that have none of their own.
CAST_TYPES = list(SQL_TYPES.values()) + [
    "DECIMAL(38,38)", "DECIMAL(3,0)", "VOID", "INTERVAL YEAR", "INTERVAL MONTH", "INTERVAL DAY", "INTERVAL HOUR",
    "INTERVAL MINUTE TO SECOND", "INTERVAL SECOND", "INTERVAL", "ARRAY<DOUBLE>", "ARRAY<BOOLEAN>", "ARRAY<ARRAY<INT>>",
    "MAP<INT,INT>", "MAP<STRING,STRING>", "STRUCT<x:STRING,y:INT>", "STRUCT<a:INT>", "VARCHAR(2)", "CHAR(4)"]
WILD_VALUES = ["NULL", "map()", "array()", "array(NULL)", "struct(1, 'a')", "interval 1 month 2 days", "x -> x", "(x, y) -> x + y",
               "x -> x IS NULL", "array(array(1), array(2, NULL))", "array(struct(1, 'a'), struct(2, 'b'))", "map(1, 'a')", "'UTC'",
               "'yyyy-MM-dd'", "'[a-z]+'", "'$.x'", "'x INT'", "'YEAR'", "0", "-1", "2", "'a'", "1e308", "*", "array(1.5, 2.5)", "'%Y'", "'utf-8'"]
# Of these each call gives another value, or they are syntax of their own.
UNSURE = {"not", "rand", "randn", "random", "uuid", "shuffle", "now", "current_timestamp", "current_date", "curdate", "current_time",
          "localtimestamp", "monotonically_increasing_id", "spark_partition_id", "version", "user", "current_user", "session_user",
          "current_database", "current_schema", "current_catalog", "current_timezone", "input_file_name", "input_file_block_start",
          "input_file_block_length", "unix_timestamp", "randstr", "uniform", "raise_error", "repeat", "space", "sequence",
          "array_repeat", "range", "lpad", "rpad", "bitmap_construct_agg", "bitmap_or_agg"}


def function_names():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(os.path.join(root, "docs", "functions.md"), encoding="utf-8") as file:
        names = re.findall(r"^\| `(\w+)`", file.read(), re.M)
    return [name for name in names if name not in UNSURE]


FUNCTIONS = function_names()


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.table = ""      # The prefix of column names: '' or 'a.'
        self.columns = True  # Whether expressions may name columns
        self.only = None     # The kinds of queries whose name holds this

    # ── values and tables ──

    def value(self, kind):
        if kind == "SMALL":
            return str(self.random.randint(-3, 6))
        if kind in GROUPS:
            kind = self.random.choice(GROUPS[kind])
        return self.random.choice(VALUES[kind])

    def table_sql(self, name, row_count):
        rows = []
        for i in range(row_count):
            cells = [str(i), str(self.random.randint(0, 3)) if self.random.random() > 0.1 else "NULL"]
            for kind in COLUMNS.values():
                # Cast here: of literals of many scales Spark makes decimals whose text has other digits.
                cells.append("NULL" if self.random.random() < 0.15 else
                             f"CAST({self.value(kind)} AS {SQL_TYPES[kind]})" if kind in ("D", "DD") else self.value(kind))
            rows.append("(" + ", ".join(cells) + ")")
        names = ["id", "k"] + list(COLUMNS)
        casts = ["CAST(id AS INT) AS id", "CAST(k AS INT) AS k"] + [
            f"CAST(`{n}` AS {SQL_TYPES[k]}) AS `{n}`" for n, k in COLUMNS.items()]
        return (f"CREATE TEMPORARY VIEW {name} AS SELECT {', '.join(casts)} FROM VALUES\n"
                + ",\n".join(rows) + f"\nAS v({', '.join('`' + n + '`' for n in names)})")

    # ── expressions ──

    def atom(self, kind):
        if kind in GROUPS:
            kind = self.random.choice(GROUPS[kind])
        if kind == "SMALL":
            return leaf(kind, self.value(kind))
        names = [n for n, k in COLUMNS.items() if k == kind]
        if self.columns and names and self.random.random() < 0.75:
            name = self.random.choice(names)
            return leaf(kind, f"{self.table}`{name}`" if name == "as" else self.table + name)
        if self.random.random() < 0.08:
            return leaf(kind, f"CAST(NULL AS {SQL_TYPES[kind]})")
        return leaf(kind, self.value(kind))

    def fill(self, kind, body, depth):
        parts, at = [], 0
        for hole in HOLE.finditer(body):
            parts.append(body[at:hole.start()])
            at = hole.end()
            name = hole.group(1)
            if name == "t":
                parts.append(self.table)
            elif name == "P":
                parts.append(self.random.choice(["", f"PARTITION BY {self.table}k", f"PARTITION BY {self.table}b"]))
            else:
                parts.append(self.expression(name, depth - 1))
        parts.append(body[at:])
        return Node(kind, [p for p in parts if p != ""])

    def expression(self, kind, depth, top=False):
        if kind == "SMALL" or depth <= 0 or self.random.random() < 0.15:
            return self.atom(kind)
        concrete = kind
        if kind in GROUPS and not (kind == "NUM" and self.random.random() < 0.6):
            concrete = self.random.choice(GROUPS[kind])
        choices = [t for t in EXPRESSIONS.get(concrete, []) if top or not t[1]]
        if not choices:
            return self.atom(concrete)
        body, _ = self.random.choice(choices)
        return self.fill(concrete, body, depth)

    # ── queries ──

    def query(self):
        kinds = [(self.row_query, 12), (self.literal_query, 3), (self.filter_query, 3), (self.join_query, 3),
                 (self.aggregate_query, 4), (self.window_query, 3), (self.set_query, 2),
                 (self.subquery_query, 3), (self.other_query, 2), (self.wild_call_query, 6), (self.cast_query, 2),
                 (self.relation_query, 6)]
        if self.only:
            kinds = [(k, w) for k, w in kinds if self.only in k.__name__]
        make = self.random.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
        self.table, self.columns = "", True
        return make()

    def any_expression(self, depth, top=False):
        return self.expression(self.random.choice(list(EXPRESSIONS)), depth, top)

    def row_query(self):
        e = self.any_expression(self.random.choice([1, 1, 2, 2, 3]), True)
        if self.random.random() < 0.4:
            return Node("query", ["SELECT ", e, " FROM t1 ORDER BY id"])
        return Node("query", ["SELECT ", e, f" FROM t1 WHERE id = {self.random.randint(0, 11)}"])

    def literal_query(self):
        self.columns = False
        return Node("query", ["SELECT ", self.any_expression(2, True)])

    def where(self, depth=2):
        return Node("clause", [" WHERE ", self.expression("B", depth)], drop="")

    def filter_query(self):
        parts = ["SELECT id", Node("clause", [", ", self.any_expression(1)], drop=""), " FROM t1", self.where(3)]
        order = self.random.choice(["", " ORDER BY id DESC LIMIT 4", " ORDER BY id LIMIT 3 OFFSET 2", "sort"])
        if order == "sort":
            e = self.expression("SORT", 1)
            order = Node("clause", [" ORDER BY ", e, self.random.choice(["", " DESC", " NULLS LAST", " DESC NULLS FIRST"]),
                                    ", id"], drop="")
        return Node("query", parts + [order])

    def join_query(self):
        how = self.random.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN"])
        left = how.endswith(("SEMI JOIN", "ANTI JOIN"))
        column = self.random.choice(["k", "i4", "s", "d", "ts", "dt", "b", "f8", "i8", "dd"])
        on = self.random.choice([f"a.{column} = b.{column}", f"a.{column} <=> b.{column}", "a.id = b.k", "a.i4 = b.i8",
                                 "a.d = b.dd", "a.id < b.id"])
        self.table = "a."
        extra = Node("clause", [" AND ", self.expression("B", 1)], drop="")
        what = "a.id" if left else "a.id, b.id"
        item = Node("clause", [", ", self.any_expression(1)], drop="")
        return Node("query", [f"SELECT {what}", item, f" FROM t1 a {how} t2 b ON {on}", extra,
                              self.where(1) if self.random.random() < 0.3 else ""])

    def aggregate_query(self):
        items = []
        for i in range(self.random.randint(1, 2)):
            _, (body, _) = self.random.choice(AGGREGATE_TEMPLATES)
            call = self.fill("AGG", body, self.random.choice([1, 1, 2]))
            items.append(call if i == 0 else Node("clause", [", ", call], drop=""))
        form = self.random.choice(["all", "k", "k", "expr", "rollup", "cube", "sets", "having"])
        where = self.where(2) if self.random.random() < 0.4 else ""
        if form == "all":
            return Node("query", ["SELECT ", *items, " FROM t1", where])
        if form == "expr":
            e = self.expression("SORT", 1)
            return Node("query", ["SELECT ", e, ", ", *items, " FROM t1", where, " GROUP BY ", e])
        group = {"k": "k", "having": "k", "rollup": "ROLLUP (k, b)", "cube": "CUBE (k, b)",
                 "sets": "GROUPING SETS ((k), (b), ())"}[form]
        keys = "k" if form in ("k", "having") else "k, b, grouping_id()"
        having = Node("clause", [" HAVING count(*) > 1"], drop="") if form == "having" else ""
        return Node("query", [f"SELECT {keys}, ", *items, " FROM t1", where, f" GROUP BY {group}", having])

    def window_query(self):
        call = self.fill("WIN", self.random.choice(WINDOW_TEMPLATES), 2)
        return Node("query", ["SELECT id, ", call, " FROM t1", self.where(1) if self.random.random() < 0.3 else ""])

    def set_query(self):
        how = self.random.choice(["UNION ALL", "UNION", "EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL"])
        first, second = self.random.choice(GROUPS["SORT"]), self.random.choice(GROUPS["SORT"])
        if self.random.random() < 0.6:
            second = first
        return Node("query", ["SELECT ", self.expression(first, 1), " AS c FROM t1 " + how + " SELECT ",
                              self.expression(second, 1), " FROM t2"])

    def subquery_query(self):
        form = self.random.randrange(7)
        self.table = "a."
        e = self.expression("SORT", 1)
        if form == 0:
            return Node("query", ["SELECT a.id FROM t1 a WHERE a.i4 IN (SELECT b.i4 FROM t2 b", Node("clause", [
                " WHERE b.k = a.k"], drop=""), ")"])
        if form == 1:
            return Node("query", ["SELECT a.id FROM t1 a WHERE NOT EXISTS (SELECT 1 FROM t2 b WHERE b.k = a.k",
                                  Node("clause", [" AND ", self.expression("B", 1)], drop=""), ")"])
        if form == 2:
            return Node("query", ["SELECT a.id, (SELECT max(b.i4) FROM t2 b WHERE b.k = a.k) FROM t1 a",
                                  self.where(1)])
        if form == 3:
            return Node("query", ["SELECT a.id FROM t1 a WHERE a.k NOT IN (SELECT b.k FROM t2 b WHERE b.k IS NOT NULL)"])
        if form == 4:
            return Node("query", ["WITH c AS (SELECT a.k AS k, ", e, " AS e FROM t1 a) SELECT k, count(e) FROM c GROUP BY k"])
        if form == 5:
            return Node("query", ["SELECT DISTINCT a.k, ", e, " FROM t1 a"])
        return Node("query", ["SELECT q.e FROM (SELECT ", e, " AS e, a.id AS id FROM t1 a) q WHERE q.e IS NOT NULL"])

    def other_query(self):
        form = self.random.randrange(6)
        if form == 0:
            return Node("query", ["SELECT id, x FROM t1 LATERAL VIEW ", self.random.choice(["", "OUTER "]), "explode(",
                                  self.expression("AI", 1), ") v AS x"])
        if form == 1:
            return Node("query", ["SELECT id, p, x FROM t1 LATERAL VIEW posexplode(", self.expression("AS", 1), ") v AS p, x"])
        if form == 2:
            return Node("query", ["SELECT id, key, value FROM t1 LATERAL VIEW explode(", self.expression("M", 1), ") v"])
        if form == 3:
            return Node("query", ["SELECT * FROM (SELECT k, b, ", self.expression("I4", 1),
                                  " AS v FROM t1) PIVOT (sum(v) AS v FOR b IN (true, false))"])
        if form == 4:
            return Node("query", ["FROM t1 |> WHERE ", self.expression("B", 1), " |> SELECT id, ", self.expression("S", 1), " AS e"])
        return Node("query", ["SELECT window.start, count(*) FROM t1 GROUP BY window(",
                              self.random.choice(["ts", "tn"]), ", '1 day'", self.random.choice(["", ", '12 hours'"]), ")"])

    # ── what is mostly wrong: functions and casts of anything ──

    def wild_value(self):
        if self.random.random() < 0.25:
            return self.random.choice(WILD_VALUES)
        kind = self.random.choice(list(SQL_TYPES))
        value = self.random.choice(VALUES[kind])
        return value if self.random.random() < 0.8 else f"CAST({value} AS {SQL_TYPES[kind]})"

    def wild_call_query(self):
        """A function of the catalog with arguments of any number and kind."""
        name = self.random.choice(FUNCTIONS)
        count = self.random.choices(range(6), [1, 6, 6, 4, 2, 1])[0]
        arguments = [leaf("wild", self.wild_value()) for _ in range(count)]
        for i in range(1, count):
            arguments[i] = Node("clause", [", ", arguments[i]], drop="")
        over = self.random.random() < 0.05
        return Node("query", [f"SELECT {name}(", *arguments, ")", Node("clause", [" OVER (ORDER BY 1)"], drop="") if over else ""])

    def cast_query(self):
        """A value of each type in each type."""
        kind = self.random.choice(list(SQL_TYPES))
        value = f"CAST({self.random.choice(VALUES[kind])} AS {SQL_TYPES[kind]})"
        if self.random.random() < 0.3:
            value = f"CAST({value} AS {self.random.choice(CAST_TYPES)})"
        return Node("query", [f"SELECT {self.random.choice(['', '', 'TRY_'])}CAST({value} AS {self.random.choice(CAST_TYPES)})"])

    # ── queries of several relations ──

    def name(self):
        return self.random.choice(["id", "k", "i4", "s", "b", "d", "dt", "i8"])

    def relation(self, depth, alias):
        """(text, alias): something with the columns of t1."""
        table = self.random.choice(["t1", "t2"])
        form = self.random.randrange(6 if depth > 0 else 1)
        if form <= 1:
            return f"{table} {alias}"
        if form == 2:
            return f"(SELECT * FROM {table} WHERE {self.condition('', depth - 1)}) {alias}"
        if form == 3:
            how = self.random.choice(["UNION ALL", "UNION", "EXCEPT", "INTERSECT"])
            return f"(SELECT id, k, i4, s, b, d, dt, i8 FROM t1 {how} SELECT id, k, i4, s, b, d, dt, i8 FROM t2) {alias}"
        if form == 4:
            return f"(SELECT DISTINCT id, k, i4, s, b, d, dt, i8 FROM {table}) AS {alias}"
        return (f"(SELECT max(id) AS id, k, sum(i4) AS i4, min(s) AS s, any(b) AS b, avg(d) AS d, max(dt) AS dt, count(*) AS i8 "
                f"FROM {table} GROUP BY k) {alias}")

    def condition(self, prefix, depth):
        a, b = prefix + self.name(), prefix + self.name()
        form = self.random.randrange(10 if depth > 0 else 5)
        if form == 9:
            return (f"({self.condition(prefix, depth - 1)} {self.random.choice(['AND', 'OR', 'AND NOT'])} "
                    f"{self.condition(prefix, depth - 1)})")
        table = self.random.choice(["t1", "t2"])
        inner = self.random.choice([f"q.k = {prefix or 'k + '}{'k' if prefix else '0'}", "q.id > 1", "q.b", f"q.i4 < {a}" if prefix else "q.i4 IS NULL"])
        return [f"{a} IS NOT NULL", f"{prefix}k > 1", f"{prefix}id % 2 = 0", f"{prefix}b", f"{a} = {b}",
                f"{prefix}k {self.random.choice(['IN', 'NOT IN'])} (SELECT q.k FROM {table} q WHERE {inner})",
                f"{self.random.choice(['', 'NOT '])}EXISTS (SELECT {self.random.choice(['1', '*', 'max(q.k)'])} FROM {table} q WHERE {inner})",
                f"{prefix}id {self.random.choice(['=', '<', '>='])} (SELECT {self.random.choice(['max', 'count', 'min', 'sum'])}(q.id) FROM {table} q WHERE {inner})",
                f"({prefix}k, {prefix}b) IN (SELECT q.k, q.b FROM {table} q)"][form]

    def from_clause(self, depth):
        text = self.relation(depth, "a")
        for alias in "bc"[:self.random.choice([0, 1, 1, 2])]:
            how = self.random.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "NATURAL JOIN", "NATURAL LEFT JOIN",
                                      "LEFT SEMI JOIN", "LEFT ANTI JOIN", "JOIN LATERAL", "LEFT JOIN LATERAL", ","])
            if how == ",":
                text += ", " + self.relation(0, alias)
            elif "LATERAL" in how:
                what = self.random.choice([f"a.k + {self.random.randint(0, 2)} AS z", "max(q.id) AS z, count(*) AS n", "q.*"])
                text += f" {how} (SELECT {what} FROM t2 q WHERE q.k = a.k) {alias}"
            elif how.startswith(("NATURAL", "CROSS")):
                text += f" {how} {self.relation(depth - 1, alias)}"
            else:
                column = self.name()
                on = self.random.choice([f"USING ({column})", f"USING (k, {column})", f"ON a.{column} = {alias}.{column}",
                                         f"ON a.k = {alias}.k AND {self.condition('a.', 1)}", f"ON a.id < {alias}.id"])
                text += f" {how} {self.relation(depth - 1, alias)} {on}"
        return text

    def items(self):
        return self.random.choice(["*", "a.*", "a.id, a.k", "count(*)", "a.k, count(*), sum(a.id)", "id", "k", "a.id AS k, k AS z",
                                   "a.id + 1 AS x, x * 2 AS y", "DISTINCT a.k", "b.*", "a.id, b.k", "a.k AS g, max(a.s) AS m", "a, b", "* EXCEPT (k)",
                                   "a.k, (SELECT max(q.id) FROM t2 q WHERE q.k = a.k) AS s", "a.nothing", "coalesce(a.id, b.id) AS c",
                                   "a.id, row_number() OVER (PARTITION BY a.k ORDER BY a.id, a.k) AS r"])

    def relation_query(self):
        """Joins, subqueries, groups and set operations in one; names are often ambiguous or unknown."""
        form = self.random.randrange(8)
        if form == 0:
            return self.pipe_query()
        if form == 1:
            how = self.random.choice(["UNION ALL", "UNION", "EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL"])
            one, two, three = (f"SELECT {self.name()}, {self.name()} FROM {self.relation(1, 'a')}" for _ in range(3))
            return Node("query", [f"{one} {how} ", Node("clause", [f"({two} UNION ALL {three})"], drop=two)])
        if form == 2:
            return Node("query", [f"WITH x AS (SELECT * FROM {self.relation(1, 'a')}), y AS (SELECT k, count(*) AS n FROM x ",
                                  Node("clause", [f"WHERE {self.condition('', 1)} "], drop=""), f"GROUP BY k) SELECT {self.items()} FROM x a ",
                                  self.random.choice(["JOIN y b USING (k)", "LEFT JOIN y b ON a.k = b.k", "NATURAL JOIN y b", ""])])
        group = self.random.choice(["", "", "", " GROUP BY a.k", " GROUP BY 1", " GROUP BY ALL", " GROUP BY a.k, a.id", " GROUP BY k",
                                    " GROUP BY GROUPING SETS ((a.k), ())", " GROUP BY a.k WITH ROLLUP", " GROUP BY g"])
        having = self.random.choice(["", "", " HAVING count(*) > 1", " HAVING max(a.id) IS NOT NULL", " HAVING a.k > 0", " HAVING m IS NULL"]) if group else ""
        order = self.random.choice(["", "", "", " ORDER BY 1", " ORDER BY a.id, a.k", " ORDER BY ALL", " ORDER BY k", " ORDER BY count(*)", " ORDER BY 9"])
        return Node("query", [f"SELECT {self.items()} FROM {self.from_clause(1)}",
                              Node("clause", [f" WHERE {self.condition('a.', 2)}"], drop="") if self.random.random() < 0.6 else "",
                              Node("clause", [group], drop=""), Node("clause", [having], drop=""), Node("clause", [order], drop="")])

    def pipe_query(self):
        steps = [f"|> WHERE {self.condition('', 1)}", "|> SELECT id, k, s", "|> EXTEND id + 1 AS e", "|> SET k = k + 1", "|> DROP s",
                 "|> AS z", "|> AGGREGATE count(*) AS n GROUP BY k", "|> AGGREGATE sum(id), max(k)", "|> ORDER BY id", "|> LIMIT 100",
                 "|> JOIN t2 USING (k)", "|> LEFT JOIN t2 q ON q.k = id", "|> UNION ALL (SELECT * FROM t2)", "|> EXCEPT (TABLE t2)", "|> SELECT DISTINCT k",
                 "|> EXTEND count(*) OVER (PARTITION BY k) AS w", "|> WHERE n > 1", "|> SELECT z.id", "|> DROP nothing",
                 "|> PIVOT (count(id) FOR k IN (1, 2))", "|> UNPIVOT (v FOR c IN (id, k))", "|> EXTEND explode(array(1, 2)) AS x",
                 "|> AGGREGATE GROUP BY k", "|> WHERE count(*) > 1", "|> LATERAL VIEW explode(array(1, 2)) AS y"]
        picked = [Node("clause", [" " + self.random.choice(steps)], drop="") for _ in range(self.random.randint(1, 4))]
        return Node("query", [self.random.choice(["FROM t1", "TABLE t1", "SELECT * FROM t1", "VALUES (1, 2, 'a') t(id, k, s)"]), *picked])
