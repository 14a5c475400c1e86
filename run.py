# -*- coding: utf-8 -*-
"""Sets up and starts the twin: ``python3 run.py``. ``python3 run.py --help`` lists the rest.

Needs nothing but Python. This file is kept readable to every Python, also
those too old for the twin, so that they can say so in one plain sentence; the
work is done by the package ``twin.setup``.
"""

import sys

OLDEST, NEWEST = (3, 11), (3, 13)


def wrong_python(version):
    """The sentence for a Python that is too old or too new, or None for a good one."""
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return None
    return (
        "嘉定数字孪生需要 Python 3.11、3.12 或 3.13，而当前是 Python {0}.{1}；"
        "请安装其中之一，再用它运行 run.py（例如 python3.13 run.py）。\n"
        "The twin needs Python 3.11, 3.12 or 3.13, but this is Python {0}.{1}; "
        "install one of them and start run.py with it (for example python3.13 run.py)."
    ).format(version[0], version[1])


if __name__ == "__main__":
    sentence = wrong_python(sys.version_info)
    if sentence is not None:
        sys.stderr.write(sentence + "\n")
        sys.exit(2)

    from twin.setup.command import main

    sys.exit(main(sys.argv[1:]))
