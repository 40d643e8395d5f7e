"""nki-library's tests of collectives, which its own simulation mode cannot run: it launches one
logical core. Here all ranks of a case run together; each gets its own inputs, and its outputs lie
where the harness looks for those of the chips, in a folder a rank."""

import functools
import os
from pathlib import Path

import numpy as np

from trainyard.nki.cores import PerRank
from trainyard.nki.kernel import simulate
from trainyard.nki.launch import launch

FOLDER = "output_worker_{}"
_ALIAS = ".must_alias_input"  # a mark of the graph compiler on the names of some inputs


def complete(module):
    """Lets the orchestrator of that module run cases of several ranks."""
    orchestrator = module.Orchestrator
    one = getattr(orchestrator, "_run_simulator_inference", None)
    if one is None or hasattr(one, "__wrapped__"):
        return

    @functools.wraps(one)
    def run(self, case):
        if case.inference_args.collective_ranks == 1:
            return one(self, case)
        try:
            return _keep(self, module, _outputs(module, case))
        except Exception as error:
            raise module.InferenceException(str(error)) from error

    orchestrator._run_simulator_inference = run


def _outputs(module, case):
    """The outputs of each rank by the names of its goldens, in whose types they come."""
    ranks, compiled = case.inference_args.collective_ranks, case.compiler_input
    os.environ["NKI_NC_VERSION"] = compiled.platform_target.get_nc_gen()
    inputs = [_inputs(case.kernel_input, rank) for rank in range(ranks)]
    kernel = simulate(case.kernel_func)
    arguments = {name: PerRank([each[name] for each in inputs]) for name in inputs[0]}
    done = launch(
        kernel.function,
        (),
        arguments,
        lnc=compiled.logical_nc_config,
        ranks=ranks,
        **kernel.options,
    )
    return [_named(module, case, rank, outputs) for rank, outputs in enumerate(done.outputs)]


def _inputs(inputs, rank):
    own = inputs.for_rank(rank) if hasattr(inputs, "for_rank") else inputs or {}
    return {name.removesuffix(_ALIAS): value for name, value in own.items()}


def _named(module, case, rank, outputs):
    golden = module.normalize_golden_output(case.validation_args.golden_output, rank)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    if len(outputs) != len(golden):
        raise RuntimeError(f"rank {rank} returned {len(outputs)} outputs, not {list(golden)}")
    types = [getattr(value, "dtype", None) for value in golden.values()]
    arrays = [np.asarray(each, dtype=kind) for each, kind in zip(outputs, types, strict=True)]
    return dict(zip(golden, arrays, strict=True))


def _keep(orchestrator, module, ranks):
    """Writes the outputs; the folder that they are in."""
    base = orchestrator.fs_config.artifacts_output_directory_path
    found = {}
    for rank, outputs in enumerate(ranks):
        folder = FOLDER.format(rank)
        (Path(base) / module.INF_ARTIFACT_DIR_NAME / folder).mkdir(parents=True, exist_ok=True)
        found |= {f"{folder}/{name}": array for name, array in outputs.items()}
    return orchestrator._dump_output_tensors(found)
