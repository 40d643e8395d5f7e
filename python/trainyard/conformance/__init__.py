"""Public kernels, run unmodified from a checkout given by path, against NumPy references of ours.

A suite is a list of cases (`case.py`): a kernel, its inputs, a reference, a tolerance. `worker.py`
runs one case on one machine in a process of its own, `run.py` many of them, `report.py` tells."""
