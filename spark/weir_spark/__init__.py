"""Runs a pipeline of weir's on Apache Spark: a plan (plan.json, written by weir) in, queries out."""
