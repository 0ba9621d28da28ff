"""Makes test/persistence/fixtures with PyTorch: python3 packages/train/scripts/make-safetensors-fixtures.py

Made with PyTorch 1.13 and NumPy 1.24.2. The files are laid out as the format's description says; the
values are PyTorch's own.
"""

import json
import struct
from pathlib import Path

import numpy as np
import torch

out = Path(__file__).resolve().parent.parent / "test" / "persistence" / "fixtures"
out.mkdir(parents=True, exist_ok=True)

CODES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


def raw(x):
    x = x.detach().contiguous()
    return (x.view(torch.int16) if x.dtype == torch.bfloat16 else x).numpy().tobytes()


def save(name, tensors, metadata):
    """Larger elements first, then by name; the header padded to 8 bytes."""
    entries = sorted(tensors.items(), key=lambda e: (-e[1].element_size(), e[0]))
    header, data = {"__metadata__": metadata}, b""
    for key, x in entries:
        part = raw(x)
        header[key] = {
            "dtype": CODES[x.dtype],
            "shape": list(x.shape),
            "data_offsets": [len(data), len(data) + len(part)],
        }
        data += part
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (out / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 3, 3, padding=1)
        self.norm = torch.nn.BatchNorm2d(3)
        self.head = torch.nn.Linear(48, 2)

    def forward(self, x):
        return self.head(torch.relu(self.norm(self.conv(x))).flatten(1))


torch.manual_seed(0)
net = Net()
x = torch.randn(5, 2, 4, 4)
for _ in range(3):
    net(torch.randn(5, 2, 4, 4))
net.eval()
save("pytorch-net.safetensors", {**net.state_dict(), "x": x, "y": net(x)}, {"format": "pt"})

values = [0.0, -0.0, 1.5, -2.25, float("inf"), float("-inf"), float("nan"), 3.140625]
small = {f"{str(t)[6:]}": torch.tensor([-3, 0, 5]).to(t) for t in CODES if t not in (torch.uint8, torch.bool)}
save(
    "dtypes.safetensors",
    {
        **small,
        "uint8": torch.tensor([0, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
        "half-values": torch.tensor(values).half(),
        "bfloat16-values": torch.tensor(values).bfloat16(),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
    },
    {"format": "pt", "note": "ünïcode"},
)
