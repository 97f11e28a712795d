CREATE TABLE clicks (id BIGINT, url STRING, at TIMESTAMP) USING kafka;
CREATE TABLE users (id BIGINT, name STRING) USING json OPTIONS (path 'u.json');
CREATE STREAMING TABLE t USING postgres AS SELECT c.id, name FROM users u RIGHT JOIN STREAM clicks c ON u.id = c.id;