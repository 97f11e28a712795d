/*
 * cql_type.h: CQL's types, as the server names them in metadata, and single values as text.
 */
#ifndef WEIR_CLIENT_CQL_TYPE_H
#define WEIR_CLIENT_CQL_TYPE_H

#include "client/cql/cql_wire.h"

typedef enum CqlKind {
    CQL_CUSTOM = 0x00,
    CQL_ASCII = 0x01,
    CQL_BIGINT = 0x02,
    CQL_BLOB = 0x03,
    CQL_BOOLEAN = 0x04,
    CQL_COUNTER = 0x05,
    CQL_DECIMAL = 0x06,
    CQL_DOUBLE = 0x07,
    CQL_FLOAT = 0x08,
    CQL_INT = 0x09,
    CQL_TIMESTAMP = 0x0B,
    CQL_UUID = 0x0C,
    CQL_TEXT = 0x0D,
    CQL_VARINT = 0x0E,
    CQL_TIMEUUID = 0x0F,
    CQL_INET = 0x10,
    CQL_DATE = 0x11,
    CQL_TIME = 0x12,
    CQL_SMALLINT = 0x13,
    CQL_TINYINT = 0x14,
    CQL_DURATION = 0x15,
    CQL_LIST = 0x20,
    CQL_MAP = 0x21,
    CQL_SET = 0x22,
    CQL_UDT = 0x30,
    CQL_TUPLE = 0x31,
} CqlKind;

typedef struct CqlType CqlType;
struct CqlType {
    CqlKind kind;
    Str name;               /* CUSTOM: the class; UDT: its name. */
    uint32_t part_count;    /* LIST, SET 1; MAP 2; UDT, TUPLE n. */
    const CqlType *parts;
    const Str *part_names;  /* UDT */
};

enum { CQL_TYPE_DEPTH_MAX = 16, CQL_TYPE_PARTS_MAX = 1024 };

/* An [option] of metadata. Strings are views of what is read, the rest in `arena`. On nonsense the
 * reader is marked as failed. */
void cql_type_read(CqlReader *reader, Arena *arena, CqlType *out);
/* "bigint", "map<text, list<int>>": as in CQL and in system_schema, frozen left out. */
void cql_type_name(StrBuf *out, const CqlType *type);

/* A value of no bytes that is no empty text: it is as good as null. */
bool cql_is_empty(const CqlType *type, Str bytes);
/* A value that is not null, as text: strings and numbers bare, blobs as 0x…, timestamps as ISO in
 * UTC, collections as JSON (blobs in them as base64); an empty one as nothing. False: the bytes are no
 * value of this type. */
bool cql_value_to_text(StrBuf *out, const CqlType *type, Str bytes);

#endif
