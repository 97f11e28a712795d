SELECT b FROM t WHERE a > 1;
SELECT count(*) FROM t;
SELECT j.y.z FROM f WHERE j.x = 1;
SELECT j, j.x FROM f;
SELECT a + (1 + 2) FROM u WHERE 1 < 2;
SELECT y FROM (SELECT x + 1 AS y FROM (SELECT a * 2 AS x FROM u)) WHERE y > 5;
