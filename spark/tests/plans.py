"""Plans and tables for tests."""
from weir_spark import plan


def table(provider: str = "kafka", **options: str) -> plan.Table:
    columns = [plan.Column("id", "bigint", True), plan.Column("at", "timestamp", True)]
    return plan.Table("t", "source", provider, columns, columns, options, [], [], [], [], "append", 0, 1, 1)


def with_settings(**settings: str) -> plan.Plan:
    return plan.Plan("f.sql", "0", "UTC", {k.replace("__", "."): v for k, v in settings.items()}, 200, 1000)
