/*
 * named_args.h: f(x => 1): arguments by the names of a function's parameters.
 *
 * Few functions of Spark have names for them (Function.parameters); what is left out has its default.
 */
#ifndef WEIR_PLAN_NAMED_ARGS_H
#define WEIR_PLAN_NAMED_ARGS_H

#include "expr/function.h"
#include "plan/bind.h"

/* The call with all arguments in their places; `call` itself if none has a name. NULL: told. */
const AstFunctionCall *named_args_place(Binder *b, const AstFunctionCall *call, const Function *fn,
                                        Span span);

#endif
