#include "op_harness.h"

#include "op/inputs.h"

/* An operator that notes what it is told. */
typedef struct Probe {
    Op op;
    OpInputs inputs;
    StrBuf log;
} Probe;

static bool probe_rows(Op *op, uint32_t input_i, const Batch *batch, Error *err)
{
    for (uint32_t i = 0; i < batch->row_count; i++) {
        strbuf_printf(&((Probe *)op)->log, "%u:", input_i);
        rig_print_row(&((Probe *)op)->log, batch, i);
        strbuf_add_char(&((Probe *)op)->log, ' ');
    }
    return true;
}

static bool probe_watermark(Op *op, int64_t watermark_us, Error *err)
{
    strbuf_printf(&((Probe *)op)->log, "w%lld ", (long long)watermark_us);
    return true;
}

static bool probe_barrier(Op *op, const Barrier *barrier, Error *err)
{
    strbuf_printf(&((Probe *)op)->log, "b%lld ", (long long)barrier->epoch);
    return true;
}

static bool probe_end(Op *op, uint32_t input_i, bool all, Error *err)
{
    strbuf_printf(&((Probe *)op)->log, "end%u%s ", input_i, all ? "!" : "");
    return true;
}

static const OpInputMethods probe_methods = {probe_rows, probe_watermark, probe_barrier, probe_end};

typedef struct Bench {
    Rig rig;
    Schema schema;
    Probe probe;
    Collector below;
    Arena rows; /* Reset after each push: what waits must have been copied. */
} Bench;

static void bench_init(Bench *bench, uint32_t input_count)
{
    rig_init(&bench->rig);
    arena_init(&bench->rows);
    bench->schema = rig_schema(&bench->rig, "v:string");
    memset(&bench->probe, 0, sizeof bench->probe);
    collector_init(&bench->below, NULL, &bench->rig.out_arena, 0);
    bench->probe.op.next = &bench->below.op;
    op_inputs_init(&bench->probe.inputs, &bench->probe.op, input_count, &probe_methods);
}

static void bench_done(Bench *bench)
{
    op_inputs_done(&bench->probe.inputs);
    strbuf_done(&bench->probe.log);
    collector_done(&bench->below);
    arena_done(&bench->rows);
    rig_done(&bench->rig);
}

static void push(Bench *bench, uint32_t input_i, const char *rows)
{
    Batch *batch = rig_rows_in(&bench->rows, &bench->schema, rows);

    assert_ok(op_inputs_batch(&bench->probe.inputs, input_i, batch, &err));
    arena_reset(&bench->rows);
}

static void barrier(Bench *bench, uint32_t input_i, int64_t epoch)
{
    Barrier b = {.epoch = epoch};

    assert_ok(op_inputs_barrier(&bench->probe.inputs, input_i, &b, &err));
}

static void watermark(Bench *bench, uint32_t input_i, int64_t us)
{
    assert_ok(op_inputs_watermark(&bench->probe.inputs, input_i, us, &err));
}

static void end(Bench *bench, uint32_t input_i)
{
    assert_ok(op_inputs_end(&bench->probe.inputs, input_i, &err));
}

#define assert_log(bench, expected)                                                                \
    do {                                                                                           \
        assert_string_equal(strbuf_c(&(bench)->probe.log), (expected));                            \
        strbuf_clear(&(bench)->probe.log);                                                         \
    } while (0)

static void rows_behind_a_barrier_wait_for_the_others(void **state)
{
    Bench bench;

    bench_init(&bench, 2);
    push(&bench, 0, "a1");
    barrier(&bench, 0, 1);
    push(&bench, 0, "a2");
    push(&bench, 1, "b1");
    watermark(&bench, 0, 5);
    push(&bench, 0, "a3");
    assert_log(&bench, "0:a1 1:b1 ");
    assert_true(op_inputs_bytes(&bench.probe.inputs) > 0);
    barrier(&bench, 1, 1);
    assert_log(&bench, "b1 0:a2 0:a3 ");
    assert_int_equal(op_inputs_bytes(&bench.probe.inputs), 0);
    bench_done(&bench);
}

static void an_input_may_be_several_barriers_ahead(void **state)
{
    Bench bench;

    bench_init(&bench, 2);
    barrier(&bench, 0, 1);
    push(&bench, 0, "a1");
    barrier(&bench, 0, 2);
    push(&bench, 0, "a2");
    barrier(&bench, 0, 3);
    end(&bench, 0);
    barrier(&bench, 1, 1);
    assert_log(&bench, "b1 0:a1 ");
    push(&bench, 1, "b1");
    barrier(&bench, 1, 2);
    assert_log(&bench, "1:b1 b2 0:a2 ");
    barrier(&bench, 1, 3);
    assert_log(&bench, "b3 end0 ");
    barrier(&bench, 1, 4);
    assert_log(&bench, "b4 ");
    bench_done(&bench);
}

static void the_watermark_is_the_minimum_and_moves_only_forward(void **state)
{
    Bench bench;

    bench_init(&bench, 2);
    watermark(&bench, 0, 10);
    assert_log(&bench, "");
    watermark(&bench, 1, 4);
    assert_log(&bench, "w4 ");
    watermark(&bench, 1, 20);
    assert_log(&bench, "w10 ");
    watermark(&bench, 0, 9);
    assert_log(&bench, "");
    watermark(&bench, 0, WATERMARK_END);
    assert_log(&bench, "w20 ");
    watermark(&bench, 1, WATERMARK_END);
    assert_log(&bench, "w9223372036854775807 ");
    bench_done(&bench);
}

static void idle_inputs_hold_nothing_back(void **state)
{
    Bench bench;

    bench_init(&bench, 3);
    watermark(&bench, 0, 100);
    watermark(&bench, 1, 30);
    watermark(&bench, 2, WATERMARK_IDLE);
    assert_log(&bench, "w30 ");
    watermark(&bench, 1, WATERMARK_IDLE);
    assert_log(&bench, "w100 ");
    assert_true(bench.below.watermark_us == WATERMARK_NONE);
    watermark(&bench, 0, WATERMARK_IDLE);
    assert_true(bench.below.watermark_us == WATERMARK_IDLE);
    /* One comes back: what was told stays, and what is below is told that it is not idle. */
    watermark(&bench, 1, 40);
    assert_log(&bench, "w100 ");
    bench_done(&bench);
}

/* --drain tells one input after the other: what an idle one still holds must come through. */
static void the_end_of_time_waits_for_idle_inputs(void **state)
{
    Bench bench;

    bench_init(&bench, 2);
    watermark(&bench, 0, 5);
    watermark(&bench, 1, 7);
    watermark(&bench, 1, WATERMARK_IDLE);
    assert_log(&bench, "w5 ");
    watermark(&bench, 0, WATERMARK_END);
    assert_log(&bench, "w7 ");
    push(&bench, 1, "b1");
    watermark(&bench, 1, WATERMARK_END);
    assert_log(&bench, "1:b1 w9223372036854775807 ");
    bench_done(&bench);
}

static void an_input_that_ended_holds_nothing_back(void **state)
{
    Bench bench;

    bench_init(&bench, 2);
    watermark(&bench, 1, 7);
    barrier(&bench, 1, 1);
    end(&bench, 0);
    assert_log(&bench, "end0 w7 b1 ");
    barrier(&bench, 0, 2);
    watermark(&bench, 0, 3);
    barrier(&bench, 1, 2);
    assert_log(&bench, "b2 ");
    end(&bench, 1);
    assert_log(&bench, "end1! ");
    bench_done(&bench);
}

/* Any interleaving of two inputs' events gives each epoch the same rows. */
static void every_interleaving_gives_each_epoch_its_rows(void **state)
{
    Random random = {77};

    for (int round = 0; round < 300; round++) {
        uint32_t seen[2] = {0, 0};
        uint32_t at[2] = {0, 0};
        Bench bench;
        Str rest;
        Str word;

        bench_init(&bench, 2);
        while (at[0] < 30 || at[1] < 30) {
            uint32_t i = (uint32_t)random_below(&random, 2);
            char row[16];

            if (at[i] == 30)
                i = !i;
            /* Each input: two rows, then a barrier. */
            if (at[i] % 3 == 2) {
                barrier(&bench, i, at[i] / 3);
            } else {
                snprintf(row, sizeof row, "e%u", at[i] / 3);
                push(&bench, i, row);
            }
            at[i]++;
        }
        rest = strbuf_str(&bench.probe.log);
        for (int64_t epoch = 0; epoch < 10; epoch++) {
            while (str_split(&rest, ' ', &word) && word.data[0] != 'b') {
                int64_t row_epoch;

                assert_true(str_to_int64(str_slice(word, 3, word.bytes), &row_epoch));
                assert_true(row_epoch == epoch);
                seen[word.data[0] - '0']++;
            }
            assert_int_equal(seen[0], 2 * (epoch + 1));
            assert_int_equal(seen[1], 2 * (epoch + 1));
        }
        bench_done(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_behind_a_barrier_wait_for_the_others),
        cmocka_unit_test(an_input_may_be_several_barriers_ahead),
        cmocka_unit_test(the_watermark_is_the_minimum_and_moves_only_forward),
        cmocka_unit_test(idle_inputs_hold_nothing_back),
        cmocka_unit_test(the_end_of_time_waits_for_idle_inputs),
        cmocka_unit_test(an_input_that_ended_holds_nothing_back),
        cmocka_unit_test(every_interleaving_gives_each_epoch_its_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
