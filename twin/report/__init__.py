"""Reports: a tour and the indicators as slides, a PDF or pictures, every figure with its evidence.

``content`` says what stands in a report, in plain data; ``slides`` and ``document`` set it from templates that
can be edited; ``pictures`` holds the maps that a browser of this machine (``browser``) draws; ``making`` brings
them together; ``files`` keeps what was made.
"""
