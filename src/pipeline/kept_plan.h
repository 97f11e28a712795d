/*
 * kept_plan.h: which query a flow's state belongs to.
 *
 * The store keeps, for each flow, what its state rests on (plan/state_plan.c), and a run whose query
 * differs in that is refused: state of another query, or of none, would give wrong rows silently. A
 * flow that has not read anything yet may change as it likes.
 *
 * Thread: the store's writer.
 */
#ifndef WEIR_PIPELINE_KEPT_PLAN_H
#define WEIR_PIPELINE_KEPT_PLAN_H

#include "plan/pipeline_spec.h"
#include "store/store.h"

/* Before any state is read back: refuses what does not fit, keeps what is new. */
bool kept_plans_check(Store *store, const PipelineSpec *spec, Error *err);
/* A full checkpoint holds the state of the flows of `spec` alone: others lose theirs with it. */
bool kept_plans_let_go(StoreTxn *txn, const PipelineSpec *spec, Error *err);

#endif
