"""Benchmarks: `python -m bench NAME [options]`; `python -m bench NAME --help` tells the options of one."""

import importlib
import sys
from pathlib import Path

NAMES = ("live", "history", "store", "optimizing", "migration", "cut_over")


def main() -> int:
    """Run the benchmark named first on the command line; without a name, say which there are."""
    if len(sys.argv) > 1 and sys.argv[1] in NAMES:
        importlib.import_module(f"bench.{sys.argv.pop(1)}").main()
        return 0
    print(f"usage: python -m bench {{{','.join(NAMES)}}} [options]")
    for name in NAMES:
        first = Path(__file__).with_name(f"{name}.py").read_text().split("\n", 1)[0]
        print(f"  {name:10} {first.strip(chr(34))}")
    return 2


if __name__ == "__main__":
    sys.exit(main())
