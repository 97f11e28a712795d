#include "state/checkpoint_format.h"

#include "base/hash.h"

static const char magic[8] = {'W', 'E', 'I', 'R', 'S', 'T', 'A', 'T'};

enum { ENTRY_FLOW = 1, ENTRY_PUT = 2, ENTRY_DELETE = 3 };

static void put_u32(char *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (char)(value >> (8 * i) & 255);
}

static uint32_t get_u32(const char *in)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++)
        value |= (uint32_t)(unsigned char)in[i] << (8 * i);
    return value;
}

void state_header_encode(char out[STATE_FILE_HEADER_BYTES])
{
    memcpy(out, magic, sizeof magic);
    put_u32(out + 8, STATE_FILE_VERSION);
    put_u32(out + 12, crc32c(0, out, 12));
}

bool state_header_decode(const char in[STATE_FILE_HEADER_BYTES], Error *err)
{
    if (memcmp(in, magic, sizeof magic) != 0)
        return error_set(err, ERROR_USER, "it is not a state file");
    if (get_u32(in + 12) != crc32c(0, in, 12))
        return error_set(err, ERROR_USER, "its header is damaged");
    if (get_u32(in + 8) != STATE_FILE_VERSION)
        return error_set(err, ERROR_USER,
                         "it has format version %u, this program reads version %d; use the version "
                         "of weir that wrote it, or a newer one",
                         get_u32(in + 8), STATE_FILE_VERSION);
    return true;
}

void frame_header_encode(int64_t epoch, Str payload, char out[STATE_FRAME_HEADER_BYTES])
{
    put_u32(out, payload.bytes);
    put_u32(out + 8, (uint32_t)epoch);
    put_u32(out + 12, (uint32_t)((uint64_t)epoch >> 32));
    put_u32(out + 4, crc32c(crc32c(0, out + 8, 8), payload.data, payload.bytes));
}

FrameHeader frame_header_decode(const char in[STATE_FRAME_HEADER_BYTES])
{
    return (FrameHeader){
        .payload_bytes = get_u32(in),
        .crc = get_u32(in + 4),
        .epoch = (int64_t)(get_u32(in + 8) | (uint64_t)get_u32(in + 12) << 32),
    };
}

bool frame_is_whole(const FrameHeader *header, Str payload)
{
    char epoch[8];

    put_u32(epoch, (uint32_t)header->epoch);
    put_u32(epoch + 4, (uint32_t)((uint64_t)header->epoch >> 32));
    return header->payload_bytes == payload.bytes &&
           header->crc == crc32c(crc32c(0, epoch, 8), payload.data, payload.bytes);
}

/* ── entries ───────────────────────────────────────────────────────────────────────────────────*/

static void put_varint(StrBuf *out, uint32_t value)
{
    char bytes[5];
    size_t count = 0;

    for (; value >= 128; value >>= 7)
        bytes[count++] = (char)(value | 128);
    bytes[count++] = (char)value;
    strbuf_add(out, bytes, count);
}

static bool get_varint(Str *in, uint32_t *out)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < 5 && i < in->bytes; i++) {
        unsigned char byte = (unsigned char)in->data[i];

        value |= (uint64_t)(byte & 127) << (7 * i);
        if (byte < 128) {
            if (value > UINT32_MAX)
                return false;
            *in = (Str){in->data + i + 1, in->bytes - i - 1};
            *out = (uint32_t)value;
            return true;
        }
    }
    return false;
}

static void put_str(StrBuf *out, Str bytes)
{
    put_varint(out, bytes.bytes);
    strbuf_add_str(out, bytes);
}

static bool get_str(Str *in, Str *out)
{
    uint32_t bytes;

    if (!get_varint(in, &bytes) || bytes > in->bytes)
        return false;
    *out = (Str){in->data, bytes};
    *in = (Str){in->data + bytes, in->bytes - bytes};
    return true;
}

static bool get_u8(Str *in, uint8_t *out)
{
    if (in->bytes == 0)
        return false;
    *out = (uint8_t)in->data[0];
    *in = (Str){in->data + 1, in->bytes - 1};
    return true;
}

void entry_encode_flow(StrBuf *out, Str flow)
{
    strbuf_add_char(out, ENTRY_FLOW);
    put_str(out, flow);
}

void entry_encode(StrBuf *out, const CheckpointEntry *entry)
{
    strbuf_add_char(out, entry->deleted ? ENTRY_DELETE : ENTRY_PUT);
    put_varint(out, entry->node_id);
    strbuf_add_char(out, (char)entry->slot);
    strbuf_add_char(out, (char)entry->group);
    put_str(out, entry->key);
    if (!entry->deleted)
        put_str(out, entry->value);
}

bool entry_decode(Str *payload, CheckpointEntry *entry, bool *end)
{
    uint8_t kind = 0;

    *end = payload->bytes == 0;
    while (payload->bytes > 0 && get_u8(payload, &kind) && kind == ENTRY_FLOW) {
        if (!get_str(payload, &entry->flow) || entry->flow.bytes > STATE_FLOW_BYTES_MAX)
            return false;
        *end = payload->bytes == 0;
    }
    if (*end)
        return true;
    if ((kind != ENTRY_PUT && kind != ENTRY_DELETE) || !entry->flow.data)
        return false;
    entry->deleted = kind == ENTRY_DELETE;
    entry->value = STR_EMPTY;
    return get_varint(payload, &entry->node_id) && get_u8(payload, &entry->slot) &&
           get_u8(payload, &entry->group) && get_str(payload, &entry->key) &&
           (entry->deleted || get_str(payload, &entry->value));
}
