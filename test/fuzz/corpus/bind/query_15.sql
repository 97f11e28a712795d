SELECT (SELECT count(*) FROM u WHERE u.a = t.a) FROM t;
