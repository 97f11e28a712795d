/*
 * catalog_hash.c: digests of bytes, and Spark's hashes of any values.
 */
#include <openssl/evp.h>
#include <zlib.h>

#include "expr/catalog.h"
#include "expr/spark_hash.h"
#include "expr/text_pool.h"

/* ── digests ───────────────────────────────────────────────────────────────────────────────────*/

static void put_digest(TextPool *pool, uint32_t row_i, const EVP_MD *digest, Str bytes)
{
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int out_bytes = 0;
    char *hex;

    if (!EVP_Digest(bytes.data ? bytes.data : "", bytes.bytes, out, &out_bytes, digest, NULL)) {
        kernel_error(pool->call, pool->out, row_i, "UNSUPPORTED_FEATURE", "0A000",
                     "`%s` is not available here.", pool->call->expr->fn->name);
        return;
    }
    hex = text_room(pool, row_i, 2 * out_bytes);
    for (unsigned int i = 0; hex && i < out_bytes; i++) {
        hex[2 * i] = "0123456789abcdef"[out[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[out[i] & 15];
    }
}

static Vector *kernel_digest(const KernelCall *call)
{
    const EVP_MD *digest = EVP_get_digestbyname(call->expr->fn->extra);
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);

    EACH_ROW (call, i)
        put_digest(&pool, i, digest, arg_str(call, 0, i));
    return out;
}

static const char *sha2_name(int32_t bits)
{
    switch (bits) {
    case 224:
        return "sha224";
    case 0:
    case 256:
        return "sha256";
    case 384:
        return "sha384";
    case 512:
        return "sha512";
    default:
        return NULL;
    }
}

static bool bind_sha2(BindCall *call, Error *err)
{
    if (!bind_signature(call, err))
        return false;
    call->nullable = true;
    return true;
}

static Vector *kernel_sha2(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);

    EACH_ROW (call, i) {
        const char *name = sha2_name(arg_i32(call, 1, i));

        if (name)
            put_digest(&pool, i, EVP_get_digestbyname(name), arg_str(call, 0, i));
        else
            vector_set_null(call->arena, out, i);
    }
    return out;
}

static Vector *kernel_crc32(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        Str bytes = arg_str(call, 0, i);

        vector_i64(out)[i] = (int64_t)crc32(0, (const Bytef *)bytes.data, bytes.bytes);
    }
    return out;
}

/* ── hashes of values ──────────────────────────────────────────────────────────────────────────*/

enum { SPARK_SEED = 42 };

static bool bind_hash(BindCall *call, Error *err)
{
    if (call->arg_count == 0)
        return bind_wrong_count(call, "> 0", err);
    for (uint32_t i = 0; i < call->arg_count; i++) {
        if (type_has_map(call->args[i]->type))
            return bind_mismatch(call, err, "DATATYPE_MISMATCH.HASH_MAP_TYPE",
                                 "Input to the function `%s` cannot contain elements of the "
                                 "\"MAP\" type.",
                                 call->fn->name);
    }
    call->type = call->fn->extra ? &type_bigint : &type_int;
    call->nullable = false;
    return true;
}

static void merge_errors(const KernelCall *call, Vector *out)
{
    for (uint32_t a = 0; a < call->arg_count; a++) {
        if (call->args[a]->errors)
            vector_merge_errors(call->arena, out, call->args[a]);
    }
}

static Vector *kernel_hash(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t hash = SPARK_SEED;

        for (uint32_t a = 0; a < call->arg_count; a++)
            hash = murmur3_value(call->args[a], i, hash);
        vector_i32(out)[i] = (int32_t)hash;
    }
    merge_errors(call, out);
    return out;
}

static Vector *kernel_xxhash64(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        uint64_t hash = SPARK_SEED;

        for (uint32_t a = 0; a < call->arg_count; a++)
            hash = xxhash64_value(call->args[a], i, hash);
        vector_i64(out)[i] = (int64_t)hash;
    }
    merge_errors(call, out);
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const bool is_long = true;

#define ROW(name_, signature_, kernel_, extra_, doc_, example_)                                    \
    FUNCTION_ROW("hash", name_, signature_, kernel_, extra_, doc_, example_)
#define HASH_ROW(name_, kernel_, extra_, doc_, example_)                                           \
    {                                                                                              \
        .name = name_, .flags = FN_CONSTANTS, .arg_min = 0, .arg_max = -1, .bind = bind_hash,      \
        .kernel = kernel_, .extra = extra_, .group = "hash", .doc = doc_, .example = example_      \
    }

static const Function rows[] = {
    ROW("md5", "(binary) -> string", kernel_digest, "md5", "MD5 in hexadecimal digits",
        "md5('Spark') = '8cde774d6f7333752ed72cacddb05126'"),
    ROW("sha", "(binary) -> string", kernel_digest, "sha1", "SHA-1 in hexadecimal digits",
        "sha('Spark') = '85f5955f4b27a9a4c2aab6ffe5d7189fc298b92c'"),
    ROW("sha1", "(binary) -> string", kernel_digest, "sha1", "SHA-1 in hexadecimal digits",
        "sha1('Spark') = '85f5955f4b27a9a4c2aab6ffe5d7189fc298b92c'"),
    {
        .name = "sha2",
        .flags = FN_STRICT | FN_CONSTANTS,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_sha2,
        .signature = "(binary, int) -> string",
        .kernel = kernel_sha2,
        .group = "hash",
        .doc = "SHA-2 of 224, 256 (or 0), 384 or 512 bits in hexadecimal digits; else NULL",
        .example = "sha2('Spark', 256) = "
                   "'529bc3b07127ecb7e53a4dcf1991d9152c24537d919178022b2c42657f79a26b'",
    },
    ROW("crc32", "(binary) -> bigint", kernel_crc32, NULL, "CRC-32 as a number",
        "crc32('Spark') = 1557323817L"),
    HASH_ROW("hash", kernel_hash, NULL, "Murmur3 of all arguments, as Spark counts it",
             "hash('Spark', array(123), 2) = -1321691492"),
    HASH_ROW("xxhash64", kernel_xxhash64, &is_long, "XXH64 of all arguments, as Spark counts it",
             "xxhash64('Spark', array(123), 2) = 5602566077635097486L"),
};

const FunctionTable catalog_hash = FUNCTION_TABLE_OF(rows);
