"""weir export spark: what it writes, and who may read it."""

import json
import os
import pathlib
import stat

import weir
from weir import WeirTest

EXAMPLE = pathlib.Path(__file__).parent.parent.parent / "examples" / "orders" / "pipeline.sql"


class Export(WeirTest):
    def test_the_plan_holds_secrets_and_is_its_owners_alone(self):
        out = os.path.join(self.folder, "out")
        os.makedirs(out)
        self.weir("export", "spark", str(EXAMPLE), "--out", out,
                  "--set", "postgres.url=postgresql://shop:geheim@127.0.0.1/shop")
        plan = os.path.join(out, "plan.json")
        with open(plan, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("geheim", text)
        self.assertIn("revenue_by_minute", json.dumps(json.loads(text)))
        self.assertEqual(stat.S_IMODE(os.stat(plan).st_mode), 0o600)
        self.assertTrue(os.path.exists(os.path.join(out, "weir_spark", "__init__.py")))


if __name__ == "__main__":
    weir.main()
