/*
 * customers.c: who the customers are, as a stream of changes. Records 0 .. customers - 1 are the
 * customers signing up, each once; every later record is a customer, the popular ones more often,
 * with a new country or segment. The last record of a customer_id is how the customer is now; name,
 * email and signed_up never change.
 */
#include "base/hash.h"
#include "generate/put.h"
#include "generate/shop.h"
#include "generate/skew.h"

#define DAY_US INT64_C(86400000000)

static const StreamColumn columns[] = {
    {"customer_id", "BIGINT"}, {"name", "STRING"},    {"email", "STRING"}, {"country", "STRING"},
    {"segment", "STRING"},     {"signed_up", "DATE"}, {"ts", "TIMESTAMP"},
};
enum { CUSTOMER_ID, NAME, EMAIL, COUNTRY, SEGMENT, SIGNED_UP, TS };

static const char *const constraints[] = {
    "customer_id NOT NULL",
    "CONSTRAINT valid_email CHECK (email LIKE '%@%')",
};

static const char *const invalid_kinds[] = {"customer_id_null", "email_without_at"};
enum { CUSTOMER_ID_NULL, EMAIL_WITHOUT_AT };

/* As written, and as an address has it. */
static const char *const first_names[][2] = {
    {"Ada", "ada"},           {"Alan", "alan"},
    {"Amélie", "amelie"},     {"Barbara", "barbara"},
    {"Bjørn", "bjorn"},       {"Chidi", "chidi"},
    {"Dennis", "dennis"},     {"Edsger", "edsger"},
    {"Émile", "emile"},       {"Frances", "frances"},
    {"Grace", "grace"},       {"Hedy", "hedy"},
    {"Ingrid", "ingrid"},     {"Jörg", "joerg"},
    {"José", "jose"},         {"Katherine", "katherine"},
    {"Ken", "ken"},           {"Lin", "lin"},
    {"Margaret", "margaret"}, {"Mei", "mei"},
    {"Niklaus", "niklaus"},   {"Olga", "olga"},
    {"Priya", "priya"},       {"Radia", "radia"},
    {"Seán", "sean"},         {"Tony", "tony"},
    {"Ursula", "ursula"},     {"Vint", "vint"},
    {"Wanda", "wanda"},       {"Yuki", "yuki"},
    {"Zoë", "zoe"},           {"Łukasz", "lukasz"},
};
static const char *const last_names[][2] = {
    {"Bauer", "bauer"},     {"Brown", "brown"},       {"Chen", "chen"},
    {"Costa", "costa"},     {"Dijkstra", "dijkstra"}, {"Dubois", "dubois"},
    {"Evans", "evans"},     {"Fischer", "fischer"},   {"García", "garcia"},
    {"Hansen", "hansen"},   {"Hopper", "hopper"},     {"Ito", "ito"},
    {"Jensen", "jensen"},   {"Kowalski", "kowalski"}, {"Kumar", "kumar"},
    {"Lamarr", "lamarr"},   {"Liskov", "liskov"},     {"Martin", "martin"},
    {"Müller", "mueller"},  {"Nguyen", "nguyen"},     {"Novak", "novak"},
    {"O’Brien", "obrien"},  {"Okafor", "okafor"},     {"Perlman", "perlman"},
    {"Ritchie", "ritchie"}, {"Rossi", "rossi"},       {"Sato", "sato"},
    {"Silva", "silva"},     {"Smith", "smith"},       {"Tanaka", "tanaka"},
    {"Turing", "turing"},   {"Wirth", "wirth"},
};
static const char *const countries[] = {
    "US", "GB", "DE", "FR", "IN", "JP", "BR", "CA", "ES", "IT",
    "PL", "NL", "NG", "AU", "DK", "IE", "PT", "CZ", "AT", "NZ",
};
static const char *const segments[] = {"consumer", "small_business", "enterprise"};
/* One in how many addresses is at each host. */
static const char *const hosts[] = {"example.com", "example.org", "mail.example", "post.example"};

/* What never changes: a function of the seed and the customer alone. */
static void person_fields(const RowSeed *seed, int64_t customer, int64_t base_day, StreamRow *out)
{
    Random random = {hash_mix(seed->stream_key ^ 0x706572736F6Eu, (uint64_t)customer)};
    const char *const *first = first_names[random_below(&random, COUNT_OF(first_names))];
    const char *const *last = last_names[random_below(&random, COUNT_OF(last_names))];
    const char *host = hosts[skew_draw(skew_octaves(COUNT_OF(hosts)), &random)];
    char *name = out->scratch;
    char *email;
    char *p;

    p = put_str(name, str_of(first[0]));
    p = put_char(p, ' ');
    p = email = put_str(p, str_of(last[0]));
    out->fields[NAME] = field_text((Str){name, (uint32_t)(p - name)});
    p = put_str(p, str_of(first[1]));
    p = put_char(p, '.');
    p = put_str(p, str_of(last[1]));
    p = put_uint64(p, (uint64_t)customer); /* No two customers share an address. */
    p = put_char(p, seed->invalid == EMAIL_WITHOUT_AT ? '.' : '@');
    p = put_str(p, str_of(host));
    out->fields[EMAIL] = field_text((Str){email, (uint32_t)(p - email)});
    out->fields[SIGNED_UP] = (StreamField){
        .kind = FIELD_DATE,
        .number = base_day - 1 - (int64_t)random_below(&random, 1500),
    };
}

static void customers_row(const GenerateOptions *options, RowSeed *seed, StreamRow *out)
{
    int64_t drawn = shop_customer_draw(options, &seed->random);
    int64_t customer = seed->index < options->customers ? seed->index : drawn;
    uint64_t country = skew_draw(skew_octaves(COUNT_OF(countries)), &seed->random);
    uint64_t segment = skew_draw(skew_octaves(COUNT_OF(segments)), &seed->random);
    int64_t base_day = options->base_time_us / DAY_US;

    person_fields(seed, customer, base_day, out);
    out->fields[CUSTOMER_ID] =
        seed->invalid == CUSTOMER_ID_NULL ? field_null() : field_integer(customer);
    out->fields[COUNTRY] = field_text(str_of(countries[country]));
    out->fields[SEGMENT] = field_text(str_of(segments[segment]));
    out->fields[TS] = field_time(seed->time_us);
    out->group = (int)segment;
}

const Stream stream_customers = {
    .name = "customers",
    .doc = "Customers of the shop: each signs up once, then some change.",
    .params = PARAM_SHOP,
    .columns = columns,
    .column_count = COUNT_OF(columns),
    .key = "customer_id",
    .constraints = constraints,
    .constraint_count = COUNT_OF(constraints),
    .invalid_kinds = invalid_kinds,
    .invalid_count = COUNT_OF(invalid_kinds),
    .group_name = "segment",
    .groups = segments,
    .group_count = COUNT_OF(segments),
    .row = customers_row,
};
