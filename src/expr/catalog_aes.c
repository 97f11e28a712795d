/*
 * catalog_aes.c: aes_encrypt, aes_decrypt: AES by libcrypto, in Spark's layout.
 *
 *     GCM    12 bytes of IV | the text | 16 bytes of tag; more may be authenticated (aad)
 *     CBC    16 bytes of IV | the text, padded to blocks of 16
 *     ECB    the text, padded
 *
 * Without an IV of the caller's each value gets a random one.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/assert.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/text_pool.h"

enum { IV_GCM = 12, IV_CBC = 16, TAG_BYTES = 16, BLOCK_BYTES = 16, ARGS = 6 };

typedef enum AesMode { AES_ECB, AES_CBC, AES_GCM } AesMode;

/* Which argument is which; encrypt: text, key, mode, padding, iv, aad; decrypt has no iv. */
typedef struct AesCall {
    const char *name; /* In messages. */
    bool encrypt;
    uint32_t aad_arg;
} AesCall;

static const AesCall encrypt_call = {"aes_encrypt", true, 5}, decrypt_call = {"aes_decrypt", false, 4};

/* What is left out: GCM, DEFAULT, no IV, nothing authenticated. */
static bool bind_aes(BindCall *call, Error *err)
{
    const AesCall *aes = call->fn->extra;
    uint32_t full = aes->aad_arg + 1;
    Expr **args = ARENA_ARRAY(call->arena, Expr *, ARGS);

    if (call->arg_count < 2 || call->arg_count > full)
        return bind_wrong_count(call, aes->encrypt ? "[2, 3, 4, 5, 6]" : "[2, 3, 4, 5]", err);
    for (uint32_t a = 0; a < full; a++) {
        if (a < call->arg_count)
            args[a] = call->args[a];
        else
            args[a] = expr_literal_string(call->arena,
                                          a == 2   ? STR("GCM")
                                          : a == 3 ? STR("DEFAULT")
                                                   : STR_EMPTY,
                                          call->span);
    }
    call->args = args;
    call->arg_count = full;
    for (uint32_t a = 0; a < full; a++) {
        const Type *type = a == 2 || a == 3 ? &type_string : &type_binary;

        if (args[a]->type->kind != TYPE_BINARY && !type_is_string(args[a]->type) &&
            args[a]->type->kind != TYPE_VOID)
            return bind_unexpected(call, a, a == 2 || a == 3 ? "STRING" : "BINARY", err);
        bind_cast(call, a, type);
    }
    call->type = &type_binary;
    call->nullable = true;
    return true;
}

/* False: no such pair. */
static bool mode_of(Str mode, Str padding, AesMode *out)
{
    bool plain = str_is_nocase(padding, "DEFAULT");

    if (str_is_nocase(mode, "GCM") && (plain || str_is_nocase(padding, "NONE")))
        *out = AES_GCM;
    else if (str_is_nocase(mode, "CBC") && (plain || str_is_nocase(padding, "PKCS")))
        *out = AES_CBC;
    else if (str_is_nocase(mode, "ECB") && (plain || str_is_nocase(padding, "PKCS")))
        *out = AES_ECB;
    else
        return false;
    return true;
}

static const EVP_CIPHER *cipher_of(AesMode mode, uint32_t key_bytes)
{
    switch (mode) {
    case AES_ECB:
        return key_bytes == 16   ? EVP_aes_128_ecb()
               : key_bytes == 24 ? EVP_aes_192_ecb()
                                 : EVP_aes_256_ecb();
    case AES_CBC:
        return key_bytes == 16   ? EVP_aes_128_cbc()
               : key_bytes == 24 ? EVP_aes_192_cbc()
                                 : EVP_aes_256_cbc();
    case AES_GCM:
        return key_bytes == 16   ? EVP_aes_128_gcm()
               : key_bytes == 24 ? EVP_aes_192_gcm()
                                 : EVP_aes_256_gcm();
    }
    UNREACHABLE();
}

static uint32_t iv_bytes_of(AesMode mode)
{
    return mode == AES_GCM ? IV_GCM : mode == AES_CBC ? IV_CBC : 0;
}

/* What one row asks for; `tag` below: what the end is compared with. */
typedef struct AesRow {
    AesMode mode;
    Str key, text, iv, aad;
} AesRow;

/* Notes what is wrong with row i; false then. */
static bool check_row(const KernelCall *call, Vector *out, uint32_t i, AesRow *row)
{
    const AesCall *aes = call->expr->fn->extra;
    Str mode = arg_str(call, 2, i), padding = arg_str(call, 3, i);

    row->text = arg_str(call, 0, i);
    row->key = arg_str(call, 1, i);
    row->iv = aes->encrypt ? arg_str(call, 4, i) : STR_EMPTY;
    row->aad = arg_str(call, aes->aad_arg, i);
    if (!mode_of(mode, padding, &row->mode)) {
        kernel_error(call, out, i, "UNSUPPORTED_FEATURE.AES_MODE", "0A000",
                     "The feature is not supported: AES-%.*s with the padding %.*s by the "
                     "`%s` function.",
                     (int)MIN(mode.bytes, 20u), mode.data, (int)MIN(padding.bytes, 20u),
                     padding.data, aes->name);
        return false;
    }
    if (row->key.bytes != 16 && row->key.bytes != 24 && row->key.bytes != 32) {
        kernel_error(call, out, i, "INVALID_PARAMETER_VALUE.AES_KEY_LENGTH", "22023",
                     "The value of parameter(s) `key` in `%s` is invalid: expects a binary value "
                     "with 16, 24 or 32 bytes, but got %u bytes.",
                     aes->name, row->key.bytes);
        return false;
    }
    if (row->iv.bytes && row->mode == AES_ECB) {
        kernel_error(call, out, i, "UNSUPPORTED_FEATURE.AES_MODE_IV", "0A000",
                     "The feature is not supported: `%s` with an IV in the mode ECB.", aes->name);
        return false;
    }
    if (row->iv.bytes && row->iv.bytes != iv_bytes_of(row->mode)) {
        kernel_error(call, out, i, "INVALID_PARAMETER_VALUE.AES_IV_LENGTH", "22023",
                     "The value of parameter(s) `iv` in `%s` is invalid: supports %u-byte IVs for "
                     "this mode, but got %u bytes.",
                     aes->name, iv_bytes_of(row->mode), row->iv.bytes);
        return false;
    }
    if (row->aad.bytes && row->mode != AES_GCM) {
        kernel_error(call, out, i, "UNSUPPORTED_FEATURE.AES_MODE_AAD", "0A000",
                     "The feature is not supported: `%s` with additional authenticated data in a "
                     "mode other than GCM.",
                     aes->name);
        return false;
    }
    return true;
}

static bool run_cipher(EVP_CIPHER_CTX *context, const AesRow *row, bool encrypt, Str in,
                       const unsigned char *iv, unsigned char *tag, unsigned char *to,
                       uint32_t *bytes)
{
    const unsigned char *text = (const unsigned char *)in.data;
    int count = 0, last = 0;

    if (!EVP_CipherInit_ex(context, cipher_of(row->mode, row->key.bytes), NULL,
                           (const unsigned char *)row->key.data, iv, encrypt))
        return false;
    if (tag && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) != 1)
        return false;
    if (row->aad.bytes && !EVP_CipherUpdate(context, NULL, &count,
                                            (const unsigned char *)row->aad.data,
                                            (int)row->aad.bytes))
        return false;
    count = 0;
    if (in.bytes && !EVP_CipherUpdate(context, to, &count, text, (int)in.bytes))
        return false;
    if (!EVP_CipherFinal_ex(context, to + count, &last))
        return false;
    *bytes = (uint32_t)(count + last);
    return true;
}

/* Room for the text and all that may come with it is at `to`. */
static bool encrypt_row(EVP_CIPHER_CTX *context, const AesRow *row, unsigned char *to,
                        uint32_t *bytes)
{
    uint32_t iv_bytes = iv_bytes_of(row->mode);

    if (row->iv.bytes)
        memcpy(to, row->iv.data, row->iv.bytes);
    else if (iv_bytes && RAND_bytes(to, (int)iv_bytes) != 1)
        return false;
    if (!run_cipher(context, row, true, row->text, to, NULL, to + iv_bytes, bytes))
        return false;
    *bytes += iv_bytes;
    if (row->mode != AES_GCM)
        return true;
    *bytes += TAG_BYTES;
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
                               to + *bytes - TAG_BYTES) == 1;
}

static bool decrypt_row(EVP_CIPHER_CTX *context, const AesRow *row, unsigned char *to,
                        uint32_t *bytes)
{
    uint32_t iv_bytes = iv_bytes_of(row->mode);
    uint32_t tag_bytes = row->mode == AES_GCM ? TAG_BYTES : 0;
    unsigned char tag[TAG_BYTES];
    Str in;

    if (row->text.bytes < iv_bytes + tag_bytes)
        return false;
    in = str_slice(row->text, iv_bytes, row->text.bytes - tag_bytes);
    if (tag_bytes)
        memcpy(tag, row->text.data + row->text.bytes - tag_bytes, tag_bytes);
    return run_cipher(context, row, false, in, (const unsigned char *)row->text.data,
                      tag_bytes ? tag : NULL, to, bytes);
}

static Vector *kernel_aes(const KernelCall *call)
{
    const AesCall *aes = call->expr->fn->extra;
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

    ASSERT(context);
    EACH_ROW (call, i) {
        AesRow row;
        uint32_t bytes;
        char *to;

        if (!check_row(call, out, i, &row))
            continue;
        to = text_room(&pool, i, row.text.bytes + IV_CBC + TAG_BYTES + BLOCK_BYTES);
        if (!to)
            continue;
        EVP_CIPHER_CTX_reset(context);
        if (aes->encrypt ? encrypt_row(context, &row, (unsigned char *)to, &bytes)
                         : decrypt_row(context, &row, (unsigned char *)to, &bytes)) {
            vector_strs(out)[i].bytes = bytes;
        } else {
            vector_strs(out)[i].bytes = 0;
            kernel_error(call, out, i, "INVALID_PARAMETER_VALUE.AES_CRYPTO_ERROR", "22023",
                         "The value of parameter(s) `expr`, `key` in `%s` is invalid: the text was "
                         "not made with this key, or was changed since.",
                         aes->name);
        }
    }
    EVP_CIPHER_CTX_free(context);
    return out;
}

#define ROW(name_, flags_, extra_, doc_, example_)                                                 \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | (flags_), .arg_min = 0, .arg_max = -1,  \
        .bind = bind_aes, .kernel = kernel_aes, .extra = extra_, .group = "hash", .doc = doc_,     \
        .example = example_                                                                        \
    }

static const Function rows[] = {
    ROW("aes_encrypt", FN_NONDETERMINISTIC, &encrypt_call,
        "Encrypted by AES with a key of 16, 24 or 32 bytes, in mode GCM, CBC or ECB",
        "aes_decrypt(aes_encrypt('a', '0000111122223333'), '0000111122223333') = X'61'"),
    ROW("aes_decrypt", 0, &decrypt_call, "What aes_encrypt has encrypted",
        "aes_decrypt(unbase64('3lmwu+Mw0H3fi5NDvcu9lg=='), '1234567890abcdef', 'ECB') = X'537061726B2053514C'"),
    ROW("try_aes_decrypt", FN_NULL_ON_ERROR, &decrypt_call,
        "What aes_encrypt has encrypted, or NULL",
        "try_aes_decrypt(X'00', '0000111122223333') IS NULL"),
};

const FunctionTable catalog_aes = FUNCTION_TABLE_OF(rows);
